package ui

import (
	"strconv"

	"github.com/a-h/templ"
)

// attributes of a field's control.
func (f Field) attributes(form Form) templ.Attributes {
	a := templ.Attributes{"id": f.Name, "name": f.Name}
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
