package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/tenant"
)

// limit sets one of a workspace's own limits, and waits until the app knows.
func limit(t *testing.T, w *apptest.Workspace, column string, value int64) {
	t.Helper()
	pg.Exec(t, `update public.tenants set `+column+` = $1 where id = $2`, value, w.ID)
	wait.Until(t, column+" is in force", func() bool {
		h, err := apptest.Start(t).Hosts.Resolve(t.Context(), w.Slug+".paddock.test")
		l := h.Tenant.Limits
		return err == nil && map[string]int64{
			"limit_statement_ms": l.Statement.Milliseconds(), "limit_concurrent": int64(l.Concurrent), "limit_requests": int64(l.Requests),
			"limit_records": l.Records, "limit_bytes": l.Bytes, "limit_jobs": int64(l.Jobs),
		}[column] == value
	})
}

// Too many requests a minute: what the person sees, and that neighbours notice
// nothing. What is counted is app/tenant's TestRequestsPerMinute.
func TestTooManyRequests(t *testing.T) {
	t.Parallel()
	x, neighbour := apptest.Start(t).NewWorkspace(t), apptest.Start(t).NewWorkspace(t)
	c := x.Client(x.Owner)
	limit(t, x, "limit_requests", 5)
	var res *apptest.Response
	wait.Until(t, "one is too many", func() bool { // a minute may end meanwhile
		res = c.Get(x.URL("/customers"))
		return res.Status != http.StatusOK
	})
	if s, err := strconv.Atoi(res.Want(http.StatusTooManyRequests).Header.Get("Retry-After")); err != nil || s < 1 || s > 60 {
		t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
	}
	if got := res.Text("main"); !strings.Contains(got, "5 requests a minute") {
		t.Errorf("the page says %q", got)
	}
	c.HTMX = true
	wait.Until(t, "one is too many for HTMX", func() bool {
		res = c.Get(x.URL("/customers"))
		return res.Status != http.StatusOK
	})
	res.Want(http.StatusTooManyRequests).Find(".toast")
	neighbour.Client(neighbour.Owner).Get(neighbour.URL("/customers")).Want(http.StatusOK)
}

// A full workspace takes nothing new; reading, changing and deleting go on, and
// with room it takes more.
func TestFullWorkspace(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	r := apptest.Records["customers"](w)
	measure := func() {
		if err := tenant.Measure(t.Context(), pg.DB(t), w.Tenant); err != nil {
			t.Fatal(err)
		}
	}
	limit(t, w, "limit_records", 2)
	measure()
	c.Post(w.URL("/customers"), url.Values{"name": {"The second"}}).Want(http.StatusSeeOther)
	measure()
	for _, path := range []string{"/customers", "/contacts", "/tasks", "/notes"} {
		wait.Until(t, path+" is refused", func() bool {
			return c.Post(w.URL(path), url.Values{"name": {"One too many"}}).Status == http.StatusForbidden
		})
	}
	if got := c.Post(w.URL("/customers"), url.Values{"name": {"One too many"}}).Text("main"); !strings.Contains(got, "full") ||
		!strings.Contains(got, "2 records") {
		t.Errorf("it says %q", got)
	}
	page := w.URL("/customers/" + r.ID.String())
	c.Get(page).Want(http.StatusOK)
	c.Put(page, url.Values{"name": {"Changed"}, "version": {"1"}}).Want(http.StatusSeeOther)
	c.Delete(page, url.Values{"version": {"2"}}).Want(http.StatusSeeOther)
	if got := c.Get(w.URL("/settings/data")).Text("main"); !strings.Contains(got, "2 of 2") {
		t.Errorf("what the owner sees: %q", got)
	}
	// The operator allows more: at once.
	op, _ := operator(t, app)
	op.Put(app.Console("/tenants/"+w.ID.String()+"/limits"), url.Values{"records": {"10"}}).Want(http.StatusSeeOther)
	wait.Until(t, "there is room", func() bool {
		return c.Post(w.URL("/customers"), url.Values{"name": {"The third"}}).Status == http.StatusSeeOther
	})
	// The same with storage: an empty workspace has some.
	op.Put(app.Console("/tenants/"+w.ID.String()+"/limits"), url.Values{"megabytes": {"1"}}).Want(http.StatusSeeOther)
	if n := pg.Count(t, `select limit_records::int from public.tenants where id = $1`, w.ID); n != 10 {
		t.Errorf("what was not sent was changed: %d", n)
	}
	op.Put(app.Console("/tenants/"+w.ID.String()+"/limits"), url.Values{"records": {""}}).Want(http.StatusSeeOther) // empty is none of its own
	wait.Until(t, "its storage is full", func() bool {
		return strings.Contains(c.Post(w.URL("/customers"), url.Values{"name": {"The fourth"}}).Body, "1.0 MB")
	})
	op.Put(app.Console("/tenants/"+w.ID.String()+"/limits"), url.Values{"records": {"-1"}}).Want(http.StatusUnprocessableEntity).
		Find("#records-error")
}

// One statement takes as long as its workspace may, and the next is unharmed.
func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	r := apptest.Records["customers"](w)
	c := w.Client(w.Owner)
	limit(t, w, "limit_statement_ms", 200)
	lock, err := pg.Superuser(t).Begin(t.Context()) // somebody's long transaction
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(t.Context(), `select from `+w.Schema+`.customers where id = $1 for update`, r.ID); err != nil {
		t.Fatal(err)
	}
	page := w.URL("/customers/" + r.ID.String())
	res := c.Put(page, url.Values{"name": {"Changed"}, "version": {"1"}}).Want(http.StatusServiceUnavailable)
	// By its own limit: without it the lock's would end the wait, at three seconds
	// and in other words.
	if got := res.Text("h1"); got != "This takes too long" || res.Header.Get("Retry-After") == "" {
		t.Errorf("it says %q, Retry-After %q", got, res.Header.Get("Retry-After"))
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Put(page, url.Values{"name": {"Changed"}, "version": {"1"}}).Want(http.StatusSeeOther)
}
