package records

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

func shownMatches(found []crm.Match) []views.Match {
	out := make([]views.Match, len(found))
	for i, m := range found {
		out[i] = views.Match{Look: views.LookOf(m.Kind), ID: m.ID, Name: m.Name, Detail: m.Detail, Why: m.Why, Sure: m.Sure()}
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
func (r *Handler) matches(c echo.Context, typed url.Values) (out []views.Match, err error) {
	ctx := c.Request().Context()
	if !crm.Recognised(r.Look.Kind) {
		return nil, nil
	}
	f := readRecord(c, r.Look.Entity, typed, entity.Values{}, false)
	err = r.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		found, err := crm.MatchesOf(ctx, tx, r.Look.Kind, f.set, crm.Among{})
		out = shownMatches(found)
		return err
	})
	return out, err
}

// Matches answers while somebody fills in the form of a new record.
func (r *Handler) Matches(c echo.Context) error {
	r = r.of(c)
	found, err := r.matches(c, c.QueryParams())
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, views.Matches(r.Look, found), views.Matches(r.Look, found))
}
