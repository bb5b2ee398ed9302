package views

import (
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views/ui"
)

var customers = Look{
	Entity: entity.Customers, Icon: ui.IconBuilding, Key: "c", SearchHint: "Name, city, phone",
	About:   "Customers are the companies you sell to, and those you hope to. People, deals and notes will hang on them.",
	Filters: []string{"type"}, Badges: []Badge{{Field: "type"}},
	Columns: []Column{
		{Field: "name"}, {Field: "type", Cell: "side-1"},
		{Field: "domain", Class: "mid", Cell: "second mid"}, {Field: "phone", Class: "wide", Cell: "wide"},
		{Field: "industry", Class: "widest", Cell: "widest"}, {Field: "city", Class: "wide", Cell: "wide", With: "country"},
		{Field: "annual_revenue", Label: "Revenue", Class: "num", Cell: "num"}, {Field: "owner_id", Class: "mid", Cell: "mid"},
		{Field: "updated_at", Cell: "side-2"},
	},
	Inputs: []ui.Field{
		{Name: "name", Quick: true, Autofocus: true, Autocomplete: "off"},
		{Name: "domain", Quick: true, Placeholder: "example.com", Autocomplete: "off"},
		{Name: "type", Quick: true}, {Name: "owner_id", Quick: true}, {Name: "email", Autocomplete: "off"}, {Name: "phone", Autocomplete: "off"},
		{Name: "website", Autocomplete: "off"}, {Name: "street", Autocomplete: "off"}, {Name: "city", Autocomplete: "off"},
		{Name: "state", Autocomplete: "off"},
		{Name: "postal_code", Autocomplete: "off"}, {Name: "country", Autocomplete: "off"},
	},
}
