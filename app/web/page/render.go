package page

import (
	"bytes"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzip"
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
	return send(c, status, buf)
}

// worthZipping is from how many bytes on an answer is sent smaller: less fits into one packet.
const worthZipping = 1400

// zippers make pages a fifth of their size. The fastest level is: the next takes twice the
// time for a tenth less.
var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // only a level that there is not fails
	return z
}}

func send(c echo.Context, status int, page *bytes.Buffer) error {
	h := c.Response().Header()
	h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if page.Len() < worthZipping || !strings.Contains(c.Request().Header.Get(echo.HeaderAcceptEncoding), "gzip") {
		return c.HTMLBlob(status, page.Bytes())
	}
	small := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(small)
	small.Reset()
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(small)
	if _, err := page.WriteTo(z); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	h.Set(echo.HeaderContentEncoding, "gzip")
	h.Set(echo.HeaderContentLength, strconv.Itoa(small.Len()))
	return c.HTMLBlob(status, small.Bytes())
}

// Prefetched reports whether the browser asks for a page before anybody has followed a link
// to it.
func Prefetched(c echo.Context) bool {
	return strings.HasPrefix(c.Request().Header.Get("Sec-Purpose"), "prefetch")
}

// IsHTMX reports whether HTMX asks, and follows its headers.
func IsHTMX(c echo.Context) bool { return c.Request().Header.Get("HX-Request") == "true" }

// WantsFragment reports whether HTMX asks for part of a page, not for a page to put in.
func WantsFragment(c echo.Context) bool {
	h := c.Request().Header
	return IsHTMX(c) && h.Get("HX-Boosted") != "true" && h.Get("HX-Request-Type") != "full" && h.Get("HX-History-Restore-Request") != "true"
}
