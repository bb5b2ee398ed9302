package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web"
)

func signInForm(u pg.User) url.Values {
	return url.Values{"email": {u.Email}, "password": {pg.Password}}
}

func TestAddressIsProven(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	slug := pg.Unique("proof")
	c := app.Client(t)
	c.Follow(c.Post(app.Site("/signup"), signUpForm(slug)))
	at := func(path string) string { return app.At(slug, path) }
	email := slug + "@example.com"
	c.Get(at("/")).Want(http.StatusOK).Find(".notice-form")
	link := apptest.Link(t, app.Mail(t, email, "is ready"), "/email/verify")

	// Second factors wait for the proof: whoever owns the address would lose them.
	c.Get(at("/settings/security/totp")).Want(http.StatusUnprocessableEntity)
	// Nobody proves it signed out, or as somebody else; that uses nothing up.
	signedOut(t, "nobody", app.Client(t).Get(link))
	other := app.NewWorkspace(t)
	oc := other.Client(other.Owner)
	oc.Post(other.URL("/email/verify"), url.Values{"token": {token(t, link)}}).Want(http.StatusNotFound)
	// Asked for again, the first link is void.
	c.Post(at("/settings/security/verification"), nil).Want(http.StatusSeeOther)
	again := apptest.Link(t, app.Mail(t, email, "Confirm your address"), "/email/verify")
	c.Post(at("/email/verify"), url.Values{"token": {token(t, link)}}).Want(http.StatusNotFound)
	// The page asks, the button does it; once.
	if res := c.Get(again).Want(http.StatusOK); res.Header.Get("Referrer-Policy") != "strict-origin" {
		t.Errorf("the token would go into a Referer: %q", res.Header.Get("Referrer-Policy"))
	}
	c.Post(at("/email/verify"), url.Values{"token": {token(t, again)}}).Want(http.StatusSeeOther)
	if c.Get(at("/")).Select(".notice-form").Length() != 0 {
		t.Error("still asked for it")
	}
	c.Post(at("/email/verify"), url.Values{"token": {token(t, again)}}).Want(http.StatusNotFound)
	c.Get(at("/settings/security/totp")).Want(http.StatusOK)
}

func TestAddressIsChanged(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c, elsewhere := w.Client(w.Owner), w.Client(w.Owner)
	email := pg.Unique("changed") + "@example.com"
	c.Post(w.URL("/settings/security/email"), url.Values{"email": {"no address"}}).Want(http.StatusUnprocessableEntity).Find("#email-error")
	c.Post(w.URL("/settings/security/email"), url.Values{"email": {email}}).Want(http.StatusSeeOther)
	link := apptest.Link(t, app.Mail(t, email, "new address"), "/email/verify")
	c.Get(link).Want(http.StatusOK)
	c.Post(w.URL("/email/verify"), url.Values{"token": {token(t, link)}, "change": {"1"}}).Want(http.StatusSeeOther)
	app.Mail(t, w.Owner.Email, "was changed") // the address before is told
	signedOut(t, "the other session", elsewhere.Get(w.URL("/")))
	app.Client(t).Post(w.URL("/signin"), url.Values{"email": {w.Owner.Email}, "password": {pg.Password}}).Want(http.StatusUnprocessableEntity)
	app.Client(t).Post(w.URL("/signin"), url.Values{"email": {email}, "password": {pg.Password}}).Want(http.StatusSeeOther)
	// The members' mirror follows by a job.
	wait.Until(t, "the mirror has the new address", func() bool {
		found := false
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			rows, err := tx.MemberList(ctx)
			for _, m := range rows {
				found = found || m.Email == email
			}
			return err
		})
		return found
	})
	// Another's address is not taken over.
	taken := pg.NewUser(t)
	c.Post(w.URL("/settings/security/email"), url.Values{"email": {taken.Email}}).Want(http.StatusSeeOther)
	link = apptest.Link(t, app.Mail(t, taken.Email, "new address"), "/email/verify")
	c.Post(w.URL("/email/verify"), url.Values{"token": {token(t, link)}, "change": {"1"}}).Want(http.StatusConflict)
}

func TestPasswordIsReset(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	old := w.Client(w.Owner)
	c := app.Client(t)
	c.Post(app.Site("/password/forgot"), url.Values{"email": {strings.ToUpper(w.Owner.Email)}}).Want(http.StatusOK)
	link := apptest.Link(t, app.Mail(t, w.Owner.Email, "new password"), "/password/reset")
	c.Get(link).Want(http.StatusOK)
	reset := func(password, token string) *apptest.Response {
		return c.Post(app.Site("/password/reset"), url.Values{"token": {token}, "password": {password}})
	}
	reset("short", token(t, link)).Want(http.StatusUnprocessableEntity).Find("#password-error")
	reset("passwordpassword", token(t, link)).Want(http.StatusUnprocessableEntity).Find("#password-error")
	tampered := []byte(token(t, link))
	tampered[0] ^= 1
	reset("another good phrase", string(tampered)).Want(http.StatusNotFound)
	// A hundred at once: one succeeds.
	var done atomic.Int32
	var wg sync.WaitGroup
	hash, err := auth.HashPassword(t.Context(), "another good phrase")
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		wg.Go(func() {
			err := pg.DB(t).Shared(t.Context(), func(tx *db.SharedTx) error {
				_, err := auth.ResetFinish(t.Context(), tx, token(t, link), "another good phrase", hash)
				return err
			})
			if err == nil {
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if done.Load() != 1 {
		t.Errorf("%d of 100 succeeded", done.Load())
	}
	reset("yet another good phrase", token(t, link)).Want(http.StatusNotFound)
	fragment := app.Client(t)
	fragment.HTMX = true
	if over := fragment.Post(app.Site("/password/reset"), url.Values{"token": {token(t, link)}, "password": {"yet another good phrase"}}).
		Want(http.StatusNotFound); strings.Contains(over.Body, "<html") || !strings.Contains(over.Body, "only the latest one does") {
		t.Error("a page where a fragment was asked for")
	}
	signedOut(t, "the session before", old.Get(w.URL("/")))
	c.Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusUnprocessableEntity)
	c.Post(w.URL("/signin"), url.Values{"email": {w.Owner.Email}, "password": {"another good phrase"}}).Want(http.StatusSeeOther)
	// Late, it works no more.
	c.Post(app.Site("/password/forgot"), url.Values{"email": {w.Owner.Email}}).Want(http.StatusOK)
	wait.Until(t, "a second mail", func() bool {
		n := 0
		for _, m := range app.Mailbox.List(w.Owner.Email) {
			if strings.Contains(m.Subject, "new password") {
				n++
			}
		}
		return n == 2
	})
	late := apptest.Link(t, app.Mail(t, w.Owner.Email, "new password"), "/password/reset")
	pg.Exec(t, `update public.one_time_tokens set expires_at = now() - interval '1 second' where user_id = $1 and purpose = 'reset'`,
		w.Owner.ID)
	app.Client(t).Get(late).Want(http.StatusNotFound)
	reset("one more good phrase", token(t, late)).Want(http.StatusNotFound)
}

// A mailbox alone does not do away with a second factor; before the address
// was proven, whatever was set up may be a squatter's, and goes.
func TestResetAndSecondFactor(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	app.TOTP(w, w.Owner)
	reset := func() *apptest.Client {
		c := app.Client(t)
		c.Post(app.Site("/password/forgot"), url.Values{"email": {w.Owner.Email}}).Want(http.StatusOK)
		link := apptest.Link(t, app.Mail(t, w.Owner.Email, "new password"), "/password/reset")
		c.Post(app.Site("/password/reset"), url.Values{"token": {token(t, link)}, "password": {"another good phrase"}}).Want(http.StatusSeeOther)
		return c
	}
	c := reset()
	res := c.Post(w.URL("/signin"), url.Values{"email": {w.Owner.Email}, "password": {"another good phrase"}}).Want(http.StatusSeeOther)
	if to := res.Header.Get("Location"); !strings.HasPrefix(to, "/signin/factor") {
		t.Errorf("after the reset one is at %q", to)
	}
	signedOut(t, "with the password alone", c.Get(w.URL("/customers")))

	squatted := app.NewWorkspace(t)
	app.TOTP(squatted, squatted.Owner)
	squatted.Passkey(squatted.Owner)
	pg.Exec(t, `update public.users set email_verified_at = null where id = $1`, squatted.Owner.ID)
	w = squatted
	c = reset()
	c.Post(w.URL("/signin"), url.Values{"email": {w.Owner.Email}, "password": {"another good phrase"}}).Want(http.StatusSeeOther)
	c.Get(w.URL("/customers")).Want(http.StatusOK)
	if n := pg.Count(t, `select (select count(*) from public.passkeys where user_id = $1) + (select count(*) from public.recovery_codes
		where user_id = $1)`, w.Owner.ID); n != 0 {
		t.Errorf("%d of the squatter's factors are left", n)
	}
}

func TestNewPasswords(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]error{
		"":                           auth.ErrPasswordShort,
		"elevenchars":                auth.ErrPasswordShort,
		"correct horse battery":      nil,
		"zx7kq9vm2wtp":               nil,
		"aaaaaaaaaaaaaaaa":           auth.ErrPasswordCommon,
		"passwordpassword":           auth.ErrPasswordCommon,
		"abcdefghijklmnop":           auth.ErrPasswordCommon,
		"123456789012":               auth.ErrPasswordCommon,
		"qwertyuiop12":               auth.ErrPasswordCommon,
		"noralindferrari":            auth.ErrPasswordCommon, // one's own name and workspace
		"ünï¢ödé ist auch erlaubt 🏁": nil,
	} {
		if got := auth.CheckNewPassword(password, false, "Nora Lind", "nora.lind@ferrari.test",
			"Ferrari"); got != want { //nolint:errorlint // these very errors
			t.Errorf("%q: %v, want %v", password, got, want)
		}
	}
	if err := auth.CheckNewPassword("kq9vm2wt", true); err != nil {
		t.Errorf("eight characters beside a second factor: %v", err)
	}
	if err := auth.CheckNewPassword("kq9vm2w", true); err == nil {
		t.Error("seven characters")
	}
}

func TestAuthenticatorApp(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	page := c.Get(w.URL("/settings/security/totp")).Want(http.StatusOK)
	page.Find("svg.qr path")
	secret := strings.ReplaceAll(page.Text(".secret"), " ", "")
	sealed, _ := page.Find(`input[name=secret]`).Attr("value")
	if strings.Contains(sealed, secret) {
		t.Error("the form holds the secret in the clear")
	}
	// A wrong code keeps the secret that was scanned.
	again := c.Post(w.URL("/settings/security/totp"), url.Values{"secret": {sealed}, "code": {"000000"}}).Want(http.StatusUnprocessableEntity)
	if strings.ReplaceAll(again.Text(".secret"), " ", "") != secret {
		t.Error("another secret after a typo")
	}
	// Another person's sealed secret is refused.
	other := app.NewWorkspace(t)
	other.Client(other.Owner).Post(other.URL("/settings/security/totp"),
		url.Values{"secret": {sealed}, "code": {apptest.Code(t, secret, time.Now())}}).Want(http.StatusBadRequest)

	used := apptest.Code(t, secret, time.Now())
	codes := []string{}
	c.Post(w.URL("/settings/security/totp"), url.Values{"secret": {sealed}, "code": {used[:3] + " " + used[3:]}}).Want(http.StatusOK).
		Find(".codes code").Each(func(_ int, s *selection) { codes = append(codes, s.Text()) })
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes", len(codes))
	}
	app.Mail(t, w.Owner.Email, "authenticator app was added")

	// From now on the password alone is nobody.
	s := app.Client(t)
	to := s.Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther).Header.Get("Location")
	if !strings.HasPrefix(to, "/signin/factor") {
		t.Fatalf("signed in, it leads to %q", to)
	}
	signedOut(t, "without the code", s.Get(w.URL("/customers")))
	if page := s.Get(w.URL("/nothing/here")).Want(http.StatusNotFound); page.Select("nav").Length() != 0 {
		t.Error("an error page shows the workspace to who is not in yet")
	}
	before := cookies(s, w)
	s.Post(w.URL("/signin/factor"), url.Values{"code": {used}}).Want(http.StatusUnprocessableEntity) // used already
	s.Post(w.URL("/signin/factor"), url.Values{"code": {apptest.Code(t, secret, time.Now().Add(-10*time.Minute))}}).
		Want(http.StatusUnprocessableEntity)
	s.Post(w.URL("/signin/factor"), url.Values{"code": {""}}).Want(http.StatusUnprocessableEntity)
	next := apptest.Code(t, secret, time.Now().Add(30*time.Second)) // clocks differ
	if to := s.Post(w.URL("/signin/factor"), url.Values{"code": {next}, "next": {"/deals"}}).Want(http.StatusSeeOther).
		Header.Get("Location"); to != "/deals" {
		t.Errorf("then it leads to %q", to)
	}
	s.Get(w.URL("/customers")).Want(http.StatusOK)
	if cookies(s, w) == before {
		t.Error("the session's id survived the sign-in")
	}
	if !audited(w, auth.DidFailSignIn, "Wrong code") {
		t.Error("the log does not tell of the wrong code")
	}
	// A recovery code works once, in any spelling.
	for i, want := range []int{http.StatusSeeOther, http.StatusUnprocessableEntity} {
		s := app.Client(t)
		s.Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
		if res := s.Post(w.URL("/signin/factor"), url.Values{"code": {strings.ToUpper(codes[0])}}); res.Status != want {
			t.Errorf("recovery code, time %d: %d", i+1, res.Status)
		}
	}
	// The same code by a hundred at once: one gets in.
	var in atomic.Int32
	var wg sync.WaitGroup
	pg.Exec(t, `delete from public.throttles where key = $1`, "factor:"+w.Owner.ID.String())
	for range 100 {
		wg.Go(func() {
			err := pg.DB(t).Shared(t.Context(), func(tx *db.SharedTx) error {
				n, err := tx.RecoveryCodeUse(t.Context(), w.Owner.ID, hashOf(strings.ReplaceAll(codes[1], "-", "")))
				in.Add(int32(n))
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("one recovery code let %d in", in.Load())
	}
	// With a second factor a shorter password does; without, it must be changed first.
	c.Put(w.URL("/settings/security/password"), url.Values{"current_password": {pg.Password}, "password": {"kq9vm2wt"}}).
		Want(http.StatusSeeOther)
	if text := c.Delete(w.URL("/settings/security/totp"), nil).Want(http.StatusUnprocessableEntity).
		Text(".notice.bad"); !strings.Contains(text, "shorter than 12") {
		t.Errorf("it says %q", text)
	}
	c.Put(w.URL("/settings/security/password"), url.Values{"current_password": {"kq9vm2wt"}, "password": {pg.Password}}).
		Want(http.StatusSeeOther)
	c.Delete(w.URL("/settings/security/totp"), nil).Want(http.StatusSeeOther)
	app.Client(t).Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
}

func cookies(c *apptest.Client, w *apptest.Workspace) (v string) {
	u, _ := url.Parse(w.URL("/"))
	return sessionCookie(c, u)
}

func sessionCookie(c *apptest.Client, at *url.URL) string { return sessionOf(c.HTTP.Jar.Cookies(at)) }

func sessionOf(all []*http.Cookie) (v string) {
	for _, k := range all {
		if strings.HasSuffix(k.Name, "paddock") {
			v = k.Value
		}
	}
	return v
}

// A workspace that requires a second factor shows nothing without it, also to
// those who were signed in before.
func TestRequiredSecondFactor(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, u := app.NewWorkspace(t), pg.NewUser(t)
	w.Join(u, auth.Member)
	c := w.Client(w.Owner)
	required := url.Values{"required": {"true"}}
	c.Put(w.URL("/settings/signin/factor"), required).Want(http.StatusUnprocessableEntity) // locks oneself out
	app.TOTP(w, w.Owner)
	c = w.Client(w.Owner)
	m := w.Client(u)
	c.Put(w.URL("/settings/signin/factor"), required).Want(http.StatusSeeOther)
	c.Put(w.URL("/settings/signin/factor"), nil).Want(http.StatusUnprocessableEntity) // absent is not false
	wait.Until(t, "it is asked of a member", func() bool {
		return m.Get(w.URL("/customers")).Header.Get("Location") == "/settings/security"
	})
	m.Get(w.URL("/settings/security")).Want(http.StatusOK).Find(".notice.bad")
	m.Post(w.URL("/customers"), url.Values{"name": {"No"}}).Want(http.StatusSeeOther)
	if n := pg.Count(t, `select count(*) from `+w.Schema+`.customers`); n != 0 {
		t.Error("a customer was made without the factor")
	}
	c.Get(w.URL("/customers")).Want(http.StatusOK)
	// The member sets one up and is in.
	page := m.Get(w.URL("/settings/security/totp")).Want(http.StatusOK)
	sealed, _ := page.Find(`input[name=secret]`).Attr("value")
	m.Post(w.URL("/settings/security/totp"),
		url.Values{"secret": {sealed}, "code": {apptest.Code(t, strings.ReplaceAll(page.Text(".secret"), " ", ""), time.Now())}}).
		Want(http.StatusOK)
	m.Get(w.URL("/customers")).Want(http.StatusOK)
	// Whoever has one, but came without it, shows it.
	old := app.Client(t)
	old.Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
	signedOut(t, "without the code", old.Get(w.URL("/customers")))
}

// Sudo: what does lasting harm asks again who one is, and the form that was
// sent is not lost.
func TestSudo(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	w.Owner.EndSudo(t)
	email := pg.Unique("sudo") + "@example.com"
	page := c.Post(w.URL("/settings/security/email"), url.Values{"email": {email}}).Want(http.StatusForbidden)
	page.Find("#sudo_password")
	if v, _ := page.Find(`input[type=hidden][name=email]`).Attr("value"); v != email {
		t.Errorf("the form came back with %q", v)
	}
	c.Post(w.URL("/settings/security/email"), url.Values{"email": {email}, "sudo_password": {"wrong password"}}).
		Want(http.StatusUnprocessableEntity).Find("#sudo_password-error")
	if len(app.Mailbox.List(email)) != 0 {
		t.Error("done without the password")
	}
	c.Post(w.URL("/settings/security/email"), url.Values{"email": {email}, "sudo_password": {pg.Password}}).Want(http.StatusSeeOther)
	app.Mail(t, email, "new address")
	c.Delete(w.URL("/settings/security/totp"), nil).Want(http.StatusSeeOther) // for a quarter of an hour
	// A recovery code does as well, and one hears of it.
	v := app.NewWorkspace(t)
	var codes []string
	app.TOTP(v, v.Owner)
	v.Shared(func(ctx context.Context, tx *db.SharedTx) (err error) {
		codes, err = auth.RecoveryCodes(ctx, tx, v.Owner.ID)
		return err
	})
	vc := v.Client(v.Owner)
	v.Owner.EndSudo(t)
	vc.Post(v.URL("/sudo"), url.Values{"sudo_code": {codes[0]}}).Want(http.StatusSeeOther)
	app.Mail(t, v.Owner.Email, "recovery code was used")
	// A page goes by way of /sudo and comes back; elsewhere it does not lead.
	w.Owner.EndSudo(t)
	to := c.Get(w.URL("/settings/security/totp")).Want(http.StatusSeeOther).Header.Get("Location")
	c.Get(w.URL(to)).Want(http.StatusOK)
	for next, want := range map[string]string{"/settings/security/totp": "/settings/security/totp", "//evil.example": "/",
		"https://evil.example/": "/", `/\evil.example`: "/"} {
		if got := c.Post(w.URL("/sudo"), url.Values{"sudo_password": {pg.Password}, "next": {next}}).Want(http.StatusSeeOther).
			Header.Get("Location"); got != want {
			t.Errorf("next=%s leads to %s", next, got)
		}
	}
	// A passkey's ceremony is sent there too.
	w.Owner.EndSudo(t)
	r := c.Request(http.MethodPost, w.URL("/passkeys/registration/begin"), nil)
	r.Header.Set("Content-Type", "application/json")
	if to := c.Do(r).Want(http.StatusSeeOther).Header.Get("Location"); !strings.HasPrefix(to, "/sudo") {
		t.Errorf("leads to %s", to)
	}
	// Every dangerous route asks: by the table, so that a new one does too.
	w.Owner.EndSudo(t)
	asked := 0
	for _, route := range sudoRoutes(app) {
		form := url.Values{"required": {"false"}, "email": {"x@example.com"}, "password": {pg.Password}}
		path := w.URL(strings.NewReplacer(":id", w.MemberID(w.Owner).String(), ":domain", "example.com").Replace(route.Path))
		var res *apptest.Response
		switch route.Method {
		case http.MethodGet:
			res = c.Get(path)
		case http.MethodPut:
			res = c.Put(path, form)
		case http.MethodDelete:
			res = c.Delete(path, form)
		default:
			res = c.Post(path, form)
		}
		if res.Status != http.StatusForbidden && !strings.HasPrefix(res.Header.Get("Location"), "/sudo") {
			t.Errorf("%s %s: %d", route.Method, route.Path, res.Status)
		}
		asked++
	}
	if asked < 10 {
		t.Errorf("only %d routes ask", asked)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c, other, third := w.Client(w.Owner), w.Client(w.Owner), w.Client(w.Owner)
	page := c.Get(w.URL("/settings/security")).Want(http.StatusOK)
	forms := page.Find(`form[action^="/settings/security/sessions/"]`)
	if forms.Length() != 3 || !strings.Contains(page.Text(".part:nth-of-type(2)"), "This session") {
		t.Fatalf("%d sessions", forms.Length())
	}
	// One by one, and all others at once.
	var mine string
	pg.Exec(t, `update public.sessions set last_seen_at = now() - interval '1 hour' where user_id = $1 and ip <> ''`, w.Owner.ID)
	page.Find(".settings-rows li").Each(func(_ int, li *selection) {
		if strings.Contains(li.Text(), "This session") {
			mine, _ = li.Find("form").Attr("action")
		}
	})
	// Another person's session can't be ended.
	stranger := app.NewWorkspace(t)
	stranger.Client(stranger.Owner).Delete(stranger.URL(mine), nil).Want(http.StatusNotFound)
	c.Get(w.URL("/")).Want(http.StatusOK)
	c.Delete(w.URL("/settings/security/sessions"), nil).Want(http.StatusSeeOther)
	signedOut(t, "another", other.Get(w.URL("/")))
	signedOut(t, "a third", third.Get(w.URL("/")))
	if to := c.Delete(w.URL(mine), nil).Want(http.StatusSeeOther).Header.Get("Location"); to != "/signin" {
		t.Errorf("ending one's own leads to %q", to)
	}
	signedOut(t, "one's own", c.Get(w.URL("/")))
	// Idle for too long, and used for too long.
	c = w.Client(w.Owner)
	pg.Exec(t, `update public.sessions set expires_at = now() - interval '1 second' where user_id = $1`, w.Owner.ID)
	signedOut(t, "idle", c.Get(w.URL("/")))
	c = w.Client(w.Owner)
	pg.Exec(t, `update public.sessions set created_at = now() - interval '29 days 23 hours', last_seen_at = now() - interval '1 day'
		where user_id = $1`, w.Owner.ID)
	c.Get(w.URL("/")).Want(http.StatusOK)
	if n := pg.Count(t, `select count(*) from public.sessions where user_id = $1 and expires_at between now() and now() + interval '2 hours'`,
		w.Owner.ID); n != 1 {
		t.Error("a session in use outlives its limit")
	}
}

// Nobody learns whether an address is known: not from the answer, and not from
// its time, for the same is done. What that takes is measured by task bench.
func TestUsersAreNotEnumerated(t *testing.T) { //nolint:paralleltest // what the process computes is counted
	app, spent := apptest.Counting(t)
	w := app.NewWorkspace(t)
	known := w.Owner.Email
	type answer struct {
		status             int
		body               string
		hashes, statements int64
	}
	ask := func(at, email string) (a answer) {
		c := app.Client(t)
		before := auth.PasswordsHashed()
		a.statements = spent(func() {
			res := c.Post(at, url.Values{"email": {email}, "password": {"not the password"}})
			a.status, a.body = res.Status, strings.ReplaceAll(res.Body, email, "…")
		}).Statements
		a.hashes = auth.PasswordsHashed() - before
		return a
	}
	for at, want := range map[string]struct{ hashes, apart int64 }{
		app.Site("/signin"): {1, 0}, w.URL("/signin"): {1, 0},
		app.Site("/password/forgot"): {0, 3}, // a token is kept, and the one before deleted, beside the mail that goes out in any case
	} {
		ask(at, known) // warm
		for range 3 {
			a, b := ask(at, known), ask(at, pg.Unique("unknown")+"@example.com")
			pg.Exec(t, `delete from public.throttles where key like '%' || $1`, known)
			if a.status != b.status || a.body != b.body {
				t.Fatalf("%s: %d and %d, or other words", at, a.status, b.status)
			}
			if a.hashes != want.hashes || b.hashes != want.hashes {
				t.Errorf("%s: %d hashes for a known address, %d for an unknown one, want %d", at, a.hashes, b.hashes, want.hashes)
			}
			if d := a.statements - b.statements; d < 0 || d > want.apart {
				t.Errorf("%s: %d statements for a known address, %d for an unknown one", at, a.statements, b.statements)
			}
		}
	}
	// A reset token and an invitation that are wrong look like ones that are used.
	if a, b := app.Client(t).Get(app.Site("/password/reset?token=x")),
		app.Client(t).Get(app.Site("/password/reset?token="+strings.Repeat("A", 52))); a.Status != b.Status || a.Body != b.Body {
		t.Error("tokens differ by their answers")
	}
}

func TestBruteForce(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	secret := app.TOTP(w, w.Owner)
	c := app.Client(t)
	c.Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
	stopped := 0
	for i := range 15 {
		res := c.Post(w.URL("/signin/factor"), url.Values{"code": {"00000" + string(rune('0'+i%10))}})
		if res.Status == http.StatusTooManyRequests {
			stopped++
			if res.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
	}
	if stopped != 5 {
		t.Errorf("%d of 15 codes were stopped, want 5", stopped)
	}
	// From another browser too, with the right code even: the account is slowed.
	again := app.Client(t)
	again.Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
	again.Post(w.URL("/signin/factor"), url.Values{"code": {apptest.Code(t, secret, time.Now())}}).Want(http.StatusTooManyRequests)
	// Not so by a recovery code, which has a budget of its own; and a new password
	// begins the window's count anew.
	var codes []string
	w.Shared(func(ctx context.Context, tx *db.SharedTx) (err error) {
		codes, err = auth.RecoveryCodes(ctx, tx, w.Owner.ID)
		return err
	})
	again.Post(w.URL("/signin/factor"), url.Values{"code": {codes[0]}}).Want(http.StatusSeeOther)
	c = app.Client(t)
	c.Post(app.Site("/password/forgot"), url.Values{"email": {w.Owner.Email}}).Want(http.StatusOK)
	link := apptest.Link(t, app.Mail(t, w.Owner.Email, "new password"), "/password/reset")
	c.Post(app.Site("/password/reset"), url.Values{"token": {token(t, link)}, "password": {"another good phrase"}}).Want(http.StatusSeeOther)
	c.Post(w.URL("/signin"), url.Values{"email": {w.Owner.Email}, "password": {"another good phrase"}}).Want(http.StatusSeeOther)
	c.Post(w.URL("/signin/factor"), url.Values{"code": {apptest.Code(t, secret, time.Now())}}).Want(http.StatusSeeOther)
	// Passwords in sudo count like those of a sign-in.
	v := app.NewWorkspace(t)
	vc := v.Client(v.Owner)
	v.Owner.EndSudo(t)
	stopped = 0
	for range 14 {
		if vc.Post(v.URL("/sudo"), url.Values{"sudo_password": {"guess"}}).Status == http.StatusTooManyRequests {
			stopped++
		}
	}
	if stopped != 4 {
		t.Errorf("%d of 14 passwords were stopped, want 4", stopped)
	}
	// Nobody's mailbox is flooded.
	victim := pg.NewUser(t)
	sent, stranger := 0, app.Client(t)
	for range 8 {
		if stranger.Post(app.Site("/password/forgot"), url.Values{"email": {victim.Email}}).Status == http.StatusOK {
			sent++
		}
	}
	if sent != 5 {
		t.Errorf("%d mails to one address", sent)
	}
	// … also from many networks, where its owner still gets one by a browser that
	// has signed in before.
	own := app.Client(t)
	own.Post(app.Site("/signin"), signInForm(victim)).Want(http.StatusSeeOther)
	for range 15 {
		app.Client(t).Post(app.Site("/password/forgot"), url.Values{"email": {victim.Email}})
	}
	app.Client(t).Post(app.Site("/password/forgot"), url.Values{"email": {victim.Email}}).Want(http.StatusTooManyRequests)
	own.Post(app.Site("/password/forgot"), url.Values{"email": {victim.Email}}).Want(http.StatusOK)
	if n := len(app.Mailbox.List(victim.Email)); n > 12 {
		t.Errorf("%d mails to one address from many networks", n)
	}
}

// A cookie that a sibling host plants, or that somebody had before, does not
// become the session that signs in.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, evil := app.NewWorkspace(t), app.NewWorkspace(t)
	attacker := evil.Client(evil.Owner)
	at, _ := url.Parse(w.URL("/"))
	from, _ := url.Parse(evil.URL("/"))
	victim := app.Client(t)
	var planted string
	for _, k := range attacker.HTTP.Jar.Cookies(from) {
		if k.Name == "__Host-paddock" {
			planted = k.Value
			victim.HTTP.Jar.SetCookies(at, []*http.Cookie{{Name: k.Name, Value: k.Value, Path: "/", Secure: true}})
		}
	}
	if planted == "" {
		t.Fatal("no cookie to plant; its name must begin with __Host-, which browsers let no sibling set")
	}
	signedOut(t, "with the planted cookie", victim.Get(w.URL("/")))
	victim.Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
	victim.Get(w.URL("/customers")).Want(http.StatusOK)
	if got := cookies(victim, w); got == planted {
		t.Error("the planted id is the session's now")
	}
	signedOut(t, "the attacker, on the victim's host", func() *apptest.Response {
		c := app.Client(t)
		c.HTTP.Jar.SetCookies(at, []*http.Cookie{{Name: "__Host-paddock", Value: planted, Path: "/", Secure: true}})
		return c.Get(w.URL("/customers"))
	}())
	// A cookie for all siblings, under our name without its prefix, is not read.
	thrown := app.Client(t)
	base, _ := url.Parse(app.Site("/"))
	thrown.HTTP.Jar.SetCookies(base,
		[]*http.Cookie{{Name: "paddock", Value: cookies(victim, w), Domain: base.Hostname(), Path: "/", Secure: true}})
	signedOut(t, "a cookie of the parent domain", thrown.Get(w.URL("/")))
	// A sibling's page can't post here, for all that they are one site.
	for _, origin := range []string{strings.TrimSuffix(evil.URL(""), "/"), "https://evil.example", "null"} {
		r := victim.Request(http.MethodPost, w.URL("/settings/invitations"), url.Values{"email": {"x@example.com"}, "role": {"admin"}})
		r.Header.Del("Sec-Fetch-Site")
		r.Header.Set("Origin", origin)
		victim.Do(r).Want(http.StatusForbidden)
		r = victim.Request(http.MethodPost, w.URL("/settings/invitations"), url.Values{"email": {"x@example.com"}, "role": {"admin"}})
		r.Header.Set("Sec-Fetch-Site", "same-site")
		victim.Do(r).Want(http.StatusForbidden)
	}
	if n := pg.Count(t, `select count(*) from public.invitations where tenant_id = $1`, w.ID); n != 0 {
		t.Error("another site invited somebody")
	}
}

// Whatever lets somebody in is nowhere in the clear: not in the database, the
// jobs that wait to mail it included, nor in the log.
func TestSecretsAreNowhereInTheClear(t *testing.T) {
	t.Parallel()
	log := &pg.Log{}
	app := apptest.Logged(t, log)
	w := app.NewWorkspace(t)
	secrets := map[string]string{"password": pg.Password}
	note := func(name, value string) {
		if len(value) < 6 {
			t.Fatalf("%s is %q", name, value)
		}
		secrets[name] = value
	}
	guest := pg.Unique("secret") + "@example.com"
	c := app.Client(t)
	c.Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
	note("the session's cookie", cookies(c, w))
	c.Post(w.URL("/settings/invitations"), url.Values{"email": {guest}, "role": {"member"}}).Want(http.StatusSeeOther)
	link := apptest.Link(t, apptest.Start(t).Mail(t, guest, "invites"), "/invitations/")
	note("the invitation", link[strings.LastIndex(link, "/")+1:])
	c.Post(app.Site("/password/forgot"), url.Values{"email": {w.Owner.Email}}).Want(http.StatusOK)
	reset := token(t, apptest.Link(t, apptest.Start(t).Mail(t, w.Owner.Email, "new password"), "/password/reset"))
	note("the reset's token", reset)
	c.Get(app.Site("/password/reset?token=" + reset)).Want(http.StatusOK)
	app.Client(t).Get(link).Want(http.StatusOK)
	page := c.Get(w.URL("/settings/security/totp")).Want(http.StatusOK)
	secret := strings.ReplaceAll(page.Text(".secret"), " ", "")
	note("the authenticator's secret", secret)
	sealed, _ := page.Find(`input[name=secret]`).Attr("value")
	codes := c.Post(w.URL("/settings/security/totp"), url.Values{"secret": {sealed}, "code": {apptest.Code(t, secret, time.Now())}}).
		Want(http.StatusOK)
	note("a recovery code", strings.TrimSpace(codes.Find(".codes code").First().Text()))
	visit := c.Post(w.URL("/workspaces/"+w.Slug+"/visit"), nil).Want(http.StatusSeeOther).Header.Get("Location")
	note("the hand-off's token", token(t, visit))
	c.Get(w.URL("/invitations/" + secrets["the invitation"] + "/../../boom")).Status = 0 // odd paths are logged too
	c.Get(visit).Want(http.StatusSeeOther)
	// The proofs of an address, a new one and that of an account.
	changed := pg.Unique("secret-change") + "@example.com"
	c.Post(w.URL("/settings/security/email"), url.Values{"email": {changed}}).Want(http.StatusSeeOther)
	change := apptest.Link(t, apptest.Start(t).Mail(t, changed, "new address"), "/email/verify")
	note("the change's token", token(t, change))
	c.Get(change).Want(http.StatusOK)
	slug := pg.Unique("secret")
	fresh := app.Client(t)
	welcome := fresh.Post(app.Site("/signup"), signUpForm(slug)).Want(http.StatusSeeOther).Header.Get("Location")
	note("the sign-up's hand-off", token(t, welcome))
	fresh.Get(welcome).Want(http.StatusSeeOther)
	verify := apptest.Link(t, apptest.Start(t).Mail(t, slug+"@example.com", "is ready"), "/email/verify")
	note("the proof's token", token(t, verify))
	fresh.Get(verify).Want(http.StatusOK)
	// A provider of the workspace's own: our secret there, and a flow under way.
	p := peer.NewProvider(t, w.URL("/oidc/workspace/callback"))
	own(t, app, w, p, "", "member")
	note("the provider's client secret", peer.ProviderSecret)
	at, err := url.Parse(c.Get(w.URL("/oidc/workspace")).Want(http.StatusSeeOther).Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	note("the flow's state", at.Query().Get("state"))
	note("the flow's nonce", at.Query().Get("nonce"))
	// An operator on the way in.
	op, _ := operator(t, app)
	support := op.Post(app.Console("/tenants/"+w.ID.String()+"/support"), url.Values{"reason": {"A test"}}).Want(http.StatusSeeOther).
		Header.Get("Location")
	note("the support's hand-off", token(t, support))
	// A page whose address holds a token sends it to nobody: not its path, not its query.
	for what, page := range map[string]string{"an invitation": link, "a reset": app.Site("/password/reset?token=" + reset), "a proof": verify,
		"a change": change} {
		res := app.Client(t).Get(page)
		if policy := res.Header.Get("Referrer-Policy"); policy != "no-referrer" && policy != "strict-origin" && policy != "origin" {
			t.Errorf("%s: Referrer-Policy %q", what, policy)
		}
	}

	if !strings.Contains(log.String(), "/invitations/…") {
		t.Fatal("the log was not caught")
	}
	dump := dumpDatabase(t, w.Schema)
	if !strings.Contains(dump, guest) {
		t.Fatal("the database was not read")
	}
	for name, s := range secrets {
		if strings.Contains(dump, s) {
			t.Errorf("%s stands in the database", name)
		}
		if strings.Contains(log.String(), s) {
			t.Errorf("%s stands in the log", name)
		}
	}
}

// dumpDatabase is every row of the shared schema and of the tenant's, as text.
func dumpDatabase(t *testing.T, schema string) string {
	t.Helper()
	db := pg.Superuser(t)
	rows, err := db.Query(t.Context(), `select schemaname, tablename from pg_tables where schemaname in ('public', $1)`, schema)
	if err != nil {
		t.Fatal(err)
	}
	var names [][2]string
	for rows.Next() {
		var n [2]string
		if err := rows.Scan(&n[0], &n[1]); err != nil {
			t.Fatal(err)
		}
		names = append(names, n)
	}
	var out strings.Builder
	for _, n := range names {
		var text *string
		if err := db.QueryRow(t.Context(), `select string_agg(x::text, e'\n') from "`+n[0]+`"."`+n[1]+`" x`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		if text != nil {
			out.WriteString(*text)
		}
	}
	return out.String()
}

func TestAuditLog(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := app.Client(t)
	c.Post(w.URL("/signin"), url.Values{"email": {w.Owner.Email}, "password": {"wrong password"}}).Want(http.StatusUnprocessableEntity)
	c.Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
	c.Put(w.URL("/settings/workspace"), url.Values{"name": {"=cmd|' /C calc'!A0"}}).Want(http.StatusSeeOther)
	id := w.Customer(customerNamed("Deleted one"))
	c.Delete(w.URL("/customers/"+id.String()), url.Values{"version": {"1"}}).Want(http.StatusSeeOther)
	// What goes for good by undoing it, and a note, are deletions too.
	c.Post(w.URL("/customers"), url.Values{"name": {"Made by mistake"}}).Want(http.StatusSeeOther)
	set := ""
	if err := pg.Superuser(t).QueryRow(t.Context(), `select change_set::text from `+w.Schema+`.changes order by id desc limit 1`).
		Scan(&set); err != nil {
		t.Fatal(err)
	}
	c.Put(w.URL("/changes/"+set+"/reversal"), nil).Want(http.StatusSeeOther)
	page := c.Get(w.URL("/settings/audit")).Want(http.StatusOK).Text(".audit")
	for _, want := range []string{"deleted 1 record, by undoing", "signed in", "failed to sign in Wrong password", "changed the settings =cmd",
		"deleted Deleted one"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	only := c.Get(w.URL("/settings/audit?action=" + url.QueryEscape(auth.DidSignIn))).Want(http.StatusOK)
	if n := only.Find(".audit li").Length(); n != 1 {
		t.Errorf("%d lines of one kind", n)
	}
	if c.Get(w.URL("/settings/audit?to=2001-01-01")).Want(http.StatusOK).Select(".audit li").Length() != 0 {
		t.Error("lines before there was a workspace")
	}
	// Page by page, each line once.
	pg.Exec(t, `insert into `+w.Schema+
		`.audit (at, actor, action, subject, ip, device) select now() - (g / 3) * interval '1 second', 'Bulk', 'Tested', g::text, '', ''
			from generate_series(1, 120) g`)
	seen := map[string]bool{}
	lines := 0
	for next := "/settings/audit?action=Tested"; next != ""; {
		page := c.Get(w.URL(next)).Want(http.StatusOK)
		page.Find(".audit li").Each(func(_ int, li *selection) { lines++; seen[li.Find("span").Text()] = true })
		next = page.Select(`.gutter > p > a.button`).AttrOr("href", "")
	}
	if lines != 120 || len(seen) != 120 {
		t.Errorf("%d lines, %d of them different", lines, len(seen))
	}
	formulas := []string{"=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", " =1+1"}
	for _, f := range formulas {
		pg.Exec(t, `insert into `+w.Schema+`.audit (actor, action, subject, ip, device) values ('Bulk', 'Formula', $1, '', '')`, f)
	}
	file := c.Get(w.URL("/settings/audit.csv")).Want(http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(file.Body)).ReadAll()
	if err != nil || len(rows) < 5 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	cells := slices.Concat(rows...)
	for _, cell := range cells {
		if strings.IndexAny(strings.TrimLeft(cell, " "), "=+-@\t\r") == 0 {
			t.Errorf("a spreadsheet would run %q", cell)
		}
	}
	for _, f := range append(formulas, "=cmd|' /C calc'!A0") {
		if f = strings.ReplaceAll(f, "\r", "\n"); !slices.ContainsFunc(cells,
			func(cell string) bool { return strings.HasPrefix(strings.ReplaceAll(cell, "\r", "\n"), "'"+f) }) {
			t.Errorf("%q is not in the file, quoted", f)
		}
	}
	if !audited(w, auth.DidExport, "Audit log") {
		t.Error("that the log was taken is not in it")
	}
	// The tenant's role reads, and neither changes, deletes nor forges.
	role := ""
	conn := pg.Superuser(t)
	if err := conn.QueryRow(t.Context(), `select current_database() || '_' || $1`, w.Schema).Scan(&role); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`update audit set action = 'x'`, `delete from audit`, `truncate audit`,
		`insert into audit (actor, action, subject, ip, device) values ('', '', '', '', '')`, `drop table audit`} {
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), `set local role "`+role+`"; set local search_path = "`+w.Schema+`"`); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), sql); err == nil {
			t.Errorf("the tenant's role may %s", sql)
		}
		_ = tx.Rollback(t.Context())
	}
}

func TestProfileAndAvatar(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, other := app.NewWorkspace(t), app.NewWorkspace(t)
	c := w.Client(w.Owner)
	c.Put(w.URL("/settings/profile"), url.Values{"name": {"Nora Lind-Berg"}, "theme": {"dark"}, "time_zone": {"Europe/Rome"}}).
		Want(http.StatusSeeOther)
	page := c.Get(w.URL("/settings/profile")).Want(http.StatusOK)
	page.Find("body.app.dark")
	if v, _ := page.Find("#name").Attr("value"); v != "Nora Lind-Berg" {
		t.Errorf("the name is %q", v)
	}
	c.Put(w.URL("/settings/profile"), url.Values{"name": {" "}}).Want(http.StatusUnprocessableEntity).Find("#name-error")
	if v, _ := c.Put(w.URL("/settings/profile"), url.Values{"theme": {"pink"}}).Want(http.StatusUnprocessableEntity).Find("#name").
		Attr("value"); v != "Nora Lind-Berg" {
		t.Errorf("after another field's error the name is %q", v)
	}
	wait.Until(t, "the workspace's members have the name", func() bool {
		return strings.Contains(c.Get(w.URL("/customers/new")).Body, "Nora Lind-Berg")
	})
	big := image.NewRGBA(image.Rect(0, 0, 300, 200))
	for i := range big.Pix {
		big.Pix[i] = uint8(i)
	}
	big.Set(0, 0, color.White)
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, big, nil); err != nil {
		t.Fatal(err)
	}
	jpg.WriteString("<script>alert(1)</script> and where the photo was taken")
	upload := func(content []byte) *apptest.Response {
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		_ = m.WriteField("_method", "PUT")
		f, _ := m.CreateFormFile("avatar", "me.jpg")
		_, _ = f.Write(content)
		_ = m.Close()
		r := c.Request(http.MethodPost, w.URL("/settings/profile/avatar"), nil)
		r.Body, r.ContentLength = readCloser(body.Bytes()), int64(body.Len())
		r.Header.Set("Content-Type", m.FormDataContentType())
		return c.Do(r)
	}
	upload(jpg.Bytes()).Want(http.StatusSeeOther)
	src, _ := c.Get(w.URL("/settings/members")).Want(http.StatusOK).Find(".members img").Attr("src")
	img := c.Get(w.URL(src)).Want(http.StatusOK)
	small, err := png.Decode(strings.NewReader(img.Body))
	if err != nil || small.Bounds().Dx() != 128 || strings.Contains(img.Body, "script") || img.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the image was not made anew: %v", err)
	}
	other.Client(other.Owner).Get(other.URL(src)).Want(http.StatusNotFound) // another workspace's people
	for what, content := range map[string][]byte{"text": []byte("no image"), "nothing": {}, "half": jpg.Bytes()[:40],
		"svg": []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), "a bomb": bomb()} {
		if res := upload(content).Want(http.StatusUnprocessableEntity); res.Select("#avatar-error").Length() != 1 {
			t.Errorf("%s: no message", what)
		}
	}
	// As a phone takes it, of several megabytes; and one that is beyond them.
	photo := image.NewRGBA(image.Rect(0, 0, 2000, 1500))
	_, _ = rand.Read(photo.Pix)
	jpg.Reset()
	if err := jpeg.Encode(&jpg, photo, &jpeg.Options{Quality: 90}); err != nil || jpg.Len() < 2<<20 || jpg.Len() > 8<<20 {
		t.Fatalf("%d bytes, %v", jpg.Len(), err)
	}
	upload(jpg.Bytes()).Want(http.StatusSeeOther)
	src, _ = c.Get(w.URL("/settings/members")).Want(http.StatusOK).Find(".members img").Attr("src")
	upload(make([]byte, 9<<20)).Want(http.StatusRequestEntityTooLarge)
	c.Delete(w.URL("/settings/profile/avatar"), nil).Want(http.StatusSeeOther)
	c.Get(w.URL(src)).Want(http.StatusNotFound)
}

// bomb is the head of a PNG of 60,000 by 60,000 pixels.
func bomb() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1)))
	out := b.Bytes()
	copy(out[16:], []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60})
	return fixPNG(out)
}

// On a custom domain passkeys can't be used: the pages say so and lead to where
// they can.
func TestPasskeysOnACustomDomain(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	domain := pg.Unique("custom") + ".example"
	pg.Exec(t, `insert into public.domains (host, tenant_id, verified_at) values ($1, $2, now())`, domain, w.ID)
	at := "https://" + domain + ":" + app.Base.Port()
	w.Passkey(w.Owner)
	c := app.Client(t)
	c.Insecure() // the certificate is for paddock.test
	page := c.Get(at + "/signin").Want(http.StatusOK)
	if page.Select("[data-passkey]").Length() != 0 || !strings.Contains(page.Text(".sheet"), "Passkeys belong to Paddock’s own address") {
		t.Error("it offers a passkey that can’t work")
	}
	if to, _ := page.Find(`.sheet a[href*="workspace="]`).Attr("href"); to != app.Site("/signin?workspace="+w.Slug) {
		t.Errorf("it leads to %q", to)
	}
	c.Post(at+"/signin", signInForm(w.Owner)).Want(http.StatusSeeOther)
	factor := c.Get(at + "/signin/factor").Want(http.StatusOK)
	if factor.Select("[data-passkey]").Length() != 0 || !strings.Contains(factor.Text("form"), "sign in there") {
		t.Error("nothing leads to where the passkey works")
	}
	r := c.Request(http.MethodPost, at+"/passkeys/login/begin", nil)
	r.Header.Set("Content-Type", "application/json")
	c.Do(r).Want(http.StatusForbidden)
}

// A passkey that is refused uses its ceremony up: what was begun once writes one
// line into the workspace's log.
func TestRefusedPasskeyUsesItsCeremonyUp(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := app.Client(t)
	post := func(path, body, token string) *apptest.Response {
		r := c.Request(http.MethodPost, w.URL(path), nil)
		r.Header.Set("Content-Type", "application/json")
		r.Body = io.NopCloser(strings.NewReader(body))
		r.ContentLength = int64(len(body))
		if token != "" {
			r.Header.Set("Cookie", token)
		}
		return c.Do(r)
	}
	token, _, _ := strings.Cut(post("/passkeys/login/begin", "", "").Want(http.StatusOK).Header.Get("Set-Cookie"), ";")
	for range 5 {
		post("/passkeys/login/finish", "{}", token).Want(http.StatusUnprocessableEntity)
	}
	if n := pg.Count(t, `select count(*) from `+w.Schema+`.audit where action = $1`, auth.DidFailSignIn); n != 1 {
		t.Errorf("%d lines in the log, want 1", n)
	}
}

// What was shown, and when, goes from host to host as it is: only showing it
// again makes it newer.
func TestProofIsNotRenewedByMoving(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	a, b := app.NewWorkspace(t), app.NewWorkspace(t)
	b.Join(a.Owner, auth.Owner)
	c := a.Client(a.Owner)
	a.Owner.EndSudo(t)
	to := c.Post(a.URL("/workspaces/"+b.Slug+"/visit"), nil).Want(http.StatusSeeOther).Header.Get("Location")
	c.Get(to).Want(http.StatusSeeOther)
	c.Get(b.URL("/customers")).Want(http.StatusOK)
	email := pg.Unique("moved") + "@example.com"
	c.Post(b.URL("/settings/security/email"), url.Values{"email": {email}}).Want(http.StatusForbidden).Find("#sudo_password")
	// Nor by signing in with a password where a second factor is what proves.
	app.TOTP(a, a.Owner)
	strong := a.Client(a.Owner)
	a.Owner.EndSudo(t)
	pg.Exec(t, `update public.sessions set strong = false where user_id = $1`, a.Owner.ID)
	res := strong.Post(a.URL("/settings/security/email"), url.Values{"email": {email}, "sudo_password": {pg.Password}})
	if res.Status < 400 && !strings.HasPrefix(res.Header.Get("Location"), "/sudo") || len(app.Mailbox.List(email)) > 0 {
		t.Errorf("a password stood in for the second factor: %d %s", res.Status, res.Header.Get("Location"))
	}
}

// However often somebody moves, a session ends thirty days after they signed in.
func TestSessionsEndHoweverOneMoves(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	a, b := app.NewWorkspace(t), app.NewWorkspace(t)
	b.Join(a.Owner, auth.Owner)
	c := a.Client(a.Owner)
	pg.Exec(t, `update public.sessions set created_at = now() - interval '29 days 23 hours' where user_id = $1`, a.Owner.ID)
	to := c.Post(a.URL("/workspaces/"+b.Slug+"/visit"), nil).Want(http.StatusSeeOther).Header.Get("Location")
	c.Get(to).Want(http.StatusSeeOther)
	c.Get(b.URL("/customers")).Want(http.StatusOK)
	if n := pg.Count(t, `select count(*) from public.sessions where user_id = $1 and tenant_id = $2
		and expires_at < now() + interval '2 hours' and created_at < now() - interval '29 days'`, a.Owner.ID, b.ID); n != 1 {
		t.Error("moving has begun the session's time anew")
	}
}

// On the base host too each route asks for what it says.
func TestSiteRoutes(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	for _, route := range web.SiteRoutes(app.Web) {
		path := app.Site(strings.NewReplacer(":id", pg.NewID().String(), ":slug", "nobody", ":provider", "none").Replace(route.Path))
		ask := func(c *apptest.Client) *apptest.Response {
			r := c.Request(route.Method, path, url.Values{"email": {"x@example.com"}, "password": {pg.Password}})
			return c.Do(r)
		}
		if route.Permission.Level() == auth.Anyone {
			if res := ask(app.Client(t)); res.Status >= 500 {
				t.Errorf("%s %s: %d", route.Method, route.Path, res.Status)
			}
			continue
		}
		signedOut(t, route.Method+" "+route.Path, ask(app.Client(t)))
		// A workspace's session is nobody here.
		w := app.NewWorkspace(t)
		member := w.Client(w.Owner)
		from, _ := url.Parse(w.URL("/"))
		to, _ := url.Parse(app.Site("/"))
		member.HTTP.Jar.SetCookies(to, member.HTTP.Jar.Cookies(from))
		signedOut(t, route.Method+" "+route.Path+", by a workspace's session", ask(member))
		// Signed in here, one gets in; where it matters, one is asked once more.
		c := app.Client(t)
		c.Post(app.Site("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
		if res := ask(c); res.Status == http.StatusForbidden || strings.HasPrefix(res.Header.Get("Location"), "/signin?") {
			t.Errorf("%s %s, signed in: %d %s", route.Method, route.Path, res.Status, res.Header.Get("Location"))
		}
		if route.Permission&auth.Sudo == 0 {
			continue
		}
		c = app.Client(t)
		c.Post(app.Site("/signin"), url.Values{"email": {w.Owner.Email}, "password": {pg.Password}})
		w.Owner.EndSudo(t)
		if res := ask(c); res.Status != http.StatusForbidden && !strings.HasPrefix(res.Header.Get("Location"), "/s") {
			t.Errorf("%s %s does not ask again: %d %s", route.Method, route.Path, res.Status, res.Header.Get("Location"))
		}
	}
}

// A hand-off under way is a session too: what ends those ends it.
func TestHandoffEndsWithTheSessions(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	for name, end := range map[string]func(w *apptest.Workspace, c *apptest.Client){
		"all others are ended": func(w *apptest.Workspace, c *apptest.Client) {
			c.Delete(w.URL("/settings/security/sessions"), nil).Want(http.StatusSeeOther)
		},
		"the password is changed": func(w *apptest.Workspace, c *apptest.Client) {
			c.Put(w.URL("/settings/security/password"), url.Values{"current_password": {pg.Password}, "password": {"another good phrase"}}).
				Want(http.StatusSeeOther)
		},
		"the password is reset": func(w *apptest.Workspace, _ *apptest.Client) {
			c := app.Client(t)
			c.Post(app.Site("/password/forgot"), url.Values{"email": {w.Owner.Email}}).Want(http.StatusOK)
			link := apptest.Link(t, app.Mail(t, w.Owner.Email, "new password"), "/password/reset")
			c.Post(app.Site("/password/reset"), url.Values{"token": {token(t, link)}, "password": {"another good phrase"}}).Want(http.StatusSeeOther)
		},
		"an operator signs them out": func(w *apptest.Workspace, _ *apptest.Client) {
			op, _ := operator(t, app)
			op.Delete(app.Console("/users/"+w.Owner.ID.String()+"/sessions"), nil).Want(http.StatusSeeOther)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := app.NewWorkspace(t)
			c, handoff := w.Client(w.Owner), w.Handoff(w.Owner)
			end(w, c)
			late := app.Client(t)
			late.Post(w.URL("/handoff"), url.Values{"token": {handoff}})
			signedOut(t, "by the hand-off", late.Get(w.URL("/customers")))
		})
	}
}

// The first second factor ends the sessions that were begun without one, and a
// session is strong for as long as there is a factor that it has shown.
func TestFactorsComeAndGo(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c, other := w.Client(w.Owner), w.Client(w.Owner)
	page := c.Get(w.URL("/settings/security/totp")).Want(http.StatusOK)
	sealed, _ := page.Find(`input[name=secret]`).Attr("value")
	secret := strings.ReplaceAll(page.Text(".secret"), " ", "")
	c.Post(w.URL("/settings/security/totp"), url.Values{"secret": {sealed}, "code": {apptest.Code(t, secret, time.Now())}}).Want(http.StatusOK)
	signedOut(t, "the session from before the factor", other.Get(w.URL("/customers")))
	c.Get(w.URL("/customers")).Want(http.StatusOK)
	second := w.Client(w.Owner) // with the factor
	c.Delete(w.URL("/settings/security/totp"), nil).Want(http.StatusSeeOther)
	second.Get(w.URL("/customers")).Want(http.StatusOK)
	if n := pg.Count(t, `select count(*) from public.sessions where user_id = $1 and strong`, w.Owner.ID); n != 0 {
		t.Errorf("%d sessions are strong by a factor that is gone", n)
	}
}

func TestOneSessionIsEnded(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c, other, third := w.Client(w.Owner), w.Client(w.Owner), w.Client(w.Owner)
	pg.Exec(t, `update public.sessions set user_agent = 'curl/8' where id = (select id from public.sessions where user_id = $1
		order by created_at offset 1 limit 1)`, w.Owner.ID)
	action := ""
	c.Get(w.URL("/settings/security")).Want(http.StatusOK).Find(".settings-rows li").Each(func(_ int, li *selection) {
		if strings.Contains(li.Text(), "curl") {
			action, _ = li.Find("form").Attr("action")
		}
	})
	if action == "" {
		t.Fatal("the device is not in the list")
	}
	c.Delete(w.URL(action), nil).Want(http.StatusSeeOther)
	signedOut(t, "the one that was ended", other.Get(w.URL("/")))
	third.Get(w.URL("/")).Want(http.StatusOK)
	c.Get(w.URL("/")).Want(http.StatusOK)
}

// One address that tries many accounts is stopped, though it tries each but once;
// one that signs people in is not.
func TestBruteForceFromOneAddress(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := app.Client(t)
	tried := 0
	for ; tried < 70; tried++ {
		res := c.Post(app.Site("/signin"), url.Values{"email": {pg.Unique("guess") + "@example.com"}, "password": {"a password of many"}})
		if res.Status == http.StatusTooManyRequests {
			if res.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			break
		}
	}
	if tried != 60 {
		t.Errorf("stopped after %d, want 60", tried)
	}
	// Sign-ups take a schema each: they have a bound of their own, which mistakes
	// count against too.
	form := signUpForm(w.Slug)
	tried = 0
	for c := app.Client(t); tried < 210; tried++ {
		if c.Post(app.Site("/signup"), form).Status == http.StatusTooManyRequests {
			break
		}
	}
	if tried != 200 {
		t.Errorf("sign-ups were stopped after %d, want 200", tried)
	}
	// The victim's own account was not used up by it.
	app.Client(t).Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
	office := app.Client(t)
	for range 65 {
		pg.Exec(t, `delete from public.throttles where key = $1`, "account:"+w.Owner.Email)
		office.Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
	}
}

// After every kind of way in, next leads nowhere else.
func TestNextOfEveryWayIn(t *testing.T) {
	t.Parallel()
	var p *peer.Provider
	app := apptest.With(t, func(c *config.Config) {
		p = peer.NewProvider(t, c.BaseURL.String()+"/oidc/big/callback")
		c.OIDC = []config.OIDCProvider{{ID: "big", Name: "Big", Issuer: p.Issuer, ClientID: peer.ProviderClient,
			ClientSecret: peer.ProviderSecret}}
	})
	for _, next := range []string{"//evil.example", "https://evil.example/", `/\evil.example`, "/\t/evil.example"} {
		w := app.NewWorkspace(t)
		q := "?next=" + url.QueryEscape(next)
		ours := func(way, to string) {
			t.Helper()
			if u, err := url.Parse(to); err != nil || u.Host != "" && !strings.HasSuffix(u.Hostname(), app.Base.Hostname()) ||
				strings.Contains(u.Path, "evil") {
				t.Errorf("%s with next=%q leads to %q", way, next, to)
			}
		}
		p.User("owner", w.Owner.Email, true)
		ours("a provider", through(app.Client(t), p, app.Site("/oidc/big"+q), "owner").Want(http.StatusSeeOther).Header.Get("Location"))
		// A passkey: what answers is JSON.
		d, c := newDevice(app, w), w.Client(w.Owner)
		var options any
		ceremony := func(c *apptest.Client, path, body string) *apptest.Response {
			r := c.Request(http.MethodPost, w.URL(path), nil)
			r.Header.Set("Content-Type", "application/json")
			r.Body = io.NopCloser(strings.NewReader(body))
			r.ContentLength = int64(len(body))
			res := c.Do(r)
			if err := json.Unmarshal([]byte(res.Body), &options); err != nil {
				t.Fatalf("%s: %d %s", path, res.Status, res.Body)
			}
			return res
		}
		ceremony(c, "/passkeys/registration/begin", "")
		ceremony(c, "/passkeys/registration/finish", string(d.register(t, options))).Want(http.StatusOK)
		c = app.Client(t)
		ceremony(c, "/passkeys/login/begin", "")
		ceremony(c, "/passkeys/login/finish"+q, string(d.signIn(t, options))).Want(http.StatusOK)
		to, _ := options.(map[string]any)["location"].(string)
		if to == "" {
			t.Errorf("the passkey leads nowhere: %v", options)
		}
		ours("a passkey", to)
		c.Get(w.URL("/customers")).Want(http.StatusOK)
		// A second factor.
		secret := app.TOTP(w, w.Owner)
		c = app.Client(t)
		c.Post(w.URL("/signin"), signInForm(w.Owner)).Want(http.StatusSeeOther)
		ours("a code", c.Post(w.URL("/signin/factor"), url.Values{"code": {apptest.Code(t, secret, time.Now())}, "next": {next}}).
			Want(http.StatusSeeOther).Header.Get("Location"))
	}
}
