package tenant_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/jobs"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

func open(t *testing.T, c db.Config) *db.DB {
	t.Helper()
	if c.URL == "" {
		c.URL = pg.NewDatabase(t)
	}
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if _, err := d.MigrateShared(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func signUp(t *testing.T, d *db.DB, slug string) auth.SignUpResult {
	t.Helper()
	r, err := auth.CreateWorkspace(t.Context(), d, auth.SignUpInput{Workspace: slug, Slug: slug, Name: "Nora", Email: slug + "@example.com"},
		shareddb.UserByEmailRow{}, "none")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Spares are made ahead, taken by sign-ups, and made again when half are gone.
func TestSparesAreRefilled(t *testing.T) {
	t.Parallel()
	url := pg.NewDatabase(t)
	d := open(t, db.Config{URL: url, TenantRoles: true})
	spares := func() int {
		n, err := d.CountSpares(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	signUp(t, d, "without-a-spare") // made inline
	box, err := seal.New([]string{"a secret for tests alone, 32 bytes and more"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- jobs.Run(ctx, jobs.Options{DB: d, Spares: 4, Box: box, Log: slog.New(slog.DiscardHandler)})
	}()
	refilled := func() {
		t.Helper()
		wait.Until(t, "there are four spares", func() bool { return spares() == 4 })
	}
	refilled()
	signUp(t, d, "first-one")
	// Its job is in the queue with it: once the queue is done, it has run.
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	wait.Until(t, "the job of the sign-up has run", func() bool {
		var waiting, done int
		err := c.QueryRow(t.Context(),
			`select count(*) filter (where state <> 'completed'), count(*) filter (where state = 'completed') from river_job where kind = 'spares'`).
			Scan(&waiting, &done)
		if err != nil {
			t.Fatal(err)
		}
		return waiting == 0 && done > 0
	})
	if n := spares(); n != 3 {
		t.Errorf("refilled at %d of 4: batches are cheaper", n)
	}
	signUp(t, d, "second-one")
	signUp(t, d, "third-one")
	refilled()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
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
		"xn--abc": false, "": false, "äbc": false, "abcdefghijabcdefghijabcdefghijabcdefghij": true,
		"abcdefghijabcdefghijabcdefghijabcdefghijk": false, "abc\n": false,
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

// A query that began before a change must not be believed after it, however
// many have joined it.
func TestResolverForgetsWhatWasReadBeforeAChange(t *testing.T) {
	t.Parallel()
	pause := &pausing{asked: make(chan struct{}), resume: make(chan struct{})}
	url := pg.NewDatabase(t)
	d := open(t, db.Config{URL: url, TenantRoles: true, Tracer: pause})
	r, other := signUp(t, d, "paused-one"), signUp(t, d, "second-one")
	resolver := tenant.NewResolver(d, "paddock.test")
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go resolver.Run(ctx)
	<-resolver.Ready()

	stateOf := func(slug string) string {
		h, err := resolver.Resolve(ctx, slug+".paddock.test")
		if err != nil {
			t.Error(err)
		}
		return h.Tenant.State
	}
	state := func() string { return stateOf("paused-one") }
	stateOf("second-one") // it is cached
	pause.on.Store(true)
	first := make(chan string, 1)
	go func() { first <- state() }()
	<-pause.asked // the first has read, and is slow to come back
	pause.on.Store(false)
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	// Notifications come in order: when the second change has arrived, so has the first.
	for _, id := range []uuid.UUID{r.Tenant.ID, other.Tenant.ID} {
		if _, err := c.Exec(ctx, `update tenants set state = 'suspended' where id = $1`, id); err != nil {
			t.Fatal(err)
		}
	}
	wait.Until(t, "the notifications have arrived", func() bool { return stateOf("second-one") == tenant.Suspended })
	second := make(chan string, 1)
	go func() { second <- state() }()
	var got string
	wait.Until(t, "who asks after the change is answered without the query that began before it", func() bool {
		select {
		case got = <-second:
			return true
		default:
			return false
		}
	})
	if got != tenant.Suspended {
		t.Errorf("asked after the change: %s", got)
	}
	close(pause.resume)
	<-first
	if got := state(); got != tenant.Suspended {
		t.Errorf("kept after the change: %s", got)
	}
}

// pausing holds the end of one look-up back.
type pausing struct {
	on     atomic.Bool
	asked  chan struct{}
	resume chan struct{}
}

type pausedKey struct{}

func (p *pausing) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, pausedKey{}, p.on.Load() && strings.Contains(d.SQL, "TenantBySlug"))
}

func (p *pausing) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if paused, _ := ctx.Value(pausedKey{}).(bool); paused {
		close(p.asked)
		<-p.resume
	}
}
