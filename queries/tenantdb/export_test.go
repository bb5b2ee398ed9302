package tenantdb

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
)

// all are the names of a kind's fields: a list that shows everything.
func all(e *entity.Entity) (names []string) {
	for _, f := range e.Fields {
		names = append(names, f.Name)
	}
	return names
}

// ListSQL is the query of a page, for tests that look at its plan.
func ListSQL(e *entity.Entity, f Filter, p Page) (string, []any, error) {
	s := specOf(e)
	return s.query(newRowReader(e, all(e)), s.conditions(f), p, "UTC")
}

// ListSorts are the fields that a kind is sorted by.
func ListSorts(e *entity.Entity) []string { return slices.Sorted(maps.Keys(specOf(e).sorts)) }

// ListShapes is one sort of each shape that the kind's lists have, the first by
// name: a column that all rows have, a text and another column that may be empty,
// a column of another table. Sorts of one shape are the same query but for names.
func ListShapes(e *entity.Entity) (fields []string) {
	seen := map[string]bool{}
	for _, f := range ListSorts(e) {
		c := specOf(e).sorts[f]
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
func (q *Queries) ListAfter(ctx context.Context, e *entity.Entity, f Filter, sort string, n int) (string, error) {
	_, next, err := q.RecordList(ctx, e, List{Filter: f, Page: Page{Sort: sort, Limit: n}})
	return next, err
}

// BoardSQL is the query of a board's columns.
func BoardSQL(e *entity.Entity, values []string) (string, []any) {
	s := specOf(e)
	return s.columnsQuery(newRowReader(e, all(e)), s.conditions(Filter{}), values, 20)
}

// Described are the queries of a store that is written from a kind's description, for a kind
// that has others.
type Described struct {
	*Queries
	Entity *entity.Entity
}

func (d Described) Get(ctx context.Context, id uuid.UUID) (entity.Record, error) {
	return describedStore(d.Entity).get(ctx, d.Queries, d.Entity, id)
}

func (d Described) Insert(ctx context.Context, r entity.Record) error {
	return describedStore(d.Entity).insert(ctx, d.Queries, r)
}

func (d Described) Update(ctx context.Context, r entity.Record) (int64, error) {
	return describedStore(d.Entity).update(ctx, d.Queries, r)
}

func (d Described) Load(ctx context.Context, records []entity.Record) (int64, error) {
	return describedStore(d.Entity).load(ctx, d.Queries, records)
}

// Structs are those of a kind's get, insert, update and copy.
func Structs(k entity.Kind) map[string]reflect.Type {
	s := stores[k]
	return map[string]reflect.Type{"get": s.row, "insert": s.inserted, "update": s.updated, "copy": s.loaded}
}

// SearchSQL is a kind's part of the query of Search, and LikeSQL of SearchLike.
func SearchSQL(e *entity.Entity, words string) (string, []any) {
	return searchQuery([]*entity.Entity{e}, words, 6)
}

func LikeSQL(e *entity.Entity, words string) (string, []any) {
	return likeQuery([]*entity.Entity{e}, words, 5)
}

// MatchesSQL is the query of Matches.
func MatchesSQL(k entity.Kind, m MatchQuery) (string, []any) { return matchesQuery(k, m) }

// TimelineSQL is the query of a page of a timeline.
const TimelineSQL = timeline

const AuditListSQL = auditList
