package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

func (s *Server) members(c echo.Context) error {
	return s.renderMembers(c, http.StatusOK, views.MembersPage{})
}

// renderMembers shows who is in the workspace; those who manage it also see who
// is invited. What was typed into the form of an invitation stays.
func (s *Server) renderMembers(c echo.Context, status int, p views.MembersPage) error {
	ctx := c.Request().Context()
	v := visiting(c)
	p.Shell = s.shell(c, "settings", "Members")
	p.Me, p.RequireFactor = v.who.MemberID, v.tenant.RequireSecondFactor
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		if p.Members, err = tx.MembershipList(ctx, v.tenant.ID); err != nil {
			return err
		}
		if v.who.Role.May(auth.Manage) {
			if p.Invitations, err = tx.InvitationList(ctx, v.tenant.ID); err != nil {
				return err
			}
		}
		if v.who.Role.May(auth.Own) {
			if p.AskPassword, err = hasPassword(ctx, tx, v.who); err != nil {
				return err
			}
		}
		offer, err := tx.OwnershipOfferGet(ctx, v.tenant.ID)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if offer.MembershipID == v.who.MemberID || offer.OfferedBy == v.who.MemberID {
			p.Offer = &offer
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, status, views.Members(p), nil)
}

// membersChanged answers a change: what forbids it stands above the list.
func (s *Server) membersChanged(c echo.Context, err error, message string) error {
	var denied *auth.RefusalError
	switch err = auth.LastOwner(err); {
	case errors.As(err, &denied):
		return s.renderMembers(c, http.StatusUnprocessableEntity, views.MembersPage{Notice: denied.Reason})
	case err != nil:
		return err
	}
	return s.say(c, "/settings/members", message)
}

func (s *Server) memberUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	id, err := pathID(c)
	if err != nil {
		return err
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		return auth.SetRole(ctx, tx, v.tenant.ID, id, v.who.Role, auth.Role(posted(c, "role")))
	})
	return s.membersChanged(c, err, "Role changed")
}

// memberRemoval asks who takes over what the member looks after.
func (s *Server) memberRemoval(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	id, err := pathID(c)
	if err != nil {
		return err
	}
	p := views.RemovalPage{Shell: s.shell(c, "settings", "Remove a member"), ID: id}
	var members []shareddb.MembershipListRow
	err = s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		members, err = tx.MembershipList(ctx, v.tenant.ID)
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
		return errNotFound
	}
	err = s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		p.Records, err = tx.MemberRecords(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Removal(p), nil)
}

func (s *Server) memberDelete(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	m, err := s.removeMember(c, id)
	return s.membersChanged(c, err, m.Name+" is no longer a member")
}

// membershipLeave is how somebody leaves by themselves.
func (s *Server) membershipLeave(c echo.Context) error {
	if _, err := s.removeMember(c, visiting(c).who.MemberID); err != nil {
		return s.membersChanged(c, err, "")
	}
	return s.leave(c, s.siteURL("/workspaces", nil))
}

func (s *Server) removeMember(c echo.Context, id uuid.UUID) (m shareddb.MembershipGetRow, err error) {
	ctx := c.Request().Context()
	v := visiting(c)
	heir, err := uuid.Parse(first(posted(c, "owner_id"), uuid.Nil.String()))
	if err != nil {
		return m, &auth.RefusalError{Reason: "The one who takes over is not a member any more."}
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if m, err = auth.Remove(ctx, tx, v.tenant.ID, id, v.who.Role, heir); err != nil || id == v.who.MemberID {
			return err
		}
		return s.mail(ctx, tx, v.tenant.ID, m.Email, letter.Removed(sender(v)))
	})
	return m, err
}

func (s *Server) invitationCreate(c echo.Context) error {
	f := readForm(c, views.InvitationFields, true)
	if f.Valid() {
		err := s.invite(c, f.Values["email"], auth.Role(f.Values["role"]))
		if err == nil {
			return s.membersChanged(c, nil, "Invitation sent to "+f.Values["email"])
		}
		var denied *auth.RefusalError
		switch {
		case errors.As(err, &auth.TooManyError{}):
			return s.renderMembers(c, tooMany(c, f, err), views.MembersPage{Form: f.Form})
		case !errors.As(err, &denied):
			return err
		}
		f.fail("email", denied.Reason)
	}
	return s.renderMembers(c, http.StatusUnprocessableEntity, views.MembersPage{Form: f.Form})
}

// sender is who is signed in, as mails may name them.
func sender(v *visit) letter.Sender {
	return letter.Sender{Name: v.who.Name, Workspace: v.tenant.Name, Proven: v.who.Verified || v.who.ByProvider}
}

// invite makes the invitation, and mails it in the same transaction.
func (s *Server) invite(c echo.Context, email string, role auth.Role) error {
	ctx := c.Request().Context()
	v := visiting(c)
	email = strings.ToLower(email)
	if err := auth.ThrottleInvitation(ctx, s.db, v.tenant.ID, v.who, email); err != nil {
		return err
	}
	return s.db.Shared(ctx, func(tx *db.SharedTx) error {
		token, err := auth.Invite(ctx, tx, v.tenant.ID, v.who.MemberID, email, role)
		if err != nil {
			return err
		}
		l := letter.Invitation(sender(v), string(role), s.workspaceURL(v.tenant.Slug, "/invitations/"+token, nil))
		l.Until = time.Now().Add(auth.InvitationTime)
		return s.mail(ctx, tx, v.tenant.ID, email, l)
	})
}

func (s *Server) invitationResend(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	var row shareddb.InvitationGetRow
	err = s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.InvitationGet(ctx, id, visiting(c).tenant.ID)
		return err
	})
	if err == nil {
		err = s.invite(c, row.Email, auth.Role(row.Role))
	}
	return s.membersChanged(c, err, "Invitation sent again to "+row.Email+". The link before does not work any more.")
}

func (s *Server) invitationDelete(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error { return auth.Withdraw(ctx, tx, visiting(c).tenant.ID, id) })
	return s.membersChanged(c, err, "Invitation withdrawn")
}

// hasPassword tells whether somebody has a password to confirm with; what a
// workspace's own provider let in has none here.
func hasPassword(ctx context.Context, tx *db.SharedTx, who auth.Identity) (bool, error) {
	if who.ByProvider {
		return false, nil
	}
	access, err := tx.UserAccess(ctx, who.UserID)
	return access.HasPassword, err
}

// ownershipOffer takes the owner's password with it: what it leads to can't be
// taken back.
func (s *Server) ownershipOffer(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	f := readForm(c, views.OwnershipFields, true)
	has := false
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		has, err = hasPassword(ctx, tx, v.who)
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
		f.fail("member_id", "Choose a member.")
	}
	if f.Valid() && f.Values["password"] != "" {
		err := auth.CheckSudo(ctx, s.db, v.who, f.Values["password"])
		switch {
		case errors.Is(err, auth.ErrWrongPassword):
			f.fail("password", "This is not your password.")
		case errors.As(err, &auth.TooManyError{}):
			return s.renderMembers(c, tooMany(c, f, err), views.MembersPage{Ownership: f.Form})
		case err != nil:
			return err
		}
	}
	if !f.Valid() {
		return s.renderMembers(c, http.StatusUnprocessableEntity, views.MembersPage{Ownership: f.Form})
	}
	var m shareddb.MembershipGetRow
	err = s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if m, err = auth.OfferOwnership(ctx, tx, v.tenant.ID, v.who.MemberID, to); err != nil {
			return err
		}
		return s.mail(ctx, tx, v.tenant.ID, m.Email, letter.OwnershipOffered(sender(v), s.workspaceURL(v.tenant.Slug, "/settings/members", nil)))
	})
	return s.membersChanged(c, err, "We asked "+m.Name+". You stay the owner until they accept.")
}

func (s *Server) ownershipTake(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		former, err := auth.TakeOwnership(ctx, tx, v.tenant.ID, v.who.MemberID)
		if err != nil {
			return err
		}
		return s.mail(ctx, tx, v.tenant.ID, former.Email, letter.OwnershipTaken(v.tenant.Name, v.who.Name))
	})
	return s.membersChanged(c, err, "You own "+v.tenant.Name+" now")
}

func (s *Server) ownershipDrop(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		n, err := tx.OwnershipOfferDelete(ctx, v.tenant.ID, v.who.MemberID)
		if err == nil && n == 0 {
			err = pgx.ErrNoRows
		}
		if err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidDropOffer, "")
	})
	return s.membersChanged(c, err, "The ownership stays as it is")
}

// invitation shows what somebody is invited to, and how to accept: it depends
// on what account the address has, and on who is signed in here.
func (s *Server) invitation(c echo.Context) error {
	return s.renderInvitation(c, http.StatusOK, ui.Form{})
}

func (s *Server) renderInvitation(c echo.Context, status int, f ui.Form) error {
	ctx := c.Request().Context()
	v := visiting(c)
	p := views.InvitationPage{Workspace: v.tenant.Name, Form: f, Path: c.Request().URL.Path}
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
		row, err := auth.InvitationGet(ctx, tx, c.Param("token"), v.tenant.ID)
		p.By, p.Email, p.Role, p.Known, p.Verified = row.InvitedBy, row.Email, row.Role, row.UserID != nil, row.Verified
		return err
	})
	if errors.Is(err, auth.ErrBadToken) {
		return s.render(c, http.StatusNotFound, views.InvitationGone(p), nil)
	}
	if err != nil {
		return err
	}
	if v.signedIn {
		p.SignedIn = v.who.Email
		if p.SignedIn == p.Email && !v.who.Verified {
			p.Verified = false
		}
	}
	p.SiteURL, p.Slug, p.Providers = s.cfg.BaseURL.String(), v.tenant.Slug, s.platformProviders()
	p.ForgotURL = s.siteURL("/password/forgot", url.Values{"email": {p.Email}})
	return s.render(c, status, views.Invitation(p), nil)
}

// invitationAccept makes whoever is signed in a member, or somebody new who
// chooses a name and password.
func (s *Server) invitationAccept(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	token := c.Param("token")
	if err := auth.ThrottleNetwork(ctx, s.db); err != nil {
		return err
	}
	if v.signedIn {
		err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
			return auth.AcceptInvitation(ctx, tx, token, v.tenant, v.who.UserID)
		})
		switch {
		case errors.Is(err, auth.ErrBadToken), errors.Is(err, auth.ErrNotInvited):
			return s.renderInvitation(c, http.StatusForbidden, ui.Form{})
		case err != nil:
			return err
		}
		return s.leave(c, "/")
	}
	f := readForm(c, views.InvitationAcceptFields, true)
	var invited shareddb.InvitationByTokenRow
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		invited, err = auth.InvitationGet(ctx, tx, token, v.tenant.ID)
		return err
	})
	if errors.Is(err, auth.ErrBadToken) {
		return s.renderInvitation(c, http.StatusForbidden, ui.Form{})
	}
	if err != nil {
		return err
	}
	if invited.UserID != nil { // who has an account signs in with it
		return s.leave(c, "/signin?next="+url.QueryEscape(c.Request().URL.Path))
	}
	f.checkNewPassword(false, f.Values["name"], invited.Email, v.tenant.Name)
	if !f.Valid() {
		return s.renderInvitation(c, http.StatusUnprocessableEntity, f.Form)
	}
	hash, err := auth.HashPassword(ctx, f.Values["password"])
	if err != nil {
		return err
	}
	var userID uuid.UUID
	err = s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if userID, err = auth.JoinByInvitation(ctx, tx, token, v.tenant, f.Values["name"], hash); err != nil {
			return err
		}
		return auth.ForgiveNetwork(ctx, tx)
	})
	switch {
	case errors.Is(err, auth.ErrBadToken), errors.Is(err, auth.ErrEmailKnown), errors.Is(err, auth.ErrNotInvited):
		return s.renderInvitation(c, http.StatusForbidden, ui.Form{})
	case err != nil:
		return err
	}
	to, err := s.startSession(c, auth.SessionStart{UserID: userID, How: "By an invitation"}, "/")
	if err != nil {
		return err
	}
	return s.leave(c, to)
}
