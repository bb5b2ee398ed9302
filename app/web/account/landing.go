package account

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
)

// Landing is what Paddock is about, for whoever comes by.
func (h *Handler) Landing(c echo.Context) error {
	return page.Render(c, http.StatusOK, views.Landing(page.SiteShell(c, "The CRM your team will keep up to date")), nil)
}

// Page is one of the operator's own.
func (h *Handler) Page(c echo.Context) error {
	p, text, err := h.Base.Pages.Get(c.Path())
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, views.OwnPage(page.SiteShell(c, p.Title), text), nil)
}
