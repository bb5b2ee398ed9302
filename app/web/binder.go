package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// binder carries fields between a form and a query's parameters: with a form it
// sets what was posted and valid, without one it writes values as the form is
// to show them. An entity names its fields once, for both ways.
type binder struct {
	form    *form
	values  map[string]string
	formats entity.Formats
	notes   []string // what should be said of what was read, beside that it was saved
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

// value carries a text that has a form of its own. One that is posted as it was shown
// stays, whatever is asked of new ones.
func (b *binder) value(name string, to *string, show func(string) string, parse func(string) (string, error)) {
	if b.form == nil {
		b.values[name] = show(*to)
		return
	}
	v, ok := b.reads(name)
	switch {
	case !ok || v != "" && v == show(*to):
	case v == "":
		*to = ""
	default:
		out, err := parse(v)
		if err != nil {
			b.form.wrong(name, err)
			return
		}
		*to = out
	}
}

func same(v string) string { return v }

func (b *binder) email(name string, to *string) { b.value(name, to, same, entity.ParseEmail) }

func (b *binder) website(name string, to *string) { b.value(name, to, same, entity.ParseWebsite) }

func (b *binder) domain(name string, to *string) { b.value(name, to, same, entity.ParseDomain) }

func (b *binder) phone(name string, to *string) { b.value(name, to, phoneInput, b.formats.ParsePhone) }

// phoneInput is a phone number as an input holds it.
func phoneInput(v string) string {
	if strings.Contains(v, ";ext=") {
		return entity.PhoneText(v)
	}
	return v
}

func (b *binder) number(name string, to **int32) {
	if b.form == nil {
		if *to != nil {
			b.values[name] = strconv.Itoa(int(**to))
		}
		return
	}
	v, ok := b.reads(name)
	if !ok {
		return
	}
	*to = nil
	if v == "" {
		return
	}
	n, err := b.formats.ParseCount(v)
	if err != nil {
		b.form.wrong(name, err)
		return
	}
	*to = &n
}

func (b *binder) percent(name string, to **int32) {
	b.number(name, to)
	if _, ok := b.reads(name); ok && *to != nil && **to > 100 {
		b.form.fail(name, "This should be a number from 0 to 100.")
	}
}

// money carries minor units of a currency.
func (b *binder) money(name, currency string, to **int64) {
	if in := b.amount(name, currency, to); in != currency {
		b.form.fail(name, "This is in "+in+". It is kept in "+currency+" here, the workspace’s currency.")
	}
}

// amount is money that may name another currency, which it returns.
func (b *binder) amount(name, currency string, to **int64) (in string) {
	if b.form == nil {
		if *to != nil {
			b.values[name] = b.formats.MoneyInput(**to, currency)
		}
		return currency
	}
	v, ok := b.reads(name)
	if !ok {
		return currency
	}
	*to = nil
	if v == "" {
		return currency
	}
	n, in, err := b.formats.ParseMoney(v, currency)
	if err != nil {
		b.form.wrong(name, err)
		return currency
	}
	*to = &n
	return in
}

func (b *binder) currency(name string, to *string) {
	if v, ok := b.reads(name); ok {
		v = strings.ToUpper(v)
		switch {
		case v == *to:
		case v == "":
			*to = b.formats.Currency
		case !entity.ValidCurrency(v):
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
	if b.form == nil || *amount == nil || entity.Exponent(from) == entity.Exponent(to) {
		return
	}
	n, _, err := b.formats.ParseMoney(b.formats.MoneyInput(**amount, from), to)
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

// date carries a day: as browsers send it, or as people write it.
func (b *binder) date(name string, to **time.Time) {
	if b.form == nil {
		if *to != nil {
			b.values[name] = (*to).Format(time.DateOnly)
		}
		return
	}
	v, ok := b.reads(name)
	if !ok {
		return
	}
	*to = nil
	if v == "" {
		return
	}
	d, err := time.Parse(time.DateOnly, v)
	if err != nil {
		if due, ok := b.formats.ParseDue(v); ok && due.On != nil {
			d, err = *due.On, nil
		}
	}
	if err != nil || d.Year() < 1800 || d.Year() > 2200 {
		b.form.fail(name, "This is not a day. It should look like "+b.formats.Date(time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC))+".")
		return
	}
	*to = &d
}

// due carries a day or a moment, as Formats.ParseDue reads it in the person's zone.
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
	if *at != nil && v == b.formats.Local(**at).Format("2006-01-02 15:04") {
		return // as it was shown: of an hour that comes twice, the same one
	}
	due, ok := b.formats.ParseDue(v)
	if !ok {
		b.form.fail(name, "We could not read this. Try “tomorrow 14:00”, “next friday”, “in 3 days” or “"+b.formats.Date(time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC))+"”.")
		return
	}
	*on, *at = due.On, due.At
	if note := b.formats.Note(due); note != "" {
		b.notes = append(b.notes, note)
	}
}

// moment is due for what always has a time; a day alone means nine in the morning.
func (b *binder) moment(name string, at **time.Time) {
	var on *time.Time
	b.due(name, &on, at)
	if on != nil {
		t := entity.Clock{Hour: 9}.On(*on, b.formats.Local(b.formats.Now).Location())
		*at = &t
	}
}

// points carries several addresses or numbers, the primary one first. Each is shown and
// parsed as its kind is.
func (b *binder) points(name string, to *[]tenantdb.ContactPoint, show func(string) string, parse func(string) (string, error)) {
	if b.form == nil {
		lines := make([]string, len(*to))
		for i, p := range *to {
			b.values[fmt.Sprintf("%s[%d][value]", name, i)] = show(p.Value)
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
	l := pointList{form: f, name: name, was: *to, points: []tenantdb.ContactPoint{}, show: show, parse: parse}
	if _, listed := f.Values[name+"[0][value]"]; listed {
		l.rows()
	} else {
		l.points = slices.Clone(*to) // the plain fields alone: the others stay
	}
	if plain := strings.TrimSuffix(name, "s"); f.present[plain] {
		l.set(plain, "", 0)
	}
	if name == "phones" && f.present["mobile"] {
		i := slices.IndexFunc(l.points, func(p tenantdb.ContactPoint) bool { return p.Label == "mobile" })
		if i < 0 {
			i = len(l.points)
		}
		l.set("mobile", "mobile", i)
	}
	if len(l.points) > maxPoints {
		f.fail(name, tooManyPoints)
	}
	lines := []string{}
	for _, p := range l.points {
		lines = append(lines, p.Value+" "+p.Label)
	}
	f.Values[name] = strings.Join(lines, "\n")
	*to = l.points
}

var tooManyPoints = fmt.Sprintf("There is room for %d. Empty one of the others first.", maxPoints)

// pointList is the addresses or numbers that a form holds.
type pointList struct {
	form        *form
	name        string
	was, points []tenantdb.ContactPoint
	show        func(string) string
	parse       func(string) (string, error)
}

// rows reads emails[0][value] and so on.
func (l *pointList) rows() {
	for i := range postedPoints {
		key := fmt.Sprintf("%s[%d]", l.name, i)
		if l.form.Values[key+"[value]"] == "" {
			continue
		}
		value, ok := l.read(key + "[value]")
		switch {
		case !ok:
		case slices.ContainsFunc(l.points, func(p tenantdb.ContactPoint) bool { return p.Value == value }):
			l.form.fail(key+"[value]", "This one is here already.")
		case len(l.points) == maxPoints:
			l.form.fail(key+"[value]", tooManyPoints)
		}
		p := tenantdb.ContactPoint{Value: value, Label: pointLabel(l.form.Values[key+"[label]"])}
		if l.form.Values[l.name+"_primary"] == strconv.Itoa(i) {
			l.points = append([]tenantdb.ContactPoint{p}, l.points...)
		} else {
			l.points = append(l.points, p)
		}
	}
}

// read reads one; one that was here before stays as it is.
func (l *pointList) read(field string) (string, bool) {
	v := l.form.Values[field]
	for _, p := range l.was {
		if v == l.show(p.Value) {
			return p.Value, true
		}
	}
	value, err := l.parse(v)
	if err != nil {
		l.form.wrong(field, err)
		return v, false
	}
	return value, true
}

// set puts a plain field in the place of the ith one, or takes that away when it is empty.
func (l *pointList) set(plain, label string, i int) {
	if l.form.Values[plain] == "" {
		if i < len(l.points) {
			l.points = slices.Delete(l.points, i, i+1)
		}
		return
	}
	value, _ := l.read(plain)
	if i < len(l.points) && l.points[i].Value == value {
		return
	}
	p := tenantdb.ContactPoint{Value: value, Label: label}
	if at := slices.IndexFunc(l.points, func(p tenantdb.ContactPoint) bool { return p.Value == value }); at >= 0 {
		p.Label = l.points[at].Label // it is one of them, and comes to this place
		l.points = slices.Delete(l.points, at, at+1)
		l.points = slices.Insert(l.points, min(i, len(l.points)), p)
		return
	}
	if i < len(l.points) {
		l.points[i].Value = value
		return
	}
	l.points = append(l.points, p)
}

func pointLabel(v string) string {
	if hasOption(ui.PointLabels, v) {
		return v
	}
	return ""
}
