package bench

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shirou/gopsutil/v4/process"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/seed"
	"github.com/paddock-crm/paddock/app/tenant"
)

var crowd = flag.Int("crowd", 0, "workspaces of TestCrowd")

// crowdRows is how many customers each workspace of the crowd has: there is something to list.
const crowdRows = 60

// TestCrowd says where one server ends: it makes many workspaces and tells, on the way, how long
// the next takes, how fast lists are over all of them, and what PostgreSQL keeps.
//
//	go test ./app/bench -run TestCrowd -v -timeout 3h -args -crowd 10000
func TestCrowd(t *testing.T) { //nolint:paralleltest // it measures
	if *crowd == 0 {
		t.Skip("a measurement by hand: -crowd 10000")
	}
	r := &run{t: t}
	r.open(fmt.Sprintf("crowd_%d", *crowd), map[string]string{"autovacuum": "on"})
	ctx := t.Context()
	su, err := pgx.Connect(ctx, r.url)
	if err != nil {
		t.Fatal(err)
	}
	defer su.Close(ctx)
	user := uuid.Must(uuid.NewV7())
	_, err = su.Exec(ctx, `insert into users (id, email, name, password_hash) values ($1, 'bench@example.com', 'Bench', '')`, user)
	if err != nil {
		t.Fatalf("%v: drop database crowd_%d, which an earlier run has left", err, *crowd)
	}
	r.tenant(su, 1, user)
	if err := seed.Customers(ctx, r.db, "bench1", crowdRows, nil); err != nil {
		t.Fatal(err)
	}
	bin, made := r.build(""), 1
	for _, n := range []int{100, 1000, 5000, 10_000, *crowd} {
		if n > *crowd || n <= made {
			continue
		}
		start := time.Now()
		took := r.join(su, made, n, user)
		each := time.Since(start) / time.Duration(n-made)
		made = n
		r.tell(su, bin, n, each, took)
	}
}

// join makes the workspaces behind the first on, of spare schemas that are made in batches,
// and returns how long each schema of the last batch took.
func (r *run) join(c *pgx.Conn, first, last int, user uuid.UUID) time.Duration {
	for n := first; ; {
		start := time.Now()
		spares, err := tenant.RefillSpares(r.t.Context(), r.db, min(50, last-n))
		if err != nil {
			r.t.Fatal(err)
		}
		took := time.Since(start)
		rows, _ := c.Query(r.t.Context(), `select schema from tenants where state = 'spare'`)
		schemas, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			r.t.Fatal(err)
		}
		for _, schema := range schemas[:min(len(schemas), last-n)] {
			n++
			r.adopt(c, schema, n, user)
			r.fill(c, n)
		}
		if r.t.Failed() {
			r.t.FailNow()
		}
		if n >= last {
			return took / time.Duration(max(spares, 1))
		}
	}
}

// fill gives workspace n the customers of the first.
func (r *run) fill(c *pgx.Conn, n int) {
	name := fmt.Sprintf("t_bench%d", n)
	const columns = `name, domain, website, phone, email, type, industry, employees, annual_revenue, city, country, created_at, updated_at`
	_, err := c.Exec(r.t.Context(), `insert into `+name+`.customers (id, owner_id, `+columns+`) select id, '`+memberUUID(n).String()+`', `+
		columns+` from t_bench1.customers`)
	if err != nil {
		r.t.Error(err)
	}
}

// tell logs how things stand with so many workspaces.
func (r *run) tell(su *pgx.Conn, bin string, n int, each, schema time.Duration) {
	ctx := r.t.Context()
	var relations, vacuums int
	var size, catalogue string
	err := su.QueryRow(ctx, `select (select count(*) from pg_class), pg_size_pretty(pg_database_size(current_database())),
		(select pg_size_pretty(sum(pg_total_relation_size(oid))) from pg_class where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r'),
		(select sum(autovacuum_count + autoanalyze_count) from pg_stat_all_tables)`).Scan(&relations, &size, &catalogue, &vacuums)
	if err != nil {
		r.t.Fatal(err)
	}
	start := time.Now()
	if rep, err := r.db.MigrateTenants(ctx, db.MigrateOptions{}); err != nil || rep.Migrated > 0 {
		r.t.Fatalf("%+v %v", rep, err)
	}
	nothing := time.Since(start)
	s := r.serve(bin)
	r.port, r.base = s.port, s.base
	r.quiet(s)
	list := asked{path: "/customers"}
	one := r.rate(s, list, 1, *duration)
	r.rate(s, list, n, *duration) // until connections know whom they serve
	all := r.rate(s, list, n, *duration)
	r.t.Logf("%5d workspaces: %.0f ms each with its rows, %.0f ms its schema | list of one %.0f/s (%.2f ms ours + %.2f PostgreSQL), "+
		"of all by Zipf %.0f/s (%.2f + %.2f): %.2f, p50 %.2f ms, p99 %.2f ms | backends' own memory %s MB | nothing to migrate %.1f ms | "+
		"%d relations, database %s, catalogue %s | %d autovacuums",
		n, ms(each), ms(schema), one.perSecond, one.app, one.database, all.perSecond, all.app, all.database, all.perSecond/one.perSecond,
		all.p50, all.p99, r.backends(su), ms(nothing), relations, size, catalogue, vacuums)
	s.stop()
}

// quiet waits until the server has done what it does as it starts: it looks at every workspace.
func (r *run) quiet(s *server) {
	for busy := 1.0; busy > 0.1; {
		before := cpu(int32(s.pid))
		time.Sleep(5 * time.Second)
		busy = cpu(int32(s.pid)) - before
	}
}

// backends are how many megabytes each connection of requests keeps for itself, the most first.
func (r *run) backends(su *pgx.Conn) string {
	rows, _ := su.Query(r.t.Context(), `select pid from pg_stat_activity where application_name = 'paddock' and usename is not null`)
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		r.t.Fatal(err)
	}
	var sizes []int
	for _, pid := range pids {
		p, err := process.NewProcess(pid)
		if err != nil {
			continue
		}
		if m, err := p.MemoryInfoEx(); err == nil {
			sizes = append(sizes, int((m.RSS-m.Shared)/1e6))
		}
	}
	slices.Sort(sizes)
	slices.Reverse(sizes)
	return fmt.Sprint(sizes)
}
