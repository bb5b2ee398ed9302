package web

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// timelineSize is how many lines a timeline shows at once.
const timelineSize = 30

func (s *Server) timelinePage(c echo.Context, look *views.Look, id uuid.UUID) views.TimelinePage {
	v := visiting(c)
	return views.TimelinePage{Look: look, ID: id, Me: v.who.MemberID, Manages: v.who.Role.May(auth.Manage)}
}

// readTimeline reads a page of the timeline: from its top, with what is pinned,
// or behind the line that after names.
func readTimeline(ctx context.Context, q *tenantdb.Queries, after string, p *views.TimelinePage) error {
	at, key := time.Now().Add(time.Hour), "~" // before anything
	if after != "" {
		var err error
		if at, key, err = parseMoment(after); err != nil {
			return err
		}
	}
	rows, err := q.Timeline(ctx, tenantdb.TimelineParams{SubjectID: p.ID, At: at, Key: key, N: timelineSize + 1})
	if err != nil {
		return err
	}
	if len(rows) > timelineSize {
		rows = rows[:timelineSize]
		last := rows[timelineSize-1]
		p.Next = momentCursor(last.At, last.Key)
	}
	p.Rows = rows
	if p.Look.Subject() != nil && after == "" {
		// Its own changes show on the timeline of what it is about, and here.
		own, err := q.EntityChanges(ctx, p.ID, timelineSize)
		if err != nil {
			return err
		}
		p.Rows = mergeTimeline(p.Rows, own)
	}
	if p.Names, err = namesOf(ctx, q, views.ChangedIDs(p.Rows)); err != nil || after != "" {
		return err
	}
	if p.Pinned, err = q.NotesPinned(ctx, p.ID); err != nil {
		return err
	}
	members, err := q.MemberList(ctx)
	for _, m := range members {
		if m.Active && len(p.Members) < 200 {
			p.Members = append(p.Members, m.Name)
		}
	}
	return err
}

// mergeTimeline adds the changes that the timeline does not have.
func mergeTimeline(rows []tenantdb.TimelineRow, own []tenantdb.EntityChangesRow) []tenantdb.TimelineRow {
	have := map[string]bool{}
	for _, r := range rows {
		have[r.Kind+r.Key] = true
	}
	for _, c := range own {
		key := fmt.Sprintf("%020d", c.ID) // as Timeline's own
		if have["change"+key] {
			continue
		}
		set := c.ChangeSet
		rows = append(rows, tenantdb.TimelineRow{
			Kind: "change", Key: key, At: c.At, MemberID: c.MemberID, MemberName: c.MemberName,
			Entity: c.Entity, EntityID: c.EntityID, Op: c.Op, Before: c.Before, After: c.After, ChangeSet: &set,
		})
	}
	slices.SortStableFunc(rows, func(a, b tenantdb.TimelineRow) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(b.Key, a.Key))
	})
	return rows
}

// A moment cursor names a line by its time and a key that tells those of the
// same time apart.
func momentCursor(at time.Time, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(at.UTC().Format(time.RFC3339Nano) + " " + key))
}

func parseMoment(s string) (time.Time, string, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || !storable(string(b)) {
		return time.Time{}, "", tenantdb.ErrBadCursor
	}
	text, key, ok := strings.Cut(string(b), " ")
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || !ok {
		return time.Time{}, "", tenantdb.ErrBadCursor
	}
	return at, key, nil
}

// Timeline is a record's timeline from its top, or its next lines.
func (r *records) Timeline(c echo.Context) error {
	ctx := c.Request().Context()
	rec, err := r.live(c)
	if err != nil {
		return err
	}
	p := r.timelinePage(c, r.look, rec.ID)
	p.Code = currencyOf(rec.Record)
	p.Shell = r.shell(c, r.look.Many, rec.Name())
	after := c.QueryParam("after")
	err = r.db.TenantRead(ctx, func(tx *db.TenantTx) error { return readTimeline(ctx, tx.Queries, after, &p) })
	if err != nil {
		return err
	}
	r.showNotes(&p)
	if after == "" {
		return r.render(c, http.StatusOK, views.TimelineOnly(p, rec), views.Happened(p))
	}
	return r.render(c, http.StatusOK, views.TimelineOnly(p, rec), views.TimelineRows(p))
}

// renderTimeline answers a write to a record's notes: the timeline again for
// HTMX, the record's page otherwise.
func (s *Server) renderTimeline(c echo.Context, status int, again func(views.TimelinePage, *ui.Flash) templ.Component, kind string, id uuid.UUID, f ui.Form, flash *ui.Flash) error {
	e := views.LookOf(entity.Kind(kind))
	if !wantsFragment(c) && status == http.StatusOK {
		if flash != nil {
			if err := s.setFlash(c, *flash); err != nil {
				return err
			}
		}
		return s.redirect(c, e.URL(id))
	}
	ctx := c.Request().Context()
	p := s.timelinePage(c, e, id)
	p.Shell, p.Form = s.shell(c, e.Many, e.Title()), f
	rec := views.Record{Look: e}
	err := s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		if rec.Record, err = tx.RecordGet(ctx, e.Entity, id); err != nil {
			return err
		}
		p.Code = currencyOf(rec.Record)
		return readTimeline(ctx, tx.Queries, "", &p)
	})
	if err != nil {
		return err
	}
	s.showNotes(&p)
	return s.render(c, status, views.TimelineOnly(p, rec), again(p, flash))
}

var noteFields = []ui.Field{{Name: "body", Label: "The note", Kind: ui.KindArea, Required: true, Max: 20_000}}

func (s *Server) noteCreate(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := uuid.Parse(c.FormValue("subject_id"))
	kind := c.FormValue("subject_type")
	if err != nil || !entity.Kind(kind).Valid() {
		return errNotFound
	}
	f := readForm(c, noteFields, true)
	f.Values["kind"] = c.FormValue("kind")
	if !hasOption(views.NoteKinds, f.Values["kind"]) {
		f.Values["kind"] = "note"
	}
	if !f.Valid() {
		return s.renderTimeline(c, http.StatusUnprocessableEntity, views.TimelineAgain, kind, id, f.Form, nil)
	}
	var set uuid.UUID
	err = s.db.Tenant(ctx, func(tx *db.TenantTx) error {
		set = tx.ChangeSet()
		me := tx.MemberID()
		html, mark := s.noteHTML(f.Values["body"])
		_, err := crm.NoteCreate(ctx, tx.Queries, tenantdb.NoteInsertParams{
			SubjectType: kind, SubjectID: id, Kind: f.Values["kind"], Body: f.Values["body"], Pinned: c.FormValue("pinned") == "true", AuthorID: &me, Html: html, HtmlMark: mark,
		})
		return err
	})
	if err != nil {
		return err
	}
	return s.renderTimeline(c, http.StatusOK, views.TimelineAgain, kind, id, ui.Form{}, &ui.Flash{Message: "Saved", Undo: changesURL(set)})
}

var errNoteChanged = &problem{status: http.StatusConflict, title: "Somebody else changed this note meanwhile", text: "Reload the page to see how it reads now, then decide again."}

// note returns the note of the path; pgx.ErrNoRows when there is none, or when
// what it is on was deleted.
func (s *Server) note(c echo.Context) (row tenantdb.NoteGetRow, err error) {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return row, err
	}
	err = s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		row, err = tx.NoteGet(ctx, id)
		return err
	})
	if err == nil && row.DeletedAt != nil {
		err = pgx.ErrNoRows
	}
	return row, err
}

func (s *Server) noteEdit(c echo.Context) error {
	row, err := s.note(c)
	if err != nil {
		return err
	}
	return s.renderNote(c, http.StatusOK, row, ui.Form{Values: map[string]string{"body": row.Body}})
}

func (s *Server) renderNote(c echo.Context, status int, row tenantdb.NoteGetRow, f ui.Form) error {
	p := views.NotePage{Shell: s.shell(c, "", "Edit note"), Note: views.NoteOf(row), Form: f, URL: views.RecordURL(row.SubjectType, row.SubjectID)}
	if status != http.StatusOK && wantsFragment(c) {
		c.Response().Header().Set("HX-Retarget", "#note-form-"+row.ID.String())
	}
	return s.render(c, status, views.NoteEdit(p), views.NoteForm(p))
}

func (s *Server) noteUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	row, err := s.note(c)
	if err != nil {
		return err
	}
	f := readForm(c, noteFields, false)
	p := tenantdb.NoteUpdateParams{ID: row.ID, Version: f.version(c), Body: row.Body, Pinned: row.Pinned}
	if f.present["body"] {
		p.Body = f.Values["body"]
	}
	if v := c.FormValue("pinned"); v != "" {
		p.Pinned = v == "true"
	}
	if !f.Valid() {
		return s.renderNote(c, http.StatusUnprocessableEntity, row, f.Form)
	}
	p.Html, p.HtmlMark = s.noteHTML(p.Body)
	var set uuid.UUID
	err = s.db.Tenant(ctx, func(tx *db.TenantTx) error {
		set = tx.ChangeSet()
		return crm.NoteUpdate(ctx, tx.Queries, row, tx.MemberID(), p)
	})
	switch {
	case errors.Is(err, crm.ErrChanged) && !f.present["body"]:
		return errNoteChanged
	case errors.Is(err, crm.ErrChanged):
		f.fail("body", "Somebody else changed this note meanwhile. Theirs is: "+row.Body)
		return s.renderNote(c, http.StatusConflict, row, f.Form)
	case err != nil:
		return forbidden(err)
	}
	return s.renderTimeline(c, http.StatusOK, views.HappenedAgain, row.SubjectType, row.SubjectID, ui.Form{}, &ui.Flash{Message: "Note saved", Undo: changesURL(set)})
}

func (s *Server) noteDelete(c echo.Context) error {
	ctx := c.Request().Context()
	row, err := s.note(c)
	if err != nil {
		return err
	}
	f := &form{Form: ui.Form{Errors: map[string]string{}}}
	version := f.version(c)
	if !f.Valid() {
		return &problem{status: http.StatusUnprocessableEntity, title: "We can’t tell which version you saw", text: f.Error("")}
	}
	var set uuid.UUID
	err = s.db.Tenant(ctx, func(tx *db.TenantTx) error {
		set = tx.ChangeSet()
		if err := crm.NoteDelete(ctx, tx.Queries, row, tx.MemberID(), visiting(c).who.Role.May(auth.Manage), version); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, "A note")
	})
	if errors.Is(err, crm.ErrChanged) {
		return errNoteChanged
	}
	if err != nil {
		return forbidden(err)
	}
	return s.renderTimeline(c, http.StatusOK, views.HappenedAgain, row.SubjectType, row.SubjectID, ui.Form{}, &ui.Flash{Message: "Note deleted", Undo: changesURL(set)})
}

// forbidden is refusal for what another person may do.
func forbidden(err error) error {
	var no *crm.RefusalError
	if errors.As(err, &no) {
		return &problem{status: http.StatusForbidden, title: "This is somebody else’s", text: no.Reason}
	}
	return err
}

// undo takes back what one transaction changed.
func (s *Server) undo(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	var back crm.Undone
	err = s.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		by := crm.By{Member: tx.MemberID(), Manages: visiting(c).who.Role.May(auth.Manage)}
		if back, err = crm.Undo(ctx, tx.Queries, id, by); err != nil || len(back.Removed) == 0 {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, ui.Plural(len(back.Removed), "record", "records")+", by undoing how it was made")
	})
	if err != nil {
		return err
	}
	if err := s.setFlash(c, ui.Flash{Message: "Undone"}); err != nil {
		return err
	}
	path := backTo(c, "/")
	if slices.ContainsFunc(back.Removed, func(id uuid.UUID) bool { return strings.Contains(path, id.String()) }) {
		path = path[:strings.LastIndexByte(path, '/')] // its page went with the undo
		if url := views.RecordURL(string(back.Kind), back.ID); url != "" {
			path = url
		}
		return s.redirect(c, path)
	}
	if url := views.RecordURL(string(back.Kind), back.ID); url != "" && (path == "/" || strings.HasPrefix(path, "/handoff")) {
		path = url
	}
	return s.redirect(c, path)
}
