package crm_test

import (
	"context"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Who writes a record with the program's own fields alone leaves those of the workspace as
// they are; what was deleted is kept for 30 days, and gone from the records afterwards.
func TestCustomFieldsAreKept(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	ctx := w.Context()
	read := func() (r entity.Record, fields []tenantdb.FieldListRow) {
		t.Helper()
		w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
			if fields, err = tx.FieldList(ctx); err != nil {
				return err
			}
			own, err := crm.CustomFields(ctx, tx)
			if err != nil {
				return err
			}
			e := own[entity.Customer]
			if e == nil {
				e = entity.Customers
			}
			rows, _, err := tx.RecordList(ctx, e, tenantdb.List{Page: tenantdb.Page{Limit: 10}})
			if err == nil {
				r, err = tx.RecordGet(ctx, e, rows[0].ID)
			}
			return err
		})
		return r, fields
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		if err := crm.FieldCreate(ctx, tx, crm.Definition{Kind: entity.Customer, Label: "Fleet", Type: "number"}); err != nil {
			return err
		}
		own, err := crm.CustomFields(ctx, tx)
		if err != nil {
			return err
		}
		ctx = db.WithScope(ctx, db.Scope{TenantID: w.ID, Schema: w.Schema, Custom: own})
		_, err = crm.Create(ctx, tx, crm.Draft{Kind: entity.Customer, Values: entity.Values{"name": entity.Text("Arcadia")}})
		return err
	})
	r, fields := read()
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		_, err := crm.Save(ctx, tx, crm.Change{Record: r, Set: entity.Values{"x_fleet": entity.Decimal("12.5")}})
		return err
	})
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		plain, err := tx.RecordGet(ctx, entity.Customers, r.ID)
		if err != nil {
			return err
		}
		_, err = crm.Save(ctx, tx, crm.Change{Record: plain, Set: entity.Values{"city": entity.Text("Graz")}})
		return err
	})
	if r, _ = read(); r.Values["x_fleet"] != entity.Decimal("12.5") || r.Values.Text("city") != "Graz" {
		t.Errorf("after another field was written: %v", r.Values)
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) error { return crm.FieldDelete(ctx, tx, fields[0].ID) })
	for _, after := range []struct{ days, left int }{{29, 1}, {31, 0}} {
		days, left := after.days, after.left
		pg.Exec(t, `update `+w.Schema+`.field_definitions set deleted_at = now() - make_interval(days => $1)`, days)
		if err := crm.Purge(ctx, pg.DB(t), time.Now()); err != nil {
			t.Fatal(err)
		}
		r, fields = read()
		if _, held := r.Custom.Held["x_fleet"]; len(fields) != left || held != (left == 1) {
			t.Errorf("after %d days: %d fields, the record holds %v", days, len(fields), r.Custom.Held)
		}
	}
}
