package views

import "github.com/paddock-crm/paddock/views/ui"

// SignInSettingsPage is how people sign in to the workspace.
type SignInSettingsPage struct {
	Shell
	RequireFactor bool
	HasProvider   bool
	CallbackURLs  []string // one for each host that people leave from
	Domains       []EmailDomain
	Notice        string
	Form          ui.Form
	DomainForm    ui.Form
}

// EmailDomain is a domain of addresses, and the record that proves it.
type EmailDomain struct {
	Domain, TXTName, TXTValue string
	Verified                  bool
}

// ProviderFields are a workspace's own provider.
var ProviderFields = []ui.Field{
	{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 40, Placeholder: "Okta",
		Help: "Stands on the button: Continue with …"},
	{Name: "issuer", Label: "Issuer", Kind: ui.KindText, Required: true, Max: 300, Placeholder: "https://example.okta.com"},
	{Name: "client_id", Label: "Client ID", Kind: ui.KindText, Required: true, Max: 300, Autocomplete: "off"},
	{Name: "client_secret", Label: "Client secret", Kind: ui.KindPassword, Max: 500, Autocomplete: "off",
		Help: "Leave it empty to keep the one we have, or where the provider gives none"},
	{Name: "join_role", Label: "Who signs in without an invitation", Kind: ui.KindSelect,
		Options: []ui.Option{{Value: "", Label: "Is turned away"}, {Value: "viewer", Label: "Joins as a viewer"},
			{Value: "member", Label: "Joins as a member"}}},
}

var fieldDomain = ui.Field{Name: "domain", Label: "Domain", Kind: ui.KindText, Required: true, Max: 253, Placeholder: "example.com",
	Autocomplete: "off"}

// EmailDomainFields add a domain.
var EmailDomainFields = []ui.Field{fieldDomain}
