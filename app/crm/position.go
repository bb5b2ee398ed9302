package crm

import (
	"strings"
	"time"
)

// Cards in a column are ordered by a text, compared byte by byte (collation
// "C"): between two of them there is always room for a third, so that moving
// one card writes one row. A key is a letter and a number, and what insertions
// between two keys add. (The idea is "fractional indexing"; David Greenspan,
// "Implementing Fractional Indexing", 2020.)

const digits62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// positionAtTop returns a key before first, "" for an empty column. It counts
// down with time, so that cards put on top one after the other keep keys short.
func positionAtTop(now time.Time, first string) string {
	p := "M" + base62(1<<62-now.UnixNano())
	if first != "" && p >= first {
		return positionBetween("", first) // a clock behind another's
	}
	return p
}

// positionAtEnd returns a key behind last, "" for an empty column.
func positionAtEnd(now time.Time, last string) string {
	p := "n" + base62(now.UnixNano())
	if p <= last {
		return positionBetween(last, "")
	}
	return p
}

// base62 writes n in 11 digits, so that texts compare as the numbers do. Keys
// never end in 0, else there would be no room before them.
func base62(n int64) string {
	b := [12]byte{}
	for i := 10; i >= 0; i-- {
		b[i] = digits62[n%62]
		n /= 62
	}
	b[11] = 'V'
	return string(b[:])
}

// positionBetween returns a key between a and b: a < b, "" for the ends.
func positionBetween(a, b string) string {
	if b != "" {
		// What they have in common stays; a is as if filled up with zeros.
		n := 0
		for n < len(b) && digitAt(a, n) == strings.IndexByte(digits62, b[n]) {
			n++
		}
		if n > 0 {
			return b[:n] + positionBetween(a[min(n, len(a)):], b[n:])
		}
	}
	low, high := digitAt(a, 0), 62
	if b != "" {
		high = strings.IndexByte(digits62, b[0])
	}
	switch {
	case high-low > 1:
		return digits62[(low+high)/2 : (low+high)/2+1]
	case len(b) > 1:
		return b[:1]
	}
	return digits62[low:low+1] + positionBetween(a[min(1, len(a)):], "")
}

func digitAt(s string, i int) int {
	if i >= len(s) {
		return 0
	}
	return strings.IndexByte(digits62, s[i])
}

// PositionAt returns the keys of a new column, one after the other: for loading
// many deals at once.
func PositionAt(n int) string { return "n" + base62(int64(n)) }
