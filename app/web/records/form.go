package records

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// recordForm is a posted form of a record: what was typed, and the values that it is.
type recordForm struct {
	*page.Form
	entity  *entity.Entity
	formats entity.Formats
	posted  url.Values
	was     entity.Values // what the record holds
	set     entity.Values // what was read
	seen    entity.Values // what the fields held when the form was opened, as far as it says
	notes   []string      // what should be said of what was read, beside that it was saved
}

// readRecord reads the fields of a kind that were posted; others are ignored. was is what
// the record holds, or what a new one begins with. With all, required fields must be there,
// but for those that have a default.
func readRecord(c echo.Context, e *entity.Entity, posted url.Values, was entity.Values, all bool) *recordForm {
	f := &recordForm{
		Form:   &page.Form{Form: ui.Form{Values: map[string]string{}, Errors: map[string]string{}}, Present: map[string]bool{}},
		entity: e, formats: page.From(c).Formats(c), posted: posted, was: was, set: entity.Values{}, seen: entity.Values{},
	}
	var amounts []*entity.Field
	for i := range e.Fields {
		switch field := &e.Fields[i]; {
		case field.System:
		case entity.PointType(field.Type) != nil:
			f.readPoints(field)
		case field.Currency != "":
			amounts = append(amounts, field) // their currency first
		default:
			f.read(field, f.formats, f.was[field.Name], all)
		}
	}
	for _, field := range amounts {
		f.readAmount(field)
	}
	return f
}

// text is what was posted of a field, and whether it was.
func (f *recordForm) text(field *entity.Field) (string, bool) {
	values, ok := f.posted[field.Name]
	switch field.Type {
	case entity.TypeBool:
		values = values[max(0, len(values)-1):] // the hidden false goes before a true
	case entity.TypeReferences, entity.TypeChoices:
		values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" || !page.Storable(v) }) // which no choice is
		return strings.Join(values, ","), ok
	}
	return strings.Join(values, ", "), ok
}

// read reads one field; was is what it holds, nil where that is not to be kept.
func (f *recordForm) read(field *entity.Field, l entity.Formats, was entity.Value, all bool) {
	text, ok := f.text(field)
	if !ok && (!all || !field.Required) {
		return
	}
	f.Present[field.Name] = ok
	clean, _ := field.Clean(text) // what is wrong with it, Parse says
	f.Values[field.Name] = clean
	if all && clean == "" && field.Default != nil {
		f.Values[field.Name] = field.Type.Input(field.Default, l)
		return
	}
	if (was != nil || f.was[field.Name] == nil) && f.keeps(field, clean, l) {
		return
	}
	v, err := field.Parse(text, was, l)
	if err != nil {
		f.Fail(field.Name, entity.Message(err))
		return
	}
	f.set.Set(field.Name, v)
	if n, ok := field.Type.(entity.Noted); ok && clean != "" {
		if note := n.Note(clean, l); note != "" {
			f.notes = append(f.notes, note)
		}
	}
}

// keeps notes what the field held when the form was opened, and reports whether that is what
// was posted: then it stays as it is, whatever is asked of new values.
func (f *recordForm) keeps(field *entity.Field, text string, l entity.Formats) bool {
	values, ok := f.posted["was."+field.Name]
	if !ok {
		return false
	}
	was := strings.ReplaceAll(values[0], "\r\n", "\n")
	switch {
	case was == text:
		return true
	case was == field.Type.Input(f.was[field.Name], l):
		f.seen[field.Name] = f.was[field.Name]
	default:
		if v, err := field.Parse(was, nil, l); err == nil {
			f.seen.Set(field.Name, v)
		}
	}
	return false
}

// readAmount reads an amount in the record's currency. One that names another says so for
// the record, unless that was changed to something else here.
func (f *recordForm) readAmount(field *entity.Field) {
	was := f.was.Text(field.Currency)
	seen := was // the currency in which the form was opened
	if v := f.posted.Get("was." + field.Currency); entity.ValidCurrency(v) {
		seen = v
	}
	code, changed := seen, false
	if v, ok := f.set[field.Currency].(entity.Text); ok {
		code, changed = string(v), string(v) != was
	}
	if code == "" {
		code = f.formats.Currency
	}
	l := f.formats
	l.Currency = code
	if !f.posted.Has(field.Name) {
		return
	}
	held := f.was[field.Name]
	if changed || seen != was {
		held = nil // as it was shown is not as it would be read
	}
	if seen != was && !changed && f.posted.Get("was."+field.Name) == f.posted.Get(field.Name) {
		return // neither was touched here
	}
	f.read(field, l, held, false)
	// in the currency in which it was shown
	if text := f.posted.Get("was." + field.Name); f.posted.Has("was."+field.Name) && f.set.Has(field.Name) {
		shown := f.formats
		if seen != "" {
			shown.Currency = seen
		}
		if v, err := field.Parse(text, nil, shown); err == nil {
			f.seen.Set(field.Name, v)
		}
	}
	m, ok := f.set.Money(field.Name)
	if ok && m.Currency != code && !changed {
		f.set[field.Currency] = entity.Text(m.Currency) // "$5,000" says its own
		if !f.seen.Has(field.Currency) {
			f.seen.Set(field.Currency, entity.Text(seen))
		}
	}
}

// readPoints reads emails[0][value], emails[0][label] and so on, and the fields that stand
// for one of them.
func (f *recordForm) readPoints(field *entity.Field) {
	of := entity.PointType(field.Type)
	was, _ := f.was[field.Name].(entity.Points)
	points, listed := entity.Points{}, false
	for i := range postedPoints {
		key := fmt.Sprintf("%s[%d]", field.Name, i)
		if !f.posted.Has(key + "[value]") {
			continue
		}
		f.Present[field.Name], listed = true, true
		p := entity.Point{Label: entity.PointLabel(f.posted.Get(key + "[label]"))}
		f.Values[key+"[label]"] = f.posted.Get(key + "[label]")
		value, ok := f.readPoint(field, of, was, key+"[value]")
		switch {
		case value == "":
			continue
		case !ok:
		case slices.ContainsFunc(points, func(p entity.Point) bool { return sameReach(p.Value, value) }):
			f.Fail(key+"[value]", "This one is here already.")
		case len(points) == entity.MaxPoints:
			f.Fail(key+"[value]", entity.TooManyPoints)
		}
		p.Value = value
		if f.posted.Get(field.Name+"_primary") == strconv.Itoa(i) {
			points = append(entity.Points{p}, points...)
		} else {
			points = append(points, p)
		}
	}
	if f.beyond(field) {
		f.Present[field.Name], listed = true, true
		f.Fail(field.Name, entity.TooManyPoints)
	}
	if !listed {
		points = slices.Clone(was) // the single fields alone: the others stay
	}
	for _, single := range field.Singles {
		if !f.posted.Has(single.Name) {
			continue
		}
		f.Present[field.Name], f.Present[single.Name] = true, true
		value, _ := f.readPoint(field, of, was, single.Name)
		at := 0
		if single.Label != "" {
			if at = slices.IndexFunc(points, func(p entity.Point) bool { return p.Label == single.Label }); at < 0 {
				at = len(points)
			}
		}
		points = placed(points, at, entity.Point{Value: value, Label: single.Label})
	}
	if !f.Present[field.Name] {
		return
	}
	f.Values[field.Name+"_primary"] = f.posted.Get(field.Name + "_primary")
	if err := field.Type.Check(points, field); err != nil {
		f.Fail(field.Name, entity.Message(err))
	}
	if f.keeps(field, field.Type.Input(points, f.formats), f.formats) {
		return
	}
	f.set.Set(field.Name, points)
}

// beyond reports whether rows were posted that are not looked at.
func (f *recordForm) beyond(field *entity.Field) bool {
	for key, values := range f.posted {
		number, ok := strings.CutPrefix(key, field.Name+"[")
		number, row := strings.CutSuffix(number, "][value]")
		if n, err := strconv.Atoi(number); ok && row && values[0] != "" && (err != nil || n < 0 || n >= postedPoints) {
			return true
		}
	}
	return false
}

// readPoint reads one address or number; one that was here before stays as it is. Its text
// comes back where it is none.
func (f *recordForm) readPoint(field *entity.Field, of entity.Type, was entity.Points, name string) (value string, ok bool) {
	one := entity.Field{Name: name, Label: field.Label, Type: of, Max: field.Max}
	text := f.posted.Get(name)
	f.Values[name], _ = one.Clean(text)
	for _, p := range was {
		if f.Values[name] != "" && f.Values[name] == of.Input(entity.Text(p.Value), f.formats) {
			return p.Value, true
		}
	}
	v, err := one.Parse(text, nil, f.formats)
	if err != nil {
		f.Fail(name, entity.Message(err))
		return f.Values[name], false
	}
	t, _ := v.(entity.Text)
	return string(t), true
}

// sameReach reports whether two addresses or numbers reach the same: "116 117" is 116117.
func sameReach(a, b string) bool {
	return a == b || !strings.ContainsAny(a+b, "@+;") && entity.Digits(a) == entity.Digits(b)
}

// placed puts a point in the place of the ith one, or takes that away when it is empty. One
// that is there already comes to this place.
func placed(points entity.Points, i int, p entity.Point) entity.Points {
	switch at := slices.IndexFunc(points, func(x entity.Point) bool { return x.Value == p.Value }); {
	case p.Value == "" && i < len(points):
		return slices.Delete(points, i, i+1)
	case p.Value == "" || at == i && i < len(points):
		return points
	case at >= 0:
		p = points[at]
		points = slices.Delete(points, at, at+1)
		return slices.Insert(points, min(i, len(points)), p)
	case i < len(points):
		points[i].Value = p.Value
		return points
	}
	return append(points, p)
}

// values are those of the record once what was read is in it.
func (f *recordForm) values() entity.Values {
	v := f.was.Clone()
	maps.Copy(v, f.set)
	return v
}

// show puts a record's values into the form where nothing was typed: not posted, or as it
// was when the form was opened.
func (f *recordForm) show(v entity.Values) {
	inputs := views.Inputs(f.entity, v, f.formats)
	for i := range f.entity.Fields {
		name := f.entity.Fields[i].Name
		if f.Present[name] && (f.set.Has(name) || f.mistaken(&f.entity.Fields[i])) {
			continue
		}
		for key := range f.Values {
			if key == name || strings.HasPrefix(key, name+"[") {
				delete(f.Values, key)
			}
		}
		for key, value := range inputs {
			if key == name || strings.HasPrefix(key, name+"[") {
				f.Values[key] = value
			}
		}
	}
}

// mistaken reports whether anything is wrong with the field or a part of it.
func (f *recordForm) mistaken(field *entity.Field) bool {
	for name := range f.Errors {
		if name == field.Name || strings.HasPrefix(name, field.Name+"[") ||
			slices.ContainsFunc(field.Singles, func(s entity.Single) bool { return s.Name == name }) {
			return true
		}
	}
	return false
}

// hidden are the fields that are mistaken here and that somebody else changed meanwhile,
// unseen: to mend the mistake must not write over that.
func (f *recordForm) hidden(now entity.Values) (out []crm.Difference) {
	for i := range f.entity.Fields {
		field := &f.entity.Fields[i]
		seen, known := f.seen[field.Name]
		if f.Present[field.Name] && f.mistaken(field) && (!known || !entity.Equal(seen, now[field.Name])) {
			out = append(out, crm.Difference{Field: field, Theirs: now[field.Name]})
		}
	}
	return out
}

// lift moves what is wrong with a field that the form does not show to its top.
func (f *recordForm) lift(look *views.Look) {
	for name, message := range f.Errors {
		field, _, _ := strings.Cut(name, "[")
		if in, ok := look.Input(field); name != "" && (!ok || in.Hidden || in.ReadOnly) {
			f.Fail("", message)
		}
	}
}

// postedPoints is how many rows of addresses or numbers are looked at, to say that there are
// too many.
const postedPoints = 3 * entity.MaxPoints
