package tenantdb

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// ContactPoint is an email address or a phone number of somebody.
type ContactPoint struct {
	Value string `json:"value"`
	Label string `json:"label"` // "work", "mobile"; "" for none
}

// ContactListRow is a contact as its list shows it.
type ContactListRow struct {
	ListKey
	Name         string
	JobTitle     string
	CustomerID   *uuid.UUID
	CustomerName string
	Email        string
	Phone        string
	OwnerName    string
	UpdatedAt    time.Time
	Tags         []string
}

var contactList = listSpec{
	kind: "contact",
	id:   "c.id",
	from: "contacts c",
	join: "left join members m on m.id = c.owner_id left join customers k on k.id = c.customer_id",
	columns: `c.name, c.job_title, k.id, coalesce(k.name, ''), c.email, c.phone, coalesce(m.name, ''), c.updated_at,
		` + tagged("contact", "c.id"),
	sorts: map[string]sortColumn{
		"name":       {column: "c.name", cast: "text"},
		"email":      textColumn("c.email"),
		"job_title":  textColumn("c.job_title"),
		"owner":      ownerColumn("c.owner_id"),
		"updated_at": {column: "c.updated_at", cast: "timestamptz"},
		"created_at": {column: "c.created_at", cast: "timestamptz"},
	},
	defaultSort: "name",
	search:      "c.search",
	owner:       "c.owner_id",
	match:       map[string]string{"customer": anyID("c.customer_id")},
	dates:       map[string]string{"created": "c.created_at"},
}

// ContactList is CustomerList for contacts.
func (q *Queries) ContactList(ctx context.Context, f Filter, p Page) ([]ContactListRow, string, error) {
	return listPage[ContactListRow](ctx, q.db, contactList, contactList.conditions(f), p)
}
