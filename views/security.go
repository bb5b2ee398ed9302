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

// ActivityLine is what happened to an account.
type ActivityLine struct {
	ID                       uuid.UUID
	At                       time.Time
	Email                    string // whose, for operators; "" for nobody's that is known
	Action, Subject          string
	Workspace, Place, Device string
}

// ActivityPage is all of it, page by page.
type ActivityPage struct {
	Frame
	Lines []ActivityLine
	Next  string // where older ones are; "" when there are none
}

// ConsoleActivityPage is what happened to all accounts.
type ConsoleActivityPage struct {
	Console
	Q     string
	Lines []ActivityLine
	Next  string
}

// EnrolmentPage asks somebody to become an operator.
type EnrolmentPage struct {
	Site
	Token, Email                string
	HasFactor, Strong, Verified bool
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

// TOTPPage shows the secret of an authenticator app.
type TOTPPage struct {
	Frame
	Form           ui.Form
	Secret, Sealed string
	QRPath         string
	QRSize         int // squares, each way
}

// spaced is the secret in groups of four, for those who type it.
func (p TOTPPage) spaced() (out string) {
	for i, r := range p.Secret {
		if i > 0 && i%4 == 0 {
			out += " "
		}
		out += string(r)
	}
	return out
}

// RecoveryPage shows recovery codes, this once.
type RecoveryPage struct {
	Frame
	Codes []string
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
