package views

import (
	"fmt"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views/ui"
)

var pointsHelp = fmt.Sprintf("Up to %d", entity.MaxPoints)

var contacts = Look{
	Entity: entity.Contacts, Icon: ui.IconUsers, Key: "p", SearchHint: "Name, email, phone",
	About:  "Contacts are the people you talk to. Link them to the customer they work for, and their calls and notes stay in one place.",
	Badges: []Badge{{"do_not_call", "red"}, {"email_opt_out", "amber"}}, Line: Line{Detail: "job_title", Phone: "phone"}, First: true,
	Columns: []Column{
		{Field: "name"}, {Field: "customer_id", Cell: "second"}, {Field: "phone", Cell: "side-1"},
		{Field: "email", Class: "mid", Cell: "mid"}, {Field: "job_title", Class: "wide", Cell: "wide"},
		{Field: "owner_id", Class: "mid", Cell: "mid"},
		{Field: "updated_at", Class: "wide", Cell: "wide side-2"},
	},
	Inputs: []ui.Field{
		{Name: "first_name", Quick: true, Autofocus: true, Autocomplete: "off"}, {Name: "last_name", Quick: true, Autocomplete: "off"},
		{Name: "customer_id", Quick: true}, {Name: "emails", Quick: true}, {Name: "phones", Quick: true}, {Name: "salutation", Placeholder: "Dr"},
	},
}
