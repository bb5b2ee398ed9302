// Package pg gives tests a PostgreSQL, a database with the shared schema, and
// people and workspaces in it. It links nothing of the web. Only
// tests import it.
package pg

import (
	"context"
	"crypto/rand"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/db/pgdev"
)

// database is this test process's own, on the server that all test processes
// share. Its owner is what production's is: no superuser.
type database struct {
	server *pgdev.Server
	name   string
	url    string
	db     *db.DB
}

var shared = sync.OnceValues(openDatabase)

// DB returns the process's database, migrated.
func DB(tb testing.TB) *db.DB { return get(tb).db }

// URL returns the owner's URL of the process's database.
func URL(tb testing.TB) string { return get(tb).url }

// Superuser connects to the process's database past all isolation, for tests
// that must look at everything or break something.
func Superuser(tb testing.TB) *pgx.Conn {
	d := get(tb)
	c, err := pgx.Connect(context.Background(), d.server.SuperuserURL(d.name))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// SuperuserURL is the superuser's URL of the database of a URL by NewDatabase.
func SuperuserURL(tb testing.TB, url string) string {
	tb.Helper()
	c, err := pgx.ParseConfig(url)
	if err != nil {
		tb.Fatal(err)
	}
	return Server(tb).SuperuserURL(c.Database)
}

// Exec runs a statement as the superuser, in the process's database.
func Exec(tb testing.TB, sql string, args ...any) {
	tb.Helper()
	if _, err := superusers(tb).Exec(context.WithoutCancel(tb.Context()), sql, args...); err != nil {
		tb.Fatal(err)
	}
}

// Count returns the number that a query as the superuser finds.
func Count(tb testing.TB, sql string, args ...any) (n int) {
	tb.Helper()
	if err := superusers(tb).QueryRow(context.WithoutCancel(tb.Context()), sql, args...).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}

var superuserPool = sync.OnceValues(func() (*pgxpool.Pool, error) {
	d, err := shared()
	if err != nil {
		return nil, err
	}
	return pgxpool.New(context.Background(), d.server.SuperuserURL(d.name))
})

func superusers(tb testing.TB) *pgxpool.Pool {
	tb.Helper()
	get(tb)
	pool, err := superuserPool()
	if err != nil {
		tb.Fatal(err)
	}
	return pool
}

// Server returns the PostgreSQL that tests share.
func Server(tb testing.TB) *pgdev.Server { return get(tb).server }

func get(tb testing.TB) *database {
	tb.Helper()
	d, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// StartServer starts or joins the tests' PostgreSQL. Durability is off: what a
// crash would lose, the next run makes anew.
func StartServer(ctx context.Context) (*pgdev.Server, error) {
	return pgdev.Start(ctx, pgdev.Options{
		Dir: filepath.Join(os.TempDir(), fmt.Sprintf("paddock-test-%d", os.Getuid())),
		Settings: map[string]string{
			"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300",
			"autovacuum": "off", "log_min_messages": "fatal",
		},
	})
}

// NewServer starts a PostgreSQL for one test, with these settings beside its
// defaults.
func NewServer(tb testing.TB, settings map[string]string) *pgdev.Server {
	tb.Helper()
	dir := ServerDir(tb)
	CopyCluster(tb, dir)
	server, err := pgdev.Start(tb.Context(), pgdev.Options{Dir: dir, Settings: settings})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = server.Close() })
	return server
}

// Port returns a port of 127.0.0.1 for a program that the test starts; see
// pgdev.FreePort.
func Port(tb testing.TB) string {
	tb.Helper()
	port, err := pgdev.FreePort(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return strconv.Itoa(port)
}

// ServerDir returns an empty directory in which a PostgreSQL can live, also as a
// user of its own. It goes with the test, when the server has let go of it.
func ServerDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "paddock-server-")
	if err == nil {
		err = os.Chmod(dir, 0o755) // the server's own user must enter
	}
	if err != nil {
		tb.Fatal(err)
	}
	// The server may be on its way out.
	tb.Cleanup(func() {
		wait.Until(tb, "the directory can be removed", func() bool { return os.RemoveAll(dir) == nil })
	})
	return dir
}

// CopyCluster puts an empty cluster into a pgdev directory, which spares the
// server that starts there its initdb.
func CopyCluster(tb testing.TB, dir string) {
	tb.Helper()
	from, err := emptyCluster()
	if err != nil {
		tb.Fatal(err)
	}
	clusters, err := filepath.Glob(filepath.Join(from, "pg*"))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		tb.Fatal(err)
	}
	for _, c := range clusters { // cp keeps whose files they are
		if out, err := exec.Command("cp", "-a", c, dir).CombinedOutput(); err != nil {
			tb.Fatalf("%v: %s", err, out)
		}
	}
}

// emptyCluster makes the cluster that is copied, once on a machine.
var emptyCluster = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("paddock-test-empty-%d", os.Getuid()))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	aside, err := os.MkdirTemp(os.TempDir(), "paddock-test-empty-")
	if err == nil {
		err = os.Chmod(aside, 0o755)
	}
	if err != nil {
		return "", err
	}
	server, err := pgdev.Start(context.Background(), pgdev.Options{Dir: aside, Settings: map[string]string{"fsync": "off"}})
	if err == nil {
		err = server.Close()
	}
	if err != nil {
		return "", err
	}
	for running := true; running; time.Sleep(5 * time.Millisecond) {
		pids, _ := filepath.Glob(filepath.Join(aside, "pg*", "data", "postmaster.pid")) // the only error is a bad pattern
		running = len(pids) > 0
	}
	if err := os.Rename(aside, dir); err != nil { // another process was faster
		return dir, os.RemoveAll(aside)
	}
	return dir, nil
})

func openDatabase() (*database, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	server, err := StartServer(ctx)
	if err != nil {
		return nil, err
	}
	name, url, err := newDatabase(ctx, server)
	if err != nil {
		return nil, err
	}
	d := &database{server: server, name: name, url: url}
	if d.db, err = db.Open(ctx, db.Config{URL: d.url, RequestsURL: server.RequestsURL(name), MaxConns: 10, TenantRoles: true}); err != nil {
		return nil, err
	}
	_, err = d.db.MigrateShared(ctx)
	return d, err
}

// NewDatabase makes an empty database for one test and returns its owner's URL.
func NewDatabase(tb testing.TB) string {
	tb.Helper()
	_, url, err := newDatabase(tb.Context(), Server(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return url
}

func newDatabase(ctx context.Context, server *pgdev.Server) (name, url string, err error) {
	name = "test_" + strings.ToLower(rand.Text()[:10])
	if err := claim(ctx, server, name); err != nil {
		return "", "", err
	}
	url, err = server.Database(ctx, name)
	return name, url, err
}

var claims sync.Map

// claim marks a database name as in use for as long as this process lives, and
// drops the databases of test processes that are gone.
func claim(ctx context.Context, server *pgdev.Server, name string) error {
	c, err := pgx.Connect(ctx, server.SuperuserURL("postgres"))
	if err != nil {
		return err
	}
	// The connection's end gives the name up, and the collector would end it.
	claims.Store(name, c)
	if _, err := c.Exec(ctx, "select pg_advisory_lock($1)", lockKey(name)); err != nil {
		return err
	}
	rows, err := c.Query(ctx, `select datname from pg_database where datname like 'test\_%'`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, n := range names {
		var stale bool
		if err := c.QueryRow(ctx, "select pg_try_advisory_lock($1)", lockKey(n)).Scan(&stale); err != nil {
			return err
		}
		if !stale {
			continue
		}
		if err := drop(ctx, c, n); err != nil {
			return err
		}
		if _, err := c.Exec(ctx, "select pg_advisory_unlock($1)", lockKey(n)); err != nil {
			return err
		}
	}
	return nil
}

func drop(ctx context.Context, c *pgx.Conn, name string) error {
	if _, err := c.Exec(ctx, "drop database if exists "+pgx.Identifier{name}.Sanitize()+" with (force)"); err != nil {
		return err
	}
	rows, err := c.Query(ctx, `select rolname from pg_roles where rolname like $1`, strings.ReplaceAll(name, "_", `\_`)+`\_%`)
	if err != nil {
		return err
	}
	roles, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, r := range roles {
		if _, err := c.Exec(ctx, "drop role "+pgx.Identifier{r}.Sanitize()); err != nil {
			return err
		}
	}
	return err
}

func lockKey(name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	return int64(h.Sum64())      // any 64 bits will do
}
