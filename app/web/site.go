package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/views"
)

func (s *Server) landing(c echo.Context) error {
	return s.render(c, http.StatusOK, views.Landing(s.siteShell(c, "The CRM your team will keep up to date")), nil)
}

// afterSignIn is the page somebody was on their way to, on this host alone.
func (s *Server) afterSignIn(c echo.Context, next string) string {
	if u, err := url.Parse(next); err == nil && !u.IsAbs() && u.Host == "" &&
		strings.HasPrefix(next, "/") && !strings.HasPrefix(next, "//") && !strings.ContainsAny(next, "\\\r\n\t") {
		return next
	}
	if v := visiting(c); v.tenant.ID == uuid.Nil && !v.console {
		return "/workspaces"
	}
	return "/"
}

func (s *Server) signOut(c echo.Context) error {
	ctx := c.Request().Context()
	if v := visiting(c); v.who.Support {
		if err := s.db.Shared(ctx, func(tx *db.SharedTx) error { return auth.SupportEnd(ctx, tx, v.tenant.ID) }); err != nil {
			return err
		}
		s.hosts.Forget(v.tenant.Slug)
	}
	if err := s.endSession(c); err != nil {
		return err
	}
	// Not its cookies, which are those of all hosts below the base host to a browser.
	c.Response().Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return s.leave(c, "/signin")
}

func (s *Server) workspaceList(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	p := views.WorkspacesPage{Site: s.siteShell(c, "Your workspaces"), SiteURL: s.cfg.BaseURL.String()}
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
		rows, err := tx.TenantsOfUser(ctx, v.who.UserID)
		for _, w := range rows {
			if v.who.ByProvider && w.Slug != v.tenant.Slug {
				continue // the provider vouches for this workspace alone
			}
			p.Workspaces = append(p.Workspaces, views.WorkspaceLink{
				Slug: w.Slug, Name: w.Name, Role: w.Role, Host: w.Slug + "." + s.cfg.BaseURL.Host, Current: w.Slug == v.tenant.Slug,
			})
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Workspaces(p), views.WorkspaceOptions(p))
}

// workspaceVisit takes a member from this host to a workspace's.
func (s *Server) workspaceVisit(c echo.Context) error {
	to, err := s.handoffTo(c, c.Param("slug"), "")
	if err != nil {
		return err
	}
	return s.leave(c, to)
}
