package records

import (
	"errors"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// OwnerForm asks to whom a record is handed over, and what goes along.
func (r *Handler) OwnerForm(c echo.Context) error {
	r = r.of(c)
	rec, err := r.live(c)
	if err != nil {
		return err
	}
	if rec.Locked != "" {
		return r.renderRecord(c, http.StatusConflict, views.RecordPage{Record: rec, Notice: rec.Locked})
	}
	return r.renderOwner(c, http.StatusOK, rec, nil, ui.Form{})
}

// renderOwner shows the form; along are the kinds that are ticked, nil for all.
func (r *Handler) renderOwner(c echo.Context, status int, rec views.Record, along []string, f ui.Form) error {
	ctx := c.Request().Context()
	p := views.OwnerPage{Shell: page.Shell(c, r.Look.Many, "Hand over "+rec.Name()), Record: rec, Form: f, Me: page.From(c).Who.MemberID}
	err := r.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		members, err := tx.MemberList(ctx)
		if err != nil {
			return err
		}
		for _, m := range members {
			if owner := rec.Values.ID(r.Look.Owner().Name); m.Active && (owner == nil || *owner != m.ID) {
				p.Members = append(p.Members, m)
			}
		}
		p.Beside, err = crm.Beside(ctx, tx, rec.Record)
		return err
	})
	if err != nil {
		return err
	}
	for _, x := range p.Beside {
		if along == nil || slices.Contains(along, string(x.Kind)) {
			p.Along = append(p.Along, x.Kind)
		}
	}
	return page.Render(c, status, views.Owner(p), nil)
}

// Owner hands the record over.
func (r *Handler) Owner(c echo.Context) error {
	r = r.of(c)
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	posted := c.Request().PostForm
	name := r.Look.Owner().Name
	f := &page.Form{Form: ui.Form{Values: map[string]string{}, Errors: map[string]string{}}}
	along := []entity.Kind{}
	for _, k := range posted["along"] {
		along = append(along, entity.Kind(k))
	}
	var rec views.Record
	var set uuid.UUID
	err = r.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		set = tx.ChangeSet()
		if rec, err = r.liveIn(c, tx, id); err != nil {
			return err
		}
		wrong, err := r.picked(ctx, tx.Queries, posted)
		if err != nil {
			return err
		}
		f.Values[name], f.Values[name+".words"] = posted.Get(name), clip(posted.Get(name+".words"))
		to := parseIDs(posted[name])
		switch {
		case wrong[name] != "":
			f.Fail(name, wrong[name])
			return errInvalid
		case len(to) != 1:
			f.Fail(name, "Choose who looks after it from now on.")
			return errInvalid
		}
		if err := crm.HandOver(ctx, tx, rec.Record, to[0], along, by(c)); err != nil {
			return err
		}
		rec, err = r.liveIn(c, tx, id)
		return err
	})
	if err != nil && !errors.Is(err, errInvalid) && !f.Refused(err) {
		return err
	}
	if !f.Valid() {
		return r.renderOwner(c, http.StatusUnprocessableEntity, rec, posted["along"], f.Form)
	}
	flash := ui.Flash{Subject: rec.Name(), Message: "handed over to " + rec.Values.Ref(name).Name, Undo: page.UndoURL(set)}
	if err := page.SetFlash(c, flash); err != nil {
		return err
	}
	return page.Redirect(c, rec.URL())
}
