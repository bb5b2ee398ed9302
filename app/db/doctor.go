package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Health is what the database says of itself, for paddock doctor.
type Health struct {
	Server          string   // its version
	Unrestricted    []string // see DB.Unrestricted
	OpenFunctions   []string // of ours that tenants’ roles may execute, and should not
	BaselineReads   int      // tables that the pool's baseline role could read: none, if all is well
	TenantReads     int      // tables outside their own schema that tenant roles could read: none
	MissingRoles    int      // tenants without their role
	Spares, Wanting int      // current spares; importing or preparing for longer than an hour
	JobsWaiting     int
	OldestJob       float64 // seconds for which the oldest job that could run has waited
	JobsFailed      int     // given up
	Letters         bool    // letters of all scripts are letters to the database, so that trigrams have them
	Tables          int     // and sequences: what pg_dump locks
	LockRoom        int
}

// Health looks at everything that can be asked in a few queries.
func (d *DB) Health(ctx context.Context) (h Health, err error) {
	if h.Unrestricted, err = d.Unrestricted(ctx); err != nil {
		return h, err
	}
	if h.OpenFunctions, err = d.openFunctions(ctx); err != nil {
		return h, err
	}
	err = d.owner.QueryRow(ctx, `
		with t as (select schema, $3 || '_' || schema as role from public.tenants where schema_made and state <> 'preparing')
		select version(),
		       (select count(*) from pg_catalog.pg_tables where schemaname = 'public' and has_table_privilege($1, format('%I.%I', schemaname, tablename), 'select')),
		       (select count(*) from t where exists (select from pg_catalog.pg_roles r where r.rolname = t.role)
		                                and (has_table_privilege(t.role, 'public.users', 'select') or has_table_privilege(t.role, 'public.tenants', 'select') or has_schema_privilege(t.role, 'public', 'usage'))),
		       (select count(*) from t where not exists (select from pg_catalog.pg_roles r where r.rolname = t.role)),
		       (select count(*) from public.tenants where state = 'spare' and schema_version >= $2),
		       (select count(*) from public.tenants where state in ('preparing', 'importing') and created_at < now() - interval '1 hour'),
		       (select count(*) from public.river_job where state in ('available', 'retryable')),
		       (select coalesce(extract(epoch from now() - min(scheduled_at)), 0) from public.river_job where state = 'available'),
		       (select count(*) from public.river_job where state = 'discarded'),
		       ext.show_trgm('д') <> '{}',
		       (select count(*) from pg_catalog.pg_class where relkind in ('r', 'S')),
		       current_setting('max_locks_per_transaction')::int * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)`,
		d.baselineRole(), TenantVersion(), d.name).Scan(&h.Server, &h.BaselineReads, &h.TenantReads, &h.MissingRoles, &h.Spares, &h.Wanting, &h.JobsWaiting, &h.OldestJob, &h.JobsFailed, &h.Letters, &h.Tables, &h.LockRoom)
	return h, err
}

// openFunctions are functions of ours that everybody may execute, and so every
// tenant's role: none, but for those of extensions, and for immutable ones, which know
// nothing but what they are given.
func (d *DB) openFunctions(ctx context.Context) ([]string, error) {
	rows, err := d.owner.Query(ctx, `
		select p.oid::regprocedure::text from pg_catalog.pg_proc p
		where p.pronamespace in ('ext'::regnamespace, 'public'::regnamespace) and has_function_privilege($1, p.oid, 'execute')
			and p.provolatile <> 'i' and not exists (select from pg_catalog.pg_depend x where x.classid = 'pg_catalog.pg_proc'::regclass and x.objid = p.oid and x.deptype = 'e')
		order by 1`, d.baselineRole())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Drift is a tenant's schema that is not what its migrations make.
type Drift struct {
	Schema string `json:"schema"`
	Slug   string `json:"slug,omitempty"`
	What   string `json:"what"` // the first thing that differs
}

// fingerprint lists what a schema is made of, a line each, without its name.
const fingerprint = `
	select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
	       || coalesce(' ' || a.attgenerated::text || a.attidentity::text || ' ' || pg_get_expr(x.adbin, x.adrelid), '') as line, c.relnamespace as n
	from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped left join pg_attrdef x on x.adrelid = c.oid and x.adnum = a.attnum
	where c.relkind = 'r'
	union all select 'index ' || pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' INVALID' end, c.relnamespace from pg_index i join pg_class c on c.oid = i.indexrelid
	union all select 'constraint ' || conname || ' on ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid), connamespace from pg_constraint
	union all select 'trigger ' || pg_get_triggerdef(t.oid), c.relnamespace from pg_trigger t join pg_class c on c.oid = t.tgrelid where not t.tgisinternal
	union all select 'function ' || pg_get_functiondef(p.oid), p.pronamespace from pg_proc p where p.prokind = 'f'
	union all select 'right ' || c.relname || ' ' || g.privilege_type || ' to ' || g.grantee::regrole, c.relnamespace
	          from pg_class c, aclexplode(c.relacl) g where c.relkind in ('r', 'S') and g.grantee <> c.relowner`

// FindDrift compares every tenant's schema that is current with one that it
// makes for the purpose, by the catalogue, and returns those that differ. It
// reads all of the catalogue: an operator's question, not a request's.
func (d *DB) FindDrift(ctx context.Context, report func(done, total int)) (found []Drift, err error) {
	found = []Drift{}
	model, err := d.CreateTenantSchemaAt(ctx, TenantVersion())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.DropSchema(context.WithoutCancel(ctx), model)) }()
	lines := func(schema string) (out []string, err error) {
		// Names of the schema and its role are taken out, so that all look alike.
		rows, err := d.owner.Query(ctx, `
			select replace(replace(f.line, $1 || '.', ''), $1, '') collate "C" from (`+fingerprint+`) f where f.n = $1::regnamespace order by 1`, schema)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[string])
	}
	want, err := lines(model)
	if err != nil {
		return nil, err
	}
	rows, err := d.owner.Query(ctx, `select schema, coalesce(slug, '') from public.tenants where schema_made and schema_version = $1 and schema <> $2 and state not in ('preparing', 'importing') order by slug nulls last, schema`, TenantVersion(), model)
	if err != nil {
		return nil, err
	}
	tenants, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (x Drift, err error) {
		err = r.Scan(&x.Schema, &x.Slug)
		return x, err
	})
	if err != nil {
		return nil, err
	}
	for i, t := range tenants {
		got, err := lines(t.Schema)
		if code(err, "3F000") {
			continue // dropped meanwhile
		}
		if err != nil {
			return nil, err
		}
		if t.What = differs(want, got); t.What != "" {
			found = append(found, t)
		}
		if report != nil {
			report(i+1, len(tenants))
		}
	}
	return found, nil
}

// differs says what the first difference of two sorted lists is, "" for none.
func differs(want, got []string) string {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got) || i < len(want) && want[i] < got[i]:
			return "lacks " + want[i]
		case i >= len(want) || want[i] > got[i]:
			return "has " + got[i]
		}
	}
	return ""
}

// String is one line.
func (x Drift) String() string {
	name := x.Slug
	if name == "" {
		name = "a spare"
	}
	return fmt.Sprintf("%s (%s) %s", name, x.Schema, x.What)
}
