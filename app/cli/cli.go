// Package cli holds the commands. It is the one room that wires the others
// together; nothing imports it.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/telemetry"
)

// commands is Paddock's command line.
type commands struct {
	Dev     devCommand     `cmd:"" default:"withargs" help:"Run everything for development: PostgreSQL, demo data, a mailbox (the default)."`
	Serve   serveCommand   `cmd:"" help:"Run in production: web and jobs."`
	Work    workCommand    `cmd:"" help:"Run jobs alone."`
	Migrate migrateCommand `cmd:"" help:"Bring the shared schema and every tenant's up to date."`
	Tenant  tenantCommand  `cmd:"" help:"Make, list, change, remove and look into workspaces."`
	Admin   adminCommand   `cmd:"" help:"Say who may enter the operators’ console."`
	Secrets secretsCommand `cmd:"" help:"Replace PADDOCK_SECRET."`
	Doctor  doctorCommand  `cmd:"" help:"Say what is wrong, and how to mend it."`
	Jobs    jobsCommand    `cmd:"" help:"List the jobs that failed, or have one tried again."`
	Seed    seedCommand    `cmd:"" help:"Fill a workspace with generated customers."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// environment is what every command gets.
type environment struct {
	ctx      context.Context
	cfg      config.Config
	wrong    error // what the settings have wrong, for the checks
	embedded bool  // the database is development's own
	out, err io.Writer
	tracer   pgx.QueryTracer // nil where no traces are sent
}

// Run runs one command line and returns its exit code.
func Run(args []string, out, errOut io.Writer) int {
	var c commands
	exit := -1
	parser := kong.Must(&c, kong.Name("paddock"), kong.Writers(out, errOut),
		kong.Description("A CRM that gives every team a workspace of its own. Settings come from the environment: see docs/settings.md."),
		kong.UsageOnError(), kong.Exit(func(code int) { exit = code }))
	run, err := parser.Parse(args)
	if exit >= 0 {
		return exit // --help
	}
	if err != nil {
		fmt.Fprintln(errOut, "paddock:", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cfg, err := config.Load()
	if err == nil || slices.Contains([]string{"doctor", "serve", "work"}, run.Command()) { // which say what is wrong
		err = run.Run(&environment{ctx: ctx, cfg: cfg, wrong: err, out: out, err: errOut})
	}
	if err = words(err); err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = errors.New("stopped before it was done")
		}
		fmt.Fprintln(errOut, "paddock:", err)
		if errors.As(err, new(usageError)) {
			return exitUsage
		}
		return exitFailed
	}
	return exitDone
}

// usageError is a command line that parses and makes no sense: exit code 2.
type usageError string

func (e usageError) Error() string { return string(e) }

// database connects to the settings' database, or to the embedded one, which
// done then lets go of. It is migrated, or that is the error.
func (e *environment) database() (d *db.DB, done func(), err error) {
	if d, done, err = e.existing(); err != nil {
		return nil, nil, err
	}
	if err = d.CheckShared(e.ctx); err != nil {
		done()
		return nil, nil, err
	}
	return d, done, nil
}

// existing is database without a look at its version. A data directory that was
// mistyped does not get a PostgreSQL.
func (e *environment) existing() (d *db.DB, done func(), err error) {
	if _, err := os.Stat(e.postgresDir()); e.cfg.DatabaseURL == "" && err != nil {
		return nil, nil, fmt.Errorf(
			"DATABASE_URL is not set, and there is no PostgreSQL in PADDOCK_DATA_DIR=%s yet: paddock and paddock migrate make one", e.cfg.DataDir)
	}
	return e.connect()
}

// connect is existing, and makes the embedded database.
func (e *environment) connect() (d *db.DB, done func(), err error) {
	stop, err := e.embed()
	if err != nil {
		return nil, nil, err
	}
	if d, err = e.open(); err != nil {
		stop()
		return nil, nil, err
	}
	return d, func() {
		d.Close()
		stop()
	}, nil
}

// open connects to the database of the settings.
func (e *environment) open() (*db.DB, error) {
	return db.Open(e.ctx, db.Config{URL: e.cfg.OwnerURL(), RequestsURL: e.cfg.DatabaseURL, TenantRoles: e.cfg.TenantRoles == "on",
		Tracer: e.tracer})
}

func (e *environment) log(json bool) *slog.Logger {
	var h slog.Handler = slog.NewTextHandler(e.err, nil)
	if json {
		h = slog.NewJSONHandler(e.err, nil)
	}
	log := slog.New(h)
	slog.SetDefault(log)
	return log
}

// trace sends traces where the settings say so; stop sends what is left.
func (e *environment) trace() (stop func(), err error) {
	if e.cfg.OTLP == "" {
		return func() {}, nil
	}
	shutdown, err := telemetry.Start(e.ctx, version())
	if err != nil {
		return nil, err
	}
	e.tracer = telemetry.QueryTracer()
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(e.ctx), 5*time.Second)
		defer cancel()
		if err := shutdown(ctx); err != nil {
			slog.Warn("the last traces could not be sent", "error", err)
		}
	}, nil
}

// version is what the build recorded.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "development"
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(e *environment) error {
	_, err := fmt.Fprintln(e.out, "paddock", version())
	return err
}

// secrets takes development's own where the settings have none. Only who may
// create it makes one up: nobody else could open what it seals.
func (e *environment) secrets(create bool) error {
	if len(e.cfg.Secrets) > 0 {
		return nil
	}
	secret, err := e.cfg.DevelopmentSecret(create)
	e.cfg.Secrets = []string{secret}
	return err
}

func (e *environment) postgresDir() string { return filepath.Join(e.cfg.DataDir, "postgres") }
