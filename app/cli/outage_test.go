package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
)

// stoppable is a PostgreSQL of the test's own that crashes when told, and comes
// back on the same port with the same data.
type stoppable struct {
	t    *testing.T
	bin  string
	data string
	url  string

	super string // the superuser's URL
}

// newStoppable starts one; without settings it is durable, as in production.
func newStoppable(t *testing.T, settings map[string]string) *stoppable {
	t.Helper()
	server := pg.NewServer(t, settings)
	s := &stoppable{t: t, bin: server.Bin, super: server.SuperuserURL("paddock")}
	var err error
	if s.url, err = server.Database(t.Context(), "paddock"); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), s.super)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if err := c.QueryRow(t.Context(), "show data_directory").Scan(&s.data); err != nil {
		t.Fatal(err)
	}
	return s
}

// crash ends it as a power cut would: nothing is written down any more.
func (s *stoppable) crash() { s.t.Helper(); s.stop(syscall.SIGQUIT) } // "immediate shutdown"

// stop ends it as the signal asks, and returns once it is gone.
func (s *stoppable) stop(sig syscall.Signal) {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.data, "postmaster.pid"))
	if err != nil {
		s.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(b), "\n", 2)[0])
	if err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Kill(pid, sig); err != nil {
		s.t.Fatal(err)
	}
	wait.Until(s.t, "PostgreSQL stops", func() bool { return syscall.Kill(pid, 0) != nil })
}

// failOver copies it as a standby, ends it, and has the copy answer in its place.
func (s *stoppable) failOver() {
	s.t.Helper()
	info, err := os.Stat(s.data)
	if err != nil {
		s.t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	home := pg.ServerDir(s.t)
	if err := os.Chown(home, int(owner.Uid), int(owner.Gid)); err != nil {
		s.t.Fatal(err)
	}
	standby := filepath.Join(home, "standby")
	copying := exec.Command(filepath.Join(s.bin, "pg_basebackup"), "--dbname="+s.super, "--pgdata="+standby, "--write-recovery-conf",
		"--checkpoint=fast", "--no-sync")
	copying.Dir = home
	if os.Geteuid() == 0 {
		copying.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if out, err := copying.CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	opts, err := os.ReadFile(filepath.Join(s.data, "postmaster.opts"))
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join(standby, "postmaster.opts")
	if err := os.WriteFile(file, bytes.ReplaceAll(opts, []byte(s.data), []byte(standby)), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chown(file, int(owner.Uid), int(owner.Gid)); err != nil {
		s.t.Fatal(err)
	}
	s.stop(syscall.SIGINT)
	s.data = standby
	s.start()
}

// start runs it again, as it was run before but for these settings, and returns
// once it answers.
func (s *stoppable) start(settings ...string) {
	s.t.Helper()
	opts, err := os.ReadFile(filepath.Join(s.data, "postmaster.opts"))
	if err != nil {
		s.t.Fatal(err)
	}
	info, err := os.Stat(s.data)
	if err != nil {
		s.t.Fatal(err)
	}
	var args []string
	for _, m := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(string(opts), -1) {
		args = append(args, m[1])
	}
	for _, x := range settings {
		args = append(args, "-c", x)
	}
	program, _, _ := strings.Cut(string(opts), " ")
	cmd := exec.Command(program, args...)
	owner := info.Sys().(*syscall.Stat_t)
	if os.Geteuid() == 0 { // which PostgreSQL refuses
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	s.t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGINT); <-gone })
	wait.Until(s.t, "PostgreSQL answers", func() bool {
		c, err := pgx.Connect(s.t.Context(), s.url)
		if err != nil {
			return false
		}
		_ = c.Close(s.t.Context())
		return true
	})
}

// PostgreSQL crashes, and is stopped and started in order, while three workspaces are at work: 503 with
// Retry-After meanwhile, right again afterwards and for good, nothing lost that was
// confirmed, and no answer from the wrong workspace.
func TestDatabaseCrashesUnderLoad(t *testing.T) {
	t.Parallel()
	database := newStoppable(t, nil)
	port := pg.Port(t)
	p := newProduction(t, database.url, "http://paddock.localhost:"+port)
	p.launch(port, "serve")

	slugs := []string{"crew-red", "crew-green", "crew-blue"}
	clients := map[string]*http.Client{}
	for _, slug := range slugs {
		c := p.client(port, nil)
		res, err := c.PostForm(p.base+"/signup", url.Values{"workspace": {"Team " + slug}, "slug": {slug}, "name": {"Nora"},
			"email": {slug + "@example.com"}, "password": {"a long enough phrase"}})
		if err != nil || res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%v %v\n%s", res, err, p.logs)
		}
		res.Body.Close()
		if res, err = c.Get(res.Header.Get("Location")); err != nil || res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%v %v", res, err)
		}
		res.Body.Close()
		clients[slug] = c
	}

	unlimited(t, database.url)

	var mu sync.Mutex
	confirmed := map[string][]string{}
	faults := []string{}
	fault := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		faults = append(faults, fmt.Sprintf(format, args...))
	}
	var answered, refused, row atomic.Int64 // row counts answers since the last refusal
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, slug := range slugs {
		for i := range 3 {
			wg.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					name := fmt.Sprintf("Made by %s %d-%d", slug, i, n)
					method, u, body := http.MethodGet, p.at(slug, "/customers?sort=-created"), io.Reader(nil)
					if n%2 == 0 {
						method, u, body = http.MethodPost, p.at(slug, "/customers"), bytes.NewReader([]byte(url.Values{"name": {name}}.Encode()))
					}
					r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), method, u, body)
					if err != nil {
						fault("%v", err)
						return
					}
					r.Header.Set("Sec-Fetch-Site", "same-origin")
					if body != nil {
						r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					}
					res, err := clients[slug].Do(r)
					if err != nil {
						fault("%s: %v", method, err)
						continue
					}
					text, _ := io.ReadAll(res.Body)
					res.Body.Close()
					for _, other := range slugs {
						if other != slug && bytes.Contains(text, []byte(other)) {
							fault("an answer to %s holds %s's", slug, other)
						}
					}
					switch {
					case res.StatusCode == http.StatusSeeOther && method == http.MethodPost &&
						strings.HasPrefix(res.Header.Get("Location"), "/customers/"):
						mu.Lock()
						confirmed[slug] = append(confirmed[slug], name)
						mu.Unlock()
						answered.Add(1)
						row.Add(1)
					case res.StatusCode == http.StatusOK && method == http.MethodGet && bytes.Contains(text, []byte("Team "+slug)):
						answered.Add(1)
						row.Add(1)
					case res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") != "":
						refused.Add(1)
						row.Store(0)
						time.Sleep(20 * time.Millisecond)
					default:
						fault("%s %s: %d to %q, Retry-After %q", method, u, res.StatusCode, res.Header.Get("Location"), res.Header.Get("Retry-After"))
					}
				}
			})
		}
	}
	for round := range 2 {
		wait.Until(t, "work goes on", func() bool { return row.Load() >= 50 })
		down := refused.Load()
		if round == 0 {
			database.crash()
		} else {
			database.stop(syscall.SIGINT) // "fast shutdown", as a package's upgrade does
		}
		wait.Until(t, "people are refused", func() bool { return refused.Load() >= down+20 })
		database.start()
		back := time.Now()
		wait.Until(t, "two hundred answers in a row", func() bool { return row.Load() >= 200 })
		t.Logf("round %d: two hundred answers in a row, %s after PostgreSQL was back; %d answers, %d times 503 so far", round+1,
			time.Since(back).Round(time.Millisecond), answered.Load(), refused.Load())
	}
	stop()
	wg.Wait()
	if len(faults) > 0 {
		t.Errorf("%d answers were wrong; the first: %s", len(faults), faults[0])
	}
	if answered.Load() < 100 || refused.Load() < 10 {
		t.Errorf("%d answers and %d refusals show nothing", answered.Load(), refused.Load())
	}
	c, err := pgx.Connect(t.Context(), database.url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	total := 0
	for slug, names := range confirmed {
		var schema string
		if err := c.QueryRow(t.Context(), `select schema from public.tenants where slug = $1`, slug).Scan(&schema); err != nil {
			t.Fatal(err)
		}
		var kept, foreign int
		err := c.QueryRow(t.Context(),
			`select count(distinct name) filter (where name = any($1)), count(*) filter (where name not like $2) from `+schema+`.customers`, names,
			"Made by "+slug+" %").Scan(&kept, &foreign)
		if err != nil || kept != len(names) || foreign > 0 {
			t.Errorf("%s: %d of %d confirmed customers are there, %d are somebody else's, %v", slug, kept, len(names), foreign, err)
		}
		total += kept
	}
	t.Logf("%d customers were confirmed, and are all there", total)
	// The jobs go on too: somebody's mail arrives.
	sent := len(p.smtp.Received())
	res, err := p.client(port, nil).PostForm(p.base+"/signup", url.Values{"workspace": {"Late"}, "slug": {"crew-late"}, "name": {"Nora"},
		"email": {"late@example.com"}, "password": {"a long enough phrase"}})
	if err != nil || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%v %v", res, err)
	}
	res.Body.Close()
	wait.Until(t, "mail goes out after the outage", func() bool { return len(p.smtp.Received()) > sent })
}

// unlimited lifts the limits of all workspaces: a load is no team at work.
func unlimited(t *testing.T, database string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), `update public.tenants set limit_requests = 100000000, limit_concurrent = 1000`); err != nil {
		t.Fatal(err)
	}
}

// While the database takes no changes (a standby that was failed over to, a disk that
// is full) pages are shown and saving is refused with Retry-After, what was typed is not
// taken away, and all goes on by itself afterwards. A process that starts meanwhile
// serves as well.
func TestDatabaseTakesNoChanges(t *testing.T) {
	t.Parallel()
	database := newStoppable(t, map[string]string{"fsync": "off"})
	port := pg.Port(t)
	p := newProduction(t, database.url, "http://paddock.localhost:"+port)
	p.launch(port, "serve")
	c := p.client(port, nil)
	res, err := c.PostForm(p.base+"/signup", url.Values{"workspace": {"Crew"}, "slug": {"crew"}, "name": {"Nora"},
		"email": {"nora@example.com"}, "password": {"a long enough phrase"}})
	if err != nil || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%v %v\n%s", res, err, p.logs)
	}
	res.Body.Close()
	if res, err = c.Get(res.Header.Get("Location")); err != nil || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%v %v", res, err)
	}
	res.Body.Close()
	save := func(name string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.at("crew", "/customers"),
			strings.NewReader(url.Values{"name": {name}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("HX-Request", "true")
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	if res := save("Before"); res.StatusCode >= 400 {
		t.Fatalf("before: %d", res.StatusCode)
	}
	su, err := pgx.Connect(t.Context(), database.super)
	if err != nil {
		t.Fatal(err)
	}
	defer su.Close(context.Background())
	exec := func(statements ...string) {
		t.Helper()
		for _, sql := range statements {
			if _, err := su.Exec(t.Context(), sql); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
	}
	var schema string
	if err := su.QueryRow(t.Context(), `select schema from public.tenants where slug = 'crew'`).Scan(&schema); err != nil {
		t.Fatal(err)
	}
	// Reading would note when somebody was last here.
	exec(`update public.sessions set last_seen_at = now() - interval '1 hour'`)
	check := func(what string) {
		t.Helper()
		for _, path := range []string{"/", "/customers", "/customers?q=before", "/customers/new", "/deals", "/contacts", "/leads", "/projects",
			"/tasks", "/tasks/reminders", "/trash", "/search?q=before",
			"/settings/profile", "/settings/members", "/settings/signin", "/settings/data", "/settings/domains", "/settings/audit",
			"/settings/workspace", "/settings/pipelines", "/settings/tags", "/settings/security", "/settings/security/activity"} {
			res, err := c.Get(p.at("crew", path))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusOK {
				t.Errorf("%s: %s answers %d", what, path, res.StatusCode)
			}
		}
		res := save("During")
		text, _ := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || res.Header.Get("HX-Reswap") != "beforeend" ||
			!bytes.Contains(text, []byte("We can’t save right now")) {
			t.Errorf("%s: saving answers %d, Retry-After %q, put %q: %s", what, res.StatusCode, res.Header.Get("Retry-After"),
				res.Header.Get("HX-Reswap"), text)
		}
	}
	after := func(what string) {
		t.Helper()
		wait.Until(t, what+": saving goes on", func() bool { return save("After").StatusCode < 400 })
	}
	exec(`alter system set default_transaction_read_only = on`, `select pg_reload_conf()`)
	wait.Until(t, "the server takes nothing", func() bool { return save("Between").StatusCode == http.StatusServiceUnavailable })
	check("a standby")
	second := pg.Port(t)
	p.launch(second, "serve")
	if res, err := p.client(second, nil).Get(p.at("crew", "/signin")); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("one that started meanwhile: %v %v", res, err)
	} else {
		res.Body.Close()
	}
	exec(`set default_transaction_read_only = off`, `alter system reset default_transaction_read_only`, `select pg_reload_conf()`)
	after("a standby")
	// A disk that is full fails what would make a table larger, with this SQLSTATE.
	full := `create function public.full_disk() returns trigger language plpgsql as $$ begin raise exception 'could not extend file' using
		errcode = '53100'; end $$`
	exec(full, `create trigger full_disk before insert or update on `+schema+`.customers execute function public.full_disk()`,
		`create trigger full_disk before insert or update on public.sessions execute function public.full_disk()`)
	exec(`alter table public.sessions disable trigger full_disk`, `update public.sessions set last_seen_at = now() - interval '1 hour'`,
		`alter table public.sessions enable trigger full_disk`)
	check("a full disk")
	exec(`drop function public.full_disk() cascade`)
	after("a full disk")
	// A failover: where the primary was, its standby answers, until it is promoted.
	database.failOver()
	wait.Until(t, "pages are shown again", func() bool {
		res, err := c.Get(p.at("crew", "/customers"))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	check("a real standby")
	p.run("migrate", "--shared") // what a restart of the service begins with: there is nothing to do
	third := pg.Port(t)
	p.launch(third, "serve")
	p.launch("0", "work")
	if su, err = pgx.Connect(t.Context(), database.super); err != nil {
		t.Fatal(err)
	}
	exec(`select pg_promote()`)
	after("a real standby")
}
