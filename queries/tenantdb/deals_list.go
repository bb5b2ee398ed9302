package tenantdb

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// DealListRow is a deal as its table and its board show it.
type DealListRow struct {
	ListKey
	Name              string
	CustomerName      string
	StageID           uuid.UUID
	StageName         string
	StageColor        string
	Outcome           string
	Amount            *int64
	Currency          string
	Probability       int32
	ExpectedCloseDate *time.Time
	OwnerName         string
	ActiveAt          time.Time
	UpdatedAt         time.Time
	Tags              []string
}

var dealList = listSpec{
	kind: "deal",
	id:   "d.id",
	from: "deals d",
	join: `left join members m on m.id = d.owner_id left join customers k on k.id = d.customer_id join stages s on s.id = d.stage_id`,
	columns: `d.name, coalesce(k.name, ''), s.id, s.name, s.color, s.outcome, d.amount, d.currency, coalesce(d.probability, s.probability),
		d.expected_close_date, coalesce(m.name, ''), d.active_at, d.updated_at,
		` + tagged("deal", "d.id"),
	sorts: map[string]sortColumn{
		"name":                {column: "d.name", cast: "text"},
		"amount":              nullableColumn("d.amount_order", "text"), // by currency, then by value
		"expected_close_date": nullableColumn("d.expected_close_date", "date"),
		"owner":               ownerColumn("d.owner_id"),
		"updated_at":          {column: "d.updated_at", cast: "timestamptz"},
		"created_at":          {column: "d.created_at", cast: "timestamptz"},
		"position":            {column: "d.position", cast: "text"}, // of one stage's column on the board
	},
	defaultSort: "name",
	search:      "d.search",
	owner:       "d.owner_id",
	match: map[string]string{
		"stage": anyID("d.stage_id"), "pipeline": anyID("d.pipeline_id"), "currency": anyOf("d.currency"),
		"customer": anyID("d.customer_id"), "contact": anyID("d.contact_id"),
	},
	dates: map[string]string{"created": "d.created_at", "closed": "d.closed_at", "idle": "d.active_at"},
}

// DealList is CustomerList for deals.
func (q *Queries) DealList(ctx context.Context, f Filter, p Page) ([]DealListRow, string, error) {
	return listPage[DealListRow](ctx, q.db, dealList, dealList.conditions(f), p)
}

var dealBoard = board{column: "d.stage_id", cast: "uuid", sort: "position"}

// DealBoard returns the first n deals of each stage, by the stage's id. The
// cards below come from DealList, sorted by position and filtered by the stage.
func (q *Queries) DealBoard(ctx context.Context, stages []string, f Filter, n int) (map[string]Column[DealListRow], error) {
	return listColumns(ctx, q.db, dealList, dealBoard, dealList.conditions(f), stages, n, func(r DealListRow) string { return r.StageID.String() })
}
