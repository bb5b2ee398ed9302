package crm

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Due is when something is due: a day, or a moment, or neither.
type Due struct {
	On *time.Time // midnight UTC of the day, whatever the zone
	At *time.Time
}

// day is the calendar day of a moment, in the moment's own zone.
func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// QuickAdd takes the due date out of a line such as "Call Anna tomorrow 14:00":
// words for it stand at the line's end or its beginning, so that "Sun" and
// "May" inside a name are left alone. now is in the person's zone. A line that
// is all date keeps its words as the subject.
func QuickAdd(line string, now time.Time) (subject string, due Due) {
	words := strings.Fields(line)
	for n := min(len(words), 7); n > 0; n-- {
		if n < len(words) {
			if d, ok := ParseDue(strings.Join(words[len(words)-n:], " "), now); ok {
				return strings.Join(words[:len(words)-n], " "), d
			}
		}
		if n < len(words) {
			if d, ok := ParseDue(strings.Join(words[:n], " "), now); ok {
				return strings.Join(words[n:], " "), d
			}
		}
	}
	if d, ok := ParseDue(line, now); ok {
		return strings.Join(words, " "), d
	}
	return strings.Join(words, " "), Due{}
}

var (
	clockPattern = regexp.MustCompile(`^(?:(\d{1,2})(?::(\d{2}))? ?(am|pm)|(\d{1,2}):(\d{2})|(noon|midday))$`)
	inPattern    = regexp.MustCompile(`^in (\d{1,4}|an?|one|two|three|four|five|six|ten) (minute|hour|day|week|month|year)s?$`)
	isoPattern   = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})$`)
	datePattern  = regexp.MustCompile(`^(?:(\d{1,2})(?:st|nd|rd|th|\.)? ([a-z]+)|([a-z]+) (\d{1,2})(?:st|nd|rd|th)?),?(?: (\d{4}))?$`)
	weekdays     = map[string]time.Weekday{}
	months       = map[string]time.Month{"sept": time.September}
	numbers      = map[string]int{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
)

func init() { //nolint:gochecknoinits // tables that the time package spells
	for d := time.Sunday; d <= time.Saturday; d++ {
		name := strings.ToLower(d.String())
		weekdays[name], weekdays[name[:3]] = d, d
	}
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		months[name], months[name[:3]] = m, m
	}
}

// ParseDue reads "tomorrow 14:00", "next friday", "in 3 days", "2026-12-24",
// "12 May at 9am". now is in the person's zone. "friday" is the next one to
// come, "next friday" the one of the week after this. Years go from 1900 to 2200.
func ParseDue(text string, now time.Time) (Due, bool) {
	due, ok := parseDue(text, now)
	for _, t := range []*time.Time{due.On, due.At} {
		if t != nil && (t.Year() < 1900 || t.Year() > 2200) {
			return Due{}, false
		}
	}
	return due, ok
}

func parseDue(text string, now time.Time) (Due, bool) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 || len(words) > 7 {
		return Due{}, false
	}
	if n, unit, ok := parseIn(strings.Join(words, " ")); ok && (unit == "minute" || unit == "hour") {
		size := time.Minute
		if unit == "hour" {
			size = time.Hour
		}
		at := now.Add(time.Duration(n) * size).Truncate(time.Minute)
		return Due{At: &at}, true
	}
	// The time of day ends the phrase or begins it: "tomorrow at 2 pm".
	for n := min(len(words), 3); n > 0; n-- {
		for _, split := range [][2][]string{{words[:len(words)-n], words[len(words)-n:]}, {words[n:], words[:n]}} {
			hour, minute, ok := parseClock(split[1])
			if !ok {
				continue
			}
			d := day(now)
			if len(split[0]) > 0 {
				if d, ok = parseDay(split[0], now); !ok {
					continue
				}
			}
			at := clockOn(d, hour, minute, now.Location())
			if len(split[0]) == 0 && !at.After(now) {
				at = clockOn(d.AddDate(0, 0, 1), hour, minute, now.Location())
			}
			return Due{At: &at}, true
		}
	}
	d, ok := parseDay(words, now)
	if !ok {
		return Due{}, false
	}
	return Due{On: &d}, true
}

// clockOn is a time of day on a day in a zone. Where the clocks skip it, it is
// as much later as they skip.
func clockOn(d time.Time, hour, minute int, zone *time.Location) time.Time {
	t := time.Date(d.Year(), d.Month(), d.Day(), hour, minute, 0, 0, zone)
	if t.Hour() != hour || t.Minute() != minute {
		_, before := t.Add(-4 * time.Hour).Zone()
		t = time.Date(d.Year(), d.Month(), d.Day(), hour, minute, 0, 0, time.FixedZone("", before)).In(zone)
	}
	return t
}

func parseClock(words []string) (hour, minute int, ok bool) {
	if words[0] == "at" {
		words = words[1:]
	}
	m := clockPattern.FindStringSubmatch(strings.Join(words, " "))
	switch {
	case m == nil:
		return 0, 0, false
	case m[6] != "":
		return 12, 0, true
	case m[3] != "":
		hour, _ = strconv.Atoi(m[1])
		minute, _ = strconv.Atoi("0" + m[2])
		if hour < 1 || hour > 12 {
			return 0, 0, false
		}
		hour %= 12
		if m[3] == "pm" {
			hour += 12
		}
	default:
		hour, _ = strconv.Atoi(m[4])
		minute, _ = strconv.Atoi(m[5])
	}
	return hour, minute, hour < 24 && minute < 60
}

func parseIn(s string) (n int, unit string, ok bool) {
	m := inPattern.FindStringSubmatch(s)
	if m == nil {
		return 0, "", false
	}
	n, known := numbers[m[1]]
	if !known {
		n, _ = strconv.Atoi(m[1])
	}
	return n, m[2], true
}

func parseDay(words []string, now time.Time) (time.Time, bool) {
	today := day(now)
	if words[0] == "on" || words[0] == "by" {
		words = words[1:]
	}
	s := strings.Join(words, " ")
	switch s {
	case "today":
		return today, true
	case "tomorrow", "tmrw":
		return today.AddDate(0, 0, 1), true
	case "day after tomorrow", "the day after tomorrow":
		return today.AddDate(0, 0, 2), true
	case "next week":
		return nextMonday(today), true
	case "next month":
		return addMonths(today, 1), true
	}
	if n, unit, ok := parseIn(s); ok {
		switch unit {
		case "day":
			return today.AddDate(0, 0, n), true
		case "week":
			return today.AddDate(0, 0, 7*n), true
		case "month":
			return addMonths(today, n), true
		case "year":
			return addMonths(today, 12*n), true
		}
		return time.Time{}, false
	}
	if w, ok := weekdays[strings.TrimPrefix(strings.TrimPrefix(s, "next "), "this ")]; ok {
		if strings.HasPrefix(s, "next ") {
			return nextMonday(today).AddDate(0, 0, (int(w)+6)%7), true
		}
		return today.AddDate(0, 0, (int(w)-int(today.Weekday())+6)%7+1), true
	}
	if m := isoPattern.FindStringSubmatch(s); m != nil {
		d, err := time.Parse(time.DateOnly, s)
		return d, err == nil
	}
	return parseDate(s, today)
}

// parseDate reads "12 May", "May 12", "12 May 2027"; without a year, the next
// such day.
func parseDate(s string, today time.Time) (time.Time, bool) {
	m := datePattern.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	month, ok := months[m[2]+m[3]]
	if !ok {
		return time.Time{}, false
	}
	n, _ := strconv.Atoi(m[1] + m[4])
	year := today.Year()
	if m[5] != "" {
		year, _ = strconv.Atoi(m[5])
	}
	for range 8 { // 29 February comes within eight years
		d := time.Date(year, month, n, 0, 0, 0, 0, time.UTC)
		if d.Day() == n && (m[5] != "" || !d.Before(today)) {
			return d, true
		}
		if m[5] != "" {
			return time.Time{}, false
		}
		year++
	}
	return time.Time{}, false
}

func nextMonday(today time.Time) time.Time {
	return today.AddDate(0, 0, 7-(int(today.Weekday())+6)%7)
}
