package tenantdb_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// goTypes are what columns of a type are in sqlc's structs, without the pointer of one that
// may be null.
var goTypes = map[string][]reflect.Type{
	"text": {reflect.TypeFor[string]()}, "integer": {reflect.TypeFor[int32]()}, "bigint": {reflect.TypeFor[int64]()},
	"date":        {reflect.TypeFor[time.Time]()},
	"timestamptz": {reflect.TypeFor[time.Time]()}, "boolean": {reflect.TypeFor[bool]()}, "uuid": {reflect.TypeFor[uuid.UUID]()},
	"uuid[]": {reflect.TypeFor[[]uuid.UUID]()},
	"jsonb":  {reflect.TypeFor[[]entity.Point](), reflect.TypeFor[entity.Anchor]()},
}

// Every field of the registry has its column, of its type, in each of its kind's queries,
// and no query has a column that is no field's.
func TestStores(t *testing.T) {
	t.Parallel()
	for _, e := range entity.Kinds {
		for query, is := range tenantdb.Structs(e.Kind) {
			have := map[string]reflect.Type{}
			for f := range is.Fields() {
				typ := f.Type
				if typ.Kind() == reflect.Pointer {
					typ = typ.Elem()
				}
				have[f.Tag.Get("db")] = typ
			}
			if have["custom"] != reflect.TypeFor[entity.Custom]() {
				t.Errorf("%s: %s has no column for the workspace's own fields", e.Kind, query)
			}
			known := map[string]bool{"": true, "id": true, "custom": true, "version": true, "created_at": true, "updated_at": true,
				"deleted_at": true, "tags": true}
			for i := range e.Fields {
				f := &e.Fields[i]
				stem := strings.TrimSuffix(strings.TrimSuffix(f.Column, "_ids"), "_id")
				for _, beside := range []string{"_name", "_color", "_names"} {
					known[stem+beside] = true
				}
				written := !f.Derived && (f.Name != "created_at" && f.Name != "updated_at" || query == "copy")
				for _, c := range f.Columns() {
					known[c] = true
					if typ, ok := have[c]; !ok {
						if query == "get" || written {
							t.Errorf("%s: %s has no column %s", e.Kind, query, c)
						}
					} else if f.Type != entity.TypeDue && !contains(goTypes[f.Type.Column()], typ) {
						t.Errorf("%s: %s has %s as %s, the registry as %s", e.Kind, query, c, typ, f.Type.Column())
					}
				}
			}
			for c := range have {
				if !known[c] && (query != "get" || c != "stage_probability") {
					t.Errorf("%s: %s has a column %s that is no field's", e.Kind, query, c)
				}
			}
		}
	}
}

func contains(types []reflect.Type, t reflect.Type) bool {
	return slices.Contains(types, t)
}

// customFields are fields of a workspace's own, one of each type.
func customFields() []entity.Field {
	options := []entity.Option{{Value: "a", Label: "A"}, {Value: "b", Label: "B"}}
	return []entity.Field{
		{Name: "x_text", Label: "Text", Type: entity.TypeText}, {Name: "x_long", Label: "Long", Type: entity.TypeLongText},
		{Name: "x_number", Label: "Number", Type: entity.TypeDecimal}, {Name: "x_money", Label: "Money", Type: entity.TypeMoney},
		{Name: "x_percent", Label: "Percent", Type: entity.TypePercent}, {Name: "x_day", Label: "Day", Type: entity.TypeDay},
		{Name: "x_moment", Label: "Moment", Type: entity.TypeMoment}, {Name: "x_box", Label: "Box", Type: entity.TypeBool},
		{Name: "x_select", Label: "Select", Type: entity.TypeSelect, Options: options},
		{Name: "x_choices", Label: "Choices", Type: entity.TypeChoices, Options: options},
		{Name: "x_record", Label: "Record", Type: entity.TypeReference, Refers: entity.Customer},
		{Name: "x_member", Label: "Member", Type: entity.TypeReference, Refers: entity.Member},
		{Name: "x_email", Label: "Email", Type: entity.TypeEmail}, {Name: "x_phone", Label: "Phone", Type: entity.TypePhone},
		{Name: "x_url", Label: "URL", Type: entity.TypeURL},
	}
}

// full is a record with something in every field that a person may write.
func full(w *pg.Workspace, e *entity.Entity) entity.Record {
	now := time.Now().Truncate(time.Microsecond)
	r := entity.Record{Entity: e, ID: uuid.Must(uuid.NewV7()), Version: 1, Values: entity.Values{}, CreatedAt: now, UpdatedAt: now}
	refers := map[entity.Kind]uuid.UUID{entity.Member: w.MemberID(w.Owner), entity.Stage: w.Stage("Proposal")}
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		pipelines, err := tx.PipelineList(ctx)
		refers[entity.Pipeline] = pipelines[0].ID
		return err
	})
	refers[entity.Customer] = w.Customer(tenantdb.CustomerUpdateParams{Name: "Customer"})
	refers[entity.Contact] = w.Contact(tenantdb.ContactUpdateParams{LastName: "Contact"})
	refers[entity.Deal] = w.Deal(tenantdb.DealUpdateParams{Name: "Deal"})
	refers[entity.Task] = w.Task(tenantdb.TaskUpdateParams{Subject: "Task"})
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.Derived || f.Name == "created_at" || f.Name == "updated_at" {
			continue
		}
		var v entity.Value
		switch f.Type {
		case entity.TypeSelect:
			v = entity.Text(f.Options[len(f.Options)-1].Value) // converted and done: with what goes with that
		case entity.TypeNumber, entity.TypePercent:
			v = entity.Number(42)
		case entity.TypeDecimal:
			v = entity.Decimal("-12.5")
		case entity.TypeChoices:
			v = entity.Choices{"b", "a"}
		case entity.TypeMoney:
			v = entity.Money{Minor: 123_456}
			if f.Currency != "" {
				v = entity.Money{Minor: 123_456, Currency: "USD"}
			}
		case entity.TypeCurrency:
			v = entity.Text("USD")
		case entity.TypeDay:
			v = entity.Day(time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC))
		case entity.TypeDue:
			v = entity.Due{At: &now}
		case entity.TypeMoment:
			v = entity.Moment(now)
		case entity.TypeBool:
			v = entity.Bool(true)
		case entity.TypeReference:
			id, ok := refers[f.Refers]
			if !ok {
				id = refers[entity.Customer] // of any kind
			}
			v = entity.Ref{ID: id}
		case entity.TypeReferences:
			v = entity.Refs{{ID: refers[f.Refers]}}
		case entity.TypeEmails, entity.TypePhones:
			v = entity.Points{{Value: "one", Label: "work"}, {Value: "two"}}
		case entity.TypeAnchor:
			v = &entity.Anchor{Day: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), Zone: "Europe/Rome"}
		case entity.TypeTags:
			continue // a matter of taggings
		default:
			v = entity.Text(f.Name)
			if f.Name == "subject_type" {
				v = entity.Text("customer")
			}
		}
		r.Values[f.Name] = v
	}
	return r
}

// What is written of a record is read again, by each of its kind's queries and by lists.
func TestRecordsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	for _, e := range entity.Kinds {
		described(t, w, e)
		e = e.With(customFields()...)
		r := full(w, e)
		loaded := r
		loaded.ID = uuid.Must(uuid.NewV7())
		if e.Field("position") != nil {
			loaded.Values = r.Values.Clone()
			loaded.Values["position"] = entity.Text("another")
		}
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			if err := tx.RecordInsert(ctx, e, r.ID, r.Values); err != nil {
				t.Errorf("%s: %v", e.Kind, err)
				return err
			}
			if n, err := tx.RecordLoad(ctx, e, []entity.Record{loaded}); err != nil || n != 1 {
				t.Errorf("%s: loaded %d, %v", e.Kind, n, err)
				return err
			}
			for _, want := range []entity.Record{r, loaded} {
				got, err := tx.RecordGet(ctx, e, want.ID)
				if err != nil {
					return err
				}
				compare(t, "get", want, got)
				if n, err := tx.RecordUpdate(ctx, got); err != nil || n != 1 {
					t.Errorf("%s: updated %d, %v", e.Kind, n, err)
				}
				again, err := tx.RecordGet(ctx, e, want.ID)
				if err != nil {
					return err
				}
				compare(t, "update", want, again)
				if again.Version != 2 {
					t.Errorf("%s: version %d", e.Kind, again.Version)
				}
				var names []string
				for _, f := range e.Fields {
					names = append(names, f.Name)
				}
				rows, _, err := tx.RecordList(ctx, e, tenantdb.List{Page: tenantdb.Page{Limit: 100}, Fields: names})
				if err != nil {
					return err
				}
				found := false
				for _, row := range rows {
					if row.ID == want.ID {
						found = true
						compare(t, "list", want, row)
					}
				}
				if !found {
					t.Errorf("%s: not in its list", e.Kind)
				}
			}
			return nil
		})
	}
}

func compare(t *testing.T, how string, want, got entity.Record) {
	t.Helper()
	for name, v := range want.Values {
		if !entity.Equal(v, got.Values[name]) {
			t.Errorf("%s of %s: %s is %#v, was %#v", how, want.Entity.Kind, name, got.Values[name], v)
		}
	}
	for i := range want.Entity.Fields {
		f := &want.Entity.Fields[i]
		r, ok := got.Values[f.Name].(entity.Ref)
		if ok && f.Refers != "" && r.Name == "" && f.Name != "completed_by" && f.Name != "next_id" {
			t.Errorf("%s of %s: %s has no name", how, want.Entity.Kind, f.Name)
		}
	}
}

// described writes and reads with the queries that a kind has without sqlc's: they do the
// same.
func described(t *testing.T, w *pg.Workspace, e *entity.Entity) {
	t.Helper()
	r, loaded := full(w, e), full(w, e)
	if e.Field("position") != nil {
		r.Values["position"], loaded.Values["position"] = entity.Text("described"), entity.Text("loaded")
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		q := tenantdb.Described{Queries: tx.Queries, Entity: e}
		if err := q.Insert(ctx, r); err != nil {
			t.Errorf("%s: %v", e.Kind, err)
			return err
		}
		if n, err := q.Load(ctx, []entity.Record{loaded}); err != nil || n != 1 {
			t.Errorf("%s: loaded %d, %v", e.Kind, n, err)
			return err
		}
		for _, want := range []entity.Record{r, loaded} {
			got, err := q.Get(ctx, want.ID)
			if err != nil {
				return err
			}
			compare(t, "described", want, got)
			if n, err := q.Update(ctx, got); err != nil || n != 1 {
				t.Errorf("%s: updated %d, %v", e.Kind, n, err)
			}
			again, err := tx.RecordGet(ctx, e, want.ID) // sqlc's
			if err != nil {
				return err
			}
			compare(t, "both", want, again)
		}
		return nil
	})
}
