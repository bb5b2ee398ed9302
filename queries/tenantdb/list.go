// Package tenantdb is the queries of a tenant schema: sqlc's, and its lists.
package tenantdb

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/app/entity"
)

// sqlc makes static queries; a list that can be sorted by any column, in both
// directions, from any point, is dozens of them. This file writes that one
// kind of query, for every kind of record, from the columns of its description.

// ErrBadCursor is answered for an after= that no list of ours handed out.
var ErrBadCursor = errors.New("tenantdb: bad cursor")

// CountLimit is how far lists that are narrowed are counted exactly; one more means "and
// more".
const CountLimit = 10_000

// Page selects part of a list.
type Page struct {
	Sort  string // a field of the list, "-" before it for descending; "" is the list's default
	After string // the cursor of the page before; "" starts at the top
	Limit int
	Zone  *time.Location // in which days end; nil is UTC
	Few   bool           // what is left of the filter is little, whatever its values: one plan is kept
}

// sortColumn is a column to sort by. Its index is (column, id).
type sortColumn struct {
	column  string
	cast    string // the type a cursor's text is cast back to
	present string // condition on rows that have a value; "" when all have
	absent  string // its opposite, in a form the index serves
	related *related
	// days is the day that a row has in place of a moment, such as due_on beside due_at. It
	// counts as when it ends in the page's zone; its index is (days, id).
	days string
	open string // of days: the condition on those that count; "" for all
	// choices are the values of a column of choices, in their order.
	choices []string
}

// choiceColumn sorts a column of choices in their order; the index is of the same
// expression.
func choiceColumn(c string, values ...string) sortColumn {
	in := "array_position(array['" + strings.Join(values, "', '") + "'], " + c + ")"
	return sortColumn{column: in, cast: "integer", choices: values}
}

// positions are where values stand among the column's choices, as SQL; "" for none.
func (c sortColumn) positions(values []string) string {
	var out []string
	for _, v := range values {
		if i := slices.Index(c.choices, v); i >= 0 {
			out = append(out, strconv.Itoa(i+1))
		}
	}
	return strings.Join(out, ", ")
}

// optional is the column where rows may have no value.
func (c sortColumn) optional(present, absent string) sortColumn {
	c.present, c.absent = present, absent
	return c
}

// related is the table that the column to sort by belongs to, such as the
// owner's name. Its rows are walked in order (index: column, id), and of each
// the first few rows that point to it are read (index: the pointer, id).
type related struct{ table, id, pointer string }

func relatedColumn(c string, r related) sortColumn {
	return sortColumn{column: c, cast: "text", present: r.pointer + " = " + r.id, absent: r.pointer + " is null", related: &r}
}

func textColumn(c string) sortColumn {
	return sortColumn{column: c, cast: "text", present: c + " > ''", absent: c + " = ''"}
}

func nullableColumn(c, cast string) sortColumn {
	return sortColumn{column: c, cast: cast, present: c + " is not null", absent: c + " is null"}
}

// listSpec says how a kind of record is listed.
type listSpec struct {
	entity      *entity.Entity
	id          string // its id column
	from        string // its own table, filtered, sorted and limited by its indexes
	name        string // the column that people know a record by
	sorts       map[string]sortColumn
	defaultSort string
	search      string            // the column that is searched: see conditions.search
	owner       string            // the column that says whose a record is; "" for none
	match       map[string]string // what a filter compares: a column's condition, with %s for its values as text[]
	dates       map[string]dated  // what Filter.Dates look at
	task        string            // the condition of Filter.NoTask; "" where no task is about a record
}

// specs are those of the kinds, made when a kind is first listed; those of workspaces with
// fields of their own come and go.
var specs, _ = lru.New[*entity.Entity, listSpec](4096) // only a size below 1 fails

func specOf(e *entity.Entity) listSpec {
	if s, ok := specs.Get(e); ok {
		return s
	}
	s := newSpec(e)
	specs.Add(e, s)
	return s
}

// newSpec reads from the kind's description how it is listed. The record's own table is r.
func newSpec(e *entity.Entity) listSpec {
	s := listSpec{
		entity: e, id: "r.id", from: e.Table + " r", name: nameOf(e), defaultSort: e.DefaultSort, search: "r.search",
		sorts: map[string]sortColumn{}, match: map[string]string{}, dates: map[string]dated{},
	}
	if o := e.Owner(); o != nil {
		s.owner = "r." + o.Column
	}
	for i := range e.Fields {
		f := &e.Fields[i]
		column := "r." + f.Column
		if f.Sort {
			s.sorts[f.Param] = sortOf(f)
		}
		switch {
		case !f.Filter:
		case f.Type == entity.TypeReference:
			s.match[f.Param] = anyID(column)
		default:
			s.match[f.Param] = anyOf(column)
		}
		if f.Dated {
			s.dates[f.Param] = datedBy(e, f)
		}
	}
	if e.Subject() == nil {
		s.task = `not exists (select from tasks t where t.subject_id = r.id and t.deleted_at is null and t.status <> 'done')`
	}
	return s
}

// dated is a date as lists are narrowed by it: a moment, a day, or the one in place of the
// other.
type dated struct{ at, on, ended string }

func datedBy(e *entity.Entity, f *entity.Field) dated {
	d := dated{at: "r." + f.Column}
	switch f.Type {
	case entity.TypeDay:
		d = dated{on: d.at}
	case entity.TypeDue:
		d.on = "r." + f.Columns()[0]
	}
	if end := e.Field(f.Ended); end != nil {
		d.ended = "r." + end.Column
	}
	return d
}

// sortOf is how a field's column sorts.
func sortOf(f *entity.Field) sortColumn {
	column := "r." + f.Column
	switch {
	case f.Refers == entity.Member:
		return ownerColumn(column)
	case f.Type == entity.TypeSelect && len(f.Options) > 0:
		values := make([]string, len(f.Options))
		for i, o := range f.Options {
			values[i] = o.Value
		}
		c := choiceColumn(column, values...)
		if !f.Required {
			c = c.optional(column+" > ''", column+" = ''")
		}
		return c
	case f.Type == entity.TypeDue:
		c := sortColumn{column: column, cast: f.Type.Column(), present: column + " is not null", absent: "r." + f.Order + " is null",
			days: "r." + f.Columns()[0]}
		if f.Ended != "" { // what is done comes last
			c.open = "r." + f.Ended + " is null"
			c.present += " and " + c.open
			c.absent = "(" + c.absent + " or r." + f.Ended + " is not null)"
		}
		return c
	case f.Order != "": // a text that stands for the value
		return nullableColumn("r."+f.Order, "text")
	case f.Required:
		return sortColumn{column: column, cast: f.Type.Column()}
	case f.Type.Column() == "text":
		return textColumn(column)
	}
	return nullableColumn(column, f.Type.Column())
}

// Filter narrows a list; zero fields do not.
type Filter struct {
	Query   string // words of the search column
	OwnerID uuid.UUID
	NoOwner bool
	Tag     string                  // a tag's name, for the page
	TagID   uuid.UUID               // the tag that has it: TagFind; what filters
	Match   map[string][]string     // by the list's own fields, such as "status"; an unknown one narrows nothing
	Dates   map[string]entity.Range // by the list's own dates, such as "due_at"
	NoTask  bool                    // what nothing is to be done about
}

// conditions are what the filter asks of the list's rows.
func (s listSpec) conditions(f Filter) conditions {
	c := conditions{where: []string{"r.deleted_at is null"}, matched: f.Match}
	c.search(f.Query, s.search)
	for _, field := range slices.Sorted(maps.Keys(f.Match)) {
		if format, ok := s.match[field]; ok && len(f.Match[field]) > 0 {
			c.match(format, f.Match[field])
		}
	}
	switch {
	case s.owner == "":
	case f.NoOwner:
		c.add(s.owner + " is null")
	case f.OwnerID != uuid.Nil:
		c.add(s.owner+" = %s", f.OwnerID)
	}
	if f.Tag != "" {
		// By its id, so that the planner knows whether the tag is rare: then it
		// starts there, else it looks at each row of the sort's index.
		c.add(`exists (select from taggings g where g.subject_type = '`+string(s.entity.Kind)+`' and g.subject_id = `+s.id+` and g.tag_id = %s)`,
			f.TagID)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Dates)) {
		if d, ok := s.dates[name]; ok {
			c.within(d, f.Dates[name])
		}
	}
	if f.NoTask && s.task != "" {
		c.where = append(c.where, s.task)
	}
	return c
}

// within asks for a moment of the range, or for a day of it.
func (c *conditions) within(d dated, r entity.Range) {
	if r.Open && d.ended != "" {
		c.where = append(c.where, d.ended+" is null")
	}
	if r.None {
		for _, column := range []string{d.at, d.on} {
			if column != "" {
				c.where = append(c.where, column+" is null")
			}
		}
	}
	for _, b := range []struct {
		op    string
		bound time.Time
	}{{">=", r.Since}, {"<", r.Until}} {
		if b.bound.IsZero() {
			continue
		}
		at, on := "", ""
		if d.at != "" {
			at = d.at + " " + b.op + " " + c.arg(b.bound)
		}
		if d.on != "" {
			on = d.on + " " + b.op + " " + c.arg(b.bound.Format(time.DateOnly)) + "::date"
		}
		if at == "" || on == "" {
			c.where = append(c.where, at+on)
			continue
		}
		c.where = append(c.where, "("+at+" or "+on+")")
		c.moments, c.days = append(c.moments, at), append(c.days, on) // for the parts that have one of them
	}
}

// anyOf is a filter on a text column.
func anyOf(column string) string { return column + textFilter }

// anyID is a filter on an id; what is no id matches nothing.
func anyID(column string) string { return column + uuidFilter }

const (
	textFilter = " = any(%s::text[])"
	uuidFilter = " = any(%s::uuid[])"
)

// match adds a filter by value. The values have their type, so that the planner
// knows which they are; one alone is compared as one, for then an index also
// gives the order of what follows it.
func (c *conditions) match(format string, values []string) {
	one := len(values) == 1
	if !strings.HasSuffix(format, uuidFilter) {
		if one {
			c.add(strings.TrimSuffix(format, textFilter)+" = %s::text", values[0])
		} else {
			c.add(format, values)
		}
		return
	}
	ids := []uuid.UUID{}
	for _, v := range values {
		if id, err := uuid.Parse(v); err == nil {
			ids = append(ids, id)
		}
	}
	if one && len(ids) == 1 {
		c.add(strings.TrimSuffix(format, uuidFilter)+" = %s::uuid", ids[0])
	} else {
		c.add(format, ids)
	}
}

// sort resolves Page.Sort; an unknown field falls back to the default, so that
// an old link still shows its list.
func (s listSpec) sort(p Page) (field string, c sortColumn, desc bool) {
	field, desc = strings.CutPrefix(p.Sort, "-")
	c, ok := s.sorts[field]
	if !ok {
		field, desc = strings.CutPrefix(s.defaultSort, "-")
		c = s.sorts[field]
	}
	if desc {
		return "-" + field, c, true
	}
	return field, c, false
}

// conditions collects a query's WHERE and its arguments.
type conditions struct {
	where         []string
	args          []any
	matched       map[string][]string
	moments, days []string // of where, for rows that have a moment, and for those that have a day
}

// add appends a condition whose %s stand for its arguments' placeholders.
func (c *conditions) add(format string, args ...any) {
	marks := make([]any, len(args))
	for i, a := range args {
		marks[i] = c.arg(a)
	}
	c.where = append(c.where, fmt.Sprintf(format, marks...))
}

func (c *conditions) arg(a any) string {
	c.args = append(c.args, a)
	return fmt.Sprintf("$%d", len(c.args))
}

func (c *conditions) and(more ...string) string {
	return strings.Join(append(more, c.where...), " and ")
}

// limit is how many rows are read at most. Where nothing is narrowed it is a literal, so that
// one plan is kept: the planner takes a limit that it does not know for a tenth of the table,
// and plans anew every time. Where words or values narrow, that is just what is wanted: the
// plan for a common value reads the whole table for a rare one.
func (c *conditions) limit(n int) string {
	if len(c.args) == 0 {
		return strconv.Itoa(n)
	}
	return c.arg(n)
}

// search adds the words of q: a record has each of them in its search column, or the phone
// number that all of them are. The trigram index serves it: a short word's pattern has the
// blank before it, which makes trigrams of its own.
func (c *conditions) search(q, column string) {
	if q == "" {
		return
	}
	var words []string
	for word := range strings.FieldsSeq(q) {
		var either []string
		for _, p := range entity.SearchPatterns(word) {
			either = append(either, column+" like "+c.arg(p))
		}
		switch len(either) {
		case 0: // signs: "&" in "Smith & Co"
		case 1:
			words = append(words, either[0])
		default:
			words = append(words, "("+strings.Join(either, " or ")+")")
		}
	}
	numbers := entity.NumberPatterns(q)
	for i, p := range numbers {
		numbers[i] = column + " like " + c.arg(p)
	}
	switch {
	case len(words) == 0:
		c.where = append(c.where, "false") // of nothing but signs
	case len(numbers) > 0:
		c.where = append(c.where, "("+strings.Join(words, " and ")+" or "+strings.Join(numbers, " or ")+")")
	default:
		c.where = append(c.where, words...)
	}
}

// searchPrefix is how many characters of the search column its index of beginnings has.
const searchPrefix = 60

// begins is the pattern of records whose name begins with the words.
func begins(words string) string {
	r := []rune(" " + entity.Words(words))
	return string(r[:min(len(r), searchPrefix)]) + "%"
}

type cursor struct {
	Sort   string     `json:"s"`
	Key    string     `json:"k"`
	Absent bool       `json:"a,omitempty"`
	ID     uuid.UUID  `json:"i"`
	Of     *uuid.UUID `json:"o,omitempty"`
}

func (c cursor) String() string {
	b, _ := json.Marshal(c) // strings and a uuid: cannot fail
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string) (c cursor, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || json.Unmarshal(b, &c) != nil || !utf8.ValidString(c.Key) || strings.ContainsRune(c.Key, 0) {
		return c, ErrBadCursor
	}
	return c, nil
}

// query writes the query of a page.
//
// Rows with a value and rows without are two index scans, each limited: one
// scan with "or … is null" reads the whole index.
func (s listSpec) query(rows *rowReader, c conditions, p Page, zone string) (sql string, args []any, err error) {
	field, col, desc := s.sort(p)
	var from *cursor
	if p.After != "" {
		parsed, err := parseCursor(p.After)
		if err != nil || parsed.Sort != field || parsed.Absent && col.absent == "" ||
			(parsed.Of != nil) != (col.related != nil && !parsed.Absent) {
			return "", nil, ErrBadCursor
		}
		from = &parsed
	}
	op, dir := ">", ""
	if desc {
		op, dir = "<", " desc"
	}
	limit := strconv.Itoa(p.Limit + 1) // one more tells whether there is a next page
	if !p.Few {
		limit = c.limit(p.Limit + 1)
	}

	part := func(n int, key, where, order string) string {
		return fmt.Sprintf(`(select %d as part, %s as list_id, %s as list_key, null::uuid as list_of from %s where %s order by %s limit %s)`, n,
			s.id, key, s.from, where, order, limit)
	}
	absentKey := col.column
	if col.related != nil {
		absentKey = "''"
	}
	var parts []string
	absent := ""
	switch {
	case from != nil && from.Absent:
	case col.related != nil:
		r, outer, inner := col.related, "true", []string{col.present}
		if from != nil {
			// What is left of the row where the page before ended, then the rows behind it.
			of, key := c.arg(*from.Of)+"::uuid", c.arg(from.Key)+"::"+col.cast+" collate ext.name_order"
			outer = fmt.Sprintf("(%s, %s) %s (%s, %s)", col.column, r.id, op, key, of)
			rest := c.and(r.pointer+" = "+of, fmt.Sprintf("%s %s %s::uuid", s.id, op, c.arg(from.ID)))
			parts = append(parts,
				fmt.Sprintf(`(select 0 as part, %[1]s as list_id, %[2]s as list_key, %[3]s as list_of from %[4]s where %[5]s
					order by %[1]s%[6]s limit %[7]s)`,
					s.id, key, of, s.from, rest, dir, limit))
		}
		parts = append(parts, fmt.Sprintf(`(select 0 as part, x.id as list_id, %[1]s as list_key, %[2]s as list_of from %[3]s
			cross join lateral (select %[4]s as id from %[5]s where %[6]s order by %[4]s%[7]s limit %[8]s) x
			where %[9]s order by %[1]s%[7]s, %[2]s%[7]s, x.id%[7]s limit %[8]s)`,
			col.column, r.id, r.table, s.id, s.from, c.and(inner...), dir, limit, outer))
	default:
		var where []string
		if col.present != "" {
			where = append(where, col.present)
		}
		if in := col.positions(c.matched[strings.TrimPrefix(field, "-")]); in != "" {
			where = append(where, col.column+" in ("+in+")") // the index is read from there on
		}
		if from != nil {
			where = append(where, fmt.Sprintf("(%s, %s) %s (%s::%s, %s::uuid)", col.column, s.id, op, c.arg(from.Key), col.cast, c.arg(from.ID)))
		}
		if col.days != "" {
			where = append(where, c.moments...)
			parts = append(parts, s.daysPart(&c, col, from, op, dir, limit, zone))
		}
		order := col.column + dir + ", " + s.id + dir
		if col.days == "" && col.absent == "" { // one index says it all
			return fmt.Sprintf(`select %[1]s as list_id, coalesce(%[2]s::text, '') as list_key, false as list_absent, null::uuid as list_of, %[3]s
				from %[4]s %[5]s where %[6]s order by %[7]s limit %[8]s`,
				s.id, col.column, rows.columns, s.from, rows.joins, c.and(where...), order, limit), c.args, nil
		}
		parts = append(parts, part(0, col.column, c.and(where...), order))
	}
	if col.absent != "" {
		where := []string{col.absent}
		if from != nil && from.Absent {
			where = append(where, fmt.Sprintf("%s %s %s::uuid", s.id, op, c.arg(from.ID)))
		}
		if len(parts) > 0 {
			// Not looked for while rows with a value fill the page.
			where = append(where, "(select count(*) from valued) < "+limit)
		}
		absent = part(1, absentKey, c.and(where...), s.id+dir)
	}
	with := strings.Join(parts, " union all ")
	switch {
	case with == "":
		with = absent
	case absent != "":
		with = "select * from valued union all " + absent
	}
	valued := ""
	if len(parts) > 0 && absent != "" {
		valued = "valued as materialized (" + strings.Join(parts, " union all ") + "),"
	}
	// The joins run over the page's rows alone.
	return fmt.Sprintf(`with %[8]s page as (select * from (%[1]s) parts order by part, list_key%[2]s, list_of%[2]s, list_id%[2]s limit %[3]s)
		select page.list_id, coalesce(page.list_key::text, '') as list_key, page.part = 1 as list_absent, page.list_of, %[4]s
		from page join %[5]s on %[6]s = page.list_id %[7]s
		order by page.part, page.list_key%[2]s, page.list_of%[2]s, page.list_id%[2]s`,
		with, dir, limit, rows.columns, s.from, s.id, rows.joins, valued), c.args, nil
}

// daysPart selects the rows of a page that have a day in place of a moment.
func (s listSpec) daysPart(c *conditions, col sortColumn, from *cursor, op, dir, limit, zone string) string {
	if zone == "" {
		zone = "UTC"
	}
	in := c.arg(zone) + "::text"
	key := "((" + col.days + " + 1)::timestamp at time zone " + in + ")"
	where := append([]string{col.days + " is not null"}, c.days...)
	if col.open != "" {
		where = append(where, col.open)
	}
	if from != nil {
		at := c.arg(from.Key) + "::timestamptz"
		// for the index
		day := map[string]string{">": " >= (" + at + " at time zone " + in + ")::date - 1",
			"<": " <= (" + at + " at time zone " + in + ")::date"}[op]
		where = append(where, col.days+day, fmt.Sprintf("(%s, %s) %s (%s, %s::uuid)", key, s.id, op, at, c.arg(from.ID)))
	}
	return fmt.Sprintf(`(select 0 as part, %[1]s as list_id, %[2]s as list_key, null::uuid as list_of from %[3]s where %[4]s
		order by %[5]s%[6]s, %[1]s%[6]s limit %[7]s)`,
		s.id, key, s.from, c.and(where...), col.days, dir, limit)
}

// zones are those that PostgreSQL knows, by the name that it is given.
var zones sync.Map

// ZoneName is a time zone as the database knows it: by its name, or by how far it is from
// UTC now where the database's list is older than ours.
func (q *Queries) ZoneName(ctx context.Context, zone *time.Location) (string, error) {
	name := zone.String()
	if zone == time.UTC {
		return "UTC", nil
	}
	if known, ok := zones.Load(name); ok {
		return known.(string), nil
	}
	var is bool
	if err := q.db.QueryRow(ctx, `select exists (select from pg_catalog.pg_timezone_names where name = $1)`, name).Scan(&is); err != nil {
		return "", err
	}
	known := name
	if !is {
		_, offset := time.Now().In(zone).Zone()
		known = fmt.Sprintf("%+03d:%02d", -offset/3600, abs(offset/60)%60) // POSIX counts the other way
	}
	zones.Store(name, known)
	return known, nil
}

func abs(n int) int { return max(n, -n) }

// List says which records are asked for, and what of them.
type List struct {
	Filter
	Page
	Fields []string // what is read of each, beside what every record has
}

// RecordList returns a page of records and the cursor of the next one, "" at the end;
// ErrBadCursor for a cursor that is not of this list and sort.
func (q *Queries) RecordList(ctx context.Context, e *entity.Entity, l List) (records []entity.Record, next string, err error) {
	s := specOf(e)
	zone := ""
	if field, col, _ := s.sort(l.Page); col.days != "" && l.Zone != nil && field != "" {
		if zone, err = q.ZoneName(ctx, l.Zone); err != nil {
			return nil, "", err
		}
	}
	rows := newRowReader(e, l.Fields)
	sql, args, err := s.query(rows, s.conditions(l.Filter), l.Page, zone)
	if err != nil {
		return nil, "", err
	}
	records, keys, err := rows.read(q.db.Query(ctx, sql, args...))
	if err != nil {
		return nil, "", badCursor(err, l.After != "")
	}
	if err := q.nameCustom(ctx, e, records); err != nil {
		return nil, "", err
	}
	if len(records) > l.Limit {
		records = records[:l.Limit]
		field, _, _ := s.sort(l.Page)
		k := keys[l.Limit-1]
		next = cursor{Sort: field, Key: k.sort, Absent: k.absent, ID: records[l.Limit-1].ID, Of: k.related}.String()
	}
	return records, next, nil
}

// badCursor tells a cursor whose key does not cast (class 22, data exception)
// from a fault.
func badCursor(err error, hasCursor bool) error {
	var pg *pgconn.PgError
	if hasCursor && errors.As(err, &pg) && strings.HasPrefix(pg.Code, "22") {
		return ErrBadCursor
	}
	return err
}

// RecordCount counts what the filter leaves. One that narrows nothing leaves what the
// kind's kept count says; else CountLimit are counted, and more says whether there are more.
func (q *Queries) RecordCount(ctx context.Context, e *entity.Entity, f Filter) (n int, more bool, err error) {
	s := specOf(e)
	c := s.conditions(f)
	if len(c.where) == 1 { // what is not in the trash
		err = q.db.QueryRow(ctx, `-- name: RecordCount
			select coalesce(sum(n), 0)::bigint from record_counts where kind = '`+string(e.Kind)+`'`).Scan(&n)
		return n, false, err
	}
	limit := c.limit(CountLimit + 1)
	err = q.db.QueryRow(ctx, fmt.Sprintf(`select count(*) from (select from %s where %s limit %s) x`, s.from, c.and(), limit), c.args...).
		Scan(&n)
	return min(n, CountLimit), n > CountLimit, err
}

// RecordSort returns the sort that is in force when sort is asked for.
func RecordSort(e *entity.Entity, sort string) string {
	field, _, _ := specOf(e).sort(Page{Sort: sort})
	return field
}

func ownerColumn(pointer string) sortColumn {
	return relatedColumn("o.name", related{table: "members o", id: "o.id", pointer: pointer})
}

// Column is the first cards of one column of a board, and the cursor of those
// below, "" at the end.
type Column struct {
	Cards []entity.Record
	Next  string
}

// RecordBoard returns the first n records of each value of the kind's board, by the value,
// in one query. The cards below come from RecordList, sorted by the board's sort and
// filtered by the value.
func (q *Queries) RecordBoard(ctx context.Context, e *entity.Entity, l List, values []string, n int) (map[string]Column, error) {
	if len(values) == 0 {
		return nil, nil
	}
	s := specOf(e)
	rows := newRowReader(e, l.Fields)
	sql, args := s.columnsQuery(rows, s.conditions(l.Filter), values, n)
	records, keys, err := rows.read(q.db.Query(ctx, sql, args...))
	if err != nil {
		return nil, err
	}
	by := e.Field(e.Board)
	field, _, _ := s.sort(Page{Sort: e.BoardSort})
	out, last := map[string]Column{}, map[string]string{} // last: the sort keys of the last cards
	for i, r := range records {
		value := by.Type.Input(r.Values[by.Name], entity.Formats{})
		column := out[value]
		if len(column.Cards) < n {
			column.Cards = append(column.Cards, r)
			last[value] = keys[i].sort
		} else {
			column.Next = cursor{Sort: field, Key: last[value], ID: column.Cards[n-1].ID}.String()
		}
		out[value] = column
	}
	return out, nil
}

// columnsQuery writes the query of RecordBoard.
func (s listSpec) columnsQuery(rows *rowReader, c conditions, values []string, n int) (sql string, args []any) {
	by := s.entity.Field(s.entity.Board)
	_, col, desc := s.sort(Page{Sort: s.entity.BoardSort})
	dir := ""
	if desc {
		dir = " desc"
	}
	limit := c.limit(n + 1)
	parts := make([]string, len(values))
	value := func(v string) string { return c.arg(v) + "::" + by.Type.Column() }
	switch {
	case len(c.args) > 0:
	case len(by.Options) > 0: // the same in every workspace: each is a literal, and the plan is kept
		value = func(v string) string { return "'" + strings.ReplaceAll(v, "'", "''") + "'" }
	default: // one part does for all, and its plan is kept
		parts = parts[:1]
		parts[0] = fmt.Sprintf(`select x.list_id, x.list_key from unnest(%[1]s::%[2]s[]) as v (value) cross join lateral (
			select %[3]s as list_id, %[4]s as list_key from %[5]s where %[6]s = v.value and %[7]s order by %[4]s%[8]s, %[3]s%[8]s limit %[9]s) x`,
			c.arg(values), by.Type.Column(), s.id, col.column, s.from, "r."+by.Column, strings.Join(c.where, " and "), dir, limit)
		values = nil
	}
	for i, v := range values { // a part for each, so that the planner knows which are rare
		parts[i] = fmt.Sprintf(
			`(select %[1]s as list_id, %[2]s as list_key from %[3]s where %[4]s = %[5]s and %[6]s order by %[2]s%[7]s,
				%[1]s%[7]s limit %[8]s)`,
			s.id, col.column, s.from, "r."+by.Column, value(v), strings.Join(c.where, " and "), dir, limit)
	}
	sql = fmt.Sprintf(`with page as (%[1]s)
		select page.list_id, page.list_key::text as list_key, false as list_absent, null::uuid as list_of, %[2]s
		from page join %[3]s on %[4]s = page.list_id %[5]s order by page.list_key%[6]s, page.list_id%[6]s`,
		strings.Join(parts, " union all "), rows.columns, s.from, s.id, rows.joins, dir)
	return sql, c.args
}

// Sum is how many records there are, and what they amount to in the workspace's currency.
type Sum struct {
	N, Amount int64
	Sums      bool // the kind has amounts in that currency
}

// RecordSums returns how many records each value of the kind's board has, and what they
// amount to, as it is kept.
func (q *Queries) RecordSums(ctx context.Context, e *entity.Entity) (map[string]Sum, error) {
	by, sums := e.Field(e.Board), false
	for i := range e.Fields {
		sums = sums || e.Fields[i].Type == entity.TypeMoney && e.Fields[i].Currency == ""
	}
	rows, err := q.db.Query(ctx, `-- name: RecordSums
		select value, sum(n)::bigint, sum(amount)::bigint from record_counts where kind = $1 group by 1 having sum(n) > 0`, string(e.Kind))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]Sum{}
	for _, o := range by.Options {
		out[o.Value] = Sum{Sums: sums}
	}
	for rows.Next() {
		value, s := "", Sum{Sums: sums}
		if err := rows.Scan(&value, &s.N, &s.Amount); err != nil {
			return nil, err
		}
		out[value] = s
	}
	return out, rows.Err()
}
