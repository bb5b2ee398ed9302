package records

import (
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
)

// Trash serves what was deleted and can be brought back.
type Trash struct{ DB *db.DB }

// Show is the list of it, the last deleted first.
func (h Trash) Show(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.TrashPage{Shell: page.Shell(c, "trash", "Trash")}
	at, id := time.Now().Add(time.Hour), uuid.Max
	if after := c.QueryParam("after"); after != "" {
		moment, key, err := parseMoment(after)
		if err != nil {
			return err
		}
		at = moment
		if id, err = uuid.Parse(key); err != nil {
			return tenantdb.ErrBadCursor
		}
	}
	err := h.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		p.Rows, err = tx.TrashList(ctx, at, id, trashSize+1)
		return err
	})
	if err != nil {
		return err
	}
	if len(p.Rows) > trashSize {
		p.Rows = p.Rows[:trashSize]
		last := p.Rows[trashSize-1]
		p.Next = momentCursor(last.DeletedAt, last.ID.String())
	}
	return page.Render(c, http.StatusOK, views.Trash(p), views.TrashRows(p))
}

// trashSize is how many records a page of the trash shows.
const trashSize = 50
