package web

import (
	"context"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// probe is what a record is looked for by among those of a kind.
type probe struct {
	kind tenantdb.Kind
	crm.Probe
}

func customerProbes(p tenantdb.CustomerUpdateParams) []probe {
	return []probe{{tenantdb.Customer, crm.Probe{Name: p.Name, Emails: []string{p.Email}, Phones: []string{p.Phone}, Sites: []string{p.Domain, p.Website, p.Email}}}}
}

func contactProbes(p tenantdb.ContactUpdateParams) []probe {
	who := crm.Probe{Name: p.FirstName + " " + p.LastName, Emails: values(p.Emails), Phones: values(p.Phones)}
	if p.FirstName == "" {
		who.Name = "" // a last name alone is many people's
	}
	return []probe{{tenantdb.Contact, who}, {tenantdb.Lead, who}}
}

func leadProbes(p tenantdb.LeadUpdateParams) []probe {
	who := crm.Probe{Name: p.FirstName + " " + p.LastName, Emails: []string{p.Email}, Phones: []string{p.Phone}}
	if p.FirstName == "" {
		who.Name = ""
	}
	return []probe{{tenantdb.Contact, who}, {tenantdb.Lead, who}, {tenantdb.Customer, crm.Probe{Name: p.CompanyName, Sites: []string{p.Email, p.Website}}}}
}

func values(points []tenantdb.ContactPoint) []string {
	out := make([]string, len(points))
	for i, p := range points {
		out[i] = p.Value
	}
	return out
}

// matching finds what a new record may be; except is itself, where it is made already.
func matching(ctx context.Context, q *tenantdb.Queries, probes []probe, except uuid.UUID) (out []views.Match, err error) {
	for _, p := range probes {
		p.Except = except
		found, err := crm.Matches(ctx, q, p.kind, p.Probe)
		if err != nil {
			return nil, err
		}
		out = append(out, shownMatches(found)...)
	}
	return out, nil
}

func shownMatches(found []crm.Match) []views.Match {
	out := make([]views.Match, len(found))
	for i, m := range found {
		out[i] = views.Match{Entity: views.EntityOf(m.Kind), ID: m.ID, Name: m.Name, Detail: m.Detail, Why: m.Why, Sure: m.Sure()}
	}
	return out
}

// mayBe says in a flash what a new record may be.
func mayBe(f *ui.Flash, found []views.Match) {
	if len(found) == 0 {
		return
	}
	f.Message += ". It may be here already:"
	f.See, f.SeeURL = found[0].Name, found[0].URL()
}

// matches are the records that a form's fields may be, as far as they are typed.
func (r *records[Row, Params]) matches(c echo.Context, typed url.Values) (out []views.Match, err error) {
	ctx := c.Request().Context()
	if r.probes == nil {
		return nil, nil
	}
	in := r.blank(c)
	r.read(c, readValues(typed, r.entity.Fields, false), &in)
	err = r.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		out, err = matching(ctx, tx.Queries, r.probes(in), uuid.Nil)
		return err
	})
	return out, err
}

// Matches answers while somebody fills in the form of a new record.
func (r *records[Row, Params]) Matches(c echo.Context) error {
	found, err := r.matches(c, c.QueryParams())
	if err != nil {
		return err
	}
	return r.render(c, http.StatusOK, views.Matches(r.entity, found), views.Matches(r.entity, found))
}
