package views

import "github.com/paddock-crm/paddock/views/ui"

// SignUpPage is the sign-up form.
type SignUpPage struct {
	Site
	Form       ui.Form
	Slug       SlugCheck
	HostSuffix string // what follows the slug: ".myapp.com"
}

// SlugCheck is what we know of the address somebody is choosing.
type SlugCheck struct {
	Slug    string
	Problem string // "" when it is free, or nothing was typed
	Host    string
}

// SignInPage is the sign-in form, of the public site or of a workspace.
type SignInPage struct {
	Site
	Form      ui.Form
	Next      string
	Workspace string // "" on the public site
	SiteURL   string
	DemoHint  bool // development: say which sign-ins the demo data has
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
}

// ProblemPage says that something is not as one hoped.
type ProblemPage struct {
	Shell     *Shell // of the workspace, for its members; nil for others
	Title     string
	Text      string
	RequestID string
	Undo      string // a PUT there brings back what is missing; "" when nothing does
	SignOut   bool   // offer to sign out of this host
	HomeLink  bool
}

var (
	fieldWorkspace = ui.Field{Name: "workspace", Label: "Workspace name", Kind: ui.KindText, Required: true, Max: 80, Placeholder: "Scuderia Ferrari", Autofocus: true, Autocomplete: "organization"}
	fieldSlug      = ui.Field{Name: "slug", Label: "Address", Kind: ui.KindText, Required: true, Max: 40, Autocomplete: "off"}
	fieldName      = ui.Field{Name: "name", Label: "Your name", Kind: ui.KindText, Required: true, Max: 80, Autocomplete: "name"}
	fieldEmail     = ui.Field{Name: "email", Label: "Email", Kind: ui.KindEmail, Required: true, Max: 254, Autocomplete: "username"}
	fieldNewPass   = ui.Field{Name: "password", Label: "Password", Kind: ui.KindPassword, Required: true, Max: 200, Autocomplete: "new-password", Help: "At least 12 characters. A few words you can remember are good."}
	fieldSignIn    = ui.Field{Name: "email", Label: "Email", Kind: ui.KindEmail, Required: true, Max: 254, Autocomplete: "username", Autofocus: true}
	fieldPassword  = ui.Field{Name: "password", Label: "Password", Kind: ui.KindPassword, Required: true, Max: 200, Autocomplete: "current-password"}
)

// SignUpFields are sign-up's, in order.
var SignUpFields = []ui.Field{fieldWorkspace, fieldSlug, fieldName, fieldEmail, fieldNewPass}

// SignInFields are sign-in's, in order.
var SignInFields = []ui.Field{fieldSignIn, fieldPassword}
