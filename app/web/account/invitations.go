package account

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Invitation shows what somebody is invited to, and how to accept: it depends
// on what account the address has, and on who is signed in here.
func (h *Handler) Invitation(c echo.Context) error {
	return h.renderInvitation(c, http.StatusOK, ui.Form{})
}

func (h *Handler) renderInvitation(c echo.Context, status int, f ui.Form) error {
	ctx := c.Request().Context()
	v := page.From(c)
	p := views.InvitationPage{Workspace: v.Tenant.Name, Form: f, Path: c.Request().URL.Path}
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
		row, err := auth.InvitationGet(ctx, tx, c.Param("token"), v.Tenant.ID)
		p.By, p.Email, p.Role, p.Known, p.Verified = row.InvitedBy, row.Email, row.Role, row.UserID != nil, row.Verified || !row.Mailed
		p.Mailed = row.Mailed
		return err
	})
	if errors.Is(err, auth.ErrBadToken) {
		return page.Render(c, http.StatusNotFound, views.InvitationGone(p), nil)
	}
	if err != nil {
		return err
	}
	if v.SignedIn {
		p.SignedIn = v.Who.Email
		if p.SignedIn == p.Email && !v.Who.Verified && p.Mailed {
			p.Verified = false
		}
	}
	p.SiteURL, p.Slug, p.Providers = h.Base.URL.String(), v.Tenant.Slug, h.platformProviders()
	p.ForgotURL = h.Base.SiteURL("/password/forgot", url.Values{"email": {p.Email}})
	return page.Render(c, status, views.Invitation(p), nil)
}

// InvitationAccept makes whoever is signed in a member, or somebody new who
// chooses a name and password.
func (h *Handler) InvitationAccept(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	token := c.Param("token")
	if err := auth.ThrottleNetwork(ctx, h.DB); err != nil {
		return err
	}
	if v.SignedIn {
		err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
			return auth.AcceptInvitation(ctx, tx, token, v.Tenant, v.Who.UserID)
		})
		switch {
		case errors.Is(err, auth.ErrBadToken), errors.Is(err, auth.ErrNotInvited):
			return h.renderInvitation(c, http.StatusForbidden, ui.Form{})
		case err != nil:
			return err
		}
		return page.Leave(c, "/")
	}
	f := page.ReadForm(c, views.InvitationAcceptFields, true)
	var invited shareddb.InvitationByTokenRow
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		invited, err = auth.InvitationGet(ctx, tx, token, v.Tenant.ID)
		return err
	})
	if errors.Is(err, auth.ErrBadToken) {
		return h.renderInvitation(c, http.StatusForbidden, ui.Form{})
	}
	if err != nil {
		return err
	}
	if invited.UserID != nil { // who has an account signs in with it
		return page.Leave(c, "/signin?next="+url.QueryEscape(c.Request().URL.Path))
	}
	f.CheckNewPassword(false, f.Values["name"], invited.Email, v.Tenant.Name)
	if !f.Valid() {
		return h.renderInvitation(c, http.StatusUnprocessableEntity, f.Form)
	}
	hash, err := auth.HashPassword(ctx, f.Values["password"])
	if err != nil {
		return err
	}
	var userID uuid.UUID
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		var verify string
		if userID, verify, err = auth.JoinByInvitation(ctx, tx, token, v.Tenant, f.Values["name"], hash); err != nil {
			return err
		}
		if verify != "" {
			if err := h.mailVerify(c, tx, invited.Email, verify); err != nil {
				return err
			}
		}
		return auth.ForgiveNetwork(ctx, tx)
	})
	switch {
	case errors.Is(err, auth.ErrBadToken), errors.Is(err, auth.ErrEmailKnown), errors.Is(err, auth.ErrNotInvited):
		return h.renderInvitation(c, http.StatusForbidden, ui.Form{})
	case err != nil:
		return err
	}
	to, err := h.Sessions.Start(c, auth.SessionStart{UserID: userID, How: "By an invitation"}, "/")
	if err != nil {
		return err
	}
	return page.Leave(c, to)
}
