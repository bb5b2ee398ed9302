package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
)

// logged counts what the security log says about somebody.
func logged(t *testing.T, u pg.User, action, subject string) int {
	t.Helper()
	return pg.Count(t, `select count(*) from public.security_events where user_id = $1 and action = $2 and subject like $3`, u.ID, action,
		subject)
}

// What happens to an account is written down, on whichever host it is, and is seen
// by the person and by operators; on a workspace's host also by its admins.
func TestSecurityLog(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	u := w.Owner
	c := app.Client(t)
	c.Post(app.Site("/signin"), url.Values{"email": {u.Email}, "password": {"wrong"}}).Want(http.StatusUnprocessableEntity)
	c.Post(app.Site("/signin"), signInForm(u)).Want(http.StatusSeeOther)
	other := app.Client(t)
	other.Post(app.Site("/signin"), signInForm(u)).Want(http.StatusSeeOther)
	other.Post(app.Site("/signout"), nil).Want(http.StatusSeeOther)
	u.EndSudo(t)
	c.Post(app.Site("/sudo"), url.Values{"sudo_password": {"wrong"}}).Want(http.StatusUnprocessableEntity)
	c.Post(app.Site("/sudo"), url.Values{"sudo_password": {pg.Password}}).Want(http.StatusSeeOther)
	c.Put(app.Site("/settings/security/password"), url.Values{"current_password": {pg.Password}, "password": {"another good phrase"}}).
		Want(http.StatusSeeOther)
	c.Delete(app.Site("/settings/security/sessions"), nil).Want(http.StatusSeeOther)
	page := c.Get(app.Site("/settings/security/totp")).Want(http.StatusOK)
	sealed, _ := page.Find(`input[name=secret]`).Attr("value")
	secret := strings.ReplaceAll(page.Text(".secret"), " ", "")
	c.Post(app.Site("/settings/security/totp"), url.Values{"secret": {sealed}, "code": {apptest.Code(t, secret, time.Now())}}).
		Want(http.StatusOK)
	c.Post(app.Site("/settings/security/recovery-codes"), nil).Want(http.StatusOK)
	c.Delete(app.Site("/settings/security/totp"), nil).Want(http.StatusSeeOther)
	c.Post(app.Site("/password/forgot"), url.Values{"email": {u.Email}}).Want(http.StatusOK)
	fresh := pg.Unique("moved") + "@example.com"
	c.Post(app.Site("/settings/security/email"), url.Values{"email": {fresh}}).Want(http.StatusSeeOther)
	link := apptest.Link(t, app.Mail(t, fresh, "new address"), "/email/verify")
	c.Post(link, url.Values{"change": {"1"}}).Want(http.StatusSeeOther)
	for _, want := range []struct {
		action, subject string
		n               int
	}{
		{auth.DidFailSignIn, "Wrong password", 2},
		{auth.DidSignIn, "With a password", 2},
		{auth.DidSignOut, "", 1},
		{auth.DidProve, "With the password", 1},
		{auth.DidSetPassword, "in the settings", 1},
		{auth.DidEndSessions, "", 1},
		{auth.DidAddFactor, "Authenticator app", 1},
		{auth.DidMakeCodes, "", 2},
		{auth.DidRemoveFactor, "Authenticator app", 1},
		{auth.DidAskReset, "", 1},
		{auth.DidChangeEmail, u.Email + " to " + fresh, 1},
	} {
		if n := logged(t, u, want.action, want.subject); n != want.n {
			t.Errorf("%q, %q: %d times, want %d", want.action, want.subject, n, want.n)
		}
	}
	if n := pg.Count(t, `select count(*) from public.security_events where user_id = $1 and (ip = '' or device = '')`, u.ID); n != 0 {
		t.Errorf("%d lines do not tell from where", n)
	}
	// The person sees it, page by page to its end.
	at, seen := app.Site("/settings/security/activity"), 0
	for at != "" {
		page := c.Get(at).Want(http.StatusOK)
		seen += page.Find(".audit li").Length()
		next, _ := page.Select(`a.button[href*="before="]`).Attr("href")
		if at = ""; next != "" {
			at = app.Site(next)
		}
	}
	if n := pg.Count(t, `select count(*) from public.security_events where user_id = $1`, u.ID); seen != n {
		t.Errorf("%d lines are shown, of %d", seen, n)
	}
	if text := c.Get(app.Site("/settings/security")).Text("section[aria-labelledby=activity]"); !strings.Contains(text, auth.DidChangeEmail) {
		t.Errorf("the settings say %q", text)
	}
	// Operators see it too.
	op, who := operator(t, app)
	if text := op.Get(app.Console("/activity?q=" + fresh)).Want(http.StatusOK).Text(".audit"); !strings.Contains(text, auth.DidChangeEmail) {
		t.Errorf("operators see %q", text)
	}
	// What an operator does is written down before it is done, by the route.
	op.Delete(app.Console("/users/"+u.ID.String()+"/sessions"), nil).Want(http.StatusSeeOther)
	slug := pg.Unique("made")
	op.Post(app.Console("/tenants"), url.Values{"name": {"Made"}, "slug": {slug}, "owner_email": {slug + "@example.com"}}).
		Want(http.StatusSeeOther)
	op.Put(app.Console("/tenants/"+w.ID.String()+"/suspension"), nil).Want(http.StatusSeeOther)
	for _, what := range []string{"DELETE /users/" + u.ID.String() + "/sessions%", "POST /tenants % slug=" + slug,
		"PUT /tenants/" + w.ID.String() + "/suspension%"} {
		if n := logged(t, who, auth.DidAct, what); n != 1 {
			t.Errorf("%q: %d times", what, n)
		}
	}
	if n := logged(t, u, auth.DidSignOutByAnother, who.Email); n != 1 {
		t.Errorf("the person is told %d times by whom they were signed out", n)
	}
	if n := pg.Count(t, `select count(*) from public.security_events where user_id = $1 and tenant_id = $2`, who.ID, w.ID); n != 1 {
		t.Errorf("%d lines are about the workspace", n)
	}
}

// On a workspace's host, its admins see who changed how they sign in.
func TestSecurityLogOfAWorkspace(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	c.Put(w.URL("/settings/security/password"), url.Values{"current_password": {pg.Password}, "password": {"another good phrase"}}).
		Want(http.StatusSeeOther)
	c.Post(w.URL("/signout"), nil).Want(http.StatusSeeOther)
	for _, action := range []string{auth.DidSetPassword, auth.DidSignOut} {
		if n := pg.Count(t, `select count(*) from `+w.Schema+`.audit where action = $1 and member_id = $2`, action, w.MemberID(w.Owner)); n != 1 {
			t.Errorf("%q stands %d times in the workspace's log", action, n)
		}
	}
}

// Somebody is told when a browser signs in that their account does not know; of one
// that it knows, and of the first there ever was, they are not.
func TestNewDevice(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	u := pg.NewUser(t)
	const subject = "New sign-in"
	first := app.Client(t)
	first.Post(app.Site("/signin"), signInForm(u)).Want(http.StatusSeeOther)
	first.Post(app.Site("/signout"), nil)
	first.Post(app.Site("/signin"), signInForm(u)).Want(http.StatusSeeOther)
	second := app.Client(t) // at another address
	second.Post(app.Site("/signin"), signInForm(u)).Want(http.StatusSeeOther)
	if m := app.Mail(t, u.Email, subject); !strings.Contains(m.Text, "/settings/security") {
		t.Errorf("the mail:\n%s", m.Text)
	}
	second.Post(app.Site("/signin"), signInForm(u)).Want(http.StatusSeeOther)
	second.Put(app.Site("/settings/security/password"), url.Values{"current_password": {pg.Password}, "password": {"another good phrase"}}).
		Want(http.StatusSeeOther)
	app.Mail(t, u.Email, "Your password was changed") // sent after all of them
	n := 0
	for _, m := range app.Mailbox.List(u.Email) {
		if strings.Contains(m.Subject, subject) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d mails about a new device, want 1", n)
	}
}

// Whoever does not know a password shuts its owner out nowhere: not elsewhere, and
// not in a browser that they signed in with before, however many try.
func TestStrangersUseUpTheirOwnThrottles(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	u := pg.NewUser(t)
	own := app.Client(t)
	own.Post(app.Site("/signin"), signInForm(u)).Want(http.StatusSeeOther)
	own.Post(app.Site("/signout"), nil)
	wrong := url.Values{"email": {u.Email}, "password": {"not the password"}}
	stopped := 0
	for range 13 { // networks
		stranger := app.Client(t)
		for range 9 {
			if stranger.Post(app.Site("/signin"), wrong).Status == http.StatusTooManyRequests {
				stopped++
			}
		}
	}
	if stopped != 13*9-100 {
		t.Errorf("of 117 guesses from 13 networks %d were stopped, want 17", stopped)
	}
	app.Client(t).Post(app.Site("/signin"), signInForm(u)).Want(http.StatusTooManyRequests) // as it must be: or it could be guessed
	own.Post(app.Site("/signin"), signInForm(u)).Want(http.StatusSeeOther)
	// The cookie is its account's alone, and nobody else makes one.
	v := pg.NewUser(t)
	for range 11 {
		own.Post(app.Site("/signin"), url.Values{"email": {v.Email}, "password": {"not the password"}})
	}
	own.Post(app.Site("/signin"), signInForm(v)).Want(http.StatusTooManyRequests)
	forged := app.Client(t)
	at, _ := url.Parse(app.Site("/"))
	forged.HTTP.Jar.SetCookies(at,
		[]*http.Cookie{{Name: "__Host-device", Value: `[{"e":"` + u.Email + `","n":"x"}]`, Path: "/", Secure: true}})
	forged.Post(app.Site("/signin"), signInForm(u)).Want(http.StatusTooManyRequests)
}

// Codes at sign-in and codes that confirm are counted apart.
func TestCodesAreCountedApart(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	secret := app.TOTP(w, w.Owner)
	inside := w.Client(w.Owner)
	knows := app.Client(t) // the password, and nothing else
	knows.Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
	for range 12 {
		knows.Post(w.URL("/signin/factor"), url.Values{"code": {"000000"}})
	}
	knows.Post(w.URL("/signin/factor"), url.Values{"code": {"000000"}}).Want(http.StatusTooManyRequests)
	w.Owner.EndSudo(t)
	inside.Post(w.URL("/sudo"), url.Values{"sudo_code": {apptest.Code(t, secret, time.Now())}}).Want(http.StatusSeeOther)
}

// Showing a password renews the session's id: one that was seen before opens nothing
// dangerous, and soon nothing at all.
func TestSudoRenewsTheSession(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	w.Owner.EndSudo(t)
	at, _ := url.Parse(w.URL("/"))
	seen := c.HTTP.Jar.Cookies(at)
	c.Post(w.URL("/sudo"), url.Values{"sudo_password": {pg.Password}}).Want(http.StatusSeeOther)
	if sessionOf(seen) == cookies(c, w) {
		t.Fatal("the id is the same")
	}
	c.Get(w.URL("/settings/security/totp")).Want(http.StatusOK) // which asks for sudo
	thief := app.Client(t)
	thief.HTTP.Jar.SetCookies(at, seen)
	if to := thief.Get(w.URL("/settings/security/totp")).Want(http.StatusSeeOther).Header.Get("Location"); !strings.HasPrefix(to, "/sudo") &&
		!strings.HasPrefix(to, "/signin") {
		t.Errorf("the id before leads to %s", to)
	}
	pg.Exec(t, `update public.sessions set renewed_at = now() - interval '11 seconds' where user_id = $1`, w.Owner.ID)
	signedOut(t, "by the id before", thief.Get(w.URL("/customers")))
	c.Get(w.URL("/customers")).Want(http.StatusOK)
}

// A link that somebody else has made signs nobody in unasked.
func TestHandoffThatThisBrowserDidNotBegin(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	attacker := app.Client(t)
	attacker.Post(app.Site("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
	begin := func() string {
		return attacker.Post(app.Site("/workspaces/"+w.Slug+"/visit"), nil).Want(http.StatusSeeOther).Header.Get("Location")
	}
	victim := app.Client(t)
	if text := victim.Get(begin()).Want(http.StatusOK).Text("main"); !strings.Contains(text, w.Owner.Name) {
		t.Errorf("it asks %q", text)
	}
	signedOut(t, "the victim, who was asked", victim.Get(w.URL("/")))
	attacker.Get(begin()).Want(http.StatusSeeOther)
	attacker.Get(w.URL("/")).Want(http.StatusOK)
}
