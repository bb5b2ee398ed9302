package views

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views/ui"
)

// Look is how a kind of record looks: what its description, which it carries, has no words
// for. What all lists, forms and pages share is in list.templ, record.templ and edit.templ.
type Look struct {
	*entity.Entity
	Icon       func() templ.Component
	Key        string // with g before it, the key that goes to the list
	SearchHint string
	About      string                 // what it is for, where there is none yet
	Columns    []Column               // of the list; the first is the name
	Filters    []string               // the fields that the list's bar has menus for
	Dates      []string               // those by which it has menus of the time
	Default    url.Values             // what a list is narrowed to that is asked for nothing; nil for nothing
	Badges     []Badge                // beside a record's name
	Line       Line                   // a record beside what it belongs to
	Card       Card                   // a record on a board
	Asks       func() templ.Component // the dialog of a board whose columns ask for something; may be nil
	BoardFirst bool                   // its list opens as a board
	First      bool                   // beside another record it stands before that one's fields
	// Gone tells the fields that mean nothing to a record, such as why an open deal was lost;
	// nil for none.
	Gone       func(r entity.Record, field string) bool
	Milestones bool // milestones are added to it, beside other tasks
	// Tells says in words what a change to a record did, "" where its fields say it. Told are
	// the fields that it then speaks of; without any, it tells all.
	Tells func(p TimelinePage, was, is map[string]any) string
	Told  []string
	// Done says what a change did to what is shown on another's timeline, "" for nothing
	// worth a line.
	Done    func(is map[string]any) string
	Inputs  []ui.Field
	Matched string // the inputs by which a new record is looked for, as hx-include has them; "" for none
	title   string
}

// Column is a column of a list.
type Column struct {
	Field string
	Label string // of its head; "" for the field's
	Class string // of its head; beside what its type asks for
	Cell  string // of its cells, so too; on a phone "first", "second", "side-1" and "side-2" stay
	With  string // a field whose text stands behind it
}

// Badge is a field that is shown as a tag, where it has a value.
type Badge struct {
	Field string
	Color string // of a box that is ticked; others have their value's
}

// Line says which fields tell more of a record beside its name; "" for none.
type Line struct{ Detail, Badge, Phone string }

// Card says which fields a card has below its name, and at its foot.
type Card struct {
	Detail string
	Foot   []string
	// Idle is when something happened last to a record that waits for more; nil for what
	// does not wait. May be nil itself.
	Idle func(entity.Record) *time.Time
}

// Looks are those of all kinds of records, in the order of the side navigation.
var Looks = []*Look{NewLook(customers), NewLook(contacts), NewLook(leads), NewLook(deals), NewLook(projects), NewLook(tasks)}

// Title is the plural as a heading. Every page has all of them.
func (l *Look) Title() string { return l.title }

// LookOf returns the look of a kind, nil when it is none of records.
func LookOf(k entity.Kind) *Look {
	i := slices.IndexFunc(Looks, func(l *Look) bool { return l.Kind == k })
	if i < 0 {
		return nil
	}
	return Looks[i]
}

// RecordURL is the path of the page of a record of any kind, "" when that is none.
func RecordURL(kind string, id uuid.UUID) string {
	if e := entity.For(entity.Kind(kind)); e != nil {
		return e.URL(id)
	}
	return ""
}

// NewLook completes the inputs of a kind from its description. What stands in Inputs of a
// field says what that does not.
func NewLook(l Look) *Look {
	given := l.Inputs
	l.Inputs = nil
	for i := range l.Fields {
		f := &l.Fields[i]
		if f.System {
			continue
		}
		in := ui.Field{}
		if j := slices.IndexFunc(given, func(g ui.Field) bool { return g.Name == f.Name }); j >= 0 {
			in = given[j]
		}
		l.Inputs = append(l.Inputs, input(f, in))
	}
	l.Columns = slices.Clone(l.Columns)
	for i := range l.Columns {
		c := &l.Columns[i]
		how := fit(l.Field(c.Field))
		if c.With != "" {
			how = " wrap"
		}
		c.Class, c.Cell = strings.TrimSpace(c.Class+how), strings.TrimSpace(c.Cell+how)
	}
	l.Matched, l.title = matched(l.Entity), l.Entity.Title()
	return &l
}

// input completes a field's control from its description.
func input(f *entity.Field, in ui.Field) ui.Field {
	in.Name, in.Label, in.Required, in.Max, in.Currency, in.Hidden, in.ReadOnly = f.Name, f.Label, f.Required, f.Max, f.Currency, f.Hidden,
		f.ReadOnly
	in.Kind, in.Options = inputKind(f), options(f)
	if e := entity.For(f.Refers); e != nil {
		in.Path = e.Path
	}
	switch f.Type {
	case entity.TypeTags:
		in.Help = "Up to 20, of 40 characters each, separated by commas"
	case entity.TypeEmails, entity.TypePhones:
		in.Help = pointsHelp
	case entity.TypeLongText:
		in.Full = true
	}
	if f.Custom {
		in.Kept, in.Help, in.Quick = true, f.Help, slices.Contains(f.Show, "quick") || f.Required
	}
	return in
}

// With is the look of the kind with the workspace's own fields.
func (l *Look) With(e *entity.Entity) *Look {
	out := *l
	out.Entity = e
	out.Inputs, out.Columns = slices.Clone(l.Inputs), slices.Clone(l.Columns)
	at := len(out.Inputs)
	for i, in := range out.Inputs { // what is written at length, and tags, come last
		if in.Kind == ui.KindTags || in.Full {
			at = i
			break
		}
	}
	for i := range e.Fields {
		f := &e.Fields[i]
		if !f.Custom {
			continue
		}
		out.Inputs = slices.Insert(out.Inputs, at, input(f, ui.Field{}))
		at++
		if slices.Contains(f.Show, "list") {
			out.Columns = append(out.Columns, Column{Field: f.Name, Class: strings.TrimSpace(fit(f)), Cell: strings.TrimSpace(fit(f))})
		}
		if slices.Contains(f.Show, "card") {
			out.Card.Foot = append(slices.Clip(out.Card.Foot), f.Name)
		}
	}
	return &out
}

// LookSet are the looks of all kinds in one workspace.
type LookSet struct {
	Custom map[entity.Kind]*entity.Entity // the kinds that have fields of the workspace's own
	looks  map[entity.Kind]*Look
}

// NewLookSet are the looks with the workspace's own fields.
func NewLookSet(own map[entity.Kind]*entity.Entity) *LookSet {
	s := &LookSet{own, map[entity.Kind]*Look{}}
	for kind, e := range own {
		s.looks[kind] = LookOf(kind).With(e)
	}
	return s
}

// Of returns the look of a kind, nil when it is none of records.
func (s *LookSet) Of(k entity.Kind) *Look {
	if s != nil && s.looks[k] != nil {
		return s.looks[k]
	}
	return LookOf(k)
}

// inputKind is the control that a field has in forms.
func inputKind(f *entity.Field) string {
	switch f.Type {
	case entity.TypeLongText:
		return ui.KindArea
	case entity.TypeEmail:
		return ui.KindEmail
	case entity.TypeURL:
		return ui.KindURL
	case entity.TypePhone:
		return ui.KindTel
	case entity.TypeNumber, entity.TypePercent:
		return ui.KindNumber
	case entity.TypeMoney:
		return ui.KindMoney
	case entity.TypeDay:
		return ui.KindDate
	case entity.TypeDue, entity.TypeMoment:
		return ui.KindTime
	case entity.TypeBool:
		return ui.KindCheck
	case entity.TypeTags:
		return ui.KindTags
	case entity.TypeEmails:
		return ui.KindEmails
	case entity.TypePhones:
		return ui.KindPhones
	case entity.TypeReferences:
		return ui.KindMembers
	case entity.TypeChoices:
		return ui.KindChoices
	case entity.TypeDecimal:
		return ui.KindDecimal
	case entity.TypeReference:
		switch {
		case f.Refers.Valid():
			return ui.KindRecord
		case f.Refers == entity.Member:
			return ui.KindMember
		}
		return ui.KindSelect
	case entity.TypeSelect:
		return ui.KindSelect
	}
	return ui.KindText
}

// options are the choices of a select, with the way to choose nothing first; nil where they
// are the workspace's.
func options(f *entity.Field) (out []ui.Option) {
	if f.Options == nil {
		return nil
	}
	if f.None != "" {
		out = append(out, ui.Option{Label: f.None})
	}
	for _, o := range f.Options {
		if !o.Fixed {
			out = append(out, ui.Option{Value: o.Value, Label: o.Label})
		}
	}
	return out
}

// Input returns the field's control, and false when no form has it.
func (l *Look) Input(name string) (ui.Field, bool) {
	i := slices.IndexFunc(l.Inputs, func(f ui.Field) bool { return f.Name == name })
	if i < 0 {
		return ui.Field{}, false
	}
	return l.Inputs[i], true
}

func matched(e *entity.Entity) string {
	var out []string
	for i := range e.Fields {
		switch f := &e.Fields[i]; {
		case f.System || f.Matches == entity.ByNothing:
		case entity.PointType(f.Type) != nil:
			out = append(out, "[name^='"+f.Name+"']")
		default:
			out = append(out, "#"+f.Name)
		}
	}
	return strings.Join(out, ", ")
}

// ListFields are the fields that the list's rows show.
func (l *Look) ListFields() (names []string) {
	for _, c := range l.Columns {
		names = append(names, c.Field)
		if c.With != "" {
			names = append(names, c.With)
		}
		if f := l.Field(c.Field); f != nil {
			for _, with := range []string{f.Ended, f.RefersIn} {
				if with != "" {
					names = append(names, with)
				}
			}
		}
	}
	return names
}

// LineFields are those of a record beside what it belongs to.
func (l *Look) LineFields() []string { return notEmpty(l.Line.Detail, l.Line.Badge, l.Line.Phone) }

// CardFields are those of its card on a board.
func (l *Look) CardFields() []string {
	return notEmpty(append([]string{l.Board, l.Card.Detail, ownerName(l.Entity)}, l.Card.Foot...)...)
}

func ownerName(e *entity.Entity) string {
	if o := e.Owner(); o != nil {
		return o.Name
	}
	return ""
}

// listParams say of a list how it is shown, not of what.
var listParams = []string{"layout", "sort", "after", "rows", "pipeline", "column"}

// Asked reports whether a list is asked for some of its records, or for all of them.
func (l *Look) Asked(query url.Values) bool {
	for name := range query {
		if !slices.Contains(listParams, name) {
			return true
		}
	}
	return false
}

// choice is a filter by some of a field's values.
type choice struct {
	Param, Label string
	Options      []ui.Option // nil: those of ListPage.Choices
	Column       bool        // of what a board's columns have
}

func (l *Look) choices() (out []choice) {
	for _, name := range l.Filters {
		f := l.Field(name)
		c := choice{Param: f.Param, Label: f.Label, Column: f.Via == l.Board && f.Via != ""}
		for _, o := range f.Options {
			c.Options = append(c.Options, ui.Option{Value: o.Value, Label: o.Label})
		}
		out = append(out, c)
	}
	return out
}
