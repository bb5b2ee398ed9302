package tenantdb_test

import (
	"context"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Every list is read from an index, at its top and deeper down.
func TestCustomerListPlans(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	su := apptest.Superuser(t)
	// 20,000 rows, so that a plan that reads them all costs more than an index.
	_, err := su.Exec(t.Context(), `insert into `+w.Schema+`.customers (id, name, domain, city, industry, annual_revenue, type)
		select gen_random_uuid(), 'Name ' || md5(g::text), md5(g::text) || '.example', case when g % 3 > 0 then md5((g % 999)::text) else '' end, 'Industry ' || g % 20,
		       case when g % 4 > 0 then g end, (array['prospect', 'customer', 'partner'])[1 + g % 3] from generate_series(1, 20000) g;
		analyze `+w.Schema+`.customers`)
	if err != nil {
		t.Fatal(err)
	}
	for _, sort := range []string{"name", "-name", "type", "domain", "-industry", "city", "-city", "annual_revenue", "-annual_revenue", "owner", "updated_at", "-created_at"} {
		for _, deep := range []bool{false, true} {
			page := tenantdb.Page{Sort: sort, Limit: 25}
			w.Do(func(ctx context.Context, tx *db.TenantTx) error {
				if deep {
					for range 3 {
						_, next, err := tx.CustomerList(ctx, tenantdb.CustomerFilter{}, page)
						if err != nil {
							return err
						}
						page.After = next
					}
				}
				sql, args, err := tenantdb.CustomerListSQL(tenantdb.CustomerFilter{}, page)
				if err != nil {
					return err
				}
				plan := apptest.Explain(t, w.Schema, sql, args)
				if plan.RowsRemoved > 250 || plan.Buffers > 1200 || plan.RowsRead > 400 {
					t.Errorf("sort=%s deep=%v reads too much: %+v", sort, deep, plan)
				}
				return nil
			})
		}
	}
	for _, q := range []string{"8f14e45f", "8f", "name 8f14e45f"} {
		sql, args, err := tenantdb.CustomerListSQL(tenantdb.CustomerFilter{Query: q}, tenantdb.Page{Limit: 25})
		if err != nil {
			t.Fatal(err)
		}
		if plan := apptest.Explain(t, w.Schema, sql, args); plan.RowsRead > 6000 || plan.SeqScans > 0 {
			t.Errorf("q=%s: %+v", q, plan)
		}
	}
}
