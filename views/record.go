package views

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// Record is what the page and the form of every record need of it.
type Record struct {
	entity.Record
	Look   *Look
	Locked string // why nothing can be changed; "" when it can
}

// editURL opens one of its fields in place.
func (r Record) editURL(f ui.Field) string { return r.URL() + "/edit?field=" + f.Name }

// Display is a field's value as people read it, "" when it has none.
func (r Record) Display(name string, formats entity.Formats) string {
	f := r.Look.Field(name)
	return f.Type.Show(r.Values[name], f, formats)
}

// Input is a field's value as its input holds it.
func (r Record) Input(name string, formats entity.Formats) string {
	return r.Look.Field(name).Type.Input(r.Values[name], formats)
}

// Inputs are values as a form's inputs hold them: of addresses and numbers, one for each
// part too.
func Inputs(e *entity.Entity, v entity.Values, formats entity.Formats) map[string]string {
	out := map[string]string{}
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.System {
			continue
		}
		out[f.Name] = f.Type.Input(v[f.Name], formats)
		of := entity.PointType(f.Type)
		if of == nil {
			continue
		}
		points, _ := v[f.Name].(entity.Points)
		for j, p := range points {
			out[fmt.Sprintf("%s[%d][value]", f.Name, j)] = of.Input(entity.Text(p.Value), formats)
			out[fmt.Sprintf("%s[%d][label]", f.Name, j)] = p.Label
		}
	}
	return out
}

// badge is a tag beside a record's name; one without a text is not shown.
func (r Record) badge(b Badge, formats entity.Formats) cell {
	f := r.Look.Field(b.Field)
	if f.Type == entity.TypeBool {
		if !r.Values.Bool(b.Field) {
			return cell{}
		}
		return cell{text: f.Label, color: b.Color}
	}
	return cellOf(f, r.Record, formats)
}

// link is where a field's value leads, "" nowhere.
func (r Record) link(name string) string {
	switch f := r.Look.Field(name); v := r.Values[name].(type) {
	case entity.Text:
		return textLink(f.Type, string(v))
	case entity.Points:
		return textLink(entity.PointType(f.Type), v[0].Value)
	case entity.Ref:
		if e := entity.For(f.Refers); e != nil {
			return e.URL(v.ID)
		}
	}
	return ""
}

func textLink(t entity.Type, v string) string {
	switch t {
	case entity.TypeURL:
		return v
	case entity.TypeDomain:
		return "https://" + v
	case entity.TypeEmail:
		return "mailto:" + v
	case entity.TypePhone:
		return phoneURL(t.Input(entity.Text(v), entity.Formats{}))
	}
	return ""
}

// phoneURL dials a number (RFC 3966).
func phoneURL(v string) string {
	number, ext, _ := strings.Cut(v, " ext. ")
	if number != v {
		v = "+" + entity.Digits(number) + ";ext=" + ext
	}
	return "tel:" + v
}

// RecordPage is one record.
type RecordPage struct {
	Shell
	Record   Record
	Editing  string  // the field that is open for editing in place; "" for none
	Form     ui.Form // what it holds
	Version  string  // that the open field was seen at; "" when nobody knows
	Changed  string  // the field just saved, which flashes once
	Notice   string  // why something was not done
	Saved    *ui.Flash
	Actions  []templ.Component // beside Edit and Delete
	Head     templ.Component   // below the record's name; nil for nothing
	Hints    map[string]string // what stands in place of a field that is empty
	Related  []Related
	Tasks    []tenantdb.TasksAboutRow
	Timeline TimelinePage
	Follows  bool // the person is told of what happens to it
}

// Related are records that belong to the one shown.
type Related struct {
	Look   *Look
	Rows   []RelatedRow
	More   bool   // there are more than shown
	AllURL string // the list of all of them
	AddURL string // the form of another
}

// RelatedRow is one of them in short.
type RelatedRow struct {
	URL, Name, Detail string
	Badge, Color      string
	Phone, Dial       string // its number, and that as a link; "" for none
}

// fields are those that the record has something in, and those that are empty.
func (p RecordPage) fields() (shown, empty []ui.Field) {
	for _, f := range p.Record.Look.Inputs {
		switch {
		case f.Hidden || p.Record.Look.Gone != nil && p.Record.Look.Gone(p.Record.Record, f.Name):
		case f.Kind == ui.KindCheck && !p.Record.Values.Bool(f.Name) && p.Changed != f.Name:
			empty = append(empty, f)
		case p.Record.Display(f.Name, p.Formats) != "" || f.Quick || p.Changed == f.Name || p.Hints[f.Name] != "":
			shown = append(shown, f)
		default:
			empty = append(empty, f)
		}
	}
	return shown, empty
}

// foldedOpen reports whether one of the folded fields is being edited.
func (p RecordPage) foldedOpen(empty []ui.Field) bool {
	return slices.ContainsFunc(empty, func(f ui.Field) bool { return f.Name == p.Editing })
}

func (p RecordPage) moreFields(n int) string { return p.Plural(n, "more field", "more fields") }

// editLabel says what a field's link edits, for those who do not see what stands before it.
func (p RecordPage) editLabel(f ui.Field) string {
	if f.Kind == ui.KindTags && len(p.Record.Tags()) > 0 { // as they stand there
		return "Edit tags: " + strings.Join(p.Record.Tags().Names(), " ")
	}
	if v := cmp.Or(p.Record.Display(f.Name, p.Formats), p.Hints[f.Name]); v != "" {
		if p.late(f) {
			v += " (overdue)"
		}
		return "Edit " + strings.ToLower(f.Label) + ": " + v
	}
	return "Add " + strings.ToLower(f.Label)
}

func (p RecordPage) hint(f ui.Field) string { return p.Hints[f.Name] }

// late reports whether a date that is kept to has passed.
func (p RecordPage) late(f ui.Field) bool {
	c := cellOf(p.Record.Look.Field(f.Name), p.Record.Record, p.Formats)
	return c.due != nil && p.Overdue(c.due.On, c.due.At)
}

// canEdit reports whether the record's fields open for editing.
func (p RecordPage) canEdit() bool {
	return p.CanWrite && p.Record.DeletedAt == nil && p.Record.Locked == ""
}

// LineOf is a record beside what it belongs to.
func LineOf(l *Look, r entity.Record, formats entity.Formats) RelatedRow {
	row := RelatedRow{URL: r.URL(), Name: r.Name()}
	if f := l.Field(l.Line.Detail); f != nil {
		row.Detail = f.Type.Show(r.Values[f.Name], f, formats)
	}
	if f := l.Field(l.Line.Badge); f != nil {
		c := cellOf(f, r, formats)
		row.Badge, row.Color = c.text, c.color
	}
	if f := l.Field(l.Line.Phone); f != nil {
		if t, ok := r.Values[f.Name].(entity.Text); ok {
			row.Phone, row.Dial = f.Type.Show(t, f, formats), textLink(f.Type, string(t))
		}
	}
	return row
}

func place(city, country string) string {
	if city != "" && country != "" {
		return city + ", " + country
	}
	return city + country
}
