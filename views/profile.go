package views

import (
	"github.com/paddock-crm/paddock/views/ui"
)

// ProfilePage is the person's own settings.
type ProfilePage struct {
	SettingsPage
	Name, Avatar string
	Account      bool    // the avatar may be changed here
	Single       ui.Form // of single keys
}

// ProfileFields are a person's name, which comes first, and how they read dates
// and numbers.
var ProfileFields = []ui.Field{
	{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 80, Autocomplete: "name"},
	{Name: "time_zone", Label: "Time zone", Kind: ui.KindSelect, Max: 64},
	{Name: "date_style", Label: "Dates", Kind: ui.KindSelect, Options: withDefault(ui.DateStyles)},
	{Name: "number_style", Label: "Numbers", Kind: ui.KindSelect, Options: withDefault(ui.NumberStyles)},
	{Name: "theme", Label: "Theme", Kind: ui.KindSelect,
		Options: []ui.Option{{Value: "", Label: "As the system"}, {Value: "light", Label: "Light"}, {Value: "dark", Label: "Dark"}}},
	{Name: "keys", ID: "profile-keys", Label: "Keyboard shortcuts", Kind: ui.KindSelect, // the dialog is #keys
		Options: []ui.Option{{Value: "", Label: "Letters, such as c"}, {Value: "alt", Label: "With Alt, such as Alt c"},
			{Value: "off", Label: "Off"}},
		Help: "Off or with Alt suits dictation and screen readers. Esc, arrows and Ctrl Enter stay; single keys can be changed below."},
}
