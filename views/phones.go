package views

import (
	"github.com/nyaruka/phonenumbers"

	"github.com/paddock-crm/paddock/views/ui"
)

// PhoneText is a phone number as people read it; what is no number in
// international form stays as it is.
func PhoneText(v string) string {
	if len(v) == 0 || v[0] != '+' {
		return v
	}
	n, err := phonenumbers.Parse(v, "")
	if err != nil {
		return v
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

func pointText(f ui.Field, v string) string {
	if f.Kind == ui.KindPhones {
		return PhoneText(v)
	}
	return v
}
