package account

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
)

const activityPage = 50

// Activity is what happened to one's own account.
func (h *Handler) Activity(c echo.Context) error {
	p := views.ActivityPage{Frame: page.Frame(c, "Recent activity")}
	ctx := c.Request().Context()
	var lines []views.ActivityLine
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		lines, err = h.activityOf(ctx, tx, page.From(c).Who, page.EventsBefore(c), activityPage+1)
		return err
	})
	if err != nil {
		return err
	}
	p.Lines, p.Next = page.Next(c, lines, activityPage, "before", func(l views.ActivityLine) string { return l.ID.String() })
	return page.Render(c, http.StatusOK, views.Activity(p), nil)
}

// activityOf reads n lines of the log about somebody.
func (h *Handler) activityOf(ctx context.Context, tx *db.SharedTx, who auth.Identity, before uuid.UUID,
	n int32) (lines []views.ActivityLine, err error) {
	rows, err := tx.SecurityEventsOfUser(ctx, &who.UserID, before, n)
	for _, r := range rows {
		lines = append(lines, views.ActivityLine{ID: r.ID, At: r.At, Action: r.Action, Subject: r.Subject, Workspace: r.Workspace,
			Device: auth.DeviceName(r.Device), Place: h.Places.Place(r.Ip)})
	}
	return lines, err
}
