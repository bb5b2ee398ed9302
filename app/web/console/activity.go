package console

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
)

// Activity is what happened to all accounts, or to one.
func (h *Handler) Activity(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.ConsoleActivityPage{Console: page.ConsoleShell(c, "activity", "Activity"),
		Q: strings.ToLower(strings.TrimSpace(c.QueryParam("q")))}
	if !page.Storable(p.Q) {
		p.Q = ""
	}
	var lines []views.ActivityLine
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
		rows, err := tx.SecurityEventList(ctx, page.EventsBefore(c), p.Q, pageSize+1)
		lines = nil
		for _, r := range rows {
			lines = append(lines, views.ActivityLine{ID: r.ID, At: r.At, Email: r.Email, Action: r.Action, Subject: r.Subject, Workspace: r.Slug,
				Device: auth.DeviceName(r.Device), Place: h.Places.Place(r.Ip)})
		}
		return err
	})
	if err != nil {
		return err
	}
	p.Lines, p.Next = page.Next(c, lines, pageSize, "before", func(l views.ActivityLine) string { return l.ID.String() })
	return page.Render(c, http.StatusOK, views.ConsoleActivity(p), nil)
}
