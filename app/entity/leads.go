package entity

// Leads are people who may become customers.
var Leads = &Entity{
	Kind: Lead, Table: "leads", Path: "/leads", One: "lead", Many: "leads", Name: "name", Detail: "company_name", DefaultSort: "-created_at",
	Board: "status", BoardSort: "-created_at",
	Fields: Stamped(
		Field{Name: "first_name", Label: "First name", Type: TypeText, Search: true, Max: 100, Matches: ByName},
		Field{Name: "last_name", Label: "Last name", Type: TypeText, Search: true, Required: true, Max: 100, Matches: ByName},
		Field{Name: "company_name", Label: "Company", Type: TypeText, Search: true, Max: 200, Sort: true, Matches: ByName},
		Field{Name: "email", Label: "Email", Type: TypeEmail, Search: true, Max: 254, Matches: ByEmail},
		Field{Name: "phone", Label: "Phone", Type: TypePhone, Search: true, Max: 40, Matches: ByPhone},
		Field{Name: "job_title", Label: "Job title", Type: TypeText, Search: true, Max: 120},
		Field{Name: "website", Label: "Website", Type: TypeURL, Search: true, Max: 500, Matches: BySite},
		Field{Name: "source", Label: "Source", Type: TypeText, Search: true, Max: 80, Sort: true, Filter: true},
		Field{Name: "status", Label: "Status", Type: TypeSelect, Required: true, Default: Text("new"), Sort: true, Filter: true,
			Options: []Option{
				{Value: "new", Label: "New", Color: "blue"},
				{Value: "attempting", Label: "Attempting", Color: "amber"},
				{Value: "contacted", Label: "Contacted", Color: "amber"},
				{Value: "qualified", Label: "Qualified", Color: "green"},
				{Value: "unqualified", Label: "Unqualified", Color: "gray"},
				{Value: "converted", Label: "Converted", Color: "green", Fixed: true},
			}},
		Field{Name: "rating", Label: "Rating", Type: TypeSelect, None: "Not rated", Sort: true, Filter: true, Options: []Option{
			{Value: "hot", Label: "Hot", Color: "red"}, {Value: "warm", Label: "Warm", Color: "amber"},
			{Value: "cold", Label: "Cold", Color: "blue"},
		}},
		Field{Name: "amount", Label: "Amount", Type: TypeMoney, Max: 24, Sort: true},
		owner,
		tags,
		description,
		Field{Name: "name", Label: "Name", Type: TypeText, Required: true, Sort: true, System: true, Derived: true},
		Field{Name: "converted_at", Label: "Converted", Type: TypeMoment, System: true},
		Field{Name: "conversion_set", Type: TypeReference, System: true},
		Field{Name: "customer_id", Label: "Customer", Type: TypeReference, Refers: Customer, System: true},
		Field{Name: "contact_id", Label: "Contact", Type: TypeReference, Refers: Contact, System: true},
		Field{Name: "deal_id", Label: "Deal", Type: TypeReference, Refers: Deal, System: true},
	),
}
