package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/avatar"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

func (s *Server) profile(c echo.Context) error {
	return s.renderProfile(c, http.StatusOK, ui.Form{})
}

// renderProfile shows what the form does not have as it is.
func (s *Server) renderProfile(c echo.Context, status int, f ui.Form) error {
	who := visiting(c).who
	values := map[string]string{"name": who.Name, "time_zone": who.TimeZone, "date_style": who.DateStyle, "number_style": who.NumberStyle, "theme": who.Theme}
	maps.Copy(values, f.Values)
	f.Values = values
	p := views.ProfilePage{
		SettingsPage: views.SettingsPage{
			Shell: s.shell(c, "settings", "Profile"), Tab: "profile", Title: "You", Action: "/settings/profile",
			About: "This is yours alone and goes with you to all your workspaces.", Fields: profileFields(who), Form: f,
		},
		Name: who.Name, Avatar: who.Avatar, Account: !who.ByProvider,
	}
	return s.render(c, status, views.Profile(p), views.SettingsForm(p.SettingsPage))
}

// profileFields are those that may be changed: a workspace's own provider does
// not rename somebody in other workspaces.
func profileFields(who auth.Identity) []ui.Field {
	if who.ByProvider {
		return views.ProfileFields[1:]
	}
	return views.ProfileFields
}

func (s *Server) profileUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	f := readForm(c, profileFields(who), false)
	f.checkZone()
	p := shareddb.UserProfileParams{ID: who.UserID, Name: who.Name, TimeZone: who.TimeZone, DateStyle: who.DateStyle, NumberStyle: who.NumberStyle, Theme: who.Theme}
	f.set("name", &p.Name)
	f.set("time_zone", &p.TimeZone)
	f.set("date_style", &p.DateStyle)
	f.set("number_style", &p.NumberStyle)
	f.set("theme", &p.Theme)
	if !f.Valid() {
		return s.renderProfile(c, http.StatusUnprocessableEntity, f.Form)
	}
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.UserProfile(ctx, p); err != nil || p.Name == who.Name {
			return err
		}
		return tx.Enqueue(ctx, auth.ProfileJob{UserID: who.UserID})
	})
	if err != nil {
		return err
	}
	return s.saved(c, "/settings/profile")
}

const avatarPath = "/settings/profile/avatar"

// avatarUpdate takes an image, makes a small one of its own of it, and keeps
// that alone: nothing else that was in the file.
func (s *Server) avatarUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	small, err := readAvatar(c)
	if errors.Is(err, context.DeadlineExceeded) {
		return errBusy
	}
	if err != nil {
		return s.renderProfile(c, http.StatusUnprocessableEntity, ui.Form{Errors: map[string]string{"avatar": "Choose a PNG, JPEG, GIF or WebP image of at most 8 MB and 12 megapixels."}})
	}
	hash := sha256.Sum256(append(who.UserID[:], small...))
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.AvatarPut(ctx, who.UserID, small); err != nil {
			return err
		}
		return s.setAvatar(ctx, tx, who, hex.EncodeToString(hash[:16]))
	})
	if err != nil {
		return err
	}
	return s.saved(c, "/settings/profile")
}

func readAvatar(c echo.Context) ([]byte, error) {
	file, _, err := c.Request().FormFile("avatar")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	return avatar.Make(c.Request().Context(), visiting(c).tenant.ID, raw)
}

func (s *Server) avatarDelete(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.AvatarDelete(ctx, who.UserID); err != nil {
			return err
		}
		return s.setAvatar(ctx, tx, who, "")
	})
	if err != nil {
		return err
	}
	return s.saved(c, "/settings/profile")
}

func (s *Server) setAvatar(ctx context.Context, tx *db.SharedTx, who auth.Identity, name string) error {
	if err := tx.UserSetAvatar(ctx, name, who.UserID); err != nil {
		return err
	}
	return tx.Enqueue(ctx, auth.ProfileJob{UserID: who.UserID})
}

// avatar answers with an image that never changes: another has another name.
func (s *Server) avatar(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	var png []byte
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		png, err = tx.AvatarGet(ctx, c.Param("name"), v.who.UserID, v.tenant.ID)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	return c.Blob(http.StatusOK, "image/png", png)
}
