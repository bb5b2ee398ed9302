package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
)

func signUpForm(slug string) url.Values {
	return url.Values{
		"workspace": {"Workspace of " + slug}, "slug": {slug}, "name": {"Nora Lind"},
		"email": {slug + "@example.com"}, "password": {pg.Password},
	}
}

func TestSignUpLeadsIntoTheWorkspace(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	slug := pg.Unique("signup")
	c := app.Client(t)
	res := c.Post(app.Site("/signup"), signUpForm(slug)).Want(http.StatusSeeOther)
	to := res.Header.Get("Location")
	if !strings.HasPrefix(to, app.At(slug, "/handoff?token=")) {
		t.Fatalf("Location %q", to)
	}
	home := c.Get(to).Want(http.StatusSeeOther)
	if home.Header.Get("Location") != "/" {
		t.Errorf("the hand-off leads to %q", home.Header.Get("Location"))
	}
	if got := c.Get(app.At(slug, "/")).Want(http.StatusOK).Text("h2"); !strings.Contains(got, "Welcome to Workspace of "+slug) {
		t.Errorf("the workspace opens with %q", got)
	}
	// The token is used up, also in another browser.
	if got := app.Client(t).Get(to).Want(http.StatusSeeOther).Header.Get("Location"); got != "/signin" {
		t.Errorf("a used token leads to %q", got)
	}
	// It is the owner's, and the mail tells where it is.
	if m := app.Mail(t, slug+"@example.com", "is ready on Paddock"); !strings.Contains(m.Text, app.At(slug, "/")) ||
		!strings.Contains(m.HTML, app.At(slug, "/")) {
		t.Errorf("the mail: %+v", m)
	}
	// A further workspace takes the account's right password, and the address proven.
	pg.Exec(t, `update public.users set email_verified_at = now() where email = $1`, slug+"@example.com")
	form := signUpForm(pg.Unique("second"))
	form.Set("email", strings.ToUpper(slug+"@example.com"))
	form.Set("password", "not this account's at all")
	app.Client(t).Post(app.Site("/signup"), form).Want(http.StatusUnprocessableEntity).Find("#email[aria-invalid]")
	form.Set("password", pg.Password)
	c2 := app.Client(t)
	c2.Get(c2.Post(app.Site("/signup"), form).Want(http.StatusSeeOther).Header.Get("Location"))
	c2.Post(app.Site("/signin"), url.Values{"email": {slug + "@example.com"}, "password": {pg.Password}}).Want(http.StatusSeeOther)
	if n := c2.Get(app.Site("/workspaces")).Find(".rows li").Length(); n != 2 {
		t.Errorf("%d workspaces, want 2", n)
	}
}

func TestSignUpShowsMistakesAtTheirFields(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	taken := app.NewWorkspace(t)
	for what, tc := range map[string]struct{ field, value string }{
		"taken":              {"slug", taken.Slug},
		"taken, in capitals": {"slug", strings.ToUpper(taken.Slug)},
		"reserved":           {"slug", "admin"},
		"short":              {"slug", "ab"},
		"long":               {"slug", strings.Repeat("a", 41)},
		"two hyphens":        {"slug", "a--b"},
		"starts with one":    {"slug", "-ab"},
		"ends with one":      {"slug", "ab-"},
		"starts with digit":  {"slug", "1abc"},
		"a dot":              {"slug", "a.b.c"},
		"an umlaut":          {"slug", "müller"},
		"no slug":            {"slug", ""},
		"no name":            {"name", ""},
		"no workspace":       {"workspace", "   "},
		"no email":           {"email", ""},
		"half an email":      {"email", "nora@"},
		"no host":            {"email", "nora@localhost"},
		"two addresses":      {"email", "a@example.com, b@example.com"},
		"short password":     {"password", "elevenchars"},
		"long password":      {"password", strings.Repeat("x", 201)},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			form := signUpForm(pg.Unique("mistake"))
			form.Set(tc.field, tc.value)
			for _, htmx := range []bool{false, true} {
				c := app.Client(t)
				c.HTMX = htmx
				res := c.Post(app.Site("/signup"), form).Want(http.StatusUnprocessableEntity)
				if res.Find("#"+tc.field+"[aria-invalid]").Length() != 1 {
					t.Errorf("no mark at %s", tc.field)
				}
				note := res.Find("#" + tc.field + "-error, #slug-check .error").Text()
				if strings.TrimSpace(note) == "" {
					t.Error("no message")
				}
				for _, keep := range []string{"workspace", "name", "email"} {
					got, _ := res.Find("#" + keep).Attr("value")
					if want := strings.TrimSpace(form.Get(keep)); got != want {
						t.Errorf("%s holds %q, typed was %q", keep, got, want)
					}
				}
				if strings.Contains(res.Body, form.Get("password")) && form.Get("password") != "" {
					t.Error("the page repeats the password")
				}
				if htmx == (res.Select("html").Length() > 0 && strings.Contains(res.Body, "<html")) {
					t.Errorf("HTMX %v got the wrong of page and fragment", htmx)
				}
			}
		})
	}
}

func TestSlugCheck(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := app.Client(t)
	c.HTMX = true
	for slug, want := range map[string]string{
		w.Slug: "taken", strings.ToUpper(w.Slug): "taken", "www": "reserved", "x": "3 to 40", "xn--abc": "single hyphens",
		"free-" + w.Slug: "is free", "": "3 to 40", "' or 1=1 --": "single hyphens",
	} {
		res := c.Get(app.Site("/signup/slug?slug=" + url.QueryEscape(slug))).Want(http.StatusOK)
		if got := res.Text("#slug-check"); !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q in it", slug, got, want)
		}
	}
}

// Fifty at once for one slug: one workspace and 49 clear errors.
func TestSignUpRace(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	slug := pg.Unique("race")
	var wg sync.WaitGroup
	status := make([]int, 50)
	for i := range status {
		wg.Go(func() {
			form := signUpForm(slug)
			form.Set("email", fmt.Sprintf("racer%d-%s@example.com", i, slug))
			res := app.Client(t).Post(app.Site("/signup"), form)
			status[i] = res.Status
			if res.Status == http.StatusUnprocessableEntity && !strings.Contains(res.Text("#slug-check"), "taken") {
				t.Errorf("an unclear error: %s", res.Text("form"))
			}
		})
	}
	wg.Wait()
	slices.Sort(status)
	if status[0] != http.StatusSeeOther || status[1] != http.StatusUnprocessableEntity || status[49] != http.StatusUnprocessableEntity {
		t.Errorf("answers: %v", status)
	}
	var tenants, users, members int
	err := pg.Superuser(t).QueryRow(t.Context(), `
		select (select count(*) from public.tenants where slug = $1), (select count(*) from public.users
		where email like 'racer%-' || $1 || '@%'),
		       (select count(*) from public.memberships m join public.tenants t on t.id = m.tenant_id
		       where t.slug = $1)`, slug).Scan(&tenants, &users, &members)
	if err != nil || tenants != 1 || users != 1 || members != 1 {
		t.Errorf("%d workspaces, %d users, %d memberships: %v", tenants, users, members, err)
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	right := url.Values{"email": {" " + strings.ToUpper(w.Owner.Email) + " "}, "password": {pg.Password}}
	for what, at := range map[string]func(string) string{"workspace": w.URL, "site": app.Site} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c := app.Client(t)
			res := c.Post(at("/signin"), right).Want(http.StatusSeeOther)
			if want := map[string]string{"workspace": "/", "site": "/workspaces"}[what]; res.Header.Get("Location") != want {
				t.Errorf("leads to %q", res.Header.Get("Location"))
			}
			for _, cookie := range res.Header.Values("Set-Cookie") {
				if !strings.HasPrefix(cookie, "__Host-paddock=") && !strings.HasPrefix(cookie, "__Host-device=") ||
					!strings.Contains(cookie, "; Secure") || !strings.Contains(cookie, "; HttpOnly") ||
					!strings.Contains(cookie, "; SameSite=Lax") || strings.Contains(strings.ToLower(cookie), "domain=") {
					t.Errorf("cookie %q", cookie)
				}
			}
			if strings.Contains(c.Follow(res).Want(http.StatusOK).Body, "Sign in to") {
				t.Error("not signed in")
			}
			// The session is renewed, and the old one is over.
			before, _ := url.Parse(at("/"))
			old := c.HTTP.Jar.Cookies(before)
			c.Post(at("/signin"), right).Want(http.StatusSeeOther)
			if sessionCookie(c, before) == sessionOf(old) {
				t.Error("the session was not renewed")
			}
			thief := app.Client(t)
			thief.HTTP.Jar.SetCookies(before, old)
			thief.Get(at("/workspaces")).Want(http.StatusSeeOther)
			// Sign-out ends it, also for a copy of the cookie.
			now := c.HTTP.Jar.Cookies(before)
			c.Post(at("/signout"), url.Values{}).Want(http.StatusSeeOther)
			thief.HTTP.Jar.SetCookies(before, now)
			thief.Get(at("/workspaces")).Want(http.StatusSeeOther)
		})
	}
}

func TestSignInRefused(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	u := pg.NewUser(t)
	wrong := url.Values{"email": {u.Email}, "password": {"not the password"}, "next": {"/customers"}}
	unknown := url.Values{"email": {"nobody-" + u.Email}, "password": {"not the password"}, "next": {"/customers"}}
	a := app.Client(t).Post(app.Site("/signin"), wrong).Want(http.StatusUnprocessableEntity)
	b := app.Client(t).Post(app.Site("/signin"), unknown).Want(http.StatusUnprocessableEntity)
	if strings.ReplaceAll(a.Body, u.Email, "X") != strings.ReplaceAll(b.Body, "nobody-"+u.Email, "X") {
		t.Error("an unknown address is answered otherwise than a wrong password")
	}
	if got, _ := a.Find("#email").Attr("value"); got != u.Email {
		t.Errorf("the address typed is lost: %q", got)
	}
	if got, _ := a.Find("[name=next]").Attr("value"); got != "/customers" {
		t.Errorf("next is lost: %q", got)
	}
}

func TestSignInThrottle(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	u := pg.NewUser(t)
	wrong := url.Values{"email": {u.Email}, "password": {"not the password"}}
	c := app.Client(t)
	for range 10 {
		c.Post(app.Site("/signin"), wrong).Want(http.StatusUnprocessableEntity)
	}
	for _, password := range []string{"not the password", pg.Password} { // also the right one, or it could be guessed
		wrong.Set("password", password)
		res := c.Post(app.Site("/signin"), wrong).Want(http.StatusTooManyRequests)
		if res.Header.Get("Retry-After") == "" || !strings.Contains(res.Text(".notice"), "Too many attempts") {
			t.Errorf("Retry-After %q, %q", res.Header.Get("Retry-After"), res.Text("form"))
		}
	}
	// Another account is not held up, nor its owner elsewhere.
	app.Client(t).Post(app.Site("/signin"), wrong).Want(http.StatusSeeOther)
	other := pg.NewUser(t)
	c.Post(app.Site("/signin"), url.Values{"email": {other.Email}, "password": {pg.Password}}).Want(http.StatusSeeOther)
}

func TestNextStaysOnThisHost(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	for next, want := range map[string]string{
		"/customers?q=a": "/customers?q=a", "": "/", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/",
		"javascript:alert(1)": "/", "/\t/evil.example": "/", "customers": "/", "/%2f/evil": "/%2f/evil",
	} {
		res := app.Client(t).Post(w.URL("/signin"), url.Values{"email": {w.Owner.Email}, "password": {pg.Password}, "next": {next}}).
			Want(http.StatusSeeOther)
		if got := res.Header.Get("Location"); got != want {
			t.Errorf("next=%q leads to %q, want %q", next, got, want)
		}
	}
	res := app.Client(t).Get(w.URL("/customers?q=a&sort=-name"))
	if want := "/signin?next=" + url.QueryEscape("/customers?q=a&sort=-name"); res.Header.Get("Location") != want {
		t.Errorf("asks to sign in at %q, want %q", res.Header.Get("Location"), want)
	}
}

func TestSwitchingWorkspaces(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	a, b, foreign := app.NewWorkspace(t), app.NewWorkspace(t), app.NewWorkspace(t)
	b.Join(a.Owner, auth.Member)
	c := a.Client(a.Owner)
	c.HTMX = true
	options := c.Get(a.URL("/workspaces")).Want(http.StatusOK)
	if options.Select(`form[action="/workspaces/`+b.Slug+`/visit"]`).Length() != 1 || strings.Contains(options.Body, foreign.Name) {
		t.Errorf("the switcher offers\n%s", options.Body)
	}
	res := c.Post(a.URL("/workspaces/"+b.Slug+"/visit"), url.Values{}).Want(http.StatusOK)
	to := res.Header.Get("HX-Redirect")
	c.HTMX = false
	c.Get(to).Want(http.StatusSeeOther)
	if got := c.Get(b.URL("/")).Want(http.StatusOK).Text(".switcher summary span:nth-child(2)"); got != b.Name {
		t.Errorf("landed in %q", got)
	}
	c.Post(a.URL("/workspaces/"+foreign.Slug+"/visit"), url.Values{}).Want(http.StatusNotFound)
	c.Post(a.URL("/workspaces/nobody-here/visit"), url.Values{}).Want(http.StatusNotFound)
}

// A hand-off is for one person, one workspace, once; it asks before it
// replaces somebody else's session.
func TestHandoff(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	a, b := app.NewWorkspace(t), app.NewWorkspace(t)
	other := pg.NewUser(t)
	a.Join(other, auth.Member)

	// Of another workspace: nobody, and still good at home.
	token := a.Handoff(a.Owner)
	c := app.Client(t)
	c.Post(b.URL("/handoff"), url.Values{"token": {token}}).Want(http.StatusSeeOther)
	signedOut(t, "after another workspace's token", c.Get(b.URL("/")))
	c.Post(a.URL("/handoff"), url.Values{"token": {token}}).Want(http.StatusSeeOther)
	c.Get(a.URL("/")).Want(http.StatusOK)

	// Somebody else is signed in: it asks.
	token = a.Handoff(other)
	res := c.Get(a.URL("/handoff?token=" + token)).Want(http.StatusOK)
	if !strings.Contains(res.Text("main"), other.Name) || !strings.Contains(res.Text("main"), a.Owner.Name) {
		t.Errorf("it asks %q", res.Text("main"))
	}
	if got := c.Get(a.URL("/")).Text(".popover .head"); !strings.Contains(got, a.Owner.Email) {
		t.Errorf("the session was replaced unasked: %q", got)
	}
	c.Post(a.URL("/handoff"), url.Values{"token": {token}}).Want(http.StatusSeeOther)
	if got := c.Get(a.URL("/")).Text(".popover .head"); !strings.Contains(got, other.Email) {
		t.Errorf("after saying yes one is %q", got)
	}

	// 50 at once: one success.
	token = a.Handoff(a.Owner)
	var wg sync.WaitGroup
	results := make([]string, 50)
	for i := range results {
		wg.Go(func() {
			results[i] = app.Client(t).Post(a.URL("/handoff"), url.Values{"token": {token}}).Header.Get("Location")
		})
	}
	wg.Wait()
	in := 0
	for _, to := range results { // "" is one who was told to wait: fifty at once are many
		if to == "/" {
			in++
		} else if to != "/signin" && to != "" {
			t.Errorf("it leads to %q", to)
		}
	}
	if in != 1 {
		t.Errorf("one token let %d in: %v", in, results)
	}

	// Too late.
	token = a.Handoff(a.Owner)
	if _, err := pg.Superuser(t).Exec(t.Context(), `update public.one_time_tokens set expires_at = now() where user_id = $1`,
		a.Owner.ID); err != nil {
		t.Fatal(err)
	}
	if got := app.Client(t).Post(a.URL("/handoff"), url.Values{"token": {token}}).Header.Get("Location"); got != "/signin" {
		t.Errorf("a late token leads to %q", got)
	}
}

func TestCrossSiteWritesAreRefused(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, other := app.NewWorkspace(t), app.NewWorkspace(t)
	c := w.Client(w.Owner)
	for what, header := range map[string][2]string{
		"cross-site":        {"Sec-Fetch-Site", "cross-site"},
		"sibling workspace": {"Sec-Fetch-Site", "same-site"},
		"a foreign origin":  {"Origin", "https://evil.example"},
		"a sibling origin":  {"Origin", strings.TrimSuffix(other.URL(""), "/")},
		"no origin at all":  {"Origin", "null"},
	} {
		r := c.Request(http.MethodPost, w.URL("/customers"), url.Values{"name": {"Evil"}})
		r.Header.Del("Sec-Fetch-Site")
		r.Header.Set(header[0], header[1])
		res := c.Do(r)
		if res.Status != http.StatusForbidden {
			t.Errorf("%s: %d", what, res.Status)
		}
	}
	if strings.Contains(c.Get(w.URL("/customers")).Body, "Evil") {
		t.Error("it was done")
	}
}
