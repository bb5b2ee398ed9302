package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/paddock-crm/paddock/app/db"
)

// Failed is a job that has failed and waits for another try, or for nobody.
type Failed struct {
	ID       int64     `json:"id"`
	Kind     string    `json:"kind"`
	State    string    `json:"state"` // retryable, discarded or cancelled
	Attempt  int       `json:"attempt"`
	Next     time.Time `json:"next"` // of a retryable one
	Error    string    `json:"error"`
	TenantID uuid.UUID `json:"tenant_id,omitzero"` // on whose behalf; uuid.Nil for nobody's
}

// List returns n jobs that failed, the newest first, from behind the one that after
// names; next names the last where there are more, and is "" where there are none. A
// name that means nothing is ErrNotFound.
func List(ctx context.Context, tx *db.SharedTx, after string, n int) (failed []Failed, next string, err error) {
	failed = []Failed{}
	p := river.NewJobListParams().First(n).OrderBy(river.JobListOrderByID, river.SortOrderDesc).
		States(rivertype.JobStateRetryable, rivertype.JobStateDiscarded, rivertype.JobStateCancelled)
	if after != "" {
		var cursor river.JobListCursor
		if err := cursor.UnmarshalText([]byte(after)); err != nil {
			return nil, "", errors.Join(ErrNotFound, err)
		}
		p = p.After(&cursor)
	}
	found, err := tx.Jobs(ctx, p)
	if err != nil {
		return nil, "", err
	}
	for _, j := range found.Jobs {
		f := Failed{ID: j.ID, Kind: j.Kind, State: string(j.State), Attempt: j.Attempt, Next: j.ScheduledAt}
		var args db.TenantJob
		if json.Unmarshal(j.EncodedArgs, &args) == nil {
			f.TenantID = args.TenantID
		}
		if n := len(j.Errors); n > 0 {
			f.Error = j.Errors[n-1].Error
		}
		failed = append(failed, f)
	}
	if len(failed) == n {
		text, err := found.LastCursor.MarshalText()
		if err != nil {
			return nil, "", err
		}
		next = string(text)
	}
	return failed, next, nil
}

// ErrNotFound is answered for a job that there is not.
var ErrNotFound = errors.New("there is no such job")

// Retry has a failed job tried again now; ErrNotFound when there is none.
func Retry(ctx context.Context, tx *db.SharedTx, id int64) error {
	err := tx.RetryJob(ctx, id)
	if errors.Is(err, rivertype.ErrNotFound) {
		return ErrNotFound
	}
	return err
}
