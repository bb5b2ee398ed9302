package pg

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/wait"
)

// Blocked waits until a statement of the database that c is connected to, one
// that matches the pattern (of LIKE), waits for a lock.
func Blocked(tb testing.TB, c *pgx.Conn, pattern string) {
	tb.Helper()
	wait.Until(tb, "a statement like "+pattern+" waits for a lock", func() bool {
		return queryInt(tb, c, `select count(*)::int from pg_stat_activity a
			where a.datname = current_database() and a.pid <> pg_backend_pid() and a.query ilike $1 and exists (select from pg_locks l
			where l.pid = a.pid and not l.granted)`, pattern) > 0
	})
}

// Connected are the pids of who else is connected to c's database.
func Connected(tb testing.TB, c *pgx.Conn) (pids []uint32) {
	tb.Helper()
	rows, err := c.Query(context.WithoutCancel(tb.Context()),
		`select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`)
	if err == nil {
		pids, err = pgx.CollectRows(rows, pgx.RowTo[uint32])
	}
	if err != nil {
		tb.Fatal(err)
	}
	return pids
}

// Alone waits until nobody else is connected to c's database, but for the pids:
// a process that was killed is gone for PostgreSQL too.
func Alone(tb testing.TB, c *pgx.Conn, except ...uint32) {
	tb.Helper()
	wait.Until(tb, "the backends of a dead process are gone", func() bool {
		return queryInt(tb, c, `select count(*)::int from pg_stat_activity
			where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
			and not pid = any(coalesce($1::int[], '{}'))`, except) == 0
	})
}

func queryInt(tb testing.TB, c *pgx.Conn, sql string, args ...any) (n int) {
	tb.Helper()
	if err := c.QueryRow(context.WithoutCancel(tb.Context()), sql, args...).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}
