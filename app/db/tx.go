package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// TenantTx is a transaction in one tenant's schema, under that tenant's role.
type TenantTx struct {
	*tenantdb.Queries
	d         *DB
	on        guarded
	scope     Scope
	changeSet uuid.UUID
}

// ChangeSet is the name under which the change log keeps what this transaction
// changes; uuid.Nil when it only reads.
func (tx *TenantTx) ChangeSet() uuid.UUID { return tx.changeSet }

// MemberID is the acting member; uuid.Nil for the system.
func (tx *TenantTx) MemberID() uuid.UUID { return tx.scope.MemberID }

// TenantID is whose schema it is in.
func (tx *TenantTx) TenantID() uuid.UUID { return tx.scope.TenantID }

// Entity is a kind with the workspace's own fields, as far as its scope knows them.
func (tx *TenantTx) Entity(k entity.Kind) *entity.Entity {
	if e := tx.scope.Custom[k]; e != nil {
		return e
	}
	return entity.For(k)
}

// SharedTx is a transaction in the shared schema.
type SharedTx struct {
	*shareddb.Queries
	d  *DB
	on guarded
}

// Tenant runs fn in a transaction of the context's tenant and commits it when
// fn returns nil. fn may run twice (see run), so it must be repeatable.
// It answers ErrNoTenant without a scope and ErrNested inside another transaction.
func (d *DB) Tenant(ctx context.Context, fn func(*TenantTx) error) error {
	return d.tenant(ctx, writing, uuid.Must(uuid.NewV7()), fn)
}

// TenantRead is Tenant for reading: the database refuses writes. Each flush is a transaction
// of its own, so that none is open while a program thinks.
func (d *DB) TenantRead(ctx context.Context, fn func(*TenantTx) error) error {
	return d.tenant(ctx, reading, uuid.Nil, fn)
}

// Shared is Tenant for the shared schema; it needs no scope.
func (d *DB) Shared(ctx context.Context, fn func(*SharedTx) error) error {
	return d.shared(ctx, writing, fn)
}

// SharedRead is Shared for reading: the database refuses writes.
func (d *DB) SharedRead(ctx context.Context, fn func(*SharedTx) error) error {
	return d.shared(ctx, reading, fn)
}

// Entry asks before anybody is known: each statement stands alone and runs as the baseline
// role, which may call the functions of the schema entry and nothing else.
func (d *DB) Entry(ctx context.Context, fn func(*shareddb.Queries) error) error {
	return d.run(ctx, entering, func(p *pipe) error { return fn(shareddb.New(guarded{p, nil})) })
}

// Batch runs the functions so that what each of them asks first goes to the database in
// one flush, then what each asks next, until all have returned. One runs at a time, in their
// order, so they may share variables; between a question and its answer others run. The first
// error ends the others, and is returned.
func (tx *TenantTx) Batch(fns ...func() error) error { return tx.on.pipe.batch(fns) }

// Batch is TenantTx's.
func (tx *SharedTx) Batch(fns ...func() error) error { return tx.on.pipe.batch(fns) }

func (d *DB) tenant(ctx context.Context, m mode, changeSet uuid.UUID, fn func(*TenantTx) error) error {
	scope, ok := ScopeFrom(ctx)
	if !ok {
		return ErrNoTenant
	}
	return d.run(ctx, m, func(p *pipe) error { return fn(d.tenantTx(p, scope, changeSet)) })
}

func (d *DB) tenantTx(p *pipe, scope Scope, changeSet uuid.UUID) *TenantTx {
	on := guarded{p, d.tenantSettings(scope, changeSet)}
	return &TenantTx{tenantdb.New(on), d, on, scope, changeSet}
}

func (d *DB) shared(ctx context.Context, m mode, fn func(*SharedTx) error) error {
	return d.run(ctx, m, func(p *pipe) error { return fn(d.sharedTx(p)) })
}

func (d *DB) sharedTx(p *pipe) *SharedTx {
	on := guarded{p, d.sharedSettings}
	return &SharedTx{shareddb.New(on), d, on}
}

// StatementTimeout is how long one statement may take, unless its tenant's limit
// says otherwise; the lists and forms of a request need milliseconds.
const StatementTimeout = 10 * time.Second

// limits bound what one statement, and one transaction, may take. They are a connection's
// from its beginning; a pooler takes no settings, so there they go with each transaction.
var limits = map[string]string{
	"statement_timeout":                   strconv.FormatInt(StatementTimeout.Milliseconds(), 10),
	"lock_timeout":                        "3000",
	"idle_in_transaction_session_timeout": "15000",
}

// limit adds the limits that the connection does not have by itself.
func (d *DB) limit(sql []string, statement time.Duration) []string {
	if d.pooled {
		for _, name := range slices.Sorted(maps.Keys(limits)) {
			sql = append(sql, "set local "+name+" = "+limits[name])
		}
	}
	if statement != 0 && statement != StatementTimeout {
		sql = append(sql, "set local statement_timeout = "+strconv.FormatInt(statement.Milliseconds(), 10))
	}
	return sql
}

// tenantSettings names pg_temp last, else a temporary table would shadow a
// tenant's. public is not on the path: a missing table must not fall through.
func (d *DB) tenantSettings(s Scope, changeSet uuid.UUID) *settings {
	sql := make([]string, 0, 4)
	sql = append(sql, `set local search_path = `+ident(s.Schema)+`, ext, pg_temp`)
	if d.roles {
		sql = append(sql, `set local role `+ident(d.tenantRole(s.Schema)))
	} else {
		// Distributed engines open connections per role; the owner then works for
		// every tenant and the path alone scopes.
		sql = append(sql, `set local role none`)
	}
	if changeSet != uuid.Nil { // a uuid's own format: nothing to escape
		member := ""
		if s.MemberID != uuid.Nil {
			member = s.MemberID.String()
		}
		sql = append(sql, `set local paddock.member_id = '`+member+`'`, `set local paddock.change_set = '`+changeSet.String()+`'`)
	}
	return &settings{s.Schema, d.limit(sql, s.StatementTimeout)}
}

// SessionOptions are PGOPTIONS of a session of one tenant's, for an operator's
// psql. The role is a default of the session: RESET ROLE falls back to it.
func (d *DB) SessionOptions(schema string) string {
	o := "-c search_path=" + schema + ",ext,pg_temp"
	if d.roles {
		o += " -c role=" + d.tenantRole(schema)
	}
	return o
}

func (d *DB) newSharedSettings() *settings {
	return &settings{"", d.limit([]string{`set local search_path = public, ext, pg_temp`, `set local role ` + ident(d.sharedRole())}, 0)}
}

// run holds one connection for one transaction. A migration that another
// process has just run can change the shape of a prepared statement (SQLSTATE
// 0A000, "cached plan must not change result type"): then the statements of
// this connection are dropped and fn runs once more; so it does after a deadlock, after a
// cancellation that was another's,
// and on another connection when this one does not know a role yet. A database that
// keeps nothing is ErrUnwritable to who would write.
func (d *DB) run(ctx context.Context, m mode, fn func(*pipe) error) error {
	leave, err := enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	scope, _ := ScopeFrom(ctx)
	conn, err := d.app.acquire(ctx, scope.Schema)
	if err != nil {
		return err
	}
	defer func() {
		if conn != nil {
			d.app.release(ctx, conn)
		}
	}()
	began := time.Now()
	err = d.once(ctx, conn, m, fn)
	switch {
	case code(err, "57014") && ctx.Err() == nil && time.Since(began) < cmp.Or(scope.StatementTimeout, StatementTimeout):
		// Not our limit: it was meant for who had the connection before, and came late (see
		// pgconn.CancelRequestContextWatcherHandler, which waits, but cannot know).
		err = d.once(ctx, conn, m, fn)
	case code(err, "40P01", "40001"): // a deadlock's loser: the other is through by now
		err = d.once(ctx, conn, m, fn)
	case code(err, "42501") && errors.Is(err, errFrame):
		// A role so new that this backend has not heard of its grant; it may not
		// hear until the next one (PostgreSQL keeps the list of roles that it was
		// computing when the news came). Another backend knows.
		d.app.close(ctx, conn)
		if conn, err = d.app.acquire(ctx, scope.Schema); err != nil {
			return err
		}
		err = d.once(ctx, conn, m, fn)
	case code(err, "0A000"):
		if derr := forget(ctx, conn.Conn()); derr != nil {
			return errors.Join(err, derr)
		}
		err = d.once(ctx, conn, m, fn)
	}
	if m == writing && TakesNoChanges(err) {
		if code(err, readOnlyDatabase) { // a new connection may lead to the primary
			_ = conn.Conn().Close(ctx)
		}
		err = fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	return err
}

// SQLSTATEs of a database that keeps nothing: a standby, or one whose disk is full.
const (
	readOnlyDatabase = "25006"
	diskFull         = "53100"
)

// TakesNoChanges reports whether err is a database's that keeps nothing.
func TakesNoChanges(err error) bool { return code(err, readOnlyDatabase, diskFull) }

// ErrUnwritable is answered to who would write while the database keeps nothing; what
// is there can be read.
var ErrUnwritable = errors.New("db: the database takes no changes")

func (d *DB) once(ctx context.Context, conn *pgxpool.Conn, m mode, fn func(*pipe) error) (err error) {
	p := &pipe{conn: conn.Conn(), mode: m, d: d}
	defer func() {
		if aerr := p.abandon(ctx); aerr != nil && err == nil {
			err = aerr
		}
	}()
	if err := fn(p); err != nil {
		return err
	}
	return p.finish(ctx)
}

// HasSchema reports whether a schema is there.
func (tx *SharedTx) HasSchema(ctx context.Context, schema string) (there bool, err error) {
	err = tx.on.QueryRow(ctx, `select exists (select from pg_catalog.pg_namespace where nspname = $1)`, schema).Scan(&there)
	return there, err
}

// AsTenant does something in the schema of the context's tenant in the same transaction: for
// writes that must stand or fall together.
func (tx *SharedTx) AsTenant(ctx context.Context, fn func(*TenantTx) error) error {
	scope, ok := ScopeFrom(ctx)
	if !ok {
		return ErrNoTenant
	}
	return fn(tx.d.tenantTx(tx.on.pipe, scope, uuid.Must(uuid.NewV7())))
}

// SearchLike is tenantdb's, and takes for like what that says.
func (tx *TenantTx) SearchLike(ctx context.Context, words string, n int) ([]tenantdb.SearchRow, error) {
	in := &settings{tx.on.in.schema, append(slices.Clone(tx.on.in.sql), "set local "+tenantdb.LikeSetting+" = "+tenantdb.LikeThreshold)}
	return tenantdb.New(guarded{tx.on.pipe, in}).SearchLike(ctx, words, n)
}

// AsShared does something in the shared schema in the same transaction.
func (tx *TenantTx) AsShared(fn func(*SharedTx) error) error { return fn(tx.d.sharedTx(tx.on.pipe)) }

// errFrame is what a failed begin, setting or commit is.
var errFrame = errors.New("db: begin, settings or commit")
