package entity

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

// What is cut off a line is what was understood. The days are those of a Tuesday in Rome.
func TestQuickAdd(t *testing.T) {
	t.Parallel()
	rome := zone(t, "Europe/Rome")
	now := time.Date(2026, 11, 24, 10, 30, 0, 0, rome)
	for _, tc := range [][3]string{
		{"", "Call Anna tomorrow 14:00", "Call Anna | 2026-11-25 14:00"},
		{"", "tomorrow at 2 pm call Anna", "call Anna | 2026-11-25 14:00"},
		{"", "tomorrow call Anna at 14:00", "call Anna | 2026-11-25 14:00"},
		{"", "Send the offer next friday", "Send the offer | 2026-12-04"},
		{"", "Send the offer friday", "Send the offer | 2026-11-27"},
		{"", "Send the offer friday next week", "Send the offer | 2026-12-04"},
		{"", "Send the offer next week friday", "Send the offer | 2026-12-04"},
		{"", "Demo wednesday in two weeks", "Demo | 2026-12-09"},
		{"", "Demo in 2 weeks on wednesday at 9:00", "Demo | 2026-12-09 09:00"},
		{"", "Review day after tomorrow", "Review | 2026-11-26"},
		{"", "Review the day after tomorrow 9am", "Review | 2026-11-26 09:00"},
		{"", "Standup tuesday", "Standup | 2026-12-01"},
		{"", "Pay in 3 days", "Pay | 2026-11-27"},
		{"", "Pay in 2 weeks at 9am", "Pay | 2026-12-08 09:00"},
		{"", "Pay by Friday", "Pay | 2026-11-27"},
		{"", "Report due Monday", "Report | 2026-11-30"},
		{"", "Ring back in 2 hours", "Ring back | 2026-11-24 12:30"},
		{"", "Lunch noon", "Lunch | 2026-11-24 12:00"},
		{"", "Lunch @ 15:00", "Lunch | 2026-11-24 15:00"},
		{"", "Lunch tomorrow @15:00", "Lunch | 2026-11-25 15:00"},
		{"", "Stand up 9:00", "Stand up | 2026-11-25 09:00"}, // today's nine is over
		{"", "Renewal 12 May", "Renewal | 2027-05-12"},
		{"", "Renewal May 12, 2028", "Renewal | 2028-05-12"},
		{"", "Audit 2027-01-31 16:15", "Audit | 2027-01-31 16:15"},
		{"", "Leap 29 February", "Leap | 2028-02-29"},
		{"", "Report next month", "Report | 2026-12-24"},
		{"", "Plan next week", "Plan | 2026-11-30"},
		{"", "Call Anna friday 14h", "Call Anna | 2026-11-27 14:00"},
		{"", "Call Anna friday 9h", "Call Anna | 2026-11-27 09:00"},
		{"", "Workshop 2h", "Workshop 2h | "},
		{"", "Send invoices end of month", "Send invoices | 2026-11-30"},
		{"", "Send invoices by the end of the month", "Send invoices | 2026-11-30"},
		{"", "Send invoices end of next month 10:00", "Send invoices | 2026-12-31 10:00"},
		{"", "Report eow", "Report | 2026-11-27"},
		{"", "Plan end of quarter", "Plan | 2026-12-31"},
		{"", "Plan end of next quarter", "Plan | 2027-03-31"},
		{"", "Audit end of year", "Audit | 2026-12-31"},
		{"", "Call Anna today!", "Call Anna | 2026-11-24"},
		{"", "Call Anna (tomorrow)", "Call Anna | 2026-11-25"},
		{"", "Call Anna, tomorrow", "Call Anna | 2026-11-25"},
		{"", "Friday: call Anna", "call Anna | 2026-11-27"},
		{"", "today", "today | 2026-11-24"},
		{"", "next friday", "next friday | 2026-12-04"},
		{"", "day after tomorrow", "day after tomorrow | 2026-11-26"},
		// By how the person writes days.
		{"dmy", "Invoice 12/05", "Invoice | 2027-05-12"},
		{"us", "Invoice 12/05", "Invoice | 2026-12-05"},
		{"slashes", "Invoice 3/12/2026", "Invoice | 2026-12-03"},
		{"dots", "Invoice 3.12.", "Invoice | 2026-12-03"},
		{"us", "Invoice 3.12.2026", "Invoice | 2026-12-03"},
		{"us", "Invoice 31/12", "Invoice 31/12 | "},
		{"", "Release 3.12", "Release 3.12 | "},
		// Repetitions.
		{"", "Report every monday", "Report | 2026-11-30 weekly"},
		{"", "Report every tuesday 9:00", "Report | 2026-12-01 09:00 weekly"},
		{"", "Report every tuesday at 11:00", "Report | 2026-11-24 11:00 weekly"},
		{"", "every monday call Anna", "call Anna | 2026-11-30 weekly"},
		{"", "Stand up every weekday 9:00", "Stand up | 2026-11-25 09:00 weekdays"},
		{"", "Water the plants every day", "Water the plants | 2026-11-24 daily"},
		{"", "Pay rent monthly from 1 December", "Pay rent | 2026-12-01 monthly"},
		{"", "Weekly report", "Weekly report | "},
		{"", "Daily standup tomorrow", "Daily standup | 2026-11-25"},
		// Names and other words stay.
		{"", "Sun Microsystems call", "Sun Microsystems call | "},
		{"", "Call Sun Microsystems", "Call Sun Microsystems | "},
		{"", "Call Sun", "Call Sun | "},
		{"", "call sun", "call | 2026-11-29"},
		{"", "Today Show", "Today Show | "},
		{"", "Friday Harbour visit", "Friday Harbour visit | "},
		{"", "Prepare Black Friday", "Prepare Black Friday | "},
		{"", "Read USA Today", "Read USA Today | "},
		{"", "Mon Cheri order", "Mon Cheri order | "},
		{"", "Order Publishers Weekly", "Order Publishers Weekly | "},
		{"", "Ring Entertainment Weekly", "Ring Entertainment Weekly | "},
		{"", "Buy The Daily", "Buy The Daily | "},
		{"", "Interview with Russia Today", "Interview with Russia Today | "},
		{"", "Next Week Magazine", "Next Week Magazine | "},
		{"", "Book High Noon", "Book High Noon | "},
		{"", "Next week call Anna", "call Anna | 2026-11-30"},
		{"", "Call Anna weekly", "Call Anna | 2026-11-24 weekly"},
		// Half a phrase is none.
		{"", "Pay last friday", "Pay last friday | "},
		{"", "Report every other friday", "Report every other friday | "},
		{"", "call every tuesday and thursday", "call every tuesday and thursday | "},
		{"", "Monday to Friday schedule", "Monday to Friday schedule | "},
		{"", "Pay a week from friday", "Pay a week from friday | "},
		{"", "Finish before friday", "Finish before friday | "},
		{"", "Meet from 2pm to 3pm", "Meet from 2pm to 3pm | "},
		{"", "Report every friday from 4 december", "Report | 2026-12-04 weekly"},
		{"", "Report every friday from 5 december", "Report | 2026-12-11 weekly"},
		{"", "Notes from yesterday", "Notes from yesterday | "},
		{"", "Call Anna not today", "Call Anna not today | "},
		// Numbers that are no dates and no times.
		{"", "Workshop 2h", "Workshop 2h | "},
		{"", "Workshop at 2h", "Workshop | 2026-11-25 02:00"},
		{"", "Call Anna 14h", "Call Anna | 2026-11-24 14:00"},
		{"", "Open 24/7", "Open 24/7 | "},
		{"", "Update to iOS 12.1.", "Update to iOS 12.1. | "},
		{"", "Read John 3:16", "Read John 3:16 | "},
		{"", "May I call the March team please", "May I call the March team please | "},
		{"", "Order 500 parts", "Order 500 parts | "},
		{"", "Room 12:75", "Room 12:75 | "},
		{"", "31 February", "31 February | "},
		{"", "", " | "},
	} {
		f := Formats{Zone: rome, Now: now, DateStyle: tc[0]}
		q := f.QuickAdd(tc[1])
		got := q.Subject + " | "
		if q.Due.On != nil {
			got += q.Due.On.Format(time.DateOnly)
		}
		if q.Due.At != nil {
			got += q.Due.At.In(rome).Format("2006-01-02 15:04")
		}
		if q.Repeat != "" {
			got += " " + q.Repeat
		}
		if got != tc[2] {
			t.Errorf("%s %q: got %q, want %q", tc[0], tc[1], got, tc[2])
		}
	}
}

var zones = []string{"UTC", "Europe/Rome", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe",
	"Pacific/Auckland", "Pacific/Apia", "Africa/Casablanca", "America/St_Johns"}

// Whatever the zone and the day, daylight saving included: "in N days" is N
// days on in the calendar, and a time of day is what the clock shows then,
// unless the clocks skip it.
func TestQuickAddAcrossDST(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		z := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		f := Formats{Zone: z, Now: time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(rt, "now"), 0).In(z)}
		days := rapid.IntRange(1, 400).Draw(rt, "days")
		clock := Clock{rapid.IntRange(0, 23).Draw(rt, "hour"), rapid.IntRange(0, 59).Draw(rt, "minute")}
		due := f.QuickAdd(fmt.Sprintf("Call in %d days at %s", days, clock)).Due
		if due.At == nil {
			rt.Fatal("not understood")
		}
		want := f.Today().AddDate(0, 0, days)
		got := due.At.In(z)
		if !DayOf(got).Equal(want) {
			rt.Fatalf("from %v in %d days is %v", f.Now, days, got)
		}
		if skipped := ClockOf(got) != clock; skipped != (due.Skipped != nil) || skipped &&
			ClockOf(due.At.Add(-time.Minute).In(z)).String() >= clock.String() {
			rt.Fatalf("%s became %v, skipped: %v", clock, got, due.Skipped)
		}
		q := f.QuickAdd(fmt.Sprintf("Call in %d days", days))
		if q.Subject != "Call" || q.Due.On == nil || !q.Due.On.Equal(want) {
			rt.Fatalf("%q, %v; want %v", q.Subject, q.Due.On, want)
		}
		name := rapid.SampledFrom([]time.Weekday{0, 1, 2, 3, 4, 5, 6}).Draw(rt, "weekday")
		next := f.QuickAdd("Call next " + name.String()).Due
		if next.On == nil || next.On.Weekday() != name || !next.On.After(f.Today()) || next.On.Sub(f.Today()) > 14*24*time.Hour {
			rt.Fatalf("next %v is %v", name, next.On)
		}
	})
}

// The night without an hour: it is when the clocks go on.
func TestSkippedHour(t *testing.T) {
	t.Parallel()
	for _, tc := range [][4]string{
		{"Europe/Rome", "2027-03-28", "02:30", "2027-03-28 03:00"}, {"America/New_York", "2027-03-14", "02:15", "2027-03-14 03:00"},
		{"Australia/Lord_Howe", "2026-10-04", "02:10", "2026-10-04 02:30"},
		{"Europe/Rome", "2027-03-29", "02:30", "2027-03-29 02:30"}, {"Pacific/Apia", "2011-12-30", "09:00", "2011-12-31 00:00"},
		{"America/Santiago", "2026-09-06", "00:00", "2026-09-06 01:00"},
	} {
		z := zone(t, tc[0])
		f := Formats{Zone: z, Now: time.Date(2011, 1, 1, 0, 0, 0, 0, z)}
		due, ok := f.ParseDue(tc[1] + " " + tc[2])
		if !ok || due.At.In(z).Format("2006-01-02 15:04") != tc[3] || (f.Note(due) != "") != (tc[3][11:] != tc[2]) {
			t.Errorf("%s %s in %s is %v, %q", tc[1], tc[2], tc[0], due.At.In(z), f.Note(due))
		}
	}
}

// Whatever a page shows of a date is read back as the same.
func TestDueRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		z := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		f := Formats{Zone: z, Now: time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(rt, "now"), 0),
			DateStyle: rapid.SampledFrom(DateStyles).Draw(rt, "style").Value}
		at := f.Local(f.Now.Add(time.Duration(rapid.OneOf(rapid.Int64Range(-400*24*60, 400*24*60), rapid.Int64Range(-9*24*60, 9*24*60)).Draw(rt,
			"minutes")) * time.Minute)).Truncate(time.Minute)
		on := DayOf(at)
		for _, shown := range []string{f.DueText(&on, nil), f.Date(on), f.NearDay(on), on.Format(time.DateOnly)} {
			if got, ok := f.ParseDue(shown); !ok || got.On == nil || !got.On.Equal(on) {
				rt.Fatalf("%v at %v is shown as %q and read as %v", on, f.Now.In(z), shown, got.On)
			}
		}
		for _, shown := range []string{f.DueText(nil, &at), f.Moment(at), at.Format("2006-01-02 15:04"), at.Format(time.RFC3339)} {
			got, ok := f.ParseDue(shown)
			if !ok || got.At == nil || naive(got.At.In(z)) != naive(at) { // of an hour that comes twice, either
				rt.Fatalf("%v at %v is shown as %q and read as %v", at, f.Now.In(z), shown, got.At)
			}
		}
	})
}

// A repetition by its anchor: examples, a day at a time.
func TestRepeatExamples(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		repeat, zone, first string
		want                []string
	}{
		{Monthly, "Europe/Rome", "2027-01-31", []string{"2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"}},
		{Yearly, "Europe/Rome", "2024-02-29", []string{"2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"}},
		{Monthly, "America/New_York", "2028-01-30 09:00", []string{"2028-02-29 09:00", "2028-03-30 09:00", "2028-04-30 09:00"}},
		{Daily, "Europe/Rome", "2027-03-27 02:30", []string{"2027-03-28 03:00", "2027-03-29 02:30"}},
		{Weekly, "Europe/Rome", "2027-03-21 02:30", []string{"2027-03-28 03:00", "2027-04-04 02:30"}},
		{Weekdays, "Asia/Kolkata", "2026-11-27", []string{"2026-11-30", "2026-12-01"}},
		{Daily, "Australia/Lord_Howe", "2026-10-03 02:15", []string{"2026-10-04 02:30", "2026-10-05 02:15"}},
	} {
		z := zone(t, tc.zone)
		f := Formats{Zone: z, Now: time.Date(2020, 1, 1, 0, 0, 0, 0, z)}
		due, ok := f.ParseDue(tc.first)
		if !ok {
			t.Fatal(tc.first)
		}
		remind := time.Date(2020, 1, 1, 0, 0, 0, 0, z)
		if due.At != nil {
			remind = due.At.Add(-90 * time.Minute)
		}
		a := AnchorOf(due, &remind, z)
		for _, want := range tc.want {
			now := f.Now
			if due.At != nil {
				now = *due.At
			}
			if due.On != nil {
				now = time.Date(due.On.Year(), due.On.Month(), due.On.Day(), 12, 0, 0, 0, z)
			}
			due, _ = a.Next(tc.repeat, due, now)
			var got string
			if due.On != nil {
				got = due.On.Format(time.DateOnly)
			} else {
				got = due.At.In(z).Format("2006-01-02 15:04")
			}
			if got != want {
				t.Errorf("%s from %s in %s: got %s, want %s", tc.repeat, tc.first, tc.zone, got, want)
			}
		}
	}
}

// Over zones, rules, and whoever completes when: the next is later than the last and than
// now, on a day of the rule, at the anchor's time unless the clocks skip it, and reminds
// as long before as ever.
func TestRepeat(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		z := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		begin := time.Unix(rapid.Int64Range(1_600_000_000, 1_900_000_000).Draw(rt, "begin"), 0).In(z).Truncate(time.Minute)
		repeat := rapid.SampledFrom([]string{Daily, Weekdays, Weekly, Monthly, Yearly}).Draw(rt, "repeat")
		due := Due{At: &begin}
		if rapid.Bool().Draw(rt, "day only") {
			due = Due{On: new(DayOf(begin))}
		}
		before := time.Duration(rapid.IntRange(0, 5000).Draw(rt, "before")) * time.Minute
		remind := begin.Add(-before)
		a := AnchorOf(due, &remind, z)
		distance := *a.Remind
		for range 5 {
			now := begin.Add(time.Duration(rapid.IntRange(-3*24*60, 500*24*60).Draw(rt, "completed")) * time.Minute)
			next, reminder := a.Next(repeat, due, now)
			var day time.Time
			if due.On != nil {
				day = *next.On
				if !day.After(*due.On) || !day.After(DayOf(now.In(z))) {
					rt.Fatalf("%s: after %v, done %v, comes %v", repeat, due.On, now, day)
				}
			} else {
				at := next.At.In(z)
				day = DayOf(at)
				if !at.After(*due.At) || !at.After(now) {
					rt.Fatalf("%s: after %v, done %v, comes %v", repeat, due.At, now, at)
				}
				if ClockOf(at) != *a.Clock {
					if next.Skipped == nil {
						rt.Fatalf("%s at %s comes at %v", repeat, a.Clock, at)
					}
					day = DayOf(naiveOn(day, *a.Clock))
				}
			}
			last := time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
			switch {
			case next.Skipped != nil && day.Day() != a.Day.Day(): // a day that the clocks skip as a whole
			case repeat == Weekdays && (day.Weekday() == time.Saturday || day.Weekday() == time.Sunday),
				repeat == Weekly && day.Weekday() != a.Day.Weekday(),
				(repeat == Monthly || repeat == Yearly) && day.Day() != min(a.Day.Day(), last),
				repeat == Yearly && day.Month() != a.Day.Month():
				rt.Fatalf("%s from %v comes on %v", repeat, a.Day, day)
			}
			if next.Skipped == nil {
				want := a.naive(day).Add(-time.Duration(distance) * time.Minute)
				if got := naive(reminder.In(z)); got.Before(want) || got.Sub(want) > 24*time.Hour {
					rt.Fatalf("reminds at %v, not at %v", got, want)
				}
			}
			due = next
		}
	})
}
