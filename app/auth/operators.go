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
	if err != nil || operator {
		return err
	}
	if err := tx.SessionDeleteOperator(ctx, email); err != nil {
		return err
	}
	return tx.TenantSupportEndBy(ctx, email)
}

// AuditOperator notes in a workspace's log what an operator did to it. by is
// their address, or who else stands for the operator.
func AuditOperator(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, by, action, subject string) error {
	if t.SchemaVersion < auditVersion || t.Dropped {
		return nil // there is no log to write to: its migration has failed, or it is gone
	}
	return auditAs(ctx, tx, t, uuid.Nil, action, subject+", by "+by)
}

// auditVersion is that of the migration which made the log.
const auditVersion = 3

// SupportBegin lets an operator look into a workspace as a viewer, for
// SupportTime, and returns the hand-off's token. Its people see it on every page
// and in their audit log.
func SupportBegin(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, who Identity, reason string) (token string, err error) {
	if err := tx.TenantSupportBegin(ctx, shareddb.TenantSupportBeginParams{ID: t.ID, Until: time.Now().Add(SupportTime), By: who.Email, Reason: reason}); err != nil {
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

// Consented reports whether an owner lets support look in now.
func Consented(t tenant.Tenant) bool { return time.Now().Before(t.SupportConsentUntil) }

// SupportEnd ends all looking into the workspace.
func SupportEnd(ctx context.Context, tx *db.SharedTx, tenantID uuid.UUID) error {
	if _, err := tx.SessionDeleteSupport(ctx, &tenantID); err != nil {
		return err
	}
	return tx.TenantSupportEnd(ctx, tenantID)
}
