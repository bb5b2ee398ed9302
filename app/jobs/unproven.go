package jobs

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/riverqueue/river"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/queries/shareddb"
	letter "github.com/paddock-crm/paddock/views/mail"
)

// A workspace whose owner has never proven an address, and that nobody has used for
// a week, is deleted UnprovenTime after it was made; its owner is told
// unprovenNotice before. As any other it can be brought back for a while.
const (
	UnprovenTime   = 14 * 24 * time.Hour
	unprovenNotice = 3 * 24 * time.Hour
)

// UnprovenJob warns and deletes what is due.
type UnprovenJob struct{}

// Kind names the job in the queue.
func (UnprovenJob) Kind() string { return "unproven" }

// UnprovenWorker does it.
type UnprovenWorker struct {
	river.WorkerDefaults[UnprovenJob]
	DB      *db.DB
	Box     *seal.Box
	BaseURL *url.URL
}

// Work goes over a hundred workspaces; the next run goes on.
func (w *UnprovenWorker) Work(ctx context.Context, _ *river.Job[UnprovenJob]) error {
	var due []shareddb.TenantsToSweepRow
	err := w.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if _, err := tx.TenantProven(ctx); err != nil {
			return err
		}
		due, err = tx.TenantsToSweep(ctx, (UnprovenTime - unprovenNotice).Seconds())
		return err
	})
	if err != nil {
		return err
	}
	var failed error // one keeps no other
	for _, t := range due {
		failed = errors.Join(failed, w.DB.Shared(ctx, func(tx *db.SharedTx) error { return w.sweep(ctx, tx, t) }))
	}
	return failed
}

func (w *UnprovenWorker) sweep(ctx context.Context, tx *db.SharedTx, t shareddb.TenantsToSweepRow) error {
	if t.Slug == nil {
		return nil
	}
	if t.SweepWarnedAt == nil {
		at := *w.BaseURL
		at.Host = *t.Slug + "." + at.Host
		at.Path = "/settings/security"
		job, err := mail.LetterJob(ctx, w.Box, t.ID, t.Email, letter.Unproven(at.String(), time.Now().Add(unprovenNotice)))
		if err != nil {
			return err
		}
		if err := tx.TenantSweepWarned(ctx, t.ID); err != nil {
			return err
		}
		return tx.Enqueue(ctx, job)
	}
	if time.Since(*t.SweepWarnedAt) < unprovenNotice {
		return nil
	}
	return auth.DeleteUnproven(ctx, tx, t.UserID, t.ID, *t.Slug)
}
