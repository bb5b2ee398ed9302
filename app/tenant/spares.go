package tenant

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/paddock-crm/paddock/app/db"
)

// Making a schema is some 60 ms of DDL, so it happens ahead of sign-ups. A new
// role's grants make the next role switch of each connection slower, so it
// happens in batches: when half of the spares are gone, all are replaced.

// RefillSpares makes spare schemas until there are want, if fewer than half of
// them are left. It returns how many it made; none when another process is at it.
func RefillSpares(ctx context.Context, d *db.DB, want int) (made int, err error) {
	n, err := d.CountSpares(ctx)
	if err != nil || n*2 >= want {
		return 0, err
	}
	unlock, ok, err := d.TryLock(ctx, db.LockSpares)
	if err != nil || !ok {
		return 0, err
	}
	defer unlock()
	if n, err = d.CountSpares(ctx); err != nil || n*2 >= want { // another was at it just now
		return 0, err
	}
	for ; n < want; n++ {
		if _, err := d.CreateTenantSchema(ctx); err != nil {
			return made, fmt.Errorf("making a spare schema: %w", err)
		}
		made++
	}
	return made, nil
}

// SparesJob refills the spare schemas. It is enqueued by each sign-up, and now
// and then; where nothing is to be done it is one query.
type SparesJob struct{}

// Kind names the job in the queue.
func (SparesJob) Kind() string { return "spares" }

// SparesWorker does it.
type SparesWorker struct {
	river.WorkerDefaults[SparesJob]
	DB   *db.DB
	Want int
}

// Timeout is for many schemas, on a slow machine.
func (*SparesWorker) Timeout(*river.Job[SparesJob]) time.Duration { return 10 * time.Minute }

// Work refills once.
func (w *SparesWorker) Work(ctx context.Context, _ *river.Job[SparesJob]) error {
	_, err := RefillSpares(ctx, w.DB, w.Want)
	return err
}
