package db

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// TenantTx is a transaction in one tenant's schema, under that tenant's role.
type TenantTx struct {
	*tenantdb.Queries
	d         *DB
	tx        pgx.Tx
	scope     Scope
	changeSet uuid.UUID
}

// ChangeSet is the name under which the change log keeps what this transaction
// changes; uuid.Nil when it only reads.
func (tx *TenantTx) ChangeSet() uuid.UUID { return tx.changeSet }

// MemberID is the acting member; uuid.Nil for the system.
func (tx *TenantTx) MemberID() uuid.UUID { return tx.scope.MemberID }

// SharedTx is a transaction in the shared schema.
type SharedTx struct {
	*shareddb.Queries
	d  *DB
	tx pgx.Tx
}

// Tenant runs fn in a transaction of the context's tenant and commits it when
// fn returns nil. fn may run twice (see run), so it must be repeatable.
// It answers ErrNoTenant without a scope and ErrNested inside another transaction.
func (d *DB) Tenant(ctx context.Context, fn func(*TenantTx) error) error {
	return d.tenant(ctx, readWrite, uuid.Must(uuid.NewV7()), fn)
}

// TenantRead is Tenant for reading: the database refuses writes.
func (d *DB) TenantRead(ctx context.Context, fn func(*TenantTx) error) error {
	return d.tenant(ctx, readOnly, uuid.Nil, fn)
}

// Shared is Tenant for the shared schema; it needs no scope.
func (d *DB) Shared(ctx context.Context, fn func(*SharedTx) error) error {
	return d.shared(ctx, readWrite, fn)
}

// SharedRead is Shared for reading: the database refuses writes.
func (d *DB) SharedRead(ctx context.Context, fn func(*SharedTx) error) error {
	return d.shared(ctx, readOnly, fn)
}

func (d *DB) tenant(ctx context.Context, begin string, changeSet uuid.UUID, fn func(*TenantTx) error) error {
	scope, ok := ScopeFrom(ctx)
	if !ok {
		return ErrNoTenant
	}
	return d.run(ctx, begin, d.tenantScope(scope, changeSet)+limits(scope.StatementTimeout), func(c *pgx.Conn, tx pgx.Tx) error {
		remember(c, scope.Schema)
		return fn(&TenantTx{tenantdb.New(guarded{tx}), d, tx, scope, changeSet})
	})
}

func (d *DB) shared(ctx context.Context, begin string, fn func(*SharedTx) error) error {
	return d.run(ctx, begin, d.sharedScope()+limits(0), func(_ *pgx.Conn, tx pgx.Tx) error {
		return fn(&SharedTx{shareddb.New(guarded{tx}), d, tx})
	})
}

// StatementTimeout is how long one statement may take, unless its tenant's limit
// says otherwise; the lists and forms of a request need milliseconds.
const StatementTimeout = 10 * time.Second

// limits bound what one transaction may take.
func limits(statement time.Duration) string {
	if statement == 0 {
		statement = StatementTimeout
	}
	return `; set local statement_timeout = ` + strconv.FormatInt(statement.Milliseconds(), 10) +
		`; set local lock_timeout = '3s'; set local idle_in_transaction_session_timeout = '15s'`
}

// tenantScope names pg_temp last, else a temporary table would shadow a
// tenant's. public is not on the path: a missing table must not fall through.
func (d *DB) tenantScope(s Scope, changeSet uuid.UUID) string {
	q := `set local search_path = ` + ident(s.Schema) + `, ext, pg_temp`
	if d.roles {
		q += `; set local role ` + ident(d.tenantRole(s.Schema))
	} else {
		// Distributed engines open connections per role; the owner then works for
		// every tenant and the path alone scopes.
		q += `; set local role none`
	}
	text := func(id uuid.UUID) string { // a uuid's own format: nothing to escape
		if id == uuid.Nil {
			return ""
		}
		return id.String()
	}
	return q + `; set local paddock.member_id = '` + text(s.MemberID) + `'; set local paddock.change_set = '` + text(changeSet) + `'`
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

func (d *DB) sharedScope() string {
	return `set local search_path = public, ext, pg_temp; set local role ` + ident(d.sharedRole())
}

// run holds one connection for one transaction. A migration that another
// process has just run can change the shape of a prepared statement (SQLSTATE
// 0A000, "cached plan must not change result type"): then the statements of
// this connection are dropped and fn runs once more; so it does after a deadlock,
// and on another connection when this one does not know a role yet. A database that
// keeps nothing is ErrUnwritable to who would write.
func (d *DB) run(ctx context.Context, begin, scope string, fn func(*pgx.Conn, pgx.Tx) error) error {
	first := begin + scope
	leave, err := enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	conn, err := d.app.Acquire(ctx)
	if err != nil {
		return err
	}
	defer func() { conn.Release() }()
	err = once(ctx, conn, first, fn)
	switch {
	case code(err, "40P01", "40001"): // a deadlock's loser: the other is through by now
		err = once(ctx, conn, first, fn)
	case code(err, "42501") && (errors.Is(err, errSwitching) || errors.Is(err, errBeginning)):
		// A role so new that this backend has not heard of its grant; it may not
		// hear until the next one (PostgreSQL keeps the list of roles that it was
		// computing when the news came). Another backend knows.
		_ = conn.Conn().Close(ctx)
		conn.Release()
		fresh, aerr := d.app.Acquire(ctx)
		if aerr != nil {
			return aerr
		}
		conn = fresh
		err = once(ctx, conn, first, fn)
	case code(err, "0A000"):
		if derr := conn.Conn().DeallocateAll(ctx); derr != nil {
			return errors.Join(err, derr)
		}
		err = once(ctx, conn, first, fn)
	}
	if begin == readWrite && TakesNoChanges(err) {
		if code(err, readOnlyDatabase) { // a new connection may lead to the primary
			_ = conn.Conn().Close(ctx)
		}
		err = fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	return err
}

// How transactions begin.
const (
	readWrite = "begin; "
	readOnly  = "begin read only; "
)

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

func once(ctx context.Context, conn *pgxpool.Conn, begin string, fn func(*pgx.Conn, pgx.Tx) error) (err error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return fmt.Errorf("%w: %w", errBeginning, err)
	}
	// Runs on a panic too, and must not depend on a context that may be over.
	// When the rollback itself fails the connection is not idle, and the pool
	// closes it.
	defer func() {
		rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if rerr := tx.Rollback(rctx); rerr != nil && !errors.Is(rerr, pgx.ErrTxClosed) && err == nil {
			err = rerr
		}
	}()
	if err := fn(conn.Conn(), tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// HasSchema reports whether a schema is there.
func (tx *SharedTx) HasSchema(ctx context.Context, schema string) (there bool, err error) {
	err = tx.tx.QueryRow(ctx, `select exists (select from pg_catalog.pg_namespace where nspname = $1)`, schema).Scan(&there)
	return there, err
}

// AsTenant continues the transaction in the schema of the context's tenant and
// comes back to the shared one: for writes that must stand or fall together.
func (tx *SharedTx) AsTenant(ctx context.Context, fn func(*TenantTx) error) error {
	scope, ok := ScopeFrom(ctx)
	if !ok {
		return ErrNoTenant
	}
	changeSet := uuid.Must(uuid.NewV7())
	remember(tx.tx.Conn(), scope.Schema)
	return tx.d.switched(ctx, tx.tx, tx.d.tenantScope(scope, changeSet), tx.d.sharedScope(), func() error {
		return fn(&TenantTx{tenantdb.New(guarded{tx.tx}), tx.d, tx.tx, scope, changeSet})
	})
}

// AsShared continues the transaction in the shared schema and comes back.
func (tx *TenantTx) AsShared(ctx context.Context, fn func(*SharedTx) error) error {
	return tx.d.switched(ctx, tx.tx, tx.d.sharedScope(), tx.d.tenantScope(tx.scope, tx.changeSet), func() error {
		return fn(&SharedTx{shareddb.New(guarded{tx.tx}), tx.d, tx.tx})
	})
}

var (
	errBeginning = errors.New("db: beginning a transaction")
	errSwitching = errors.New("db: switching scope")
)

// switched always switches back. Where that fails (the transaction is aborted
// or the connection gone) nothing more can be done in it anyway.
func (d *DB) switched(ctx context.Context, tx pgx.Tx, to, back string, fn func() error) (err error) {
	if _, err := tx.Exec(ctx, to); err != nil {
		return fmt.Errorf("%w: %w", errSwitching, err)
	}
	defer func() {
		if _, berr := tx.Exec(context.WithoutCancel(ctx), back); berr != nil && err == nil {
			err = fmt.Errorf("db: switching scope back: %w", berr)
		}
	}()
	return fn()
}

// guarded is what sqlc's code runs on. pgx's Exec without arguments uses the
// simple protocol, which takes several statements at once ("…; reset role");
// Query never does.
type guarded struct{ tx pgx.Tx }

func (g guarded) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return g.tx.Query(ctx, sql, args...)
}

func (g guarded) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return g.tx.QueryRow(ctx, sql, args...)
}

func (g guarded) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := g.tx.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// CopyFrom loads rows in bulk; the table is the generated code's constant.
func (g guarded) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return g.tx.CopyFrom(ctx, table, columns, rows)
}
