// Package ui holds the components that all pages share. The gallery at
// /dev/components shows them.
package ui

import "strings"

// Form is what was typed and what is wrong with it, by field name.
type Form struct {
	Values map[string]string
	Errors map[string]string
}

// Value returns what the field holds, "" when nothing.
func (f Form) Value(name string) string { return f.Values[name] }

// Error returns what is wrong with the field, "" when nothing.
func (f Form) Error(name string) string { return f.Errors[name] }

// Valid reports whether nothing is wrong.
func (f Form) Valid() bool { return len(f.Errors) == 0 }

// Kinds of fields.
const (
	KindText     = "text"
	KindEmail    = "email"
	KindURL      = "url"
	KindTel      = "tel"
	KindNumber   = "number"
	KindMoney    = "money"
	KindArea     = "textarea"
	KindSelect   = "select"
	KindPassword = "password"
	KindTags     = "tags"
)

// Field describes one field of a form: how it is shown, and how much of what
// it takes.
type Field struct {
	Name, Label  string
	Kind         string
	Required     bool
	Max          int // characters
	Help         string
	Placeholder  string
	Autocomplete string
	Options      []Option // of a KindSelect
	Quick        bool     // shown before "More fields"
	Full         bool     // takes the whole width of a record
	Autofocus    bool     // where typing starts, unless another field is wrong
}

// Option is one choice of a KindSelect.
type Option struct{ Value, Label string }

// Label returns the label of a value, or the value itself.
func Label(options []Option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return o.Label
		}
	}
	return value
}

func (f Field) inputType() string {
	switch f.Kind {
	case KindEmail, KindTel, KindPassword:
		return f.Kind
	default:
		return "text" // number and url inputs refuse what the server understands
	}
}

func (f Field) inputMode() string {
	switch f.Kind {
	case KindNumber:
		return "numeric"
	case KindMoney:
		return "decimal"
	case KindURL:
		return "url"
	default:
		return ""
	}
}

func (f Field) describedBy(form Form) string {
	if form.Error(f.Name) != "" {
		return f.Name + "-error"
	}
	if f.Help != "" {
		return f.Name + "-help"
	}
	return ""
}

// Flash is the answer to what somebody just did, shown once.
type Flash struct {
	Subject string // what it was done to; "" when that is clear
	Message string
	Undo    string // where a PUT takes it back; "" when nothing can
}

// Initial returns the first letter of a name, in upper case.
func Initial(name string) string {
	for _, r := range strings.TrimSpace(name) {
		return strings.ToUpper(string(r))
	}
	return "?"
}

var hues = []string{"blue", "green", "amber", "red", "gray"}

// Hue gives a name one of the five tag colours, always the same.
func Hue(name string) string {
	n := 0
	for _, r := range strings.ToLower(name) {
		n = n*31 + int(r)
	}
	return hues[((n%len(hues))+len(hues))%len(hues)]
}
