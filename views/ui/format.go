package ui

import (
	"fmt"
	"time"

	"github.com/paddock-crm/paddock/app/entity"
)

// DateStyles and NumberStyles are the ways to write days and numbers, each by its example.
var (
	DateStyles   = styles(entity.DateStyles)
	NumberStyles = styles(entity.NumberStyles)
)

func styles(of []entity.Style) []Option {
	out := make([]Option, len(of))
	for i, s := range of {
		out[i] = Option{Value: s.Value, Label: s.Example}
	}
	return out
}

// Count is a whole number in English, for messages.
func Count(n int) string { return entity.Formats{}.Count(n) }

// Plural is "1 customer" or "2 customers" in English, for messages.
func Plural(n int, one, many string) string { return entity.Formats{}.Plural(n, one, many) }

// Ago says how long before now t was: "just now", "5 minutes ago", "yesterday".
func Ago(t, now time.Time) string {
	s := int(now.Sub(t).Seconds())
	for _, u := range []struct {
		seconds   int
		one, many string
		word      string
	}{
		{31557600, "year", "years", "last year"}, {2629800, "month", "months", "last month"},
		{604800, "week", "weeks", "last week"}, {86400, "day", "days", "yesterday"},
		{3600, "hour", "hours", ""}, {60, "minute", "minutes", ""},
	} {
		if n := s / u.seconds; n >= 1 {
			if n == 1 && u.word != "" {
				return u.word
			}
			return Plural(n, u.one, u.many) + " ago"
		}
	}
	return "just now"
}

// Size is a number of bytes as people read it.
func Size(n int64) string {
	switch {
	case n < 1<<10:
		return Plural(int(n), "byte", "bytes")
	case n < 1<<20:
		return fmt.Sprintf("%d kB", n>>10)
	case n < 1<<30:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	}
}
