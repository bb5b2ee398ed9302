package entity

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Value is what a field holds: one of the types below. nil is nothing.
type Value interface{ value() }

// Text is a line, or lines, of text; what fields of most types hold.
type Text string

// Number is a whole number, per cents too.
type Number int64

// Bool is whether a box is ticked.
type Bool bool

// Day is a day of the calendar, as midnight UTC: no moment.
type Day time.Time

// Moment is a moment, whatever the zone.
type Moment time.Time

// Money is minor units of a currency; "" for the workspace's.
type Money struct {
	Minor    int64
	Currency string
}

// Ref points to a record, a member, a stage or a pipeline. Its name and colour are as they
// were read, "" where they were not.
type Ref struct {
	ID          uuid.UUID
	Name, Color string
}

// Refs are several of them, in their order.
type Refs []Ref

// Points are email addresses or phone numbers, the primary one first.
type Points []Point

// Tags are those on a record.
type Tags []Tag

// Point is an email address or a phone number of somebody.
type Point struct {
	Value string `json:"value"`
	Label string `json:"label"` // "work", "mobile"; "" for none
}

// Tag is a tag on a record.
type Tag struct{ Name, Color string }

func (Text) value()    {}
func (Number) value()  {}
func (Bool) value()    {}
func (Day) value()     {}
func (Moment) value()  {}
func (Due) value()     {}
func (Money) value()   {}
func (Ref) value()     {}
func (Refs) value()    {}
func (Points) value()  {}
func (Tags) value()    {}
func (*Anchor) value() {}

// Equal reports whether two values are the same to whoever reads them: names and colours
// that came along do not count, nor the order of tags.
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case Day:
		b, ok := b.(Day)
		return ok && time.Time(a).Equal(time.Time(b))
	case Moment:
		b, ok := b.(Moment)
		return ok && time.Time(a).Equal(time.Time(b))
	case Due:
		b, ok := b.(Due)
		return ok && sameTime(a.On, b.On) && sameTime(a.At, b.At)
	case Ref:
		b, ok := b.(Ref)
		return ok && a.ID == b.ID
	case Refs:
		b, ok := b.(Refs)
		return ok && len(a) == len(b) && !slices.ContainsFunc(a, func(x Ref) bool { // in any order, each once
			return !slices.ContainsFunc(b, func(y Ref) bool { return x.ID == y.ID })
		})
	case Points:
		b, ok := b.(Points)
		return ok && slices.Equal(a, b)
	case Choices: // in any order, each once
		b, ok := b.(Choices)
		return ok && len(a) == len(b) && !slices.ContainsFunc(a, func(x string) bool { return !slices.Contains(b, x) })
	case Tags:
		b, ok := b.(Tags)
		return ok && maps.Equal(a.folded(), b.folded())
	case *Anchor:
		b, ok := b.(*Anchor)
		return ok && a.Day.Equal(b.Day) && a.Zone == b.Zone && same(a.Clock, b.Clock) && same(a.Remind, b.Remind)
	default:
		return a == b
	}
}

func sameTime(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

func (t Tags) folded() map[string]bool {
	out := map[string]bool{}
	for _, x := range t {
		out[Fold(x.Name)] = true
	}
	return out
}

// Values are the addresses or numbers without their labels.
func (p Points) Values() []string {
	out := make([]string, len(p))
	for i, x := range p {
		out[i] = x.Value
	}
	return out
}

// Names are the names of the tags.
func (t Tags) Names() []string {
	out := make([]string, len(t))
	for i, x := range t {
		out[i] = x.Name
	}
	return out
}

// TagsNamed are tags of these names, without their colours.
func TagsNamed(names ...string) Tags {
	out := make(Tags, len(names))
	for i, n := range names {
		out[i].Name = n
	}
	return out
}

// Values are what the fields of a record hold, by their names. What is nothing may be there
// as nil or not at all.
type Values map[string]Value

// Set sets a field; a text, a list or a date that is empty is nothing.
func (v Values) Set(name string, value Value) { v[name] = normal(value) }

// normal is nil for what is empty.
func normal(value Value) Value {
	empty := false
	switch x := value.(type) {
	case Text:
		empty = x == ""
	case Ref:
		empty = x.ID == uuid.Nil
	case Refs:
		empty = len(x) == 0
	case Points:
		empty = len(x) == 0
	case Choices:
		empty = len(x) == 0
	case Decimal:
		empty = x == ""
	case Tags:
		empty = len(x) == 0
	case Due:
		empty = x.On == nil && x.At == nil
	case *Anchor:
		empty = x == nil
	}
	if empty {
		return nil
	}
	return value
}

// Normal is a copy in which what is empty is nil.
func (v Values) Normal() Values {
	out := make(Values, len(v))
	for name, value := range v {
		out.Set(name, value)
	}
	return out
}

// Has reports whether the field is named, be it with nothing.
func (v Values) Has(name string) bool { _, ok := v[name]; return ok }

// Clone is a copy whose fields can be set.
func (v Values) Clone() Values {
	out := make(Values, len(v))
	maps.Copy(out, v)
	return out
}

// Text is a field's text, "" when it has none.
func (v Values) Text(name string) string { t, _ := v[name].(Text); return string(t) }

// ID is what a field refers to, nil when it refers to nothing.
func (v Values) ID(name string) *uuid.UUID {
	if r, ok := v[name].(Ref); ok {
		return &r.ID
	}
	return nil
}

// Ref is a field's reference, the zero one when it has none.
func (v Values) Ref(name string) Ref { r, _ := v[name].(Ref); return r }

// Due is when a field is due, the zero one when it does not say.
func (v Values) Due(name string) Due { d, _ := v[name].(Due); return d }

// Day is a field's day, nil when it has none.
func (v Values) Day(name string) *time.Time {
	if d, ok := v[name].(Day); ok {
		return new(time.Time(d))
	}
	return nil
}

// Moment is a field's moment, nil when it has none.
func (v Values) Moment(name string) *time.Time {
	if m, ok := v[name].(Moment); ok {
		return new(time.Time(m))
	}
	return nil
}

// Money is a field's amount, and false when it has none.
func (v Values) Money(name string) (Money, bool) { m, ok := v[name].(Money); return m, ok }

// Bool is whether a field is ticked.
func (v Values) Bool(name string) bool { b, _ := v[name].(Bool); return bool(b) }

// SetMoment is Set for a moment that may be none.
func (v Values) SetMoment(name string, at *time.Time) {
	if at == nil {
		v[name] = nil
		return
	}
	v[name] = Moment(*at)
}

// SetID is Set for a reference that may be to nothing.
func (v Values) SetID(name string, id *uuid.UUID) {
	if id == nil {
		v[name] = nil
		return
	}
	v.Set(name, Ref{ID: *id})
}

// Record is a record of any kind.
type Record struct {
	Entity    *Entity
	ID        uuid.UUID
	Version   int32
	Values    Values
	Custom    Custom // what is kept of the workspace's own fields, which are among the values too
	CreatedAt time.Time
	UpdatedAt time.Time
	DeletedAt *time.Time // nil for one that is not in the trash
}

// Name is what people know the record by.
func (r Record) Name() string { return r.Values.Text(r.Entity.Name) }

// URL is the path of the record's page.
func (r Record) URL() string { return r.Entity.URL(r.ID) }

// Tags are the record's tags.
func (r Record) Tags() Tags { t, _ := r.Values[TagsField].(Tags); return t }
