package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
)

// Migrations tells how many workspaces are at which version, and which have failed.
func (h *Handler) Migrations(c echo.Context) error {
	status, err := h.DB.MigrateStatus(c.Request().Context())
	if err != nil {
		return err
	}
	p := views.MigrationsPage{Console: page.ConsoleShell(c, "migrations", "Migrations"), Shared: status.Shared,
		SharedLatest: status.SharedLatest, TenantLatest: status.TenantLatest}
	for _, v := range status.Versions {
		p.Versions = append(p.Versions, views.VersionLine(v))
	}
	for _, f := range status.Failed {
		p.Failed = append(p.Failed, views.FailedMigration{Slug: f.Slug, Schema: f.Schema, At: f.From, Error: f.Error})
	}
	return page.Render(c, http.StatusOK, views.Migrations(p), nil)
}
