package notify

import (
	"cmp"
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
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	letter "github.com/paddock-crm/paddock/views/mail"
)

// Ways in which members have their notifications mailed.
const (
	Now   = "now"
	Daily = "daily"
	Never = "never"
)

// DigestHour is when a day's mail is sent, in the member's zone.
const DigestHour = 7

// gather is how long a mail that goes out at once waits for what belongs to it.
const gather = 5 * time.Second

// mailLimit is how many notifications one mail lists.
const mailLimit = 50

// Mailer sends members what they have not read.
type Mailer struct {
	river.WorkerDefaults[MailJob]
	DB      *db.DB
	Box     *seal.Box
	BaseURL *url.URL
}

// recipient is whom a mail goes to.
type recipient struct {
	tenantdb.MemberMailRow
	workspace, slug string
	zone            *time.Location
}

// Work sends one member's mail, when it is time for it.
func (w *Mailer) Work(ctx context.Context, job *river.Job[MailJob]) error {
	to, err := w.recipient(ctx, job.Args)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // who left is told nothing
	}
	if err != nil {
		return err
	}
	if due := dueAt(job.CreatedAt, to.Mail, to.zone); time.Until(due) > 0 {
		return river.JobSnooze(time.Until(due))
	}
	// By its own, before what is unread is read: whoever comes behind it has another job.
	if err := w.DB.Tenant(ctx, func(tx *db.TenantTx) error { return tx.MemberMailed(ctx, to.ID) }); err != nil {
		return err
	}
	return w.DB.Tenant(ctx, func(tx *db.TenantTx) error { return w.send(ctx, tx, job.Args.TenantID, to) })
}

// dueAt is when what began to wait at the moment is mailed.
func dueAt(since time.Time, how string, zone *time.Location) time.Time {
	if how != Daily {
		return since.Add(gather)
	}
	l := since.In(zone)
	at := time.Date(l.Year(), l.Month(), l.Day(), DigestHour, 0, 0, 0, zone)
	if !at.After(since) {
		at = time.Date(l.Year(), l.Month(), l.Day()+1, DigestHour, 0, 0, 0, zone)
	}
	return at
}

func (w *Mailer) recipient(ctx context.Context, args MailJob) (to recipient, err error) {
	err = w.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		to.MemberMailRow, err = tx.MemberMail(ctx, args.MemberID)
		return err
	})
	if err != nil {
		return to, err
	}
	err = w.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
		t, err := tx.TenantByID(ctx, args.TenantID)
		if err != nil {
			return err
		}
		user, err := tx.UserZone(ctx, to.UserID)
		if err != nil {
			return err
		}
		if t.Slug == nil {
			return pgx.ErrNoRows // it is about to go
		}
		to.workspace, to.slug, to.zone = t.Name, *t.Slug, time.UTC
		if zone, err := time.LoadLocation(cmp.Or(user, t.TimeZone, "UTC")); err == nil {
			to.zone = zone
		}
		return nil
	})
	return to, err
}

// send mails what is unread, and marks it, in one transaction with the mail's own job.
func (w *Mailer) send(ctx context.Context, tx *db.TenantTx, tenantID uuid.UUID, to recipient) error {
	rows, err := tx.NotificationsUnmailed(ctx, to.ID, mailLimit)
	if err != nil || len(rows) == 0 {
		return err
	}
	ids, subjects := make([]uuid.UUID, len(rows)), []uuid.UUID{}
	for i, r := range rows {
		ids[i] = r.ID
		if r.SubjectID != nil {
			subjects = append(subjects, *r.SubjectID)
		}
	}
	if err := tx.NotificationsMailed(ctx, ids); err != nil || to.Mail == Never {
		return err
	}
	names := map[uuid.UUID]string{}
	found, err := tx.RecordNames(ctx, subjects)
	for _, n := range found {
		names[n.ID] = n.Name
	}
	if err != nil {
		return err
	}
	at := func(path string, query url.Values) string {
		u := *w.BaseURL
		u.Host, u.Path, u.RawQuery = to.slug+"."+u.Host, path, query.Encode()
		return u.String()
	}
	items := make([]letter.Item, len(rows))
	for i, r := range rows {
		n := entity.Notification{Kind: r.Kind, Actor: r.ActorName, Subject: entity.Kind(r.SubjectType), Detail: r.Detail, N: int(r.N)}
		if r.SubjectID != nil {
			n.Name = names[*r.SubjectID]
		}
		items[i] = letter.Item{Text: n.Text(), URL: at("/notifications/"+r.ID.String(), nil)}
	}
	stop := at("/notifications/unsubscribe", url.Values{"token": {w.Box.Seal(UnsubscribePurpose, tenantID.String()+" "+to.ID.String())}})
	l := letter.Notifications(to.workspace, items, to.Mail == Daily, at("/notifications", nil), at("/settings/profile", nil), stop)
	job, err := mail.LetterJob(ctx, w.Box, tenantID, to.Email, l)
	if err != nil {
		return err
	}
	return tx.Enqueue(ctx, job)
}

// UnsubscribePurpose is what the token of a mail's link is sealed for: the workspace's id and
// the member's.
const UnsubscribePurpose = "unsubscribe"
