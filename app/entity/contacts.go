package entity

// Contacts are the people one talks to.
var Contacts = &Entity{
	Kind: Contact, Table: "contacts", Path: "/contacts", One: "contact", Many: "contacts", Name: "name", Detail: "email", DefaultSort: "name",
	Fields: Stamped(
		Field{Name: "first_name", Label: "First name", Type: TypeText, Search: true, Max: 100, Matches: ByName},
		Field{Name: "last_name", Label: "Last name", Type: TypeText, Search: true, Required: true, Max: 100, Matches: ByName},
		Field{Name: "customer_id", Label: "Customer", Type: TypeReference, Refers: Customer, Filter: true},
		Field{Name: "emails", Label: "Email", Type: TypeEmails, Search: true, Max: 254, Matches: ByEmail, Singles: []Single{{Name: "email"}}},
		Field{Name: "phones", Label: "Phone", Type: TypePhones, Search: true, Max: 40, Matches: ByPhone,
			Singles: []Single{{Name: "phone"}, {Name: "mobile", Label: "mobile"}}},
		Field{Name: "job_title", Label: "Job title", Type: TypeText, Search: true, Max: 120, Sort: true},
		Field{Name: "salutation", Label: "Salutation", Type: TypeText, Max: 40},
		owner,
		Field{Name: "linkedin_url", Label: "LinkedIn", Type: TypeURL, Max: 500},
		Field{Name: "birthday", Label: "Birthday", Type: TypeDay},
		Field{Name: "do_not_call", Label: "Do not call", Type: TypeBool},
		Field{Name: "email_opt_out", Label: "No marketing email", Type: TypeBool},
		tags,
		description,
		Field{Name: "name", Label: "Name", Type: TypeText, Required: true, Sort: true, System: true, Derived: true},
		Field{Name: "email", Label: "Email", Type: TypeEmail, Sort: true, System: true, Derived: true},
		Field{Name: "phone", Label: "Phone", Type: TypePhone, System: true, Derived: true},
	),
}
