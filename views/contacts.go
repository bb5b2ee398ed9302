package views

import (
	"fmt"

	"github.com/a-h/templ"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

var pointsHelp = fmt.Sprintf("Up to %d", entity.MaxPoints)

// Contacts are the people one talks to.
var Contacts = Entity{
	Kind: tenantdb.Contact, Path: "/contacts", One: "contact", Many: "contacts", Icon: ui.IconUsers, Key: "p",
	DefaultSort: "name", SearchHint: "Name, email, job title",
	About:   "Contacts are the people you talk to. Link them to the customer they work for, and their calls and notes stay in one place.",
	Matched: "#first_name, #last_name, [name^='emails'], [name^='phones']",
	Columns: []Column{
		{"name", "Name", "c-name", ""}, {"", "Customer", "", "second"}, {"job_title", "Job title", "wide", "wide"}, {"email", "Email", "c-domain mid", "mid"},
		{"", "Phone", "wide", "wide"}, {"owner", "Owner", "mid", "mid"}, {"updated_at", "Last change", "c-when", "side-2"},
	},
	Fields: []ui.Field{
		{Name: "first_name", Label: "First name", Kind: ui.KindText, Max: 100, Quick: true, Autofocus: true, Autocomplete: "off"},
		{Name: "last_name", Label: "Last name", Kind: ui.KindText, Required: true, Max: 100, Quick: true, Autocomplete: "off"},
		{Name: "customer_id", Label: "Customer", Kind: ui.KindRecord, Path: "/customers", Quick: true},
		{Name: "emails", Label: "Email", Kind: ui.KindEmails, Max: 254, Quick: true, Help: pointsHelp},
		{Name: "phones", Label: "Phone", Kind: ui.KindPhones, Max: 40, Quick: true, Help: pointsHelp},
		{Name: "job_title", Label: "Job title", Kind: ui.KindText, Max: 120},
		{Name: "salutation", Label: "Salutation", Kind: ui.KindText, Max: 40, Placeholder: "Dr"},
		{Name: "owner_id", Label: "Owner", Kind: ui.KindSelect},
		{Name: "linkedin_url", Label: "LinkedIn", Kind: ui.KindURL, Max: 500},
		{Name: "birthday", Label: "Birthday", Kind: ui.KindDate},
		{Name: "do_not_call", Label: "Do not call", Kind: ui.KindCheck},
		{Name: "email_opt_out", Label: "No marketing email", Kind: ui.KindCheck},
		{Name: "tags", Label: "Tags", Kind: ui.KindTags, Max: 900, Help: "Up to 20, of 40 characters each, separated by commas"},
		{Name: "description", Label: "Description", Kind: ui.KindArea, Max: 10_000, Full: true},
	},
}

// ContactRow is a contact as its list shows it.
func ContactRow(r tenantdb.ContactListRow, f entity.Formats) ListRow {
	return ListRow{r.ID, r.Name, []templ.Component{
		cellText(r.CustomerName), cellText(r.JobTitle), cellText(r.Email), cellText(entity.PhoneText(r.Phone)), cellDash(r.OwnerName), ui.Relative(r.UpdatedAt, f),
	}}
}

// ContactLine is a contact beside what it belongs to.
func ContactLine(r tenantdb.ContactListRow) RelatedRow {
	return RelatedRow{URL: Contacts.URL(r.ID), Name: r.Name, Detail: r.JobTitle}
}
