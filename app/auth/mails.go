package auth

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
)

// Mails that a stranger can have sent to somebody pass one gate, which counts them
// over all purposes: by recipient and network, so that a stranger uses up nobody's
// but their own; by network; and by recipient, so that nobody's mailbox is filled
// from many networks. A browser that has signed in to the account before has a
// budget of its own, for its owner must come to a new password.
const (
	mailsPerRecipient       = 5  // from one network, or one known browser, in a throttle's window
	mailsPerRecipientAnyhow = 10 // from all unknown browsers, in an hour
	mailsPerRecipientDay    = 20 // … in a day
	mailsPerNetwork         = 60 // in a throttle's window
)

// ThrottleMail counts a mail that somebody who may be anybody has sent to an
// address; it answers TooManyError.
func ThrottleMail(ctx context.Context, d *db.DB, email string) error {
	from := bound{"mails-from:" + network(ctx), mailsPerNetwork, throttleWindow}
	if key := deviceKey(ctx, "mail", email); key != "" {
		return throttle(ctx, d, from, bound{key, mailsPerRecipient, throttleWindow})
	}
	return throttle(ctx, d, from,
		bound{accountKey(ctx, "mail", email), mailsPerRecipient, throttleWindow},
		bound{"mail:" + email, mailsPerRecipientAnyhow, time.Hour},
		bound{"mail-day:" + email, mailsPerRecipientDay, 24 * time.Hour})
}

// ThrottleInvitation counts an invitation that a workspace sends; it answers
// TooManyError. Who has proven an address is known by it, and is counted by
// workspace and by person; anybody else's go through the gate.
func ThrottleInvitation(ctx context.Context, d *db.DB, tenantID uuid.UUID, by Identity, email string) error {
	trusted := by.Verified || by.ByProvider
	allowed := int32(invitationsPerTenant)
	if !trusted {
		allowed = invitationsPerUnproven
	}
	err := throttle(ctx, d,
		bound{"invitations:" + tenantID.String(), allowed, throttleWindow},
		bound{"invitations-from:" + network(ctx), invitationsPerNetwork, throttleWindow},
		bound{"invitation:" + tenantID.String() + ":" + email, invitationsPerRecipient, 24 * time.Hour},
		bound{"invitation:" + by.UserID.String() + ":" + email, invitationsPerRecipient, 24 * time.Hour})
	if err != nil || trusted {
		return err
	}
	return ThrottleMail(ctx, d, email)
}
