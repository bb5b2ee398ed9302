package crm

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
)

const done = "done"

// taskRule completes a task whose status becomes done, and keeps what its repetition keeps
// to as it was last said when it is.
func taskRule(ctx context.Context, w *writing) error {
	if w.v["subject_id"] == nil {
		w.v["subject_type"] = nil
	}
	switch {
	case w.isNew():
		if w.v["repeat_anchor"] == nil {
			w.setAnchor()
		}
	case w.changed("repeat") || w.changed("due_at"):
		w.setAnchor() // somebody says anew when it is
		is, _ := w.v["repeat_anchor"].(*entity.Anchor)
		was, _ := w.was["repeat_anchor"].(*entity.Anchor)
		if is != nil && was != nil && w.v["remind_at"] == nil && w.was["remind_at"] == nil {
			is.Remind = was.Remind // this one has reminded, the next will
		}
	case w.changed("remind_at"):
		if was, ok := w.was["repeat_anchor"].(*entity.Anchor); ok { // when it repeats stays
			is := *was
			w.setAnchor()
			if now, ok := w.v["repeat_anchor"].(*entity.Anchor); ok {
				is.Remind = now.Remind
				w.v["repeat_anchor"] = &is
			}
		}
	}
	switch is, was := w.v.Text("status") == done, w.was.Text("status") == done; {
	case w.isNew():
	case is && !was:
		if err := w.finish(ctx); err != nil {
			return err
		}
	case was && !is:
		if err := w.dropNext(ctx); err != nil {
			return err
		}
	}
	if w.v.Text("status") != done {
		w.v["completed_at"], w.v["completed_by"] = nil, nil
	} else if w.v["completed_at"] == nil {
		w.v["completed_at"] = entity.Moment(time.Now())
	}
	return nil
}

// setAnchor is what the task's repetition keeps to from here on; nothing when there is none.
func (w *writing) setAnchor() {
	w.v["repeat_anchor"] = nil
	if w.v["repeat"] == nil {
		return
	}
	due := w.v.Due("due_at")
	if due.On == nil && due.At == nil {
		due.On = new(entity.DayOf(time.Now().In(w.by.zone())))
	}
	w.v.Set("repeat_anchor", entity.AnchorOf(due, w.v.Moment("remind_at"), w.by.zone()))
}

// finish is what completing a task brings: who did it, the next of a repeating
// one, and that something happened to its deal.
func (w *writing) finish(ctx context.Context) error {
	now := time.Now()
	w.v["completed_at"] = entity.Moment(now)
	if w.by.Member != uuid.Nil {
		w.v["completed_by"] = entity.Ref{ID: w.by.Member}
	}
	if id := w.v.ID("subject_id"); id != nil && w.v.Text("subject_type") == string(entity.Deal) {
		if err := w.DealTouch(ctx, *id); err != nil {
			return err
		}
	}
	repeat := w.v.Text("repeat")
	if repeat == "" {
		return nil
	}
	if w.v["repeat_anchor"] == nil { // of an older program's
		w.setAnchor()
	}
	next := w.v.Clone()
	next["status"], next["completed_at"], next["completed_by"], next["next_id"] = entity.Text("open"), nil, nil, nil
	anchor, _ := w.v["repeat_anchor"].(*entity.Anchor)
	due, remind := anchor.Next(repeat, w.v.Due("due_at"), now)
	if w.entity.Field("due_at").Check(due) != nil {
		return nil //nolint:nilerr // there are no more days: the last one was the last
	}
	next.Set("due_at", due)
	next.SetMoment("remind_at", remind)
	// What is gone meanwhile does not hold the next one up.
	n := &writing{TenantTx: w.TenantTx, entity: w.entity, v: next}
	for i := range w.entity.Fields {
		f := &w.entity.Fields[i]
		if err := n.checkReferences(ctx, f); isInvalid(err) {
			next[f.Name] = nil
		} else if err != nil {
			return err
		}
	}
	kept := entity.Values{"repeat_anchor": next["repeat_anchor"]}
	id, err := create(ctx, w.TenantTx, Draft{Kind: entity.Task, Values: next, By: w.by}, kept, w.v)
	w.v["next_id"] = entity.Ref{ID: id}
	return err
}

// dropNext removes the next task that a completion made, unless somebody
// changed it or wrote on it.
func (w *writing) dropNext(ctx context.Context) error {
	id := w.was.ID("next_id")
	w.v["next_id"] = nil
	if id == nil {
		return nil
	}
	next, err := w.RecordState(ctx, entity.Task, *id, false)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil || next.Version != 1 || next.DeletedAt != nil {
		return err
	}
	if noted, err := w.NotesExist(ctx, *id); err != nil || noted {
		return err
	}
	if err := w.TaggingsReplace(ctx, string(entity.Task), *id, []uuid.UUID{}); err != nil {
		return err
	}
	_, err = w.RecordRemove(ctx, string(entity.Task), *id)
	return err
}

// TaskComplete ticks a task off; one that is done stays so. A repeating task
// makes its next one. pgx.ErrNoRows when there is none.
func TaskComplete(ctx context.Context, tx *db.TenantTx, id uuid.UUID, by By) error {
	t, err := lockTask(ctx, tx, id)
	if err != nil || t.Values.Text("status") == done {
		return err
	}
	_, err = Save(ctx, tx, Change{Record: t, Set: entity.Values{"status": entity.Text(done)}, By: by})
	return err
}

// TaskReopen takes a completion back; the next task that a repeating one made
// goes too, unless somebody changed it.
func TaskReopen(ctx context.Context, tx *db.TenantTx, id uuid.UUID) error {
	t, err := lockTask(ctx, tx, id)
	if err != nil || t.Values.Text("status") != done {
		return err
	}
	_, err = Save(ctx, tx, Change{Record: t, Set: entity.Values{"status": entity.Text("open")}})
	return err
}

// ErrSooner is answered for putting a task off to before when it is due.
var ErrSooner = &RefusalError{"It is due later than that already."}

// TaskSnooze puts a task off: to a day at the hour that it has, or to a moment. Its
// reminder comes along. It answers ErrSooner where that would bring it nearer.
func TaskSnooze(ctx context.Context, tx *db.TenantTx, id uuid.UUID, due entity.Due, zone *time.Location) error {
	t, err := lockTask(ctx, tx, id)
	if err != nil {
		return err
	}
	was := t.Values.Due("due_at")
	if due.On != nil && was.At != nil {
		clock := entity.ClockOf(was.At.In(zone))
		if a, ok := t.Values["repeat_anchor"].(*entity.Anchor); ok && a.Clock != nil && a.Zone == zone.String() {
			clock = *a.Clock // of a night that has no such hour
		}
		due = entity.Due{At: new(clock.On(*due.On, zone))}
	}
	switch {
	case was.On != nil && due.On != nil && !due.On.After(*was.On),
		was.On != nil && due.At != nil && entity.DayOf(due.At.In(zone)).Before(*was.On), // on that day is an hour for it
		was.At != nil && due.At != nil && !due.At.After(*was.At):
		return ErrSooner
	}
	w := &writing{TenantTx: tx, entity: t.Entity, id: t.ID, was: t.Values, v: t.Values.Clone()}
	w.v.SetMoment("remind_at", snoozed(t.Values, due, zone))
	w.v.Set("due_at", due)
	return w.put(ctx, t) // what its repetition keeps to stays
}

// snoozed is the reminder of a task that is put off: as long before it, by the clock on
// the wall. One that has no date, or a day instead of an hour, is reminded of anew when it
// is due.
func snoozed(v entity.Values, due entity.Due, zone *time.Location) *time.Time {
	remind := v.Moment("remind_at")
	if remind == nil {
		return nil
	}
	a := entity.AnchorOf(v.Due("due_at"), remind, zone)
	if a == nil || (a.Clock == nil) != (due.At == nil) {
		return due.At
	}
	return a.Moved(due, zone)
}

func lockTask(ctx context.Context, tx *db.TenantTx, id uuid.UUID) (t entity.Record, err error) {
	if _, err := tx.RecordState(ctx, entity.Task, id, true); err != nil {
		return t, err
	}
	t, err = tx.RecordGet(ctx, entity.Tasks, id)
	if err == nil && t.DeletedAt != nil {
		err = pgx.ErrNoRows
	}
	return t, err
}
