package web

import (
	"errors"
	"io"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

// The ceremonies of passkeys speak JSON in WebAuthn's own shapes; static/files/
// app.js hands it on to the browser. What a page must do next is in "location",
// what went wrong in "error".

const passkeyCookie = "passkey"

func (s *Server) party(c echo.Context) (auth.Party, error) {
	base := *s.cfg.BaseURL
	base.Host = c.Request().Host
	return auth.NewParty(s.cfg.BaseURL.Hostname(), base.String())
}

func (s *Server) passkeyLoginBegin(c echo.Context) error {
	ctx := c.Request().Context()
	if err := auth.ThrottleNetwork(ctx, s.db); err != nil {
		return passkeyFailed(c, err)
	}
	return s.passkeyBegin(c, func(p auth.Party, tx *db.SharedTx) (any, string, error) { return p.LoginBegin(ctx, tx) })
}

func (s *Server) passkeyRegistrationBegin(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	if !who.Verified {
		return passkeyFailed(c, &auth.RefusalError{Reason: unverified})
	}
	return s.passkeyBegin(c, func(p auth.Party, tx *db.SharedTx) (any, string, error) {
		return p.RegistrationBegin(ctx, tx, who.UserID)
	})
}

func (s *Server) passkeyBegin(c echo.Context, begin func(auth.Party, *db.SharedTx) (any, string, error)) error {
	if s.foreign(c) {
		return c.JSON(http.StatusForbidden, echo.Map{"error": "Passkeys belong to Paddock’s own address and don’t work under this one."})
	}
	p, err := s.party(c)
	if err != nil {
		return err
	}
	var options any
	var token string
	err = s.db.Shared(c.Request().Context(), func(tx *db.SharedTx) (err error) {
		options, token, err = begin(p, tx)
		return err
	})
	if err != nil {
		return passkeyFailed(c, err)
	}
	s.setCookie(c, passkeyCookie, token, int(auth.PasskeyTime.Seconds()))
	return c.JSON(http.StatusOK, options)
}

// passkeyLoginFinish signs in, or shows a further factor where somebody is
// signed in already, or is about to be.
func (s *Server) passkeyLoginFinish(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	p, err := s.party(c)
	if err != nil {
		return err
	}
	response, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return err
	}
	token := s.takeCookie(c, passkeyCookie)
	if err := auth.ThrottleNetwork(ctx, s.db); err != nil {
		return passkeyFailed(c, err)
	}
	var userID uuid.UUID
	var bad error // which uses the ceremony up: its transaction is not taken back
	err = s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		userID, err = p.LoginFinish(ctx, tx, token, response)
		if err == nil && v.who.UserID != uuid.Nil && v.who.UserID != userID {
			err = auth.ErrBadPasskey // of somebody else
		}
		if bad = nil; errors.Is(err, auth.ErrBadPasskey) {
			bad = err
			return nil
		}
		if err != nil {
			return err
		}
		return auth.ForgiveNetwork(ctx, tx)
	})
	err = errors.Join(err, bad)
	if err := errors.Join(err, auth.RecordFailure(ctx, s.db, v.who.UserID, err)); err != nil {
		return passkeyFailed(c, err)
	}
	if v.signedIn {
		if err := s.proved(c, true, "With a passkey"); err != nil {
			return err
		}
	}
	to := s.afterSignIn(c, c.QueryParam("next"))
	if slug := c.QueryParam("workspace"); slug != "" && v.tenant.ID == uuid.Nil {
		to = onToWorkspace(slug, c.QueryParam("next"))
	}
	if !v.signedIn {
		if to, err = s.startSession(c, auth.SessionStart{UserID: userID, Strong: true, How: "With a passkey"}, to); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, echo.Map{"location": to})
}

func (s *Server) passkeyRegistrationFinish(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	p, err := s.party(c)
	if err != nil {
		return err
	}
	response, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return err
	}
	name := first(auth.DeviceName(c.Request().UserAgent()), "Passkey")
	token := s.takeCookie(c, passkeyCookie)
	var id string
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if err := p.RegistrationFinish(ctx, tx, who.UserID, token, name, response); err != nil {
			return err
		}
		var err error
		if id, err = auth.FirstFactor(ctx, tx, who); err != nil {
			return err
		}
		return s.mail(ctx, tx, visiting(c).tenant.ID, who.Email, letter.SecurityChanged("A passkey was added to your account"))
	})
	if err != nil {
		return passkeyFailed(c, err)
	}
	if err := s.renewSession(c, id); err != nil {
		return err
	}
	if err := s.setFlash(c, ui.Flash{Message: "Passkey added"}); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, echo.Map{"location": "/settings/security"})
}

// passkeyFailed tells the page in words what to show.
func passkeyFailed(c echo.Context, err error) error {
	var denied *auth.RefusalError
	var many auth.TooManyError
	switch {
	case errors.As(err, &denied):
		return c.JSON(http.StatusUnprocessableEntity, echo.Map{"error": denied.Reason})
	case errors.As(err, &many):
		c.Response().Header().Set("Retry-After", retryAfter(many))
		return c.JSON(http.StatusTooManyRequests, echo.Map{"error": "Too many attempts. Wait a few minutes and try again."})
	case errors.Is(err, auth.ErrBadToken):
		return c.JSON(http.StatusUnprocessableEntity, echo.Map{"error": "That took too long. Try again."})
	case errors.Is(err, auth.ErrBadPasskey):
		return c.JSON(http.StatusUnprocessableEntity, echo.Map{"error": "This passkey is not one of yours here."})
	}
	return err
}

func (s *Server) passkeyDelete(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	id, err := pathID(c)
	if err != nil {
		return err
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		name, err := auth.PasskeyRemove(ctx, tx, who.UserID, id)
		if err != nil {
			return err
		}
		return s.mail(ctx, tx, visiting(c).tenant.ID, who.Email, letter.SecurityChanged("The passkey “"+name+"” was removed from your account"))
	})
	return s.securityChanged(c, err, "Passkey removed")
}
