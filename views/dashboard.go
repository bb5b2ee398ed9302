package views

import (
	"net/url"
	"strconv"
	"time"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// DashboardPage is where a workspace opens.
type DashboardPage struct {
	Shell
	Empty     bool // there is nothing in the workspace yet
	Since     time.Time
	Until     time.Time // the day after the last
	Pipelines []Chart   // one for each pipeline and currency
	Won       []Chart   // one for each currency
	Leads     Chart
	Tasks     []TaskLine
	Overdue   int
	Open      int
	Recent    []RecentLine
	Mentions  []tenantdb.NotesMentioningRow
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

// wonTotals are what was won in the time, by currency.
func (p DashboardPage) wonTotals() (out []ChartBar) {
	for _, c := range p.Won {
		total := int64(0)
		for _, b := range c.Bars {
			total += b.Value
		}
		out = append(out, ChartBar{Label: c.Title, Text: p.Money(total, c.Unit), URL: WonURL(c.Unit, p.Since, p.Until)})
	}
	return out
}

// WonURL is the list of what was won in a currency between two days.
func WonURL(currency string, since, until time.Time) string {
	return "/deals?" + url.Values{
		"layout": {"table"}, "status": {"won"}, "currency": {currency},
		"closed_at.gte": {since.Format(time.DateOnly)}, "closed_at.lt": {until.Format(time.DateOnly)},
	}.Encode()
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
