package views

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// DashboardPage is where a workspace opens.
type DashboardPage struct {
	Shell
	Empty     bool // there is nothing in the workspace yet
	Steps     tenantdb.FirstStepsRow
	Since     time.Time
	Until     time.Time // the day after the last
	Pipelines []Chart   // one for each pipeline and currency
	Won       []Chart   // one for each currency
	Leads     Chart
	Closed    []Closed // by currency
	Forecast  []Chart  // of the months to come, and by owner
	// NoNextStep is how many open deals nothing is to be done about, 101 for more than 100.
	NoNextStep int64
	Tasks      []TaskLine
	Overdue    int
	Open       int // 1,001 for more than 1,000, as Overdue
	Recent     []RecentLine
	Mentions   []tenantdb.NotesMentioningRow
}

// Closed is what was won and lost in a time, and before it.
type Closed struct {
	Currency                               string
	Won, WonBefore                         int64
	Wins, WinsBefore, Losses, LossesBefore int64
}

// upTo is a count that was taken so far and no further.
func (p DashboardPage) upTo(n, most int) string {
	if n > most {
		return p.Count(most) + "+"
	}
	return p.Count(n)
}

// step is one of a workspace's first steps.
type step struct {
	Done              bool
	Title, About, URL string
	Action            string
}

// steps are those that the person may take, nil once all are done or they are hidden.
func (p DashboardPage) steps() []step {
	done := p.Steps
	all := []step{{done.Data, "Bring in whom you sell to", "Add your first customer, or look around with sample data.", "/customers/new",
		"Add a customer"}}
	if p.CanManage {
		all = append(all, step{done.Team, "Invite your team", "Several addresses at once.", "/settings/members#invite", "Invite"},
			step{done.Pipeline, "Make the pipeline yours", "Name the stages as you call them.", "/settings/pipelines", "Edit stages"})
	}
	all = append(all, step{done.Deal, "Add your first deal", "Give it an amount and a stage.", "/deals/new", "Add a deal"})
	if !p.CanWrite || done.Hidden || !slices.ContainsFunc(all, func(s step) bool { return !s.Done }) {
		return nil
	}
	return all
}

// Chart is a row of bars, each of which leads to the list behind it.
type Chart struct {
	Title string
	Unit  string // what the table's second column is
	Bars  []ChartBar
}

// ChartBar is one of them.
type ChartBar struct {
	Label, Text string // Text is the value as people read it
	Value       int64
	URL         string
	Color       string
}

// share is a bar's length of the chart's longest, in 1/1000.
func (c Chart) share(b ChartBar) int {
	longest := int64(0)
	for _, x := range c.Bars {
		longest = max(longest, x.Value)
	}
	if longest == 0 {
		return 0
	}
	if longest > 1<<40 { // keep the product within an int64
		return int(b.Value / (longest / 1000))
	}
	return int(b.Value * 1000 / longest)
}

func (c Chart) height() string { return strconv.Itoa(len(c.Bars)*28 + 4) }

func (c Chart) y(i int) int { return i*28 + 2 }

// RecentLine is something that happened in the workspace.
type RecentLine struct {
	Who, What, Name, URL string
	More                 int // records that the same change touched
	At                   time.Time
}

// RangeURL is the dashboard over another time.
func (p DashboardPage) RangeURL(months int) string {
	to := p.Today().AddDate(0, 0, 1)
	from := time.Date(p.Today().Year(), p.Today().Month()-time.Month(months-1), 1, 0, 0, 0, 0, time.UTC)
	return "/?" + url.Values{"from": {from.Format(time.DateOnly)}, "to": {to.Format(time.DateOnly)}}.Encode()
}

var dashboardRanges = []struct {
	Label  string
	Months int
}{{"This month", 1}, {"3 months", 3}, {"6 months", 6}, {"12 months", 12}}

// SearchPage is the whole workspace's search.
type SearchPage struct {
	Shell
	Query    string
	Groups   []SearchGroup
	Recent   []SearchHit
	Commands []Command
	Guess    bool // nothing has these letters: these are like them
}

func (p DashboardPage) isRange(months int) bool {
	return p.RangeURL(months) == "/?"+url.Values{"from": {p.Since.Format(time.DateOnly)}, "to": {p.Until.Format(time.DateOnly)}}.Encode()
}

// stat is a number, and how it was before.
type stat struct{ Label, Text, Note, URL string }

// closedStats are what was won in the time, against the one before, and how often.
func (p DashboardPage) closedStats() (out []stat) {
	wins, losses, winsBefore, lossesBefore := int64(0), int64(0), int64(0), int64(0)
	for _, c := range p.Closed {
		out = append(out, stat{"Won, " + c.Currency, p.Money(c.Won, c.Currency), p.against(c.Won, c.WonBefore),
			WonURL(c.Currency, p.Since, p.Until)})
		wins, losses, winsBefore, lossesBefore = wins+c.Wins, losses+c.Losses, winsBefore+c.WinsBefore, lossesBefore+c.LossesBefore
	}
	if len(p.Closed) == 0 {
		out = append(out, stat{"Won, " + p.Currency, p.Money(0, p.Currency), "", WonURL(p.Currency, p.Since, p.Until)})
	}
	rate := stat{Label: "Win rate", Text: "—", URL: WonURL("", p.Since, p.Until)}
	if n := wins + losses; n > 0 {
		rate.Text = percent(wins, n)
		rate.Note = p.Count(int(wins)) + " won of " + p.Count(int(n))
		if before := winsBefore + lossesBefore; before > 0 {
			rate.Note += ", " + percent(winsBefore, before) + " before"
		}
	}
	return append(out, rate)
}

// percent is how much of all that is, rounded; all is more than nothing.
func percent(part, all int64) string {
	return strconv.FormatInt((200*part+all)/(2*all), 10) + " %"
}

// against says how much more or less something is than it was in the time before.
func (p DashboardPage) against(now, before int64) string {
	switch {
	case before == 0:
		return "nothing in the time before"
	case now >= before:
		return "+" + percent(now-before, before) + " on the time before"
	}
	return "−" + percent(before-now, before) + " on the time before"
}

// ForecastURL is the list of the open deals that should close between two days; owner is
// an id, "none", or "" for everybody's.
func ForecastURL(currency string, since, until time.Time, owner string) string {
	v := url.Values{"layout": {"table"}, "status": {"open"}, "currency": {currency}, "expected_close_date.lt": {until.Format(time.DateOnly)}}
	if !since.IsZero() {
		v.Set("expected_close_date.gte", since.Format(time.DateOnly))
	}
	if owner != "" {
		v.Set("owner", owner)
	}
	return "/deals?" + v.Encode()
}

// WonURL is the list of what was won between two days, in a currency, or in any for "".
func WonURL(currency string, since, until time.Time) string {
	v := url.Values{
		"layout": {"table"}, "status": {"won"},
		"closed_at.gte": {since.Format(time.DateOnly)}, "closed_at.lt": {until.Format(time.DateOnly)},
	}
	if currency != "" {
		v.Set("currency", currency)
	}
	return "/deals?" + v.Encode()
}

// LeadsURL is the list of the leads of a source that were added between two days.
func LeadsURL(source string, since, until time.Time) string {
	v := url.Values{"created_at.gte": {since.Format(time.DateOnly)}, "created_at.lt": {until.Format(time.DateOnly)}}
	if source != "" {
		v.Set("source", source)
	} else {
		v.Set("source.empty", "true")
	}
	return "/leads?" + v.Encode()
}

// RecentVerb says in short what was done to a record: what is an entity and an
// operation of the change log.
func RecentVerb(kind, what string) string {
	switch what {
	case kind + " insert":
		return "added"
	case "note insert":
		return "wrote on"
	case "task insert":
		return "added a task to"
	case "task update":
		return "worked on a task of"
	}
	return "changed"
}
