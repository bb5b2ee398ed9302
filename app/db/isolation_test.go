package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// attack is SQL that somebody smuggled into a statement of ours. Its text goes
// the way all generated code goes, by the transaction's own DBTX.
func attack(ctx context.Context, tx *db.TenantTx, sql string) error {
	rows, err := db.RawQuery(ctx, tx, sql)
	if err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}

func TestTenantRoleReachesNothingElse(t *testing.T) {
	t.Parallel()
	a, b := pg.NewWorkspace(t), pg.NewWorkspace(t)
	b.Customer(tenantdb.CustomerUpdateParams{Name: "B's own"})
	d := pg.DB(t)
	role := pgx.Identifier{d.Name() + "_" + b.Schema}.Sanitize()
	cases := map[string]struct{ sql, code string }{
		"another schema":                {`select * from ` + b.Schema + `.customers`, "42501"},
		"another schema, writing":       {`update ` + b.Schema + `.customers set name = ''`, "42501"},
		"the users":                     {`select * from public.users`, "42501"},
		"the tenants":                   {`select * from public.tenants`, "42501"},
		"the sessions":                  {`delete from public.sessions`, "42501"},
		"a role in a SELECT":            {`select set_config('role', '` + d.Name() + `_` + b.Schema + `', true)`, "42501"},
		"a path in a SELECT":            {`select set_config('search_path', '` + b.Schema + `', true)`, "42501"},
		"two statements":                {`select 1; reset role`, "42601"},
		"two statements, another role":  {`select 1; set local role ` + role, "42601"},
		"a new table":                   {`create table evil (id int)`, "42501"},
		"a temporary table":             {`create temp table customers (id int)`, "42501"},
		"a table in ext":                {`create table ext.customers (id int)`, "42501"},
		"a table in public":             {`create table public.customers (id int)`, "42501"},
		"a new function":                {`create function ext.lower(text) returns text language sql return $1`, "42501"},
		"the server's files":            {`select pg_read_file('/etc/passwd')`, "42501"},
		"a program":                     {`copy (select 1) to program 'true'`, "42501"},
		"dropping a table of its own":   {`drop table customers`, "42501"},
		"truncating a table of its own": {`truncate customers`, "42501"},
		"password hashes":               {`select * from pg_authid`, "42501"},
	}
	for what, tc := range cases { //nolint:paralleltest // each looks for what the one before left
		t.Run(what, func(t *testing.T) {
			ctx := a.Context()
			err := d.Tenant(ctx, func(tx *db.TenantTx) error { return attack(ctx, tx, tc.sql) })
			var refused *pgconn.PgError
			if !errors.As(err, &refused) || refused.Code != tc.code {
				t.Errorf("%s: %v, want SQLSTATE %s", tc.sql, err, tc.code)
			}
			// The connection is as good as new.
			if n := count(t, a); n != 0 {
				t.Errorf("A sees %d customers, want none", n)
			}
		})
	}
}

// RESET ROLE, as a statement of its own, lands on a role without rights.
func TestResetRoleLandsOnNothing(t *testing.T) {
	t.Parallel()
	a := pg.NewWorkspace(t)
	for _, reset := range []string{"reset role"} {
		for _, read := range []string{"select count(*) from customers", "select count(*) from " + a.Schema + ".customers",
			"select count(*) from public.users"} {
			ctx := a.Context()
			var user string
			err := pg.DB(t).Tenant(ctx, func(tx *db.TenantTx) error {
				if err := attack(ctx, tx, reset); err != nil {
					return err
				}
				if err := db.RawQueryRow(ctx, tx, "select current_user").Scan(&user); err != nil {
					return err
				}
				return attack(ctx, tx, read)
			})
			var refused *pgconn.PgError
			if !errors.As(err, &refused) || refused.Code != "42501" && refused.Code != "42P01" || user != pg.DB(t).Name()+"_app" {
				t.Errorf("%s, then %s as %s: %v", reset, read, user, err)
			}
			if n := count(t, a); n != 0 {
				t.Errorf("%d customers", n)
			}
		}
	}
}

func TestUnscopedSQLFails(t *testing.T) {
	t.Parallel()
	a := pg.NewWorkspace(t)
	// A pool of its own: DISCARD ALL takes pgx's prepared statements along.
	d, err := db.Open(t.Context(), db.Config{URL: pg.URL(t), MaxConns: 1, TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	pool := db.Pool(d)
	for sql, code := range map[string]string{
		"select count(*) from customers":                        "42P01",
		"select count(*) from " + a.Schema + ".customers":       "42501",
		"select count(*) from public.users":                     "42501",
		"select count(*) from users":                            "42P01",
		"discard all":                                           "",
		"select count(*) from " + a.Schema + ".customers limit": "42601",
	} {
		_, err := pool.Exec(t.Context(), sql)
		var refused *pgconn.PgError
		if code == "" && err != nil || code != "" && (!errors.As(err, &refused) || refused.Code != code) {
			t.Errorf("%s: %v, want %q", sql, err, code)
		}
	}
	var user, path string
	if err := pool.QueryRow(t.Context(), "select current_user, current_setting('search_path')").Scan(&user, &path); err != nil {
		t.Fatal(err)
	}
	if user != pg.DB(t).Name()+"_app" || path != "" && path != `""` {
		t.Errorf("an idle connection is %s with path %q", user, path)
	}
}

func TestNoTenant(t *testing.T) {
	t.Parallel()
	d := pg.DB(t)
	ran := func(*db.TenantTx) error { t.Error("fn ran"); return nil }
	for what, ctx := range map[string]context.Context{
		"no scope":      t.Context(),
		"an empty one":  db.WithScope(t.Context(), db.Scope{}),
		"a guard alone": db.WithGuard(t.Context()),
	} {
		if err := d.Tenant(ctx, ran); !errors.Is(err, db.ErrNoTenant) {
			t.Errorf("%s: %v", what, err)
		}
		if err := d.TenantRead(ctx, ran); !errors.Is(err, db.ErrNoTenant) {
			t.Errorf("%s, reading: %v", what, err)
		}
	}
	// A schema that is not there, or with an evil name, is an error and no scope.
	for _, schema := range []string{"t_nobody", `t_x"; reset role; --`, "public", "pg_catalog"} {
		ctx := db.WithScope(t.Context(), db.Scope{Schema: schema})
		for what, transaction := range map[string]func(context.Context, func(*db.TenantTx) error) error{"write": d.Tenant, "read": d.TenantRead} {
			err := transaction(ctx, func(tx *db.TenantTx) error { return attack(ctx, tx, "select 1") })
			if _, refused := errors.AsType[*pgconn.PgError](err); !refused {
				t.Errorf("schema %q: a %s is %v", schema, what, err)
			}
		}
	}
}

func TestNestedTransactionsFail(t *testing.T) {
	t.Parallel()
	ctx := pg.NewWorkspace(t).Context()
	d := pg.DB(t)
	err := d.Tenant(ctx, func(*db.TenantTx) error {
		return d.Shared(ctx, func(*db.SharedTx) error { return nil })
	})
	if !errors.Is(err, db.ErrNested) {
		t.Errorf("shared in tenant: %v", err)
	}
	err = d.Tenant(ctx, func(*db.TenantTx) error {
		return d.TenantRead(ctx, func(*db.TenantTx) error { return nil })
	})
	if !errors.Is(err, db.ErrNested) {
		t.Errorf("tenant in tenant: %v", err)
	}
	if err := d.Tenant(ctx, func(*db.TenantTx) error { return nil }); err != nil {
		t.Errorf("one after the other: %v", err)
	}
}

// Slow statements have a line in the log, with their tenant and without what
// somebody typed.
func TestSlowQueriesAreLogged(t *testing.T) { //nolint:paralleltest // the log is the process’s
	ctx := pg.NewWorkspace(t).Context()
	scope, _ := db.ScopeFrom(ctx)
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	err := pg.DB(t).Tenant(ctx, func(tx *db.TenantTx) error {
		return attack(ctx, tx, "-- name: Sleepy :one\nselect pg_sleep(0.25), 'a secret'")
	})
	if err != nil {
		t.Fatal(err)
	}
	if line := log.String(); !strings.Contains(line, "query=Sleepy") || !strings.Contains(line, "tenant="+scope.TenantID.String()) ||
		!strings.Contains(line, "schema="+scope.Schema) || strings.Contains(line, "a secret") {
		t.Errorf("the log says %q", line)
	}
}

func TestReadRefusesWrites(t *testing.T) {
	t.Parallel()
	ctx := pg.NewWorkspace(t).Context()
	err := pg.DB(t).TenantRead(ctx, func(tx *db.TenantTx) error {
		return attack(ctx, tx, "update customers set name = 'x'")
	})
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "25006" {
		t.Error(err)
	}
}

// AsShared comes back to the tenant whatever happened inside.
func TestAsSharedSwitchesBack(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	ctx := w.Context()
	who := func(tx *db.TenantTx) (user string) {
		if err := db.RawQueryRow(ctx, tx, "select current_user").Scan(&user); err != nil {
			t.Error(err)
		}
		return user
	}
	err := pg.DB(t).Tenant(ctx, func(tx *db.TenantTx) error {
		before := who(tx)
		if err := tx.AsShared(func(s *db.SharedTx) error {
			_, err := s.TenantBySlug(ctx, w.Slug)
			return err
		}); err != nil {
			return err
		}
		if err := tx.AsShared(func(*db.SharedTx) error { return errors.New("inside") }); err == nil {
			t.Error("the error was lost")
		}
		if after := who(tx); after != before || attack(ctx, tx, "select 1 from customers limit 1") != nil {
			t.Errorf("%s before, %s after", before, after)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A migration by another process changes what a prepared statement returns:
// the transaction runs once more and nobody notices.
func TestChangedPlanIsRetried(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	w.Customer(tenantdb.CustomerUpdateParams{Name: "One"})
	d, err := db.Open(t.Context(), db.Config{URL: pg.URL(t), MaxConns: 1, TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ctx := w.Context()
	runs := 0
	read := func() error {
		return d.Tenant(ctx, func(tx *db.TenantTx) error {
			runs++
			_, err := tx.MemberList(ctx)
			return err
		})
	}
	if err := errors.Join(read(), read()); err != nil {
		t.Fatal(err)
	}
	if _, err := pg.Superuser(t).Exec(ctx, `alter table `+w.Schema+`.members alter column name type varchar(300)`); err != nil {
		t.Fatal(err)
	}
	if err := read(); err != nil {
		t.Error(err)
	}
	if runs != 4 {
		t.Errorf("ran %d times, want 4: two, one refused, one again", runs)
	}
}

// TestChaos interleaves two tenants on two connections, with panics, cancelled
// contexts and killed backends, and looks at every row and, at the end, at
// what the connections are left with.
func TestChaos(t *testing.T) {
	t.Parallel()
	a, b := pg.NewWorkspace(t), pg.NewWorkspace(t)
	const rows = 20
	for i := range rows {
		a.Customer(tenantdb.CustomerUpdateParams{Name: fmt.Sprint("A", i), Domain: "a.example"})
		b.Customer(tenantdb.CustomerUpdateParams{Name: fmt.Sprint("B", i), Domain: "b.example"})
	}
	d, err := db.Open(t.Context(), db.Config{URL: pg.URL(t), MaxConns: 2, TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	su := pg.Superuser(t)
	var suLock sync.Mutex

	var ok, wrong, failed atomic.Int64
	one := func() {
		defer func() { _ = recover() }() // the panics are ours
		w, domain := a, "a.example"
		if rand.IntN(2) == 0 {
			w, domain = b, "b.example"
		}
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		dice := rand.IntN(100)
		if dice < 8 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(rand.IntN(1500))*time.Microsecond)
			defer cancel()
		}
		transaction := d.Tenant
		if rand.IntN(2) == 0 {
			transaction = d.TenantRead
		}
		err := transaction(ctx, func(tx *db.TenantTx) error {
			look := func() error {
				list, _, err := tx.RecordList(ctx, entity.Customers, tenantdb.List{Page: tenantdb.Page{Limit: 50}, Fields: []string{"domain"}})
				if err != nil {
					return err
				}
				if len(list) != rows {
					wrong.Add(1)
				}
				for _, r := range list {
					if r.Values.Text("domain") != domain {
						wrong.Add(1)
					}
				}
				return nil
			}
			shared := func() error { // in the same flush, as another role
				return tx.AsShared(func(tx *db.SharedTx) error {
					_, err := tx.TenantBySlug(ctx, w.Slug)
					return err
				})
			}
			if dice >= 60 {
				if err := tx.Batch(shared, look, func() error { return errors.Join(look(), shared()) }, look); err != nil {
					return err
				}
			} else if err := look(); err != nil {
				return err
			}
			switch {
			case dice < 12:
				panic("handler")
			case dice < 14:
				var pid int
				if err := db.RawQueryRow(ctx, tx, "select pg_backend_pid()").Scan(&pid); err != nil {
					return err
				}
				suLock.Lock()
				defer suLock.Unlock()
				_, err := su.Exec(context.Background(), "select pg_terminate_backend($1)", pid)
				return errors.Join(err, attack(ctx, tx, "select 1"))
			case dice < 18:
				return attack(ctx, tx, "select * from public.users")
			case dice < 20:
				return attack(ctx, tx, "reset role")
			case dice < 24:
				return tx.Batch(look, func() error { panic("in a batch, before it asks") }, look)
			case dice < 28:
				return tx.Batch(look, func() error {
					_ = look()
					panic("in a batch, after it has asked")
				}, look)
			case dice < 32:
				return tx.Batch(look, func() error { return attack(ctx, tx, "select * from public.users") }, look)
			case dice < 34: // everything after it in the flush is skipped, what asks for its own scope too
				if err := tx.Batch(func() error { return attack(ctx, tx, "reset role; reset role") }, shared, look); err == nil {
					wrong.Add(1)
				}
			case dice < 36: // who is cut off in a flush
				return tx.Batch(look, func() error { cancel(); return look() }, look)
			}
			return nil
		})
		if err != nil {
			failed.Add(1)
			return
		}
		ok.Add(1)
	}
	var wg sync.WaitGroup
	const workers, each = 16, 250
	for range workers {
		wg.Go(func() {
			for range each {
				one()
			}
		})
	}
	wg.Wait()
	if wrong.Load() > 0 {
		t.Errorf("%d rows or lists of the wrong tenant", wrong.Load())
	}
	if ok.Load() < workers*each/2 || failed.Load() == 0 {
		t.Errorf("%d went well and %d failed of %d: that was no chaos", ok.Load(), failed.Load(), workers*each)
	}
	pool := db.Pool(d)
	for range 4 {
		conn, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var user, path, member string
		err = conn.QueryRow(t.Context(),
			`select current_user, current_setting('search_path'), coalesce(current_setting('paddock.member_id', true), '')`).Scan(&user, &path,
			&member)
		if err != nil || user != d.Name()+"_app" || path != "" && path != `""` || member != "" {
			t.Errorf("a connection was left as %q with path %q and member %q: %v", user, path, member, err)
		}
		conn.Release()
	}
	t.Logf("%d transactions went well, %d failed as they should, %d connections opened", ok.Load(), failed.Load(), pool.Stat().NewConnsCount())
}

// A connection knows no more than its share of tenants, for its backend keeps the catalogue
// of each for ever; who is known goes to a connection that knows.
func TestConnectionsKnowTheirTenants(t *testing.T) {
	t.Parallel()
	ws := make([]*pg.Workspace, 5)
	for i := range ws {
		ws[i] = pg.NewWorkspace(t)
	}
	// Of the two workspaces' customers each; a tenth more than they are, for none is met in that.
	budget := 2*tenantdb.TablesIn("customers").Relations()*10/9 - 1
	d, err := db.Open(t.Context(), db.Config{URL: pg.URL(t), MaxConns: 2, TenantRoles: true, RelationsPerConn: budget})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	known := map[int]map[string]bool{} // by backend
	visit := func(w *pg.Workspace) (pid int) {
		t.Helper()
		err := d.Tenant(w.Context(), func(tx *db.TenantTx) error {
			return db.RawQueryRow(t.Context(), tx, `select pg_backend_pid() + 0 * count(*) from customers`).Scan(&pid)
		})
		if err != nil {
			t.Fatal(err)
		}
		if known[pid] == nil {
			known[pid] = map[string]bool{}
		}
		if known[pid][w.Schema] = true; len(known[pid]) > 2 {
			t.Errorf("one connection has served %d tenants", len(known[pid]))
		}
		return pid
	}
	home := map[int]int{}
	for i := range 4 {
		home[i] = visit(ws[i])
	}
	if len(known) != 2 {
		t.Fatalf("4 tenants at 2 a connection are known by %d", len(known))
	}
	for range 5 { // those of the first connection are asked for more
		for i := range 2 {
			if pid := visit(ws[i]); pid != home[i] {
				t.Errorf("tenant %d is served by %d, and %d knows it", i, pid, home[i])
			}
		}
	}
	if pid := visit(ws[4]); pid == home[0] || pid == home[2] {
		t.Error("a fifth tenant is served by a connection that knows its two")
	}
	if visit(ws[0]) != home[0] || visit(ws[1]) != home[1] {
		t.Error("the connection that was asked for most made room")
	}
	if n := db.Pool(d).Stat().TotalConns(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

// A cancellation that comes late, when another has the connection, does not reach them.
func TestLateCancellation(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	d, err := db.Open(t.Context(), db.Config{URL: pg.URL(t), MaxConns: 1, TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	su := pg.Superuser(t)
	tries, cancelled := 0, make(chan error, 1)
	ctx := db.WithScope(t.Context(), db.Scope{TenantID: w.ID, Schema: w.Schema, StatementTimeout: 10 * time.Minute})
	err = d.TenantRead(ctx, func(tx *db.TenantTx) error {
		if tries++; tries > 1 {
			return nil
		}
		var pid int
		if err := db.RawQueryRow(t.Context(), tx, `select pg_backend_pid()`).Scan(&pid); err != nil {
			return err
		}
		go func() {
			var hit bool
			var err error
			for !hit && err == nil && t.Context().Err() == nil {
				err = su.QueryRow(t.Context(), `select coalesce(bool_or(pg_cancel_backend(pid)), false) from pg_stat_activity
					where pid = $1 and wait_event = 'PgSleep'`, pid).Scan(&hit)
			}
			cancelled <- err
		}()
		var nothing string
		return db.RawQueryRow(t.Context(), tx, `select pg_sleep(300)::text`).Scan(&nothing)
	})
	if cancelled := <-cancelled; err != nil || cancelled != nil || tries != 2 {
		t.Errorf("after %d tries: %v, %v", tries, err, cancelled)
	}
}

func count(t *testing.T, w *pg.Workspace) (n int) {
	t.Helper()
	w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
		n, _, err = tx.RecordCount(ctx, entity.Customers, tenantdb.Filter{})
		return err
	})
	return n
}

func TestOpenRefusesASuperuser(t *testing.T) {
	t.Parallel()
	_, err := db.Open(t.Context(), db.Config{URL: pg.Server(t).SuperuserURL("postgres"), TenantRoles: true})
	if err == nil {
		t.Fatal("a superuser was let in")
	}
	t.Log(err)
}

// A batch asks everything in one flush, then what follows from the answers in the next,
// and each statement in the scope that it was asked in.
func TestBatch(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	d, err := db.Open(t.Context(), db.Config{URL: pg.URL(t), MaxConns: 1, TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for what, transaction := range map[string]func(context.Context, func(*db.TenantTx) error) error{"write": d.Tenant, "read": d.TenantRead} {
		var cost db.Cost
		ctx := db.WithCost(w.Context(), &cost)
		var got []string
		who := func(tx *db.TenantTx, as string) error {
			var user string
			if err := db.RawQueryRow(ctx, tx, "select current_user || ' ' || current_schema()").Scan(&user); err != nil {
				return err
			}
			got = append(got, as+" "+user)
			return nil
		}
		ask := func(tx *db.TenantTx) error {
			got = nil
			return tx.Batch(
				func() error { return who(tx, "first") },
				func() error {
					return tx.AsShared(func(tx *db.SharedTx) error {
						r, err := tx.TenantBySlug(ctx, w.Slug)
						got = append(got, "shared "+r.Tenant.Schema)
						return err
					})
				},
				func() error { return nil }, // asks nothing
				func() error { // a batch in a batch goes along
					return tx.Batch(
						func() error { return errors.Join(who(tx, "second"), who(tx, "fifth")) },
						func() error { return who(tx, "third") },
					)
				},
				func() error { return errors.Join(who(tx, "fourth"), who(tx, "sixth")) },
			)
		}
		if err := transaction(ctx, ask); err != nil {
			t.Fatal(err)
		}
		before := cost.Flushes.Load() // the first time, statements are described too
		if err := transaction(ctx, ask); err != nil {
			t.Fatal(err)
		}
		want := []string{}
		is := " " + d.Name() + "_" + w.Schema + " " + w.Schema
		for _, as := range []string{"first", "shared", "second", "third", "fourth", "fifth", "sixth"} {
			if as == "shared" {
				want = append(want, "shared "+w.Schema)
			} else {
				want = append(want, as+is)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
		flushes := int64(2)
		if what == "write" {
			flushes++ // its commit
		}
		if n := cost.Flushes.Load() - before; n != flushes {
			t.Errorf("%s: %d flushes", what, n)
		}
		// An error ends it, and tells of itself; nothing is left behind.
		err := transaction(ctx, func(tx *db.TenantTx) error {
			return tx.Batch(func() error { return who(tx, "") }, func() error { return attack(ctx, tx, "select 1 / 0") },
				func() error { return who(tx, "") })
		})
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "22012" {
			t.Errorf("%s: %v", what, err)
		}
		if err := transaction(ctx, func(tx *db.TenantTx) error { return who(tx, "after") }); err != nil {
			t.Error(err)
		}
	}
}

// What the door before all scopes is open to: nothing but what it calls.
func TestEntryReachesNothing(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	d := pg.DB(t)
	for _, sql := range []string{"select * from public.users", "select * from public.sessions", "select * from " + w.Schema + ".customers",
		"select * from users", "select * from customers"} {
		err := db.RawEntry(w.Context(), d, sql)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "42501" && refused.Code != "42P01" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
