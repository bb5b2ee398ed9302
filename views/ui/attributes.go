package ui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/paddock-crm/paddock/app/entity"
)

// attributes of a field's control.
func (f Field) attributes(form Form) templ.Attributes {
	a := templ.Attributes{"id": f.id(), "name": f.Name}
	if f.Required {
		a["required"] = true
	}
	// The server counts characters, browsers UTF-16 units: the page stops
	// nobody, it is the server that says by how much something is too long.
	if f.Max > 0 && f.Kind != KindPassword {
		a["data-max"] = strconv.Itoa(f.Max)
	}
	if f.Autofocus && form.Valid() {
		a["autofocus"] = true
	}
	if f.Placeholder != "" {
		a["placeholder"] = f.Placeholder
	}
	if f.Autocomplete != "" {
		a["autocomplete"] = f.Autocomplete
	}
	if m := f.inputMode(); m != "" {
		a["inputmode"] = m
	}
	if form.Error(f.Name) != "" {
		a["aria-invalid"] = "true"
	}
	if d := f.describedBy(form); d != "" {
		a["aria-describedby"] = d
	}
	return a
}

// shown is what an input repeats: never a password.
func (f Field) shown(form Form) string {
	if f.Kind == KindPassword {
		return ""
	}
	return form.Value(f.Name)
}

func noticeRole(bad bool) string {
	if bad {
		return "alert"
	}
	return "status"
}

// pointLabels are what an address or a number is for.
func pointLabels() []Option {
	out := make([]Option, len(entity.PointLabels))
	for i, o := range entity.PointLabels {
		out[i] = Option{Value: o.Value, Label: o.Label}
	}
	return out
}

func (f Field) pointName() string {
	if f.Kind == KindEmails {
		return "Email"
	}
	return "Phone"
}

func (f Field) pointMode() string {
	if f.Kind == KindEmails {
		return "email"
	}
	return "tel"
}

func (f Field) pointHint(i int) string {
	switch {
	case i > 0:
		return "Add another"
	case f.Kind == KindEmails:
		return "name@example.com"
	}
	return ""
}

// optional reports whether a field may be left empty: a choice that has no
// empty option is always made.
func (f Field) optional(form Form) bool {
	if f.Kind == KindSelect || f.Kind == KindMember {
		return !f.Required && slices.ContainsFunc(f.choices(form), func(o Option) bool { return o.Value == "" })
	}
	return !f.Required
}

// searched is what a picker is for: "a customer", "a member".
func (f Field) searched() string {
	if f.Kind == KindRecord {
		return "a " + strings.ToLower(f.Label)
	}
	return "a member"
}
