package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// settings are what holds while the statements of a scope run: its search_path and role,
// and for whom. A statement has them with it: see guarded.
type settings struct {
	schema string // of a tenant; "" for none
	sql    []string
}

// mode is how a pipe's statements are bound together.
type mode int

const (
	writing  mode = iota // one transaction, from the first statement to commit
	reading              // one read-only transaction for each flush: nothing is open while we think
	entering             // none: each statement stands alone, as the baseline role
)

// pipe sends the statements of one [DB.Tenant], [DB.Shared] or [DB.Entry] over its
// connection. Nothing is sent before something is asked; then one flush carries all there
// is to send: begin, the settings of each statement where they are not those in force, what
// is asked, and a reading one's commit. What fails has PostgreSQL skip the rest of the flush:
// no statement ever runs under another's settings.
type pipe struct {
	conn   *pgx.Conn
	mode   mode
	d      *DB
	force  *settings         // in force in the open transaction; nil for the connection's own
	flight *flight           // under way; nil for none
	hand   func([]*ask) bool // hands questions to the batch that runs; nil outside of one
	build  pgx.ExtendedQueryBuilder
}

// ask is one statement, and its answer.
type ask struct {
	ctx  context.Context //nolint:containedctx // of the statement, which waits for its flush
	in   *settings       // nil for none
	sql  string
	args []any
	rows pgx.Rows // nil while it waits
	err  error
}

// flight is a flush under way: what was sent and is not read yet, in order.
type flight struct {
	pipe  *pipe
	line  *pgconn.Pipeline
	sent  []sent
	begun bool      // by what was sent
	err   error     // the first, after which nothing was done
	since time.Time // when the last answer was in
}

// sent is a statement of a flight: a question, or one of ours; a question that is only to
// be described has learn.
type sent struct {
	ask   *ask
	learn *statement
}

// What the answers to statements are that were not run.
var (
	errSkipped = errors.New("db: not run, for one before it in the flush has failed")
	errStopped = errors.New("db: not run, for another part of the batch has failed")
	errTooMany = fmt.Errorf("db: a batch of more than %d statements", maxStatements)
	errBusy    = errors.New("db: a statement while the rows of another are read")
)

// Statements of ours, prepared on every connection that can keep them.
const (
	sqlBegin  = "begin"
	sqlRead   = "begin read only"
	sqlCommit = "commit"
)

var kept = map[string]string{sqlBegin: "paddock_begin", sqlRead: "paddock_read", sqlCommit: "paddock_commit"}

// keep prepares our own statements on a new connection.
func keep(ctx context.Context, c *pgx.Conn) error {
	for sql, name := range kept {
		if _, err := c.PgConn().Prepare(ctx, name, sql, nil); err != nil {
			return err
		}
	}
	return nil
}

// statements are those that a connection knows, by their text.
type statements struct {
	known   *simplelru.LRU[string, *statement]
	dropped []string // names of those that made room
	last    int      // number in the last name
}

// statement is one that a connection knows, and the tables that it names.
type statement struct {
	pgconn.StatementDescription
	tables tenantdb.Tables
}

const (
	statementsKey = "paddock.statements"
	maxStatements = 512 // a connection's
)

func statementsOf(c *pgx.Conn) *statements {
	data := c.PgConn().CustomData()
	if s, ok := data[statementsKey].(*statements); ok {
		return s
	}
	s := &statements{}
	s.known, _ = simplelru.NewLRU(maxStatements, func(_ string, sd *statement) { // only a size below 1 fails
		if sd.Name != "" {
			s.dropped = append(s.dropped, sd.Name)
		}
	})
	data[statementsKey] = s
	return s
}

// forget drops the statements that the connection knows.
func forget(ctx context.Context, c *pgx.Conn) error {
	s := statementsOf(c)
	s.known.Purge()
	line := c.PgConn().StartPipeline(ctx)
	for _, name := range s.dropped {
		line.SendDeallocate(name)
	}
	s.dropped = nil
	return errors.Join(line.Sync(), line.Close())
}

// open reports whether a transaction is.
func (p *pipe) open() bool { return p.conn.PgConn().TxStatus() != 'I' }

// send sends the questions in one flush, and those that the connection does not know yet
// in one before, to have them described. Their answers come by flight.arrive, in order.
func (p *pipe) send(ctx context.Context, asks []*ask) error {
	if p.flight != nil {
		return errBusy
	}
	f := &flight{pipe: p, line: p.conn.PgConn().StartPipeline(ctx), begun: p.open()}
	p.flight = f
	s := statementsOf(p.conn)
	if err := f.learn(ctx, s, asks); err != nil {
		return f.land(err)
	}
	f.begin()
	for _, a := range asks {
		sd, ok := s.known.Get(a.sql)
		if !ok {
			a.err = errTooMany
			break
		}
		if a.err = p.build.Build(p.conn.TypeMap(), &sd.StatementDescription, a.args); a.err != nil {
			a.err = fmt.Errorf("%s: %w", QueryName(a.sql), a.err)
			break // those behind it are not sent
		}
		f.under(a.in)
		if a.in != nil && a.in.schema != "" {
			meet(p.conn, a.in.schema, sd.tables)
		}
		a.begin(p)
		if sd.Name == "" {
			f.line.SendQueryParams(sd.SQL, p.build.ParamValues, sd.ParamOIDs, p.build.ParamFormats, p.build.ResultFormats)
		} else {
			f.line.SendQueryStatement(&sd.StatementDescription, p.build.ParamValues, p.build.ParamFormats, slices.Clone(p.build.ResultFormats))
		}
		f.sent = append(f.sent, sent{ask: a})
	}
	if p.mode == reading {
		f.run(sqlCommit)
	}
	if err := f.flush(ctx); err != nil {
		return f.land(err)
	}
	return nil
}

// begin tells of the question, which is sent now.
func (a *ask) begin(p *pipe) { a.ctx = p.d.observer.begin(a.ctx, p.conn, a.sql, a.args) }

// learn has the statements described that the connection does not know, each under its
// own settings: what a table's name means is theirs.
func (f *flight) learn(ctx context.Context, s *statements, asks []*ask) error {
	learnt := false
	for i, a := range asks {
		if _, ok := s.known.Get(a.sql); ok || slices.ContainsFunc(asks[:i], func(b *ask) bool { return b.sql == a.sql }) {
			continue
		}
		if !learnt {
			for _, name := range s.dropped {
				f.line.SendDeallocate(name)
				f.sent = append(f.sent, sent{})
			}
			s.dropped = nil
			f.begin()
		}
		learnt = true
		f.under(a.in)
		sd := &statement{tables: tenantdb.TablesIn(a.sql)}
		sd.SQL = a.sql
		if !f.pipe.d.pooled {
			s.last++
			sd.Name = "paddock_" + strconv.Itoa(s.last)
		}
		f.line.SendPrepare(sd.Name, a.sql, nil)
		f.sent = append(f.sent, sent{ask: a, learn: sd})
	}
	if !learnt {
		return nil
	}
	if err := f.flush(ctx); err != nil {
		return err
	}
	for len(f.sent) > 0 && f.err == nil {
		f.next()
	}
	if f.err == nil {
		_, f.err = f.line.GetResults() // the Sync
	}
	return f.err
}

// begin begins the transaction, where there is to be one and none is open.
func (f *flight) begin() {
	switch {
	case f.begun, f.pipe.mode == entering:
	case f.pipe.mode == reading:
		f.run(sqlRead)
	default:
		f.run(sqlBegin)
	}
	if !f.begun {
		f.pipe.force = nil
	}
	f.begun = true
}

// under puts the settings in force.
func (f *flight) under(in *settings) {
	if in == nil || f.pipe.force == in {
		return
	}
	for _, sql := range in.sql {
		f.run(sql)
	}
	f.pipe.force = in
}

// run sends a statement of ours.
func (f *flight) run(sql string) {
	f.pipe.d.observer.own(sql)
	if name := kept[sql]; name != "" && !f.pipe.d.pooled {
		f.line.SendQueryPrepared(name, nil, nil, nil)
	} else {
		f.line.SendQueryParams(sql, nil, nil, nil, nil)
	}
	f.sent = append(f.sent, sent{})
}

func (f *flight) flush(ctx context.Context) error {
	spend(ctx, 0, 1)
	f.since = time.Now()
	return f.line.Sync()
}

// next reads the answer to what was sent first; a question's is in its ask.
func (f *flight) next() {
	what := f.sent[0]
	f.sent = f.sent[1:]
	results, err := f.line.GetResults()
	reader, _ := results.(*pgconn.ResultReader)
	switch {
	case err == nil && what.learn != nil:
		if sd, ok := results.(*pgconn.StatementDescription); ok {
			what.learn.ParamOIDs, what.learn.Fields = sd.ParamOIDs, sd.Fields
			statementsOf(f.pipe.conn).known.Add(what.learn.SQL, what.learn)
		}
	case err == nil && what.ask != nil:
		what.ask.rows = pgx.RowsFromResultReader(f.pipe.conn.TypeMap(), reader)
	case err == nil && reader != nil:
		_, err = reader.Close()
	}
	switch {
	case err == nil:
	case what.ask == nil:
		f.err = fmt.Errorf("%w: %w", errFrame, err)
	default:
		what.ask.err, f.err = err, err
		f.pipe.d.observer.end(what.ask.ctx, f.pipe.conn, what.ask.sql, pgconn.CommandTag{}, err, f.took())
	}
}

// took is the time since the answer before.
func (f *flight) took() time.Duration {
	now := time.Now()
	d := now.Sub(f.since)
	f.since = now
	return d
}

// arrive reads up to the question's answer.
func (f *flight) arrive(a *ask) error {
	for a.rows == nil && a.err == nil {
		if f.err != nil || len(f.sent) == 0 {
			return errors.Join(errSkipped, f.err)
		}
		f.next()
	}
	return a.err
}

// land ends the flight: what was not read is passed over, and the connection is free. It
// returns err, or else what went wrong with a statement of ours.
func (f *flight) land(err error) error {
	for f.err == nil && err == nil && len(f.sent) > 0 {
		f.next()
	}
	closed := f.line.Close()
	f.pipe.flight = nil
	if !f.pipe.open() {
		f.pipe.force = nil
	}
	return cmp.Or(err, f.err, closed)
}

// finish commits what a writing pipe has done. A transaction in which a statement has
// failed is pgx.ErrTxCommitRollback.
func (p *pipe) finish(ctx context.Context) error {
	switch p.conn.PgConn().TxStatus() {
	case 'I': // nothing was asked, or each flush has ended by itself
		return nil
	case 'E':
		return pgx.ErrTxCommitRollback
	}
	f := &flight{pipe: p, line: p.conn.PgConn().StartPipeline(ctx), begun: true}
	p.flight = f
	f.run(sqlCommit)
	return f.land(f.flush(ctx))
}

// abandon takes back what is open. It runs on a panic too, and must not depend on a
// context that may be over: where it fails, the connection is not idle, and the pool closes it.
func (p *pipe) abandon(ctx context.Context) error {
	if p.flight != nil {
		_ = p.flight.land(errSkipped)
	}
	if p.conn.IsClosed() || !p.open() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	_, err := p.conn.Exec(ctx, "rollback")
	return err
}

// batch runs the functions so that what each of them asks first goes to the database in one
// flush, then what each asks next, until all have returned. One runs at a time, in their
// order, so they may share variables. The first error ends the others, and is returned.
func (p *pipe) batch(fns []func() error) (err error) {
	outer := p.hand
	parts := make([]part, len(fns))
	defer func() {
		for i := range parts {
			p.hand = parts[i].hand
			parts[i].stop()
		}
		p.hand = outer
		if outer == nil && p.flight != nil {
			err = cmp.Or(err, p.flight.land(err))
		}
	}()
	for i, fn := range fns {
		part := &parts[i]
		part.next, part.stop = iter.Pull(func(yield func([]*ask) bool) {
			part.hand, p.hand = yield, yield
			part.err = fn()
		})
	}
	for {
		var asks []*ask
		for i := range parts {
			if parts[i].over {
				continue
			}
			p.hand = parts[i].hand
			more, ok := parts[i].next()
			if parts[i].over = !ok; parts[i].err != nil {
				return parts[i].err
			}
			asks = append(asks, more...)
		}
		p.hand = outer
		if outer == nil && p.flight != nil {
			if err := p.flight.land(nil); err != nil {
				return err
			}
		}
		switch {
		case len(asks) == 0:
			return nil
		case outer != nil: // a batch in a batch: its questions go with the others'
			if !outer(asks) {
				return errStopped
			}
		default:
			if err := p.send(asks[0].ctx, asks); err != nil {
				return err
			}
		}
	}
}

// part is a function of a batch, which stops where it asks.
type part struct {
	next func() ([]*ask, bool)
	stop func()
	hand func([]*ask) bool
	over bool
	err  error
}

// guarded is what sqlc's code runs on: a pipe, and the settings that its statements take
// with them. It speaks the extended protocol alone, which takes one statement at a time: no
// "…; reset role".
type guarded struct {
	pipe *pipe
	in   *settings
}

// Query asks; the rows are read before anything else is asked.
func (g guarded) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if len(args) > 0 {
		if names, ok := args[0].(pgx.QueryRewriter); ok { // pgx.NamedArgs
			var err error
			if sql, args, err = names.RewriteQuery(ctx, g.pipe.conn, sql, args[1:]); err != nil {
				return nil, err
			}
		}
	}
	a := &ask{ctx: ctx, in: g.in, sql: sql, args: args}
	alone := g.pipe.hand == nil
	if !alone {
		if !g.pipe.hand([]*ask{a}) {
			return nil, errStopped
		}
	} else if err := g.pipe.send(ctx, []*ask{a}); err != nil {
		return nil, err
	}
	f := g.pipe.flight
	if f == nil {
		return nil, errStopped
	}
	if err := f.arrive(a); err != nil {
		if alone {
			err = f.land(err)
		}
		return nil, err
	}
	return &answer{Rows: a.rows, ask: a, flight: f, alone: alone}, nil
}

// answer is the rows of a question. Where it was asked alone, its flight ends with them.
type answer struct {
	pgx.Rows
	ask    *ask
	flight *flight
	alone  bool
	over   bool
	err    error
}

// Next is pgx.Rows'.
func (r *answer) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.end()
	return false
}

// Close is pgx.Rows'.
func (r *answer) Close() {
	r.Rows.Close()
	r.end()
}

// Err is pgx.Rows', or what went wrong as the flight ended.
func (r *answer) Err() error { return cmp.Or(r.Rows.Err(), r.err) }

func (r *answer) end() {
	if r.over {
		return
	}
	r.over = true
	f, err := r.flight, r.Rows.Err()
	var refused *pgconn.PgError
	if errors.As(err, &refused) && f.err == nil {
		f.err = err
	}
	f.pipe.d.observer.end(r.ask.ctx, f.pipe.conn, r.ask.sql, r.CommandTag(), err, f.took())
	if r.alone {
		r.err = f.land(err)
	}
}

// QueryRow asks for one row.
func (g guarded) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := g.Query(ctx, sql, args...)
	return row{rows, err}
}

type row struct {
	rows pgx.Rows
	err  error
}

// Scan is pgx.Row's: pgx.ErrNoRows where there is none.
func (r row) Scan(into ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		return cmp.Or(r.rows.Err(), pgx.ErrNoRows)
	}
	if err := r.rows.Scan(into...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}

// Exec asks for no rows.
func (g guarded) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := g.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// CopyFrom loads rows in bulk; the table is the generated code's constant. It is no part of
// a batch.
func (g guarded) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	p := g.pipe
	if p.hand != nil {
		return 0, errBusy
	}
	if err := p.ready(ctx, g.in); err != nil {
		return 0, err
	}
	if g.in != nil && g.in.schema != "" {
		meet(p.conn, g.in.schema, tenantdb.TablesIn(strings.Join(table, ".")))
	}
	return p.conn.CopyFrom(ctx, table, columns, rows)
}

// ready begins, and puts the settings in force, for what does not go through the pipe.
func (p *pipe) ready(ctx context.Context, in *settings) error {
	if p.flight != nil {
		return errBusy
	}
	if p.open() && p.force == in {
		return nil
	}
	f := &flight{pipe: p, line: p.conn.PgConn().StartPipeline(ctx), begun: p.open()}
	p.flight = f
	f.begin()
	f.under(in)
	return f.land(f.flush(ctx))
}
