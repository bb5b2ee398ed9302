package entity

import "time"

// Anchor is what a repetition keeps to, whatever becomes of one of its days: the day that
// it began with, the time of day, the zone, and how long before it one is reminded.
type Anchor struct {
	Day    time.Time `json:"day"` // midnight UTC
	Clock  *Clock    `json:"clock,omitempty"`
	Zone   string    `json:"zone"`
	Remind *int64    `json:"remind,omitempty"` // minutes by the clock on the wall before what is due; of a day, before it begins
}

// AnchorOf is the anchor of what is due then and reminds, in the person's zone; nil for
// what has no date.
func AnchorOf(due Due, remind *time.Time, zone *time.Location) *Anchor {
	a := Anchor{Zone: zone.String()}
	switch {
	case due.On != nil:
		a.Day = *due.On
	case due.At != nil:
		at := due.At.In(zone)
		a.Day, a.Clock = DayOf(at), new(ClockOf(at))
		if due.Skipped != nil {
			a.Clock = due.Skipped
		}
	default:
		return nil
	}
	if remind != nil {
		a.Remind = new(int64(a.naive(a.Day).Sub(naive(remind.In(zone))) / time.Minute))
	}
	return &a
}

// naive is when the anchor's clock shows its time on a day, as if there were no zones.
func (a Anchor) naive(d time.Time) time.Time {
	if a.Clock == nil {
		return d
	}
	return naiveOn(d, *a.Clock)
}

func (a Anchor) zone() *time.Location {
	if zone, err := time.LoadLocation(a.Zone); err == nil {
		return zone
	}
	return time.UTC
}

// Next is the first repetition after what was due and after now, and its reminder, nil
// for none. now is when the one before is completed, wherever and by whom.
func (a Anchor) Next(repeat string, was Due, now time.Time) (due Due, remind *time.Time) {
	zone := a.zone()
	last := DayOf(now.In(zone)) // a day's is after today
	if was.On != nil && was.On.After(last) {
		last = *was.On
	}
	after := now
	if was.At != nil && was.At.After(now) {
		after = *was.At
	}
	from := last
	if a.Clock != nil {
		from = DayOf(after.In(zone)).AddDate(0, 0, -1)
	}
	for d := a.first(repeat, from); ; d = a.first(repeat, d) {
		if a.Clock == nil {
			if d.After(last) {
				return Due{On: &d}, a.reminder(d, zone)
			}
			continue
		}
		at := a.Clock.On(d, zone)
		if !at.After(after) {
			continue
		}
		due = Due{At: &at}
		if ClockOf(at) != *a.Clock {
			due.Skipped = a.Clock
		}
		return due, a.reminder(d, zone)
	}
}

func (a Anchor) reminder(d time.Time, zone *time.Location) *time.Time {
	if a.Remind == nil {
		return nil
	}
	n := a.naive(d).Add(-time.Duration(*a.Remind) * time.Minute)
	t := ClockOf(n).On(DayOf(n), zone)
	return &t
}

// Moved is the reminder of what is due at another time than the anchor's.
func (a Anchor) Moved(due Due, zone *time.Location) *time.Time {
	if due.At != nil {
		at := due.At.In(zone)
		a.Clock = new(ClockOf(at))
		return a.reminder(DayOf(at), zone)
	}
	return a.reminder(*due.On, zone)
}

// first is the first day of the repetition after a day.
func (a Anchor) first(repeat string, after time.Time) time.Time {
	switch repeat {
	case Daily:
		return after.AddDate(0, 0, 1)
	case Weekdays:
		d := after.AddDate(0, 0, 1)
		for d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
			d = d.AddDate(0, 0, 1)
		}
		return d
	case Weekly:
		return after.AddDate(0, 0, (int(a.Day.Weekday())-int(after.Weekday())+6)%7+1)
	}
	month := time.Date(after.Year(), after.Month(), 1, 0, 0, 0, 0, time.UTC)
	for ; ; month = month.AddDate(0, 1, 0) {
		if repeat == Yearly && month.Month() != a.Day.Month() {
			continue
		}
		d := month.AddDate(0, 0, min(a.Day.Day(), month.AddDate(0, 1, -1).Day())-1) // the month's last where it is shorter
		if d.After(after) {
			return d
		}
	}
}
