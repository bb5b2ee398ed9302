package console

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
)

// Users are all who have an account.
func (h *Handler) Users(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.UsersPage{Console: page.ConsoleShell(c, "users", "Users"), Q: strings.TrimSpace(c.QueryParam("q")), Me: page.From(c).Who.Email}
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		p.Rows, err = tx.UserList(ctx, c.QueryParam("after"), shareddb.LikePattern(p.Q), pageSize+1)
		return err
	})
	if err != nil {
		return err
	}
	p.Rows, p.Next = page.Next(c, p.Rows, pageSize, "after", func(r shareddb.UserListRow) string { return r.Email })
	return page.Render(c, http.StatusOK, views.Users(p), nil)
}

// UserSignOut ends all sessions of somebody.
func (h *Handler) UserSignOut(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	var email string
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		email, err = auth.SignOutEverywhere(ctx, tx, id, page.From(c).Who)
		return err
	})
	if err != nil {
		return err
	}
	h.Log.InfoContext(ctx, "operator", "request_id", page.RequestID(c), "operator", page.From(c).Who.Email, "did", "signed out "+email)
	return page.Say(c, "/users", email+" is signed out everywhere")
}
