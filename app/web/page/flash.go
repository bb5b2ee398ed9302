package page

import (
	"encoding/gob"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/views/ui"
)

// A flash waits in a signed cookie for the next page.
func init() { gob.Register(ui.Flash{}) } //nolint:gochecknoinits // gob's registry is global by design

// SetFlash has the next page say something.
func SetFlash(c echo.Context, f ui.Flash) error {
	fs, _ := From(c).Base.flashes.New(c.Request(), From(c).Base.CookieName("flash")) // whatever it holds
	fs.Values = map[any]any{}                                                        // … the last one counts: a cookie has little room
	fs.AddFlash(f)
	return fs.Save(c.Request(), c.Response())
}

// takeFlash returns the waiting flash, nil when there is none, and forgets it.
func takeFlash(c echo.Context) *ui.Flash {
	name := From(c).Base.CookieName("flash")
	if _, err := c.Request().Cookie(name); err != nil || WantsFragment(c) || Prefetched(c) {
		return nil // a fragment has no place for it, and a page that may never be shown none: the next has
	}
	fs, err := From(c).Base.flashes.New(c.Request(), name)
	fs.Options.MaxAge = -1
	if serr := fs.Save(c.Request(), c.Response()); err != nil || serr != nil {
		return nil
	}
	for _, f := range fs.Flashes() {
		if flash, ok := f.(ui.Flash); ok {
			return &flash
		}
	}
	return nil
}
