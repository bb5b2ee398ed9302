package tenantdb

import (
	"context"
	"time"
)

// CustomerListRow is a customer as its list shows it.
type CustomerListRow struct {
	ListKey
	Name          string
	Type          string
	Domain        string
	Industry      string
	City          string
	Country       string
	AnnualRevenue *int64
	OwnerName     string
	UpdatedAt     time.Time
	Tags          []string
}

var customerList = listSpec{
	kind: "customer",
	id:   "c.id",
	from: "customers c",
	join: "left join members m on m.id = c.owner_id",
	columns: `c.name, c.type, c.domain, c.industry, c.city, c.country, c.annual_revenue, coalesce(m.name, ''), c.updated_at,
		` + tagged("customer", "c.id"),
	sorts: map[string]sortColumn{
		"name":           {column: "c.name", cast: "text"},
		"type":           choiceColumn("c.type", "prospect", "customer", "partner", "at_risk", "lapsed"),
		"domain":         textColumn("c.domain"),
		"industry":       textColumn("c.industry"),
		"city":           textColumn("c.city"),
		"annual_revenue": nullableColumn("c.annual_revenue", "bigint"),
		"owner":          ownerColumn("c.owner_id"),
		"updated_at":     {column: "c.updated_at", cast: "timestamptz"},
		"created_at":     {column: "c.created_at", cast: "timestamptz"},
	},
	defaultSort: "name",
	search:      "c.search",
	owner:       "c.owner_id",
	match:       map[string]string{"type": anyOf("c.type")},
	dates:       map[string]string{"created": "c.created_at"},
}

// CustomerList returns a page of customers and the cursor of the next, "" at
// the end; ErrBadCursor for a cursor that is not of this list and sort.
func (q *Queries) CustomerList(ctx context.Context, f Filter, p Page) ([]CustomerListRow, string, error) {
	return listPage[CustomerListRow](ctx, q.db, customerList, customerList.conditions(f), p)
}
