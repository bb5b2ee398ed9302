package views

import (
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/views/ui"
)

// SecurityPage is how somebody gets in, and where they are.
type SecurityPage struct {
	Frame
	Notice          string // why something can't be done
	Who             string // the address
	Verified        bool
	Required        bool // the workspace wants a second factor, and there is none yet
	HasPassword     bool
	TOTP            bool
	RecoveryCodes   int64
	Passkeys        []Passkey
	Sessions        []Session
	Foreign         bool
	SiteURL         string
	Password, Email ui.Form
	Activity        []ActivityLine // the latest
}

// Passkey is one of somebody's.
type Passkey struct {
	ID         uuid.UUID
	Name       string
	CreatedAt  time.Time
	LastUsedAt *time.Time
}

// Session is where somebody is signed in.
type Session struct {
	ID                       uuid.UUID
	Device, Place, Workspace string
	LastSeenAt               time.Time
	Strong, Current          bool
}

// newPassword is the field of a new password: a second factor makes do with less.
func (p SecurityPage) newPassword() ui.Field {
	f := fieldNewest
	if p.TOTP || len(p.Passkeys) > 0 {
		f.Help = "At least 8 characters, for you have a second factor. All other sessions end."
	} else {
		f.Help = "At least 12 characters. All other sessions end."
	}
	return f
}
