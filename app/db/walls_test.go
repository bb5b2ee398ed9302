package db_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/db"
)

// What a tenant's role may execute, beside what PostgreSQL and its extensions bring
// that looks at nothing but its arguments: an exact list.
func TestWhatATenantsRoleMayExecute(t *testing.T) {
	t.Parallel()
	w, su := pg.NewWorkspace(t), pg.Superuser(t)
	role := pg.DB(t).Name() + "_" + w.Schema
	var got []string
	err := su.QueryRow(t.Context(), `select coalesce(array_agg(replace(p.oid::regprocedure::text, $2 || '.', 'tenant.') order by 1), '{}')
		from pg_proc p where p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) and has_function_privilege($1, p.oid, 'execute')
			and has_schema_privilege($1, p.pronamespace, 'usage') and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`, role, w.Schema).Scan(&got)
	if err != nil || !slices.Equal(got, []string{"tenant.write_audit(text,text,text,text)"}) {
		t.Errorf("a tenant's role may execute %v, %v", got, err)
	}
	// Whatever runs as its owner, or makes statements of texts, is in no list but that one.
	err = su.QueryRow(t.Context(), `select coalesce(array_agg(replace(p.oid::regprocedure::text, $2 || '.', 'tenant.') order by 1), '{}')
		from pg_proc p where p.pronamespace <> 'information_schema'::regnamespace and (p.prosecdef or p.prosrc ~* '\mexecute\M' and p.prolang = (select oid from pg_language where lanname = 'plpgsql'))
			and has_function_privilege($1, p.oid, 'execute')`, role, w.Schema).Scan(&got)
	if err != nil || !slices.Equal(got, []string{"tenant.write_audit(text,text,text,text)"}) {
		t.Errorf("open, and with their owner's rights: %v, %v", got, err)
	}
	// No text that a caller gives is pasted into a statement.
	err = su.QueryRow(t.Context(), `select coalesce(array_agg(p.oid::regprocedure::text), '{}') from pg_proc p
		where p.pronamespace in ('ext'::regnamespace, 'public'::regnamespace) and p.prosrc ~* '\mexecute\M' and p.prosrc like '%\%s%'`).Scan(&got)
	if err != nil || len(got) > 0 {
		t.Errorf("%%s in an EXECUTE: %v, %v", got, err)
	}
	if open, err := pg.DB(t).Unrestricted(t.Context()); err != nil || len(open) > 0 {
		t.Errorf("only a superuser can close, and did not: %v, %v", open, err)
	}
	h, err := pg.DB(t).Health(t.Context())
	if err != nil || len(h.OpenFunctions) > 0 || len(h.Unrestricted) > 0 {
		t.Errorf("the doctor sees %v and %v open: %v", h.OpenFunctions, h.Unrestricted, err)
	}
}

// One injected statement, in a workspace's transaction, by each way that was found
// to lead out of it.
func TestAttacksOnTheSecondWall(t *testing.T) {
	t.Parallel()
	w, other := pg.NewWorkspace(t), pg.NewWorkspace(t)
	d := pg.DB(t)
	for what, sql := range map[string]string{
		"grant_table runs text":    `select ext.grant_table('customers', 'select on table customers to public; reset role; select')`,
		"grant_table at all":       `select ext.grant_table('customers', 'select')`,
		"grant_function runs text": `select ext.grant_function('write_audit(text, text, text, text) to public; reset role; --')`,
		"the log's own writer":     `select ext.write_change('` + other.Schema + `', 'INSERT', 'customer', null, '{}')`,
		"a block of code":          `do $$ begin execute 'set local role none'; end $$`,
		"a function of its own":    `create function pg_temp.f() returns int language sql as 'select 1'`,
		"a setting":                `select set_config('role', 'none', true)`,
		"a notification":           `select pg_notify('paddock_tenants', 'x')`,
		"everybody's lock":         `select pg_advisory_lock(1)`,
		"another's lock":           `select pg_try_advisory_xact_lock_shared(1, 2)`,
		"a large object":           `select lo_create(0)`,
		"a large object's bytes":   `select lo_from_bytea(0, 'x')`,
	} {
		ctx := w.Context()
		err := d.Tenant(ctx, func(tx *db.TenantTx) error { return attack(ctx, tx, sql) })
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "42501" {
			t.Errorf("%s: %v, want SQLSTATE 42501", what, err)
		}
	}
	// Those who may call them can't have a text of theirs run.
	c := pg.Superuser(t)
	for _, sql := range []string{
		`select ext.grant_table('customers', 'select; drop table customers')`, `select ext.grant_table('customers', 'all')`,
		`select ext.grant_function('write_audit(text) to public; --')`, `select ext.grant_function('pg_catalog.set_config(text, text, boolean)')`,
	} {
		tx, err := c.Begin(context.Background())
		if err == nil {
			_, err = tx.Exec(t.Context(), `set local search_path = `+w.Schema+`, ext, pg_temp`)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err = tx.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s went through", sql)
		}
		_ = tx.Rollback(context.Background())
	}
}
