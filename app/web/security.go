package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/boombuler/barcode/qr"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

// unverified is why an account whose address is not proven gets no factors: they
// would be taken from it by whoever proves the address.
const unverified = "Confirm your address first. Whoever owns it could otherwise undo this."

func (s *Server) security(c echo.Context) error {
	return s.renderSecurity(c, http.StatusOK, views.SecurityPage{})
}

// renderSecurity shows the page with what is wrong in one of its forms.
func (s *Server) renderSecurity(c echo.Context, status int, p views.SecurityPage) error {
	ctx := c.Request().Context()
	v := visiting(c)
	p.Frame = s.frame(c, "Security")
	p.Who, p.Verified, p.Foreign, p.SiteURL = v.who.Email, v.who.Verified, s.foreign(c), s.cfg.BaseURL.String()
	p.Required = v.tenant.RequireSecondFactor && !v.who.Strong
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
		access, err := tx.UserAccess(ctx, v.who.UserID)
		if err != nil {
			return err
		}
		p.HasPassword, p.TOTP, p.RecoveryCodes = access.HasPassword, access.TotpSecret != "", access.RecoveryCodes
		keys, err := tx.PasskeyList(ctx, v.who.UserID)
		if err != nil {
			return err
		}
		for _, k := range keys {
			p.Passkeys = append(p.Passkeys, views.Passkey{ID: k.ID, Name: k.Name, CreatedAt: k.CreatedAt, LastUsedAt: k.LastUsedAt})
		}
		rows, err := tx.SessionList(ctx, v.who.UserID)
		for _, r := range rows {
			p.Sessions = append(p.Sessions, views.Session{
				ID: r.ID, Device: first(auth.DeviceName(r.UserAgent), "An unknown program"), Place: s.where(r.Ip), Workspace: r.Workspace,
				LastSeenAt: r.LastSeenAt, Strong: r.Strong, Current: r.ID == v.who.SessionID,
			})
		}
		if err != nil {
			return err
		}
		p.Activity, err = s.activityOf(ctx, tx, v.who, lastID, 5)
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, status, views.Security(p), nil)
}

// securityChanged answers a change of how somebody signs in.
func (s *Server) securityChanged(c echo.Context, err error, message string) error {
	var denied *auth.RefusalError
	switch {
	case errors.As(err, &denied):
		return s.renderSecurity(c, http.StatusUnprocessableEntity, views.SecurityPage{Notice: denied.Reason})
	case err != nil:
		return err
	}
	return s.say(c, "/settings/security", message)
}

// passwordUpdate sets a new password; all other sessions end.
func (s *Server) passwordUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	var has bool
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		has, err = hasPassword(ctx, tx, v.who)
		return err
	})
	if err != nil {
		return err
	}
	fields := views.ResetFields
	if has {
		fields = views.PasswordFields
	}
	f := readForm(c, fields, true)
	f.checkNewPassword(v.who.HasFactor, v.who.Name, v.who.Email, v.tenant.Name)
	if has && f.Errors["current_password"] == "" {
		switch err := auth.CheckSudo(ctx, s.db, v.who, f.Values["current_password"]); {
		case errors.Is(err, auth.ErrWrongPassword):
			f.fail("current_password", "This is not your password.")
		case errors.As(err, &auth.TooManyError{}):
			return s.renderSecurity(c, tooMany(c, f, err), views.SecurityPage{Password: f.Form})
		case err != nil:
			return err
		}
	}
	if !f.Valid() {
		return s.renderSecurity(c, http.StatusUnprocessableEntity, views.SecurityPage{Password: f.Form})
	}
	hash, err := auth.HashPassword(ctx, f.Values["password"])
	if err != nil {
		return err
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if err := auth.SetPassword(ctx, tx, v.who.UserID, v.who.SessionID, f.Values["password"], hash, "in the settings"); err != nil {
			return err
		}
		return s.mail(ctx, tx, visiting(c).tenant.ID, v.who.Email, letter.SecurityChanged("Your password was changed"))
	})
	return s.securityChanged(c, err, "Your password is changed, and all other sessions have ended")
}

func (s *Server) totpForm(c echo.Context) error {
	if !visiting(c).who.Verified {
		return s.securityChanged(c, &auth.RefusalError{Reason: unverified}, "")
	}
	return s.renderTOTP(c, http.StatusOK, ui.Form{}, "")
}

// renderTOTP shows the secret to scan; sealed holds the one of a form that comes
// back, "" makes a new one.
func (s *Server) renderTOTP(c echo.Context, status int, f ui.Form, sealed string) error {
	who := visiting(c).who
	p := views.TOTPPage{Frame: s.frame(c, "Authenticator app"), Form: f, Sealed: sealed}
	if sealed == "" {
		var err error
		if p.Secret, p.Sealed, err = auth.TOTPStart(s.box, who.UserID); err != nil {
			return err
		}
	} else {
		secret, err := auth.TOTPResume(s.box, who.UserID, sealed)
		if err != nil {
			return errBadForm
		}
		p.Secret = secret
	}
	code, err := qr.Encode(auth.TOTPURL(who.Email, p.Secret), qr.M, qr.Auto)
	if err != nil {
		return err
	}
	// One path of unit squares, in the quiet zone that scanners want.
	var path strings.Builder
	b := code.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+4, y+4)
			}
		}
	}
	p.QRSize, p.QRPath = b.Dx()+8, path.String()
	return s.render(c, status, views.TOTP(p), nil)
}

func (s *Server) totpEnable(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	if !who.Verified {
		return s.securityChanged(c, &auth.RefusalError{Reason: unverified}, "")
	}
	f := readForm(c, views.FactorFields, true)
	sealed := posted(c, "secret")
	if _, err := auth.TOTPResume(s.box, who.UserID, sealed); err != nil {
		return errBadForm
	}
	if !f.Valid() {
		return s.renderTOTP(c, http.StatusUnprocessableEntity, f.Form, sealed)
	}
	if err := auth.ThrottleFactor(ctx, s.db, auth.CodeSudo, who.UserID, who.Email); errors.As(err, &auth.TooManyError{}) {
		return s.renderTOTP(c, tooMany(c, f, err), f.Form, sealed)
	} else if err != nil {
		return err
	}
	var codes []string
	var id string
	err := s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if codes, err = auth.TOTPFinish(ctx, tx, s.box, who.UserID, sealed, f.Values["code"]); err != nil {
			return err
		}
		if id, err = auth.FirstFactor(ctx, tx, who); err != nil {
			return err
		}
		return s.mail(ctx, tx, visiting(c).tenant.ID, who.Email, letter.SecurityChanged("An authenticator app was added to your account"))
	})
	if errors.Is(err, auth.ErrWrongCode) {
		f.fail("code", "This code is not right. Is the clock of your phone right? Wait for the next code and try again.")
		return s.renderTOTP(c, http.StatusUnprocessableEntity, f.Form, sealed)
	}
	if err == nil {
		err = s.renewSession(c, id)
	}
	if err != nil {
		return err
	}
	return s.renderRecovery(c, codes)
}

func (s *Server) totpDisable(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if err := auth.TOTPRemove(ctx, tx, who.UserID); err != nil {
			return err
		}
		return s.mail(ctx, tx, visiting(c).tenant.ID, who.Email, letter.SecurityChanged("The authenticator app was removed from your account"))
	})
	return s.securityChanged(c, err, "The authenticator app is removed")
}

// recoveryCodes makes new ones in place of the old and shows them this once.
func (s *Server) recoveryCodes(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	var codes []string
	err := s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		access, err := tx.UserAccess(ctx, who.UserID)
		if err != nil {
			return err
		}
		if access.TotpSecret == "" && access.Passkeys == 0 {
			return &auth.RefusalError{Reason: "Recovery codes stand in for a second factor. Add one first."}
		}
		if codes, err = auth.RecoveryCodes(ctx, tx, who.UserID); err != nil {
			return err
		}
		return s.mail(ctx, tx, visiting(c).tenant.ID, who.Email, letter.SecurityChanged("New recovery codes were made for your account"))
	})
	if err != nil {
		return s.securityChanged(c, err, "")
	}
	return s.renderRecovery(c, codes)
}

func (s *Server) renderRecovery(c echo.Context, codes []string) error {
	return s.render(c, http.StatusOK, views.Recovery(views.RecoveryPage{Frame: s.frame(c, "Recovery codes"), Codes: codes}), nil)
}

func (s *Server) sessionDelete(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	id, err := pathID(c)
	if err != nil {
		return err
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		return auth.EndSession(ctx, tx, who.UserID, id)
	})
	if err == nil && id == who.SessionID {
		return s.leave(c, "/signin")
	}
	return s.securityChanged(c, err, "That session has ended")
}

func (s *Server) sessionDeleteOthers(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	var n int64
	err := s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		n, err = auth.EndOtherSessions(ctx, tx, who)
		return err
	})
	return s.securityChanged(c, err, ui.Plural(int(n), "session has", "sessions have")+" ended")
}

// frame is what stands around a page that is there with and without a workspace.
func (s *Server) frame(c echo.Context, title string) views.Frame {
	if visiting(c).console {
		console := s.consoleShell(c, "settings/security", title)
		return views.Frame{Console: &console, Formats: console.Formats}
	}
	if visiting(c).tenant.ID == uuid.Nil {
		return views.Frame{Site: s.siteShell(c, title), Formats: visiting(c).formats(c)}
	}
	shell := s.shell(c, "settings", title)
	return views.Frame{Shell: &shell, Formats: shell.Formats}
}
