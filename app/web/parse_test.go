package web

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/paddock-crm/paddock/views/ui"
)

func TestParseMoney(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text     string
		exponent int
		want     int64
		bad      bool
	}{
		{"0", 2, 0, false}, {"12", 2, 1200, false}, {"12.5", 2, 1250, false}, {"12,50", 2, 1250, false}, {"1,250", 2, 125000, false},
		{"1.250", 2, 125000, false}, {"1,250.75", 2, 125075, false}, {"1.250,75", 2, 125075, false}, {"1.250.000", 2, 125000000, false},
		{"1 250 000,5", 2, 125000050, false}, {"1'250.00", 2, 125000, false}, {"1\u202f250", 2, 125000, false}, {"84000000", 0, 84000000, false},
		{"84,000,000", 0, 84000000, false}, {"1.5", 0, 0, true}, {"1.500", 3, 1500, false}, {"0.1", 3, 100, false}, {"12.345", 2, 1234500, false},
		{"12.3456", 2, 0, true}, {"", 2, 0, true}, {".", 2, 0, true}, {"-1", 2, 0, true}, {"+1", 2, 0, true}, {"1e5", 2, 0, true}, {"NaN", 2, 0, true},
		{"９９", 2, 0, true}, {"99999999999999999999", 2, 0, true}, {"1.00", 0, 1, false}, {"0.07", 2, 7, false}, {"1.005", 2, 100500, false},
		{"0.125", 2, 0, true}, {".50", 2, 50, false}, {"5.", 2, 500, false}, {"1250,", 2, 125000, false}, {",", 2, 0, true}, {"1,234.56,78", 2, 0, true}, {"1.5.0", 2, 0, true}, {"1,23,456", 2, 0, true}, {"0,125", 3, 125, false}, {"1.234,567.00", 2, 0, true},
	} {
		got, err := parseMoney(tc.text, tc.exponent)
		if (err != nil) != tc.bad || err == nil && got != tc.want {
			t.Errorf("%q with %d decimals: %d, %v; want %d", tc.text, tc.exponent, got, err, tc.want)
		}
	}
	// What a form shows is read back as the same amount, in any currency.
	for _, currency := range []string{"EUR", "JPY", "KWD", "USD"} {
		for _, minor := range []int64{0, 1, 9, 10, 99, 100, 101, 12345, 100000, 123456789, 999999999999} {
			back, err := parseMoney(ui.MoneyInput(minor, currency), ui.Exponent(currency))
			if err != nil || back != minor {
				t.Errorf("%s %d is shown as %q, which reads as %d: %v", currency, minor, ui.MoneyInput(minor, currency), back, err)
			}
		}
	}
}

func TestDomainsAndWebAddresses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"example.com": "example.com", "https://www.Example.com/a?b": "example.com", "müller.de": "müller.de", "a.b.co.uk": "a.b.co.uk",
		"example": "", "exa mple.com": "", "-a.com": "", "a..b": "", "javascript:alert(1)": "", "1.2.3.4": "", "": "",
	} {
		if got := domainName(in); got != want {
			t.Errorf("domainName(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"example.com/a": "https://example.com/a", "http://example.com": "http://example.com", "javascript:alert(1)": "", "ftp://example.com": "",
		"https://": "", "https://a b.com": "", "data:text/html,x": "", "//example.com": "",
	} {
		if got := webURL(in); got != want {
			t.Errorf("webURL(%q) = %q, want %q", in, got, want)
		}
	}
}

// A header names a host only when a trusted proxy sends it.
func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	s := &Server{}
	s.cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for remote, want := range map[string]bool{
		"10.1.2.3:5": true, "[2001:db8::1]:5": true, "[::ffff:10.1.2.3]:5": true, "11.0.0.1:5": false, "127.0.0.1:5": false, "": false, "10.1.2.3": false,
	} {
		if got := s.trusted(remote); got != want {
			t.Errorf("%s: %v", remote, got)
		}
	}
}

// Money never passes a float: whatever the amount and the currency, what is
// shown in a form reads back to the same minor units.
func TestMoneyRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		code := rapid.SampledFrom([]string{"EUR", "USD", "JPY", "KWD", "CLF", "XAU", "HUF"}).Draw(rt, "currency")
		minor := rapid.Int64Range(0, math.MaxInt64/1000).Draw(rt, "minor")
		shown := ui.MoneyInput(minor, code)
		if got, err := parseMoney(shown, ui.Exponent(code)); err != nil || got != minor {
			rt.Fatalf("%d %s is shown as %q and read as %d, %v", minor, code, shown, got, err)
		}
		if got, err := ui.MoneyOutput(shown, code); err != nil || got != minor {
			rt.Fatalf("%d %s is shown as %q and displayed as %d, %v", minor, code, shown, got, err)
		}
		for _, style := range ui.NumberStyles {
			text := ui.Formats{NumberStyle: style.Value}.Money(minor, code)
			digits := strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return r
				}
				return -1
			}, text)
			unit := int64(math.Pow10(ui.Exponent(code)))
			whole := minor%unit == 0 && digits == strconv.FormatInt(minor/unit, 10)
			if got, err := strconv.ParseInt(digits, 10, 64); !whole && (err != nil || got != minor) {
				rt.Fatalf("%d %s in %s is %q", minor, code, style.Value, text)
			}
		}
	})
}
