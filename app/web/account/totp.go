package account

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/boombuler/barcode/qr"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

// TOTPForm shows the code that an authenticator app takes a picture of.
func (h *Handler) TOTPForm(c echo.Context) error {
	if !page.From(c).Who.Verified {
		return h.securityChanged(c, &auth.RefusalError{Reason: unverified}, "")
	}
	return h.renderTOTP(c, http.StatusOK, ui.Form{}, "")
}

// renderTOTP shows the secret to scan; sealed holds the one of a form that comes
// back, "" makes a new one.
func (h *Handler) renderTOTP(c echo.Context, status int, f ui.Form, sealed string) error {
	who := page.From(c).Who
	p := views.TOTPPage{Frame: page.Frame(c, "Authenticator app"), Form: f, Sealed: sealed}
	if sealed == "" {
		var err error
		if p.Secret, p.Sealed, err = auth.TOTPStart(h.Box, who.UserID); err != nil {
			return err
		}
	} else {
		secret, err := auth.TOTPResume(h.Box, who.UserID, sealed)
		if err != nil {
			return page.ErrBadForm
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
	return page.Render(c, status, views.TOTP(p), nil)
}

// TOTPEnable adds the app once it has shown a code; with the first factor come recovery
// codes.
func (h *Handler) TOTPEnable(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	if !who.Verified {
		return h.securityChanged(c, &auth.RefusalError{Reason: unverified}, "")
	}
	f := page.ReadForm(c, views.FactorFields, true)
	sealed := page.Posted(c, "secret")
	if _, err := auth.TOTPResume(h.Box, who.UserID, sealed); err != nil {
		return page.ErrBadForm
	}
	if !f.Valid() {
		return h.renderTOTP(c, http.StatusUnprocessableEntity, f.Form, sealed)
	}
	if err := auth.ThrottleFactor(ctx, h.DB, auth.CodeSudo, who.UserID, who.Email); errors.As(err, &auth.TooManyError{}) {
		return h.renderTOTP(c, page.TooMany(c, f, err), f.Form, sealed)
	} else if err != nil {
		return err
	}
	var codes []string
	var id string
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if codes, err = auth.TOTPFinish(ctx, tx, h.Box, who.UserID, sealed, f.Values["code"]); err != nil {
			return err
		}
		if id, err = auth.FirstFactor(ctx, tx, who); err != nil {
			return err
		}
		return mail.Send(ctx, tx, h.Box, page.From(c).Tenant.ID, who.Email,
			letter.SecurityChanged("An authenticator app was added to your account"))
	})
	if errors.Is(err, auth.ErrWrongCode) {
		f.Fail("code", "This code is not right. Is the clock of your phone right? Wait for the next code and try again.")
		return h.renderTOTP(c, http.StatusUnprocessableEntity, f.Form, sealed)
	}
	if err == nil {
		err = h.Sessions.Renew(c, id)
	}
	if err != nil {
		return err
	}
	return h.renderRecovery(c, codes)
}

// TOTPDisable removes the app.
func (h *Handler) TOTPDisable(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := auth.TOTPRemove(ctx, tx, who.UserID); err != nil {
			return err
		}
		return mail.Send(ctx, tx, h.Box, page.From(c).Tenant.ID, who.Email,
			letter.SecurityChanged("The authenticator app was removed from your account"))
	})
	return h.securityChanged(c, err, "The authenticator app is removed")
}

// RecoveryCodes makes new ones in place of the old and shows them this once.
func (h *Handler) RecoveryCodes(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	var codes []string
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
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
		return mail.Send(ctx, tx, h.Box, page.From(c).Tenant.ID, who.Email,
			letter.SecurityChanged("New recovery codes were made for your account"))
	})
	if err != nil {
		return h.securityChanged(c, err, "")
	}
	return h.renderRecovery(c, codes)
}

func (h *Handler) renderRecovery(c echo.Context, codes []string) error {
	return page.Render(c, http.StatusOK, views.Recovery(views.RecoveryPage{Frame: page.Frame(c, "Recovery codes"), Codes: codes}), nil)
}
