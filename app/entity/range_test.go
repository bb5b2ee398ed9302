package entity

import (
	"testing"
	"time"
)

// A word names a part of the time in the person's days, whatever the time is elsewhere.
func TestRange(t *testing.T) {
	t.Parallel()
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	// Thursday, 31 December 2026, 11:30 UTC, is Friday, 1 January, in Auckland.
	for _, x := range []struct {
		zone               *time.Location
		word, since, until string
	}{
		{time.UTC, "today", "2026-12-31 00:00", "2027-01-01 00:00"}, {auckland, "today", "2027-01-01 00:00", "2027-01-02 00:00"},
		{time.UTC, "week", "2026-12-28 00:00", "2027-01-04 00:00"}, {auckland, "week", "2026-12-28 00:00", "2027-01-04 00:00"},
		{time.UTC, "+7d", "2026-12-31 00:00", "2027-01-08 00:00"},
		{time.UTC, "month", "2026-12-01 00:00", "2027-01-01 00:00"}, {auckland, "month", "2027-01-01 00:00", "2027-02-01 00:00"},
		{time.UTC, "next-month", "2027-01-01 00:00", "2027-02-01 00:00"}, {auckland, "next-month", "2027-02-01 00:00", "2027-03-01 00:00"},
		{time.UTC, "quarter", "2026-10-01 00:00", "2027-01-01 00:00"}, {auckland, "quarter", "2027-01-01 00:00", "2027-04-01 00:00"},
		{time.UTC, "overdue", "", "2026-12-31 11:30"}, {auckland, "overdue", "", "2027-01-01 00:30"}, {time.UTC, "none", "", ""},
	} {
		f := Formats{Zone: x.zone, Now: time.Date(2026, 12, 31, 11, 30, 0, 0, time.UTC)}
		r, ok := f.Range(x.word)
		text := func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return at.Format("2006-01-02 15:04")
		}
		if since, until := text(r.Since), text(r.Until); !ok || since != x.since || until != x.until || r.None != (x.word == "none") ||
			r.Open != (x.word == "overdue") {
			t.Errorf("%s in %s: from %s until %s, %+v", x.word, x.zone, since, until, r)
		}
	}
	if _, ok := (Formats{}).Range("someday"); ok {
		t.Error("someday")
	}
	for _, w := range RangeWords {
		if _, ok := (Formats{}).Range(w.Value); !ok {
			t.Errorf("%s is offered", w.Value)
		}
	}
}
