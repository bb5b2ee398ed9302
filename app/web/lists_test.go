package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// What is asked of a list on a Monday: what is late, what comes, what nobody thinks of.
func TestListsAnswerQuestions(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	me := w.MemberID(w.Owner)
	late := w.Deal(tenantdb.DealUpdateParams{Name: "Late", ExpectedCloseDate: apptest.Day(-40), OwnerID: &me})
	w.Deal(tenantdb.DealUpdateParams{Name: "Soon", ExpectedCloseDate: apptest.Day(3)})
	w.Deal(tenantdb.DealUpdateParams{Name: "Some day"})
	w.Deal(tenantdb.DealUpdateParams{Name: "Won long ago", ExpectedCloseDate: apptest.Day(-40), StageID: w.Stage("Closed Won")})
	w.Task(tenantdb.TaskUpdateParams{Subject: "Call", SubjectType: "deal", SubjectID: &late, DueOn: apptest.Day(-3), AssigneeID: &me})
	w.Task(tenantdb.TaskUpdateParams{Subject: "Done", Status: "done", SubjectType: "deal", SubjectID: &late, AssigneeID: &me})
	colleague := pg.NewUser(t)
	w.Join(colleague, auth.Member)
	w.Task(tenantdb.TaskUpdateParams{Subject: "A colleague’s", AssigneeID: new(w.MemberID(colleague)), DueOn: apptest.Day(3)})

	for at, want := range map[string]string{
		"/deals?layout=table&expected_close_date=overdue":                       "Late",
		"/deals?layout=table&expected_close_date=" + url.QueryEscape("+7d"):     "Soon",
		"/deals?layout=table&expected_close_date.empty=true":                    "Some day",
		"/deals?layout=table&expected_close_date=none":                          "Some day",
		"/deals?layout=table&expected_close_date.lt=" + dayText(apptest.Day(0)): "Late, Won long ago",
		"/deals?layout=table&expected_close_date=overdue&owner=none":            "",
		"/deals?layout=table&next=none&status=open":                             "Some day, Soon",
		"/deals?layout=table&status=won":                                        "Won long ago",
		"/deals?layout=table&expected_close_date=someday":                       "Late, Some day, Soon, Won long ago",
		"/tasks":                             "Call",
		"/tasks?sort=-subject":               "Call",
		"/tasks?owner=any":                   "Call, A colleague’s, Done",
		"/tasks?owner=me":                    "Call, Done",
		"/tasks?due_at=overdue":              "Call",
		"/tasks?q=colleague":                 "A colleague’s",
		"/tasks?status=done":                 "Done",
		"/tasks?owner=any&due_at.empty=true": "Done",
	} {
		if got := names(c, w.URL(at)); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
	// A filter that is set can be seen and taken away; what the list begins with, too.
	res := c.Get(w.URL("/deals?layout=table&expected_close_date=overdue&next=none")).Want(http.StatusOK)
	if got := res.Text("#expected_close_date-chip"); got != "Close date: overdue" {
		t.Errorf("the chip says %q", got)
	}
	if n := res.Find(`input[name=expected_close_date][value=overdue][checked], input[name=next][checked]`).Length(); n != 2 {
		t.Errorf("%d of 2 filters are marked", n)
	}
	clear, _ := c.Get(w.URL("/tasks")).Find("#filter-state a.button").Attr("href")
	if got := names(c, w.URL(clear)); got != "Call, A colleague’s, Done" {
		t.Errorf("%s shows %q", clear, got)
	}
	// A task says what it is about, and leads there.
	if got := c.Get(w.URL("/tasks")).Find(`.list a[href="/deals/` + late.String() + `"]`).Text(); got != "Late" {
		t.Errorf("the task is about %q", got)
	}
	// Numbers and addresses are there to be pressed.
	w.Contact(tenantdb.ContactUpdateParams{LastName: "Krüger", Phones: []entity.Point{{Value: "+494034567890"}},
		Emails: []entity.Point{{Value: "anna@example.com"}}})
	res = c.Get(w.URL("/contacts"))
	for href, want := range map[string]string{"tel:+494034567890": "+49 40 34567890", "mailto:anna@example.com": "anna@example.com"} {
		if got := strings.TrimSpace(res.Find(`.list a[href="` + href + `"]`).Text()); got != want {
			t.Errorf("%s: %q", href, got)
		}
	}
}

func dayText(d *time.Time) string { return d.Format(time.DateOnly) }
