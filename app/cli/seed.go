package cli

import (
	"errors"
	"fmt"

	"github.com/paddock-crm/paddock/app/seed"
)

type seedCommand struct {
	Slug      string `arg:"" help:"The workspace."`
	Customers int    `default:"1000" help:"How many customers."`
}

// Run loads generated customers into a workspace.
func (c seedCommand) Run(e *environment) error {
	if c.Customers < 0 {
		return errors.New("--customers: want 0 or more")
	}
	stop, err := e.embed()
	if err != nil {
		return err
	}
	defer stop()
	d, err := e.open()
	if err != nil {
		return err
	}
	defer d.Close()
	var report func(done int)
	if bar := progress("customers"); bar != nil {
		bar.ChangeMax(c.Customers)
		report = func(done int) { _ = bar.Set(done) } // it only draws
	}
	if err := seed.Customers(e.ctx, d, c.Slug, c.Customers, report); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "%d customers added to %s\n", c.Customers, c.Slug)
	return err
}
