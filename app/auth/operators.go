package auth

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// Operators run this Paddock. They change what stands in the shared schema;
// into a workspace they look as support, which its people see.

// SupportTime is how long an operator may look into a workspace at a time.
const SupportTime = time.Hour

// ConsentTime is for how long an owner lets support look in.
const ConsentTime = 7 * 24 * time.Hour

const supportHandoff = "support"

// SetOperator makes the person with this address an operator, or takes that
// back, with what being one has opened. It answers pgx.ErrNoRows for an address
// without an account.
func SetOperator(ctx context.Context, tx *db.SharedTx, email string, operator bool) error {
	n, err := tx.UserSetOperator(ctx, operator, email)
	if err == nil && n == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return err
	}
	user, err := tx.UserByEmail(ctx, email)
	if err != nil {
		return err
	}
	if operator {
		return recordAt(ctx, tx, user.ID, uuid.Nil, DidBecomeOperator, "")
	}
	if err := recordAt(ctx, tx, user.ID, uuid.Nil, DidStopBeOperator, ""); err != nil {
		return err
	}
	if err := tx.SessionDeleteOperator(ctx, email); err != nil {
		return err
	}
	return tx.TenantSupportEndBy(ctx, email)
}

// EnrolmentTime is how long somebody may take to become an operator.
const EnrolmentTime = 24 * time.Hour

const purposeEnrolment = "enrolment"

// Enrol makes the person with this address an operator who has a second factor.
// Anybody else gets a token by mail, with which they become one once they have set
// one up: their password alone does not lead there. It answers pgx.ErrNoRows for an
// address without an account; token is "" for an operator.
func Enrol(ctx context.Context, tx *db.SharedTx, email string) (token string, err error) {
	user, err := tx.UserByEmail(ctx, email)
	if err != nil {
		return "", err
	}
	access, err := tx.UserAccess(ctx, user.ID)
	if err != nil {
		return "", err
	}
	if access.TotpSecret != "" || access.Passkeys > 0 {
		return "", SetOperator(ctx, tx, email, true)
	}
	if err := tx.OneTimeTokenDeleteOfUser(ctx, &user.ID, purposeEnrolment); err != nil {
		return "", err
	}
	token = NewToken()
	return token, tx.OneTimeTokenInsert(ctx, shareddb.OneTimeTokenInsertParams{
		Hash: hashToken(token), Purpose: purposeEnrolment, UserID: &user.ID, Email: email, ExpiresAt: time.Now().Add(EnrolmentTime),
	})
}

// EnrolmentPeek answers ErrBadToken for a token that makes this person no operator.
func EnrolmentPeek(ctx context.Context, tx *db.SharedTx, token string, who Identity) error {
	row, err := tx.OneTimeTokenPeek(ctx, hashToken(token), purposeEnrolment, nil)
	if err == nil && *row.UserID != who.UserID {
		err = ErrBadToken
	}
	return badToken(err)
}

// EnrolmentFinish makes who is signed in an operator. They have shown a second
// factor: the caller has seen to that.
func EnrolmentFinish(ctx context.Context, tx *db.SharedTx, token string, who Identity) error {
	row, err := tx.OneTimeTokenConsume(ctx, hashToken(token), purposeEnrolment, nil)
	if err != nil {
		return badToken(err)
	}
	if *row.UserID != who.UserID || row.Email != who.Email {
		return ErrBadToken
	}
	return SetOperator(ctx, tx, who.Email, true)
}

// AuditOperator notes in a workspace's log what an operator did to it. by is
// their address, or who else stands for the operator.
func AuditOperator(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, by, action, subject string) error {
	if t.SchemaVersion < auditVersion || t.Dropped {
		return nil // there is no log to write to: its migration has failed, or it is gone
	}
	if there, err := tx.HasSchema(ctx, t.Schema); err != nil || !there {
		return err // lost, which is no reason not to delete it
	}
	return auditAs(ctx, tx, t, uuid.Nil, action, subject+", by "+by)
}

// auditVersion is that of the migration which made the log.
const auditVersion = 3

// SupportBegin lets an operator look into a workspace as a viewer, for
// SupportTime, and returns the hand-off's token. Its people see it on every page
// and in their audit log.
func SupportBegin(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, who Identity, reason string) (token string, err error) {
	if err := tx.TenantSupportBegin(ctx, shareddb.TenantSupportBeginParams{ID: t.ID, Until: time.Now().Add(SupportTime), By: who.Email,
		Reason: reason}); err != nil {
		return "", err
	}
	subject := "Without having been asked: " + reason
	if Consented(t) {
		subject = "With an owner’s consent: " + reason
	}
	if err := AuditOperator(ctx, tx, t, who.Email, DidSupport, subject); err != nil {
		return "", err
	}
	return HandoffStart(ctx, tx, SessionStart{UserID: who.UserID, TenantID: &t.ID, Strong: true, Support: true})
}

// DeleteUnproven deletes a workspace whose owner never proved an address, and that
// nobody uses.
func DeleteUnproven(ctx context.Context, tx *db.SharedTx, ownerID, tenantID uuid.UUID, slug string) error {
	if err := recordAt(ctx, tx, ownerID, tenantID, DidDelete,
		"The workspace "+slug+", which nobody used and whose owner never confirmed an address"); err != nil {
		return err
	}
	return tenant.Delete(ctx, tx, slug)
}

// Consented reports whether an owner lets support look in now.
func Consented(t tenant.Tenant) bool { return time.Now().Before(t.SupportConsentUntil) }

// SupportEnd ends all looking into the workspace.
func SupportEnd(ctx context.Context, tx *db.SharedTx, tenantID uuid.UUID) error {
	if _, err := tx.SessionDeleteSupport(ctx, &tenantID); err != nil {
		return err
	}
	return tx.TenantSupportEnd(ctx, tenantID)
}
