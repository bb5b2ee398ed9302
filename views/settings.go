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
}

var settingsTabs = []settingsTab{
	{"profile", "/settings/profile", "Profile", ""}, {"security", "/settings/security", "Security", ""},
	{"members", "/settings/members", "Members", ""},
	{"workspace", "/settings/workspace", "Workspace", "manage"}, {"pipelines", "/settings/pipelines", "Pipelines", "manage"},
	{"tags", "/settings/tags", "Tags", "manage"},
	{"signin", "/settings/signin", "Sign-in", "manage"}, {"domains", "/settings/domains", "Domains", "manage"},
	{"audit", "/settings/audit", "Audit log", "manage"}, {"data", "/settings/data", "Data", "own"},
}

func (t settingsTab) shown(s Shell) bool {
	return t.For == "" || t.For == "manage" && s.CanManage || t.For == "own" && s.Owner
}

// WorkspaceFields are the workspace's own settings.
var WorkspaceFields = []ui.Field{
	{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 80},
	{Name: "currency", Label: "Currency", Kind: ui.KindSelect, Options: currencies, Required: true,
		Help: "It can be changed while no amount stands in it. Deals have their own."},
	{Name: "country", Label: "Country", Kind: ui.KindText, Required: true, Max: 2,
		Help: "Its two letters, such as IT. Phone numbers without a prefix are read as numbers of this country."},
	{Name: "time_zone", Label: "Time zone", Kind: ui.KindText, Max: 64, Placeholder: "Europe/Rome",
		Help: "For those who chose none of their own; empty follows their browser"},
	{Name: "date_style", Label: "Dates", Kind: ui.KindSelect, Options: ui.DateStyles, Required: true},
	{Name: "number_style", Label: "Numbers", Kind: ui.KindSelect, Options: ui.NumberStyles, Required: true},
}

func withDefault(o []ui.Option) []ui.Option {
	return append([]ui.Option{{Value: "", Label: "As the workspace"}}, o...)
}
