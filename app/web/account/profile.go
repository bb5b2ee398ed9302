package account

import (
	"maps"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Profile is the page of one’s name, picture, and ways to read dates and numbers.
func (h *Handler) Profile(c echo.Context) error {
	return h.renderProfile(c, http.StatusOK, ui.Form{}, nil)
}

// renderProfile shows what the forms, the second of single keys, do not have as it is.
func (h *Handler) renderProfile(c echo.Context, status int, f ui.Form, keys *page.Form) error {
	who := page.From(c).Who
	single := ui.Form{Values: views.Keymap(who.Keymap).Values()}
	if keys != nil {
		single = keys.Form
	}
	values := map[string]string{"name": who.Name, "time_zone": who.TimeZone, "date_style": who.DateStyle, "number_style": who.NumberStyle,
		"theme": who.Theme, "keys": who.Keys}
	maps.Copy(values, f.Values)
	f.Values, f.Options = values, views.PlaceOptions(values)
	p := views.ProfilePage{
		SettingsPage: views.SettingsPage{
			Shell: page.Shell(c, "settings", "Profile"), Tab: "profile", Title: "You", Action: "/settings/profile",
			About: "This is yours alone and goes with you to all your workspaces.", Fields: profileFields(who), Form: f,
		},
		Name: who.Name, Avatar: who.Avatar, Account: !who.ByProvider, Single: single,
	}
	return page.Render(c, status, views.Profile(p), views.SettingsForm(p.SettingsPage))
}

// profileFields are those that may be changed: a workspace's own provider does
// not rename somebody in other workspaces.
func profileFields(who auth.Identity) []ui.Field {
	if who.ByProvider {
		return views.ProfileFields[1:]
	}
	return views.ProfileFields
}

// ProfileUpdate saves what was posted of it.
func (h *Handler) ProfileUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	f := page.ReadForm(c, profileFields(who), false)
	keys := page.ReadForm(c, views.KeyFields, false)
	keymap := views.Keymap(who.Keymap)
	switch {
	case c.Request().PostForm.Get("reset") == "keys":
		keymap = ""
	case len(keys.Present) > 0:
		values := keymap.Values()
		maps.Copy(values, keys.Values)
		keys.Values = values
		if keymap, keys.Errors = views.NewKeymap(values); !keys.Valid() {
			return h.renderProfile(c, http.StatusUnprocessableEntity, ui.Form{}, keys)
		}
	}
	f.CheckZone()
	p := shareddb.UserProfileParams{ID: who.UserID, Name: who.Name, TimeZone: who.TimeZone, DateStyle: who.DateStyle,
		NumberStyle: who.NumberStyle, Theme: who.Theme, Keys: who.Keys, Keymap: string(keymap)}
	f.Take("name", &p.Name)
	f.Take("time_zone", &p.TimeZone)
	f.Take("date_style", &p.DateStyle)
	f.Take("number_style", &p.NumberStyle)
	f.Take("theme", &p.Theme)
	f.Take("keys", &p.Keys)
	if !f.Valid() {
		return h.renderProfile(c, http.StatusUnprocessableEntity, f.Form, nil)
	}
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.UserProfile(ctx, p); err != nil || p.Name == who.Name {
			return err
		}
		return tx.Enqueue(ctx, auth.ProfileJob{UserID: who.UserID})
	})
	if err != nil {
		return err
	}
	return page.Saved(c, "/settings/profile")
}
