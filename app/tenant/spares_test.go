package tenant_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

func open(t *testing.T, c db.Config) *db.DB {
	t.Helper()
	c.URL = apptest.NewDatabase(t)
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if err := d.MigrateShared(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func signUp(t *testing.T, d *db.DB, slug string) auth.SignUpResult {
	t.Helper()
	r, err := auth.CreateWorkspace(t.Context(), d, auth.SignUpInput{Workspace: slug, Slug: slug, Name: "Nora", Email: slug + "@example.com"}, shareddb.UserByEmailRow{}, "none")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Spares are made ahead, taken by sign-ups, and made again when half are gone.
func TestSparesAreRefilled(t *testing.T) {
	t.Parallel()
	d := open(t, db.Config{TenantRoles: true})
	spares := func() int {
		n, err := d.CountSpares(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	signUp(t, d, "without-a-spare") // made inline
	ctx, cancel := context.WithCancel(t.Context())
	wake := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		tenant.KeepSpares(ctx, d, 4, wake, slog.New(slog.DiscardHandler))
		close(done)
	}()
	wait := func(n int) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); spares() != n; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d spares, want %d", spares(), n)
			}
		}
	}
	wait(4)
	signUp(t, d, "first-one")
	wake <- struct{}{}
	time.Sleep(100 * time.Millisecond)
	if n := spares(); n != 3 {
		t.Errorf("refilled at %d of 4: batches are cheaper", n)
	}
	signUp(t, d, "second-one")
	signUp(t, d, "third-one")
	wake <- struct{}{}
	wait(4)
	cancel()
	<-done
}

// Without tenant roles the path alone scopes: a workspace still sees its own.
func TestWithoutTenantRoles(t *testing.T) {
	t.Parallel()
	d := open(t, db.Config{TenantRoles: false})
	for _, slug := range []string{"one-of-two", "two-of-two"} {
		r := signUp(t, d, slug)
		ctx := db.WithScope(t.Context(), db.Scope{TenantID: r.Tenant.ID, Schema: r.Tenant.Schema})
		err := d.TenantRead(ctx, func(tx *db.TenantTx) error {
			members, err := tx.MemberList(ctx)
			if len(members) != 1 || members[0].Email != slug+"@example.com" {
				t.Errorf("%s sees %+v", slug, members)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestSlugs(t *testing.T) {
	t.Parallel()
	for slug, want := range map[string]bool{
		"abc": true, "a1": false, "a-b": true, "a--b": false, "-ab": false, "ab-": false, "1ab": false, "Abc": false, "a.b": false, "a_b": false,
		"xn--abc": false, "": false, "äbc": false, "abcdefghijabcdefghijabcdefghijabcdefghij": true, "abcdefghijabcdefghijabcdefghijabcdefghijk": false, "abc\n": false,
	} {
		if got := tenant.ValidSlug(slug); got != want {
			t.Errorf("ValidSlug(%q) = %v", slug, got)
		}
	}
	for _, slug := range []string{"www", "admin", "api", "mail", "static", "localhost"} {
		if !tenant.Reserved(slug) {
			t.Errorf("%s is not reserved", slug)
		}
	}
	if tenant.Reserved("ferrari") {
		t.Error("ferrari is reserved")
	}
}
