package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
)

// Production, as an operator starts it: migrated, served without jobs, worked on
// by another process that is told to stop and started again; mail goes out.
func TestServeAndWork(t *testing.T) {
	t.Parallel()
	dir, smtp := pg.ServerDir(t), peer.NewSMTP(t)
	port := pg.Port(t)
	p := &paddock{base: "http://localhost:" + port, port: port, dir: dir, out: &pg.Log{}}
	profiles := "127.0.0.1:" + pg.Port(t)
	env := []string{
		"DATABASE_URL=" + pg.NewDatabase(t), "PADDOCK_SECRET=a secret for tests alone of 32 bytes and more", "PADDOCK_BASE_URL=" + p.base,
		"PADDOCK_LISTEN=127.0.0.1:" + port,
		"SMTP_URL=" + smtp.URL().String(), "PADDOCK_MAIL_FROM=Paddock <hello@paddock.test>", "PADDOCK_DRAIN_DELAY=0s",
		"PADDOCK_PPROF_LISTEN=" + profiles, "PADDOCK_METRICS_LISTEN=127.0.0.1:" + pg.Port(t),
	}
	if out, err := command(t, dir, env, "migrate").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.cmd = command(t, dir, env, "serve", "--jobs=false")
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(syscall.SIGTERM) })
	said(t, p.out, "serving")
	signUp := func(slug string) {
		t.Helper()
		res, err := p.client().PostForm(p.base+"/signup", url.Values{"workspace": {slug}, "slug": {slug}, "name": {"Nora"},
			"email": {slug + "@example.com"}, "password": {"a long enough phrase"}})
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %d", slug, res.StatusCode)
		}
	}
	received := func(n int) {
		t.Helper()
		wait.Until(t, fmt.Sprint(n, " mails"), func() bool { return len(smtp.Received()) >= n })
	}
	signUp("first-one")
	// Whoever works on jobs leads or wants to: nobody does.
	c, err := pgx.Connect(t.Context(), strings.TrimPrefix(env[0], "DATABASE_URL="))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	var waiting, leaders, queues int
	err = c.QueryRow(t.Context(),
		`select (select count(*) from river_job where kind = 'mail' and state = 'available' and attempt = 0), (select count(*)
			from river_leader), (select count(*) from river_queue)`).Scan(&waiting, &leaders, &queues)
	if err != nil || waiting != 1 || leaders != 0 || queues != 0 || len(smtp.Received()) != 0 {
		t.Fatalf("a process without jobs works on them: %d wait, %d leaders, %d queues, %d sent, %v", waiting, leaders, queues,
			len(smtp.Received()), err)
	}
	// A port of its own for its metrics: serve has the one that is set.
	workEnv := append(slices.Clip(env), "PADDOCK_PPROF_LISTEN=", "PADDOCK_METRICS_LISTEN=127.0.0.1:"+pg.Port(t))
	work := command(t, dir, workEnv, "work")
	work.Stderr = p.out
	if err := work.Start(); err != nil {
		t.Fatal(err)
	}
	received(1)
	if err := work.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := work.Wait(); err != nil {
		t.Errorf("told to stop: %v\n%s", err, p.out)
	}
	signUp("second-one")
	work = command(t, dir, workEnv, "work")
	if err := work.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = work.Process.Kill(); _ = work.Wait() })
	received(2)
	if m := smtp.Received()[1]; m.To != "second-one@example.com" ||
		!strings.Contains(m.Text, "http://second-one.localhost:"+port+"/email/verify?token=") {
		t.Errorf("%+v", m)
	}
	// The operator's port has the metrics, by route and state, and a line per
	// request is in the log, with its tenant and its count of statements.
	private := strings.TrimPrefix(env[len(env)-1], "PADDOCK_METRICS_LISTEN=")
	someone := p.client()
	in, err := someone.PostForm(p.at("second-one", "/signin"),
		url.Values{"email": {"second-one@example.com"}, "password": {"a long enough phrase"}})
	if err != nil || in.StatusCode != http.StatusSeeOther {
		t.Fatalf("%v %v", in, err)
	}
	in.Body.Close()
	page, err := someone.Get(p.at("second-one", "/customers"))
	if err != nil || page.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", page, err)
	}
	page.Body.Close()
	var text []byte
	wait.Until(t, "the page is counted", func() bool { // which it is when all of it was written, not when it has begun
		metrics, err := http.Get("http://" + private + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer metrics.Body.Close()
		if text, err = io.ReadAll(metrics.Body); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(text), `paddock_http_request_queries_count{route="/customers"} 1`)
	})
	for _, want := range []string{`paddock_http_request_seconds_count{method="POST",route="/signup",status="303"} 2`,
		`paddock_tenants{state="active"`, `paddock_pool_connections{state="max"} 10`, `paddock_pool_retired_total 0`,
		`paddock_tenants{state="spare"`, `paddock_jobs{state="available"}`, `paddock_pool_relations_per_connection_max `,
		`paddock_http_request_queries_count{route="/customers"} 1`, "go_goroutines"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	lines := 0
	for line := range strings.Lines(p.out.String()) {
		var l struct {
			Msg, Tenant, Member, Route, Method string
			RequestID                          string `json:"request_id"`
			Status, Took, Queries              int
		}
		if json.Unmarshal([]byte(line), &l) != nil || l.Route != "/customers" {
			continue
		}
		lines++
		if l.Msg != "request" || l.Tenant != "second-one" || uuid.Validate(l.Member) != nil || l.RequestID == "" || l.Method != http.MethodGet ||
			l.Status != http.StatusOK || l.Took == 0 || l.Queries == 0 {
			t.Errorf("the line of a request: %s", line)
		}
	}
	if lines != 1 {
		t.Errorf("%d lines for one request:\n%s", lines, p.out)
	}
	// Profiles are for a port of their own, which is not there unless it is set.
	for at, want := range map[string]int{"http://" + profiles + "/debug/pprof/goroutine?debug=1": http.StatusOK,
		"http://" + private + "/debug/pprof/": http.StatusNotFound, p.base + "/debug/pprof/": http.StatusNotFound,
		p.base + "/metrics": http.StatusNotFound} {
		res, err := http.Get(at)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s answers %d, want %d", at, res.StatusCode, want)
		}
	}
	// /dev is not there in production.
	res, err := p.client().Get(p.base + "/dev/mail")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("/dev/mail answers %d", res.StatusCode)
	}
}

// An operator's day: made, listed, renamed, suspended, resumed, deleted, brought
// back, looked into; another process feels each.
func TestTenantCommands(t *testing.T) {
	t.Parallel()
	dir := prepared(t)
	p := start(t, dir)
	u := p.database(t)
	env := []string{"DATABASE_URL=" + u, "PADDOCK_BASE_URL=" + p.base}
	run := func(want int, args ...string) string {
		t.Helper()
		cmd := command(t, dir, env, args...)
		out := output(cmd)
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Fatalf("paddock %s: exit %d, want %d\n%s", strings.Join(args, " "), got, want, out)
		}
		return out
	}
	status := func(slug string) int {
		t.Helper()
		res, err := p.client().Get(p.at(slug, "/signin"))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	felt := func(slug string, want int) {
		t.Helper()
		wait.Until(t, fmt.Sprintf("%s answers %d", slug, want), func() bool { return status(slug) == want })
	}
	run(2, "tenant", "create", "lotus", "--owner-email", "nobody")
	run(1, "tenant", "create", "ferrari", "--owner-email", "nora@lotus.example")
	run(0, "tenant", "create", "lotus", "--name", "Lotus", "--owner-email", "nora@lotus.example")
	felt("lotus", http.StatusOK)
	if out := run(0, "tenant", "list"); !strings.Contains(out, "lotus") || !strings.Contains(out, "nora@lotus.example") ||
		!strings.Contains(out, "ferrari") {
		t.Errorf("the list:\n%s", out)
	}
	if out := run(0, "tenant", "list", "--json"); !strings.Contains(out, `"slug":"lotus"`) {
		t.Errorf("the list: %s", out)
	}
	run(1, "tenant", "show", "nobody")
	// Renamed: the old name leads on, keeping path and query, and nobody can take it.
	run(1, "tenant", "rename", "lotus", "ferrari")
	run(1, "tenant", "rename", "lotus", "admin")
	run(0, "tenant", "rename", "lotus", "lotus-cars")
	felt("lotus-cars", http.StatusOK)
	felt("lotus", http.StatusSeeOther)
	res, err := p.client().Get(p.at("lotus", "/customers?q=a"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if to := res.Header.Get("Location"); to != p.at("lotus-cars", "/customers?q=a") {
		t.Errorf("the old name leads to %q", to)
	}
	run(1, "tenant", "create", "lotus", "--owner-email", "thief@example.com")
	run(0, "tenant", "rename", "lotus-cars", "lotus") // back
	felt("lotus", http.StatusOK)
	felt("lotus-cars", http.StatusSeeOther)
	// Suspended, its people see so; resumed, they are back.
	c := p.client()
	if res, err = c.PostForm(p.at("ferrari", "/signin"),
		url.Values{"email": {"enzo@ferrari.test"}, "password": {"paddock-demo"}}); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	inside := func(want int) {
		t.Helper()
		wait.Until(t, fmt.Sprint("ferrari's owner gets ", want), func() bool {
			res, err := c.Get(p.at("ferrari", "/customers"))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			return res.StatusCode == want
		})
	}
	inside(http.StatusOK)
	run(0, "tenant", "suspend", "ferrari")
	inside(http.StatusForbidden)
	run(1, "tenant", "suspend", "ferrari")
	run(0, "tenant", "resume", "ferrari")
	inside(http.StatusOK)
	run(0, "tenant", "delete", "ferrari")
	inside(http.StatusNotFound)
	run(1, "tenant", "create", "ferrari", "--owner-email", "thief@example.com") // its name is its own
	run(0, "tenant", "undelete", "ferrari")
	inside(http.StatusOK)
	run(0, "tenant", "suspend", "ferrari")
	run(0, "tenant", "delete", "ferrari")
	run(0, "tenant", "undelete", "ferrari") // whatever it was suspended for is not settled by that
	inside(http.StatusForbidden)
	run(0, "tenant", "resume", "ferrari")
	inside(http.StatusOK)
	// Looked into, in its own scope alone.
	if out := run(0, "tenant", "psql", "ferrari", "--", "-Atc", "select count(*) > 0 from customers"); strings.TrimSpace(out) != "t" {
		t.Errorf("psql: %s", out)
	}
	if out := run(0, "tenant", "psql", "ferrari", "-Atc", "select 6 * 7"); strings.TrimSpace(out) != "42" {
		t.Errorf("psql: %s", out)
	}
	run(2, "tenant", "psql", "-Atc", "select 6 * 7", "ferrari")
	run(1, "tenant", "usage", "nobody")
	if out := run(1, "tenant", "psql", "ferrari", "--", "-v", "ON_ERROR_STOP=1", "-Atc", "select * from public.users"); !strings.Contains(out,
		"permission denied") {
		t.Errorf("psql reaches the users: %s", out)
	}
	if out := run(0, "tenant", "exec", "--all", "--", "sh", "-c", "echo $PADDOCK_TENANT:$PADDOCK_TENANT_SCHEMA"); !strings.Contains(out,
		"ferrari:t_") || !strings.Contains(out, "mclaren:t_") {
		t.Errorf("exec: %s", out)
	}
	run(1, "tenant", "exec", "--all", "--", "false")
	// The doctor finds what is wrong here: this is no production.
	if out := run(1, "doctor", "--drift"); !strings.Contains(out, "SMTP_URL is not set") ||
		!strings.Contains(out, "kept apart by their roles") || !strings.Contains(out, "every schema is as its migrations make it") ||
		strings.Contains(out, "drift:") {
		t.Errorf("the doctor:\n%s", out)
	}
	// Who may enter the console.
	run(1, "admin", "grant", "nobody@example.com")
	if out := run(0, "admin", "grant", "Enzo@ferrari.test"); !strings.Contains(out, "sent a link") { // he has no second factor
		t.Errorf("granted: %s", out)
	}
	if out := run(0, "admin", "list", "--json"); strings.Contains(out, "enzo@ferrari.test") {
		t.Errorf("an operator by a password alone: %s", out)
	}
	owner, err := pgx.Connect(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(context.Background())
	if _, err := owner.Exec(t.Context(), `update public.users set totp_secret = 'x' where email = 'enzo@ferrari.test'`); err != nil {
		t.Fatal(err)
	}
	if out := run(0, "admin", "grant", "Enzo@ferrari.test"); !strings.Contains(out, "//admin.") {
		t.Errorf("granted: %s", out)
	}
	if out := run(0, "admin", "list", "--json"); !strings.Contains(out, `"email":"enzo@ferrari.test"`) {
		t.Errorf("operators: %s", out)
	}
	run(0, "admin", "revoke", "enzo@ferrari.test")
	if out := run(0, "admin", "list"); strings.Contains(out, "enzo") || !strings.Contains(out, "demo@paddock.test") {
		t.Errorf("operators: %s", out)
	}
	// What was used, by day.
	used := ""
	wait.Until(t, "what was used is written down", func() bool { // which happens every few seconds
		used = run(0, "tenant", "usage")
		return strings.Contains(used, "\nlotus,")
	})
	if !strings.HasPrefix(used, "slug,tenant_id,day,requests,") || !strings.Contains(used, "\nlotus,") {
		t.Errorf("usage: %s", used)
	}
	if out := run(0, "tenant", "usage", "lotus", "--json"); !strings.HasPrefix(out, `{"slug":"lotus"`) || strings.Contains(out, "ferrari") {
		t.Errorf("usage of one: %s", out)
	}
	// A copy, by way of a file and without.
	file := dir + "/ferrari.paddock"
	run(0, "tenant", "export", "ferrari", file)
	run(0, "tenant", "import", file, "ferrari-copy")
	run(1, "tenant", "import", file, "mclaren")
	run(0, "tenant", "import", file, "mclaren", "--replace")
	run(0, "tenant", "clone", "ferrari", "ferrari-clone")
	felt("ferrari-clone", http.StatusOK)
	if out := run(0, "tenant", "psql", "mclaren", "--", "-Atc",
		"select count(*) from members where email = 'enzo@ferrari.test'"); strings.TrimSpace(out) != "1" {
		t.Errorf("mclaren was not replaced: %s", out)
	}
	if out := run(0, "migrate", "status"); !strings.Contains(out, "active") {
		t.Errorf("status: %s", out)
	}
}
