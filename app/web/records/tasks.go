package records

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Tasks serves the tasks.
type Tasks struct{ *Handler }

// NewTasks returns their handler.
func NewTasks(n Notes) Tasks {
	h := New(views.LookOf(entity.Task), n)
	h.Layouts = taskLayouts
	h.Actions = func(r entity.Record) []templ.Component { return []templ.Component{views.CompleteButton(r)} }
	return Tasks{h}
}

func taskLayouts(p views.ListPage) []views.LayoutLink {
	return []views.LayoutLink{
		{Label: "My day", URL: "/tasks?layout=day", Current: p.Layout == "day", Icon: ui.IconCheck},
		{Label: "List", URL: "/tasks", Current: p.Layout != "day", Icon: ui.IconTable2},
	}
}

// List is the table, or My day.
func (t Tasks) List(c echo.Context) error {
	t.Handler = t.of(c)
	if c.QueryParam("layout") == "day" {
		return t.renderDay(c, http.StatusOK, ui.Form{}, nil)
	}
	return t.Handler.List(c)
}

// dayLimit is how many open tasks My day shows.
const dayLimit = 200

func (t Tasks) renderDay(c echo.Context, status int, f ui.Form, flash *ui.Flash) error {
	ctx := c.Request().Context()
	p := views.DayPage{Shell: page.Shell(c, "day", "My day"), Form: f, Layouts: taskLayouts(views.ListPage{Layout: "day"})}
	if flash != nil {
		p.Flash = flash
	}
	err := t.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		me := page.From(c).Who.MemberID
		return tx.Batch(
			func() error {
				rows, err := taskDay(ctx, tx.Queries, me, p.Formats, dayLimit+1)
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
			},
			func() (err error) { p.Deals, err = waitingDeals(ctx, tx, me, p.Formats); return err },
		)
	})
	if err != nil {
		return err
	}
	return page.Render(c, status, views.Day(p), views.DayAgain(p, flash))
}

// waitingDeals are a member's open deals that are past their close date, and those to which
// nothing happened for long.
func waitingDeals(ctx context.Context, tx *db.TenantTx, member uuid.UUID, f entity.Formats) ([]views.DealGroup, error) {
	look := views.LookOf(entity.Deal)
	late, _ := f.Range("overdue")
	idle := entity.Range{Until: f.Now.Add(-views.IdleAfter), Open: true}
	groups := make([]views.DealGroup, 2)
	read := func(group *views.DealGroup, title, field, sort string, dates entity.Range) func() error {
		return func() error {
			filter := tenantdb.Filter{OwnerID: member, Dates: map[string]entity.Range{field: dates}}
			rows, more, err := tx.RecordList(ctx, look.Entity, tenantdb.List{Filter: filter,
				Page: tenantdb.Page{Sort: sort, Limit: relatedLimit, Zone: f.Location()}, Fields: look.LineFields()})
			all := views.FilterQuery(look, filter)
			all.Set("layout", "table")
			*group = views.DealGroup{Title: title, More: more != "", AllURL: look.Path + "?" + all.Encode()}
			for _, r := range rows {
				group.Lines = append(group.Lines, views.LineOf(look, r, f))
			}
			return err
		}
	}
	err := tx.Batch(
		read(&groups[0], "Deals past their close date", "expected_close_date", "expected_close_date", late),
		read(&groups[1], "Deals that rest", "active_at", "updated_at", idle),
	)
	return slices.DeleteFunc(groups, func(g views.DealGroup) bool { return len(g.Lines) == 0 }), err
}

// Understood says what the date is that a quick line has, as it is typed.
func (t Tasks) Understood(c echo.Context) error {
	t.Handler = t.of(c)
	formats := page.From(c).Formats(c)
	quick := formats.QuickAdd(clip(entity.Line(c.QueryParam("quick"))))
	text := formats.DueText(quick.Due.On, quick.Due.At)
	if text != "" {
		text = "Due " + text
	}
	if quick.Repeat != "" {
		text += ", " + strings.ToLower(views.RepeatLabel(quick.Repeat))
	}
	return page.Render(c, http.StatusOK, views.Understood(noted(text, formats.Note(quick.Due))), nil)
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
func (t Tasks) Create(c echo.Context) error {
	t.Handler = t.of(c)
	posted := c.Request().PostForm
	if !posted.Has("quick") {
		return t.Handler.Create(c)
	}
	ctx := c.Request().Context()
	f := page.ReadForm(c, []ui.Field{{Name: "quick", Label: "The task", Kind: ui.KindText, Max: 300, Required: true}}, true)
	if f.Values["quick"] == "" {
		f.Errors["quick"] = "Write what is to be done, and when: “Call Anna tomorrow 14:00”."
	}
	back := cmp.Or(page.SafePath(posted.Get("return")), "/tasks?layout=day")
	formats := page.From(c).Formats(c)
	quick := formats.QuickAdd(f.Values["quick"])
	v := t.Look.New(page.From(c).Who.MemberID, formats)
	v["subject"], v["due_at"], v["repeat"], v["type"] = entity.Text(quick.Subject), quick.Due, entity.Text(quick.Repeat),
		entity.Text(quickType(quick.Subject))
	if id, err := uuid.Parse(posted.Get("subject_id")); err == nil {
		v["subject_id"], v["subject_type"] = entity.Ref{ID: id}, entity.Text(posted.Get("subject_type"))
	}
	var set uuid.UUID
	if f.Valid() {
		err := t.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			set = tx.ChangeSet()
			_, err = crm.Create(ctx, tx, crm.Draft{Kind: entity.Task, Values: v, By: by(c)})
			return err
		})
		if err != nil && !f.Refused(err) {
			return err
		}
		for _, m := range f.Errors {
			f.Fail("quick", m)
		}
	}
	if !f.Valid() && back != "/tasks?layout=day" {
		return page.Say(c, back, f.Errors["quick"])
	}
	if !f.Valid() {
		return t.renderDay(c, http.StatusUnprocessableEntity, f.Form, nil)
	}
	flash := ui.Flash{Subject: quick.Subject, Message: "added", Undo: page.UndoURL(set)}
	if when := formats.DueText(quick.Due.On, quick.Due.At); when != "" {
		flash.Message = "added, due " + when
	}
	if quick.Repeat != "" {
		flash.Message += ", " + strings.ToLower(views.RepeatLabel(quick.Repeat))
	}
	flash.Message = noted(flash.Message, formats.Note(quick.Due))
	if page.WantsFragment(c) && back == "/tasks?layout=day" {
		return t.renderDay(c, http.StatusOK, ui.Form{}, &flash)
	}
	if err := page.SetFlash(c, flash); err != nil {
		return err
	}
	return page.Redirect(c, back)
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
func (t Tasks) Complete(c echo.Context) error {
	t.Handler = t.of(c)
	return t.tick(c, "completed", func(ctx context.Context, tx *db.TenantTx, id uuid.UUID) error {
		return crm.TaskComplete(ctx, tx, id, by(c))
	})
}

// Reopen takes it back.
func (t Tasks) Reopen(c echo.Context) error {
	t.Handler = t.of(c)
	return t.tick(c, "open again", crm.TaskReopen)
}

func (t Tasks) tick(c echo.Context, message string, change func(context.Context, *db.TenantTx, uuid.UUID) error) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	var set uuid.UUID
	var row tenantdb.TaskGetRow
	err = t.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
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
	flash := ui.Flash{Subject: row.Subject, Message: message, Undo: page.UndoURL(set)}
	if page.WantsFragment(c) {
		line := views.TaskLine{
			ID: row.ID, Subject: row.Subject, Type: row.Type, Priority: row.Priority, Done: row.Status == "done", DueOn: row.DueOn, DueAt: row.DueAt,
			Repeat: row.Repeat,
		}
		shell := page.Shell(c, "", "")
		return page.Render(c, http.StatusOK, nil, views.TaskLineFragment(shell, line, &flash))
	}
	if err := page.SetFlash(c, flash); err != nil {
		return err
	}
	return page.Redirect(c, page.BackTo(c, entity.Tasks.URL(id)))
}

// Snooze puts a task off.
func (t Tasks) Snooze(c echo.Context) error {
	t.Handler = t.of(c)
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	formats := page.From(c).Formats(c)
	due, ok := formats.ParseDue(entity.Line(c.FormValue("due_at")))
	if !ok {
		return &page.Problem{Status: http.StatusUnprocessableEntity, Title: "We could not read when",
			Text: "Choose one of the menu, or open the task and write a day."}
	}
	var set uuid.UUID
	var later bool
	var row tenantdb.TaskGetRow
	err = t.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		set = tx.ChangeSet()
		err = crm.TaskSnooze(ctx, tx, id, due, formats.Location())
		if later = errors.Is(err, crm.ErrSooner); err != nil && !later {
			return err
		}
		row, err = tx.TaskGet(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	flash := ui.Flash{Subject: row.Subject, Message: noted("put off: "+formats.DueText(row.DueOn, row.DueAt), formats.Note(due)),
		Undo: page.UndoURL(set)}
	if later {
		flash = ui.Flash{Subject: row.Subject, Message: "is due later than that already: " + formats.DueText(row.DueOn, row.DueAt)}
	}
	if page.WantsFragment(c) {
		return t.renderDay(c, http.StatusOK, ui.Form{}, &flash)
	}
	if err := page.SetFlash(c, flash); err != nil {
		return err
	}
	return page.Redirect(c, page.BackTo(c, "/tasks?layout=day"))
}

// Reminders are tasks whose time has come. An open page asks when the next one is, which the
// answer says in seconds.
func (t Tasks) Reminders(c echo.Context) error {
	t.Handler = t.of(c)
	ctx := c.Request().Context()
	var rows []tenantdb.TaskRemindersRow
	var next time.Time
	err := t.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		me := page.From(c).Who.MemberID
		if rows, err = tx.TaskReminders(ctx, &me); err != nil {
			return err
		}
		next, err = tx.TaskReminderNext(ctx, &me)
		return err
	})
	if err != nil {
		return err
	}
	if wait := time.Until(next); wait > 0 {
		c.Response().Header().Set("Paddock-Next", strconv.Itoa(int(wait.Seconds())+1))
	}
	shell := page.Shell(c, "day", "Reminders")
	return page.Render(c, http.StatusOK, views.RemindersPage(shell, rows), views.Reminders(shell, rows))
}

// Reminded takes a reminder away.
func (t Tasks) Reminded(c echo.Context) error {
	t.Handler = t.of(c)
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	err = t.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		if _, err := tx.TaskGet(ctx, id); err != nil {
			return err
		}
		_, err := tx.TaskReminderDone(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	if page.WantsFragment(c) {
		return c.HTML(http.StatusOK, "")
	}
	return page.Redirect(c, page.BackTo(c, entity.Tasks.URL(id)))
}
