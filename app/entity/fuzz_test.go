package entity

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Whatever is typed: no parser panics, none makes up digits or words, and what it makes of
// a text is shown so that it reads as the same. Their seeds are tests; more is found by,
// for instance, go test ./app/entity -run '^$' -fuzz FuzzMoney -fuzztime 10m.

// inOrder reports whether b has nothing but what a has, in its order.
func inOrder(a, b []string) bool {
	for _, x := range b {
		for len(a) > 0 && a[0] != x {
			a = a[1:]
		}
		if len(a) == 0 {
			return false
		}
		a = a[1:]
	}
	return true
}

func FuzzMoney(f *testing.F) {
	for _, text := range []string{"1,250.50", "12,34,567.89", "12k", "$5,000.50", "1.234", "1,234", "€ 12", "12 kr", "Fr. 5", "1 250", "0,125",
		"99999999999999999999", "1e5", "½", "٣", "Cg.0", "1.5M €"} {
		for i := range NumberStyles {
			f.Add(text, uint8(i), uint8(i))
		}
	}
	codes := []string{"EUR", "JPY", "KWD", "CLF", "USD", "CHF", "INR", "XCG"}
	f.Fuzz(func(t *testing.T, text string, style, code uint8) {
		v := styled(NumberStyles[int(style)%len(NumberStyles)].Value)
		minor, in, err := v.ParseMoney(text, codes[int(code)%len(codes)])
		if err != nil {
			return
		}
		if typed, kept := strings.Trim(Digits(text), "0"), strings.Trim(Digits(decimal(minor, 0, "")), "0"); typed != kept {
			t.Errorf("%q is read as %d %s", text, minor, in)
		}
		for _, shown := range []string{v.MoneyInput(minor, in), v.Money(minor, in)} {
			if again, of, err := v.ParseMoney(shown, in); err != nil || again != minor || of != in {
				t.Errorf("%q is %d %s, shown as %q, read as %d %s, %v", text, minor, in, shown, again, of, err)
			}
		}
	})
}

func FuzzPhone(f *testing.F) {
	for _, text := range []string{"06 555 0140", "06 555 0140 casa", "+49 171 1234567", "0049 171 1234567", "112", "++43",
		"06 555 0140 ext. 12", "1-800-FLOWERS", "+39065550140;ext=7", "(06) 555", "０６５５５", "+1 (650) 253-0000", "0343 15 555 1212"} {
		for _, country := range []string{"IT", "DE", "US", "AR", ""} {
			f.Add(text, country)
		}
	}
	f.Fuzz(func(t *testing.T, text, country string) {
		v := Formats{Country: country}
		kept, err := v.ParsePhone(text)
		if err != nil {
			return
		}
		number, ext, _ := strings.Cut(kept, ";ext=")
		if typed := Digits(text); !strings.HasSuffix(typed, ext) || ext != "" &&
			!strings.HasSuffix(Digits(number), strings.TrimLeft(strings.TrimSuffix(typed, ext), "0")) && !strings.Contains(typed, Digits(number)) {
			t.Errorf("%q in %s is kept as %q", text, country, kept)
		}
		if again, err := v.ParsePhone(PhoneText(kept)); err != nil || again != kept {
			t.Errorf("%q in %s is kept as %q, shown as %q, read as %q, %v", text, country, kept, PhoneText(kept), again, err)
		}
	})
}

func FuzzDue(f *testing.F) {
	for _, text := range []string{"tomorrow 14:00", "next friday", "wednesday in two weeks", "12/05", "3.12.", "2027-03-28 02:30", "in 3 days",
		"31 Feb", "29 February", "12 May 2027, 3:04 PM", "2027-01-31T14:00", "2027-01-31T14:00:00Z", "in 9999 years", "@", "((((", "today!"} {
		for i := range DateStyles {
			f.Add(text, uint8(i), uint8(i), int64(1_800_000_000))
		}
	}
	f.Fuzz(func(t *testing.T, text string, style, zoneIndex uint8, now int64) {
		v := Formats{DateStyle: DateStyles[int(style)%len(DateStyles)].Value, Zone: zone(t, zones[int(zoneIndex)%len(zones)]),
			Now: time.Unix(min(max(now, 0), 4_000_000_000), 0)}
		due, ok := v.ParseDue(text)
		if !ok {
			return
		}
		if due.On == nil && due.At == nil || due.At != nil && due.At.Second() != 0 && !strings.Contains(text, "T") {
			t.Fatalf("%q is %v", text, due)
		}
		if due.At != nil {
			at := due.At.Truncate(time.Minute)
			due.At = &at
		}
		shown := v.DueText(due.On, due.At)
		again, ok := v.ParseDue(shown)
		switch {
		case !ok, (again.On == nil) != (due.On == nil):
			t.Errorf("%q is shown as %q, which is not read", text, shown)
		case due.On != nil && !again.On.Equal(*due.On), due.At != nil && v.Clock(*again.At) != v.Clock(*due.At), due.At != nil &&
			!DayOf(v.Local(*again.At)).Equal(DayOf(v.Local(*due.At))):
			t.Errorf("%q is %v, shown as %q, read as %v", text, due, shown, again)
		}
	})
}

func FuzzQuickAdd(f *testing.F) {
	for _, line := range []string{"Call Anna tomorrow 14:00", "Sun Microsystems call", "tomorrow call Anna at 9:00", "Today Show",
		"every monday report", "next friday", "a (tomorrow)", "- today", "@ @ @", "in in in", "12/05 12/05", "Friday: Friday: Friday",
		"\u3000 today \u3164"} {
		f.Add(line, uint8(0))
	}
	f.Fuzz(func(t *testing.T, line string, style uint8) {
		v := Formats{DateStyle: DateStyles[int(style)%len(DateStyles)].Value, Now: time.Unix(1_800_000_000, 0)}
		q := v.QuickAdd(line)
		if (q.Subject == "") != (len(strings.Fields(line)) == 0) {
			t.Errorf("%q has the subject %q", line, q.Subject)
		}
		if q.Due == (Due{}) && q.Repeat == "" && q.Subject != strings.Join(strings.Fields(line), " ") {
			t.Errorf("nothing was understood of %q, and %q is left", line, q.Subject)
		}
		// Words stay in their order; signs between the subject and a phrase may go.
		trimmed := func(s string) (out []string) {
			for w := range strings.FieldsSeq(s) {
				if w = strings.Trim(w, ",;:–—-"); w != "" {
					out = append(out, w)
				}
			}
			return out
		}
		if !inOrder(trimmed(line), trimmed(q.Subject)) {
			t.Errorf("%q has the subject %q", line, q.Subject)
		}
	})
}

func FuzzAddresses(f *testing.F) {
	for _, text := range []string{"example.com", "https://www.Example.com:8443/a?b#c", "mailto:info@example.com?x=y", "xn--mller-kva.de",
		"müller.de.", "a@b.co", "//x.y/z", "http://[::1]/", "a..b", "%2e%2e.com", "ß.de", "ｅｘａｍｐｌｅ.com", "-a.com", "a@xn--", "https://例え.jp/パス",
		"http://a.b/%zz"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, parse := range map[string]func(string) (string, error){"domain": ParseDomain, "website": ParseWebsite, "email": ParseEmail} {
			kept, err := parse(text)
			if err != nil {
				continue
			}
			if kept == "" || !utf8.ValidString(kept) && utf8.ValidString(text) {
				t.Errorf("the %s %q is kept as %q", name, text, kept)
			}
			if again, err := parse(kept); err != nil || again != kept {
				t.Errorf("the %s %q is kept as %q, read as %q, %v", name, text, kept, again, err)
			}
		}
		if s := Site(text); s != "" && Site(s) != s {
			t.Errorf("the site of %q is %q, and of that %q", text, s, Site(s))
		}
	})
}

func FuzzText(f *testing.F) {
	for _, text := range []string{"Jose\u0301", "\u3164", "a\u200bb", "株式会社東京", "ΣΑΣ", "İ", "ﷺ", "👨\u200d👩", "\u202eabc", "a\r\nb"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip() // refused before
		}
		for name, clean := range map[string]func(string) string{"Line": Line, "Text": Paragraphs, "Address": Address, "Fold": Fold,
			"Words": Words} {
			once := clean(text)
			if again := clean(once); again != once {
				t.Errorf("%s of %q is %q, and of that %q", name, text, once, again)
			}
		}
		for _, p := range SearchPatterns(text) {
			if strings.ContainsAny(strings.Trim(p, "%"), `%_\`) {
				t.Errorf("the pattern of %q is %q", text, p)
			}
		}
	})
}
