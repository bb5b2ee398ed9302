package page

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// PostedToken is the token of the form, or else of the URL that it was sent to.
func PostedToken(c echo.Context) string { return cmp.Or(Posted(c, "token"), c.QueryParam("token")) }

// Storable reports whether PostgreSQL can hold the text.
func Storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// Posted is a field that is no field of a form's, "" when nobody could have
// typed it.
func Posted(c echo.Context, name string) string {
	if v := c.Request().PostForm.Get(name); Storable(v) && len(v) <= 2000 {
		return v
	}
	return ""
}
