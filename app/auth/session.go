package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// How long a session lasts without being used, and how often its use is
// written down: a write per click would be one too many.
const (
	SessionIdle  = 14 * 24 * time.Hour
	sessionTouch = 10 * time.Minute
)

// Identity is who somebody is on the host they are on.
type Identity struct {
	UserID   uuid.UUID
	Name     string
	Email    string
	MemberID uuid.UUID // uuid.Nil without a membership in the host's workspace
	Role     Role      // NoRole without one

	// How the person reads dates and numbers; "" for as the workspace does.
	TimeZone, DateStyle, NumberStyle string
}

// Device is where a session was begun.
type Device struct{ IP, UserAgent string }

// newToken returns 32 random bytes as text.
func newToken() string { return rand.Text() + rand.Text() } // 2 × 130 bits

// Tokens and session ids have so much entropy that a plain hash keeps them.
func hashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// SessionStart makes a session on a host, tenantID being nil on the base host,
// and returns the id for its cookie. Only the id's hash is stored.
func SessionStart(ctx context.Context, tx *db.SharedTx, userID uuid.UUID, tenantID *uuid.UUID, dev Device) (string, error) {
	id := newToken()
	err := tx.SessionInsert(ctx, shareddb.SessionInsertParams{
		IDHash: hashToken(id), UserID: userID, TenantID: tenantID,
		Ip: dev.IP, UserAgent: truncate(dev.UserAgent, 300), ExpiresAt: time.Now().Add(SessionIdle),
	})
	return id, err
}

// SessionGet returns whose session id is on this host. ok is false for an
// unknown id, one that is over, and one made on another host.
func SessionGet(ctx context.Context, d *db.DB, id string, tenantID *uuid.UUID) (who Identity, ok bool, err error) {
	hash := hashToken(id)
	var row shareddb.SessionGetRow
	err = d.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.SessionGet(ctx, hash, tenantID)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return Identity{}, false, nil
	}
	if err != nil {
		return Identity{}, false, err
	}
	if time.Since(row.LastSeenAt) > sessionTouch {
		err = d.Shared(ctx, func(tx *db.SharedTx) error {
			return tx.SessionTouch(ctx, time.Now().Add(SessionIdle), hash)
		})
		if err != nil {
			return Identity{}, false, err
		}
	}
	who = Identity{UserID: row.UserID, Name: row.Name, Email: row.Email, Role: Role(row.Role), TimeZone: row.TimeZone, DateStyle: row.DateStyle, NumberStyle: row.NumberStyle}
	if row.MemberID != nil {
		who.MemberID = *row.MemberID
	}
	return who, true, nil
}

// SessionEnd ends a session; one that is over already is no error.
func SessionEnd(ctx context.Context, tx *db.SharedTx, id string) error {
	return tx.SessionDelete(ctx, hashToken(id))
}

// handoffTime is how long a person may take from one host to another.
const handoffTime = time.Minute

const purposeHandoff = "handoff"

// HandoffStart returns a token that signs the user in on the tenant's host:
// once, within a minute, there alone.
func HandoffStart(ctx context.Context, tx *db.SharedTx, userID, tenantID uuid.UUID) (string, error) {
	token := newToken()
	return token, tx.OneTimeTokenInsert(ctx, shareddb.OneTimeTokenInsertParams{
		Hash: hashToken(token), Purpose: purposeHandoff, UserID: userID, TenantID: &tenantID, ExpiresAt: time.Now().Add(handoffTime),
	})
}

// ErrBadToken is answered for a token that is unknown, used, over, or for
// another host: nobody needs to know which.
var ErrBadToken = errors.New("auth: bad token")

// HandoffPeek tells whom the token would sign in, without using it up.
func HandoffPeek(ctx context.Context, tx *db.SharedTx, token string, tenantID uuid.UUID) (shareddb.OneTimeTokenPeekRow, error) {
	row, err := tx.OneTimeTokenPeek(ctx, hashToken(token), purposeHandoff, &tenantID)
	return row, badToken(err)
}

// HandoffFinish uses the token up and starts a session on the tenant's host.
func HandoffFinish(ctx context.Context, tx *db.SharedTx, token string, tenantID uuid.UUID, dev Device) (string, error) {
	userID, err := tx.OneTimeTokenConsume(ctx, hashToken(token), purposeHandoff, &tenantID)
	if err != nil {
		return "", badToken(err)
	}
	return SessionStart(ctx, tx, userID, &tenantID, dev)
}

func badToken(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrBadToken
	}
	return err
}

// Sweep deletes what is over: sessions, tokens, throttle windows.
func Sweep(ctx context.Context, d *db.DB) error {
	return d.Shared(ctx, func(tx *db.SharedTx) error {
		if _, err := tx.SessionDeleteExpired(ctx); err != nil {
			return err
		}
		if _, err := tx.OneTimeTokenDeleteExpired(ctx); err != nil {
			return err
		}
		_, err := tx.ThrottleDeleteEnded(ctx)
		return err
	})
}

func truncate(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}
