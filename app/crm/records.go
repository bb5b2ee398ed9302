// Package crm holds the rules of the CRM: what touches more than one table or
// must never be broken. Simple reads call the queries directly.
package crm

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
)

// Delete puts a record in the trash; ErrChanged when it is no longer at the version that
// somebody saw, pgx.ErrNoRows when there is none.
func Delete(ctx context.Context, tx *db.TenantTx, kind entity.Kind, id uuid.UUID, version int32) error {
	err := changedOne(tx.RecordDelete(ctx, kind, id, version))
	if errors.Is(err, ErrChanged) {
		if r, gerr := tx.RecordState(ctx, kind, id, false); gerr != nil {
			return gerr
		} else if r.DeletedAt != nil {
			return pgx.ErrNoRows
		}
	}
	return err
}

// returning is what a kind asks for before a record of it comes out of the trash.
var returning = map[entity.Kind]func(context.Context, *db.TenantTx, uuid.UUID) error{entity.Deal: dealFindPlace}

// Restore takes a record out of the trash; one that is not in it stays as it
// is, pgx.ErrNoRows when there is none.
func Restore(ctx context.Context, tx *db.TenantTx, kind entity.Kind, id uuid.UUID) error {
	if prepare := returning[kind]; prepare != nil {
		if err := prepare(ctx, tx, id); err != nil {
			return err
		}
	}
	if n, err := tx.RecordRestore(ctx, kind, id); err != nil || n == 1 {
		return err
	}
	_, err := tx.RecordState(ctx, kind, id, false)
	return err
}

// TagIDs returns the ids of the tags with these names, in their order, making
// those that do not exist.
func TagIDs(ctx context.Context, tx *db.TenantTx, names []string) ([]uuid.UUID, error) {
	if len(names) == 0 {
		return []uuid.UUID{}, nil
	}
	ids := make([]uuid.UUID, len(names))
	for i := range ids {
		ids[i] = uuid.Must(uuid.NewV7())
	}
	if err := tx.TagEnsure(ctx, ids, names); err != nil {
		return nil, err
	}
	return tx.TagIDs(ctx, names)
}
