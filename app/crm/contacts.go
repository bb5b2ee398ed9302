package crm

import (
	"context"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// ContactCreate is CustomerCreate for a contact.
func ContactCreate(ctx context.Context, q *tenantdb.Queries, p tenantdb.ContactUpdateParams, tags []string) (uuid.UUID, error) {
	if err := checkLinks(ctx, q, link{"customer_id", tenantdb.Customer, nil, p.CustomerID}); err != nil {
		return uuid.Nil, err
	}
	return create(ctx, q, tenantdb.Contact, p.OwnerID, tags, func(id uuid.UUID) error {
		p.ID, p.Version = id, 1
		return q.ContactInsert(ctx, tenantdb.ContactInsertParams(p))
	})
}

// ContactUpdate is CustomerUpdate for a contact.
func ContactUpdate(ctx context.Context, q *tenantdb.Queries, was tenantdb.ContactGetRow, p tenantdb.ContactUpdateParams, tags []string) error {
	if err := checkLinks(ctx, q, link{"customer_id", tenantdb.Customer, was.CustomerID, p.CustomerID}); err != nil {
		return err
	}
	return update(ctx, q, tenantdb.Contact, p.ID, was.OwnerID, p.OwnerID, tags, func() (int64, error) { return q.ContactUpdate(ctx, p) })
}

// ContactParams is the contact as it is, to be changed and written back.
func ContactParams(r tenantdb.ContactGetRow) tenantdb.ContactUpdateParams {
	return tenantdb.ContactUpdateParams{
		FirstName: r.FirstName, LastName: r.LastName, Salutation: r.Salutation, JobTitle: r.JobTitle, CustomerID: r.CustomerID, Emails: r.Emails, Phones: r.Phones,
		LinkedinUrl: r.LinkedinUrl, Birthday: r.Birthday, DoNotCall: r.DoNotCall, EmailOptOut: r.EmailOptOut, Description: r.Description, OwnerID: r.OwnerID, ID: r.ID, Version: r.Version,
	}
}
