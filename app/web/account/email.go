package account

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

// VerifySend mails a link that proves the address of who is signed in.
func (h *Handler) VerifySend(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	if who.Verified {
		return page.Redirect(c, "/settings/security")
	}
	if err := auth.ThrottleMail(ctx, h.DB, who.Email); err != nil {
		return err
	}
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		token, err := auth.VerifyStart(ctx, tx, who.UserID, who.Email)
		if err != nil {
			return err
		}
		return h.mailVerify(c, tx, who.Email, token)
	})
	if err != nil {
		return err
	}
	return page.Say(c, "/settings/security", "We sent a link to "+who.Email+". It works for a day.")
}

// mailVerify mails the link that proves an address.
func (h *Handler) mailVerify(c echo.Context, tx *db.SharedTx, email, token string) error {
	l := letter.Verify(h.Base.Here(c, "/email/verify", url.Values{"token": {token}}))
	l.Until = time.Now().Add(auth.VerifyTime)
	return mail.Send(c.Request().Context(), tx, h.Box, page.From(c).Tenant.ID, email, l)
}

// EmailChange mails a link to the address that is to replace the one of who is
// signed in.
func (h *Handler) EmailChange(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	f := page.ReadForm(c, views.EmailFields, true)
	email := strings.ToLower(f.Values["email"])
	if email == who.Email {
		f.Fail("email", "This is your address already.")
	}
	if !f.Valid() {
		return h.renderSecurity(c, http.StatusUnprocessableEntity, views.SecurityPage{Email: f.Form})
	}
	err := auth.ThrottleMail(ctx, h.DB, email)
	if errors.As(err, &auth.TooManyError{}) {
		return h.renderSecurity(c, page.TooMany(c, f, err), views.SecurityPage{Email: f.Form})
	}
	if err != nil {
		return err
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		token, err := auth.EmailStart(ctx, tx, who.UserID, email)
		if err != nil {
			return err
		}
		l := letter.ChangeEmail(who.Name, h.Base.Here(c, "/email/verify", url.Values{"token": {token}, "change": {"1"}}))
		l.Until = time.Now().Add(auth.ProofTime)
		return mail.Send(ctx, tx, h.Box, page.From(c).Tenant.ID, email, l)
	})
	if err != nil {
		return err
	}
	return page.Say(c, "/settings/security", "We sent a link to "+email+". Your address changes when you follow it.")
}

// VerifyForm asks, so that a preview of the link uses nothing up.
func (h *Handler) VerifyForm(c echo.Context) error {
	p := views.VerifyPage{Token: c.QueryParam("token"), Change: c.QueryParam("change") != "", Email: page.From(c).Who.Email}
	return page.Render(c, http.StatusOK, views.Verify(p), nil)
}

// Verify proves the address that the link was sent to, or makes it the one to sign in with.
func (h *Handler) Verify(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	token := page.PostedToken(c)
	message := "Your address is confirmed"
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if page.Posted(c, "change") == "" {
			return auth.VerifyFinish(ctx, tx, token, who)
		}
		email, err := auth.EmailFinish(ctx, tx, token, who)
		if err != nil {
			return err
		}
		message = "You now sign in with " + email
		return mail.Send(ctx, tx, h.Box, page.From(c).Tenant.ID, who.Email, letter.EmailChanged(email))
	})
	switch {
	case errors.Is(err, auth.ErrBadToken):
		return &page.Problem{Status: http.StatusNotFound, Title: "This link does not work any more",
			Text: "It works once, for 30 minutes, for the person who asked for it. Ask for another in your security settings.", Home: true}
	case errors.Is(err, auth.ErrEmailKnown):
		return &page.Problem{Status: http.StatusConflict, Title: "This address has an account of its own",
			Text: "Sign in to that account instead, or choose another address.", Home: true}
	case err != nil:
		return err
	}
	if err := page.SetFlash(c, ui.Flash{Message: message}); err != nil {
		return err
	}
	return page.Leave(c, "/settings/security")
}
