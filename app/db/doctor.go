package db

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/sql/schema"
)

// Basics are what the server and the database are, whatever stands in it.
type Basics struct {
	Server           string // its version
	ReadOnly         bool   // a standby, or told to take no changes
	MayCreateRoles   bool   // the owner may
	Letters          bool   // letters of all scripts are letters, so that trigrams have them
	Tables, LockRoom int    // and sequences: what pg_dump locks, and how many locks there is room for
}

// Basics reads them.
func (d *DB) Basics(ctx context.Context) (b Basics, err error) {
	err = d.owner.QueryRow(ctx, `
		select version(), pg_is_in_recovery() or current_setting('transaction_read_only') = 'on',
		       (select rolcreaterole from pg_catalog.pg_roles where rolname = session_user), 'д' ~ '[[:alpha:]]',
		       (select count(*) from pg_catalog.pg_class where relkind in ('r', 'S')),
		       current_setting('max_locks_per_transaction')::int * (current_setting('max_connections')::int +
		       current_setting('max_prepared_transactions')::int)`,
	).Scan(&b.Server, &b.ReadOnly, &b.MayCreateRoles, &b.Letters, &b.Tables, &b.LockRoom)
	return b, err
}

// Walls are what keeps workspaces apart, as far as it is not so: nothing, if all is
// well.
type Walls struct {
	Unrestricted  []string // see DB.Unrestricted
	OpenFunctions []string // of ours that tenants’ roles may execute, and should not
	Mighty        []string // roles of ours that could become others, own something, or do what no role of ours may
	BaselineReads int      // tables that the pool's baseline role could read
	TenantReads   int      // roles of tenants that could read shared tables
}

// Walls looks for gaps.
func (d *DB) Walls(ctx context.Context) (w Walls, err error) {
	if w.Unrestricted, err = d.Unrestricted(ctx); err != nil {
		return w, err
	}
	if w.OpenFunctions, err = d.openFunctions(ctx); err != nil {
		return w, err
	}
	err = d.owner.QueryRow(ctx, `
		with t as (select r.oid from public.tenants t join pg_catalog.pg_roles r on r.rolname = $3 || '_' || t.schema where t.schema_made
		and t.state <> 'preparing'),
		-- The catalogue is read once, for it has two hundred relations a workspace.
		mighty as materialized (select member as oid from pg_catalog.pg_auth_members union select relowner from pg_catalog.pg_class
		union select nspowner from pg_catalog.pg_namespace),
		ours as (select r.* from pg_catalog.pg_roles r where r.rolname in ($1, $2) or r.oid in (select oid from t))
		select array(select r.rolname::text from ours r where r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolbypassrls or r.rolcanlogin
		                or r.oid in (select oid from mighty) order by 1),
		       (select count(*) from pg_catalog.pg_class c join ours r on r.rolname = $1 where c.relnamespace = 'public'::regnamespace
		       and c.relkind = 'r' and has_table_privilege(r.oid, c.oid, 'select')),
		       -- By their ids: to look a name up, what the owner may is computed anew after each role, of all of which it is a member.
		       (select count(*) from t where has_table_privilege(t.oid, 'public.users'::regclass, 'select')
		       or has_table_privilege(t.oid, 'public.tenants'::regclass, 'select')
		       or has_schema_privilege(t.oid, 'public'::regnamespace, 'usage'))`,
		d.baselineRole(), d.sharedRole(), d.name).Scan(&w.Mighty, &w.BaselineReads, &w.TenantReads)
	return w, err
}

// Upkeep is what jobs have done and left.
type Upkeep struct {
	Spares, Wanting int // current spares; importing or preparing for longer than an hour
	JobsWaiting     int
	OldestJob       float64 // seconds for which the oldest job that could run has waited
	JobsFailed      int     // given up
}

// Upkeep counts it.
func (d *DB) Upkeep(ctx context.Context) (u Upkeep, err error) {
	err = d.owner.QueryRow(ctx, `
		select (select count(*) from public.tenants where state = 'spare' and schema_version >= $1),
		       (select count(*) from public.tenants where state in ('preparing', 'importing') and created_at < now() - interval '1 hour'),
		       (select count(*) from public.river_job where state in ('available', 'retryable')),
		       (select coalesce(extract(epoch from now() - min(scheduled_at)), 0) from public.river_job where state = 'available'),
		       (select count(*) from public.river_job where state = 'discarded')`,
		TenantVersion()).Scan(&u.Spares, &u.Wanting, &u.JobsWaiting, &u.OldestJob, &u.JobsFailed)
	return u, err
}

// errProbed ends a transaction that was to show that it can write: nothing of it stays.
var errProbed = errors.New("db: probed")

// probed is what a probe's error means: none where it went through, nor where the database
// takes no changes, which Basics tells.
func probed(err error) error {
	switch {
	case errors.Is(err, errProbed), errors.Is(err, ErrUnwritable):
		return nil
	case code(err, "42501"):
		return ErrRights
	}
	return err
}

// ProbeShared reads and writes as requests do before the workspace is known, keeping
// nothing, and looks at what else they may do there: ErrRights where their role may not,
// ErrNoTable where there is nothing to read.
func (d *DB) ProbeShared(ctx context.Context) error {
	err := d.Entry(ctx, func(q *shareddb.Queries) error {
		_, err := q.EntrySession(ctx, nil, nil, false)
		return err
	})
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return probed(err)
	}
	var gone, lacking []string
	err = d.SharedRead(ctx, func(tx *SharedTx) error {
		err := tx.on.QueryRow(ctx, `
			select array(select t from unnest($1::text[]) t where not exists (select from pg_catalog.pg_class c
			where c.relnamespace = 'public'::regnamespace and c.relname = t)),
			       array(select relname::text from pg_catalog.pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
			                and (not has_table_privilege(oid, 'select') or relname = any($1) and not has_table_privilege(oid, 'insert'))
			                order by 1)`,
			readTrack(schema.Shared()).made(math.MaxInt64)).Scan(&gone, &lacking)
		if err != nil || len(gone)+len(lacking) > 0 {
			return err
		}
		_, err = tx.on.Exec(ctx, `select ext.uuid_v7() from users, tenants, sessions limit 1`)
		return err
	})
	switch {
	case len(gone) > 0:
		return fmt.Errorf("%w: %s", ErrNoTable, strings.Join(gone, ", "))
	case len(lacking) > 0:
		return ErrRights
	case err != nil:
		return probed(err)
	}
	return probed(d.Shared(ctx, func(tx *SharedTx) error {
		if _, err := tx.on.Exec(ctx,
			`insert into users (id, email, name, password_hash) values (gen_random_uuid(), 'probe.invalid', 'Probe', '')`); err != nil {
			return err
		}
		return errProbed
	}))
}

// ErrRights is answered where a role lacks the rights that migrations gave it.
var ErrRights = errors.New("db: the role lacks its rights")

// Fault is why a workspace can't be served.
type Fault struct {
	Slug, Schema string // Slug is "" for a spare
	Cause        error  // ErrNoSchema, ErrNoRole, ErrRights, or what the database said
}

// Why a workspace can't be served.
var (
	ErrNoSchema = errors.New("db: the schema is gone")
	ErrNoRole   = errors.New("db: the role is gone")
	ErrNoTable  = errors.New("db: a table is gone")
)

// Faults looks at every workspace and spare in the catalogue, and reads and writes as
// requests do in the first of them, so many (all, below 0), keeping nothing.
func (d *DB) Faults(ctx context.Context, probes int) (found []Fault, err error) {
	rows, err := d.owner.Query(ctx, `
		with made as materialized (
			select t.id, t.slug, t.schema, t.schema_version, n.oid as nsp, r.oid as rol
			from public.tenants t left join pg_catalog.pg_namespace n on n.nspname = t.schema left join pg_catalog.pg_roles r
			on r.rolname = $1 || '_' || t.schema
			where t.schema_made and t.state in ('active', 'suspended', 'spare')
		), tables as ( -- of all, from one look at the catalogue
			select m.id, array_agg(c.relname::text) as names,
			       bool_or(not has_table_privilege(m.rol, c.oid, 'select') or c.relname not in ('changes', 'audit', 'record_counts')
			       and not has_table_privilege(m.rol, c.oid, 'insert')) as lacks
			from made m join pg_catalog.pg_class c on c.relnamespace = m.nsp and c.relkind = 'r' group by m.id
		)
		select m.id, coalesce(m.slug, ''), m.schema, m.nsp is null, m.rol is null,
		       coalesce(not has_schema_privilege(m.rol, m.nsp, 'usage'), false) or coalesce(x.lacks, false),
		       array(select n from unnest($2::text[]) n where m.schema_version >= $3 and n <> all (coalesce(x.names, '{}')))
		from made m left join tables x on x.id = m.id order by m.slug nulls last, m.schema`,
		d.name, TenantTables(TenantVersion()), TenantVersion())
	if err != nil {
		return nil, err
	}
	type tenant struct {
		id uuid.UUID
		Fault
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (t tenant, err error) {
		var schemaless, roleless, rightless bool
		var gone []string
		err = r.Scan(&t.id, &t.Slug, &t.Schema, &schemaless, &roleless, &rightless, &gone)
		switch {
		case schemaless:
			t.Cause = ErrNoSchema
		case len(gone) > 0:
			t.Cause = fmt.Errorf("%w: %s", ErrNoTable, strings.Join(gone, ", "))
		case !d.roles:
		case roleless:
			t.Cause = ErrNoRole
		case rightless:
			t.Cause = ErrRights
		}
		return t, err
	})
	if err != nil {
		return nil, err
	}
	for i, t := range all {
		if t.Cause == nil && (probes < 0 || i < probes) {
			scope := WithScope(ctx, Scope{TenantID: t.id, Schema: t.Schema})
			t.Cause = probed(d.Tenant(scope, func(tx *TenantTx) error {
				for _, sql := range []string{`select ext.fold('a') from members limit 1`,
					`insert into customers (id, name) values (gen_random_uuid(), 'Probe')`} {
					if _, err := tx.on.Exec(scope, sql); err != nil {
						return err
					}
				}
				return errProbed
			}))
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if t.Cause != nil {
			found = append(found, t.Fault)
		}
	}
	return found, nil
}

// openFunctions are functions of ours that everybody may execute, and so every
// tenant's role: none, but for those of extensions, and for immutable ones, which know
// nothing but what they are given.
func (d *DB) openFunctions(ctx context.Context) ([]string, error) {
	rows, err := d.owner.Query(ctx, `
		select p.oid::regprocedure::text from pg_catalog.pg_proc p
		where p.pronamespace in ('ext'::regnamespace, 'public'::regnamespace) and has_function_privilege($1, p.oid, 'execute')
			and p.provolatile <> 'i' and not exists (select from pg_catalog.pg_depend x where x.classid = 'pg_catalog.pg_proc'::regclass
			and x.objid = p.oid and x.deptype = 'e')
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
	       || coalesce(' ' || a.attgenerated::text || a.attidentity::text || ' ' || pg_get_expr(x.adbin, x.adrelid), '') as line,
	       c.relnamespace as n
	from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
	left join pg_attrdef x on x.adrelid = c.oid and x.adnum = a.attnum
	where c.relkind = 'r'
	union all select 'index ' || pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' INVALID' end, c.relnamespace
	from pg_index i join pg_class c on c.oid = i.indexrelid
	union all select 'constraint ' || conname || ' on ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid), connamespace
	from pg_constraint
	union all select 'trigger ' || pg_get_triggerdef(t.oid), c.relnamespace from pg_trigger t join pg_class c on c.oid = t.tgrelid
	where not t.tgisinternal
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
			select replace(replace(f.line, $1 || '.', ''), $1, '') collate "C"
			from (`+fingerprint+`) f where f.n = $1::regnamespace order by 1`, schema)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[string])
	}
	want, err := lines(model)
	if err != nil {
		return nil, err
	}
	rows, err := d.owner.Query(ctx,
		`select schema, coalesce(slug, '') from public.tenants where schema_made and schema_version = $1 and schema <> $2
			and state not in ('preparing', 'importing') order by slug nulls last, schema`, TenantVersion(), model)
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
