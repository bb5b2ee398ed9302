package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// The dashboard says what was won against the time before, how often, what comes by its
// chances, and what nobody thinks of; each number leads to the deals behind it.
func TestDashboard(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	me := w.MemberID(w.Owner)
	amount := func(n int64) *int64 { n *= 100; return &n }
	closed := func(name string, n int64, stage string, daysAgo int) {
		t.Helper()
		id := w.Deal(tenantdb.DealUpdateParams{Name: name, Amount: amount(n), Currency: "EUR", StageID: w.Stage(stage), LostReason: "Too dear"})
		pg.Exec(t, `update `+w.Schema+`.deals set closed_at = now() - $1 * interval '1 day' where id = $2`, daysAgo, id)
	}
	closed("Won lately", 1000, "Closed Won", 10)
	closed("Won lately too", 500, "Closed Won", 20)
	closed("Lost lately", 700, "Closed Lost", 10)
	closed("Won before", 1000, "Closed Won", 250)
	chance := int32(50)
	open := func(name string, n int64, on *time.Time, owner *uuid.UUID) uuid.UUID {
		t.Helper()
		return w.Deal(tenantdb.DealUpdateParams{Name: name, Amount: amount(n), Currency: "EUR", Probability: &chance, ExpectedCloseDate: on,
			OwnerID: owner})
	}
	pumps := open("Pumps", 4000, apptest.Day(0), &me)
	open("Late", 200, apptest.Day(-70), nil)
	open("Far away", 9000, apptest.Day(400), &me)
	w.Task(tenantdb.TaskUpdateParams{Subject: "Call", SubjectType: "deal", SubjectID: &pumps})

	page := c.Get(w.URL("/")).Want(http.StatusOK)
	stats := map[string]string{}
	links := map[string]string{}
	for _, s := range page.Find(".stat").EachIter() {
		label := strings.TrimSpace(s.Find("span").First().Text())
		stats[label] = strings.Join(strings.Fields(s.Find("strong").Text()+" "+s.Find(".faint").Text()), " ")
		links[label] = s.AttrOr("href", "")
	}
	for label, want := range map[string]string{"Won, EUR": "€1,500 +50 % on the time before", "Win rate": "67 % 2 won of 3, 100 % before",
		"Deals without a next step": "2"} {
		if stats[label] != want {
			t.Errorf("%s: %q, want %q", label, stats[label], want)
		}
	}
	if got := names(c, w.URL(links["Won, EUR"])); got != "Won lately, Won lately too" {
		t.Errorf("behind it are %q", got)
	}
	if got := names(c, w.URL(links["Deals without a next step"])); got != "Far away, Late" {
		t.Errorf("without a next step are %q", got)
	}
	forecast := page.Find("section[aria-labelledby^=forecastforecast]")
	if got := strings.Join(strings.Fields(forecast.First().Find("tbody tr").First().Text()), " "); !strings.HasSuffix(got, "€2,100") {
		t.Errorf("this month brings %q", got)
	}
	if got := names(c, w.URL(forecast.First().Find("tbody a").First().AttrOr("href", ""))); got != "Late, Pumps" {
		t.Errorf("behind it are %q", got)
	}
	if got := strings.Join(strings.Fields(forecast.Last().Find("tbody").Text()), " "); got != w.Owner.Name+"€2,000Nobody€100" &&
		got != w.Owner.Name+" €2,000 Nobody €100" {
		t.Errorf("by owner: %q", got)
	}
}
