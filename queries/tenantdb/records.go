package tenantdb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Kind is a kind of record. Kinds are constants of the program: their tables
// may stand in SQL as they are.
type Kind string

// The kinds of records.
const (
	Customer Kind = "customer"
	Contact  Kind = "contact"
	Lead     Kind = "lead"
	Deal     Kind = "deal"
	Project  Kind = "project"
	Task     Kind = "task"
)

// Kinds are all of them, in the order of the side navigation.
var Kinds = []Kind{Customer, Contact, Lead, Deal, Project, Task}

var lists = map[Kind]listSpec{Customer: customerList, Contact: contactList, Lead: leadList, Deal: dealList, Project: projectList, Task: taskList}

// Valid reports whether the kind is one of them.
func (k Kind) Valid() bool { return slices.Contains(Kinds, k) }

func (k Kind) table() string {
	if !k.Valid() {
		panic("tenantdb: no such kind of record: " + string(k))
	}
	return string(k) + "s"
}

// name is the column that people know a record by.
func (k Kind) name() string {
	if k == Task {
		return "subject"
	}
	return "name"
}

// RecordCount counts what the filter leaves, to CountLimit+1 at most.
func (q *Queries) RecordCount(ctx context.Context, k Kind, f Filter) (int, error) {
	return listCount(ctx, q.db, lists[k], lists[k].conditions(f))
}

// RecordSort returns the sort that is in force when sort is asked for.
func RecordSort(k Kind, sort string) string {
	field, _, _ := lists[k].sort(Page{Sort: sort})
	return field
}

// RecordDelete puts a record in the trash: 1, or 0 when it is there already,
// gone, or no longer at this version.
func (q *Queries) RecordDelete(ctx context.Context, k Kind, id uuid.UUID, version int32) (int64, error) {
	tag, err := q.db.Exec(ctx, `update `+k.table()+` set deleted_at = now(), version = version + 1 where id = $1 and version = $2 and deleted_at is null`, id, version)
	return tag.RowsAffected(), err
}

// RecordRestore takes a record out of the trash: 0 when it is not in it.
func (q *Queries) RecordRestore(ctx context.Context, k Kind, id uuid.UUID) (int64, error) {
	tag, err := q.db.Exec(ctx, `update `+k.table()+` set deleted_at = null, version = version + 1 where id = $1 and deleted_at is not null`, id)
	return tag.RowsAffected(), err
}

// RecordState is what every record has.
type RecordState struct {
	Name      string
	Version   int32
	DeletedAt *time.Time
}

// RecordGet returns a record's state, and locks it until the transaction ends
// when lock is true; pgx.ErrNoRows when there is none.
func (q *Queries) RecordGet(ctx context.Context, k Kind, id uuid.UUID, lock bool) (RecordState, error) {
	sql := `select ` + k.name() + `::text, version, deleted_at from ` + k.table() + ` where id = $1`
	if lock {
		sql += ` for no key update`
	}
	rows, err := q.db.Query(ctx, sql, id)
	if err != nil {
		return RecordState{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[RecordState])
}

// RecordsPurge removes for good up to n records that have been in the trash
// since before the moment, with their notes and tags, and returns how many.
// Those that others still point to wait for them.
func (q *Queries) RecordsPurge(ctx context.Context, k Kind, before time.Time, n int) (int64, error) {
	where := ""
	for _, r := range references[k] {
		where += fmt.Sprintf(" and not exists (select from %s r where r.%s = x.id)", r[0], r[1])
	}
	rows, err := q.db.Query(ctx, fmt.Sprintf(`select x.id from %s x where x.deleted_at < $1%s order by x.deleted_at limit $2 for update`, k.table(), where), before, n)
	if err != nil {
		return 0, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return 0, err
	}
	for _, sql := range []string{ // the records last: their history goes with them
		`delete from notes where subject_id = any ($1::uuid[])`,
		`delete from taggings where subject_id = any ($1::uuid[]) and subject_type = '` + string(k) + `'`,
		`update tasks set subject_type = '', subject_id = null where subject_id = any ($1::uuid[])`,
		`delete from ` + k.table() + ` where id = any ($1::uuid[])`,
	} {
		if _, err := q.db.Exec(ctx, sql, ids); err != nil {
			return 0, err
		}
	}
	return int64(len(ids)), nil
}

// references are the columns that point to a kind and do not let it go.
var references = map[Kind][][2]string{
	Customer: {{"contacts", "customer_id"}, {"deals", "customer_id"}, {"projects", "customer_id"}},
	Contact:  {{"deals", "contact_id"}},
	Deal:     {{"projects", "deal_id"}},
}

// reversible are the tables whose changes can be undone, by the change log's
// name for them.
var reversible = map[string]string{
	"customer": "customers", "contact": "contacts", "lead": "leads", "deal": "deals", "project": "projects", "task": "tasks", "note": "notes",
}

// ChangeReverse puts the columns of one logged update back: true when they
// still held what the change put there, else nothing is done. position, which
// must be free in its column, is left to the caller.
func (q *Queries) ChangeReverse(ctx context.Context, entity string, id uuid.UUID, before, after []byte) (bool, error) {
	table, ok := reversible[entity]
	var was, is map[string]json.RawMessage
	if !ok || json.Unmarshal(before, &was) != nil || json.Unmarshal(after, &is) != nil {
		return false, fmt.Errorf("tenantdb: a change of %q cannot be undone", entity)
	}
	delete(is, "position")
	delete(was, "position")
	sets := []string{"version = t.version + 1"}
	for column := range was {
		name := pgx.Identifier{column}.Sanitize() // from the log, which the database wrote
		sets = append(sets, name+" = r."+name)
	}
	wasJSON, err := json.Marshal(was)
	if err != nil {
		return false, err
	}
	isJSON, err := json.Marshal(is)
	if err != nil {
		return false, err
	}
	tag, err := q.db.Exec(ctx, fmt.Sprintf(`update %[1]s t set %[2]s from jsonb_populate_record(null::%[1]s, $1::jsonb) r where t.id = $2
		and not exists (select from jsonb_each($3::jsonb) e where to_jsonb(t) -> e.key is distinct from e.value)`,
		table, strings.Join(sets, ", ")), wasJSON, id, isJSON)
	return tag.RowsAffected() == 1, err
}

// RecordRemove removes a row that an undone change had made.
func (q *Queries) RecordRemove(ctx context.Context, entity string, id uuid.UUID) (bool, error) {
	table, ok := reversible[entity]
	if !ok {
		return false, fmt.Errorf("tenantdb: a new %q cannot be undone", entity)
	}
	tag, err := q.db.Exec(ctx, `delete from `+table+` where id = $1`, id)
	return tag.RowsAffected() == 1, err
}

// Named is a record in short.
type Named struct {
	ID     uuid.UUID
	Name   string
	Detail string
}

// RecordOptions are up to n records that a field may be set to: those that the
// words fit, the last changed first.
func (q *Queries) RecordOptions(ctx context.Context, k Kind, words string, n int) ([]Named, error) {
	spec := lists[k]
	c := spec.conditions(Filter{Query: words})
	limit := c.arg(n)
	rows, err := q.db.Query(ctx, fmt.Sprintf(`select %s, %s.%s::text, '' from %s where %s order by %s.updated_at desc, %s desc limit %s`,
		spec.id, spec.alias(), k.name(), spec.from, c.and(), spec.alias(), spec.id, limit), c.args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Named])
}
