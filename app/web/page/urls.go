package page

import (
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// UndoURL is where a PUT takes back what a transaction has changed.
func UndoURL(set uuid.UUID) string { return "/changes/" + set.String() + "/reversal" }

// PathID is the path's id; what is none is not found.
func PathID(c echo.Context) (uuid.UUID, error) {
	id, err := uuid.Parse(c.Param("id"))
	if err != nil || len(c.Param("id")) != 36 {
		return uuid.Nil, ErrNotFound
	}
	return id, nil
}
