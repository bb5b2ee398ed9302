package views

import (
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views/ui"
)

// What the gallery shows: the product's own components, with made-up content.

func galleryShell() Shell {
	return Shell{Workspace: "Gallery", CanWrite: true, Formats: entity.Formats{Currency: "EUR", Now: time.Now()}}
}

func galleryCustomers() ListPage {
	p := ListPage{Shell: galleryShell(), Look: LookOf(entity.Customer), Sort: "name", Next: "more"}
	for i, o := range entity.Customers.Field("type").Options {
		v := entity.Values{
			"name":   entity.Text([]string{"Arcadia Foundry", "Bellweather & Sons", "Cobalt Harbour", "Dunmore Analytics", "Eisvogel Optik"}[i]),
			"type":   entity.Text(o.Value),
			"domain": entity.Text("example.com"), "industry": entity.Text("Machinery"), "city": entity.Text("Graz"), "country": entity.Text("AT"),
			"owner_id": entity.Ref{Name: "Lina Moreau"}, "updated_at": entity.Moment(p.Now.Add(-time.Duration(i*i) * 30 * time.Hour)),
		}
		if i != 3 {
			v["annual_revenue"] = entity.Money{Minor: 124_000_000}
		}
		p.Rows = append(p.Rows, entity.Record{Entity: entity.Customers, Values: v})
	}
	return p
}

func galleryCustomer() RecordPage {
	p := RecordPage{Shell: galleryShell(), Editing: "phone", Changed: "city",
		Form: ui.Form{Values: map[string]string{"phone": "+43 316 555 0140"}}}
	p.Record = Record{Look: LookOf(entity.Customer), Record: entity.Record{
		Entity: entity.Customers, CreatedAt: p.Now.AddDate(0, -2, 0), UpdatedAt: p.Now, Values: entity.Values{
			"name": entity.Text("Arcadia Foundry"), "type": entity.Text("customer"), "domain": entity.Text("arcadia.example"),
			"email": entity.Text("office@arcadia.example"),
			"city":  entity.Text("Graz"), "employees": entity.Number(240), "owner_id": entity.Ref{Name: "Lina Moreau"},
			"tags": entity.Tags{{Name: "Key account", Color: "red"}, {Name: "Fair", Color: "blue"}},
		},
	}}
	return p
}

func galleryBoard() BoardPage {
	p := BoardPage{ListPage: ListPage{Shell: galleryShell(), Look: LookOf(entity.Deal)}}
	for i, s := range []string{"Prospecting", "Proposal"} {
		p.Columns = append(p.Columns, BoardColumn{
			Label: s, URL: "#", Color: TagColors[i+2].Value, Percent: "20 %", Count: 1,
			Sums: []BoardSum{{Text: p.Money(31_250_000, "EUR"), Weighted: p.Money(6_250_000, "EUR")}},
			Cards: []entity.Record{{ID: uuid.Must(uuid.NewV7()), Entity: entity.Deals, Values: entity.Values{
				"name": entity.Text("Port visibility"), "customer_id": entity.Ref{Name: "Cobalt Harbour"},
				"amount":  entity.Money{Minor: 31_250_000, Currency: "EUR"},
				"outcome": entity.Text("open"), "owner_id": entity.Ref{Name: "Enzo"}, "active_at": entity.Moment(p.Now.AddDate(0, 0, -20*i)),
			}}},
		})
	}
	return p
}

// galleryType is a field to choose from, and with tags.
var galleryType = entity.Customers.Field("type")

var galleryChart = Chart{Title: "Pipeline", Unit: "Amount", Bars: []ChartBar{
	{Label: "Prospecting", Text: "€ 186,000", Value: 186, URL: "#", Color: "gray"},
	{Label: "Proposal", Text: "€ 640,000", Value: 640, URL: "#", Color: "amber"},
}}
