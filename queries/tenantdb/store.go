package tenantdb

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
)

// This file is where records come from and go to: sqlc's structs of a kind become values
// and back, by the names of their columns.

// store reads and writes the records of one kind.
type store struct {
	get    func(context.Context, *Queries, *entity.Entity, uuid.UUID) (entity.Record, error)
	insert func(context.Context, *Queries, entity.Record) error
	update func(context.Context, *Queries, entity.Record) (int64, error)
	load   func(context.Context, *Queries, []entity.Record) (int64, error)

	row, inserted, updated, loaded reflect.Type // of sqlc's structs; nil where there are none
}

// storeOf is the store of a kind that has four queries of sqlc's.
func storeOf[G, I, U, C any](
	get func(*Queries, context.Context, uuid.UUID) (G, error), insert func(*Queries, context.Context, I) error,
	update func(*Queries, context.Context, U) (int64, error), load func(*Queries, context.Context, []C) (int64, error),
) store {
	return store{
		get: func(ctx context.Context, q *Queries, e *entity.Entity, id uuid.UUID) (entity.Record, error) {
			row, err := get(q, ctx, id)
			if err != nil {
				return entity.Record{}, err
			}
			return recordOf(e, row), nil
		},
		insert: func(ctx context.Context, q *Queries, r entity.Record) error {
			var p I
			fill(reflect.ValueOf(&p).Elem(), r)
			return insert(q, ctx, p)
		},
		update: func(ctx context.Context, q *Queries, r entity.Record) (int64, error) {
			var p U
			fill(reflect.ValueOf(&p).Elem(), r)
			return update(q, ctx, p)
		},
		load: func(ctx context.Context, q *Queries, records []entity.Record) (int64, error) {
			rows := make([]C, len(records))
			for i, r := range records {
				fill(reflect.ValueOf(&rows[i]).Elem(), r)
			}
			return load(q, ctx, rows)
		},
		row: reflect.TypeFor[G](), inserted: reflect.TypeFor[I](), updated: reflect.TypeFor[U](), loaded: reflect.TypeFor[C](),
	}
}

var stores = map[entity.Kind]store{
	entity.Customer: storeOf((*Queries).CustomerGet, (*Queries).CustomerInsert, (*Queries).CustomerUpdate,
		(*Queries).CustomerCopy),
	entity.Contact: storeOf((*Queries).ContactGet, (*Queries).ContactInsert, (*Queries).ContactUpdate,
		(*Queries).ContactCopy),
	entity.Lead: storeOf((*Queries).LeadGet, (*Queries).LeadInsert, (*Queries).LeadUpdate, (*Queries).LeadCopy),
	entity.Deal: storeOf((*Queries).DealGet, (*Queries).DealInsert, (*Queries).DealUpdate, (*Queries).DealCopy),
	entity.Project: storeOf((*Queries).ProjectGet, (*Queries).ProjectInsert, (*Queries).ProjectUpdate,
		(*Queries).ProjectCopy),
	entity.Task: storeOf((*Queries).TaskGet, (*Queries).TaskInsert, (*Queries).TaskUpdate, (*Queries).TaskCopy),
}

// storeFor is the kind's store: of sqlc's queries, which are checked against the schema when
// they are compiled, or, of a kind that has none, of queries written from its description.
func storeFor(e *entity.Entity) store {
	if s, ok := stores[e.Kind]; ok {
		return s
	}
	return describedStore(e)
}

// RecordGet returns a record, deleted ones too; pgx.ErrNoRows when there is none.
func (q *Queries) RecordGet(ctx context.Context, e *entity.Entity, id uuid.UUID) (entity.Record, error) {
	r, err := storeFor(e).get(ctx, q, e, id)
	if err == nil {
		err = q.nameCustom(ctx, e, []entity.Record{r})
	}
	return r, err
}

// nameCustom reads the names of what records refer to in fields of the workspace's own.
func (q *Queries) nameCustom(ctx context.Context, e *entity.Entity, records []entity.Record) error {
	if !e.HasCustom() {
		return nil
	}
	var ids []uuid.UUID
	var kinds []entity.Kind
	refs := func(do func(v entity.Values, f *entity.Field, ref entity.Ref)) {
		for i := range e.Fields {
			for _, r := range records {
				if ref, ok := r.Values[e.Fields[i].Name].(entity.Ref); ok && e.Fields[i].Custom {
					do(r.Values, &e.Fields[i], ref)
				}
			}
		}
	}
	refs(func(_ entity.Values, f *entity.Field, ref entity.Ref) {
		ids, kinds = append(ids, ref.ID), append(kinds, f.Refers)
	})
	if len(ids) == 0 {
		return nil
	}
	rows, err := q.Names(ctx, ids, kinds...)
	if err != nil {
		return err
	}
	names := map[uuid.UUID]string{}
	for _, n := range rows {
		names[n.ID] = n.Name
	}
	refs(func(v entity.Values, f *entity.Field, ref entity.Ref) { ref.Name = names[ref.ID]; v[f.Name] = ref })
	return nil
}

// RecordInsert adds a record with these values.
func (q *Queries) RecordInsert(ctx context.Context, e *entity.Entity, id uuid.UUID, v entity.Values) error {
	return storeFor(e).insert(ctx, q, entity.Record{Entity: e, ID: id, Version: 1, Values: v})
}

// RecordUpdate writes all values of a record over the version: 0 when that is not the
// current one, or the record is gone.
func (q *Queries) RecordUpdate(ctx context.Context, r entity.Record) (int64, error) {
	return storeFor(r.Entity).update(ctx, q, r)
}

// RecordLoad adds many records of one kind by COPY, and returns how many.
func (q *Queries) RecordLoad(ctx context.Context, e *entity.Entity, records []entity.Record) (int64, error) {
	return storeFor(e).load(ctx, q, records)
}

// recordOf is the record that a row of a kind's get query is.
func recordOf(e *entity.Entity, row any) entity.Record {
	src := columnsOf(reflect.ValueOf(row))
	r := entity.Record{Entity: e, ID: src.get("id").(uuid.UUID), Version: src.get("version").(int32),
		Values: ValuesOf(e, row)} //nolint:forcetypeassert // of every kind: TestStores
	r.CreatedAt, r.UpdatedAt = src.get("created_at").(time.Time), src.get("updated_at").(time.Time) //nolint:forcetypeassert // too
	if at, ok := src.get("deleted_at").(time.Time); ok {
		r.DeletedAt = &at
	}
	r.Custom, _ = src.get("custom").(entity.Custom)
	return r
}

// ValuesOf are the values that a struct of a kind's queries holds: the row of its get
// query, or the parameters of another. Fields without a column there are left out.
func ValuesOf(e *entity.Entity, row any) entity.Values {
	src := columnsOf(reflect.ValueOf(row))
	v := make(entity.Values, len(e.Fields))
	custom, _ := src.get("custom").(entity.Custom)
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.Custom {
			v.Set(f.Name, custom.Value(f))
			continue
		}
		if f.Type == entity.TypeTags {
			if tags, ok := src.get("tags").([]string); ok {
				v.Set(f.Name, tagsOf(tags))
			}
			continue
		}
		columns := f.Columns()
		if !src.has(columns[len(columns)-1]) {
			continue
		}
		v.Set(f.Name, valueOf(f, src, columns))
	}
	return v
}

// valueOf is what the columns of a field hold.
func valueOf(f *entity.Field, src columns, names []string) entity.Value {
	if f.Type == entity.TypeDue {
		var due entity.Due
		if on, ok := src.get(names[0]).(time.Time); ok {
			due.On = &on
		}
		if at, ok := src.get(names[1]).(time.Time); ok {
			due.At = &at
		}
		return due
	}
	stem := stem(f)
	switch x := src.get(names[0]).(type) {
	case string:
		return entity.Text(x)
	case bool:
		return entity.Bool(x)
	case int32:
		return entity.Number(x)
	case int64:
		code, _ := src.get(f.Currency).(string)
		return entity.Money{Minor: x, Currency: code}
	case time.Time:
		if f.Type == entity.TypeDay {
			return entity.Day(x)
		}
		return entity.Moment(x)
	case uuid.UUID:
		name, _ := src.get(stem + "_name").(string)
		color, _ := src.get(stem + "_color").(string)
		return entity.Ref{ID: x, Name: name, Color: color}
	case []uuid.UUID:
		names, _ := src.get(stem + "_names").([]string)
		return refsOf(x, names)
	case []entity.Point:
		return entity.Points(x)
	case entity.Anchor:
		return &x
	}
	return nil
}

// stem is what a reference's columns begin with: owner of owner_id and owner_name.
func stem(f *entity.Field) string {
	return strings.TrimSuffix(strings.TrimSuffix(f.Column, "_ids"), "_id")
}

func refsOf(ids []uuid.UUID, names []string) entity.Refs {
	out := make(entity.Refs, len(ids))
	for i, id := range ids {
		out[i].ID = id
		if i < len(names) {
			out[i].Name = names[i]
		}
	}
	return out
}

// tagsOf reads tags as queries give them: the colour, a space, the name.
func tagsOf(rows []string) entity.Tags {
	out := make(entity.Tags, len(rows))
	for i, r := range rows {
		out[i].Color, out[i].Name, _ = strings.Cut(r, " ")
	}
	return out
}

// fill sets the parameters of a query from a record.
func fill(p reflect.Value, r entity.Record) {
	dst := columnsOf(p)
	for i := range r.Entity.Fields {
		f := &r.Entity.Fields[i]
		if f.Type == entity.TypeTags || f.Derived || f.Custom {
			continue
		}
		columns := f.Columns()
		if due, ok := r.Values[f.Name].(entity.Due); ok && len(columns) == 2 {
			dst.set(columns[0], pointee(due.On))
			dst.set(columns[1], pointee(due.At))
			continue
		}
		for _, c := range columns {
			dst.set(c, plain(r.Values[f.Name]))
		}
	}
	dst.set("id", r.ID)
	dst.set("version", r.Version)
	dst.set("custom", r.Custom.With(r.Entity, r.Values))
	dst.set("created_at", r.CreatedAt)
	dst.set("updated_at", r.UpdatedAt)
}

func pointee(t *time.Time) any {
	if t == nil {
		return nil
	}
	return *t
}

// plain is a value as a query takes it.
func plain(v entity.Value) any {
	switch v := v.(type) {
	case entity.Text:
		return string(v)
	case entity.Number:
		return int64(v)
	case entity.Bool:
		return bool(v)
	case entity.Money:
		return v.Minor
	case entity.Day:
		return time.Time(v)
	case entity.Moment:
		return time.Time(v)
	case entity.Ref:
		return v.ID
	case entity.Refs:
		ids := make([]uuid.UUID, len(v))
		for i, r := range v {
			ids[i] = r.ID
		}
		return ids
	case entity.Points:
		return []entity.Point(v)
	case *entity.Anchor:
		return *v
	}
	return nil
}

// columns is a struct of sqlc's, its fields by their columns.
type columns struct {
	of reflect.Value
	at map[string]int
}

var columnIndexes sync.Map // reflect.Type → map[string]int

func columnsOf(v reflect.Value) columns {
	t := v.Type()
	if at, ok := columnIndexes.Load(t); ok {
		return columns{v, at.(map[string]int)} //nolint:forcetypeassert // nothing else is stored
	}
	at := map[string]int{}
	for i := range t.NumField() {
		at[t.Field(i).Tag.Get("db")] = i
	}
	columnIndexes.Store(t, at)
	return columns{v, at}
}

func (c columns) has(name string) bool { _, ok := c.at[name]; return ok }

// get is what the column holds, nil for null and for what is not there.
func (c columns) get(name string) any {
	i, ok := c.at[name]
	if !ok {
		return nil
	}
	v := c.of.Field(i)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	return v.Interface()
}

// set sets the column, to nothing for nil; one that is not there is left out.
func (c columns) set(name string, to any) {
	i, ok := c.at[name]
	if !ok {
		return
	}
	v := c.of.Field(i)
	switch {
	case to == nil && v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	case to == nil:
		v.SetZero()
	case v.Kind() == reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(converted(to, p.Elem().Type()))
		v.Set(p)
	default:
		v.Set(converted(to, v.Type()))
	}
}

func converted(v any, t reflect.Type) reflect.Value {
	x := reflect.ValueOf(v)
	if n := reflect.Zero(t); n.CanInt() && x.CanInt() && n.OverflowInt(x.Int()) {
		panic(fmt.Sprintf("tenantdb: %v is too large for its column", v)) // types bound what they read
	}
	return x.Convert(t)
}
