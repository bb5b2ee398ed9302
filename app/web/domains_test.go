package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/domains"
)

// foreign is a browser that takes any certificate: the app has none for domains
// here; app/cli's TestCertificatesOnDemand gets them.
func foreign(t *testing.T, app *apptest.App) *apptest.Client {
	c := app.Client(t)
	c.Insecure()
	return c
}

func domainURL(app *apptest.App, host, path string) string {
	return "https://" + host + ":" + app.Base.Port() + path
}

// Added, proven, used, taken away; and what is no domain of theirs.
func TestDomains(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, other := app.NewWorkspace(t), app.NewWorkspace(t)
	c, oc := w.Client(w.Owner), other.Client(other.Owner)
	host := pg.Unique("crm") + ".example.com"
	add := func(c *apptest.Client, w *apptest.Workspace, host string, status int) *apptest.Response {
		t.Helper()
		return c.Post(w.URL("/settings/domains"), url.Values{"host": {host}}).Want(status)
	}
	for _, bad := range []string{"", "localhost", "not a domain", strings.Repeat("a", 64) + ".example", "127.0.0.1", "[::1]", "http://",
		"-a.example", app.Base.Hostname(), "x." + app.Base.Hostname(), other.Slug + "." + app.Base.Hostname()} {
		add(c, w, bad, http.StatusUnprocessableEntity).Find("#host-error")
	}
	add(c, w, "https://"+strings.ToUpper(host)+"/path", http.StatusSeeOther)
	page := c.Get(w.URL("/settings/domains")).Want(http.StatusOK)
	if got := page.Text(".records"); !strings.Contains(got, "_paddock."+host) || !strings.Contains(got, w.Slug+"."+app.Base.Hostname()) {
		t.Errorf("the records to make: %q", got)
	}
	value := page.Find(".records .secret").First().Text()
	verify := w.URL("/settings/domains/" + host + "/verification")
	visit := func(status int) { t.Helper(); foreign(t, app).Get(domainURL(app, host, "/signin")).Want(status) }
	c.Post(verify, nil).Want(http.StatusUnprocessableEntity)
	visit(http.StatusNotFound)
	app.DNS.SetTXT("_paddock."+host, "paddock-domain=somebody-elses")
	c.Post(verify, nil).Want(http.StatusUnprocessableEntity)
	oc.Post(other.URL("/settings/domains/"+host+"/verification"), nil).Want(http.StatusNotFound)
	app.DNS.SetTXT("_paddock."+host, value)
	c.Post(verify, nil).Want(http.StatusSeeOther)
	wait.Until(t, "it answers there", func() bool {
		return foreign(t, app).Get(domainURL(app, host, "/signin")).Status == http.StatusOK
	})

	// One signs in there, and is nobody elsewhere.
	there := foreign(t, app)
	there.Post(domainURL(app, host, "/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
	there.Get(domainURL(app, host, "/customers")).Want(http.StatusOK)
	signedOut(t, "at the workspace's own address", there.Get(w.URL("/customers")))

	// Another can claim it and not have it, while this one proves it; nor by a
	// race.
	add(oc, other, host, http.StatusSeeOther)
	app.DNS.SetTXT("_paddock."+host, oc.Get(other.URL("/settings/domains")).Find(".records .secret").First().Text())
	oc.Post(other.URL("/settings/domains/"+host+"/verification"), nil).Want(http.StatusConflict)
	app.DNS.SetTXT("_paddock."+host, value)

	// Ten at most.
	for i := range 9 {
		add(c, w, fmt.Sprintf("d%d.%s", i, host), http.StatusSeeOther)
	}
	add(c, w, "one-more."+host, http.StatusUnprocessableEntity).Find("#host-error")
	c.Delete(w.URL("/settings/domains/"+host), nil).Want(http.StatusSeeOther)
	wait.Until(t, "it is gone", func() bool {
		return foreign(t, app).Get(domainURL(app, host, "/signin")).Status == http.StatusNotFound
	})
	c.Delete(w.URL("/settings/domains/"+host), nil).Want(http.StatusNotFound)
	if got := c.Get(w.URL("/settings/audit")).Text(".audit"); !strings.Contains(got, "Domain "+host+" proven") ||
		!strings.Contains(got, "Domain "+host+" removed") {
		t.Errorf("the audit log: %q", got)
	}
}

// A domain whose record is gone is given up, after its owners were told and had
// three days; one that could not be asked about is not.
func TestDanglingDomain(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	host := pg.Unique("dangling") + ".example.com"
	c.Post(w.URL("/settings/domains"), url.Values{"host": {host}}).Want(http.StatusSeeOther)
	value := c.Get(w.URL("/settings/domains")).Find(".records .secret").First().Text()
	app.DNS.SetTXT("_paddock."+host, value)
	c.Post(w.URL("/settings/domains/"+host+"/verification"), nil).Want(http.StatusSeeOther)
	// state is what the next run of the job makes of it.
	state := func(failing time.Duration) (bound, fails bool) {
		t.Helper()
		pg.Exec(t, `update public.domains set checked_at = now() - interval '1 day', failing_since = case when $2 > 0
			then now() - make_interval(secs => $2) end where host = $1`, host, failing.Seconds())
		err := pg.DB(t).Shared(t.Context(), func(tx *db.SharedTx) error { return tx.Enqueue(t.Context(), domains.CheckJob{}) })
		if err != nil {
			t.Fatal(err)
		}
		wait.Until(t, "it was looked at", func() bool {
			var looked bool
			err := pg.Superuser(t).QueryRow(t.Context(),
				`select checked_at > now() - interval '1 hour', verified_at is not null, failing_since is not null from public.domains where host = $1`,
				host).Scan(&looked, &bound, &fails)
			return err == nil && looked
		})
		return bound, fails
	}
	if bound, fails := state(0); !bound || fails {
		t.Errorf("with its record: bound %v, failing %v", bound, fails)
	}
	app.DNS.SetTXT("_paddock."+host, "")
	if bound, fails := state(0); !bound || !fails {
		t.Errorf("when its record has just gone: bound %v, failing %v", bound, fails)
	}
	app.Mail(t, w.Owner.Email, "the proof that it is yours is gone")
	c.Get(w.URL("/settings/domains")).Want(http.StatusOK).Find(".settings-rows .amber")
	app.DNS.SetTXT("_paddock."+host, value)
	if bound, fails := state(time.Hour); !bound || fails {
		t.Errorf("with its record back: bound %v, failing %v", bound, fails)
	}
	app.DNS.SetTXT("_paddock."+host, "SERVFAIL")
	if bound, fails := state(0); !bound || fails {
		t.Errorf("when nobody can say: bound %v, failing %v", bound, fails)
	}
	app.DNS.SetTXT("_paddock."+host, "")
	if bound, _ := state(domains.Grace + time.Minute); bound {
		t.Error("still bound after three days")
	}
	app.Mail(t, w.Owner.Email, "is not at "+host+" any more")
	wait.Until(t, "it does not answer any more", func() bool {
		return foreign(t, app).Get(domainURL(app, host, "/signin")).Status == http.StatusNotFound
	})
	if got := c.Get(w.URL("/settings/audit")).Text(".audit"); !strings.Contains(got,
		"The system changed the settings Domain "+host+" unbound") {
		t.Errorf("the audit log: %q", got)
	}
}
