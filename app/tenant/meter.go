package tenant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"golang.org/x/sync/semaphore"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// Meter counts what each workspace does, for its limits and its bill. It counts
// in memory and, every few seconds, adds to the database and learns from it what
// the other processes have counted.
type Meter struct {
	db   *db.DB
	now  func() time.Time
	wait time.Duration // for a turn

	flushing sync.Mutex // one at a time
	mu       sync.Mutex
	accounts map[accountKey]*account
}

// accountKey: whoever is no member has the workspace's other account. What
// strangers send is no part of its bill, and does not use up what its people may.
type accountKey struct {
	tenant uuid.UUID
	guests bool
}

// account is one workspace's. The fields below are guarded by the meter.
type account struct {
	turns *semaphore.Weighted
	size  int // of turns
	users int // who hold turns or wait for one

	minute int64 // since 1970, of what follows
	mine   int   // requests that this process has let in
	others int   // that others had when we last looked

	// Not yet written down.
	requests, refused, jobs int64
	unsaid                  int // of mine
}

// NewMeter returns a meter; Run writes down what it counts.
func NewMeter(d *db.DB) *Meter {
	return &Meter{db: d, now: time.Now, wait: turnWait, accounts: map[accountKey]*account{}}
}

// How often counts are written down, and how long a request waits for its turn.
const (
	meterPause = 5 * time.Second
	turnWait   = 2 * time.Second
)

// Enter lets a request of the workspace begin, as soon as it has its turn; leave
// ends it. It answers a *LimitError where the request is one too many. Those who
// are no members share a quarter of the workspace's limits, beside its people's.
func (m *Meter) Enter(ctx context.Context, t Tenant, member bool) (leave func(), err error) {
	a, turns, err := m.count(t, member)
	if err != nil {
		return nil, err
	}
	done := func() {
		m.mu.Lock()
		a.users--
		m.mu.Unlock()
	}
	wait, cancel := context.WithTimeout(ctx, m.wait)
	defer cancel()
	if err := turns.Acquire(wait, 1); err != nil {
		done()
		if ctx.Err() != nil {
			return nil, ctx.Err() // nobody waits any more
		}
		m.mu.Lock()
		a.refused++
		m.mu.Unlock()
		return nil, &LimitError{RetryAfter: time.Second, Reason: "This workspace is working on as many requests at once as it may."}
	}
	return func() {
		turns.Release(1)
		done()
	}, nil
}

// count lets one more request in, and says where it queues: on the turns that
// it began with, should an operator change their number meanwhile.
func (m *Meter) count(t Tenant, member bool) (*account, *semaphore.Weighted, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.account(accountKey{t.ID, !member})
	concurrent, most := t.Limits.Concurrent, t.Limits.Requests
	if !member {
		concurrent, most = max(1, concurrent/4), max(1, most/4)
	}
	if a.turns == nil || a.size != concurrent {
		a.turns, a.size = semaphore.NewWeighted(int64(concurrent)), concurrent
	}
	now := m.now()
	if minute := now.Unix() / 60; a.minute != minute {
		a.minute, a.mine, a.others, a.unsaid = minute, 0, 0, 0
	}
	if a.mine+a.others >= most {
		a.refused++
		return nil, nil, &LimitError{
			RetryAfter: now.Truncate(time.Minute).Add(time.Minute).Sub(now),
			Reason:     fmt.Sprintf("This workspace may send %d requests a minute, and has.", most),
		}
	}
	a.mine++
	a.unsaid++
	a.requests++
	a.users++
	return a, a.turns, nil
}

// Job counts a job of the workspace's.
func (m *Meter) Job(id uuid.UUID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.account(accountKey{tenant: id}).jobs++
}

func (m *Meter) account(k accountKey) *account {
	a := m.accounts[k]
	if a == nil {
		a = &account{}
		m.accounts[k] = a
	}
	return a
}

// Run writes down what was counted until ctx ends, and then once more.
func (m *Meter) Run(ctx context.Context) {
	tick := time.NewTicker(meterPause)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := m.Flush(ctx); err != nil && ctx.Err() == nil {
				slog.WarnContext(ctx, "what workspaces use could not be written down; it is tried again", "error", err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), meterPause)
			defer cancel()
			if err := m.Flush(last); err != nil {
				slog.WarnContext(last, "what workspaces use could not be written down", "error", err)
			}
			return
		}
	}
}

// Flush writes down what was counted since the last time; what could not be
// written stays counted.
func (m *Meter) Flush(ctx context.Context) error {
	m.flushing.Lock()
	defer m.flushing.Unlock()
	var days shareddb.UsageAddParams
	var said struct { // of this minute
		ids      []uuid.UUID
		requests []int32
	}
	m.mu.Lock()
	minute := m.now().Unix() / 60
	for k, a := range m.accounts {
		if k.guests {
			if a.users == 0 && a.minute != minute {
				delete(m.accounts, k)
			}
			continue
		}
		id := k.tenant
		if a.requests+a.refused+a.jobs > 0 {
			days.TenantIds, days.Requests, days.Refused, days.Jobs = append(days.TenantIds, id), append(days.Requests, a.requests), append(days.Refused, a.refused), append(days.Jobs, a.jobs)
		}
		if a.minute == minute && a.unsaid > 0 {
			said.ids, said.requests = append(said.ids, id), append(said.requests, int32(a.unsaid)) //nolint:gosec // of one minute
		}
		if a.users == 0 && a.minute != minute && a.requests+a.refused+a.jobs == 0 {
			delete(m.accounts, k)
		}
	}
	m.mu.Unlock()
	if len(days.TenantIds) == 0 {
		return nil
	}
	var totals []shareddb.UsageMinuteAddRow
	err := m.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if err := tx.UsageAdd(ctx, days); err != nil {
			return err
		}
		totals, err = tx.UsageMinuteAdd(ctx, time.Unix(minute*60, 0), said.ids, said.requests)
		return err
	})
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, id := range days.TenantIds {
		a := m.accounts[accountKey{tenant: id}]
		a.requests, a.refused, a.jobs = a.requests-days.Requests[i], a.refused-days.Refused[i], a.jobs-days.Jobs[i]
	}
	total := map[uuid.UUID]int{}
	for _, t := range totals {
		total[t.TenantID] = int(t.Requests)
	}
	for i, id := range said.ids {
		if a := m.accounts[accountKey{tenant: id}]; a.minute == minute {
			a.unsaid -= int(said.requests[i])
			a.others = max(0, total[id]-(a.mine-a.unsaid))
		}
	}
	return nil
}

// MeasureJob measures how much the workspaces hold that were used since the
// last time, and all of them once a day.
type MeasureJob struct{}

// Kind names the job in the queue.
func (MeasureJob) Kind() string { return "measure" }

// MeasureWorker does it.
type MeasureWorker struct {
	river.WorkerDefaults[MeasureJob]
	DB *db.DB
}

// Timeout is for many at once.
func (*MeasureWorker) Timeout(*river.Job[MeasureJob]) time.Duration { return 30 * time.Minute }

// Work measures the workspaces, some hundred at a time.
func (w *MeasureWorker) Work(ctx context.Context, _ *river.Job[MeasureJob]) error {
	for after := uuid.Nil; ; {
		var rows []shareddb.TenantsToMeasureRow
		err := w.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
			rows, err = tx.TenantsToMeasure(ctx, after, 200)
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		page := make([]Tenant, len(rows))
		for i, r := range rows {
			page[i] = FromRow(r.Tenant)
		}
		after = page[len(page)-1].ID
		if err := Measure(ctx, w.DB, page...); err != nil {
			if ctx.Err() != nil {
				return err
			}
			slog.WarnContext(ctx, "workspaces could not be measured", "error", err)
		}
	}
}

// Measure counts what the workspaces hold, and says which are full. One that
// can't be measured now keeps none of the others from it.
func Measure(ctx context.Context, d *db.DB, tenants ...Tenant) error {
	schemas := make([]string, len(tenants))
	for i, t := range tenants {
		schemas[i] = t.Schema
	}
	bytes := map[string]int64{}
	err := d.SharedRead(ctx, func(tx *db.SharedTx) error {
		sizes, err := tx.SchemaSizes(ctx, schemas)
		for _, s := range sizes {
			bytes[s.Schema] = s.Bytes
		}
		return err
	})
	if err != nil {
		return err
	}
	var failed error
	for _, t := range tenants {
		if err := measure(ctx, d, t, bytes[t.Schema]); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", t.Slug, err))
		}
	}
	return failed
}

func measure(ctx context.Context, d *db.DB, t Tenant, bytes int64) error {
	var records int64
	scoped := db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema})
	err := d.TenantRead(scoped, func(tx *db.TenantTx) (err error) {
		records, err = tx.RecordTotal(scoped)
		return err
	})
	if err != nil {
		return err
	}
	return d.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.TenantMeasured(ctx, t.ID, records, bytes); err != nil {
			return err
		}
		return CheckFull(ctx, tx, t.ID)
	})
}

// CheckFull says whether the workspace is full by what was measured last.
func CheckFull(ctx context.Context, tx *db.SharedTx, id uuid.UUID) error {
	row, err := tx.TenantShow(ctx, id)
	if err != nil {
		return err
	}
	return tx.TenantSetFull(ctx, limitsOf(row.Tenant).fullOf(row.TenantStat.Records, row.TenantStat.Bytes), id)
}
