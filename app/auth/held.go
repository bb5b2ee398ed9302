package auth

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// HeldTime is how long a form waits for its person to sign in again.
const HeldTime = 10 * time.Minute

const (
	purposeHeld   = "held"
	heldPerPerson = 20 // forms in a throttle's window
)

// ThrottleHeld counts a form that is to be held for somebody, known by id or by address; it
// answers TooManyError.
func ThrottleHeld(ctx context.Context, d *db.DB, userID uuid.UUID, email string) error {
	key := email
	if userID != uuid.Nil {
		key = userID.String()
	}
	return throttle(ctx, d, bound{"held:" + key, heldPerPerson, throttleWindow},
		bound{"held-from:" + network(ctx), 10 * heldPerPerson, throttleWindow})
}

// Hold keeps a sealed form under the token for whoever was signed in: by id, or by address
// where that is uuid.Nil; ErrBadToken where there is no such account any more.
func Hold(ctx context.Context, tx *db.SharedTx, token string, tenantID, userID uuid.UUID, email, sealed string) error {
	p := shareddb.OneTimeTokenInsertParams{
		Hash: hashToken(token), Purpose: purposeHeld, TenantID: &tenantID, Email: email, Data: sealed, ExpiresAt: time.Now().Add(HeldTime),
	}
	if userID != uuid.Nil {
		if _, err := tx.UserAccess(ctx, userID); err != nil {
			return badToken(err) // whose account is gone
		}
		p.UserID = &userID
	}
	return tx.OneTimeTokenInsert(ctx, p)
}

// TakeHeld returns what Hold has kept, once, and to the same person in the same workspace
// alone: else ErrBadToken.
func TakeHeld(ctx context.Context, tx *db.SharedTx, token string, tenantID uuid.UUID, who Identity) (sealed string, err error) {
	sealed, err = tx.OneTimeTokenConsumeOfPerson(ctx, shareddb.OneTimeTokenConsumeOfPersonParams{
		Hash: hashToken(token), Purpose: purposeHeld, TenantID: &tenantID, UserID: &who.UserID, Email: who.Email,
	})
	return sealed, badToken(err)
}
