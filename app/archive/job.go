package archive

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/notify"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
	letter "github.com/paddock-crm/paddock/views/mail"
)

// Keep is how long an archive that an owner asked for can be fetched.
const Keep = 7 * 24 * time.Hour

// chunk is how much of an archive one row holds, in bytes.
const chunk = 1 << 20

// Job makes an archive that an owner asked for.
type Job struct {
	db.TenantJob
	ExportID uuid.UUID `json:"export_id"`
}

// Kind names the job in the queue.
func (Job) Kind() string { return "export" }

// Queue is where archives and copies wait: few are made at a time.
const Queue = "archives"

// InsertOpts make what fails three times fail for good; the page says so.
func (Job) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3, Queue: Queue} }

// Worker does it.
type Worker struct {
	river.WorkerDefaults[Job]
	DB      *db.DB
	Box     *seal.Box
	BaseURL *url.URL
}

// Timeout is for a large workspace.
func (*Worker) Timeout(*river.Job[Job]) time.Duration { return time.Hour }

// Work writes the archive into rows, begun anew at each attempt, and mails who
// asked for it.
func (w *Worker) Work(ctx context.Context, job *river.Job[Job]) error {
	err := w.work(ctx, job)
	if cancelled := new(river.JobCancelError); err != nil && (job.Attempt >= job.MaxAttempts || errors.As(err, &cancelled)) {
		ctx := context.WithoutCancel(ctx) // which may be why it failed
		err = errors.Join(err, w.DB.Shared(ctx, func(tx *db.SharedTx) error {
			return tx.ExportFinish(ctx, "failed", 0, job.Args.ExportID)
		}))
	}
	return err
}

// errDone: an attempt before got to its end, and its worker died with the news.
var errDone = errors.New("archive: it is made already")

func (w *Worker) work(ctx context.Context, job *river.Job[Job]) error {
	id := job.Args.ExportID
	var t tenant.Tenant
	var row shareddb.ExportGetRow
	var who shareddb.MembershipGetRow
	err := w.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if row, err = tx.ExportGet(ctx, id, job.Args.TenantID); err != nil {
			return err
		}
		if row.State == "done" {
			return errDone
		}
		found, err := tx.TenantByID(ctx, job.Args.TenantID)
		if err != nil {
			return err
		}
		t = tenant.Tenant{ID: found.ID, Schema: found.Schema, Name: found.Name, Slug: *found.Slug}
		if who, err = tx.MembershipGet(ctx, row.RequestedBy, t.ID); err != nil {
			return err
		}
		return nil
	})
	for n := int64(1); n > 0 && err == nil; { // of an attempt before
		err = w.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
			n, err = tx.ExportChunksDelete(ctx, id)
			return err
		})
	}
	if errors.Is(err, errDone) {
		return nil
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return river.JobCancel(errors.New("archive: nobody waits for it any more"))
	}
	if err != nil {
		return err
	}
	out := &rows{ctx: ctx, db: w.DB, id: id}
	err = Export(ctx, w.DB, t, out, func(done, total int) {
		_ = w.DB.Shared(ctx, func(tx *db.SharedTx) error { // the bar is a courtesy
			return tx.ExportProgress(ctx, int32(done), int32(total), id) //nolint:gosec // tables
		})
	})
	if err == nil {
		err = out.flush()
	}
	if err != nil {
		return err
	}
	return w.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.ExportFinish(ctx, "done", out.size, id); err != nil {
			return err
		}
		err := tx.AsTenant(ctx, func(tx *db.TenantTx) error {
			return notify.Tell(ctx, tx, notify.Notice{Kind: entity.ToldExported, To: []uuid.UUID{who.ID}, Mailed: true})
		})
		if err != nil {
			return err
		}
		u := *w.BaseURL
		u.Host, u.Path = t.Slug+"."+u.Host, "/settings/data/exports/"+id.String()
		mailed, err := mail.LetterJob(ctx, w.Box, t.ID, who.Email, letter.ExportReady(t.Name, u.String()))
		if err != nil {
			return err
		}
		return tx.Enqueue(ctx, mailed)
	})
}

// rows is a writer into export_chunks.
type rows struct {
	ctx  context.Context //nolint:containedctx // of the job that writes
	db   *db.DB
	id   uuid.UUID
	n    int32
	size int64
	buf  bytes.Buffer
}

// Write keeps what is less than a chunk until there is more.
func (r *rows) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		some := min(len(p), chunk-r.buf.Len())
		r.buf.Write(p[:some])
		p = p[some:]
		if r.buf.Len() == chunk {
			if err := r.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (r *rows) flush() error {
	if r.buf.Len() == 0 {
		return nil
	}
	err := r.db.Shared(r.ctx, func(tx *db.SharedTx) error { return tx.ExportChunkPut(r.ctx, r.id, r.n, r.buf.Bytes()) })
	r.n++
	r.size += int64(r.buf.Len())
	r.buf.Reset()
	return err
}
