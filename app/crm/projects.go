package crm

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// ProjectCreate is CustomerCreate for a project.
func ProjectCreate(ctx context.Context, q *tenantdb.Queries, p tenantdb.ProjectUpdateParams, tags []string) (uuid.UUID, error) {
	if err := checkProject(ctx, q, tenantdb.ProjectGetRow{}, &p); err != nil {
		return uuid.Nil, err
	}
	return create(ctx, q, tenantdb.Project, p.OwnerID, tags, func(id uuid.UUID) error {
		p.ID, p.Version = id, 1
		return q.ProjectInsert(ctx, tenantdb.ProjectInsertParams(p))
	})
}

// ProjectUpdate is CustomerUpdate for a project.
func ProjectUpdate(ctx context.Context, q *tenantdb.Queries, was tenantdb.ProjectGetRow, p tenantdb.ProjectUpdateParams, tags []string) error {
	if err := checkProject(ctx, q, was, &p); err != nil {
		return err
	}
	return update(ctx, q, tenantdb.Project, p.ID, was.OwnerID, p.OwnerID, tags, func() (int64, error) { return q.ProjectUpdate(ctx, p) })
}

func checkProject(ctx context.Context, q *tenantdb.Queries, was tenantdb.ProjectGetRow, p *tenantdb.ProjectUpdateParams) error {
	if p.StartDate != nil && p.EndDate != nil && p.EndDate.Before(*p.StartDate) {
		return &FieldError{"end_date", "The end can’t be before the start."}
	}
	if p.MemberIds == nil {
		p.MemberIds = []uuid.UUID{}
	}
	for _, id := range p.MemberIds {
		if slices.Contains(was.MemberIds, id) {
			continue
		}
		if err := checkMember(ctx, q, "members", nil, &id); err != nil {
			return err
		}
	}
	return checkLinks(ctx, q, link{"customer_id", tenantdb.Customer, was.CustomerID, p.CustomerID}, link{"deal_id", tenantdb.Deal, was.DealID, p.DealID})
}

// ProjectFromDeal starts the project that a won deal is about: its name,
// customer, owner, tags, and its amount as the budget where the currency is the
// workspace's.
func ProjectFromDeal(ctx context.Context, q *tenantdb.Queries, d tenantdb.DealGetRow, currency string) (uuid.UUID, error) {
	if d.Outcome != "won" {
		return uuid.Nil, &RefusalError{"A project starts from a won deal. Move this one to a won stage first."}
	}
	p := tenantdb.ProjectUpdateParams{
		Name: d.Name, CustomerID: d.CustomerID, DealID: &d.ID, Status: "draft", Priority: "normal", OwnerID: d.OwnerID, MemberIds: []uuid.UUID{},
	}
	if err := checkLinks(ctx, q, link{"customer_id", tenantdb.Customer, nil, d.CustomerID}); isFieldError(err) {
		p.CustomerID = nil // in the trash
	} else if err != nil {
		return uuid.Nil, err
	}
	if d.Currency == currency {
		p.Budget = d.Amount
	}
	if d.OwnerID != nil {
		if ok, err := q.MemberExists(ctx, *d.OwnerID); err != nil {
			return uuid.Nil, err
		} else if !ok {
			p.OwnerID = nil // left the team: the project waits for somebody
		}
	}
	id, err := ProjectCreate(ctx, q, p, nil)
	if err != nil {
		return uuid.Nil, err
	}
	return id, q.TaggingsCopy(ctx, tenantdb.TaggingsCopyParams{FromType: string(tenantdb.Deal), FromID: d.ID, ToType: string(tenantdb.Project), ToID: id})
}
