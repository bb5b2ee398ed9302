package views

import (
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views/ui"
)

// SignUpPage is the sign-up form.
type SignUpPage struct {
	Site
	Form       ui.Form
	Slug       SlugCheck
	HostSuffix string // what follows the slug: ".myapp.com"
	Providers  []ProviderLink
	Known      bool   // who is signed in has no password to show
	Work       string // the challenge of auth.WorkChallenge
	Sent       string // the address that a link to go on went to; "" for none
}

// ConfirmationPage asks to make the workspace of a sign-up that waited.
type ConfirmationPage struct{ Workspace, Host, Email, Token string }

// SlugCheck is what we know of the address somebody is choosing.
type SlugCheck struct {
	Slug    string
	Problem string // "" when it is free, or nothing was typed
	Host    string
}

// WorkspacesPage lists a person's workspaces.
type WorkspacesPage struct {
	Site
	Workspaces []WorkspaceLink
	SiteURL    string
}

// WorkspaceLink is one workspace somebody can go to.
type WorkspaceLink struct {
	Slug, Name, Role, Host string
	Current                bool
}

// HandoffPage asks before one person's session replaces another's.
type HandoffPage struct {
	Workspace, Token string
	Now, Next        string // who is signed in, who would be
	To               string // the page to go on to; "" for the first
}

// ProblemPage says that something is not as one hoped.
type ProblemPage struct {
	Shell     *Shell // of the workspace, for its members; nil for others
	Title     string
	Text      string
	RequestID string
	Undo      string // a PUT there brings back what is missing; "" when nothing does
	SignOut   bool   // offer to sign out of this host
	SignIn    bool   // offer to sign in
	HomeLink  bool
}

var (
	fieldWorkspace = ui.Field{Name: "workspace", Label: "Workspace name", Kind: ui.KindText, Required: true, Max: 80, Placeholder: "Scuderia Ferrari", Autofocus: true, Autocomplete: "organization"}
	fieldSlug      = ui.Field{Name: "slug", Label: "Address", Kind: ui.KindText, Required: true, Max: 40, Autocomplete: "off"}
	fieldName      = ui.Field{Name: "name", Label: "Your name", Kind: ui.KindText, Required: true, Max: 80, Autocomplete: "name"}
	fieldEmail     = ui.Field{Name: "email", Label: "Email", Kind: ui.KindEmail, Required: true, Max: 254, Autocomplete: "username"}
	fieldNewPass   = ui.Field{Name: "password", Label: "Password", Kind: ui.KindPassword, Required: true, Max: 200, Autocomplete: "new-password", Help: "At least 12 characters. A few words you can remember are good."}
)

// currencies are all that a workspace can be in, each with its sign.
var currencies = func() []ui.Option {
	var out []ui.Option
	for _, code := range entity.Currencies() {
		o := ui.Option{Value: code, Label: code}
		if sign := entity.CurrencySign(code); sign != code {
			o.Label += " (" + sign + ")"
		}
		out = append(out, o)
	}
	return out
}()

var fieldCurrency = ui.Field{Name: "currency", Label: "Currency", Kind: ui.KindSelect, Options: currencies, Help: "Deals can have others. It can be changed until amounts stand in it."}

// SignUpFields are sign-up's, in order.
var SignUpFields = []ui.Field{fieldWorkspace, fieldSlug, fieldCurrency, fieldName, fieldEmail, fieldNewPass}

// WorkspaceSignUpFields are those for somebody who is signed in.
var WorkspaceSignUpFields = []ui.Field{fieldWorkspace, fieldSlug, fieldCurrency}
