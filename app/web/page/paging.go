package page

import (
	"maps"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// Next cuts the row off that was read beyond size to know whether there is another page,
// and returns where that is, with cursor's word for the last row in the query's param; "" for
// nowhere.
func Next[R any](c echo.Context, rows []R, size int, param string, cursor func(R) string) ([]R, string) {
	if len(rows) <= size {
		return rows, ""
	}
	rows = rows[:size]
	q := url.Values{}
	maps.Copy(q, c.QueryParams())
	q.Set(param, cursor(rows[size-1]))
	return rows, c.Request().URL.Path + "?" + q.Encode()
}

// EventsBefore is where a page of events goes on: the last one shown, or above them all.
func EventsBefore(c echo.Context) uuid.UUID {
	if id, err := uuid.Parse(c.QueryParam("before")); err == nil {
		return id
	}
	return uuid.Max
}
