package account

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
)

// WorkspaceList is where somebody is a member, as a page and as the menu of every page.
func (h *Handler) WorkspaceList(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	p := views.WorkspacesPage{Site: page.SiteShell(c, "Your workspaces"), SiteURL: h.Base.URL.String()}
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
		rows, err := tx.TenantsOfUser(ctx, v.Who.UserID)
		for _, w := range rows {
			if v.Who.ByProvider && w.Slug != v.Tenant.Slug {
				continue // the provider vouches for this workspace alone
			}
			p.Workspaces = append(p.Workspaces, views.WorkspaceLink{
				Slug: w.Slug, Name: w.Name, Role: w.Role, Host: w.Slug + "." + h.Base.URL.Host, Current: w.Slug == v.Tenant.Slug,
			})
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, views.Workspaces(p), views.WorkspaceOptions(p))
}

// WorkspaceVisit takes a member from this host to a workspace's.
func (h *Handler) WorkspaceVisit(c echo.Context) error {
	to, err := h.handoffTo(c, c.Param("slug"), "")
	if err != nil {
		return err
	}
	return page.Leave(c, to)
}
