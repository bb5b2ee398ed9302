package crm_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// snapshot is every row of the workspace but the change log's, without what
// counts changes.
func snapshot(tb testing.TB, su *pgx.Conn, schema string) map[string]string {
	tb.Helper()
	out := map[string]string{}
	for _, table := range []string{"customers", "contacts", "leads", "deals", "projects", "tasks", "notes", "taggings", "tags", "stages",
		"pipelines"} {
		rows, err := su.Query(tb.Context(), `select (to_jsonb(t) - 'version' - 'updated_at' - 'active_at')::text from `+pgx.Identifier{schema,
			table}.Sanitize()+` t order by 1`)
		if err != nil {
			tb.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			tb.Fatal(err)
		}
		out[table] = strings.Join(lines, "\n")
	}
	return out
}

func compare(tb rapid.TB, before, after map[string]string) {
	for table, rows := range before {
		if after[table] != rows {
			tb.Fatalf("%s was\n%s\nand is\n%s", table, rows, after[table])
		}
	}
}

// Whatever a lead is converted into, undoing it brings every row back.
func TestConversionAndUndo(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	d, ctx, su := pg.DB(t), w.Context(), pg.Superuser(t)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Existing", Domain: "known.example"}, "old")
	contact := w.Contact(tenantdb.ContactUpdateParams{LastName: "Existing", CustomerID: &customer})
	stages := []uuid.UUID{{}, w.Stage("Proposal"), w.Stage("Closed Won")}
	rapid.Check(t, func(rt *rapid.T) {
		amount := rapid.Int64Range(0, 1<<40).Draw(rt, "amount")
		lead := w.Lead(tenantdb.LeadUpdateParams{
			FirstName: "Ada", LastName: "Lovelace", CompanyName: rapid.SampledFrom([]string{"", "Engines"}).Draw(rt, "company"),
			Email: rapid.SampledFrom([]string{"", "ada@known.example", "ada@gmail.com"}).Draw(rt, "email"), Phone: "+390655501", Amount: &amount,
		}, rapid.SampledFrom([][]string{nil, {"hot"}, {"old", "hot"}}).Draw(rt, "tags")...)
		for i := range rapid.IntRange(0, 3).Draw(rt, "notes") {
			w.Note(entity.Lead, lead, fmt.Sprint("Note ", i))
			w.Task(tenantdb.TaskUpdateParams{Subject: fmt.Sprint("Task ", i), SubjectType: "lead", SubjectID: &lead})
		}
		conversion := crm.Conversion{}
		if rapid.Bool().Draw(rt, "existing customer") {
			conversion.CustomerID = &customer
		}
		if rapid.Bool().Draw(rt, "existing contact") {
			conversion.ContactID = &contact
		}
		if rapid.Bool().Draw(rt, "deal") {
			conversion.Deal = tenantdb.ValuesOf(entity.Deals, tenantdb.DealUpdateParams{Name: "Deal", Currency: "EUR", Amount: &amount,
				StageID: rapid.SampledFrom(stages).Draw(rt, "stage")})
		}
		before := snapshot(t, su, w.Schema)
		err := d.Tenant(ctx, func(tx *db.TenantTx) error {
			row, err := tx.RecordGet(ctx, entity.Leads, lead)
			if err != nil {
				return err
			}
			conversion.Set = tx.ChangeSet()
			_, err = crm.LeadConvert(ctx, tx, row, row.Version, conversion)
			return err
		})
		if err != nil {
			rt.Fatal(err)
		}
		if after := snapshot(t, su, w.Schema); after["leads"] == before["leads"] {
			rt.Fatal("the conversion changed nothing")
		}
		err = d.Tenant(ctx, func(tx *db.TenantTx) error {
			row, err := tx.RecordGet(ctx, entity.Leads, lead)
			if err != nil {
				return err
			}
			return crm.LeadUnconvert(ctx, tx, row)
		})
		if err != nil {
			rt.Fatal(err)
		}
		compare(rt, before, snapshot(t, su, w.Schema))
	})
}

// Once anything that a conversion made was changed, it is not undone, and
// nothing of it is.
func TestConversionIsNotUndoneAfterAChange(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	d, ctx, su := pg.DB(t), w.Context(), pg.Superuser(t)
	for name, change := range map[string]func(out crm.ConvertedTo, lead uuid.UUID){
		"the customer": func(out crm.ConvertedTo, _ uuid.UUID) { rename(t, w, out.CustomerID) },
		"a note on the deal": func(out crm.ConvertedTo, _ uuid.UUID) {
			w.Note(entity.Deal, *out.DealID, "Later")
		},
		"a task on the contact": func(out crm.ConvertedTo, _ uuid.UUID) {
			w.Task(tenantdb.TaskUpdateParams{Subject: "Later", SubjectType: "contact", SubjectID: &out.ContactID})
		},
		"a tag": func(out crm.ConvertedTo, _ uuid.UUID) {
			w.Do(func(ctx context.Context, tx *db.TenantTx) error {
				ids, err := crm.TagIDs(ctx, tx, []string{"later"})
				if err != nil {
					return err
				}
				return tx.TaggingsReplace(ctx, "contact", out.ContactID, ids)
			})
		},
		"a deal of the customer": func(out crm.ConvertedTo, _ uuid.UUID) {
			w.Deal(tenantdb.DealUpdateParams{Name: "Another", CustomerID: &out.CustomerID})
		},
	} {
		lead := w.Lead(tenantdb.LeadUpdateParams{LastName: "Changed later: " + name})
		var out crm.ConvertedTo
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			row, err := tx.RecordGet(ctx, entity.Leads, lead)
			if err != nil {
				return err
			}
			out, err = crm.LeadConvert(ctx, tx, row, 1,
				crm.Conversion{Deal: entity.Values{"name": entity.Text("Deal"), "currency": entity.Text("EUR")}, Set: tx.ChangeSet()})
			return err
		})
		change(out, lead)
		before := snapshot(t, su, w.Schema)
		err := d.Tenant(ctx, func(tx *db.TenantTx) error {
			row, err := tx.RecordGet(ctx, entity.Leads, lead)
			if err != nil {
				return err
			}
			return crm.LeadUnconvert(ctx, tx, row)
		})
		if _, ok := errors.AsType[*crm.RefusalError](err); !ok {
			t.Errorf("%s: undone with %v", name, err)
		}
		compare(t, before, snapshot(t, su, w.Schema))
	}
}

func rename(t *testing.T, w *pg.Workspace, customer uuid.UUID) {
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		row, err := tx.CustomerGet(ctx, customer)
		if err != nil {
			return err
		}
		n, err := tx.CustomerUpdate(ctx, tenantdb.CustomerUpdateParams{ID: row.ID, Version: row.Version, Name: row.Name + " changed",
			Type: row.Type})
		if n != 1 {
			t.Error("not changed")
		}
		return err
	})
}

// A thousand moves by eight people at once: every deal is in one place, no two
// share a position, and the order that each move asked for held.
func TestConcurrentMoves(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	d := pg.DB(t)
	stages := []uuid.UUID{w.Stage("Prospecting"), w.Stage("Proposal"), w.Stage("Closed Won")}
	deals := make([]uuid.UUID, 24)
	for i := range deals {
		deals[i] = w.Deal(tenantdb.DealUpdateParams{Name: fmt.Sprint("Deal ", i), StageID: stages[i%3]})
	}
	column := func(ctx context.Context, tx *db.TenantTx, stage uuid.UUID) (ids []uuid.UUID, positions []string) {
		rows, _, err := tx.RecordList(ctx, entity.Deals, tenantdb.List{
			Filter: tenantdb.Filter{Match: map[string][]string{"stage": {stage.String()}}}, Page: tenantdb.Page{Sort: "position", Limit: 100},
			Fields: []string{"position"},
		})
		if err != nil {
			t.Error(err)
		}
		for _, r := range rows {
			ids, positions = append(ids, r.ID), append(positions, r.Values.Text("position"))
		}
		return ids, positions
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			ctx := w.Context()
			for range 125 {
				id, m := deals[rand.IntN(len(deals))], crm.Move{StageID: stages[rand.IntN(3)]}
				switch rand.IntN(4) {
				case 0:
					m.Top = true
				case 1, 2:
					m.BeforeID = deals[rand.IntN(len(deals))]
				}
				err := d.Tenant(ctx, func(tx *db.TenantTx) error {
					if err := crm.DealMove(ctx, tx, id, m); err != nil {
						return err
					}
					// Still holding the stage: the order is as asked.
					ids, _ := column(ctx, tx, m.StageID)
					at := slices.Index(ids, id)
					if before := slices.Index(ids, m.BeforeID); before >= 0 && m.BeforeID != id && at != before-1 {
						t.Errorf("asked to stand before %d, stands at %d", before, at)
					}
					if m.Top && at != 0 {
						t.Errorf("asked for the top, stands at %d", at)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		var all []uuid.UUID
		for _, s := range stages {
			ids, positions := column(ctx, tx, s)
			if !slices.IsSorted(positions) || len(slices.Compact(slices.Clone(positions))) != len(positions) {
				t.Errorf("positions %q", positions)
			}
			again, _ := column(ctx, tx, s)
			if !slices.Equal(ids, again) {
				t.Error("read twice, the order differs")
			}
			all = append(all, ids...)
		}
		if len(all) != len(deals) {
			t.Errorf("%d deals in the columns, want %d", len(all), len(deals))
		}
		return nil
	})
}

// Who moves a deal from where it is no longer is told so.
func TestMoveOfAMovedDeal(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	ctx := w.Context()
	from, won, lost := w.Stage("Proposal"), w.Stage("Closed Won"), w.Stage("Closed Lost")
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Deal", StageID: from})
	move := func(m crm.Move) error {
		return pg.DB(t).Tenant(ctx, func(tx *db.TenantTx) error { return crm.DealMove(ctx, tx, deal, m) })
	}
	var invalid *crm.Invalid
	if err := move(crm.Move{StageID: lost, From: from}); !errors.As(err, &invalid) || invalid.Fields["lost_reason"] == "" {
		t.Errorf("lost without a reason: %v", err)
	}
	if err := move(crm.Move{StageID: won, From: from}); err != nil {
		t.Fatal(err)
	}
	if err := move(crm.Move{StageID: lost, From: from, LostReason: "Price"}); !errors.Is(err, crm.ErrMoved) {
		t.Errorf("moved from where it is no more: %v", err)
	}
	if err := move(crm.Move{StageID: lost, From: won, LostReason: "Price"}); err != nil {
		t.Error(err)
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		row, err := tx.DealGet(ctx, deal)
		if row.LostReason != "Price" || row.ClosedAt == nil || row.StageName != "Closed Lost" {
			t.Errorf("%+v", row)
		}
		return err
	})
}

// Undo of any change brings fields, tags, place and links back, and refuses
// once the same was changed again.
func TestUndo(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	d, ctx, su := pg.DB(t), w.Context(), pg.Superuser(t)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Customer"}, "a", "b")
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Deal", CustomerID: &customer})
	w.Deal(tenantdb.DealUpdateParams{Name: "On top of it"})
	me, lost := w.MemberID(w.Owner), w.Stage("Closed Lost")
	task := w.Task(tenantdb.TaskUpdateParams{Subject: "Task", Repeat: "weekly", AssigneeID: &me})
	changes := map[string]func(tx *db.TenantTx) error{
		"fields and tags": func(tx *db.TenantTx) error {
			row, err := tx.RecordGet(ctx, entity.Customers, customer)
			if err != nil {
				return err
			}
			_, err = crm.Save(ctx, tx, crm.Change{Record: row, Set: entity.Values{
				"name": entity.Text("Renamed"), "type": entity.Text("partner"), "owner_id": entity.Ref{ID: me}, "tags": entity.TagsNamed("b", "c"),
			}})
			return err
		},
		"deletion": func(tx *db.TenantTx) error {
			r, err := tx.RecordState(ctx, entity.Customer, customer, false)
			if err != nil {
				return err
			}
			return crm.Delete(ctx, tx, entity.Customer, customer, r.Version)
		},
		"move": func(tx *db.TenantTx) error {
			return crm.DealMove(ctx, tx, deal, crm.Move{StageID: lost, LostReason: "Price"})
		},
		"completion of a repeating task": func(tx *db.TenantTx) error {
			return crm.TaskComplete(ctx, tx, task, crm.By{Member: me, Zone: time.UTC})
		},
		"new record": func(tx *db.TenantTx) error {
			_, err := crm.Create(ctx, tx,
				crm.Draft{Kind: entity.Contact, Values: entity.Values{"last_name": entity.Text("New"), "tags": entity.TagsNamed("a")}})
			return err
		},
	}
	for name, change := range changes {
		before := snapshot(t, su, w.Schema)
		var set uuid.UUID
		err := d.Tenant(w.Context(), func(tx *db.TenantTx) error {
			set = tx.ChangeSet()
			return change(tx)
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		undo := func() error {
			return d.Tenant(ctx, func(tx *db.TenantTx) error {
				_, err := crm.Undo(ctx, tx, set, crm.By{Member: tx.MemberID(), Manages: true})
				return err
			})
		}
		if err := undo(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		after := snapshot(t, su, w.Schema)
		after["tags"] = before["tags"] // a tag that was made stays for the next
		compare(t, before, after)
		var no *crm.RefusalError
		if err := undo(); !errors.As(err, &no) && !errors.Is(err, pgx.ErrNoRows) { // what was new has no history any more
			t.Errorf("%s: undone twice: %v", name, err)
		}
	}
	if err := d.Tenant(ctx, func(tx *db.TenantTx) error {
		_, err := crm.Undo(ctx, tx, uuid.New(), crm.By{})
		return err
	}); !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("an unknown change: %v", err)
	}
}

// The change log: nothing that writes can skip it, forge it or wipe it.
func TestChangeLog(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Customer"})
	w.As(w.Owner, func(ctx context.Context, tx *db.TenantTx) error {
		_, err := tx.CustomerUpdate(ctx, tenantdb.CustomerUpdateParams{ID: customer, Version: 1, Name: "Customer", Phone: "+39065550100",
			Type: "prospect"})
		return err
	})
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		rows, err := tx.EntityChanges(ctx, customer, 10)
		if err != nil {
			return err
		}
		if len(rows) != 2 || rows[0].Op != "update" || rows[0].MemberName != w.Owner.Name || string(rows[0].Before) != `{"phone": ""}` ||
			string(rows[0].After) != `{"phone": "+39065550100"}` || rows[1].Op != "insert" || rows[1].MemberID != nil {
			t.Errorf("%+v", rows)
		}
		return nil
	})
	su := pg.Superuser(t)
	role := ""
	if err := su.QueryRow(t.Context(), `select current_database() || '_' || $1`, w.Schema).Scan(&role); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`insert into changes (change_set, entity, entity_id, subject_type, subject_id, op) values (gen_random_uuid(), 'customer',
			gen_random_uuid(), 'customer', gen_random_uuid(), 'insert')`,
		`update changes set member_id = null`, `delete from changes`, `truncate changes`,
		`select ext.write_change('x', 'INSERT', 'customer', null, '{}')`, `alter table customers disable trigger log_change`,
		`drop trigger log_change on customers`,
		`set session_replication_role = replica`,
	} {
		err := pgx.BeginFunc(t.Context(), su, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(),
				`set local search_path = `+pgx.Identifier{w.Schema}.Sanitize()+`, ext; set local role `+pgx.Identifier{role}.Sanitize()); err != nil {
				t.Fatal(err)
			}
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// What was in the trash for thirty days goes for good, with all that hung on
// it; what is younger stays, and so does what others still point to.
func TestPurge(t *testing.T) {
	t.Parallel()
	w, other := pg.NewWorkspace(t), pg.NewWorkspace(t)
	old := w.Customer(tenantdb.CustomerUpdateParams{Name: "Old"}, "tag")
	w.Note(entity.Customer, old, "A secret")
	young := w.Customer(tenantdb.CustomerUpdateParams{Name: "Young"})
	kept := w.Customer(tenantdb.CustomerUpdateParams{Name: "Pointed to"})
	w.Contact(tenantdb.ContactUpdateParams{LastName: "Alive", CustomerID: &kept})
	theirs := other.Customer(tenantdb.CustomerUpdateParams{Name: "Theirs"})
	su := pg.Superuser(t)
	for schema, ids := range map[string][]uuid.UUID{w.Schema: {old, kept}, other.Schema: {theirs}} {
		if _, err := su.Exec(t.Context(), `update `+schema+`.customers set deleted_at = now() - interval '31 days' where id = any ($1)`,
			ids); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := su.Exec(t.Context(), `update `+w.Schema+`.customers set deleted_at = now() - interval '29 days' where id = $1`,
		young); err != nil {
		t.Fatal(err)
	}
	if err := crm.Purge(t.Context(), pg.DB(t), time.Now()); err != nil {
		t.Fatal(err)
	}
	var left []string
	if err := su.QueryRow(t.Context(), `select array(select name::text from `+w.Schema+`.customers order by name)`).Scan(&left); err != nil ||
		!slices.Equal(left, []string{"Pointed to", "Young"}) {
		t.Errorf("left: %v %v", left, err)
	}
	var notes, taggings, changes, theirsLeft int
	err := su.QueryRow(t.Context(), `select (select count(*) from `+w.Schema+`.notes), (select count(*) from `+w.Schema+`.taggings),
		(select count(*) from `+w.Schema+`.changes where subject_id = $1 and (op <> 'delete' or before is not null)),
		(select count(*) from `+other.Schema+`.customers)`, old).Scan(&notes, &taggings, &changes, &theirsLeft)
	if err != nil || notes != 0 || taggings != 0 || changes != 0 || theirsLeft != 0 {
		t.Errorf("notes %d, taggings %d, changes %d, theirs %d, %v", notes, taggings, changes, theirsLeft, err)
	}
}

// Undo looks at each value itself: a list that grew, a card that moved again
// and a lead that was converted meanwhile are changed, not undone.
func TestUndoRefusesWhatChangedAgain(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	d, ctx, su := pg.DB(t), w.Context(), pg.Superuser(t)
	do := func(fn func(tx *db.TenantTx) error) (set uuid.UUID) {
		t.Helper()
		err := d.Tenant(ctx, func(tx *db.TenantTx) error {
			set = tx.ChangeSet()
			return fn(tx)
		})
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	refused := func(what string, set uuid.UUID) {
		t.Helper()
		before := snapshot(t, su, w.Schema)
		err := d.Tenant(ctx, func(tx *db.TenantTx) error {
			_, err := crm.Undo(ctx, tx, set, crm.By{Member: tx.MemberID(), Manages: true})
			return err
		})
		if _, ok := errors.AsType[*crm.RefusalError](err); !ok {
			t.Errorf("%s: undone with %v", what, err)
		}
		compare(t, before, snapshot(t, su, w.Schema))
	}
	email := func(values ...string) []entity.Point {
		out := []entity.Point{}
		for _, v := range values {
			out = append(out, entity.Point{Value: v, Label: "work"})
		}
		return out
	}

	contact := w.Contact(tenantdb.ContactUpdateParams{LastName: "Contact", Emails: email("a@example.com")})
	change := func(version int32, emails []entity.Point) uuid.UUID {
		return do(func(tx *db.TenantTx) error {
			n, err := tx.ContactUpdate(ctx, tenantdb.ContactUpdateParams{ID: contact, Version: version, LastName: "Contact", Emails: emails,
				Phones: email()})
			if n != 1 {
				t.Error("not changed")
			}
			return err
		})
	}
	set := change(1, email("b@example.com"))
	change(2, email("b@example.com", "c@example.com"))
	refused("an email list that grew", set)

	stage := w.Stage("Proposal")
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Deal", StageID: stage})
	for i := range 3 {
		w.Deal(tenantdb.DealUpdateParams{Name: fmt.Sprint("Other ", i), StageID: stage})
	}
	set = do(func(tx *db.TenantTx) error {
		return crm.DealMove(ctx, tx, deal, crm.Move{StageID: stage, Top: true})
	})
	do(func(tx *db.TenantTx) error { return crm.DealMove(ctx, tx, deal, crm.Move{StageID: stage}) })
	refused("a card that was dragged again", set)

	lead := w.Lead(tenantdb.LeadUpdateParams{LastName: "Lead"})
	set = do(func(tx *db.TenantTx) error {
		row, err := tx.RecordGet(ctx, entity.Leads, lead)
		if err != nil {
			return err
		}
		_, err = crm.Save(ctx, tx, crm.Change{Record: row, Set: entity.Values{"phone": entity.Text("+390655501")}})
		return err
	})
	var out crm.ConvertedTo
	conversion := do(func(tx *db.TenantTx) error {
		row, err := tx.RecordGet(ctx, entity.Leads, lead)
		if err != nil {
			return err
		}
		out, err = crm.LeadConvert(ctx, tx, row, row.Version, crm.Conversion{Set: tx.ChangeSet()})
		return err
	})
	refused("a field of a converted lead", set)

	// What another lead became as well is not taken from it.
	other := w.Lead(tenantdb.LeadUpdateParams{LastName: "Other"})
	do(func(tx *db.TenantTx) error {
		row, err := tx.RecordGet(ctx, entity.Leads, other)
		if err != nil {
			return err
		}
		_, err = crm.LeadConvert(ctx, tx, row, row.Version, crm.Conversion{CustomerID: &out.CustomerID, Set: tx.ChangeSet()})
		return err
	})
	refused("a conversion whose customer another lead became", conversion)
}

// A repeating task goes on whatever became of its subject and assignee, and
// completes the same way through its form.
func TestRepeatingTasksGoOn(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	ctx := w.Context()
	customer, me := w.Customer(tenantdb.CustomerUpdateParams{Name: "Customer"}), w.MemberID(w.Owner)
	due := time.Date(1990, 1, 1, 9, 0, 0, 0, time.UTC)
	task := w.Task(tenantdb.TaskUpdateParams{Subject: "Call", Repeat: "weekdays", DueAt: &due, AssigneeID: &me, SubjectType: "customer",
		SubjectID: &customer})
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		return crm.Delete(ctx, tx, entity.Customer, customer, 1)
	})
	if _, err := pg.Superuser(t).Exec(t.Context(), `update `+w.Schema+`.members set active = false`); err != nil {
		t.Fatal(err)
	}
	next := func() (open []entity.Record) {
		w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
			open, _, err = tx.RecordList(ctx, entity.Tasks, tenantdb.List{
				Filter: tenantdb.Filter{Match: map[string][]string{"status": {"open"}}}, Page: tenantdb.Page{Limit: 10},
				Fields: []string{"subject_id", "due_at"},
			})
			return err
		})
		return open
	}
	err := pg.DB(t).Tenant(ctx, func(tx *db.TenantTx) error {
		row, err := tx.RecordGet(ctx, entity.Tasks, task)
		if err != nil {
			return err
		}
		_, err = crm.Save(ctx, tx, crm.Change{Record: row, Set: entity.Values{"status": entity.Text("done")}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	open := next()
	if len(open) != 1 || open[0].Values["subject_id"] != nil || open[0].Values.Due("due_at").At == nil ||
		!open[0].Values.Due("due_at").At.After(time.Now()) || open[0].Values.Due("due_at").At.UTC().Hour() != 9 {
		t.Fatalf("the next: %+v", open)
	}
	if err := pg.DB(t).Tenant(ctx, func(tx *db.TenantTx) error { return crm.TaskReopen(ctx, tx, task) }); err != nil {
		t.Fatal(err)
	}
	if open := next(); len(open) != 1 || open[0].ID != task {
		t.Errorf("after it was reopened: %+v", open)
	}
}
