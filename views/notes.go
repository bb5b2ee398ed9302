package views

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// NoteText is how a note is shown: all of it as HTML, or, where a page would become
// too large, the beginning as it was typed.
type NoteText struct{ HTML, Beginning string }

// NoteKinds are what a note may be about.
var NoteKinds = []ui.Option{{Value: "note", Label: "Note"}, {Value: "call", Label: "Call"}, {Value: "email", Label: "Email"},
	{Value: "meeting", Label: "Meeting"}}

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
	Outcome  string    // what came of a call, a value of CallOutcomes
	Minutes  *int32    // how long it took; nil where that is not said
	About    uuid.UUID // the record that it is on, where that is not the one shown
	AboutURL string
}

// CallOutcomes are what may come of a call.
var CallOutcomes = []ui.Option{{Label: "No outcome"}, {Value: "reached", Label: "Reached"}, {Value: "message", Label: "Left a message"},
	{Value: "no_answer", Label: "No answer"}, {Value: "busy", Label: "Busy"}, {Value: "wrong_number", Label: "Wrong number"}}

// facts are what is known of a call or a meeting besides its note: "Left a message · 5 min".
func (n Note) facts(f entity.Formats) string {
	var out []string
	if n.Outcome != "" {
		out = append(out, ui.Label(CallOutcomes, n.Outcome))
	}
	if n.Minutes != nil {
		out = append(out, f.Count(int(*n.Minutes))+" min")
	}
	return strings.Join(out, " · ")
}

func noteOf(r tenantdb.TimelineRow) Note {
	n := Note{ID: r.EntityID, Kind: r.Entity, Body: r.Body, Author: r.MemberName, AuthorID: r.MemberID, At: r.At, Pinned: r.Pinned,
		Edited: r.Edited, Version: r.Version, Outcome: r.Outcome, Minutes: r.Minutes}
	if r.AboutID != nil {
		n.About, n.AboutURL = *r.AboutID, RecordURL(r.AboutType, *r.AboutID)
	}
	return n
}

func noteOfPinned(r tenantdb.NotesPinnedRow) Note {
	return Note{ID: r.ID, Kind: r.Kind, Body: r.Body, Author: r.AuthorName, AuthorID: r.AuthorID, At: r.CreatedAt, Pinned: true,
		Edited: r.UpdatedAt.After(r.CreatedAt), Version: r.Version, Outcome: r.Outcome, Minutes: r.Minutes}
}

// NoteOf is a note that was read by itself.
func NoteOf(r tenantdb.NoteGetRow) Note {
	return Note{ID: r.ID, Kind: r.Kind, Body: r.Body, Author: r.AuthorName, AuthorID: r.AuthorID, At: r.CreatedAt, Pinned: r.Pinned,
		Version: r.Version}
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

// MentionList has a line for each name, with the ways to write it behind it.
func MentionList(names []string) string {
	lines := make([]string, len(names))
	for i, n := range names {
		lines[i] = strings.Join(append([]string{n}, entity.Folds(n)...), "\t")
	}
	return strings.Join(lines, "\n")
}
