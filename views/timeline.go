package views

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// TimelinePage is what happened to a record, with what adds to it.
type TimelinePage struct {
	Shell
	Entity  *Entity
	ID      uuid.UUID
	Pinned  []tenantdb.NotesPinnedRow
	Rows    []tenantdb.TimelineRow
	Names   map[uuid.UUID]string // of what changes name by id
	Next    string               // cursor of the page behind; "" at the end
	Form    ui.Form              // the composer's, when something is wrong with it
	Me      uuid.UUID
	Manages bool
	Members []string // names, to be mentioned
	Code    string   // a deal's currency; "" for the workspace's
	Notes   map[uuid.UUID]NoteText
}

// NoteText is how a note is shown: all of it as HTML, or, where a page would become
// too large, the beginning as it was typed.
type NoteText struct{ HTML, Beginning string }

func (p TimelinePage) url() string { return p.Entity.URL(p.ID) + "/timeline" }

// NoteKinds are what a note may be about.
var NoteKinds = []ui.Option{{Value: "note", Label: "Note"}, {Value: "call", Label: "Call"}, {Value: "email", Label: "Email"}, {Value: "meeting", Label: "Meeting"}}

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
func (p TimelinePage) describe(entity, op string, id uuid.UUID, before, after []byte) Event {
	was, is := logged(before), logged(after)
	name := p.Names[id]
	own := entity == string(p.Entity.Kind) && id == p.ID
	switch {
	case entity == "tagging" && op == "insert":
		return Event{Text: "added the tag “" + p.name(is["tag_id"]) + "”"}
	case entity == "tagging":
		return Event{Text: "took off the tag “" + p.name(was["tag_id"]) + "”"}
	case entity == "task" && !own:
		return taskEvent(op, name, is)
	case op == "insert":
		return Event{Text: "added this " + entity}
	case op == "delete":
		return Event{Text: "removed it for good"}
	}
	if d, ok := is["deleted_at"]; ok {
		if d != nil {
			return Event{Text: "deleted it"}
		}
		return Event{Text: "restored it"}
	}
	if s, ok := is["status"]; ok && entity == "lead" {
		if s == "converted" {
			return Event{Text: "converted it into " + strings.Join(notEmpty(p.name(is["customer_id"]), p.name(is["contact_id"]), p.name(is["deal_id"])), ", ")}
		}
		if was["status"] == "converted" {
			return Event{Text: "took the conversion back"}
		}
	}
	e := Event{}
	if to, ok := is["stage_id"]; ok {
		e.Text = "moved it from " + p.name(was["stage_id"]) + " to " + p.name(to)
	}
	if entity == "task" {
		if s, ok := is["status"]; ok && (s == "done" || was["status"] == "done") {
			if t := taskEvent(op, "", is); s == "done" || is["status"] == "open" {
				e.Text = t.Text
			}
		}
	}
	e.Changes = p.fieldChanges(EntityOf(tenantdb.Kind(entity)), was, is, e.Text != "")
	if e.Text == "" && len(e.Changes) > 0 {
		e.Text = "changed"
	}
	return e
}

func notEmpty(values ...string) []string {
	return slices.DeleteFunc(values, func(v string) bool { return v == "" })
}

func taskEvent(op, name string, is map[string]any) Event {
	what := "the task “" + name + "”"
	if name == "" {
		what = "it"
	}
	switch {
	case op == "insert":
		return Event{Text: "added " + what}
	case is["deleted_at"] != nil:
		return Event{Text: "deleted " + what}
	case is["status"] == "done":
		return Event{Text: "completed " + what}
	case is["status"] == "open" && hasKey(is, "completed_at"):
		return Event{Text: "reopened " + what}
	}
	return Event{Text: ""}
}

func hasKey(m map[string]any, key string) bool { _, ok := m[key]; return ok }

func (p TimelinePage) fieldChanges(e *Entity, was, is map[string]any, moved bool) (out []FieldChange) {
	if e == nil {
		return nil
	}
	for _, f := range append(slices.Clone(e.Fields), timelineFields...) {
		column := f.Name
		if _, ok := is[column]; !ok || moved && (column == "stage_id" || column == "pipeline_id" || column == "status") {
			continue
		}
		out = append(out, FieldChange{f.Label, p.text(f, was, was[column]), p.text(f, is, is[column])})
	}
	return out
}

// timelineFields are columns that no form has a field of the same name for.
var timelineFields = []ui.Field{
	{Name: "due_on", Label: "Due", Kind: ui.KindDate}, {Name: "subject_id", Label: "About", Kind: ui.KindRecord},
	{Name: "member_ids", Label: "Members", Kind: ui.KindMembers},
}

// text is a logged value as people read it.
func (p TimelinePage) text(f ui.Field, row map[string]any, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return map[bool]string{true: "Yes", false: "No"}[v]
	case json.Number:
		if minor, err := v.Int64(); err == nil && f.Kind == ui.KindMoney {
			code := p.Currency
			if p.Code != "" && f.Currency != "" {
				code = p.Code
			}
			if c, ok := row[f.Currency].(string); ok && c != "" {
				code = c
			}
			return p.Money(minor, code)
		}
		return v.String()
	case []any:
		var parts []string
		for _, x := range v {
			switch x := x.(type) {
			case map[string]any:
				parts = append(parts, pointText(f, fmt.Sprint(x["value"])))
			default:
				parts = append(parts, p.name(x))
			}
		}
		return strings.Join(parts, ", ")
	case string:
		if n := p.name(v); n != "" {
			return n
		}
		if t, err := time.Parse(time.RFC3339, v); err == nil && f.Kind == ui.KindTime {
			return p.Moment(t)
		}
		return Display(f, map[string]string{f.Name: v}, ui.Form{}, nil, p.Formats)
	}
	return fmt.Sprint(v)
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

// ChangedIDs are all ids that rows of a timeline name.
func ChangedIDs(rows []tenantdb.TimelineRow) []uuid.UUID {
	ids := []uuid.UUID{}
	var collect func(v any)
	collect = func(v any) {
		switch v := v.(type) {
		case string:
			if id, err := uuid.Parse(v); err == nil && len(v) == 36 {
				ids = append(ids, id)
			}
		case []any:
			for _, x := range v {
				collect(x)
			}
		}
	}
	for _, r := range rows {
		if r.Kind != "change" {
			continue
		}
		ids = append(ids, r.EntityID)
		for _, b := range [][]byte{r.Before, r.After} {
			for _, v := range logged(b) {
				collect(v)
			}
		}
	}
	return ids
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

// Note is a note as a page shows it.
type Note struct {
	ID       uuid.UUID
	Kind     string
	Body     string
	Author   string
	AuthorID *uuid.UUID
	At       time.Time
	Pinned   bool
	Edited   bool
	Version  int32
}

func noteOf(r tenantdb.TimelineRow) Note {
	return Note{ID: r.EntityID, Kind: r.Entity, Body: r.Body, Author: r.MemberName, AuthorID: r.MemberID, At: r.At, Pinned: r.Pinned, Edited: r.Edited, Version: r.Version}
}

func noteOfPinned(r tenantdb.NotesPinnedRow) Note {
	return Note{ID: r.ID, Kind: r.Kind, Body: r.Body, Author: r.AuthorName, AuthorID: r.AuthorID, At: r.CreatedAt, Pinned: true, Edited: r.UpdatedAt.After(r.CreatedAt), Version: r.Version}
}

// NoteOf is a note that was read by itself.
func NoteOf(r tenantdb.NoteGetRow) Note {
	return Note{ID: r.ID, Kind: r.Kind, Body: r.Body, Author: r.AuthorName, AuthorID: r.AuthorID, At: r.CreatedAt, Pinned: r.Pinned, Version: r.Version}
}

func (n Note) mine(p TimelinePage) bool { return n.AuthorID != nil && *n.AuthorID == p.Me }

func noteVerb(kind string) string {
	switch kind {
	case "call":
		return "noted a call"
	case "email":
		return "noted an email"
	case "meeting":
		return "noted a meeting"
	}
	return "wrote"
}

func mentionList(names []string) string { return strings.Join(names, "\n") }
