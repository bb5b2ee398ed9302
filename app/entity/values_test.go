package entity

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func styled(style string) Formats {
	return Formats{NumberStyle: style, Currency: "EUR", Country: "DE", Zone: time.UTC, Now: time.Date(2026, 11, 24, 10, 30, 0, 0, time.UTC)}
}

// What people type for an amount, by how they write numbers. "" is for what is refused.
func TestParseMoney(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		style, code, text, want string // want: minor units and the currency
	}{
		{"en", "EUR", "0", "0 EUR"}, {"en", "EUR", "12", "1200 EUR"}, {"en", "EUR", "12.5", "1250 EUR"}, {"en", "EUR", "1,250", "125000 EUR"},
		{"en", "EUR", "1,250.75", "125075 EUR"},
		{"en", "EUR", "12,34,567.89", "123456789 EUR"}, {"en", "EUR", "1,00,000", "10000000 EUR"},
		{"en-IN", "INR", "12,34,567.89", "123456789 INR"}, {"en-IN", "INR", "₹12,34,567", "123456700 INR"},
		{"en", "EUR", "12k", "1200000 EUR"}, {"en", "EUR", "1.5k", "150000 EUR"}, {"en", "EUR", "2 M", "200000000 EUR"},
		{"de", "EUR", "1,5k", "150000 EUR"}, {"de", "EUR", "1,2 Mio.", "120000000 EUR"},
		{"en", "JPY", "1.5k", "1500 JPY"}, {"en", "EUR", "€12k", "1200000 EUR"}, {"en", "SEK", "12 kr", "1200 SEK"},
		{"en", "USD", "$5,000.50", "500050 USD"}, {"en", "EUR", "$5,000.50", "500050 USD"}, {"de", "EUR", "5.000,50 $", "500050 USD"},
		{"en", "EUR", "USD 5", "500 USD"}, {"en", "EUR", "5 eur", "500 EUR"},
		{"en", "CHF", "Fr. 12.50", "1250 CHF"}, {"de-CH", "CHF", "CHF 1’250.50", "125050 CHF"}, {"de-CH", "CHF", "1'250.50", "125050 CHF"},
		{"en", "CAD", "$12", "1200 CAD"}, {"en", "EUR", "£12", "1200 GBP"},
		{"de", "EUR", "1.250", "125000 EUR"}, {"de", "EUR", "1.250,75", "125075 EUR"}, {"de", "EUR", "12,5", "1250 EUR"},
		{"de", "EUR", "1.250.000", "125000000 EUR"},
		{"fr", "EUR", "1 250 000,5", "125000050 EUR"}, {"fr", "EUR", "1\u202f250", "125000 EUR"}, {"en", "EUR", "1 250", "125000 EUR"},
		// One mark and three digits behind it are the person's alone.
		{"en", "EUR", "1.234", ""}, {"de", "EUR", "1,234", ""}, {"en", "KWD", "1.234", "1234 KWD"}, {"de", "KWD", "1.234", "1234000 KWD"},
		{"en", "KWD", "1,234", "1234000 KWD"}, {"de", "KWD", "1,234", "1234 KWD"},
		{"de", "KWD", "1250,500", "1250500 KWD"}, {"en", "KWD", "0.125", "125 KWD"}, {"fr", "EUR", "1.234", ""}, {"fr", "EUR", "1,234", ""},
		{"en", "EUR", "1.000", ""},
		{"fr", "EUR", "12.345,67", "1234567 EUR"}, {"en", "EUR", "12.–", "1200 EUR"}, {"de", "EUR", "12,- €", "1200 EUR"},
		{"en", "EUR", "5 Euro", "500 EUR"}, {"en-IN", "INR", "Rs 500", "50000 INR"}, {"en-IN", "INR", "5 lakh", "50000000 INR"},
		{"en-IN", "INR", "2 crore", "2000000000 INR"},
		// The other way round where it plainly is.
		{"en", "EUR", "1.250,75", "125075 EUR"}, {"de", "EUR", "1,250.75", "125075 EUR"}, {"en", "EUR", "12,50", "1250 EUR"},
		{"en", "EUR", "1.250.000", "125000000 EUR"}, {"de", "EUR", "12.50", "1250 EUR"},
		{"en", "JPY", "84,000,000", "84000000 JPY"}, {"en", "JPY", "1.00", "1 JPY"}, {"en", "JPY", "1.5", ""}, {"en", "EUR", ".50", "50 EUR"},
		{"en", "EUR", "5.", "500 EUR"}, {"en", "CLF", "1.2345", "12345 CLF"},
		{"en", "EUR", "", ""}, {"en", "EUR", ".", ""}, {"en", "EUR", "-1", ""}, {"en", "EUR", "−1", ""}, {"en", "EUR", "+1", ""},
		{"en", "EUR", "1e5", ""}, {"en", "EUR", "NaN", ""}, {"en", "EUR", "12.3456", ""},
		{"en", "EUR", "1,23,45", ""}, {"en", "EUR", "1,2345", ""}, {"en", "EUR", "1.5.0", ""}, {"en", "EUR", "1,234.56,78", ""},
		{"en", "EUR", "12 apples", ""}, {"en", "EUR", "12 3", ""}, {"en", "EUR", "$5 EUR", ""}, {"en", "EUR", "99999999999999999999", ""},
		{"en", "EUR", "999999999999999k", ""}, {"en", "EUR", "XXX 5", ""},
	} {
		minor, in, err := styled(tc.style).ParseMoney(tc.text, tc.code)
		got := ""
		if err == nil {
			got = strings.TrimSpace(strings.Join([]string{Formats{}.plainDigits(minor), in}, " "))
		}
		if got != tc.want {
			t.Errorf("%s %q in %s: got %q (%v), want %q", tc.style, tc.text, tc.code, got, err, tc.want)
		}
	}
}

func (Formats) plainDigits(n int64) string { return decimal(n, 0, "") }

// Where the sign stands, and what stands between the digits.
func TestMoney(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		style, code string
		minor       int64
		want        string
	}{
		{"en", "EUR", 124050, "€1,240.50"}, {"en", "EUR", 124000, "€1,240"}, {"de", "EUR", 124050, "1.240,50\u00a0€"},
		{"fr", "EUR", 124050, "1\u202f240,50\u00a0€"}, {"de-CH", "CHF", 124050, "CHF\u00a01’240.50"},
		{"en", "JPY", 124050, "¥124,050"}, {"de", "KWD", 1250500, "1.250,500\u00a0KWD"}, {"en", "KWD", 1250500, "KWD\u00a01,250.500"},
		{"en-IN", "INR", 123456789, "₹12,34,567.89"}, {"en", "USD", 5, "$0.05"}, {"de", "USD", 500050, "5.000,50\u00a0$"},
		{"en", "ISK", 1500, "ISK\u00a01,500"},
	} {
		if got := styled(tc.style).Money(tc.minor, tc.code); got != tc.want {
			t.Errorf("%s %d %s: %q, want %q", tc.style, tc.minor, tc.code, got, tc.want)
		}
	}
}

// What is shown reads back as the same: every currency, every style, in a form and on a
// page.
func TestMoneyRoundTrip(t *testing.T) {
	t.Parallel()
	codes := Currencies()
	rapid.Check(t, func(rt *rapid.T) {
		f := styled(rapid.SampledFrom(NumberStyles).Draw(rt, "style").Value)
		code := rapid.SampledFrom(codes).Draw(rt, "currency")
		minor := rapid.OneOf(rapid.Int64Range(0, MaxAmount), rapid.Int64Range(0, 2_000_000)).Draw(rt, "minor")
		for _, shown := range []string{f.MoneyInput(minor, code), f.Money(minor, code)} {
			if got, in, err := f.ParseMoney(shown, code); err != nil || got != minor || in != code {
				rt.Fatalf("%d %s in %s is shown as %q and read as %d %s, %v", minor, code, f.NumberStyle, shown, got, in, err)
			}
		}
		n := rapid.Int32Range(0, 2_000_000_000).Draw(rt, "count")
		if got, err := f.ParseCount(f.Count(int(n))); err != nil || got != n {
			rt.Fatalf("%d in %s is shown as %q and read as %d, %v", n, f.NumberStyle, f.Count(int(n)), got, err)
		}
	})
}

func TestCurrencies(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]int{"EUR": 2, "JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "TND": 3,
		"CLF": 4} {
		if !ValidCurrency(code) || Exponent(code) != want {
			t.Errorf("%s: valid %v, %d decimals; want %d", code, ValidCurrency(code), Exponent(code), want)
		}
	}
	for _, code := range []string{"", "XXX", "XTS", "EU", "eur", "ABC", "EURO"} {
		if ValidCurrency(code) {
			t.Errorf("%q is a currency", code)
		}
	}
}

// What people type for a phone number in Italy, and how it is kept; "" is refused.
func TestParsePhone(t *testing.T) {
	t.Parallel()
	f := styled("en")
	f.Country = "IT"
	for text, want := range map[string]string{
		"06 555 0140": "+39065550140", "+39 06 555 0140": "+39065550140", "0039 06 555 0140": "+39065550140", "+49 171 1234567": "+491711234567",
		"0049 (171) 123-4567": "+491711234567", "06/5550140": "+39065550140",
		"06 555 0140 ext. 12": "+39065550140;ext=12", "06 555 0140 x12": "+39065550140;ext=12", "06 555 0140 int. 7": "+39065550140;ext=7",
		"06 555 0140, interno 7": "+39065550140;ext=7", "+39 06 555 0140#12": "+39065550140;ext=12", "+39065550140;ext=12": "+39065550140;ext=12",
		"+49 30 123456 Durchwahl 12": "+4930123456;ext=12",
		"(+39) 06 555 0140":          "+39065550140", "+ 43 1 5550140": "+4315550140", "tel:+39-06-555-0140": "+39065550140",
		"０６ ５５５ ０１４０": "+39065550140", "+1·650·253·0000": "+16502530000", "06 555 0140 (ext 5)": "+39065550140;ext=5",
		"06 555 0140,,12": "+39065550140;ext=12", "06 555 0140 App. 12": "+39065550140;ext=12", "06 555 0140 ramal 12": "+39065550140;ext=12",
		"06 555 0140 wew. 12": "+39065550140;ext=12", "06 555,0140": "",
		"06 555 0140 casa": "", "casa 06 555 0140": "", "1-800-FLOWERS": "", "06 555 014O": "", "++43": "", "++43 1 5550140": "", "+": "",
		"+43": "+43", "43+": "", "(06 555 0140": "", "call me": "", "06 555 0140 x": "",
		"112": "112", "110": "110", "116117": "116117", "42": "42", "1": "", "\u200e06 555\u200b 0140": "+39065550140",
		"+39 06 555 0140 ": "+39065550140", "123456789012345678901": "",
	} {
		got, err := f.ParsePhone(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is kept as %q (%v), want %q", text, got, err, want)
			continue
		}
		if err == nil {
			if back, err := f.ParsePhone(PhoneText(got)); err != nil || back != got {
				t.Errorf("%q is shown as %q, which reads as %q, %v", got, PhoneText(got), back, err)
			}
		}
	}
}

func TestParseAddresses(t *testing.T) {
	t.Parallel()
	for _, table := range []struct {
		parse func(string) (string, error)
		of    map[string]string // "" is refused
	}{
		{ParseDomain, map[string]string{
			"example.com": "example.com", "https://www.Example.com/a?b": "example.com", "müller.de": "müller.de", "xn--mller-kva.de": "müller.de",
			"MÜLLER.de": "müller.de", "a.b.co.uk": "a.b.co.uk", "www.com": "www.com",
			"example.com:8443": "example.com", "https://example.com:8443/a": "example.com", "example.com?utm=1": "example.com",
			"example.com#top": "example.com", "example.com.": "example.com", "mailto:info@example.com": "example.com",
			"info@example.com":            "example.com",
			"http://user:pw@example.com/": "example.com", "\u200bexample.com\ufeff": "example.com", "例え.jp": "例え.jp", "xn--r8jz45g.jp": "例え.jp",
			"example": "", "exa mple.com": "", "-a.com": "", "a..b": "", "javascript:alert(1)": "", "1.2.3.4": "", "": "", "http://": "", "a.1": "",
		}},
		{ParseWebsite, map[string]string{
			"example.com/a": "https://example.com/a", "http://example.com": "http://example.com",
			"example.com:8080/a?b=1#c": "https://example.com:8080/a?b=1#c", "example.com.": "https://example.com",
			"HTTPS://Example.COM/Path": "https://example.com/Path",
			"xn--mller-kva.de/x":       "https://müller.de/x", "https://müller.de": "https://müller.de",
			"mailto:info@example.com": "https://example.com", "//example.com/a": "https://example.com/a",
			"javascript:alert(1)": "", "ftp://example.com": "", "https://": "", "https://a b.com": "", "data:text/html,x": "",
			"https://user:pw@example.com": "", "http://127.0.0.1/": "",
		}},
		{ParseEmail, map[string]string{
			"Anna@Example.COM": "anna@example.com", "mailto:anna@example.com": "anna@example.com",
			"mailto:anna@example.com?subject=Hi": "anna@example.com", "Anna Rossi <anna@example.com>": "", "anna@xn--mller-kva.de": "anna@müller.de",
			"anna@müller.de": "anna@müller.de", "an\u200bna@example.com": "anna@example.com", "a.b+c@example.co.uk": "a.b+c@example.co.uk",
			"anna": "", "anna@": "", "@example.com": "", "anna@example": "", "anna @example.com": "", "a@b@c.de": "", "anna@example.com, b@c.de": "",
		}},
	} {
		for text, want := range table.of {
			got, err := table.parse(text)
			if got != want || (err == nil) != (want != "") {
				t.Errorf("%q is read as %q (%v), want %q", text, got, err, want)
			} else if err == nil {
				if back, err := table.parse(got); err != nil || back != got {
					t.Errorf("%q reads as %q, %v", got, back, err)
				}
			}
		}
	}
}

func TestPrivateMail(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]bool{
		"hotmail.it": true, "hotmail.com": true, "yahoo.co.uk": true, "yahoo.com.br": true, "outlook.fr": true, "live.nl": true, "gmx.ch": true,
		"gmx.net": true, "free.fr": true, "bluewin.ch": true, "web.de": true, "Gmail.com": true, "btinternet.com": true, "qq.com": true,
		"acme.com": false, "hotmail-services.com": false, "myhotmail.acme.com": false, "free.acme.fr": false, "": false, "com": false,
	} {
		if got := PrivateMail(domain); got != want {
			t.Errorf("%s: %v", domain, got)
		}
	}
	for text, want := range map[string]string{
		"shop.acme.com": "acme.com", "https://www.acme.co.uk/x": "acme.co.uk", "anna@sales.acme.com": "acme.com", "anna@hotmail.it": "",
		"gmx.de": "", "co.uk": "", "müller.de": "müller.de", "x": "",
	} {
		if got := Site(text); got != want {
			t.Errorf("Site(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"  Anna \t Rossi ": "Anna Rossi", "Jose\u0301": "José", "\u200bAnna\ufeff": "Anna", "An\u200bna": "Anna", "\u3164": "", "\ufe0f": "",
		"\u034f\u180b": "", "\u2065": "", "\U000e0020": "", "\U000e0100": "", "\U0001d159": "", "\u2800\u2800": "", " \u00a0\u2003": "",
		"A\u0007B": "AB", "\u202eevil": "evil", "a\u00adb": "ab",
		"👨\u200d👩\u200d👧": "👨\u200d👩\u200d👧",
		"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
		"می\u200cخواهم": "می\u200cخواهم", "Anna\u3164": "Anna", "❤️": "❤️", "line\nbreak": "line break",
	} {
		if got := Line(text); got != want {
			t.Errorf("Line(%q) = %q, want %q", text, got, want)
		}
	}
	if got := Paragraphs("a\r\n\tb\u0000\u200b  \r\nc \n\n"); got != "a\n\tb  \nc" {
		t.Errorf("Paragraphs: %q", got)
	}
	for text, want := range map[string]string{
		"Álvaro": "alvaro", "Björn": "bjorn", "Núñez": "nunez", "Бьёрн": "бьерн", "Straße": "strasse", "Łódź": "lodz", "Σωκράτης": "σωκρατησ",
		"İstanbul": "istanbul", "ISTANBUL": "istanbul", "Đorđe": "dorde", "Ægir": "aegir", "Þór": "thor", "ﬁx": "fix", "Ａcme": "acme", "ガ": "ガ",
		"한국": "한국", "की": "की",
	} {
		if got := Fold(text); got != want {
			t.Errorf("Fold(%q) = %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"Smith & Co.": "smith co", "O’Brien": "obrien", "anna@acme.com": "anna acme com", "株式会社東京": "株 式 会 社 東 京", "100%": "100", "a_b": "a b",
		"&": "", "C++": "c",
	} {
		if got := Words(text); got != want {
			t.Errorf("Words(%q) = %q, want %q", text, got, want)
		}
	}
}

// A number is found as it is shown, as it is written in other places, and by its last seven
// digits.
func TestNumberPatterns(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"+49 30 123456": "%4930123456% %0123456 % %0123456", "+49 30 123456 ext. 12": "%4930123456% %0123456 % %0123456",
		"+49 (0)30 123456": "%4930123456% %0123456 % %0123456", "tel:+4930123456": "%4930123456% %0123456 % %0123456",
		"555-0140": "%5550140%", "0 30 12 34 56": "%30123456% %0123456 % %0123456", "1234": "", "Acme 12345": "",
	} {
		if got := strings.Join(NumberPatterns(query), " "); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}

// What a search finds is told from what it does not, field by field.
func TestFinds(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		words, text string
		want        bool
	}{
		{"munch", "München", true}, {"muenchen", "München", true}, {"gross", "Große Straße", true}, {"ann", "Joanna", true},
		{"an", "Joanna", false},
		{"an", "Joe Anders", true}, {"555 0140", "+39065550140", true}, {"+39 06 555 0140", "06 555 0140", true}, {"5551", "+39065550140", false},
		{"acme rome", "Acme", false}, {"&", "Smith & Co", false}, {"", "x", false},
	} {
		if got := Finds(x.words, x.text); got != x.want {
			t.Errorf("%q in %q: %v", x.words, x.text, got)
		}
	}
}

// An address is read out of what is pasted for it.
func TestPastedAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"mailto:bob@example.org?subject=x&cc=a@b.com": "https://example.org",
		"//example.org/a": "https://example.org/a"} {
		if got, err := ParseWebsite(text); got != want {
			t.Errorf("website %q: %q, %v", text, got, err)
		}
	}
	if got, err := ParseEmail("mailto://bob@example.org"); got != "bob@example.org" {
		t.Errorf("email: %q, %v", got, err)
	}
	if got, err := ParseDomain("//example.org"); got != "example.org" {
		t.Errorf("domain: %q, %v", got, err)
	}
}
