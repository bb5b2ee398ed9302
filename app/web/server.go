// Package web is Paddock over HTTP: what a request meets before its handler, and all
// routes in routes.go. The handlers are in the rooms below, a file for each URL.
package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/domains"
	"github.com/paddock-crm/paddock/app/geoip"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/notify"
	"github.com/paddock-crm/paddock/app/oidc"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web/account"
	"github.com/paddock-crm/paddock/app/web/console"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/app/web/records"
	"github.com/paddock-crm/paddock/app/web/workspace"
	"github.com/paddock-crm/paddock/static"
)

// Options are what a Server is made from.
type Options struct {
	Config  config.Config // Secrets must not be empty
	DB      *db.DB
	Hosts   *tenant.Resolver
	Meter   *tenant.Meter
	Metrics *Metrics
	Log     *slog.Logger
	Live    *notify.Hub       // wakes open pages; nil for nobody who does
	Mailbox *mail.Mailbox     // development: shows caught mail, the gallery and demo hints; nil otherwise
	TXT     domains.LookupTXT // looks up DNS records; nil for the system's way
}

// Server answers requests on every host.
type Server struct {
	cfg      config.Config
	db       *db.DB
	hosts    *tenant.Resolver
	meter    *tenant.Meter
	log      *slog.Logger
	mailbox  *mail.Mailbox
	metrics  *Metrics
	draining atomic.Bool
	base     *page.Base
	sessions *account.Sessions
	fields   fields

	// The rooms.
	account   *account.Handler
	settings  *workspace.Handler
	console   *console.Handler
	notes     records.Notes
	dashboard records.Dashboard
	search    records.Search
	trash     records.Trash
	changes   records.Changes

	notifications records.Notifications

	entries map[string]bool // the paths of ways in: what anybody may ask for

	outer                                *echo.Echo // what comes before the host is known
	siteHost, workspaceHost, consoleHost *echo.Echo
}

// New makes the server's routes; it panics when a route names no permission.
func New(o Options) *Server {
	box, err := seal.New(o.Config.Secrets)
	if err != nil {
		panic(err) // without a secret, against the contract of Options
	}
	places, err := geoip.Open(o.Config.GeoIP)
	if err != nil {
		o.Log.Error("PADDOCK_GEOIP: sessions are shown without their places", "error", err)
	}
	if o.Live == nil {
		o.Live = notify.NewHub()
	}
	if o.TXT == nil {
		o.TXT = net.DefaultResolver.LookupTXT
	}
	base := page.NewBase(o.Config.BaseURL, o.Config.Secrets)
	if base.Pages.Files = drafts(o.Mailbox != nil); o.Config.Pages != "" {
		base.Pages.Files = os.DirFS(o.Config.Pages)
	}
	providers := oidc.NewClient(o.Config.OIDCPrivate)
	s := &Server{
		cfg: o.Config, db: o.DB, hosts: o.Hosts, meter: o.Meter, log: o.Log, mailbox: o.Mailbox, metrics: o.Metrics, base: base,
		entries:   map[string]bool{},
		sessions:  account.NewSessions(o.DB, box, base, places, o.Config.Secrets),
		fields:    newFields(o.DB),
		settings:  &workspace.Handler{DB: o.DB, Hosts: o.Hosts, Box: box, Base: base, OIDC: providers, TXT: o.TXT},
		console:   &console.Handler{DB: o.DB, Hosts: o.Hosts, Box: box, Base: base, Places: places, Log: o.Log},
		notes:     records.Notes{DB: o.DB, Box: box},
		dashboard: records.Dashboard{DB: o.DB},
		search:    records.Search{DB: o.DB},
		trash:     records.Trash{DB: o.DB},
		changes:   records.Changes{DB: o.DB},

		notifications: records.NewNotifications(o.DB, o.Live, box),
	}
	s.account = &account.Handler{
		DB: o.DB, Hosts: o.Hosts, Box: box, Base: base, Sessions: s.sessions, Places: places, OIDC: providers, Providers: o.Config.OIDC,
		TXT: o.TXT, Log: o.Log,
		Demo: o.Mailbox != nil, Unproxied: o.Mailbox != nil && len(o.Config.TrustedProxies) == 0,
	}
	s.outer = s.newEcho()
	s.outer.Use(
		withRequestID,
		s.withLine,
		s.traced,
		s.accessLog(s.log),
		s.answered,
		s.securityHeaders,
		middleware.RecoverWithConfig(middleware.RecoverConfig{DisablePrintStack: true, LogErrorFunc: s.logPanic}),
	)
	getOrHead := []string{http.MethodGet, http.MethodHead}
	s.outer.Match(getOrHead, "/healthz", s.healthz)
	s.outer.Match(getOrHead, "/readyz", s.readyz)
	s.outer.Match(getOrHead, "/internal/tls/allow", s.tlsAllow)
	s.outer.Match(getOrHead, static.Prefix+"*", s.static)
	s.outer.Match(getOrHead, "/favicon.ico", s.static)
	s.outer.Any("/*", s.host)

	s.siteHost = s.routes(SiteRoutes(s))
	s.workspaceHost = s.routes(WorkspaceRoutes(s))
	s.consoleHost = s.routes(ConsoleRoutes(s))
	if s.mailbox != nil {
		s.mount(s.siteHost, DevelopmentRoutes(s))
	}
	return s
}

func (s *Server) newEcho() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.handleError
	e.IPExtractor = echo.ExtractIPDirect()
	if len(s.cfg.TrustedProxies) > 0 {
		trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
		for _, p := range s.cfg.TrustedProxies {
			trust = append(trust, echo.TrustIPRange(ipNet(p)))
		}
		e.IPExtractor = echo.ExtractIPFromXFFHeader(trust...)
	}
	return e
}

func (s *Server) routes(table []Route) *echo.Echo {
	e := s.newEcho()
	e.Pre(sameSite, body)
	e.Use(s.identify)
	s.mount(e, table)
	return e
}

func (s *Server) mount(e *echo.Echo, table []Route) {
	for _, r := range table {
		if r.Permission == 0 {
			panic("route without a permission: " + r.Method + " " + r.Path)
		}
		if r.Permission.Level() == auth.Anyone {
			s.entries[r.Path] = true
		}
		e.Add(r.Method, r.Path, s.require(r))
		if r.Method == http.MethodGet {
			e.HEAD(r.Path, s.require(r)) // net/http leaves the body out
		}
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.outer.ServeHTTP(w, r) }

// Time limits of a connection: a slow client holds a goroutine, nothing more.
const (
	readTimeout = 30 * time.Second
	idleTimeout = 2 * time.Minute
)

// NewHTTP returns the server of a listener; stop it with Drain or Shutdown.
func NewHTTP(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: readTimeout, WriteTimeout: page.WriteTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: 64 << 10}
}

// RedirectToTLS answers where plain HTTP arrives, for the hosts that are ours.
func (s *Server) RedirectToTLS() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := page.Hostname(r.Host)
		if ours, err := domains.Serves(r.Context(), s.hosts, host); err != nil || !ours {
			http.NotFound(w, r)
			return
		}
		if p := s.base.URL.Port(); p != "" {
			host = net.JoinHostPort(host, p)
		}
		to := url.URL{Scheme: "https", Host: host, Path: r.URL.Path, RawQuery: r.URL.RawQuery}
		http.Redirect(w, r, to.String(), http.StatusPermanentRedirect)
	})
}

func (s *Server) logPanic(c echo.Context, err error, stack []byte) error {
	s.log.ErrorContext(c.Request().Context(), "panic", "request_id", page.RequestID(c), "path", loggedPath(c.Request()), "error", err, "stack",
		string(stack))
	return err
}

func (s *Server) static(c echo.Context) error {
	if !static.Serve(c.Response(), c.Request()) {
		return page.ErrNotFound
	}
	return nil
}

func (s *Server) healthz(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

func (s *Server) readyz(c echo.Context) error {
	if s.draining.Load() {
		return c.String(http.StatusServiceUnavailable, "stopping\n")
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), 3*time.Second)
	defer cancel()
	if err := s.db.Ping(ctx); err != nil {
		s.log.ErrorContext(ctx, "not ready", "error", err)
		return c.String(http.StatusServiceUnavailable, "not ready\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

func ipNet(p netip.Prefix) *net.IPNet {
	a := p.Masked().Addr()
	return &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(p.Bits(), a.BitLen())}
}

// tlsAllow answers a proxy that asks whether to get a certificate for a domain: who asks
// from this machine or its own networks, or is trusted. What a proxy passes on is the
// public's, and not its own question.
func (s *Server) tlsAllow(c echo.Context) error {
	r := c.Request()
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	near := err == nil && (peer.Addr().Unmap().IsLoopback() || peer.Addr().Unmap().IsPrivate()) || s.trusted(r.RemoteAddr)
	if r.Header.Get("X-Forwarded-For") != "" || !near {
		return page.ErrNotFound
	}
	ours, err := domains.Serves(c.Request().Context(), s.hosts, c.QueryParam("domain"))
	if err != nil {
		return err
	}
	if !ours {
		return c.String(http.StatusNotFound, "no\n")
	}
	return c.String(http.StatusOK, "yes\n")
}
