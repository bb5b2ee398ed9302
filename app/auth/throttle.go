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

	invitationsPerTenant   = 50
	invitationsPerAddress  = 100
	invitationsPerUnproven = 5 // by whoever has not proven an address: anybody can have such an account
)

// TooManyError tells when to try again. First is true for the one attempt that
// was the first too many.
type TooManyError struct {
	RetryAfter time.Duration
	First      bool
}

func (e TooManyError) Error() string {
	return fmt.Sprintf("auth: too many attempts, retry in %s", e.RetryAfter)
}

// throttle counts an attempt before it is tried, so that many at once are
// counted too. It commits by itself: a failed attempt must stay counted.
func throttle(ctx context.Context, d *db.DB, key string, allowed int32, window time.Duration) error {
	var row shareddb.ThrottleHitRow
	err := d.Shared(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.ThrottleHit(ctx, key, window.Seconds())
		return err
	})
	if err == nil && row.Attempts > allowed {
		err = TooManyError{RetryAfter: max(time.Second, time.Until(row.EndsAt).Round(time.Second)), First: row.Attempts == allowed+1}
	}
	return err
}

// Network is what one subscriber has: an IPv4 address, or a /64 of IPv6; "?" where
// there is no telling.
func Network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "?"
	}
	if a = a.Unmap(); a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

func addressKey(ip string) string { return "address:" + Network(ip) }

func accountKey(email string) string { return "account:" + email }

// ThrottleAddress counts an attempt from an address; it answers TooManyError.
func ThrottleAddress(ctx context.Context, d *db.DB, ip string) error {
	return throttle(ctx, d, addressKey(ip), attemptsPerAddress, throttleWindow)
}

// ForgiveAddress takes one attempt of ThrottleAddress back, which led to somebody
// being signed in: an office that shares an address is not locked out by its own
// people.
func ForgiveAddress(ctx context.Context, tx *db.SharedTx, ip string) error {
	return tx.ThrottleForgive(ctx, addressKey(ip))
}

// ThrottleSignUp counts a sign-up from an address; it answers TooManyError.
func ThrottleSignUp(ctx context.Context, d *db.DB, ip string) error {
	return throttle(ctx, d, "signup:"+addressKey(ip), signUpsPerAddress, throttleWindow)
}

// ThrottleFactor counts a code that somebody tries, whose password is known to
// them; it answers TooManyError. A day has its own bound, for a window's is met
// again and again.
func ThrottleFactor(ctx context.Context, d *db.DB, userID uuid.UUID) error {
	if err := throttle(ctx, d, factorKey(userID), attemptsPerFactor, throttleWindow); err != nil {
		return err
	}
	return throttle(ctx, d, factorDayKey(userID), attemptsPerFactorDay, 24*time.Hour)
}

// ThrottleRecovery is ThrottleFactor for recovery codes, which are counted apart:
// whoever knows the password alone must not keep its owner from them. They have 80
// bits, which no number of tries that fits in here guesses.
func ThrottleRecovery(ctx context.Context, d *db.DB, userID uuid.UUID) error {
	return throttle(ctx, d, recoveryKey(userID), attemptsPerRecovery, throttleWindow)
}

const attemptsPerRecovery = 30

func recoveryKey(userID uuid.UUID) string  { return "recovery:" + userID.String() }
func factorKey(userID uuid.UUID) string    { return "factor:" + userID.String() }
func factorDayKey(userID uuid.UUID) string { return "factor-day:" + userID.String() }

// ThrottleInvitation counts an invitation that a workspace sends; it answers
// TooManyError.
func ThrottleInvitation(ctx context.Context, d *db.DB, tenantID uuid.UUID, by Identity, email, ip string) error {
	allowed := int32(invitationsPerTenant)
	if !by.Verified && !by.ByProvider {
		allowed = invitationsPerUnproven
	}
	if err := throttle(ctx, d, "invitations:"+tenantID.String(), allowed, throttleWindow); err != nil {
		return err
	}
	if err := throttle(ctx, d, "invitations:"+addressKey(ip), invitationsPerAddress, throttleWindow); err != nil {
		return err
	}
	return throttle(ctx, d, "mail:invitation:"+email, mailsPerAddress, throttleWindow)
}

// ThrottleProvider counts a look at an OpenID provider that a workspace names;
// it answers TooManyError.
func ThrottleProvider(ctx context.Context, d *db.DB, tenantID uuid.UUID) error {
	return throttle(ctx, d, "provider:"+tenantID.String(), providersPerTenant, throttleWindow)
}

const providersPerTenant = 20
