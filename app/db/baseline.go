package db

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Where a connection of requests begins is where RESET ROLE and DISCARD ALL lead
// back to: the baseline role, which has no rights, and an empty search_path. Both
// are defaults of the login in this database where the owner may make them so,
// or the connection asks for them as it begins. A pooler in front drops what a
// connection asks for, or refuses it; so each new connection is proven.

// proof takes back all that a session could have set, and tells what is left. It
// is one message, so that a pooler sends all of it to one server.
const proof = `reset role; reset search_path; select current_user::text, current_setting('search_path'), pg_backend_pid()::text`

// behindPooler says how requests go through a pooler.
const behindPooler = "docs/operations.md, Behind a pooler"

// prove refuses a connection that does not begin at the baseline. pooled reports
// whether something stands between it and PostgreSQL: the process that answers is
// then another than the one that greeted.
func (d *DB) prove(ctx context.Context, c *pgx.Conn) (pooled bool, err error) {
	results, err := c.PgConn().Exec(ctx, proof).ReadAll()
	if err != nil {
		return false, err
	}
	row := results[2].Rows[0]
	role, path, pid := string(row[0]), string(row[1]), string(row[2])
	if role != d.baselineRole() || strings.Trim(path, `"`) != "" {
		return false, d.refusal(fmt.Sprintf("begins as %s with the search_path %q", role, path))
	}
	return pid != strconv.FormatUint(uint64(c.PgConn().PID()), 10), nil
}

// Pooled reports whether requests go through a pooler.
func (d *DB) Pooled() bool { return d.pooled }

// refusal says how a login begins at the baseline by itself.
func (d *DB) refusal(what string) error {
	mend := "requests need a login of their own for that: docs/operations.md, Two logins"
	if d.login != "" {
		mend = "as a superuser: " + d.loginDefaults() + "; then let the pooler connect anew"
	}
	return fmt.Errorf("DATABASE_URL: a connection %s, and must begin as %s with an empty one: nothing would keep workspaces apart. A "+
		"pooler drops what a connection asks for, so the login must begin so by itself (%s); %s", what, d.baselineRole(), behindPooler, mend)
}

// loginDefaults are what makes the login of requests begin at the baseline.
func (d *DB) loginDefaults() string {
	alter := fmt.Sprintf("alter role %s in database %s set ", ident(d.login), ident(d.name))
	return alter + "role = '" + d.baselineRole() + "'; " + alter + "search_path = ''"
}

// settle makes the login of requests begin at the baseline, where the owner may do
// so, and reports whether it does.
func (d *DB) settle(ctx context.Context) (settled bool, err error) {
	if d.login == "" {
		return false, nil
	}
	const is = `select exists (
		select from pg_catalog.pg_db_role_setting s
		where s.setdatabase = (select oid from pg_catalog.pg_database where datname = current_database())
			and s.setrole = (select oid from pg_catalog.pg_roles where rolname = $1)
			and s.setconfig @> array['role=' || $2::text, 'search_path=""'])`
	if err := d.owner.QueryRow(ctx, is, d.login, d.baselineRole()).Scan(&settled); err != nil || settled {
		return settled, err
	}
	err = pgx.BeginFunc(ctx, d.owner, func(tx pgx.Tx) error {
		// Two at once would fail with "tuple concurrently updated".
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, lockRoles); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, d.loginDefaults())
		return err
	})
	// From PostgreSQL 16 on it takes a superuser, or who made the login; and a database
	// that takes changes.
	if code(err, "42501", readOnlyDatabase, diskFull) {
		return false, nil
	}
	return err == nil, err
}

// refused recognizes a pooler that takes no settings from a connection.
func refused(err error) bool {
	return code(err, "08P01") && strings.Contains(err.Error(), "startup parameter")
}

// direct refuses a connection of the owner's that another process answers than the one
// that greeted: what belongs to a session (locks of migrations, notifications, psql's
// scope) would get lost.
func direct(ctx context.Context, c *pgx.Conn) error {
	results, err := c.PgConn().Exec(ctx, `select pg_backend_pid()::text`).ReadAll()
	if err == nil && string(results[0].Rows[0][0]) != strconv.FormatUint(uint64(c.PgConn().PID()), 10) {
		err = errPooledOwner
	}
	return err
}

var errPooledOwner = errors.New(
	"a pooler answers where the database’s owner connects: migrations, notifications and psql need PostgreSQL itself; set " +
		"DATABASE_DIRECT_URL to its own address (" + behindPooler + ")")
