package entity

import "time"

// Range is part of the time: what a list of dates is narrowed to.
type Range struct {
	Word         string    // that names it, of RangeWords; "" for one between two days
	Since, Until time.Time // from the first on, and before the second; zero for no end
	None         bool      // what has no date, in place of those that have
	Open         bool      // only what is not done yet
}

// RangeWords name parts of the time that move on with it.
var RangeWords = []Option{
	{Value: "overdue", Label: "Overdue"}, {Value: "today", Label: "Today"}, {Value: "week", Label: "This week"},
	{Value: "+7d", Label: "Next 7 days"}, {Value: "month", Label: "This month"}, {Value: "next-month", Label: "Next month"},
	{Value: "quarter", Label: "This quarter"}, {Value: "none", Label: "No date"},
}

// Range returns what the word names now, in the person's days, and false for none of
// RangeWords.
func (f Formats) Range(word string) (Range, bool) {
	now := f.Local(f.Now)
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, now.Location()) }
	today := day(now.Year(), now.Month(), now.Day())
	r := Range{Word: word}
	switch word {
	case "overdue":
		r.Until, r.Open = now, true
	case "today":
		r.Since, r.Until = today, today.AddDate(0, 0, 1)
	case "week": // from Monday on
		r.Since = today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
		r.Until = r.Since.AddDate(0, 0, 7)
	case "+7d":
		r.Since, r.Until = today, today.AddDate(0, 0, 8)
	case "month":
		r.Since, r.Until = day(now.Year(), now.Month(), 1), day(now.Year(), now.Month()+1, 1)
	case "next-month":
		r.Since, r.Until = day(now.Year(), now.Month()+1, 1), day(now.Year(), now.Month()+2, 1)
	case "quarter":
		first := (now.Month()-1)/3*3 + 1
		r.Since, r.Until = day(now.Year(), first, 1), day(now.Year(), first+3, 1)
	case "none":
		r.None = true
	default:
		return Range{}, false
	}
	return r, true
}
