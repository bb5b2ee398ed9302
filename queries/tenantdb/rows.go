package tenantdb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/paddock-crm/paddock/app/entity"
)

// rowReader selects fields of records, with the names of what they refer to, and reads the
// rows, by the names of their columns.
type rowReader struct {
	entity  *entity.Entity
	cells   []*cell
	columns string // to select
	joins   string
	into    map[string]any // what a column is scanned into, by its name

	id      pgtype.UUID
	key     pgtype.Text
	absent  pgtype.Bool
	related pgtype.UUID
	version pgtype.Int4
}

// rowKey is where a list stands with a row.
type rowKey struct {
	sort    string     // the sort column as text
	absent  bool       // the sort column is empty; such rows come last either way
	related *uuid.UUID // the row whose column it is, where that is another table's
}

// cell is one field of a row. Its parts are set with every row anew.
type cell struct {
	field       *entity.Field
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

// newRowReader reads the fields, and the name.
func newRowReader(e *entity.Entity, fields []string) *rowReader {
	r := &rowReader{entity: e}
	r.into = map[string]any{"list_id": &r.id, "list_key": &r.key, "list_absent": &r.absent, "list_of": &r.related, "version": &r.version}
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
	column := func(sql, name string, into any) {
		selected = append(selected, sql+" as "+name)
		r.into[name] = into
	}
	names := append([]string{e.Name}, fields...)
	for i := range e.Fields {
		f := &e.Fields[i]
		if !slices.Contains(names, f.Name) {
			continue
		}
		c := &cell{field: f}
		r.cells = append(r.cells, c)
		own := "r." + f.Column
		if via := e.Field(f.Via); via != nil {
			t, _ := tableOf(via.Refers)
			own = join(via, t) + "." + f.Column
		}
		switch f.Type.Column() {
		case "":
			column(`array(select t.color || ' ' || t.name from taggings g join tags t on t.id = g.tag_id
				where g.subject_type = '`+string(e.Kind)+`' and g.subject_id = r.id order by t.name)`, f.Name, &c.names)
		case "text":
			column(own, f.Name, &c.text)
		case "integer", "bigint":
			column(own, f.Name, &c.number)
			if f.Currency != "" {
				column("r."+e.Field(f.Currency).Column, f.Name+"_currency", &c.code)
			}
		case "date":
			column(own, f.Name, &c.day)
		case "timestamptz":
			column(own, f.Name, &c.at)
			if f.Type == entity.TypeDue {
				column("r."+f.Columns()[0], f.Name+"_day", &c.day)
			}
		case "boolean":
			column(own, f.Name, &c.is)
		case "uuid":
			column(own, f.Name, &c.id)
			if t, ok := tableOf(f.Refers); ok {
				alias := join(f, t)
				column(fmt.Sprintf("coalesce(%s.%s::text, '')", alias, t.label), f.Name+"_name", &c.name)
				if t.color != "" {
					column(alias+"."+t.color, f.Name+"_color", &c.color)
				}
			}
		case "uuid[]":
			t, _ := tableOf(f.Refers)
			column(own, f.Name, &c.ids)
			column(fmt.Sprintf(`array(select coalesce(x.%s::text, '') from unnest(%s) with ordinality as i (id, n) left join %s x on x.id = i.id order by i.n)`,
				t.label, own, t.name), f.Name+"_names", &c.names)
		case "jsonb":
			column(own, f.Name, &c.points)
		}
	}
	r.columns = strings.Join(selected, ", ")
	return r
}

// read reads all rows.
func (r *rowReader) read(rows pgx.Rows, err error) (records []entity.Record, keys []rowKey, _ error) {
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	into := make([]any, len(rows.FieldDescriptions()))
	for i, d := range rows.FieldDescriptions() {
		into[i] = r.into[d.Name]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		record := entity.Record{Entity: r.entity, ID: r.id.Bytes, Version: r.version.Int32, Values: make(entity.Values, len(r.cells))}
		for _, c := range r.cells {
			record.Values.Set(c.field.Name, c.value())
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
func (c *cell) value() entity.Value {
	switch c.field.Type.Column() {
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
		case c.field.Type == entity.TypeDue:
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
		return entity.Points(c.points)
	}
	return nil
}
