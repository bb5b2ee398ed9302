package browser_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
)

// From the invitation to the role, for somebody new and for somebody with an
// account; then one of them is removed while a page is open.
func TestBrowserInvitations(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, known := app.NewWorkspace(t), pg.NewUser(t)
	newcomer := pg.Unique("newcomer") + "@example.com"
	admin := browser.NewBrowser(t)
	signIn(admin, w)
	admin.Open(w.URL("/settings/members"))
	for email, role := range map[string]string{newcomer: "viewer", known.Email: "member"} {
		admin.Fill("#email", email)
		choose(admin, "#role", role)
		admin.Click(".inline-form [type=submit]")
		admin.WaitText("#toast", "Invitation sent to "+email)
		admin.WaitText(".settings-rows", email)
	}

	guest := browser.NewBrowser(t)
	guest.Open(apptest.Link(t, app.Mail(t, newcomer, "invites you"), "/invitations/"))
	guest.WaitText(".sheet", "invites "+newcomer+" as a viewer")
	guest.Fill("#name", "Nora Lind")
	guest.Fill("#password", "a long enough phrase")
	guest.Click(".form [type=submit]")
	guest.WaitText("h1", "Dashboard")
	guest.Open(w.URL("/customers"))
	guest.WaitText("h1", "Customers")
	guest.WaitFor(`!document.querySelector('a[href="/customers/new"]')`) // a viewer

	member := browser.NewBrowser(t)
	member.Open(apptest.Link(t, app.Mail(t, known.Email, "invites you"), "/invitations/"))
	member.Click(".sheet a.primary")
	member.Fill("#email", known.Email)
	member.Fill("#password", pg.Password)
	member.Click(".form [type=submit]")
	member.WaitText(".sheet h1", "Join "+w.Name)
	member.Click(".form [type=submit]")
	member.WaitText("h1", "Dashboard")
	member.Open(w.URL("/customers/new"))
	member.Wait("#customer-form")
	member.Open(w.URL("/customers"))
	member.WaitText("h1", "Customers")

	// Removed, with the page open: it says so without a click, and stays.
	admin.Open(w.URL("/settings/members"))
	admin.WaitText(".members", known.Email)
	admin.Click(`a[href="/settings/members/` + w.MemberID(known).String() + `/removal"]`)
	admin.WaitText("h2", "Remove "+known.Name)
	admin.Click(".form .danger")
	admin.WaitText("#toast", known.Name+" is no longer a member")
	member.Wait("#signed-out:not([hidden])")
	if at := member.Location(); !strings.HasSuffix(at, "/customers") {
		t.Errorf("the page has gone to %s", at)
	}
	member.Open(w.URL("/signin"))
	member.Fill("#email", known.Email)
	member.Fill("#password", pg.Password)
	member.Click(".form [type=submit]")
	member.WaitText("h1", "You are not a member of this workspace")
}

func TestBrowserSecondFactorAndRecovery(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	b := browser.NewBrowser(t)
	signIn(b, w)
	b.Open(w.URL("/settings/security"))
	b.Click(`a[href="/settings/security/totp"]`)
	b.Wait("svg.qr")
	secret := strings.ReplaceAll(b.Text(".secret"), " ", "")
	b.Fill("#code", "12 34 56")
	b.Click(".form [type=submit]")
	b.WaitText("#code-error", "not right")
	if strings.ReplaceAll(b.Text(".secret"), " ", "") != secret {
		t.Fatal("another secret after a typo")
	}
	b.Fill("#code", apptest.Code(t, secret, time.Now()))
	b.Click(".form [type=submit]")
	b.WaitText("h2", "Your recovery codes")
	recovery := b.Text(".codes code")
	b.Click("a.primary")
	b.WaitText(".settings-rows", "In use.")

	other := browser.NewBrowser(t)
	enter := func(value string) {
		other.Open(w.URL("/signin?next=/deals"))
		other.Fill("#email", w.Owner.Email)
		other.Fill("#password", pg.Password)
		other.Click(".form [type=submit]")
		other.WaitText("h1", "One more step")
		other.Fill("#code", value)
		other.Click(".form [type=submit]")
	}
	enter("000000")
	other.WaitText("#code-error", "not right")
	other.Open(w.URL("/customers"))
	other.WaitText("h1", "Sign in") // nobody yet
	enter(apptest.Code(t, secret, time.Now().Add(30*time.Second)))
	other.WaitText("h1", "Deals")
	signOut(other)
	other.WaitText("h1", "Sign in to")
	enter(recovery)
	other.WaitText("h1", "Deals")
	other.WaitText("#toast", "recovery code was used up")
	// The other one sees it, and ends it.
	b.Open(w.URL("/settings/security"))
	b.WaitText(".settings-rows", "9 codes left")
	b.Click(`form[action="/settings/security/sessions"] button`)
	b.WaitText("#toast", "ended")
	other.Open(w.URL("/deals"))
	other.WaitText("h1", "Sign in to")
}

// A passkey made in one workspace signs in there, and on the base host.
func TestBrowserPasskey(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, another := app.NewWorkspace(t), app.NewWorkspace(t)
	another.Join(w.Owner, auth.Member)
	b := browser.NewBrowser(t)
	b.Authenticator()
	signIn(b, w)
	w.Owner.EndSudo(t) // adding one asks who one is
	b.Open(w.URL("/settings/security"))
	b.Click("[data-passkey=registration] button")
	b.WaitText("h1", "Is it you?")
	b.Fill("#sudo_password", pg.Password)
	b.Click(".form [type=submit]")
	b.WaitText(".settings-rows", "Add a passkey")
	b.Click("[data-passkey=registration] button")
	b.WaitText("#toast", "Passkey added")
	b.WaitText(".settings-rows", "Passkey:")
	// The same device has one already.
	b.Click("[data-passkey=registration] button")
	b.WaitText("[data-passkey] .error", "already")

	// As the first factor: no name, no password.
	signOut(b)
	b.WaitText("h1", "Sign in to")
	b.Open(w.URL("/signin?next=/deals"))
	b.Click("[data-passkey=login] button")
	b.WaitText("h1", "Deals")
	// As the second, after the password.
	b.Open(another.URL("/signin"))
	b.Fill("#email", w.Owner.Email)
	b.Fill("#password", pg.Password)
	b.Click(".form [type=submit]")
	b.WaitText("h1", "One more step")
	b.Click("[data-passkey=login] button")
	b.WaitText("h1", "Dashboard")
	if got := b.Location(); got != another.URL("/") {
		t.Errorf("signed in at %s", got)
	}
	// On the base host, and from there into a workspace.
	b.Open(app.Site("/signin?workspace=" + w.Slug))
	b.Click("[data-passkey=login] button")
	b.WaitFor(`location.host.startsWith("` + w.Slug + `.")`)
	b.WaitText("h1", "Dashboard")
	// In place of the password when sudo is asked for.
	w.Owner.EndSudo(t)
	b.Open(w.URL("/settings/security/totp"))
	b.WaitText("h1", "Is it you?")
	b.Click("[data-passkey=login] button")
	b.Wait("svg.qr")
	// A form that was sent waits for it, and goes on with what was typed.
	b.Open(w.URL("/settings/members"))
	b.Fill(`form[action="/settings/invitations"] [name=email]`, "waited@example.com")
	w.Owner.EndSudo(t)
	b.Click(`form[action="/settings/invitations"] button[type=submit]`)
	b.WaitText("h1", "Is it you?")
	b.Click("[data-passkey=login] button")
	b.WaitText("main", "waited@example.com")
	b.WaitFor(`location.pathname === "/settings/members"`)
	// Removed, it is nobody's.
	b.Open(w.URL("/settings/security"))
	b.Click(`form[action^="/settings/security/passkeys/"] button`)
	b.WaitText("#toast", "Passkey removed")
	signOut(b)
	b.WaitText("h1", "Sign in to")
	b.Click("[data-passkey=login] button")
	b.WaitText("[data-passkey] .error", "not one of yours")
}

// A workspace's own provider, through its pages and back.
func TestBrowserProvider(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	domain := pg.Unique("corp") + ".example"
	p := peer.NewProvider(t, w.URL("/oidc/workspace/callback"))
	p.User("nora", "nora@"+domain, true)
	b := browser.NewBrowser(t)
	signIn(b, w)
	b.Open(w.URL("/settings/signin"))
	b.Fill("#domain", domain)
	b.Click(`form[action="/settings/signin/domains"] button`)
	b.WaitText(".settings-rows", "Not proven yet")
	app.DNS.SetTXT("_paddock."+domain, b.Text(".settings-rows .secret"))
	b.Click(`form[action$="/verification"] button`)
	b.WaitText("#toast", domain+" is proven")
	b.Fill("#name", "Okta")
	b.Fill("#issuer", p.Issuer)
	b.Fill("#client_id", peer.ProviderClient)
	b.Fill("#client_secret", peer.ProviderSecret)
	choose(b, "#join_role", "member")
	b.Click(`form[action="/settings/signin/provider"] [type=submit]`)
	b.WaitText("#toast", "Changes saved")

	guest := browser.NewBrowser(t)
	guest.Open(w.URL("/deals"))
	guest.WaitText("h1", "Sign in to")
	guest.Click(".sheet a.primary")
	guest.Fill("#username", "nora")
	guest.Fill("#password", peer.ProviderPassword)
	guest.Click("button")
	guest.WaitText("h1", "Deals")
	if got := guest.Location(); got != w.URL("/deals") {
		t.Errorf("signed in at %s", got)
	}
	b.Open(w.URL("/settings/members"))
	b.WaitText(".members", "nora@"+domain)
}

// The pages of access are accessible and no wider than a phone, and work
// without a script.
func TestBrowserAccessPages(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	guest := pg.Unique("guest") + "@example.com"
	link := w.URL("/invitations/" + w.Invite(guest, auth.Member))
	w.Join(pg.NewUser(t), auth.Admin)
	app.TOTP(w, w.Owner)
	w.Passkey(w.Owner)
	apptest.Records["settings/domains"](w)
	pg.Exec(t, `insert into public.domains (tenant_id, host, token, verified_at, checked_at) values ($1, $2, 'x', now(), now())`, w.ID,
		pg.Unique("crm")+".example.org")
	nobody, b := browser.NewBrowser(t), browser.NewBrowser(t)
	b.Open(w.URL("/handoff?token=" + w.StrongHandoff(w.Owner)))
	b.Click("button[type=submit]") // this browser has not begun it: it is asked
	b.WaitText("h1", "Dashboard")
	c := app.Client(t)
	c.Post(app.Site("/password/forgot"), url.Values{"email": {w.Owner.Email}}).Want(http.StatusOK)
	reset := apptest.Link(t, app.Mail(t, w.Owner.Email, "new password"), "/password/reset")
	check := func(b *browser.Browser, name, u string) {
		b.Open(u)
		for _, width := range []int64{1280, 390} {
			b.Size(width, 844)
			b.Themes(name, func(theme string) {
				b.WaitFor(`document.querySelector("h1, h2")`)
				b.Screenshot("access-" + name + "-" + theme + "-" + map[int64]string{1280: "1280", 390: "390"}[width])
			})
			if over := browser.Eval[int](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
				t.Errorf("%s is %d px wider than %d", name, over, width)
			}
		}
	}
	for name, u := range map[string]string{"signin": w.URL("/signin"), "site-signin": app.Site("/signin"),
		"forgot": app.Site("/password/forgot"), "reset": reset, "invitation": link, "gone": w.URL("/invitations/none")} {
		check(nobody, name, u)
	}
	for _, path := range []string{"security", "members", "signin", "domains", "audit", "data", "profile", "security/totp", "security/activity",
		"members/" + w.MemberID(w.Owner).String() + "/removal"} {
		check(b, strings.ReplaceAll(path[:min(len(path), 20)], "/", "-"), w.URL("/settings/"+path))
	}
	nobody.Scripts(false)
	nobody.Open(link)
	nobody.Fill("#name", "Without Script")
	nobody.Fill("#password", "a long enough phrase")
	nobody.Click(".form [type=submit]")
	nobody.WaitText("h1", "Dashboard")
}

// Renaming a workspace asks who one is, and what was typed goes on.
func TestBrowserRenameAsksWhoOneIs(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	b := browser.NewBrowser(t)
	signIn(b, w)
	w.Owner.EndSudo(t)
	b.Open(w.URL("/settings/workspace"))
	b.Fill("#name", "A name that was typed")
	b.Click("#settings-form [type=submit]")
	b.WaitText("h1", "Is it you?")
	b.Axe("who one is, asked by a form")
	b.Fill("#sudo_password", pg.Password)
	b.Click(".form [type=submit]")
	b.WaitText("#toast", "Changes saved")
	b.WaitFor(`document.querySelector("#name").value === "A name that was typed"`)
}

// signOut does so by the switcher, once its list has come: what is below it moves.
func signOut(b *browser.Browser) {
	b.Click(".switcher summary")
	b.WaitFor(`!document.querySelector(".switcher .popover-skeleton")`)
	b.Click(`.switcher form[action="/signout"] button`)
}
