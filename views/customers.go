package views

import (
	"github.com/a-h/templ"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

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

// CustomerFields are a customer's, in the order of its form. The owner's
// options are filled in by CustomerForm.
var CustomerFields = []ui.Field{
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
	{Name: "tags", Label: "Tags", Kind: ui.KindTags, Max: 500, Help: "Separated by commas"},
	{Name: "description", Label: "Description", Kind: ui.KindArea, Max: 10_000, Full: true},
}

// customerColumns are what the list is sorted by.
var customerColumns = []ui.Option{
	{Value: "name", Label: "Name"}, {Value: "type", Label: "Type"}, {Value: "domain", Label: "Domain"}, {Value: "industry", Label: "Industry"},
	{Value: "city", Label: "City"}, {Value: "annual_revenue", Label: "Revenue"}, {Value: "owner", Label: "Owner"}, {Value: "updated_at", Label: "Last change"},
}

// CustomerListPage is the list of customers with its filters.
type CustomerListPage struct {
	Shell
	Filter  tenantdb.CustomerFilter
	Sort    string // as it is in force: "name", "-updated_at"
	After   string
	Rows    []tenantdb.CustomerListRow
	Next    string // cursor of the next page; "" at the end
	Shown   int    // rows shown from the top, once "Load more" has added some
	Count   int
	Options []tenantdb.FilterOptionsRow
	Me      uuid.UUID
}

// URL is this list with one thing changed.
func (p CustomerListPage) URL(key, value string) string {
	q := p.query()
	if value == "" {
		q.Del(key)
	} else {
		q.Set(key, value)
	}
	if len(q) == 0 {
		return "/customers"
	}
	return "/customers?" + q.Encode()
}

// moreURL asks for the next rows, and says how many are shown with them.
func (p CustomerListPage) moreURL() string {
	p.Shown += len(p.Rows)
	return p.URL("after", p.Next)
}

// TopURL is this list from its top, with as many rows as are shown.
func (p CustomerListPage) TopURL() string { return p.URL("after", "") }

func (p CustomerListPage) query() url.Values {
	q := url.Values{}
	set := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	set("q", p.Filter.Query)
	set("tag", p.Filter.Tag)
	set("owner", p.owner())
	if len(p.Filter.Types) > 0 {
		q["type"] = p.Filter.Types
	}
	if p.Sort != "name" {
		set("sort", p.Sort)
	}
	if p.Shown > 0 {
		q.Set("rows", strconv.Itoa(p.Shown))
	}
	return q
}

func (p CustomerListPage) owner() string {
	switch {
	case p.Filter.NoOwner:
		return "none"
	case p.Filter.OwnerID != uuid.Nil:
		return p.Filter.OwnerID.String()
	}
	return ""
}

func (p CustomerListPage) filtered() bool {
	f := p.Filter
	return f.Query != "" || f.Tag != "" || f.NoOwner || f.OwnerID != uuid.Nil || len(f.Types) > 0
}

func (p CustomerListPage) hasType(t string) bool {
	for _, x := range p.Filter.Types {
		if x == t {
			return true
		}
	}
	return false
}

// chip is a filter in the bar above a list.
type chip struct {
	ID, Label string
	On        bool
}

// chips are the filters that the bar has.
func (p CustomerListPage) chips() []chip {
	out := []chip{p.sortChip(), p.typeChip(), p.ownerChip()}
	if len(p.options("tag")) > 0 {
		out = append(out, p.tagChip())
	}
	return out
}

func (p CustomerListPage) sortChip() chip {
	return chip{ID: "sort-chip", Label: "Sort: " + ui.Label(customerColumns, strings.TrimPrefix(p.Sort, "-")), On: p.Sort != "name"}
}

func (p CustomerListPage) typeChip() chip {
	c := chip{ID: "type-chip", Label: "Type", On: len(p.Filter.Types) > 0}
	if n := len(p.Filter.Types); n > 2 {
		c.Label += ": " + strconv.Itoa(n)
	} else if c.On {
		labels := make([]string, len(p.Filter.Types))
		for i, t := range p.Filter.Types {
			labels[i] = ui.Label(CustomerTypes, t)
		}
		c.Label += ": " + strings.Join(labels, ", ")
	}
	return c
}

func (p CustomerListPage) ownerChip() chip {
	c := chip{ID: "owner-chip", Label: "Owner", On: p.owner() != ""}
	if p.Filter.NoOwner {
		c.Label = "Owner: nobody"
	}
	for _, o := range p.options("member") {
		if o.ID == p.Filter.OwnerID {
			c.Label = "Owner: " + o.Name
		}
	}
	return c
}

func (p CustomerListPage) tagChip() chip {
	c := chip{ID: "tag-chip", Label: "Tag", On: p.Filter.Tag != ""}
	if c.On {
		c.Label += ": " + p.Filter.Tag
	}
	return c
}

func (p CustomerListPage) options(kind string) []tenantdb.FilterOptionsRow {
	var out []tenantdb.FilterOptionsRow
	for _, o := range p.Options {
		if o.Kind == kind {
			out = append(out, o)
		}
	}
	// The one in force is always there, or the next search would drop it.
	if kind == "tag" && p.Filter.Tag != "" && !slices.ContainsFunc(out, func(o tenantdb.FilterOptionsRow) bool { return strings.EqualFold(o.Name, p.Filter.Tag) }) {
		out = append(out, tenantdb.FilterOptionsRow{Kind: kind, Name: p.Filter.Tag})
	}
	if kind == "member" && p.Filter.OwnerID != uuid.Nil && !slices.ContainsFunc(out, func(o tenantdb.FilterOptionsRow) bool { return o.ID == p.Filter.OwnerID }) {
		out = append(out, tenantdb.FilterOptionsRow{Kind: kind, ID: p.Filter.OwnerID, Name: "Former member"})
	}
	return out
}

func countText(n int) string {
	if n > tenantdb.CountLimit {
		return ui.Count(tenantdb.CountLimit) + "+"
	}
	return ui.Count(n)
}

func place(city, country string) string {
	if city != "" && country != "" {
		return city + ", " + country
	}
	return city + country
}

// CustomerPage is one customer.
type CustomerPage struct {
	Shell
	Customer tenantdb.CustomerGetRow
	Editing  string  // the field that is open for editing in place; "" for none
	Form     ui.Form // what it holds
	Version  string  // that the open field was seen at; "" when nobody knows
	Changed  string  // the field just saved, which flashes once
	Members  []tenantdb.MemberListRow
	Notice   string // why something was not done
}

// CustomerFormPage is the form of a new customer or of one that exists.
type CustomerFormPage struct {
	Shell
	ID       uuid.UUID // uuid.Nil for a new one
	Name     string
	Version  string
	Was      map[string]string // what its fields held when the form was opened
	Form     ui.Form
	Members  []tenantdb.MemberListRow
	Conflict []Difference // what another person changed meanwhile
}

// Difference is a field that two people changed.
type Difference struct{ Label, Theirs, Yours string }

func (p CustomerFormPage) action() string {
	if p.ID == uuid.Nil {
		return "/customers"
	}
	return customerPath(p.ID)
}

// moreOpen keeps "More fields" open where something in it is set or wrong.
func (p CustomerFormPage) moreOpen() bool {
	if p.ID != uuid.Nil {
		return true
	}
	for _, f := range CustomerFields {
		if !f.Quick && (p.Form.Value(f.Name) != "" || p.Form.Error(f.Name) != "") {
			return true
		}
	}
	return false
}

// CustomerField is a field with its choices filled in.
func CustomerField(f ui.Field, members []tenantdb.MemberListRow, form ui.Form) ui.Field {
	if f.Name == "owner_id" {
		f.Options = []ui.Option{{Value: "", Label: "Nobody"}}
		for _, m := range members {
			if id := m.ID.String(); m.Active || id == form.Value(f.Name) { // who left may stay the owner
				f.Options = append(f.Options, ui.Option{Value: id, Label: m.Name})
			}
		}
	}
	return f
}

func customerPath(id uuid.UUID) string { return "/customers/" + id.String() }

// CustomerValues are a customer's fields as its form shows them, empty ones included.
func CustomerValues(c tenantdb.CustomerGetRow, currency string) map[string]string {
	v := map[string]string{
		"name": c.Name, "domain": c.Domain, "website": c.Website, "phone": c.Phone, "email": c.Email, "type": c.Type,
		"industry": c.Industry, "street": c.Street, "city": c.City, "state": c.State, "postal_code": c.PostalCode,
		"country": c.Country, "description": c.Description, "tags": strings.Join(c.Tags, ", "),
	}
	for _, f := range CustomerFields {
		v[f.Name] += "" // a field that was empty was known to be
	}
	if c.Employees != nil {
		v["employees"] = strconv.Itoa(int(*c.Employees))
	}
	if c.AnnualRevenue != nil {
		v["annual_revenue"] = ui.MoneyInput(*c.AnnualRevenue, currency)
	}
	if c.OwnerID != nil {
		v["owner_id"] = c.OwnerID.String()
	}
	return v
}

// CustomerDisplay is a field's value as people read it, "" when it has none.
func CustomerDisplay(f ui.Field, c tenantdb.CustomerGetRow, currency string) string {
	switch f.Name {
	case "type":
		return ui.Label(CustomerTypes, c.Type)
	case "owner_id":
		return c.OwnerName
	case "employees":
		if c.Employees != nil {
			return ui.Count(int(*c.Employees))
		}
		return ""
	case "annual_revenue":
		if c.AnnualRevenue != nil {
			return ui.Money(*c.AnnualRevenue, currency)
		}
		return ""
	}
	return CustomerValues(c, currency)[f.Name]
}

// link is where a value leads, "" nowhere.
func customerLink(f ui.Field, c tenantdb.CustomerGetRow) string {
	switch {
	case f.Name == "website" && c.Website != "":
		return c.Website
	case f.Name == "domain" && c.Domain != "":
		return "https://" + c.Domain
	case f.Name == "email" && c.Email != "":
		return "mailto:" + c.Email
	case f.Name == "phone" && c.Phone != "":
		return "tel:" + c.Phone
	}
	return ""
}

func (p CustomerFormPage) hx() templ.Attributes {
	if p.ID == uuid.Nil {
		return templ.Attributes{"hx-post": p.action()}
	}
	return templ.Attributes{"hx-put": p.action()}
}

func editURL(id uuid.UUID, f ui.Field) string { return customerPath(id) + "/edit?field=" + f.Name }

func tagURL(tag string) string { return "/customers?tag=" + url.QueryEscape(tag) }

func ownerOption(o tenantdb.FilterOptionsRow, me uuid.UUID) string {
	if o.ID == me {
		return o.Name + " (you)"
	}
	return o.Name
}

// nextSort is what a click on a column's head asks for: ascending first, then
// turned round. "" is the list's default.
func nextSort(current, field string) string {
	switch {
	case current == field:
		return "-" + field
	case field == "name":
		return ""
	}
	return field
}

func ariaSort(current, field string) string {
	switch current {
	case field:
		return "ascending"
	case "-" + field:
		return "descending"
	}
	return "none"
}
