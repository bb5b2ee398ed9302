package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/notify"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// InvitationTime is how long an invitation may be accepted.
const InvitationTime = 7 * 24 * time.Hour

// maxInvitations is how many may be open in a workspace, for each sends mail.
const maxInvitations = 200

// Invite asks the address into the workspace, or asks again: the link before
// stops working. It returns the token for the mail. email is lower-case.
func Invite(ctx context.Context, tx *db.SharedTx, tenantID, by uuid.UUID, email string, role Role) (token string, err error) {
	if !slices.Contains(Roles, role) {
		return "", errRole
	}
	switch _, err := tx.MembershipOf(ctx, tenantID, email); {
	case err == nil:
		return "", &RefusalError{"This person is a member already."}
	case !errors.Is(err, pgx.ErrNoRows):
		return "", err
	}
	n, err := tx.InvitationCount(ctx, tenantID, email)
	if err != nil {
		return "", err
	}
	if n >= maxInvitations {
		return "", &RefusalError{fmt.Sprintf("%d invitations are open. Withdraw some that nobody will accept.", n)}
	}
	token = NewToken()
	err = tx.InvitationPut(ctx, shareddb.InvitationPutParams{
		ID: uuid.Must(uuid.NewV7()), TenantID: tenantID, Email: email, Role: string(role), TokenHash: hashToken(token), InvitedBy: &by,
		ExpiresAt: time.Now().Add(InvitationTime),
	})
	if err != nil {
		return "", err
	}
	return token, AuditShared(ctx, tx, DidInvite, email+" as "+string(role))
}

// InviteImported invites somebody who has an account here and whom an archive names;
// also as an owner. It returns the token for the mail.
func InviteImported(ctx context.Context, tx *db.SharedTx, tenantID uuid.UUID, email string, role Role) (token string, err error) {
	token = NewToken()
	return token, tx.InvitationPut(ctx, shareddb.InvitationPutParams{
		ID: uuid.Must(uuid.NewV7()), TenantID: tenantID, Email: email, Role: string(role), TokenHash: hashToken(token),
		ExpiresAt: time.Now().Add(InvitationTime),
	})
}

// InvitationLink makes a link to hand on, beside the one that was mailed; a link that was
// copied before stops working. pgx.ErrNoRows where the invitation is over, or makes an owner.
func InvitationLink(ctx context.Context, tx *db.SharedTx, tenantID, id uuid.UUID) (token string, err error) {
	token = NewToken()
	email, err := tx.InvitationLink(ctx, hashToken(token), id, tenantID)
	if err != nil {
		return "", err
	}
	return token, AuditShared(ctx, tx, DidCopyInvitation, email)
}

// Withdraw takes an invitation back; pgx.ErrNoRows when there is none.
func Withdraw(ctx context.Context, tx *db.SharedTx, tenantID, id uuid.UUID) error {
	email, err := tx.InvitationDelete(ctx, id, tenantID)
	if err != nil {
		return err
	}
	return AuditShared(ctx, tx, DidWithdraw, email)
}

// InvitationGet returns what the token invites to; ErrBadToken when nothing.
func InvitationGet(ctx context.Context, tx *db.SharedTx, token string, tenantID uuid.UUID) (shareddb.InvitationByTokenRow, error) {
	row, err := tx.InvitationByToken(ctx, hashToken(token), tenantID)
	return row, badToken(err)
}

// AcceptInvitation uses the token up and makes the user a member. The user must
// be who it is for, and where the token was mailed have proven that address: else
// ErrNotInvited.
func AcceptInvitation(ctx context.Context, tx *db.SharedTx, token string, t tenant.Tenant, userID uuid.UUID) error {
	user, err := tx.UserByID(ctx, userID)
	if err != nil {
		return err
	}
	row, err := tx.InvitationConsume(ctx, hashToken(token), t.ID)
	if err != nil {
		return badToken(err)
	}
	if row.Email != user.Email || row.Mailed && user.EmailVerifiedAt == nil {
		return ErrNotInvited // and the token is kept: nothing is committed
	}
	if _, err := tx.MembershipOf(ctx, t.ID, user.Email); !errors.Is(err, pgx.ErrNoRows) {
		return err // a member already, whose address was another one
	}
	member, err := Join(ctx, tx, t, user, Role(row.Role))
	if err != nil {
		return err
	}
	if row.InvitedBy != nil {
		ctx := db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema, MemberID: member})
		err := tx.AsTenant(ctx, func(tx *db.TenantTx) error {
			return notify.Tell(ctx, tx, notify.Notice{Kind: entity.ToldJoined, To: []uuid.UUID{*row.InvitedBy}, Detail: user.Name})
		})
		if err != nil {
			return err
		}
	}
	return auditAs(ctx, tx, t, member, DidJoin, row.Role)
}

// ErrNotInvited is answered to somebody who accepts another's invitation, or
// whose address is not proven.
var ErrNotInvited = errors.New("auth: the invitation is for a proven address that is not this person's")

// JoinByInvitation makes an account for the invited address and accepts. A token that was
// mailed came to that address, which so is proven; for one that was handed on, verify is the
// token to mail that proves it, else "".
func JoinByInvitation(ctx context.Context, tx *db.SharedTx, token string, t tenant.Tenant, name,
	hash string) (userID uuid.UUID, verify string, err error) {
	row, err := InvitationGet(ctx, tx, token, t.ID)
	if err != nil {
		return uuid.Nil, "", err
	}
	if row.UserID != nil {
		return uuid.Nil, "", ErrEmailKnown
	}
	user := shareddb.UserInsertParams{ID: uuid.Must(uuid.NewV7()), Email: row.Email, Name: name, PasswordHash: hash}
	if row.Mailed {
		user.EmailVerifiedAt = new(time.Now())
	}
	if err := tx.UserInsert(ctx, user); err != nil {
		return uuid.Nil, "", emailKnown(err)
	}
	if !row.Mailed {
		if verify, err = VerifyStart(ctx, tx, user.ID, user.Email); err != nil {
			return uuid.Nil, "", err
		}
	}
	return user.ID, verify, AcceptInvitation(ctx, tx, token, t, user.ID)
}
