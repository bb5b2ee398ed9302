package auth

import (
	"context"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// What the audit log knows of. The texts are what people read and filter by.
const (
	DidSignIn         = "Signed in"
	DidFailSignIn     = "Failed to sign in"
	DidInvite         = "Invited"
	DidWithdraw       = "Withdrew the invitation of"
	DidCopyInvitation = "Copied a link to the invitation of"
	DidJoin           = "Joined"
	DidChangeRole     = "Changed the role of"
	DidRemove         = "Removed"
	DidLeave          = "Left"
	DidOfferOwnership = "Offered the ownership to"
	DidDropOffer      = "Took back or declined the offer of ownership"
	DidTakeOwnership  = "Took the ownership from"
	DidChangeSettings = "Changed the settings"
	DidChangeSignIn   = "Changed how people sign in"
	DidDelete         = "Deleted"
	DidExport         = "Exported"
	DidSupport        = "Looked in as support"
	DidConsent        = "Let support look in"
	DidEndSupport     = "Ended support"
	DidOperate        = "Changed as operator"
)

// Audit notes in the workspace's log what the acting member did, and to what.
// It commits with what it tells of.
func Audit(ctx context.Context, tx *db.TenantTx, action, subject string) error {
	dev := placeOf(ctx) // of a command: nowhere
	return tx.AuditWrite(ctx, tenantdb.AuditWriteParams{Action: action, Subject: truncate(subject, 300), Ip: dev.IP,
		Device: truncate(dev.UserAgent, 300)})
}

// AuditShared is Audit in a transaction of the shared schema.
func AuditShared(ctx context.Context, tx *db.SharedTx, action, subject string) error {
	return tx.AsTenant(ctx, func(tx *db.TenantTx) error { return Audit(ctx, tx, action, subject) })
}

// auditAs notes what a member did who is not yet the one that acts in this context.
func auditAs(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, member uuid.UUID, action, subject string) error {
	ctx = db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema, MemberID: member})
	return tx.AsTenant(ctx, func(tx *db.TenantTx) error { return Audit(ctx, tx, action, subject) })
}

// AuditSystem notes what nobody did to a workspace but the system itself.
func AuditSystem(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, action, subject string) error {
	return auditAs(ctx, tx, t, uuid.Nil, action, subject)
}
