package views

import (
	"github.com/paddock-crm/paddock/views/ui"
)

// SudoPage asks once more who somebody is.
type SudoPage struct {
	Form                     ui.Form
	Action, Next, Email      string
	Waiting                  []Sent // the form that is sent once more with the answer
	Password, TOTP, Passkeys bool   // what the person has
	StepUp                   bool   // the workspace wants a second factor, or the console
	Console                  bool
	Foreign                  bool
	Again                    string // where to sign in again, for whom a provider vouches
	ForgotURL                string
}

// Sent is a field of a form that was sent.
type Sent struct{ Name, Value string }
