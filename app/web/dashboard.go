package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
)

func (s *Server) dashboard(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.DashboardPage{Shell: s.shell(c, "dashboard", "Dashboard")}
	err := s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		if p.Customers, err = tx.CustomerCount(ctx, tenantdb.CustomerFilter{}); err != nil {
			return err
		}
		p.Recent, _, err = tx.CustomerList(ctx, tenantdb.CustomerFilter{}, tenantdb.Page{Sort: "-updated_at", Limit: 8})
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Dashboard(p), nil)
}

func (s *Server) search(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.SearchPage{Shell: s.shell(c, "search", "Search"), Query: clip(strings.TrimSpace(c.QueryParam("q")))}
	if p.Query != "" {
		err := s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
			p.Customers, _, err = tx.CustomerList(ctx, tenantdb.CustomerFilter{Query: p.Query}, tenantdb.Page{Limit: 20})
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.render(c, http.StatusOK, views.Search(p), views.SearchResults(p))
}

// clip bounds what somebody searches for, in characters.
func clip(q string) string {
	r := []rune(q)
	return string(r[:min(len(r), 100)])
}
