package workspace

import (
	"errors"
	"net/http"
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
)

// InvitationCreate invites somebody by mail.
func (h *Handler) InvitationCreate(c echo.Context) error {
	f := page.ReadForm(c, views.InvitationFields, true)
	if f.Valid() {
		err := h.invite(c, f.Values["email"], auth.Role(f.Values["role"]))
		if err == nil {
			return h.membersChanged(c, nil, "Invitation sent to "+f.Values["email"])
		}
		var denied *auth.RefusalError
		switch {
		case errors.As(err, &auth.TooManyError{}):
			return h.renderMembers(c, page.TooMany(c, f, err), views.MembersPage{Form: f.Form})
		case !errors.As(err, &denied):
			return err
		}
		f.Fail("email", denied.Reason)
	}
	return h.renderMembers(c, http.StatusUnprocessableEntity, views.MembersPage{Form: f.Form})
}

// sender is who is signed in, as mails may name them.
func sender(v *page.Visit) letter.Sender {
	return letter.Sender{Name: v.Who.Name, Workspace: v.Tenant.Name, Proven: v.Who.Verified || v.Who.ByProvider}
}

// invite makes the invitation, and mails it in the same transaction.
func (h *Handler) invite(c echo.Context, email string, role auth.Role) error {
	ctx := c.Request().Context()
	v := page.From(c)
	email = strings.ToLower(email)
	if err := auth.ThrottleInvitation(ctx, h.DB, v.Tenant.ID, v.Who, email); err != nil {
		return err
	}
	return h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		token, err := auth.Invite(ctx, tx, v.Tenant.ID, v.Who.MemberID, email, role)
		if err != nil {
			return err
		}
		l := letter.Invitation(sender(v), string(role), h.Base.WorkspaceURL(v.Tenant.Slug, "/invitations/"+token, nil))
		l.Until = time.Now().Add(auth.InvitationTime)
		return mail.Send(ctx, tx, h.Box, v.Tenant.ID, email, l)
	})
}

// InvitationResend mails another link in place of the first.
func (h *Handler) InvitationResend(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	var row shareddb.InvitationGetRow
	err = h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.InvitationGet(ctx, id, page.From(c).Tenant.ID)
		return err
	})
	if err == nil {
		err = h.invite(c, row.Email, auth.Role(row.Role))
	}
	return h.membersChanged(c, err, "Invitation sent again to "+row.Email+". The link before does not work any more.")
}

// InvitationDelete withdraws it.
func (h *Handler) InvitationDelete(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error { return auth.Withdraw(ctx, tx, page.From(c).Tenant.ID, id) })
	return h.membersChanged(c, err, "Invitation withdrawn")
}
