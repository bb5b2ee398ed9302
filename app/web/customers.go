package web

import (
	"context"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

type customers = records[tenantdb.CustomerGetRow, tenantdb.CustomerUpdateParams]

func newCustomers(s *Server) *customers {
	return &customers{
		Server: s, entity: &views.Customers, get: (*tenantdb.Queries).CustomerGet, params: crm.CustomerParams, bind: bindCustomer, probes: customerProbes,
		list: func(ctx context.Context, q *tenantdb.Queries, f tenantdb.Filter, p tenantdb.Page, formats entity.Formats) ([]views.ListRow, string, error) {
			rows, next, err := q.CustomerList(ctx, f, p)
			return lines(rows, formats, views.CustomerRow), next, err
		},
		head: func(r tenantdb.CustomerGetRow, rec *views.Record) {
			rec.ID, rec.Version, rec.Name, rec.Tags = r.ID, r.Version, r.Name, ui.Tags(r.Tags)
			rec.CreatedAt, rec.UpdatedAt, rec.DeletedAt = r.CreatedAt, r.UpdatedAt, r.DeletedAt
			rec.Labels["owner_id"] = r.OwnerName
			rec.Badges = badges(views.CustomerType(r.Type))
		},
		blank: func(c echo.Context) tenantdb.CustomerUpdateParams {
			return tenantdb.CustomerUpdateParams{Type: "prospect", OwnerID: &visiting(c).who.MemberID}
		},
		create: func(ctx context.Context, tx *db.TenantTx, _ entity.Formats, p tenantdb.CustomerUpdateParams, tags []string) (uuid.UUID, error) {
			return crm.CustomerCreate(ctx, tx.Queries, p, tags)
		},
		update: func(ctx context.Context, tx *db.TenantTx, _ entity.Formats, was tenantdb.CustomerGetRow, p tenantdb.CustomerUpdateParams, version int32, tags []string) error {
			p.Version = version
			return crm.CustomerUpdate(ctx, tx.Queries, was, p, tags)
		},
		beside: customerBeside,
	}
}

// customerBeside is a customer's people, deals and projects.
func customerBeside(ctx context.Context, q *tenantdb.Queries, r tenantdb.CustomerGetRow, p *views.RecordPage) error {
	add := url.Values{"customer_id": {r.ID.String()}}
	for _, read := range []func() (views.Related, error){
		func() (views.Related, error) {
			return belonging(q.ContactList, views.ContactLine)(ctx, &views.Contacts, "customer", r.ID, add)
		},
		func() (views.Related, error) {
			return belonging(q.DealList, views.DealLine(p.Formats))(ctx, &views.Deals, "customer", r.ID, add)
		},
		func() (views.Related, error) {
			return belonging(q.ProjectList, views.ProjectLine)(ctx, &views.Projects, "customer", r.ID, add)
		},
	} {
		related, err := read()
		if err != nil {
			return err
		}
		p.Related = append(p.Related, related)
	}
	return nil
}

func bindCustomer(b *binder, p *tenantdb.CustomerUpdateParams) {
	b.text("name", &p.Name)
	b.domain("domain", &p.Domain)
	b.website("website", &p.Website)
	b.phone("phone", &p.Phone)
	b.email("email", &p.Email)
	b.text("type", &p.Type)
	b.text("industry", &p.Industry)
	b.number("employees", &p.Employees)
	b.money("annual_revenue", b.formats.Currency, &p.AnnualRevenue)
	b.text("street", &p.Street)
	b.text("city", &p.City)
	b.text("state", &p.State)
	b.text("postal_code", &p.PostalCode)
	b.text("country", &p.Country)
	b.text("description", &p.Description)
	b.id("owner_id", &p.OwnerID)
}

// lines turns a query's rows into a list's.
func lines[T any](rows []T, f entity.Formats, line func(T, entity.Formats) views.ListRow) []views.ListRow {
	out := make([]views.ListRow, len(rows))
	for i, r := range rows {
		out[i] = line(r, f)
	}
	return out
}
