package crm

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

func TestQuickAdd(t *testing.T) {
	t.Parallel()
	rome := zone(t, "Europe/Rome")
	now := time.Date(2026, 11, 24, 10, 30, 0, 0, rome) // a Tuesday
	for line, want := range map[string]string{
		"Call Anna tomorrow 14:00":         "Call Anna | 2026-11-25 14:00",
		"tomorrow at 2 pm call Anna":       "call Anna | 2026-11-25 14:00",
		"Send the offer next friday":       "Send the offer | 2026-12-04",
		"Send the offer friday":            "Send the offer | 2026-11-27",
		"Standup tuesday":                  "Standup | 2026-12-01",
		"Pay in 3 days":                    "Pay | 2026-11-27",
		"Pay in 2 weeks at 9am":            "Pay | 2026-12-08 09:00",
		"Ring back in 2 hours":             "Ring back | 2026-11-24 12:30",
		"Lunch noon":                       "Lunch | 2026-11-24 12:00",
		"Stand up 9:00":                    "Stand up | 2026-11-25 09:00", // today's nine is over
		"Renewal 12 May":                   "Renewal | 2027-05-12",
		"Renewal May 12, 2028":             "Renewal | 2028-05-12",
		"Audit 2027-01-31 16:15":           "Audit | 2027-01-31 16:15",
		"Leap 29 February":                 "Leap | 2028-02-29",
		"Report next month":                "Report | 2026-12-24",
		"Plan next week":                   "Plan | 2026-11-30",
		"today":                            "today | 2026-11-24",
		"Call Sun Microsystems":            "Call Sun Microsystems | ",
		"May I call the March team please": "May I call the March team please | ",
		"Order 500 parts":                  "Order 500 parts | ",
		"Room 12:75":                       "Room 12:75 | ",
		"31 February":                      "31 February | ",
		"":                                 " | ",
	} {
		subject, due := QuickAdd(line, now)
		got := subject + " | "
		if due.On != nil {
			got += due.On.Format(time.DateOnly)
		}
		if due.At != nil {
			got += due.At.In(rome).Format("2006-01-02 15:04")
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

var zones = []string{"UTC", "Europe/Rome", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Apia", "Africa/Casablanca", "America/St_Johns"}

// Whatever the zone and the day, daylight saving included: "in N days" is N
// days on in the calendar, and a time of day is what the clock shows then,
// unless the clocks skip it.
func TestQuickAddAcrossDST(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		z := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		now := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(rt, "now"), 0).In(z)
		days := rapid.IntRange(1, 400).Draw(rt, "days")
		hour, minute := rapid.IntRange(0, 23).Draw(rt, "hour"), rapid.IntRange(0, 59).Draw(rt, "minute")
		_, due := QuickAdd(fmt.Sprintf("Call in %d days at %02d:%02d", days, hour, minute), now)
		if due.At == nil {
			rt.Fatal("not understood")
		}
		want := day(now).AddDate(0, 0, days)
		got := due.At.In(z)
		if !day(got).Equal(want) {
			rt.Fatalf("from %v in %d days is %v", now, days, got)
		}
		if got.Hour() != hour || got.Minute() != minute {
			before, after := got.Add(-3*time.Hour), got.Add(3*time.Hour)
			_, a := before.Zone()
			_, b := after.Zone()
			if a == b || got.Hour()*60+got.Minute() < hour*60+minute {
				rt.Fatalf("%02d:%02d became %v although the clocks stand", hour, minute, got)
			}
		}
		subject, on := QuickAdd(fmt.Sprintf("Call in %d days", days), now)
		if subject != "Call" || on.On == nil || !on.On.Equal(want) {
			rt.Fatalf("%q, %v; want %v", subject, on.On, want)
		}
		name := rapid.SampledFrom([]time.Weekday{0, 1, 2, 3, 4, 5, 6}).Draw(rt, "weekday")
		_, next := QuickAdd("Call next "+name.String(), now)
		if next.On == nil || next.On.Weekday() != name || !next.On.After(day(now)) || next.On.Sub(day(now)) > 14*24*time.Hour {
			rt.Fatalf("next %v is %v", name, next.On)
		}
	})
}

// A repeating task's next date is later than today, and keeps its time of day.
func TestRepeat(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		z := zone(t, rapid.SampledFrom(zones[:7]).Draw(rt, "zone"))
		now := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(rt, "now"), 0).In(z)
		due := now.AddDate(0, 0, -rapid.IntRange(0, 90).Draw(rt, "late"))
		due = time.Date(due.Year(), due.Month(), due.Day(), rapid.IntRange(4, 23).Draw(rt, "hour"), 15, 0, 0, z)
		repeat := rapid.SampledFrom([]string{"daily", "weekdays", "weekly", "monthly", "yearly"}).Draw(rt, "repeat")
		_, at := nextDue(tenantdb.TaskGetRow{DueAt: &due, Repeat: repeat}, now)
		if at == nil || !at.After(now) || at.In(z).Hour() != due.Hour() || at.In(z).Minute() != 15 {
			rt.Fatalf("%s after %v, done %v: %v", repeat, due, now, at)
		}
		if d := at.In(z).Weekday(); repeat == "weekdays" && (d == time.Saturday || d == time.Sunday) {
			rt.Fatalf("a weekday is no %v", d)
		}
		if repeat == "weekly" && at.In(z).Weekday() != due.Weekday() {
			rt.Fatalf("weekly goes from %v to %v", due.Weekday(), at.In(z).Weekday())
		}
	})
	on := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	next, _ := nextDue(tenantdb.TaskGetRow{DueOn: &on, Repeat: "monthly"}, on)
	if next.Format(time.DateOnly) != "2027-02-28" {
		t.Errorf("a month after 31 January is %v", next)
	}
}
