package workspace

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

// mostInvited is how many may be invited at once.
const mostInvited = 20

// InvitationCreate invites people by mail.
func (h *Handler) InvitationCreate(c echo.Context) error {
	f := page.ReadForm(c, views.InvitationFields, true)
	emails := strings.FieldsFunc(f.Values["email"], func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
	for i, e := range emails {
		parsed, err := entity.ParseEmail(e)
		if err != nil {
			f.Fail("email", "“"+e+"”: "+entity.Message(err))
		}
		emails[i] = parsed
	}
	if len(emails) > mostInvited {
		f.Fail("email", "These are "+strconv.Itoa(len(emails))+" addresses: invite up to "+strconv.Itoa(mostInvited)+" at once.")
	}
	if !f.Valid() {
		return h.renderMembers(c, http.StatusUnprocessableEntity, views.MembersPage{Form: f.Form})
	}
	var refused []string
	sent := 0
	status := http.StatusUnprocessableEntity
	for _, email := range emails {
		err := h.invite(c, email, auth.Role(f.Values["role"]))
		var denied *auth.RefusalError
		switch {
		case err == nil:
			sent++
			continue
		case errors.As(err, &auth.TooManyError{}):
			status = page.TooMany(c, f, err)
		case errors.As(err, &denied) && len(emails) == 1:
			f.Fail("email", denied.Reason)
		case errors.As(err, &denied):
			f.Fail("email", email+": "+denied.Reason)
		default:
			return err
		}
		refused = append(refused, email)
	}
	if len(refused) > 0 { // they stay in the field, the others are on their way
		f.Values["email"] = strings.Join(refused, ", ")
		if sent > 0 {
			f.Fail("", ui.Plural(sent, "invitation was", "invitations were")+" sent.")
		}
		return h.renderMembers(c, status, views.MembersPage{Form: f.Form})
	}
	if sent == 1 {
		return h.membersChanged(c, nil, "Invitation sent to "+emails[0])
	}
	return h.membersChanged(c, nil, ui.Plural(sent, "invitation", "invitations")+" sent")
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

// InvitationLink shows a link to hand on oneself, beside the one that was mailed.
func (h *Handler) InvitationLink(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	var token string
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		token, err = auth.InvitationLink(ctx, tx, v.Tenant.ID, id)
		return err
	})
	if err != nil {
		return err
	}
	return h.renderMembers(c, http.StatusOK, views.MembersPage{Link: views.InvitationLink{ID: id,
		URL: h.Base.WorkspaceURL(v.Tenant.Slug, "/invitations/"+token, nil)}})
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
