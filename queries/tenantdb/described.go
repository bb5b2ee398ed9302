package tenantdb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/entity"
)

// describedStore is the store of a kind without queries of its own: they are written from
// its description.
func describedStore(e *entity.Entity) store {
	columns, written := []string{"id", "version"}, []*entity.Field{}
	for i := range e.Fields {
		if f := &e.Fields[i]; f.Type != entity.TypeTags && !f.Derived && !stamp(f) {
			columns, written = append(columns, f.Columns()...), append(written, f)
		}
	}
	values := func(r entity.Record) []any {
		out := []any{r.ID, r.Version}
		for _, f := range written {
			out = append(out, columnValues(f, r.Values[f.Name])...)
		}
		return out
	}
	return store{
		get: func(ctx context.Context, q *Queries, e *entity.Entity, id uuid.UUID) (entity.Record, error) {
			return q.describedGet(ctx, e, id)
		},
		insert: func(ctx context.Context, q *Queries, r entity.Record) error {
			marks := make([]string, len(columns))
			for i := range marks {
				marks[i] = fmt.Sprint("$", i+1)
			}
			_, err := q.db.Exec(ctx, `insert into `+e.Table+` (`+strings.Join(columns, ", ")+`) values (`+strings.Join(marks, ", ")+`)`,
				values(r)...)
			return err
		},
		update: func(ctx context.Context, q *Queries, r entity.Record) (int64, error) {
			sets := []string{"version = version + 1", "updated_at = now()"}
			for i, c := range columns[2:] {
				sets = append(sets, fmt.Sprintf("%s = $%d", c, i+3))
			}
			tag, err := q.db.Exec(ctx, `update `+e.Table+` set `+strings.Join(sets, ", ")+` where id = $1 and version = $2 and deleted_at is null`,
				values(r)...)
			return tag.RowsAffected(), err
		},
		load: func(ctx context.Context, q *Queries, records []entity.Record) (int64, error) {
			return q.db.CopyFrom(ctx, []string{e.Table}, append(slices.Clip(columns), "created_at", "updated_at"),
				pgx.CopyFromSlice(len(records), func(i int) ([]any, error) {
					return append(values(records[i]), records[i].CreatedAt, records[i].UpdatedAt), nil
				}))
		},
	}
}

// stamp reports whether the database or the store itself says when something was done.
func stamp(f *entity.Field) bool { return f.Name == "created_at" || f.Name == "updated_at" }

// columnValues are what a field's columns hold; what is nothing is null in columns that may
// be null, and empty in others.
func columnValues(f *entity.Field, v entity.Value) []any {
	switch v := v.(type) {
	case entity.Due:
		return []any{v.On, v.At}
	case nil:
		switch f.Type.Column() {
		case "text":
			return []any{""}
		case "boolean":
			return []any{false}
		case "uuid[]":
			return []any{[]uuid.UUID{}}
		case "jsonb":
			if entity.PointType(f.Type) != nil {
				return []any{[]entity.Point{}}
			}
		}
		return make([]any, len(f.Columns()))
	}
	return []any{plain(v)}
}

func (q *Queries) describedGet(ctx context.Context, e *entity.Entity, id uuid.UUID) (r entity.Record, err error) {
	var fields []string
	for i := range e.Fields {
		fields = append(fields, e.Fields[i].Name)
	}
	rows := newRowReader(e, fields)
	sql := `select r.id as list_id, ''::text as list_key, false as list_absent, null::uuid as list_of, r.deleted_at, ` + rows.columns +
		` from ` + e.Table + ` r` + rows.joins + ` where r.id = $1`
	records, _, err := rows.read(q.db.Query(ctx, sql, id))
	if err != nil {
		return r, err
	}
	if len(records) != 1 {
		return r, pgx.ErrNoRows
	}
	r = records[0]
	r.CreatedAt, r.UpdatedAt = *r.Values.Moment("created_at"), *r.Values.Moment("updated_at")
	if rows.deleted.Valid {
		at := rows.deleted.Time
		r.DeletedAt = &at
	}
	return r, nil
}
