// Package jobs does what nobody waits for. The jobs themselves, their arguments
// and workers, stand beside the functions they call.
package jobs

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/paddock-crm/paddock/app/archive"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/domains"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/notify"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
)

// Options are what Run works with.
type Options struct {
	DB     *db.DB
	Log    *slog.Logger
	Box    *seal.Box
	Send   mail.Sender
	Spares int // how many spare schemas to keep

	BaseURL *url.URL          // of links in mails that jobs send
	TXT     domains.LookupTXT // looks up DNS records; nil for the system's way

	Workers    int           // jobs at a time; 0 means 20
	StuckAfter time.Duration // a job that runs longer is another process's that died; 0 means two minutes
	Ready      func()        // called when jobs are worked on; nil for nobody who waits for it
}

// How long a job may take, and how long those under way have when we stop.
const (
	jobTimeout  = time.Minute
	stopTimeout = 20 * time.Second
)

// Run works until ctx ends, then lets the jobs under way finish.
func Run(ctx context.Context, o Options) error {
	if o.Workers == 0 {
		o.Workers = 20
	}
	if o.StuckAfter == 0 {
		o.StuckAfter = 2 * jobTimeout
	}
	if o.TXT == nil {
		o.TXT = net.DefaultResolver.LookupTXT
	}
	meter := tenant.NewMeter(o.DB)
	var metering sync.WaitGroup
	defer metering.Wait()
	counting, stop := context.WithCancel(context.WithoutCancel(ctx)) // jobs under way count too
	defer stop()
	metering.Go(func() { meter.Run(counting) })
	pool, err := o.DB.JobPool(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	workers := river.NewWorkers()
	river.AddWorker(workers, &mail.Worker{Box: o.Box, Send: o.Send})
	river.AddWorker(workers, &auth.ProfileWorker{DB: o.DB})
	river.AddWorker(workers, &auth.SweepWorker{DB: o.DB})
	river.AddWorker(workers, &UnprovenWorker{DB: o.DB, Box: o.Box, BaseURL: o.BaseURL})
	river.AddWorker(workers, &crm.PurgeWorker{DB: o.DB})
	river.AddWorker(workers, &tenant.SparesWorker{DB: o.DB, Want: o.Spares})
	river.AddWorker(workers, &tenant.DropWorker{DB: o.DB})
	river.AddWorker(workers, &tenant.MeasureWorker{DB: o.DB})
	river.AddWorker(workers, &domains.CheckWorker{DB: o.DB, Box: o.Box, TXT: o.TXT, BaseURL: o.BaseURL})
	river.AddWorker(workers, &notify.Mailer{DB: o.DB, Box: o.Box, BaseURL: o.BaseURL})
	river.AddWorker(workers, &notify.DueWorker{DB: o.DB})
	river.AddWorker(workers, &notify.DueSweeper{DB: o.DB})
	river.AddWorker(workers, &archive.CloneWorker{DB: o.DB})
	river.AddWorker(workers, &archive.Worker{DB: o.DB, Box: o.Box, BaseURL: o.BaseURL})
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: o.Workers},
			archive.Queue:      {MaxWorkers: 2}, // each holds connections for as long as it takes
		},
		Workers:              workers,
		Logger:               slog.New(quiet{o.Log.Handler()}),
		ErrorHandler:         failures{o.Log},
		JobTimeout:           min(jobTimeout, o.StuckAfter/2),
		RescueStuckJobsAfter: o.StuckAfter,
		ReindexerSchedule:    never{}, // it would need the owner's rights
		Plugins:              []rivertype.Plugin{newTenants(o.DB, meter, o.Workers)},
		PeriodicJobs: []*river.PeriodicJob{
			periodic(time.Minute, tenant.SparesJob{}),
			periodic(time.Hour, auth.SweepJob{}),
			periodic(time.Hour, UnprovenJob{}),
			periodic(24*time.Hour, crm.PurgeJob{}),
			periodic(time.Hour, tenant.DropJob{}),
			periodic(10*time.Minute, tenant.MeasureJob{}),
			periodic(30*time.Minute, domains.CheckJob{}),
			periodic(notify.Ahead, notify.DueSweepJob{}),
		},
	})
	if err != nil {
		return err
	}
	// Started apart from ctx: its end would cut off jobs under way.
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	if o.Ready != nil {
		o.Ready()
	}
	<-ctx.Done()
	o.Log.Info("stopping: jobs under way may finish", "within", stopTimeout)
	soft, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := client.Stop(soft); err != nil {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return client.StopAndCancel(hard)
	}
	return nil
}

// periodic is a job that only the leading process enqueues, at its start too, and
// not while the one before is still there: what fails does not pile up.
func periodic(pause time.Duration, job river.JobArgs) *river.PeriodicJob {
	once := &river.InsertOpts{MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled,
		rivertype.JobStateRetryable,
	}}}
	return river.NewPeriodicJob(river.PeriodicInterval(pause), func() (river.JobArgs, *river.InsertOpts) { return job, once },
		&river.PeriodicJobOpts{RunOnStart: true})
}

type never struct{}

func (never) Next(now time.Time) time.Time { return now.AddDate(100, 0, 0) }

// failures tells the operator's log what went wrong.
type failures struct{ log *slog.Logger }

// HandleError logs; River tries again.
func (f failures) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	level := slog.LevelWarn
	if job.Attempt >= job.MaxAttempts {
		level = slog.LevelError // it was the last time
	}
	f.log.Log(ctx, level, "job failed", "job", job.ID, "kind", job.Kind, "attempt", job.Attempt, "of", job.MaxAttempts, "error", err)
	return nil
}

// HandlePanic logs; River tries again.
func (f failures) HandlePanic(ctx context.Context, job *rivertype.JobRow, panicked any, trace string) *river.ErrorHandlerResult {
	f.log.ErrorContext(ctx, "job panicked", "job", job.ID, "kind", job.Kind, "attempt", job.Attempt, "panic", panicked, "stack", trace)
	return nil
}

// quiet passes on what River warns of, and not what it goes about.
type quiet struct{ slog.Handler }

func (quiet) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
