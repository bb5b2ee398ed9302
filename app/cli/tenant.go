package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/archive"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web"
	"github.com/paddock-crm/paddock/queries/shareddb"
	letter "github.com/paddock-crm/paddock/views/mail"
)

type tenantCommand struct {
	Create   tenantCreate   `cmd:"" help:"Make a workspace and mail its owner."`
	List     tenantList     `cmd:"" help:"List the workspaces."`
	Show     tenantShow     `cmd:"" help:"Show one workspace."`
	Rename   tenantRename   `cmd:"" help:"Give a workspace another address; the one before leads to it for 30 days."`
	Suspend  tenantSuspend  `cmd:"" help:"Close a workspace to its people."`
	Resume   tenantResume   `cmd:"" help:"Open a suspended workspace again."`
	Delete   tenantDelete   `cmd:"" help:"Delete a workspace; for 30 days it can be brought back."`
	Undelete tenantUndelete `cmd:"" help:"Bring a deleted workspace back."`
	Clone    tenantClone    `cmd:"" help:"Copy a workspace, with its people, under another address."`
	Export   tenantExport   `cmd:"" help:"Write a workspace into a file."`
	Import   tenantImport   `cmd:"" help:"Make a workspace of such a file."`
	Usage    tenantUsage    `cmd:"" help:"Print what workspaces used, by day, for bills."`
	Exec     tenantExec     `cmd:"" help:"Run a command for each workspace, which it finds in PADDOCK_TENANT and PADDOCK_TENANT_SCHEMA."`
	Psql     tenantPsql     `cmd:"" passthrough:"" help:"Open psql in the scope of one workspace."`
}

// slugArg is the workspace that a command is about.
type slugArg struct {
	Slug string `arg:"" help:"The workspace’s address, such as ferrari."`
}

// shared runs fn in the shared schema, and says in words what it answers.
func (e *environment) shared(fn func(*db.SharedTx) error) error {
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	return words(d.Shared(e.ctx, fn))
}

// words says what an error means to the operator.
func words(err error) error {
	switch {
	case errors.Is(err, tenant.ErrUnknown):
		return errors.New("there is no such workspace")
	case errors.Is(err, tenant.ErrSlugTaken):
		return errors.New("this address is taken")
	case errors.Is(err, tenant.ErrSlugReserved):
		return errors.New("this address is reserved")
	case errors.Is(err, tenant.ErrSlugMalformed):
		return usageError("an address has 3 to 40 small letters, digits and single hyphens, and begins with a letter")
	}
	return err
}

type tenantCreate struct {
	slugArg
	Name  string `help:"What people call it; the address by default."`
	Owner string `required:"" name:"owner-email" help:"Who owns it. Somebody without an account gets one, and chooses a password by mail."`
}

// Run makes the workspace in one transaction with its owner and the mail.
func (c tenantCreate) Run(e *environment) error {
	email, err := entity.ParseEmail(c.Owner)
	if err != nil {
		return usageError("--owner-email: this is not an email address")
	}
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	if err := e.secrets(e.embedded); err != nil {
		return err
	}
	box, err := seal.New(e.cfg.Secrets)
	if err != nil {
		return err
	}
	if c.Name = entity.Line(c.Name); c.Name == "" {
		c.Name = c.Slug
	}
	t, err := web.Provision(e.ctx, d, box, *e.cfg.BaseURL, c.Name, c.Slug, email)
	if err != nil {
		return words(err)
	}
	fmt.Fprintf(e.out, "%s is ready; %s gets a mail\n", t.Slug, email)
	return nil
}

type tenantList struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// tenantRow is a workspace as lists show it.
type tenantRow struct {
	Slug      string     `json:"slug"`
	Name      string     `json:"name"`
	State     string     `json:"state"`
	Version   int64      `json:"version"`
	Failure   string     `json:"migration_error,omitempty"`
	Members   int64      `json:"members"`
	Owner     string     `json:"owner"`
	Schema    string     `json:"schema"`
	CreatedAt time.Time  `json:"created_at"`
	LastSeen  *time.Time `json:"last_seen_at,omitempty"`
	Dropped   bool       `json:"dropped,omitempty"`
}

func toRow(r shareddb.TenantListRow) tenantRow {
	out := tenantRow{Slug: r.Slug, Name: r.Name, State: r.State, Version: r.SchemaVersion, Failure: r.MigrationError, Members: r.Members, Owner: r.Owner, Schema: r.Schema, CreatedAt: r.CreatedAt, Dropped: !r.SchemaMade}
	if r.ClaimedAt != nil {
		out.CreatedAt = *r.ClaimedAt
	}
	if r.LastSeenAt.Unix() > 0 {
		out.LastSeen = &r.LastSeenAt
	}
	return out
}

// Run lists all, a page of the database at a time.
func (c tenantList) Run(e *environment) error {
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	rows := []tenantRow{}
	for after := ""; ; {
		var page []shareddb.TenantListRow
		err := d.SharedRead(e.ctx, func(tx *db.SharedTx) (err error) {
			page, err = tx.TenantList(e.ctx, "", after, 500)
			return err
		})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			rows = append(rows, toRow(r))
		}
		after = page[len(page)-1].Slug
	}
	if c.JSON {
		return json.NewEncoder(e.out).Encode(rows)
	}
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		seen := "never"
		if r.LastSeen != nil {
			seen = r.LastSeen.Format(time.DateOnly)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\tversion %d\t%d members\t%s\tlast seen %s\n", r.Slug, r.Name, r.State, r.Version, r.Members, r.Owner, seen)
	}
	return w.Flush()
}

type tenantShow struct {
	slugArg
	JSON bool `name:"json" help:"Print JSON."`
}

// Run shows one.
func (c tenantShow) Run(e *environment) error {
	return e.shared(func(tx *db.SharedTx) error {
		rows, err := tx.TenantList(e.ctx, c.Slug, "", 1)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return tenant.ErrUnknown
		}
		r := toRow(rows[0])
		if c.JSON {
			return json.NewEncoder(e.out).Encode(r)
		}
		w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
		for _, line := range [][2]string{
			{"address", r.Slug}, {"name", r.Name}, {"state", r.State}, {"schema", r.Schema}, {"version", fmt.Sprint(r.Version)}, {"migration", r.Failure},
			{"members", fmt.Sprint(r.Members)}, {"owner", r.Owner}, {"since", r.CreatedAt.Format(time.DateTime)},
		} {
			if line[1] != "" {
				fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
			}
		}
		return w.Flush()
	})
}

type tenantRename struct {
	slugArg
	New string `arg:"" help:"The new address."`
}

// Run renames.
func (c tenantRename) Run(e *environment) error {
	return e.operate(c.Slug, "the address to "+c.New, func(tx *db.SharedTx) error { return tenant.Rename(e.ctx, tx, c.Slug, c.New) })
}

// byCommand is who did it, in a workspace's audit log.
const byCommand = "the operator’s command line"

// operate changes a workspace in the shared schema, and notes it in its audit log.
func (e *environment) operate(slug, what string, change func(*db.SharedTx) error) error {
	return e.shared(func(tx *db.SharedTx) error {
		row, err := tx.TenantFind(e.ctx, slug)
		if errors.Is(err, pgx.ErrNoRows) {
			return unknown(slug)
		}
		if err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return err
		}
		return auth.AuditOperator(e.ctx, tx, tenant.FromRow(row.Tenant), byCommand, auth.DidOperate, what)
	})
}

// noted returns a workspace that is in use, and notes in its audit log what is
// about to be done with it.
func (e *environment) noted(d *db.DB, slug, action, what string) (t tenant.Tenant, err error) {
	err = d.Shared(e.ctx, func(tx *db.SharedTx) (err error) {
		if t, err = tenant.Find(e.ctx, tx, slug); err != nil {
			return err
		}
		return auth.AuditOperator(e.ctx, tx, t, byCommand, action, what)
	})
	if errors.Is(err, tenant.ErrUnknown) {
		err = unknown(slug)
	}
	return t, err
}

func unknown(slug string) error { return fmt.Errorf("no workspace %q", slug) }

type tenantSuspend struct{ slugArg }

// Run suspends.
func (c tenantSuspend) Run(e *environment) error {
	return e.operate(c.Slug, "the workspace: suspended", func(tx *db.SharedTx) error { return tenant.Suspend(e.ctx, tx, c.Slug) })
}

type tenantResume struct{ slugArg }

// Run resumes.
func (c tenantResume) Run(e *environment) error {
	return e.operate(c.Slug, "the workspace: resumed", func(tx *db.SharedTx) error { return tenant.Resume(e.ctx, tx, c.Slug) })
}

type tenantDelete struct{ slugArg }

// Run deletes.
func (c tenantDelete) Run(e *environment) error {
	return e.operate(c.Slug, "the workspace: deleted", func(tx *db.SharedTx) error { return tenant.Delete(e.ctx, tx, c.Slug) })
}

type tenantUndelete struct{ slugArg }

// Run brings back.
func (c tenantUndelete) Run(e *environment) error {
	return e.operate(c.Slug, "the workspace: brought back", func(tx *db.SharedTx) error { return tenant.Undelete(e.ctx, tx, c.Slug) })
}

type tenantExport struct {
	slugArg
	File string `arg:"" help:"Where to write; - for standard output."`
}

// Run writes to a file of another name first: what has the name is whole.
func (c tenantExport) Run(e *environment) error {
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	if c.File == "-" {
		return export(e, d, c.Slug, e.out)
	}
	f, err := os.CreateTemp(filepath.Dir(c.File), ".paddock-export-")
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, errors.Unwrap(err))
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	if err := errors.Join(export(e, d, c.Slug, f), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), c.File)
}

func export(e *environment, d *db.DB, slug string, to io.Writer) error {
	t, err := e.noted(d, slug, auth.DidExport, "The whole workspace")
	if err != nil {
		return err
	}
	return archive.Export(e.ctx, d, t, to, drawn("exporting"))
}

type tenantImport struct {
	File    string `arg:"" help:"The archive."`
	Slug    string `arg:"" help:"The workspace’s address here."`
	Replace bool   `help:"Take the place of the workspace of this address, which is deleted and can be brought back for 30 days."`
}

// Run makes the workspace, or nothing.
func (c tenantImport) Run(e *environment) error {
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := e.secrets(e.embedded); err != nil {
		return err
	}
	box, err := seal.New(e.cfg.Secrets)
	if err != nil {
		return err
	}
	var invited []string
	asking := func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, email, role, token string) error {
		invited = append(invited, email)
		at := *e.cfg.BaseURL
		at.Host, at.Path = t.Slug+"."+at.Host, "/invitations/"+token
		job, err := mail.LetterJob(ctx, box, t.ID, email, letter.Invitation(letter.Sender{Name: "The operator", Workspace: t.Name, Proven: true}, role, at.String()))
		if err != nil {
			return err
		}
		return tx.Enqueue(ctx, job)
	}
	t, err := archive.Import(e.ctx, d, f, info.Size(), archive.Options{Slug: c.Slug, Replace: c.Replace, Report: drawn("importing"), Invited: asking})
	if err != nil {
		return words(err)
	}
	if _, err := e.noted(d, t.Slug, auth.DidOperate, "the workspace: made of an archive"); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s is there, as it was\n", t.Slug)
	for _, email := range invited {
		fmt.Fprintf(e.out, "%s has an account here, and is asked by mail whether to join\n", email)
	}
	return nil
}

type tenantClone struct {
	slugArg
	New string `arg:"" help:"The copy’s address."`
}

// Run copies.
func (c tenantClone) Run(e *environment) error {
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	if err := archive.Clone(e.ctx, d, c.Slug, c.New, drawn("copying")); err != nil {
		return words(err)
	}
	_, err = e.noted(d, c.Slug, auth.DidOperate, "nothing here; made a copy")
	return err
}

type tenantUsage struct {
	Slug  string    `arg:"" optional:"" help:"One workspace’s address; all of them without."`
	Since time.Time `format:"2006-01-02" help:"The first day (UTC); 30 days ago by default."`
	Until time.Time `format:"2006-01-02" help:"The day after the last; without it there is no end."`
	JSON  bool      `name:"json" help:"Print a JSON object per line instead of CSV."`
}

// Run prints a line per workspace and day, a page of the database at a time.
func (c tenantUsage) Run(e *environment) error {
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	if c.Since.IsZero() {
		c.Since = time.Now().UTC().AddDate(0, 0, -30)
	}
	if c.Until.IsZero() {
		c.Until = time.Now().UTC().AddDate(1, 0, 0)
	}
	type line struct {
		Slug     string    `json:"slug"`
		TenantID uuid.UUID `json:"tenant_id"`
		Day      string    `json:"day"`
		Requests int64     `json:"requests"`
		Refused  int64     `json:"refused"`
		Jobs     int64     `json:"jobs"`
		Members  int32     `json:"members"`
		Records  int64     `json:"records"`
		Bytes    int64     `json:"bytes"`
	}
	out, plain := json.NewEncoder(e.out), csv.NewWriter(e.out)
	if !c.JSON {
		_ = plain.Write([]string{"slug", "tenant_id", "day", "requests", "refused", "jobs", "members", "records", "bytes"}) // Flush tells
	}
	if c.Slug != "" {
		err := d.SharedRead(e.ctx, func(tx *db.SharedTx) error {
			rows, err := tx.TenantList(e.ctx, c.Slug, "", 1)
			if err == nil && len(rows) == 0 {
				err = unknown(c.Slug)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	in := shareddb.UsageExportParams{Since: c.Since, Until: c.Until, Slug: c.Slug, AfterDay: time.Unix(0, 0).UTC(), N: 1000}
	for {
		var rows []shareddb.UsageExportRow
		err := d.SharedRead(e.ctx, func(tx *db.SharedTx) (err error) {
			rows, err = tx.UsageExport(e.ctx, in)
			return err
		})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			plain.Flush()
			return plain.Error()
		}
		for _, r := range rows {
			in.AfterDay, in.AfterID = r.Day, r.TenantID
			l := line{r.Slug, r.TenantID, r.Day.Format(time.DateOnly), r.Requests, r.Refused, r.Jobs, r.Members, r.Records, r.Bytes}
			if c.JSON {
				if err := out.Encode(l); err != nil {
					return err
				}
				continue
			}
			_ = plain.Write([]string{l.Slug, l.TenantID.String(), l.Day, fmt.Sprint(l.Requests), fmt.Sprint(l.Refused), fmt.Sprint(l.Jobs), fmt.Sprint(l.Members), fmt.Sprint(l.Records), fmt.Sprint(l.Bytes)}) // Flush tells
		}
	}
}

type tenantExec struct {
	All     bool     `required:"" help:"For every workspace that is in use."`
	Command []string `arg:"" passthrough:"" help:"The command and its arguments."`
}

// Run goes on after a failure, and fails at the end.
func (c tenantExec) Run(e *environment) error {
	command := c.Command
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	if len(command) == 0 {
		return usageError("exec: name a command, after --")
	}
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	failed := 0
	for after := ""; ; {
		var page []shareddb.TenantListRow
		err := d.SharedRead(e.ctx, func(tx *db.SharedTx) (err error) {
			page, err = tx.TenantList(e.ctx, "", after, 500)
			return err
		})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for _, t := range page {
			after = t.Slug
			if t.State != tenant.Active && t.State != tenant.Suspended {
				continue
			}
			if _, err := e.noted(d, t.Slug, auth.DidOperate, "by a command for all workspaces: "+filepath.Base(command[0])); err != nil {
				return err
			}
			cmd := exec.CommandContext(e.ctx, command[0], command[1:]...)
			cmd.Env = append(e.cfg.Environ(), "PADDOCK_TENANT="+t.Slug, "PADDOCK_TENANT_SCHEMA="+t.Schema, "DATABASE_URL="+e.cfg.DatabaseURL, "DATABASE_DIRECT_URL="+e.cfg.DirectURL)
			cmd.Stdout, cmd.Stderr = e.out, e.err
			if err := cmd.Run(); e.ctx.Err() != nil {
				return e.ctx.Err()
			} else if err != nil {
				failed++
				fmt.Fprintf(e.err, "paddock: %s: %v\n", t.Slug, err)
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("the command failed for %d workspaces", failed)
	}
	return nil
}

type tenantPsql struct {
	Args []string `arg:"" name:"slug" help:"The workspace’s address, and then psql’s own arguments."`
}

// Run opens psql whose role and path are the workspace's for as long as it runs.
func (c tenantPsql) Run(e *environment) error {
	slug, args := c.Args[0], c.Args[1:]
	if strings.HasPrefix(slug, "-") {
		return usageError("the workspace’s address comes first: paddock tenant psql SLUG [PSQL’S ARGUMENTS]")
	}
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	t, err := e.noted(d, slug, auth.DidOperate, "the tables, by hand (psql)")
	if err != nil {
		return err
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	// Whoever lists processes sees their arguments. An interrupt is psql's: it ends
	// a query.
	address, password := forLibpq(e.cfg.OwnerURL())
	cmd := exec.CommandContext(context.WithoutCancel(e.ctx), "psql", append([]string{address}, args...)...)
	cmd.Env = append(e.cfg.Environ(), "PGOPTIONS="+d.SessionOptions(t.Schema))
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, e.out, e.err
	return cmd.Run()
}
