package entity

import (
	_ "embed"
	"strings"

	"github.com/biter777/countries"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// zoneTable has a line for each time zone that differs from others since 1970: its countries
// (ISO 3166, the one with most people first), a tab, its name. Of tzdata's zone1970.tab, which
// is in the public domain.
//
//go:embed zones.tab
var zoneTable string

// Zone is a time zone, and the countries that keep it.
type Zone struct {
	Name      string   // "Europe/Rome"
	Countries []string // ISO 3166
}

// Zones are all time zones, by their names.
var Zones = func() (out []Zone) {
	for line := range strings.Lines(zoneTable) {
		codes, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		out = append(out, Zone{name, strings.Split(codes, ",")})
	}
	return out
}()

// ZoneCountry is the country that a time zone is of, "" where it names none, or several
// share it.
func ZoneCountry(zone string) string {
	for _, z := range Zones {
		if z.Name == zone {
			return z.Countries[0]
		}
	}
	return ""
}

// Countries are the codes of all countries (ISO 3166) that have phones.
func Countries() (codes []string) {
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			if r, err := language.ParseRegion(code); err == nil && r.IsCountry() && r.String() == code && ValidCountry(code) {
				codes = append(codes, code)
			}
		}
	}
	return codes
}

// CountryName is a country's name in English, its code where that is none.
func CountryName(code string) string {
	r, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	return display.English.Regions().Name(r)
}

// CurrencyName is a currency's name in English, "" where it is unknown.
func CurrencyName(code string) string {
	c := countries.CurrencyCodeByName(code)
	if c == countries.CurrencyUnknown {
		return ""
	}
	return c.String()
}

// CountryStyles are the ways in which days and numbers are written in a country, of DateStyles
// and NumberStyles: as its language does it (CLDR), as far as one of the styles is that.
func CountryStyles(code string) (date, numbers string) {
	date, numbers = "dmy", "en"
	switch code {
	case "US", "PH", "BZ":
		date = "mdy"
	case "CN", "JP", "KR", "TW", "HU", "LT", "SE", "CA", "MN", "ZA":
		date = "iso"
	case "DE", "AT", "CH", "LI", "PL", "CZ", "SK", "SI", "HR", "RS", "NO", "FI", "DK", "IS", "EE", "LV", "RU", "UA", "BY", "BG", "RO", "TR",
		"GE",
		"AM", "AZ", "KZ", "MK", "BA", "ME":
		date = "dots"
	}
	switch code {
	case "CH", "LI":
		return date, "de-CH"
	case "IN", "BD", "NP", "PK", "LK":
		return date, "en-IN"
	}
	tag, err := language.Parse("und-" + code)
	if err != nil {
		return date, numbers
	}
	written := message.NewPrinter(tag).Sprint(number.Decimal(1234567.5, number.Scale(1)))
	switch {
	case strings.HasSuffix(written, ".5"):
	case strings.Contains(written, "."):
		numbers = "de"
	default:
		numbers = "fr"
	}
	return date, numbers
}
