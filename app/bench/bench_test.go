// Package bench measures a running Paddock against the bare database: the same
// statements, sent by pgbench, on the same tenants, in the same run.
package bench

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/securecookie"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/db/pgdev"
	"github.com/paddock-crm/paddock/app/seed"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

var (
	report   = flag.Bool("bench-report", false, "measure and report")
	tenants  = flag.Int("tenants", 1000, "workspaces")
	rows     = flag.Int("rows", 10_000, "customers in each")
	duration = flag.Duration("duration", 8*time.Second, "of each measurement")
	clients  = flag.Int("clients", 8, "at a time")
	against  = flag.String("against", "", "a revision, whose build is measured beside ours on the same workspaces")
)

const secret = "a-secret-for-measurements-alone-32-bytes-and-more"

// run is one measured set-up.
type run struct {
	t      *testing.T
	server *pgdev.Server
	url    string
	db     *db.DB
	port   string // of the running paddock serve
	base   *url.URL
}

func TestBench(t *testing.T) { //nolint:paralleltest // it measures
	if !*report {
		t.Skip("a measurement, not a test: task bench")
	}
	r := &run{t: t}
	r.startPostgres()
	r.load()
	ours := r.serve(r.build(""))
	r.port, r.base = ours.port, ours.base
	var other *server
	if *against != "" {
		other = r.serve(r.build(*against))
	}
	t.Logf("PostgreSQL %d, %d workspaces with %d customers each, %d clients, %s each", r.server.Major, *tenants, *rows, *clients, *duration)
	r.pages(ours, other)
	t.Logf("resident memory of the app: %d MB", residentMB(t, ours.pid))
	if other != nil {
		t.Logf("and of %s: %d MB", *against, residentMB(t, other.pid))
	}
	r.crm()
	r.signUps(50)
	r.nothingToMigrate()
	r.known()
	r.felt()
}

func (r *run) startPostgres() {
	r.open(fmt.Sprintf("bench_%d_%d", *tenants, *rows), map[string]string{"autovacuum": "off"})
}

// open opens the database of a name on a server of the bench's own.
func (r *run) open(name string, more map[string]string) {
	var err error
	settings := map[string]string{"shared_buffers": "1GB", "max_wal_size": "8GB", "synchronous_commit": "off"}
	maps.Copy(settings, more)
	r.server, err = pgdev.Start(r.t.Context(), pgdev.Options{
		Dir:      filepath.Join(os.TempDir(), fmt.Sprintf("paddock-bench-%d", os.Getuid())),
		Settings: settings,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = r.server.Close() })
	if r.url, err = r.server.Database(r.t.Context(), name); err != nil {
		r.t.Fatal(err)
	}
	if r.db, err = db.Open(r.t.Context(), db.Config{URL: r.url, TenantRoles: true}); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(r.db.Close)
	if _, err := r.db.MigrateShared(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// Ids that pgbench can write too: it can count, but not look up.
func tenantUUID(n int) uuid.UUID { return numbered(0x8000, n) }
func memberUUID(n int) uuid.UUID { return numbered(0x9000, n) }
func recordID(n int) uuid.UUID   { return numbered(0xa000, n) }

const firstNumber = 100_000_000_000

func numbered(group, n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("00000000-0000-7000-%04x-%012d", group, firstNumber+n))
}

// load makes the workspaces, unless an earlier run has left them.
func (r *run) load() {
	ctx := r.t.Context()
	su, err := pgx.Connect(ctx, r.url)
	if err != nil {
		r.t.Fatal(err)
	}
	defer su.Close(ctx)
	var have int
	if err := su.QueryRow(ctx, `select count(*) from tenants where state = 'active' and slug like 'bench%' and schema_version = $1`,
		db.TenantVersion()).Scan(&have); err != nil {
		r.t.Fatal(err)
	}
	if have > *tenants {
		return
	}
	if have > 0 {
		r.t.Fatalf("half a set of workspaces is left from a run that was stopped: drop database bench_%d_%d", *tenants, *rows)
	}
	start := time.Now()
	user := uuid.Must(uuid.NewV7())
	if _, err := su.Exec(ctx, `insert into users (id, email, name, password_hash) values ($1, 'bench@example.com', 'Bench', '')`,
		user); err != nil {
		r.t.Fatal(err)
	}
	r.tenant(su, 1, user)
	if err := seed.Customers(ctx, r.db, "bench1", *rows, nil); err != nil {
		r.t.Fatal(err)
	}
	// One known customer, for the page; it takes the place of one of the seed's.
	_, err = su.Exec(ctx, `update t_bench1.customers set id = $1 where id = (select id from t_bench1.customers order by name desc limit 1)`,
		recordID(1))
	if err != nil {
		r.t.Fatal(err)
	}
	next := atomic.Int64{}
	next.Store(1)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			c, err := pgx.Connect(ctx, r.url)
			if err != nil {
				r.t.Error(err)
				return
			}
			defer c.Close(ctx)
			for n := int(next.Add(1)); n <= *tenants && !r.t.Failed(); n = int(next.Add(1)) {
				r.tenant(c, n, user)
				r.copy(c, n)
				if n%100 == 0 {
					r.t.Logf("loaded %d workspaces in %s", n, time.Since(start).Round(time.Second))
				}
			}
		})
	}
	wg.Wait()
	r.loadCRM(su, user)
	if r.t.Failed() {
		r.t.FailNow()
	}
	if _, err := su.Exec(ctx, `vacuum analyze t_bench1.customers`); err != nil {
		r.t.Fatal(err)
	}
	if _, err := su.Exec(ctx, `analyze tenants, memberships, sessions, users`); err != nil {
		r.t.Fatal(err)
	}
}

// tenant makes workspace n with a member and a session, all under names that
// pgbench can write.
func (r *run) tenant(c *pgx.Conn, n int, user uuid.UUID) {
	made, err := r.db.CreateTenantSchema(r.t.Context())
	if err != nil {
		r.t.Error(err)
		return
	}
	r.adopt(c, made, n, user)
}

// adopt makes workspace n of a spare schema.
func (r *run) adopt(c *pgx.Conn, made string, n int, user uuid.UUID) {
	ctx := r.t.Context()
	name := fmt.Sprintf("t_bench%d", n)
	database := c.Config().Database
	hash := sha256.Sum256(fmt.Appendf(nil, "bench%d", n))
	for _, sql := range []string{
		fmt.Sprintf(`alter schema %s rename to %s`, made, name),
		fmt.Sprintf(`alter role %s_%s rename to %s_%s`, database, made, database, name),
		fmt.Sprintf(`update tenants set id = '%s', schema = '%s', slug = 'bench%d', name = 'Bench %d', state = 'active',
			limit_requests = 100000000, limit_concurrent = 1000 where schema = '%s'`, tenantUUID(n), name, n, n, made),
		fmt.Sprintf(`insert into memberships (id, tenant_id, user_id, role) values ('%s', '%s', '%s', 'owner')`, memberUUID(n), tenantUUID(n),
			user),
		fmt.Sprintf(`insert into sessions (id_hash, user_id, tenant_id, expires_at, last_seen_at)
			values ('\x%x', '%s', '%s', now() + interval '1 year', now() + interval '1 year')`, hash, user, tenantUUID(n)),
		fmt.Sprintf(`insert into %s.members (id, user_id, name, email) values ('%s', '%s', 'Bench', 'bench@example.com')`, name, memberUUID(n),
			user),
	} {
		if _, err := c.Exec(ctx, sql); err != nil {
			r.t.Errorf("%s: %v", sql, err)
			return
		}
	}
}

// copy fills workspace n with the rows of the first. Indexes are made after
// the rows: ten times as fast.
func (r *run) copy(c *pgx.Conn, n int) {
	ctx := r.t.Context()
	name := fmt.Sprintf("t_bench%d", n)
	err := func() error {
		rows, err := c.Query(ctx,
			`select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index where indrelid = $1::regclass and not indisprimary`,
			name+".customers")
		if err != nil {
			return err
		}
		type index struct{ Name, Definition string }
		indexes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index])
		if err != nil {
			return err
		}
		for _, i := range indexes {
			if _, err := c.Exec(ctx, "drop index "+i.Name); err != nil {
				return err
			}
		}
		const columns = `name, domain, website, phone, email, type, industry, employees, annual_revenue, street, city, state, postal_code,
			country, description, created_at, updated_at`
		for _, sql := range []string{ // the change log of a bulk load is not what is measured
			`alter table ` + name + `.customers disable trigger log_change`, `alter table ` + name + `.tags disable trigger log_change`,
			`alter table ` + name + `.taggings disable trigger log_change`,
			`insert into ` + name + `.customers (id, owner_id, ` + columns + `) select id, '` + memberUUID(n).String() + `', ` + columns +
				` from t_bench1.customers`,
			`insert into ` + name + `.tags select * from t_bench1.tags`,
			`insert into ` + name + `.taggings select * from t_bench1.taggings`,
			`alter table ` + name + `.customers enable trigger log_change`, `alter table ` + name + `.tags enable trigger log_change`,
			`alter table ` + name + `.taggings enable trigger log_change`,
		} {
			if _, err := c.Exec(ctx, sql); err != nil {
				return err
			}
		}
		for _, i := range indexes {
			if _, err := c.Exec(ctx, i.Definition); err != nil {
				return err
			}
		}
		_, err = c.Exec(ctx, `vacuum analyze `+name+`.customers`)
		return err
	}()
	if err != nil {
		r.t.Error(err)
	}
}

// build builds the program: as it stands here, or of a revision.
func (r *run) build(rev string) string {
	bin, dir := filepath.Join(r.t.TempDir(), "paddock"+rev), ""
	if rev != "" {
		dir = filepath.Join(r.t.TempDir(), "source")
		top, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
		if err != nil {
			r.t.Fatal(err)
		}
		add := exec.Command("git", "worktree", "add", "--detach", dir, rev)
		add.Dir = strings.TrimSpace(string(top))
		if out, err := add.CombinedOutput(); err != nil {
			r.t.Fatalf("%v: %s", err, out)
		}
		r.t.Cleanup(func() {
			remove := exec.Command("git", "worktree", "remove", "--force", dir)
			remove.Dir = add.Dir
			_ = remove.Run()
		})
	}
	cmd := exec.Command("go", "build", "-o", bin, "github.com/paddock-crm/paddock")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("%v: %s", err, out)
	}
	return bin
}

// server is a running paddock serve.
type server struct {
	port string
	base *url.URL
	pid  int
	stop func()
}

// serve runs paddock serve, as in production.
func (r *run) serve(bin string) *server {
	port, err := pgdev.FreePort(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	s := &server{port: strconv.Itoa(port), base: &url.URL{Scheme: "http", Host: "localhost:" + strconv.Itoa(port)}}
	cmd := exec.Command(bin, "serve")
	cmd.Env = append(os.Environ(), "DATABASE_URL="+r.url, "PADDOCK_SECRET="+secret, "PADDOCK_BASE_URL="+s.base.String(),
		"PADDOCK_LISTEN=127.0.0.1:"+s.port,
		"SMTP_URL=smtp://127.0.0.1:1", "PADDOCK_MAIL_FROM=bench@example.com", "PADDOCK_METRICS_LISTEN=off")
	log, err := os.Create(bin + ".log")
	if err != nil {
		r.t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	s.stop = sync.OnceFunc(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	r.t.Cleanup(s.stop)
	s.pid = cmd.Process.Pid
	for range 1200 { // it looks at every workspace first
		if res, err := http.Get(s.base.String() + "/readyz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return s
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	b, _ := os.ReadFile(log.Name())
	r.t.Fatalf("not ready:\n%s", b)
	return nil
}

// cookie is the session cookie of workspace n.
func cookie(n int) string {
	v, err := securecookie.EncodeMulti("paddock", fmt.Sprintf("bench%d", n), securecookie.CodecsFromPairs([]byte(secret), nil)...)
	if err != nil {
		panic(err) // a string always encodes
	}
	return "paddock=" + v
}

// inside is what one request of a page takes, seen from within.
type inside struct {
	script              string // its statements in pgbench's language
	statements, flushes int64
	allocations         float64
	bytes, zipped       int
}

// look asks the app for the page, in process, and turns every statement it sent into
// pgbench's language, with the workspace's number as a variable.
func (r *run) look(path string, n int) (in inside) {
	rec := &recorder{}
	d, err := db.Open(r.t.Context(), db.Config{URL: r.url, MaxConns: 1, TenantRoles: true, Tracer: rec})
	if err != nil {
		r.t.Fatal(err)
	}
	defer d.Close()
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	hosts := tenant.NewResolver(d, r.base.Hostname())
	go hosts.Run(ctx)
	<-hosts.Ready() // the second request finds its host cached
	handler := web.New(web.Options{
		Config: config.Config{BaseURL: r.base, Secrets: []string{secret}}, DB: d, Hosts: hosts, Meter: tenant.NewMeter(d),
		Metrics: web.NewMetrics(d), Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), //nolint:sloglint // its cost is a page's
	})
	var cost db.Cost
	ask := func(encoding string) int {
		rec.reset()
		req := httptest.NewRequestWithContext(db.WithCost(ctx, &cost), http.MethodGet, path, nil)
		req.Host = fmt.Sprintf("bench%d.%s", n, r.base.Host)
		req.Header.Set("Cookie", cookie(n))
		req.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, req)
		if w.Code != http.StatusOK {
			r.t.Fatalf("%s: %d", path, w.Code)
		}
		return w.Body.Len()
	}
	ask("")
	in.statements, in.flushes = -cost.Statements.Load(), -cost.Flushes.Load()
	in.bytes = ask("")
	in.statements, in.flushes = in.statements+cost.Statements.Load(), in.flushes+cost.Flushes.Load()
	statements := rec.statements
	in.zipped = ask("gzip")
	in.allocations = testing.AllocsPerRun(50, func() { ask("gzip") })
	in.script = pgbenchScript(statements)
	return in
}

func pgbenchScript(statements []string) string {
	hash := fmt.Sprintf("'\\x%x'", sha256.Sum256([]byte("bench1")))
	out := fmt.Sprintf("\\set t random(1, :tenants)\n\\set n %d + :t\n", firstNumber)
	for _, sql := range statements {
		sql = strings.NewReplacer(
			hash, "sha256('bench:t')", `"t_bench1"`, `"t_bench:t"`, "_t_bench1\"", "_t_bench:t\"",
			tenantUUID(1).String(), strings.Replace(tenantUUID(1).String(), strconv.Itoa(firstNumber+1), ":n", 1),
			memberUUID(1).String(), strings.Replace(memberUUID(1).String(), strconv.Itoa(firstNumber+1), ":n", 1),
		).Replace(sql)
		for s := range strings.SplitSeq(sql, "; ") {
			out += comments.ReplaceAllString(strings.Join(strings.Fields(comments.ReplaceAllString(s, "")), " "), "") + ";\n"
		}
	}
	return out
}

var comments = regexp.MustCompile(`(?m)^\s*--.*$`)

// recorder keeps the statements of a request, arguments written out.
type recorder struct {
	mu         sync.Mutex
	statements []string
}

func (r *recorder) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statements = nil
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	if strings.HasPrefix(d.SQL, "listen") {
		return ctx
	}
	r.statements = append(r.statements, placeholder.ReplaceAllStringFunc(comments.ReplaceAllString(d.SQL, ""), func(p string) string {
		n, _ := strconv.Atoi(p[1:])
		return literal(d.Args[n-1])
	}))
	return ctx
}

// TraceOwn is told what the program adds: begin, settings, commit.
func (r *recorder) TraceOwn(sql string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statements = append(r.statements, sql)
}

func (*recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

var placeholder = regexp.MustCompile(`\$\d+`)

func literal(v any) string {
	switch v := v.(type) {
	case []byte:
		return fmt.Sprintf("'\\x%x'", v)
	case int:
		return strconv.Itoa(v)
	case *uuid.UUID:
		return "'" + v.String() + "'"
	case int32:
		return strconv.Itoa(int(v))
	case time.Time:
		return "'" + v.UTC().Format(time.RFC3339Nano) + "'"
	case []uuid.UUID:
		texts := make([]string, len(v))
		for i, id := range v {
			texts[i] = id.String()
		}
		return "'{" + strings.Join(texts, ",") + "}'"
	case fmt.Stringer:
		return "'" + v.String() + "'"
	default:
		return "'" + strings.ReplaceAll(fmt.Sprint(v), "'", "''") + "'"
	}
}

// pgbench sends the script's transactions for as long; false when the binaries
// have no pgbench.
func (r *run) pgbench(script string, n int, d time.Duration) (measured, bool) {
	bin := filepath.Join(r.server.Bin, "pgbench")
	if _, err := os.Stat(bin); err != nil {
		return measured{}, false
	}
	file := filepath.Join(r.t.TempDir(), "script.sql")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		r.t.Fatal(err)
	}
	seconds := strconv.Itoa(max(1, int(d.Seconds())))
	out, err := exec.Command(bin, "-n", "-M", "simple", "-c", strconv.Itoa(*clients), "-j", "2", "-T", seconds,
		"-D", fmt.Sprint("tenants=", n), "-f", file, r.url).CombinedOutput()
	if err != nil {
		r.t.Fatalf("pgbench: %v\n%s\n%s", err, out, script)
	}
	m := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(out)
	if m == nil {
		r.t.Fatalf("pgbench said\n%s", out)
	}
	tps, _ := strconv.ParseFloat(string(m[1]), 64)
	return measured{perSecond: tps}, true
}

// signUps measures sign-up from its transaction on, with spares at hand: the
// password's hash takes as long as one wants it to.
func (r *run) signUps(n int) {
	ctx := r.t.Context()
	if _, err := tenant.RefillSpares(ctx, r.db, 2*n); err != nil {
		r.t.Fatal(err)
	}
	for { // paddock serve may hold the refill's lock
		if have, err := r.db.CountSpares(ctx); err != nil || have >= n {
			break
		}
		if _, err := r.db.CreateTenantSchema(ctx); err != nil {
			r.t.Fatal(err)
		}
	}
	var took []time.Duration
	for range n {
		slug := "signup" + strings.ReplaceAll(uuid.NewString(), "-", "")[:20]
		in := auth.SignUpInput{Workspace: "Sign-up", Slug: slug, Name: "Nora", Email: slug + "@example.com"}
		start := time.Now()
		if _, err := auth.CreateWorkspace(ctx, r.db, in, shareddb.UserByEmailRow{}, "no hash"); err != nil {
			r.t.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	r.t.Logf("sign-up without the password's hash, from a spare schema: p50 %.1f ms, p99 %.1f ms", ms(took[n/2]), ms(took[n*99/100]))

	took = took[:0]
	for range 10 {
		start := time.Now()
		if _, err := r.db.CreateTenantSchema(ctx); err != nil {
			r.t.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	r.t.Logf("making a spare schema, off the request's path: p50 %.1f ms", ms(took[5]))
}

func (r *run) nothingToMigrate() {
	var took []time.Duration
	for range 10 {
		start := time.Now()
		rep, err := r.db.MigrateTenants(r.t.Context(), db.MigrateOptions{})
		if err != nil || rep.Migrated > 0 {
			r.t.Fatalf("%+v %v", rep, err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	r.t.Logf("nothing to migrate in %d workspaces: p50 %.2f ms", *tenants, ms(took[5]))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func residentMB(t *testing.T, pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Log("no /proc here: ", err)
		return 0
	}
	m := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(b)
	if m == nil {
		return 0
	}
	kb, _ := strconv.Atoi(string(m[1]))
	return kb / 1024
}
