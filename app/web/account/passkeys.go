package account

import (
	"cmp"
	"errors"
	"io"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/web/page"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

// The ceremonies of passkeys speak JSON in WebAuthn's own shapes; static/js/
// passkeys.js hands it on to the browser. What a page must do next is in "location",
// what went wrong in "error".

const passkeyCookie = "passkey"

func (h *Handler) party(c echo.Context) (auth.Party, error) {
	base := *h.Base.URL
	base.Host = c.Request().Host
	return auth.NewParty(h.Base.URL.Hostname(), base.String())
}

// PasskeyLoginBegin answers what the browser is to sign.
func (h *Handler) PasskeyLoginBegin(c echo.Context) error {
	ctx := c.Request().Context()
	if err := auth.ThrottleNetwork(ctx, h.DB); err != nil {
		return passkeyFailed(c, err)
	}
	return h.passkeyBegin(c, func(p auth.Party, tx *db.SharedTx) (any, string, error) { return p.LoginBegin(ctx, tx) })
}

// PasskeyRegistrationBegin answers what the browser is to make a key for.
func (h *Handler) PasskeyRegistrationBegin(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	if !who.Verified {
		return passkeyFailed(c, &auth.RefusalError{Reason: unverified})
	}
	return h.passkeyBegin(c, func(p auth.Party, tx *db.SharedTx) (any, string, error) {
		return p.RegistrationBegin(ctx, tx, who.UserID)
	})
}

func (h *Handler) passkeyBegin(c echo.Context, begin func(auth.Party, *db.SharedTx) (any, string, error)) error {
	if h.Base.Foreign(c) {
		return c.JSON(http.StatusForbidden, echo.Map{"error": "Passkeys belong to Paddock’s own address and don’t work under this one."})
	}
	p, err := h.party(c)
	if err != nil {
		return err
	}
	var options any
	var token string
	err = h.DB.Shared(c.Request().Context(), func(tx *db.SharedTx) (err error) {
		options, token, err = begin(p, tx)
		return err
	})
	if err != nil {
		return passkeyFailed(c, err)
	}
	h.Base.SetCookie(c, passkeyCookie, token, int(auth.PasskeyTime.Seconds()))
	return c.JSON(http.StatusOK, options)
}

// PasskeyLoginFinish signs in, or shows a further factor where somebody is
// signed in already, or is about to be.
func (h *Handler) PasskeyLoginFinish(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	p, err := h.party(c)
	if err != nil {
		return err
	}
	response, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return err
	}
	token := h.Base.TakeCookie(c, passkeyCookie)
	if err := auth.ThrottleNetwork(ctx, h.DB); err != nil {
		return passkeyFailed(c, err)
	}
	var userID uuid.UUID
	var bad error // which uses the ceremony up: its transaction is not taken back
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		userID, err = p.LoginFinish(ctx, tx, token, response)
		if err == nil && v.Who.UserID != uuid.Nil && v.Who.UserID != userID {
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
	if err := errors.Join(err, auth.RecordFailure(ctx, h.DB, v.Who.UserID, err)); err != nil {
		return passkeyFailed(c, err)
	}
	if v.SignedIn {
		if err := h.Sessions.Proved(c, true, "With a passkey"); err != nil {
			return err
		}
	}
	to := afterSignIn(c, c.QueryParam("next"))
	if slug := c.QueryParam("workspace"); slug != "" && v.Tenant.ID == uuid.Nil {
		to = onToWorkspace(slug, c.QueryParam("next"))
	}
	if !v.SignedIn {
		if to, err = h.Sessions.Start(c, auth.SessionStart{UserID: userID, Strong: true, How: "With a passkey"}, to); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, echo.Map{"location": to})
}

// PasskeyRegistrationFinish keeps the key that the browser has made.
func (h *Handler) PasskeyRegistrationFinish(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	p, err := h.party(c)
	if err != nil {
		return err
	}
	response, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return err
	}
	name := cmp.Or(auth.DeviceName(c.Request().UserAgent()), "Passkey")
	token := h.Base.TakeCookie(c, passkeyCookie)
	var id string
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := p.RegistrationFinish(ctx, tx, who.UserID, token, name, response); err != nil {
			return err
		}
		var err error
		if id, err = auth.FirstFactor(ctx, tx, who); err != nil {
			return err
		}
		return mail.Send(ctx, tx, h.Box, page.From(c).Tenant.ID, who.Email, letter.SecurityChanged("A passkey was added to your account"))
	})
	if err != nil {
		return passkeyFailed(c, err)
	}
	if err := h.Sessions.Renew(c, id); err != nil {
		return err
	}
	if err := page.SetFlash(c, ui.Flash{Message: "Passkey added"}); err != nil {
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
		c.Response().Header().Set("Retry-After", page.RetryAfter(many))
		return c.JSON(http.StatusTooManyRequests, echo.Map{"error": "Too many attempts. Wait a few minutes and try again."})
	case errors.Is(err, auth.ErrBadToken):
		return c.JSON(http.StatusUnprocessableEntity, echo.Map{"error": "That took too long. Try again."})
	case errors.Is(err, auth.ErrBadPasskey):
		return c.JSON(http.StatusUnprocessableEntity, echo.Map{"error": "This passkey is not one of yours here."})
	}
	return err
}

// PasskeyDelete removes a passkey.
func (h *Handler) PasskeyDelete(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		name, err := auth.PasskeyRemove(ctx, tx, who.UserID, id)
		if err != nil {
			return err
		}
		return mail.Send(ctx, tx, h.Box, page.From(c).Tenant.ID, who.Email,
			letter.SecurityChanged("The passkey “"+name+"” was removed from your account"))
	})
	return h.securityChanged(c, err, "Passkey removed")
}
