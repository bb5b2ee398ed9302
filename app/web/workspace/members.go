package workspace

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
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

// Members is the page of who is in the workspace.
func (h *Handler) Members(c echo.Context) error {
	return h.renderMembers(c, http.StatusOK, views.MembersPage{})
}

// renderMembers shows who is in the workspace; those who manage it also see who
// is invited. What was typed into the form of an invitation stays.
func (h *Handler) renderMembers(c echo.Context, status int, p views.MembersPage) error {
	ctx := c.Request().Context()
	v := page.From(c)
	p.Shell = page.Shell(c, "settings", "Members")
	p.Me, p.RequireFactor = v.Who.MemberID, v.Tenant.RequireSecondFactor
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		if p.Members, err = tx.MembershipList(ctx, v.Tenant.ID); err != nil {
			return err
		}
		if v.Who.Role.May(auth.Manage) {
			if p.Invitations, err = tx.InvitationList(ctx, v.Tenant.ID); err != nil {
				return err
			}
		}
		if v.Who.Role.May(auth.Own) {
			if p.AskPassword, err = auth.HasPassword(ctx, tx, v.Who); err != nil {
				return err
			}
		}
		offer, err := tx.OwnershipOfferGet(ctx, v.Tenant.ID)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if offer.MembershipID == v.Who.MemberID || offer.OfferedBy == v.Who.MemberID {
			p.Offer = &offer
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, status, views.Members(p), nil)
}

// membersChanged answers a change: what forbids it stands above the list.
func (h *Handler) membersChanged(c echo.Context, err error, message string) error {
	var denied *auth.RefusalError
	switch err = auth.LastOwner(err); {
	case errors.As(err, &denied):
		return h.renderMembers(c, http.StatusUnprocessableEntity, views.MembersPage{Notice: denied.Reason})
	case err != nil:
		return err
	}
	return page.Say(c, "/settings/members", message)
}

// MemberUpdate gives somebody another role.
func (h *Handler) MemberUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		return auth.SetRole(ctx, tx, v.Tenant.ID, id, v.Who.Role, auth.Role(page.Posted(c, "role")))
	})
	return h.membersChanged(c, err, "Role changed")
}

// MemberRemoval asks who takes over what the member looks after.
func (h *Handler) MemberRemoval(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	p := views.RemovalPage{Shell: page.Shell(c, "settings", "Remove a member"), ID: id}
	var members []shareddb.MembershipListRow
	err = h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		members, err = tx.MembershipList(ctx, v.Tenant.ID)
		return err
	})
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.ID == id {
			p.Name, p.Email = m.Name, m.Email
		} else {
			p.Heirs = append(p.Heirs, ui.Option{Value: m.ID.String(), Label: m.Name})
		}
	}
	if p.Email == "" {
		return page.ErrNotFound
	}
	err = h.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		p.Records, err = tx.MemberRecords(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, views.Removal(p), nil)
}

// MemberDelete removes somebody; whom the form names takes over what they looked after.
func (h *Handler) MemberDelete(c echo.Context) error {
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	m, err := h.removeMember(c, id)
	return h.membersChanged(c, err, m.Name+" is no longer a member")
}

// MembershipLeave is how somebody leaves by themselves.
func (h *Handler) MembershipLeave(c echo.Context) error {
	if _, err := h.removeMember(c, page.From(c).Who.MemberID); err != nil {
		return h.membersChanged(c, err, "")
	}
	return page.Leave(c, h.Base.SiteURL("/workspaces", nil))
}

func (h *Handler) removeMember(c echo.Context, id uuid.UUID) (m shareddb.MembershipGetRow, err error) {
	ctx := c.Request().Context()
	v := page.From(c)
	heir, err := uuid.Parse(cmp.Or(page.Posted(c, "owner_id"), uuid.Nil.String()))
	if err != nil {
		return m, &auth.RefusalError{Reason: "The one who takes over is not a member any more."}
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if m, err = auth.Remove(ctx, tx, v.Tenant.ID, id, v.Who.Role, heir); err != nil || id == v.Who.MemberID {
			return err
		}
		return mail.Send(ctx, tx, h.Box, v.Tenant.ID, m.Email, letter.Removed(sender(v)))
	})
	return m, err
}
