package records

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Edit is the whole form, or the record with one field open in place.
func (r *Handler) Edit(c echo.Context) error {
	r = r.of(c)
	rec, err := r.live(c)
	if err != nil {
		return err
	}
	if rec.Locked != "" {
		return r.renderRecord(c, http.StatusConflict, views.RecordPage{Record: rec, Notice: rec.Locked})
	}
	inputs := views.Inputs(r.Look.Entity, rec.Values, page.From(c).Formats(c))
	version := strconv.Itoa(int(rec.Version))
	field := c.QueryParam("field")
	if _, ok := r.Look.Input(field); !page.WantsFragment(c) || !ok {
		return r.renderForm(c, http.StatusOK, views.FormPage{ID: rec.ID, Name: rec.Name(), Version: version, Was: inputs,
			Form: ui.Form{Values: inputs}})
	}
	p := views.RecordPage{Record: rec, Editing: field, Form: ui.Form{Values: inputs}, Version: version}
	if err := r.fillOptions(c, &p.Form); err != nil {
		return err
	}
	return r.renderRecord(c, http.StatusOK, p)
}

// Update saves the posted fields, of the whole form or of one in place.
func (r *Handler) Update(c echo.Context) error {
	r = r.of(c)
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	var rec views.Record
	var f *recordForm
	var set uuid.UUID
	var changed bool
	for range writeTries {
		err = r.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			if rec, err = r.liveIn(c, tx, id); err != nil {
				return err
			}
			set = tx.ChangeSet()
			posted := c.Request().PostForm
			wrong, err := r.picked(ctx, tx.Queries, posted)
			if err != nil {
				return err
			}
			f = readRecord(c, r.Look.Entity, posted, rec.Values, false)
			if f.notPicked(wrong); f.Valid() {
				if err := f.makePicked(ctx, tx, by(c)); err != nil {
					return err
				}
			}
			change := crm.Change{Record: rec.Record, Version: f.Version(c), Set: f.set, Seen: f.seen, By: by(c)}
			conflict := change.Conflict()
			if change.Version > 0 && change.Version != rec.Version {
				if hidden := f.hidden(rec.Values); len(hidden) > 0 {
					if conflict == nil {
						conflict = &crm.Conflict{Now: rec.Record}
					}
					conflict.Differences = append(conflict.Differences, hidden...)
				}
			}
			if conflict != nil {
				return conflict // before other mistakes: their mending must not hide it
			}
			if !f.Valid() {
				return errInvalid
			}
			now := rec.Record
			change.Now = &now
			if changed, err = crm.Save(ctx, tx, change); err == nil {
				rec = r.record(now)
			}
			return err
		})
		if !errors.Is(err, crm.ErrChanged) {
			break
		}
	}
	field := c.Request().PostForm.Get("field")
	inPlace := field != "" && page.WantsFragment(c)
	var conflict *crm.Conflict
	switch {
	case errors.As(err, &conflict):
		return r.renderConflict(c, rec, f, field, inPlace, conflict)
	case errors.Is(err, errInvalid) || err != nil && f != nil && f.Refused(err):
		// The form goes back with the version it came with: only who has seen a
		// change may write over it.
		return r.renderAgain(c, http.StatusUnprocessableEntity, rec, f, page.SeenVersion(c), field, inPlace, nil)
	case err != nil:
		return err
	}
	saved := ui.Flash{Message: noted("Changes saved", f.notes...), Undo: page.UndoURL(set)}
	if !changed {
		saved = ui.Flash{Message: "Nothing was changed"}
	}
	if inPlace {
		return r.renderRecord(c, http.StatusOK, views.RecordPage{Record: rec, Changed: field, Saved: &saved})
	}
	if err := page.SetFlash(c, saved); err != nil {
		return err
	}
	return page.Redirect(c, rec.URL())
}

// renderConflict shows what somebody else saved meanwhile beside what was
// typed. Saving again is then a choice, and goes over the version shown.
func (r *Handler) renderConflict(c echo.Context, rec views.Record, f *recordForm, field string, inPlace bool,
	conflict *crm.Conflict) error {
	if err := r.fillOptions(c, &f.Form.Form); err != nil {
		return err
	}
	formats := page.From(c).Formats(c)
	seen, _ := strconv.ParseInt(page.SeenVersion(c), 10, 32)
	who, err := page.ChangedBy(c, r.DB, rec.ID, rec.Version-int32(seen))
	if err != nil {
		return err
	}
	var differences []views.Difference
	for _, d := range conflict.Differences {
		shown := views.Difference{
			Label: d.Field.Label, Theirs: d.Field.Type.Show(d.Theirs, d.Field, formats),
			Yours: d.Field.Type.Show(withNames(d.Mine, f.Options[d.Field.Name]), d.Field, formats),
		}
		if f.mistaken(d.Field) {
			shown.Yours = f.Values[d.Field.Name]
		}
		differences = append(differences, shown)
		if inPlace {
			now := "is empty now"
			if shown.Theirs != "" {
				now = "now reads “" + shown.Theirs + "”"
			}
			said := who + " saved this " + r.Look.One + " meanwhile. " + shown.Label + " " + now + ". Save again to put yours there."
			f.Errors[field] = strings.TrimSpace(f.Errors[field] + " " + said)
		}
	}
	return r.renderAgain(c, http.StatusConflict, rec, f, strconv.Itoa(int(rec.Version)), field, inPlace,
		&views.Conflict{Who: who, Differences: differences})
}

// withNames gives references the names that they have among a form's options.
func withNames(v entity.Value, options []ui.Option) entity.Value {
	switch v := v.(type) {
	case entity.Ref:
		v.Name = ui.Label(options, v.ID.String())
		return v
	case entity.Refs:
		out := slices.Clone(v)
		for i := range out {
			out[i].Name = ui.Label(options, out[i].ID.String())
		}
		return out
	}
	return v
}

// renderAgain shows the form or the open field with what was typed.
func (r *Handler) renderAgain(c echo.Context, status int, rec views.Record, f *recordForm, version, field string, inPlace bool,
	conflict *views.Conflict) error {
	if inPlace {
		for _, message := range f.Errors {
			f.Fail(field, message) // there is no other place for it
		}
		if err := r.fillOptions(c, &f.Form.Form); err != nil {
			return err
		}
		return r.renderRecord(c, status, views.RecordPage{Record: rec, Editing: field, Form: f.Form.Form, Version: version})
	}
	f.lift(r.Look)
	f.show(rec.Values)
	return r.renderForm(c, status, views.FormPage{
		ID: rec.ID, Name: rec.Name(), Version: version, Was: views.Inputs(r.Look.Entity, rec.Values, f.formats), Form: f.Form.Form,
		Conflict: conflict,
	})
}

// writeTries is how often a write begins anew when somebody else writes the same record at
// the same moment.
const writeTries = 4

// errInvalid leaves a transaction whose form is wrong.
var errInvalid = errors.New("web: invalid form")
