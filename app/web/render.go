package web

import (
	"bytes"
	"net/http"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// maxPooled is the largest buffer that is used again, in bytes.
const maxPooled = 1 << 20

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// render writes the page, or the fragment where the request wants one. It
// renders to a buffer first: a half-written page cannot happen, and by now no
// transaction is open while a client reads.
func (s *Server) render(c echo.Context, status int, page, fragment templ.Component) error {
	view := page
	if fragment != nil && wantsFragment(c) {
		view = fragment
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= maxPooled { // one page of megabytes must not be held for ever
			buffers.Put(buf)
		}
	}()
	buf.Reset()
	if err := view.Render(c.Request().Context(), buf); err != nil {
		return err
	}
	return c.HTMLBlob(status, buf.Bytes())
}

func isHTMX(c echo.Context) bool { return c.Request().Header.Get("HX-Request") == "true" }

// wantsFragment: HTMX asks for part of a page, not for a page to put in.
func wantsFragment(c echo.Context) bool {
	h := c.Request().Header
	return isHTMX(c) && h.Get("HX-Boosted") != "true" && h.Get("HX-Request-Type") != "full" && h.Get("HX-History-Restore-Request") != "true"
}

// redirect goes to another page of this host after a write. HTMX's fetch would
// follow a 303 by itself and lose the address, so it is told in a header.
func (s *Server) redirect(c echo.Context, path string) error {
	if isHTMX(c) {
		c.Response().Header().Set("HX-Location", path)
		return c.NoContent(http.StatusOK)
	}
	return c.Redirect(http.StatusSeeOther, path)
}

// say goes to another page of this host and says there what was done.
func (s *Server) say(c echo.Context, path, message string) error {
	if err := s.setFlash(c, ui.Flash{Message: message}); err != nil {
		return err
	}
	return s.redirect(c, path)
}

// saved is say for settings.
func (s *Server) saved(c echo.Context, path string) error { return s.say(c, path, "Changes saved") }

// leave goes to another page as a navigation of the whole browser: to another
// host, or to where the session is another.
func (s *Server) leave(c echo.Context, url string) error {
	if isHTMX(c) {
		c.Response().Header().Set("HX-Redirect", url)
		return c.NoContent(http.StatusOK)
	}
	return c.Redirect(http.StatusSeeOther, url)
}

// shell is what a workspace's page has around it.
func (s *Server) shell(c echo.Context, section, title string) views.Shell {
	v := visiting(c)
	return views.Shell{
		Title: title, Section: section, Workspace: v.tenant.Name,
		Name: v.who.Name, Email: v.who.Email, Avatar: v.who.Avatar, Theme: v.who.Theme, Verified: v.who.Verified, CanWrite: v.who.Role.May(auth.Write), CanManage: v.who.Role.May(auth.Manage), Owner: v.who.Role.May(auth.Own),
		Formats: v.formats(c), Flash: s.takeFlash(c), Support: supportOf(v),
	}
}

// supportOf says who may be looking in as support; nil when nobody is.
func supportOf(v *visit) *views.Support {
	t := v.tenant
	if time.Now().After(t.SupportUntil) {
		return nil
	}
	return &views.Support{By: t.SupportBy, Reason: t.SupportReason, Until: t.SupportUntil, Mine: v.who.Support}
}

// siteShell is what a public page has around it.
func (s *Server) siteShell(c echo.Context, title string) views.Site {
	site := views.Site{Title: title, Flash: s.takeFlash(c)}
	if v := visiting(c); v.signedIn {
		site.SignedIn = v.who.Name
	}
	return site
}
