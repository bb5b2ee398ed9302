package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
)

// A file is written where it is said, and by nobody's loss: what is no plain file is
// written through, or refused, and a failure leaves what stood there.
func TestExportWritesToWhatStandsThere(t *testing.T) {
	t.Parallel()
	p := newProduction(t, pg.NewDatabase(t), "https://paddock.test")
	p.run("tenant", "create", "alpha", "--owner-email", "nora@example.com")
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	stood := []byte("what stood there")
	for _, name := range []string{"plain", "meant", "locked/kept"} {
		if err := os.MkdirAll(filepath.Dir(at(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at(name), stood, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link": "meant", "nowhere": "gone", "ring": "ring"} {
		if err := os.Symlink(to, at(link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(at("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	archived := func(name string, b []byte) {
		t.Helper()
		if !bytes.HasPrefix(b, []byte("PK\x03\x04")) || len(b) < 1000 {
			t.Errorf("%s holds %d bytes, no archive: %.40q", name, len(b), b)
		}
	}
	mode := func(name string) fs.FileMode {
		t.Helper()
		info, err := os.Lstat(at(name))
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode()
	}
	content := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(at(name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	p.run("tenant", "export", "alpha", at("new"))
	archived("a new file", content("new"))
	if m := mode("new"); m != 0o600 {
		t.Errorf("whoever can read a new one: %s", m)
	}
	p.run("tenant", "export", "alpha", at("plain"))
	archived("a file", content("plain"))
	if m := mode("plain"); m != 0o640 {
		t.Errorf("a file that stood there is %s now", m)
	}
	p.run("tenant", "export", "alpha", at("link"))
	archived("what a link leads to", content("meant"))
	if m := mode("link"); m.Type() != fs.ModeSymlink {
		t.Errorf("the link is %s now", m)
	}
	// A pipe is read by another program, as it is written.
	reader := exec.Command("cat", at("pipe"))
	var piped bytes.Buffer
	reader.Stdout = &piped
	if err := reader.Start(); err != nil {
		t.Fatal(err)
	}
	p.run("tenant", "export", "alpha", at("pipe"))
	if err := reader.Wait(); err != nil {
		t.Fatal(err)
	}
	archived("the pipe", piped.Bytes())
	if m := mode("pipe"); m.Type() != fs.ModeNamedPipe {
		t.Errorf("the pipe is %s now", m)
	}
	for name, slug := range map[string]string{"-": "of-output", "/dev/stdout": "of-device"} {
		out, err := command(t, p.dir, p.env("0"), "tenant", "export", "alpha", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		archived(name, out)
		if err := os.WriteFile(at(slug), out, 0o600); err != nil {
			t.Fatal(err)
		}
		p.run("tenant", "import", at(slug), slug)
	}
	p.run("tenant", "export", "alpha", "/dev/null")
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode().Type() != fs.ModeDevice|fs.ModeCharDevice {
		t.Fatalf("/dev/null is %v now: %v", info, err)
	}
	for name, want := range map[string]string{
		"/dev/full": "no space left", at("nowhere"): "is a link to what is not there", at("ring"): "too many levels", dir: "is a directory",
		at("none/file"): "no such file",
	} {
		code, out := refuses(t, command(t, p.dir, p.env("0"), "tenant", "export", "alpha", name))
		if code != 1 || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d, want %q: %s", name, code, want, out)
		}
	}
	// A file that standard output is appended to goes on to be.
	for _, name := range []string{"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", at("appended")} {
		f, err := os.OpenFile(at("appended"), os.O_CREATE|os.O_APPEND|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.WriteString("KEEP\n")
		cmd := command(t, p.dir, p.env("0"), "tenant", "export", "alpha", name)
		cmd.Stdout = f
		if err := cmd.Run(); err != nil {
			t.Error(err)
		}
		_ = f.Close()
		if b, ok := bytes.CutPrefix(content("appended"), []byte("KEEP\n")); ok {
			archived(name+", appended", b)
		} else {
			t.Errorf("%s: what was appended to is gone: %.40q", name, content("appended"))
		}
	}
	// Nobody reads the pipe: it is waited for until one is told to stop.
	waiting := command(t, p.dir, p.env("0"), "tenant", "export", "alpha", at("pipe"))
	if err := waiting.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = waiting.Wait(); close(ended) }()
	wait.Until(t, "it ends when it is told to", func() bool {
		_ = waiting.Process.Signal(syscall.SIGINT)
		select {
		case <-ended:
			return true
		default:
			return false
		}
	})
	// A workspace that lacks a table is no archive that anybody could import.
	su, err := pgx.Connect(t.Context(), p.database)
	if err != nil {
		t.Fatal(err)
	}
	defer su.Close(context.Background())
	p.run("tenant", "create", "broken", "--owner-email", "nora@example.com")
	var schema string
	if err := su.QueryRow(t.Context(), `select schema from public.tenants where slug = 'broken'`).Scan(&schema); err != nil {
		t.Fatal(err)
	}
	if _, err := su.Exec(t.Context(), `drop table `+schema+`.deals cascade`); err != nil {
		t.Fatal(err)
	}
	if code, out := refuses(t, command(t, p.dir, p.env("0"), "tenant", "export", "broken", at("plain"))); code != 1 ||
		!strings.Contains(out, "a table is gone: deals") {
		t.Errorf("without its deals: exit %d: %s", code, out)
	}
	archived("what stood there", content("plain"))
	// Without its schema it can still be done away with, and holds up no other.
	if _, err := su.Exec(t.Context(), `drop schema `+schema+` cascade`); err != nil {
		t.Fatal(err)
	}
	code, out := refuses(t, command(t, p.dir, p.env("0"), "tenant", "exec", "--all", "--", "sh", "-c", "echo ran $PADDOCK_TENANT"))
	if code != 0 || !strings.Contains(out, "ran of-output") {
		t.Errorf("exec: exit %d: %s", code, out)
	}
	if code, out := refuses(t, command(t, p.dir, p.env("0"), "tenant", "export", "broken", at("plain"))); code != 1 ||
		!strings.Contains(out, "its schema is gone") {
		t.Errorf("without its schema: exit %d: %s", code, out)
	}
	p.run("tenant", "suspend", "broken")
	p.run("tenant", "delete", "broken")
	// What fails leaves what stood there, and nothing beside it.
	if code, _ := refuses(t, command(t, p.dir, p.env("0"), "tenant", "export", "nobody", at("locked/kept"))); code != 1 ||
		!bytes.Equal(content("locked/kept"), stood) {
		t.Errorf("exit %d, and the file holds %.40q", code, content("locked/kept"))
	}
	if left, err := os.ReadDir(at("locked")); err != nil || len(left) != 1 {
		t.Errorf("a failure leaves %v: %v", left, err)
	}
}

// What commands say: what they did, in our words, of the workspace that is meant, also
// by a former name.
func TestWhatCommandsSay(t *testing.T) {
	t.Parallel()
	p := newProduction(t, pg.NewDatabase(t), "https://paddock.test.")
	p.run("tenant", "create", "red-team", "--owner-email", "nora@example.com")
	p.run("tenant", "create", "beta", "--owner-email", "bert@example.com")
	file := filepath.Join(t.TempDir(), "beta.paddock")
	const nobody = "no workspace \"nobody\""
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"migrate"}, 0, "every workspace is at version"},
		{[]string{"tenant", "rename", "red-team", "red"}, 0, "red-team is called red now, and leads there for 30 days"},
		{[]string{"tenant", "show", "red-team"}, 0, "red-team is called red now\n"},
		{[]string{"tenant", "suspend", "red-team"}, 0, "red is suspended"},
		{[]string{"tenant", "suspend", "red"}, 1, "paddock: red is suspended\n"},
		{[]string{"tenant", "resume", "red"}, 0, "red is open again"},
		{[]string{"tenant", "resume", "red-team"}, 1, "paddock: red is active\n"},
		{[]string{"tenant", "usage", "red-team"}, 0, "red-team is called red now"},
		{[]string{"migrate", "--tenant", "red-team"}, 0, "red-team is called red now"},
		{[]string{"seed", "red-team", "--customers", "2"}, 0, "2 customers, 2 contacts"},
		{[]string{"tenant", "psql", "red-team", "-Atc", "select 40 + 2"}, 0, "42"},
		{[]string{"tenant", "rename", "red-team", "rouge"}, 0, "red is called rouge now"},
		{[]string{"tenant", "show", "red-team"}, 0, "red-team is called rouge now"},
		{[]string{"tenant", "delete", "red"}, 0, "rouge is deleted; for 30 days it is brought back by paddock tenant undelete rouge"},
		{[]string{"tenant", "undelete", "red"}, 0, "rouge is back"},
		{[]string{"tenant", "clone", "red", "noir"}, 0, "noir is there, a copy of rouge"},
		{[]string{"tenant", "exec", "--all", "--", "no-such-program"}, 1, "no-such-program is not on the PATH"},
		{[]string{"tenant", "exec", "--all", "--", "true"}, 0, "run for 3 workspaces"},
		{[]string{"tenant", "export", "beta", file}, 0, "beta is in " + file},
		{[]string{"tenant", "import", file, "beta-too"}, 0, "bert@example.com (owner) is a member here too"},
		{[]string{"tenant", "import", file, "beta"}, 1, "paddock: this address is taken\n"},
		{[]string{"tenant", "list"}, 0, "1 member "},
		{[]string{"tenant", "suspend", "nobody"}, 1, nobody},
		{[]string{"tenant", "show", "nobody"}, 1, nobody},
		{[]string{"tenant", "usage", "nobody"}, 1, nobody},
		{[]string{"tenant", "clone", "nobody", "nothing"}, 1, nobody},
		{[]string{"tenant", "export", "nobody", file}, 1, nobody},
		{[]string{"migrate", "--tenant", "nobody"}, 1, nobody},
		{[]string{"seed", "nobody"}, 1, nobody},
		{[]string{"admin", "grant", "nora@example.com"}, 0, "nora@example.com has no second factor yet"},
		{[]string{"admin", "revoke", "nora@example.com"}, 0, "nora@example.com may not enter"},
		{[]string{"jobs", "--retry", "9999"}, 1, "there is no such job"},
		{[]string{"doctor"}, 0, "PADDOCK_BASE_URL: https://paddock.test\n"},
	} {
		cmd := command(t, p.dir, p.env("0"), c.args...)
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != c.code || !strings.Contains(string(out), c.want) {
			t.Errorf("paddock %s: exit %d, want %d and %q:\n%s", strings.Join(c.args, " "), got, c.code, c.want, out)
		}
		for _, room := range []string{"tenant: ", "archive: ", "db: "} {
			if strings.Contains(string(out), room) {
				t.Errorf("paddock %s speaks of its rooms: %s", strings.Join(c.args, " "), out)
			}
		}
	}
	// What never ran is not in the log.
	for program, want := range map[string]string{"no-such-program": "0", "true": "1"} {
		out := p.run("tenant", "psql", "beta", "-Atc", "select count(*) from audit where subject like '%all workspaces: "+program+",%'")
		if strings.TrimSpace(out) != want {
			t.Errorf("%s is noted %s times, want %s", program, strings.TrimSpace(out), want)
		}
	}
}

// psql gets what libpq knows of an address, whatever pgx is told besides, and no way
// out of the workspace's scope.
func TestPsqlOfAnAddress(t *testing.T) {
	t.Parallel()
	p := newProduction(t, pg.NewDatabase(t), "https://paddock.test")
	p.run("tenant", "create", "alpha", "--owner-email", "nora@example.com")
	u, err := url.Parse(p.database)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := u.User.Password()
	words := "host=" + u.Hostname() + " port = " + u.Port() + " dbname=" + strings.TrimPrefix(u.Path, "/") + " user=" + u.User.Username() +
		" password='" + secret + "' sslmode=disable"
	for _, address := range []string{
		p.database + "&pool_max_conns=4&pool_max_conn_lifetime=1h&default_query_exec_mode=exec" +
			"&statement_cache_capacity=10&statement_timeout=30000",
		p.database + "&options=-c%20search_path%3Dpublic%20-c%20role%3Dnone&search_path=public&application_name=by%20hand",
		words + " pool_max_conns=4 default_query_exec_mode=exec options='-c search_path=public' application_name='by hand'",
	} {
		cmd := command(t, p.dir, append(p.env("0"), "DATABASE_DIRECT_URL="+address), "tenant", "psql", "alpha", "-Atc",
			"select current_user ~ '_t_' and current_schema() ~ '^t_' and not has_schema_privilege('public', 'usage')")
		out, err := cmd.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "t" {
			t.Errorf("%s: %v: %s", strings.ReplaceAll(address, secret, "…"), err, out)
		}
	}
}

// The first migration of a database may be ended at any point, and several may begin it
// at once.
func TestFirstMigration(t *testing.T) {
	t.Parallel()
	url := pg.NewDatabase(t)
	p := &production{t: t, dir: pg.ServerDir(t), database: url, base: "https://paddock.test", smtp: peer.NewSMTP(t)}
	su, err := pgx.Connect(t.Context(), pg.SuperuserURL(t, url))
	if err != nil {
		t.Fatal(err)
	}
	defer su.Close(context.Background())
	for _, sql := range []string{
		`create function public.stop() returns event_trigger language plpgsql as $$ begin if to_regclass('public.schema_versions') is not null
			then raise exception 'ended'; end if; end $$`,
		`create event trigger stop_` + strings.TrimPrefix(su.Config().Database, "test_") +
			` on ddl_command_start when tag in ('CREATE TABLE') execute function public.stop()`,
	} {
		if _, err := su.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if code, out := refuses(t, command(t, p.dir, p.env("0"), "migrate")); code != 1 || !strings.Contains(out, "ended") {
		t.Fatalf("it was not ended: exit %d: %s", code, out)
	}
	if code, out := refuses(t, command(t, p.dir, p.env("0"), "doctor")); code != 1 || !strings.Contains(out, "run paddock migrate") {
		t.Errorf("the doctor: exit %d: %s", code, out)
	}
	if _, err := su.Exec(t.Context(), `drop function public.stop() cascade`); err != nil {
		t.Fatal(err)
	}
	out := make(chan string, 3)
	for range 3 {
		go func() {
			b, err := command(t, p.dir, p.env("0"), "migrate").CombinedOutput()
			out <- fmt.Sprint(string(b), err)
		}()
	}
	all := <-out + <-out + <-out
	if strings.Count(all, "<nil>") != 3 || strings.Count(all, "done") != 1 {
		t.Errorf("three at once:\n%s", all)
	}
}

// No password is shown, whatever else is wrong with an address.
func TestPasswordsAreNotShown(t *testing.T) {
	t.Parallel()
	p := &production{t: t, dir: pg.ServerDir(t), database: "postgres://paddock:x@127.0.0.1:1/paddock", base: "https://paddock.test",
		smtp: peer.NewSMTP(t)}
	for _, env := range []string{
		"DATABASE_URL=postgres://paddock_requests:hun/te%r@127.0.0.1:1/paddock",
		"DATABASE_URL=postgres://paddock_requests:hun#ter@127.0.0.1:1/paddock",
		"DATABASE_URL=postgres://paddock_requests:x@127.0.0.1:1/paddock?sslpassword=hunter",
		"DATABASE_URL=host=127.0.0.1 port=1 password='hun ter' user=x dbname=paddock", "SMTP_URL=smtp://user:hun%ter@mail.example:587",
		"SMTP_URL=smtp://user:hun ter@mail.example:587", "PADDOCK_BASE_URL=https://user:hunter@paddock.test",
	} {
		for _, name := range []string{"doctor", "serve"} {
			_, out := refuses(t, command(t, p.dir, append(p.env("0"), env), name))
			for _, secret := range []string{"hun", "te%r", "ter@"} {
				if strings.Contains(out, secret) {
					t.Errorf("%s, %s: %s", env, name, out)
				}
			}
		}
	}
}
