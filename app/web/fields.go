package web

import (
	"context"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/views"
)

// fields keeps the looks of workspaces that have fields of their own, by their version, which
// comes with every session: what was changed shows with the next page, everywhere.
type fields struct {
	db   *db.DB
	kept *lru.Cache[fieldsKey, *views.LookSet]
}

type fieldsKey struct {
	tenant  uuid.UUID
	version int32
}

const keptFields = 1000 // workspaces

func newFields(d *db.DB) fields {
	kept, _ := lru.New[fieldsKey, *views.LookSet](keptFields) // only a size below 1 fails
	return fields{d, kept}
}

// of returns the looks of the scope's workspace at a version, nil for version 0.
func (f fields) of(ctx context.Context, s db.Scope, version int32) (*views.LookSet, error) {
	if version == 0 {
		return nil, nil //nolint:nilnil // the program's own
	}
	key := fieldsKey{s.TenantID, version}
	if looks, ok := f.kept.Get(key); ok {
		return looks, nil
	}
	var looks *views.LookSet
	err := f.db.TenantRead(db.WithScope(ctx, s), func(tx *db.TenantTx) error {
		own, err := crm.CustomFields(ctx, tx)
		looks = views.NewLookSet(own)
		return err
	})
	if err != nil {
		return nil, err
	}
	f.kept.Add(key, looks)
	return looks, nil
}
