//go:build !production

package cli

import (
	"fmt"
	"log/slog"

	"github.com/paddock-crm/paddock/app/db/pgdev"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/seed"
)

type devCommand struct{}

// Run serves a development Paddock: nothing needs to be set up.
func (devCommand) Run(e *environment) error {
	log := e.log(false)
	var err error
	if e.cfg.Listen, err = e.cfg.Loopback(); err != nil {
		return err
	}
	stop, err := e.embed()
	if err != nil {
		return err
	}
	defer stop()
	if err := e.secrets(true); err != nil {
		return err
	}
	d, err := e.open()
	if err != nil {
		return err
	}
	defer d.Close()
	if err := migrate(e.ctx, d); err != nil {
		return err
	}
	if err := seed.Demo(e.ctx, d); err != nil {
		return fmt.Errorf("demo data: %w", err)
	}
	box := &mail.Mailbox{}
	return serve(e.ctx, service{
		cfg: e.cfg, db: d, log: log, send: box.Send, mailbox: box, jobs: true,
		ready: func() { e.welcome() },
	})
}

func (e *environment) welcome() {
	base := *e.cfg.BaseURL
	at := func(slug string) string {
		u := base
		u.Host = slug + "." + u.Host
		return u.String()
	}
	fmt.Fprintf(e.out, `
paddock ready at %s

  %s   sign in as enzo@ferrari.test
  %s   sign in as bruce@mclaren.test
  demo@paddock.test is a member of both, and an operator. Password for all: %s

  Operators    %s   a second factor is asked for; set one up there
  Caught mail  %s/dev/mail
  Components   %s/dev/components

`, &base, at("ferrari"), at("mclaren"), seed.DemoPassword, at("admin"), &base, &base)
}

// embed starts the embedded PostgreSQL when DATABASE_URL is not set, and sets
// it; stop ends our use of the server.
func (e *environment) embed() (stop func(), err error) {
	if e.cfg.DatabaseURL != "" {
		return func() {}, nil
	}
	server, err := pgdev.Start(e.ctx, pgdev.Options{
		Dir: e.postgresDir(), Bin: e.cfg.PGBin,
		Log: func(s string) { slog.Info(s) },
	})
	if err != nil {
		return nil, err
	}
	if e.cfg.DirectURL, err = server.Database(e.ctx, "paddock"); err != nil {
		return nil, err
	}
	if e.cfg.DatabaseURL = e.cfg.DirectURL; e.cfg.TenantRoles == "on" {
		e.cfg.DatabaseURL = server.RequestsURL("paddock")
	}
	e.embedded = true
	return func() { _ = server.Close() }, nil // a closed pipe is what it is about
}
