package auth

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// SecurityLogTime is how long the security log is kept.
const SecurityLogTime = 400 * 24 * time.Hour

// What the security log knows of, beside what it shares with the audit log. The
// texts are what people read.
const (
	DidSignOut          = "Signed out"
	DidEndSession       = "Ended a session"
	DidEndSessions      = "Ended all other sessions"
	DidProve            = "Confirmed who they are"
	DidSetPassword      = "Changed the password"
	DidAskReset         = "Asked for a new password"
	DidAddFactor        = "Added a second factor"
	DidRemoveFactor     = "Removed a second factor"
	DidMakeCodes        = "Made recovery codes"
	DidUseCode          = "Used a recovery code"
	DidConfirmEmail     = "Confirmed the email address"
	DidChangeEmail      = "Changed the email address"
	DidLinkProvider     = "Linked a provider"
	DidForgetUnproven   = "Cleared what was set up before the address was confirmed"
	DidBecomeOperator   = "Became an operator"
	DidStopBeOperator   = "Is an operator no longer"
	DidSignOutByAnother = "Was signed out everywhere by an operator"
	DidAct              = "Acted as operator"
)

// Place is from where a request comes, and where it has arrived.
type Place struct {
	Device
	Tenant tenant.Tenant // of the host; the zero one on the base host and the console
	// Known returns what this browser was given when it last signed in to the
	// account, "" when it never has: attempts from it are counted apart. nil knows
	// nobody.
	Known func(email string) string
}

type placeKey struct{}

// WithPlace tells the logs and throttles from where a request comes.
func WithPlace(ctx context.Context, p Place) context.Context {
	return context.WithValue(ctx, placeKey{}, p)
}

// placeOf is the zero Place for a command.
func placeOf(ctx context.Context) Place {
	p, _ := ctx.Value(placeKey{}).(Place)
	return p
}

// Record writes into the security log what happened to an account; uuid.Nil stands
// for one that is not known. On a workspace's host it is in that workspace's audit
// log too. It commits with what it tells of.
func Record(ctx context.Context, tx *db.SharedTx, userID uuid.UUID, action, subject string) error {
	p := placeOf(ctx)
	if err := recordAt(ctx, tx, userID, p.Tenant.ID, action, subject); err != nil || p.Tenant.ID == uuid.Nil {
		return err
	}
	member, err := tx.MembershipOfUser(ctx, p.Tenant.ID, userID)
	if errors.Is(err, pgx.ErrNoRows) {
		// Without the address, and in the same time: how long it takes must not tell
		// who is a member.
		subject, err = "with an address that is no member’s", nil
	}
	if err != nil {
		return err
	}
	return auditAs(ctx, tx, p.Tenant, member, action, subject)
}

// recordAt writes into the security log alone; tenantID may be uuid.Nil.
func recordAt(ctx context.Context, tx *db.SharedTx, userID, tenantID uuid.UUID, action, subject string) error {
	p := placeOf(ctx)
	return tx.SecurityEventInsert(ctx, shareddb.SecurityEventInsertParams{
		UserID: orNil(userID), TenantID: orNil(tenantID), Action: action, Subject: truncate(subject, 300), Ip: p.IP,
		Device: truncate(p.UserAgent, 300),
	})
}

func orNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// RecordFailure writes down that somebody was not let in, and why. Of those who try
// too often, the first is noted. Errors that are none of a person's are not.
func RecordFailure(ctx context.Context, d *db.DB, userID uuid.UUID, failed error) error {
	why := ""
	var many TooManyError
	switch {
	case errors.Is(failed, ErrWrongPassword):
		why = "Wrong password"
	case errors.Is(failed, ErrWrongCode):
		why = "Wrong code"
	case errors.Is(failed, ErrBadPasskey):
		why = "A passkey that is not known here"
	case errors.As(failed, &many) && many.First:
		why = "Too many attempts"
	default:
		return nil
	}
	return d.Shared(ctx, func(tx *db.SharedTx) error { return Record(ctx, tx, userID, DidFailSignIn, why) })
}

// RecordOperator writes down what an operator asks for in the console, before it is
// done. tenantID may be uuid.Nil.
func RecordOperator(ctx context.Context, d *db.DB, who Identity, tenantID uuid.UUID, what string) error {
	return d.Shared(ctx, func(tx *db.SharedTx) error {
		if tenantID != uuid.Nil {
			if _, err := tx.TenantGet(ctx, tenantID); errors.Is(err, pgx.ErrNoRows) {
				tenantID = uuid.Nil
			} else if err != nil {
				return err
			}
		}
		return recordAt(ctx, tx, who.UserID, tenantID, DidAct, what)
	})
}

// newDevice reports whether an account that was signed in to before is signed in to
// by a browser, or at an address, that is new to it.
func newDevice(ctx context.Context, tx *db.SharedTx, userID uuid.UUID, email string) (bool, error) {
	p := placeOf(ctx)
	if p.IP == "" || p.Known != nil && p.Known(email) != "" {
		return false, nil
	}
	row, err := tx.SignedInFrom(ctx, shareddb.SignedInFromParams{UserID: &userID, Action: DidSignIn, Device: truncate(p.UserAgent, 300),
		Ip: p.IP})
	return row.Ever && !row.Here, err
}
