// Package ui holds the components that all pages share. The gallery at
// /dev/components shows them.
package ui

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/paddock-crm/paddock/app/entity"
)

// Form is what was typed and what is wrong with it, by field name.
type Form struct {
	Values  map[string]string
	Errors  map[string]string
	Options map[string][]Option // of the fields whose choices are not the program's
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
	KindDate     = "date"
	KindTime     = "datetime" // a moment, or a day when its time is left out
	KindCheck    = "checkbox"
	KindEmails   = "emails" // several, each with a label, the primary one first
	KindPhones   = "phones"
	KindRecord   = "record"  // another record, by its id
	KindMember   = "member"  // one of the workspace's members
	KindMembers  = "members" // several of them
	KindChoices  = "choices" // some of the options
	KindDecimal  = "decimal"
)

// Field describes one field of a form: how it is shown, and how much of what
// it takes.
type Field struct {
	Name, Label  string
	ID           string // in the page; "" for the name
	Kind         string
	Required     bool
	Max          int // characters
	Help         string
	Placeholder  string
	Autocomplete string
	Options      []Option // of a KindSelect
	Kept         bool     // what is held is offered too where it is no option any more
	Quick        bool     // shown before "More fields"
	Full         bool     // takes the whole width of a record
	Autofocus    bool     // where typing starts, unless another field is wrong
	Path         string   // of a KindRecord: the list it is chosen from, "/customers"
	Hidden       bool     // posted, but no row of the form: another field shows it
	ReadOnly     bool     // shown on the record, set elsewhere
	Currency     string   // of a KindMoney: the field that names its currency; "" for the workspace's
}

// Point is one of several email addresses or phone numbers in a form.
type Point struct {
	Index               int
	Value, Label, Error string
}

// Points are what the form holds of a KindEmails or KindPhones, and an empty
// one to add to them, while there is room.
func (f Form) Points(name string) (out []Point) {
	for i := 0; ; i++ {
		key := fmt.Sprintf("%s[%d]", name, i)
		value, ok := f.Values[key+"[value]"]
		if !ok {
			break
		}
		out = append(out, Point{i, value, f.Values[key+"[label]"], f.Errors[key+"[value]"]})
	}
	if len(out) < entity.MaxPoints {
		out = append(out, Point{Index: len(out)})
	}
	return out
}

func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Name
}

// choices are a field's options, those of the form where the field has none.
func (f Field) choices(form Form) []Option {
	if f.Options == nil {
		return form.Options[f.Name]
	}
	options := f.Options
	if f.Kept && form.Error(f.Name) == "" {
		for _, v := range form.Chosen(f.Name) {
			if v != "" && !slices.ContainsFunc(options, func(o Option) bool { return o.Value == v }) {
				options = append(slices.Clip(options), Option{Value: v, Label: v})
			}
		}
	}
	return options
}

// Chosen are the values of a field that may have several.
func (f Form) Chosen(name string) []string { return strings.Split(f.Values[name], ",") }

// Option is one choice of a KindSelect, under a heading where it has one.
type Option struct{ Value, Label, Group string }

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
	case KindEmail, KindTel, KindPassword, KindDate:
		return f.Kind
	default:
		return "text" // number and url inputs refuse what the server understands
	}
}

func (f Field) inputMode() string {
	switch f.Kind {
	case KindNumber:
		return "numeric"
	case KindMoney, KindDecimal:
		return "decimal"
	case KindURL:
		return "url"
	default:
		return ""
	}
}

func (f Field) describedBy(form Form) string {
	if form.Error(f.Name) != "" {
		return f.id() + "-error"
	}
	if f.Help != "" {
		return f.id() + "-help"
	}
	return ""
}

// Flash is the answer to what somebody just did, shown once.
type Flash struct {
	Subject string // what it was done to; "" when that is clear
	Message string
	Undo    string // where a PUT takes it back; "" when nothing can
	See     string // what else to look at, by its name; "" for nothing
	SeeURL  string
}

// Preview is what other programs show of a page that is linked to.
type Preview struct{ Description, Image string }

// Or joins names by commas and an "or", as in "Anna, Bea or Cem".
func Or(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
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
	for _, r := range name {
		n = n*31 + int(unicode.ToLower(r))
	}
	return hues[((n%len(hues))+len(hues))%len(hues)]
}

// Slug makes an id's part of a title.
func Slug(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(s))
}
