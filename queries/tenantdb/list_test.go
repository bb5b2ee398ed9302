package tenantdb_test

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// rows is how many records of a kind the plans are looked at with.
const rows = 100_000

// every: TestListPlans looks at every sort, not at one of each shape (task plans).
var every = flag.Bool("plans", false, "plans of every sort")

// fill loads a workspace with rows of the kind: an eighth of them without an
// owner, the others' spread over six members; one owner, one tag and one value
// of each choice are rare. Triggers and foreign keys are left out: this is
// about reading.
func fill(t *testing.T, w *pg.Workspace, su *pgx.Conn, k entity.Kind) (members, tags []uuid.UUID) {
	t.Helper()
	columns := map[entity.Kind][2]string{
		entity.Customer: {"name, domain, city, industry, annual_revenue, type",
			`'Name ' || md5(g::text), md5(g::text) || '.example', case when (hashint4(g * 3 + 7919) & 65535) % 3 > 0 then 'City ' || g % 999
				else '' end, 'Industry ' || g % 20,
			case when (hashint4(g * 3 + 15838) & 65535) % 4 > 0 then g end, case when g % 5000 = 0 then 'lapsed' else (array['prospect', 'customer',
			'partner'])[1 + (hashint4(g * 3 + 23757) & 65535) % 3] end`},
		entity.Contact: {"first_name, last_name, job_title, emails, customer_id", `'First', md5(g::text),
			case when (hashint4(g * 3 + 31676) & 65535) % 3 > 0 then 'Job ' || g % 99 else '' end,
			case when (hashint4(g * 3 + 39595) & 65535) % 5 > 0 then jsonb_build_array(jsonb_build_object('value', md5(g::text) || '@example.com',
			'label', 'work')) else '[]' end,
			case when (hashint4(g * 3 + 47514) & 65535) % 4 > 0 then (select id from customers where name = 'Company ' || g % 500) end`},
		entity.Lead: {"last_name, company_name, source, status, rating, amount",
			`md5(g::text), case when (hashint4(g * 3 + 55433) & 65535) % 3 > 0 then 'Company ' || md5(g::text) else '' end, 'Source ' || g % 9,
			case when g % 5000 = 0 then 'qualified' else (array['new', 'attempting', 'contacted',
			'unqualified'])[1 + (hashint4(g * 3 + 63352) & 65535) % 4] end, (array['', 'hot', 'warm', 'cold'])[1 + (hashint4(g * 3 + 71271) & 65535)
			% 4], case when (hashint4(g * 3 + 79190) & 65535) % 4 > 0 then g end`},
		entity.Deal: {"name, pipeline_id, stage_id, position, amount, currency, expected_close_date, source, customer_id", `'Deal ' ||
			md5(g::text), (select id from pipelines), s.ids[case when g % 5000 = 0 then 6 else 1 + (hashint4(g * 3 + 87109) & 65535) % 5 end],
			'n' || lpad(g::text, 11, '0') || 'V',
			case when (hashint4(g * 3 + 95028) & 65535) % 4 > 0 then g end, case when g % 100 = 0 then 'USD' else 'EUR' end,
			case when (hashint4(g * 3 + 102947) & 65535) % 4 > 0 then date '2026-01-01' + g % 700 end, 'Source ' || g % 9,
			case when (hashint4(g * 3 + 110866) & 65535) % 4 > 0 then (select id from customers where name = 'Company ' || g % 500) end`},
		entity.Project: {"name, status, priority, start_date, end_date, budget",
			`'Project ' || md5(g::text), case when g % 5000 = 0 then 'cancelled' else (array['draft', 'underway',
				'completed'])[1 + (hashint4(g * 3 + 118785) & 65535) % 3] end, (array['low', 'normal', 'high'])[1 + (hashint4(g * 3 + 126704) & 65535)
				% 3],
			case when (hashint4(g * 3 + 134623) & 65535) % 4 > 0 then date '2026-01-01' + g % 700 end,
			case when (hashint4(g * 3 + 142542) & 65535) % 4 > 1 then date '2028-01-01' + g % 700 end,
			case when (hashint4(g * 3 + 150461) & 65535) % 4 > 0 then g end`},
		entity.Task: {"subject, type, status, completed_at, priority, due_on, due_at",
			`'Task ' || md5(g::text), (array['todo', 'call', 'email'])[1 + (hashint4(g * 3 + 158380) & 65535) % 3],
				case when g % 5000 = 0 then 'in_progress' when hashint4(g * 11) & 1 = 0 then 'done' else 'open' end,
			case when g % 5000 > 0 and hashint4(g * 11) & 1 = 0 then now() end,
			(array['low', 'normal', 'high'])[1 + (hashint4(g * 3 + 182137) & 65535) % 3], case when (hashint4(g * 3 + 190056) & 65535) % 3 = 0
			then date '2026-01-01' + g % 700 end, case when (hashint4(g * 3 + 190056) & 65535) % 3 = 1
			then timestamptz '2026-11-24 10:30+00' + g * interval '1 minute' end`},
	}[k]
	owner, table := "owner_id", string(k)+"s"
	if k == entity.Task {
		owner = "assignee_id"
	}
	// Indexes are built when the rows are there, which is several times as fast as row by row.
	var drop, build string
	err := su.QueryRow(t.Context(), `select string_agg('drop index ' || x.indexrelid::regclass, ';'),
		string_agg(pg_get_indexdef(x.indexrelid), ';')
		from pg_index x where x.indrelid in (($1 || '.' || $2)::regclass, ($1 || '.taggings')::regclass)
		and not exists (select from pg_constraint c where c.conindid = x.indexrelid)`, w.Schema, table).Scan(&drop, &build)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		drop, `set search_path = ` + w.Schema + `, ext`, `set session_replication_role = replica`,
		`insert into members (id, user_id, name, email) select gen_random_uuid(), gen_random_uuid(), 'Member ' || g, 'm' || g || '@example.com'
			from generate_series(1, 12) g`,
		`insert into customers (id, name) select gen_random_uuid(), 'Company ' || g from generate_series(0, ` + map[bool]string{true: "-1",
			false: "499"}[k == entity.Customer] + `) g`,
		`insert into tags (id, name) values (gen_random_uuid(), 'common'), (gen_random_uuid(), 'rare')`,
		fmt.Sprintf(`insert into %s (id, %s, created_at, updated_at, %s)
			select gen_random_uuid(), %s, now() - g * interval '1 minute', now() - g * interval '1 minute',
			case when g %% 5000 = 1 then m.ids[12] when d.n %% 48 < 42 then m.ids[1 + d.n %% 6] end
			from generate_series(1, %d) g, lateral (select ('x' || substr(md5(g::text || 'o'), 1, 6))::bit(24)::int as n) d,
			(select array_agg(id order by name) ids from members where name like 'Member %%') m, (select array_agg(id order by position) ids
			from stages) s`, table, columns[0], owner, columns[1], rows),
		fmt.Sprintf(`insert into taggings select '%s', x.id, (select id from tags where name = 'common') from %s x
			where hashtext(x.id::text) %% 3 = 0`, k, table),
		fmt.Sprintf(`insert into taggings select '%s', x.id, (select id from tags where name = 'rare') from %s x order by x.id limit 20`, k,
			table),
		`set maintenance_work_mem = '256MB'`, build,
		// With its indexes there: one that is built over rows that were updated is used by nobody
		// until every transaction that ran then is over, those of other tests too.
		fmt.Sprintf(`update %s set %[2]s = '株式会社東京 Ёлка ' || %[2]s where id in (select id from %[1]s order by id limit 20)`, table,
			map[entity.Kind]string{entity.Contact: "last_name", entity.Lead: "last_name", entity.Task: "subject"}[k]+
				map[bool]string{true: "name"}[k != entity.Contact && k != entity.Lead && k != entity.Task]),
		`set session_replication_role = default`, `analyze ` + table, `analyze taggings`,
		`analyze customers`, `analyze members`,
	} {
		if _, err := su.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	err = su.QueryRow(t.Context(),
		`select (select array_agg(id order by name) from members where name like 'Member %'), (select array_agg(id order by name) from tags)`).
		Scan(&members, &tags)
	if err != nil {
		t.Fatal(err)
	}
	return members, tags
}

// Every list reads little whatever it is sorted and filtered by, at its top and
// in its middle, with 100,000 records: by one sort of each shape here, by all in
// task plans.
func TestListPlans(t *testing.T) {
	if testing.Short() {
		t.Skip("loads 600,000 rows")
	}
	t.Parallel()
	values := map[entity.Kind]map[string][]string{
		entity.Customer: {"type": {"lapsed", "partner"}}, entity.Contact: {}, entity.Lead: {"status": {"qualified", "new"}, "rating": {"hot"},
			"source": {"Source 3"}},
		entity.Deal: {"stage": nil, "currency": {"USD"}}, entity.Project: {"status": {"cancelled", "underway"}, "priority": {"high"}},
		entity.Task: {"status": {"in_progress", "open"}, "type": {"call"}, "priority": {"high"}},
	}
	for _, e := range entity.Kinds {
		k := e.Kind
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			w, su := pg.NewWorkspace(t), pg.Superuser(t)
			members, tags := fill(t, w, su, k)
			filters := map[string]tenantdb.Filter{
				"none": {}, "owner": {OwnerID: members[3]}, "rare owner": {OwnerID: members[11]}, "no owner": {NoOwner: true},
				"tag": {Tag: "common", TagID: tags[0]}, "rare tag": {Tag: "rare", TagID: tags[1]}, "unknown tag": {Tag: "none such"},
				"words": {Query: "8f14e45f"}, "prefix": {Query: "8f"}, "nothing": {Query: "zzzzzz"}, "no word begins so": {Query: "zz"},
				"two of a script without blanks": {Query: "東京"}, "another script": {Query: "елк"}, "two letters of it": {Query: "Ёл"},
				"owner and tag": {OwnerID: members[3], Tag: "common", TagID: tags[0]},
				"nothing to do": {NoTask: true},
			}
			for field, vs := range values[k] {
				for _, v := range vs {
					filters[field+"="+v] = tenantdb.Filter{Match: map[string][]string{field: {v}}}
				}
			}
			if k == entity.Deal {
				for _, name := range []string{"Closed Lost", "Proposal"} { // the first is rare
					filters["stage="+name] = tenantdb.Filter{Match: map[string][]string{"stage": {w.Stage(name).String()}}}
				}
			}
			few := map[string]bool{"owner and tag": true, "prefix": true, "source=Source 3": true, "currency=USD": true}
			for _, field := range e.Fields {
				if field.Dated {
					few[field.Param+" of a month"] = true
					filters[field.Param+" of a month"] = tenantdb.Filter{Dates: map[string]entity.Range{field.Param: {
						Since: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}}}
				}
			}
			worst := pg.Plan{}
			sorts := tenantdb.ListShapes(e)
			if *every {
				sorts = tenantdb.ListSorts(e)
			}
			for name, f := range filters {
				for _, field := range sorts {
					if field == "position" {
						continue // of one stage's column: below
					}
					for _, sort := range []string{field, "-" + field} {
						after := ""
						for _, depth := range []int{0, 40} {
							if depth > 0 {
								w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
									after, err = tx.ListAfter(ctx, e, f, sort, depth*25)
									return err
								})
								if after == "" {
									continue // the list is shorter
								}
							}
							sql, args, err := tenantdb.ListSQL(e, f, tenantdb.Page{Sort: sort, After: after, Limit: 25})
							if err != nil {
								t.Fatal(err)
							}
							plan := pg.ExplainOn(t, su, w.Schema, sql, args)
							worst.Buffers, worst.RowsRemoved, worst.RowsRead = max(worst.Buffers, plan.Buffers), max(worst.RowsRemoved, plan.RowsRemoved),
								max(worst.RowsRead, plan.RowsRead)
							bound := 4000
							switch {
							case name == "prefix":
								bound = 90_000 // two letters: the planner may walk the sort's index far
							case strings.HasSuffix(sort, "owner"), few[name]:
								bound = 40_000 // owners are walked one by one
							}
							// Ten rows dropped for each that is shown (some 180 are expected where a
							// filter leaves an eighth; 450 is beyond what chance makes of that), where a filter leaves a
							// tenth or more of the rows, or next to none; where it leaves few,
							// what is read stays bounded all the same, and which way is cheapest hangs on what
							// analyze sampled: of an owner and a tag it may be the tag's table. Of words, trigrams find some that have them
							// in another order.
							if plan.RowsRemoved > 450 && !few[name] && name != "words" || plan.RowsRemoved > 1500 && name == "words" || plan.Buffers > bound ||
								plan.SeqScans > 0 && !strings.HasSuffix(name, " of a month") && name != "owner and tag" {
								t.Errorf("%s, sort=%s, row %d: removed %d, read %d, buffers %d, scans %d\n%s", name, sort, depth*25, plan.RowsRemoved,
									plan.RowsRead,
									plan.Buffers, plan.SeqScans, plan.Tree)
							}
						}
					}
				}
			}
			// What a new record may be is looked for while somebody types.
			for what, m := range map[string]tenantdb.MatchQuery{
				"an address": {Anywhere: []string{"% 8f14e45f example com%"}}, "a number": {Anywhere: []string{"%39065550140%"}},
				"a site": {Anywhere: []string{"% 8f14e45f example%"}},
				"a name": {Begins: "name 8f14e45fceea167a", Like: "name 8f14e45fceea167a"},
				"all":    {Anywhere: []string{"% 8f14e45f%", "%1234567%"}, Begins: "zzz", Like: "zzzzzz"},
			} {
				sql, args := tenantdb.MatchesSQL(k, m)
				if sql == "" {
					continue // of a kind that has none
				}
				if plan := pg.ExplainOn(t, su, w.Schema, sql, args); plan.SeqScans > 0 || plan.RowsRemoved > 5000 {
					t.Errorf("matches by %s: removed %d, read %d, buffers %d, scans %d", what, plan.RowsRemoved, plan.RowsRead, plan.Buffers,
						plan.SeqScans)
				}
			}
			// The search of everything: words and beginnings of them, of any script, and what is
			// in no record; and what is like a word that is in none.
			for _, words := range []string{"8f14e45f", "name 8f14", "8f", "me", "東京", "елк", "Ёл", "zz", "zzzzzz", "+39 06 555 0140"} {
				sql, args := tenantdb.SearchSQL(e, words)
				if plan := pg.ExplainOn(t, su, w.Schema, sql, args); plan.SeqScans > 0 || plan.Buffers > 20_000 {
					t.Errorf("search %q: removed %d, read %d, buffers %d, scans %d", words, plan.RowsRemoved, plan.RowsRead, plan.Buffers, plan.SeqScans)
				}
			}
			sql, args := tenantdb.LikeSQL(e, "8f14e45fceeb")
			if plan := pg.ExplainOn(t, su, w.Schema, sql, args); plan.SeqScans > 0 || plan.Buffers > 20_000 {
				t.Errorf("like a word: removed %d, read %d, buffers %d, scans %d", plan.RowsRemoved, plan.RowsRead, plan.Buffers, plan.SeqScans)
			}
			// Boards: each column is read as far as it is shown, from its top and from its middle.
			boards := map[string][]string{}
			switch k {
			case entity.Deal:
				for _, name := range []string{"Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost"} {
					boards["the board"] = append(boards["the board"], w.Stage(name).String())
				}
				column := tenantdb.Filter{Match: map[string][]string{"stage": {w.Stage("Proposal").String()}}}
				var after string
				w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
					after, err = tx.ListAfter(ctx, e, column, "position", 5000)
					return err
				})
				sql, args, err := tenantdb.ListSQL(e, column, tenantdb.Page{Sort: "position", After: after, Limit: 20})
				if err != nil || after == "" {
					t.Fatal(err)
				}
				if plan := pg.ExplainOn(t, su, w.Schema, sql, args); plan.RowsRemoved > 25 || plan.Buffers > 1000 || plan.SeqScans > 0 {
					t.Errorf("a column's middle: %d removed, %d buffers", plan.RowsRemoved, plan.Buffers)
				}
			case entity.Lead:
				boards["the board"] = []string{"new", "attempting", "contacted", "qualified", "unqualified", "converted"}
			}
			for name, values := range boards {
				sql, args := tenantdb.BoardSQL(e, values)
				if plan := pg.ExplainOn(t, su, w.Schema, sql, args); plan.RowsRemoved > 320 || plan.Buffers > 3000 || plan.SeqScans > 0 {
					t.Errorf("%s: %d removed, %d buffers, %d scans", name, plan.RowsRemoved, plan.Buffers, plan.SeqScans)
				}
			}
			t.Logf("at most %d buffers, %d rows read, %d removed by filters", worst.Buffers, worst.RowsRead, worst.RowsRemoved)
		})
	}
}

// A page of a timeline reads its own lines, however long the timeline is.
func TestTimelinePlan(t *testing.T) {
	t.Parallel()
	w, su := pg.NewWorkspace(t), pg.Superuser(t)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Customer"})
	for _, sql := range []string{
		`set search_path = ` + w.Schema + `, ext`,
		fmt.Sprintf(`insert into changes (change_set, at, entity, entity_id, subject_type, subject_id, op) select gen_random_uuid(),
			now() - g * interval '1 minute', 'customer', x.id, 'customer', x.id, 'update'
			from generate_series(1, 20000) g, lateral (select case when g %% 2 = 0 then '%s'::uuid else gen_random_uuid() end as id) x`, customer),
		fmt.Sprintf(`insert into notes (id, subject_type, subject_id, body, created_at) select gen_random_uuid(), 'customer', '%s', 'Note',
			now() - g * interval '1 minute' from generate_series(1, 10000) g`, customer),
		`analyze changes`, `analyze notes`, `reset search_path`,
	} {
		if _, err := su.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for name, at := range map[string]time.Duration{"top": -time.Hour, "middle": 5000 * time.Minute} {
		plan := pg.ExplainOn(t, su, w.Schema, tenantdb.TimelineSQL, []any{customer, time.Now().Add(-at), "~"})
		if plan.RowsRemoved > 310 || plan.Buffers > 400 || plan.SeqScans > 0 {
			t.Errorf("%s: %d rows removed, %d buffers, %d scans\n%s", name, plan.RowsRemoved, plan.Buffers, plan.SeqScans, plan.Tree)
		}
	}
	if n := strings.Count(tenantdb.TimelineSQL, fmt.Sprintf("limit %d", tenantdb.TimelineRows)); n != 5 {
		t.Errorf("%d of its limits are TimelineRows", n)
	}
	// So does the plan that is kept for all records.
	var tree string
	for _, sql := range []string{
		`set search_path = ` + w.Schema + `, ext`, `set plan_cache_mode = force_generic_plan`,
		`prepare timeline (uuid, timestamptz, text) as ` + tenantdb.TimelineSQL,
	} {
		if _, err := su.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	err := su.QueryRow(t.Context(), fmt.Sprintf(`explain (analyze, buffers, format json) execute timeline ('%s', now(), '~')`, customer),
		pgx.QueryExecModeSimpleProtocol).Scan(&tree)
	if err != nil {
		t.Fatal(err)
	}
	if plan := pg.ReadPlan(t, []byte(tree)); plan.RowsRemoved > 310 || plan.Buffers > 400 || plan.SeqScans > 0 {
		t.Errorf("kept: %d rows removed, %d buffers, %d scans\n%s", plan.RowsRemoved, plan.Buffers, plan.SeqScans, plan.Tree)
	}
}

// A page of the audit log reads its own lines, however it is narrowed. The
// member and the kind here are rare: of one line in a thousand.
func TestAuditPlan(t *testing.T) {
	t.Parallel()
	w, su := pg.NewWorkspace(t), pg.Superuser(t)
	member := w.MemberID(w.Owner)
	for _, sql := range []string{
		`set search_path = ` + w.Schema + `, ext`,
		fmt.Sprintf(`insert into audit (at, member_id, actor, action, subject, ip, device)
			select now() - g * interval '1 minute',
			case when g %% 1000 = 0 then '%s'::uuid else ('00000000-0000-7000-8000-' || lpad((g %% 50)::text, 12, '0'))::uuid end, 'Somebody',
			case when g %% 1000 = 1 then 'Exported' else 'Signed in' end, '', '127.0.0.1', '' from generate_series(1, 100000) g`, member),
		`analyze audit`, `reset search_path`,
	} {
		if _, err := su.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now().Add(time.Hour)
	old := now.AddDate(0, 0, -60)
	for name, args := range map[string]tenantdb.AuditListParams{
		"all": {Before: now}, "old": {Before: old}, "a kind": {Before: now, Action: "Exported"}, "an old kind": {Before: old, Action: "Exported"},
		"a member": {Before: now, MemberID: &member}, "an old member": {Before: old, MemberID: &member},
		"since lately": {Before: now, Since: now.AddDate(0, 0, -1)},
	} {
		if args.Since.IsZero() {
			args.Since = time.Unix(0, 0)
		}
		plan := pg.ExplainOn(t, su, w.Schema, tenantdb.AuditListSQL, []any{args.Since, args.Before, int64(1 << 62), args.Action, args.MemberID,
			int32(51)})
		if plan.RowsRemoved > 60 || plan.Buffers > 200 || plan.SeqScans > 0 {
			t.Errorf("%s: %d rows removed, %d buffers, %d scans\n%s", name, plan.RowsRemoved, plan.Buffers, plan.SeqScans, plan.Tree)
		}
	}
}
