package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// faulty panics in the middle of a page's query, as a bug of ours would.
type faulty struct{ on atomic.Bool }

func (f *faulty) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if f.on.Load() && strings.Contains(d.SQL, "CustomerGet") {
		panic("secret detail of a bug")
	}
	return ctx
}

func (*faulty) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// A bug shows a page with a request id and nothing internal, and the next
// request is answered as if nothing had happened.
func TestABugShowsNothingInternal(t *testing.T) {
	t.Parallel()
	fault := &faulty{}
	app := apptest.StartOwn(t, pg.URL(t), fault)
	w := app.NewWorkspace(t)
	u := w.URL("/customers/" + w.Customer(tenantdb.CustomerUpdateParams{Name: "Behind a bug"}).String())
	c := w.Client(w.Owner)
	for range 20 { // more often than there are connections
		fault.on.Store(true)
		res := c.Get(u).Want(http.StatusInternalServerError)
		id := res.Header.Get("X-Request-Id")
		if id == "" || !strings.Contains(res.Text("main"), id) || strings.Contains(res.Body, "secret") ||
			strings.Contains(res.Body, "goroutine") {
			t.Fatalf("request %q: %s", id, res.Text("main"))
		}
		fault.on.Store(false)
		c.Get(u).Want(http.StatusOK)
	}
	fault.on.Store(true)
	c.HTMX = true
	res := c.Put(u, url.Values{"version": {"1"}, "field": {"city"}, "city": {"typed"}}).Want(http.StatusInternalServerError)
	if res.Header.Get("HX-Reswap") != "beforeend" || res.Select(".toast").Length() != 1 {
		t.Errorf("HTMX would replace what was typed: %v", res.Header)
	}
}

// With the database gone the answer is 503, the process stays, and all is well
// again when it comes back.
func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	dsn := pg.NewDatabase(t)
	app := apptest.StartOwn(t, dsn, nil)
	name := strings.TrimPrefix(mustParse(t, dsn).Path, "/")
	su := pg.Superuser(t)
	allow := func(yes string) {
		if _, err := su.Exec(t.Context(), `alter database `+pgx.Identifier{name}.Sanitize()+` allow_connections `+yes); err != nil {
			t.Fatal(err)
		}
	}
	c := app.Client(t)
	c.Get(app.Site("/readyz")).Want(http.StatusOK)
	allow("false")
	form := url.Values{"email": {"a@example.com"}, "password": {"a long enough one"}}
	wait.Until(t, "the loss is known", func() bool {
		// Again and again: a connection may just have been under way.
		if _, err := su.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, name); err != nil {
			t.Fatal(err)
		}
		return c.Get(app.At("somebody", "/")).Status == http.StatusServiceUnavailable
	})
	res := c.Post(app.Site("/signin"), form).Want(http.StatusServiceUnavailable)
	if id := res.Header.Get("X-Request-Id"); !strings.Contains(res.Text("main"), id) || strings.Contains(res.Body, "SQLSTATE") ||
		strings.Contains(res.Body, name) {
		t.Errorf("%s", res.Text("main"))
	}
	c.Get(app.Site("/healthz")).Want(http.StatusOK)
	c.Get(app.Site("/readyz")).Want(http.StatusServiceUnavailable)
	c.Get(app.Site("/signup")).Want(http.StatusOK) // needs none
	allow("true")
	wait.Until(t, "it is back", func() bool { return c.Get(app.Site("/readyz")).Status == http.StatusOK })
	c.Post(app.Site("/signin"), form).Want(http.StatusUnprocessableEntity)
}

func mustParse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
