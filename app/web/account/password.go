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
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

// ForgotForm asks for the address of whoever forgot their password.
func (h *Handler) ForgotForm(c echo.Context) error {
	return h.renderForgot(c, http.StatusOK, ui.Form{Values: map[string]string{"email": c.QueryParam("email")}}, "")
}

func (h *Handler) renderForgot(c echo.Context, status int, f ui.Form, sent string) error {
	p := views.ForgotPage{Site: page.SiteShell(c, "Forgot your password?"), Form: f, Sent: sent}
	return page.Render(c, status, views.Forgot(p), views.ForgotForm(p))
}

// Forgot answers the same, in the same time, whether or not the address is
// known: a mail goes out in either case.
func (h *Handler) Forgot(c echo.Context) error {
	ctx := c.Request().Context()
	f := page.ReadForm(c, views.ForgotFields, true)
	if !f.Valid() {
		return h.renderForgot(c, http.StatusUnprocessableEntity, f.Form, "")
	}
	email := strings.ToLower(f.Values["email"])
	err := auth.ThrottleMail(ctx, h.DB, email)
	if errors.As(err, &auth.TooManyError{}) {
		return h.renderForgot(c, page.TooMany(c, f, err), f.Form, "")
	}
	if err != nil {
		return err
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		token, err := auth.ResetStart(ctx, tx, email)
		if err != nil {
			return err
		}
		l := letter.NoAccount(h.Base.URL.String())
		if token != "" {
			l = letter.Reset(h.Base.SiteURL("/password/reset", url.Values{"token": {token}}))
			l.Until = time.Now().Add(auth.ProofTime)
		}
		return mail.Send(ctx, tx, h.Box, page.From(c).Tenant.ID, email, l)
	})
	if err != nil {
		return err
	}
	return h.renderForgot(c, http.StatusOK, f.Form, f.Values["email"])
}

// ResetForm asks for a new password, where the link still works.
func (h *Handler) ResetForm(c echo.Context) error {
	return h.renderReset(c, http.StatusOK, ui.Form{}, c.QueryParam("token"))
}

func (h *Handler) renderReset(c echo.Context, status int, f ui.Form, token string) error {
	ctx := c.Request().Context()
	p := views.ResetPage{Site: page.SiteShell(c, "Choose a new password"), Form: f, Token: token}
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
		row, err := auth.ResetPeek(ctx, tx, token)
		p.Email = row.Email
		return err
	})
	if errors.Is(err, auth.ErrBadToken) {
		return page.Render(c, http.StatusNotFound, views.ResetGone(p), views.ResetOver())
	}
	if err != nil {
		return err
	}
	return page.Render(c, status, views.Reset(p), views.ResetForm(p))
}

// Reset sets the password; it ends all sessions.
func (h *Handler) Reset(c echo.Context) error {
	ctx := c.Request().Context()
	f := page.ReadForm(c, views.ResetFields, true)
	token := page.PostedToken(c)
	// Judging and hashing a password take time: not for everybody, and not
	// without a token.
	if err := auth.ThrottleNetwork(ctx, h.DB); errors.As(err, &auth.TooManyError{}) {
		return h.renderReset(c, page.TooMany(c, f, err), f.Form, token)
	} else if err != nil {
		return err
	}
	var whose shareddb.OneTimeTokenPeekRow
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		whose, err = auth.ResetPeek(ctx, tx, token)
		return err
	})
	if errors.Is(err, auth.ErrBadToken) {
		return h.renderReset(c, http.StatusNotFound, f.Form, "")
	}
	if err != nil {
		return err
	}
	// A second factor may make a shorter one do; whether there is one, this page
	// does not tell.
	f.CheckNewPassword(false, whose.Name, whose.Email)
	if !f.Valid() {
		return h.renderReset(c, http.StatusUnprocessableEntity, f.Form, token)
	}
	hash, err := auth.HashPassword(ctx, f.Values["password"])
	if err != nil {
		return err
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		user, err := auth.ResetFinish(ctx, tx, token, f.Values["password"], hash)
		if err != nil {
			return err
		}
		if err := auth.ForgiveNetwork(ctx, tx); err != nil {
			return err
		}
		return mail.Send(ctx, tx, h.Box, page.From(c).Tenant.ID, user.Email, letter.SecurityChanged("Your password was changed"))
	})
	if errors.Is(err, auth.ErrBadToken) {
		return h.renderReset(c, http.StatusNotFound, f.Form, "")
	}
	if err != nil {
		return err
	}
	if err := page.SetFlash(c, ui.Flash{Message: "Your password is changed. Sign in with it."}); err != nil {
		return err
	}
	return page.Leave(c, "/signin")
}

// PasswordUpdate sets a new password; all other sessions end.
func (h *Handler) PasswordUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	var has bool
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		has, err = auth.HasPassword(ctx, tx, v.Who)
		return err
	})
	if err != nil {
		return err
	}
	fields := views.ResetFields
	if has {
		fields = views.PasswordFields
	}
	f := page.ReadForm(c, fields, true)
	f.CheckNewPassword(v.Who.HasFactor, v.Who.Name, v.Who.Email, v.Tenant.Name)
	if has && f.Errors["current_password"] == "" {
		switch err := auth.CheckSudo(ctx, h.DB, v.Who, f.Values["current_password"]); {
		case errors.Is(err, auth.ErrWrongPassword):
			f.Fail("current_password", "This is not your password.")
		case errors.As(err, &auth.TooManyError{}):
			return h.renderSecurity(c, page.TooMany(c, f, err), views.SecurityPage{Password: f.Form})
		case err != nil:
			return err
		}
	}
	if !f.Valid() {
		return h.renderSecurity(c, http.StatusUnprocessableEntity, views.SecurityPage{Password: f.Form})
	}
	hash, err := auth.HashPassword(ctx, f.Values["password"])
	if err != nil {
		return err
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := auth.SetPassword(ctx, tx, v.Who.UserID, v.Who.SessionID, f.Values["password"], hash, "in the settings"); err != nil {
			return err
		}
		return mail.Send(ctx, tx, h.Box, page.From(c).Tenant.ID, v.Who.Email, letter.SecurityChanged("Your password was changed"))
	})
	return h.securityChanged(c, err, "Your password is changed, and all other sessions have ended")
}
