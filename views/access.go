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
// workspace's own address below it, there to next.
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

// SudoPage asks once more who somebody is.
type SudoPage struct {
	Form                     ui.Form
	Action, Next, Email      string
	Waiting                  []Sent // the form that is sent once more with the answer
	Password, TOTP, Passkeys bool   // what the person has
	StepUp                   bool   // the workspace wants a second factor, or the console
	Console                  bool
	Foreign                  bool
	Again                    string // where to sign in again, for whom a provider vouches
	ForgotURL                string
}

// Sent is a field of a form that was sent.
type Sent struct{ Name, Value string }

// ForgotPage asks for the address of an account.
type ForgotPage struct {
	Site
	Form ui.Form
	Sent string // the address that a mail went to
}

// ResetPage asks for a new password.
type ResetPage struct {
	Site
	Form         ui.Form
	Token, Email string
}

// VerifyPage asks to confirm an address.
type VerifyPage struct {
	Token, Email string
	Change       bool // it becomes the account's, in place of Email
}

// InvitationPage is what somebody is invited to.
type InvitationPage struct {
	Form                       ui.Form
	Workspace, By, Email, Role string
	Path                       string // of this page
	Known, Verified            bool   // the address has an account; that proved it
	SignedIn                   string // the address of who is signed in here; "" for nobody
	ForgotURL                  string
	SiteURL, Slug              string
	Providers                  []ProviderLink // the platform's
}

var (
	fieldSignIn   = ui.Field{Name: "email", Label: "Email", Kind: ui.KindEmail, Required: true, Max: 254, Autocomplete: "username webauthn", Autofocus: true}
	fieldPassword = ui.Field{Name: "password", Label: "Password", Kind: ui.KindPassword, Required: true, Max: 200, Autocomplete: "current-password"}
	fieldNewest   = ui.Field{Name: "password", Label: "New password", Kind: ui.KindPassword, Required: true, Max: 200, Autocomplete: "new-password", Help: "At least 12 characters. A few words you can remember are good."}
	fieldCurrent  = ui.Field{Name: "current_password", Label: "Current password", Kind: ui.KindPassword, Required: true, Max: 200, Autocomplete: "current-password"}
	fieldCode     = ui.Field{Name: "code", Label: "Code", Kind: ui.KindText, Required: true, Max: 40, Autocomplete: "one-time-code", Autofocus: true}
	fieldSudo     = ui.Field{Name: "sudo_password", Label: "Password", Kind: ui.KindPassword, Max: 200, Required: true, Autocomplete: "current-password", Autofocus: true}
	fieldSudoCode = ui.Field{Name: "sudo_code", Label: "Code", Kind: ui.KindText, Max: 40, Required: true, Autocomplete: "one-time-code", Help: "From your authenticator app, or a recovery code"}
)

// Fields of the forms, in order.
var (
	SignInFields           = []ui.Field{fieldSignIn, fieldPassword}
	FactorFields           = []ui.Field{fieldCode}
	SudoFields             = []ui.Field{{Name: "sudo_password", Kind: ui.KindPassword, Max: 200}, {Name: "sudo_code", Kind: ui.KindText, Max: 40}}
	ForgotFields           = []ui.Field{fieldSignIn}
	ResetFields            = []ui.Field{fieldNewest}
	PasswordFields         = []ui.Field{fieldCurrent, fieldNewest}
	EmailFields            = []ui.Field{fieldNewEmail}
	InvitationAcceptFields = []ui.Field{fieldName, fieldNewPass}

	fieldNewEmail = ui.Field{Name: "email", Label: "New address", Kind: ui.KindEmail, Required: true, Max: 254, Autocomplete: "email"}
)

// article is what stands before a role.
func article(role string) string {
	if role == "admin" {
		return "an"
	}
	return "a"
}

func signInNext(path string) templ.SafeURL {
	return templ.SafeURL("/signin?next=" + url.QueryEscape(path))
}
