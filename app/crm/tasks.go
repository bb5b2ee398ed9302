package crm

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

const done = "done"

// TaskCreate is CustomerCreate for a task. zone is of whoever says when it is due.
func TaskCreate(ctx context.Context, q *tenantdb.Queries, p tenantdb.TaskUpdateParams, tags []string, zone *time.Location) (uuid.UUID, error) {
	p.RepeatAnchor = anchor(p, zone)
	return taskCreate(ctx, q, p, tags)
}

// anchor is what the task's repetition keeps to from here on; nil when there is none.
func anchor(p tenantdb.TaskUpdateParams, zone *time.Location) *entity.Anchor {
	if p.Repeat == "" {
		return nil
	}
	due := dueOf(p)
	if due.On == nil && due.At == nil {
		due.On = ptr(entity.DayOf(time.Now().In(zone)))
	}
	return entity.AnchorOf(due, p.RemindAt, zone)
}

func ptr[T any](v T) *T { return &v }

func dueOf(p tenantdb.TaskUpdateParams) entity.Due { return entity.Due{On: p.DueOn, At: p.DueAt} }

func taskCreate(ctx context.Context, q *tenantdb.Queries, p tenantdb.TaskUpdateParams, tags []string) (uuid.UUID, error) {
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
	if before := TaskParams(was); p.Repeat != before.Repeat || !sameTime(p.DueOn, before.DueOn) || !sameTime(p.DueAt, before.DueAt) || !sameTime(p.RemindAt, before.RemindAt) {
		p.RepeatAnchor = anchor(p, by.Zone) // somebody says anew when it is
		if p.RepeatAnchor != nil && p.RemindAt == nil && was.RemindAt == nil && was.RepeatAnchor != nil {
			p.RepeatAnchor.Remind = was.RepeatAnchor.Remind // this one has reminded, the next will
		}
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

func sameTime(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

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
	if next.RepeatAnchor == nil { // of an older program's
		next.RepeatAnchor = anchor(*p, by.Zone)
	}
	due, remind := next.RepeatAnchor.Next(p.Repeat, dueOf(*p), now)
	next.DueOn, next.DueAt, next.RemindAt = due.On, due.At, remind
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
	id, err := taskCreate(ctx, q, next, nil)
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

// ErrSooner is answered for putting a task off to before when it is due.
var ErrSooner = &RefusalError{"It is due later than that already."}

// TaskSnooze puts a task off: to a day at the hour that it has, or to a moment. Its
// reminder comes along. It answers ErrSooner where that would bring it nearer.
func TaskSnooze(ctx context.Context, q *tenantdb.Queries, id uuid.UUID, due entity.Due, zone *time.Location) error {
	t, err := lockTask(ctx, q, id)
	if err != nil {
		return err
	}
	p := TaskParams(t)
	if due.On != nil && t.DueAt != nil {
		clock := entity.ClockOf(t.DueAt.In(zone))
		if a := t.RepeatAnchor; a != nil && a.Clock != nil && a.Zone == zone.String() {
			clock = *a.Clock // of a night that has no such hour
		}
		due = entity.Due{At: ptr(clock.On(*due.On, zone))}
	}
	switch was := dueOf(p); {
	case was.On != nil && due.On != nil && !due.On.After(*was.On),
		was.On != nil && due.At != nil && entity.DayOf(due.At.In(zone)).Before(*was.On),
		was.At != nil && due.At != nil && !due.At.After(*was.At):
		return ErrSooner
	}
	p.RemindAt = snoozed(p, due, zone)
	p.DueOn, p.DueAt = due.On, due.At
	return changedOne(q.TaskUpdate(ctx, p))
}

// snoozed is the reminder of a task that is put off: as long before it, by the clock on
// the wall. One that has no date, or a day instead of an hour, is reminded of anew when it
// is due.
func snoozed(p tenantdb.TaskUpdateParams, due entity.Due, zone *time.Location) *time.Time {
	a := entity.AnchorOf(dueOf(p), p.RemindAt, zone)
	if p.RemindAt == nil {
		return nil
	}
	if a == nil || (a.Clock == nil) != (due.At == nil) {
		if due.At != nil {
			return due.At
		}
		return nil
	}
	return a.Moved(due, zone)
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

// TaskParams is the task as it is, to be changed and written back.
func TaskParams(r tenantdb.TaskGetRow) tenantdb.TaskUpdateParams {
	return tenantdb.TaskUpdateParams{
		Subject: r.Subject, Type: r.Type, Status: r.Status, Priority: r.Priority, DueOn: r.DueOn, DueAt: r.DueAt, RemindAt: r.RemindAt, Repeat: r.Repeat,
		AssigneeID: r.AssigneeID, SubjectType: r.SubjectType, SubjectID: r.SubjectID, Description: r.Description,
		CompletedAt: r.CompletedAt, CompletedBy: r.CompletedBy, NextID: r.NextID, RepeatAnchor: r.RepeatAnchor, ID: r.ID, Version: r.Version,
	}
}
