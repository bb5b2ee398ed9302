package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/avatar"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views/ui"
)

// AvatarPath is where one’s own picture is put and taken away.
const AvatarPath = "/settings/profile/avatar"

// AvatarUpdate takes an image, makes a small one of its own of it, and keeps
// that alone: nothing else that was in the file.
func (h *Handler) AvatarUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	small, err := readAvatar(c)
	if errors.Is(err, context.DeadlineExceeded) {
		return page.ErrBusy
	}
	if err != nil {
		return h.renderProfile(c, http.StatusUnprocessableEntity,
			ui.Form{Errors: map[string]string{"avatar": "Choose a PNG, JPEG, GIF or WebP image of at most 8 MB and 12 megapixels."}}, nil)
	}
	hash := sha256.Sum256(append(who.UserID[:], small...))
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.AvatarPut(ctx, who.UserID, small); err != nil {
			return err
		}
		return h.setAvatar(ctx, tx, who, hex.EncodeToString(hash[:16]))
	})
	if err != nil {
		return err
	}
	return page.Saved(c, "/settings/profile")
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
	return avatar.Make(c.Request().Context(), page.From(c).Tenant.ID, raw)
}

// AvatarDelete takes it away.
func (h *Handler) AvatarDelete(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.AvatarDelete(ctx, who.UserID); err != nil {
			return err
		}
		return h.setAvatar(ctx, tx, who, "")
	})
	if err != nil {
		return err
	}
	return page.Saved(c, "/settings/profile")
}

func (h *Handler) setAvatar(ctx context.Context, tx *db.SharedTx, who auth.Identity, name string) error {
	if err := tx.UserSetAvatar(ctx, name, who.UserID); err != nil {
		return err
	}
	return tx.Enqueue(ctx, auth.ProfileJob{UserID: who.UserID})
}

// Avatar answers with an image that never changes: another has another name.
func (h *Handler) Avatar(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	var png []byte
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		png, err = tx.AvatarGet(ctx, c.Param("name"), v.Who.UserID, v.Tenant.ID)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return page.ErrNotFound
	}
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	return c.Blob(http.StatusOK, "image/png", png)
}
