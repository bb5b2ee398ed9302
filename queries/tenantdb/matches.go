package tenantdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/entity"
)

// MatchRow is a record that may be the same as another: what tells whether it is.
type MatchRow struct {
	ID     uuid.UUID
	Name   string
	Detail string
	Emails []string
	Phones []string
	Sites  []string // domains and web addresses
	Like   float32  // how much of the name looked for it has, up to 1
}

// MatchQuery is what is looked for. Empty fields find nothing.
type MatchQuery struct {
	Anywhere []string  // LIKE patterns for the search column
	Begins   string    // words that the name begins with
	Like     string    // words that the name is like
	Except   uuid.UUID // not this one
}

// matchColumns are a kind's columns of a MatchRow, from x. Other kinds have no matches.
var matchColumns = map[Kind]string{
	Customer: `x.name::text, x.domain, array[x.email], array[x.phone], array[x.domain, x.website, x.email]`,
	Contact: `x.name::text, coalesce((select k.name::text from customers k where k.id = x.customer_id), ''), array(select p->>'value' from jsonb_array_elements(x.emails) p),
		array(select p->>'value' from jsonb_array_elements(x.phones) p), '{}'::text[]`,
	Lead: `x.name::text, x.company_name::text, array[x.email], array[x.phone], '{}'::text[]`,
}

// matchLimit bounds how many rows each way of looking finds.
const matchLimit = 10

// Matches finds records of a kind that may be what is looked for, each once.
func (q *Queries) Matches(ctx context.Context, k Kind, m MatchQuery) ([]MatchRow, error) {
	sql, args := matchesQuery(k, m)
	if sql == "" {
		return nil, nil
	}
	rows, err := q.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[MatchRow])
}

// matchesQuery writes the query of Matches, "" where nothing is looked for.
func matchesQuery(k Kind, m MatchQuery) (sql string, args []any) {
	spec := lists[k]
	c := conditions{}
	var parts []string
	part := func(where, order string) {
		parts = append(parts, fmt.Sprintf(`(select %[1]s.id from %[2]s where %[1]s.deleted_at is null and %[3]s %[4]s limit %[5]d)`, spec.alias(), spec.from, where, order, matchLimit))
	}
	for _, p := range m.Anywhere {
		part(spec.search+" like "+c.arg(p), "")
	}
	if entity.Words(m.Begins) != "" {
		part(fmt.Sprintf("left(%s, %d) like %s", spec.search, searchPrefix, c.arg(begins(m.Begins))), "")
	}
	if len(m.Like) >= 3 {
		like := c.arg(m.Like)
		part(like+" <% "+spec.search, "order by word_similarity("+like+", "+spec.search+") desc")
	}
	if len(parts) == 0 || matchColumns[k] == "" {
		return "", nil
	}
	return fmt.Sprintf(`select x.id, %s, word_similarity(%s, x.search)::real as likeness from %s x where x.id in (%s) and x.id <> %s order by likeness desc, x.name limit 20`,
		matchColumns[k], c.arg(m.Like), k.table(), strings.Join(parts, " union all "), c.arg(m.Except)), c.args
}
