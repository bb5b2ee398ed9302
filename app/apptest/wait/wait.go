// Package wait is how tests wait: for a condition, never for a time.
package wait

import (
	"testing"
	"time"
)

// patience is how long anything may take before a test gives up on it: far above
// what the busiest machine needs, for it decides nothing but how soon one hears
// of what hangs.
const patience = 3 * time.Minute

// Until waits until ok; what says what is waited for.
func Until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("not within %s: %s", patience, what)
		}
	}
}
