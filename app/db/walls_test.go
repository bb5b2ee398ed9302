package db_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/db/pgdev"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// What a tenant's role may execute, beside what PostgreSQL and its extensions bring
// that looks at nothing but its arguments: an exact list.
func TestWhatATenantsRoleMayExecute(t *testing.T) {
	t.Parallel()
	w, su := pg.NewWorkspace(t), pg.Superuser(t)
	role := pg.DB(t).Name() + "_" + w.Schema
	var got []string
	err := su.QueryRow(t.Context(), `select coalesce(array_agg(replace(p.oid::regprocedure::text, $2 || '.', 'tenant.') order by 1), '{}')
		from pg_proc p where p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
		and has_function_privilege($1, p.oid, 'execute')
			and has_schema_privilege($1, p.pronamespace, 'usage') and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass
			and d.objid = p.oid and d.deptype = 'e')`, role, w.Schema).Scan(&got)
	// Of ext's, those that make text of text: they know nothing but what they are given.
	want := []string{"ext.fold(text)", "ext.phone_digits(text)", "ext.point_digits(jsonb)", "ext.point_values(jsonb)", "ext.search_text(text)",
		"ext.words(text)", "tenant.write_audit(text,text,text,text)"}
	if slices.Sort(got); err != nil || !slices.Equal(got, want) {
		t.Errorf("a tenant's role may execute %v, %v", got, err)
	}
	// Whatever runs as its owner, or makes statements of texts, is in no list but that one.
	err = su.QueryRow(t.Context(), `select coalesce(array_agg(replace(p.oid::regprocedure::text, $2 || '.', 'tenant.') order by 1), '{}')
		from pg_proc p where p.pronamespace <> 'information_schema'::regnamespace and (p.prosecdef or p.prosrc ~* '\mexecute\M'
		and p.prolang = (select oid from pg_language where lanname = 'plpgsql'))
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
	h, err := pg.DB(t).Walls(t.Context())
	if err != nil || len(h.OpenFunctions) > 0 || len(h.Unrestricted) > 0 {
		t.Errorf("the doctor sees %v and %v open: %v", h.OpenFunctions, h.Unrestricted, err)
	}
}

// What the role may do that every connection begins with: look at the session that it was
// given the id of, and nothing else.
func TestWhatTheBaselineMayDo(t *testing.T) {
	t.Parallel()
	su := pg.Superuser(t)
	role := pg.DB(t).Name() + "_app"
	var functions, tables []string
	err := su.QueryRow(t.Context(), `select coalesce(array_agg(p.oid::regprocedure::text order by 1), '{}') from pg_proc p
		where p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'ext'::regnamespace)
			and has_function_privilege($1, p.oid, 'execute') and has_schema_privilege($1, p.pronamespace, 'usage')`, role).Scan(&functions)
	if err != nil || !slices.Equal(functions, []string{"entry.session(bytea,uuid,boolean)"}) {
		t.Errorf("it may execute %v, %v", functions, err)
	}
	err = su.QueryRow(t.Context(), `select coalesce(array_agg(c.oid::regclass::text), '{}') from pg_class c
		where c.relkind in ('r', 'v', 'm', 'S') and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
			and has_schema_privilege($1, c.relnamespace, 'usage') and c.relkind <> 'S'
			and has_any_column_privilege($1, c.oid, 'select, insert, update')`,
		role).Scan(&tables)
	if err != nil || len(tables) > 0 {
		t.Errorf("it may read or write %v, %v", tables, err)
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

// The login of requests is nobody by itself: it owns nothing, reads nothing, and
// becomes the roles of this database and no other.
func TestLoginOfRequests(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	name := pg.DB(t).Name()
	c, err := pgx.Connect(t.Context(), pg.Server(t).RequestsURL(name))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	for what, sql := range map[string]string{
		"reads people":            `select count(*) from public.users`,
		"reads a workspace":       `select count(*) from ` + w.Schema + `.customers`,
		"makes a table":           `create table public.mine (id int)`,
		"makes a schema":          `create schema mine`,
		"makes a role":            `create role mine`,
		"becomes the owner":       `set role ` + pgdev.Owner,
		"becomes a superuser":     `set role postgres`,
		"runs a block of code":    `do $$ begin execute 'set local role ` + pgdev.Owner + `'; end $$`,
		"makes a function":        `create function pg_temp.f() returns int language plpgsql as 'begin return 1; end'`,
		"grants itself the owner": `grant ` + pgdev.Owner + ` to current_user`,
		"opens a function":        `grant execute on function ext.grant_table(text, text) to public`,
	} {
		var refused *pgconn.PgError
		if _, err := c.Exec(t.Context(), sql); !errors.As(err, &refused) || refused.Code != "42501" {
			t.Errorf("it %s: %v, want SQLSTATE 42501", what, err)
		}
	}
	if _, err := c.Exec(t.Context(), `set role `+name+`_shared`); err != nil {
		t.Error(err)
	}
	if pg.DB(t).OneLogin() {
		t.Error("the tests' own requests log in as the owner")
	}
}

// A database that had one login goes on with two, what it has made included; a login
// that could do more by itself is refused, and says what.
func TestTwoLogins(t *testing.T) {
	t.Parallel()
	owner := pg.NewDatabase(t)
	config, err := pgx.ParseConfig(owner)
	if err != nil {
		t.Fatal(err)
	}
	name := config.Database
	one, err := db.Open(t.Context(), db.Config{URL: owner, TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	if _, err := one.MigrateShared(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !one.OneLogin() {
		t.Error("one login is taken for two")
	}
	made := make([]string, 3)
	for i := range made {
		if made[i], err = one.CreateTenantSchema(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	two, err := db.Open(t.Context(), db.Config{URL: owner, RequestsURL: pg.Server(t).RequestsURL(name), TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	later, err := two.CreateTenantSchema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, schema := range append(made, later) {
		ctx := db.WithScope(t.Context(), db.Scope{TenantID: pg.NewID(), Schema: schema})
		err := two.TenantRead(ctx, func(tx *db.TenantTx) error {
			var n int
			return db.RawQueryRow(ctx, tx, `select count(*) from customers`).Scan(&n)
		})
		if err != nil {
			t.Errorf("%s: %v", schema, err)
		}
	}
	su := pg.Superuser(t)
	for able, undo := range map[string]string{"createrole": "nocreaterole", "inherit": "noinherit", "bypassrls": "nobypassrls",
		"superuser": "nosuperuser"} {
		login := "able_" + name + "_" + able
		if _, err := su.Exec(t.Context(), `create role `+login+` login `+map[bool]string{true: able,
			false: "noinherit " + able}[able == "inherit"]+` password 'x'`); err != nil {
			t.Fatal(err)
		}
		url := strings.Replace(strings.Replace(owner, pgdev.Owner+":", login+":", 1), ":"+config.Password+"@", ":x@", 1)
		_, err := db.Open(t.Context(), db.Config{URL: owner, RequestsURL: url, TenantRoles: true})
		if err == nil || !strings.Contains(err.Error(), login) || !strings.Contains(err.Error(), undo) {
			t.Errorf("a login with %s: %v", able, err)
		}
		if _, err := su.Exec(context.WithoutCancel(t.Context()), `drop role `+login); err != nil {
			t.Error(err)
		}
	}
	if _, err := db.Open(t.Context(), db.Config{URL: owner, RequestsURL: pg.Server(t).RequestsURL(name), TenantRoles: false}); err == nil {
		t.Error("two logins without the workspaces' roles")
	}
}

// What a workspace's role may write into its own log is short, in the member's own
// name, and little of it in one transaction.
func TestAuditLinesAreBounded(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	ctx := w.Context()
	err := pg.DB(t).Tenant(ctx, func(tx *db.TenantTx) error {
		for range 50 {
			if err := tx.AuditWrite(ctx, tenantdb.AuditWriteParams{Action: strings.Repeat("a", 5000), Subject: strings.Repeat("s", 5000),
				Ip: strings.Repeat("1", 5000), Device: strings.Repeat("d", 5000)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := pg.Count(t, `select count(*) from `+w.Schema+`.audit`); n != 20 {
		t.Errorf("%d lines of one transaction, want 20", n)
	}
	if n := pg.Count(t, `select max(length(action || subject || ip || device)) from `+w.Schema+`.audit`); n > 80+300+60+300 {
		t.Errorf("a line has %d letters", n)
	}
}

// What is looked for in every schema is what there is in one.
func TestTablesOfTheMigrations(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	var got []string
	if err := pg.Superuser(t).QueryRow(t.Context(),
		`select array_agg(relname::text order by relname) from pg_class where relnamespace = $1::regnamespace and relkind = 'r'`, w.Schema).
		Scan(&got); err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values(db.TenantTables(db.TenantVersion())))
	if !slices.Equal(got, want) {
		t.Errorf("the tables are %v, the migrations make %v", got, want)
	}
	if err := pg.DB(t).ProbeShared(t.Context()); err != nil {
		t.Error(err)
	}
}
