package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

type tasks struct{ *records }

func newTasks(s *Server) tasks {
	return tasks{&records{
		Server: s, look: views.LookOf(entity.Task), layouts: taskLayouts,
		actions: func(r entity.Record) []templ.Component { return []templ.Component{views.CompleteButton(r)} },
	}}
}

func taskLayouts(p views.ListPage) []views.LayoutLink {
	return []views.LayoutLink{
		{Label: "My day", URL: "/tasks?layout=day", Current: p.Layout == "day", Icon: ui.IconCheck},
		{Label: "All tasks", URL: "/tasks", Current: p.Layout != "day", Icon: ui.IconTable2},
	}
}

// List is the table, or My day.
func (t tasks) List(c echo.Context) error {
	if c.QueryParam("layout") == "day" {
		return t.renderDay(c, http.StatusOK, ui.Form{}, nil)
	}
	return t.records.List(c)
}

// dayLimit is how many open tasks My day shows.
const dayLimit = 200

func (t tasks) renderDay(c echo.Context, status int, f ui.Form, flash *ui.Flash) error {
	ctx := c.Request().Context()
	p := views.DayPage{Shell: t.shell(c, "day", "My day"), Form: f, Layouts: taskLayouts(views.ListPage{Layout: "day"})}
	if flash != nil {
		p.Flash = flash
	}
	err := t.db.TenantRead(ctx, func(tx *db.TenantTx) error {
		rows, err := taskDay(ctx, tx.Queries, visiting(c).who.MemberID, p.Formats, dayLimit+1)
		if err != nil {
			return err
		}
		if p.More = len(rows) > dayLimit; p.More {
			rows = rows[:dayLimit]
		}
		var ids []uuid.UUID
		for _, r := range rows {
			if r.SubjectID != nil {
				ids = append(ids, *r.SubjectID)
			}
		}
		names, err := namesOf(ctx, tx.Queries, ids)
		p.Groups = views.DayGroups(rows, names, p.Formats)
		return err
	})
	if err != nil {
		return err
	}
	return t.render(c, status, views.Day(p), views.DayAgain(p, flash))
}

// taskDay is up to n of a member's open tasks, the most urgent first by the person's days.
func taskDay(ctx context.Context, q *tenantdb.Queries, member uuid.UUID, f entity.Formats, n int32) ([]tenantdb.TaskDayRow, error) {
	zone, err := q.ZoneName(ctx, f.Location())
	if err != nil {
		return nil, err
	}
	return q.TaskDay(ctx, tenantdb.TaskDayParams{MemberID: &member, Zone: zone, Candidates: n + 100, N: n})
}

// Create adds a task from its form, or from the one line of a quick-add.
func (t tasks) Create(c echo.Context) error {
	posted := c.Request().PostForm
	if !posted.Has("quick") {
		return t.records.Create(c)
	}
	ctx := c.Request().Context()
	f := readForm(c, []ui.Field{{Name: "quick", Label: "The task", Kind: ui.KindText, Max: 300, Required: true}}, true)
	if f.Values["quick"] == "" {
		f.Errors["quick"] = "Write what is to be done, and when: “Call Anna tomorrow 14:00”."
	}
	back := first(safePath(posted.Get("return")), "/tasks?layout=day")
	formats := visiting(c).formats(c)
	quick := formats.QuickAdd(f.Values["quick"])
	v := t.look.New(visiting(c).who.MemberID, formats)
	v["subject"], v["due_at"], v["repeat"], v["type"] = entity.Text(quick.Subject), quick.Due, entity.Text(quick.Repeat), entity.Text(quickType(quick.Subject))
	if id, err := uuid.Parse(posted.Get("subject_id")); err == nil {
		v["subject_id"], v["subject_type"] = entity.Ref{ID: id}, entity.Text(posted.Get("subject_type"))
	}
	var set uuid.UUID
	if f.Valid() {
		err := t.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			set = tx.ChangeSet()
			_, err = crm.Create(ctx, tx.Queries, crm.Draft{Kind: entity.Task, Values: v, By: by(c)})
			return err
		})
		if err != nil && !f.refused(err) {
			return err
		}
		for _, m := range f.Errors {
			f.fail("quick", m)
		}
	}
	if !f.Valid() && back != "/tasks?layout=day" {
		return t.say(c, back, f.Errors["quick"])
	}
	if !f.Valid() {
		return t.renderDay(c, http.StatusUnprocessableEntity, f.Form, nil)
	}
	flash := ui.Flash{Subject: quick.Subject, Message: "added", Undo: changesURL(set)}
	if when := formats.DueText(quick.Due.On, quick.Due.At); when != "" {
		flash.Message = "added, due " + when
	}
	if quick.Repeat != "" {
		flash.Message += ", " + strings.ToLower(views.RepeatLabel(quick.Repeat))
	}
	flash.Message = noted(flash.Message, formats.Note(quick.Due))
	if wantsFragment(c) && back == "/tasks?layout=day" {
		return t.renderDay(c, http.StatusOK, ui.Form{}, &flash)
	}
	if err := t.setFlash(c, flash); err != nil {
		return err
	}
	return t.redirect(c, back)
}

// quickType guesses a task's type from its first word.
func quickType(subject string) string {
	word, _, _ := strings.Cut(strings.ToLower(subject), " ")
	switch word {
	case "call", "phone", "ring":
		return "call"
	case "email", "mail", "write":
		return "email"
	case "meet", "meeting", "visit":
		return "meeting"
	}
	return "todo"
}

// Complete ticks a task off; Reopen takes it back.
func (t tasks) Complete(c echo.Context) error {
	return t.tick(c, "completed", func(ctx context.Context, tx *db.TenantTx, id uuid.UUID) error {
		return crm.TaskComplete(ctx, tx.Queries, id, by(c))
	})
}

func (t tasks) Reopen(c echo.Context) error {
	return t.tick(c, "open again", func(ctx context.Context, tx *db.TenantTx, id uuid.UUID) error {
		return crm.TaskReopen(ctx, tx.Queries, id)
	})
}

func (t tasks) tick(c echo.Context, message string, change func(context.Context, *db.TenantTx, uuid.UUID) error) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	var set uuid.UUID
	var row tenantdb.TaskGetRow
	err = t.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		set = tx.ChangeSet()
		if err := change(ctx, tx, id); err != nil {
			return err
		}
		row, err = tx.TaskGet(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	flash := ui.Flash{Subject: row.Subject, Message: message, Undo: changesURL(set)}
	if wantsFragment(c) {
		line := views.TaskLine{
			ID: row.ID, Subject: row.Subject, Type: row.Type, Priority: row.Priority, Done: row.Status == "done", DueOn: row.DueOn, DueAt: row.DueAt, Repeat: row.Repeat,
		}
		shell := t.shell(c, "", "")
		return t.render(c, http.StatusOK, nil, views.TaskLineFragment(shell, line, &flash))
	}
	if err := t.setFlash(c, flash); err != nil {
		return err
	}
	return t.redirect(c, backTo(c, entity.Tasks.URL(id)))
}

// safePath returns a path of this host, "" for what may lead elsewhere.
func safePath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") {
		return ""
	}
	return p
}

// backTo is the page of this host that a plain form was on, else otherwise.
func backTo(c echo.Context, otherwise string) string {
	r := c.Request()
	if ref := r.Referer(); ref != "" {
		if _, rest, ok := strings.Cut(ref, "://"); ok {
			if host, path, ok := strings.Cut(rest, "/"); ok && host == r.Host && !strings.HasPrefix(path, "/") {
				return "/" + path
			}
		}
	}
	return otherwise
}

// Snooze puts a task off.
func (t tasks) Snooze(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	formats := visiting(c).formats(c)
	due, ok := formats.ParseDue(entity.Line(c.FormValue("due_at")))
	if !ok {
		return &problem{status: http.StatusUnprocessableEntity, title: "We could not read when", text: "Choose one of the menu, or open the task and write a day."}
	}
	var set uuid.UUID
	var later bool
	var row tenantdb.TaskGetRow
	err = t.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		set = tx.ChangeSet()
		err = crm.TaskSnooze(ctx, tx.Queries, id, due, formats.Location())
		if later = errors.Is(err, crm.ErrSooner); err != nil && !later {
			return err
		}
		row, err = tx.TaskGet(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	flash := ui.Flash{Subject: row.Subject, Message: noted("put off: "+formats.DueText(row.DueOn, row.DueAt), formats.Note(due)), Undo: changesURL(set)}
	if later {
		flash = ui.Flash{Subject: row.Subject, Message: "is due later than that already: " + formats.DueText(row.DueOn, row.DueAt)}
	}
	if wantsFragment(c) {
		return t.renderDay(c, http.StatusOK, ui.Form{}, &flash)
	}
	if err := t.setFlash(c, flash); err != nil {
		return err
	}
	return t.redirect(c, backTo(c, "/tasks?layout=day"))
}

// Reminders are tasks whose time has come; every open page asks once a minute.
func (t tasks) Reminders(c echo.Context) error {
	ctx := c.Request().Context()
	var rows []tenantdb.TaskRemindersRow
	err := t.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		rows, err = tx.TaskReminders(ctx, &visiting(c).who.MemberID)
		return err
	})
	if err != nil {
		return err
	}
	shell := t.shell(c, "day", "Reminders")
	return t.render(c, http.StatusOK, views.RemindersPage(shell, rows), views.Reminders(shell, rows))
}

// Reminded takes a reminder away.
func (t tasks) Reminded(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	err = t.db.Tenant(ctx, func(tx *db.TenantTx) error {
		if _, err := tx.TaskGet(ctx, id); err != nil {
			return err
		}
		_, err := tx.TaskReminderDone(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	if wantsFragment(c) {
		return c.HTML(http.StatusOK, "")
	}
	return t.redirect(c, backTo(c, entity.Tasks.URL(id)))
}
