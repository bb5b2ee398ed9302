package tenantdb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/paddock-crm/paddock/app/entity"
)

// rowShape is what is selected of records for some of their fields, with the names of what
// they refer to.
type rowShape struct {
	entity  *entity.Entity
	fields  []*entity.Field
	columns string // to select
	joins   string
	into    map[string]target // by the name of a column
}

// target is what a column is scanned into: a part of a field's cell, or, without one, of the
// row.
type target struct {
	cell int // -1 for none
	part part
}

// part is one of a cell or a row.
type part int

const (
	partText part = iota
	partCode
	partNumber
	partDay
	partAt
	partIs
	partID
	partName
	partColor
	partIDs
	partNames
	partPoints
	partAnchor
	partCustom

	rowID
	rowKeyText
	rowAbsent
	rowOf
	rowVersion
	rowDeleted
)

// rowReader reads rows of a shape, by the names of their columns.
type rowReader struct {
	*rowShape
	cells []cell

	id      pgtype.UUID
	key     pgtype.Text
	absent  pgtype.Bool
	related pgtype.UUID
	version pgtype.Int4
	deleted pgtype.Timestamptz
	custom  entity.Custom
}

// rowKey is where a list stands with a row.
type rowKey struct {
	sort    string     // the sort column as text
	absent  bool       // the sort column is empty; such rows come last either way
	related *uuid.UUID // the row whose column it is, where that is another table's
}

// cell is one field of a row. Its parts are set with every row anew.
type cell struct {
	text, code  pgtype.Text // code: of an amount's currency
	number      pgtype.Int8
	day         pgtype.Date
	at          pgtype.Timestamptz
	is          pgtype.Bool
	id          pgtype.UUID
	name, color pgtype.Text
	ids         []uuid.UUID
	names       []string // of ids, or tags
	points      []entity.Point
	anchor      *entity.Anchor
}

// table is what is shown of what references refer to.
type table struct{ name, label, color string }

var referred = map[entity.Kind]table{
	entity.Member:   {"members", "name", ""},
	entity.Stage:    {"stages", "name", "color"},
	entity.Pipeline: {"pipelines", "name", ""},
}

func tableOf(k entity.Kind) (table, bool) {
	if e := entity.For(k); e != nil {
		return table{e.Table, e.Field(e.Name).Column, ""}, true
	}
	t, ok := referred[k]
	return t, ok
}

// shapes are those that lists have, by kind and fields.
var shapes, _ = lru.New[shapeKey, *rowShape](4096) // only a size below 1 fails

type shapeKey struct {
	entity *entity.Entity
	fields string
}

// newRowReader reads the fields, and the name.
func newRowReader(e *entity.Entity, fields []string) *rowReader {
	key := shapeKey{e, strings.Join(fields, " ")}
	s, ok := shapes.Get(key)
	if !ok {
		s = newRowShape(e, fields)
		shapes.Add(key, s)
	}
	return &rowReader{rowShape: s, cells: make([]cell, len(s.fields))}
}

func newRowShape(e *entity.Entity, fields []string) *rowShape {
	r := &rowShape{entity: e}
	r.into = map[string]target{"list_id": {-1, rowID}, "list_key": {-1, rowKeyText}, "list_absent": {-1, rowAbsent}, "list_of": {-1, rowOf},
		"version": {-1, rowVersion}, "deleted_at": {-1, rowDeleted}}
	selected := []string{"r.version"}
	joined := map[string]bool{}
	join := func(f *entity.Field, t table) string {
		alias := "j_" + f.Column
		if !joined[alias] {
			joined[alias] = true
			r.joins += fmt.Sprintf(" left join %s %s on %[2]s.id = r.%s", t.name, alias, f.Column)
		}
		return alias
	}
	names := append([]string{e.Name}, fields...)
	for i := range e.Fields {
		f := &e.Fields[i]
		if !slices.Contains(names, f.Name) {
			continue
		}
		at := len(r.fields)
		r.fields = append(r.fields, f)
		if f.Custom {
			if _, ok := r.into["custom"]; !ok {
				selected = append(selected, "r.custom")
				r.into["custom"] = target{-1, partCustom}
			}
			continue
		}
		column := func(sql, name string, into part) {
			selected = append(selected, sql+" as "+name)
			r.into[name] = target{at, into}
		}
		own := "r." + f.Column
		if via := e.Field(f.Via); via != nil {
			t, _ := tableOf(via.Refers)
			own = join(via, t) + "." + f.Column
		}
		switch f.Type.Column() {
		case "":
			column(`array(select t.color || ' ' || t.name from taggings g join tags t on t.id = g.tag_id
				where g.subject_type = '`+string(e.Kind)+`' and g.subject_id = r.id order by t.name)`, f.Name, partNames)
		case "text":
			column(own, f.Name, partText)
		case "integer", "bigint":
			column(own, f.Name, partNumber)
			if f.Currency != "" {
				column("r."+e.Field(f.Currency).Column, f.Name+"_currency", partCode)
			}
		case "date":
			column(own, f.Name, partDay)
		case "timestamptz":
			column(own, f.Name, partAt)
			if f.Type == entity.TypeDue {
				column("r."+f.Columns()[0], f.Name+"_day", partDay)
			}
		case "boolean":
			column(own, f.Name, partIs)
		case "uuid":
			column(own, f.Name, partID)
			if t, ok := tableOf(f.Refers); ok {
				alias := join(f, t)
				column(fmt.Sprintf("coalesce(%s.%s::text, '')", alias, t.label), f.Name+"_name", partName)
				if t.color != "" {
					column(alias+"."+t.color, f.Name+"_color", partColor)
				}
			}
		case "uuid[]":
			t, _ := tableOf(f.Refers)
			column(own, f.Name, partIDs)
			column(fmt.Sprintf(`array(select coalesce(x.%s::text, '') from unnest(%s) with ordinality as i (id, n) left join %s x on x.id = i.id
				order by i.n)`,
				t.label, own, t.name), f.Name+"_names", partNames)
		case "jsonb":
			if f.Type == entity.TypeAnchor {
				column(own, f.Name, partAnchor)
			} else {
				column(own, f.Name, partPoints)
			}
		}
	}
	r.columns = strings.Join(selected, ", ")
	return r
}

// scan is where a column goes.
func (r *rowReader) scan(t target) any {
	switch t.part {
	case rowID:
		return &r.id
	case rowKeyText:
		return &r.key
	case rowAbsent:
		return &r.absent
	case rowOf:
		return &r.related
	case rowVersion:
		return &r.version
	case rowDeleted:
		return &r.deleted
	case partCustom:
		return &r.custom
	}
	c := &r.cells[t.cell]
	switch t.part {
	case partText:
		return &c.text
	case partCode:
		return &c.code
	case partNumber:
		return &c.number
	case partDay:
		return &c.day
	case partAt:
		return &c.at
	case partIs:
		return &c.is
	case partID:
		return &c.id
	case partName:
		return &c.name
	case partColor:
		return &c.color
	case partIDs:
		return &c.ids
	case partNames:
		return &c.names
	case partAnchor:
		return &c.anchor
	default:
		return &c.points
	}
}

// read reads all rows.
func (r *rowReader) read(rows pgx.Rows, err error) (records []entity.Record, keys []rowKey, _ error) {
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	into := make([]any, len(rows.FieldDescriptions()))
	for i, d := range rows.FieldDescriptions() {
		into[i] = r.scan(r.into[d.Name])
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		record := entity.Record{Entity: r.entity, ID: r.id.Bytes, Version: r.version.Int32, Values: make(entity.Values, len(r.cells))}
		for i, f := range r.fields {
			if f.Custom {
				record.Values.Set(f.Name, r.custom.Value(f))
			} else {
				record.Values.Set(f.Name, r.cells[i].value(f))
			}
		}
		key := rowKey{sort: r.key.String, absent: r.absent.Bool}
		if r.related.Valid {
			of := uuid.UUID(r.related.Bytes)
			key.related = &of
		}
		records, keys = append(records, record), append(keys, key)
	}
	return records, keys, rows.Err()
}

// value is what was scanned.
func (c *cell) value(f *entity.Field) entity.Value {
	switch f.Type.Column() {
	case "":
		return tagsOf(c.names)
	case "text":
		if c.text.Valid {
			return entity.Text(c.text.String)
		}
	case "integer":
		if c.number.Valid {
			return entity.Number(c.number.Int64)
		}
	case "bigint":
		if c.number.Valid {
			return entity.Money{Minor: c.number.Int64, Currency: c.code.String}
		}
	case "date":
		if c.day.Valid {
			return entity.Day(c.day.Time)
		}
	case "timestamptz":
		var due entity.Due
		if c.day.Valid {
			on := c.day.Time
			due.On = &on
		}
		if c.at.Valid {
			at := c.at.Time
			due.At = &at
		}
		switch {
		case f.Type == entity.TypeDue:
			return due
		case due.At != nil:
			return entity.Moment(*due.At)
		}
	case "boolean":
		if c.is.Valid {
			return entity.Bool(c.is.Bool)
		}
	case "uuid":
		if c.id.Valid {
			return entity.Ref{ID: c.id.Bytes, Name: c.name.String, Color: c.color.String}
		}
	case "uuid[]":
		return refsOf(c.ids, c.names)
	case "jsonb":
		if f.Type == entity.TypeAnchor {
			return c.anchor
		}
		return entity.Points(c.points)
	}
	return nil
}
