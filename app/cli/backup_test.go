package cli_test

import (
	"archive/zip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/sql/schema"
)

// The backup of a whole database as docs/operations.md has it: what breaks with
// many workspaces, that the doctor says so before, and what mends it; restored on
// another server, every workspace is as it was.
func TestWholeDatabaseBackup(t *testing.T) {
	t.Parallel()
	old := newStoppable(t, map[string]string{"max_locks_per_transaction": "10", "max_connections": "30", "fsync": "off", "synchronous_commit": "off"})
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
		out, err := exec.Command(filepath.Join(old.bin, "pg_dump"), "--format=custom", "--file="+dump, old.super).CombinedOutput()
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

	// Another server, as docs/operations.md says.
	server := pg.NewServer(t, map[string]string{"fsync": "off", "synchronous_commit": "off"})
	psql := exec.Command(filepath.Join(server.Bin, "psql"), "--quiet", server.SuperuserURL("postgres"))
	var kept []string // all but the superuser, whom the other server has
	for _, line := range strings.Split(string(roles), "\n") {
		if !strings.Contains(line, "ROLE postgres") {
			kept = append(kept, line)
		}
	}
	psql.Stdin = strings.NewReader(strings.Join(kept, "\n") + "\ncreate database paddock owner paddock;")
	if out, err := psql.CombinedOutput(); err != nil {
		t.Fatalf("roles: %v %s", err, out)
	}
	if out, err := exec.Command(filepath.Join(server.Bin, "pg_restore"), "--exit-on-error", "--dbname="+server.SuperuserURL("paddock"), dump).CombinedOutput(); err != nil {
		t.Fatalf("pg_restore: %v %s", err, out)
	}
	su, err := pgx.Connect(t.Context(), server.SuperuserURL("paddock"))
	if err != nil {
		t.Fatal(err)
	}
	defer su.Close(t.Context())
	for _, sql := range []string{
		schema.Superuser,
		`alter role paddock password 'of the other server'`, `alter role paddock_requests password 'of the other server'`,
	} {
		if _, err := su.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	c := su.Config()
	p.database = fmt.Sprintf("postgres://paddock:of%%20the%%20other%%20server@127.0.0.1:%d/paddock?sslmode=disable", c.Port)
	got := doctor()
	for _, want := range []string{"kept apart by their roles", "every workspace has its role", "set_config is closed", "all workspaces at version"} {
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
