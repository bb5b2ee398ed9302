package web_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/web"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// TestIsolation walks the route table: a route is covered as soon as it stands
// there. Every case also shows that the rightful member gets in, so that a
// broken route cannot pass as a safe one.
func TestIsolation(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	wa, wb := app.NewWorkspace(t), app.NewWorkspace(t)
	for _, route := range web.WorkspaceRoutes(app.Web) {
		if open(route) {
			continue // TestOpenRoutes
		}
		t.Run(route.Method+" "+route.Path, func(t *testing.T) {
			t.Parallel()
			a, b := wa, wb
			if unsettling(route) {
				a, b = app.NewWorkspace(t), app.NewWorkspace(t)
			}
			ra, rb := record(t, a, route), record(t, b, route)
			memberA, memberB := a.Client(a.Owner), b.Client(b.Owner)

			// The rightful member, and what is known of the record.
			res := send(memberB, route, b, rb)
			switch want := incomplete[route.Method+" "+route.Path]; {
			case want != 0:
				res.Want(want)
			case leads[route.Path] && route.Method == http.MethodGet:
				res.Want(http.StatusSeeOther)
			case route.Method == http.MethodGet:
				res.Want(http.StatusOK)
				if !strings.Contains(res.Body, b.Name) && !nameless(route) {
					t.Errorf("the page does not name the workspace %q", b.Name)
				}
				if rb.Known != "" && !strings.Contains(res.Body, rb.Known) {
					t.Errorf("the page does not show %q", rb.Known)
				}
			case res.Status != http.StatusOK && res.Status != http.StatusSeeOther || strings.HasPrefix(res.Header.Get("Location"), "/signin"):
				t.Errorf("the rightful member got %d %s\n%s", res.Status, res.Header.Get("Location"), res.Body)
			}

			// A member of A asks A for B's record.
			if strings.Contains(route.Path, ":") {
				res := send(memberA, route, a, rb)
				if res.Status != http.StatusNotFound {
					t.Errorf("B's id on A's host: %d, want 404", res.Status)
				}
				secret(t, res, b, rb)
			}
			// A session of A is nobody on B's host.
			stolen := app.Client(t)
			from, _ := url.Parse(a.URL("/"))
			to, _ := url.Parse(b.URL("/"))
			stolen.HTTP.Jar.SetCookies(to, memberA.HTTP.Jar.Cookies(from))
			res = send(stolen, route, b, rb)
			signedOut(t, "A's session on B's host", res)
			secret(t, res, b, rb)
			// Signed in on B's host, but no member there.
			res = send(b.Client(a.Owner), route, b, rb)
			if res.Status != http.StatusForbidden {
				t.Errorf("no membership: %d, want 403", res.Status)
			}
			secret(t, res, b, rb)
			// Nobody.
			res = send(app.Client(t), route, b, rb)
			signedOut(t, "signed out", res)
			secret(t, res, b, rb)
			nobody := app.Client(t)
			nobody.HTMX = true
			if res = send(nobody, route, b, rb); res.Status != http.StatusOK || !strings.HasPrefix(res.Header.Get("HX-Redirect"), "/signin") ||
				res.Body != "" {
				t.Errorf("signed out, by HTMX: %d %q", res.Status, res.Header.Get("HX-Redirect"))
			}
			// After all that A still has its own.
			if route.Method == http.MethodGet {
				want := http.StatusOK
				if leads[route.Path] {
					want = http.StatusSeeOther
				}
				send(memberA, route, a, ra).Want(want)
			}
		})
	}
}

// TestOpenRoutes: what needs no membership shows nothing of the workspace but
// its name, which the sign-in page says.
func TestOpenRoutes(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	r := apptest.Records["customers"](w)
	stranger := pg.NewUser(t)
	for _, route := range web.WorkspaceRoutes(app.Web) {
		if !open(route) {
			continue
		}
		for name, c := range map[string]*apptest.Client{"nobody": app.Client(t), "a stranger": w.Client(stranger)} {
			res := send(c, route, w, apptest.Record{})
			if res.Status >= 500 || strings.Contains(res.Body, r.Known) {
				t.Errorf("%s %s by %s: %d", route.Method, route.Path, name, res.Status)
			}
			if route.Permission.Level() == auth.SignedIn && name == "nobody" {
				signedOut(t, route.Path, res)
			}
		}
	}
}

func TestRemovedMemberIsOutAtTheNextClick(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	u := pg.NewUser(t)
	w.Join(u, auth.Member)
	c := w.Client(u)
	c.Get(w.URL("/customers")).Want(http.StatusOK)
	if _, err := pg.Superuser(t).Exec(t.Context(), `delete from public.memberships where user_id = $1`, u.ID); err != nil {
		t.Fatal(err)
	}
	res := c.Get(w.URL("/customers")).Want(http.StatusForbidden)
	res.Find(`form[action="/signout"]`)
	res.Find(`a[href="/workspaces"]`)
}

// TestRoles sends every role, and somebody who is no member, to every route and
// compares with the table of permissions.
func TestRoles(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	for _, role := range []auth.Role{auth.Owner, auth.Admin, auth.Member, auth.Viewer, auth.NoRole} {
		shared, user := app.NewWorkspace(t), pg.NewUser(t)
		if role != auth.NoRole {
			shared.Join(user, role)
			shared.Author = user // a note is its author's to change
		}
		for _, route := range web.WorkspaceRoutes(app.Web) {
			if open(route) {
				continue
			}
			t.Run(string(role)+" "+route.Method+" "+route.Path, func(t *testing.T) {
				t.Parallel()
				w, u := shared, user
				if unsettling(route) && role.May(route.Permission) {
					w, u = app.NewWorkspace(t), pg.NewUser(t)
					w.Join(u, role)
				}
				r := record(t, w, route)
				res := send(w.Client(u), route, w, r)
				want := []int{http.StatusForbidden}
				if role.May(route.Permission) {
					want = []int{http.StatusOK, http.StatusSeeOther}
					for _, table := range []map[string]int{incomplete, others} {
						if status := table[route.Method+" "+route.Path]; status != 0 {
							want = []int{status}
						}
					}
				}
				if !slices.Contains(want, res.Status) || strings.HasPrefix(res.Header.Get("Location"), "/signin") {
					t.Errorf("status %d to %q, want one of %v", res.Status, res.Header.Get("Location"), want)
				}
			})
		}
	}
}

// TestPermissionTable writes the table down a second time: a slip in the first
// would let TestRoles pass.
func TestPermissionTable(t *testing.T) {
	t.Parallel()
	want := map[auth.Role]string{
		auth.Owner: "read write manage own", auth.Admin: "read write manage", auth.Member: "read write", auth.Viewer: "read", auth.NoRole: "",
	}
	names := map[auth.Permission]string{auth.Read: "read", auth.Write: "write", auth.Manage: "manage", auth.Own: "own"}
	for role, may := range want {
		for p, name := range names {
			for _, p := range []auth.Permission{p, p | auth.Sudo, p | auth.Account} {
				if got, want := role.May(p), strings.Contains(may, name); got != want {
					t.Errorf("%q may %s: %v", role, name, got)
				}
			}
		}
	}
	// Every route, of every kind of host, with what it asks.
	var got strings.Builder
	levels := map[auth.Permission]string{auth.Anyone: "anyone", auth.SignedIn: "signed in", auth.Read: "read", auth.Write: "write",
		auth.Manage: "manage", auth.Own: "own", auth.Operate: "operate"}
	server := apptest.Start(t).Web
	for _, host := range []struct {
		name   string
		routes []web.Route
	}{{"base host", web.SiteRoutes(server)}, {"workspace", web.WorkspaceRoutes(server)}, {"console", web.ConsoleRoutes(server)}} {
		fmt.Fprintf(&got, "# %s\n", host.name)
		for _, r := range host.routes {
			asks := levels[r.Permission.Level()]
			if r.Permission&auth.Sudo != 0 {
				asks += ", sudo"
			}
			if r.Permission&auth.Account != 0 {
				asks += ", account"
			}
			fmt.Fprintf(&got, "%s %s: %s\n", r.Method, r.Path, asks)
		}
	}
	golden, err := os.ReadFile("testdata/permissions.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(golden) {
		written, asked := strings.Split(string(golden), "\n"), strings.Split(got.String(), "\n")
		for _, line := range asked {
			if !slices.Contains(written, line) {
				t.Errorf("a route asks for what testdata/permissions.txt does not say; what is meant is written there by hand: %s", line)
			}
		}
		for _, line := range written {
			if !slices.Contains(asked, line) {
				t.Errorf("testdata/permissions.txt says what no route asks: %s", line)
			}
		}
		t.Error("the order differs, or a line stands twice")
	}
}

// A route that names no permission does not start.
func TestRouteWithoutPermission(t *testing.T) {
	t.Parallel()
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "GET /forgotten") {
			t.Errorf("it started: %s", got)
		}
	}()
	web.Mount(apptest.Start(t).Web, []web.Route{{Method: http.MethodGet, Path: "/forgotten"}})
}

// open routes need no membership.
func open(r web.Route) bool {
	return r.Permission.Level() == auth.Anyone || r.Permission.Level() == auth.SignedIn
}

// unsettling routes change who one is or what the workspace is called: each
// test of one has workspaces of its own.
func unsettling(r web.Route) bool {
	return r.Method != http.MethodGet && (strings.HasPrefix(r.Path, "/settings/") || strings.HasPrefix(r.Path, "/passkeys/") ||
		strings.HasPrefix(r.Path, "/email/")) ||
		strings.HasPrefix(r.Path, "/avatars/")
}

// nameless routes answer with something else than a page.
func nameless(r web.Route) bool {
	return strings.HasSuffix(r.Path, "/options") || strings.HasSuffix(r.Path, "/names") || strings.HasSuffix(r.Path, "/matches") ||
		strings.HasSuffix(r.Path, ".csv") ||
		strings.HasPrefix(r.Path, "/avatars/") || strings.HasPrefix(r.Path, "/settings/data/exports/") || r.Path == "/email/verify" ||
		strings.HasPrefix(r.Path, "/notifications/") || r.Path == "/tasks/understood"
}

// incomplete routes need more than a plain form, and have tests of their own:
// this is what they answer to one.
var incomplete = map[string]int{
	"POST /passkeys/registration/finish": http.StatusUnprocessableEntity,
	"PUT /settings/profile/avatar":       http.StatusUnprocessableEntity,
	"PUT /settings/signin/provider":      http.StatusUnprocessableEntity,
	"DELETE /settings/data":              http.StatusUnprocessableEntity,
	"PUT /settings/notifications":        http.StatusUnprocessableEntity,
}

// leads are routes that show nothing themselves.
var leads = map[string]bool{"/notifications/:id": true} // to what it tells of

// others are routes about what belongs to one person, who is not the one that
// TestRoles sends: it may ask, and there is nothing of its own.
var others = map[string]int{
	"DELETE /settings/security/passkeys/:id": http.StatusNotFound,
	"DELETE /settings/security/sessions/:id": http.StatusNotFound,
	"GET /notifications/:id":                 http.StatusNotFound,
	"PUT /settings/ownership":                http.StatusNotFound,
	"DELETE /settings/ownership":             http.StatusNotFound,
	"POST /email/verify":                     http.StatusNotFound,
	"POST /settings/security/totp":           http.StatusBadRequest,
	"POST /settings/security/recovery-codes": http.StatusUnprocessableEntity,
}

func TestSuspendedWorkspace(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	u := pg.NewUser(t)
	w.Join(u, auth.Member)
	c := w.Client(w.Owner)
	c.Get(w.URL("/customers")).Want(http.StatusOK)
	if _, err := pg.Superuser(t).Exec(t.Context(), `update public.tenants set state = 'suspended' where id = $1`, w.ID); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, "the suspension is known", func() bool { return c.Get(w.URL("/customers")).Status == http.StatusForbidden })
	if text := c.Get(w.URL("/")).Text("h1"); !strings.Contains(text, "suspended") {
		t.Errorf("the page says %q", text)
	}
	if owner, member := c.Get(w.URL("/")).Text("main"), w.Client(u).Get(w.URL("/")).Text("main"); !strings.Contains(owner, "You own it") ||
		strings.Contains(member, "You own it") {
		t.Errorf("the owner is told %q, a member %q", owner, member)
	}
}

// record makes the record that the path is about, the zero one for no id.
func record(t *testing.T, w *apptest.Workspace, route web.Route) apptest.Record {
	t.Helper()
	make, ok := apptest.Records[route.Method+" "+route.Path] // one in the right state for it
	if !ok && !strings.Contains(route.Path, ":") {
		return apptest.Record{}
	}
	entity, _, _ := strings.Cut(strings.TrimPrefix(route.Path, "/"), "/:")
	if !ok {
		make, ok = apptest.Records[entity]
	}
	if !ok {
		t.Fatalf("apptest.Records has no line for %q: add one, so that its routes are covered", entity)
	}
	return make(w)
}

// send asks for the route with the record's id and form, at the version that a
// new record has.
func send(c *apptest.Client, route web.Route, w *apptest.Workspace, r apptest.Record) *apptest.Response {
	u := w.URL(strings.NewReplacer(":id", r.ID.String(), ":slug", w.Slug, ":name", r.Param, ":domain", r.Param, ":host", r.Param, ":provider",
		"workspace", ":token", "none").Replace(route.Path))
	form := url.Values{"version": {"1"}, "name": {"Created by the test"}, "last_name": {"Created"}, "subject": {"Created by the test"},
		"body": {"Written by the test"}, "label": {"Created by the test"}}
	if route.Path == "/notes" {
		form["subject_type"], form["subject_id"] = []string{"customer"},
			[]string{w.Customer(tenantdb.CustomerUpdateParams{Name: "With a note"}).String()}
	}
	maps.Copy(form, r.Form)
	switch route.Method {
	case http.MethodGet:
		return c.Get(u)
	case http.MethodPut:
		return c.Put(u, form)
	case http.MethodDelete:
		return c.Delete(u, form)
	default:
		return c.Post(u, form)
	}
}

func signedOut(t *testing.T, who string, res *apptest.Response) {
	t.Helper()
	if res.Status != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), "/signin") {
		t.Errorf("%s: %d %q, want 303 to /signin", who, res.Status, res.Header.Get("Location"))
	}
}

func secret(t *testing.T, res *apptest.Response, w *apptest.Workspace, r apptest.Record) {
	t.Helper()
	if r.Known != "" && strings.Contains(res.Body, r.Known) || strings.Contains(res.Body, w.Owner.Email) {
		t.Errorf("the answer shows what it must not:\n%s", res.Body)
	}
}
