package web

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views/ui"
)

// form is a posted form: what was typed, and what is wrong with it.
type form struct {
	ui.Form
	present map[string]bool
}

// readForm reads the known fields of a posted form and checks what their
// descriptions say; others are ignored. Required fields must be present when
// all is true; a PUT changes the fields that are there.
func readForm(c echo.Context, fields []ui.Field, all bool) *form {
	posted := c.Request().PostForm
	f := &form{ui.Form{Values: map[string]string{}, Errors: map[string]string{}}, map[string]bool{}}
	for _, field := range fields {
		values, ok := posted[field.Name]
		if field.Kind == ui.KindCheck {
			values = values[max(0, len(values)-1):] // the hidden false goes before a true
		}
		if !ok && (!all || !field.Required) {
			continue
		}
		f.present[field.Name] = ok
		f.read(field, strings.Join(values, ", "))
	}
	return f
}

func (f *form) read(field ui.Field, v string) {
	if !storable(v) {
		f.fail(field.Name, field.Label+" has characters that we can’t store.")
		v = strings.ReplaceAll(strings.ToValidUTF8(v, ""), "\x00", "")
	}
	switch field.Kind {
	case ui.KindPassword:
	case ui.KindArea:
		v = entity.Paragraphs(v)
	default:
		v = entity.Line(v)
	}
	f.Values[field.Name] = v
	if n := utf8.RuneCountInString(v); field.Max > 0 && n > field.Max {
		f.fail(field.Name, fmt.Sprintf("Too long: %s of at most %s.", ui.Plural(n, "character", "characters"), ui.Count(field.Max)))
		return
	}
	if v == "" {
		if field.Required {
			f.fail(field.Name, field.Label+" can’t be empty.")
		}
		return
	}
	switch field.Kind {
	case ui.KindEmail:
		f.parse(field.Name, entity.ParseEmail)
	case ui.KindURL:
		f.parse(field.Name, entity.ParseWebsite)
	case ui.KindSelect:
		if field.Options != nil && !hasOption(field.Options, v) {
			f.fail(field.Name, fmt.Sprintf("“%s” is not one of the choices.", v))
		}
	}
}

// set takes over what was posted of a field.
func (f *form) set(name string, to *string) {
	if f.present[name] {
		*to = f.Values[name]
	}
}

// parse puts what a text means in its place, or says why it means nothing.
func (f *form) parse(name string, parse func(string) (string, error)) {
	v, err := parse(f.Values[name])
	if err != nil {
		f.wrong(name, err)
		return
	}
	f.Values[name] = v
}

// wrong says at the field why its text is no such value.
func (f *form) wrong(name string, err error) {
	var value *entity.ValueError
	if errors.As(err, &value) {
		f.fail(name, value.Message)
	} else {
		f.fail(name, "We could not read this.")
	}
}

// lift moves what is wrong with a field that the form does not show to its top.
func (f *form) lift(shown []ui.Field) {
	for name, message := range f.Errors {
		if name != "" && !slices.ContainsFunc(shown, func(s ui.Field) bool { return s.Name == name }) {
			f.fail("", message)
		}
	}
}

// refused records a rule of the domain that the form breaks; false when err is
// something else.
func (f *form) refused(err error) bool {
	var invalid *crm.Invalid
	var no *crm.RefusalError
	var denied *auth.RefusalError
	switch {
	case errors.As(err, &invalid):
		for name, message := range invalid.Fields {
			f.fail(name, message)
		}
	case errors.As(err, &no):
		f.fail("", no.Reason)
	case errors.As(err, &denied):
		f.fail("", denied.Reason)
	default:
		return false
	}
	return true
}

// checkNewPassword says what is wrong with a password that somebody chose; own
// are words that others would try.
func (f *form) checkNewPassword(strong bool, own ...string) {
	const name = "password"
	if f.Values[name] == "" || f.Errors[name] != "" {
		return
	}
	switch err := auth.CheckNewPassword(f.Values[name], strong, own...); {
	case errors.Is(err, auth.ErrPasswordShort) && strong:
		f.fail(name, "Too short: at least "+strconv.Itoa(auth.PasswordMinStrong)+" characters.")
	case errors.Is(err, auth.ErrPasswordShort):
		f.fail(name, "Too short: at least "+strconv.Itoa(auth.PasswordMin)+" characters.")
	case errors.Is(err, auth.ErrPasswordCommon):
		f.fail(name, "Too easy to guess: it is among the first that somebody would try. A few words that don’t belong together are good.")
	}
}

// fail records what is wrong with a field; the first message stays.
func (f *form) fail(name, message string) {
	if f.Errors[name] == "" {
		f.Errors[name] = message
	}
}

// version is the record's version that the person saw. It comes in the form,
// or in the query of an HTMX DELETE; without one we would not know what is
// being overwritten.
func (f *form) version(c echo.Context) int32 {
	n, err := strconv.ParseInt(c.FormValue("version"), 10, 32)
	if err != nil || n < 1 {
		f.fail("", "We can’t tell which version you saw. Open the record again and repeat your change.")
		return 0
	}
	return int32(n)
}

// seenVersion is the version that the form was opened at, for the form that is
// shown again; "" when what was sent is no number.
func seenVersion(c echo.Context) string {
	v := c.FormValue("version")
	if _, err := strconv.ParseInt(v, 10, 32); err != nil {
		return ""
	}
	return v
}

// storable reports whether PostgreSQL can hold the text.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func hasOption(options []ui.Option, v string) bool {
	for _, o := range options {
		if o.Value == v {
			return true
		}
	}
	return false
}
