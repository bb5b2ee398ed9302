package views

import (
	"github.com/paddock-crm/paddock/views/ui"
)

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
