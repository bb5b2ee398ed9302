package entity

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/bojanz/currency"
	textcurrency "golang.org/x/text/currency"
)

// Money is kept in minor units: an int64 of cents, of whole yen, of fils. It never
// passes a float.

// MaxAmount is the largest amount there is, in minor units: sums of thousands of them
// still fit.
const MaxAmount = math.MaxInt64 / 1000

// Exponent returns how many decimals the currency has (ISO 4217, by CLDR); 2 for one
// that we do not know.
func Exponent(code string) int {
	if n, ok := currency.GetDigits(code); ok {
		return int(n)
	}
	return 2
}

// ValidCurrency reports whether the code is a currency's: three capital letters of ISO
// 4217 that money is kept in.
func ValidCurrency(code string) bool { return code != "" && currency.IsValid(code) }

// Currencies are the codes of all currencies, the most traded first.
func Currencies() []string { return currency.GetCurrencyCodes() }

// CurrencySign is a currency's sign in English, its code where it has none of its own.
func CurrencySign(code string) string {
	sign, _ := currency.GetSymbol(code, currency.NewLocale("en"))
	return sign
}

// CountryCurrency is the currency of a country (ISO 3166), "" where that is none.
func CountryCurrency(country string) string {
	code, _ := currency.ForCountryCode(country)
	return code
}

// marks are what stands before the decimals and between the thousands.
func (f Formats) marks() (decimal, group string) {
	switch f.style() {
	case "de":
		return ",", "."
	case "fr":
		return ",", " "
	case "de-CH":
		return ".", "’"
	}
	return ".", ","
}

// moneyFormats are those of a style: with the currency's decimals, and without any.
var moneyFormats = sync.OnceValue(func() map[string][2]*currency.Formatter {
	out := map[string][2]*currency.Formatter{}
	for _, s := range NumberStyles {
		with, whole := currency.NewFormatter(currency.NewLocale(s.Value)), currency.NewFormatter(currency.NewLocale(s.Value))
		with.MaxDigits, whole.MinDigits, whole.MaxDigits = currency.DefaultDigits, 0, 0
		out[s.Value] = [2]*currency.Formatter{with, whole}
	}
	return out
})

// Money formats minor units of a currency, its sign where the person's way of writing
// numbers has it: "€1,240.50", "1.240,50 €"; "€1,240" for whole units.
func (f Formats) Money(minor int64, code string) string {
	return moneyText(money{minor, code, f.style()})
}

type money struct {
	minor       int64
	code, style string
}

var moneyText = remembered(20_000, money.text)

func (m money) text() string {
	minor, code := m.minor, m.code
	exponent := Exponent(code)
	amount, err := currency.NewAmount(decimal(minor, exponent, "."), code)
	if err != nil { // of a currency that there is no more
		return code + "\u00a0" + decimal(minor, exponent, ".")
	}
	formats := moneyFormats()[m.style]
	text := formats[0].Format(amount)
	if minor%unit(exponent) == 0 {
		text = formats[1].Format(amount)
	}
	if m.style == "de-CH" {
		text = strings.ReplaceAll(text, "'", "’") // as its counts have it
	}
	return text
}

// MoneyInput is minor units as an input holds them, which ParseMoney reads as the same:
// "1240.50", "1240,50", "1240".
func (f Formats) MoneyInput(minor int64, code string) string {
	exponent := Exponent(code)
	if minor%unit(exponent) == 0 {
		return strconv.FormatInt(minor/unit(exponent), 10)
	}
	mark, _ := f.marks()
	return decimal(minor, exponent, mark)
}

func unit(exponent int) int64 {
	n := int64(1)
	for range exponent {
		n *= 10
	}
	return n
}

func decimal(minor int64, exponent int, mark string) string {
	digits := strconv.FormatInt(minor, 10)
	if exponent == 0 {
		return digits
	}
	digits = strings.Repeat("0", max(0, exponent+1-len(digits))) + digits
	return digits[:len(digits)-exponent] + mark + digits[len(digits)-exponent:]
}

var errAmount = wrong("This amount is too large.")

// ParseMoney reads an amount as the person writes numbers: "1,240.50", "12,34,567.89",
// "€ 12", "12k". It returns minor units, and the currency: code, unless the text names
// another.
func (f Formats) ParseMoney(text, code string) (minor int64, in string, err error) {
	number, shift, in, ok := f.splitAmount(dashes.ReplaceAllString(Address(text), "$1"), code)
	if !ok {
		return 0, code, wrong("This is not an amount. It should look like ", f.example(code), ", without a sign.")
	}
	whole, fraction, ok := f.digits(number)
	if !ok {
		return 0, code, wrong("This is not an amount. It should look like ", f.example(code), ".")
	}
	exponent := Exponent(in)
	if most := exponent + shift; len(fraction) > most {
		// "1.00" yen is one yen; "1.000" may have been meant as a thousand.
		if strings.Trim(fraction[most:], "0") != "" || len(fraction) > 2 {
			return 0, code, wrong("This has more decimals than ", in, " has. Amounts look like ", f.example(in), " here.")
		}
		fraction = fraction[:most]
	}
	minor, err = strconv.ParseInt(whole+fraction+strings.Repeat("0", exponent+shift-len(fraction)), 10, 64)
	if err != nil || minor > MaxAmount {
		return 0, code, errAmount
	}
	return minor, in, nil
}

func (f Formats) example(code string) string {
	mark, group := f.marks()
	if e := Exponent(code); e > 0 {
		return "1" + group + "250" + mark + "5" + strings.Repeat("0", e-1)
	}
	return "1" + group + "250"
}

// ParseCount reads a whole number from 0 on: "1,250", "12k".
func (f Formats) ParseCount(text string) (int32, error) {
	number, shift, _, ok := f.splitAmount(strings.TrimSuffix(Address(text), "%"), "")
	if !ok {
		return 0, wrong("This should be a whole number, such as 250.")
	}
	whole, fraction, ok := f.digits(number)
	if !ok || len(fraction) > shift {
		return 0, wrong("This should be a whole number, such as 250.")
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", shift-len(fraction)), 10, 32)
	if err != nil {
		return 0, wrong("Too large: at most ", f.Count(math.MaxInt32), ".")
	}
	return int32(n), nil
}

// amountPattern is what stands around a number: a currency before it, a thousand or a
// million and a currency behind it.
var amountPattern = regexp.MustCompile(
	`^([^\d,+\-]*?)\s*((?:\d[\d.,'’\s]*|[.,]\d+))\s*(?i:(k|m|mn|mio|bn|mrd|lakh|crore)\b\.?)?\s*([^\d]*)$`)

// dashes stand for no cents: "12.–", "12,-".
var dashes = regexp.MustCompile(`(\d)[.,][-–—](?:\s|$)`)

var shifts = map[string]int{"": 0, "k": 3, "m": 6, "mn": 6, "mio": 6, "bn": 9, "mrd": 9, "lakh": 5, "crore": 7}

// splitAmount cuts a currency and "k" or "m" off a number; false for other words and for
// signs. Without a code no currency may stand there.
func (f Formats) splitAmount(text, code string) (number string, shift int, in string, ok bool) {
	if code != "" { // first: some signs have a dot of their own
		sign, _ := currency.GetSymbol(code, currency.NewLocale(f.style()))
		sign = Line(sign)
		if rest, ok := strings.CutPrefix(text, sign); ok {
			text = strings.TrimSpace(rest)
		} else {
			text = strings.TrimSpace(strings.TrimSuffix(text, sign))
		}
	}
	m := amountPattern.FindStringSubmatch(text)
	if m == nil {
		return "", 0, code, false
	}
	in = code
	for _, word := range []string{m[1], m[4]} {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		c := f.currencyNamed(word, code)
		if code == "" || c == "" || in != code && in != c {
			return "", 0, code, false
		}
		in = c
	}
	return strings.TrimSpace(m[2]), shifts[strings.ToLower(m[3])], in, true
}

// signs are the currencies by the signs that are theirs alone.
var signs = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	english := currency.NewLocale("en")
	for _, code := range Currencies() {
		if sign, ok := currency.GetSymbol(code, english); ok && out[sign] == "" {
			out[sign] = code
		}
	}
	for sign, code := range map[string]string{"US$": "USD", "C$": "CAD", "S$": "SGD", "Fr.": "CHF", "SFr.": "CHF", "zł": "PLN", "Kč": "CZK",
		"Ft": "HUF", "₽": "RUB", "₺": "TRY", "₴": "UAH",
		"Rs": "INR", "Rs.": "INR", "kr.": "DKK", "Euro": "EUR", "euro": "EUR", "Euros": "EUR", "euros": "EUR", "Kc": "CZK"} {
		if out[sign] == "" {
			out[sign] = code
		}
	}
	return out
})

// currencyNamed is the currency that a sign or a code means beside an amount of code:
// that one where it has the sign too; "" when it means none.
func (f Formats) currencyNamed(word, code string) string {
	if upper := strings.ToUpper(word); ValidCurrency(upper) {
		return upper
	}
	if code != "" {
		own, _ := currency.GetSymbol(code, currency.NewLocale(f.style()))
		if word == own || word == narrow(code) {
			return code
		}
	}
	return signs()[word]
}

func narrow(code string) string {
	if unit, err := textcurrency.ParseISO(code); err == nil {
		return printers["en"].Sprint(textcurrency.NarrowSymbol(unit))
	}
	return code
}

// digits splits a number into its whole digits and its decimals, by the person's marks.
// What these can't have written, but the other way round plainly says, is read so:
// "1.250,75" among those who write 1,250.75. "1,250" and "1.250" are the person's alone.
func (f Formats) digits(s string) (whole, fraction string, ok bool) {
	s = gaps.Replace(s)
	mark, group := f.marks()
	if whole, fraction, ok = split(s, mark, gaps.Replace(group)); ok {
		return whole, fraction, true
	}
	other := map[string]string{".": ",", ",": "."}[mark]
	if strings.Contains(s, ".") && strings.Contains(s, ",") { // which is which, the last one says
		last := s[strings.LastIndexAny(s, ".,")]
		return split(s, string(last), map[byte]string{'.': ",", ',': "."}[last])
	}
	whole, fraction, ok = split(s, other, mark)
	if ok && len(fraction) == 3 && strings.Count(s, mark)+strings.Count(s, other) == 1 && strings.Trim(whole, "0") != "" {
		return "", "", false
	}
	return whole, fraction, ok
}

// gaps are what else may stand between thousands, whoever writes them.
var gaps = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "’", " ", "'", " ")

// grouped is a whole number in groups of thousands, or of the lakh and the crore; the
// first has no zero before it.
var grouped = regexp.MustCompile(`^[1-9]\d{0,2}(?:G\d{3})+$|^[1-9]\d?(?:G\d{2})+G\d{3}$`)

func split(s, mark, group string) (whole, fraction string, ok bool) {
	whole, fraction, _ = strings.Cut(s, mark)
	if whole == "" && fraction != "" {
		whole = "0" // .50
	}
	if !onlyDigits(whole) {
		for _, g := range []string{group, " "} {
			if grouped.MatchString(strings.ReplaceAll(whole, g, "G")) {
				whole = strings.ReplaceAll(whole, g, "")
				break
			}
		}
	}
	return whole, fraction, onlyDigits(whole) && (fraction == "" || onlyDigits(fraction))
}

func onlyDigits(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// MinorUnits is how many of them one unit of a currency has: 100 cents, 1 yen.
func MinorUnits(code string) int64 {
	n := int64(1)
	digits, _ := currency.GetDigits(code)
	for range digits {
		n *= 10
	}
	return n
}
