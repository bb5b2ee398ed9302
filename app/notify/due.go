package notify

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Ahead is how far ahead of their time the jobs of tasks that come due are enqueued.
const Ahead = time.Hour

// dayHour is when a task is due that has a day and no time, in the workspace's zone.
const dayHour = 8

// DueJob tells whose tasks come due in a minute.
type DueJob struct {
	db.TenantJob
	At time.Time `json:"at"`
}

// Kind names the job in the queue.
func (DueJob) Kind() string { return "due" }

// InsertOpts have it done then, once for all tasks of the minute.
func (j DueJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{ScheduledAt: j.At, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled,
		rivertype.JobStateRetryable,
	}}}
}

// Due has whose task it is told when it is due, where that is soon; the sweep does the rest.
func Due(ctx context.Context, tx *db.TenantTx, at *time.Time) error {
	if at == nil || time.Until(*at) <= 0 || time.Until(*at) > Ahead+10*time.Minute {
		return nil
	}
	err := tx.Enqueue(ctx, DueJob{TenantJob: tx.Job(), At: minute(*at)})
	if errors.Is(err, db.ErrTooManyJobs) {
		return nil
	}
	return err
}

// minute is the end of the one in which it is due.
func minute(at time.Time) time.Time { return at.UTC().Truncate(time.Minute).Add(time.Minute) }

// DueWorker tells whose tasks came due.
type DueWorker struct {
	river.WorkerDefaults[DueJob]
	DB *db.DB
}

// Work looks back a while: a process that was down is made up for, and nobody is told twice.
func (w *DueWorker) Work(ctx context.Context, job *river.Job[DueJob]) error {
	zone, err := w.zone(ctx, job.Args.TenantID)
	if err != nil {
		return err
	}
	until := job.Args.At
	days := func(at time.Time) time.Time { // the last day whose tasks are due then
		l := at.In(zone)
		day := entity.DayOf(l)
		if l.Hour() < dayHour {
			return day.AddDate(0, 0, -1)
		}
		return day
	}
	return w.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		since := until.Add(-2 * Ahead)
		rows, err := tx.TasksDue(ctx, tenantdb.TasksDueParams{Since: since, Until: until, DaySince: days(since), DayUntil: days(until)})
		if err != nil {
			return err
		}
		for _, t := range rows {
			due := cmp.Or(t.DueAt, t.DueOn)
			err := Tell(ctx, tx, Notice{Kind: entity.ToldDue, To: []uuid.UUID{*t.AssigneeID}, Subject: entity.Task, ID: t.ID, Unsigned: true,
				Once: uuid.NewSHA1(t.ID, []byte(due.UTC().Format(time.RFC3339)))})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *DueWorker) zone(ctx context.Context, id uuid.UUID) (zone *time.Location, err error) {
	zone = time.UTC
	err = w.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
		t, err := tx.TenantByID(ctx, id)
		if z, bad := time.LoadLocation(cmp.Or(t.TimeZone, "UTC")); bad == nil {
			zone = z
		}
		return err
	})
	return zone, err
}

// DueSweepJob enqueues the jobs of what comes due soon in every workspace.
type DueSweepJob struct{}

// Kind names the job in the queue.
func (DueSweepJob) Kind() string { return "due_sweep" }

// DueSweeper does it.
type DueSweeper struct {
	river.WorkerDefaults[DueSweepJob]
	DB *db.DB
}

// Timeout is for thousands of workspaces.
func (*DueSweeper) Timeout(*river.Job[DueSweepJob]) time.Duration { return 30 * time.Minute }

// Work looks through the workspaces once; one's failure does not keep it from the others.
func (w *DueSweeper) Work(ctx context.Context, _ *river.Job[DueSweepJob]) error {
	var failures []error
	now, after := time.Now(), uuid.Nil
	for {
		var page []shareddb.TenantsAfterRow
		err := w.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
			page, err = tx.TenantsAfter(ctx, after, 200)
			return err
		})
		if err != nil || len(page) == 0 {
			return errors.Join(append(failures, err)...)
		}
		for _, t := range page {
			after = t.ID
			failures = append(failures, w.sweep(db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema}), t, now))
		}
	}
}

func (w *DueSweeper) sweep(ctx context.Context, t shareddb.TenantsAfterRow, now time.Time) error {
	zone, err := time.LoadLocation(cmp.Or(t.TimeZone, "UTC"))
	if err != nil {
		zone = time.UTC
	}
	until := now.Add(Ahead + 10*time.Minute)
	l := now.In(zone)
	morning := time.Date(l.Year(), l.Month(), l.Day(), dayHour, 0, 0, 0, zone)
	if !morning.After(now) {
		morning = time.Date(l.Year(), l.Month(), l.Day()+1, dayHour, 0, 0, 0, zone)
	}
	at := map[time.Time]bool{}
	err = w.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		moments, err := tx.TasksDueSoon(ctx, now, until)
		for _, m := range moments {
			at[minute(*m)] = true
		}
		if err != nil || morning.After(until) {
			return err
		}
		day := entity.DayOf(morning)
		rows, err := tx.TasksDue(ctx, tenantdb.TasksDueParams{Since: until, Until: until, DaySince: day.AddDate(0, 0, -1), DayUntil: day})
		if len(rows) > 0 {
			at[morning] = true
		}
		return err
	})
	if err != nil || len(at) == 0 {
		return err
	}
	return w.DB.Shared(ctx, func(tx *db.SharedTx) error {
		for when := range at {
			if err := tx.Enqueue(ctx, DueJob{TenantJob: db.TenantJob{TenantID: t.ID}, At: when}); err != nil && !errors.Is(err, db.ErrTooManyJobs) {
				return err
			}
		}
		return nil
	})
}
