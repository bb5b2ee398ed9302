package tenantdb

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// ListSQL is the query of a page, for tests that look at its plan.
func ListSQL(k Kind, f Filter, p Page) (string, []any, error) {
	return lists[k].query(lists[k].conditions(f), p)
}

// ListSorts are the fields that a kind is sorted by.
func ListSorts(k Kind) []string { return slices.Sorted(maps.Keys(lists[k].sorts)) }

// ListShapes is one sort of each shape that the kind's lists have, the first by
// name: a column that all rows have, a text and another column that may be empty,
// a column of another table. Sorts of one shape are the same query but for names.
func ListShapes(k Kind) (fields []string) {
	seen := map[string]bool{}
	for _, f := range ListSorts(k) {
		c := lists[k].sorts[f]
		shape := strings.TrimPrefix(c.absent, c.column)
		if c.related != nil {
			shape = "related"
		}
		if !seen[shape] {
			seen[shape] = true
			fields = append(fields, f)
		}
	}
	return fields
}

// ListAfter is the cursor behind the first n rows, "" when there are no more.
func (q *Queries) ListAfter(ctx context.Context, k Kind, f Filter, sort string, n int) (string, error) {
	spec := lists[k]
	spec.columns, spec.join = "1", ""
	_, next, err := listPage[struct {
		ListKey
		One int
	}](ctx, q.db, spec, spec.conditions(f), Page{Sort: sort, Limit: n})
	return next, err
}

// BoardSQL is the query of a board's columns: of the deals by stage, of the
// leads by status.
func BoardSQL(k Kind, values []string) (string, []any) {
	b := map[Kind]board{Deal: dealBoard, Lead: leadBoard}[k]
	return lists[k].columnsQuery(b, lists[k].conditions(Filter{}), values, 20)
}

// MatchesSQL is the query of Matches.
func MatchesSQL(k Kind, m MatchQuery) (string, []any) { return matchesQuery(k, m) }

// TimelineSQL is the query of a page of a timeline.
const TimelineSQL = timeline

const AuditListSQL = auditList
