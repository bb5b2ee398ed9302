package archive

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/riverqueue/river"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
)

// Clone makes a copy of a workspace, with its people, by way of a temporary
// file. It answers tenant.ErrUnknown and tenant.ErrSlug….
func Clone(ctx context.Context, d *db.DB, slug, to string, report func(done, total int)) error {
	var t tenant.Tenant
	err := d.Shared(ctx, func(tx *db.SharedTx) (err error) {
		t, err = tenant.Find(ctx, tx, slug)
		return err
	})
	if err != nil {
		return err
	}
	f, err := os.CreateTemp("", "paddock-clone-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	defer f.Close()
	if err := Export(ctx, d, t, f, nil); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = Import(ctx, d, f, info.Size(), Options{Slug: to, Of: t.ID, Report: report})
	return err
}

// CloneJob is Clone for who does not wait.
type CloneJob struct {
	Slug string `json:"slug"`
	To   string `json:"to"`
}

// Kind names the job in the queue.
func (CloneJob) Kind() string { return "clone" }

// InsertOpts make what fails three times fail for good; operators see it.
func (CloneJob) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3, Queue: Queue} }

// CloneWorker does it.
type CloneWorker struct {
	river.WorkerDefaults[CloneJob]
	DB *db.DB
}

// Timeout is for a large workspace.
func (*CloneWorker) Timeout(*river.Job[CloneJob]) time.Duration { return time.Hour }

// Work copies; where there is something at the slug by now, it is given up.
func (w *CloneWorker) Work(ctx context.Context, job *river.Job[CloneJob]) error {
	err := Clone(ctx, w.DB, job.Args.Slug, job.Args.To, nil)
	if errors.Is(err, tenant.ErrSlugTaken) || errors.Is(err, tenant.ErrUnknown) || errors.As(err, new(tenant.StateError)) {
		return river.JobCancel(err)
	}
	return err
}
