package views

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views/ui"
)

// TenantsPage lists the workspaces.
type TenantsPage struct {
	Console
	Query  url.Values
	Rows   []shareddb.TenantLine
	Counts map[string]int64 // by state
	Latest int64            // the version that a schema has when it is current
	Next   string           // the page below; "" for none
}

// TenantStates are what the list can be narrowed to.
var TenantStates = []ui.Option{{Value: "", Label: "Any state"}, {Value: "active", Label: "Active"},
	{Value: "suspended", Label: "Suspended"}, {Value: "deleted", Label: "Deleted"}}

type tenantColumn struct{ label, sort, class string }

var tenantColumns = []tenantColumn{
	{"Workspace", "", "first"}, {"Address", "slug", ""}, {"State", "", ""}, {"Version", "", ""}, {"Members", "members", "num"},
	{"Size", "size", "num"}, {"Last activity", "active", ""}, {"Since", "created", ""},
}

// sortURL turns the order round where it is by that column already; numbers and
// times begin with the largest.
func (p TenantsPage) sortURL(sort string) string {
	next := sort
	if sort != "slug" {
		next = "-" + sort
	}
	if p.sort() == next {
		if next = sort; strings.HasPrefix(p.sort(), sort) {
			next = "-" + sort
		}
	}
	q := url.Values{"sort": {next}}
	for _, name := range []string{"q", "state"} {
		if v := p.Query.Get(name); v != "" {
			q.Set(name, v)
		}
	}
	return "/tenants?" + q.Encode()
}

func (p TenantsPage) sort() string {
	if s := p.Query.Get("sort"); s != "" {
		return s
	}
	return "slug"
}

func (p TenantsPage) total() (n int) {
	for _, v := range p.Counts {
		n += int(v)
	}
	return n
}

// stateColor is the colour of a state's tag.
func stateColor(state string) string {
	switch state {
	case "active":
		return "green"
	case "suspended":
		return "amber"
	default:
		return "red"
	}
}

// TenantPage is one workspace, as the operator sees it.
type TenantPage struct {
	Console
	Tenant    shareddb.Tenant
	Stats     shareddb.TenantStat
	URL       string // of the workspace
	Suffix    string // what follows the slug: ".myapp.com"
	Latest    int64
	Defaults  []LimitLine
	Members   []shareddb.MembershipListRow
	Domains   []shareddb.DomainListRow
	Usage     []shareddb.UsageListRow
	Consented bool
	DropAt    time.Time // when a deleted one is dropped

	Form   ui.Form // the one that was posted, when something in it is wrong
	Posted string  // which: slug, clone, limits or support
}

// LimitLine is one limit: how it is for all, and what this workspace has of its own.
type LimitLine struct {
	Field   ui.Field
	Default string
	Value   string
}

func (p TenantPage) slug() string { return *p.Tenant.Slug }

func (p TenantPage) path(rest string) string { return "/tenants/" + p.Tenant.ID.String() + rest }

// form is what was typed in the form of this name.
func (p TenantPage) form(name string) ui.Form {
	if p.Posted == name {
		return p.Form
	}
	return ui.Form{}
}

func (p TenantPage) limitForm() ui.Form {
	if p.Posted == "limits" {
		return p.Form
	}
	f := ui.Form{Values: map[string]string{}}
	for _, l := range p.Defaults {
		f.Values[l.Field.Name] = l.Value
	}
	return f
}

// share is how much of the most of the last days a day had, for its bar.
func (p TenantPage) share(n int64) string {
	most := int64(1)
	for _, u := range p.Usage {
		most = max(most, u.Requests)
	}
	return strconv.FormatInt(n*100/most, 10)
}

// TenantFormPage makes a workspace.
type TenantFormPage struct {
	Console
	Form ui.Form
}

func (l LimitLine) placed() ui.Field {
	f := l.Field
	f.Placeholder = l.Default
	return f
}
