package records

import (
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Changes serves what transactions have changed.
type Changes struct{ DB *db.DB }

// Reverse takes back what one transaction changed.
func (h Changes) Reverse(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	var back crm.Undone
	err = h.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		by := crm.By{Member: tx.MemberID(), Manages: page.From(c).Who.Role.May(auth.Manage)}
		if back, err = crm.Undo(ctx, tx, id, by); err != nil || len(back.Removed) == 0 {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, ui.Plural(len(back.Removed), "record", "records")+", by undoing how it was made")
	})
	if err != nil {
		return err
	}
	if err := page.SetFlash(c, ui.Flash{Message: "Undone"}); err != nil {
		return err
	}
	path := page.BackTo(c, "/")
	if slices.ContainsFunc(back.Removed, func(id uuid.UUID) bool { return strings.Contains(path, id.String()) }) {
		path = path[:strings.LastIndexByte(path, '/')] // its page went with the undo
		if url := views.RecordURL(string(back.Kind), back.ID); url != "" {
			path = url
		}
		return page.Redirect(c, path)
	}
	if url := views.RecordURL(string(back.Kind), back.ID); url != "" && (path == "/" || strings.HasPrefix(path, "/handoff")) {
		path = url
	}
	return page.Redirect(c, path)
}
