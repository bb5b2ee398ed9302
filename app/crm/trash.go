package crm

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// TrashKeeps is how long the trash keeps a record.
const TrashKeeps = 30 * 24 * time.Hour

// PurgeJob empties the trash of every workspace of what it has kept long enough.
type PurgeJob struct{}

// Kind names the job in the queue.
func (PurgeJob) Kind() string { return "purge" }

// PurgeWorker does it.
type PurgeWorker struct {
	river.WorkerDefaults[PurgeJob]
	DB *db.DB
}

// Timeout is for thousands of workspaces.
func (*PurgeWorker) Timeout(*river.Job[PurgeJob]) time.Duration { return time.Hour }

// Work purges once.
func (w *PurgeWorker) Work(ctx context.Context, _ *river.Job[PurgeJob]) error {
	return Purge(ctx, w.DB, time.Now())
}

// purgeBatch is how many records of a kind one transaction removes for good.
const purgeBatch = 500

// Purge removes for good what every workspace's trash has kept long enough. One
// workspace's failure does not keep it from the others.
func Purge(ctx context.Context, d *db.DB, now time.Time) error {
	var failures []error
	after := uuid.Nil
	for {
		var page []shareddb.TenantsAfterRow
		err := d.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
			page, err = tx.TenantsAfter(ctx, after, 200)
			return err
		})
		if err != nil || len(page) == 0 {
			return errors.Join(append(failures, err)...)
		}
		for _, t := range page {
			after = t.ID
			if err := purgeTenant(db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema}), d, now.Add(-TrashKeeps)); err != nil {
				failures = append(failures, err)
			}
		}
	}
}

// notificationsKept is how long members can look up what they were told.
const notificationsKept = 180 * 24 * time.Hour

func purgeTenant(ctx context.Context, d *db.DB, before time.Time) error {
	var any bool
	err := d.Tenant(ctx, func(tx *db.TenantTx) error {
		_, err := tx.NotificationsPurge(ctx, time.Now().Add(-notificationsKept), 10*purgeBatch)
		return err
	})
	if err != nil {
		return err
	}
	var fields []tenantdb.FieldListRow
	err = d.TenantRead(ctx, func(tx *db.TenantTx) error {
		return tx.Batch(
			func() (err error) { any, err = tx.TrashOlder(ctx, before); return err },
			func() (err error) { fields, err = tx.FieldList(ctx); return err },
		)
	})
	if err == nil {
		err = purgeFields(ctx, d, fields, before)
	}
	if err != nil || !any {
		return err
	}
	// What points to others goes first.
	for _, kind := range slices.Backward(entity.Kinds) {
		for n := int64(purgeBatch); n == purgeBatch; {
			err := d.Tenant(ctx, func(tx *db.TenantTx) (err error) {
				n, err = tx.RecordsPurge(ctx, kind.Kind, before, purgeBatch)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// purgeFields removes for good what was deleted before the moment of a workspace's own fields,
// with what records hold in them.
func purgeFields(ctx context.Context, d *db.DB, fields []tenantdb.FieldListRow, before time.Time) error {
	for _, f := range fields {
		if f.DeletedAt == nil || f.DeletedAt.After(before) {
			continue
		}
		for n := int64(purgeBatch); n == purgeBatch; {
			err := d.Tenant(ctx, func(tx *db.TenantTx) (err error) {
				if n, err = tx.CustomFieldPurge(ctx, entity.Kind(f.Kind), f.Key, purgeBatch); err != nil || n == purgeBatch {
					return err
				}
				return tx.FieldPurge(ctx, f.ID)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
