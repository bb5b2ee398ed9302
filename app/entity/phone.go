package entity

import (
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// extension is one behind a number, as people write it. Other letters are words, and no
// digits of a keypad.
var extension = regexp.MustCompile(`(?i)^(.*\d[\s).]*)[\s,;/\-]*(?:\(\s*)?` +
	`(?:extension|ext|extn|x|#|,,|int|interno|durchwahl|dw|nst|app|poste|p|ramal|anexo|wew|linka|доб|内線)` +
	`\s*[.:=]?\s*\.?\s*(\d{1,7})\)?$`)

// abroad is a country's prefix, however it is written: (+39), + 39.
var abroad = regexp.MustCompile(`^\(?\+\s*(\d{1,3})\)\s*|^\+\s+`)

// figures are digits of other widths.
var figures = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9", "＋",
	"+", "·", " ")

// dialled is a number as it is written: digits, and what is put between them.
var dialled = regexp.MustCompile(`^\+?[\d(][\d\s().\-/‐‑–·]*$`)

// MaxPoints is how many addresses or numbers somebody may have.
const MaxPoints = 10

// Digits are those of a text, 0 to 9, and nothing else of it.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

const notPhone = "This is not a phone number. It should look like +39 06 555 0140, or +39 06 555 0140 ext. 12."

// ParsePhone reads a phone number into international form, "+390655501 40" as
// "+39065550140", with its extension behind ";ext=" (RFC 3966). One without a prefix is
// the country's. A short number such as 112, and one that has digits enough but fits no
// country's plan, stays as it was typed.
func (f Formats) ParsePhone(text string) (string, error) {
	text = Address(text)
	if rest, ok := cutFold(text, "tel:"); ok {
		text = rest
	}
	text = figures.Replace(text)
	number, ext := text, ""
	if main, e, ok := strings.Cut(text, ";ext="); ok && onlyDigits(e) && len(e) <= 7 {
		number, ext = main, e
	} else if m := extension.FindStringSubmatch(text); m != nil {
		number, ext = strings.TrimSpace(m[1]), m[2]
	}
	number = strings.Replace(abroad.ReplaceAllString(number, "+$1 "), "+ ", "+", 1)
	n := len(Digits(number))
	if !dialled.MatchString(number) || n < 2 || n > 20 || strings.Count(number, "(") != strings.Count(number, ")") {
		return "", wrong(notPhone)
	}
	if n <= 6 && !strings.HasPrefix(number, "+") && !strings.HasPrefix(number, "00") {
		return text, nil // 112, 116117, a number of the house
	}
	// 00 before the country, also where that is dialled otherwise
	for _, as := range []string{number, "+" + strings.TrimPrefix(number, "00")} {
		parsed, err := phonenumbers.Parse(as, f.Country)
		if err == nil && phonenumbers.IsPossibleNumberWithReason(parsed) == phonenumbers.IS_POSSIBLE && digitsOf(number, parsed) {
			out := phonenumbers.Format(parsed, phonenumbers.E164)
			if !reads(out) {
				break
			}
			if ext != "" {
				out += ";ext=" + ext
			}
			return out, nil
		}
		if !strings.HasPrefix(number, "00") {
			break
		}
	}
	return text, nil
}

// reads reports whether a number in international form is read as itself: not every plan
// reads what it writes.
func reads(number string) bool {
	n, err := phonenumbers.Parse(number, "")
	return err == nil && phonenumbers.Format(n, phonenumbers.E164) == number
}

// digitsOf reports whether the number has no digits but those that were typed, and its
// country's prefix.
func digitsOf(typed string, n *phonenumbers.PhoneNumber) bool {
	return strings.HasSuffix(Digits(typed), phonenumbers.GetNationalSignificantNumber(n))
}

// PhoneText is a phone number as people read it, which ParsePhone reads as the same;
// what is no number in international form stays as it is.
func PhoneText(v string) string {
	if v == "" || v[0] != '+' {
		return v
	}
	return phoneText(v)
}

var phoneText = remembered(20_000, func(v string) string {
	number, ext, _ := strings.Cut(v, ";ext=")
	n, err := phonenumbers.Parse(number, "")
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE ||
		phonenumbers.Format(n, phonenumbers.E164) != number {
		return v
	}
	text := phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
	if ext != "" {
		text += " ext. " + ext
	}
	return text
})

// ValidCountry reports whether it is a country's code (ISO 3166), of those that have
// phone numbers.
func ValidCountry(code string) bool { return phonenumbers.GetCountryCodeForRegion(code) != 0 }
