package entity

// Tasks are what is to be done.
var Tasks = &Entity{
	Kind: Task, Table: "tasks", Path: "/tasks", One: "task", Many: "tasks", Name: "subject", Detail: "status", DefaultSort: "due_at",
	Fields: Stamped(
		Field{Name: "subject", Label: "Subject", Type: TypeText, Search: true, Required: true, Max: 300, Sort: true},
		Field{Name: "due_at", Label: "Due", Type: TypeDue, Max: 60, Sort: true, Order: "due_order", Ended: "completed_at", Dated: true},
		Field{Name: "type", Label: "Type", Type: TypeSelect, Required: true, Default: Text("todo"), Sort: true, Filter: true, Options: []Option{
			{Value: "todo", Label: "To do"}, {Value: "call", Label: "Call"}, {Value: "email", Label: "Email"}, {Value: "meeting", Label: "Meeting"},
			{Value: "milestone", Label: "Milestone"},
		}},
		Field{Name: "assignee_id", Param: "owner", Label: "Assignee", Type: TypeReference, Refers: Member, None: "Nobody", Mine: true,
			Sort: true},
		Field{Name: "priority", Label: "Priority", Type: TypeSelect, Required: true, Default: Text("normal"), Sort: true, Filter: true,
			Options: priorities},
		Field{Name: "status", Label: "Status", Type: TypeSelect, Required: true, Default: Text("open"), Sort: true, Filter: true,
			Options: []Option{
				{Value: "open", Label: "Open", Color: "gray"}, {Value: "in_progress", Label: "In progress", Color: "blue"},
				{Value: "done", Label: "Done", Color: "green"},
			}},
		Field{Name: "remind_at", Label: "Remind me", Type: TypeMoment, Max: 60},
		Field{Name: "repeat", Label: "Repeat", Type: TypeSelect, None: "Never", Options: []Option{
			{Value: Daily, Label: "Every day"}, {Value: Weekdays, Label: "Every weekday"}, {Value: Weekly, Label: "Every week"},
			{Value: Monthly, Label: "Every month"}, {Value: Yearly, Label: "Every year"},
		}},
		Field{Name: "subject_id", Label: "About", Type: TypeReference, RefersIn: "subject_type", Filter: true, ReadOnly: true},
		tags,
		description,
		Field{Name: "subject_type", Label: "About", Type: TypeText, Max: 20, Hidden: true},
		Field{Name: "completed_at", Label: "Completed", Type: TypeMoment, Dated: true, System: true},
		Field{Name: "completed_by", Label: "Completed by", Type: TypeReference, Refers: Member, System: true},
		Field{Name: "next_id", Type: TypeReference, Refers: Task, System: true},
		Field{Name: "repeat_anchor", Type: TypeAnchor, System: true},
	),
}
