package ui

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/currency"
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

// DateStyles are the ways to write a day, each by its example.
var DateStyles = []Option{
	{Value: "dmy", Label: "31 Jan 2027"}, {Value: "mdy", Label: "Jan 31, 2027"}, {Value: "iso", Label: "2027-01-31"},
	{Value: "dots", Label: "31.01.2027"}, {Value: "slashes", Label: "31/01/2027"}, {Value: "us", Label: "01/31/2027"},
}

var dateLayouts = map[string]string{
	"dmy": "2 Jan 2006", "mdy": "Jan 2, 2006", "iso": time.DateOnly, "dots": "02.01.2006", "slashes": "02/01/2006", "us": "01/02/2006",
}

// NumberStyles are the ways to write a number; a value is a language tag.
var NumberStyles = []Option{
	{Value: "en", Label: "1,234.50"}, {Value: "de", Label: "1.234,50"}, {Value: "fr", Label: "1 234,50"}, {Value: "de-CH", Label: "1’234.50"},
}

var printers = map[string]*message.Printer{}

func init() { //nolint:gochecknoinits // a printer is made once for each style
	for _, s := range NumberStyles {
		printers[s.Value] = message.NewPrinter(language.Make(s.Value))
	}
}

func (f Formats) printer() *message.Printer {
	if p, ok := printers[f.NumberStyle]; ok {
		return p
	}
	return printers["en"]
}

func (f Formats) zone() *time.Location {
	if f.Zone == nil {
		return time.UTC
	}
	return f.Zone
}

// Local is the time as the person's clock shows it.
func (f Formats) Local(t time.Time) time.Time { return t.In(f.zone()) }

// Today is the person's day, as days are kept: midnight UTC.
func (f Formats) Today() time.Time {
	n := f.Local(f.Now)
	return time.Date(n.Year(), n.Month(), n.Day(), 0, 0, 0, 0, time.UTC)
}

// Count formats a whole number with thousands separators.
func (f Formats) Count(n int) string { return f.printer().Sprintf("%d", n) }

// Plural returns "1 customer", "2 customers".
func (f Formats) Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return f.Count(n) + " " + many
}

// Money formats minor units of a currency: "€ 1,240.50", or "€ 1,240" for
// whole units. It never passes a float.
func (f Formats) Money(minor int64, code string) string {
	whole, fraction := splitMinor(minor, Exponent(code))
	s := f.symbol(code) + "\u00a0" + f.printer().Sprintf("%d", whole)
	if strings.Trim(fraction, "0") != "" {
		mark := "."
		if f.NumberStyle == "de" || f.NumberStyle == "fr" {
			mark = ","
		}
		s += mark + fraction
	}
	return s
}

// ThousandsMark is what stands between thousands where the person reads numbers.
func (f Formats) ThousandsMark() string {
	switch f.NumberStyle {
	case "de":
		return "."
	case "fr":
		return " "
	case "de-CH":
		return "’"
	}
	return ","
}

// Date formats a day, which is midnight UTC whatever the zone.
func (f Formats) Date(d time.Time) string {
	layout := dateLayouts[f.DateStyle]
	if layout == "" {
		layout = dateLayouts["dmy"]
	}
	return d.Format(layout)
}

// Day formats a day near today as people say it: "Today", "Tomorrow",
// "Friday", else its date.
func (f Formats) Day(d time.Time) string {
	switch n := int(d.Sub(f.Today()).Hours() / 24); {
	case n == 0:
		return "Today"
	case n == 1:
		return "Tomorrow"
	case n == -1:
		return "Yesterday"
	case n > 1 && n < 7:
		return d.Weekday().String()
	case d.Year() == f.Today().Year() && (f.DateStyle == "" || f.DateStyle == "dmy"):
		return d.Format("2 Jan")
	}
	return f.Date(d)
}

// Clock formats a time of day in the person's zone.
func (f Formats) Clock(t time.Time) string {
	if f.DateStyle == "us" || f.DateStyle == "mdy" {
		return f.Local(t).Format("3:04 PM")
	}
	return f.Local(t).Format("15:04")
}

// Moment formats a day and a time in the person's zone.
func (f Formats) Moment(t time.Time) string { return f.Date(f.Local(t)) + ", " + f.Clock(t) }

// Due formats when something is due, "" when it is not; time is given where
// there is one.
func (f Formats) Due(on, at *time.Time) string {
	switch {
	case on != nil:
		return f.Day(*on)
	case at != nil:
		l := f.Local(*at)
		return f.Day(time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, time.UTC)) + ", " + f.Clock(*at)
	}
	return ""
}

// Overdue reports whether it should have been done before now.
func (f Formats) Overdue(on, at *time.Time) bool {
	return on != nil && on.Before(f.Today()) || at != nil && at.Before(f.Now)
}

// Count is Formats.Count in English, for messages.
func Count(n int) string { return Formats{}.Count(n) }

// Plural is Formats.Plural in English, for messages.
func Plural(n int, one, many string) string { return Formats{}.Plural(n, one, many) }

// Exponent returns how many decimals the currency has (ISO 4217); 2 for one we
// do not know.
func Exponent(code string) int {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 2
	}
	scale, _ := currency.Standard.Rounding(unit)
	return scale
}

// ValidCurrency reports whether the code is a currency's.
func ValidCurrency(code string) bool {
	_, err := currency.ParseISO(code)
	return err == nil && len(code) == 3 && code == strings.ToUpper(code)
}

// symbol is the short one for the workspace's own currency; of others several
// share a sign, so they go by their code.
func (f Formats) symbol(code string) string {
	if f.Currency != "" && code != f.Currency {
		return code
	}
	return symbol(code)
}

func symbol(code string) string {
	if unit, err := currency.ParseISO(code); err == nil {
		return printers["en"].Sprint(currency.NarrowSymbol(unit))
	}
	return code
}

// CutCurrency cuts the currency's symbol or code off an amount that was pasted.
func CutCurrency(amount, code string) string {
	for _, s := range []string{symbol(code), code, strings.ToLower(code)} {
		amount = strings.TrimSuffix(strings.TrimPrefix(amount, s), s)
	}
	return strings.TrimSpace(amount)
}

// MoneyInput formats minor units for an input: "1240.50", "1240".
func MoneyInput(minor int64, code string) string {
	whole, fraction := splitMinor(minor, Exponent(code))
	s := strconv.FormatInt(whole, 10)
	if strings.Trim(fraction, "0") != "" {
		s += "." + fraction
	}
	return s
}

// ErrMoney is answered for what MoneyInput would never write.
var ErrMoney = errors.New("ui: not an amount")

// MoneyOutput reads what MoneyInput wrote back into minor units.
func MoneyOutput(s, code string) (int64, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	exponent := Exponent(code)
	if len(fraction) > exponent {
		return 0, ErrMoney
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", exponent-len(fraction)), 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/1000 {
		return 0, ErrMoney
	}
	return n, nil
}

func splitMinor(minor int64, exponent int) (whole int64, fraction string) {
	unit := int64(1)
	for range exponent {
		unit *= 10
	}
	if exponent == 0 {
		return minor, ""
	}
	return minor / unit, fmt.Sprintf("%0*d", exponent, minor%unit)
}

// Ago says how long before now t was: "just now", "5 minutes ago", "yesterday".
func Ago(t, now time.Time) string {
	s := int(now.Sub(t).Seconds())
	for _, u := range []struct {
		seconds   int
		one, many string
		word      string
	}{
		{31557600, "year", "years", "last year"}, {2629800, "month", "months", "last month"},
		{604800, "week", "weeks", "last week"}, {86400, "day", "days", "yesterday"},
		{3600, "hour", "hours", ""}, {60, "minute", "minutes", ""},
	} {
		if n := s / u.seconds; n >= 1 {
			if n == 1 && u.word != "" {
				return u.word
			}
			return Plural(n, u.one, u.many) + " ago"
		}
	}
	return "just now"
}

// Size is a number of bytes as people read it.
func Size(n int64) string {
	switch {
	case n < 1<<10:
		return Plural(int(n), "byte", "bytes")
	case n < 1<<20:
		return fmt.Sprintf("%d kB", n>>10)
	case n < 1<<30:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	}
}
