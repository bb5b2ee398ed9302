package cli

import (
	"fmt"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/seed"
)

type seedCommand struct {
	Slug      string `arg:"" help:"The workspace."`
	Customers int    `default:"1000" help:"How many customers."`
	Contacts  *int   `help:"How many contacts; as many as customers by default."`
	Leads     *int   `help:"How many leads; a quarter of the customers by default."`
	Deals     *int   `help:"How many deals; half the customers by default."`
	Projects  *int   `help:"How many projects; a tenth of the customers by default."`
	Tasks     *int   `help:"How many tasks; half the customers by default."`
	Notes     *int   `help:"How many notes; as many as customers by default."`
}

func (c seedCommand) counts() (seed.Counts, error) {
	n := seed.Counts{Customers: c.Customers, Contacts: c.Customers, Leads: c.Customers / 4, Deals: c.Customers / 2, Projects: c.Customers / 10,
		Tasks: c.Customers / 2, Notes: c.Customers}
	for _, f := range []struct {
		asked *int
		to    *int
	}{{&c.Customers, &n.Customers}, {c.Contacts, &n.Contacts}, {c.Leads, &n.Leads}, {c.Deals, &n.Deals}, {c.Projects, &n.Projects},
		{c.Tasks, &n.Tasks}, {c.Notes, &n.Notes}} {
		if f.asked == nil {
			continue
		}
		if *f.asked < 0 {
			return n, usageError("want 0 or more of each kind")
		}
		*f.to = *f.asked
	}
	return n, nil
}

// Run loads generated records into a workspace.
func (c seedCommand) Run(e *environment) error {
	n, err := c.counts()
	if err != nil {
		return err
	}
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	t, err := e.noted(d, c.Slug, auth.DidOperate, "the records: generated ones added (seed)")
	if err != nil {
		return err
	}
	var report func(done int)
	if bar := progress("records"); bar != nil {
		bar.ChangeMax(n.Total())
		report = func(done int) { _ = bar.Set(done) } // it only draws
	}
	if err := seed.Records(e.ctx, d, t.Slug, n, report); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "%d customers, %d contacts, %d leads, %d deals, %d projects, %d tasks and %d notes added to %s\n",
		n.Customers, n.Contacts, n.Leads, n.Deals, n.Projects, n.Tasks, n.Notes, t.Slug)
	return err
}
