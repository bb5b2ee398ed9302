package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/db"
)

// behind makes workspaces whose schemas are one version old.
func behind(t *testing.T, url string, c *pgx.Conn, slugs ...string) (schemas map[string]string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: url, TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	schemas = map[string]string{}
	for _, slug := range slugs {
		if schemas[slug], err = d.CreateTenantSchemaAt(t.Context(), db.RequiredVersion()-1); err == nil {
			_, err = c.Exec(t.Context(), `update public.tenants set state = 'active', slug = $1, name = $1, claimed_at = now() where schema = $2`,
				slug, schemas[slug])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return schemas
}

// An upgrade as an operator does it: looked at, one workspace first, one that
// fails and is mended; its people see why they must wait, the others nothing.
func TestMigrateCommand(t *testing.T) {
	t.Parallel()
	url := pg.NewDatabase(t)
	p := newProduction(t, url, "http://paddock.localhost:8080")
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	schemas := behind(t, url, c, "alpha", "beta", "gamma", "delta")
	run := func(want int, args ...string) (stdout string) {
		t.Helper()
		cmd := command(t, p.dir, p.env("0"), args...)
		out := output(cmd)
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Fatalf("paddock %s: exit %d, want %d\n%s", strings.Join(args, " "), got, want, out)
		}
		return out
	}
	at := func() string {
		t.Helper()
		var out []string
		for _, slug := range []string{"alpha", "beta", "gamma", "delta"} {
			v := int64(0)
			if err := c.QueryRow(t.Context(), `select schema_version from public.tenants where slug = $1`, slug).Scan(&v); err != nil {
				t.Fatal(err)
			}
			out = append(out, map[int64]string{db.RequiredVersion() - 1: "old", db.TenantVersion(): "new"}[v])
		}
		return strings.Join(out, " ")
	}
	versions := func(want string) {
		t.Helper()
		if got := at(); got != want {
			t.Errorf("the workspaces are at %s, want %s", got, want)
		}
	}
	port := pg.Port(t)
	p.launch(port, "serve", "--jobs=false")
	answers := func(slug string, want int) {
		t.Helper()
		// A process learns of a version by a notification.
		wait.Until(t, fmt.Sprintf("%s answers %d", slug, want), func() bool {
			res, err := p.client(port, nil).Get(p.at(slug, "/signin"))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			return res.StatusCode == want
		})
	}
	versions("old old old old")
	answers("alpha", http.StatusServiceUnavailable) // this version's migration says that it is required

	// What can't be meant is said before anything is done.
	for _, args := range [][]string{{"--workers", "0"}, {"--canary", "-1"}, {"--shared", "--tenant", "alpha"}, {"--workers", "many"},
		{"everything"}} {
		run(2, append([]string{"migrate"}, args...)...)
	}
	if out := run(1, "migrate", "--tenant", "nobody"); !strings.Contains(out, `"nobody"`) {
		t.Errorf("an unknown one: %s", out)
	}
	if out := run(0, "migrate", "--shared", "--json"); !strings.Contains(out, `"from":`) {
		t.Errorf("the shared schema: %s", out)
	}
	if out := run(0, "migrate", "--dry-run"); strings.Count(out, "to do") != 4 || !strings.Contains(out, "gamma") {
		t.Errorf("dry run: %s", out)
	}
	var todo []db.TenantResult
	if out := run(0, "migrate", "--dry-run", "--json"); json.Unmarshal([]byte(out), &todo) != nil || len(todo) != 4 ||
		todo[0].From != db.RequiredVersion()-1 {
		t.Errorf("dry run: %s", out)
	}
	versions("old old old old")

	// The first one can't: it is a canary, and the rest are left alone.
	if _, err := c.Exec(t.Context(), `create table `+schemas["alpha"]+`.field_definitions ()`); err != nil {
		t.Fatal(err)
	}
	if out := run(1, "migrate", "--canary", "1"); !strings.Contains(out, "alpha") || !strings.Contains(out, "FAILED") ||
		!strings.Contains(out, "3 of 4 workspaces were left alone") {
		t.Errorf("the canary: %s", out)
	}
	versions("old old old old")
	// One by name, then all but the one that can't.
	if out := run(0, "migrate", "--tenant", "beta"); !strings.Contains(out, "beta") || !strings.Contains(out, "1 workspace migrated in ") {
		t.Errorf("beta: %s", out)
	}
	versions("old new old old")
	answers("beta", http.StatusOK)
	if out := run(1, "migrate", "--workers", "2"); !strings.Contains(out, "1 of 3 workspaces failed to migrate") ||
		strings.Count(out, "FAILED") != 1 || !strings.Contains(out, "already exists") {
		t.Errorf("the rest: %s", out)
	}
	versions("old new new new")
	answers("gamma", http.StatusOK)
	answers("alpha", http.StatusServiceUnavailable)
	if out := run(0, "migrate", "status"); !strings.Contains(out, "alpha") || !strings.Contains(out, "already exists") {
		t.Errorf("status: %s", out)
	}
	if out := run(1, "doctor"); !strings.Contains(out, "alpha") {
		t.Errorf("the doctor: %s", out)
	}
	if _, err := c.Exec(t.Context(), `drop table `+schemas["alpha"]+`.field_definitions`); err != nil {
		t.Fatal(err)
	}
	run(0, "migrate", "--tenant", "alpha")
	versions("new new new new")
	answers("alpha", http.StatusOK)
	if out := run(0, "migrate", "--json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("nothing to do: %s", out)
	}

	// Somebody's long transaction holds a table for longer than the lock timeout:
	// it is tried again, and nobody queues behind it meanwhile.
	slow := behind(t, url, c, "slow-one")["slow-one"]
	tx, err := c.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `lock table `+slow+`.leads in access share mode`); err != nil {
		t.Fatal(err)
	}
	other, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	finished := make(chan string, 1)
	go func() {
		out, err := command(t, p.dir, p.env("0"), "migrate").CombinedOutput()
		finished <- fmt.Sprint(string(out), err)
	}()
	// A reader queues behind the migration, which gives up and tries again: else
	// the reader would wait for as long as the table is held.
	waited := make(chan error, 1)
	reading, stop := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := other.Exec(t.Context(), `select count(*) from `+slow+`.leads`); err != nil || reading.Err() != nil {
				waited <- err
				return
			}
		}
	}()
	observer, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer observer.Close(context.Background())
	pg.Blocked(t, observer, `select count(*) from `+slow+`.leads`)
	stop()
	if err := <-waited; err != nil {
		t.Fatal("a reader behind the migration: ", err)
	}
	select {
	case out := <-finished:
		t.Fatalf("it did not wait: %s", out)
	default:
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := <-finished; !strings.Contains(out, "1 workspace migrated in ") || !strings.Contains(out, "<nil>") {
		t.Errorf("after the lock: %s", out)
	}

	// Two at once do each once.
	many := make([]string, 12)
	for i := range many {
		many[i] = "twice-" + uuid.NewString()[:8]
	}
	behind(t, url, c, many...)
	out := make(chan string, 2)
	for range 2 {
		go func() {
			b, err := command(t, p.dir, p.env("0"), "migrate").CombinedOutput()
			out <- fmt.Sprint(string(b), err)
		}()
	}
	both := <-out + <-out
	for _, slug := range many {
		if strings.Count(both, slug) != 1 {
			t.Errorf("%s was migrated %d times", slug, strings.Count(both, slug))
		}
	}
	if strings.Contains(both, "FAILED") || strings.Count(both, "<nil>") != 2 {
		t.Errorf("two at once:\n%s", both)
	}
}
