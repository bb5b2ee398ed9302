package db

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"regexp"
	"slices"
	"strings"
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
func TenantVersion() int64 { return tenantTrack.latest() }

// RequiredVersion is the least version of a tenant schema that this program can
// work with: that of the last migration which says so in a line of its own,
//
//	-- paddock: required
//
// A tenant below it is shown a maintenance page; one that only lacks later
// migrations goes on as it is.
func RequiredVersion() int64 { return tenantTrack.required }

// track is what the migrations of a track say of themselves.
type track struct {
	files    fs.FS
	versions []int64
	up       map[int64]string // what goes into one transaction, as one message
	alone    map[int64]bool   // can't be in a transaction: left to goose, which takes statements apart
	required int64
}

var tenantTrack = readTrack(schema.Tenant())

func readTrack(files fs.FS) track {
	t := track{files: files, up: map[int64]string{}, alone: map[int64]bool{}}
	names, _ := fs.Glob(files, "*.sql") // the only error is a bad pattern
	for _, n := range names {
		v, err := goose.NumericComponent(path.Base(n))
		if err != nil {
			panic(err) // an embedded file without a number: found by any test
		}
		text, err := fs.ReadFile(files, n)
		if err != nil {
			panic(err) // it was listed just now
		}
		t.versions = append(t.versions, v)
		if t.alone[v] = bytes.Contains(text, []byte("-- +goose NO TRANSACTION")); !t.alone[v] {
			up, _, _ := strings.Cut(string(text), "\n-- +goose Down")
			t.up[v] = up
		}
		if bytes.Contains(text, []byte("\n-- paddock: required\n")) {
			t.required = max(t.required, v)
		}
	}
	slices.Sort(t.versions)
	return t
}

// made are the tables that a track up to a version makes; none is dropped or renamed
// so far (TestTablesOfTheMigrations).
func (t track) made(version int64) (names []string) {
	for _, v := range t.versions {
		if v > version {
			break
		}
		for _, m := range createTable.FindAllStringSubmatch(t.up[v], -1) {
			names = append(names, m[1])
		}
	}
	return names
}

var createTable = regexp.MustCompile(`(?m)^create table (\w+) \(`)

// TenantTables are the tables of a tenant's schema at a version.
func TenantTables(version int64) []string { return tenantTrack.made(version) }

// until is the track up to a version, which must be one of its.
func (t track) until(version int64) (track, bool) {
	i := slices.Index(t.versions, version)
	t.versions = t.versions[:i+1]
	return t, i >= 0
}

// migrations are those that are in a transaction. goose would read the files anew
// for each tenant, and send them statement by statement.
func (t track) migrations() []*goose.Migration {
	var out []*goose.Migration
	for v, text := range t.up {
		out = append(out, goose.NewGoMigration(v, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, text)
			return err
		}}, nil))
	}
	return out
}

// Open opens the files of the others.
func (t track) Open(name string) (fs.File, error) {
	if v, err := goose.NumericComponent(name); err == nil && !t.alone[v] {
		return nil, fs.ErrNotExist
	}
	return t.files.Open(name)
}

// ReadDir lists them.
func (t track) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(t.files, name)
	return slices.DeleteFunc(all, func(e fs.DirEntry) bool {
		v, err := goose.NumericComponent(e.Name())
		return err == nil && !t.alone[v]
	}), err
}

func (t track) latest() int64 { return t.versions[len(t.versions)-1] }

func latest(files fs.FS) int64 { return readTrack(files).latest() }

// MigrateShared brings the shared schema up to date, and returns the version that it
// found: the latest where another process was faster.
func (d *DB) MigrateShared(ctx context.Context) (from int64, err error) {
	cfg := d.owner.Config().ConnConfig.Copy()
	cfg.RuntimeParams["lock_timeout"] = lockTimeout
	conn := stdlib.OpenDB(*cfg)
	defer conn.Close()
	conn.SetMaxOpenConns(2)
	unlock, err := d.lock(ctx, lockMigrate)
	if err != nil {
		return 0, err
	}
	defer unlock()
	p, err := goose.NewProvider(goose.DialectPostgres, conn, schema.Shared(), goose.WithTableName("public.schema_versions"))
	if err != nil {
		return 0, err
	}
	if from, err = p.GetDBVersion(ctx); err != nil {
		return 0, fmt.Errorf("migrating the shared schema: %w", err)
	}
	if err := patiently(ctx, func() error {
		_, err := p.Up(ctx)
		return err
	}); err != nil {
		return from, fmt.Errorf("migrating the shared schema: %w", err)
	}
	if err := d.migrateJobs(ctx); err != nil {
		return from, fmt.Errorf("migrating the jobs' tables: %w", err)
	}
	// Readiness looks at it. A standby has nothing to do, and could not.
	var granted bool
	err = d.owner.QueryRow(ctx, `select has_table_privilege($1, 'public.schema_versions', 'select')`, d.sharedRole()).Scan(&granted)
	if err == nil && !granted {
		_, err = d.owner.Exec(ctx, "grant select on public.schema_versions to "+ident(d.sharedRole()))
	}
	return from, err
}

// CheckShared fails when the shared schema is older than this program.
func (d *DB) CheckShared(ctx context.Context) error {
	var v int64
	// By the requests' pool: the owner's may be busy with archives.
	err := d.SharedRead(ctx, func(tx *SharedTx) error {
		return tx.on.QueryRow(ctx, `select coalesce(max(version_id), 0) from public.schema_versions`).Scan(&v)
	})
	if code(err, "42501") {
		return fmt.Errorf("the shared schema: %w: paddock doctor says more", ErrRights)
	}
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
	Canary   int                   // so many tenants go first, alone: when one fails, the rest are left as they are
	Slug     string                // this workspace alone; "" for all. ErrUnknownTenant when there is none
	DryRun   bool                  // only say what would be done
	Progress func(done, total int) // may be nil; called by one goroutine at a time
	Files    fs.FS                 // the migrations; nil for the program's own
}

// ErrUnknownTenant is answered for a workspace by name that there is not.
var ErrUnknownTenant = errors.New("db: there is no such workspace")

// MigrateReport says what MigrateTenants did.
type MigrateReport struct {
	Migrated int
	Failed   map[string]error // by schema
	Tenants  []TenantResult   // in the order in which they were done
}

// TenantResult is how one tenant fared.
type TenantResult struct {
	Schema string        `json:"schema"`
	Slug   string        `json:"slug,omitempty"` // "" for a spare
	From   int64         `json:"from"`
	To     int64         `json:"to"`
	Took   time.Duration `json:"took_ns"`
	Error  string        `json:"error,omitempty"`
}

// MigrateTenants brings every tenant schema up to date: one query when they
// all are. Each migration of each tenant is a transaction of its own that also
// writes the tenant's version, so it can be killed and run again at any time.
// A tenant's failure is recorded and the others go on; a canary's stops the run.
// Workspaces with data come first, an empty spare proves little; who failed
// before comes last.
//
// Migrations that can't be in a transaction (create index concurrently) go one
// tenant at a time, after the others: each waits for the transactions that are
// open in the whole database.
func (d *DB) MigrateTenants(ctx context.Context, o MigrateOptions) (MigrateReport, error) {
	report := MigrateReport{Failed: map[string]error{}}
	t := tenantTrack
	if o.Files != nil {
		t = readTrack(o.Files)
	}
	rows, err := d.owner.Query(ctx, `
		select schema, coalesce(slug, ''), schema_version from public.tenants
		where schema_version < $1 and state not in ('preparing', 'importing') and schema_made and ($2 = '' or slug = $2)
		order by migration_error <> '', state <> 'active', created_at`, t.latest(), o.Slug)
	if err != nil {
		return report, err
	}
	todo, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (x TenantResult, err error) {
		err = r.Scan(&x.Schema, &x.Slug, &x.From)
		x.To = x.From
		return x, err
	})
	if err == nil && len(todo) == 0 && o.Slug != "" {
		var known bool
		err = d.owner.QueryRow(ctx, `select exists (select from public.tenants where slug = $1)`, o.Slug).Scan(&known)
		if err == nil && !known {
			err = ErrUnknownTenant
		}
	}
	if err != nil || len(todo) == 0 {
		return report, err
	}
	if o.DryRun {
		for i := range todo {
			todo[i].To = t.latest()
		}
		report.Tenants = todo
		return report, nil
	}
	if o.Workers <= 0 {
		o.Workers = 8
	}
	first := min(max(0, o.Canary), len(todo))
	run := &migration{db: d, track: t, options: o, total: len(todo), report: &report}
	if err := run.batch(ctx, todo[:first]); err != nil {
		return report, err
	}
	if len(report.Failed) > 0 {
		return report, fmt.Errorf("a canary failed: %d of %d workspaces were left alone", run.total-first, run.total)
	}
	return report, run.batch(ctx, todo[first:])
}

// migration is one run over the tenants.
type migration struct {
	db      *DB
	track   track
	options MigrateOptions
	total   int

	mu     sync.Mutex
	done   int // by whomever
	report *MigrateReport
}

// batch migrates these tenants: side by side as far as transactions go, then
// one by one what can't be in any.
func (r *migration) batch(ctx context.Context, tenants []TenantResult) error {
	var serial []TenantResult
	work := make(chan TenantResult)
	var wg sync.WaitGroup
	for range min(r.options.Workers, len(tenants)) {
		wg.Go(func() {
			m := r.db.newMigrator(r.track)
			defer m.Close()
			for t := range work {
				if waits := r.one(ctx, m, &t, false); waits {
					r.mu.Lock()
					serial = append(serial, t)
					r.mu.Unlock()
				}
			}
		})
	}
	for _, t := range tenants {
		if ctx.Err() != nil {
			break
		}
		work <- t
	}
	close(work)
	wg.Wait()
	if len(serial) > 0 && ctx.Err() == nil {
		m := r.db.newMigrator(r.track)
		defer m.Close()
		for _, t := range serial {
			r.one(ctx, m, &t, true)
		}
	}
	return ctx.Err()
}

// one migrates a tenant and reports it; waits is true when what is left is for
// the serial ones.
func (r *migration) one(ctx context.Context, m *migrator, t *TenantResult, serial bool) (waits bool) {
	start := time.Now()
	from, to, err := m.up(ctx, t.Schema, serial)
	t.Took += time.Since(start)
	// What another process did meanwhile is not this one's.
	if to > from {
		if t.To == t.From {
			t.From = from
		}
		t.To = to
	}
	if err == nil && to > 0 && to < r.track.latest() {
		return true
	}
	if err != nil && ctx.Err() != nil {
		return false // we were told to stop: nothing is wrong with the tenant
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	switch {
	case err != nil:
		t.Error = err.Error()
		r.report.Failed[t.Schema] = err
		r.report.Tenants = append(r.report.Tenants, *t)
	case t.To > t.From:
		r.report.Migrated++
		r.report.Tenants = append(r.report.Tenants, *t)
	default: // another process did it while this one waited, or dropped it
	}
	if r.options.Progress != nil {
		r.options.Progress(r.done, r.total)
	}
	return false
}

// MigrateSchema brings one schema up to date, whatever its tenant's state.
func (d *DB) MigrateSchema(ctx context.Context, schema string) error {
	m := d.newMigrator(tenantTrack)
	defer m.Close()
	_, _, err := m.up(ctx, schema, true)
	return err
}

// DropSchema gives up a schema that was made for an archive.
func (d *DB) DropSchema(ctx context.Context, schema string) error {
	return d.drop(ctx, schema, `state = 'importing'`, `delete from public.tenants where schema = $1`)
}

// VersionCount is how many tenants are at a version.
type VersionCount struct {
	Version int64  `json:"version"`
	State   string `json:"state"`
	N       int    `json:"tenants"`
}

// MigrationStatus is what migrate status shows.
type MigrationStatus struct {
	Shared       int64          `json:"shared"`
	SharedLatest int64          `json:"shared_latest"`
	TenantLatest int64          `json:"tenant_latest"`
	Versions     []VersionCount `json:"versions"`
	Failed       []TenantResult `json:"failed"` // whose last migration failed, a hundred at most
}

// MigrateStatus tells which versions there are, and who failed.
func (d *DB) MigrateStatus(ctx context.Context) (s MigrationStatus, err error) {
	s = MigrationStatus{SharedLatest: latest(schema.Shared()), TenantLatest: TenantVersion(), Versions: []VersionCount{},
		Failed: []TenantResult{}}
	err = d.owner.QueryRow(ctx, `select coalesce(max(version_id), 0) from public.schema_versions`).Scan(&s.Shared)
	if code(err, "42P01") { // nothing was migrated yet
		return s, nil
	}
	if err != nil {
		return s, err
	}
	rows, err := d.owner.Query(ctx,
		`select schema_version, state, count(*) from public.tenants where schema_made and state not in ('preparing', 'importing') group by 1, 2
			order by 1, 2`)
	var versions []VersionCount
	if err == nil {
		versions, err = pgx.CollectRows(rows, pgx.RowToStructByPos[VersionCount])
	}
	if code(err, "42P01", "42703") { // the first migrations are under way, or were ended
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Versions = versions
	rows, err = d.owner.Query(ctx, `
		select schema, coalesce(slug, ''), schema_version, migration_error from public.tenants
		where migration_error <> '' and schema_made and state not in ('preparing', 'importing') order by slug, schema limit 100`)
	if err != nil {
		return s, err
	}
	s.Failed, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (x TenantResult, err error) {
		err = r.Scan(&x.Schema, &x.Slug, &x.From, &x.Error)
		x.To = x.From
		return x, err
	})
	return s, err
}

// CreateTenantSchema makes a spare: its row, role and schema, migrated. Killed
// half-way, it leaves a row in state preparing, for DropUnfinished to clear.
func (d *DB) CreateTenantSchema(ctx context.Context) (string, error) {
	return d.createSchema(ctx, tenantTrack, "spare")
}

// CreateTenantSchemaAt makes a schema at an older version of the track, for an
// archive of that version to be loaded into: it is in state importing, so no
// sign-up claims it. It fails for a version that this program does not know.
func (d *DB) CreateTenantSchemaAt(ctx context.Context, version int64) (string, error) {
	upTo, ok := tenantTrack.until(version)
	if !ok {
		return "", fmt.Errorf("db: there is no version %d of a tenant's schema; this program's is %d", version, TenantVersion())
	}
	return d.createSchema(ctx, upTo, "importing")
}

func (d *DB) createSchema(ctx context.Context, upTo track, state string) (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	name := newSchemaName()
	if _, err := d.owner.Exec(ctx, `insert into public.tenants (id, schema, state) values ($1, $2, 'preparing')`, id, name); err != nil {
		return "", err
	}
	err = pgx.BeginFunc(ctx, d.owner, func(tx pgx.Tx) error {
		if err := d.createRole(ctx, tx, d.tenantRole(name)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(`create schema %[1]s; grant usage on schema %[1]s to %[2]s`,
			ident(name), ident(d.tenantRole(name))))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("creating schema %s: %w", name, err)
	}
	m := d.newMigrator(upTo)
	defer m.Close()
	if _, _, err := m.up(ctx, name, true); err != nil {
		return "", err
	}
	_, err = d.owner.Exec(ctx, `update public.tenants set state = $2 where schema = $1 and state = 'preparing'`, name, state)
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
	rows, err := d.owner.Query(ctx, `select schema from public.tenants 
		where state = 'preparing' and created_at < now() - $1::interval or state = 'importing'
		and created_at < now() - $1::interval - interval '1 day'`, age)
	if err != nil {
		return 0, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, err
	}
	for _, n := range names {
		if err := d.drop(ctx, n, `state in ('preparing', 'importing')`, `delete from public.tenants where schema = $1`); err != nil {
			return 0, fmt.Errorf("dropping unfinished %s: %w", n, err)
		}
	}
	return len(names), nil
}

// CountSpares returns how many current spare schemas wait for a sign-up; those
// of a newer program, which is being started beside this one, are as good.
func (d *DB) CountSpares(ctx context.Context) (n int, err error) {
	err = d.owner.QueryRow(ctx, `select count(*) from public.tenants where state = 'spare' and schema_version >= $1`, TenantVersion()).Scan(&n)
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
	return unlocker(c.Conn(), c.Release, key), true, nil //nolint:contextcheck // to unlock goes on when the caller is gone
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
	return unlocker(c.Conn(), c.Release, key), nil //nolint:contextcheck // likewise
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
	track track
}

func (d *DB) newMigrator(t track) *migrator {
	db := stdlib.OpenDB(*d.owner.Config().ConnConfig.Copy())
	db.SetMaxOpenConns(1)
	return &migrator{db, d, t}
}

func (m *migrator) Close() { _ = m.db.Close() }

// How long a migration waits for a table that people use, with everybody who
// comes after it waiting too, and how often it tries again.
const (
	lockTimeout  = "2s"
	lockAttempts = 5
)

// patiently runs fn until it meets no busy table and is no deadlock's loser,
// lockAttempts times at most.
func patiently(ctx context.Context, fn func() error) (err error) {
	for attempt := range lockAttempts {
		if err = fn(); err == nil || !code(err, "55P03", "40P01") {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(attempt+1) * 200 * time.Millisecond):
		}
	}
	return err
}

// up migrates a tenant and returns the versions it was at before and is at then:
// below the latest where the next migration can't be in a transaction and alone
// is false; 0 when there is no such schema any more.
func (m *migrator) up(ctx context.Context, name string, alone bool) (from, to int64, err error) {
	known := false
	err = patiently(ctx, func() error {
		before, after, err := m.try(ctx, name, alone)
		if !known && after > 0 { // an attempt before may have got further
			from, known = before, true
		}
		to = after
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil // dropped meanwhile
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("migrating %s: %w", name, err)
		if _, uerr := m.owner.owner.Exec(context.WithoutCancel(ctx),
			`update public.tenants set migration_error = $2 where schema = $1 and schema_version < $3`, name, err.Error(),
			m.track.latest()); uerr != nil {
			err = errors.Join(err, uerr)
		}
	}
	return from, to, err
}

func (m *migrator) try(ctx context.Context, name string, alone bool) (from, version int64, err error) {
	// One migrator per tenant at a time: another's is waited for, however long it
	// takes. It is asked again and again, for a statement that waits holds a
	// snapshot, for which the other's concurrent index would wait in turn. The
	// lock and the settings belong to the session, which the single connection of
	// m.db is.
	for locked := false; !locked; {
		if err := m.db.QueryRowContext(ctx, `select pg_try_advisory_lock(hashtextextended('migrate:' || $1, 0))`, name).
			Scan(&locked); err != nil {
			return 0, 0, err
		}
		if !locked {
			select {
			case <-ctx.Done():
				return 0, 0, ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	defer func() {
		_, uerr := m.db.ExecContext(context.WithoutCancel(ctx), `select pg_advisory_unlock_all()`)
		err = errors.Join(err, uerr)
	}()
	if _, err := m.db.ExecContext(ctx, fmt.Sprintf(`set lock_timeout = '%s'; set search_path = %s, ext, pg_temp`, lockTimeout,
		ident(name))); err != nil {
		return 0, 0, err
	}
	store := tenantStore{name}
	p, err := goose.NewProvider(database.DialectCustom, m.db, m.track, goose.WithStore(store), goose.WithGoMigrations(m.track.migrations()...),
		goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return 0, 0, err
	}
	for first := true; ; first = false {
		if err := m.db.QueryRowContext(ctx, `select schema_version from public.tenants where schema = $1 and schema_made`, name).
			Scan(&version); err != nil {
			return 0, 0, err
		}
		if first {
			from = version
		}
		next := version // as far as transactions lead, or the one that needs none
		for _, v := range m.track.versions {
			if v <= version {
				continue
			}
			if m.track.alone[v] {
				if alone && next == version {
					next = v
				}
				break
			}
			next = v
		}
		if next == version {
			return from, version, nil
		}
		if m.track.alone[next] {
			// What a killed run left of an index is in the way of making it.
			if err := m.dropInvalidIndexes(ctx, name); err != nil {
				return from, version, err
			}
			// It waits for everybody's open transactions, and nobody waits for it.
			if _, err := m.db.ExecContext(ctx, `set lock_timeout = 0`); err != nil {
				return from, version, err
			}
		}
		if _, err := p.UpTo(ctx, next); err != nil {
			return from, version, err
		}
		if m.track.alone[next] {
			if _, err := m.db.ExecContext(ctx, `set lock_timeout = '`+lockTimeout+`'`); err != nil {
				return from, version, err
			}
		}
	}
}

func (m *migrator) dropInvalidIndexes(ctx context.Context, name string) error {
	_, err := m.db.ExecContext(ctx, fmt.Sprintf(`do $$ declare i regclass; begin
		for i in select x.indexrelid::regclass from pg_catalog.pg_index x join pg_catalog.pg_class c on c.oid = x.indexrelid
			where c.relnamespace = '%s'::regnamespace and not x.indisvalid loop
			execute 'drop index ' || i;
		end loop;
	end $$`, name))
	return err
}

// tenantStore keeps a tenant's version in its row of public.tenants. goose
// calls Insert in the migration's own transaction.
type tenantStore struct{ schema string }

func (tenantStore) Tablename() string { return "public.tenants" }

func (tenantStore) CreateVersionTable(context.Context, database.DBTxConn) error { return nil }

func (tenantStore) TableExists(context.Context, database.DBTxConn) (bool, error) { return true, nil }

func (s tenantStore) Insert(ctx context.Context, db database.DBTxConn, r database.InsertRequest) error {
	// The path is looked at once more: what was done must have been done there.
	res, err := db.ExecContext(ctx,
		`update public.tenants set schema_version = $2, migration_error = '' where schema = $1 and schema_version < $2 and schema_made
			and current_schema() = $1`, s.schema, r.Version)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(fmt.Errorf("%s is gone, already at version %d, or not where this was done", s.schema, r.Version), err)
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
