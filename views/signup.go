package views

import (
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views/ui"
)

// SignUpPage is the sign-up form.
type SignUpPage struct {
	Site
	Form       ui.Form
	Slug       SlugCheck
	HostSuffix string // what follows the slug: ".myapp.com"
	Providers  []ProviderLink
	Known      bool   // who is signed in has no password to show
	Work       string // the challenge of auth.WorkChallenge
	Sent       string // the address that a link to go on went to; "" for none
}

// ConfirmationPage asks to make the workspace of a sign-up that waited.
type ConfirmationPage struct{ Workspace, Host, Email, Token string }

// SlugCheck is what we know of the slug somebody is choosing.
type SlugCheck struct {
	Slug    string
	Problem string // "" when it is free, or nothing was typed
	Host    string
}

// currencies are all that a workspace can be in, each with its sign.
var currencies = func() []ui.Option {
	var out []ui.Option
	for _, code := range entity.Currencies() {
		o := ui.Option{Value: code, Label: code}
		if sign := entity.CurrencySign(code); sign != code {
			o.Label += " (" + sign + ")"
		}
		out = append(out, o)
	}
	return out
}()

var fieldCurrency = ui.Field{Name: "currency", Label: "Currency", Kind: ui.KindSelect, Options: currencies,
	Help: "Deals can have others. It can be changed until amounts stand in it."}

// SignUpFields are sign-up's, in order.
var SignUpFields = []ui.Field{fieldWorkspace, fieldSlug, fieldCurrency, fieldName, fieldEmail, fieldNewPass}

// WorkspaceSignUpFields are those for somebody who is signed in.
var WorkspaceSignUpFields = []ui.Field{fieldWorkspace, fieldSlug, fieldCurrency}
