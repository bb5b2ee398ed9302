package views

import (
	"github.com/a-h/templ"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// CustomerTypes are the values of a customer's type.
var CustomerTypes = []ui.Option{
	{Value: "prospect", Label: "Prospect"},
	{Value: "customer", Label: "Customer"},
	{Value: "partner", Label: "Partner"},
	{Value: "at_risk", Label: "At risk"},
	{Value: "lapsed", Label: "Lapsed"},
}

var customerTypeColors = map[string]string{"prospect": "blue", "customer": "green", "partner": "amber", "at_risk": "red", "lapsed": "gray"}

// Customers are the companies one sells to.
var Customers = Entity{
	Kind: tenantdb.Customer, Path: "/customers", One: "customer", Many: "customers", Icon: ui.IconBuilding, Key: "c",
	DefaultSort: "name", SearchHint: "Name, domain, email",
	About:   "Customers are the companies you sell to, and those you hope to. People, deals and notes will hang on them.",
	Matched: "#name, #domain, #email, #phone, #website",
	Filters: []Choice{{"type", "Type", CustomerTypes}},
	Columns: []Column{
		{"name", "Name", "c-name", ""}, {"type", "Type", "c-type", "side-1"}, {"domain", "Domain", "c-domain mid", "second mid"},
		{"industry", "Industry", "wide", "wide"}, {"city", "City", "wide", "wide"}, {"annual_revenue", "Revenue", "num c-revenue", "num"},
		{"owner", "Owner", "mid", "mid"}, {"updated_at", "Last change", "c-when", "side-2"},
	},
	Fields: []ui.Field{
		{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 200, Quick: true, Autofocus: true, Autocomplete: "off"},
		{Name: "domain", Label: "Domain", Kind: ui.KindText, Max: 253, Quick: true, Placeholder: "example.com", Autocomplete: "off"},
		{Name: "type", Label: "Type", Kind: ui.KindSelect, Options: CustomerTypes, Quick: true, Required: true},
		{Name: "owner_id", Label: "Owner", Kind: ui.KindSelect, Quick: true},
		{Name: "email", Label: "Email", Kind: ui.KindEmail, Max: 254, Autocomplete: "off"},
		{Name: "phone", Label: "Phone", Kind: ui.KindTel, Max: 40, Autocomplete: "off"},
		{Name: "website", Label: "Website", Kind: ui.KindURL, Max: 500, Autocomplete: "off"},
		{Name: "industry", Label: "Industry", Kind: ui.KindText, Max: 80},
		{Name: "employees", Label: "Employees", Kind: ui.KindNumber, Max: 12},
		{Name: "annual_revenue", Label: "Annual revenue", Kind: ui.KindMoney, Max: 24},
		{Name: "street", Label: "Street", Kind: ui.KindText, Max: 200, Autocomplete: "off"},
		{Name: "city", Label: "City", Kind: ui.KindText, Max: 100, Autocomplete: "off"},
		{Name: "state", Label: "State", Kind: ui.KindText, Max: 100, Autocomplete: "off"},
		{Name: "postal_code", Label: "Postal code", Kind: ui.KindText, Max: 20, Autocomplete: "off"},
		{Name: "country", Label: "Country", Kind: ui.KindText, Max: 80, Autocomplete: "off"},
		{Name: "tags", Label: "Tags", Kind: ui.KindTags, Max: 900, Help: "Up to 20, of 40 characters each, separated by commas"},
		{Name: "description", Label: "Description", Kind: ui.KindArea, Max: 10_000, Full: true},
	},
}

// CustomerRow is a customer as its list shows it.
func CustomerRow(r tenantdb.CustomerListRow, f entity.Formats) ListRow {
	return ListRow{r.ID, r.Name, []templ.Component{
		CustomerType(r.Type), cellText(r.Domain), cellText(r.Industry), cellText(place(r.City, r.Country)),
		moneyCell(f, r.AnnualRevenue, f.Currency), cellDash(r.OwnerName), ui.Relative(r.UpdatedAt, f),
	}}
}

// CustomerType is a customer's type as a tag.
func CustomerType(t string) templ.Component {
	return ui.Tag(customerTypeColors[t], ui.Label(CustomerTypes, t))
}
