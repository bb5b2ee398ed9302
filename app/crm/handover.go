package crm

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/notify"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Beside counts what of the record's owner may go along when it is handed over: what belongs
// to it and is not closed, and what is to be done about any of that.
func Beside(ctx context.Context, tx *db.TenantTx, r entity.Record) ([]tenantdb.Count, error) {
	return tx.OwnedBeside(ctx, r.Entity, r.ID, r.Values.ID(r.Entity.Owner().Name))
}

// HandOver gives a record, and what goes along of these kinds, to another member, who is told
// once. It is one change. *Invalid where the member is none.
func HandOver(ctx context.Context, tx *db.TenantTx, r entity.Record, to uuid.UUID, along []entity.Kind, by By) error {
	owner := r.Entity.Owner()
	from := r.Values.ID(owner.Name)
	set := entity.Values{owner.Name: entity.Ref{ID: to}}
	if _, err := save(ctx, tx, Change{Record: r, Set: set, By: by}, true); err != nil {
		return err
	}
	if from != nil && *from == to {
		return nil // it was theirs
	}
	moved, err := tx.HandOverBeside(ctx, r.Entity, r.ID, from, to, along)
	if err != nil || tx.MemberID() == uuid.Nil {
		return err
	}
	return notify.Tell(ctx, tx, notify.Notice{Kind: entity.ToldHandedOver, To: []uuid.UUID{to}, Subject: r.Entity.Kind, ID: r.ID,
		Detail: Counted(moved)})
}

// Counted are counts in words: "3 contacts and 1 deal"; "" for none.
func Counted(counts []tenantdb.Count) string {
	words := make([]string, 0, len(counts))
	for _, c := range counts {
		if e := entity.For(c.Kind); c.N > 0 {
			words = append(words, entity.Formats{}.Plural(int(c.N), e.One, e.Many))
		}
	}
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}
