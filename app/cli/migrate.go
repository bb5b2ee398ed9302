package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/views/ui"
)

type migrateCommand struct {
	Shared  bool   `help:"The shared schema alone."`
	Tenant  string `placeholder:"SLUG" help:"This workspace alone; the shared schema must be current."`
	Workers int    `default:"8" help:"Tenants migrated at a time."`
	Canary  int    `placeholder:"N" help:"Tenants that go first, alone: when one fails, the rest are left as they are."`
	DryRun  bool   `help:"Only list what would be migrated."`
	JSON    bool   `name:"json" help:"Print JSON."`

	All    migrateAll    `cmd:"" hidden:"" default:"1"`
	Status migrateStatus `cmd:"" help:"Show which versions there are, and which tenants failed and why."`
}

// migrateAll is migrate without a word behind it: the flags are migrate's own,
// where --help shows them.
type migrateAll struct{}

// Run migrates the shared schema, then every tenant.
func (migrateAll) Run(c *migrateCommand, e *environment) error {
	switch {
	case c.Shared && c.Tenant != "":
		return usageError("--shared and --tenant exclude each other")
	case c.Workers < 1:
		return usageError("--workers: want 1 or more")
	case c.Canary < 0:
		return usageError("--canary: want 0 or more")
	}
	d, done, err := e.connect()
	if err != nil {
		return err
	}
	defer done()
	o := db.MigrateOptions{Workers: c.Workers, Canary: c.Canary, Slug: c.Tenant, DryRun: c.DryRun}
	o.Progress = drawn("migrating")
	if c.Tenant == "" {
		if done, err := c.shared(e, d); err != nil || done {
			return err
		}
	}
	start := time.Now()
	report, err := d.MigrateTenants(e.ctx, o)
	if errors.Is(err, db.ErrUnknownTenant) {
		if o.Slug, err = e.present(d, c.Tenant); err == nil && o.Slug != c.Tenant {
			report, err = d.MigrateTenants(e.ctx, o)
		} else if err == nil {
			err = unknown(c.Tenant)
		}
	}
	if err != nil && report.Tenants == nil && !c.JSON {
		return err
	}
	if c.JSON {
		if report.Tenants == nil {
			report.Tenants = []db.TenantResult{}
		}
		err = errors.Join(err, json.NewEncoder(e.out).Encode(report.Tenants))
	} else {
		w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
		for _, t := range report.Tenants {
			how := t.Took.Round(100 * time.Microsecond).String()
			if c.DryRun {
				how = "to do"
			}
			if t.Error != "" {
				how = "FAILED: " + t.Error
			}
			fmt.Fprintf(w, "%s\t%s\t%d → %d\t%s\n", name(t), t.Schema, t.From, t.To, how)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		switch n := report.Migrated; {
		case n > 0:
			fmt.Fprintf(e.out, "%s migrated in %s, %s each\n", ui.Plural(n, "workspace", "workspaces"), time.Since(start).Round(time.Millisecond),
				(time.Since(start) / time.Duration(n)).Round(10*time.Microsecond))
		case len(report.Tenants) == 0 && err == nil:
			fmt.Fprintf(e.out, "every workspace is at version %d\n", db.TenantVersion())
		}
	}
	return errors.Join(err, failed(report))
}

// shared migrates the shared schema, or says what there is to do. done is true
// where that is all: what the workspaces need can't be known before.
func (c *migrateCommand) shared(e *environment, d *db.DB) (done bool, err error) {
	before, err := d.MigrateStatus(e.ctx)
	if err == nil && !c.DryRun {
		before.Shared, err = d.MigrateShared(e.ctx) // another process may have been faster
	}
	if err != nil {
		return false, err
	}
	behind := before.Shared < before.SharedLatest
	done = c.Shared || behind && c.DryRun
	switch {
	case c.JSON && done:
		err = json.NewEncoder(e.out).Encode(map[string]int64{"from": before.Shared, "to": before.SharedLatest})
	case c.JSON: // an array of tenants follows
	case behind && c.DryRun:
		fmt.Fprintf(e.out, "shared schema  %d → %d  to do; what the workspaces need is known after that\n", before.Shared, before.SharedLatest)
	case behind:
		fmt.Fprintf(e.out, "shared schema  %d → %d  done\n", before.Shared, before.SharedLatest)
	default:
		fmt.Fprintf(e.out, "shared schema  at version %d\n", before.Shared)
	}
	return done, err
}

// name is how a tenant is called in lists: a spare has no slug.
func name(t db.TenantResult) string {
	if t.Slug == "" {
		return "(spare)"
	}
	return t.Slug
}

func failed(report db.MigrateReport) error {
	if n := len(report.Failed); n > 0 {
		return fmt.Errorf("%d of %s failed to migrate", n, ui.Plural(report.Migrated+n, "workspace", "workspaces"))
	}
	return nil
}

// migrate brings both tracks up to date; the error names tenants that failed.
func migrate(ctx context.Context, d *db.DB) error {
	if _, err := d.MigrateShared(ctx); err != nil {
		return err
	}
	report, err := d.MigrateTenants(ctx, db.MigrateOptions{})
	for schema, failure := range report.Failed {
		fmt.Fprintf(os.Stderr, "paddock: %s: %v\n", schema, failure)
	}
	return errors.Join(err, failed(report))
}

type migrateStatus struct{}

// Run shows versions and failures.
func (migrateStatus) Run(c *migrateCommand, e *environment) error {
	d, done, err := e.existing()
	if err != nil {
		return err
	}
	defer done()
	s, err := d.MigrateStatus(e.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(e.out).Encode(s)
	}
	fmt.Fprintf(e.out, "shared schema: version %d of %d\n", s.Shared, s.SharedLatest)
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	for _, v := range s.Versions {
		fmt.Fprintf(w, "version %d of %d\t%s\t%d\n", v.Version, s.TenantLatest, v.State, v.N)
	}
	for _, f := range s.Failed {
		fmt.Fprintf(w, "FAILED %s\t%s\tat version %d: %s\n", name(f), f.Schema, f.From, f.Error)
	}
	return w.Flush()
}

// drawn reports to a progress bar, nil where there is no terminal.
func drawn(what string) func(done, total int) {
	bar := progress(what)
	if bar == nil {
		return nil
	}
	return func(done, total int) {
		bar.ChangeMax(total)
		_ = bar.Set(done) // it only draws
	}
}

// progress returns a bar on a terminal, nil elsewhere.
func progress(what string) *progressbar.ProgressBar {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	return progressbar.NewOptions(1, progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionOnCompletion(func() { fmt.Fprintln(os.Stderr) }))
}
