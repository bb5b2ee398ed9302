package views

import (
	"github.com/paddock-crm/paddock/views/ui"
)

// InvitationPage is what somebody is invited to.
type InvitationPage struct {
	Form                       ui.Form
	Workspace, By, Email, Role string
	Path                       string // of this page
	Known, Verified            bool   // the address has an account; that proved it, or need not
	Mailed                     bool   // the link came to the address, and so proves it
	SignedIn                   string // the address of who is signed in here; "" for nobody
	ForgotURL                  string
	SiteURL, Slug              string
	Providers                  []ProviderLink // the platform's
}

// article is what stands before a role.
func article(role string) string {
	if role == "admin" {
		return "an"
	}
	return "a"
}
