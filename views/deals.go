package views

import (
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// IdleAfter is how long an open deal may rest before it is flagged.
const IdleAfter = 14 * 24 * time.Hour

// Deals are what one sells.
var Deals = Entity{
	Kind: tenantdb.Deal, Path: "/deals", One: "deal", Many: "deals", Icon: ui.IconKanban, Key: "d",
	DefaultSort: "name", SearchHint: "Name, source",
	About:   "Deals are sales on their way. Give each an amount and a stage, and the board shows what will come in.",
	Filters: []Choice{{"stage", "Stage", nil}},
	Columns: []Column{
		{"name", "Name", "c-name", ""}, {"", "Customer", "", "second"}, {"", "Stage", "c-stage", "side-1"}, {"amount", "Amount", "num c-revenue", "num side-2"},
		{"expected_close_date", "Close date", "c-when mid", "mid"}, {"owner", "Owner", "mid", "mid"}, {"updated_at", "Last change", "c-when wide", "wide"},
	},
	Fields: []ui.Field{
		{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 200, Quick: true, Autofocus: true, Autocomplete: "off"},
		{Name: "customer_id", Label: "Customer", Kind: ui.KindRecord, Path: "/customers", Quick: true},
		{Name: "amount", Label: "Amount", Kind: ui.KindMoney, Max: 24, Quick: true, Currency: "currency"},
		{Name: "stage_id", Label: "Stage", Kind: ui.KindSelect, Quick: true},
		{Name: "expected_close_date", Label: "Close date", Kind: ui.KindDate, Quick: true},
		{Name: "contact_id", Label: "Contact", Kind: ui.KindRecord, Path: "/contacts"},
		{Name: "currency", Label: "Currency", Kind: ui.KindText, Max: 3, Placeholder: "EUR", Help: "Its three letters; sums are kept apart by currency"},
		{Name: "probability", Label: "Probability", Kind: ui.KindNumber, Max: 3, Help: "In per cent; empty takes the stage’s"},
		{Name: "source", Label: "Source", Kind: ui.KindText, Max: 80},
		{Name: "owner_id", Label: "Owner", Kind: ui.KindSelect},
		{Name: "lost_reason", Label: "Why it was lost", Kind: ui.KindText, Max: 300, Help: "Asked for when the stage is a lost one"},
		{Name: "tags", Label: "Tags", Kind: ui.KindTags, Max: 900, Help: "Up to 20, of 40 characters each, separated by commas"},
		{Name: "description", Label: "Description", Kind: ui.KindArea, Max: 10_000, Full: true},
		{Name: "pipeline_id", Label: "Pipeline", Kind: ui.KindSelect, Hidden: true},
	},
}

// DealRow is a deal as its table shows it.
func DealRow(r tenantdb.DealListRow, f entity.Formats) ListRow {
	return ListRow{r.ID, r.Name, []templ.Component{
		cellText(r.CustomerName), ui.Tag(r.StageColor, r.StageName), moneyCell(f, r.Amount, r.Currency), dateCell(f, r.ExpectedCloseDate), cellDash(r.OwnerName), ui.Relative(r.UpdatedAt, f),
	}}
}

// BoardPage is a pipeline's deals in columns.
type BoardPage struct {
	ListPage
	Pipelines []tenantdb.PipelineListRow
	Pipeline  uuid.UUID
	Columns   []BoardColumn
	Moved     uuid.UUID // the deal that was just moved, which flashes once
	Saved     *ui.Flash
	Notice    string
}

// BoardColumn is one stage of the board.
type BoardColumn struct {
	Stage tenantdb.StageListRow
	Sums  []tenantdb.BoardSumsRow // one for each currency
	Rows  []tenantdb.DealListRow
	Next  string // cursor of the cards below; "" at the end
}

// Count is how many deals stand in the column, whatever is shown.
func (c BoardColumn) Count() (n int) {
	for _, s := range c.Sums {
		n += int(s.N)
	}
	return n
}

func (p BoardPage) moreURL(c BoardColumn) string {
	q := p.Query()
	q.Set("column", c.Stage.ID.String())
	q.Set("after", c.Next)
	return address("/deals", q)
}

func (p BoardPage) pipelineURL(id uuid.UUID) string {
	return "/deals?" + url.Values{"pipeline": {id.String()}}.Encode()
}

// idle reports whether nothing happened to an open deal for long, and for how
// many days.
func idle(d tenantdb.DealListRow, now time.Time) (days int, is bool) {
	rest := now.Sub(d.ActiveAt)
	return int(rest.Hours() / 24), d.Outcome == "open" && rest > IdleAfter
}

// MovePage is the form that puts a deal elsewhere, for keys and for those
// without a mouse.
type MovePage struct {
	Shell
	Deal   tenantdb.DealGetRow
	Stages []tenantdb.StageListRow
	Form   ui.Form
	Return string // the page to go back to; "" for the deal's
}

func stagePercent(n int32) string { return strconv.Itoa(int(n)) + " %" }

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

func (p BoardPage) pipelineName() string {
	for _, x := range p.Pipelines {
		if x.ID == p.Pipeline {
			return x.Name
		}
	}
	return ""
}

// DealLine is a deal beside what it belongs to.
func DealLine(f entity.Formats) func(tenantdb.DealListRow) RelatedRow {
	return func(r tenantdb.DealListRow) RelatedRow {
		row := RelatedRow{URL: Deals.URL(r.ID), Name: r.Name, Badge: ui.Tag(r.StageColor, r.StageName)}
		if r.Amount != nil {
			row.Detail = f.Money(*r.Amount, r.Currency)
		}
		return row
	}
}
