package tenantdb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/entity"
)

// What is done with records of every kind, written from their descriptions.

// entityOf is the kind's description. Kinds are constants: one that is none is a mistake
// of the program.
func entityOf(k entity.Kind) *entity.Entity {
	e := entity.For(k)
	if e == nil {
		panic("tenantdb: no such kind of record: " + string(k))
	}
	return e
}

// nameOf is the column that people know a kind's records by.
func nameOf(e *entity.Entity) string { return e.Field(e.Name).Column }

// each writes a part of a query for every kind, with its table for %[1]s, its name's column for
// %[2]s, and the kind for %[3]s.
func each(format, between string) string {
	if sql, ok := written.Load(format); ok {
		return sql.(string) //nolint:forcetypeassert // nothing else is stored
	}
	parts := make([]string, len(entity.Kinds))
	for i, e := range entity.Kinds {
		parts[i] = fmt.Sprintf(format, e.Table, nameOf(e), e.Kind)
	}
	sql := strings.Join(parts, between)
	written.Store(format, sql)
	return sql
}

// written are the queries that each has written, by their formats: constants all of them.
var written sync.Map

// RecordDelete puts a record in the trash: 1, or 0 when it is there already,
// gone, or no longer at this version.
func (q *Queries) RecordDelete(ctx context.Context, k entity.Kind, id uuid.UUID, version int32) (int64, error) {
	tag, err := q.db.Exec(ctx,
		`update `+entityOf(k).Table+` set deleted_at = now(), version = version + 1 where id = $1 and version = $2 and deleted_at is null`, id,
		version)
	return tag.RowsAffected(), err
}

// RecordRestore takes a record out of the trash: 0 when it is not in it.
func (q *Queries) RecordRestore(ctx context.Context, k entity.Kind, id uuid.UUID) (int64, error) {
	tag, err := q.db.Exec(ctx,
		`update `+entityOf(k).Table+` set deleted_at = null, version = version + 1 where id = $1 and deleted_at is not null`, id)
	return tag.RowsAffected(), err
}

// RecordState is what every record has.
type RecordState struct {
	Name      string
	Version   int32
	DeletedAt *time.Time
}

// RecordState returns a record's state, and locks it until the transaction ends
// when lock is true; pgx.ErrNoRows when there is none.
func (q *Queries) RecordState(ctx context.Context, k entity.Kind, id uuid.UUID, lock bool) (RecordState, error) {
	e := entityOf(k)
	sql := `select ` + nameOf(e) + `::text as name, version, deleted_at from ` + e.Table + ` where id = $1`
	if lock {
		sql += ` for no key update`
	}
	rows, err := q.db.Query(ctx, sql, id)
	if err != nil {
		return RecordState{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[RecordState])
}

// RecordsPurge removes for good up to n records that have been in the trash
// since before the moment, with their notes and tags, and returns how many.
// Those that others still point to wait for them.
func (q *Queries) RecordsPurge(ctx context.Context, k entity.Kind, before time.Time, n int) (int64, error) {
	e := entityOf(k)
	where, about := "", []string{}
	for _, other := range entity.Kinds {
		for i := range other.Fields {
			switch f := &other.Fields[i]; {
			case f.Refers == k && !f.System:
				where += fmt.Sprintf(" and not exists (select from %s r where r.%s = x.id)", other.Table, f.Column)
			case f.RefersIn != "": // lets go
				about = append(about, fmt.Sprintf(`update %s set %s = '', %s = null where %[3]s = any ($1::uuid[])`, other.Table,
					other.Field(f.RefersIn).Column, f.Column))
			}
		}
	}
	rows, err := q.db.Query(ctx, fmt.Sprintf(`select x.id from %s x where x.deleted_at < $1%s order by x.deleted_at limit $2 for update`,
		e.Table, where), before, n)
	if err != nil {
		return 0, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return 0, err
	}
	for _, sql := range slices.Concat([]string{ // the records last: their history goes with them
		`delete from notes where subject_id = any ($1::uuid[])`,
		`delete from taggings where subject_id = any ($1::uuid[]) and subject_type = '` + string(k) + `'`,
		`delete from followers where subject_id = any ($1::uuid[])`,
		`delete from notifications where subject_id = any ($1::uuid[])`,
	}, about, []string{`delete from ` + e.Table + ` where id = any ($1::uuid[])`}) {
		if _, err := q.db.Exec(ctx, sql, ids); err != nil {
			return 0, err
		}
	}
	return int64(len(ids)), nil
}

// reversible is the table whose changes can be undone, by the change log's name for it;
// "" for others.
func reversible(name string) string {
	if e := entity.For(entity.Kind(name)); e != nil {
		return e.Table
	}
	if name == "note" {
		return "notes"
	}
	return ""
}

// ChangeReverse puts the columns of one logged update back: true when they
// still held what the change put there, else nothing is done. except is left to the
// caller.
func (q *Queries) ChangeReverse(ctx context.Context, name string, id uuid.UUID, before, after []byte, except ...string) (bool, error) {
	table := reversible(name)
	var was, is map[string]json.RawMessage
	if table == "" || json.Unmarshal(before, &was) != nil || json.Unmarshal(after, &is) != nil {
		return false, fmt.Errorf("tenantdb: a change of %q cannot be undone", name)
	}
	for _, column := range except {
		delete(is, column)
		delete(was, column)
	}
	sets := []string{"version = t.version + 1"}
	own := map[string]json.RawMessage{}
	for column, value := range was {
		if strings.HasPrefix(column, "x_") { // of the workspace's own
			own[column] = value
			delete(was, column)
			continue
		}
		quoted := pgx.Identifier{column}.Sanitize() // from the log, which the database wrote
		sets = append(sets, quoted+" = r."+quoted)
	}
	wasJSON, err := json.Marshal(was)
	if err != nil {
		return false, err
	}
	isJSON, err := json.Marshal(is)
	if err != nil {
		return false, err
	}
	args := []any{wasJSON, id, isJSON}
	now := "to_jsonb(t)"
	if len(own) > 0 {
		ownJSON, err := json.Marshal(own)
		if err != nil {
			return false, err
		}
		args = append(args, ownJSON)
		sets = append(sets, "custom = jsonb_strip_nulls(t.custom || $4::jsonb)")
		now = "(to_jsonb(t) || t.custom)"
	}
	tag, err := q.db.Exec(ctx, fmt.Sprintf(`update %[1]s t set %[2]s from jsonb_populate_record(null::%[1]s, $1::jsonb) r where t.id = $2
		and not exists (select from jsonb_each($3::jsonb) e where coalesce(%[3]s -> e.key, 'null') is distinct from e.value)`,
		table, strings.Join(sets, ", "), now), args...)
	return tag.RowsAffected() == 1, err
}

// RecordRemove removes a row that an undone change had made.
func (q *Queries) RecordRemove(ctx context.Context, name string, id uuid.UUID) (bool, error) {
	table := reversible(name)
	if table == "" {
		return false, fmt.Errorf("tenantdb: a new %q cannot be undone", name)
	}
	tag, err := q.db.Exec(ctx, `delete from `+table+` where id = $1`, id)
	return tag.RowsAffected() == 1, err
}

// RecordsByID returns records in short, in no order; those that are in the trash are left out.
func (q *Queries) RecordsByID(ctx context.Context, e *entity.Entity, ids []uuid.UUID, fields []string) ([]entity.Record, error) {
	rows := newRowReader(e, fields)
	sql := fmt.Sprintf(`select r.id as list_id, '' as list_key, false as list_absent, null::uuid as list_of, %s from %s r %s
		where r.id = any ($1::uuid[]) and r.deleted_at is null`, rows.columns, e.Table, rows.joins)
	records, _, err := rows.read(q.db.Query(ctx, sql, ids))
	return records, err
}

// Named is what an id stands for.
type Named struct {
	ID   uuid.UUID
	Name string
}

// RecordOptions are up to n records that a field may be set to: those that the
// words fit, the last changed first.
func (q *Queries) RecordOptions(ctx context.Context, k entity.Kind, words string, n int) ([]Named, error) {
	e := entityOf(k)
	spec := specOf(e)
	c := spec.conditions(Filter{Query: words})
	limit := c.limit(n)
	rows, err := q.db.Query(ctx, fmt.Sprintf(`select r.id, r.%s::text as name from %s where %s order by r.updated_at desc, r.id desc limit %s`,
		nameOf(e), spec.from, c.and(), limit), c.args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Named])
}

// TimelineRows is how many rows Timeline returns at most.
const TimelineRows = 31

// TagOptions are the names of up to n tags that the words fit, in order; none gives all.
func (q *Queries) TagOptions(ctx context.Context, words string, n int) ([]string, error) {
	c := conditions{where: []string{"true"}}
	c.search(words, "(' ' || ext.words(t.name))")
	rows, err := q.db.Query(ctx, fmt.Sprintf(`select t.name::text from tags t where %s order by t.name limit %d`, c.and(), n), c.args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Tag is the kind of tags to Names.
const Tag entity.Kind = "tag"

// Names returns what ids stand for: records (deleted ones too), members, stages, pipelines
// and tags, deleted ones by the name that they had. They are looked for among the kinds, or
// everywhere where none are named, or one is "", which takes a plan of a dozen tables.
func (q *Queries) Names(ctx context.Context, ids []uuid.UUID, among ...entity.Kind) ([]Named, error) {
	var parts []string
	for _, n := range named() {
		if len(among) == 0 || slices.Contains(among, n.kind) || slices.Contains(among, "") {
			parts = append(parts, n.sql)
		}
	}
	rows, err := q.db.Query(ctx, strings.Join(parts, " union all "), ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Named])
}

type namedSQL struct {
	kind entity.Kind
	sql  string
}

// named are the queries of names, by kind.
func named() (out []namedSQL) {
	for _, e := range entity.Kinds {
		out = append(out, namedSQL{e.Kind, `select id, ` + nameOf(e) + `::text as name from ` + e.Table + ` where id = any ($1::uuid[])`})
	}
	return append(out,
		namedSQL{entity.Member, `select id, name from members where id = any ($1::uuid[])`},
		namedSQL{entity.Stage, `select id, name from stages where id = any ($1::uuid[])`},
		namedSQL{entity.Pipeline, `select id, name from pipelines where id = any ($1::uuid[])`},
		namedSQL{Tag, `select id, name from tags where id = any ($1::uuid[])
			union all select c.entity_id, coalesce(c.before->>'name', '') from changes c where c.entity_id = any ($1::uuid[]) and c.entity = 'tag'
			and c.op = 'delete'`})
}

// NamedRecord is a record in short.
type NamedRecord struct {
	Kind entity.Kind
	ID   uuid.UUID
	Name string
}

// RecordNames returns the names of records of any kind; deleted ones are left out.
func (q *Queries) RecordNames(ctx context.Context, ids []uuid.UUID) ([]NamedRecord, error) {
	rows, err := q.db.Query(ctx,
		each(`select '%[3]s'::text as kind, id, %[2]s::text as name from %[1]s where id = any ($1::uuid[]) and deleted_at is null`,
			" union all "), ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[NamedRecord])
}

// TrashedRecord is a record in the trash.
type TrashedRecord struct {
	NamedRecord
	DeletedAt time.Time
}

// TrashList returns up to n records of the trash, the last deleted first, from behind the
// moment and the id on.
func (q *Queries) TrashList(ctx context.Context, before time.Time, id uuid.UUID, n int) ([]TrashedRecord, error) {
	rows, err := q.db.Query(ctx, `select kind, id, name, deleted_at from (`+
		each(`(select '%[3]s'::text as kind, id, %[2]s::text as name, deleted_at from %[1]s where deleted_at is not null
			and (deleted_at, id) < ($1::timestamptz, $2::uuid)
			order by deleted_at desc, id desc limit $3)`, " union all ")+`) x order by deleted_at desc, id desc limit $3`, before, id, n)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[TrashedRecord])
}

// TrashOlder reports whether anything has been in the trash since before the moment.
func (q *Queries) TrashOlder(ctx context.Context, before time.Time) (is bool, err error) {
	err = q.db.QueryRow(ctx, `select `+each(`exists (select from %[1]s where deleted_at < $1)`, " or "), before).Scan(&is)
	return is, err
}

// RecordsExist reports whether the workspace has any record that is not in the trash.
func (q *Queries) RecordsExist(ctx context.Context) (is bool, err error) {
	err = q.db.QueryRow(ctx, `select `+each(`exists (select from %[1]s where deleted_at is null)`, " or ")).Scan(&is)
	return is, err
}

// RecordTotal is how many records and notes there are, with those in the trash.
func (q *Queries) RecordTotal(ctx context.Context) (n int64, err error) {
	err = q.db.QueryRow(ctx, `select (select count(*) from notes) + `+each(`(select count(*) from %[1]s)`, " + ")).Scan(&n)
	return n, err
}

// AmountsExist reports whether any record has an amount in the workspace's currency, those
// in the trash too.
func (q *Queries) AmountsExist(ctx context.Context) (is bool, err error) {
	var parts []string
	for _, e := range entity.Kinds {
		for i := range e.Fields {
			if f := &e.Fields[i]; f.Type == entity.TypeMoney && f.Currency == "" {
				parts = append(parts, `exists (select from `+e.Table+` where `+f.Column+` is not null)`)
			}
		}
	}
	err = q.db.QueryRow(ctx, `select `+strings.Join(parts, " or ")).Scan(&is)
	return is, err
}

// owned writes a part of a query for every kind whose records somebody looks after, with its
// table for %[1]s, the column that says who for %[2]s, a number for %[3]d, and the kind for %[4]s.
func owned(format, between string) string {
	var parts []string
	for _, e := range entity.Kinds {
		if o := e.Owner(); o != nil {
			parts = append(parts, fmt.Sprintf(format, e.Table, o.Column, len(parts), e.Kind))
		}
	}
	return strings.Join(parts, between)
}

// Count is how many records of a kind there are.
type Count struct {
	Kind entity.Kind
	N    int64
}

// MemberRecords returns how much the member looks after, by kind; kinds of which it is
// nothing are left out.
func (q *Queries) MemberRecords(ctx context.Context, id uuid.UUID) ([]Count, error) {
	rows, err := q.db.Query(ctx, `select kind, n from (`+
		owned(`select '%[4]s'::text as kind, count(*) as n from %[1]s where %[2]s = $1 and deleted_at is null`, " union all ")+
		`) counts where n > 0`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Count])
}

// MemberHandOver gives what one member looks after to another, in the trash too: it may
// come back.
func (q *Queries) MemberHandOver(ctx context.Context, heir, id uuid.UUID) error {
	_, err := q.db.Exec(ctx, `with `+
		owned(`h%[3]d as (update %[1]s set %[2]s = $1::uuid, version = version + 1, updated_at = now() where %[2]s = $2::uuid)`, ", ")+` select`,
		heir, id)
	return err
}

// CustomFieldPurge takes a field of the workspace's own out of up to n records that hold
// something in it, and returns out of how many.
func (q *Queries) CustomFieldPurge(ctx context.Context, k entity.Kind, key string, n int) (int64, error) {
	table := entityOf(k).Table
	tag, err := q.db.Exec(ctx, `update `+table+` set custom = custom - $1::text
		where id in (select id from `+table+` where jsonb_exists(custom, $1) limit $2)`, key, n)
	return tag.RowsAffected(), err
}

// CustomFieldUsed is how many records hold something in a field of the workspace's own.
func (q *Queries) CustomFieldUsed(ctx context.Context, k entity.Kind, key string) (n int, err error) {
	err = q.db.QueryRow(ctx, `select count(*) from `+entityOf(k).Table+` where jsonb_exists(custom, $1) and deleted_at is null`, key).Scan(&n)
	return n, err
}
