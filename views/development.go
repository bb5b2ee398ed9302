package views

import (
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// What the gallery shows: the product's own components, with made-up content.

func galleryShell() Shell {
	return Shell{Workspace: "Gallery", CanWrite: true, Formats: entity.Formats{Currency: "EUR", Now: time.Now()}}
}

func galleryCustomers() ListPage {
	p := ListPage{Shell: galleryShell(), Entity: &Customers, Sort: "name", Next: "more"}
	revenue := int64(124_000_000)
	for i, t := range CustomerTypes {
		row := tenantdb.CustomerListRow{
			Name: []string{"Arcadia Foundry", "Bellweather & Sons", "Cobalt Harbour", "Dunmore Analytics", "Eisvogel Optik"}[i], Type: t.Value,
			Domain: "example.com", Industry: "Machinery", City: "Graz", Country: "AT", OwnerName: "Lina Moreau", UpdatedAt: p.Now.Add(-time.Duration(i*i) * 30 * time.Hour),
		}
		if i != 3 {
			row.AnnualRevenue = &revenue
		}
		p.Rows = append(p.Rows, CustomerRow(row, p.Formats))
	}
	return p
}

func galleryCustomer() RecordPage {
	p := RecordPage{Shell: galleryShell(), Editing: "phone", Changed: "city", Form: ui.Form{Values: map[string]string{"phone": "+43 316 555 0140"}}}
	p.Record = Record{
		Entity: &Customers, Name: "Arcadia Foundry", Badges: []templ.Component{CustomerType("customer")}, Tags: []ui.TagValue{{Name: "Key account", Color: "red"}, {Name: "Fair", Color: "blue"}},
		Values: map[string]string{"name": "Arcadia Foundry", "type": "customer", "domain": "arcadia.example", "email": "office@arcadia.example", "city": "Graz", "employees": "240", "owner_id": "1"},
		Labels: map[string]string{"owner_id": "Lina Moreau"}, CreatedAt: p.Now.AddDate(0, -2, 0), UpdatedAt: p.Now,
	}
	return p
}

func galleryBoard() BoardPage {
	p := BoardPage{ListPage: ListPage{Shell: galleryShell(), Entity: &Deals}}
	amount := int64(31_250_000)
	for i, s := range []string{"Prospecting", "Proposal"} {
		c := BoardColumn{Stage: tenantdb.StageListRow{Name: s, Color: TagColors[i+2].Value, Probability: 20, Outcome: "open"}, Sums: []tenantdb.BoardSumsRow{{Currency: "EUR", N: 1, Amount: amount, Weighted: amount / 5}}}
		d := tenantdb.DealListRow{Name: "Port visibility", CustomerName: "Cobalt Harbour", Amount: &amount, Currency: "EUR", Outcome: "open", OwnerName: "Enzo", ActiveAt: p.Now.AddDate(0, 0, -20*i)}
		d.ID = uuid.Must(uuid.NewV7())
		c.Rows = []tenantdb.DealListRow{d}
		p.Columns = append(p.Columns, c)
	}
	return p
}

var galleryChart = Chart{Title: "Pipeline", Unit: "Amount", Bars: []ChartBar{
	{Label: "Prospecting", Text: "€ 186,000", Value: 186, URL: "#", Color: "gray"}, {Label: "Proposal", Text: "€ 640,000", Value: 640, URL: "#", Color: "amber"},
}}
