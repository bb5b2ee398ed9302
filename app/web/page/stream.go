package page

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// WriteTimeout is how long a client may take to read a page, or a part of a file.
const WriteTimeout = 60 * time.Second

// Stream begins a file, which goes out as it is written; size 0 is not said. However slow
// the client is, others have the request's slot, and nothing of the database may be held
// while it reads.
func Stream(c echo.Context, kind, name string, size int64) io.Writer {
	if leave := From(c).Leave; leave != nil {
		leave()
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, kind)
	h.Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	if size > 0 {
		h.Set(echo.HeaderContentLength, fmt.Sprint(size))
	}
	c.Response().WriteHeader(http.StatusOK)
	return part{c.Response(), http.NewResponseController(c.Response().Writer)}
}

// EventsType is the type of an event stream.
const EventsType = "text/event-stream"

// EventStream is what a page listens to (server-sent events).
type EventStream struct{ part }

// Events begins one. Others have the request's slot; it ends with the request.
func Events(c echo.Context) EventStream {
	if leave := From(c).Leave; leave != nil {
		leave()
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, EventsType)
	h.Set("X-Accel-Buffering", "no") // nginx would keep it back
	control := http.NewResponseController(c.Response().Writer)
	_ = control.SetReadDeadline(time.Time{}) // that the client sends nothing is as it should be
	c.Response().WriteHeader(http.StatusOK)
	return EventStream{part{c.Response(), control}}
}

// Send sends an event; its data is one line.
func (e EventStream) Send(event, data string) error {
	return e.write("event: " + event + "\ndata: " + data + "\n\n")
}

// Beat sends nothing, which keeps the connection.
func (e EventStream) Beat() error { return e.write(":\n\n") }

func (e EventStream) write(text string) error {
	if _, err := e.Write([]byte(text)); err != nil {
		return err
	}
	return e.control.Flush()
}

// part writes each part with a time limit of its own: the server's is for pages.
type part struct {
	io.Writer
	control *http.ResponseController
}

func (p part) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(WriteTimeout)) // where it can't be set, the limit stays
	return p.Writer.Write(b)
}
