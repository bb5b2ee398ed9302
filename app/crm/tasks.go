package crm

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

const done = "done"

// TaskCreate is CustomerCreate for a task.
func TaskCreate(ctx context.Context, q *tenantdb.Queries, p tenantdb.TaskUpdateParams, tags []string) (uuid.UUID, error) {
	if err := checkSubject(ctx, q, tenantdb.TaskGetRow{}, p); err != nil {
		return uuid.Nil, err
	}
	complete(&p)
	return create(ctx, q, tenantdb.Task, p.AssigneeID, tags, func(id uuid.UUID) error {
		p.ID, p.Version = id, 1
		return q.TaskInsert(ctx, tenantdb.TaskInsertParams(p))
	})
}

// TaskUpdate is CustomerUpdate for a task; a status that becomes done completes it.
func TaskUpdate(ctx context.Context, q *tenantdb.Queries, was tenantdb.TaskGetRow, p tenantdb.TaskUpdateParams, tags []string, by By) error {
	if err := checkSubject(ctx, q, was, p); err != nil {
		return err
	}
	switch {
	case was.Status != done && p.Status == done:
		if err := finish(ctx, q, was, &p, by); err != nil {
			return err
		}
	case was.Status == done && p.Status != done:
		if err := dropNext(ctx, q, was); err != nil {
			return err
		}
		p.NextID = nil
	}
	complete(&p)
	return update(ctx, q, tenantdb.Task, p.ID, was.AssigneeID, p.AssigneeID, tags, func() (int64, error) { return q.TaskUpdate(ctx, p) })
}

// By is who does something: whether they manage the workspace, and the zone that
// says what a day is to them.
type By struct {
	Member  uuid.UUID // uuid.Nil for nobody
	Zone    *time.Location
	Manages bool // the workspace
}

// finish is what completing a task brings: who did it, the next of a repeating
// one, and that something happened to its deal.
func finish(ctx context.Context, q *tenantdb.Queries, t tenantdb.TaskGetRow, p *tenantdb.TaskUpdateParams, by By) error {
	now := time.Now()
	p.Status, p.CompletedAt = done, &now
	if by.Member != uuid.Nil {
		p.CompletedBy = &by.Member
	}
	if t.SubjectType == string(tenantdb.Deal) && t.SubjectID != nil {
		if err := q.DealTouch(ctx, *t.SubjectID); err != nil {
			return err
		}
	}
	if p.Repeat == "" {
		return nil
	}
	next := *p
	next.Status, next.CompletedAt, next.CompletedBy, next.NextID = "open", nil, nil, nil
	t.DueOn, t.DueAt, t.RemindAt, t.Repeat = p.DueOn, p.DueAt, p.RemindAt, p.Repeat
	next.DueOn, next.DueAt = nextDue(t, now.In(by.Zone))
	if t.RemindAt != nil {
		next.RemindAt = nextReminder(t, next, by.Zone)
	}
	// What is gone meanwhile does not hold the next one up.
	if err := checkSubject(ctx, q, tenantdb.TaskGetRow{}, next); isFieldError(err) {
		next.SubjectType, next.SubjectID = "", nil
	} else if err != nil {
		return err
	}
	if err := checkMember(ctx, q, "assignee_id", nil, next.AssigneeID); isFieldError(err) {
		next.AssigneeID = nil
	} else if err != nil {
		return err
	}
	id, err := TaskCreate(ctx, q, next, nil)
	if err != nil {
		return err
	}
	p.NextID = &id
	return q.TaggingsCopy(ctx, tenantdb.TaggingsCopyParams{FromType: string(tenantdb.Task), FromID: t.ID, ToType: string(tenantdb.Task), ToID: id})
}

func isFieldError(err error) bool {
	var field *FieldError
	return errors.As(err, &field)
}

// dropNext removes the next task that a completion made, unless somebody
// changed it or wrote on it.
func dropNext(ctx context.Context, q *tenantdb.Queries, t tenantdb.TaskGetRow) error {
	if t.NextID == nil {
		return nil
	}
	next, err := q.TaskGet(ctx, *t.NextID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil || next.Version != 1 || next.DeletedAt != nil {
		return err
	}
	if noted, err := q.NotesExist(ctx, next.ID); err != nil || noted {
		return err
	}
	if err := q.TaggingsReplace(ctx, string(tenantdb.Task), next.ID, []uuid.UUID{}); err != nil {
		return err
	}
	_, err = q.RecordRemove(ctx, string(tenantdb.Task), next.ID)
	return err
}

// complete keeps status and completed_at in step.
func complete(p *tenantdb.TaskUpdateParams) {
	if p.Status != done {
		p.CompletedAt, p.CompletedBy = nil, nil
	} else if p.CompletedAt == nil {
		now := time.Now()
		p.CompletedAt = &now
	}
}

func checkSubject(ctx context.Context, q *tenantdb.Queries, was tenantdb.TaskGetRow, p tenantdb.TaskUpdateParams) error {
	if p.SubjectID == nil {
		return nil
	}
	kind := tenantdb.Kind(p.SubjectType)
	if !kind.Valid() {
		return &FieldError{"subject_id", "Choose what the task is about."}
	}
	return checkLinks(ctx, q, link{"subject_id", kind, was.SubjectID, p.SubjectID})
}

// TaskComplete ticks a task off; one that is done stays so. A repeating task
// makes its next one. pgx.ErrNoRows when there is none.
func TaskComplete(ctx context.Context, q *tenantdb.Queries, id uuid.UUID, by By) error {
	t, err := lockTask(ctx, q, id)
	if err != nil || t.Status == done {
		return err
	}
	p := TaskParams(t)
	if err := finish(ctx, q, t, &p, by); err != nil {
		return err
	}
	return changedOne(q.TaskUpdate(ctx, p))
}

// TaskReopen takes a completion back; the next task that a repeating one made
// goes too, unless somebody changed it.
func TaskReopen(ctx context.Context, q *tenantdb.Queries, id uuid.UUID) error {
	t, err := lockTask(ctx, q, id)
	if err != nil || t.Status != done {
		return err
	}
	p := TaskParams(t)
	p.Status, p.CompletedAt, p.CompletedBy, p.NextID = "open", nil, nil, nil
	if err := changedOne(q.TaskUpdate(ctx, p)); err != nil {
		return err
	}
	return dropNext(ctx, q, t)
}

// TaskSnooze puts a task off.
func TaskSnooze(ctx context.Context, q *tenantdb.Queries, id uuid.UUID, due Due) error {
	t, err := lockTask(ctx, q, id)
	if err != nil {
		return err
	}
	p := TaskParams(t)
	p.DueOn, p.DueAt = due.On, due.At
	if p.RemindAt != nil && p.RemindAt.Before(time.Now()) {
		p.RemindAt = nil // it has reminded
	}
	return changedOne(q.TaskUpdate(ctx, p))
}

func lockTask(ctx context.Context, q *tenantdb.Queries, id uuid.UUID) (t tenantdb.TaskGetRow, err error) {
	if _, err := q.RecordGet(ctx, tenantdb.Task, id, true); err != nil {
		return t, err
	}
	t, err = q.TaskGet(ctx, id)
	if err == nil && t.DeletedAt != nil {
		err = pgx.ErrNoRows
	}
	return t, err
}

// nextDue moves a task's due date on by its repetition, past today. now is in
// the zone of whoever completes it: the time of day stays as the clock shows it.
func nextDue(t tenantdb.TaskGetRow, now time.Time) (on, at *time.Time) {
	today := day(now)
	var d time.Time
	after := today
	switch {
	case t.DueAt != nil:
		d, after = t.DueAt.In(now.Location()), now
	case t.DueOn != nil:
		d = *t.DueOn
	default:
		d = today
	}
	for n := max(1, skipped(t.Repeat, d, today)); ; n++ {
		next := repeated(t.Repeat, d, n, today)
		if !next.After(after) {
			continue
		}
		if t.DueAt != nil {
			return nil, &next
		}
		return &next, nil
	}
}

// skipped is how many repetitions are surely over, so that what was due long
// ago is not counted up to.
func skipped(repeat string, d, today time.Time) int {
	days := int(today.Sub(day(d)).Hours()/24) - 1
	switch repeat {
	case "daily":
		return days
	case "weekly":
		return days / 7
	case "monthly":
		return days / 31
	case "yearly":
		return days / 366
	}
	return 1
}

// repeated is the nth repetition of a date.
func repeated(repeat string, d time.Time, n int, today time.Time) time.Time {
	switch repeat {
	case "daily":
		return d.AddDate(0, 0, n)
	case "weekdays": // from yesterday on, if it was due before
		if late := int(today.Sub(day(d)).Hours()/24) - 1; late > 0 {
			d = d.AddDate(0, 0, late)
		}
		for range n {
			d = d.AddDate(0, 0, 1)
			for d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
				d = d.AddDate(0, 0, 1)
			}
		}
		return d
	case "weekly":
		return d.AddDate(0, 0, 7*n)
	case "monthly":
		return addMonths(d, n)
	default:
		return addMonths(d, 12*n)
	}
}

// addMonths keeps to the end of shorter months: 31 January and a month is 28
// February, where AddDate would say 3 March.
func addMonths(d time.Time, n int) time.Time {
	out := d.AddDate(0, n, 0)
	if out.Day() != d.Day() {
		out = out.AddDate(0, 0, -out.Day())
	}
	return out
}

// nextReminder keeps the reminder as many days before the due date as it was,
// at the same time of day.
func nextReminder(t tenantdb.TaskGetRow, next tenantdb.TaskUpdateParams, zone *time.Location) *time.Time {
	was, will := dueDay(t.DueOn, t.DueAt, zone), dueDay(next.DueOn, next.DueAt, zone)
	if was.IsZero() || will.IsZero() {
		return nil
	}
	r := t.RemindAt.In(zone).AddDate(0, 0, int(will.Sub(was).Hours()/24))
	return &r
}

func dueDay(on, at *time.Time, zone *time.Location) time.Time {
	switch {
	case on != nil:
		return *on
	case at != nil:
		return day(at.In(zone))
	}
	return time.Time{}
}

// TaskParams is the task as it is, to be changed and written back.
func TaskParams(r tenantdb.TaskGetRow) tenantdb.TaskUpdateParams {
	return tenantdb.TaskUpdateParams{
		Subject: r.Subject, Type: r.Type, Status: r.Status, Priority: r.Priority, DueOn: r.DueOn, DueAt: r.DueAt, RemindAt: r.RemindAt, Repeat: r.Repeat,
		AssigneeID: r.AssigneeID, SubjectType: r.SubjectType, SubjectID: r.SubjectID, Description: r.Description,
		CompletedAt: r.CompletedAt, CompletedBy: r.CompletedBy, NextID: r.NextID, ID: r.ID, Version: r.Version,
	}
}
