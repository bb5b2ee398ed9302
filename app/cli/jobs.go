package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/jobs"
)

type jobsCommand struct {
	Retry int64 `help:"Have the job with this number tried again now."`
	JSON  bool  `name:"json" help:"Print JSON."`
}

// Run lists what failed, the newest first.
func (c jobsCommand) Run(e *environment) error {
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	if c.Retry != 0 {
		if err := d.Shared(e.ctx, func(tx *db.SharedTx) error { return jobs.Retry(e.ctx, tx, c.Retry) }); err != nil {
			return err
		}
		fmt.Fprintf(e.out, "job %d is tried again now\n", c.Retry)
		return nil
	}
	var failed []jobs.Failed
	err = d.SharedRead(e.ctx, func(tx *db.SharedTx) (err error) {
		failed, _, err = jobs.List(e.ctx, tx, "", 100)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(e.out).Encode(failed)
	}
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	for _, f := range failed {
		next := "gave up"
		if f.State == "retryable" {
			next = "again at " + f.Next.Format(time.DateTime)
		}
		fmt.Fprintf(w, "%d\t%s\t%s\tattempt %d\t%s\n", f.ID, f.Kind, next, f.Attempt, f.Error)
	}
	return w.Flush()
}
