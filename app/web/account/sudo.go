package account

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
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

// NextOf is where to come back to after signing in: a page, so not what a
// write or a fragment was sent to.
func NextOf(c echo.Context) string {
	r := c.Request()
	if page.IsHTMX(c) {
		if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil && u.Path != "" {
			return u.RequestURI()
		}
	}
	if r.Method != http.MethodGet {
		if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host && u.Path != "" &&
			r.Header.Get("Content-Type") == "application/json" {
			return u.RequestURI() // a script's, of a page that stays
		}
		return "/"
	}
	return r.URL.RequestURI()
}

// Sudo asks for a password or factor before something dangerous goes on. A form
// that was sent is sent once more with it, so nothing typed is lost.
func (h *Handler) Sudo(c echo.Context, next echo.HandlerFunc) error {
	r := c.Request()
	if r.Header.Get("Content-Type") == "application/json" || page.IsHTMX(c) {
		return page.Leave(c, "/sudo?next="+url.QueryEscape(NextOf(c)))
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return page.Leave(c, "/sudo?next="+url.QueryEscape(r.URL.RequestURI()))
	}
	f := page.ReadForm(c, views.SudoFields, false)
	if f.Present["sudo_password"] || f.Present["sudo_code"] {
		ok, status, err := h.prove(c, f)
		if err != nil {
			return err
		}
		if ok {
			return next(c)
		}
		return h.renderSudo(c, status, f.Form, r.URL.RequestURI(), "")
	}
	return h.renderSudo(c, http.StatusForbidden, f.Form, r.URL.RequestURI(), "")
}

// sentAgain is a form that was sent, as hidden fields that send it once more.
func sentAgain(method string, form url.Values) (fields []views.Sent) {
	if method != http.MethodPost {
		fields = append(fields, views.Sent{Name: "_method", Value: method})
	}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if strings.HasPrefix(name, "sudo_") || name == "_method" {
			continue
		}
		for _, v := range form[name] {
			fields = append(fields, views.Sent{Name: name, Value: v})
		}
	}
	return fields
}

// SudoForm asks for a password or factor, for what comes next.
func (h *Handler) SudoForm(c echo.Context) error {
	return h.renderSudo(c, http.StatusOK, ui.Form{}, "/sudo", c.QueryParam("next"))
}

// renderSudo asks; action is where the answer goes, and next where one goes
// from /sudo.
func (h *Handler) renderSudo(c echo.Context, status int, f ui.Form, action, next string) error {
	ctx := c.Request().Context()
	v := page.From(c)
	p := views.SudoPage{Form: f, Action: action, Next: next, Email: v.Who.Email, Foreign: h.Base.Foreign(c),
		StepUp: (v.Tenant.RequireSecondFactor || v.Console || v.Who.HasFactor) && !v.Who.Strong && !v.Who.ByProvider, Console: v.Console,
		ForgotURL: h.Base.SiteURL("/password/forgot", url.Values{"email": {v.Who.Email}})}
	if action != "/sudo" {
		p.Waiting = sentAgain(c.Request().Method, c.Request().PostForm)
	}
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
		access, err := tx.UserAccess(ctx, v.Who.UserID)
		p.Password, p.TOTP, p.Passkeys = access.HasPassword && !p.StepUp && !v.Who.ByProvider, access.TotpSecret != "" && !v.Who.ByProvider,
			access.Passkeys > 0 && !v.Who.ByProvider
		return err
	})
	if err != nil {
		return err
	}
	if v.Who.ByProvider {
		if from, err := url.Parse(c.Request().Referer()); next == "" && err == nil && from.Host == c.Request().Host {
			next = from.RequestURI() // the page that the form stood on
		}
		p.Again = "/oidc/workspace?fresh=1&next=" + url.QueryEscape(cmp.Or(next, "/"))
	}
	return page.Render(c, status, views.Sudo(p), nil)
}

// SudoConfirm is the answer to it.
func (h *Handler) SudoConfirm(c echo.Context) error {
	f := page.ReadForm(c, views.SudoFields, false)
	ok, status, err := h.prove(c, f)
	if err != nil {
		return err
	}
	next := page.Posted(c, "next")
	if !ok {
		return h.renderSudo(c, status, f.Form, "/sudo", next)
	}
	return page.Leave(c, afterSignIn(c, next))
}

// prove checks the password or code in the form and notes that it was shown;
// when it is not right, the form says so.
func (h *Handler) prove(c echo.Context, f *page.Form) (ok bool, status int, err error) {
	ctx := c.Request().Context()
	v := page.From(c)
	who := v.Who
	strong := false
	field, how := "sudo_password", "With the password"
	switch {
	case who.ByProvider: // whoever it vouches for is not known to have either
		err = auth.ErrWrongPassword
	case f.Values["sudo_code"] != "":
		field, how, strong = "sudo_code", "With a second factor", true
		var recovered bool
		recovered, err = auth.CheckCode(ctx, h.DB, h.Box, auth.CodeSudo, who, f.Values["sudo_code"])
		if err == nil && recovered {
			err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
				return mail.Send(ctx, tx, h.Box, v.Tenant.ID, who.Email,
					letter.SecurityChanged("A recovery code was used to confirm a change of your account or workspace"))
			})
		}
	default:
		if who.HasFactor && !who.Strong { // a password alone would undo the factor
			return false, http.StatusUnprocessableEntity, nil
		}
		err = auth.CheckSudo(ctx, h.DB, who, f.Values["sudo_password"])
	}
	switch {
	case errors.Is(err, auth.ErrWrongPassword):
		f.Fail(field, "This is not your password.")
	case errors.Is(err, auth.ErrWrongCode):
		f.Fail(field, "This code is not right, or it was used already. Wait for the next one.")
	case errors.As(err, &auth.TooManyError{}):
		return false, page.TooMany(c, f, err), nil
	case err != nil:
		return false, 0, err
	default:
		v.Who.ProvedAt, v.Who.Strong = time.Now(), who.Strong || strong
		return true, 0, h.Sessions.Proved(c, strong, how)
	}
	return false, http.StatusUnprocessableEntity, nil
}
