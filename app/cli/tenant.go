package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
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
	"github.com/paddock-crm/paddock/app/web/console"
	"github.com/paddock-crm/paddock/queries/shareddb"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
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

// shared runs fn in the shared schema.
func (e *environment) shared(fn func(*db.SharedTx) error) error {
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	return d.Shared(e.ctx, fn)
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
	t, err := console.Provision(e.ctx, d, box, *e.cfg.BaseURL, c.Name, c.Slug, email)
	if err != nil {
		return err
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
	out := tenantRow{Slug: r.Slug, Name: r.Name, State: r.State, Version: r.SchemaVersion, Failure: r.MigrationError, Members: r.Members,
		Owner: r.Owner, Schema: r.Schema, CreatedAt: r.CreatedAt, Dropped: !r.SchemaMade}
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
		fmt.Fprintf(w, "%s\t%s\t%s\tversion %d\t%s\t%s\tlast seen %s\n", r.Slug, r.Name, r.State, r.Version,
			ui.Plural(int(r.Members), "member", "members"), r.Owner, seen)
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
		slug, err := tenant.Present(e.ctx, tx, c.Slug)
		if err != nil {
			return err
		}
		e.renamed(c.Slug, slug)
		rows, err := tx.TenantList(e.ctx, slug, "", 1)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return unknown(c.Slug)
		}
		r := toRow(rows[0])
		if c.JSON {
			return json.NewEncoder(e.out).Encode(r)
		}
		w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
		for _, line := range [][2]string{
			{"address", r.Slug}, {"name", r.Name}, {"state", r.State}, {"schema", r.Schema}, {"version", fmt.Sprint(r.Version)},
			{"migration", r.Failure},
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
	return e.operate(c.Slug, "the address to "+c.New, "%s is called "+c.New+" now, and leads there for 30 days",
		func(tx *db.SharedTx, slug string) error { return tenant.Rename(e.ctx, tx, slug, c.New) })
}

// byCommand is who did it, in a workspace's audit log.
const byCommand = "the operator’s command line"

// operate changes a workspace in the shared schema, notes it in its audit log, and says
// so: said is of the workspace, by its present name.
func (e *environment) operate(slug, what, said string, change func(tx *db.SharedTx, slug string) error) error {
	var now string
	err := e.shared(func(tx *db.SharedTx) (err error) {
		if now, err = tenant.Present(e.ctx, tx, slug); err != nil {
			return err
		}
		row, err := tx.TenantFind(e.ctx, now)
		if errors.Is(err, pgx.ErrNoRows) {
			return unknown(slug)
		}
		if err != nil {
			return err
		}
		if err := change(tx, now); err != nil {
			return err
		}
		return auth.AuditOperator(e.ctx, tx, tenant.FromRow(row.Tenant), byCommand, auth.DidOperate, what)
	})
	if err != nil {
		return err
	}
	e.renamed(slug, now)
	fmt.Fprintln(e.out, strings.ReplaceAll(said, "%s", now))
	return nil
}

// renamed says that a workspace has another name by now, where it has.
func (e *environment) renamed(slug, now string) {
	if slug != now {
		fmt.Fprintf(e.err, "%s is called %s now\n", slug, now)
	}
}

// present is what the workspace is called now.
func (e *environment) present(d *db.DB, slug string) (now string, err error) {
	err = d.SharedRead(e.ctx, func(tx *db.SharedTx) (err error) {
		now, err = tenant.Present(e.ctx, tx, slug)
		return err
	})
	if err == nil {
		e.renamed(slug, now)
	}
	return now, err
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
	if err == nil {
		e.renamed(slug, t.Slug)
	}
	return t, err
}

func unknown(slug string) error { return fmt.Errorf("no workspace %q", slug) }

type tenantSuspend struct{ slugArg }

// Run suspends.
func (c tenantSuspend) Run(e *environment) error {
	return e.operate(c.Slug, "the workspace: suspended", "%s is suspended",
		func(tx *db.SharedTx, slug string) error { return tenant.Suspend(e.ctx, tx, slug) })
}

type tenantResume struct{ slugArg }

// Run resumes.
func (c tenantResume) Run(e *environment) error {
	return e.operate(c.Slug, "the workspace: resumed", "%s is open again",
		func(tx *db.SharedTx, slug string) error { return tenant.Resume(e.ctx, tx, slug) })
}

type tenantDelete struct{ slugArg }

// Run deletes.
func (c tenantDelete) Run(e *environment) error {
	return e.operate(c.Slug, "the workspace: deleted", "%s is deleted; for 30 days it is brought back by paddock tenant undelete %s",
		func(tx *db.SharedTx, slug string) error { return tenant.Delete(e.ctx, tx, slug) })
}

type tenantUndelete struct{ slugArg }

// Run brings back.
func (c tenantUndelete) Run(e *environment) error {
	return e.operate(c.Slug, "the workspace: brought back", "%s is back",
		func(tx *db.SharedTx, slug string) error { return tenant.Undelete(e.ctx, tx, slug) })
}

type tenantExport struct {
	slugArg
	File string `arg:"" help:"Where to write; - for standard output."`
}

// Run writes the file, or nothing.
func (c tenantExport) Run(e *environment) error {
	if c.File == "" {
		return usageError("name a file, or - for standard output")
	}
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	to, keep, err := destination(e.ctx, c.File, e.out)
	if err != nil {
		return err
	}
	t, err := e.noted(d, c.Slug, auth.DidExport, "The whole workspace")
	if err == nil {
		err = archive.Export(e.ctx, d, t, to, drawn("exporting"))
	}
	if err := keep(err); err != nil {
		return err
	}
	if c.File != "-" {
		fmt.Fprintf(e.err, "%s is in %s\n", t.Slug, c.File) // the output may be the archive
	}
	return nil
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
	asking := func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, email, role, token string) error {
		at := *e.cfg.BaseURL
		at.Host, at.Path = t.Slug+"."+at.Host, "/invitations/"+token
		job, err := mail.LetterJob(ctx, box, t.ID, email, letter.Invitation(letter.Sender{Name: "The operator", Workspace: t.Name, Proven: true},
			role, at.String()))
		if err != nil {
			return err
		}
		return tx.Enqueue(ctx, job)
	}
	t, err := archive.Import(e.ctx, d, f, info.Size(), archive.Options{Slug: c.Slug, Replace: c.Replace, Report: drawn("importing"),
		Invited: asking})
	if err != nil {
		return err
	}
	if _, err := e.noted(d, t.Slug, auth.DidOperate, "the workspace: made of an archive"); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s is there, as it was\n", t.Slug)
	for _, p := range t.People {
		fmt.Fprintf(e.out, "%s (%s) %s\n", p.Email, p.Role, came[p.Came])
	}
	return nil
}

// came says what became of somebody in an imported workspace.
var came = map[archive.Came]string{
	archive.Known:   "is a member here too; nothing of their account changes",
	archive.Invited: "has an account here, and is asked by mail whether to join; nothing of it changes",
	archive.Made:    "is a member, with an account without a password: “Forgot your password?” proves their address, and lets them in",
	archive.Left:    "was a member of what was replaced, is none of the archive, and is out",
	archive.Twice:   "is somebody here who comes in as another member of the archive already",
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
	if err := archive.Clone(e.ctx, d, c.Slug, c.New, drawn("copying")); errors.Is(err, tenant.ErrUnknown) {
		return unknown(c.Slug)
	} else if err != nil {
		return err
	}
	t, err := e.noted(d, c.Slug, auth.DidOperate, "nothing here; made a copy")
	if err != nil {
		return err
	}
	how := ""
	if t.State == tenant.Suspended {
		how = "; it is suspended, as that is"
	}
	fmt.Fprintf(e.out, "%s is there, a copy of %s with its people%s\n", c.New, t.Slug, how)
	return nil
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
		if c.Slug, err = e.present(d, c.Slug); err != nil {
			return err
		}
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
			// Flush tells
			_ = plain.Write([]string{l.Slug, l.TenantID.String(), l.Day, fmt.Sprint(l.Requests), fmt.Sprint(l.Refused), fmt.Sprint(l.Jobs),
				fmt.Sprint(l.Members), fmt.Sprint(l.Records), fmt.Sprint(l.Bytes)})
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
	program, err := exec.LookPath(command[0])
	if err != nil { // before anything is noted
		return fmt.Errorf("%s is not on the PATH, and no program: nothing was run", command[0])
	}
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	failed, ran := 0, 0
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
			ran++
			if _, err := e.noted(d, t.Slug, auth.DidOperate, "by a command for all workspaces: "+filepath.Base(command[0])); e.ctx.Err() != nil {
				return e.ctx.Err()
			} else if err != nil {
				failed++
				fmt.Fprintf(e.err, "paddock: %s: %v\n", t.Slug, words(err))
				continue
			}
			cmd := exec.CommandContext(e.ctx, program, command[1:]...)
			cmd.Env = append(e.cfg.Environ(), "PADDOCK_TENANT="+t.Slug, "PADDOCK_TENANT_SCHEMA="+t.Schema, "DATABASE_URL="+e.cfg.DatabaseURL,
				"DATABASE_DIRECT_URL="+e.cfg.DirectURL)
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
		return fmt.Errorf("the command failed for %s of %d", ui.Plural(failed, "workspace", "workspaces"), ran)
	}
	fmt.Fprintf(e.err, "run for %s\n", ui.Plural(ran, "workspace", "workspaces"))
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
	program, err := exec.LookPath("psql")
	if err != nil { // before anything is noted
		return errors.New("psql is not on the PATH: it comes with PostgreSQL’s client")
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
	address, password, err := forLibpq(e.cfg.OwnerURL())
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.WithoutCancel(e.ctx), program, append([]string{address}, args...)...)
	cmd.Env = append(e.cfg.Environ(), "PGOPTIONS="+d.SessionOptions(t.Schema))
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, e.out, e.err
	return cmd.Run()
}
