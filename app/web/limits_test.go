package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/tenant"
)

// limit sets one of a workspace's own limits, and waits until the app knows.
func limit(t *testing.T, w *apptest.Workspace, column string, value int64) {
	t.Helper()
	exec(t, `update public.tenants set `+column+` = $1 where id = $2`, value, w.ID)
	eventually(t, column+" is in force", func() bool {
		h, err := apptest.Start(t).Hosts.Resolve(t.Context(), w.Slug+".paddock.test")
		l := h.Tenant.Limits
		return err == nil && map[string]int64{
			"limit_statement_ms": l.Statement.Milliseconds(), "limit_concurrent": int64(l.Concurrent), "limit_requests": int64(l.Requests), "limit_records": l.Records, "limit_bytes": l.Bytes, "limit_jobs": int64(l.Jobs),
		}[column] == value
	})
}

// Too many requests a minute: those of one workspace are refused, whichever of
// two processes they come to, and no other workspace notices.
func TestRequestsPerMinute(t *testing.T) {
	t.Parallel()
	w, neighbour := apptest.Start(t).NewWorkspace(t), apptest.Start(t).NewWorkspace(t)
	limit(t, w, "limit_requests", 40)
	l := tenant.DefaultLimits
	l.Requests = 40
	w.Limits = l
	one, two := tenant.NewMeter(apptest.DB(t)), tenant.NewMeter(apptest.DB(t))
	untilMinuteBegins(t, 10*time.Second)
	enter := func(m *tenant.Meter, n int) (in int) {
		for range n {
			leave, err := m.Enter(t.Context(), w.Tenant, true)
			var limited *tenant.LimitError
			switch {
			case err == nil:
				in++
				leave()
			case !errors.As(err, &limited) || limited.RetryAfter <= 0 || limited.RetryAfter > time.Minute:
				t.Fatalf("refused with %v", err)
			}
		}
		return in
	}
	if n := enter(one, 30); n != 30 {
		t.Errorf("%d of 30 let in below the limit", n)
	}
	for _, m := range []*tenant.Meter{one, two, one} {
		if err := m.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	// The second knows of the first's requests once it has counted one itself.
	if n := enter(two, 1); n != 1 {
		t.Error("the second process lets nobody in")
	}
	if err := two.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := enter(two, 30); n != 9 {
		t.Errorf("the second process let %d more in, of 9 that were left", n)
	}
	if leave, err := two.Enter(t.Context(), neighbour.Tenant, true); err != nil {
		t.Errorf("the neighbour: %v", err)
	} else {
		leave()
	}
	// Strangers have limits of their own, and do not use up those of its people.
	strangers := 0
	for range 20 {
		if leave, err := one.Enter(t.Context(), w.Tenant, false); err == nil {
			leave()
			strangers++
		}
	}
	if strangers != 10 {
		t.Errorf("%d strangers were let in, want a quarter of 40", strangers)
	}
	if err := two.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Every request is in the day's books, those refused apart.
	var requests, refused int
	err := apptest.Superuser(t).QueryRow(t.Context(), `select requests, refused from public.usage_days where tenant_id = $1`, w.ID).Scan(&requests, &refused)
	if err != nil || requests != 40 || refused != 21 {
		t.Errorf("metered: %d requests, %d refused, %v; want 40 and 21", requests, refused, err)
	}

	// What the person sees.
	x := apptest.Start(t).NewWorkspace(t)
	c := x.Client(x.Owner)
	limit(t, x, "limit_requests", 5)
	var res *apptest.Response
	for range 6 {
		res = c.Get(x.URL("/customers"))
	}
	if s, err := strconv.Atoi(res.Want(http.StatusTooManyRequests).Header.Get("Retry-After")); err != nil || s < 1 || s > 60 {
		t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
	}
	if got := res.Text("main"); !strings.Contains(got, "5 requests a minute") {
		t.Errorf("the page says %q", got)
	}
	c.HTMX = true
	c.Get(x.URL("/customers")).Want(http.StatusTooManyRequests).Find(".toast")
	neighbour.Client(neighbour.Owner).Get(neighbour.URL("/customers")).Want(http.StatusOK)
}

// untilMinuteBegins waits for the next minute when this one has less left.
func untilMinuteBegins(t *testing.T, left time.Duration) {
	t.Helper()
	if rest := time.Until(time.Now().Truncate(time.Minute).Add(time.Minute)); rest < left {
		time.Sleep(rest)
	}
}

// A workspace whose requests are slow waits for itself: at most so many of its
// requests hold connections, and another's page comes as fast as ever.
func TestConcurrentRequests(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	l := tenant.DefaultLimits
	l.Concurrent = 2
	w.Limits = l
	m := tenant.NewMeter(apptest.DB(t))
	var held []func()
	for range 2 {
		leave, err := m.Enter(t.Context(), w.Tenant, true)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, leave)
	}
	// The third has its turn as soon as one of them is through.
	var wg sync.WaitGroup
	began := time.Now()
	wg.Go(func() {
		leave, err := m.Enter(t.Context(), w.Tenant, true)
		if took := time.Since(began); err != nil || took < 250*time.Millisecond {
			t.Errorf("the third: %v after %s", err, took)
			return
		}
		leave()
	})
	time.Sleep(300 * time.Millisecond)
	held[0]()
	wg.Wait()
	again, err := m.Enter(t.Context(), w.Tenant, true)
	if err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	var limited *tenant.LimitError
	if _, err := m.Enter(t.Context(), w.Tenant, true); !errors.As(err, &limited) || time.Since(began) > 5*time.Second {
		t.Errorf("one too many: %v after %s", err, time.Since(began))
	}
	// Who went away meanwhile is not counted as refused.
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Enter(gone, w.Tenant, true); !errors.Is(err, context.Canceled) {
		t.Errorf("who went away: %v", err)
	}
	again()
	held[1]()
	if leave, err := m.Enter(t.Context(), w.Tenant, true); err != nil {
		t.Errorf("afterwards: %v", err)
	} else {
		leave()
	}
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
		if err := tenant.Measure(t.Context(), apptest.DB(t), w.Tenant); err != nil {
			t.Fatal(err)
		}
	}
	limit(t, w, "limit_records", 2)
	measure()
	c.Post(w.URL("/customers"), url.Values{"name": {"The second"}}).Want(http.StatusSeeOther)
	measure()
	for _, path := range []string{"/customers", "/contacts", "/tasks", "/notes"} {
		eventually(t, path+" is refused", func() bool {
			return c.Post(w.URL(path), url.Values{"name": {"One too many"}}).Status == http.StatusForbidden
		})
	}
	if got := c.Post(w.URL("/customers"), url.Values{"name": {"One too many"}}).Text("main"); !strings.Contains(got, "full") || !strings.Contains(got, "2 records") {
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
	op.Put(console(app, "/tenants/"+w.ID.String()+"/limits"), url.Values{"records": {"10"}}).Want(http.StatusSeeOther)
	eventually(t, "there is room", func() bool {
		return c.Post(w.URL("/customers"), url.Values{"name": {"The third"}}).Status == http.StatusSeeOther
	})
	// The same with storage: an empty workspace has some.
	op.Put(console(app, "/tenants/"+w.ID.String()+"/limits"), url.Values{"megabytes": {"1"}}).Want(http.StatusSeeOther)
	if n := count(t, `select limit_records::int from public.tenants where id = $1`, w.ID); n != 10 {
		t.Errorf("what was not sent was changed: %d", n)
	}
	op.Put(console(app, "/tenants/"+w.ID.String()+"/limits"), url.Values{"records": {""}}).Want(http.StatusSeeOther) // empty is none of its own
	eventually(t, "its storage is full", func() bool {
		return strings.Contains(c.Post(w.URL("/customers"), url.Values{"name": {"The fourth"}}).Body, "1.0 MB")
	})
	op.Put(console(app, "/tenants/"+w.ID.String()+"/limits"), url.Values{"records": {"-1"}}).Want(http.StatusUnprocessableEntity).Find("#records-error")
}

// One statement takes as long as its workspace may, and the next is unharmed.
func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	r := apptest.Records["customers"](w)
	c := w.Client(w.Owner)
	limit(t, w, "limit_statement_ms", 200)
	lock, err := apptest.Superuser(t).Begin(t.Context()) // somebody's long transaction
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(t.Context(), `select from `+w.Schema+`.customers where id = $1 for update`, r.ID); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	page := w.URL("/customers/" + r.ID.String())
	res := c.Put(page, url.Values{"name": {"Changed"}, "version": {"1"}}).Want(http.StatusServiceUnavailable)
	if took := time.Since(began); took > tenant.DefaultLimits.Statement/2 || res.Header.Get("Retry-After") == "" {
		t.Errorf("gave up after %s, Retry-After %q", took, res.Header.Get("Retry-After"))
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Put(page, url.Values{"name": {"Changed"}, "version": {"1"}}).Want(http.StatusSeeOther)
}
