// Package notify tells members of a workspace what they should know: in the bell, at once in
// every open page, and by mail as each of them chose.
package notify

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Notice is what members are to be told of.
type Notice struct {
	Kind     string // one of entity's Told constants
	To       []uuid.UUID
	But      []uuid.UUID // who is told of it otherwise
	Follow   bool        // who follows the subject too
	Subject  entity.Kind // "" for none
	ID       uuid.UUID
	Detail   string
	Once     uuid.UUID // what it is told of once; uuid.Nil for the transaction's change set
	Unsigned bool      // nobody did it
	Mailed   bool      // a mail of its own goes out
}

// detailLimit is how much more than a sentence is said, in characters.
const detailLimit = 200

// Tell tells them if and when the transaction commits; nobody of what they did themselves.
func Tell(ctx context.Context, tx *db.TenantTx, n Notice) error {
	p := tenantdb.NotificationsPutParams{Kind: n.Kind, SubjectType: string(n.Subject), Detail: clip(n.Detail), More: 1, But: n.But,
		Followed: n.Follow, Mailed: n.Mailed}
	for _, id := range n.To {
		if id != uuid.Nil {
			p.Members = append(p.Members, id)
		}
	}
	if len(p.Members) == 0 && !n.Follow {
		return nil
	}
	if p.Members == nil {
		p.Members = []uuid.UUID{}
	}
	if p.But == nil {
		p.But = []uuid.UUID{}
	}
	if n.Subject != "" {
		p.SubjectID = &n.ID
	}
	if me := tx.MemberID(); me != uuid.Nil && !n.Unsigned {
		p.ActorID = &me
	}
	if once := tx.ChangeSet(); n.Once != uuid.Nil {
		p.ChangeSet, p.More = &n.Once, 0
	} else if once != uuid.Nil {
		p.ChangeSet = &once
	}
	mailed, err := tx.NotificationsPut(ctx, p)
	if err != nil {
		return err
	}
	for _, id := range mailed {
		err := tx.Enqueue(ctx, MailJob{TenantJob: tx.Job(), MemberID: id})
		if errors.Is(err, db.ErrTooManyJobs) {
			return nil // it is in the bell; what was done must not fail for a mail
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func clip(s string) string {
	r := []rune(s)
	if len(r) <= detailLimit {
		return s
	}
	return string(r[:detailLimit-1]) + "…"
}

// MailJob mails a member what they have not read.
type MailJob struct {
	db.TenantJob
	MemberID uuid.UUID `json:"member_id"`
}

// Kind names the job in the queue.
func (MailJob) Kind() string { return "notify" }

var _ river.JobArgs = MailJob{}
