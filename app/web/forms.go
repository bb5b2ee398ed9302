package web

import (
	"errors"
	"fmt"
	"math"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
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
	f := &form{ui.Form{Values: map[string]string{}, Errors: map[string]string{}}, map[string]bool{}}
	posted := c.Request().PostForm
	for _, field := range fields {
		values, ok := posted[field.Name]
		switch field.Kind {
		case ui.KindEmails, ui.KindPhones:
			f.readPoints(posted, field)
			continue
		case ui.KindCheck:
			values = values[max(0, len(values)-1):] // the hidden false goes before a true
		case ui.KindMembers:
			values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" || !storable(v) }) // which no id is
			if ok {
				f.present[field.Name], f.Values[field.Name] = true, strings.Join(values, ",")
			}
			continue
		}
		if !ok && (!all || !field.Required) {
			continue
		}
		f.present[field.Name] = ok
		f.read(field, strings.Join(values, ", "))
	}
	return f
}

// maxPoints is how many addresses or numbers somebody may have.
const maxPoints = 10

// primary are the plain fields that stand for the first of several, or for the
// one with a label.
var primary = map[string][]string{ui.KindEmails: {"email"}, ui.KindPhones: {"phone", "mobile"}}

// readPoints reads emails[0][value], emails[0][label] and so on, or the plain
// field of the primary one.
func (f *form) readPoints(posted url.Values, field ui.Field) {
	for i := range maxPoints {
		key := fmt.Sprintf("%s[%d]", field.Name, i)
		if values, ok := posted[key+"[value]"]; ok {
			f.present[field.Name] = true
			f.read(ui.Field{Name: key + "[value]", Label: field.Label, Kind: ui.KindText, Max: field.Max}, values[0])
			f.Values[key+"[label]"] = posted.Get(key + "[label]")
		}
	}
	for _, plain := range primary[field.Kind] {
		if values, ok := posted[plain]; ok {
			f.present[field.Name], f.present[plain] = true, true
			f.read(ui.Field{Name: plain, Label: field.Label, Kind: ui.KindText, Max: field.Max}, values[0])
		}
	}
	if f.present[field.Name] {
		f.Values[field.Name+"_primary"] = posted.Get(field.Name + "_primary")
	}
}

func (f *form) read(field ui.Field, v string) {
	if !storable(v) {
		f.fail(field.Name, field.Label+" has characters that we can’t store.")
		v = strings.ReplaceAll(strings.ToValidUTF8(v, ""), "\x00", "")
	}
	switch field.Kind {
	case ui.KindPassword:
	case ui.KindArea:
		v = strings.TrimRight(strings.ReplaceAll(v, "\r\n", "\n"), " \n\t")
	default:
		v = strings.Join(strings.Fields(v), " ")
	}
	if strings.TrimFunc(v, invisible) == "" && field.Kind != ui.KindPassword {
		v = ""
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
		if !isEmail(v) {
			f.fail(field.Name, notEmail)
		}
	case ui.KindURL:
		if u := webURL(v); u == "" {
			f.fail(field.Name, "This is not a web address. It should look like https://example.com.")
		} else {
			f.Values[field.Name] = u
		}
	case ui.KindDate:
		if d, err := time.Parse(time.DateOnly, v); err != nil || d.Year() < 1800 || d.Year() > 2200 {
			f.fail(field.Name, "This is not a day. It should look like 2027-01-31.")
		}
	case ui.KindNumber:
		if _, err := parseNumber(v); errors.Is(err, strconv.ErrRange) {
			f.fail(field.Name, "Too large: at most "+ui.Count(math.MaxInt32)+".")
		} else if err != nil {
			f.fail(field.Name, "This should be a whole number, such as 250.")
		}
	case ui.KindSelect:
		if field.Options != nil && !hasOption(field.Options, v) {
			f.fail(field.Name, fmt.Sprintf("“%s” is not one of the choices.", v))
		}
	}
}

// lift moves what is wrong with a field that the form does not show to its top.
func (f *form) lift(shown []ui.Field) {
	for name, message := range f.Errors {
		field, _, _ := strings.Cut(name, "[")
		i := slices.IndexFunc(shown, func(s ui.Field) bool { return s.Name == field && !s.Hidden && !s.ReadOnly })
		plain := slices.Contains(primary[ui.KindEmails], name) || slices.Contains(primary[ui.KindPhones], name)
		if several := slices.ContainsFunc(shown, func(s ui.Field) bool { return s.Kind == ui.KindEmails }); name != "" && (i < 0 || plain && several) {
			f.fail("", message)
		}
	}
}

// refused records a rule of the domain that the form breaks; false when err is
// something else.
func (f *form) refused(err error) bool {
	var field *crm.FieldError
	var no *crm.RefusalError
	var denied *auth.RefusalError
	switch {
	case errors.As(err, &field):
		f.fail(field.Field, field.Message)
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

// tags returns the names in a comma-separated field; nil when it is not there.
func (f *form) tags(name string) []string {
	if !f.present[name] {
		return nil
	}
	out := []string{}
	for _, t := range strings.Split(f.Values[name], ",") {
		t = strings.TrimSpace(t)
		if t == "" {
			continue
		}
		if utf8.RuneCountInString(t) > 40 {
			f.fail(name, fmt.Sprintf("“%s” is too long for a tag: at most 40 characters.", t))
		}
		out = append(out, t)
	}
	if len(out) > 20 {
		f.fail(name, "At most 20 tags.")
	}
	return out
}

// version is the record's version that the person saw. It comes in the form,
// or in the query of an HTMX DELETE; without one we would not know what is
// being overwritten.
func (f *form) version(c echo.Context) int32 {
	n, err := strconv.ParseInt(c.FormValue("version"), 10, 32)
	if err != nil {
		f.fail("", "We can’t tell which version you saw. Open the record again and repeat your change.")
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

const notEmail = "This is not an email address. It should look like name@example.com."

func isEmail(v string) bool {
	a, err := mail.ParseAddress(v)
	return err == nil && a.Address == v && strings.Contains(v[strings.LastIndexByte(v, '@'):], ".")
}

func invisible(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

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

// webURL returns v as an http(s) URL, adding https:// where there is no
// scheme; "" when it is none.
func webURL(v string) string {
	if !strings.Contains(v, "://") {
		v = "https://" + v
	}
	u, err := url.Parse(v)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || !domainPattern.MatchString(strings.ToLower(u.Hostname())) {
		return ""
	}
	return u.String()
}

var domainPattern = regexp.MustCompile(`^([\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}[\p{L}\p{N}-]*$`)

// domainName cuts what people paste around a domain; "" when there is none in it.
func domainName(v string) string {
	v = strings.ToLower(v)
	if _, after, ok := strings.Cut(v, "://"); ok {
		v = after
	}
	v, _, _ = strings.Cut(v, "/")
	v = strings.TrimPrefix(v, "www.")
	if !domainPattern.MatchString(v) {
		return ""
	}
	return v
}

var spaces = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "", "’", "", "_", "")

// grouped is a whole number, its thousands marked or not; groups have three digits.
var grouped = regexp.MustCompile(`^(\d+|\d{1,3}([,.])\d{3}(?:[,.]\d{3})*)$`)

// ungroup returns the digits of a whole number in which mark may stand between
// thousands, false when it is none. Without a mark, either of the two may be it.
func ungroup(v, mark string) (string, bool) {
	m := grouped.FindStringSubmatch(v)
	if m == nil || m[2] != "" && (mark != "" && m[2] != mark || strings.Count(v, m[2]) != strings.Count(v, ",")+strings.Count(v, ".") || v[0] == '0') {
		return "", false
	}
	return strings.NewReplacer(",", "", ".", "").Replace(v), true
}

func parseNumber(v string) (int32, error) {
	whole, ok := ungroup(spaces.Replace(v), "")
	if !ok {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseInt(whole, 10, 32)
	return int32(n), err
}

// parseMoney reads an amount into minor units, with either mark for decimals.
// One mark alone, before three digits, stands between thousands. No float is
// involved.
func parseMoney(v string, exponent int) (int64, error) {
	v = spaces.Replace(v)
	whole, ok := ungroup(v, "")
	fraction := ""
	if i := strings.LastIndexAny(v, ".,"); !ok || exponent == 3 && strings.Count(v, ".")+strings.Count(v, ",") == 1 {
		if i < 0 {
			return 0, strconv.ErrSyntax
		}
		other := map[byte]string{'.': ",", ',': "."}[v[i]]
		whole, fraction = v[:i], v[i+1:]
		if whole == "" && digits(fraction) {
			whole = "0" // .50
		}
		if whole, ok = ungroup(whole, other); !ok || fraction != "" && !digits(fraction) {
			return 0, strconv.ErrSyntax
		}
	}
	if strings.Trim(fraction, "0") == "" {
		fraction = ""
	}
	if len(fraction) > exponent {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", exponent-len(fraction)), 10, 64)
	if err == nil && n > math.MaxInt64/1000 {
		err = strconv.ErrRange
	}
	return n, err
}

func digits(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
