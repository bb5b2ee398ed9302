package crm

import (
	"context"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
)

// projectRule keeps a project's end behind its start.
func projectRule(_ context.Context, w *writing) error {
	start, end := w.v.Day("start_date"), w.v.Day("end_date")
	if start != nil && end != nil && end.Before(*start) {
		return Wrong("end_date", "The end can’t be before the start.")
	}
	return nil
}

// ProjectFromDeal starts the project that a won deal is about: its name,
// customer, owner, tags, and its amount as the budget where the currency is the
// workspace's.
func ProjectFromDeal(ctx context.Context, tx *db.TenantTx, d entity.Record, currency string) (uuid.UUID, error) {
	if d.Values.Text("outcome") != Won {
		return uuid.Nil, &RefusalError{"A project starts from a won deal. Move this one to a won stage first."}
	}
	v := entity.Values{"name": d.Values["name"], "deal_id": entity.Ref{ID: d.ID}, entity.TagsField: d.Values[entity.TagsField]}
	if id := d.Values.ID("customer_id"); id != nil {
		err := checkLink(ctx, tx, "customer_id", entity.Customer, *id)
		if err != nil && !isInvalid(err) {
			return uuid.Nil, err
		}
		if err == nil { // not in the trash
			v["customer_id"] = d.Values["customer_id"]
		}
	}
	if m, ok := d.Values.Money("amount"); ok && m.Currency == currency {
		v["budget"] = entity.Money{Minor: m.Minor}
	}
	if id := d.Values.ID("owner_id"); id != nil {
		ok, err := tx.MemberExists(ctx, *id)
		if err != nil {
			return uuid.Nil, err
		}
		if ok { // who left the team does not get it: it waits for somebody
			v["owner_id"] = d.Values["owner_id"]
		}
	}
	return create(ctx, tx, Draft{Kind: entity.Project, Values: v}, nil, d.Values)
}
