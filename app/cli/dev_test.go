package cli_test

import (
	"context"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/db/pgdev"
	"github.com/paddock-crm/paddock/app/seed"
)

// binary builds Paddock once, as the tests themselves were built.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "paddock-bin-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "paddock")
	args := []string{"build", "-o", bin}
	if raced { // what the tests are built with is built already
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "github.com/paddock-crm/paddock")...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return bin, err
})

func TestMain(m *testing.M) {
	wait.Parallel("6")
	code := m.Run()
	if bin, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(bin))
	}
	os.Exit(code)
}

// paddock is a running program, as somebody starts it on a fresh machine: an
// empty home, no settings but where to listen.
type paddock struct {
	base string // http://localhost:port
	port string
	dir  string
	cmd  *exec.Cmd
	out  *pg.Log
}

func command(t *testing.T, dir string, extra []string, args ...string) *exec.Cmd {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return commandOf(bin, dir, extra, args...)
}

func commandOf(bin, dir string, extra []string, args ...string) *exec.Cmd {
	cmd := exec.Command(bin, args...)
	cmd.Env = append([]string{"HOME=" + filepath.Join(dir, "home"), "PATH=" + os.Getenv("PATH"), "PADDOCK_DATA_DIR=" + dir}, extra...)
	return cmd
}

// prepared is a data directory whose PostgreSQL is there already.
func prepared(t *testing.T) string {
	t.Helper()
	dir := pg.ServerDir(t)
	pg.CopyCluster(t, filepath.Join(dir, "postgres"))
	return dir
}

// start returns once it serves.
func start(t *testing.T, dir string) *paddock {
	t.Helper()
	p := begin(t, dir)
	said(t, p.out, "paddock ready at "+p.base)
	return p
}

// begin does not wait for that.
func begin(t *testing.T, dir string) *paddock {
	t.Helper()
	port := pg.Port(t)
	p := &paddock{base: "http://localhost:" + port, port: port, dir: dir, out: &pg.Log{}}
	p.cmd = command(t, dir, []string{"PADDOCK_LISTEN=127.0.0.1:" + port, "PADDOCK_BASE_URL=" + p.base})
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(syscall.SIGTERM) })
	return p
}

// Two who start at once in a directory that is not there yet have one PostgreSQL, one
// secret and one set of demo workspaces.
func TestTwoFirstStartsAtOnce(t *testing.T) {
	t.Parallel()
	dir := pg.ServerDir(t)
	both := []*paddock{begin(t, dir), begin(t, dir)}
	for _, p := range both {
		said(t, p.out, "paddock ready at "+p.base)
	}
	// Signed in at one, they are at the other.
	c := both[0].client()
	res, err := c.PostForm(both[0].at("ferrari", "/signin"), url.Values{"email": {"enzo@ferrari.test"}, "password": {"paddock-demo"}})
	if err != nil || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%v %v", res, err)
	}
	res.Body.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, both[1].at("ferrari", "/customers"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range res.Cookies() {
		r.AddCookie(cookie)
	}
	if res, err = both[1].client().Do(r); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%v %v", res, err)
	}
	res.Body.Close()
}

// said waits until a program has said something.
func said(t *testing.T, log *pg.Log, what string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Log(log)
		}
	}()
	wait.Until(t, "the program says "+what, func() bool { return strings.Contains(log.String(), what) })
}

func (p *paddock) stop(sig syscall.Signal) {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Signal(sig)
		_ = p.cmd.Wait()
	}
}

func (p *paddock) at(slug, path string) string {
	return "http://" + slug + ".localhost:" + p.port + path
}

// client reaches any host of the program.
func (p *paddock) client() *http.Client {
	jar, _ := cookiejar.New(nil) // it never fails without options
	return &http.Client{Jar: jar, Timeout: 3 * time.Minute,
		Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+p.port)
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// database returns the owner's URL of the program's own database.
func (p *paddock) database(t *testing.T) string {
	t.Helper()
	server, err := pgdev.Start(t.Context(), pgdev.Options{Dir: filepath.Join(p.dir, "postgres")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	u, err := server.Database(t.Context(), "paddock")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestFreshMachine is the product's promise: one command, and a person signs
// up, works with customers, and nobody else sees them.
func TestFreshMachine(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	p := start(t, pg.ServerDir(t))

	signUp := func(workspace, slug string) {
		b.Open(p.base)
		b.Click(".hero .primary") // to sign-up, or to the workspaces one has
		if b.Wait("h1"); b.Text("h1") == "Your workspaces" {
			b.Click(`a[href$="/signup"]`)
		}
		b.Wait("#signup")
		b.Fill("#workspace", workspace)
		b.WaitText("#slug-check", slug+".localhost:"+p.port+" is free") // suggested from the name
		b.Fill("#name", "Nora Lind")
		b.Fill("#email", "nora@"+slug+".example")
		b.Fill("#password", "a long enough password")
		b.Click("#signup [type=submit]")
		b.WaitText(".empty", "Welcome to "+workspace)
		if got := b.Location(); got != p.at(slug, "/") {
			t.Fatalf("signed up into %s", got)
		}
	}
	signUp("Northwind Traders", "northwind-traders")
	b.Click(".empty .primary")
	b.Wait("#customer-form")
	b.Fill("#name", "Arcadia Foundry")
	b.Fill("#domain", "arcadia.example")
	b.Click("#customer-form [type=submit]")
	b.WaitText("#record h1", "Arcadia Foundry")
	b.WaitText("#toast", "Arcadia Foundry added")
	// find
	b.Open(p.at("northwind-traders", "/customers"))
	b.Fill("#filters [name=q]", "foundr")
	b.WaitFor(`location.search === "?q=foundr"`)
	b.Click(".list .name")
	b.Wait("#record")
	customer := b.Location()
	// edit, in place
	b.Click("#more-fields summary")
	b.Click(`.value[href$="field=city"]`)
	b.Fill("#city", "Graz")
	b.Click(".inline [type=submit]")
	b.WaitText(".changed", "Graz")
	// a second workspace sees none of it
	b.Click(".switcher summary")
	b.WaitText(".switcher .popover", "Northwind Traders")
	signUp("Contoso", "contoso")
	b.Open(p.at("contoso", "/customers"))
	b.WaitText(".empty", "No customers yet")
	b.Open(strings.Replace(customer, "northwind-traders", "contoso", 1))
	b.WaitText("h1", "Not found")
	b.Open(p.at("contoso", "/search?q=arcadia"))
	b.WaitText("#found", "Nothing matches")
	// delete, undo
	b.Open(customer)
	b.WaitText("#record", "Graz")
	b.Click("#delete-version + button")
	b.WaitText("#toast", "Arcadia Foundry deleted")
	b.WaitText(".empty", "No customers yet")
	b.Click("#toast form button")
	b.WaitText("#record", "Arcadia Foundry")
	b.Click("#delete-version + button")
	b.WaitText(".empty", "No customers yet")

	// The demo sign-ins work, and each sees its own.
	b.Open(p.at("mclaren", "/signin"))
	b.Fill("#email", "demo@paddock.test")
	b.Fill("#password", seed.DemoPassword)
	b.Click("form [type=submit]")
	b.WaitText("h1", "Dashboard")
	b.Open(p.at("mclaren", "/customers"))
	b.WaitText(".list", "Quayside Marine")
	b.WaitFor(`!document.body.innerText.includes("Arcadia")`)
	b.Open("about:blank") // an open page asks for reminders, also of a program that has stopped

	// The mail was caught.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.base+"/dev/mail?to=nora@contoso.example", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	res, err := p.client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var mails []struct{ To, Subject, Text, HTML string }
	if err := json.NewDecoder(res.Body).Decode(&mails); err != nil || len(mails) != 1 ||
		mails[0].Subject != "Your workspace is ready on Paddock" {
		t.Errorf("%+v, %v", mails, err)
	}
}

// Killed while fifty people sign up: whoever has a workspace has all of it, and
// the next start goes on.
func TestKilledInTheMiddleOfSignUps(t *testing.T) {
	t.Parallel()
	dir := prepared(t)
	p := start(t, dir)
	url1 := p.database(t) // its PostgreSQL must outlive it: this test is a user too
	answered := make(chan string, 100)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			slug := fmt.Sprintf("killed-%d", i)
			res, err := p.client().PostForm(p.base+"/signup", url.Values{
				"workspace": {slug}, "slug": {slug}, "name": {"Nora"}, "email": {slug + "@example.com"}, "password": {"a long enough password"},
			})
			if err != nil {
				return
			}
			defer res.Body.Close()
			if res.StatusCode == http.StatusSeeOther {
				answered <- slug
			} else {
				b, _ := io.ReadAll(res.Body)
				t.Errorf("%s: %d %s", slug, res.StatusCode, b)
			}
		})
	}
	for range 8 {
		<-answered // some are through, the others are at it
	}
	p.stop(syscall.SIGKILL)
	wg.Wait()
	close(answered)

	c, err := pgx.Connect(t.Context(), url1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	pg.Alone(t, c)
	rows, err := c.Query(t.Context(), `
		select t.slug, t.schema, (select count(*) from memberships m join users u on u.id = m.user_id where m.tenant_id = t.id
		and m.role = 'owner')
		from tenants t where t.state = 'active' and t.slug like 'killed-%'`)
	if err != nil {
		t.Fatal(err)
	}
	type workspace struct {
		Slug, Schema string
		Owners       int
	}
	whole, err := pgx.CollectRows(rows, pgx.RowToStructByPos[workspace])
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, w := range whole {
		known[w.Slug] = true
		var members int
		if err := c.QueryRow(t.Context(), `select count(*) from `+pgx.Identifier{w.Schema, "members"}.Sanitize()).Scan(&members); err != nil ||
			w.Owners != 1 || members != 1 {
			t.Errorf("%s is half a workspace: %d owners, %d members, %v", w.Slug, w.Owners, members, err)
		}
	}
	for slug := range answered {
		if !known[slug] {
			t.Errorf("%s was confirmed and is not there", slug)
		}
	}
	var orphans, emptyClaims int
	err = c.QueryRow(t.Context(), `select
		(select count(*) from users u where email like 'killed-%' and not exists (select from memberships m where m.user_id = u.id)),
		(select count(*) from tenants where state in ('spare', 'preparing') and slug is not null)`).Scan(&orphans, &emptyClaims)
	if err != nil || orphans != 0 || emptyClaims != 0 {
		t.Errorf("%d people without a workspace, %d spares with a name: %v", orphans, emptyClaims, err)
	}
	t.Logf("%d workspaces of 50 were whole when it was killed", len(whole))

	again := start(t, dir)
	res, err := again.client().PostForm(again.base+"/signup", url.Values{
		"workspace": {"After"}, "slug": {"after-the-kill"}, "name": {"Nora"}, "email": {"after@example.com"},
		"password": {"a long enough password"},
	})
	if err != nil || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%v %v", res, err)
	}
	res.Body.Close()
}

func TestCommands(t *testing.T) {
	t.Parallel()
	dir := prepared(t)
	p := start(t, dir)
	for _, tc := range []struct {
		args []string
		env  []string
		code int
		want string
	}{
		{[]string{"version"}, nil, 0, "paddock "},
		{[]string{"--help"}, nil, 0, "migrate"},
		{[]string{"nonsense"}, nil, 2, "nonsense"},
		{[]string{"seed", "ferrari", "--customers", "many"}, nil, 2, "customers"},
		{[]string{"seed", "ferrari", "--customers", "1200"}, nil, 0, "600 tasks and 1200 notes added to ferrari"},
		{[]string{"seed", "nobody"}, nil, 1, `no workspace "nobody"`},
		{[]string{"migrate"}, nil, 0, ""},
		{[]string{"serve"}, nil, 1, "DATABASE_URL is not set"},
		{[]string{"serve"}, nil, 1, "PADDOCK_SECRET is not set"},
		{[]string{"serve"}, nil, 1, "SMTP_URL is not set"},
		{[]string{"work"}, nil, 1, "PADDOCK_MAIL_FROM is not set"},
		{[]string{"serve"}, []string{"PADDOCK_BASE_URL=http://myapp.com"}, 1, "PADDOCK_BASE_URL=http://myapp.com: want https"},
		{[]string{"dev"}, []string{"PADDOCK_LISTEN=0.0.0.0:1"}, 1, "listens on this machine alone"},
		{[]string{"jobs"}, nil, 0, ""},
		{[]string{"jobs", "--json"}, nil, 0, "[]"},
		{[]string{"jobs", "--retry", "12345"}, nil, 1, "no such job"},
		{[]string{"version"}, []string{"PADDOCK_OIDC_BIG_CLIENT_ID=x"}, 1, "PADDOCK_OIDC_BIG"},
		{[]string{"serve"}, []string{"PADDOCK_SECRET=short"}, 1, "PADDOCK_SECRET"},
		{[]string{"serve"}, []string{"PADDOCK_SECRET=short", "PADDOCK_SPARE_SCHEMAS=x"}, 1, "PADDOCK_SECRET: each secret needs 32"},
		{[]string{"serve"}, []string{"PADDOCK_SECRET=short", "PADDOCK_SPARE_SCHEMAS=x"}, 1, "PADDOCK_SPARE_SCHEMAS=x: want a number"},
		{[]string{"doctor"}, []string{"PADDOCK_TRUSTED_PROXIES=abc"}, 1, "wrong    PADDOCK_TRUSTED_PROXIES=abc: want networks"},
		{[]string{"doctor"}, nil, 0, "PADDOCK_SECRET: development’s own"},
		{[]string{"doctor"}, nil, 0, "everything that is sealed can be opened"},
		{[]string{"tenant", "list"}, []string{"PADDOCK_DATA_DIR=" + filepath.Join(dir, "mistyped")}, 1,
			"there is no PostgreSQL in PADDOCK_DATA_DIR"},
		{[]string{"tenant", "list"}, []string{"DATABASE_URL=" + pg.NewDatabase(t)}, 1, "run paddock migrate"},
		{[]string{"tenant", "create", "lotus", "--owner-email", "nora@lotus.example"}, []string{"PADDOCK_DATA_DIR=" + filepath.Join(dir, "other"),
			"DATABASE_URL=" + p.database(t)}, 1, "PADDOCK_SECRET is not set"},
		{[]string{"version"}, []string{"PADDOCK_BASE_URL=not a url"}, 1, "PADDOCK_BASE_URL"},
		{[]string{"migrate"}, []string{"PADDOCK_PG_BIN=/nowhere"}, 1, "PADDOCK_PG_BIN"},
		{[]string{"migrate"}, []string{"DATABASE_URL=postgres://nobody@127.0.0.1:1/x"}, 1, "connect"},
	} {
		cmd := command(t, dir, tc.env, tc.args...)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != tc.code || !strings.Contains(string(out), tc.want) {
			t.Errorf("paddock %s: exit %d, %v; want %d and %q\n%s", strings.Join(tc.args, " "), cmd.ProcessState.ExitCode(), err, tc.code, tc.want,
				out)
		}
	}
	_ = p
}

// The program as it is deployed, without cgo: it needs nothing of its image, and
// it serves.
func TestDeployedBinary(t *testing.T) {
	t.Parallel()
	bin := filepath.Join(t.TempDir(), "paddock")
	build := exec.Command("go", "build", "-tags", "production", "-o", bin, "github.com/paddock-crm/paddock")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if runtime.GOOS == "linux" {
		f, err := elf.Open(bin)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, p := range f.Progs {
			if p.Type == elf.PT_INTERP {
				t.Error("it asks for a dynamic linker")
			}
		}
	}
	// None of development's parts are in it.
	symbols, err := exec.Command("go", "tool", "nm", bin).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"app/db/pgdev", "app/seed.Demo", "web.(*Server).devMail", "views.Gallery"} {
		if strings.Contains(string(symbols), part) {
			t.Errorf("%s is in it", part)
		}
	}
	if out, err := commandOf(bin, t.TempDir(), nil).CombinedOutput(); err == nil || !strings.Contains(string(out), "built for production") {
		t.Errorf("paddock dev: %v\n%s", err, out)
	}
	port := pg.Port(t)
	p := newProduction(t, pg.NewDatabase(t), "http://paddock.localhost:"+port)
	p.bin = bin
	p.launch(port, "serve")
	res, err := p.client(port, nil).Get(p.base + "/signin")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("it answers %d", res.StatusCode)
	}
}
