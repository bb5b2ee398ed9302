package tenantdb

import (
	"context"
	"time"
)

// ProjectListRow is a project as its list shows it.
type ProjectListRow struct {
	ListKey
	Name         string
	CustomerName string
	Status       string
	Priority     string
	StartDate    *time.Time
	EndDate      *time.Time
	Budget       *int64
	OwnerName    string
	UpdatedAt    time.Time
	Tags         []string
}

var projectList = listSpec{
	kind: "project",
	id:   "p.id",
	from: "projects p",
	join: "left join members m on m.id = p.owner_id left join customers k on k.id = p.customer_id",
	columns: `p.name, coalesce(k.name, ''), p.status, p.priority, p.start_date, p.end_date, p.budget, coalesce(m.name, ''), p.updated_at,
		` + tagged("project", "p.id"),
	sorts: map[string]sortColumn{
		"name":       {column: "p.name", cast: "text"},
		"status":     choiceColumn("p.status", "draft", "underway", "on_hold", "completed", "cancelled"),
		"priority":   choiceColumn("p.priority", "low", "normal", "high"),
		"start_date": nullableColumn("p.start_date", "date"),
		"end_date":   nullableColumn("p.end_date", "date"),
		"budget":     nullableColumn("p.budget", "bigint"),
		"owner":      ownerColumn("p.owner_id"),
		"updated_at": {column: "p.updated_at", cast: "timestamptz"},
		"created_at": {column: "p.created_at", cast: "timestamptz"},
	},
	defaultSort: "name",
	search:      "p.search",
	owner:       "p.owner_id",
	match:       map[string]string{"status": anyOf("p.status"), "priority": anyOf("p.priority"), "customer": anyID("p.customer_id"), "deal": anyID("p.deal_id")},
	dates:       map[string]string{"created": "p.created_at"},
}

// ProjectList is CustomerList for projects.
func (q *Queries) ProjectList(ctx context.Context, f Filter, p Page) ([]ProjectListRow, string, error) {
	return listPage[ProjectListRow](ctx, q.db, projectList, projectList.conditions(f), p)
}
