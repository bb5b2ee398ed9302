package account

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// unverified is why an account whose address is not proven gets no factors: they
// would be taken from it by whoever proves the address.
const unverified = "Confirm your address first. Whoever owns it could otherwise undo this."

// Security is the page of how somebody signs in, and where they are signed in.
func (h *Handler) Security(c echo.Context) error {
	return h.renderSecurity(c, http.StatusOK, views.SecurityPage{})
}

// renderSecurity shows the page with what is wrong in one of its forms.
func (h *Handler) renderSecurity(c echo.Context, status int, p views.SecurityPage) error {
	ctx := c.Request().Context()
	v := page.From(c)
	p.Frame = page.Frame(c, "Security")
	p.Who, p.Verified, p.Foreign, p.SiteURL = v.Who.Email, v.Who.Verified, h.Base.Foreign(c), h.Base.URL.String()
	p.Required = v.Tenant.RequireSecondFactor && !v.Who.Strong
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
		access, err := tx.UserAccess(ctx, v.Who.UserID)
		if err != nil {
			return err
		}
		p.HasPassword, p.TOTP, p.RecoveryCodes = access.HasPassword, access.TotpSecret != "", access.RecoveryCodes
		keys, err := tx.PasskeyList(ctx, v.Who.UserID)
		if err != nil {
			return err
		}
		for _, k := range keys {
			p.Passkeys = append(p.Passkeys, views.Passkey{ID: k.ID, Name: k.Name, CreatedAt: k.CreatedAt, LastUsedAt: k.LastUsedAt})
		}
		rows, err := tx.SessionList(ctx, v.Who.UserID)
		for _, r := range rows {
			p.Sessions = append(p.Sessions, views.Session{
				ID: r.ID, Device: cmp.Or(auth.DeviceName(r.UserAgent), "An unknown program"), Place: cmp.Or(h.Places.Place(r.Ip), "unknown address"),
				Workspace:  r.Workspace,
				LastSeenAt: r.LastSeenAt, Strong: r.Strong, Current: r.ID == v.Who.SessionID,
			})
		}
		if err != nil {
			return err
		}
		p.Activity, err = h.activityOf(ctx, tx, v.Who, uuid.Max, 5)
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, status, views.Security(p), nil)
}

// securityChanged answers a change of how somebody signs in.
func (h *Handler) securityChanged(c echo.Context, err error, message string) error {
	var denied *auth.RefusalError
	switch {
	case errors.As(err, &denied):
		return h.renderSecurity(c, http.StatusUnprocessableEntity, views.SecurityPage{Notice: denied.Reason})
	case err != nil:
		return err
	}
	return page.Say(c, "/settings/security", message)
}

// SessionDelete ends one of one’s sessions.
func (h *Handler) SessionDelete(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		return auth.EndSession(ctx, tx, who.UserID, id)
	})
	if err == nil && id == who.SessionID {
		return page.Leave(c, "/signin")
	}
	return h.securityChanged(c, err, "That session has ended")
}

// SessionDeleteOthers ends all of them but this one.
func (h *Handler) SessionDeleteOthers(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	var n int64
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		n, err = auth.EndOtherSessions(ctx, tx, who)
		return err
	})
	return h.securityChanged(c, err, ui.Plural(int(n), "session has", "sessions have")+" ended")
}
