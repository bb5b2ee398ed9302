package account

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

// SignInForm asks who one is, or leads on whoever is signed in.
func (h *Handler) SignInForm(c echo.Context) error {
	v := page.From(c)
	if v.SignedIn && (v.Tenant.ID == uuid.Nil || v.Who.Role != auth.NoRole) {
		if slug := c.QueryParam("workspace"); slug != "" && v.Tenant.ID == uuid.Nil {
			if to, err := h.handoffTo(c, slug, c.QueryParam("next")); err == nil {
				return page.Leave(c, to)
			}
		}
		return page.Leave(c, afterSignIn(c, c.QueryParam("next")))
	}
	return h.renderSignIn(c, http.StatusOK, ui.Form{}, c.QueryParam("next"), c.QueryParam("workspace"))
}

// renderSignIn shows the form. workspace is the slug that somebody on the base
// host is on the way to.
func (h *Handler) renderSignIn(c echo.Context, status int, f ui.Form, next, workspace string) error {
	v := page.From(c)
	p := views.SignInPage{
		Site: page.SiteShell(c, "Sign in"), Form: f, Next: next, To: workspace, Workspace: v.Tenant.Name, Slug: v.Tenant.Slug,
		SiteURL: h.Base.URL.String(), DemoHint: h.Demo, Providers: h.platformProviders(), Foreign: h.Base.Foreign(c), Console: v.Console,
	}
	if v.Tenant.ID != uuid.Nil {
		own, err := auth.ProviderOf(c.Request().Context(), h.DB, v.Tenant.ID)
		if err != nil {
			return err
		}
		if own.Issuer != "" {
			p.Own = &views.ProviderLink{ID: config.WorkspaceProvider, Name: own.Name}
		}
	}
	return page.Render(c, status, views.SignIn(p), views.SignInForm(p))
}

// SignIn checks the password and begins a session.
func (h *Handler) SignIn(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	f := page.ReadForm(c, views.SignInFields, true)
	next, workspace := page.Posted(c, "next"), page.Posted(c, "workspace")
	if !f.Valid() {
		return h.renderSignIn(c, http.StatusUnprocessableEntity, f.Form, next, workspace)
	}
	email := strings.ToLower(f.Values["email"])
	user, err := auth.CheckSignIn(ctx, h.DB, email, f.Values["password"])
	to := ""
	if err == nil {
		after := next
		if workspace != "" && v.Tenant.ID == uuid.Nil { // on the way to a workspace: /signin takes them on
			after = onToWorkspace(workspace, next)
		}
		to, err = h.Sessions.Start(c, auth.SessionStart{UserID: user.ID, PasswordHash: user.PasswordHash, How: "With a password"}, after)
	}
	if err == nil {
		return page.Leave(c, to)
	}
	switch {
	case errors.Is(err, auth.ErrWrongPassword):
		f.Fail("", "The email or the password is not right.")
		return h.renderSignIn(c, http.StatusUnprocessableEntity, f.Form, next, workspace)
	case errors.As(err, &auth.TooManyError{}):
		return h.renderSignIn(c, page.TooMany(c, f, err), f.Form, next, workspace)
	}
	return err
}

// onToWorkspace is where somebody who signs in on the base host goes on from to
// a workspace, and there to next.
func onToWorkspace(slug, next string) string {
	q := url.Values{"workspace": {slug}}
	if next != "" {
		q.Set("next", next)
	}
	return "/signin?" + q.Encode()
}

// FactorForm asks for the second factor of who has shown a password.
func (h *Handler) FactorForm(c echo.Context) error {
	if v := page.From(c); !v.Who.Pending {
		return page.Leave(c, "/signin")
	}
	return h.renderFactor(c, http.StatusOK, ui.Form{}, c.QueryParam("next"))
}

func (h *Handler) renderFactor(c echo.Context, status int, f ui.Form, next string) error {
	ctx := c.Request().Context()
	v := page.From(c)
	p := views.FactorPage{Form: f, Next: next, Email: v.Who.Email, Foreign: h.Base.Foreign(c), SiteURL: h.Base.URL.String(),
		Slug: v.Tenant.Slug}
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
		access, err := tx.UserAccess(ctx, v.Who.UserID)
		p.TOTP, p.Passkeys = access.TotpSecret != "", access.Passkeys > 0
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, status, views.Factor(p), views.FactorForm(p))
}

// Factor takes the second factor of who has shown a password: the session that
// waited for it is replaced by one that is somebody.
func (h *Handler) Factor(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	if !v.Who.Pending {
		return page.Leave(c, "/signin")
	}
	f := page.ReadForm(c, views.FactorFields, true)
	next := page.Posted(c, "next")
	if !f.Valid() {
		return h.renderFactor(c, http.StatusUnprocessableEntity, f.Form, next)
	}
	recovered, err := auth.CheckCode(ctx, h.DB, h.Box, auth.CodeSignIn, v.Who, f.Values["code"])
	switch {
	case errors.Is(err, auth.ErrWrongCode):
		f.Fail("code", "This code is not right, or it was used already. Wait for the next one.")
		return h.renderFactor(c, http.StatusUnprocessableEntity, f.Form, next)
	case errors.As(err, &auth.TooManyError{}):
		return h.renderFactor(c, page.TooMany(c, f, err), f.Form, next)
	case err != nil:
		return err
	}
	if recovered {
		err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
			return mail.Send(ctx, tx, h.Box, v.Tenant.ID, v.Who.Email, letter.SecurityChanged("A recovery code was used to sign in to your account"))
		})
		if err != nil {
			return err
		}
		if err := page.SetFlash(c,
			ui.Flash{Message: "A recovery code was used up. Make new ones in your security settings when few are left."}); err != nil {
			return err
		}
	}
	how := "With a second factor"
	if recovered {
		how = "With a recovery code"
	}
	to, err := h.Sessions.Start(c, auth.SessionStart{UserID: v.Who.UserID, Strong: true, How: how}, next)
	if err != nil {
		return err
	}
	return page.Leave(c, to)
}

// afterSignIn is the page somebody was on their way to, on this host alone.
func afterSignIn(c echo.Context, next string) string {
	if u, err := url.Parse(next); err == nil && !u.IsAbs() && u.Host == "" &&
		strings.HasPrefix(next, "/") && !strings.HasPrefix(next, "//") && !strings.ContainsAny(next, "\\\r\n\t") {
		return next
	}
	if v := page.From(c); v.Tenant.ID == uuid.Nil && !v.Console {
		return "/workspaces"
	}
	return "/"
}
