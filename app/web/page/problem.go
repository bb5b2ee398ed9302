package page

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
)

// Problem is an answer that is not the page one asked for.
type Problem struct { //nolint:errname // the field’s word, as in RFC 9457
	Status      int
	Title, Text string
	SignOut     bool   // offer a way out of this host
	SignIn      bool   // offer to sign in another way
	Home        bool   // offer the start page
	Retry       int    // seconds until it is worth another try
	Undo        string // a PUT there brings back what is missing
}

func (p *Problem) Error() string { return strconv.Itoa(p.Status) + " " + p.Title }

// Problems that any page may answer.
var (
	ErrNotFound = &Problem{Status: http.StatusNotFound, Title: "Not found",
		Text: "There is nothing at this address. It may have been moved or deleted."}
	ErrBusy = &Problem{Status: http.StatusServiceUnavailable, Title: "There is much to do right now",
		Text: "Nothing was changed. Try again in a moment.", Retry: 10}
	ErrBadForm = &Problem{Status: http.StatusBadRequest, Title: "We could not read this request",
		Text: "Go back, reload the page and try again."}
	ErrTooLarge = &Problem{Status: http.StatusRequestEntityTooLarge, Title: "This is too large",
		Text: "Forms may hold up to 1 MB, pictures up to 8 MB."}
)

// RequestID names the request, on its page of an error and in the log.
func RequestID(c echo.Context) string {
	return c.Response().Header().Get(echo.HeaderXRequestID)
}
