package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/paddock-crm/paddock/app/db"
)

// What becomes of a workspace once it is there: active ⇄ suspended → deleted,
// then dropped. All processes hear of a change by NOTIFY, within a second.

// How long a name that was given up leads on, and how long a deleted workspace
// can be brought back.
const (
	FormerSlugTime = 30 * 24 * time.Hour
	DeletedTime    = 30 * 24 * time.Hour
)

// ErrUnknown is answered for a slug that no workspace has.
var ErrUnknown = errors.New("tenant: no such workspace")

// StateError is answered when a workspace is not in the state that a change
// begins with.
type StateError struct{ Slug, State, Want string }

func (e StateError) Error() string {
	return fmt.Sprintf("tenant: %s is %s, not %s", e.Slug, e.State, e.Want)
}

// Present is what the workspace of a name is called now: another where that is a
// former name, the name itself where it is nobody's.
func Present(ctx context.Context, tx *db.SharedTx, slug string) (string, error) {
	now, err := tx.SlugOfFormer(ctx, slug)
	if errors.Is(err, pgx.ErrNoRows) {
		return slug, nil
	}
	return now, err
}

// find locks the workspace of a name, or former name; want are the states it may be
// in, none for any.
func find(ctx context.Context, tx *db.SharedTx, slug string, want ...string) (Tenant, error) {
	row, err := tx.TenantFind(ctx, slug)
	if errors.Is(err, pgx.ErrNoRows) {
		if slug, err = Present(ctx, tx, slug); err != nil {
			return Tenant{}, err
		}
		row, err = tx.TenantFind(ctx, slug)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return Tenant{}, ErrUnknown
	}
	if err != nil {
		return Tenant{}, err
	}
	t := FromRow(row.Tenant)
	if slices.Contains(want, t.State) {
		return t, nil
	}
	if len(want) > 0 {
		return t, StateError{slug, t.State, want[0]}
	}
	return t, nil
}

// Find returns a workspace that is in use, by its name or a former one.
func Find(ctx context.Context, tx *db.SharedTx, slug string) (Tenant, error) {
	return find(ctx, tx, slug, Active, Suspended)
}

// Suspend closes a workspace to its people; nothing of it is lost.
func Suspend(ctx context.Context, tx *db.SharedTx, slug string) error {
	return change(ctx, tx, slug, Active, Suspended)
}

// Resume opens a suspended workspace again.
func Resume(ctx context.Context, tx *db.SharedTx, slug string) error {
	return change(ctx, tx, slug, Suspended, Active)
}

// Delete takes a workspace away from its people; for DeletedTime it can be
// brought back, then it is dropped. Its name stays its own.
func Delete(ctx context.Context, tx *db.SharedTx, slug string) error {
	t, err := find(ctx, tx, slug, Active, Suspended)
	if err != nil {
		return err
	}
	return tx.TenantSetState(ctx, Deleted, t.ID)
}

// Undelete brings a deleted workspace back, if it is not dropped yet; one that
// was suspended is so again.
func Undelete(ctx context.Context, tx *db.SharedTx, slug string) error {
	t, err := find(ctx, tx, slug, Deleted)
	if err != nil {
		return err
	}
	if t.Dropped {
		return StateError{slug, "gone for good", Deleted}
	}
	return tx.TenantUndelete(ctx, t.ID)
}

func change(ctx context.Context, tx *db.SharedTx, slug, from, to string) error {
	t, err := find(ctx, tx, slug, from)
	if err != nil {
		return err
	}
	return tx.TenantSetState(ctx, to, t.ID)
}

// Rename gives a workspace another slug. The one before leads to it for
// FormerSlugTime and is nobody else's until then. It answers ErrSlug….
func Rename(ctx context.Context, tx *db.SharedTx, slug, to string) error {
	t, err := find(ctx, tx, slug, Active, Suspended)
	if err != nil {
		return err
	}
	if err := tx.TenantLockSlug(ctx, to); err != nil {
		return err
	}
	own, err := tx.FormerSlugIs(ctx, to, t.ID)
	if err != nil {
		return err
	}
	if own { // back to a name that it had
		err = tx.FormerSlugDelete(ctx, to, t.ID)
	} else {
		err = CheckSlug(ctx, tx, to)
	}
	if err != nil {
		return err
	}
	if err := tx.TenantRename(ctx, to, t.ID); err != nil {
		return err
	}
	return tx.FormerSlugPut(ctx, t.Slug, t.ID, time.Now().Add(FormerSlugTime))
}

// DropJob drops the schemas of workspaces that were deleted long enough ago.
type DropJob struct{}

// Kind names the job in the queue.
func (DropJob) Kind() string { return "drop" }

// DropWorker does it.
type DropWorker struct {
	river.WorkerDefaults[DropJob]
	DB *db.DB
}

// Timeout is for many at once.
func (*DropWorker) Timeout(*river.Job[DropJob]) time.Duration { return time.Hour }

// Work drops what is due and what was never finished, and forgets former names.
func (w *DropWorker) Work(ctx context.Context, _ *river.Job[DropJob]) error {
	err := w.DB.Shared(ctx, func(tx *db.SharedTx) error {
		_, err := tx.FormerSlugDeleteExpired(ctx)
		return err
	})
	if err != nil {
		return err
	}
	_, unfinished := w.DB.DropUnfinished(ctx, 10*time.Minute)
	_, err = w.DB.DropDeleted(ctx, DeletedTime)
	return errors.Join(err, unfinished)
}
