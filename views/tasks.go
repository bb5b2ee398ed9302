package views

import (
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

var (
	taskTypes = []ui.Option{
		{Value: "todo", Label: "To do"}, {Value: "call", Label: "Call"}, {Value: "email", Label: "Email"}, {Value: "meeting", Label: "Meeting"}, {Value: "milestone", Label: "Milestone"},
	}
	taskStatuses     = []ui.Option{{Value: "open", Label: "Open"}, {Value: "in_progress", Label: "In progress"}, {Value: "done", Label: "Done"}}
	taskStatusColors = map[string]string{"open": "gray", "in_progress": "blue", "done": "green"}
	taskRepeats      = []ui.Option{
		{Value: "", Label: "Never"}, {Value: "daily", Label: "Every day"}, {Value: "weekdays", Label: "Every weekday"}, {Value: "weekly", Label: "Every week"},
		{Value: "monthly", Label: "Every month"}, {Value: "yearly", Label: "Every year"},
	}
)

// Tasks are what is to be done.
var Tasks = Entity{
	Kind: tenantdb.Task, Path: "/tasks", One: "task", Many: "tasks", Icon: ui.IconListChecks, Key: "t",
	DefaultSort: "due_at", SearchHint: "Subject",
	About:   "Tasks are calls to make, mails to write, things to prepare. Those of yours stand in My day when they are due.",
	Filters: []Choice{{"status", "Status", taskStatuses}, {"type", "Type", taskTypes}, {"priority", "Priority", priorities}},
	Columns: []Column{
		{"subject", "Subject", "c-name", ""}, {"due_at", "Due", "c-due", "second"}, {"status", "Status", "c-type", "side-1"}, {"type", "Type", "c-short mid", "mid"},
		{"priority", "Priority", "c-short wide", "wide"}, {"owner", "Assignee", "mid", "mid"}, {"updated_at", "Last change", "c-when", "side-2"},
	},
	Fields: []ui.Field{
		{Name: "subject", Label: "Subject", Kind: ui.KindText, Required: true, Max: 300, Quick: true, Autofocus: true, Autocomplete: "off"},
		{Name: "due_at", Label: "Due", Kind: ui.KindTime, Max: 60, Quick: true, Help: "A day, with or without a time: “tomorrow 14:00”, “next friday”, “2027-01-31”"},
		{Name: "type", Label: "Type", Kind: ui.KindSelect, Options: taskTypes, Quick: true, Required: true},
		{Name: "assignee_id", Label: "Assignee", Kind: ui.KindSelect, Quick: true},
		{Name: "priority", Label: "Priority", Kind: ui.KindSelect, Options: priorities, Required: true},
		{Name: "status", Label: "Status", Kind: ui.KindSelect, Options: taskStatuses, Required: true},
		{Name: "remind_at", Label: "Remind me", Kind: ui.KindTime, Max: 60, Help: "When Paddock reminds the assignee, on whatever page they are"},
		{Name: "repeat", Label: "Repeat", Kind: ui.KindSelect, Options: taskRepeats, Help: "The next one is made when this one is done"},
		{Name: "subject_id", Label: "About", Kind: ui.KindSelect, ReadOnly: true},
		{Name: "tags", Label: "Tags", Kind: ui.KindTags, Max: 900, Help: "Up to 20, of 40 characters each, separated by commas"},
		{Name: "description", Label: "Description", Kind: ui.KindArea, Max: 10_000, Full: true},
		{Name: "subject_type", Label: "About", Kind: ui.KindText, Hidden: true, Max: 20},
	},
}

// RepeatLabel is how a task repeats, in words.
func RepeatLabel(repeat string) string { return ui.Label(taskRepeats, repeat) }

// TaskRow is a task as its list shows it.
func TaskRow(r tenantdb.TaskListRow, f entity.Formats) ListRow {
	due := ui.DueTime(r.DueOn, r.DueAt, f)
	if r.Status == "done" {
		due = cellText(f.DueText(r.DueOn, r.DueAt)) // what is done is late no more
	}
	return ListRow{r.ID, r.Subject, []templ.Component{
		due, TaskStatus(r.Status), cellText(ui.Label(taskTypes, r.Type)), Priority(r.Priority), cellDash(r.AssigneeName), ui.Relative(r.UpdatedAt, f),
	}}
}

// TaskStatus is a task's status as a tag.
func TaskStatus(s string) templ.Component {
	return ui.Tag(taskStatusColors[s], ui.Label(taskStatuses, s))
}

// TaskLine is a task in short, to be ticked off.
type TaskLine struct {
	ID           uuid.UUID
	Subject      string
	Type         string
	Priority     string
	Done         bool
	DueOn, DueAt *time.Time
	Repeat       string
	About        string // the record's name
	AboutURL     string
	Assignee     string
	Snooze       bool // offers to put it off
}

func taskOfAbout(t tenantdb.TasksAboutRow) TaskLine {
	return TaskLine{ID: t.ID, Subject: t.Subject, Type: t.Type, Priority: t.Priority, Done: t.Status == "done", DueOn: t.DueOn, DueAt: t.DueAt, Assignee: t.AssigneeName}
}

// DayPage is one person's tasks by when they are due.
type DayPage struct {
	Shell
	Groups  []DayGroup
	Form    ui.Form // of the quick-add line
	More    bool    // there are more open tasks than a page holds
	Layouts []LayoutLink
}

// DayGroup is "Overdue", "Today" and so on.
type DayGroup struct {
	Title string
	Lines []TaskLine
}

// DayGroups sorts a person's open tasks under headings, by the person's days.
func DayGroups(rows []tenantdb.TaskDayRow, names map[uuid.UUID]string, f entity.Formats) []DayGroup {
	groups := []DayGroup{{Title: "Overdue"}, {Title: "Today"}, {Title: "Tomorrow"}, {Title: "This week"}, {Title: "Later"}}
	today := f.Today()
	weekEnd := today.AddDate(0, 0, 7-(int(today.Weekday())+6)%7) // the Monday after
	for _, t := range rows {
		day := time.Time{}
		switch {
		case t.DueOn != nil:
			day = *t.DueOn
		case t.DueAt != nil:
			l := f.Local(*t.DueAt)
			day = time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, time.UTC)
		}
		i := 4
		switch {
		case day.IsZero():
		case f.Overdue(t.DueOn, t.DueAt):
			i = 0
		case day.Equal(today):
			i = 1
		case day.Equal(today.AddDate(0, 0, 1)):
			i = 2
		case day.Before(weekEnd):
			i = 3
		}
		line := TaskLine{
			ID: t.ID, Subject: t.Subject, Type: t.Type, Priority: t.Priority, DueOn: t.DueOn, DueAt: t.DueAt, Repeat: t.Repeat, Snooze: true,
		}
		if t.SubjectID != nil && names[*t.SubjectID] != "" {
			line.About, line.AboutURL = names[*t.SubjectID], RecordURL(t.SubjectType, *t.SubjectID)
		}
		groups[i].Lines = append(groups[i].Lines, line)
	}
	return groups
}

// Snoozes are the ways to put a task off, in words that ParseDue knows.
var Snoozes = []ui.Option{
	{Value: "in 1 hour", Label: "In an hour"}, {Value: "tomorrow", Label: "Tomorrow"}, {Value: "in 3 days", Label: "In 3 days"}, {Value: "next monday", Label: "Next Monday"},
}

func (p DayPage) empty() bool {
	for _, g := range p.Groups {
		if len(g.Lines) > 0 {
			return false
		}
	}
	return true
}

func (t TaskLine) method() string {
	if t.Done {
		return "DELETE"
	}
	return "PUT"
}

func (t TaskLine) hx() templ.Attributes {
	url := Tasks.URL(t.ID) + "/completion"
	if t.Done {
		return templ.Attributes{"hx-delete": url}
	}
	return templ.Attributes{"hx-put": url}
}

// newTaskURL is the form of a task about a record.
func newTaskURL(r Record, kind string) string {
	v := url.Values{"subject_type": {string(r.Entity.Kind)}, "subject_id": {r.ID.String()}}
	if kind != "" {
		v.Set("type", kind)
	}
	return "/tasks/new?" + v.Encode()
}
