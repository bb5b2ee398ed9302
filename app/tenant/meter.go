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
	wait time.Duration // for a slot

	flushing sync.Mutex // one at a time
	mu       sync.Mutex
	accounts map[accountKey]*account
}

// Entrant is who sends a request to a workspace.
type Entrant struct {
	Member  bool
	Network string // of a client who is no member: strangers are told apart by it
	Entry   bool   // a sign-in or another way in, which strangers elsewhere on its pages must not shut
}

// accountKey: what strangers send is no part of a workspace's bill, and does not
// use up what its people may; nor do strangers of one network use up what those of
// another may.
type accountKey struct {
	tenant  uuid.UUID
	kind    kind
	network string // of strangers; "" is what those of all networks have together
}

type kind int8

const (
	people kind = iota
	guests
	entries
)

// share is what a kind may have of its workspace's limits: how many slots and how
// many requests a minute.
type share struct{ slots, requests int }

// shares of one network and of all together. Below entryFloor a network is let in
// whatever the others do: a whole team can sign in.
func shares(l Limits, k kind) (one, all share) {
	if k == entries {
		return share{4, max(entryFloor, l.Requests/40)}, share{max(4, l.Concurrent), max(entryFloor, l.Requests/4)}
	}
	return share{max(1, l.Concurrent/3), max(1, l.Requests/4)}, share{max(1, l.Concurrent/2), max(1, l.Requests/2)}
}

const (
	entryFloor = 60
	// maxAccounts bounds what strangers make us remember: from then on all new
	// networks are one.
	maxAccounts = 50_000
)

// account is one workspace's. The fields below are guarded by the meter.
type account struct {
	slots *semaphore.Weighted
	size  int // of slots
	users int // who hold slots or wait for one

	minute int64 // since 1970, of what follows
	mine   int   // requests that this process has let in
	others int   // that others had when we last looked

	// Not yet written down.
	requests, refused, jobs int64
	unsaid                  int // of mine
}

// NewMeter returns a meter; Run writes down what it counts.
func NewMeter(d *db.DB) *Meter {
	return &Meter{db: d, now: time.Now, wait: slotWait, accounts: map[accountKey]*account{}}
}

// How often counts are written down, and how long a request waits for a slot.
const (
	meterPause = 5 * time.Second
	slotWait   = 2 * time.Second
)

// Enter lets a request of the workspace begin, as soon as it has a slot; leave
// ends it. It answers a *LimitError where the request is one too many.
func (m *Meter) Enter(ctx context.Context, t Tenant, who Entrant) (leave func(), err error) {
	queues, err := m.count(t, who)
	if err != nil {
		return nil, err
	}
	held := 0
	done := func() {
		for _, q := range queues[:held] {
			q.slots.Release(1)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, q := range queues {
			q.account.users--
		}
	}
	wait, cancel := context.WithTimeout(ctx, m.wait)
	defer cancel()
	for _, q := range queues {
		if q.slots.TryAcquire(1) { // however late it is: a slot that is free is taken
			held++
			continue
		}
		if err := q.slots.Acquire(wait, 1); err != nil {
			done()
			if ctx.Err() != nil {
				return nil, ctx.Err() // nobody waits any more
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			q.account.refused++
			return nil, &LimitError{RetryAfter: time.Second, Reason: "This workspace is working on as many requests at once as it may."}
		}
		held++
	}
	return done, nil
}

// queue is where a request waits for a slot: on the slots that it began with,
// should an operator change their number meanwhile.
type queue struct {
	account *account
	slots   *semaphore.Weighted
}

// count lets one more request in, and says where it queues.
func (m *Meter) count(t Tenant, who Entrant) ([]queue, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if who.Member {
		a := m.today(accountKey{tenant: t.ID}, now)
		if a.mine+a.others >= t.Limits.Requests {
			a.refused++
			return nil, tooManyRequests(now, t.Limits.Requests)
		}
		return []queue{a.take(t.Limits.Concurrent)}, nil
	}
	k := guests
	if who.Entry {
		k = entries
	}
	key := accountKey{t.ID, k, who.Network}
	if m.accounts[key] == nil && len(m.accounts) >= maxAccounts {
		key.network = "others"
	}
	one, all := shares(t.Limits, k)
	mine, together := m.today(key, now), m.today(accountKey{t.ID, k, ""}, now)
	if mine.mine >= one.requests || together.mine >= all.requests && (k == guests || mine.mine >= entryFloor) {
		return nil, tooManyRequests(now, one.requests)
	}
	return []queue{mine.take(one.slots), together.take(all.slots)}, nil
}

func tooManyRequests(now time.Time, most int) *LimitError {
	return &LimitError{
		RetryAfter: now.Truncate(time.Minute).Add(time.Minute).Sub(now),
		Reason:     fmt.Sprintf("This workspace may send %d requests a minute, and has.", most),
	}
}

// today is the account, with its counts begun anew where another minute has begun.
func (m *Meter) today(k accountKey, now time.Time) *account {
	a := m.account(k)
	if minute := now.Unix() / 60; a.minute != minute {
		a.minute, a.mine, a.others, a.unsaid = minute, 0, 0, 0
	}
	return a
}

// take counts a request in.
func (a *account) take(slots int) queue {
	if a.slots == nil || a.size != slots {
		a.slots, a.size = semaphore.NewWeighted(int64(slots)), slots
	}
	a.mine++
	a.unsaid++
	a.requests++
	a.users++
	return queue{a, a.slots}
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
		if k.kind != people {
			if a.users == 0 && a.minute != minute {
				delete(m.accounts, k)
			}
			continue
		}
		id := k.tenant
		if a.requests+a.refused+a.jobs > 0 {
			days.TenantIds, days.Requests, days.Refused, days.Jobs = append(days.TenantIds, id), append(days.Requests, a.requests),
				append(days.Refused, a.refused), append(days.Jobs, a.jobs)
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
