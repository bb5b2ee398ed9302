package views

import (
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views/ui"
)

// DomainSettingsPage is where an owner binds domains to the workspace.
type DomainSettingsPage struct {
	Shell
	Domains []DomainLine
	Form    ui.Form
	Notice  string
	Own     string // the workspace's own address
	Scheme  string
	Target  string // where a domain's record has to lead
}

// DomainLine is a domain with the record that proves it.
type DomainLine struct {
	shareddb.DomainListRow
	TXTName, TXTValue string
}

var fieldHost = ui.Field{Name: "host", Label: "Domain", Kind: ui.KindText, Required: true, Max: 253, Placeholder: "crm.example.com",
	Autocomplete: "off"}

// DomainFields add a domain.
var DomainFields = []ui.Field{fieldHost}
