package crm

import (
	"context"
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

// TaskUpdate is CustomerUpdate for a task.
func TaskUpdate(ctx context.Context, q *tenantdb.Queries, was tenantdb.TaskGetRow, p tenantdb.TaskUpdateParams, tags []string) error {
	if err := checkSubject(ctx, q, was, p); err != nil {
		return err
	}
	complete(&p)
	return update(ctx, q, tenantdb.Task, p.ID, was.AssigneeID, p.AssigneeID, tags, func() (int64, error) { return q.TaskUpdate(ctx, p) })
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

// TaskComplete ticks a task off, for the member; one that is done stays so. A
// repeating task makes its next one: zone says what a day is. pgx.ErrNoRows
// when there is none.
func TaskComplete(ctx context.Context, q *tenantdb.Queries, id uuid.UUID, member uuid.UUID, zone *time.Location) error {
	t, err := lockTask(ctx, q, id)
	if err != nil || t.Status == done {
		return err
	}
	p := TaskParams(t)
	now := time.Now()
	p.Status, p.CompletedAt = done, &now
	if member != uuid.Nil {
		p.CompletedBy = &member
	}
	if t.Repeat != "" {
		next := TaskParams(t)
		next.Status, next.NextID = "open", nil
		next.DueOn, next.DueAt = nextDue(t, now.In(zone))
		if t.RemindAt != nil {
			next.RemindAt = nextReminder(t, next, zone)
		}
		nextID, err := TaskCreate(ctx, q, next, nil)
		if err != nil {
			return err
		}
		if err := q.TaggingsCopy(ctx, tenantdb.TaggingsCopyParams{FromType: string(tenantdb.Task), FromID: t.ID, ToType: string(tenantdb.Task), ToID: nextID}); err != nil {
			return err
		}
		p.NextID = &nextID
	}
	if err := changedOne(q.TaskUpdate(ctx, p)); err != nil {
		return err
	}
	if t.SubjectType == string(tenantdb.Deal) {
		return q.DealTouch(ctx, *t.SubjectID)
	}
	return nil
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
	if t.NextID == nil {
		return nil
	}
	next, err := q.TaskGet(ctx, *t.NextID)
	if err != nil || next.Version != 1 || next.DeletedAt != nil {
		return err
	}
	_, err = q.RecordRemove(ctx, string(tenantdb.Task), next.ID)
	return err
}

// TaskSnooze puts a task off.
func TaskSnooze(ctx context.Context, q *tenantdb.Queries, id uuid.UUID, due Due) error {
	t, err := lockTask(ctx, q, id)
	if err != nil {
		return err
	}
	p := TaskParams(t)
	p.DueOn, p.DueAt = due.On, due.At
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
	step := func(d time.Time, n int) time.Time {
		switch t.Repeat {
		case "daily":
			return d.AddDate(0, 0, n)
		case "weekdays":
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
	today := day(now)
	switch {
	case t.DueAt != nil:
		from := t.DueAt.In(now.Location())
		for n := 1; ; n++ {
			if d := step(from, n); d.After(now) {
				return nil, &d
			}
		}
	case t.DueOn != nil:
		for n := 1; ; n++ {
			if d := step(*t.DueOn, n); d.After(today) {
				return &d, nil
			}
		}
	}
	d := step(today, 1)
	return &d, nil
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
