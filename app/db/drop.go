package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// DropDeleted drops the schemas and roles of tenants that were deleted longer
// than age ago, and returns how many. One takes some 300 locks, and the server
// has room for a few thousand by default (max_locks_per_transaction), so each is
// a transaction of its own, and one process does it at a time. The row stays, and
// is called by its address, which is nobody else's. One failure does not keep it
// from the others.
func (d *DB) DropDeleted(ctx context.Context, age time.Duration) (dropped int, err error) {
	unlock, ok, err := d.TryLock(ctx, lockDrop)
	if err != nil || !ok {
		return 0, err
	}
	defer unlock()
	rows, err := d.owner.Query(ctx,
		`select schema from public.tenants where state = 'deleted' and schema_made and deleted_at < now() - $1::interval order by deleted_at`,
		age)
	if err != nil {
		return 0, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, err
	}
	var failures []error
	for _, n := range names {
		if err := d.drop(ctx, n, fmt.Sprintf(`state = 'deleted' and deleted_at < now() - make_interval(secs => %f)`, age.Seconds()),
			`update public.tenants set schema_made = false, name = slug, migration_error = '' where schema = $1`); err != nil {
			failures = append(failures, fmt.Errorf("dropping %s: %w", n, err))
			continue
		}
		dropped++
	}
	return dropped, errors.Join(failures...)
}

// drop removes a tenant's schema and role, provided that its row still is as
// the condition says, and then runs after on the row.
func (d *DB) drop(ctx context.Context, name, condition, after string) error {
	return pgx.BeginFunc(ctx, d.owner, func(tx pgx.Tx) error {
		var still bool
		if err := tx.QueryRow(ctx, `select exists (select from public.tenants where schema = $1 and `+condition+` for update)`, name).
			Scan(&still); err != nil || !still {
			return err
		}
		if _, err := tx.Exec(ctx, `set local lock_timeout = '5s'; drop schema if exists `+ident(name)+` cascade`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `drop role if exists `+ident(d.tenantRole(name))); err != nil {
			return err
		}
		for _, table := range []string{"memberships", "domains"} {
			if _, err := tx.Exec(ctx, `delete from public.`+table+` where tenant_id = (select id from public.tenants where schema = $1)`,
				name); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, after, name)
		return err
	})
}
