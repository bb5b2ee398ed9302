package workspace

import (
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Tags is the page of all tags, with those deleted lately.
func (h *Handler) Tags(c echo.Context) error {
	return h.renderTags(c, http.StatusOK, views.TagsPage{})
}

func (h *Handler) renderTags(c echo.Context, status int, p views.TagsPage) error {
	ctx := c.Request().Context()
	p.Shell = page.Shell(c, "settings", "Tags")
	err := h.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		rows, err := tx.TagList(ctx)
		for _, r := range rows {
			if r.DeletedIn != nil {
				p.Deleted = append(p.Deleted, r)
			} else {
				p.Tags = append(p.Tags, r)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, status, views.TagSettings(p), nil)
}

var tagFields = []ui.Field{
	{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 40},
	{Name: "color", Label: "Colour", Kind: ui.KindSelect, Options: views.TagColors, Required: true},
}

// TagUpdate gives a tag another name or colour.
func (h *Handler) TagUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	f := page.ReadForm(c, tagFields, true)
	if strings.Contains(f.Values["name"], ",") {
		f.Fail("name", "A tag can’t have a comma: it stands between tags.")
	}
	if f.Valid() {
		err = h.DB.Tenant(ctx, func(tx *db.TenantTx) error {
			n, err := tx.TagUpdate(ctx, f.Values["name"], f.Values["color"], id)
			if err == nil && n == 0 {
				is, err := tx.TagExists(ctx, id)
				if err == nil && !is {
					err = pgx.ErrNoRows
				}
				return err
			}
			if err != nil {
				return err
			}
			return auth.Audit(ctx, tx, auth.DidChangeSettings, "Tag "+f.Values["name"])
		})
		if duplicate(err) {
			f.Fail("name", "There is a tag of this name already.")
		} else if err != nil {
			return err
		}
	}
	if !f.Valid() {
		return h.renderTags(c, http.StatusUnprocessableEntity, views.TagsPage{ID: id, Form: f.Form})
	}
	return page.Saved(c, "/settings/tags")
}

// duplicate tells a name that is taken (unique_violation).
func duplicate(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// TagDelete takes a tag off all records; its undo puts it back.
func (h *Handler) TagDelete(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	var name string
	var set uuid.UUID
	err = h.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		set = tx.ChangeSet()
		if name, err = tx.TagDelete(ctx, id); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, name+", tag")
	})
	if err != nil {
		return err
	}
	if err := page.SetFlash(c, ui.Flash{Subject: name, Message: "deleted, and taken off all records", Undo: page.UndoURL(set)}); err != nil {
		return err
	}
	return page.Redirect(c, "/settings/tags")
}
