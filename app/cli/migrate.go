package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/paddock-crm/paddock/app/db"
)

type migrateCommand struct {
	Workers int `default:"8" help:"Tenants migrated at a time."`
	Canary  int `default:"1" help:"Tenants that go first, alone: when one fails, the rest are left as they are."`
}

// Run migrates the shared schema, then every tenant.
func (c migrateCommand) Run(e *environment) error {
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
	o := db.MigrateOptions{Workers: c.Workers, Canary: c.Canary}
	if bar := progress("migrating"); bar != nil {
		o.Progress = func(done, total int) {
			bar.ChangeMax(total)
			_ = bar.Set(done) // it only draws
		}
	}
	return migrate(e.ctx, d, o)
}

// migrate brings both tracks up to date; the error names tenants that failed.
func migrate(ctx context.Context, d *db.DB, o db.MigrateOptions) error {
	if err := d.MigrateShared(ctx); err != nil {
		return err
	}
	report, err := d.MigrateTenants(ctx, o)
	for schema, failure := range report.Failed {
		fmt.Fprintf(os.Stderr, "paddock: %s: %v\n", schema, failure)
	}
	if err == nil && len(report.Failed) > 0 {
		err = fmt.Errorf("%d of %d workspaces failed to migrate", len(report.Failed), report.Migrated+len(report.Failed))
	}
	return err
}

// progress returns a bar on a terminal, nil elsewhere.
func progress(what string) *progressbar.ProgressBar {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	return progressbar.NewOptions(1, progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionOnCompletion(func() { fmt.Fprintln(os.Stderr) }))
}
