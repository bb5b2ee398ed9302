package bench

import (
	"flag"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/seed"
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
		t.Fatal(err)
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
		took := r.join(made, n, user)
		each := time.Since(start) / time.Duration(n-made)
		made = n
		r.tell(su, bin, n, each, took)
	}
}

// join makes the workspaces behind the first on, two at a time, and returns how long each of the
// last hundred took.
func (r *run) join(first, last int, user uuid.UUID) (took []time.Duration) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := atomic.Int64{}
	next.Store(int64(first))
	for range 2 {
		wg.Go(func() {
			c, err := pgx.Connect(r.t.Context(), r.url)
			if err != nil {
				r.t.Error(err)
				return
			}
			defer c.Close(r.t.Context())
			for n := int(next.Add(1)); n <= last && !r.t.Failed(); n = int(next.Add(1)) {
				start := time.Now()
				r.tenant(c, n, user)
				if n > last-100 {
					mu.Lock()
					took = append(took, time.Since(start))
					mu.Unlock()
				}
				r.fill(c, n)
			}
		})
	}
	wg.Wait()
	if r.t.Failed() {
		r.t.FailNow()
	}
	slices.Sort(took)
	return took
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
func (r *run) tell(su *pgx.Conn, bin string, n int, each time.Duration, took []time.Duration) {
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
	one, all := r.rate(s, asked{path: "/customers"}, 1, *duration), r.rate(s, asked{path: "/customers"}, n, *duration)
	r.t.Logf("%5d workspaces: %.0f ms each with its rows, schema p50 %.0f ms | list of one %.0f/s, of all by Zipf %.0f/s (%.2f), "+
		"p50 %.2f ms, p99 %.2f ms | nothing to migrate %.1f ms | %d relations, database %s, catalogue %s | %d autovacuums",
		n, ms(each), ms(took[len(took)/2]),
		one.perSecond, all.perSecond, all.perSecond/one.perSecond, all.p50, all.p99, ms(nothing), relations, size, catalogue, vacuums)
	s.stop()
}
