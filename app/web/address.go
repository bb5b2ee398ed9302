package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

func (s *Server) forgotForm(c echo.Context) error {
	return s.renderForgot(c, http.StatusOK, ui.Form{Values: map[string]string{"email": c.QueryParam("email")}}, "")
}

func (s *Server) renderForgot(c echo.Context, status int, f ui.Form, sent string) error {
	p := views.ForgotPage{Site: s.siteShell(c, "Forgot your password?"), Form: f, Sent: sent}
	return s.render(c, status, views.Forgot(p), views.ForgotForm(p))
}

// forgot answers the same, in the same time, whether or not the address is
// known: a mail goes out in either case.
func (s *Server) forgot(c echo.Context) error {
	ctx := c.Request().Context()
	f := readForm(c, views.ForgotFields, true)
	if !f.Valid() {
		return s.renderForgot(c, http.StatusUnprocessableEntity, f.Form, "")
	}
	email := strings.ToLower(f.Values["email"])
	err := auth.ThrottleMail(ctx, s.db, email)
	if errors.As(err, &auth.TooManyError{}) {
		return s.renderForgot(c, tooMany(c, f, err), f.Form, "")
	}
	if err != nil {
		return err
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		token, err := auth.ResetStart(ctx, tx, email)
		if err != nil {
			return err
		}
		l := letter.NoAccount(s.cfg.BaseURL.String())
		if token != "" {
			l = letter.Reset(s.siteURL("/password/reset", url.Values{"token": {token}}))
			l.Until = time.Now().Add(auth.ProofTime)
		}
		return s.mail(ctx, tx, visiting(c).tenant.ID, email, l)
	})
	if err != nil {
		return err
	}
	return s.renderForgot(c, http.StatusOK, f.Form, f.Values["email"])
}

func (s *Server) resetForm(c echo.Context) error {
	return s.renderReset(c, http.StatusOK, ui.Form{}, c.QueryParam("token"))
}

func (s *Server) renderReset(c echo.Context, status int, f ui.Form, token string) error {
	ctx := c.Request().Context()
	p := views.ResetPage{Site: s.siteShell(c, "Choose a new password"), Form: f, Token: token}
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
		row, err := auth.ResetPeek(ctx, tx, token)
		p.Email = row.Email
		return err
	})
	if errors.Is(err, auth.ErrBadToken) {
		return s.render(c, http.StatusNotFound, views.ResetGone(p), views.ResetOver())
	}
	if err != nil {
		return err
	}
	return s.render(c, status, views.Reset(p), views.ResetForm(p))
}

func (s *Server) reset(c echo.Context) error {
	ctx := c.Request().Context()
	f := readForm(c, views.ResetFields, true)
	token := postedToken(c)
	// Judging and hashing a password take time: not for everybody, and not
	// without a token.
	if err := auth.ThrottleNetwork(ctx, s.db); errors.As(err, &auth.TooManyError{}) {
		return s.renderReset(c, tooMany(c, f, err), f.Form, token)
	} else if err != nil {
		return err
	}
	var whose shareddb.OneTimeTokenPeekRow
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		whose, err = auth.ResetPeek(ctx, tx, token)
		return err
	})
	if errors.Is(err, auth.ErrBadToken) {
		return s.renderReset(c, http.StatusNotFound, f.Form, "")
	}
	if err != nil {
		return err
	}
	// A second factor may make a shorter one do; whether there is one, this page
	// does not tell.
	f.checkNewPassword(false, whose.Name, whose.Email)
	if !f.Valid() {
		return s.renderReset(c, http.StatusUnprocessableEntity, f.Form, token)
	}
	hash, err := auth.HashPassword(ctx, f.Values["password"])
	if err != nil {
		return err
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		user, err := auth.ResetFinish(ctx, tx, token, f.Values["password"], hash)
		if err != nil {
			return err
		}
		if err := auth.ForgiveNetwork(ctx, tx); err != nil {
			return err
		}
		return s.mail(ctx, tx, visiting(c).tenant.ID, user.Email, letter.SecurityChanged("Your password was changed"))
	})
	if errors.Is(err, auth.ErrBadToken) {
		return s.renderReset(c, http.StatusNotFound, f.Form, "")
	}
	if err != nil {
		return err
	}
	if err := s.setFlash(c, ui.Flash{Message: "Your password is changed. Sign in with it."}); err != nil {
		return err
	}
	return s.leave(c, "/signin")
}

// postedToken is the token of the form, or else of the address that it was sent to.
func postedToken(c echo.Context) string { return first(posted(c, "token"), c.QueryParam("token")) }

// verifySend mails a link that proves the address of who is signed in.
func (s *Server) verifySend(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	if who.Verified {
		return s.redirect(c, "/settings/security")
	}
	if err := auth.ThrottleMail(ctx, s.db, who.Email); err != nil {
		return err
	}
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		token, err := auth.VerifyStart(ctx, tx, who.UserID, who.Email)
		if err != nil {
			return err
		}
		l := letter.Verify(s.here(c, "/email/verify", url.Values{"token": {token}}))
		l.Until = time.Now().Add(auth.ProofTime)
		return s.mail(ctx, tx, visiting(c).tenant.ID, who.Email, l)
	})
	if err != nil {
		return err
	}
	return s.say(c, "/settings/security", "We sent a link to "+who.Email+". It works for 30 minutes.")
}

// emailChange mails a link to the address that is to replace the one of who is
// signed in.
func (s *Server) emailChange(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	f := readForm(c, views.EmailFields, true)
	email := strings.ToLower(f.Values["email"])
	if email == who.Email {
		f.fail("email", "This is your address already.")
	}
	if !f.Valid() {
		return s.renderSecurity(c, http.StatusUnprocessableEntity, views.SecurityPage{Email: f.Form})
	}
	err := auth.ThrottleMail(ctx, s.db, email)
	if errors.As(err, &auth.TooManyError{}) {
		return s.renderSecurity(c, tooMany(c, f, err), views.SecurityPage{Email: f.Form})
	}
	if err != nil {
		return err
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		token, err := auth.EmailStart(ctx, tx, who.UserID, email)
		if err != nil {
			return err
		}
		l := letter.ChangeEmail(who.Name, s.here(c, "/email/verify", url.Values{"token": {token}, "change": {"1"}}))
		l.Until = time.Now().Add(auth.ProofTime)
		return s.mail(ctx, tx, visiting(c).tenant.ID, email, l)
	})
	if err != nil {
		return err
	}
	return s.say(c, "/settings/security", "We sent a link to "+email+". Your address changes when you follow it.")
}

func (s *Server) verifyForm(c echo.Context) error {
	p := views.VerifyPage{Token: c.QueryParam("token"), Change: c.QueryParam("change") != "", Email: visiting(c).who.Email}
	return s.render(c, http.StatusOK, views.Verify(p), nil)
}

func (s *Server) verify(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	token := postedToken(c)
	message := "Your address is confirmed"
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if posted(c, "change") == "" {
			return auth.VerifyFinish(ctx, tx, token, who)
		}
		email, err := auth.EmailFinish(ctx, tx, token, who)
		if err != nil {
			return err
		}
		message = "You now sign in with " + email
		return s.mail(ctx, tx, visiting(c).tenant.ID, who.Email, letter.EmailChanged(email))
	})
	switch {
	case errors.Is(err, auth.ErrBadToken):
		return &problem{status: http.StatusNotFound, title: "This link does not work any more", text: "It works once, for 30 minutes, for the person who asked for it. Ask for another in your security settings.", home: true}
	case errors.Is(err, auth.ErrEmailKnown):
		return &problem{status: http.StatusConflict, title: "This address has an account of its own", text: "Sign in to that account instead, or choose another address.", home: true}
	case err != nil:
		return err
	}
	if err := s.setFlash(c, ui.Flash{Message: message}); err != nil {
		return err
	}
	return s.leave(c, "/settings/security")
}
