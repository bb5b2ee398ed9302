package views

import (
	"net/url"

	"github.com/a-h/templ"

	"github.com/paddock-crm/paddock/views/ui"
)

// ProviderLink is an OpenID provider that somebody can sign in with.
type ProviderLink struct{ ID, Name string }

// SignInPage is the sign-in form, of the public site or of a workspace.
type SignInPage struct {
	Site
	Form      ui.Form
	Next      string
	To        string // the slug of the workspace that somebody on the public site is on the way to
	Workspace string // "" on the public site
	Slug      string // of the workspace
	Console   bool   // the operators'
	SiteURL   string
	Providers []ProviderLink
	Own       *ProviderLink // the workspace's own provider
	Foreign   bool          // a custom domain: passkeys stay behind
	DemoHint  bool          // development: say which sign-ins the demo data has
}

// siteSignIn is where on the public site one signs in and goes on to the
// workspace's own URL below it, there to next.
func siteSignIn(siteURL, slug, next string) templ.SafeURL {
	q := url.Values{"workspace": {slug}}
	if next != "" && next != "/" {
		q.Set("next", next)
	}
	return templ.SafeURL(siteURL + "/signin?" + q.Encode())
}

func providerURL(id, next, workspace string) templ.SafeURL {
	q := url.Values{}
	if next != "" {
		q.Set("next", next)
	}
	if workspace != "" {
		q.Set("workspace", workspace)
	}
	return templ.SafeURL("/oidc/" + id + "?" + q.Encode())
}

// FactorPage asks for the second factor.
type FactorPage struct {
	Form           ui.Form
	Next, Email    string
	TOTP, Passkeys bool // what the person has
	Foreign        bool
	SiteURL, Slug  string
}

func signInNext(path string) templ.SafeURL {
	return templ.SafeURL("/signin?next=" + url.QueryEscape(path))
}
