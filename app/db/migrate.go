package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/paddock-crm/paddock/sql/schema"
)

// TenantVersion is the version that a tenant schema has when it is current.
func TenantVersion() int64 { return latest(schema.Tenant()) }

func latest(files fs.FS) (v int64) {
	names, _ := fs.Glob(files, "*.sql") // the only error is a bad pattern
	for _, n := range names {
		n, err := goose.NumericComponent(path.Base(n))
		if err != nil {
			panic(err) // an embedded file without a number: found by any test
		}
		v = max(v, n)
	}
	return v
}

// MigrateShared brings the shared schema up to date.
func (d *DB) MigrateShared(ctx context.Context) error {
	conn := stdlib.OpenDB(*d.owner.Config().ConnConfig.Copy())
	defer conn.Close()
	conn.SetMaxOpenConns(2)
	unlock, err := d.lock(ctx, lockMigrate)
	if err != nil {
		return err
	}
	defer unlock()
	p, err := goose.NewProvider(goose.DialectPostgres, conn, schema.Shared(), goose.WithTableName("public.schema_versions"))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the shared schema: %w", err)
	}
	if err := d.migrateJobs(ctx); err != nil {
		return fmt.Errorf("migrating the jobs' tables: %w", err)
	}
	// Only readiness looks at it.
	_, err = d.owner.Exec(ctx, "grant select on public.schema_versions to "+ident(d.sharedRole()))
	return err
}

// checkShared fails when the shared schema is older than this program.
func (d *DB) checkShared(ctx context.Context) error {
	var v int64
	err := d.owner.QueryRow(ctx, `select coalesce(max(version_id), 0) from public.schema_versions`).Scan(&v)
	if err != nil && !code(err, "42P01") { // no table yet: version 0
		return err
	}
	if want := latest(schema.Shared()); v < want {
		return fmt.Errorf("the shared schema is at version %d, this program needs %d: run paddock migrate", v, want)
	}
	return nil
}

// MigrateOptions are the operator's choices; the zero value will do.
type MigrateOptions struct {
	Workers  int                   // 0 means 8
	Canary   int                   // so many tenants go first, alone; 0 means 1
	Progress func(done, total int) // may be nil; called by one goroutine at a time
}

// MigrateReport says what MigrateTenants did.
type MigrateReport struct {
	Migrated int
	Failed   map[string]error // by schema
}

// MigrateTenants brings every tenant schema up to date: one query when they
// all are. Each migration of each tenant is a transaction of its own that also
// writes the tenant's version, so it can be killed and run again at any time.
// A tenant's failure is recorded and the others go on; a canary's stops the run.
// Workspaces with data come first: an empty spare proves little.
func (d *DB) MigrateTenants(ctx context.Context, o MigrateOptions) (MigrateReport, error) {
	report := MigrateReport{Failed: map[string]error{}}
	rows, err := d.owner.Query(ctx, `
		select schema from public.tenants
		where schema_version < $1 and state <> 'preparing'
		order by state <> 'active', created_at`, TenantVersion())
	if err != nil {
		return report, err
	}
	todo, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(todo) == 0 {
		return report, err
	}
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.Canary <= 0 {
		o.Canary = 1
	}
	first := min(o.Canary, len(todo))
	total := len(todo)
	for _, batch := range [][]string{todo[:first], todo[first:]} {
		if err := d.migrateBatch(ctx, batch, o, total, &report); err != nil {
			return report, err
		}
		if len(report.Failed) > 0 && report.Migrated+len(report.Failed) <= first {
			return report, fmt.Errorf("a canary failed: %d of %d workspaces were left alone", total-first, total)
		}
	}
	return report, nil
}

func (d *DB) migrateBatch(ctx context.Context, schemas []string, o MigrateOptions, total int, report *MigrateReport) error {
	work := make(chan string)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range min(o.Workers, len(schemas)) {
		wg.Go(func() {
			m := d.newMigrator()
			defer m.Close()
			for s := range work {
				err := m.up(ctx, s)
				mu.Lock()
				if err != nil {
					report.Failed[s] = err
				} else {
					report.Migrated++
				}
				if o.Progress != nil {
					o.Progress(report.Migrated+len(report.Failed), total)
				}
				mu.Unlock()
			}
		})
	}
	for _, s := range schemas {
		if ctx.Err() != nil {
			break
		}
		work <- s
	}
	close(work)
	wg.Wait()
	return ctx.Err()
}

// CreateTenantSchema makes a spare: its row, role and schema, migrated. Killed
// half-way, it leaves a row in state preparing, for DropUnfinished to clear.
func (d *DB) CreateTenantSchema(ctx context.Context) (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	name := newSchemaName()
	if _, err := d.owner.Exec(ctx, `insert into public.tenants (id, schema, state) values ($1, $2, 'preparing')`, id, name); err != nil {
		return "", err
	}
	err = pgx.BeginFunc(ctx, d.owner, func(tx pgx.Tx) error {
		if err := createRole(ctx, tx, d.tenantRole(name)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(`create schema %[1]s; grant usage on schema %[1]s to %[2]s`,
			ident(name), ident(d.tenantRole(name))))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("creating schema %s: %w", name, err)
	}
	m := d.newMigrator()
	defer m.Close()
	if err := m.up(ctx, name); err != nil {
		return "", err
	}
	_, err = d.owner.Exec(ctx, `update public.tenants set state = 'spare' where schema = $1 and state = 'preparing'`, name)
	return name, err
}

// newSchemaName is random: a workspace's slug may change, its schema does not.
func newSchemaName() string {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789"
	b := []byte("t_")
	for range 12 {
		b = append(b, letters[rand.IntN(len(letters))]) //nolint:gosec // a name, not a secret; it is unique in tenants
	}
	return string(b)
}

// DropUnfinished removes what killed CreateTenantSchema calls left, older than age.
func (d *DB) DropUnfinished(ctx context.Context, age time.Duration) (int, error) {
	rows, err := d.owner.Query(ctx, `select schema from public.tenants where state = 'preparing' and created_at < now() - $1::interval`, age)
	if err != nil {
		return 0, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, err
	}
	for _, n := range names {
		err := pgx.BeginFunc(ctx, d.owner, func(tx pgx.Tx) error {
			var still bool
			if err := tx.QueryRow(ctx, `select exists (select from public.tenants where schema = $1 and state = 'preparing' for update)`, n).Scan(&still); err != nil || !still {
				return err
			}
			if _, err := tx.Exec(ctx, `drop schema if exists `+ident(n)+` cascade`); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `drop role if exists `+ident(d.tenantRole(n))); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `delete from public.tenants where schema = $1`, n)
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("dropping unfinished %s: %w", n, err)
		}
	}
	return len(names), nil
}

// CountSpares returns how many current spare schemas wait for a sign-up.
func (d *DB) CountSpares(ctx context.Context) (n int, err error) {
	err = d.owner.QueryRow(ctx, `select count(*) from public.tenants where state = 'spare' and schema_version = $1`, TenantVersion()).Scan(&n)
	return n, err
}

// TryLock takes a session-level advisory lock; ok is false when another
// process holds it.
func (d *DB) TryLock(ctx context.Context, key int64) (unlock func(), ok bool, err error) {
	c, err := d.owner.Acquire(ctx)
	if err != nil {
		return nil, false, err
	}
	if err := c.QueryRow(ctx, `select pg_try_advisory_lock($1)`, key).Scan(&ok); err != nil || !ok {
		c.Release()
		return nil, false, err
	}
	return unlocker(c.Conn(), c.Release, key), true, nil
}

func (d *DB) lock(ctx context.Context, key int64) (unlock func(), err error) {
	c, err := d.owner.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.Exec(ctx, `select pg_advisory_lock($1)`, key); err != nil {
		c.Release()
		return nil, err
	}
	return unlocker(c.Conn(), c.Release, key), nil
}

// unlocker closes the connection when unlocking fails, which unlocks too.
func unlocker(c *pgx.Conn, release func(), key int64) func() {
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if _, err := c.Exec(ctx, `select pg_advisory_unlock($1)`, key); err != nil {
			_ = c.Close(ctx)
		}
		release()
	}
}

// migrator is one connection that goes from schema to schema.
type migrator struct {
	db    *sql.DB
	owner *DB
}

func (d *DB) newMigrator() *migrator {
	db := stdlib.OpenDB(*d.owner.Config().ConnConfig.Copy())
	db.SetMaxOpenConns(1)
	return &migrator{db, d}
}

func (m *migrator) Close() { _ = m.db.Close() }

// lockAttempts bounds how often a migration that met a busy table tries again.
const lockAttempts = 5

func (m *migrator) up(ctx context.Context, name string) error {
	var err error
	for attempt := range lockAttempts {
		if err = m.try(ctx, name); err == nil || !code(err, "55P03") {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(attempt+1) * 200 * time.Millisecond):
		}
	}
	if err != nil {
		err = fmt.Errorf("migrating %s: %w", name, err)
		if _, uerr := m.owner.owner.Exec(context.WithoutCancel(ctx),
			`update public.tenants set migration_error = $2 where schema = $1`, name, err.Error()); uerr != nil {
			err = errors.Join(err, uerr)
		}
	}
	return err
}

func (m *migrator) try(ctx context.Context, name string) (err error) {
	// One migrator per tenant at a time. The lock and the settings belong to the
	// session, which the single connection of m.db is.
	_, err = m.db.ExecContext(ctx, fmt.Sprintf(
		`set lock_timeout = '2s'; select pg_advisory_lock(hashtextextended('migrate:%s', 0)); set search_path = %s, ext, pg_temp`, name, ident(name)))
	if err != nil {
		return err
	}
	defer func() {
		_, uerr := m.db.ExecContext(context.WithoutCancel(ctx), `select pg_advisory_unlock_all()`)
		err = errors.Join(err, uerr)
	}()
	p, err := goose.NewProvider(database.DialectCustom, m.db, schema.Tenant(), goose.WithStore(tenantStore{name}))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// tenantStore keeps a tenant's version in its row of public.tenants. goose
// calls Insert in the migration's own transaction.
type tenantStore struct{ schema string }

func (tenantStore) Tablename() string { return "public.tenants" }

func (tenantStore) CreateVersionTable(context.Context, database.DBTxConn) error { return nil }

func (tenantStore) TableExists(context.Context, database.DBTxConn) (bool, error) { return true, nil }

func (s tenantStore) Insert(ctx context.Context, db database.DBTxConn, r database.InsertRequest) error {
	res, err := db.ExecContext(ctx,
		`update public.tenants set schema_version = $2, migration_error = '' where schema = $1 and schema_version < $2`, s.schema, r.Version)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(fmt.Errorf("%s is gone or already at version %d", s.schema, r.Version), err)
	}
	return nil
}

// Delete would undo a migration: we only go forward.
func (tenantStore) Delete(context.Context, database.DBTxConn, int64) error {
	return database.ErrNotImplemented
}

func (s tenantStore) GetLatestVersion(ctx context.Context, db database.DBTxConn) (v int64, err error) {
	err = db.QueryRowContext(ctx, `select schema_version from public.tenants where schema = $1`, s.schema).Scan(&v)
	return v, err
}

func (s tenantStore) GetMigration(ctx context.Context, db database.DBTxConn, version int64) (*database.GetMigrationResult, error) {
	current, err := s.GetLatestVersion(ctx, db)
	if err != nil {
		return nil, err
	}
	if version > current {
		return nil, database.ErrVersionNotFound
	}
	return &database.GetMigrationResult{IsApplied: true}, nil
}

func (s tenantStore) ListMigrations(ctx context.Context, db database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	current, err := s.GetLatestVersion(ctx, db)
	if err != nil {
		return nil, err
	}
	var out []*database.ListMigrationsResult
	for v := current; v >= 0; v-- {
		out = append(out, &database.ListMigrationsResult{Version: v, IsApplied: true})
	}
	return out, nil
}
