package page

import (
	"errors"
	"fmt"
	"net/http"
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

// Form is a posted form: what was typed, and what is wrong with it.
type Form struct {
	ui.Form
	Present map[string]bool
}

// ReadForm reads the known fields of a posted form and checks what their
// descriptions say; others are ignored. Required fields must be present when
// all is true; a PUT changes the fields that are there.
func ReadForm(c echo.Context, fields []ui.Field, all bool) *Form {
	posted := c.Request().PostForm
	f := &Form{ui.Form{Values: map[string]string{}, Errors: map[string]string{}}, map[string]bool{}}
	for _, field := range fields {
		values, ok := posted[field.Name]
		if field.Kind == ui.KindCheck {
			values = values[max(0, len(values)-1):] // the hidden false goes before a true
		}
		if !ok && (!all || !field.Required) {
			continue
		}
		f.Present[field.Name] = ok
		f.Read(field, strings.Join(values, ", "))
	}
	return f
}

func (f *Form) Read(field ui.Field, v string) {
	if !Storable(v) {
		f.Fail(field.Name, field.Label+" has characters that we can’t store.")
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
		f.Fail(field.Name, fmt.Sprintf("Too long: %s of at most %s.", ui.Plural(n, "character", "characters"), ui.Count(field.Max)))
		return
	}
	if v == "" {
		if field.Required {
			f.Fail(field.Name, field.Label+" can’t be empty.")
		}
		return
	}
	switch field.Kind {
	case ui.KindEmail:
		f.Parse(field.Name, entity.ParseEmail)
	case ui.KindURL:
		f.Parse(field.Name, entity.ParseWebsite)
	case ui.KindSelect:
		if field.Options != nil && !HasOption(field.Options, v) {
			f.Fail(field.Name, fmt.Sprintf("“%s” is not one of the choices.", v))
		}
	}
}

// Take takes over what was posted of a field.
func (f *Form) Take(name string, to *string) {
	if f.Present[name] {
		*to = f.Values[name]
	}
}

// Parse puts what a text means in its place, or says why it means nothing.
func (f *Form) Parse(name string, parse func(string) (string, error)) {
	v, err := parse(f.Values[name])
	if err != nil {
		f.Wrong(name, err)
		return
	}
	f.Values[name] = v
}

// Wrong says at the field why its text is no such value.
func (f *Form) Wrong(name string, err error) {
	if value, ok := errors.AsType[*entity.ValueError](err); ok {
		f.Fail(name, value.Message)
	} else {
		f.Fail(name, "We could not read this.")
	}
}

// Lift moves what is wrong with a field that the form does not show to its top.
func (f *Form) Lift(shown []ui.Field) {
	for name, message := range f.Errors {
		if name != "" && !slices.ContainsFunc(shown, func(s ui.Field) bool { return s.Name == name }) {
			f.Fail("", message)
		}
	}
}

// Refused records a rule of the domain that the form breaks; false when err is
// something else.
func (f *Form) Refused(err error) bool {
	var invalid *crm.Invalid
	var no *crm.RefusalError
	var denied *auth.RefusalError
	switch {
	case errors.As(err, &invalid):
		for name, message := range invalid.Fields {
			f.Fail(name, message)
		}
	case errors.As(err, &no):
		f.Fail("", no.Reason)
	case errors.As(err, &denied):
		f.Fail("", denied.Reason)
	default:
		return false
	}
	return true
}

// CheckNewPassword says what is wrong with a password that somebody chose; own
// are words that others would try.
func (f *Form) CheckNewPassword(strong bool, own ...string) {
	const name = "password"
	if f.Values[name] == "" || f.Errors[name] != "" {
		return
	}
	switch err := auth.CheckNewPassword(f.Values[name], strong, own...); {
	case errors.Is(err, auth.ErrPasswordShort) && strong:
		f.Fail(name, "Too short: at least "+strconv.Itoa(auth.PasswordMinStrong)+" characters.")
	case errors.Is(err, auth.ErrPasswordShort):
		f.Fail(name, "Too short: at least "+strconv.Itoa(auth.PasswordMin)+" characters.")
	case errors.Is(err, auth.ErrPasswordCommon):
		f.Fail(name, "Too easy to guess: it is among the first that somebody would try. A few words that don’t belong together are good.")
	}
}

// Fail records what is wrong with a field; the first message stays.
func (f *Form) Fail(name, message string) {
	if f.Errors[name] == "" {
		f.Errors[name] = message
	}
}

// Version is the record's version that the person saw. It comes in the form,
// or in the query of an HTMX DELETE; without one we would not know what is
// being overwritten.
func (f *Form) Version(c echo.Context) int32 {
	n, err := strconv.ParseInt(c.FormValue("version"), 10, 32)
	if err != nil || n < 1 {
		f.Fail("", "We can’t tell which version you saw. Open the record again and repeat your change.")
		return 0
	}
	return int32(n)
}

// SeenVersion is the version that the form was opened at, for the form that is
// shown again; "" when what was sent is no number.
func SeenVersion(c echo.Context) string {
	v := c.FormValue("version")
	if _, err := strconv.ParseInt(v, 10, 32); err != nil {
		return ""
	}
	return v
}

// HasOption reports whether v is one of the options.
func HasOption(options []ui.Option, v string) bool {
	for _, o := range options {
		if o.Value == v {
			return true
		}
	}
	return false
}

// CheckPlace says what is wrong with a country or a time zone that somebody chose.
func (f *Form) CheckPlace() {
	f.CheckZone()
	if v := strings.ToUpper(f.Values["country"]); v != "" && f.Errors["country"] == "" {
		if f.Values["country"] = v; !entity.ValidCountry(v) {
			f.Fail("country", "We don’t know this country. It should be two letters, such as IT.")
		}
	}
}

// CheckZone says what is wrong with a time zone that somebody typed.
func (f *Form) CheckZone() {
	if v := f.Values["time_zone"]; v != "" && f.Errors["time_zone"] == "" {
		if _, ok := loadZone(v); !ok {
			f.Fail("time_zone", "We don’t know this time zone. It should look like Europe/Rome.")
		}
	}
}

// RetryAfter is the header of a throttle’s answer, in seconds.
func RetryAfter(e auth.TooManyError) string { return strconv.Itoa(int(e.RetryAfter.Seconds()) + 1) }

// TooMany says in the form, and in its header, when to try again.
func TooMany(c echo.Context, f *Form, err error) (status int) {
	var many auth.TooManyError
	errors.As(err, &many)
	c.Response().Header().Set("Retry-After", RetryAfter(many))
	f.Fail("", "Too many attempts. Wait "+ui.Plural(int(many.RetryAfter.Minutes())+1, "minute", "minutes")+" and try again.")
	return http.StatusTooManyRequests
}
