package entity

// Deals are what one sells.
var Deals = &Entity{
	Kind: Deal, Table: "deals", Path: "/deals", One: "deal", Many: "deals", Name: "name", Detail: "customer_id", DefaultSort: "name",
	Board: "stage_id", BoardSort: "position",
	Fields: Stamped(
		Field{Name: "name", Label: "Name", Type: TypeText, Search: true, Required: true, Max: 200, Sort: true},
		Field{Name: "customer_id", Label: "Customer", Type: TypeReference, Refers: Customer, Filter: true},
		// by currency, then by value
		Field{Name: "amount", Label: "Amount", Type: TypeMoney, Max: 24, Currency: "currency", Sort: true, Order: "amount_order"},
		Field{Name: "stage_id", Label: "Stage", Type: TypeReference, Refers: Stage, Filter: true},
		Field{Name: "expected_close_date", Label: "Close date", Type: TypeDay, Sort: true, Dated: true, Ended: "closed_at"},
		Field{Name: "contact_id", Label: "Contact", Type: TypeReference, Refers: Contact, Filter: true},
		Field{Name: "currency", Label: "Currency", Type: TypeCurrency, Max: 3, Filter: true},
		Field{Name: "probability", Label: "Probability", Type: TypePercent, Max: 3},
		Field{Name: "source", Label: "Source", Type: TypeText, Search: true, Max: 80},
		owner,
		Field{Name: "lost_reason", Label: "Why it was lost", Type: TypeText, Max: 300},
		tags,
		description,
		Field{Name: "pipeline_id", Label: "Pipeline", Type: TypeReference, Refers: Pipeline, Filter: true, Hidden: true},
		Field{Name: "position", Type: TypeText, Required: true, Sort: true, System: true}, // of one stage's column on the board
		Field{Name: "closed_at", Label: "Closed", Type: TypeMoment, Dated: true, System: true},
		Field{Name: "active_at", Label: "Last activity", Type: TypeMoment, Dated: true, Ended: "closed_at", System: true, Derived: true},
		Field{Name: "outcome", Param: "status", Label: "Status", Type: TypeSelect, Via: "stage_id", System: true, Derived: true,
			Options: []Option{
				{Value: "open", Label: "Open"}, {Value: "won", Label: "Won"}, {Value: "lost", Label: "Lost"},
			}},
	),
}
