package auth

import (
	"context"
	"fmt"
	"net/netip"
	"time"

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
