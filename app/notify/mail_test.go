package notify

import (
	"testing"
	"time"
)

// A day's mail is due at seven where the member is, once a day, also on those that have an
// hour more or less.
func TestDigestAcrossDST(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Europe/Rome", "America/New_York", "Pacific/Auckland", "America/Sao_Paulo", "Asia/Kolkata",
		"Pacific/Apia",
		"Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		// Something new every twenty minutes for a year: a mail takes all that came before.
		days := map[string]int{}
		for since := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC); since.Year() < 2028; {
			due := dueAt(since, Daily, zone)
			if wait := due.Sub(since); wait <= 0 || wait > 25*time.Hour {
				t.Fatalf("%s: what came at %s is mailed at %s", name, since, due)
			}
			l := due.In(zone)
			if l.Hour() != DigestHour || l.Minute() != 0 {
				t.Errorf("%s: mailed at %s", name, l)
			}
			days[l.Format(time.DateOnly)]++
			for !since.After(due) {
				since = since.Add(20 * time.Minute)
			}
		}
		for day, n := range days {
			if n != 1 {
				t.Errorf("%s: %d mails on %s", name, n, day)
			}
		}
		if len(days) < 575 {
			t.Errorf("%s: mails on %d days", name, len(days))
		}
	}
	now := time.Now()
	if got := dueAt(now, Now, time.UTC); got != now.Add(gather) {
		t.Errorf("at once is %s later", got.Sub(now))
	}
}
