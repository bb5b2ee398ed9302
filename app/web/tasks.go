package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

type tasks struct {
	*records[tenantdb.TaskGetRow, tenantdb.TaskUpdateParams]
}

func newTasks(s *Server) tasks {
	return tasks{&records[tenantdb.TaskGetRow, tenantdb.TaskUpdateParams]{
		Server: s, entity: &views.Tasks, get: (*tenantdb.Queries).TaskGet, params: crm.TaskParams, bind: bindTask,
		list: func(ctx context.Context, q *tenantdb.Queries, f tenantdb.Filter, p tenantdb.Page, formats entity.Formats) ([]views.ListRow, string, error) {
			zone, err := q.ZoneName(ctx, formats.Location())
			if err != nil {
				return nil, "", err
			}
			p.Zone = zone
			rows, next, err := q.TaskList(ctx, f, p)
			return lines(rows, formats, views.TaskRow), next, err
		},
		head: func(r tenantdb.TaskGetRow, rec *views.Record) {
			rec.ID, rec.Version, rec.Name, rec.Tags = r.ID, r.Version, r.Subject, ui.Tags(r.Tags)
			rec.CreatedAt, rec.UpdatedAt, rec.DeletedAt = r.CreatedAt, r.UpdatedAt, r.DeletedAt
			rec.Labels["assignee_id"] = r.OwnerName
			rec.Badges = badges(views.TaskStatus(r.Status), views.Priority(r.Priority))
		},
		blank: func(c echo.Context) tenantdb.TaskUpdateParams {
			return tenantdb.TaskUpdateParams{Type: "todo", Status: "open", Priority: "normal", AssigneeID: &visiting(c).who.MemberID}
		},
		create: func(ctx context.Context, tx *db.TenantTx, formats entity.Formats, p tenantdb.TaskUpdateParams, tags []string) (uuid.UUID, error) {
			return crm.TaskCreate(ctx, tx.Queries, p, tags, formats.Location())
		},
		update: func(ctx context.Context, tx *db.TenantTx, formats entity.Formats, was tenantdb.TaskGetRow, p tenantdb.TaskUpdateParams, version int32, tags []string) error {
			p.Version = version
			return crm.TaskUpdate(ctx, tx.Queries, was, p, tags, crm.By{Member: tx.MemberID(), Zone: formats.Location()})
		},
		beside: func(ctx context.Context, q *tenantdb.Queries, r tenantdb.TaskGetRow, p *views.RecordPage) error {
			if p.CanWrite {
				p.Actions = append(p.Actions, views.CompleteButton(r))
			}
			if r.SubjectID == nil {
				return nil
			}
			names, err := namesOf(ctx, q, []uuid.UUID{*r.SubjectID})
			if e := views.EntityOf(tenantdb.Kind(r.SubjectType)); e != nil && names[*r.SubjectID] != "" {
				p.Record.Labels["subject_id"] = names[*r.SubjectID]
				p.Related = append(p.Related, views.Related{Entity: e, Rows: []views.RelatedRow{{URL: e.URL(*r.SubjectID), Name: names[*r.SubjectID]}}})
			}
			return err
		},
		layouts: taskLayouts,
	}}
}

func taskLayouts(p views.ListPage) []views.LayoutLink {
	return []views.LayoutLink{
		{Label: "My day", URL: "/tasks?layout=day", Current: p.Layout == "day", Icon: ui.IconCheck},
		{Label: "All tasks", URL: "/tasks", Current: p.Layout != "day", Icon: ui.IconTable2},
	}
}

func bindTask(b *binder, p *tenantdb.TaskUpdateParams) {
	b.text("subject", &p.Subject)
	b.text("type", &p.Type)
	b.text("status", &p.Status)
	b.text("priority", &p.Priority)
	b.due("due_at", &p.DueOn, &p.DueAt)
	b.moment("remind_at", &p.RemindAt)
	b.text("repeat", &p.Repeat)
	b.id("assignee_id", &p.AssigneeID)
	b.text("subject_type", &p.SubjectType)
	b.id("subject_id", &p.SubjectID)
	if p.SubjectID == nil {
		p.SubjectType = ""
	}
	b.text("description", &p.Description)
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
	in := t.blank(c)
	quick := formats.QuickAdd(f.Values["quick"])
	in.Subject, in.DueOn, in.DueAt, in.Repeat = quick.Subject, quick.Due.On, quick.Due.At, quick.Repeat
	if id, err := uuid.Parse(posted.Get("subject_id")); err == nil {
		in.SubjectID, in.SubjectType = &id, posted.Get("subject_type")
	}
	in.Type = quickType(in.Subject)
	var set uuid.UUID
	if f.Valid() {
		err := t.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			set = tx.ChangeSet()
			_, err = crm.TaskCreate(ctx, tx.Queries, in, nil, formats.Location())
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
	flash := ui.Flash{Subject: in.Subject, Message: "added", Undo: changesURL(set)}
	if when := formats.DueText(in.DueOn, in.DueAt); when != "" {
		flash.Message = "added, due " + when
	}
	if in.Repeat != "" {
		flash.Message += ", " + strings.ToLower(views.RepeatLabel(in.Repeat))
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
		return crm.TaskComplete(ctx, tx.Queries, id, crm.By{Member: tx.MemberID(), Zone: visiting(c).formats(c).Location()})
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
	return t.redirect(c, backTo(c, views.Tasks.URL(id)))
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
	return t.redirect(c, backTo(c, views.Tasks.URL(id)))
}
