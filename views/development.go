package views

import (
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// What the gallery shows: the product's own components, with made-up content.

var galleryShell = Shell{Workspace: "Gallery", CanWrite: true, Currency: "EUR"}

func galleryCustomers() CustomerListPage {
	p := CustomerListPage{Shell: galleryShell, Sort: "name", Next: "more"}
	p.Now = time.Now()
	revenue := int64(124_000_000)
	for i, t := range CustomerTypes {
		row := tenantdb.CustomerListRow{
			Name: []string{"Arcadia Foundry", "Bellweather & Sons", "Cobalt Harbour", "Dunmore Analytics", "Eisvogel Optik"}[i], Type: t.Value,
			Domain: "example.com", Industry: "Machinery", City: "Graz", Country: "AT", OwnerName: "Lina Moreau", UpdatedAt: p.Now.Add(-time.Duration(i*i) * 30 * time.Hour),
		}
		row.ID = uuid.Nil
		if i != 3 {
			row.AnnualRevenue = &revenue
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

func galleryCustomer() CustomerPage {
	n := int32(240)
	c := tenantdb.CustomerGetRow{
		Name: "Arcadia Foundry", Type: "customer", Domain: "arcadia.example", Email: "office@arcadia.example", City: "Graz", Employees: &n,
		OwnerName: "Lina Moreau", Tags: []string{"Key account", "Fair"}, CreatedAt: time.Now().AddDate(0, -2, 0), UpdatedAt: time.Now(),
	}
	p := CustomerPage{Shell: galleryShell, Customer: c, Editing: "phone", Changed: "city", Form: ui.Form{Values: map[string]string{"phone": "+43 316 555 0140"}}}
	p.Now = time.Now()
	return p
}
