package crm

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A column that is sorted at random keeps a total order: every key is between
// its neighbours, ends in no zero, and stays short.
func TestPositions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var column []string
		now := time.Now()
		for range rapid.IntRange(1, 300).Draw(t, "moves") {
			now = now.Add(time.Duration(rapid.IntRange(-3, 50).Draw(t, "later")) * time.Microsecond) // clocks go back too
			at := rapid.IntRange(0, len(column)).Draw(t, "at")
			var key string
			switch {
			case at == len(column):
				last := ""
				if at > 0 {
					last = column[at-1]
				}
				key = positionAtEnd(now, last)
			case at == 0:
				key = positionAtTop(now, column[0])
			default:
				key = positionBetween(column[at-1], column[at])
			}
			column = slices.Insert(column, at, key)
			if at > 0 && column[at-1] >= key || at < len(column)-1 && column[at+1] <= key {
				t.Fatalf("%q is not between its neighbours in %q", key, column)
			}
			if strings.HasSuffix(key, "0") || len(key) > 80 {
				t.Fatalf("a key of %d characters: %q", len(key), key)
			}
		}
	})
}

func TestPositionsAtOnePlaceStayShort(t *testing.T) {
	t.Parallel()
	low, high := positionAtEnd(time.Now(), ""), positionAtEnd(time.Now().Add(time.Second), "")
	for range 1000 { // always between the same two: the worst there is
		high = positionBetween(low, high)
	}
	if len(high) > 250 {
		t.Errorf("after 1,000 insertions at one place a key has %d characters", len(high))
	}
	first := ""
	for i := range 10_000 { // always on top, as new deals come
		first = positionAtTop(time.Now().Add(time.Duration(i)*time.Microsecond), first)
	}
	if len(first) > 20 {
		t.Errorf("after 10,000 on top a key has %d characters", len(first))
	}
}
