package db

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// affinity is the pool of requests. A backend keeps what it has learnt of every workspace's
// tables and indexes until it ends: learning those of a page takes it milliseconds, and each
// some ten kilobytes of memory (TestConnectionMemory). So a request takes, of the connections
// that are free, one which knows its workspace, and none gets to know more than its budget:
// when all have, the one least asked for is closed to make room.
type affinity struct {
	*pgxpool.Pool
	budget  int          // relations that a connection gets to know
	mu      sync.Mutex   // held while one is chosen
	retired atomic.Int64 // closed for knowing too many
}

// acquaintance is what a connection knows.
type acquaintance struct {
	schemas    map[string]tenantdb.Tables
	relations  int    // in all
	last       string // served
	uses       int
	made, used time.Time
}

const acquaintanceKey = "paddock.tenants"

func acquaintanceOf(c *pgx.Conn) *acquaintance {
	data := c.PgConn().CustomData()
	a, ok := data[acquaintanceKey].(*acquaintance)
	if !ok {
		a = &acquaintance{schemas: map[string]tenantdb.Tables{}, made: time.Now(), used: time.Now()}
		data[acquaintanceKey] = a
	}
	return a
}

// meet notes that the connection learns of a workspace's tables.
func meet(c *pgx.Conn, schema string, tables tenantdb.Tables) {
	a := acquaintanceOf(c)
	was := a.schemas[schema]
	if now := was | tables; now != was {
		a.schemas[schema] = now
		a.relations += (now &^ was).Relations()
	}
	a.last = schema
}

// suits tells how well the connection suits a workspace, "" for none: below zero where it must
// not serve it. It has room while what it knows may yet grow by a tenth.
func (p *affinity) suits(c *pgxpool.Conn, schema string) int {
	a := acquaintanceOf(c.Conn())
	_, known := a.schemas[schema]
	switch {
	case schema == "":
		return 0
	case a.last == schema: // its plans are kept too
		return p.budget + 2
	case known:
		return p.budget + 1
	default: // whoever knows least
		return p.budget*9/10 - a.relations
	}
}

// acquire waits for a connection that may serve the workspace, "" for none.
func (p *affinity) acquire(ctx context.Context, schema string) (*pgxpool.Conn, error) {
	for ctx.Err() == nil {
		c := p.choose(ctx, schema)
		if c == nil {
			var err error
			if c, err = p.Acquire(ctx); err != nil {
				return nil, err
			}
		}
		switch a := acquaintanceOf(c.Conn()); {
		case p.suits(c, schema) < 0:
			p.retire(ctx, c)
		case time.Since(a.used) > time.Second && c.Ping(ctx) != nil: // as the pool does: who was silent may be dead
			p.close(ctx, c)
		default:
			a.uses++
			return c, nil
		}
	}
	return nil, ctx.Err()
}

// choose takes of the idle connections the one that suits best; nil where none is idle. Where
// none suits it is a new one, for which the least asked for makes room if need be.
func (p *affinity) choose(ctx context.Context, schema string) (chosen *pgxpool.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	idle := p.AcquireAllIdle(ctx)
	if len(idle) == 0 {
		return nil
	}
	chosen = slices.MaxFunc(idle, func(a, b *pgxpool.Conn) int { return p.suits(a, schema) - p.suits(b, schema) })
	if p.suits(chosen, schema) < 0 {
		if s := p.Stat(); s.TotalConns() == s.MaxConns() {
			p.retire(ctx, slices.MinFunc(idle, func(a, b *pgxpool.Conn) int {
				return cmp.Compare(acquaintanceOf(a.Conn()).rate(), acquaintanceOf(b.Conn()).rate())
			}))
		}
		chosen, _ = p.Acquire(ctx) // it is new, for those that are idle are held here; who asks next sees the error too
	}
	for _, c := range idle {
		if c != chosen {
			c.Release() // once more does nothing
		}
	}
	return chosen
}

// rate is how often the connection is asked for, in a second.
func (a *acquaintance) rate() float64 { return float64(a.uses) / (time.Since(a.made).Seconds() + 1) }

// release gives the connection back.
func (p *affinity) release(ctx context.Context, c *pgxpool.Conn) {
	if !c.Conn().IsClosed() {
		a := acquaintanceOf(c.Conn())
		if a.used = time.Now(); a.relations > p.budget {
			p.retire(ctx, c)
			return
		}
	}
	c.Release()
}

func (p *affinity) retire(ctx context.Context, c *pgxpool.Conn) {
	p.retired.Add(1)
	p.close(ctx, c)
}

func (p *affinity) close(ctx context.Context, c *pgxpool.Conn) {
	_ = c.Conn().Close(context.WithoutCancel(ctx)) // it is of no use, however that ends
	c.Release()
}
