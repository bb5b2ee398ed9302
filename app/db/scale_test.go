package db_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/archive"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/sql/schema"
)

// go test ./app/db -run TestMigrationAtScale -v -args -scale 1000
var scale = flag.Int("scale", 120, "workspaces in TestMigrationAtScale")

// TestMain also is the process that a test kills in the middle of a migration.
func TestMain(m *testing.M) {
	if u := os.Getenv("PADDOCK_TEST_MIGRATE"); u != "" {
		d, err := db.Open(context.Background(), db.Config{URL: u, TenantRoles: true})
		if err == nil {
			_, err = d.MigrateTenants(context.Background(), db.MigrateOptions{Files: longer(), Workers: 4})
		}
		fmt.Println("migrated", err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// crowd is the database with many workspaces that two tests share, one after the
// other: making them is what takes long.
var crowd struct {
	sync.Mutex
	url     string
	tenants []db.Scope
}

// inCrowd returns it, to this test alone.
func inCrowd(t *testing.T) (url string, tenants []db.Scope) {
	t.Helper()
	crowd.Lock()
	t.Cleanup(crowd.Unlock)
	if crowd.url == "" {
		url := pg.NewDatabase(t)
		d, _ := openAt(t, url)
		crowd.tenants, crowd.url = workspaces(t, d, *scale), url
	}
	return crowd.url, crowd.tenants
}

// longer is the program's track with one change of a table more.
func longer(more ...string) fs.FS {
	files := fstest.MapFS{}
	_ = fs.WalkDir(schema.Tenant(), ".", func(name string, e fs.DirEntry, _ error) error {
		if !e.IsDir() {
			text, err := fs.ReadFile(schema.Tenant(), name)
			if err != nil {
				panic(err)
			}
			files[name] = &fstest.MapFile{Data: text}
		}
		return nil
	})
	for i, sql := range append([]string{"-- +goose Up\nalter table customers add column nickname text not null default '';"}, more...) {
		files[fmt.Sprintf("%05d_more.sql", db.TenantVersion()+int64(i)+1)] = &fstest.MapFile{Data: []byte(sql)}
	}
	return files
}

var auditLine = tenantdb.AuditWriteParams{Action: "Tested"}

func openScale(t *testing.T) (*db.DB, *pgx.Conn) {
	t.Helper()
	return openAt(t, pg.NewDatabase(t))
}

func openAt(t *testing.T, url string) (*db.DB, *pgx.Conn) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: url, TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if _, err := d.MigrateShared(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return d, c
}

// workspaces makes n workspaces with an owner each.
func workspaces(t *testing.T, d *db.DB, n int) []db.Scope {
	t.Helper()
	out := make([]db.Scope, n)
	var wg sync.WaitGroup
	gate := make(chan struct{}, 8)
	for i := range n {
		wg.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			slug := fmt.Sprintf("scale-%d", i)
			r, err := auth.CreateWorkspace(t.Context(), d, auth.SignUpInput{Workspace: slug, Slug: slug, Name: "Nora", Email: slug + "@example.com"},
				shareddb.UserByEmailRow{}, "none")
			if err != nil {
				t.Error(err)
				return
			}
			out[i] = db.Scope{TenantID: r.Tenant.ID, Schema: r.Tenant.Schema}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return out
}

// customersOf counts the customers of all of them.
func customersOf(scopes []db.Scope) string {
	parts := make([]string, len(scopes))
	for i, s := range scopes {
		parts[i] = "(select count(*) from " + s.Schema + ".customers)"
	}
	return "select " + strings.Join(parts, " + ")
}

// Many workspaces get a change of a table while people work in them: one is
// sabotaged and fails alone, the process is killed half-way, the next run
// finishes, and the one that failed is mended.
func TestMigrationAtScale(t *testing.T) {
	t.Parallel()
	url, tenants := inCrowd(t)
	d, c := openAt(t, url)
	n := *scale
	sabotaged := tenants[n/2].Schema
	if _, err := c.Exec(t.Context(), `alter table `+sabotaged+`.customers add column nickname int`); err != nil {
		t.Fatal(err)
	}
	next := db.TenantVersion() + 1
	whole := func() (done int) {
		t.Helper()
		rows, err := c.Query(t.Context(), `
			select t.schema_version, exists (select from pg_attribute a where a.attrelid = (t.schema || '.customers')::regclass
			and a.attname = 'nickname' and a.attnum > 0)
			from public.tenants t where t.slug is not null and t.schema <> $1`, sabotaged)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var v int64
			var column bool
			if err := rows.Scan(&v, &column); err != nil {
				t.Fatal(err)
			}
			if column != (v == next) {
				t.Errorf("a tenant is between versions: %d, and the column %v", v, column)
			}
			if column {
				done++
			}
		}
		return done
	}

	// Killed half-way.
	ours := pg.Connected(t, c)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PADDOCK_TEST_MIGRATE="+url)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, "a fifth is done", func() bool { return whole() >= n/5 })
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	pg.Alone(t, c, ours...)
	killed := whole()
	t.Logf("killed when %d of %d were done", killed, n-1)
	if killed == 0 || killed == n-1 {
		t.Error("it was not killed half-way")
	}

	// People go on working in fifty of them, while the rest is done.
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var confirmed atomic.Int64
	var mu sync.Mutex
	var slowest time.Duration
	// The one that fails is among them: it goes on as it is.
	for _, scope := range append([]db.Scope{tenants[n/2]}, tenants[n-min(50, n/3):]...) {
		wg.Go(func() {
			ctx := db.WithScope(ctx, scope)
			for ctx.Err() == nil {
				start := time.Now()
				err := d.Tenant(ctx, func(tx *db.TenantTx) error {
					if _, err := tx.MemberList(ctx); err != nil {
						return err
					}
					// The table that is changed is read and written.
					if _, err := tx.CustomerSome(ctx, 10); err != nil {
						return err
					}
					if err := tx.CustomerInsert(ctx, tenantdb.CustomerInsertParams{ID: uuid.Must(uuid.NewV7()), Name: "Keller",
						Type: "prospect"}); err != nil {
						return err
					}
					return tx.AuditWrite(ctx, auditLine)
				})
				if err != nil && ctx.Err() == nil {
					t.Error("during the migration: ", err)
				}
				took := time.Since(start)
				mu.Lock()
				slowest = max(slowest, took)
				mu.Unlock()
				if err == nil {
					confirmed.Add(1)
				}
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	wait.Until(t, "people are at work", func() bool { return confirmed.Load() >= 50 })
	before := confirmed.Load()
	start := time.Now()
	report, err := d.MigrateTenants(t.Context(), db.MigrateOptions{Files: longer(), Workers: 8})
	took := time.Since(start)
	meanwhile := confirmed.Load() - before
	stop()
	wg.Wait()
	if err != nil || len(report.Failed) != 1 || report.Failed[sabotaged] == nil || report.Migrated != n-1-killed {
		missing := []string{}
		for _, scope := range tenants {
			if !slices.ContainsFunc(report.Tenants, func(r db.TenantResult) bool { return r.Schema == scope.Schema }) {
				missing = append(missing, scope.Schema)
			}
		}
		t.Fatalf("%d migrated, %d failed, %v; %d were done when it was killed, %d are now, and %d are not in the report", report.Migrated,
			len(report.Failed), err, killed, whole(), len(missing))
	}
	t.Logf("%d migrated in %s under load: %s each; %d transactions of people meanwhile, the slowest %s", report.Migrated,
		took.Round(time.Millisecond),
		(took / time.Duration(max(1, report.Migrated))).Round(10*time.Microsecond), meanwhile, slowest.Round(time.Millisecond))
	// That nobody waits for a lock above the timeout is the database's word: their
	// transactions would have failed.
	if meanwhile == 0 {
		t.Error("no customers were written meanwhile: that shows nothing")
	}
	var kept int64
	if err := c.QueryRow(t.Context(), customersOf(tenants)).Scan(&kept); err != nil || kept < confirmed.Load() {
		t.Errorf("%d customers are there of %d that were confirmed: %v", kept, confirmed.Load(), err)
	}
	if done := whole(); done != n-1 {
		t.Errorf("%d of %d are done", done, n-1)
	}
	i := slices.IndexFunc(report.Tenants, func(r db.TenantResult) bool { return r.Schema == sabotaged })
	if r := report.Tenants[i]; r.Slug == "" || !strings.Contains(r.Error, "already exists") || r.To != next-1 {
		t.Errorf("%+v", r)
	}
	status, err := d.MigrateStatus(t.Context())
	if err != nil || len(status.Failed) != 1 || status.Failed[0].Schema != sabotaged {
		t.Errorf("%+v, %v", status, err)
	}

	// Mended, it alone is done; by name, too.
	if _, err := c.Exec(t.Context(), `alter table `+sabotaged+`.customers drop column nickname`); err != nil {
		t.Fatal(err)
	}
	if report, err = d.MigrateTenants(t.Context(), db.MigrateOptions{Files: longer(), DryRun: true}); err != nil || len(report.Tenants) != 1 ||
		report.Migrated != 0 {
		t.Errorf("dry run: %+v, %v", report, err)
	}
	if report, err = d.MigrateTenants(t.Context(), db.MigrateOptions{Files: longer(), Slug: "scale-0"}); err != nil || report.Migrated != 0 {
		t.Errorf("another one by name: %+v, %v", report, err)
	}
	if report, err = d.MigrateTenants(t.Context(), db.MigrateOptions{Files: longer(), Slug: status.Failed[0].Slug}); err != nil ||
		report.Migrated != 1 {
		t.Errorf("mended: %+v, %v", report, err)
	}
	if status, err = d.MigrateStatus(t.Context()); err != nil || len(status.Failed) != 0 {
		t.Errorf("%+v, %v", status, err)
	}
	// From here on by counts: what is promised in time stands or falls with them, and
	// is measured by task bench.
	counted := &counter{}
	d, err = db.Open(t.Context(), db.Config{URL: url, TenantRoles: true, Tracer: counted, OwnerTracer: counted})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	statements := func(most int64, what string, fn func()) {
		t.Helper()
		before := counted.n.Load()
		fn()
		got := counted.n.Load() - before
		t.Logf("%s: %d statements", what, got)
		if got > most {
			t.Errorf("%s takes %d statements, want %d at most", what, got, most)
		}
	}
	statements(1, "nothing to do", func() {
		start = time.Now()
		report, err = d.MigrateTenants(t.Context(), db.MigrateOptions{Files: longer()})
		idle := time.Since(start)
		t.Logf("nothing to do: %s", idle.Round(10*time.Microsecond))
		if err != nil || report.Migrated != 0 || len(report.Tenants) != 0 {
			t.Errorf("nothing to do: %+v, %v", report, err)
		}
	})

	// Another change of a table, with nobody at work: how long one takes.
	statements(int64(12*n+20), "a change of a table of each", func() {
		start = time.Now()
		report, err = d.MigrateTenants(t.Context(),
			db.MigrateOptions{Files: longer("-- +goose Up\nalter table deals add column nickname text not null default '';"), Workers: 8})
		took = time.Since(start)
		if err != nil || report.Migrated < n || len(report.Failed) != 0 {
			missing := []string{}
			for _, scope := range tenants {
				if !slices.ContainsFunc(report.Tenants, func(r db.TenantResult) bool { return r.Schema == scope.Schema }) {
					missing = append(missing, scope.Schema)
				}
			}
			t.Fatalf("%d migrated, %d failed, %v; %d were done when it was killed, %d are now, and %d are not in the report", report.Migrated,
				len(report.Failed), err, killed, whole(), len(missing))
		}
		each := took / time.Duration(report.Migrated)
		t.Logf("%d migrated in %s: %s each", report.Migrated, took.Round(time.Millisecond), each.Round(10*time.Microsecond))
	})
	// One small workspace among them all, exported: its tables alone are read.
	for _, s := range tenants[:3] {
		statements(12, "an export", func() {
			start := time.Now()
			if err := archive.Export(t.Context(), d, tenant.Tenant{ID: s.TenantID, Schema: s.Schema}, io.Discard, nil); err != nil {
				t.Fatal(err)
			}
			t.Logf("one workspace exported in %s", time.Since(start).Round(time.Millisecond))
		})
	}
}

// counter counts the statements that it sees.
type counter struct{ n atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}

func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// An index made concurrently goes one tenant at a time, after the others, and
// before what comes behind it; what a killed run left of it is cleared.
func TestMigrationLane(t *testing.T) {
	t.Parallel()
	d, c := openScale(t)
	tenants := workspaces(t, d, 6)
	files := longer(
		"-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently customers_nickname on customers (nickname);",
		"-- +goose Up\nalter table customers add column pet_name text;",
	)
	// A run that was killed: the index is there and not valid.
	half := tenants[2].Schema
	for _, sql := range []string{
		`alter table ` + half + `.customers add column nickname text not null default ''`,
		`create index customers_nickname on ` + half + `.customers (nickname)`,
		`update public.tenants set schema_version = schema_version + 1 where schema = '` + half + `'`,
	} {
		if _, err := c.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	su, err := pgx.Connect(t.Context(), pg.Server(t).SuperuserURL(c.Config().Database))
	if err != nil {
		t.Fatal(err)
	}
	defer su.Close(context.Background())
	if _, err := su.Exec(t.Context(), `update pg_index set indisvalid = false where indexrelid = ($1 || '.customers_nickname')::regclass`,
		half); err != nil {
		t.Fatal(err)
	}
	report, err := d.MigrateTenants(t.Context(), db.MigrateOptions{Files: files, Workers: 4})
	if err != nil || report.Migrated != 6 || len(report.Failed) != 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	var valid, pets int
	err = c.QueryRow(t.Context(), `select
		(select count(*) from pg_index i join pg_class x on x.oid = i.indexrelid where x.relname = 'customers_nickname' and i.indisvalid),
		(select count(*) from pg_attribute where attname = 'pet_name')`).Scan(&valid, &pets)
	if err != nil || valid != 6 || pets != 6 {
		t.Errorf("%d valid indexes, %d columns behind them: %v", valid, pets, err)
	}
	if report, err = d.MigrateTenants(t.Context(), db.MigrateOptions{Files: files}); err != nil || len(report.Tenants) != 0 {
		t.Errorf("again: %+v, %v", report, err)
	}
}

// Many deleted at once are dropped one by one, so that the server's room
// for locks, at its default, is not exhausted; one that is in use is left for
// the next time, and neighbours notice nothing.
func TestDropDeleted(t *testing.T) {
	t.Parallel()
	// A server of its own, with PostgreSQL's defaults: ours has more room.
	// With fewer connections there is room for fewer locks: some 3,000, where a
	// workspace takes 300.
	server := pg.NewServer(t, map[string]string{"max_locks_per_transaction": "64", "max_connections": "40", "max_worker_processes": "0",
		"max_wal_senders": "0", "fsync": "off"})
	url, err := server.Database(t.Context(), "locks")
	if err != nil {
		t.Fatal(err)
	}
	d, c := openAt(t, url)
	tenants := workspaces(t, d, 32)
	stays, busy := tenants[0], tenants[1]
	var locks string
	if err := c.QueryRow(t.Context(), `show max_locks_per_transaction`).Scan(&locks); err != nil || locks != "64" {
		t.Fatalf("max_locks_per_transaction is %s: %v", locks, err)
	}
	if _, err := c.Exec(t.Context(),
		`update tenants set state = 'deleted', deleted_at = now() - interval '31 days' where slug is not null and id <> $1`,
		stays.TenantID); err != nil {
		t.Fatal(err)
	}
	var relations int
	if err := c.QueryRow(t.Context(), `select count(*) from pg_class where relnamespace::regnamespace::text like 't\_%'`).
		Scan(&relations); err != nil || relations < 64*(40+4) {
		t.Fatalf("%d relations: in one transaction they would have room, and this shows nothing (%v)", relations, err)
	}
	if n, err := d.DropDeleted(t.Context(), 40*24*time.Hour); n != 0 || err != nil {
		t.Fatalf("too early, %d were dropped: %v", n, err)
	}
	user, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer user.Close(context.Background())
	if _, err := user.Exec(t.Context(), `begin; select count(*) from `+busy.Schema+`.customers`); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	n, err := d.DropDeleted(t.Context(), 30*24*time.Hour)
	t.Logf("%d dropped in %s", n, time.Since(start).Round(time.Millisecond))
	if n != 30 || err == nil || !strings.Contains(err.Error(), busy.Schema) {
		t.Errorf("%d dropped, %v", n, err)
	}
	if _, err := user.Exec(t.Context(), `rollback`); err != nil {
		t.Fatal(err)
	}
	if n, err := d.DropDeleted(t.Context(), 30*24*time.Hour); n != 1 || err != nil {
		t.Errorf("then %d, %v", n, err)
	}
	var schemas, roles, names, members int
	err = c.QueryRow(t.Context(), `select
		(select count(*) from pg_namespace where nspname like 't\_%'), (select count(*) from pg_roles
		where rolname like current_database() || '\_t\_%'),
		(select count(*) from tenants where slug is not null), (select count(*) from memberships)`).Scan(&schemas, &roles, &names, &members)
	if err != nil || schemas != 1 || roles != 1 || names != 32 || members != 1 {
		t.Errorf("%d schemas, %d roles, %d names kept, %d memberships: %v", schemas, roles, names, members, err)
	}
	err = d.TenantRead(db.WithScope(t.Context(), stays), func(tx *db.TenantTx) error {
		_, err := tx.MemberList(t.Context())
		return err
	})
	if err != nil {
		t.Error("a neighbour: ", err)
	}
}

// What somebody changed by hand in one schema is found, and named.
func TestDrift(t *testing.T) {
	t.Parallel()
	d, c := openScale(t)
	tenants := workspaces(t, d, 8)
	if found, err := d.FindDrift(t.Context(), nil); err != nil || len(found) != 0 {
		t.Fatalf("untouched: %v, %v", found, err)
	}
	for i, sql := range []string{
		`alter table %s.customers add column by_hand text`, `drop index %s.customers_by_name`,
		`alter table %s.deals alter column name drop not null`,
		`drop trigger log_change on %s.tasks`, `do $$ begin execute 'grant insert on %s.audit to "' || current_database() || '_%[1]s"'; end $$`,
		`create table %s.extra (id int)`,
		`create or replace function %s.write_audit(action text, subject text, ip text, device text) returns void language sql as 'select'`,
	} {
		schema := tenants[i].Schema
		if _, err := c.Exec(t.Context(), fmt.Sprintf(sql, schema)); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	found, err := d.FindDrift(t.Context(), nil)
	if err != nil || len(found) != 7 {
		t.Errorf("%d found: %v", len(found), err)
	}
	for i, want := range []string{"has customers.by_hand text", "lacks index", "deals.name", "lacks trigger", "has right audit INSERT",
		"extra", "function"} {
		j := slices.IndexFunc(found, func(x db.Drift) bool { return x.Schema == tenants[i].Schema })
		if j < 0 || !strings.Contains(found[j].What, want) {
			t.Errorf("%s: found %v", want, found)
		}
	}
	var left int
	if err := c.QueryRow(t.Context(), `select count(*) from tenants where state = 'importing'`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d models are left: %v", left, err)
	}
}

// What a backend remembers of the schemas it has touched stays bounded, for a
// connection is closed after so many tenants: measured by the kernel.
//
//	go test ./app/db -run TestConnectionMemory -v -timeout 25m -args -scale 1000
func TestConnectionMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc here")
	}
	t.Parallel()
	url, scopes := inCrowd(t)
	share := 48 // of workspaces, whose whole tables a connection gets to know: production's
	if *scale <= share {
		share = *scale / 4
	}
	const ceiling = 10_000 + 62*1_350 // kB: a fresh backend, and what it learns: 94 MB
	for _, those := range []struct {
		what string
		do   func(context.Context, *db.TenantTx) error
		most int // workspaces that one connection knows
	}{
		{"everything", pages, share * 6 / 5},
		{"lists", lists, len(scopes)},
	} {
		d, err := db.Open(t.Context(), db.Config{URL: url, TenantRoles: true, MaxConns: 1,
			RelationsPerConn: share * tenantdb.AllTables.Relations()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		most, backends := 0, map[int]int{}
		for _, s := range scopes {
			pid := 0
			err := d.Tenant(db.WithScope(t.Context(), s), func(tx *db.TenantTx) error {
				if err := db.RawQueryRow(t.Context(), tx, `select pg_backend_pid()`).Scan(&pid); err != nil {
					return err
				}
				return those.do(t.Context(), tx)
			})
			if err != nil {
				t.Fatal(err)
			}
			backends[pid]++
			most = max(most, privateKB(t, pid))
		}
		t.Logf("%s of %d workspaces by %d backends: at most %.1f MB of a backend's own memory", those.what, len(scopes), len(backends),
			float64(most)/1000)
		if most > ceiling {
			t.Errorf("%d kB, more than %d", most, ceiling)
		}
		for pid, n := range backends {
			if n > those.most {
				t.Errorf("backend %d has learnt of %d workspaces, more than %d", pid, n, those.most)
			}
		}
	}
}

// lists reads a page of customers.
func lists(ctx context.Context, tx *db.TenantTx) error {
	_, _, err := tx.RecordList(ctx, entity.Customers, tenantdb.List{Page: tenantdb.Page{Limit: 25}, Fields: []string{"owner_id", "tags"}})
	return err
}

// pages reads and writes what people do in a workspace.
func pages(ctx context.Context, tx *db.TenantTx) error {
	for _, kind := range entity.Kinds {
		if _, _, err := tx.RecordCount(ctx, kind, tenantdb.Filter{}); err != nil {
			return err
		}
	}
	if _, err := tx.Search(ctx, "kel", 10); err != nil {
		return err
	}
	if _, err := tx.AuditList(ctx, tenantdb.AuditListParams{N: 10, Before: time.Now()}); err != nil {
		return err
	}
	return tx.CustomerInsert(ctx, tenantdb.CustomerInsertParams{ID: uuid.Must(uuid.NewV7()), Name: "Keller", Type: "prospect"})
}

// privateKB is the memory of a process that is nobody else's.
func privateKB(t *testing.T, pid int) (kb int) {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			if _, err := fmt.Sscanf(strings.TrimSpace(rest), "%d kB", &kb); err != nil {
				t.Fatal(err)
			}
		}
	}
	return kb
}
