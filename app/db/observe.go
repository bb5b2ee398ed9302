package db

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// slow is from when on a statement is worth a line in the log.
const slow = 200 * time.Millisecond

type (
	costKey  struct{}
	startKey struct{}
)

// Cost is what was asked of the database: how many statements, in how many flushes. What
// the package adds, such as begin and commit, is no statement.
type Cost struct {
	Statements, Flushes atomic.Int64
	around              *Cost
}

// WithCost lets c count what is asked with the context, beside whoever counts around it.
func WithCost(ctx context.Context, c *Cost) context.Context {
	c.around, _ = ctx.Value(costKey{}).(*Cost)
	return context.WithValue(ctx, costKey{}, c)
}

func spend(ctx context.Context, statements, flushes int64) {
	c, _ := ctx.Value(costKey{}).(*Cost)
	for ; c != nil; c = c.around {
		c.Statements.Add(statements)
		c.Flushes.Add(flushes)
	}
}

// observer counts statements and logs those that are slow, with their tenant.
// Arguments stay out of the log: they are what people typed.
type observer struct{ next pgx.QueryTracer }

type started struct {
	at  time.Time
	sql string
}

// TraceQueryStart notes the time of a statement that goes past the pipe.
func (o observer) TraceQueryStart(ctx context.Context, c *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	spend(ctx, 0, 1)
	return context.WithValue(o.begin(ctx, c, d.SQL, d.Args), startKey{}, started{time.Now(), d.SQL})
}

// TraceQueryEnd compares.
func (o observer) TraceQueryEnd(ctx context.Context, c *pgx.Conn, d pgx.TraceQueryEndData) {
	if s, ok := ctx.Value(startKey{}).(started); ok {
		o.end(ctx, c, s.sql, d.CommandTag, d.Err, time.Since(s.at))
	}
}

// begin tells of a statement that is sent; end takes the context that it returns.
func (o observer) begin(ctx context.Context, c *pgx.Conn, sql string, args []any) context.Context {
	spend(ctx, 1, 0)
	if o.next != nil {
		ctx = o.next.TraceQueryStart(ctx, c, pgx.TraceQueryStartData{SQL: sql, Args: args})
	}
	return ctx
}

func (o observer) end(ctx context.Context, c *pgx.Conn, sql string, tag pgconn.CommandTag, err error, took time.Duration) {
	if took > slow {
		scope, _ := ScopeFrom(ctx)
		slog.WarnContext(ctx, "slow query", "query", QueryName(sql), "took", took, "tenant", scope.TenantID, "schema", scope.Schema, "error", err)
	}
	if o.next != nil {
		o.next.TraceQueryEnd(ctx, c, pgx.TraceQueryEndData{CommandTag: tag, Err: err})
	}
}

// own tells whoever wants to know all that is sent of a statement of ours.
func (o observer) own(sql string) {
	if t, ok := o.next.(interface{ TraceOwn(sql string) }); ok {
		t.TraceOwn(sql)
	}
}

// QueryName is what sqlc calls the statement, or how it begins.
func QueryName(sql string) string {
	if rest, ok := strings.CutPrefix(sql, "-- name: "); ok {
		name, _, _ := strings.Cut(rest, " ")
		return name
	}
	first, _, _ := strings.Cut(strings.TrimSpace(sql), "\n")
	return first[:min(len(first), 80)]
}

// Stats are the pool's, and what the tables say of tenants and jobs.
type Stats struct {
	Acquired, Idle, Max int32
	Waits               int64         // how often somebody waited for a connection
	Waited              time.Duration // in all
	Budget              int           // relations of tenants that a connection gets to know
	Retired             int64         // connections closed for knowing more
	Tenants             []VersionCount
	Jobs                map[string]int // by state
}

// Stats asks the pool, and the database once.
func (d *DB) Stats(ctx context.Context) (s Stats, err error) {
	p := d.app.Stat()
	s = Stats{Acquired: p.AcquiredConns(), Idle: p.IdleConns(), Max: p.MaxConns(), Waits: p.EmptyAcquireCount(),
		Waited: p.EmptyAcquireWaitTime(), Budget: d.app.budget, Retired: d.app.retired.Load(), Jobs: map[string]int{}}
	rows, err := d.owner.Query(ctx, `select schema_version, state, count(*) from public.tenants where schema_made group by 1, 2`)
	if err != nil {
		return s, err
	}
	if s.Tenants, err = pgx.CollectRows(rows, pgx.RowToStructByPos[VersionCount]); err != nil {
		return s, err
	}
	for _, state := range []string{"available", "retryable", "running", "scheduled", "discarded", "cancelled"} {
		s.Jobs[state] = 0 // what is none is a figure too
	}
	rows, err = d.owner.Query(ctx, `select state::text, count(*) from public.river_job where state <> 'completed' group by 1`)
	if err != nil {
		return s, err
	}
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return s, err
		}
		s.Jobs[state] = n
	}
	return s, rows.Err()
}
