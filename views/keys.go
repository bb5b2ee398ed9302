package views

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/paddock-crm/paddock/views/ui"
)

// Shortcut is a key and what it does. Who would rather press another chooses it in Profile
// (WCAG 2.1.4).
type Shortcut struct{ Key, Does string }

// Shortcuts are the keys that may be changed, in the order in which they are told.
var Shortcuts = []Shortcut{
	{"/", "Search and commands"}, {"f", "Filter the list"}, {"c", "Create"}, {"e", "Edit"}, {"w", "Mark a deal as won"},
	{"u", "Up, from a record to its list"}, {"j", "Next row"}, {"k", "Previous row"}, {"n", "Write a note"}, {"t", "Add a task"},
	{"m", "Move a deal"}, {"o", "Hand a record over"}, {"[", "Previous record of the list"}, {"]", "Next record of the list"},
	{"z", "Undo, while it is offered"}, {"?", "Show the shortcuts"}, {"g", "Go, with the letter of a place after it"},
}

// Keymap says which keys somebody presses in place of the shortcuts' own, as in "c=x o=h";
// "" for none.
type Keymap string

// Of is the key that stands for a shortcut's.
func (m Keymap) Of(key string) string {
	for pair := range strings.FieldsSeq(string(m)) {
		if to, ok := strings.CutPrefix(pair, key+"="); ok {
			return to
		}
	}
	return key
}

// Values are the keys as KeyFields names them.
func (m Keymap) Values() map[string]string {
	out := map[string]string{}
	for i, f := range KeyFields {
		out[f.Name] = m.Of(Shortcuts[i].Key)
	}
	return out
}

// NewKeymap reads the keys that a form has for shortcuts, as KeyFields names them, and says
// what is wrong with them.
func NewKeymap(values map[string]string) (m Keymap, wrong map[string]string) {
	wrong = map[string]string{}
	var pairs []string
	taken := map[string]Shortcut{}
	for i, f := range KeyFields { // who keeps its own key keeps it
		if s := Shortcuts[i]; values[f.Name] == s.Key {
			taken[s.Key] = s
		}
	}
	for i, f := range KeyFields {
		s, to := Shortcuts[i], strings.ToLower(values[f.Name])
		r, _ := utf8.DecodeRuneInString(to)
		switch by, is := taken[to]; {
		case to == "":
			wrong[f.Name] = "Type a key."
		case utf8.RuneCountInString(to) != 1 || unicode.IsSpace(r) || !unicode.IsPrint(r) || to == "=":
			wrong[f.Name] = "One letter or sign."
		case is && by != s:
			wrong[f.Name] = "“" + by.Does + "” has this key."
		default:
			taken[to] = s
		}
		if to != s.Key {
			pairs = append(pairs, s.Key+"="+to)
		}
	}
	return Keymap(strings.Join(pairs, " ")), wrong
}

// KeyFields are the fields of the form that changes single keys.
var KeyFields = slices.Collect(func(yield func(ui.Field) bool) {
	for _, s := range Shortcuts {
		if !yield(ui.Field{Name: "key." + s.Key, Label: s.Does, Kind: ui.KindText, Max: 2, Autocomplete: "off"}) {
			return
		}
	}
})
