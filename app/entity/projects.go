package entity

// Projects are what was sold, on its way to be done.
var Projects = &Entity{
	Kind: Project, Table: "projects", Path: "/projects", One: "project", Many: "projects", Name: "name", Detail: "customer_id",
	DefaultSort: "name",
	Fields: Stamped(
		Field{Name: "name", Label: "Name", Type: TypeText, Search: true, Required: true, Max: 200, Sort: true},
		Field{Name: "customer_id", Label: "Customer", Type: TypeReference, Refers: Customer, Filter: true},
		Field{Name: "status", Label: "Status", Type: TypeSelect, Required: true, Default: Text("draft"), Sort: true, Filter: true,
			Options: []Option{
				{Value: "draft", Label: "Draft", Color: "gray"},
				{Value: "underway", Label: "Underway", Color: "blue"},
				{Value: "on_hold", Label: "On hold", Color: "amber"},
				{Value: "completed", Label: "Completed", Color: "green"},
				{Value: "cancelled", Label: "Cancelled", Color: "gray"},
			}},
		owner,
		Field{Name: "priority", Label: "Priority", Type: TypeSelect, Required: true, Default: Text("normal"), Sort: true, Filter: true,
			Options: priorities},
		Field{Name: "start_date", Label: "Start", Type: TypeDay, Sort: true},
		Field{Name: "end_date", Label: "End", Type: TypeDay, Sort: true},
		Field{Name: "budget", Label: "Budget", Type: TypeMoney, Max: 24, Sort: true},
		Field{Name: "members", Column: "member_ids", Label: "Members", Type: TypeReferences, Refers: Member},
		Field{Name: "deal_id", Label: "Deal", Type: TypeReference, Refers: Deal, Filter: true},
		tags,
		description,
	),
}
