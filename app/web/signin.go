package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

func (s *Server) signInForm(c echo.Context) error {
	v := visiting(c)
	if v.signedIn && (v.tenant.ID == uuid.Nil || v.who.Role != auth.NoRole) {
		if slug := c.QueryParam("workspace"); slug != "" && v.tenant.ID == uuid.Nil {
			if to, err := s.handoffTo(c, slug, c.QueryParam("next")); err == nil {
				return s.leave(c, to)
			}
		}
		return s.leave(c, s.afterSignIn(c, c.QueryParam("next")))
	}
	return s.renderSignIn(c, http.StatusOK, ui.Form{}, c.QueryParam("next"), c.QueryParam("workspace"))
}

// renderSignIn shows the form. workspace is the slug that somebody on the base
// host is on the way to.
func (s *Server) renderSignIn(c echo.Context, status int, f ui.Form, next, workspace string) error {
	v := visiting(c)
	p := views.SignInPage{
		Site: s.siteShell(c, "Sign in"), Form: f, Next: next, To: workspace, Workspace: v.tenant.Name, Slug: v.tenant.Slug,
		SiteURL: s.cfg.BaseURL.String(), DemoHint: s.mailbox != nil, Providers: s.platformProviders(), Foreign: s.foreign(c), Console: v.console,
	}
	if v.tenant.ID != uuid.Nil {
		own, err := s.tenantProvider(c)
		if err != nil {
			return err
		}
		if own.Issuer != "" {
			p.Own = &views.ProviderLink{ID: config.WorkspaceProvider, Name: own.Name}
		}
	}
	return s.render(c, status, views.SignIn(p), views.SignInForm(p))
}

// foreign reports whether the host is a custom domain, to which passkeys of the
// base host do not reach.
func (s *Server) foreign(c echo.Context) bool {
	host, base := hostname(c.Request().Host), s.cfg.BaseURL.Hostname()
	return host != base && !strings.HasSuffix(host, "."+base)
}

func hostname(hostport string) string { return (&url.URL{Host: hostport}).Hostname() }

func (s *Server) signIn(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	f := readForm(c, views.SignInFields, true)
	next, workspace := posted(c, "next"), posted(c, "workspace")
	if !f.Valid() {
		return s.renderSignIn(c, http.StatusUnprocessableEntity, f.Form, next, workspace)
	}
	email := strings.ToLower(f.Values["email"])
	user, err := auth.CheckSignIn(ctx, s.db, email, f.Values["password"])
	to := ""
	if err == nil {
		after := next
		if workspace != "" && v.tenant.ID == uuid.Nil { // on the way to a workspace: /signin takes them on
			after = onToWorkspace(workspace, next)
		}
		to, err = s.startSession(c, auth.SessionStart{UserID: user.ID, PasswordHash: user.PasswordHash, How: "With a password"}, after)
	}
	if err == nil {
		return s.leave(c, to)
	}
	switch {
	case errors.Is(err, auth.ErrWrongPassword):
		f.fail("", "The email or the password is not right.")
		return s.renderSignIn(c, http.StatusUnprocessableEntity, f.Form, next, workspace)
	case errors.As(err, &auth.TooManyError{}):
		return s.renderSignIn(c, tooMany(c, f, err), f.Form, next, workspace)
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

// posted is a field that is no field of a form's, "" when nobody could have
// typed it.
func posted(c echo.Context, name string) string {
	if v := c.Request().PostForm.Get(name); storable(v) && len(v) <= 2000 {
		return v
	}
	return ""
}

func retryAfter(e auth.TooManyError) string { return strconv.Itoa(int(e.RetryAfter.Seconds()) + 1) }

// tooMany says in the form, and in its header, when to try again.
func tooMany(c echo.Context, f *form, err error) (status int) {
	var many auth.TooManyError
	errors.As(err, &many)
	c.Response().Header().Set("Retry-After", retryAfter(many))
	f.fail("", "Too many attempts. Wait "+ui.Plural(int(many.RetryAfter.Minutes())+1, "minute", "minutes")+" and try again.")
	return http.StatusTooManyRequests
}

func (s *Server) factorForm(c echo.Context) error {
	if v := visiting(c); !v.who.Pending {
		return s.leave(c, "/signin")
	}
	return s.renderFactor(c, http.StatusOK, ui.Form{}, c.QueryParam("next"))
}

func (s *Server) renderFactor(c echo.Context, status int, f ui.Form, next string) error {
	ctx := c.Request().Context()
	v := visiting(c)
	p := views.FactorPage{Form: f, Next: next, Email: v.who.Email, Foreign: s.foreign(c), SiteURL: s.cfg.BaseURL.String(), Slug: v.tenant.Slug}
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
		access, err := tx.UserAccess(ctx, v.who.UserID)
		p.TOTP, p.Passkeys = access.TotpSecret != "", access.Passkeys > 0
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, status, views.Factor(p), views.FactorForm(p))
}

// factor takes the second factor of who has shown a password: the session that
// waited for it is replaced by one that is somebody.
func (s *Server) factor(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	if !v.who.Pending {
		return s.leave(c, "/signin")
	}
	f := readForm(c, views.FactorFields, true)
	next := posted(c, "next")
	if !f.Valid() {
		return s.renderFactor(c, http.StatusUnprocessableEntity, f.Form, next)
	}
	recovered, err := auth.CheckCode(ctx, s.db, s.box, auth.CodeSignIn, v.who, f.Values["code"])
	switch {
	case errors.Is(err, auth.ErrWrongCode):
		f.fail("code", "This code is not right, or it was used already. Wait for the next one.")
		return s.renderFactor(c, http.StatusUnprocessableEntity, f.Form, next)
	case errors.As(err, &auth.TooManyError{}):
		return s.renderFactor(c, tooMany(c, f, err), f.Form, next)
	case err != nil:
		return err
	}
	if recovered {
		err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
			return s.mail(ctx, tx, v.tenant.ID, v.who.Email, letter.SecurityChanged("A recovery code was used to sign in to your account"))
		})
		if err != nil {
			return err
		}
		if err := s.setFlash(c, ui.Flash{Message: "A recovery code was used up. Make new ones in your security settings when few are left."}); err != nil {
			return err
		}
	}
	how := "With a second factor"
	if recovered {
		how = "With a recovery code"
	}
	to, err := s.startSession(c, auth.SessionStart{UserID: v.who.UserID, Strong: true, How: how}, next)
	if err != nil {
		return err
	}
	return s.leave(c, to)
}

// sudo asks for a password or factor before something dangerous goes on. A form
// that was sent is sent once more with it, so nothing typed is lost.
func (s *Server) sudo(c echo.Context, next echo.HandlerFunc) error {
	r := c.Request()
	if r.Header.Get("Content-Type") == "application/json" || isHTMX(c) {
		return s.leave(c, "/sudo?next="+url.QueryEscape(nextOf(c)))
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return s.leave(c, "/sudo?next="+url.QueryEscape(r.URL.RequestURI()))
	}
	f := readForm(c, views.SudoFields, false)
	if f.present["sudo_password"] || f.present["sudo_code"] {
		ok, status, err := s.prove(c, f)
		if err != nil {
			return err
		}
		if ok {
			return next(c)
		}
		return s.renderSudo(c, status, f.Form, r.URL.RequestURI(), "")
	}
	return s.renderSudo(c, http.StatusForbidden, f.Form, r.URL.RequestURI(), "")
}

func (s *Server) sudoForm(c echo.Context) error {
	return s.renderSudo(c, http.StatusOK, ui.Form{}, "/sudo", c.QueryParam("next"))
}

// renderSudo asks; action is where the answer goes, and next where one goes
// from /sudo.
func (s *Server) renderSudo(c echo.Context, status int, f ui.Form, action, next string) error {
	ctx := c.Request().Context()
	v := visiting(c)
	p := views.SudoPage{Form: f, Action: action, Next: next, Email: v.who.Email, Foreign: s.foreign(c), StepUp: (v.tenant.RequireSecondFactor || v.console || v.who.HasFactor) && !v.who.Strong && !v.who.ByProvider, Console: v.console, ForgotURL: s.siteURL("/password/forgot", url.Values{"email": {v.who.Email}})}
	if action != "/sudo" {
		r := c.Request()
		if r.Method != http.MethodPost {
			p.Waiting = append(p.Waiting, views.Sent{Name: "_method", Value: r.Method})
		}
		for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
			if strings.HasPrefix(name, "sudo_") || name == "_method" {
				continue
			}
			for _, v := range r.PostForm[name] {
				p.Waiting = append(p.Waiting, views.Sent{Name: name, Value: v})
			}
		}
	}
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
		access, err := tx.UserAccess(ctx, v.who.UserID)
		p.Password, p.TOTP, p.Passkeys = access.HasPassword && !p.StepUp && !v.who.ByProvider, access.TotpSecret != "" && !v.who.ByProvider, access.Passkeys > 0 && !v.who.ByProvider
		return err
	})
	if err != nil {
		return err
	}
	if v.who.ByProvider {
		if from, err := url.Parse(c.Request().Referer()); next == "" && err == nil && from.Host == c.Request().Host {
			next = from.RequestURI() // the page that the form stood on
		}
		p.Again = "/oidc/workspace?fresh=1&next=" + url.QueryEscape(first(next, "/"))
	}
	return s.render(c, status, views.Sudo(p), nil)
}

func (s *Server) sudoConfirm(c echo.Context) error {
	f := readForm(c, views.SudoFields, false)
	ok, status, err := s.prove(c, f)
	if err != nil {
		return err
	}
	next := posted(c, "next")
	if !ok {
		return s.renderSudo(c, status, f.Form, "/sudo", next)
	}
	return s.leave(c, s.afterSignIn(c, next))
}

// prove checks the password or code in the form and notes that it was shown;
// when it is not right, the form says so.
func (s *Server) prove(c echo.Context, f *form) (ok bool, status int, err error) {
	ctx := c.Request().Context()
	v := visiting(c)
	who := v.who
	strong := false
	field, how := "sudo_password", "With the password"
	switch {
	case who.ByProvider: // whoever it vouches for is not known to have either
		err = auth.ErrWrongPassword
	case f.Values["sudo_code"] != "":
		field, how, strong = "sudo_code", "With a second factor", true
		var recovered bool
		recovered, err = auth.CheckCode(ctx, s.db, s.box, auth.CodeSudo, who, f.Values["sudo_code"])
		if err == nil && recovered {
			err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
				return s.mail(ctx, tx, v.tenant.ID, who.Email, letter.SecurityChanged("A recovery code was used to confirm a change of your account or workspace"))
			})
		}
	default:
		if who.HasFactor && !who.Strong { // a password alone would undo the factor
			return false, http.StatusUnprocessableEntity, nil
		}
		err = auth.CheckSudo(ctx, s.db, who, f.Values["sudo_password"])
	}
	switch {
	case errors.Is(err, auth.ErrWrongPassword):
		f.fail(field, "This is not your password.")
	case errors.Is(err, auth.ErrWrongCode):
		f.fail(field, "This code is not right, or it was used already. Wait for the next one.")
	case errors.As(err, &auth.TooManyError{}):
		return false, tooMany(c, f, err), nil
	case err != nil:
		return false, 0, err
	default:
		v.who.ProvedAt, v.who.Strong = time.Now(), who.Strong || strong
		return true, 0, s.proved(c, strong, how)
	}
	return false, http.StatusUnprocessableEntity, nil
}
