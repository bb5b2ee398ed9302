package views

import (
	"strings"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views/ui"
)

var leads = Look{
	Entity: entity.Leads, Icon: ui.IconSparkles, Key: "l", SearchHint: "Name, company, email",
	About:   "Leads are people who showed interest. Once one is worth your time, convert it into a customer, a contact and a deal.",
	Filters: []string{"status", "rating"}, Badges: []Badge{{Field: "status"}, {Field: "rating"}},
	Card: Card{Detail: "company_name", Foot: []string{"amount", "rating"}},
	Columns: []Column{
		{Field: "name"}, {Field: "company_name", Cell: "second"}, {Field: "status", Cell: "side-1"},
		{Field: "rating", Class: "mid", Cell: "mid"}, {Field: "phone", Class: "wide", Cell: "wide"},
		{Field: "source", Class: "widest", Cell: "widest"},
		{Field: "amount", Class: "num", Cell: "num"},
		{Field: "owner_id", Class: "mid", Cell: "mid"}, {Field: "created_at", Cell: "side-2"},
	},
	Tells: func(p TimelinePage, was, is map[string]any) string {
		switch {
		case is["status"] == "converted":
			return "converted it into " + strings.Join(notEmpty(p.name(is["customer_id"]), p.name(is["contact_id"]), p.name(is["deal_id"])), ", ")
		case hasKey(is, "status") && was["status"] == "converted":
			return "took the conversion back"
		}
		return ""
	},
	Inputs: []ui.Field{
		{Name: "first_name", Quick: true, Autofocus: true, Autocomplete: "off"}, {Name: "last_name", Quick: true, Autocomplete: "off"},
		{Name: "company_name", Quick: true, Autocomplete: "off"}, {Name: "email", Quick: true, Autocomplete: "off"},
		{Name: "phone", Autocomplete: "off"},
		{Name: "source", Placeholder: "Web, trade fair, referral"},
	},
}

// ConversionPage is the form that turns a lead into something more.
type ConversionPage struct {
	Shell
	Lead      entity.Record
	Version   string
	Form      ui.Form
	Customers []Match
	Contacts  []Match
	Stages    []ui.Option
}

func (p ConversionPage) chosen(field, value string) bool { return p.Form.Value(field) == value }

func (p ConversionPage) url() string { return p.Lead.URL() + "/conversion" }

// Match is a record that may be the one at hand.
type Match struct {
	Look              *Look
	ID                uuid.UUID
	Name, Detail, Why string
	Sure              bool
}

// URL is the path of the record's page.
func (m Match) URL() string { return m.Look.URL(m.ID) }

// ConversionFields are the new deal's.
var ConversionFields = []ui.Field{
	{Name: "name", Label: "Deal name", Kind: ui.KindText, Max: 200},
	{Name: "amount", Label: "Amount", Kind: ui.KindMoney, Max: 24},
	{Name: "stage_id", Label: "Stage", Kind: ui.KindSelect},
}

func (p ConversionPage) newCustomer() string {
	if company := p.Lead.Values.Text("company_name"); company != "" {
		return company
	}
	return p.Lead.Name()
}

// ConvertedTo are the records that a lead became.
func ConvertedTo(r entity.Record) (out []Related) {
	for _, field := range []string{"customer_id", "contact_id", "deal_id"} {
		if to := r.Values.Ref(field); to.ID != uuid.Nil {
			l := LookOf(r.Entity.Field(field).Refers)
			out = append(out, Related{Look: l, Rows: []RelatedRow{{URL: l.URL(to.ID), Name: to.Name}}})
		}
	}
	return out
}
