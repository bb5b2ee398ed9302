package records

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Delete puts the record in the trash.
func (r *Handler) Delete(c echo.Context) error {
	r = r.of(c)
	ctx := c.Request().Context()
	rec, err := r.live(c)
	if err != nil {
		return err
	}
	f := &page.Form{Form: ui.Form{Errors: map[string]string{}}}
	version := f.Version(c)
	if !f.Valid() {
		return r.renderRecord(c, http.StatusUnprocessableEntity, views.RecordPage{Record: rec, Notice: f.Error("")})
	}
	err = r.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		if err := crm.Delete(ctx, tx, r.Look.Kind, rec.ID, version); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, rec.Name()+", "+r.Look.One)
	})
	if errors.Is(err, crm.ErrChanged) {
		who, err := page.ChangedBy(c, r.DB, rec.ID, rec.Version-version)
		if err != nil {
			return err
		}
		return r.renderRecord(c, http.StatusConflict, views.RecordPage{
			Record: rec, Notice: who + " changed this " + r.Look.One +
				" since you opened it. Look again, then delete it if you still want to.",
		})
	}
	if err != nil {
		return err
	}
	if err := page.SetFlash(c, ui.Flash{Subject: rec.Name(), Message: "deleted", Undo: rec.URL() + "/restoration"}); err != nil {
		return err
	}
	return page.Redirect(c, r.Look.Path)
}

// Restore brings the record back.
func (r *Handler) Restore(c echo.Context) error {
	r = r.of(c)
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	err = r.DB.Tenant(ctx, func(tx *db.TenantTx) error { return crm.Restore(ctx, tx, r.Look.Kind, id) })
	if err != nil {
		return err
	}
	return page.Say(c, r.Look.URL(id), "Restored")
}

// errDeleted is not found, with a way to bring the record back.
func errDeleted(c echo.Context, rec views.Record) error {
	p := &page.Problem{Status: http.StatusNotFound, Title: "This " + rec.Entity.One + " was deleted", Text: "It is in the trash."}
	if page.From(c).Who.Role.May(auth.Write) {
		p.Undo = rec.URL() + "/restoration"
	}
	return p
}
