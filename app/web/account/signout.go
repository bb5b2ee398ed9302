package account

import (
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
)

// SignOut ends the session on this host, and a look of support with it.
func (h *Handler) SignOut(c echo.Context) error {
	ctx := c.Request().Context()
	if v := page.From(c); v.Who.Support {
		if err := h.DB.Shared(ctx, func(tx *db.SharedTx) error { return auth.SupportEnd(ctx, tx, v.Tenant.ID) }); err != nil {
			return err
		}
		h.Hosts.Forget(v.Tenant.Slug)
	}
	if err := h.Sessions.End(c); err != nil {
		return err
	}
	// Not its cookies, which are those of all hosts below the base host to a browser.
	c.Response().Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return page.Leave(c, "/signin")
}
