package auth

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// Attempts allowed in a window. An account's bound stops guessing one
// password, an address's bound stops trying one password on many accounts.
const (
	throttleWindow     = 15 * time.Minute
	attemptsPerAccount = 10
	attemptsPerAddress = 60
	signUpsPerAddress  = 200 // each takes a schema; a classroom shares one address

	invitationsPerTenant = 50
)

// TooManyError tells when to try again.
type TooManyError struct{ RetryAfter time.Duration }

func (e TooManyError) Error() string {
	return fmt.Sprintf("auth: too many attempts, retry in %s", e.RetryAfter)
}

// throttle counts an attempt before it is tried, so that many at once are
// counted too. It commits by itself: a failed attempt must stay counted.
func throttle(ctx context.Context, d *db.DB, key string, allowed int32) error {
	var row shareddb.ThrottleHitRow
	err := d.Shared(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.ThrottleHit(ctx, key, throttleWindow.Seconds())
		return err
	})
	if err == nil && row.Attempts > allowed {
		err = TooManyError{max(time.Second, time.Until(row.EndsAt).Round(time.Second))}
	}
	return err
}

// addressKey groups IPv6 by /64, which is what one subscriber gets.
func addressKey(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "address:?"
	}
	if a = a.Unmap(); a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return "address:" + p.String()
		}
	}
	return "address:" + a.String()
}

func accountKey(email string) string { return "account:" + email }

// ThrottleAddress counts an attempt from an address; it answers TooManyError.
func ThrottleAddress(ctx context.Context, d *db.DB, ip string) error {
	return throttle(ctx, d, addressKey(ip), attemptsPerAddress)
}

// ThrottleFactor counts a code that somebody tries; it answers TooManyError.
func ThrottleFactor(ctx context.Context, d *db.DB, userID uuid.UUID) error {
	return throttle(ctx, d, factorKey(userID), attemptsPerFactor)
}

func factorKey(userID uuid.UUID) string { return "factor:" + userID.String() }

// ThrottleInvitation counts an invitation that a workspace sends; it answers
// TooManyError.
func ThrottleInvitation(ctx context.Context, d *db.DB, tenantID uuid.UUID, email string) error {
	if err := throttle(ctx, d, "invitations:"+tenantID.String(), invitationsPerTenant); err != nil {
		return err
	}
	return throttle(ctx, d, "mail:"+email, mailsPerAddress)
}
