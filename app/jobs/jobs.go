// Package jobs does what nobody waits for.
package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
)

// Options are what Run works with.
type Options struct {
	DB     *db.DB
	Spares int             // how many spare schemas to keep
	Wake   <-chan struct{} // a spare was taken; nil to look once a minute
	Log    *slog.Logger
}

// Run works until ctx ends.
func Run(ctx context.Context, o Options) {
	var wg sync.WaitGroup
	wg.Go(func() { tenant.KeepSpares(ctx, o.DB, o.Spares, o.Wake, o.Log) })
	wg.Go(func() {
		every(ctx, time.Hour, func() {
			if err := auth.Sweep(ctx, o.DB); err != nil && ctx.Err() == nil {
				o.Log.Error("sweeping sessions", "error", err)
			}
		})
	})
	wg.Go(func() {
		every(ctx, 24*time.Hour, func() {
			if err := crm.Purge(ctx, o.DB, time.Now()); err != nil && ctx.Err() == nil {
				o.Log.Error("emptying the trash", "error", err)
			}
		})
	})
	wg.Wait()
}

// every runs do now and then again and again, until ctx ends.
func every(ctx context.Context, pause time.Duration, do func()) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
