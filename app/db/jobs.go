package db

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
)

// TenantJob is what the arguments of a job embed that works for a tenant: the
// runner (app/jobs) puts that tenant's scope into the job's context. Its zero
// value is a job of nobody's.
type TenantJob struct {
	TenantID uuid.UUID `json:"tenant_id,omitzero"`
}

func (j TenantJob) tenant() uuid.UUID { return j.TenantID }

// Enqueue has the job done if and when the transaction commits.
//
// Jobs of one tenant that has many waiting go behind those of others: who
// floods the queue waits, and nobody else does. A tenant that has as many waiting
// as it may gets ErrTooManyJobs.
func (tx *SharedTx) Enqueue(ctx context.Context, job river.JobArgs) error {
	opts := &river.InsertOpts{}
	if t, ok := job.(interface{ tenant() uuid.UUID }); ok && t.tenant() != uuid.Nil {
		var waiting, most int
		err := tx.on.QueryRow(ctx, `
			with most (n) as (select coalesce((select limit_jobs from tenants where id = $1::uuid), $2))
			select (select count(*) from (
				select from river_job where args->>'tenant_id' = $1::text and state in ('available', 'retryable', 'running',
				'scheduled') limit (select n from most)
			) w), n from most`, t.tenant().String(), MaxJobs).Scan(&waiting, &most)
		if err != nil {
			return err
		}
		if waiting >= most {
			return ErrTooManyJobs
		}
		opts.Priority = 1 + len(backlogs) // the last there is
		if i := slices.IndexFunc(backlogs, func(n int) bool { return waiting < n }); i >= 0 {
			opts.Priority = 1 + i
		}
	}
	// The job belongs to the trace of whoever has it done, where there is one.
	carrier := propagation.MapCarrier{}
	if otel.GetTextMapPropagator().Inject(ctx, carrier); len(carrier) > 0 {
		var err error
		if opts.Metadata, err = json.Marshal(carrier); err != nil {
			return err
		}
	}
	_, err := tx.d.river.InsertTx(ctx, riverTx{tx.on}, job, opts)
	return err
}

// riverTx is what River works on: of a pgx.Tx it asks these.
type riverTx struct{ guarded }

func (riverTx) Begin(context.Context) (pgx.Tx, error)                  { return nil, errNotRivers }
func (riverTx) Commit(context.Context) error                           { return errNotRivers }
func (riverTx) Rollback(context.Context) error                         { return errNotRivers }
func (riverTx) SendBatch(context.Context, *pgx.Batch) pgx.BatchResults { panic(errNotRivers) }
func (riverTx) LargeObjects() pgx.LargeObjects                         { panic(errNotRivers) }
func (riverTx) Prepare(context.Context, string, string) (*pgconn.StatementDescription, error) {
	return nil, errNotRivers
}
func (t riverTx) Conn() *pgx.Conn { return t.pipe.conn }

var errNotRivers = errors.New("db: River asks for what a job’s transaction does not give")

// MaxJobs is how many jobs of a tenant may wait, unless its own limit says so.
const MaxJobs = 5000

// ErrTooManyJobs is answered for a job of a tenant that has too many waiting.
var ErrTooManyJobs = errors.New("db: too many jobs of this tenant are waiting")

// backlogs are how many jobs of a tenant may wait at River's priorities 1, 2
// and 3; what comes on top has 4.
var backlogs = []int{20, 100, 500}

// Job makes a job one of the transaction's tenant.
func (tx *TenantTx) Job() TenantJob { return TenantJob{TenantID: tx.scope.TenantID} }

// Enqueue has the job done if and when the transaction commits.
func (tx *TenantTx) Enqueue(ctx context.Context, job river.JobArgs) error {
	return tx.AsShared(func(tx *SharedTx) error { return tx.Enqueue(ctx, job) })
}

// JobPool connects the runner of jobs, as the shared role; the caller closes it.
func (d *DB) JobPool(ctx context.Context) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(d.sessionURL)
	if err != nil {
		return nil, err
	}
	c.ConnConfig.RuntimeParams["search_path"] = "public, ext, pg_temp"
	inUTC(c.ConnConfig.RuntimeParams)
	c.MaxConns = 6 // the listener, the leader, and those who fetch and complete
	c.ConnConfig.RuntimeParams["role"] = d.sharedRole()
	c.ConnConfig.RuntimeParams["application_name"] = "paddock-jobs"
	return pgxpool.NewWithConfig(ctx, c)
}

// Jobs lists jobs of all tenants.
func (tx *SharedTx) Jobs(ctx context.Context, p *river.JobListParams) (*river.JobListResult, error) {
	return tx.d.river.JobListTx(ctx, riverTx{tx.on}, p)
}

// RetryJob has a job that has failed tried again when the transaction commits;
// rivertype.ErrNotFound when there is none.
func (tx *SharedTx) RetryJob(ctx context.Context, id int64) error {
	_, err := tx.d.river.JobRetryTx(ctx, riverTx{tx.on}, id)
	return err
}

// JobCounts tells how many jobs are in which state, but for those that are done.
func (tx *SharedTx) JobCounts(ctx context.Context) (map[string]int, error) {
	rows, err := tx.on.Query(ctx,
		`select state::text, count(*) from river_job where state in ('available', 'running', 'retryable', 'scheduled', 'discarded', 'cancelled')
			group by 1`)
	if err != nil {
		return nil, err
	}
	counts, state, n := map[string]int{}, "", 0
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error {
		counts[state] = n
		return nil
	})
	return counts, err
}

// migrateJobs brings River's own tables up to date. They stand in the shared
// schema and are its role's like all others there.
func (d *DB) migrateJobs(ctx context.Context) error {
	m, err := rivermigrate.New(riverpgxv5.New(d.owner), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	// One by one, so that a run killed before here is made good by the next.
	var granted bool
	err = d.owner.QueryRow(ctx, `
		select bool_and(has_table_privilege($1, t, 'insert')) and to_regclass('public.river_job_tenant') is not null
			and not exists (select from pg_catalog.pg_proc where pronamespace = 'public'::regnamespace and not has_function_privilege($1, oid,
			'execute'))
		from (select to_regclass('public.' || name) from unnest($2::text[]) name) t (t)
		where t is not null`, d.sharedRole(), riverTables).Scan(&granted)
	if err != nil || granted {
		return err
	}
	return pgx.BeginFunc(ctx, d.owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			create index if not exists river_job_tenant on public.river_job ((args->>'tenant_id'))
				where args->>'tenant_id' is not null and state in ('available', 'retryable', 'running', 'scheduled')`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			select ext.grant_table(name, 'select, insert, update, delete') from unnest($1::text[]) name where to_regclass('public.' || name) is
			not null`, riverTables)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx,
			`grant usage, select on sequence public.river_job_id_seq to `+ident(d.sharedRole())+
				`; grant execute on all functions in schema public to `+ident(d.sharedRole()))
		return err
	})
}

// riverTables are those of River 0.51; a newer one may have more.
var riverTables = []string{"river_job", "river_leader", "river_queue", "river_notification", "river_migration"}

// JobsUnderWay counts the jobs of a kind that are about to be done or being done.
func (d *DB) JobsUnderWay(ctx context.Context, kind string) (n int, err error) {
	err = d.SharedRead(ctx, func(tx *SharedTx) error {
		return tx.on.QueryRow(ctx, `select count(*) from river_job where kind = $1 and state in ('available', 'running')`, kind).Scan(&n)
	})
	return n, err
}
