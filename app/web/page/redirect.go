package page

import (
	"net/http"
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
	u := c.Request().Header.Get("HX-Current-URL")
	if i := strings.Index(u, "://"); i >= 0 {
		if j := strings.IndexByte(u[i+3:], '/'); j >= 0 && strings.HasPrefix(u[i+3+j:], "/") && !strings.HasPrefix(u[i+3+j:], "//") {
			return u[i+3+j:]
		}
	}
	return otherwise
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
	if ref := r.Referer(); ref != "" {
		if _, rest, ok := strings.Cut(ref, "://"); ok {
			if host, path, ok := strings.Cut(rest, "/"); ok && host == r.Host && !strings.HasPrefix(path, "/") &&
				!strings.HasPrefix(path, "signin") {
				return "/" + path
			}
		}
	}
	return otherwise
}
