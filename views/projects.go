package views

import (
	"github.com/a-h/templ"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

var (
	projectStatuses = []ui.Option{
		{Value: "draft", Label: "Draft"}, {Value: "underway", Label: "Underway"}, {Value: "on_hold", Label: "On hold"},
		{Value: "completed", Label: "Completed"}, {Value: "cancelled", Label: "Cancelled"},
	}
	projectStatusColors = map[string]string{"draft": "gray", "underway": "blue", "on_hold": "amber", "completed": "green", "cancelled": "gray"}
	priorities          = []ui.Option{{Value: "low", Label: "Low"}, {Value: "normal", Label: "Normal"}, {Value: "high", Label: "High"}}
	priorityColors      = map[string]string{"low": "gray", "normal": "blue", "high": "red"}
)

// Projects are what was sold, on its way to be done.
var Projects = Entity{
	Kind: tenantdb.Project, Path: "/projects", One: "project", Many: "projects", Icon: ui.IconFolderKanban, Key: "j",
	DefaultSort: "name", SearchHint: "Name",
	About:   "Projects are what you promised: who works on it, until when, for how much. A won deal becomes one in one step.",
	Filters: []Choice{{"status", "Status", projectStatuses}, {"priority", "Priority", priorities}},
	Columns: []Column{
		{"name", "Name", "c-name", ""}, {"", "Customer", "", "second"}, {"status", "Status", "c-type", "side-1"}, {"priority", "Priority", "c-short mid", "mid"},
		{"end_date", "End", "c-when", "side-2"}, {"budget", "Budget", "num c-revenue wide", "num wide"}, {"owner", "Owner", "mid", "mid"},
	},
	Fields: []ui.Field{
		{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 200, Quick: true, Autofocus: true, Autocomplete: "off"},
		{Name: "customer_id", Label: "Customer", Kind: ui.KindRecord, Path: "/customers", Quick: true},
		{Name: "status", Label: "Status", Kind: ui.KindSelect, Options: projectStatuses, Quick: true, Required: true},
		{Name: "owner_id", Label: "Owner", Kind: ui.KindSelect, Quick: true},
		{Name: "priority", Label: "Priority", Kind: ui.KindSelect, Options: priorities, Required: true},
		{Name: "start_date", Label: "Start", Kind: ui.KindDate},
		{Name: "end_date", Label: "End", Kind: ui.KindDate},
		{Name: "budget", Label: "Budget", Kind: ui.KindMoney, Max: 24},
		{Name: "members", Label: "Members", Kind: ui.KindMembers},
		{Name: "deal_id", Label: "Deal", Kind: ui.KindRecord, Path: "/deals"},
		{Name: "tags", Label: "Tags", Kind: ui.KindTags, Max: 900, Help: "Up to 20, of 40 characters each, separated by commas"},
		{Name: "description", Label: "Description", Kind: ui.KindArea, Max: 10_000, Full: true},
	},
}

// ProjectRow is a project as its list shows it.
func ProjectRow(r tenantdb.ProjectListRow, f entity.Formats) ListRow {
	return ListRow{r.ID, r.Name, []templ.Component{
		cellText(r.CustomerName), ProjectStatus(r.Status), Priority(r.Priority), dateCell(f, r.EndDate), moneyCell(f, r.Budget, f.Currency), cellDash(r.OwnerName),
	}}
}

// ProjectStatus is a project's status as a tag.
func ProjectStatus(s string) templ.Component {
	return ui.Tag(projectStatusColors[s], ui.Label(projectStatuses, s))
}

// Priority is a priority as a tag.
func Priority(p string) templ.Component { return ui.Tag(priorityColors[p], ui.Label(priorities, p)) }

// ProjectLine is a project beside what it belongs to.
func ProjectLine(r tenantdb.ProjectListRow) RelatedRow {
	return RelatedRow{URL: Projects.URL(r.ID), Name: r.Name, Badge: ProjectStatus(r.Status)}
}
