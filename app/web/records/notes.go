package records

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Notes are Markdown. What that is as HTML is made when one is written and kept with
// it, under a mark of ours: a row that somebody else wrote, as in an archive, or that
// an older program did, is made anew when it is shown.

// Notes serves the notes on records.
type Notes struct {
	DB  *db.DB
	Box *seal.Box
}

const notePurpose = "note"

// notesBudget is how many bytes of notes a page shows whole, and noteBeginning how
// many characters of each one beyond.
const (
	notesBudget   = 512 << 10
	noteBeginning = 600
)

// html is what is kept with a note.
func (h Notes) html(body string) (html, mark string) {
	html = ui.Markdown(body)
	return html, h.mark(body, html)
}

func (h Notes) mark(body, html string) string {
	return h.Box.Mark(notePurpose, strconv.Itoa(ui.MarkdownVersion), body, html)
}

// shown is the note's HTML: the kept, where it is ours.
func (h Notes) shown(body, html, mark string) string {
	if mark != "" && mark == h.mark(body, html) {
		return html
	}
	return ui.Markdown(body)
}

// show decides what of its notes a timeline shows.
func (h Notes) show(p *views.TimelinePage) {
	p.Notes = map[uuid.UUID]views.NoteText{}
	left := notesBudget
	show := func(id uuid.UUID, body, html, mark string) {
		if _, done := p.Notes[id]; done {
			return
		}
		text := views.NoteText{}
		if left > 0 { // what is beyond it is not even made
			text.HTML = h.shown(body, html, mark)
		}
		if left -= len(text.HTML); left < 0 || text.HTML == "" {
			text = views.NoteText{Beginning: beginning(body)}
		}
		p.Notes[id] = text
	}
	for _, n := range p.Pinned {
		show(n.ID, n.Body, n.Html, n.HtmlMark)
	}
	for _, r := range p.Rows {
		if r.Kind == "note" {
			show(r.EntityID, r.Body, r.Html, r.HtmlMark)
		}
	}
}

func beginning(body string) string {
	r := []rune(body)
	return string(r[:min(len(r), noteBeginning)])
}

// Show is one note, whole.
func (h Notes) Show(c echo.Context) error {
	row, err := h.note(c)
	if err != nil {
		return err
	}
	p := views.NotePage{Shell: page.Shell(c, "", "Note"), Note: views.NoteOf(row), URL: views.RecordURL(row.SubjectType, row.SubjectID)}
	text := views.NoteText{HTML: h.shown(row.Body, row.Html, row.HtmlMark)}
	return page.Render(c, http.StatusOK, views.NoteShow(p, text), views.NoteWhole(p, text))
}

// renderTimeline answers a write to a record's notes: the timeline again for
// HTMX, the record's page otherwise.
func (h Notes) renderTimeline(c echo.Context, status int, again func(views.TimelinePage, *ui.Flash) templ.Component, kind string,
	id uuid.UUID, f ui.Form, flash *ui.Flash) error {
	e := views.LookOf(entity.Kind(kind))
	if !page.WantsFragment(c) && status == http.StatusOK {
		if flash != nil {
			if err := page.SetFlash(c, *flash); err != nil {
				return err
			}
		}
		return page.Redirect(c, e.URL(id))
	}
	ctx := c.Request().Context()
	p := timelinePage(c, e, id)
	p.Shell, p.Form = page.Shell(c, e.Many, e.Title()), f
	rec := views.Record{Look: e}
	err := h.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		if rec.Record, err = tx.RecordGet(ctx, e.Entity, id); err != nil {
			return err
		}
		p.Code = currencyOf(rec.Record)
		return readTimeline(ctx, tx, "", &p)
	})
	if err != nil {
		return err
	}
	h.show(&p)
	return page.Render(c, status, views.TimelineOnly(p, rec), again(p, flash))
}

var noteFields = []ui.Field{{Name: "body", Label: "The note", Kind: ui.KindArea, Required: true, Max: 20_000}}

// Create puts a note on a record.
func (h Notes) Create(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := uuid.Parse(c.FormValue("subject_id"))
	kind := c.FormValue("subject_type")
	if err != nil || !entity.Kind(kind).Valid() {
		return page.ErrNotFound
	}
	f := page.ReadForm(c, noteFields, true)
	f.Values["kind"] = c.FormValue("kind")
	if !page.HasOption(views.NoteKinds, f.Values["kind"]) {
		f.Values["kind"] = "note"
	}
	p := tenantdb.NoteInsertParams{SubjectType: kind, SubjectID: id, Kind: f.Values["kind"], Pinned: c.FormValue("pinned") == "true"}
	readCall(c, f, &p)
	if !f.Valid() {
		return h.renderTimeline(c, http.StatusUnprocessableEntity, views.TimelineAgain, kind, id, f.Form, nil)
	}
	var set uuid.UUID
	err = h.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		set = tx.ChangeSet()
		me := tx.MemberID()
		p.Body, p.AuthorID = f.Values["body"], &me
		p.Html, p.HtmlMark = h.html(p.Body)
		_, err := crm.NoteCreate(ctx, tx, p)
		return err
	})
	if err != nil {
		return err
	}
	return h.renderTimeline(c, http.StatusOK, views.TimelineAgain, kind, id, ui.Form{}, &ui.Flash{Message: "Saved", Undo: page.UndoURL(set)})
}

// readCall reads what is known of a call or a meeting besides what was said. An outcome stands
// for itself: "No answer" needs no note.
func readCall(c echo.Context, f *page.Form, p *tenantdb.NoteInsertParams) {
	if p.Kind != "call" && p.Kind != "meeting" {
		return
	}
	posted := c.Request().PostForm
	formats := page.From(c).Formats(c)
	for _, name := range []string{"outcome", "minutes", "at"} {
		f.Values[name] = clip(entity.Line(posted.Get(name)))
	}
	if p.Kind == "call" && page.HasOption(views.CallOutcomes, f.Values["outcome"]) {
		p.Outcome = f.Values["outcome"]
	}
	if p.Outcome != "" && f.Values["body"] == "" {
		delete(f.Errors, "body")
		f.Values["body"] = ui.Label(views.CallOutcomes, p.Outcome)
	}
	if v := f.Values["minutes"]; v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 || n > 24*60 {
			f.Fail("minutes", "Minutes are a whole number, up to 1,440.")
		} else {
			p.Minutes = new(int32(n)) //nolint:gosec // bounded above
		}
	}
	if v := f.Values["at"]; v != "" {
		due, ok := formats.ParseDue(v)
		at := due.At
		if now := time.Now(); at != nil && at.After(now) && at.Before(now.AddDate(0, 0, 1)) {
			at = new(at.AddDate(0, 0, -1)) // “14:00” was, of what has happened
		}
		if due.On != nil {
			at = new(entity.Clock{Hour: 12}.On(*due.On, formats.Location()))
		}
		switch {
		case !ok || at == nil:
			f.Fail("at", "We could not read when. “yesterday 14:00” or “9:30” will do.")
		case at.After(time.Now().Add(time.Minute)):
			f.Fail("at", "This is still to come: add a task for it.")
		default:
			p.At = at
		}
	}
}

// noteChanged says who was faster.
func (h Notes) noteChanged(c echo.Context, id uuid.UUID) error {
	who, err := page.ChangedBy(c, h.DB, id, 1)
	if err != nil {
		return err
	}
	return &page.Problem{Status: http.StatusConflict, Title: who + " changed this note meanwhile",
		Text: "Reload the page to see how it reads now, then decide again."}
}

// note returns the note of the path; pgx.ErrNoRows when there is none, or when
// what it is on was deleted.
func (h Notes) note(c echo.Context) (row tenantdb.NoteGetRow, err error) {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return row, err
	}
	err = h.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		row, err = tx.NoteGet(ctx, id)
		return err
	})
	if err == nil && row.DeletedAt != nil {
		err = pgx.ErrNoRows
	}
	return row, err
}

// Edit is a note’s form.
func (h Notes) Edit(c echo.Context) error {
	row, err := h.note(c)
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, row, ui.Form{Values: map[string]string{"body": row.Body}})
}

func (h Notes) render(c echo.Context, status int, row tenantdb.NoteGetRow, f ui.Form) error {
	p := views.NotePage{Shell: page.Shell(c, "", "Edit note"), Note: views.NoteOf(row), Form: f,
		URL: views.RecordURL(row.SubjectType, row.SubjectID)}
	if status != http.StatusOK && page.WantsFragment(c) {
		c.Response().Header().Set("HX-Retarget", "#note-form-"+row.ID.String())
	}
	return page.Render(c, status, views.NoteEdit(p), views.NoteForm(p))
}

// Update changes what it says, or pins it.
func (h Notes) Update(c echo.Context) error {
	ctx := c.Request().Context()
	row, err := h.note(c)
	if err != nil {
		return err
	}
	f := page.ReadForm(c, noteFields, false)
	p := tenantdb.NoteUpdateParams{ID: row.ID, Version: f.Version(c), Body: row.Body, Pinned: row.Pinned}
	if f.Present["body"] {
		p.Body = f.Values["body"]
	}
	if v := c.FormValue("pinned"); v != "" {
		p.Pinned = v == "true"
	}
	if !f.Valid() {
		return h.render(c, http.StatusUnprocessableEntity, row, f.Form)
	}
	p.Html, p.HtmlMark = h.html(p.Body)
	var set uuid.UUID
	err = h.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		set = tx.ChangeSet()
		return crm.NoteUpdate(ctx, tx, row, tx.MemberID(), p)
	})
	switch {
	case errors.Is(err, crm.ErrChanged) && !f.Present["body"]:
		return h.noteChanged(c, row.ID)
	case errors.Is(err, crm.ErrChanged):
		who, err := page.ChangedBy(c, h.DB, row.ID, row.Version-p.Version)
		if err != nil {
			return err
		}
		f.Fail("body", who+" changed this note meanwhile. It reads now: "+row.Body)
		return h.render(c, http.StatusConflict, row, f.Form)
	case err != nil:
		return forbidden(err)
	}
	return h.renderTimeline(c, http.StatusOK, views.HappenedAgain, row.SubjectType, row.SubjectID, ui.Form{},
		&ui.Flash{Message: "Note saved", Undo: page.UndoURL(set)})
}

// Delete takes it away; its author may, and who manages the workspace.
func (h Notes) Delete(c echo.Context) error {
	ctx := c.Request().Context()
	row, err := h.note(c)
	if err != nil {
		return err
	}
	f := &page.Form{Form: ui.Form{Errors: map[string]string{}}}
	version := f.Version(c)
	if !f.Valid() {
		return &page.Problem{Status: http.StatusUnprocessableEntity, Title: "We can’t tell which version you saw", Text: f.Error("")}
	}
	var set uuid.UUID
	err = h.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		set = tx.ChangeSet()
		if err := crm.NoteDelete(ctx, tx, row, tx.MemberID(), page.From(c).Who.Role.May(auth.Manage), version); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, "A note")
	})
	if errors.Is(err, crm.ErrChanged) {
		return h.noteChanged(c, row.ID)
	}
	if err != nil {
		return forbidden(err)
	}
	return h.renderTimeline(c, http.StatusOK, views.HappenedAgain, row.SubjectType, row.SubjectID, ui.Form{},
		&ui.Flash{Message: "Note deleted", Undo: page.UndoURL(set)})
}

// forbidden is refusal for what another person may do.
func forbidden(err error) error {
	if no, ok := errors.AsType[*crm.RefusalError](err); ok {
		return &page.Problem{Status: http.StatusForbidden, Title: "This is somebody else’s", Text: no.Reason}
	}
	return err
}

// Names answers with the members whom a note can name.
func (n Notes) Names(c echo.Context) error {
	ctx := c.Request().Context()
	var names []string
	err := n.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		members, err := tx.MemberList(ctx)
		for _, m := range members {
			if m.Active {
				names = append(names, m.Name)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.String(http.StatusOK, views.MentionList(names))
}
