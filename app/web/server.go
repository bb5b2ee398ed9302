// Package web is Paddock over HTTP: one file of handlers per entity, all
// routes in routes.go.
package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/domains"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/oidc"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
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
	box      *seal.Box
	mailbox  *mail.Mailbox
	oidc     *oidc.Client
	geo      *maxminddb.Reader // nil without PADDOCK_GEOIP
	metrics  *Metrics
	draining atomic.Bool
	txt      domains.LookupTXT
	sessions sessions.Store
	flashes  *sessions.CookieStore

	entries map[string]bool // the paths of ways in: what anybody may ask for

	outer                    *echo.Echo // what comes before the host is known
	site, workspace, console *echo.Echo
}

// New makes the server's routes; it panics when a route names no permission.
func New(o Options) *Server {
	s := &Server{cfg: o.Config, db: o.DB, hosts: o.Hosts, meter: o.Meter, log: o.Log, mailbox: o.Mailbox, metrics: o.Metrics, oidc: oidc.NewClient(o.Config.OIDCPrivate), txt: o.TXT, entries: map[string]bool{}}
	var err error
	if s.box, err = seal.New(s.cfg.Secrets); err != nil {
		panic(err) // without a secret, against the contract of Options
	}
	if s.geo, err = OpenGeo(s.cfg.GeoIP); err != nil {
		s.log.Error("PADDOCK_GEOIP: sessions are shown without their places", "error", err)
	}
	if s.txt == nil {
		s.txt = net.DefaultResolver.LookupTXT
	}
	secure := s.cfg.BaseURL.Scheme == "https"
	cookie := sessions.Options{Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600}
	var keys [][]byte
	for _, secret := range s.cfg.Secrets {
		keys = append(keys, []byte(secret), nil)
	}
	codecs := securecookie.CodecsFromPairs(keys...)
	for _, c := range codecs {
		if sc, ok := c.(*securecookie.SecureCookie); ok {
			sc.MaxAge(0) // the row says when a session is over
		}
	}
	s.sessions = &sessionStore{db: s.db, codecs: codecs, options: cookie}
	s.flashes = sessions.NewCookieStore(keys...)
	s.flashes.Options = &sessions.Options{Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
	s.flashes.MaxAge(300)

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
	s.outer.Any("/*", s.host)

	s.site = s.routes(SiteRoutes(s))
	s.workspace = s.routes(WorkspaceRoutes(s))
	s.console = s.routes(ConsoleRoutes(s))
	if s.mailbox != nil {
		s.mount(s.site, DevelopmentRoutes(s))
	}
	return s
}

// compressed makes answers smaller that are worth it.
var compressed = middleware.GzipWithConfig(middleware.GzipConfig{Level: 1, MinLength: 1400})

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
		var around []echo.MiddlewareFunc
		if !r.Streams {
			around = append(around, compressed)
		}
		e.Add(r.Method, r.Path, s.require(r), around...)
		if r.Method == http.MethodGet {
			e.HEAD(r.Path, s.require(r), around...) // net/http leaves the body out
		}
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.outer.ServeHTTP(w, r) }

// Time limits of a connection: a slow client holds a goroutine, nothing more.
const (
	readTimeout  = 30 * time.Second
	writeTimeout = 60 * time.Second
	idleTimeout  = 2 * time.Minute
)

// NewHTTP returns the server of a listener; stop it with Drain or Shutdown.
func NewHTTP(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: 64 << 10}
}

// RedirectToTLS answers where plain HTTP arrives, for the hosts that are ours.
func (s *Server) RedirectToTLS() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostname(r.Host)
		if ours, err := domains.Serves(r.Context(), s.hosts, host); err != nil || !ours {
			http.NotFound(w, r)
			return
		}
		if p := s.cfg.BaseURL.Port(); p != "" {
			host = net.JoinHostPort(host, p)
		}
		to := url.URL{Scheme: "https", Host: host, Path: r.URL.Path, RawQuery: r.URL.RawQuery}
		http.Redirect(w, r, to.String(), http.StatusPermanentRedirect)
	})
}

func (s *Server) logPanic(c echo.Context, err error, stack []byte) error {
	s.log.ErrorContext(c.Request().Context(), "panic", "request_id", requestID(c), "path", loggedPath(c.Request()), "error", err, "stack", string(stack))
	return err
}

func (s *Server) static(c echo.Context) error {
	if !static.Serve(c.Response(), c.Request()) {
		return errNotFound
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

// workspaceURL is an address on a workspace's host.
func (s *Server) workspaceURL(slug, path string, query url.Values) string {
	u := *s.cfg.BaseURL
	u.Host, u.Path, u.RawQuery = slug+"."+u.Host, path, query.Encode()
	return u.String()
}

// siteURL is an address on the base host.
func (s *Server) siteURL(path string, query url.Values) string {
	u := *s.cfg.BaseURL
	u.Path, u.RawQuery = path, query.Encode()
	return u.String()
}

// here is an address on the host of the request, which was resolved: it is one
// of ours.
func (s *Server) here(c echo.Context, path string, query url.Values) string {
	u := *s.cfg.BaseURL
	u.Host, u.Path, u.RawQuery = hostname(c.Request().Host), path, query.Encode()
	if port := s.cfg.BaseURL.Port(); port != "" { // ours, not what the client says
		u.Host = net.JoinHostPort(u.Host, port)
	}
	return u.String()
}

func ipNet(p netip.Prefix) *net.IPNet {
	a := p.Masked().Addr()
	return &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(p.Bits(), a.BitLen())}
}
