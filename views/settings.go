package views

import (
	"strconv"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/queries/tenantdb"
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
	{"profile", "/settings/profile", "Profile", ""}, {"security", "/settings/security", "Security", ""}, {"members", "/settings/members", "Members", ""},
	{"workspace", "/settings/workspace", "Workspace", "manage"}, {"pipelines", "/settings/pipelines", "Pipelines", "manage"}, {"tags", "/settings/tags", "Tags", "manage"},
	{"signin", "/settings/signin", "Sign-in", "manage"}, {"domains", "/settings/domains", "Domains", "manage"}, {"audit", "/settings/audit", "Audit log", "manage"}, {"data", "/settings/data", "Data", "own"},
}

func (t settingsTab) shown(s Shell) bool {
	return t.For == "" || t.For == "manage" && s.CanManage || t.For == "own" && s.Owner
}

// ProfilePage is the person's own settings.
type ProfilePage struct {
	SettingsPage
	Name, Avatar string
	Account      bool // the avatar may be changed here
}

// ProfileFields are a person's name, which comes first, and how they read dates
// and numbers.
var ProfileFields = []ui.Field{
	{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 80, Autocomplete: "name"},
	{Name: "time_zone", Label: "Time zone", Kind: ui.KindText, Max: 64, Placeholder: "Europe/Rome", Help: "As in “Europe/Rome”; empty follows this browser", Autocomplete: "off"},
	{Name: "date_style", Label: "Dates", Kind: ui.KindSelect, Options: withDefault(ui.DateStyles)},
	{Name: "number_style", Label: "Numbers", Kind: ui.KindSelect, Options: withDefault(ui.NumberStyles)},
	{Name: "theme", Label: "Theme", Kind: ui.KindSelect, Options: []ui.Option{{Value: "", Label: "As the system"}, {Value: "light", Label: "Light"}, {Value: "dark", Label: "Dark"}}},
}

// WorkspaceFields are the workspace's own settings.
var WorkspaceFields = []ui.Field{
	{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 80},
	{Name: "currency", Label: "Currency", Kind: ui.KindSelect, Options: currencies, Required: true, Help: "It can be changed while no amount stands in it. Deals have their own."},
	{Name: "country", Label: "Country", Kind: ui.KindText, Required: true, Max: 2, Help: "Its two letters, such as IT. Phone numbers without a prefix are read as numbers of this country."},
	{Name: "time_zone", Label: "Time zone", Kind: ui.KindText, Max: 64, Placeholder: "Europe/Rome", Help: "For those who chose none of their own; empty follows their browser"},
	{Name: "date_style", Label: "Dates", Kind: ui.KindSelect, Options: ui.DateStyles, Required: true},
	{Name: "number_style", Label: "Numbers", Kind: ui.KindSelect, Options: ui.NumberStyles, Required: true},
}

func withDefault(o []ui.Option) []ui.Option {
	return append([]ui.Option{{Value: "", Label: "As the workspace"}}, o...)
}

// TagsPage is the workspace's tags.
type TagsPage struct {
	Shell
	Tags    []tenantdb.TagListRow
	Deleted []tenantdb.TagListRow // lately
	ID      uuid.UUID             // the tag whose form is wrong
	Form    ui.Form
}

// TagColors are the colours of tags and stages.
var TagColors = []ui.Option{{Value: "gray", Label: "Gray"}, {Value: "red", Label: "Red"}, {Value: "amber", Label: "Amber"}, {Value: "green", Label: "Green"}, {Value: "blue", Label: "Blue"}}

var outcomes = []ui.Option{{Value: "open", Label: "Open"}, {Value: "won", Label: "Won"}, {Value: "lost", Label: "Lost"}}

// PipelinesPage is the workspace's pipelines with their stages.
type PipelinesPage struct {
	Shell
	Pipelines []PipelineForm
	New       ui.Form // of another pipeline
}

// PipelineForm is one pipeline being edited.
type PipelineForm struct {
	ID      uuid.UUID
	Version int32
	Name    string
	Stages  []StageForm
	Errors  map[string]string
	Deals   int64
}

// StageForm is one of its stages; the last one adds another.
type StageForm struct {
	ID                   string // "" for a new one
	Name, Color, Outcome string
	Probability          string
	Deals                int64
}

func field(name string, i int) string { return "stages[" + strconv.Itoa(i) + "][" + name + "]" }

func stageLabel(s StageForm) string {
	if s.Name == "" {
		return "the new stage"
	}
	return s.Name
}

func (p TagsPage) tagName(t tenantdb.TagListRow) string {
	if p.ID == t.ID {
		return p.Form.Value("name")
	}
	return t.Name
}
