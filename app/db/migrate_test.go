package db_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/db"
)

// old makes spare schemas whose version says that they have no tables yet.
func old(t *testing.T, d *db.DB, su *pgx.Conn, n int) (schemas []string) {
	t.Helper()
	for range n {
		s, err := d.CreateTenantSchema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ident := pgx.Identifier{s}.Sanitize()
		_, err = su.Exec(t.Context(), `do $$ declare t text; begin
			for t in select tablename from pg_tables
			where schemaname = '`+s+`' loop execute 'drop table if exists `+ident+`.' || quote_ident(t) || ' cascade'; end loop;
			drop function if exists `+ident+`.write_audit(text, text, text, text);
		end $$`)
		if err == nil {
			_, err = su.Exec(t.Context(), `update public.tenants set schema_version = 0 where schema = $1`, s)
		}
		if err != nil {
			t.Fatal(err)
		}
		schemas = append(schemas, s)
	}
	return schemas
}

// This test has a database of its own: MigrateTenants looks at all tenants.
func TestMigrateTenants(t *testing.T) {
	t.Parallel()
	url := pg.NewDatabase(t)
	d, err := db.Open(t.Context(), db.Config{URL: url, TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if _, err := d.MigrateShared(t.Context()); err != nil {
		t.Fatal(err)
	}
	su, err := pgx.Connect(t.Context(), url) // the owner is enough here
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { su.Close(context.Background()) })
	schemas := old(t, d, su, 6)
	version := func(s string) (v int64, failure string) {
		if err := su.QueryRow(t.Context(), `select schema_version, migration_error from public.tenants where schema = $1`, s).Scan(&v,
			&failure); err != nil {
			t.Fatal(err)
		}
		return v, failure
	}

	// A canary that fails leaves the rest alone.
	if _, err := su.Exec(t.Context(), `create table `+schemas[0]+`.tags (id int)`); err != nil {
		t.Fatal(err)
	}
	report, err := d.MigrateTenants(t.Context(), db.MigrateOptions{Workers: 3, Canary: 1})
	if err == nil || report.Migrated != 0 || len(report.Failed) != 1 {
		t.Fatalf("with a failing canary: %+v, %v", report, err)
	}
	if v, failure := version(schemas[0]); v != 0 || !strings.Contains(failure, "already exists") {
		t.Errorf("the canary: version %d, %q", v, failure)
	}
	var members *string
	if err := su.QueryRow(t.Context(), `select to_regclass($1)::text`, schemas[0]+".members").Scan(&members); err != nil || members != nil {
		t.Errorf("a failed migration left %v: %v", members, err)
	}

	// One failure among others is recorded, the others go on.
	if _, err := su.Exec(t.Context(), `drop table `+schemas[0]+`.tags; create table `+schemas[3]+`.tags (id int)`); err != nil {
		t.Fatal(err)
	}
	var steps int
	report, err = d.MigrateTenants(t.Context(), db.MigrateOptions{Workers: 3, Progress: func(int, int) { steps++ }})
	if err != nil || report.Migrated != 5 || len(report.Failed) != 1 || report.Failed[schemas[3]] == nil || steps != 6 {
		t.Fatalf("%+v, %d steps, %v", report, steps, err)
	}
	for i, s := range schemas {
		if v, _ := version(s); (v == db.TenantVersion()) == (i == 3) {
			t.Errorf("schema %d is at version %d", i, v)
		}
	}

	// Run again, it does what is left and no more; then nothing, in one query.
	if _, err := su.Exec(t.Context(), `drop table `+schemas[3]+`.tags`); err != nil {
		t.Fatal(err)
	}
	if report, err = d.MigrateTenants(t.Context(), db.MigrateOptions{}); err != nil || report.Migrated != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	if v, failure := version(schemas[3]); v != db.TenantVersion() || failure != "" {
		t.Errorf("version %d, %q", v, failure)
	}
	if report, err = d.MigrateTenants(t.Context(), db.MigrateOptions{}); err != nil || report.Migrated != 0 {
		t.Fatalf("nothing to do: %+v, %v", report, err)
	}

	// Two at once do each tenant once.
	again := old(t, d, su, 4)
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			r, err := d.MigrateTenants(t.Context(), db.MigrateOptions{Workers: 2})
			for _, f := range r.Failed {
				err = errors.Join(err, f)
			}
			errs <- err
		}()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Error(err)
	}
	for _, s := range again {
		if v, _ := version(s); v != db.TenantVersion() {
			t.Errorf("%s is at version %d", s, v)
		}
	}
}

// What a killed CreateTenantSchema leaves is cleared, and nothing else is.
func TestDropUnfinished(t *testing.T) {
	t.Parallel()
	url := pg.NewDatabase(t)
	d, err := db.Open(t.Context(), db.Config{URL: url, TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if _, err := d.MigrateShared(t.Context()); err != nil {
		t.Fatal(err)
	}
	var names []string
	for range 2 {
		s, err := d.CreateTenantSchema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, s)
	}
	su, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer su.Close(context.Background())
	if _, err := su.Exec(t.Context(), `update public.tenants set state = 'preparing' where schema = $1`, names[0]); err != nil {
		t.Fatal(err)
	}
	if n, err := d.DropUnfinished(t.Context(), 0); n != 1 || err != nil {
		t.Fatalf("dropped %d: %v", n, err)
	}
	var left, roles int
	err = su.QueryRow(t.Context(),
		`select count(*), (select count(*) from pg_roles where rolname like '%' || $1) from pg_namespace where nspname = any ($2)`, names[0],
		names).Scan(&left, &roles)
	if err != nil || left != 1 || roles != 0 {
		t.Errorf("%d schemas and %d roles left: %v", left, roles, err)
	}
	if n, err := d.CountSpares(t.Context()); n != 1 || err != nil {
		t.Errorf("%d spares: %v", n, err)
	}
}
