package views

import (
	"slices"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/views/ui"
)

// FormPage is the form of a new record or of one that exists.
type FormPage struct {
	Shell
	Look     *Look
	ID       uuid.UUID // uuid.Nil for a new one
	Name     string
	Version  string
	Was      map[string]string // what its fields held when the form was opened
	Form     ui.Form
	Conflict *Conflict // nil for none
	Matches  []Match   // of a new one: what it may be
	Return   string    // the page to go on at, once it is made; "" for the record's own
}

// Conflict is what was saved meanwhile otherwise than it was typed.
type Conflict struct {
	Who         string // "Nora Lind", or "You, in another tab,"
	Differences []Difference
}

// Difference is a field of it.
type Difference struct{ Label, Theirs, Yours string }

// cancelURL is where the form leads when nothing is saved.
func (p FormPage) cancelURL() string {
	if p.Return != "" {
		return p.Return
	}
	return p.action()
}

func (p FormPage) action() string {
	if p.ID == uuid.Nil {
		return p.Look.Path
	}
	return p.Look.URL(p.ID)
}

// moreOpen keeps "More fields" open where something in it is set or wrong.
func (p FormPage) moreOpen() bool {
	if p.ID != uuid.Nil {
		return true
	}
	for _, f := range p.Look.Inputs {
		begins := f.Kind == ui.KindCheck || f.Kind == ui.KindSelect || f.Kind == ui.KindMember // with a value
		if !f.Quick && (p.Form.Error(f.Name) != "" || p.Form.Value(f.Name) != "" && !begins) {
			return true
		}
	}
	return false
}

func (p FormPage) hasMore() bool {
	return slices.ContainsFunc(p.Look.Inputs, func(f ui.Field) bool { return !f.Quick && !f.Hidden && !f.ReadOnly })
}

func (p FormPage) hx() templ.Attributes {
	if p.ID == uuid.Nil {
		return templ.Attributes{"hx-post": p.action()}
	}
	return templ.Attributes{"hx-put": p.action()}
}
