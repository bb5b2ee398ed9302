package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

func TestHosts(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, other := app.NewWorkspace(t), app.NewWorkspace(t)
	name := app.Base.Hostname()
	const workspace, site, console, unknown = "workspace", "site", "console", "unknown"
	cases := map[string]struct{ host, forwarded, want string }{
		"base":                    {host: app.Base.Host, want: site},
		"base, no port":           {host: name, want: site},
		"base, upper case":        {host: strings.ToUpper(name), want: site},
		"base, trailing dot":      {host: name + ".", want: site},
		"workspace":               {host: w.Slug + "." + app.Base.Host, want: workspace},
		"upper case":              {host: strings.ToUpper(w.Slug) + "." + name, want: workspace},
		"trailing dot":            {host: w.Slug + "." + name + ".", want: workspace},
		"trailing dot and port":   {host: w.Slug + "." + name + ".:8080", want: workspace},
		"another port":            {host: w.Slug + "." + name + ":1", want: workspace},
		"unknown":                 {host: "nobody-has-this." + name, want: unknown},
		"reserved":                {host: "www." + name, want: unknown},
		"operators' console":      {host: "admin." + name, want: console},
		"below the console":       {host: "a.admin." + name, want: unknown},
		"two labels":              {host: "a." + w.Slug + "." + name, want: unknown},
		"punycode":                {host: "xn--" + w.Slug + "." + name, want: unknown},
		"IPv4":                    {host: "127.0.0.1", want: unknown},
		"IPv6":                    {host: "[::1]:8080", want: unknown},
		"300 characters":          {host: strings.Repeat("a", 300) + "." + name, want: unknown},
		"another domain":          {host: w.Slug + ".example.com", want: unknown},
		"base as a suffix only":   {host: w.Slug + "evil" + name, want: unknown},
		"two trailing dots":       {host: w.Slug + "." + name + "..", want: unknown},
		"underscore":              {host: "a_b." + name, want: unknown},
		"letters for a port":      {host: w.Slug + "." + name + ":x", want: unknown},
		"forwarded by a stranger": {host: w.Slug + "." + name, forwarded: other.Slug + "." + name, want: workspace},
	}
	notFound := app.Client(t).Do(hostRequest(t, app, "nobody-has-this."+name, "")).Text("main")
	for what, tc := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			res := app.Client(t).Do(hostRequest(t, app, tc.host, tc.forwarded))
			switch tc.want {
			case site:
				res.Want(http.StatusOK)
				if !strings.Contains(res.Text("h1"), "Sign in") || strings.Contains(res.Body, w.Name) {
					t.Errorf("not the site's sign-in: %s", res.Text("h1"))
				}
			case console:
				if got := res.Want(http.StatusOK).Text("h1"); got != "Operators" {
					t.Errorf("h1 %q, want the console's", got)
				}
			case workspace:
				res.Want(http.StatusOK)
				if got := res.Text("h1"); got != "Sign in to "+w.Name {
					t.Errorf("h1 %q, want the one of %s", got, w.Name)
				}
			case unknown:
				if res.Status != http.StatusNotFound && res.Status != http.StatusBadRequest {
					t.Errorf("status %d, want 404", res.Status)
				}
				if res.Status == http.StatusNotFound && res.Text("main") != notFound {
					t.Errorf("the page tells more than that nothing is here: %q", res.Text("main"))
				}
			}
			if strings.Contains(res.Body, other.Name) {
				t.Error("another workspace's page")
			}
		})
	}
}

func hostRequest(t *testing.T, app *apptest.App, host, forwarded string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, app.Site("/signin"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	if forwarded != "" {
		r.Header.Set("X-Forwarded-Host", forwarded)
	}
	return r
}

// A rename, a deletion and a new name are known in every process at once.
func TestHostsFollowChanges(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	su := pg.Superuser(t)
	c := app.Client(t)
	fresh := pg.Unique("fresh")
	c.Get(app.At(fresh, "/signin")).Want(http.StatusNotFound) // the miss is cached
	c.Get(w.URL("/signin")).Want(http.StatusOK)
	if _, err := su.Exec(t.Context(), `update public.tenants set slug = $1 where id = $2`, fresh, w.ID); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, "the new name", func() bool { return c.Get(app.At(fresh, "/signin")).Status == http.StatusOK })
	c.Get(w.URL("/signin")).Want(http.StatusNotFound)
	if _, err := su.Exec(t.Context(), `update public.tenants set state = 'deleted' where id = $1`, w.ID); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, "the deletion", func() bool { return c.Get(app.At(fresh, "/signin")).Status == http.StatusNotFound })
}

// With the listener's connection killed nothing stale is served: the cache is
// bypassed until it listens again, and then empty. The database is its own, for
// the listeners of other tests are to live.
func TestHostsWithoutListener(t *testing.T) {
	t.Parallel()
	dsn := pg.NewDatabase(t)
	app := apptest.StartOwn(t, dsn, nil)
	d, err := db.Open(t.Context(), db.Config{URL: dsn, TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	in := auth.SignUpInput{Workspace: "Listened to", Slug: "listened-to", Name: "Nora", Email: "nora@example.com"}
	if _, err := auth.CreateWorkspace(t.Context(), d, in, shareddb.UserByEmailRow{}, "none"); err != nil {
		t.Fatal(err)
	}
	su, err := pgx.Connect(t.Context(), pg.Server(t).SuperuserURL(strings.TrimPrefix(mustParse(t, dsn).Path, "/")))
	if err != nil {
		t.Fatal(err)
	}
	defer su.Close(context.WithoutCancel(t.Context()))
	c := app.Client(t)
	u := app.At("listened-to", "/signin")
	c.Get(u).Want(http.StatusOK)
	wait.Until(t, "it listens, and the listener is killed", func() bool {
		var killed int
		err := su.QueryRow(t.Context(),
			`select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and query like 'listen%'`).
			Scan(&killed)
		return err == nil && killed > 0
	})
	if _, err := su.Exec(t.Context(), `update public.tenants set state = 'deleted' where slug = 'listened-to'`); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, "the deletion", func() bool { return c.Get(u).Status == http.StatusNotFound })
}

func TestDevelopmentPagesAreOnTheBaseHostAlone(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	app.Client(t).Get(app.Site("/dev/components")).Want(http.StatusOK)
	app.Client(t).Get(w.URL("/dev/mail")).Want(http.StatusNotFound)
}

// A verified custom domain is the workspace's too, and is forgotten with it.
func TestCustomDomains(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, other := app.NewWorkspace(t), app.NewWorkspace(t)
	su := pg.Superuser(t)
	host := pg.Unique("crm") + ".example.org"
	c := app.Client(t)
	status := func() int { return c.Do(hostRequest(t, app, host, "")).Status }
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := su.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	if got := status(); got != http.StatusNotFound {
		t.Errorf("before it is anybody's: %d", got)
	}
	exec(`insert into public.domains (host, tenant_id) values ($1, $2)`, host, w.ID)
	if got := status(); got != http.StatusNotFound {
		t.Errorf("before it is verified: %d", got)
	}
	exec(`update public.domains set verified_at = now() where host = $1`, host)
	wait.Until(t, "the domain", func() bool { return status() == http.StatusOK })
	if got := c.Do(hostRequest(t, app, host, "")).Text("h1"); got != "Sign in to "+w.Name {
		t.Errorf("it shows %q", got)
	}
	// Another workspace's change does not make it forget; its own does.
	exec(`update public.tenants set name = 'Renamed' where id = $1`, other.ID)
	exec(`update public.tenants set name = 'Renamed too' where id = $1`, w.ID)
	wait.Until(t, "the new name", func() bool { return c.Do(hostRequest(t, app, host, "")).Text("h1") == "Sign in to Renamed too" })
	exec(`delete from public.domains where host = $1`, host)
	wait.Until(t, "the end of the domain", func() bool { return status() == http.StatusNotFound })
}

// A former name leads on for thirty days, stays reserved as long, and is free
// then; a deleted workspace is dropped after as many, by the job, with what a
// killed import left.
func TestThirtyDays(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	op, _ := operator(t, app)
	former, now := w.Slug, pg.Unique("renamed")
	op.Put(app.Console("/tenants/"+w.ID.String()+"/slug"), url.Values{"slug": {now}}).Want(http.StatusSeeOther)
	wait.Until(t, "the former name leads on", func() bool {
		return app.Client(t).Get(app.At(former, "/deals")).Header.Get("Location") == app.At(now, "/deals")
	})
	app.Client(t).Post(app.Site("/signup"), signUpForm(former)).Want(http.StatusUnprocessableEntity)
	pg.Exec(t, `update public.former_slugs set until = now() - interval '1 second' where slug = $1`, former)
	app.Hosts.Forget(former)
	app.Client(t).Get(app.At(former, "/deals")).Want(http.StatusNotFound)
	app.Client(t).Post(app.Site("/signup"), signUpForm(former)).Want(http.StatusSeeOther)

	gone := app.NewWorkspace(t)
	op.Delete(app.Console("/tenants/"+gone.ID.String()), url.Values{"slug": {gone.Slug}}).Want(http.StatusSeeOther)
	half, err := pg.DB(t).CreateTenantSchemaAt(t.Context(), db.TenantVersion())
	if err != nil {
		t.Fatal(err)
	}
	schemas := func() int {
		return pg.Count(t, `select count(*) from pg_namespace where nspname = any($1)`, []string{gone.Schema, half})
	}
	if schemas() != 2 {
		t.Fatal("they are not there to begin with")
	}
	pg.Exec(t, `update public.tenants set deleted_at = now() - interval '31 days' where id = $1`, gone.ID)
	pg.Exec(t, `update public.tenants set created_at = now() - interval '2 days' where schema = $1`, half)
	if err := pg.DB(t).Shared(t.Context(), func(tx *db.SharedTx) error { return tx.Enqueue(t.Context(), tenant.DropJob{}) }); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, "both are dropped", func() bool { return schemas() == 0 })
	if n := pg.Count(t, `select count(*) from public.tenants where id = $1 and slug = $2 and not schema_made`, gone.ID, gone.Slug); n != 1 {
		t.Error("its name is not kept")
	}
	page := op.Get(app.Console("/tenants/" + gone.ID.String()))
	if h1 := page.Find("h1").Text(); h1 != gone.Slug {
		t.Errorf("the console calls it %q, want its address", h1)
	}
	if page.Select("#limits, #people").Length() != 0 {
		t.Error("the console has limits and people for what is gone")
	}
	app.Client(t).Post(app.Site("/signup"), signUpForm(gone.Slug)).Want(http.StatusUnprocessableEntity)
}

// A name that nobody has is no fault: whoever tries names wakes no operator.
func TestUnknownHostIsNoFault(t *testing.T) {
	t.Parallel()
	log := &pg.Log{}
	app := apptest.Logged(t, log)
	for _, path := range []string{"/", "/static/none.css"} {
		app.Client(t).Get("https://nobody-here." + app.Base.Host + path).Want(http.StatusNotFound)
	}
	if got := log.String(); strings.Contains(got, "level=ERROR") || strings.Count(got, "status=404") != 1 {
		t.Errorf("logged: %s", got)
	}
}
