package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// own sets the provider up as the workspace's own, by its settings page, for
// people of the domain.
func own(t *testing.T, app *apptest.App, w *apptest.Workspace, p *peer.Provider, domain, joinRole string) {
	t.Helper()
	c := w.Client(w.Owner)
	c.Put(w.URL("/settings/signin/provider"), url.Values{"name": {"Okta"}, "issuer": {p.Issuer}, "client_id": {peer.ProviderClient},
		"client_secret": {peer.ProviderSecret}, "join_role": {joinRole}}).Want(http.StatusSeeOther)
	if domain == "" {
		return
	}
	c.Post(w.URL("/settings/signin/domains"), url.Values{"domain": {domain}}).Want(http.StatusSeeOther)
	// Without the record it is not proven.
	c.Post(w.URL("/settings/signin/domains/"+domain+"/verification"), nil).Want(http.StatusUnprocessableEntity)
	page := c.Get(w.URL("/settings/signin")).Want(http.StatusOK)
	app.DNS.SetTXT("_paddock."+domain, page.Find(".settings-rows .secret").First().Text())
	c.Post(w.URL("/settings/signin/domains/"+domain+"/verification"), nil).Want(http.StatusSeeOther)
}

// through signs somebody in at the provider, beginning at one of our hosts.
func through(c *apptest.Client, p *peer.Provider, start, name string) *apptest.Response {
	to := c.Get(start).Want(http.StatusSeeOther).Header.Get("Location")
	return c.Get(p.SignIn(to, name))
}

func TestWorkspacesOwnProvider(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	domain := pg.Unique("corp") + ".example"
	p := peer.NewProvider(t, w.URL("/oidc/workspace/callback"))
	own(t, app, w, p, domain, "viewer")
	start := w.URL("/oidc/workspace?next=/deals")
	app.Client(t).Get(w.URL("/signin")).Want(http.StatusOK).Find(`a[href^="/oidc/workspace"]`)

	// Somebody new joins by the rule, with the rule's role.
	c := app.Client(t)
	p.User("nora", "Nora@"+domain, true)
	if to := through(c, p, start, "nora").Want(http.StatusSeeOther).Header.Get("Location"); to != "/deals" {
		t.Fatalf("signed in, it leads to %q", to)
	}
	c.Get(w.URL("/customers")).Want(http.StatusOK)
	c.Post(w.URL("/customers"), url.Values{"name": {"No"}}).Want(http.StatusForbidden) // a viewer
	if !audited(w, auth.DidJoin, "provider") {
		t.Error("the log does not tell of it")
	}
	// The same person comes again as the same, whatever the provider calls them now.
	p.User("nora", "elsewhere@other.example", true)
	again := app.Client(t)
	through(again, p, start, "nora").Want(http.StatusSeeOther)
	again.Get(w.URL("/customers")).Want(http.StatusOK)

	// The session is this workspace's alone: no other host, no account settings.
	c.Get(w.URL("/settings/security")).Want(http.StatusForbidden)
	c.Post(w.URL("/workspaces/"+w.Slug+"/visit"), nil).Want(http.StatusForbidden)
	c.Post(w.URL("/settings/security/email"), url.Values{"email": {"x@example.com"}}).Want(http.StatusForbidden)
	c.Put(w.URL("/settings/security/password"), url.Values{"password": {"entirely new phrase"}}).Want(http.StatusForbidden)

	// Somebody of another domain is turned away, also when they have an account
	// that the provider names.
	victim := app.NewWorkspace(t)
	p.User("mallory", victim.Owner.Email, true)
	through(app.Client(t), p, start, "mallory").Want(http.StatusForbidden)
	if n := pg.Count(t, `select count(*) from public.identities where user_id = $1`, victim.Owner.ID); n != 0 {
		t.Error("linked to an address of a domain that is not the workspace's")
	}
	// Somebody has signed up with an address of the domain that is not theirs, and
	// waits for its person to come: they would share the account.
	squatter := pg.NewUser(t)
	pg.Exec(t, `update public.users set email = $2, email_verified_at = null where id = $1`, squatter.ID, "sam@"+domain)
	p.User("sam", "sam@"+domain, true)
	if text := through(app.Client(t), p, start, "sam").Want(http.StatusForbidden).Text(".sheet"); !strings.Contains(text,
		"/password/forgot") && !strings.Contains(text, "password") {
		t.Errorf("it says %q", text)
	}
	if n := pg.Count(t, `select count(*) from public.memberships where user_id = $1`, squatter.ID); n != 0 {
		t.Error("the squatter's account is a member now")
	}
	// A proof holds for a day; then the record is looked at again when somebody new
	// comes, and a domain that is no longer the workspace's names nobody.
	pg.Exec(t, `update public.tenant_email_domains set verified_at = now() - interval '2 days' where domain = $1`, domain)
	p.User("ann", "ann@"+domain, true)
	through(app.Client(t), p, start, "ann").Want(http.StatusSeeOther)
	if n := pg.Count(t, `select count(*) from public.tenant_email_domains where domain = $1 and verified_at > now() - interval '1 hour'`,
		domain); n != 1 {
		t.Error("the proof was not renewed")
	}
	pg.Exec(t, `update public.tenant_email_domains set verified_at = now() - interval '2 days' where domain = $1`, domain)
	record := app.DNS.SetTXT("_paddock."+domain, "of its next owner")
	p.User("eve", "eve@"+domain, true)
	through(app.Client(t), p, start, "eve").Want(http.StatusForbidden)
	if !audited(w, auth.DidChangeSignIn, "proven no longer") {
		t.Error("the log does not tell that the domain is gone")
	}
	app.DNS.SetTXT("_paddock."+domain, record)
	w.Client(w.Owner).Post(w.URL("/settings/signin/domains/"+domain+"/verification"), nil).Want(http.StatusSeeOther)
	// Removed, one does not come back by the rule, but by an invitation.
	u := pg.User{}
	u.Email = "nora@" + domain
	w.Client(w.Owner).Delete(w.URL("/settings/members/"+w.MemberID(u).String()), nil).Want(http.StatusSeeOther)
	signedOut(t, "removed", c.Get(w.URL("/customers")))
	through(app.Client(t), p, start, "nora").Want(http.StatusForbidden)
	w.Invite(u.Email, auth.Member)
	back := app.Client(t)
	through(back, p, start, "nora").Want(http.StatusSeeOther)
	back.Post(w.URL("/customers"), url.Values{"name": {"Yes"}}).Want(http.StatusSeeOther)

	// When the workspace gives the provider up, who came by it is out.
	w.Client(w.Owner).Delete(w.URL("/settings/signin/provider"), nil).Want(http.StatusSeeOther)
	signedOut(t, "without the provider", back.Get(w.URL("/customers")))
	app.Client(t).Get(start).Want(http.StatusNotFound)
}

// One workspace's provider is nothing to another, even with the same issuer
// and subject: it can't name its way into somebody else's account there.
func TestProviderOfAnotherWorkspace(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	a, b := app.NewWorkspace(t), app.NewWorkspace(t)
	domain := pg.Unique("shared") + ".example"
	p := peer.NewProvider(t, a.URL("/oidc/workspace/callback"), b.URL("/oidc/workspace/callback"))
	own(t, app, a, p, domain, "member")
	own(t, app, b, p, "", "member") // it has proven nothing
	p.User("nora", "nora@"+domain, true)
	through(app.Client(t), p, a.URL("/oidc/workspace"), "nora").Want(http.StatusSeeOther)
	through(app.Client(t), p, b.URL("/oidc/workspace"), "nora").Want(http.StatusForbidden)
	// An answer for one host is refused by the other, and by another browser.
	c := app.Client(t)
	back := p.SignIn(c.Get(a.URL("/oidc/workspace")).Want(http.StatusSeeOther).Header.Get("Location"), "nora")
	c.Get(strings.Replace(back, a.Slug, b.Slug, 1)).Want(http.StatusForbidden)
	app.Client(t).Get(back).Want(http.StatusForbidden)
	c.Get(back).Want(http.StatusSeeOther)
	c.Get(back).Want(http.StatusForbidden) // once
	if audited(a, auth.DidFailSignIn, "With") {
		t.Error("what anybody can bring about fills the workspace's log")
	}
	// A state of somebody's own making, and an altered one.
	u, _ := url.Parse(back)
	q := u.Query()
	q.Set("state", "made-up")
	u.RawQuery = q.Encode()
	c.Get(a.URL("/oidc/workspace"))
	c.Get(u.String()).Want(http.StatusForbidden)
}

func TestPlatformsProvider(t *testing.T) {
	t.Parallel()
	base := apptest.Start(t)
	// The callback's address holds the port, which the provider must know.
	var p *peer.Provider
	app := apptest.With(t, func(c *config.Config) {
		p = peer.NewProvider(t, c.BaseURL.String()+"/oidc/big/callback")
		c.OIDC = []config.OIDCProvider{{ID: "big", Name: "Big", Issuer: p.Issuer, ClientID: peer.ProviderClient,
			ClientSecret: peer.ProviderSecret}}
	})
	w := app.NewWorkspace(t)
	app.Client(t).Get(app.Site("/signin")).Want(http.StatusOK).Find(`a[href^="/oidc/big"]`)
	app.Client(t).Get(w.URL("/oidc/big")).Want(http.StatusNotFound) // it stands on the base host
	app.Client(t).Get(app.Site("/oidc/small")).Want(http.StatusNotFound)
	// A proven address links to its account, and leads on to the workspace.
	p.User("owner", w.Owner.Email, false)
	through(app.Client(t), p, app.Site("/oidc/big"), "owner").Want(http.StatusForbidden)
	p.User("owner", w.Owner.Email, true)
	c := app.Client(t)
	res := c.Follow(through(c, p, app.Site("/oidc/big?workspace="+w.Slug), "owner"))
	if res.Want(http.StatusOK); !strings.HasPrefix(res.URL.String(), w.URL("/")) {
		t.Errorf("it leads to %s", res.URL)
	}
	c.Get(w.URL("/settings/security")).Want(http.StatusOK) // a session like any other
	// A second factor is asked for all the same.
	app.TOTP(w, w.Owner)
	if to := through(app.Client(t), p, app.Site("/oidc/big"), "owner").Want(http.StatusSeeOther).Header.Get("Location"); !strings.HasPrefix(to,
		"/signin/factor") {
		t.Errorf("it leads to %s", to)
	}
	// Somebody new gets an account, proven, and makes a workspace without a password.
	email := pg.Unique("fresh") + "@example.com"
	p.User("fresh", email, true)
	c = app.Client(t)
	through(c, p, app.Site("/oidc/big?next=/signup"), "fresh").Want(http.StatusSeeOther)
	slug := pg.Unique("fresh")
	if c.Get(app.Site("/signup")).Want(http.StatusOK).Select("#password").Length() != 0 {
		t.Error("asked for a password")
	}
	c.Follow(c.Post(app.Site("/signup"), url.Values{"workspace": {"Fresh"}, "slug": {slug}}).Want(http.StatusSeeOther)).Want(http.StatusOK)
	c.Get(app.At(slug, "/customers")).Want(http.StatusOK)
	// Invited, who has nothing but the provider comes by the base host, and is
	// back at the invitation.
	link := w.Invite(email, "member")
	guest := app.Client(t)
	invitation := guest.Get(w.URL("/invitations/" + link)).Want(http.StatusOK)
	site, _ := invitation.Find(`.sheet a[href*="workspace="]`).Attr("href")
	at, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	through(guest, p, app.Site("/oidc/big?"+at.RawQuery), "fresh").Want(http.StatusSeeOther)
	if arrived := guest.Follow(guest.Get(site).Want(http.StatusSeeOther)); arrived.URL.String() != w.URL("/invitations/"+link) {
		t.Errorf("it leads to %s", arrived.URL)
	}
	guest.Post(w.URL("/invitations/"+link), nil).Want(http.StatusSeeOther)
	guest.Get(w.URL("/customers")).Want(http.StatusOK)
	// Somebody presses Cancel over there.
	cancelled := app.Client(t)
	to, err := url.Parse(cancelled.Get(app.Site("/oidc/big")).Want(http.StatusSeeOther).Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	res = cancelled.Get(app.Site("/oidc/big/callback?error=access_denied&state=" + to.Query().Get("state"))).Want(http.StatusForbidden)
	if !strings.Contains(res.Body, "did not go through with it") {
		t.Error("cancelled, it is called a fault")
	}
	// An account that somebody made with this address, and never proved, is
	// taken over: what was set up is gone.
	squatter := app.NewWorkspace(t)
	pg.Exec(t, `update public.users set email_verified_at = null where id = $1`, squatter.Owner.ID)
	sc := squatter.Client(squatter.Owner)
	p.User("rightful", squatter.Owner.Email, true)
	through(app.Client(t), p, app.Site("/oidc/big"), "rightful").Want(http.StatusSeeOther)
	signedOut(t, "the squatter", sc.Get(squatter.URL("/")))
	base.Client(t).Post(base.Site("/signin"), signInForm(squatter.Owner)).Want(http.StatusUnprocessableEntity)
}

// A workspace names its provider: we are not to be sent to our neighbours.
func TestProviderAtAPrivateAddress(t *testing.T) {
	t.Parallel()
	app := apptest.With(t, func(c *config.Config) { c.OIDCPrivate = nil })
	w := app.NewWorkspace(t)
	p := peer.NewProvider(t)
	c := w.Client(w.Owner)
	put := func(issuer string) string {
		return c.Put(w.URL("/settings/signin/provider"), url.Values{"name": {"X"}, "issuer": {issuer}, "client_id": {"x"}}).
			Want(http.StatusUnprocessableEntity).Text("#issuer-error")
	}
	for _, issuer := range []string{p.Issuer, "http://example.com", "ftp://example.com", "https://user@example.com", "https://example.com?x=1",
		"nonsense"} {
		if got := put(issuer); !strings.Contains(got, "https address") {
			t.Errorf("%s: %q", issuer, got)
		}
	}
	secure := strings.Replace(p.Issuer, "http://", "https://", 1)
	for _, issuer := range []string{secure, "https://10.0.0.1", "https://169.254.169.254", "https://[::1]", "https://[fd00::1]",
		"https://100.64.0.1", "https://0.0.0.0", "https://[::ffff:127.0.0.1]"} {
		if got := put(issuer); !strings.Contains(got, "private network") {
			t.Errorf("%s: %q", issuer, got)
		}
	}
	// Also when it was saved before, or its name resolves to such an address later.
	w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
		return tx.ProviderPut(ctx, shareddb.ProviderPutParams{TenantID: w.ID, Name: "X", Issuer: secure, ClientID: "x"})
	})
	app.Client(t).Get(w.URL("/oidc/workspace")).Want(http.StatusBadGateway)
}
