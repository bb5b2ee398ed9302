package shareddb

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// sqlc does not know what columns a function returns, so this is written by hand.

// EntrySession is whose a session is on a host.
type EntrySession struct {
	ID, UserID                                                    uuid.UUID
	CreatedAt, LastSeenAt, ProvedAt                               time.Time
	Pending, Strong, ByProvider, Support, Operator                bool
	Name, Email                                                   string
	EmailVerifiedAt                                               *time.Time
	TimeZone, DateStyle, NumberStyle, Theme, Keys, Keymap, Avatar string
	HasFactor                                                     bool
	MemberID                                                      *uuid.UUID
	Role                                                          string
	FieldsVersion                                                 int32 // of the workspace; 0 where it never had fields of its own
}

// EntrySession returns whose session has the hash on the tenant's host, or on the base host
// without one, or on the console's; pgx.ErrNoRows when it is nobody's. It is the one
// thing that may be asked before anybody is known.
func (q *Queries) EntrySession(ctx context.Context, idHash []byte, tenantID *uuid.UUID, console bool) (s EntrySession, err error) {
	err = q.db.QueryRow(ctx, `-- name: EntrySession :one
		select id, user_id, created_at, last_seen_at, proved_at, pending, strong, by_provider, support, operator, name, email, email_verified_at,
		       time_zone, date_style, number_style, theme, keys, keymap, avatar, has_factor, member_id, role, fields_version
		from entry.session($1, $2, $3)`, idHash, tenantID, console).Scan(
		&s.ID, &s.UserID, &s.CreatedAt, &s.LastSeenAt, &s.ProvedAt, &s.Pending, &s.Strong, &s.ByProvider, &s.Support, &s.Operator, &s.Name,
		&s.Email, &s.EmailVerifiedAt, &s.TimeZone, &s.DateStyle, &s.NumberStyle, &s.Theme, &s.Keys, &s.Keymap, &s.Avatar, &s.HasFactor,
		&s.MemberID, &s.Role, &s.FieldsVersion)
	return s, err
}
