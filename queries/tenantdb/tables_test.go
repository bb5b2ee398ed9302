package tenantdb_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Every table is known, with its indexes, so that what a connection keeps of a workspace is
// counted right.
func TestTables(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	rows, _ := pg.Superuser(t).Query(t.Context(), `select c.relname::text, 1 + (select count(*)::int from pg_index i where i.indrelid = c.oid)
		from pg_class c where c.relnamespace = $1::regnamespace and c.relkind = 'r'`, w.Schema)
	there := map[string]int{}
	var table string
	var n, all int
	if _, err := pgx.ForEachRow(rows, []any{&table, &n}, func() error { there[table] = n; all += n; return nil }); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(there)) {
		if got := tenantdb.TablesIn("select from " + name).Relations(); got != there[name] {
			t.Errorf("%s is %d relations, not %d", name, there[name], got)
		}
		lines = append(lines, `{"`+name+`", `+strconv.Itoa(there[name])+`}`)
	}
	if t.Failed() {
		t.Logf("tables.go should say:\n%s", strings.Join(lines, ", "))
	}
	if got := tenantdb.AllTables.Relations(); got != all {
		t.Errorf("all tables are %d relations, not %d", all, got)
	}
	if got := tenantdb.TablesIn("select 1"); got != 0 {
		t.Errorf("no table: %b", got)
	}
}
