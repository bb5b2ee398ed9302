package records

import (
	"cmp"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// New is the form of a new record. A link may fill in some of it: ?customer_id=…
func (r *Handler) New(c echo.Context) error {
	r = r.of(c)
	formats := page.From(c).Formats(c)
	f := ui.Form{Values: views.Inputs(r.Look.Entity, r.Look.New(page.From(c).Who.MemberID, formats), formats)}
	for _, in := range r.Look.Inputs {
		if v := c.QueryParam(in.Name); v != "" {
			f.Values[in.Name] = clip(v)
		}
	}
	p := views.FormPage{Form: f, Return: page.SafePath(c.QueryParam("return"))}
	if len(c.QueryParams()) > 0 {
		var err error
		if p.Matches, err = r.matches(c, c.QueryParams()); err != nil {
			return err
		}
	}
	return r.renderForm(c, http.StatusOK, p)
}

// Create makes a record of its form.
func (r *Handler) Create(c echo.Context) error {
	r = r.of(c)
	ctx := c.Request().Context()
	posted := c.Request().PostForm
	var wrong map[string]string
	if picks(posted) {
		err := r.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
			wrong, err = r.picked(ctx, tx.Queries, posted)
			return err
		})
		if err != nil {
			return err
		}
	}
	f := readRecord(c, r.Look.Entity, posted, r.Look.New(page.From(c).Who.MemberID, page.From(c).Formats(c)), true)
	f.notPicked(wrong)
	var id, set uuid.UUID
	var made entity.Record
	var found []views.Match
	if f.Valid() {
		err := r.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			set = tx.ChangeSet()
			if err := f.makePicked(ctx, tx, by(c)); err != nil {
				return err
			}
			return tx.Batch(
				func() (err error) {
					id, err = crm.Create(ctx, tx, crm.Draft{Kind: r.Look.Kind, Values: f.values(), By: by(c), Made: &made})
					return err
				},
				func() error { // what is only similar was shown as the form was filled in
					matches, err := crm.MatchesOf(ctx, tx, r.Look.Kind, f.values(), crm.Among{Except: id, Surely: true})
					found = shownMatches(matches)
					return err
				},
			)
		})
		if err != nil && !f.Refused(err) {
			return err
		}
	}
	if !f.Valid() {
		f.lift(r.Look)
		p := views.FormPage{Form: f.Form.Form, Return: page.SafePath(posted.Get("return"))}
		var err error
		if p.Matches, err = r.matches(c, posted); err != nil {
			return err
		}
		return r.renderForm(c, http.StatusUnprocessableEntity, p)
	}
	flash := ui.Flash{Subject: made.Name(), Message: noted("added", f.notes...), Undo: page.UndoURL(set)}
	back := page.SafePath(posted.Get("return"))
	if mayBe(&flash, found); back != "" && flash.See == "" {
		flash.See, flash.SeeURL = "Open", made.URL()
	}
	if err := page.SetFlash(c, flash); err != nil {
		return err
	}
	return page.Redirect(c, cmp.Or(back, r.Look.URL(id)))
}

// noted is a message with what else should be said.
func noted(message string, notes ...string) string {
	for _, n := range notes {
		if n != "" {
			message += ". " + n
		}
	}
	return message
}

func (r *Handler) renderForm(c echo.Context, status int, p views.FormPage) error {
	title := "New " + r.Look.One
	if p.ID != uuid.Nil {
		title = "Edit " + p.Name
	}
	p.Look, p.Shell = r.Look, page.Shell(c, r.Look.Many, title)
	if err := r.fillOptions(c, &p.Form); err != nil {
		return err
	}
	return page.Render(c, status, views.RecordEdit(p), views.RecordForm(p))
}
