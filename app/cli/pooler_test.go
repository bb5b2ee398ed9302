package cli_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/db/pgdev"
)

// pgbouncer is a transaction pooler of few connections in front of a database;
// extra are settings of its own. It returns address, through it.
func pgbouncer(t *testing.T, address, extra string) string {
	t.Helper()
	bin, dir, port := tool(t, "pgbouncer"), pg.ServerDir(t), pg.Port(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	host, dbPort, _ := net.SplitHostPort(u.Host)
	password, _ := u.User.Password()
	users := fmt.Sprintf("%q %q\n%q %q\n", pgdev.Owner, password, pgdev.Requests, password)
	conf := fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr=127.0.0.1
listen_port=%s
unix_socket_dir=
auth_type=scram-sha-256
auth_file=%s/users
pool_mode=transaction
default_pool_size=3
logfile=%[4]s/log
%[5]s
`, host, dbPort, port, dir, extra)
	for name, text := range map[string]string{"users": users, "conf": conf, "log": ""} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o666); err != nil { // it leaves root for nobody
			t.Fatal(err)
		}
	}
	args := []string{filepath.Join(dir, "conf")}
	if os.Geteuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...)
	}
	cmd := exec.Command(bin, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	u.Host = net.JoinHostPort("127.0.0.1", port)
	wait.Until(t, "the pooler listens", func() bool {
		c, err := net.Dial("tcp", u.Host)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return u.String()
}

// Requests go through a transaction pooler of three connections that takes no
// settings: pages, notifications, jobs, migrations and psql all do what they should.
func TestBehindAPooler(t *testing.T) {
	t.Parallel()
	server := pg.NewServer(t, nil)
	direct, err := server.Database(t.Context(), "paddock")
	if err != nil {
		t.Fatal(err)
	}
	port := pg.Port(t)
	p := newProduction(t, direct, "http://paddock.localhost:"+port)
	pooled := pgbouncer(t, direct, "")
	requests := func(address string) string { return strings.Replace(address, pgdev.Owner+":", pgdev.Requests+":", 1) }
	through := requests(pooled) + "&pool_max_conns=8"
	p.extra = []string{"DATABASE_URL=" + through}
	serve := p.launch(port, "serve")
	slugs := []string{"ferrari", "mclaren"}
	people := map[string]*http.Client{}
	for _, slug := range slugs {
		people[slug] = p.client(port, nil)
		res, err := people[slug].PostForm(p.base+"/signup", url.Values{"workspace": {slug}, "slug": {slug}, "name": {"Nora"},
			"email": {slug + "@example.com"}, "password": {"a long enough phrase"}})
		if err != nil || res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %v %v", slug, res, err)
		}
		res.Body.Close()
		if res, err = people[slug].PostForm(p.at(slug, "/signin"),
			url.Values{"email": {slug + "@example.com"}, "password": {"a long enough phrase"}}); err != nil ||
			res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s signs in: %v %v", slug, res, err)
		}
		res.Body.Close()
		p.run("seed", slug, "--customers", "30")
		p.run("tenant", "psql", slug, "--", "-qc", "update customers set name = '"+slug+" ' || name")
	}
	// Many at once on few connections: each sees its own.
	var wg sync.WaitGroup
	for _, slug := range slugs {
		other := slugs[0] + slugs[1]
		other = strings.Replace(other, slug, "", 1)
		for range 4 {
			wg.Go(func() {
				for range 10 {
					res, err := people[slug].Get(p.at(slug, "/customers"))
					if err != nil {
						t.Error(err)
						return
					}
					page, err := io.ReadAll(res.Body)
					res.Body.Close()
					if err != nil {
						t.Error(err)
						return
					}
					body := string(page)
					if res.StatusCode != http.StatusOK || !strings.Contains(body, slug+" ") || strings.Contains(body, other+" ") {
						t.Errorf("%s: %d, of its own %v, of %s's %v", slug, res.StatusCode, strings.Contains(body, slug+" "), other,
							strings.Contains(body, other+" "))
					}
				}
			})
		}
	}
	wg.Wait()
	// Mail is sent by jobs, and a change by another process is felt: both listen.
	wait.Until(t, "mail is sent", func() bool { return len(p.smtp.Received()) >= 2 })
	p.run("tenant", "suspend", "ferrari")
	wait.Until(t, "ferrari is closed", func() bool {
		res, err := people["ferrari"].Get(p.at("ferrari", "/customers"))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode == http.StatusForbidden
	})
	if out := p.run("tenant", "psql", "ferrari", "--", "-Atc", "reset role", "-c", "reset search_path", "-c",
		"select current_user ~ '^paddock_t_' and current_setting('search_path') ~ '^t_'"); !strings.HasSuffix(strings.TrimSpace(out), "t") {
		t.Errorf("psql's scope: %s", out)
	}
	if out := p.run("doctor"); !strings.Contains(out, "go through a pooler") {
		t.Errorf("the doctor:\n%s", out)
	}
	p.run("migrate")
	_ = serve.Process.Signal(syscall.SIGTERM)
	if err := serve.Wait(); err != nil {
		t.Errorf("%v\n%s", err, p.logs)
	}

	// Whatever does not begin as nobody, or loses what belongs to a session, does not start.
	owned := pgbouncer(t, direct, "ignore_startup_parameters=role,search_path")
	su, err := pgx.Connect(t.Context(), server.SuperuserURL("paddock"))
	if err != nil {
		t.Fatal(err)
	}
	defer su.Close(t.Context())
	refused := func(what, want string, env ...string) {
		t.Helper()
		for _, name := range []string{"serve", "work", "migrate", "doctor"} {
			if code, out := refuses(t, command(t, p.dir, append(p.env("0"), env...), name)); code != 1 || !strings.Contains(out, want) {
				t.Errorf("%s, %s: exit %d\n%s", what, name, code, out)
			}
		}
	}
	const ownAddress, ownLogin = "set DATABASE_DIRECT_URL to its own address", "requests need a login of their own"
	refused("one login", ownAddress, "DATABASE_URL="+pooled, "DATABASE_DIRECT_URL=")
	refused("one login, told to drop", ownAddress, "DATABASE_URL="+owned, "DATABASE_DIRECT_URL=")
	refused("one login, and direct", ownLogin, "DATABASE_URL="+pooled, "DATABASE_DIRECT_URL="+direct)
	refused("one login, told to drop, and direct", ownLogin, "DATABASE_URL="+owned, "DATABASE_DIRECT_URL="+direct)
	refused("the owner through it", ownAddress, "DATABASE_URL="+requests(direct), "DATABASE_DIRECT_URL="+owned)
	// From PostgreSQL 16 on the owner may not set the login's defaults, as here without CREATEROLE.
	for _, sql := range []string{`alter role paddock nocreaterole`, `alter role paddock_requests in database paddock reset all`,
		`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'paddock_requests'`} {
		if _, err := su.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	const mend = `alter role "paddock_requests" in database "paddock" set role = 'paddock_app'; ` +
		`alter role "paddock_requests" in database "paddock" set search_path = ''`
	refused("no defaults", mend, "DATABASE_URL="+requests(pooled))
	refused("no defaults, told to drop", mend, "DATABASE_URL="+requests(owned))
}
