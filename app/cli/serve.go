package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/domains"
	"github.com/paddock-crm/paddock/app/jobs"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/notify"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web"
)

type serveCommand struct {
	Jobs bool `default:"true" negatable:"" help:"Run jobs too; --jobs=false serves the web alone."`
}

// Run serves production until it is told to stop.
func (c serveCommand) Run(e *environment) error {
	s, done, err := e.production()
	if err != nil {
		return err
	}
	defer done()
	s.jobs = c.Jobs
	return serve(e.ctx, s)
}

// production is what serve and work have in common: whatever the checks of a start find
// wrong is why they don't. done gives it back.
func (e *environment) production() (s service, done func(), err error) {
	s = service{cfg: e.cfg, log: e.log(true)}
	x := &examination{environment: e, start: true}
	x.make(settingChecks)
	if err := x.verdict(s.log); err != nil {
		return s, nil, err
	}
	// A page's memory is garbage a millisecond later: collecting half as often takes a tenth
	// less of the processor, for some 20 MB. The collector works harder before the container's
	// limit ends the process.
	if said := debug.SetGCPercent(200); said != 100 { // by GOGC
		debug.SetGCPercent(said)
	}
	if _, err := memlimit.Set(); err != nil {
		s.log.Warn("GOMEMLIMIT is not set from the container's limit", "error", err)
	}
	if s.send, err = mail.SMTP(e.cfg.SMTPURL, e.cfg.MailFrom); err != nil {
		return s, nil, err
	}
	stop, err := e.trace()
	if err != nil {
		return s, nil, err
	}
	if s.db, err = e.open(); err != nil {
		stop()
		return s, nil, err
	}
	done = func() {
		s.db.Close()
		stop()
	}
	x.db = s.db
	x.make(databaseChecks)
	if err := x.verdict(s.log); err != nil {
		done()
		return s, nil, err
	}
	return s, done, nil
}

type workCommand struct{}

// Run works on jobs until it is told to stop.
func (workCommand) Run(e *environment) error {
	s, done, err := e.production()
	if err != nil {
		return err
	}
	defer done()
	box, err := seal.New(e.cfg.Secrets)
	if err != nil {
		return err
	}
	stop, err := s.private(e.ctx, web.NewMetrics(s.db))
	if err != nil {
		return err
	}
	defer stop()
	return s.work(e.ctx, box)
}

// defaultMetrics is where production answers Prometheus unless it is told.
const defaultMetrics = "127.0.0.1:9090"

// private answers on the operator's own ports, until stop: metrics, and profiles where
// PADDOCK_PPROF_LISTEN is set. Development has metrics where
// PADDOCK_METRICS_LISTEN is set; and where the port was not chosen, another
// process of ours that has it already is no reason not to start.
func (s service) private(ctx context.Context, m *web.Metrics) (stop func(), err error) {
	address := s.cfg.Metrics
	if address == "" && s.ready == nil {
		address = defaultMetrics
	}
	profiles := func() {}
	if s.cfg.Profiles != "" {
		l, err := listen(ctx, "PADDOCK_PPROF_LISTEN", s.cfg.Profiles)
		if err != nil {
			return nil, err
		}
		profiles = answer(l, web.Profiles())
	}
	if address == "" || address == "off" {
		return profiles, nil
	}
	l, err := listen(ctx, "PADDOCK_METRICS_LISTEN", address)
	if errors.Is(err, syscall.EADDRINUSE) && s.cfg.Metrics == "" {
		s.log.Warn("no metrics: the port is taken; set PADDOCK_METRICS_LISTEN to another", "listen", address)
		return profiles, nil
	}
	if err != nil {
		profiles()
		return nil, err
	}
	metrics := answer(l, m.Handler())
	return func() {
		profiles()
		metrics()
	}, nil
}

// answer serves until stop.
func answer(l net.Listener, h http.Handler) (stop func()) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }()
	return func() { _ = server.Close() }
}

// service is a running Paddock; ready is called once it serves.
type service struct {
	cfg     config.Config
	db      *db.DB
	log     *slog.Logger
	send    mail.Sender
	mailbox *mail.Mailbox
	jobs    bool
	ready   func()
}

// secure puts TLS on the listener, as PADDOCK_TLS says.
func (s service) secure(ctx context.Context, l net.Listener, hosts *tenant.Resolver, box *seal.Box) (net.Listener, error) {
	auto, certFile, keyFile, err := s.cfg.Certificates()
	if err != nil || !auto && certFile == "" {
		return l, err
	}
	port := 0
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		port = a.Port
	}
	c, err := domains.NewTLS(ctx, domains.TLSOptions{
		DB: s.db, Box: box, Hosts: hosts, Log: s.log, Auto: auto, Directory: s.cfg.ACME, Email: s.cfg.ACMEEmail, Port: port, CertFile: certFile,
		KeyFile: keyFile,
	})
	if err != nil {
		return nil, err
	}
	return tls.NewListener(l, c), nil
}

// work works on jobs until ctx ends. While the database takes no changes it waits for
// one that does.
func (s service) work(ctx context.Context, box *seal.Box) error {
	for {
		err := jobs.Run(ctx, jobs.Options{DB: s.db, Spares: s.cfg.SpareSchemas, Log: s.log, Box: box, Send: s.send, BaseURL: s.cfg.BaseURL})
		if ctx.Err() != nil || !db.TakesNoChanges(err) {
			return err
		}
		s.log.Warn("no job is worked on: the database takes no changes", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(5 * time.Second):
		}
	}
}

// serve answers requests until ctx ends, then lets those under way finish.
func serve(ctx context.Context, s service) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	meter := tenant.NewMeter(s.db)
	counting, stop := context.WithCancel(context.WithoutCancel(ctx)) // requests under way count too
	defer stop()
	wg.Go(func() { meter.Run(counting) })

	hosts := tenant.NewResolver(s.db, s.cfg.BaseURL.Hostname())
	wg.Go(func() { hosts.Run(counting) })
	box, err := seal.New(s.cfg.Secrets)
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	if s.jobs {
		wg.Go(func() {
			if err := s.work(ctx, box); err != nil && ctx.Err() == nil {
				failed <- fmt.Errorf("jobs: %w", err)
			}
		})
	}
	metrics := web.NewMetrics(s.db)
	live := notify.NewHub()
	wg.Go(func() { live.Run(counting, s.db) })
	options := web.Options{Config: s.cfg, DB: s.db, Hosts: hosts, Live: live, Meter: meter, Metrics: metrics, Log: s.log, Mailbox: s.mailbox}
	handler := web.New(options) //nolint:contextcheck // requests have their own
	l, err := listen(ctx, "PADDOCK_LISTEN", s.cfg.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is taken: does Paddock run already? Else set PADDOCK_LISTEN to another port, such as :8081", s.cfg.Listen)
	}
	if err != nil {
		return err
	}
	stoppable := &web.Listener{TCPListener: l.(*net.TCPListener)} // it is one: the network is tcp
	closeMetrics, err := s.private(ctx, metrics)
	if err != nil {
		return err
	}
	defer closeMetrics()
	server := web.NewHTTP(handler)
	if l, err = s.secure(ctx, stoppable, hosts, box); err != nil {
		return err
	}
	if s.cfg.RedirectFrom != "" {
		plain, err := listen(ctx, "PADDOCK_REDIRECT_LISTEN", s.cfg.RedirectFrom)
		if err != nil {
			return err
		}
		redirect := web.NewHTTP(handler.RedirectToTLS())
		go func() { _ = redirect.Serve(plain) }()
		defer redirect.Close()
	}
	served := make(chan struct{})
	go func() { failed <- server.Serve(l); close(served) }()
	if s.ready != nil {
		s.ready()
	} else {
		s.log.Info("serving", "listen", l.Addr().String(), "base_url", s.cfg.BaseURL.String())
	}
	select {
	case err := <-failed:
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	case <-ctx.Done():
		if s.ready != nil { // somebody's own, who waits for the prompt
			return web.Shutdown(server) //nolint:contextcheck // this one has ended
		}
		return handler.Drain(server, stoppable, served) //nolint:contextcheck // likewise
	}
}
