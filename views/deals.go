package views

import (
	"time"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

var deals = Look{
	Entity: entity.Deals, Icon: ui.IconKanban, Key: "d", SearchHint: "Name, source", BoardFirst: true,
	About:   "Deals are sales on their way. Give each an amount and a stage, and the board shows what will come in.",
	Filters: []string{"stage_id", "outcome"}, Dates: []string{"expected_close_date"}, Badges: []Badge{{Field: "stage_id"}},
	Line: Line{"amount", "stage_id"},
	Card: Card{Detail: "customer_id", Foot: []string{"amount", "expected_close_date", "active_at", "outcome"}, Idle: openSince},
	Asks: lostDialog,
	Columns: []Column{
		{Field: "name"}, {Field: "customer_id", Cell: "second"}, {Field: "stage_id", Cell: "side-1"},
		{Field: "amount", Class: "num", Cell: "num side-2"}, {Field: "expected_close_date", Class: "mid", Cell: "mid"},
		{Field: "owner_id", Class: "mid", Cell: "mid"}, {Field: "updated_at", Class: "wide", Cell: "wide"},
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
