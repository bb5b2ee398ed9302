package tenant

import (
	"fmt"
	"time"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// Limits are what one workspace may take of what all of them share. An operator
// can set each of them for a workspace of its own.
type Limits struct {
	Statement  time.Duration // of one SQL statement
	Concurrent int           // requests at once in each process; more of them wait for a slot
	Requests   int           // a minute, over all processes
	Records    int64         // with those in the trash
	Bytes      int64         // of its schema in the database
	Jobs       int           // that wait to be done
}

// DefaultLimits are far above what a team needs, and far below what would be
// felt by others: six requests at once leave four of a process's ten
// connections to everybody else.
var DefaultLimits = Limits{Statement: db.StatementTimeout, Concurrent: 6, Requests: 12_000, Records: 2_000_000, Bytes: 20 << 30,
	Jobs: db.MaxJobs}

// What a workspace can be full of.
const (
	FullOfRecords = "records"
	FullOfStorage = "storage"
)

func limitsOf(r shareddb.Tenant) Limits {
	l := DefaultLimits
	if r.LimitStatementMs != nil {
		l.Statement = time.Duration(*r.LimitStatementMs) * time.Millisecond
	}
	set(&l.Concurrent, r.LimitConcurrent)
	set(&l.Requests, r.LimitRequests)
	set(&l.Records, r.LimitRecords)
	set(&l.Bytes, r.LimitBytes)
	set(&l.Jobs, r.LimitJobs)
	return l
}

func set[T int | int64, R int32 | int64](to *T, from *R) {
	if from != nil {
		*to = T(*from)
	}
}

// fullOf says which limit what was measured has reached, "" for none.
func (l Limits) fullOf(records, bytes int64) string {
	switch {
	case records >= l.Records:
		return FullOfRecords
	case bytes >= l.Bytes:
		return FullOfStorage
	}
	return ""
}

// LimitError is answered for a request that is one too many.
type LimitError struct {
	RetryAfter time.Duration
	Reason     string // for the person
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("tenant: %s Try again in %s", e.Reason, e.RetryAfter)
}
