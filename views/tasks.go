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

var tasks = Look{
	Entity: entity.Tasks, Icon: ui.IconListChecks, Key: "t", SearchHint: "Subject",
	About:   "Tasks are calls to make, mails to write, things to prepare. Those of yours stand in My day when they are due.",
	Filters: []string{"status", "type", "priority"}, Dates: []string{"due_at"},
	Default: url.Values{"owner": {"me"}, "status": {"open", "in_progress"}}, Badges: []Badge{{Field: "status"}, {Field: "priority"}},
	Columns: []Column{
		{Field: "subject"}, {Field: "subject_id", Cell: "second"}, {Field: "due_at", Cell: "side-2"},
		{Field: "status", Cell: "side-1"},
		{Field: "type", Class: "mid", Cell: "mid"}, {Field: "priority", Class: "mid", Cell: "mid"},
		{Field: "assignee_id", Class: "mid", Cell: "mid"},
	},
	Told: []string{"status"},
	Tells: func(_ TimelinePage, _, is map[string]any) string {
		if did := taskDone(is); did != "" {
			return did + " it"
		}
		return ""
	},
	Done: taskDone,
	Inputs: []ui.Field{
		{Name: "subject", Quick: true, Autofocus: true, Autocomplete: "off"},
		{Name: "due_at", Quick: true, Help: "A day, with or without a time: “tomorrow 14:00”, “next friday”, “2027-01-31”"},
		{Name: "type", Quick: true},
		{Name: "assignee_id", Quick: true}, {Name: "remind_at", Help: "When Paddock reminds the assignee, on whatever page they are"},
		{Name: "repeat", Help: "The next one is made when this one is done"},
	},
}

// taskDone says that a change completed a task, or reopened it.
func taskDone(is map[string]any) string {
	switch {
	case is["status"] == "done":
		return "completed"
	case is["status"] == "open" && hasKey(is, "completed_at"):
		return "reopened"
	}
	return ""
}

// RepeatLabel is how a task repeats, in words.
func RepeatLabel(repeat string) string { return optionOf(entity.Tasks, "repeat", repeat).Label }

// optionOf is what is said of a value of a kind's select.
func optionOf(e *entity.Entity, field, value string) entity.Option {
	o, _ := e.Field(field).Choice(value)
	return o
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
	return TaskLine{ID: t.ID, Subject: t.Subject, Type: t.Type, Priority: t.Priority, Done: t.Status == "done", DueOn: t.DueOn, DueAt: t.DueAt,
		Assignee: t.AssigneeName}
}

// DayPage is one person's tasks by when they are due.
type DayPage struct {
	Shell
	Groups  []DayGroup
	Deals   []DealGroup // of the person's that wait for something
	Form    ui.Form     // of the quick-add line
	More    bool        // there are more open tasks than a page holds
	Layouts []LayoutLink
}

// DayGroup is "Overdue", "Today" and so on.
type DayGroup struct {
	Title string
	Lines []TaskLine
}

// DealGroup is "Past their close date" or "Nothing happened lately".
type DealGroup struct {
	Title  string
	AllURL string
	Lines  []RelatedRow
	More   bool
}

// DayGroups sorts a person's open tasks under headings, by the person's days.
func DayGroups(rows []tenantdb.TaskDayRow, names map[uuid.UUID]string, f entity.Formats) []DayGroup {
	groups := []DayGroup{{Title: "Overdue"}, {Title: "Today"}, {Title: "Tomorrow"}, {Title: "This week"}}
	someday := DayGroup{Title: "No date"}
	weeks := map[time.Time]int{} // of Mondays to come, their groups
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
		i := -1
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
		default:
			monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
			if _, ok := weeks[monday]; !ok {
				weeks[monday] = len(groups)
				title := "Week of " + f.NearDay(monday)
				if monday.Equal(weekEnd) {
					title = "Next week"
				}
				groups = append(groups, DayGroup{Title: title})
			}
			i = weeks[monday]
		}
		line := TaskLine{
			ID: t.ID, Subject: t.Subject, Type: t.Type, Priority: t.Priority, DueOn: t.DueOn, DueAt: t.DueAt, Repeat: t.Repeat, Snooze: true,
		}
		if t.SubjectID != nil && names[*t.SubjectID] != "" {
			line.About, line.AboutURL = names[*t.SubjectID], RecordURL(t.SubjectType, *t.SubjectID)
		}
		if i < 0 {
			someday.Lines = append(someday.Lines, line)
		} else {
			groups[i].Lines = append(groups[i].Lines, line)
		}
	}
	return append(groups, someday)
}

// Snoozes are the ways to put a task off, in words that ParseDue knows.
var Snoozes = []ui.Option{
	{Value: "in 1 hour", Label: "In an hour"}, {Value: "tomorrow", Label: "Tomorrow"}, {Value: "in 3 days", Label: "In 3 days"},
	{Value: "next monday", Label: "Next Monday"},
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
	url := entity.Tasks.URL(t.ID) + "/completion"
	if t.Done {
		return templ.Attributes{"hx-delete": url}
	}
	return templ.Attributes{"hx-put": url}
}

// newTaskURL is the form of a task about a record.
func newTaskURL(r Record, kind string) string {
	v := url.Values{"subject_type": {string(r.Look.Kind)}, "subject_id": {r.ID.String()}}
	if kind != "" {
		v.Set("type", kind)
	}
	return "/tasks/new?" + v.Encode()
}
