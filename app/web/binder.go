package web

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nyaruka/phonenumbers"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// binder carries fields between a form and a query's parameters: with a form it
// sets what was posted and valid, without one it writes values as the form is
// to show them. An entity names its fields once, for both ways.
type binder struct {
	form    *form
	values  map[string]string
	formats ui.Formats
}

// reads reports whether the field was posted and is right so far; what it
// holds comes with it.
func (b *binder) reads(name string) (string, bool) {
	if b.form == nil || !b.form.present[name] || b.form.Errors[name] != "" {
		return "", false
	}
	return b.form.Values[name], true
}

func (b *binder) text(name string, to *string) {
	if b.form == nil {
		b.values[name] = *to
	} else if b.form.present[name] {
		*to = b.form.Values[name]
	}
}

func (b *binder) email(name string, to *string) {
	b.text(name, to)
	*to = strings.ToLower(*to)
}

func (b *binder) domain(name string, to *string) {
	if v, ok := b.reads(name); ok {
		if *to = domainName(v); v != "" && *to == "" {
			b.form.fail(name, "This is not a domain. It should look like example.com.")
		}
		return
	}
	b.text(name, to)
}

func (b *binder) phone(name string, to *string) {
	if v, ok := b.reads(name); ok {
		if *to, ok = phoneNumber(v, b.formats.Country); !ok {
			b.form.fail(name, notPhone)
		}
		return
	}
	b.text(name, to)
}

const notPhone = "This is not a phone number. It should look like +39 06 555 0140."

// phoneNumber writes a number in international form (E.164), reading one
// without a prefix as the country's. What has digits enough but fits no
// country's numbers, such as an extension, stays as it was typed; false for
// what is no number at all.
func phoneNumber(v, country string) (string, bool) {
	if v == "" {
		return "", true
	}
	n, err := phonenumbers.Parse(v, country)
	if err == nil && phonenumbers.IsPossibleNumber(n) && n.GetExtension() == "" {
		return phonenumbers.Format(n, phonenumbers.E164), true
	}
	figures := 0
	for _, r := range v {
		if r >= '0' && r <= '9' {
			figures++
		} else if !strings.ContainsRune("+-/.() #*,;:xextExt", r) {
			return v, false
		}
	}
	return v, figures >= 2
}

func (b *binder) number(name string, to **int32) {
	if b.form == nil {
		if *to != nil {
			b.values[name] = strconv.Itoa(int(**to))
		}
	} else if v, ok := b.reads(name); ok {
		*to = nil
		if n, err := parseNumber(v); err == nil {
			*to = &n
		}
	}
}

func (b *binder) percent(name string, to **int32) {
	b.number(name, to)
	if _, ok := b.reads(name); ok && *to != nil && **to > 100 {
		b.form.fail(name, "This should be a number from 0 to 100.")
	}
}

// money carries minor units of a currency.
func (b *binder) money(name, currency string, to **int64) {
	if b.form == nil {
		if *to != nil {
			b.values[name] = ui.MoneyInput(**to, currency)
		}
		return
	}
	v, ok := b.reads(name)
	if !ok {
		return
	}
	*to = nil
	if ui.Exponent(currency) == 3 { // three digits behind a mark may be decimals: the person's own marks tell
		v = strings.ReplaceAll(v, b.formats.ThousandsMark(), "")
	}
	if v != "" {
		n, err := parseMoney(ui.CutCurrency(v, currency), ui.Exponent(currency))
		switch {
		case errors.Is(err, strconv.ErrRange):
			b.form.fail(name, "This amount is too large.")
			return
		case err != nil:
			b.form.fail(name, "This is not an amount. It should look like 1,250.00, without a sign.")
			return
		}
		*to = &n
	}
}

func (b *binder) currency(name string, to *string) {
	if v, ok := b.reads(name); ok {
		v = strings.ToUpper(v)
		switch {
		case v == "":
			*to = b.formats.Currency
		case !ui.ValidCurrency(v):
			b.form.fail(name, "This is not a currency. It should be three letters, such as EUR.")
		default:
			*to = v
		}
		return
	}
	b.text(name, to)
}

// convert keeps an amount's figures when its currency has other decimals: 1,240
// euro become 1,240 yen. What would lose some is refused.
func (b *binder) convert(from, to, field string, amount **int64) {
	if b.form == nil || *amount == nil || ui.Exponent(from) == ui.Exponent(to) {
		return
	}
	n, err := ui.MoneyOutput(ui.MoneyInput(**amount, from), to)
	if err != nil {
		b.form.fail(field, "The amount has decimals that "+to+" does not have. Change the amount first.")
		return
	}
	*amount = &n
}

func (b *binder) id(name string, to **uuid.UUID) {
	if b.form == nil {
		b.values[name] = idOf(*to)
	} else if v, ok := b.reads(name); ok {
		*to = nil
		if v != "" {
			id, err := uuid.Parse(v)
			if err != nil {
				b.form.fail(name, "Choose one of the list.")
				return
			}
			*to = &id
		}
	}
}

// idValue is id for a column that is never empty: nothing posted is the zero id.
func (b *binder) idValue(name string, to *uuid.UUID) {
	p := to
	if *to == uuid.Nil {
		p = nil
	}
	b.id(name, &p)
	if p == nil {
		*to = uuid.Nil
	} else {
		*to = *p
	}
}

// ids carries several ids, with commas between them.
func (b *binder) ids(name string, to *[]uuid.UUID) {
	if b.form == nil {
		texts := make([]string, len(*to))
		for i, id := range *to {
			texts[i] = id.String()
		}
		b.values[name] = strings.Join(texts, ",")
	} else if v, ok := b.reads(name); ok {
		out := []uuid.UUID{}
		for _, s := range strings.Split(v, ",") {
			id, err := uuid.Parse(s)
			switch {
			case s == "":
			case err != nil:
				b.form.fail(name, "Choose some of the list.")
			case !slices.Contains(out, id):
				out = append(out, id)
			}
		}
		if len(out) > 100 {
			b.form.fail(name, "At most 100.")
			return
		}
		*to = out
	}
}

func (b *binder) check(name string, to *bool) {
	if b.form == nil {
		b.values[name] = strconv.FormatBool(*to)
	} else if v, ok := b.reads(name); ok {
		*to = v == "true" || v == "on" || v == "1"
	}
}

// date carries a day.
func (b *binder) date(name string, to **time.Time) {
	if b.form == nil {
		if *to != nil {
			b.values[name] = (*to).Format(time.DateOnly)
		}
	} else if v, ok := b.reads(name); ok {
		*to = nil
		if d, err := time.Parse(time.DateOnly, v); err == nil {
			*to = &d
		}
	}
}

// due carries a day or a moment, as crm.ParseDue reads it in the person's zone.
func (b *binder) due(name string, on, at **time.Time) {
	if b.form == nil {
		switch {
		case *on != nil:
			b.values[name] = (*on).Format(time.DateOnly)
		case *at != nil:
			b.values[name] = b.formats.Local(**at).Format("2006-01-02 15:04")
		}
		return
	}
	v, ok := b.reads(name)
	if !ok {
		return
	}
	if v == "" {
		*on, *at = nil, nil
		return
	}
	due, ok := parseDue(v, b.formats)
	if !ok {
		b.form.fail(name, "We could not read this. Try “tomorrow 14:00”, “next friday”, “in 3 days” or “2027-01-31”.")
		return
	}
	*on, *at = due.On, due.At
}

// moment is due for what always has a time; a day alone means nine in the morning.
func (b *binder) moment(name string, at **time.Time) {
	var on *time.Time
	b.due(name, &on, at)
	if on != nil {
		t := time.Date(on.Year(), on.Month(), on.Day(), 9, 0, 0, 0, b.formats.Local(b.formats.Now).Location())
		*at = &t
	}
}

// parseDue reads what people write and what browsers send ("2027-01-31T14:00",
// RFC 3339).
func parseDue(v string, f ui.Formats) (crm.Due, bool) {
	now := f.Local(f.Now)
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		t, err = time.ParseInLocation("2006-01-02T15:04", v, now.Location())
	}
	if err == nil {
		return crm.Due{At: &t}, t.Year() >= 1900 && t.Year() <= 2200
	}
	return crm.ParseDue(v, now)
}

// points carries several addresses or numbers, the primary one first. check
// returns one as it is stored, false when it is none.
func (b *binder) points(name string, to *[]tenantdb.ContactPoint, check func(string) (string, bool), wrong string) {
	if b.form == nil {
		lines := make([]string, len(*to))
		for i, p := range *to {
			b.values[fmt.Sprintf("%s[%d][value]", name, i)] = p.Value
			b.values[fmt.Sprintf("%s[%d][label]", name, i)] = p.Label
			lines[i] = p.Value + " " + p.Label
		}
		b.values[name] = strings.Join(lines, "\n")
		return
	}
	f := b.form
	if !f.present[name] {
		return
	}
	out := []tenantdb.ContactPoint{}
	if _, listed := f.Values[name+"[0][value]"]; !listed {
		out = slices.Clone(*to) // the plain fields alone: the others stay
	}
	lines := []string{}
	for i := range maxPoints {
		key := fmt.Sprintf("%s[%d]", name, i)
		if v := f.Values[key+"[value]"]; v != "" {
			value, ok := check(v)
			if !ok {
				f.fail(key+"[value]", wrong)
			}
			p := tenantdb.ContactPoint{Value: value, Label: pointLabel(f.Values[key+"[label]"])}
			if f.Values[name+"_primary"] == strconv.Itoa(i) {
				out = append([]tenantdb.ContactPoint{p}, out...)
			} else {
				out = append(out, p)
			}
		}
	}
	if plain := strings.TrimSuffix(name, "s"); f.present[plain] {
		out = setPoint(f, plain, "work", out, 0, check, wrong)
	}
	if name == "phones" && f.present["mobile"] {
		i := slices.IndexFunc(out, func(p tenantdb.ContactPoint) bool { return p.Label == "mobile" })
		if i < 0 {
			i = len(out)
		}
		out = setPoint(f, "mobile", "mobile", out, i, check, wrong)
	}
	for _, p := range out {
		lines = append(lines, p.Value+" "+p.Label)
	}
	f.Values[name] = strings.Join(lines, "\n")
	*to = out
}

func setPoint(f *form, plain, label string, out []tenantdb.ContactPoint, i int, check func(string) (string, bool), wrong string) []tenantdb.ContactPoint {
	v := f.Values[plain]
	if v == "" {
		if i < len(out) {
			out = slices.Delete(out, i, i+1)
		}
		return out
	}
	value, ok := check(v)
	if !ok {
		f.fail(plain, wrong)
	}
	if i < len(out) {
		out[i].Value = value
		return out
	}
	return append(out, tenantdb.ContactPoint{Value: value, Label: label})
}

func pointLabel(v string) string {
	if hasOption(ui.PointLabels, v) {
		return v
	}
	return ""
}
