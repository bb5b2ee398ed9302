package crm_test

import (
	"context"
	"errors"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
)

// saved makes a record of the values, changes it by set, and returns it as it is kept, with
// what the second refused.
func saved(t *testing.T, w *pg.Workspace, kind entity.Kind, v, set entity.Values) (r entity.Record, refused error) {
	t.Helper()
	by := crm.By{Currency: "EUR"}
	err := pg.DB(t).Tenant(w.Context(), func(tx *db.TenantTx) error {
		ctx := context.Background()
		id, err := crm.Create(ctx, tx, crm.Draft{Kind: kind, Values: v, By: by})
		if err != nil {
			return err
		}
		if r, err = tx.RecordGet(ctx, entity.For(kind), id); err != nil || set == nil {
			return err
		}
		if _, refused = crm.Save(ctx, tx, crm.Change{Record: r, Set: set, By: by}); refused == nil {
			r, err = tx.RecordGet(ctx, entity.For(kind), id)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, refused
}

// An amount has its record's currency, and keeps its figures when that changes, whoever
// writes: no form need know.
func TestAmountsFollowTheirCurrency(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	deal := func(amount entity.Value, more ...entity.Values) entity.Values {
		v := entity.Values{"name": entity.Text("Deal"), "amount": amount}
		for _, m := range more {
			maps.Copy(v, m)
		}
		return v
	}
	in := func(code string) entity.Values { return entity.Values{"currency": entity.Text(code)} }
	for name, tc := range map[string]struct {
		made, set entity.Values
		want      entity.Money
		refused   string // the field
	}{
		"the workspace's":   {made: deal(entity.Money{Minor: 1250}), want: entity.Money{Minor: 1250, Currency: "EUR"}},
		"its own":           {made: deal(entity.Money{Minor: 1250}, in("USD")), want: entity.Money{Minor: 1250, Currency: "USD"}},
		"another one later": {made: deal(entity.Money{Minor: 1250}), set: in("USD"), want: entity.Money{Minor: 1250, Currency: "USD"}},
		"one without cents": {made: deal(entity.Money{Minor: 124000}), set: in("JPY"), want: entity.Money{Minor: 1240, Currency: "JPY"}},
		"one that loses cents": {made: deal(entity.Money{Minor: 1250}), set: in("JPY"), want: entity.Money{Minor: 1250, Currency: "EUR"},
			refused: "currency"},
		"an amount of another": {made: deal(entity.Money{Minor: 1250}), set: deal(entity.Money{Minor: 5, Currency: "USD"}),
			want: entity.Money{Minor: 1250, Currency: "EUR"}, refused: "amount"},
		"an amount and its own": {made: deal(entity.Money{Minor: 1250}), set: deal(entity.Money{Minor: 5, Currency: "USD"}, in("USD")),
			want: entity.Money{Minor: 5, Currency: "USD"}},
		"no currency that there is": {made: deal(entity.Money{Minor: 1250}), set: in("XQZ"), want: entity.Money{Minor: 1250, Currency: "EUR"},
			refused: "currency"},
	} {
		r, err := saved(t, w, entity.Deal, tc.made, tc.set)
		if got, _ := r.Values.Money("amount"); got != tc.want || r.Values.Text("currency") != tc.want.Currency {
			t.Errorf("%s: %v in %s, want %v", name, got, r.Values.Text("currency"), tc.want)
		}
		var invalid *crm.Invalid
		if errors.As(err, &invalid); (err != nil) != (tc.refused != "") || err != nil && (invalid == nil || invalid.Fields[tc.refused] == "") {
			t.Errorf("%s: %v, want it refused at %q", name, err, tc.refused)
		}
	}
}

// What a field can't hold is refused at it, whoever writes.
func TestValuesAreChecked(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	tags := entity.Tags{}
	for range entity.MaxTags + 1 {
		tags = append(tags, entity.Tag{Name: uuid.NewString()[:8]})
	}
	points := entity.Points{}
	for range entity.MaxPoints + 1 {
		points = append(points, entity.Point{Value: uuid.NewString()[:8] + "@example.com"})
	}
	long := entity.Text(strings.Repeat("x", 20_000))
	for _, tc := range []struct {
		kind  entity.Kind
		field string
		value entity.Value
	}{
		{entity.Customer, "name", nil}, {entity.Customer, "name", long}, {entity.Customer, "name", entity.Text("a\x00b")},
		{entity.Customer, "description", long},
		{entity.Customer, "employees", entity.Number(-1)}, {entity.Customer, "employees", entity.Number(math.MaxInt32 + 1)},
		{entity.Customer, "annual_revenue", entity.Money{Minor: entity.MaxAmount + 1}},
		{entity.Customer, "annual_revenue", entity.Money{Minor: -1}},
		{entity.Customer, "website", entity.Text("javascript:alert(1)")}, {entity.Customer, "domain", entity.Text("not a domain")},
		{entity.Customer, "type", entity.Text("nonsense")}, {entity.Customer, "tags", tags},
		{entity.Customer, "tags", entity.Tags{{Name: "a, b"}}},
		{entity.Contact, "emails", points}, {entity.Contact, "emails", entity.Points{{Value: ""}}},
		{entity.Deal, "probability", entity.Number(101)},
		{entity.Deal, "expected_close_date", entity.Day(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))},
		{entity.Deal, "customer_id", entity.Ref{ID: uuid.New()}}, {entity.Deal, "owner_id", entity.Ref{ID: uuid.New()}},
	} {
		good := map[entity.Kind]entity.Values{
			entity.Customer: {"name": entity.Text("Good")}, entity.Contact: {"last_name": entity.Text("Good")},
			entity.Deal: {"name": entity.Text("Good")},
		}[tc.kind]
		r, err := saved(t, w, tc.kind, good, entity.Values{tc.field: tc.value})
		var invalid *crm.Invalid
		if !errors.As(err, &invalid) || invalid.Fields[tc.field] == "" {
			t.Errorf("%s of a %s, %.40v: %v", tc.field, tc.kind, tc.value, err)
		}
		for name, v := range good {
			if !entity.Equal(r.Values[name], v) {
				t.Errorf("%s of a %s was changed to %v", name, tc.kind, r.Values[name])
			}
		}
	}
}

// What the program keeps of a record nobody else writes.
func TestSystemFieldsAreNobodysToWrite(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	then := entity.Moment(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC))
	forged := entity.Values{"created_at": then, "converted_at": then, "customer_id": entity.Ref{ID: uuid.New()},
		"conversion_set": entity.Ref{ID: uuid.New()}}
	v := forged.Clone()
	v["last_name"] = entity.Text("Lead")
	r, err := saved(t, w, entity.Lead, v, forged)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range forged {
		if entity.Equal(r.Values[name], value) {
			t.Errorf("%s was written", name)
		}
	}
}
