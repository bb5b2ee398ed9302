package views

import (
	"time"

	"github.com/google/uuid"
)

// JobsPage shows the jobs that failed, and how many there are besides.
type JobsPage struct {
	Console
	Counts map[string]int // by state
	Failed []FailedJob
	Next   string
}

func (p JobsPage) count(states []string) (n int) {
	for _, s := range states {
		n += p.Counts[s]
	}
	return n
}

// FailedJob is a job that waits for another try, or for nobody.
type FailedJob struct {
	ID        int64
	Kind      string
	Retryable bool // it is tried again by itself, at Next
	Attempt   int
	Next      time.Time
	Error     string
	TenantID  uuid.UUID // uuid.Nil for nobody's
	Slug      string    // the workspace's; "" where it is gone
}
