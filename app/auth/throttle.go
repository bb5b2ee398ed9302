package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
)

// Attempts are counted by who is tried and from where together, so that a stranger
// uses up nobody's but their own. A browser that has signed in to the account
// before is counted apart (OWASP, "Slow Down Online Guessing Attacks with Device
// Cookies"). Over all networks there is a bound as well, which is never closed to
// such a browser: 100 an hour are 900,000 guesses a year, and a password that
// CheckNewPassword takes is not among the first million.
const (
	throttleWindow     = 15 * time.Minute
	attemptsPerAccount = 10  // of one network, or one known browser
	attemptsOnAccount  = 100 // of all unknown browsers, in an hour
	attemptsPerNetwork = 60  // stops trying one password on many accounts
	signUpsPerNetwork  = 200 // a classroom shares one

	invitationsPerTenant    = 50
	invitationsPerNetwork   = 100
	invitationsPerUnproven  = 5 // by whoever has not proven an address: anybody can have such an account
	invitationsPerRecipient = 6 // a day, of one workspace, and by one person over all workspaces

	providersPerTenant = 20
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

// bound is how many attempts under a key are allowed in a window that begins with
// the first.
type bound struct {
	key     string
	allowed int32
	window  time.Duration
}

// throttle counts an attempt before it is tried, so that many at once are
// counted too; a failed attempt stays counted. The bounds are asked in their order,
// and what comes after one that is met is not counted: whoever has tried too often
// from a network must not use up the attempts of the accounts they go on trying.
func throttle(ctx context.Context, d *db.DB, bounds ...bound) error {
	var many error
	err := d.Shared(ctx, func(tx *db.SharedTx) error {
		many = nil
		for _, b := range bounds {
			row, err := tx.ThrottleHit(ctx, b.key, b.window.Seconds())
			if err != nil {
				return err
			}
			if row.Attempts > b.allowed {
				many = TooManyError{RetryAfter: max(time.Second, time.Until(row.EndsAt).Round(time.Second)), First: row.Attempts == b.allowed+1}
				return nil // which keeps the count
			}
		}
		return nil
	})
	return errors.Join(err, many)
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

// network is the client's of this context.
func network(ctx context.Context) string { return Network(placeOf(ctx).IP) }

func networkBound(ctx context.Context) bound {
	return bound{"network:" + network(ctx), attemptsPerNetwork, throttleWindow}
}

// ThrottleNetwork counts an attempt from a client's network; it answers TooManyError.
func ThrottleNetwork(ctx context.Context, d *db.DB) error {
	return throttle(ctx, d, networkBound(ctx))
}

// ForgiveNetwork takes one attempt of ThrottleNetwork back, which led to somebody
// being signed in: an office that shares an address is not locked out by its own
// people.
func ForgiveNetwork(ctx context.Context, tx *db.SharedTx) error {
	return tx.ThrottleForgive(ctx, networkBound(ctx).key)
}

// throttleAccount counts an attempt on an account by a browser that may be known to
// it; it answers TooManyError. what is tried is counted apart. What only somebody who
// is in can try has the bound of the network alone.
func throttleAccount(ctx context.Context, d *db.DB, what, email string) error {
	if what == trySudo {
		return throttle(ctx, d, networkBound(ctx), bound{accountKey(ctx, what, email), attemptsPerAccount, throttleWindow})
	}
	if key := deviceKey(ctx, what, email); key != "" {
		return throttle(ctx, d, networkBound(ctx), bound{key, attemptsPerAccount, throttleWindow})
	}
	return throttle(ctx, d, networkBound(ctx),
		bound{accountKey(ctx, what, email), attemptsPerAccount, throttleWindow},
		bound{what + ":" + email, attemptsOnAccount, time.Hour})
}

// forgiveAccount begins anew what throttleAccount counts, for somebody who was right.
func forgiveAccount(ctx context.Context, tx *db.SharedTx, what, email string) error {
	if err := tx.ThrottleClear(ctx, accountKey(ctx, what, email)); err != nil {
		return err
	}
	if err := tx.ThrottleForgive(ctx, what+":"+email); err != nil {
		return err
	}
	if key := deviceKey(ctx, what, email); key != "" {
		if err := tx.ThrottleClear(ctx, key); err != nil {
			return err
		}
	}
	return ForgiveNetwork(ctx, tx)
}

func accountKey(ctx context.Context, what, email string) string {
	return what + ":" + email + ":" + network(ctx)
}

// deviceKey is "" for a browser that has never signed in to the account.
func deviceKey(ctx context.Context, what, email string) string {
	if known := placeOf(ctx).Known; known != nil {
		if nonce := known(email); nonce != "" {
			return what + ":" + email + ":" + nonce
		}
	}
	return ""
}

// What is tried on an account.
const (
	tryPassword = "account"
	trySudo     = "sudo"
)

// ThrottleSignUp counts a sign-up from a network; it answers TooManyError.
func ThrottleSignUp(ctx context.Context, d *db.DB) error {
	return throttle(ctx, d, bound{"signup:" + network(ctx), signUpsPerNetwork, throttleWindow})
}

// CodeUse is what a code is shown for: each is counted apart, so that whoever knows
// a password and tries codes at sign-in keeps nobody who is in from confirming.
type CodeUse string

// The uses.
const (
	CodeSignIn CodeUse = "factor"
	CodeSudo   CodeUse = "sudo-factor"
)

// ThrottleFactor counts a code that somebody tries, whose password is known to
// them; it answers TooManyError. A day has its own bound, for a window's is met
// again and again; a known browser has both for itself.
func ThrottleFactor(ctx context.Context, d *db.DB, use CodeUse, userID uuid.UUID, email string) error {
	keys := codeKeys(ctx, use, userID, email)
	return throttle(ctx, d, bound{keys[0], attemptsPerFactor, throttleWindow}, bound{keys[1], attemptsPerFactorDay, 24 * time.Hour})
}

// codeKeys are of the window and of the day. Over all networks, for guesses at a
// million must be few wherever they come from.
func codeKeys(ctx context.Context, use CodeUse, userID uuid.UUID, email string) [2]string {
	whose := userID.String()
	if known := placeOf(ctx).Known; known != nil {
		if nonce := known(email); nonce != "" {
			whose += ":" + nonce
		}
	}
	return [2]string{string(use) + ":" + whose, string(use) + "-day:" + whose}
}

// ThrottleRecovery is ThrottleFactor for recovery codes, which are counted by
// network: whoever knows the password alone must not keep its owner from them. They
// have 130 bits, which no number of tries that fits in here guesses.
func ThrottleRecovery(ctx context.Context, d *db.DB, userID uuid.UUID) error {
	return throttle(ctx, d, bound{recoveryKey(ctx, userID), attemptsPerRecovery, throttleWindow})
}

const attemptsPerRecovery = 30

func recoveryKey(ctx context.Context, userID uuid.UUID) string {
	return "recovery:" + userID.String() + ":" + network(ctx)
}

// ThrottleProvider counts a look at an OpenID provider that a workspace names;
// it answers TooManyError.
func ThrottleProvider(ctx context.Context, d *db.DB, tenantID uuid.UUID) error {
	return throttle(ctx, d, bound{"provider:" + tenantID.String(), providersPerTenant, throttleWindow})
}
