package entity

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Kind is what a record is, and what a field may refer to. Kinds are constants of the
// program: their tables may stand in SQL as they are.
type Kind string

// The kinds of records, and what else records refer to.
const (
	Customer Kind = "customer"
	Contact  Kind = "contact"
	Lead     Kind = "lead"
	Deal     Kind = "deal"
	Project  Kind = "project"
	Task     Kind = "task"

	Member   Kind = "member"
	Stage    Kind = "stage"
	Pipeline Kind = "pipeline"
)

// Entity describes a kind of record. Lists, forms, pages, search, the trash, undo and the
// change log are made from it; how it looks is a matter of views.
type Entity struct {
	Kind        Kind
	Table       string
	Path        string // "/customers"
	One, Many   string // "customer", "customers"
	Name        string // the field that people know a record by
	Detail      string // the field that tells two of one name apart; "" for none
	DefaultSort string // a field's Param, "-" before it for descending
	Board       string // the field by whose values it can be laid out in columns; "" for none
	BoardSort   string // how each of its columns is sorted
	Fields      []Field
	custom      bool // some are the workspace's own
}

// Field describes one field of a kind of record.
type Field struct {
	Name     string // in forms, values and addresses
	Column   string // in the table; "" for the name
	Label    string
	Type     Type
	Required bool
	Max      int      // characters of what is typed; 0 for no limit of its own
	Options  []Option // of a select
	None     string   // what a select without a value is called; "" where that is no choice
	Refers   Kind     // of a reference; "" where RefersIn says it
	RefersIn string   // the field that holds the kind referred to
	Currency string   // of money: the field that names its currency; "" for the workspace's
	Default  Value    // of a new record, where nothing is said
	Mine     bool     // a new record's is the person who makes it
	Param    string   // in addresses, for sorting and filtering; "" for the name without _id
	Sort     bool     // lists can be sorted by it
	Order    string   // the column that sorts in its place; "" for its own
	Filter   bool     // lists can be narrowed to some of its values
	Ended    string   // of a date that is kept to: the field that says when it was done
	Dated    bool     // lists can be narrowed to part of the time by it
	Singles  []Single // of points: fields of a form that stand for one of them
	Matches  Identity // what of a record is recognised by it
	Search   bool     // its text is in the kind’s search column
	ReadOnly bool     // shown on the record, set elsewhere
	Hidden   bool     // posted, but no row of the form: another field shows it
	System   bool     // of the program's: no form has it, and none may write it
	Derived  bool     // made by the database of others: read, never written
	Custom   bool     // the workspace's: kept in Record.Custom by its name
	Help     string   // what is said beside its input
	Show     []string // of the workspace's: where it shows, beside the record's page
	Via      string   // the field whose reference has the column; "" for the record's own
}

// Single is a field of a form that stands for the first of several addresses or numbers,
// or for the first with a label.
type Single struct{ Name, Label string }

// Identity is what a field says about whose record it is.
type Identity int

// What records are recognised by.
const (
	ByNothing Identity = iota
	ByName
	ByEmail
	ByPhone
	BySite
)

// Option is one choice of a select.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
	Color string `json:"color,omitempty"` // of its tag; "" where it is shown as text
	Fixed bool   `json:"-"`               // only the program sets it
}

// Kinds are the descriptions of all kinds, in the order of the side navigation.
var Kinds = []*Entity{Customers, Contacts, Leads, Deals, Projects, Tasks}

// For returns the description of a kind of record, nil when it is none.
func For(k Kind) *Entity {
	for _, e := range Kinds {
		if e.Kind == k {
			return e
		}
	}
	return nil
}

// KindNames are the kinds as the change log has them.
func KindNames() []string {
	out := make([]string, len(Kinds))
	for i, e := range Kinds {
		out[i] = string(e.Kind)
	}
	return out
}

// Valid reports whether the kind is one of records.
func (k Kind) Valid() bool { return For(k) != nil }

// Title is the plural as a heading.
func (e *Entity) Title() string { return strings.ToUpper(e.Many[:1]) + e.Many[1:] }

// URL is the path of a record's page.
func (e *Entity) URL(id uuid.UUID) string { return e.Path + "/" + id.String() }

// Field returns the field of this name, nil when there is none.
func (e *Entity) Field(name string) *Field {
	return e.find(func(f *Field) bool { return f.Name == name })
}

// Sorted returns the field that URLs sort by under this name, nil when there is none.
func (e *Entity) Sorted(param string) *Field {
	return e.find(func(f *Field) bool { return f.Sort && f.Param == param })
}

// Owner returns the field that says whose a record is, nil when there is none.
func (e *Entity) Owner() *Field { return e.find(func(f *Field) bool { return f.Mine }) }

// Subject returns the field that says which record of any kind it is about, nil when there
// is none.
func (e *Entity) Subject() *Field { return e.find(func(f *Field) bool { return f.RefersIn != "" }) }

// PointsTo returns the field by which records of the kind belong to those of another, nil
// when there is none.
func (e *Entity) PointsTo(k Kind) *Field {
	return e.find(func(f *Field) bool { return f.Refers == k && f.Filter && !f.System })
}

// CurrencyField returns the field that names the currency of the record's amounts, nil when
// that is the workspace's.
func (e *Entity) CurrencyField() *Field {
	return e.find(func(f *Field) bool { return f.Type == TypeCurrency })
}

// Phone returns the field of the number that a record is called at, nil when there is none.
func (e *Entity) Phone() *Field {
	return e.find(func(f *Field) bool { return f.Type == TypePhone || f.Type == TypePhones })
}

// OfColumn returns the field that is kept in a column, nil when there is none.
func (e *Entity) OfColumn(column string) *Field {
	return e.find(func(f *Field) bool { return f.Via == "" && slices.Contains(f.Columns(), column) })
}

func (e *Entity) find(is func(*Field) bool) *Field {
	for i := range e.Fields {
		if is(&e.Fields[i]) {
			return &e.Fields[i]
		}
	}
	return nil
}

// New is what a record has that a member begins.
func (e *Entity) New(member uuid.UUID, f Formats) Values {
	v := Values{}
	for i := range e.Fields {
		switch field := &e.Fields[i]; {
		case field.Mine && member != uuid.Nil:
			v.Set(field.Name, Ref{ID: member})
		case field.Default != nil:
			v.Set(field.Name, field.Default)
		default:
			v.Set(field.Name, field.Type.Empty(f))
		}
	}
	return v
}

// Columns are where the field is kept. One that may be a day in place of a moment has two,
// the day's first.
func (f *Field) Columns() []string {
	switch f.Type {
	case TypeTags:
		return nil
	case TypeDue:
		return []string{strings.TrimSuffix(f.Column, "_at") + "_on", f.Column}
	}
	return []string{f.Column}
}

// Choice returns the field's option of this value, and false when it is none.
func (f *Field) Choice(value string) (Option, bool) {
	i := slices.IndexFunc(f.Options, func(o Option) bool { return o.Value == value })
	if i < 0 {
		return Option{}, false
	}
	return f.Options[i], true
}

// labelled returns the field's option of this label, and false when it is none.
func (f *Field) labelled(label string) (Option, bool) {
	i := slices.IndexFunc(f.Options, func(o Option) bool { return Fold(o.Label) == Fold(label) })
	if i < 0 {
		return Option{}, false
	}
	return f.Options[i], true
}

// Stamped completes the fields of a kind with those that every kind has.
func Stamped(fields ...Field) []Field {
	fields = append(fields,
		Field{Name: "created_at", Label: "Added", Type: TypeMoment, Sort: true, Dated: true, Required: true, System: true},
		Field{Name: "updated_at", Label: "Last change", Type: TypeMoment, Sort: true, Required: true, System: true},
	)
	for i := range fields {
		f := &fields[i]
		if f.Column == "" {
			f.Column = f.Name
		}
		if f.Param == "" {
			f.Param = strings.TrimSuffix(f.Name, "_id")
		}
	}
	return fields
}

// TagsField is the field of the tags, in kinds that have them. They are no column of the
// kind’s table, but rows of taggings.
const TagsField = "tags"

// Fields that several kinds have.
var (
	owner       = Field{Name: "owner_id", Label: "Owner", Type: TypeReference, Refers: Member, None: "Nobody", Mine: true, Sort: true}
	tags        = Field{Name: TagsField, Label: "Tags", Type: TypeTags, Max: 900}
	description = Field{Name: "description", Label: "Description", Type: TypeLongText, Max: 10_000}
	priorities  = []Option{{Value: "low", Label: "Low", Color: "gray"}, {Value: "normal", Label: "Normal", Color: "blue"},
		{Value: "high", Label: "High", Color: "red"}}
)
