// Package seed fills workspaces: with the demo data of development, and with
// generated customers in any number.
package seed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// batch is how many rows one COPY holds.
const batch = 5000

// Customers adds n generated customers to the workspace with this slug, in
// transactions of a few thousand; report, which may be nil, hears of each.
func Customers(ctx context.Context, d *db.DB, slug string, n int, report func(done int)) error {
	t, err := bySlug(ctx, d, slug)
	if err != nil {
		return err
	}
	ctx = db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema})
	g := &generator{}
	for done := 0; done < n; {
		size := min(batch, n-done)
		err := d.Tenant(ctx, func(tx *db.TenantTx) error {
			members, err := tx.MemberList(ctx)
			if err != nil {
				return err
			}
			rows := make([]tenantdb.CustomerCopyParams, size)
			for i := range rows {
				rows[i] = g.customer(members)
			}
			if _, err = tx.CustomerCopy(ctx, rows); err != nil {
				return err
			}
			return g.tag(ctx, tx, rows)
		})
		if err != nil {
			return err
		}
		done += size
		if report != nil {
			report(done)
		}
	}
	return nil
}

func bySlug(ctx context.Context, d *db.DB, slug string) (t tenant.Tenant, err error) {
	err = d.SharedRead(ctx, func(tx *db.SharedTx) error {
		row, err := tx.TenantBySlug(ctx, slug)
		if errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("there is no workspace %q", slug)
		}
		t = tenant.Tenant{ID: row.Tenant.ID, Schema: row.Tenant.Schema, Slug: slug, Name: row.Tenant.Name, Currency: row.Tenant.Currency}
		return err
	})
	return t, err
}

type generator struct {
	currency  string
	members   []tenantdb.MemberListRow
	stages    []tenantdb.StageListRow
	customers []tenantdb.CustomerSomeRow
	dealt     int
}

var (
	types      = []string{"prospect", "prospect", "prospect", "customer", "customer", "customer", "customer", "partner", "at_risk", "lapsed"}
	industries = []string{"Machinery", "Retail", "Logistics", "Software", "Optics", "Energy", "Food", "Health", "Materials", "Legal",
		"Robotics", "Publishing", "Aerospace", "Textiles", "Finance", "Education"}
	suffixes = []string{"& Sons", "Group", "Works", "Partners", "Labs", "Logistics", "Foundry", "Systems", "Trading", "Energy", "Foods",
		"Studio", "Industries", "Medical", "Optics", "Press"}
	tagNames = []string{"Key account", "Newsletter", "Trade fair", "Reference", "Renewal due", "Reseller"}
)

func (g *generator) customer(members []tenantdb.MemberListRow) tenantdb.CustomerCopyParams {
	name := pick(lastNames) + " " + pick(suffixes)
	domain := fmt.Sprintf("%s%d.example", ascii(name), number(1, 99999))
	place := pick(places)
	changed := time.Now().Add(-time.Duration(number(1, 500*24*3600)) * time.Second)
	c := tenantdb.CustomerCopyParams{
		ID: uuid.Must(uuid.NewV7()), Name: name, Domain: domain, Website: "https://" + domain, Email: "hello@" + domain,
		Phone: phone(), Type: pick(types), Industry: pick(industries), Street: fmt.Sprint(number(1, 240), " ", pick(streets)), City: place.city,
		State: place.state, PostalCode: place.postal, Country: place.country, Description: pick(sentences),
		CreatedAt: changed.Add(-time.Duration(number(1, 100*24)) * time.Hour), UpdatedAt: changed,
	}
	if number(0, 9) > 0 {
		n := int32(number(2, 5000)) //nolint:gosec // in range
		revenue := int64(n) * int64(number(60_000, 240_000)) * 100
		c.Employees, c.AnnualRevenue = &n, &revenue
	}
	if len(members) > 0 && number(0, 9) > 0 {
		c.OwnerID = &members[number(0, len(members)-1)].ID
	}
	return c
}

// tag gives about a third of the rows one or two tags.
func (g *generator) tag(ctx context.Context, tx *db.TenantTx, rows []tenantdb.CustomerCopyParams) error {
	tags, err := crm.TagIDs(ctx, tx, tagNames)
	if err != nil {
		return err
	}
	var out []tenantdb.TaggingCopyParams
	for _, r := range rows {
		first := number(0, len(tags)-1)
		for i := range max(0, number(-3, 2)) {
			out = append(out, tenantdb.TaggingCopyParams{SubjectType: "customer", SubjectID: r.ID, TagID: tags[(first+i)%len(tags)]})
		}
	}
	_, err = tx.TaggingCopy(ctx, out)
	return err
}
