package crm

import (
	"context"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// CustomerCreate inserts the customer with its tags; p.ID is made here.
func CustomerCreate(ctx context.Context, q *tenantdb.Queries, p tenantdb.CustomerUpdateParams, tags []string) (uuid.UUID, error) {
	return create(ctx, q, tenantdb.Customer, p.OwnerID, tags, func(id uuid.UUID) error {
		p.ID, p.Version = id, 1
		return q.CustomerInsert(ctx, tenantdb.CustomerInsertParams(p))
	})
}

// CustomerUpdate writes the customer and its tags over the version p.Version.
// It answers ErrChanged when that is not the current one.
func CustomerUpdate(ctx context.Context, q *tenantdb.Queries, was tenantdb.CustomerGetRow, p tenantdb.CustomerUpdateParams, tags []string) error {
	return update(ctx, q, tenantdb.Customer, p.ID, was.OwnerID, p.OwnerID, tags, func() (int64, error) { return q.CustomerUpdate(ctx, p) })
}

// CustomerParams is the customer as it is, to be changed and written back.
func CustomerParams(r tenantdb.CustomerGetRow) tenantdb.CustomerUpdateParams {
	return tenantdb.CustomerUpdateParams{
		Name: r.Name, Domain: r.Domain, Website: r.Website, Phone: r.Phone, Email: r.Email, Type: r.Type, Industry: r.Industry,
		Employees: r.Employees, AnnualRevenue: r.AnnualRevenue, Street: r.Street, City: r.City, State: r.State,
		PostalCode: r.PostalCode, Country: r.Country, Description: r.Description, OwnerID: r.OwnerID, ID: r.ID, Version: r.Version,
	}
}
