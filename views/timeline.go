package views

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// TimelinePage is what happened to a record, with what adds to it.
type TimelinePage struct {
	Shell
	Look    *Look
	ID      uuid.UUID
	Pinned  []tenantdb.NotesPinnedRow
	Rows    []tenantdb.TimelineRow
	Names   map[uuid.UUID]string // of what changes name by id
	Next    string               // cursor of the page behind; "" at the end
	Form    ui.Form              // the composer's, when something is wrong with it
	Me      uuid.UUID
	Manages bool
	Code    string // a deal's currency; "" for the workspace's
	Notes   map[uuid.UUID]NoteText
	Compose bool // the composer is what one came for
}

func (p TimelinePage) url() string { return p.Look.URL(p.ID) + "/timeline" }

// FieldChange is one field's before and after, as people read them.
type FieldChange struct{ Label, From, To string }

// Event is a line of the timeline that is not a note.
type Event struct {
	Text    string // after who did it: "moved it from Proposal to Closed Won"
	Changes []FieldChange
}

// logged reads what the change log holds of a row; its numbers stay text, for
// amounts must not pass a float. nil for an insert.
func logged(b []byte) (row map[string]any) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	_ = d.Decode(&row) // the log's own JSON
	return row
}

// describe says what a change did, "" for what nobody needs to read.
func (p TimelinePage) describe(kind, op string, id uuid.UUID, before, after []byte) Event {
	was, is := logged(before), logged(after)
	look := LookOf(entity.Kind(kind))
	own := look != nil && look.Kind == p.Look.Kind && id == p.ID
	if own {
		look = p.Look // with the workspace's own fields
	}
	switch {
	case kind == "tagging" && op == "insert":
		return Event{Text: "added the tag “" + p.name(is["tag_id"]) + "”"}
	case kind == "tagging":
		return Event{Text: "took off the tag “" + p.name(was["tag_id"]) + "”"}
	case look == nil:
		return Event{}
	case !own:
		return elsewhere(look, op, p.Names[id], is)
	case op == "insert":
		return Event{Text: "added this " + look.One}
	case op == "delete":
		return Event{Text: "removed it for good"}
	}
	if d, ok := is["deleted_at"]; ok {
		if d != nil {
			return Event{Text: "deleted it"}
		}
		return Event{Text: "restored it"}
	}
	e := Event{}
	if look.Tells != nil {
		e.Text = look.Tells(p, was, is)
	}
	if e.Text == "" || len(look.Told) > 0 {
		e.Changes = p.fieldChanges(look, was, is, e.Text != "")
	}
	if e.Text == "" && len(e.Changes) > 0 {
		e.Text = "changed"
	}
	return e
}

func notEmpty(values ...string) []string {
	return slices.DeleteFunc(values, func(v string) bool { return v == "" })
}

// elsewhere says what happened to what is about the record, such as a task.
func elsewhere(look *Look, op, name string, is map[string]any) Event {
	what := "the " + look.One + " “" + name + "”"
	switch {
	case op == "insert":
		return Event{Text: "added " + what}
	case is["deleted_at"] != nil:
		return Event{Text: "deleted " + what}
	case look.Done != nil && look.Done(is) != "":
		return Event{Text: look.Done(is) + " " + what}
	}
	return Event{}
}

func hasKey(m map[string]any, key string) bool { _, ok := m[key]; return ok }

// fieldChanges are the fields that a change changed; with told, without those that the
// event's text tells of.
func (p TimelinePage) fieldChanges(look *Look, was, is map[string]any, told bool) (out []FieldChange) {
	for i := range look.Fields {
		f := &look.Fields[i]
		columns := f.Columns()
		if f.System || f.Hidden || told && slices.Contains(look.Told, f.Name) ||
			!slices.ContainsFunc(columns, func(c string) bool { return hasKey(is, c) }) {
			continue
		}
		out = append(out, FieldChange{f.Label, p.text(f, was), p.text(f, is)})
	}
	return out
}

// text is what a logged row has in a field, as people read it.
func (p TimelinePage) text(f *entity.Field, row map[string]any) string {
	l := p.Formats
	if f.Currency != "" {
		if p.Code != "" {
			l.Currency = p.Code
		}
		if c, ok := row[f.Currency].(string); ok && c != "" {
			l.Currency = c
		}
	}
	for _, c := range f.Columns() {
		switch v := f.Type.FromJSON(row[c], l).(type) {
		case nil:
		case entity.Ref:
			return p.name(v.ID.String())
		case entity.Refs:
			for i := range v {
				v[i].Name = p.name(v[i].ID.String())
			}
			return f.Type.Show(v, f, l)
		default:
			return f.Type.Show(v, f, l)
		}
	}
	return ""
}

func (p TimelinePage) name(v any) string {
	s, ok := v.(string)
	if !ok {
		return ""
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return ""
	}
	if n := p.Names[id]; n != "" {
		return n
	}
	return "something that is gone"
}

// Named are the ids that the rows name, and of what kinds they are, "" where that is not said.
// The record itself needs no name on its page.
func (p TimelinePage) Named() (ids []uuid.UUID, kinds []entity.Kind) {
	add := func(v any, kind entity.Kind) {
		many, ok := v.([]any)
		if !ok {
			many = []any{v}
		}
		for _, v := range many {
			s, _ := v.(string)
			if id, err := uuid.Parse(s); err == nil && id != p.ID {
				ids, kinds = append(ids, id), append(kinds, kind)
			}
		}
	}
	for _, r := range p.Rows {
		if r.AboutID != nil {
			add(r.AboutID.String(), entity.Kind(r.AboutType))
		}
		e := entity.For(entity.Kind(r.Entity))
		if e != nil && e.Kind == p.Look.Kind {
			e = p.Look.Entity // with the workspace's own fields
		}
		switch {
		case r.Kind != "change":
			continue
		case e != nil:
			add(r.EntityID.String(), e.Kind)
		}
		for _, b := range [][]byte{r.Before, r.After} {
			for column, v := range logged(b) {
				if e == nil { // a tagging
					if column == "tag_id" {
						add(v, tenantdb.Tag)
					}
				} else if f := e.OfColumn(column); f != nil && (f.Refers != "" || f.RefersIn != "") {
					add(v, f.Refers)
				}
			}
		}
	}
	slices.Sort(kinds)
	return ids, slices.Compact(kinds)
}

// who did something: a member, or the system.
func who(name string) string {
	if name == "" {
		return "Paddock"
	}
	return name
}

func undoURL(set *uuid.UUID) string {
	if set == nil {
		return ""
	}
	return "/changes/" + set.String() + "/reversal"
}

// canUndo reports whether the line shows a way to take it back.
func (p TimelinePage) canUndo(r tenantdb.TimelineRow) bool {
	return p.CanWrite && r.ChangeSet != nil && r.Op == "update"
}
