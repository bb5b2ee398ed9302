// Package apptest gives tests a Paddock that serves over TLS, and people who use
// it. What is below it (a database, workspaces) is pg's, what stands around it
// peer's, a real browser browser's: a test links what it drives. Only tests
// import them.
package apptest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/jobs"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/notify"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web"
)

// App is a Paddock that serves https://paddock.test and its workspaces on a
// port of its own. One serves all tests of a process.
type App struct {
	Base    *url.URL // https://paddock.test:port
	Addr    string   // 127.0.0.1:port
	Web     *web.Server
	Mailbox *mail.Mailbox
	Box     *seal.Box
	DNS     *peer.DNS
	Hosts   *tenant.Resolver
	Cost    db.Cost // what its requests ask of the database
	meter   *tenant.Meter
	roots   *x509.CertPool
}

var app struct {
	once sync.Once
	*App
	err error
}

// Start returns the process's App.
func Start(tb testing.TB) *App {
	tb.Helper()
	d := pg.DB(tb)
	app.once.Do(func() { app.App, app.err = start(d) })
	if app.err != nil {
		tb.Fatal(app.err)
	}
	return app.App
}

func start(d *db.DB) (*App, error) {
	a, err := newApp(d)
	if err != nil {
		return nil, err
	}
	go a.meter.Run(context.Background()) // not in apps of their own, whose statements somebody counts
	// The database's jobs, mail above all, are this app's.
	go func() {
		_ = jobs.Run(context.Background(), jobs.Options{DB: d, Log: slog.New(slog.NewTextHandler(logWriter(), nil)), Box: a.Box,
			Send: a.Mailbox.Send, BaseURL: a.Base, TXT: a.DNS.Resolver().LookupTXT})
	}()
	return a, nil
}

// StartOwn returns an App with connections of its own to the database of the
// URL, whose statements the tracer sees.
func StartOwn(tb testing.TB, url string, tracer pgx.QueryTracer) *App {
	tb.Helper()
	return startOwn(tb, db.Config{URL: url, TenantRoles: true, Tracer: tracer})
}

func startOwn(tb testing.TB, c db.Config) *App {
	tb.Helper()
	d, err := db.Open(tb.Context(), c)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := d.MigrateShared(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	a, err := newApp(d)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// Spent is what requests have asked of the database.
type Spent struct{ Statements, Flushes int64 }

// Counting returns an App of its own, and a function that counts what the requests of what
// it calls ask of the database. They share one connection: what it knows, it knows for all.
func Counting(tb testing.TB) (*App, func(func()) Spent) {
	tb.Helper()
	a := startOwn(tb, db.Config{URL: pg.URL(tb), TenantRoles: true, MaxConns: 1})
	return a, func(fn func()) Spent {
		statements, flushes := a.Cost.Statements.Load(), a.Cost.Flushes.Load()
		fn()
		return Spent{a.Cost.Statements.Load() - statements, a.Cost.Flushes.Load() - flushes}
	}
}

func newApp(d *db.DB, configure ...func(*config.Config)) (*App, error) {
	return newAppLogging(d, logWriter(), configure...)
}

func newAppLogging(d *db.DB, log io.Writer, configure ...func(*config.Config)) (*App, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, err
	}
	cert, roots, err := certificate()
	if err != nil {
		return nil, err
	}
	a := &App{Base: &url.URL{Scheme: "https", Host: "paddock.test:" + port}, Addr: l.Addr().String(), Mailbox: &mail.Mailbox{}, roots: roots}
	secrets := []string{"a secret for tests alone, 32 bytes and more"}
	if a.Box, err = seal.New(secrets); err != nil {
		return nil, err
	}
	if a.DNS, err = peer.NewDNS(); err != nil {
		return nil, err
	}
	hosts := tenant.NewResolver(d, a.Base.Hostname())
	go hosts.Run(context.Background())
	<-hosts.Ready()
	a.Hosts = hosts
	live := notify.NewHub()
	go live.Run(context.Background(), d)
	a.meter = tenant.NewMeter(d)
	cfg := config.Config{BaseURL: a.Base, Secrets: secrets, OIDCPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	for _, fn := range configure {
		fn(&cfg)
	}
	a.Web = web.New(web.Options{
		Config: cfg, DB: d, Hosts: hosts, Live: live, Meter: a.meter, Metrics: web.NewMetrics(d), Log: slog.New(slog.NewTextHandler(log, nil)),
		Mailbox: a.Mailbox, TXT: a.DNS.Resolver().LookupTXT,
	})
	server := web.NewHTTP(a.Web)
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	server.BaseContext = func(net.Listener) context.Context { return db.WithCost(context.Background(), &a.Cost) }
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	go func() { _ = server.ServeTLS(l, "", "") }() // it ends with the process
	return a, nil
}

// Logged is With whose log goes to w as well.
func Logged(tb testing.TB, w io.Writer) *App {
	tb.Helper()
	a, err := newAppLogging(pg.DB(tb), io.MultiWriter(w, logWriter()))
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// With returns an App of its own with other settings, on the process's database;
// its jobs are those of Start's.
func With(tb testing.TB, configure func(*config.Config)) *App {
	tb.Helper()
	a, err := newApp(pg.DB(tb), configure)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// Mail waits for a mail to the address whose subject contains the text, and
// returns the newest.
func (a *App) Mail(tb testing.TB, to, subject string) mail.Message {
	tb.Helper()
	var found mail.Message
	wait.Until(tb, fmt.Sprintf("there is a mail to %s about %q", to, subject), func() bool {
		list := a.Mailbox.List(to)
		i := slices.IndexFunc(list, func(m mail.Message) bool { return strings.Contains(m.Subject, subject) })
		if i >= 0 {
			found = list[i]
		}
		return i >= 0
	})
	return found
}

// Link returns the URL in a mail's text that contains the path.
func Link(tb testing.TB, m mail.Message, path string) string {
	tb.Helper()
	for word := range strings.FieldsSeq(m.Text) {
		if strings.HasPrefix(word, "http") && strings.Contains(word, path) {
			return word
		}
	}
	tb.Fatalf("no link to %s in\n%s", path, m.Text)
	return ""
}

// logWriter: the server's log is noise in tests; PADDOCK_TEST_LOG=1 shows it.
func logWriter() io.Writer {
	if os.Getenv("PADDOCK_TEST_LOG") != "" {
		return os.Stderr
	}
	return io.Discard
}

// Site returns a URL on the public site.
func (a *App) Site(path string) string { return a.Base.String() + path }

// Console returns a URL on the operators' host.
func (a *App) Console(path string) string { return a.At("admin", path) }

// At returns a URL on the host of a workspace.
func (a *App) At(slug, path string) string {
	return a.Base.Scheme + "://" + slug + "." + a.Base.Host + path
}

// transport reaches the app under any host name, from the address; nil for any.
func (a *App) transport(from net.Addr) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{LocalAddr: from}).DialContext(ctx, network, a.Addr)
		},
		TLSClientConfig:     &tls.Config{RootCAs: a.roots, MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost: 64,
	}
}

func certificate() (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "paddock.test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{"paddock.test", "*.paddock.test"},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool, nil
}
