package views

import (
	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// LeadStatuses are the values of a lead's status that one may choose.
var LeadStatuses = []ui.Option{
	{Value: "new", Label: "New"}, {Value: "attempting", Label: "Attempting"}, {Value: "contacted", Label: "Contacted"},
	{Value: "qualified", Label: "Qualified"}, {Value: "unqualified", Label: "Unqualified"},
}

var (
	allLeadStatuses  = append(LeadStatuses[:len(LeadStatuses):len(LeadStatuses)], ui.Option{Value: "converted", Label: "Converted"})
	leadStatusColors = map[string]string{"new": "blue", "attempting": "amber", "contacted": "amber", "qualified": "green", "unqualified": "gray", "converted": "green"}
	leadRatings      = []ui.Option{{Value: "", Label: "Not rated"}, {Value: "hot", Label: "Hot"}, {Value: "warm", Label: "Warm"}, {Value: "cold", Label: "Cold"}}
	leadRatingColors = map[string]string{"hot": "red", "warm": "amber", "cold": "blue"}
)

// Leads are people who may become customers.
var Leads = Entity{
	Kind: tenantdb.Lead, Path: "/leads", One: "lead", Many: "leads", Icon: ui.IconSparkles, Key: "l",
	DefaultSort: "-created_at", SearchHint: "Name, company, email",
	About:   "Leads are people who showed interest. Once one is worth your time, convert it into a customer, a contact and a deal.",
	Matched: "#first_name, #last_name, #company_name, #email, #phone, #website",
	Filters: []Choice{{"status", "Status", allLeadStatuses}, {"rating", "Rating", leadRatings[1:]}},
	Columns: []Column{
		{"name", "Name", "c-name", ""}, {"company_name", "Company", "", "second"}, {"status", "Status", "c-type", "side-1"}, {"rating", "Rating", "c-short mid", "mid"},
		{"source", "Source", "wide", "wide"}, {"amount", "Amount", "num c-revenue", "num"}, {"owner", "Owner", "mid", "mid"}, {"created_at", "Added", "c-when", "side-2"},
	},
	Fields: []ui.Field{
		{Name: "first_name", Label: "First name", Kind: ui.KindText, Max: 100, Quick: true, Autofocus: true, Autocomplete: "off"},
		{Name: "last_name", Label: "Last name", Kind: ui.KindText, Required: true, Max: 100, Quick: true, Autocomplete: "off"},
		{Name: "company_name", Label: "Company", Kind: ui.KindText, Max: 200, Quick: true, Autocomplete: "off"},
		{Name: "email", Label: "Email", Kind: ui.KindEmail, Max: 254, Quick: true, Autocomplete: "off"},
		{Name: "phone", Label: "Phone", Kind: ui.KindTel, Max: 40, Autocomplete: "off"},
		{Name: "job_title", Label: "Job title", Kind: ui.KindText, Max: 120},
		{Name: "website", Label: "Website", Kind: ui.KindURL, Max: 500},
		{Name: "source", Label: "Source", Kind: ui.KindText, Max: 80, Placeholder: "Web, trade fair, referral"},
		{Name: "status", Label: "Status", Kind: ui.KindSelect, Options: LeadStatuses, Required: true},
		{Name: "rating", Label: "Rating", Kind: ui.KindSelect, Options: leadRatings},
		{Name: "amount", Label: "Amount", Kind: ui.KindMoney, Max: 24},
		{Name: "owner_id", Label: "Owner", Kind: ui.KindSelect},
		{Name: "tags", Label: "Tags", Kind: ui.KindTags, Max: 900, Help: "Up to 20, of 40 characters each, separated by commas"},
		{Name: "description", Label: "Description", Kind: ui.KindArea, Max: 10_000, Full: true},
	},
}

// LeadRow is a lead as its list shows it.
func LeadRow(r tenantdb.LeadListRow, f entity.Formats) ListRow {
	return ListRow{r.ID, r.Name, []templ.Component{
		cellText(r.CompanyName), LeadStatus(r.Status), LeadRating(r.Rating), cellText(r.Source), moneyCell(f, r.Amount, f.Currency), cellDash(r.OwnerName), ui.Relative(r.CreatedAt, f),
	}}
}

// LeadStatus is a lead's status as a tag.
func LeadStatus(s string) templ.Component {
	return ui.Tag(leadStatusColors[s], ui.Label(allLeadStatuses, s))
}

// LeadRating is a lead's rating as a tag, nothing when it has none.
func LeadRating(r string) templ.Component {
	if r == "" {
		return cellText("")
	}
	return ui.Tag(leadRatingColors[r], ui.Label(leadRatings, r))
}

// LeadBoardPage is the leads in columns by status.
type LeadBoardPage struct {
	ListPage
	Columns []LeadColumn
}

// LeadColumn is one status of the board.
type LeadColumn struct {
	Status, Label string
	Count         int64
	Amount        int64 // minor units of the workspace's currency
	Rows          []tenantdb.LeadListRow
	Next          string // cursor of the cards below; "" at the end
}

func (p LeadBoardPage) moreURL(c LeadColumn) string {
	q := p.Query()
	q.Set("column", c.Status)
	q.Set("after", c.Next)
	return address(p.Entity.Path, q)
}

// ConversionPage is the form that turns a lead into something more.
type ConversionPage struct {
	Shell
	Lead      tenantdb.LeadGetRow
	Version   string
	Form      ui.Form
	Customers []Match
	Contacts  []Match
	Stages    []ui.Option
}

func (p ConversionPage) chosen(field, value string) bool { return p.Form.Value(field) == value }

func (p ConversionPage) url() string { return Leads.URL(p.Lead.ID) + "/conversion" }

func leadPath(id uuid.UUID) string { return Leads.URL(id) }

// Match is a record that may be the one at hand.
type Match struct {
	Entity            *Entity
	ID                uuid.UUID
	Name, Detail, Why string
	Sure              bool
}

// URL is the record's address.
func (m Match) URL() string { return m.Entity.URL(m.ID) }

// ConversionFields are the new deal's.
var ConversionFields = []ui.Field{
	{Name: "name", Label: "Deal name", Kind: ui.KindText, Max: 200},
	{Name: "amount", Label: "Amount", Kind: ui.KindMoney, Max: 24},
	{Name: "stage_id", Label: "Stage", Kind: ui.KindSelect},
}

func (p ConversionPage) newCustomer() string {
	if p.Lead.CompanyName != "" {
		return p.Lead.CompanyName
	}
	return p.Lead.Name
}

// LeadColumns are the columns of the board.
var LeadColumns = allLeadStatuses

// ConvertedTo are the records that a lead became.
func ConvertedTo(r tenantdb.LeadGetRow) (out []Related) {
	add := func(e *Entity, id *uuid.UUID, name string) {
		if id != nil {
			out = append(out, Related{Entity: e, Rows: []RelatedRow{{URL: e.URL(*id), Name: name}}})
		}
	}
	add(&Customers, r.CustomerID, r.CustomerName)
	add(&Contacts, r.ContactID, r.ContactName)
	add(&Deals, r.DealID, r.DealName)
	return out
}
