package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// A deal is moved by a click on its stage, won for an amount on a day, and lost for a reason;
// what means nothing to it is not shown.
func TestDealPage(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	contact := w.Contact(tenantdb.ContactUpdateParams{FirstName: "Anna", LastName: "Krüger", Phones: []entity.Point{{Value: "+494034567890"}}})
	late := apptest.Day(-40)
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Pumps", ContactID: &contact, ExpectedCloseDate: late})
	at := w.URL("/deals/" + deal.String())
	page := c.Get(at).Want(http.StatusOK)
	if got := page.Text(".step.here"); got != "Prospecting" {
		t.Errorf("it is in %q", got)
	}
	if got, _ := page.Find(".reach-line a[href^='tel:']").Attr("href"); got != "tel:+494034567890" {
		t.Errorf("the contact is called at %q", got)
	}
	if page.Select("#lost_reason-label").Length() != 0 {
		t.Error("an open deal has a field for why it was lost")
	}
	if got := page.Text(".late"); !strings.Contains(got, late.Format("2 Jan")) {
		t.Errorf("what is late is %q", got)
	}
	if got := page.Text("#record"); !strings.Contains(got, "10 %, as the stage") {
		t.Error("the stage’s own chance is not shown")
	}
	press := func(page *apptest.Response, form string, with url.Values) *apptest.Response {
		t.Helper()
		v := valuesOf(page.Find(form))
		maps.Copy(v, with)
		return c.Post(at+"/stage", v)
	}
	proposal := page.Find(`.step[value="` + w.Stage("Proposal").String() + `"]`)
	press(page, ".stage-bar", url.Values{"stage_id": {proposal.AttrOr("value", "")}}).Want(http.StatusSeeOther)
	page = c.Get(at)
	if here, passed := page.Text(".step.here"), page.Select(".step.passed").Length(); here != "Proposal" || passed != 2 {
		t.Errorf("it is in %q, %d stages on", here, passed)
	}

	// Lost asks why, and keeps what was typed.
	lost := "details:has(#why-lost) form"
	press(page, lost, nil).Want(http.StatusUnprocessableEntity).Find("#lost_reason-error")
	press(page, lost, url.Values{"lost_reason": {"Too dear"}}).Want(http.StatusSeeOther)
	if got := c.Get(at).Text("#record"); !strings.Contains(got, "Too dear") {
		t.Error("a lost deal does not say why")
	}
	// Won has what for, and when.
	won := "details:has(#won-amount) form"
	page = c.Get(at)
	tomorrow, before := apptest.Day(2).Format(time.DateOnly), apptest.Day(-3)
	press(page, won, url.Values{"closed_on": {tomorrow}}).Want(http.StatusUnprocessableEntity).Find("#closed_on-error")
	res := press(page, won, url.Values{"amount": {"many"}}).Want(http.StatusUnprocessableEntity)
	if got := res.Find("#amount").AttrOr("value", ""); got != "many" {
		t.Errorf("what was typed is %q", got)
	}
	press(page, won, url.Values{"amount": {"12,500"}, "closed_on": {before.Format(time.DateOnly)}}).Want(http.StatusSeeOther)
	page = c.Get(at)
	if got := page.Text("#record"); !strings.Contains(got, "€12,500") || strings.Contains(got, "Too dear") {
		t.Errorf("won: %s", got)
	}
	if got := names(c, w.URL("/deals?layout=table&status=won&closed_at.gte="+before.Format(time.DateOnly)+"&closed_at.lt="+
		before.AddDate(0, 0, 1).Format(time.DateOnly))); got != "Pumps" {
		t.Errorf("won on that day: %q", got)
	}
	// It is one change.
	undo := page.Find("#toast form").AttrOr("action", "")
	c.Put(w.URL(undo), nil).Want(http.StatusSeeOther)
	if got := c.Get(at).Text("#record"); strings.Contains(got, "€12,500") || !strings.Contains(got, "Too dear") {
		t.Errorf("undone: %s", got)
	}
}

// A call has its outcome, its length and its time; an outcome needs no note. What is noted on
// a deal or a contact stands on their customer's timeline too.
func TestCalls(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Voss Maritim"})
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Pumps", CustomerID: &customer})
	note := func(v url.Values) *apptest.Response {
		t.Helper()
		v.Set("subject_type", "deal")
		v.Set("subject_id", deal.String())
		return c.Post(w.URL("/notes"), v)
	}
	note(url.Values{"kind": {"call"}, "outcome": {"no_answer"}}).Want(http.StatusSeeOther)
	note(url.Values{"kind": {"call"}, "outcome": {"reached"}, "minutes": {"12"}, "at": {"yesterday 14:00"}, "body": {"Wants steel"}}).
		Want(http.StatusSeeOther)
	note(url.Values{"kind": {"call"}}).Want(http.StatusUnprocessableEntity).Find("#note-body-error")
	res := note(url.Values{"kind": {"call"}, "body": {"Long"}, "minutes": {"an hour"}, "at": {"tomorrow"}}).
		Want(http.StatusUnprocessableEntity)
	if got := res.Text("#note-minutes-error"); !strings.Contains(got, "whole number") {
		t.Errorf("%q", got)
	}
	if got := res.Text("#note-at-error"); !strings.Contains(got, "still to come") {
		t.Errorf("%q", got)
	}
	if got := res.Find("#composer [name=minutes]").AttrOr("value", "") + res.Find("#composer [name=at]").AttrOr("value", "") +
		strings.TrimSpace(res.Text("#composer textarea")); got != "an hourtomorrowLong" {
		t.Errorf("what was typed is %q", got)
	}
	for _, path := range []string{"/deals/" + deal.String(), "/customers/" + customer.String()} {
		lines := c.Get(w.URL(path)).Want(http.StatusOK).Find("#timeline .note")
		if n := lines.Length(); n != 2 {
			t.Fatalf("%s has %d notes", path, n)
		}
		now, before := strings.Join(strings.Fields(lines.Eq(0).Text()), " "), strings.Join(strings.Fields(lines.Eq(1).Text()), " ")
		if !strings.Contains(now, "No answer") || !strings.Contains(before, "Reached · 12 min") || !strings.Contains(before, "Wants steel") {
			t.Errorf("%s: %s; %s", path, now, before)
		}
		if on := strings.Contains(now, "on Pumps"); on != strings.HasPrefix(path, "/customers") {
			t.Errorf("%s: %s", path, now)
		}
	}
}

// What is added beside a record leads back to it, and so does one of a board's column.
func TestAddedBeside(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	customer := "/customers/" + w.Customer(tenantdb.CustomerUpdateParams{Name: "Voss Maritim"}).String()
	add := c.Get(w.URL(customer)).Find(`a[href^="/contacts/new"]`).AttrOr("href", "")
	form := formOf(c, w.URL(add))
	form.Set("last_name", "Krüger")
	if to := c.Post(w.URL("/contacts"), form).Want(http.StatusSeeOther).Header.Get("Location"); to != customer {
		t.Errorf("added, one is at %s", to)
	}
	if got := c.Get(w.URL(customer)).Text(".related"); !strings.Contains(got, "Krüger") {
		t.Errorf("beside it stands %q", got)
	}
	form.Set("last_name", "")
	if got := c.Post(w.URL("/contacts"), form).Want(http.StatusUnprocessableEntity).Find(`[name=return]`).AttrOr("value",
		""); got != customer {
		t.Errorf("after a mistake it leads to %q", got)
	}
	board := c.Get(w.URL("/deals"))
	form = formOf(c, w.URL(board.Find(`section[aria-label=Proposal] a.add`).AttrOr("href", "")))
	form.Set("name", "Pumps")
	form.Set("return", "https://example.com/")
	if to := c.Post(w.URL("/deals"), form).Want(http.StatusSeeOther).Header.Get("Location"); !strings.HasPrefix(to, "/deals/") {
		t.Errorf("a foreign address is no way back: %s", to)
	}
	if got := c.Get(w.URL("/deals")).Text(`section[aria-label=Proposal]`); !strings.Contains(got, "Pumps") {
		t.Errorf("the column has %q", got)
	}
}

// My day tells when, week by week, and of the deals that wait; a quick line says what it
// understood.
func TestMyDay(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	me := w.MemberID(w.Owner)
	for subject, on := range map[string]*time.Time{"Late": apptest.Day(-9), "Far": apptest.Day(60), "Farther": apptest.Day(90),
		"Whenever": nil} {
		w.Task(tenantdb.TaskUpdateParams{Subject: subject, AssigneeID: &me, DueOn: on})
	}
	w.Deal(tenantdb.DealUpdateParams{Name: "Overdue deal", OwnerID: &me, ExpectedCloseDate: apptest.Day(-5)})
	w.Deal(tenantdb.DealUpdateParams{Name: "Somebody else’s", ExpectedCloseDate: apptest.Day(-5)})
	page := c.Get(w.URL("/tasks?layout=day")).Want(http.StatusOK)
	sections := map[string]string{}
	order := []string{}
	for _, s := range page.Find("#day section").EachIter() {
		name := s.AttrOr("aria-label", "")
		order = append(order, name)
		sections[name] = strings.Join(strings.Fields(s.Text()), " ")
	}
	weeks := 0
	for _, name := range order {
		if strings.HasPrefix(name, "Week of ") {
			weeks++
		}
	}
	if weeks != 2 || order[0] != "Overdue" || !strings.Contains(sections["No date"], "Whenever") {
		t.Errorf("the day has %q", order)
	}
	if got := sections["Deals past their close date"]; !strings.Contains(got, "Overdue deal") || strings.Contains(got, "else") {
		t.Errorf("deals: %q", got)
	}
	c.HTMX = true
	for quick, want := range map[string]string{"Call Anna": "", "Call Anna tomorrow 14:00": "Due Tomorrow, 14:00",
		"Report every monday": "every week"} {
		if got := strings.TrimSpace(c.Get(w.URL("/tasks/understood?quick=" + url.QueryEscape(quick))).Want(http.StatusOK).Body); got != want &&
			(want == "" || !strings.HasSuffix(got, want)) {
			t.Errorf("%q: %q", quick, got)
		}
	}
}
