package views

import (
	"github.com/a-h/templ"

	"github.com/paddock-crm/paddock/views/ui"
)

// SettingsPage is one page of the settings that is a plain form.
type SettingsPage struct {
	Shell
	Tab    string
	Title  string
	Action string
	About  string
	Fields []ui.Field
	Form   ui.Form
	Sudo   bool // who one is may be asked before it goes on: sent as a page, which carries the form along
}

// hx sends the form by HTMX where nothing comes between.
func (p SettingsPage) hx() templ.Attributes {
	if p.Sudo {
		return nil
	}
	return templ.Attributes{"hx-put": p.Action, "hx-target": "this", "hx-swap": "outerHTML", "hx-disable": "find [type=submit]"}
}

type settingsTab struct {
	ID, Path, Label string
	For             string // whom it is shown to: "" everybody, "manage" those who may, "own" owners
	Words           string // what else somebody may call what is there
}

// settingsTabs are those that the person sees.
func settingsTabs(s Shell) (out []settingsTab) {
	for _, t := range allSettingsTabs {
		if t.shown(s) {
			out = append(out, t)
		}
	}
	return out
}

var allSettingsTabs = []settingsTab{
	{"profile", "/settings/profile", "Profile", "", "name picture photo theme dark light time zone language dates numbers keys"},
	{"security", "/settings/security", "Security", "", "password two-factor passkey sessions devices email address"},
	{"notifications", "/settings/notifications", "Notifications", "", "mail digest daily unsubscribe bell"},
	{"members", "/settings/members", "Members", "", "invite team people roles colleagues"},
	{"workspace", "/settings/workspace", "Workspace", "manage", "currency country time zone name dates numbers"},
	{"pipelines", "/settings/pipelines", "Pipelines", "manage", "stages deals probability"},
	{"fields", "/settings/fields", "Fields", "manage", "custom own columns properties select options"},
	{"tags", "/settings/tags", "Tags", "manage", "labels colours"},
	{"signin", "/settings/signin", "Sign-in", "manage", "single sign-on sso oidc provider two-factor"},
	{"domains", "/settings/domains", "Domains", "manage", "custom domain address url"},
	{"audit", "/settings/audit", "Audit log", "manage", "history who did what"},
	{"data", "/settings/data", "Data", "own", "export close delete support"},
}

func (t settingsTab) shown(s Shell) bool {
	return t.For == "" || t.For == "manage" && s.CanManage || t.For == "own" && s.Owner
}

// WorkspaceFields are the workspace's own settings.
var WorkspaceFields = []ui.Field{
	{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 80},
	{Name: "currency", Label: "Currency", Kind: ui.KindSelect, Options: currencies, Required: true,
		Help: "It can be changed while no amount stands in it. Deals have their own."},
	{Name: "country", Label: "Country", Kind: ui.KindSelect, Required: true, Max: 2,
		Help: "Phone numbers without a prefix are read as numbers of this country."},
	{Name: "time_zone", Label: "Time zone", Kind: ui.KindSelect, Max: 64, Help: "For those who chose none of their own"},
	{Name: "date_style", Label: "Dates", Kind: ui.KindSelect, Options: ui.DateStyles, Required: true},
	{Name: "number_style", Label: "Numbers", Kind: ui.KindSelect, Options: ui.NumberStyles, Required: true},
}

func withDefault(o []ui.Option) []ui.Option {
	return append([]ui.Option{{Value: "", Label: "As the workspace"}}, o...)
}
