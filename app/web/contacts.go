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

type contacts = records[tenantdb.ContactGetRow, tenantdb.ContactUpdateParams]

func newContacts(s *Server) *contacts {
	return &contacts{
		Server: s, entity: &views.Contacts, get: (*tenantdb.Queries).ContactGet, params: crm.ContactParams, bind: bindContact, probes: contactProbes,
		list: func(ctx context.Context, q *tenantdb.Queries, f tenantdb.Filter, p tenantdb.Page, formats entity.Formats) ([]views.ListRow, string, error) {
			rows, next, err := q.ContactList(ctx, f, p)
			return lines(rows, formats, views.ContactRow), next, err
		},
		head: func(r tenantdb.ContactGetRow, rec *views.Record) {
			rec.ID, rec.Version, rec.Name, rec.Tags = r.ID, r.Version, r.Name, ui.Tags(r.Tags)
			rec.CreatedAt, rec.UpdatedAt, rec.DeletedAt = r.CreatedAt, r.UpdatedAt, r.DeletedAt
			rec.Labels["owner_id"], rec.Labels["customer_id"] = r.OwnerName, r.CustomerName
			if r.DoNotCall {
				rec.Badges = append(rec.Badges, ui.Tag("red", "Do not call"))
			}
			if r.EmailOptOut {
				rec.Badges = append(rec.Badges, ui.Tag("amber", "No marketing email"))
			}
		},
		blank: func(c echo.Context) tenantdb.ContactUpdateParams {
			return tenantdb.ContactUpdateParams{OwnerID: &visiting(c).who.MemberID, Emails: []tenantdb.ContactPoint{}, Phones: []tenantdb.ContactPoint{}}
		},
		create: func(ctx context.Context, tx *db.TenantTx, _ entity.Formats, p tenantdb.ContactUpdateParams, tags []string) (uuid.UUID, error) {
			return crm.ContactCreate(ctx, tx.Queries, p, tags)
		},
		update: func(ctx context.Context, tx *db.TenantTx, _ entity.Formats, was tenantdb.ContactGetRow, p tenantdb.ContactUpdateParams, version int32, tags []string) error {
			p.Version = version
			return crm.ContactUpdate(ctx, tx.Queries, was, p, tags)
		},
		beside: func(ctx context.Context, q *tenantdb.Queries, r tenantdb.ContactGetRow, p *views.RecordPage) error {
			add := url.Values{"contact_id": {r.ID.String()}}
			if r.CustomerID != nil {
				add.Set("customer_id", r.CustomerID.String())
			}
			related, err := belonging(q.DealList, views.DealLine(p.Formats))(ctx, &views.Deals, "contact", r.ID, add)
			p.Related = append(p.Related, related)
			return err
		},
	}
}

func bindContact(b *binder, p *tenantdb.ContactUpdateParams) {
	b.text("first_name", &p.FirstName)
	b.text("last_name", &p.LastName)
	b.text("salutation", &p.Salutation)
	b.text("job_title", &p.JobTitle)
	b.id("customer_id", &p.CustomerID)
	b.points("emails", &p.Emails, same, entity.ParseEmail)
	b.points("phones", &p.Phones, phoneInput, b.formats.ParsePhone)
	b.website("linkedin_url", &p.LinkedinUrl)
	b.date("birthday", &p.Birthday)
	b.check("do_not_call", &p.DoNotCall)
	b.check("email_opt_out", &p.EmailOptOut)
	b.text("description", &p.Description)
	b.id("owner_id", &p.OwnerID)
}
