package views

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views/ui"
)

// Console is what every page of the operators' console has around it.
type Console struct {
	Title       string
	Section     string // the navigation's current entry
	Name, Email string // the operator's
	Theme       string
	Flash       *ui.Flash
	entity.Formats
}

func (c Console) class() string { return Shell{Theme: c.Theme}.class() }

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
var TenantStates = []ui.Option{{Value: "", Label: "Any state"}, {Value: "active", Label: "Active"}, {Value: "suspended", Label: "Suspended"}, {Value: "deleted", Label: "Deleted"}}

type tenantColumn struct{ label, sort, class string }

var tenantColumns = []tenantColumn{
	{"Workspace", "", "first"}, {"Address", "slug", ""}, {"State", "", ""}, {"Version", "", ""}, {"Members", "members", "num"}, {"Size", "size", "num"}, {"Last activity", "active", ""}, {"Since", "created", ""},
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

// Fields of the console's forms.
var (
	TenantFields = []ui.Field{
		{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 80, Autofocus: true},
		{Name: "slug", Label: "Address", Kind: ui.KindText, Required: true, Max: 40, Help: "3 to 40 small letters, digits and single hyphens"},
		{Name: "owner_email", Label: "Owner’s email", Kind: ui.KindEmail, Required: true, Max: 254, Help: "They get a mail. Somebody without an account chooses a password by it."},
	}
	RenameFields  = []ui.Field{{Name: "slug", Label: "New address", Kind: ui.KindText, Required: true, Max: 40, Help: "The one before leads to it for 30 days."}}
	CloneFields   = []ui.Field{{Name: "slug", Label: "Address of the copy", Kind: ui.KindText, Required: true, Max: 40, Help: "With all records and the same people."}}
	SupportFields = []ui.Field{{Name: "reason", Label: "Reason", Kind: ui.KindText, Required: true, Max: 200, Help: "The workspace’s people read it, on every page and in their audit log."}}
	LimitFields   = []ui.Field{
		{Name: "statement_ms", Label: "A statement, ms", Kind: ui.KindNumber, Max: 12},
		{Name: "concurrent", Label: "Requests at once", Kind: ui.KindNumber, Max: 12},
		{Name: "requests", Label: "Requests a minute", Kind: ui.KindNumber, Max: 12},
		{Name: "records", Label: "Records", Kind: ui.KindNumber, Max: 12},
		{Name: "megabytes", Label: "Storage, MB", Kind: ui.KindNumber, Max: 12},
		{Name: "jobs", Label: "Waiting jobs", Kind: ui.KindNumber, Max: 12},
	}
)

// DomainsPage lists the domains of all workspaces.
type DomainsPage struct {
	Console
	Q    string
	Rows []shareddb.DomainListAllRow
	Next string
}

// UsersPage lists the people.
type UsersPage struct {
	Console
	Q    string
	Me   string // the operator's address
	Rows []shareddb.UserListRow
	Next string
}

// JobsPage shows the jobs that failed, and how many there are besides.
type JobsPage struct {
	Console
	Counts map[string]int // by state
	Failed []FailedJob
	Next   string
}

func (p JobsPage) count(states []string) (n int) {
	for _, s := range states {
		n += p.Counts[s]
	}
	return n
}

// FailedJob is a job that waits for another try, or for nobody.
type FailedJob struct {
	ID        int64
	Kind      string
	Retryable bool // it is tried again by itself, at Next
	Attempt   int
	Next      time.Time
	Error     string
	TenantID  uuid.UUID // uuid.Nil for nobody's
	Slug      string    // the workspace's; "" where it is gone
}

// MigrationsPage shows the versions of the schemas.
type MigrationsPage struct {
	Console
	Shared, SharedLatest, TenantLatest int64
	Versions                           []VersionLine
	Failed                             []FailedMigration
}

// VersionLine is how many tenants of a state are at a version.
type VersionLine struct {
	Version int64
	State   string
	N       int
}

// FailedMigration is a tenant whose migration has failed.
type FailedMigration struct {
	Slug, Schema, Error string
	At                  int64 // the version that it is at
}

// prefixed gives a field an id of its own where two forms of a page have one of
// the same name.
func prefixed(f ui.Field, form string) ui.Field {
	f.ID = form + "-" + f.Name
	return f
}

func (l LimitLine) placed() ui.Field {
	f := l.Field
	f.Placeholder = l.Default
	return f
}
