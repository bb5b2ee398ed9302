package cli_test

import (
	"archive/zip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/db"
)

// The backup of a whole database as docs/operations.md has it: what breaks with
// many workspaces, that the doctor says so before, and what mends it; restored on
// another server, every workspace is as it was.
func TestWholeDatabaseBackup(t *testing.T) {
	t.Parallel()
	old := newStoppable(t, map[string]string{"max_locks_per_transaction": "10", "max_connections": "30", "fsync": "off",
		"synchronous_commit": "off"})
	p := newProduction(t, old.url, "http://paddock.localhost")
	for _, slug := range []string{"crew-one", "crew-two"} {
		p.run("tenant", "create", slug, "--owner-email", slug+"@example.com")
		p.run("seed", slug, "--customers", "200")
	}
	d, err := db.Open(t.Context(), db.Config{URL: old.url, TenantRoles: true, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 30 {
				if _, err := d.CreateTenantSchema(t.Context()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	d.Close()
	doctor := func() string {
		out, _ := command(t, p.dir, p.env("0"), "doctor").CombinedOutput() // it fails where something is wrong
		return string(out)
	}
	const warning = "pg_dump of the whole database wants"
	if got := doctor(); !strings.Contains(got, warning) {
		t.Errorf("the doctor does not warn:\n%s", got)
	}
	dump := filepath.Join(p.dir, "paddock.dump")
	pgDump := func() (string, error) {
		out, err := exec.Command(filepath.Join(old.bin, "pg_dump"), "--format=custom", "--file="+dump, old.url).CombinedOutput() // as the owner
		return string(out), err
	}
	if out, err := pgDump(); err == nil || !strings.Contains(out, "max_locks_per_transaction") {
		t.Errorf("pg_dump with too few locks: %v %s", err, out)
	}
	// One by one it goes in any case, and the setting mends the rest.
	before := map[string]map[string]string{}
	for _, slug := range []string{"crew-one", "crew-two"} {
		before[slug] = exported(t, p, slug)
	}
	old.crash()
	old.start("max_locks_per_transaction=256")
	if got := doctor(); strings.Contains(got, warning) {
		t.Errorf("the doctor still warns:\n%s", got)
	}
	if out, err := pgDump(); err != nil {
		t.Fatalf("pg_dump: %v %s", err, out)
	}
	roles, err := exec.Command(filepath.Join(old.bin, "pg_dumpall"), "--roles-only", "--dbname="+old.super).Output()
	if err != nil {
		t.Fatal(err)
	}

	if err := os.WriteFile(filepath.Join(p.dir, "roles.sql"), roles, 0o600); err != nil {
		t.Fatal(err)
	}

	// Another server, as docs/operations.md says; first without the roles.
	server := pg.NewServer(t, map[string]string{"fsync": "off", "synchronous_commit": "off"})
	su, err := pgx.Connect(t.Context(), server.SuperuserURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer su.Close(t.Context())
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	names := t.TempDir()
	if err := os.Symlink(bin, filepath.Join(names, "paddock")); err != nil {
		t.Fatal(err)
	}
	sh := func(flags, script string) (string, error) {
		cmd := exec.Command("sh", flags, "-c", script)
		cmd.Dir = p.dir
		cmd.Env = []string{"PATH=" + names + ":" + server.Bin + ":" + os.Getenv("PATH"), "PGHOST=127.0.0.1",
			fmt.Sprint("PGPORT=", su.Config().Port), "PGUSER=postgres", "PGPASSWORD=" + su.Config().Password, "PADDOCK_DATA_DIR=" + p.dir}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	exec := func(statements ...string) {
		t.Helper()
		for _, sql := range statements {
			if _, err := su.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	passwords := []string{`alter role paddock password 'of the other server'`, `alter role paddock_requests password 'of the other server'`}
	page := blocks(t, "operations.md")["sh"]
	steps := strings.SplitAfterN(page[0], "\n", 3) // the roles, the database, and what comes then
	here := p.database
	there := fmt.Sprintf("postgres://paddock:of%%20the%%20other%%20server@127.0.0.1:%d/paddock?sslmode=disable", su.Config().Port)
	exec("create role paddock login createrole", "create role paddock_requests login noinherit")
	exec(passwords...)
	if out, err := sh("-u", steps[1]+strings.ReplaceAll(steps[2], "--exit-on-error", "")); err != nil ||
		!strings.Contains(out, `" does not exist`) {
		t.Errorf("pg_restore without the roles: %v %.2000s", err, out)
	}
	p.database = there
	got := doctor()
	for _, want := range []string{"the role is gone of crew-one", "requests may not do in the shared schema", "roles go before the data"} {
		if !strings.Contains(got, want) {
			t.Errorf("without the roles the doctor does not say %q:\n%s", want, got)
		}
	}
	if code, out := refuses(t, command(t, p.dir, p.env("0"), "serve")); code != 1 || !strings.Contains(out, "roles go before the data") {
		t.Errorf("without the roles serve exits %d: %s", code, out)
	}
	exec(`drop database paddock`, `create role foreign_one`) // some are there by now
	if out, err := sh("-u", steps[0]); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	exec(passwords...)
	if out, err := sh("-eu", steps[1]+steps[2]); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got = doctor()
	for _, want := range []string{"kept apart by their roles", "every workspace has its role", "set_config is closed",
		"all workspaces at version"} {
		if !strings.Contains(got, want) {
			t.Errorf("the doctor of the other server does not say %q:\n%s", want, got)
		}
	}
	for slug, want := range before {
		if after := exported(t, p, slug); !maps.Equal(want, after) {
			for name := range want {
				if want[name] != after[name] {
					t.Errorf("%s: %s differs", slug, name)
				}
			}
			if len(want) != len(after) {
				t.Errorf("%s: %d files, were %d", slug, len(after), len(want))
			}
		}
	}
	port := pg.Port(t)
	p.launch(port, "serve", "--jobs=false")
	res, err := p.client(port, nil).Get(p.at("crew-two", "/signin"))
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%v %v", res, err)
	}
	res.Body.Close()

	// One workspace comes out of it, into the place of what somebody spoilt.
	p.database = here
	p.run("tenant", "psql", "crew-one", "-qc", "update customers set name = 'spoilt'")
	script := strings.NewReplacer("$THERE", there, "ferrari", "crew-one").Replace(page[1])
	var set []string
	for _, s := range p.env("0") {
		name, value, _ := strings.Cut(s, "=")
		set = append(set, "export "+name+"='"+value+"'")
	}
	if out, err := sh("-eu", strings.Join(set, "\n")+"\n"+script); err != nil ||
		!strings.Contains(out, "crew-one@example.com (owner) is a member here too") {
		t.Fatalf("one workspace: %v %s", err, out)
	}
	after := exported(t, p, "crew-one")
	for name, want := range before["crew-one"] {
		if name != "data/audit.csv" && want != after[name] { // which tells of it
			t.Errorf("crew-one, out of the backup: %s differs", name)
		}
	}
}

// exported is what a workspace's archive holds, file by file, without the
// manifest, which has the time of the export, and its checksum.
func exported(t *testing.T, p *production, slug string) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), slug+".zip")
	p.run("tenant", "export", slug, file)
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string]string{}
	for _, f := range z.File {
		if f.Name == "manifest.json" || f.Name == "checksums.json" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(b)
	}
	// The log tells of this export and of those before.
	var kept []string
	for line := range strings.Lines(out["data/audit.csv"]) {
		if !strings.Contains(line, ",Exported,") {
			kept = append(kept, line)
		}
	}
	out["data/audit.csv"] = strings.Join(kept, "")
	return out
}
