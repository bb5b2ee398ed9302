package db

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// slow is from when on a statement is worth a line in the log.
const slow = 200 * time.Millisecond

type (
	countKey struct{}
	startKey struct{}
)

type started struct {
	at  time.Time
	sql string
}

// WithCount lets n count the statements that are sent with the context.
func WithCount(ctx context.Context, n *atomic.Int64) context.Context {
	return context.WithValue(ctx, countKey{}, n)
}

// observer counts statements and logs those that are slow, with their tenant.
// Arguments stay out of the log: they are what people typed.
type observer struct{ next pgx.QueryTracer }

// TraceQueryStart notes the time.
func (o observer) TraceQueryStart(ctx context.Context, c *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if n, ok := ctx.Value(countKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
	if o.next != nil {
		ctx = o.next.TraceQueryStart(ctx, c, d)
	}
	return context.WithValue(ctx, startKey{}, started{time.Now(), d.SQL})
}

// TraceQueryEnd compares.
func (o observer) TraceQueryEnd(ctx context.Context, c *pgx.Conn, d pgx.TraceQueryEndData) {
	if s, ok := ctx.Value(startKey{}).(started); ok {
		if took := time.Since(s.at); took > slow {
			scope, _ := ScopeFrom(ctx)
			slog.WarnContext(ctx, "slow query", "query", QueryName(s.sql), "took", took, "tenant", scope.TenantID, "schema", scope.Schema, "error",
				d.Err)
		}
	}
	if o.next != nil {
		o.next.TraceQueryEnd(ctx, c, d)
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
	PerConn             int           // tenants that a connection serves
	Retired             int64         // connections closed for having served them
	Tenants             []VersionCount
	Jobs                map[string]int // by state
}

// Stats asks the pool, and the database once.
func (d *DB) Stats(ctx context.Context) (s Stats, err error) {
	p := d.app.Stat()
	s = Stats{Acquired: p.AcquiredConns(), Idle: p.IdleConns(), Max: p.MaxConns(), Waits: p.EmptyAcquireCount(),
		Waited: p.EmptyAcquireWaitTime(), PerConn: d.perConn, Retired: d.retired.Load(), Jobs: map[string]int{}}
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
