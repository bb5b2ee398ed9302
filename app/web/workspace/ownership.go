package workspace

import (
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
)

// OwnershipOffer takes the owner's password with it: what it leads to can't be
// taken back.
func (h *Handler) OwnershipOffer(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	f := page.ReadForm(c, views.OwnershipFields, true)
	has := false
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		has, err = auth.HasPassword(ctx, tx, v.Who)
		return err
	})
	if err != nil {
		return err
	}
	if !has { // who has none has shown something else lately: the route asks for it
		delete(f.Errors, "password")
		f.Values["password"] = ""
	}
	to, err := uuid.Parse(f.Values["member_id"])
	if err != nil {
		f.Fail("member_id", "Choose a member.")
	}
	if f.Valid() && f.Values["password"] != "" {
		err := auth.CheckSudo(ctx, h.DB, v.Who, f.Values["password"])
		switch {
		case errors.Is(err, auth.ErrWrongPassword):
			f.Fail("password", "This is not your password.")
		case errors.As(err, &auth.TooManyError{}):
			return h.renderMembers(c, page.TooMany(c, f, err), views.MembersPage{Ownership: f.Form})
		case err != nil:
			return err
		}
	}
	if !f.Valid() {
		return h.renderMembers(c, http.StatusUnprocessableEntity, views.MembersPage{Ownership: f.Form})
	}
	var m shareddb.MembershipGetRow
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if m, err = auth.OfferOwnership(ctx, tx, v.Tenant.ID, v.Who.MemberID, to); err != nil {
			return err
		}
		return mail.Send(ctx, tx, h.Box, v.Tenant.ID, m.Email,
			letter.OwnershipOffered(sender(v), h.Base.WorkspaceURL(v.Tenant.Slug, "/settings/members", nil)))
	})
	return h.membersChanged(c, err, "We asked "+m.Name+". You stay the owner until they accept.")
}

// OwnershipTake is the yes of who was asked.
func (h *Handler) OwnershipTake(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		former, err := auth.TakeOwnership(ctx, tx, v.Tenant.ID, v.Who.MemberID)
		if err != nil {
			return err
		}
		return mail.Send(ctx, tx, h.Box, v.Tenant.ID, former.Email, letter.OwnershipTaken(v.Tenant.Name, v.Who.Name))
	})
	return h.membersChanged(c, err, "You own "+v.Tenant.Name+" now")
}

// OwnershipDrop is their no, or the owner’s second thought.
func (h *Handler) OwnershipDrop(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		n, err := tx.OwnershipOfferDelete(ctx, v.Tenant.ID, v.Who.MemberID)
		if err == nil && n == 0 {
			err = pgx.ErrNoRows
		}
		if err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidDropOffer, "")
	})
	return h.membersChanged(c, err, "The ownership stays as it is")
}
