package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	_ "image/gif"  // decoder
	_ "image/jpeg" // decoder
	"image/png"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // decoder
	"golang.org/x/sync/semaphore"

	"github.com/paddock-crm/paddock/app/auth"
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
	b := &binder{form: f}
	b.text("name", &p.Name)
	b.text("time_zone", &p.TimeZone)
	b.text("date_style", &p.DateStyle)
	b.text("number_style", &p.NumberStyle)
	b.text("theme", &p.Theme)
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

// Bounds of an avatar: what may be uploaded is maxBody; what is decoded is
// looked at first, for a small file can hold a huge image.
const (
	avatarSize     = 128        // pixels, each way
	avatarMaxInput = 12_600_000 // pixels in all, of up to 16 bytes each while they are decoded
)

const avatarPath = "/settings/profile/avatar"

// decoding bounds how many pictures are decoded at once.
var decoding = semaphore.NewWeighted(1)

// decodingTime is how long one may wait for its turn and take, in all.
const decodingTime = 10 * time.Second

var errAvatar = errors.New("web: no image")

// maxScans is how often a progressive JPEG may go over its pixels; encoders write
// some ten scans, and one of thousands takes a core for as many times as long.
const maxScans = 64

// scans counts a JPEG's: in what lies between its markers FF is followed by 00.
func scans(file []byte) int { return bytes.Count(file, []byte{0xff, 0xda}) }

// cancelled is a reader that ends with a context, and so a decoder's work does.
type cancelled struct {
	ctx context.Context
	io.Reader
}

func (r cancelled) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p[:min(len(p), 4<<10)])
}

// avatarUpdate takes an image, makes a small one of its own of it, and keeps
// that alone: nothing else that was in the file.
func (s *Server) avatarUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	small, err := readAvatar(c)
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
	config, format, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	if format == "jpeg" && scans(raw) > maxScans {
		return nil, errAvatar
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > avatarMaxInput/config.Height {
		return nil, errAvatar
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), decodingTime)
	defer cancel()
	if err := decoding.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer decoding.Release(1)
	full, _, err := image.Decode(cancelled{ctx, bytes.NewReader(raw)})
	if err != nil {
		return nil, err
	}
	b := full.Bounds() // the middle square of it
	side := min(b.Dx(), b.Dy())
	at := image.Pt(b.Min.X+(b.Dx()-side)/2, b.Min.Y+(b.Dy()-side)/2)
	small := image.NewRGBA(image.Rect(0, 0, avatarSize, avatarSize))
	draw.CatmullRom.Scale(small, small.Bounds(), full, image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}, draw.Over, nil)
	var out bytes.Buffer
	err = png.Encode(&out, small)
	return out.Bytes(), err
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
