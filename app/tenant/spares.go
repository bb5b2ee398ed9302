package tenant

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/paddock-crm/paddock/app/db"
)

// Making a schema is some 60 ms of DDL, so it happens ahead of sign-ups. A new
// role's grants make the next role switch of each connection slower, so it
// happens in batches: when half of the spares are gone, all are replaced.

// RefillSpares makes spare schemas until there are want, if fewer than half of
// them are left, and clears what killed refills left. It returns how many it
// made; none when another process is at it.
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
	if _, err := d.DropUnfinished(ctx, 10*time.Minute); err != nil {
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

// KeepSpares refills until ctx ends, at every wake and every minute.
func KeepSpares(ctx context.Context, d *db.DB, want int, wake <-chan struct{}, log *slog.Logger) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		if _, err := RefillSpares(ctx, d, want); err != nil && ctx.Err() == nil {
			log.Error("spare schemas", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
		}
	}
}
