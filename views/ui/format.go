package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

var printer = message.NewPrinter(language.English)

// Count formats a whole number with thousands separators.
func Count(n int) string { return printer.Sprintf("%d", n) }

// Plural returns "1 customer", "2 customers".
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

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

// Money formats minor units of a currency: "€ 1,240.50", or "€ 1,240" for
// whole units. It never passes a float.
func Money(minor int64, code string) string {
	whole, fraction := splitMinor(minor, Exponent(code))
	s := symbol(code) + "\u00a0" + printer.Sprintf("%d", whole)
	if strings.Trim(fraction, "0") != "" {
		s += "." + fraction
	}
	return s
}

func symbol(code string) string {
	if unit, err := currency.ParseISO(code); err == nil {
		return printer.Sprint(currency.NarrowSymbol(unit))
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
