package views

import (
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views/ui"
)

var projects = Look{
	Entity: entity.Projects, Icon: ui.IconFolderKanban, Key: "j", SearchHint: "Name",
	About:   "Projects are what you promised: who works on it, until when, for how much. A won deal becomes one in one step.",
	Filters: []string{"status", "priority"}, Badges: []Badge{{Field: "status"}, {Field: "priority"}}, Line: Line{Badge: "status"},
	Milestones: true,
	Columns: []Column{
		{Field: "name"}, {Field: "customer_id", Cell: "second"}, {Field: "status", Cell: "side-1"},
		{Field: "priority", Class: "mid", Cell: "mid"}, {Field: "end_date", Cell: "side-2"},
		{Field: "budget", Class: "num wide", Cell: "num wide"}, {Field: "owner_id", Class: "mid", Cell: "mid"},
	},
	Inputs: []ui.Field{
		{Name: "name", Quick: true, Autofocus: true, Autocomplete: "off"}, {Name: "customer_id", Quick: true}, {Name: "status", Quick: true},
		{Name: "owner_id", Quick: true},
	},
}
