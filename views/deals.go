package views

import (
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

var deals = Look{
	Entity: entity.Deals, Icon: ui.IconKanban, Key: "d", SearchHint: "Name, source", BoardFirst: true,
	About:   "Deals are sales on their way. Give each an amount and a stage, and the board shows what will come in.",
	Filters: []string{"stage_id", "outcome"}, Dates: []string{"expected_close_date"}, Badges: []Badge{{Field: "stage_id"}},
	Line: Line{Detail: "amount", Badge: "stage_id"}, First: true,
	Card: Card{Detail: "customer_id", Foot: []string{"amount", "expected_close_date", "active_at", "outcome"}, Idle: openSince},
	Asks: lostDialog,
	Columns: []Column{
		{Field: "name"}, {Field: "customer_id", Cell: "second"}, {Field: "stage_id", Cell: "side-1"},
		{Field: "amount", Class: "num", Cell: "num side-2"}, {Field: "expected_close_date", Class: "mid", Cell: "mid"},
		{Field: "owner_id", Class: "mid", Cell: "mid"}, {Field: "updated_at", Class: "wide", Cell: "wide"},
	},
	Gone: func(r entity.Record, field string) bool {
		return field == "lost_reason" && r.Values.Text("outcome") != "lost"
	},
	Told: []string{"stage_id"},
	Tells: func(p TimelinePage, was, is map[string]any) string {
		if to, ok := is["stage_id"]; ok {
			return "moved it from " + p.name(was["stage_id"]) + " to " + p.name(to)
		}
		return ""
	},
	Inputs: []ui.Field{
		{Name: "name", Quick: true, Autofocus: true, Autocomplete: "off"}, {Name: "customer_id", Quick: true}, {Name: "amount", Quick: true},
		{Name: "stage_id", Quick: true},
		{Name: "expected_close_date", Quick: true},
		{Name: "currency", Placeholder: "EUR", Help: "Its three letters; sums are kept apart by currency"},
		{Name: "probability", Help: "In per cent; empty takes the stage’s"},
		{Name: "lost_reason", Help: "Asked for when the stage is a lost one"},
	},
}

// openSince is when something happened last to a deal that is still open.
func openSince(r entity.Record) *time.Time {
	if r.Values.Text("outcome") != "open" {
		return nil
	}
	return r.Values.Moment("active_at")
}

// DealHead is what stands below a deal's name: where it is, how it may end, and whom to call.
type DealHead struct {
	Shell
	Deal    entity.Record
	Stages  []tenantdb.StageListRow // of its pipeline
	Contact *entity.Record          // nil for none
}

func (h DealHead) stage() uuid.UUID { return h.Deal.Values.Ref("stage_id").ID }

func (h DealHead) outcome() string { return h.Deal.Values.Text("outcome") }

// ends is the first stage of an outcome, false where the pipeline has none.
func (h DealHead) ends(outcome string) (tenantdb.StageListRow, bool) {
	for _, s := range h.Stages {
		if s.Outcome == outcome {
			return s, true
		}
	}
	return tenantdb.StageListRow{}, false
}

// passed reports whether the deal is beyond the ith stage.
func (h DealHead) passed(i int) bool {
	for j, s := range h.Stages {
		if s.ID == h.stage() {
			return i < j
		}
	}
	return false
}

func (h DealHead) amount() string {
	return h.Deal.Entity.Field("amount").Type.Input(h.Deal.Values["amount"], h.Formats)
}

// reach is how the contact is reached by a field: what people read, and the link.
func (h DealHead) reach(field string) (text, href string) {
	f := h.Contact.Entity.Field(field)
	t, ok := h.Contact.Values[field].(entity.Text)
	if !ok {
		return "", ""
	}
	return f.Type.Show(t, f, h.Formats), textLink(f.Type, string(t))
}

// MovePage is the form that puts a deal elsewhere, for keys and for those
// without a mouse.
type MovePage struct {
	Shell
	Deal   entity.Record
	Stages []tenantdb.StageListRow
	Form   ui.Form
	Return string // the page to go back to; "" for the deal's
}

// StageOptions are stages to choose from, by pipeline where there are several.
func StageOptions(stages []tenantdb.StageListRow) []ui.Option {
	out := make([]ui.Option, len(stages))
	several := len(stages) > 0 && stages[0].PipelineID != stages[len(stages)-1].PipelineID
	for i, s := range stages {
		out[i] = ui.Option{Value: s.ID.String(), Label: s.Name}
		if several {
			out[i].Group = s.PipelineName
		}
	}
	return out
}
