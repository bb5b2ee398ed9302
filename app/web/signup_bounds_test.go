package web_test

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/jobs"
)

// behindProxy is an app that hears of its clients by a proxy, and a function that
// signs up from one of their addresses.
func behindProxy(t *testing.T) (app *apptest.App, signUp func(from string, form url.Values) *apptest.Response) {
	t.Helper()
	app = apptest.With(t, func(c *config.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	return app, func(from string, form url.Values) *apptest.Response {
		c := app.Client(t)
		r := c.Request(http.MethodPost, app.Site("/signup"), form)
		r.Header.Set("X-Forwarded-For", from)
		return c.Do(r)
	}
}

func workspacesOf(t *testing.T, email string) int {
	t.Helper()
	return pg.Count(t, `select count(*) from public.memberships m join public.users u on u.id = m.user_id where u.email = $1`, email)
}

// Somebody else's address gets a mail or two, and one workspace: not sixty.
func TestSignUpIsNoMailBomb(t *testing.T) {
	t.Parallel()
	_, signUp := behindProxy(t)
	app := apptest.Start(t) // whose jobs send
	victim := pg.Unique("victim") + "@example.com"
	for i := range 12 {
		form := signUpForm(pg.Unique("bomb"))
		form.Set("email", victim)
		form.Set("workspace", "Win at evil.example")
		res := signUp("192.0.2."+strconv.Itoa(1+i%3), form)
		if i > 0 && res.Status < 400 {
			t.Errorf("sign-up %d: %d", i, res.Status)
		}
	}
	if n := workspacesOf(t, victim); n != 1 {
		t.Errorf("%d workspaces of an unproven address, want 1", n)
	}
	m := app.Mail(t, victim, "is ready")
	if strings.Contains(m.Subject+m.Text, "evil.example") {
		t.Errorf("the mail advertises:\n%s\n%s", m.Subject, m.Text)
	}
	if n := len(app.Mailbox.List(victim)); n != 1 {
		t.Errorf("%d mails", n)
	}
	// The one gate counts all purposes.
	stranger := app.Client(t)
	sent := 0
	for range 8 {
		if stranger.Post(app.Site("/password/forgot"), url.Values{"email": {victim}}).Status == http.StatusOK {
			sent++
		}
	}
	form := signUpForm(pg.Unique("later"))
	form.Set("email", victim)
	if sent != 5 {
		t.Errorf("%d mails of one stranger", sent)
	}
	// Proven, the account makes another.
	pg.Exec(t, `update public.users set email_verified_at = now() where email = $1`, victim)
	signUp("192.0.2.77", form).Want(http.StatusSeeOther)
}

// Three workspaces an hour are a network's for nothing; more take some work, or a
// proven address.
func TestSignUpsOfANetwork(t *testing.T) {
	t.Parallel()
	app, signUp := behindProxy(t)
	const from = "2001:db8:7:7::"
	for i := range 3 {
		signUp(from+strconv.Itoa(i+1), signUpForm(pg.Unique("first"))).Want(http.StatusSeeOther)
	}
	// Without the work nothing is made until the link is followed.
	slug := pg.Unique("fourth")
	email := slug + "@example.com"
	res := signUp(from+"9", signUpForm(slug)).Want(http.StatusOK)
	if text := res.Text("#signup"); !strings.Contains(text, email) {
		t.Errorf("it says %q", text)
	}
	if n := pg.Count(t, `select count(*) from public.users where email = $1`, email); n != 0 {
		t.Error("there is an account already")
	}
	link := apptest.Link(t, apptest.Start(t).Mail(t, email, "Confirm your address"), "/signup/confirmation")
	c := app.Client(t)
	if text := c.Get(link).Want(http.StatusOK).Text("main"); !strings.Contains(text, slug) {
		t.Errorf("the link's page says %q", text)
	}
	c.Get(link).Want(http.StatusOK) // looking uses nothing up
	to := c.Post(app.Site("/signup/confirmation"), url.Values{"token": {token(t, link)}}).Want(http.StatusSeeOther).Header.Get("Location")
	c.Get(to).Want(http.StatusSeeOther)
	c.Get(app.At(slug, "/")).Want(http.StatusOK)
	if n := pg.Count(t, `select count(*) from public.users where email = $1 and email_verified_at is not null`, email); n != 1 {
		t.Error("the address is not proven by the link")
	}
	app.Client(t).Post(app.Site("/signup/confirmation"), url.Values{"token": {token(t, link)}}).Want(http.StatusNotFound)
	// With it, at once, and each piece of work once.
	challenge, _ := app.Client(t).Get(app.Site("/signup")).Find("input[name=work]").Attr("value")
	work := solve(challenge)
	form := signUpForm(pg.Unique("fifth"))
	form.Set("work", work)
	signUp(from+"10", form).Want(http.StatusSeeOther)
	for what, w := range map[string]string{"used": work, "unsolved": challenge, "another's": "x." + strings.SplitN(work, ".", 2)[1],
		"wrong": challenge + ".1", "none": ""} {
		slug := pg.Unique("sixth")
		form := signUpForm(slug)
		form.Set("work", w)
		signUp(from+"11", form).Want(http.StatusOK)
		if n := workspacesOf(t, slug+"@example.com"); n != 0 {
			t.Errorf("work that is %s makes a workspace", what)
		}
	}
	// Another network begins anew.
	signUp("2001:db8:8:8::1", signUpForm(pg.Unique("elsewhere"))).Want(http.StatusSeeOther)
}

// solve does what static/files/work.js does.
func solve(challenge string) string {
	for n := 0; ; n++ {
		work := challenge + "." + strconv.Itoa(n)
		if sum := sha256.Sum256([]byte(work)); binary.BigEndian.Uint32(sum[:4])>>14 == 0 {
			return work
		}
	}
}

// What somebody unproven made and nobody uses goes after two weeks, with a mail
// before; what is used, or proven, stays.
func TestUnprovenWorkspacesAreSwept(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	d := pg.DB(t)
	slugs := map[string]string{}
	for _, kind := range []string{"idle", "used", "proven"} {
		slug := pg.Unique(kind)
		slugs[kind] = slug
		app.Client(t).Post(app.Site("/signup"), signUpForm(slug)).Want(http.StatusSeeOther)
		pg.Exec(t, `update public.tenants set claimed_at = now() - interval '11 days 1 hour' where slug = $1`, slug)
		pg.Exec(t, `insert into public.tenant_stats (tenant_id, active_at) select id,
			case when $2 = 'used' then now() else now() - interval '8 days' end from public.tenants where slug = $1
			on conflict (tenant_id) do update set active_at = excluded.active_at`, slug, kind)
	}
	pg.Exec(t, `update public.users set email_verified_at = now() where email = $1`, slugs["proven"]+"@example.com")
	made := app.NewWorkspace(t) // by an operator
	pg.Exec(t, `update public.tenants set claimed_at = now() - interval '90 days' where id = $1`, made.ID)
	sweep := func() {
		w := jobs.UnprovenWorker{DB: d, Box: app.Box, BaseURL: app.Base}
		if err := w.Work(t.Context(), &river.Job[jobs.UnprovenJob]{}); err != nil {
			t.Fatal(err)
		}
	}
	state := func(slug string) string {
		if pg.Count(t, `select count(*) from public.tenants where slug = $1 and state = 'active'`, slug) == 1 {
			return "active"
		}
		return "gone"
	}
	sweep()
	sweep() // again says nothing more
	app.Mail(t, slugs["idle"]+"@example.com", "keep your workspace")
	for kind, slug := range slugs {
		n := 0
		for _, m := range app.Mailbox.List(slug + "@example.com") {
			if strings.Contains(m.Subject, "keep your workspace") {
				n++
			}
		}
		if want := map[string]int{"idle": 1}[kind]; n != want {
			t.Errorf("%s: %d warnings, want %d", kind, n, want)
		}
		if state(slug) != "active" {
			t.Errorf("%s is gone before its time", kind)
		}
	}
	pg.Exec(t, `update public.tenants set sweep_warned_at = $2 where slug = $1`, slugs["idle"], time.Now().Add(-73*time.Hour))
	sweep()
	for kind, slug := range slugs {
		if got, want := state(slug), map[bool]string{true: "gone", false: "active"}[kind == "idle"]; got != want {
			t.Errorf("%s is %s, want %s", kind, got, want)
		}
	}
	if state(made.Slug) != "active" {
		t.Error("an operator's workspace was swept")
	}
}
