package tenantdb

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// TaskListRow is a task as its list shows it.
type TaskListRow struct {
	ListKey
	Subject      string
	Type         string
	Status       string
	Priority     string
	DueOn        *time.Time
	DueAt        *time.Time
	AssigneeName string
	SubjectType  string
	SubjectID    *uuid.UUID
	Version      int32
	UpdatedAt    time.Time
	Tags         []string
}

var taskList = listSpec{
	kind: "task",
	id:   "t0.id",
	from: "tasks t0",
	join: "left join members m on m.id = t0.assignee_id",
	columns: `t0.subject, t0.type, t0.status, t0.priority, t0.due_on, t0.due_at, coalesce(m.name, ''), t0.subject_type, t0.subject_id, t0.version, t0.updated_at,
		` + tagged("task", "t0.id"),
	sorts: map[string]sortColumn{
		"subject":    {column: "t0.subject", cast: "text"},
		"type":       choiceColumn("t0.type", "todo", "call", "email", "meeting", "milestone"),
		"status":     choiceColumn("t0.status", "open", "in_progress", "done"),
		"priority":   choiceColumn("t0.priority", "low", "normal", "high"),
		"due_at":     {column: "t0.due_at", cast: "timestamptz", present: "t0.due_at is not null", absent: "t0.due_order is null", days: "t0.due_on"},
		"owner":      ownerColumn("t0.assignee_id"),
		"updated_at": {column: "t0.updated_at", cast: "timestamptz"},
		"created_at": {column: "t0.created_at", cast: "timestamptz"},
	},
	defaultSort: "due_at",
	search:      "t0.search",
	owner:       "t0.assignee_id",
	match:       map[string]string{"status": anyOf("t0.status"), "type": anyOf("t0.type"), "priority": anyOf("t0.priority"), "subject": anyID("t0.subject_id")},
	dates:       map[string]string{"created": "t0.created_at", "due": "t0.due_at", "completed": "t0.completed_at"},
	days:        map[string]string{"due": "t0.due_on"},
}

// TaskList is CustomerList for tasks.
func (q *Queries) TaskList(ctx context.Context, f Filter, p Page) ([]TaskListRow, string, error) {
	return listPage[TaskListRow](ctx, q.db, taskList, taskList.conditions(f), p)
}
