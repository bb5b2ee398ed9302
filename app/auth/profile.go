package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// ProfileJob takes a person's name, address and avatar over into the workspaces
// where they are a member. Enqueue it in the transaction of the change.
type ProfileJob struct {
	UserID uuid.UUID `json:"user_id"`
}

// Kind names the job in the queue.
func (ProfileJob) Kind() string { return "profile" }

// ProfileWorker does it.
type ProfileWorker struct {
	river.WorkerDefaults[ProfileJob]
	DB *db.DB
}

// Work brings all workspaces of the person up to date; again does no harm.
func (w *ProfileWorker) Work(ctx context.Context, job *river.Job[ProfileJob]) error {
	var members []shareddb.MembershipsOfUserRow
	err := w.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		members, err = tx.MembershipsOfUser(ctx, job.Args.UserID)
		return err
	})
	if err != nil {
		return err
	}
	var failed error // one workspace, such as one between versions, keeps it from no other
	for _, m := range members {
		ctx := db.WithScope(ctx, db.Scope{TenantID: m.TenantID, Schema: m.Schema, MemberID: m.ID})
		err := w.DB.Shared(ctx, func(tx *db.SharedTx) error {
			// Locked: of two changes in a row, the later is written last.
			user, err := tx.UserLock(ctx, job.Args.UserID)
			if err != nil {
				return err
			}
			return tx.AsTenant(ctx, func(tx *db.TenantTx) error {
				return tx.MemberFollow(ctx, tenantdb.MemberFollowParams{Name: user.Name, Email: user.Email, Avatar: user.Avatar, UserID: user.ID})
			})
		})
		if err != nil && !errors.Is(err, pgx.ErrNoRows) { // the account is gone
			failed = errors.Join(failed, fmt.Errorf("workspace %s: %w", m.TenantID, err))
		}
	}
	return failed
}
