package tenantdb

import (
	"context"
	"time"
)

// LeadListRow is a lead as its list and its board show it.
type LeadListRow struct {
	ListKey
	Name        string
	CompanyName string
	Status      string
	Rating      string
	Source      string
	Amount      *int64
	Email       string
	OwnerName   string
	Version     int32
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Tags        []string
}

var leadList = listSpec{
	kind: "lead",
	id:   "l.id",
	from: "leads l",
	join: "left join members m on m.id = l.owner_id",
	columns: `l.name, l.company_name, l.status, l.rating, l.source, l.amount, l.email, coalesce(m.name, ''), l.version, l.created_at, l.updated_at,
		` + tagged("lead", "l.id"),
	sorts: map[string]sortColumn{
		"name":         {column: "l.name", cast: "text"},
		"company_name": textColumn("l.company_name"),
		"status":       choiceColumn("l.status", "new", "attempting", "contacted", "qualified", "unqualified", "converted"),
		"rating":       choiceColumn("l.rating", "hot", "warm", "cold").optional("l.rating > ''", "l.rating = ''"),
		"source":       textColumn("l.source"),
		"amount":       nullableColumn("l.amount", "bigint"),
		"owner":        ownerColumn("l.owner_id"),
		"updated_at":   {column: "l.updated_at", cast: "timestamptz"},
		"created_at":   {column: "l.created_at", cast: "timestamptz"},
	},
	defaultSort: "-created_at",
	search:      "l.search",
	owner:       "l.owner_id",
	match:       map[string]string{"status": anyOf("l.status"), "rating": anyOf("l.rating"), "source": anyOf("l.source")},
	dates:       map[string]string{"created": "l.created_at"},
}

// LeadList is CustomerList for leads.
func (q *Queries) LeadList(ctx context.Context, f Filter, p Page) ([]LeadListRow, string, error) {
	return listPage[LeadListRow](ctx, q.db, leadList, leadList.conditions(f), p)
}

var leadBoard = board{column: "l.status", cast: "text", sort: "-created_at"}

// LeadBoard returns the first n leads of each status, the newest first. The
// cards below come from LeadList, sorted by -created_at and filtered by status.
func (q *Queries) LeadBoard(ctx context.Context, statuses []string, f Filter, n int) (map[string]Column[LeadListRow], error) {
	return listColumns(ctx, q.db, leadList, leadBoard, leadList.conditions(f), statuses, n, func(r LeadListRow) string { return r.Status })
}
