package page

import (
	"bytes"
	"sync"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// maxPooled is the largest buffer that is used again, in bytes.
const maxPooled = 1 << 20

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render writes the page, or the fragment where the request wants one. It
// renders to a buffer first: a half-written page cannot happen, and by now no
// transaction is open while a client reads.
func Render(c echo.Context, status int, page, fragment templ.Component) error {
	view := page
	if fragment != nil && WantsFragment(c) {
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

// IsHTMX reports whether HTMX asks, and follows its headers.
func IsHTMX(c echo.Context) bool { return c.Request().Header.Get("HX-Request") == "true" }

// WantsFragment reports whether HTMX asks for part of a page, not for a page to put in.
func WantsFragment(c echo.Context) bool {
	h := c.Request().Header
	return IsHTMX(c) && h.Get("HX-Boosted") != "true" && h.Get("HX-Request-Type") != "full" && h.Get("HX-History-Restore-Request") != "true"
}
