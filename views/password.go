package views

import (
	"github.com/paddock-crm/paddock/views/ui"
)

// ForgotPage asks for the address of an account.
type ForgotPage struct {
	Site
	Form ui.Form
	Sent string // the address that a mail went to
}

// ResetPage asks for a new password.
type ResetPage struct {
	Site
	Form         ui.Form
	Token, Email string
}
