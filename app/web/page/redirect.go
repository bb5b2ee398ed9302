package page

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/views/ui"
)

// Done answers a write that was asked for on a page that shows many records:
// the page again, with the flash on it.
func Done(c echo.Context, record, many string, f ui.Flash) error {
	if err := SetFlash(c, f); err != nil {
		return err
	}
	if IsHTMX(c) {
		return Redirect(c, currentPath(c, many))
	}
	return Redirect(c, record)
}

// currentPath is the page that an HTMX request comes from, else is otherwise.
func currentPath(c echo.Context, otherwise string) string {
	_, path := pathIn(c.Request().Header.Get("HX-Current-URL"))
	return cmp.Or(path, otherwise)
}

// pathIn is the host and the path, with its query, of a URL that a header names; no path for
// what may lead elsewhere.
func pathIn(header string) (host, path string) {
	u, err := url.Parse(header)
	if err != nil || u.Host == "" {
		return "", ""
	}
	return u.Host, SafePath(u.RequestURI())
}

// Redirect goes to another page of this host after a write. HTMX's fetch would
// follow a 303 by itself and lose the URL, so it is told in a header.
func Redirect(c echo.Context, path string) error {
	if IsHTMX(c) {
		c.Response().Header().Set("HX-Location", path)
		return c.NoContent(http.StatusOK)
	}
	return c.Redirect(http.StatusSeeOther, path)
}

// Say goes to another page of this host and says there what was done.
func Say(c echo.Context, path, message string) error {
	if err := SetFlash(c, ui.Flash{Message: message}); err != nil {
		return err
	}
	return Redirect(c, path)
}

// Saved is say for settings.
func Saved(c echo.Context, path string) error { return Say(c, path, "Changes saved") }

// Leave goes to another page as a navigation of the whole browser: to another
// host, or to where the session is another.
func Leave(c echo.Context, url string) error {
	if IsHTMX(c) {
		c.Response().Header().Set("HX-Redirect", url)
		return c.NoContent(http.StatusOK)
	}
	return c.Redirect(http.StatusSeeOther, url)
}

// SafePath returns a path of this host, "" for what may lead elsewhere.
func SafePath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") {
		return ""
	}
	return p
}

// BackTo is the page of this host that a plain form was on, else otherwise; a form that was
// held comes from the way in.
func BackTo(c echo.Context, otherwise string) string {
	r := c.Request()
	if host, path := pathIn(r.Referer()); host == r.Host && !strings.HasPrefix(path, "/signin") {
		return cmp.Or(path, otherwise)
	}
	return otherwise
}
