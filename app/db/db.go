// Package db is the only way to PostgreSQL.
//
// A request reads and writes tenant tables inside [DB.Tenant], shared ones
// inside [DB.Shared]. Each is one transaction whose role and search_path are
// set with SET LOCAL, so that nothing of it outlives commit or rollback. The
// pool's own role has no rights and its path is empty: SQL that forgot its
// scope fails.
package db

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// MinVersion is the oldest server we run on, as server_version_num.
const MinVersion = 150000

// Config is what Open needs.
type Config struct {
	URL         string // the owner of the database: no superuser, may create roles
	RequestsURL string // a login that owns nothing, for requests; "" for the owner's
	MaxConns    int32  // of the pool that serves requests; 0 means 10
	TenantRoles bool   // switch to the tenant's role; off, the path alone scopes
	// RelationsPerConn is how many tables and indexes of tenants a connection gets to know;
	// 0 means all of 48 tenants, some 85 MB in its backend (TestConnectionMemory), or the
	// lists alone of four times as many.
	RelationsPerConn int
	Tracer           pgx.QueryTracer // sees every statement of requests; may be nil
	OwnerTracer      pgx.QueryTracer // sees every statement of migrations and upkeep; may be nil
}

// DB holds two pools: app serves requests and starts with no rights, owner
// makes schemas and migrates.
type DB struct {
	app            affinity
	owner          *pgxpool.Pool
	name           string // the database's; it prefixes role names, which are cluster-wide
	login          string // of requests, where it is not the owner's
	loginURL       string
	ownerSetting   string // which setting names the owner
	sessionURL     string // of what belongs to a session: never a pooler's
	roles          bool
	river          *river.Client[pgx.Tx]
	pooled         bool     // requests go through a pooler
	observer       observer // of requests' statements
	sharedSettings *settings
}

// Role names of this database.
func (d *DB) baselineRole() string            { return d.name + "_app" }
func (d *DB) sharedRole() string              { return d.name + "_shared" }
func (d *DB) tenantRole(schema string) string { return d.name + "_" + schema }

// Open connects and makes sure that the roles of this database exist. It
// refuses a superuser, for whom no rule of isolation would hold.
func Open(ctx context.Context, c Config) (*DB, error) {
	setting := "DATABASE_URL"
	if c.RequestsURL != "" && c.RequestsURL != c.URL {
		setting = "DATABASE_DIRECT_URL"
	}
	oc, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, unreadable(setting)
	}
	d := &DB{name: oc.ConnConfig.Database, roles: c.TenantRoles, loginURL: c.URL, ownerSetting: setting}
	if c.RequestsURL != "" {
		d.loginURL = c.RequestsURL
	}
	ac, err := pgxpool.ParseConfig(d.loginURL)
	if err != nil {
		return nil, unreadable("DATABASE_URL")
	}
	if ac.ConnConfig.Database != d.name {
		return nil, fmt.Errorf("DATABASE_URL is of the database %s, DATABASE_DIRECT_URL of %s", ac.ConnConfig.Database, d.name)
	}
	if ac.ConnConfig.User != oc.ConnConfig.User {
		d.login = ac.ConnConfig.User
	}
	if d.login != "" && !d.roles {
		return nil, errors.New("PADDOCK_TENANT_ROLES=off: requests then work as the database's owner, so DATABASE_URL must be its login")
	}
	if d.river, err = river.NewClient(riverpgxv5.New(nil), &river.Config{}); err != nil { // it only inserts
		return nil, err
	}
	if len(d.name) > 40 {
		return nil, fmt.Errorf("database name %q: at most 40 characters, for it prefixes role names", d.name)
	}
	oc.MaxConns = 8
	oc.MaxConnIdleTime = time.Minute
	oc.ConnConfig.RuntimeParams["search_path"] = "public, ext, pg_temp"
	oc.ConnConfig.RuntimeParams["application_name"] = "paddock-owner"
	inUTC(oc.ConnConfig.RuntimeParams)
	oc.ConnConfig.Tracer = c.OwnerTracer
	oc.AfterConnect = direct
	if d.owner, err = pgxpool.NewWithConfig(ctx, oc); err != nil {
		return nil, err
	}
	if err := d.prepare(ctx); err != nil {
		d.owner.Close()
		return nil, err
	}
	if err := d.openRequests(ctx, c, ac); err != nil {
		d.owner.Close()
		return nil, err
	}
	return d, nil
}

// unreadable does not say what can't be read: it may be a password.
func unreadable(setting string) error {
	return fmt.Errorf("%s: can’t be read as an address; in a user or password write %%25 for %%, %%40 for @, %%23 for # and %%2F for /",
		setting)
}

// openRequests opens the pool of requests, through a pooler or without.
func (d *DB) openRequests(ctx context.Context, c Config, ac *pgxpool.Config) error {
	settled, err := d.settle(ctx)
	if err != nil {
		return err
	}
	ac.MaxConns = c.MaxConns
	if ac.MaxConns == 0 {
		ac.MaxConns = 10
	}
	// A backend keeps what it learnt of every schema it touched (see
	// TenantsPerConn), so connections are few and do not live for ever.
	ac.MaxConnLifetime = 30 * time.Minute
	ac.MaxConnLifetimeJitter = 5 * time.Minute
	if d.app.budget = c.RelationsPerConn; d.app.budget == 0 {
		d.app.budget = 48 * tenantdb.AllTables.Relations()
	}
	d.observer = observer{c.Tracer}
	ac.ConnConfig.Tracer = d.observer
	if !settled {
		ac.ConnConfig.RuntimeParams["role"] = d.baselineRole()
		ac.ConnConfig.RuntimeParams["search_path"] = ""
	}
	ac.ConnConfig.RuntimeParams["application_name"] = "paddock"
	inUTC(ac.ConnConfig.RuntimeParams)
	// One request cancelled must not cost its connection.
	ac.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: 3 * time.Second}
	}
	first, err := pgx.ConnectConfig(ctx, ac.ConnConfig)
	if refused(err) {
		return d.refusal("is refused its settings: " + err.Error())
	}
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	defer first.Close(context.WithoutCancel(ctx))
	if d.pooled, err = d.prove(ctx, first); err != nil {
		return err
	}
	d.sessionURL = d.loginURL
	d.sharedSettings = d.newSharedSettings()
	if !d.pooled {
		maps.Copy(ac.ConnConfig.RuntimeParams, limits)
	} else {
		d.sessionURL = c.URL
		// A statement that was prepared is on one server, and the next may be another.
		if ac.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
			ac.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		}
	}
	ac.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		if _, err := d.prove(ctx, c); err != nil || d.pooled {
			return err
		}
		return keep(ctx, c)
	}
	d.app.Pool, err = pgxpool.NewWithConfig(ctx, ac)
	return err
}

// Close waits for connections in use and closes both pools.
func (d *DB) Close() {
	d.app.Close()
	d.owner.Close()
}

// Ping tells whether the database answers and the shared schema is current.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.app.Ping(ctx); err != nil {
		return err
	}
	return d.CheckShared(ctx)
}

// Listen calls notify for every NOTIFY on channel, until ctx ends. It calls
// listening(true) each time it has (re)connected, and listening(false) when the
// connection is lost: between the two, notifications are missed.
func (d *DB) Listen(ctx context.Context, channel string, listening func(bool), notify func(payload string)) {
	for ctx.Err() == nil {
		err := d.listen(ctx, channel, listening, notify)
		listening(false)
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
}

// heartbeat is how often a silent listener proves that it still hears.
const heartbeat = 10 * time.Second

// listen is one connection's worth of Listen. Silence is proof of nothing: the
// connection may be half open, or a pooler in front may have swallowed LISTEN.
// So a notification is sent by way of the owner's pool, which requests can't
// exhaust, and must arrive here.
func (d *DB) listen(ctx context.Context, channel string, listening func(bool), notify func(payload string)) error {
	config, err := pgx.ParseConfig(d.sessionURL)
	if err != nil {
		return err
	}
	config.RuntimeParams["role"], config.RuntimeParams["search_path"], config.RuntimeParams["application_name"] = d.baselineRole(), "",
		"paddock"
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, "listen "+ident(channel)); err != nil {
		return err
	}
	const mine = "heartbeat "
	for wait := time.Duration(0); ; wait = heartbeat {
		nonce := mine + rand.Text()
		end := time.Now().Add(wait)
		asked := false
		for {
			wctx, cancel := context.WithDeadline(ctx, end)
			n, err := c.WaitForNotification(wctx)
			timedOut := wctx.Err() != nil && ctx.Err() == nil
			cancel()
			switch {
			case err != nil && timedOut && !asked:
				if err := d.notify(ctx, channel, nonce); err != nil {
					return err
				}
				asked, end = true, time.Now().Add(5*time.Second)
				continue
			case err != nil:
				return err
			case n.Payload != nonce:
				if !strings.HasPrefix(n.Payload, mine) {
					notify(n.Payload)
				}
				continue
			}
			break
		}
		if wait == 0 {
			listening(true)
		}
	}
}

func (d *DB) notify(ctx context.Context, channel, payload string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := d.owner.Exec(ctx, `select pg_notify($1, $2)`, channel, payload)
	return err
}

// prepare makes the roles that everything else stands on, once per database.
func (d *DB) prepare(ctx context.Context) error {
	var version int
	var super, owner, ready bool
	var encoding string
	err := d.owner.QueryRow(ctx, `
		select current_setting('server_version_num')::int, r.rolsuper,
		       d.datdba = r.oid or pg_has_role(d.datdba, 'usage'),
		       (select count(*) = 2 from pg_catalog.pg_roles where rolname in ($1, $2))
		       and not has_schema_privilege('public', 'public', 'usage') -- of PUBLIC: roles outlive a database that was dropped
		       and not has_database_privilege('public', d.datname, 'temp'), pg_encoding_to_char(d.encoding)
		from pg_catalog.pg_roles r, pg_catalog.pg_database d
		where r.rolname = session_user and d.datname = current_database()`,
		d.baselineRole(), d.sharedRole()).Scan(&version, &super, &owner, &ready, &encoding)
	switch {
	case refused(err), errors.Is(err, errPooledOwner):
		return errPooledOwner
	case err != nil:
		return fmt.Errorf("%s: %w", d.ownerSetting, err)
	case version < MinVersion:
		return fmt.Errorf("PostgreSQL %d is too old: Paddock needs %d or newer", version/10000, MinVersion/10000)
	case super:
		return errors.New(d.ownerSetting +
			" logs in as a superuser, whom no isolation binds: use a login that owns the database and has CREATEROLE")
	case !owner:
		return fmt.Errorf("%s: the login must own the database, and %s does not: it is the database’s owner’s address; requests’ is DATABASE_URL",
			d.ownerSetting, d.owner.Config().ConnConfig.User)
	case encoding != "UTF8":
		return fmt.Errorf("the database’s encoding is %s: what has other letters is refused. Make one with encoding 'UTF8' "+
			"(docs/settings.md, The database in production), and restore into it", encoding)
	case ready:
		return errors.Join(d.grantCatalog(ctx), d.admit(ctx))
	}
	err = pgx.BeginFunc(ctx, d.owner, func(tx pgx.Tx) error {
		// Roles are cluster-wide: so is the lock against another process here.
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, lockRoles); err != nil {
			return err
		}
		for _, role := range []string{d.baselineRole(), d.sharedRole()} {
			if err := d.createRole(ctx, tx, role); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(`
			revoke all on schema public from public;
			revoke temp, create on database %s from public;
			grant usage on schema public to %s`, ident(d.name), ident(d.sharedRole())))
		return err
	})
	if err != nil {
		return err
	}
	return errors.Join(d.grantCatalog(ctx), d.admit(ctx))
}

// OneLogin reports whether requests log in as the database's owner: then whoever can
// have a block of code run is its owner.
func (d *DB) OneLogin() bool { return d.login == "" }

// TenantRoles reports whether workspaces are kept apart by their roles.
func (d *DB) TenantRoles() bool { return d.roles }

// admit lets the login of requests become what requests need, and refuses one that
// could do more by itself.
func (d *DB) admit(ctx context.Context) error {
	if d.login == "" {
		return nil
	}
	var could []string
	err := d.owner.QueryRow(ctx, `
		select array_remove(array[
			case when r.rolsuper then 'is a superuser' end, case when r.rolcreaterole then 'may create roles' end,
			case when r.rolbypassrls then 'bypasses row security' end, case when r.rolinherit then 'inherits' end,
			case when pg_has_role(r.oid, d.datdba, 'member') then 'may become the owner' end,
			case when has_database_privilege(r.oid, d.oid, 'create') then 'may create schemas' end,
			case when exists (select from pg_catalog.pg_namespace n where n.nspowner = r.oid) or exists (select from pg_catalog.pg_class c
			where c.relowner = r.oid) then 'owns something' end], null)
		from pg_catalog.pg_roles r, pg_catalog.pg_database d where r.rolname = $1 and d.datname = current_database()`, d.login).Scan(&could)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("DATABASE_URL: there is no login %s: as a superuser: create role %s login noinherit password '…'", d.login,
			ident(d.login))
	}
	if err != nil {
		return fmt.Errorf("DATABASE_URL: the login %s: %w", d.login, err)
	}
	if len(could) > 0 {
		return fmt.Errorf("DATABASE_URL: the login %s %s: it must be able to do nothing by itself. As a superuser: alter role %s "+
			"nosuperuser nocreaterole nobypassrls noinherit; and revoke the rest", d.login, strings.Join(could, ", "), ident(d.login))
	}
	// The roles of a database that had one login until now.
	const missing = `
		select r.rolname::text from pg_catalog.pg_roles r
		where left(r.rolname, length($1)) = $1 and not r.rolcanlogin and not exists (
			select from pg_catalog.pg_auth_members m where m.roleid = r.oid and m.member = (select l.oid from pg_catalog.pg_roles l
			where l.rolname = $2))
			and pg_has_role(current_user, r.oid, 'member')
		limit 500`
	for {
		rows, err := d.owner.Query(ctx, missing, d.name+"_", d.login)
		if err != nil {
			return err
		}
		roles, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(roles) == 0 {
			return err
		}
		err = pgx.BeginFunc(ctx, d.owner, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, lockRoles); err != nil {
				return err
			}
			for i, r := range roles {
				roles[i] = ident(r)
			}
			_, err := tx.Exec(ctx, "grant "+strings.Join(roles, ", ")+" to "+ident(d.login))
			return err
		})
		if err != nil {
			return err
		}
	}
}

// catalogFunctions are those of sql/schema/superuser.sql, without set_config, that
// the shared role goes on using: the queue notifies, names are locked.
const catalogFunctions = `pronamespace = 'pg_catalog'::regnamespace and (proname = 'pg_notify' or proname ~ '^pg_(try_)?advisory_')`

// grantCatalog gives the shared role what a superuser took from everybody and left
// to the owner to pass on; where that has not been done there is nothing to do.
func (d *DB) grantCatalog(ctx context.Context) error {
	const missing = `select count(*) from pg_catalog.pg_proc where ` + catalogFunctions + `
		and not has_function_privilege($1, oid, 'execute') and has_function_privilege(oid, 'execute with grant option')`
	var n int
	if err := d.owner.QueryRow(ctx, missing, d.sharedRole()).Scan(&n); err != nil || n == 0 {
		return err
	}
	return pgx.BeginFunc(ctx, d.owner, func(tx pgx.Tx) error {
		// Two at once would fail with "tuple concurrently updated".
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, lockRoles); err != nil {
			return err
		}
		rows, err := tx.Query(ctx,
			`select oid::regprocedure::text from pg_catalog.pg_proc where `+catalogFunctions+` and not has_function_privilege($1, oid, 'execute')`,
			d.sharedRole())
		if err != nil {
			return err
		}
		functions, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(functions) == 0 {
			return err
		}
		_, err = tx.Exec(ctx, "grant execute on function "+strings.Join(functions, ", ")+" to "+ident(d.sharedRole()))
		return err
	})
}

// createRole makes a role without a login that the owner and the login of requests
// may switch to.
func (d *DB) createRole(ctx context.Context, tx pgx.Tx, role string) error {
	var exists bool
	if err := tx.QueryRow(ctx, `select exists (select from pg_catalog.pg_roles where rolname = $1)`, role).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		if _, err := tx.Exec(ctx, "create role "+ident(role)+" nologin"); err != nil {
			return err
		}
	}
	to := "current_user"
	if d.login != "" {
		to += ", " + ident(d.login)
	}
	_, err := tx.Exec(ctx, "grant "+ident(role)+" to "+to)
	return err
}

// Unrestricted names what is open to the tenants' roles that only a superuser can
// close, by running schema.Superuser: set_config, with which one injected SELECT
// could change its role, and others; nothing when all is well.
func (d *DB) Unrestricted(ctx context.Context) ([]string, error) {
	rows, err := d.owner.Query(ctx, `
		select distinct proname::text from pg_catalog.pg_proc
		where pronamespace = 'pg_catalog'::regnamespace and (proname in ('set_config', 'pg_notify', 'lo_creat', 'lo_create', 'lo_from_bytea')
		or proname ~ '^pg_(try_)?advisory_')
			and has_function_privilege($1, oid, 'execute')
		union all select 'plpgsql' where has_language_privilege($1, 'plpgsql', 'usage')
		order by 1`, d.baselineRole())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Advisory locks, all in one namespace of ours.
const (
	lockRoles   int64 = 0x7061_6464_0001
	lockMigrate int64 = 0x7061_6464_0002
	// LockSpares is held by the process that refills spare schemas.
	LockSpares int64 = 0x7061_6464_0003
	lockDrop   int64 = 0x7061_6464_0004
)

func ident(name string) string { return pgx.Identifier{name}.Sanitize() }

// code tells whether err is a PostgreSQL error with one of these SQLSTATEs.
func code(err error, codes ...string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains(codes, pg.Code)
}

// inUTC makes times as text, in archives and in cursors of lists, the same
// whatever the server is set to.
func inUTC(params map[string]string) {
	params["timezone"], params["datestyle"] = "UTC", "ISO, YMD"
}
