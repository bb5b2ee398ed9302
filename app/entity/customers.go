package entity

// Customers are the companies one sells to.
var Customers = &Entity{
	Kind: Customer, Table: "customers", Path: "/customers", One: "customer", Many: "customers", Name: "name", Detail: "domain",
	DefaultSort: "name",
	Fields: Stamped(
		Field{Name: "name", Label: "Name", Type: TypeText, Search: true, Required: true, Max: 200, Sort: true, Matches: ByName},
		Field{Name: "domain", Label: "Domain", Type: TypeDomain, Search: true, Max: 253, Sort: true, Matches: BySite},
		Field{Name: "type", Label: "Type", Type: TypeSelect, Required: true, Default: Text("prospect"), Sort: true, Filter: true,
			Options: []Option{
				{Value: "prospect", Label: "Prospect", Color: "blue"},
				{Value: "customer", Label: "Customer", Color: "green"},
				{Value: "partner", Label: "Partner", Color: "amber"},
				{Value: "at_risk", Label: "At risk", Color: "red"},
				{Value: "lapsed", Label: "Lapsed", Color: "gray"},
			}},
		owner,
		Field{Name: "email", Label: "Email", Type: TypeEmail, Search: true, Max: 254, Matches: ByEmail},
		Field{Name: "phone", Label: "Phone", Type: TypePhone, Search: true, Max: 40, Matches: ByPhone},
		Field{Name: "website", Label: "Website", Type: TypeURL, Search: true, Max: 500, Matches: BySite},
		Field{Name: "industry", Label: "Industry", Type: TypeText, Search: true, Max: 80, Sort: true},
		Field{Name: "employees", Label: "Employees", Type: TypeNumber, Max: 12},
		Field{Name: "annual_revenue", Label: "Annual revenue", Type: TypeMoney, Max: 24, Sort: true},
		Field{Name: "street", Label: "Street", Type: TypeText, Search: true, Max: 200},
		Field{Name: "city", Label: "City", Type: TypeText, Search: true, Max: 100, Sort: true},
		Field{Name: "state", Label: "State", Type: TypeText, Search: true, Max: 100},
		Field{Name: "postal_code", Label: "Postal code", Type: TypeText, Search: true, Max: 20},
		Field{Name: "country", Label: "Country", Type: TypeText, Search: true, Max: 80},
		tags,
		description,
	),
}
