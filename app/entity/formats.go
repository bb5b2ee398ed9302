// Package entity says what the values of records are: how amounts, numbers, days, phone
// numbers and addresses are read from what people type, and how they are shown, so that
// what is shown reads back as the same.
package entity

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Formats is how one person reads dates, times and numbers. The zero value
// writes English and UTC.
type Formats struct {
	Zone        *time.Location // nil is UTC
	DateStyle   string         // one of DateStyles
	NumberStyle string         // one of NumberStyles
	Currency    string         // the workspace's, ISO 4217
	Country     string         // the workspace's, ISO 3166
	Now         time.Time      // when the page is made
}

// Style is one way to write days or numbers, and an example of it.
type Style struct{ Value, Example string }

// DateStyles are the ways to write a day.
var DateStyles = []Style{
	{"dmy", "31 Jan 2027"}, {"mdy", "Jan 31, 2027"}, {"iso", "2027-01-31"}, {"dots", "31.01.2027"}, {"slashes", "31/01/2027"},
	{"us", "01/31/2027"},
}

var dateLayouts = map[string]string{
	"dmy": "2 Jan 2006", "mdy": "Jan 2, 2006", "iso": time.DateOnly, "dots": "02.01.2006", "slashes": "02/01/2006", "us": "01/02/2006",
}

// NumberStyles are the ways to write a number; a value is a language tag.
var NumberStyles = []Style{
	{"en", "1,234.50"}, {"de", "1.234,50"}, {"fr", "1 234,50"}, {"de-CH", "1’234.50"}, {"en-IN", "12,34,567.50"},
}

var printers = map[string]*message.Printer{}

func init() { //nolint:gochecknoinits // a printer is made once for each style
	for _, s := range NumberStyles {
		printers[s.Value] = message.NewPrinter(language.Make(s.Value))
	}
}

func (f Formats) style() string {
	if _, ok := printers[f.NumberStyle]; ok {
		return f.NumberStyle
	}
	return "en"
}

// Location is the person's zone.
func (f Formats) Location() *time.Location {
	if f.Zone == nil {
		return time.UTC
	}
	return f.Zone
}

// Local is the time as the person's clock shows it.
func (f Formats) Local(t time.Time) time.Time { return t.In(f.Location()) }

// Today is the person's day, as days are kept: midnight UTC.
func (f Formats) Today() time.Time { return DayOf(f.Local(f.Now)) }

// DayOf is the calendar day of a moment, in the moment's own zone, as days are kept:
// midnight UTC.
func DayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// Count formats a whole number with thousands separators.
func (f Formats) Count(n int) string {
	if -1000 < n && n < 1000 { // without any, as nearly all are
		return strconv.Itoa(n)
	}
	return printers[f.style()].Sprintf("%d", n)
}

// Plural returns "1 customer", "2 customers".
func (f Formats) Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return f.Count(n) + " " + many
}

// Date formats a day, which is midnight UTC whatever the zone.
func (f Formats) Date(d time.Time) string { return d.Format(f.dateLayout()) }

func (f Formats) dateLayout() string {
	if layout := dateLayouts[f.DateStyle]; layout != "" {
		return layout
	}
	return dateLayouts["dmy"]
}

// monthFirst tells 12/05 as the twelfth month's day from the twelfth of a month.
func (f Formats) monthFirst() bool { return f.DateStyle == "us" || f.DateStyle == "mdy" }

// NearDay formats a day near today as people say it: "Today", "Tomorrow",
// "Friday", else its date; without the year where that reads back as the same.
func (f Formats) NearDay(d time.Time) string {
	today := f.Today()
	switch n := int(d.Sub(today).Hours() / 24); {
	case n == 0:
		return "Today"
	case n == 1:
		return "Tomorrow"
	case n == -1:
		return "Yesterday"
	case n > 1 && n < 7:
		return d.Weekday().String()
	case n > 0 && d.Year() == today.Year() && (f.DateStyle == "" || f.DateStyle == "dmy"):
		return d.Format("2 Jan")
	}
	return f.Date(d)
}

// Clock formats a time of day in the person's zone.
func (f Formats) Clock(t time.Time) string { return f.Local(t).Format(f.clockLayout()) }

func (f Formats) clockLayout() string {
	if f.monthFirst() {
		return "3:04 PM"
	}
	return "15:04"
}

// Moment formats a day and a time in the person's zone.
func (f Formats) Moment(t time.Time) string { return string(f.AppendMoment(nil, t)) }

// AppendMoment is Moment behind what b holds.
func (f Formats) AppendMoment(b []byte, t time.Time) []byte {
	t = f.Local(t)
	return t.AppendFormat(append(t.AppendFormat(b, f.dateLayout()), ", "...), f.clockLayout())
}

// DueText formats when something is due, "" when it is not; time is given where
// there is one.
func (f Formats) DueText(on, at *time.Time) string {
	switch {
	case on != nil:
		return f.NearDay(*on)
	case at != nil:
		return f.NearDay(DayOf(f.Local(*at))) + ", " + f.Clock(*at)
	}
	return ""
}

// Overdue reports whether it should have been done before now.
func (f Formats) Overdue(on, at *time.Time) bool {
	return on != nil && on.Before(f.Today()) || at != nil && at.Before(f.Now)
}

// ValueError is why a text is no such value, in words for people.
type ValueError struct{ Message string }

func (e *ValueError) Error() string { return "entity: " + e.Message }

func wrong(message ...string) error { return &ValueError{strings.Join(message, "")} }
