package tenantdb

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// CustomerFilter narrows the list of customers; zero fields do not.
type CustomerFilter struct {
	Query   string // words of name, domain or email
	Types   []string
	OwnerID uuid.UUID
	NoOwner bool
	Tag     string // its name, in any case
}

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
	id:   "c.id",
	from: "customers c",
	join: "left join members m on m.id = c.owner_id",
	columns: `c.name, c.type, c.domain, c.industry, c.city, c.country, c.annual_revenue, coalesce(m.name, ''), c.updated_at,
		array(select t.name from taggings g join tags t on t.id = g.tag_id
		      where g.subject_type = 'customer' and g.subject_id = c.id order by t.name)`,
	sorts: map[string]sortColumn{
		"name":           {column: "c.name", cast: "text"},
		"type":           {column: "c.type", cast: "text"},
		"domain":         textColumn("c.domain"),
		"industry":       textColumn("c.industry"),
		"city":           textColumn("c.city"),
		"annual_revenue": nullableColumn("c.annual_revenue", "bigint"),
		"owner":          relatedColumn("o.name", related{table: "members o", id: "o.id", pointer: "c.owner_id"}),
		"updated_at":     {column: "c.updated_at", cast: "timestamptz"},
		"created_at":     {column: "c.created_at", cast: "timestamptz"},
	},
	defaultSort: "name",
}

func (f CustomerFilter) conditions() conditions {
	c := conditions{where: []string{"c.deleted_at is null"}}
	c.search(f.Query, "c.search", "c.name", "c.domain", "c.email")
	if len(f.Types) > 0 {
		c.add("c.type = any(%s::text[])", f.Types)
	}
	if f.NoOwner {
		c.add("c.owner_id is null")
	} else if f.OwnerID != uuid.Nil {
		c.add("c.owner_id = %s", f.OwnerID)
	}
	if f.Tag != "" {
		c.add(`c.id in (select g.subject_id from taggings g join tags t on t.id = g.tag_id
			where g.subject_type = 'customer' and lower(t.name) = `+lower+`)`, f.Tag)
	}
	return c
}

// CustomerList returns a page of customers and the cursor of the next, "" at
// the end; ErrBadCursor for a cursor that is not of this list and sort.
func (q *Queries) CustomerList(ctx context.Context, f CustomerFilter, p Page) ([]CustomerListRow, string, error) {
	return listPage[CustomerListRow](ctx, q.db, customerList, f.conditions(), p)
}

// CustomerCount counts what the filter leaves, to CountLimit+1 at most.
func (q *Queries) CustomerCount(ctx context.Context, f CustomerFilter) (int, error) {
	return listCount(ctx, q.db, customerList, f.conditions())
}

// CustomerSort returns the sort that is in force when sort is asked for.
func CustomerSort(sort string) string {
	field, _, _ := customerList.sort(Page{Sort: sort})
	return field
}
