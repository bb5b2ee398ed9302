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
	ID       uuid.UUID
	Name     string
	Detail   string
	Emails   []string
	Phones   []string
	Sites    []string // domains and web addresses
	Likeness float32  // how much of the name looked for it has, up to 1
}

// MatchQuery is what is looked for. Empty fields find nothing.
type MatchQuery struct {
	Anywhere []string  // LIKE patterns for the search column
	Begins   string    // words that the name begins with
	Like     string    // words that the name is like
	Except   uuid.UUID // not this one
}

// matchColumns are a kind's columns of a MatchRow, from x; "" where nothing of it is
// recognised.
func matchColumns(e *entity.Entity) string {
	by := map[entity.Identity][]string{}
	points := map[entity.Identity]string{}
	for i := range e.Fields {
		f := &e.Fields[i]
		switch {
		case f.Matches == entity.ByNothing, f.Matches == entity.ByName:
		case entity.PointType(f.Type) != nil:
			points[f.Matches] = "array(select p->>'value' from jsonb_array_elements(x." + f.Column + ") p)"
		default:
			by[f.Matches] = append(by[f.Matches], "x."+f.Column)
		}
	}
	if len(by)+len(points) == 0 {
		return ""
	}
	list := func(i entity.Identity, more ...string) string {
		if p := points[i]; p != "" {
			return p
		}
		return "array[" + strings.Join(append(by[i], more...), ", ") + "]::text[]"
	}
	sites := "'{}'::text[]"
	if len(by[entity.BySite]) > 0 {
		sites = list(entity.BySite, by[entity.ByEmail]...)
	}
	return fmt.Sprintf("x.%s::text as name, %s as detail, %s as emails, %s as phones, %s as sites", nameOf(e), detailOf(e),
		list(entity.ByEmail), list(entity.ByPhone), sites)
}

// matchLimit bounds how many rows each way of looking finds.
const matchLimit = 10

// Matches finds records of a kind that may be what is looked for, each once.
func (q *Queries) Matches(ctx context.Context, k entity.Kind, m MatchQuery) ([]MatchRow, error) {
	sql, args := matchesQuery(k, m)
	if sql == "" {
		return nil, nil
	}
	rows, err := q.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[MatchRow])
}

// matchesQuery writes the query of Matches, "" where nothing is looked for.
func matchesQuery(k entity.Kind, m MatchQuery) (sql string, args []any) {
	e := entityOf(k)
	spec := specOf(e)
	c := conditions{}
	var parts []string
	part := func(where, order string) {
		parts = append(parts, fmt.Sprintf(`(select r.id from %s where r.deleted_at is null and %s %s limit %d)`, spec.from, where, order,
			matchLimit))
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
	columns := matchColumns(e)
	if len(parts) == 0 || columns == "" {
		return "", nil
	}
	return fmt.Sprintf(`select x.id, %s, word_similarity(%s, x.search)::real as likeness from %s x where x.id in (%s) and x.id <> %s
		order by likeness desc, name limit 20`,
		columns, c.arg(m.Like), e.Table, strings.Join(parts, " union all "), c.arg(m.Except)), c.args
}
