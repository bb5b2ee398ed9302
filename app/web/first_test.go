package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
)

// The first steps tick themselves off, and sample data goes as it came.
func TestFirstSteps(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	steps := func() (open []string) {
		t.Helper()
		for _, s := range c.Get(w.URL("/")).Want(http.StatusOK).Select(".steps li:not(.done) strong").EachIter() {
			open = append(open, s.Text())
		}
		return open
	}
	all := "Bring in whom you sell to, Invite your team, Make the pipeline yours, Add your first deal"
	if got := strings.Join(steps(), ", "); got != all {
		t.Errorf("at first: %s", got)
	}
	c.Post(w.URL("/sample"), nil).Want(http.StatusSeeOther)
	page := c.Get(w.URL("/"))
	if got := names(c, w.URL("/deals?layout=table")); got != "Crane maintenance, Furnace controls, Pilot project, Spare parts for a year" {
		t.Errorf("the deals are %q", got)
	}
	if got := strings.Join(steps(), ", "); got != "Invite your team, Make the pipeline yours" {
		t.Errorf("with sample data: %s", got)
	}
	c.Post(w.URL("/sample"), nil).Want(http.StatusSeeOther) // once is enough
	if n := pg.Count(t, "select count(*) from "+w.Schema+".deals"); n != 4 {
		t.Errorf("%d deals", n)
	}
	c.Put(w.URL(page.Find("#toast form").AttrOr("action", "")), nil).Want(http.StatusSeeOther)
	if got := strings.Join(steps(), ", "); got != all {
		t.Errorf("without it again: %s", got)
	}
	c.Delete(w.URL("/steps"), nil).Want(http.StatusSeeOther)
	if got := steps(); got != nil {
		t.Errorf("hidden: %q", got)
	}
}

// Several are invited at once; whose address is wrong stays in the field.
func TestInviteSeveral(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	invite := func(emails string) *apptest.Response {
		return c.Post(w.URL("/settings/invitations"), url.Values{"email": {emails}, "role": {"member"}})
	}
	a, b, d := "a@"+w.Slug+".example", "b@"+w.Slug+".example", "d@"+w.Slug+".example"
	res := invite(a + ", nobody").Want(http.StatusUnprocessableEntity)
	if got := res.Text("#email-error"); !strings.Contains(got, "“nobody”") {
		t.Errorf("%q", got)
	}
	invite(a + "; " + b + "\n").Want(http.StatusSeeOther)
	app.Mail(t, a, "")
	app.Mail(t, b, "")
	res = invite(w.Owner.Email + " " + d).Want(http.StatusUnprocessableEntity)
	if got := res.Find("[name=email]").AttrOr("value", ""); got != w.Owner.Email {
		t.Errorf("in the field is %q", got)
	}
	if got := res.Text("#email-error"); !strings.Contains(got, "member already") {
		t.Errorf("%q", got)
	}
	app.Mail(t, d, "")
}

// The sign-up takes where one is from the browser's time zone; what is chosen counts more.
func TestSignUpTakesThePlace(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	c := app.Client(t)
	base, _ := url.Parse(app.Site("/"))
	c.HTTP.Jar.SetCookies(base, []*http.Cookie{{Name: "zone", Value: "Europe/Zurich"}})
	page := c.Get(app.Site("/signup")).Want(http.StatusOK)
	if got := page.Text(".place"); got != "Switzerland · CHF · Zurich time · 31.01.2027 · 1’234.50" {
		t.Errorf("the line is %q", got)
	}
	form := signUpForm(pg.Unique("zurich"))
	slug := form.Get("slug")
	c.Post(app.Site("/signup"), form).Want(http.StatusSeeOther)
	want := map[string]string{"currency": "CHF", "country": "CH", "time_zone": "Europe/Zurich", "date_style": "dots", "number_style": "de-CH"}
	check := func(slug string, want map[string]string) {
		t.Helper()
		for column, value := range want {
			if n := pg.Count(t, `select count(*) from public.tenants where slug = $1 and `+column+` = $2`, slug, value); n != 1 {
				t.Errorf("%s: %s is not %s", slug, column, value)
			}
		}
	}
	check(slug, want)
	other := app.Client(t)
	form = signUpForm(pg.Unique("oslo"))
	form.Set("country", "NO")
	form.Set("currency", "NOK")
	form.Set("time_zone", "Nowhere/Else")
	other.Post(app.Site("/signup"), form).Want(http.StatusUnprocessableEntity).Find("#time_zone-error")
	form.Set("time_zone", "Europe/Oslo")
	form.Set("date_style", "iso")
	other.Post(app.Site("/signup"), form).Want(http.StatusSeeOther)
	check(form.Get("slug"), map[string]string{"currency": "NOK", "country": "NO", "time_zone": "Europe/Oslo", "date_style": "iso"})
}
