package entity

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Custom is what a record holds in the fields of its workspace's own, by their keys, those of
// fields that are retired too. Numbers are json.Number.
type Custom struct{ Held map[string]any }

// MarshalJSON writes an object, whatever is held.
func (c Custom) MarshalJSON() ([]byte, error) {
	if c.Held == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(c.Held)
}

// UnmarshalJSON reads an object.
func (c *Custom) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	c.Held = nil // the map of a row before is that row's
	return d.Decode(&c.Held)
}

// Value is what is held in a field; a box that nobody ticked is not ticked.
func (c Custom) Value(f *Field) Value {
	if v := f.Type.FromJSON(c.Held[f.Name], Formats{}); v != nil {
		return v
	}
	if f.Type == TypeBool {
		return Bool(false)
	}
	return nil
}

// With is what is held once the fields of the workspace's own hold these values.
func (c Custom) With(e *Entity, v Values) Custom {
	if !e.HasCustom() {
		return c
	}
	held := make(map[string]any, len(c.Held))
	maps.Copy(held, c.Held)
	for i := range e.Fields {
		f := &e.Fields[i]
		if !f.Custom {
			continue
		}
		if value := toJSON(v[f.Name]); value != nil {
			held[f.Name] = value
		} else {
			delete(held, f.Name)
		}
	}
	return Custom{held}
}

// toJSON is a value as a record's own fields keep it: what FromJSON of its type reads. nil for
// nothing.
func toJSON(v Value) any {
	switch v := normal(v).(type) {
	case Text:
		return string(v)
	case Number:
		return int64(v)
	case Decimal:
		return json.Number(v)
	case Bool:
		if v {
			return true
		}
	case Money:
		return v.Minor
	case Day:
		return time.Time(v).Format(time.DateOnly)
	case Moment:
		return time.Time(v).UTC().Format("2006-01-02T15:04:05.000000Z")
	case Ref:
		return v.ID.String()
	case Choices:
		return []string(v)
	}
	return nil
}

// HasCustom reports whether the kind has fields of the workspace's own.
func (e *Entity) HasCustom() bool { return e.custom }

// With is the kind with more fields, of a workspace's own, before the program's.
func (e *Entity) With(own ...Field) *Entity {
	if len(own) == 0 {
		return e
	}
	out := *e
	at := slices.IndexFunc(e.Fields, func(f Field) bool { return f.Name == "created_at" })
	for i := range own {
		f := &own[i]
		f.Custom, f.Column, f.Param = true, f.Name, f.Name
	}
	out.Fields = slices.Insert(slices.Clone(e.Fields), at, own...)
	out.custom = true
	return &out
}

// FieldType is what a field of a workspace's own may be.
type FieldType struct {
	Name, Label string
	Type        Type
	Max         int // characters of what is typed; 0 for no limit of its own
}

// Refers reports whether fields of the type say to which kind of record they refer.
func (t FieldType) Refers() bool { return t.Name == "reference" }

// Chooses reports whether fields of the type have options.
func (t FieldType) Chooses() bool { return t.Type == TypeSelect || t.Type == TypeChoices }

// FieldTypes are those that there are.
var FieldTypes = []FieldType{
	{"text", "Text", TypeText, 500}, {"long_text", "Long text", TypeLongText, 10_000},
	{"number", "Number", TypeDecimal, 30}, {"money", "Amount of money", TypeMoney, 30},
	{"percent", "Per cent", TypePercent, 10}, {"date", "Day", TypeDay, 40},
	{"moment", "Day and time", TypeMoment, 40}, {"checkbox", "Yes or no", TypeBool, 0},
	{"select", "One of several", TypeSelect, 0}, {"multi_select", "Some of several", TypeChoices, 0},
	{"reference", "Another record", TypeReference, 0}, {"member", "Member", TypeReference, 0},
	{"email", "Email address", TypeEmail, 254}, {"phone", "Phone number", TypePhone, 40},
	{"url", "Web address", TypeURL, 2000},
}

// FieldTypeOf returns the type of a name, and false where there is none.
func FieldTypeOf(name string) (FieldType, bool) {
	i := slices.IndexFunc(FieldTypes, func(t FieldType) bool { return t.Name == name })
	if i < 0 {
		return FieldType{}, false
	}
	return FieldTypes[i], true
}

// MaxFields is how many fields of a workspace's own a kind may have, retired ones too.
const MaxFields = 100

// ShowIn are the places where a field may show, beside the record's page.
var ShowIn = []Option{{Value: "form", Label: "Form"}, {Value: "quick", Label: "Short form"}, {Value: "list", Label: "List"},
	{Value: "card", Label: "Board card"}}
