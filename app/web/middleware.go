package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web/account"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/static"
	"github.com/paddock-crm/paddock/views/ui"
)

// withRequestID names the request. The name is ours: what a client calls it would
// be repeated on pages and in the log.
func withRequestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderXRequestID, rand.Text())
		return next(c)
	}
}

// line is what is learnt of a request for the log and the metrics.
type line struct {
	route  string // the pattern, not the path
	secret bool   // the path holds a token
	tenant tenant.Tenant
	member uuid.UUID
	cost   db.Cost
}

type lineKey struct{}

func lineOf(r *http.Request) *line {
	if l, ok := r.Context().Value(lineKey{}).(*line); ok {
		return l
	}
	return &line{}
}

// withLine begins the request's line.
func (s *Server) withLine(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.draining.Load() {
			c.Response().Header().Set("Connection", "close")
		}
		l := &line{}
		ctx := context.WithValue(c.Request().Context(), lineKey{}, l)
		c.SetRequest(c.Request().WithContext(db.WithCost(ctx, &l.cost)))
		return next(c)
	}
}

// traced makes a span of the request, in the trace of a trusted proxy where that
// began one.
func (s *Server) traced(next echo.HandlerFunc) echo.HandlerFunc {
	tracer := otel.Tracer("paddock/web")
	return func(c echo.Context) error {
		r := c.Request()
		ctx := r.Context()
		if s.trusted(r.RemoteAddr) {
			ctx = otel.GetTextMapPropagator().Extract(ctx, propagation.HeaderCarrier(r.Header))
		}
		ctx, span := tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		c.SetRequest(r.WithContext(ctx))
		err := next(c)
		if l, status := lineOf(r), c.Response().Status; span.IsRecording() {
			span.SetName(knownMethod(r.Method) + " " + cmp.Or(l.route, "none"))
			span.SetAttributes(
				attribute.String("http.request.method", r.Method), attribute.String("http.route", l.route),
				attribute.Int("http.response.status_code", status),
				attribute.String("paddock.request_id", page.RequestID(c)), attribute.String("paddock.tenant", l.tenant.Schema),
				attribute.Int64("paddock.queries", l.cost.Statements.Load()), attribute.Int64("paddock.flushes", l.cost.Flushes.Load()),
			)
			if status >= http.StatusInternalServerError {
				span.SetStatus(codes.Error, http.StatusText(status))
			}
		}
		return err
	}
}

// accessLog writes a line per request. The query stays out of it: tokens
// travel there.
func (s *Server) accessLog(log *slog.Logger) echo.MiddlewareFunc {
	return middleware.RequestLoggerWithConfig(middleware.RequestLoggerConfig{
		LogStatus: true, LogMethod: true, LogLatency: true, LogHost: true, LogRemoteIP: true, LogResponseSize: true,
		Skipper: func(c echo.Context) bool {
			p := c.Request().URL.Path
			return p == "/healthz" || p == "/readyz" || strings.HasPrefix(p, "/static/")
		},
		LogValuesFunc: func(c echo.Context, v middleware.RequestLoggerValues) error {
			l := lineOf(c.Request())
			s.metrics.request(l, v)
			attrs := []slog.Attr{
				slog.String("request_id", page.RequestID(c)), slog.String("method", v.Method), slog.String("host", v.Host),
				slog.String("route", l.route),
				slog.String("path", loggedPath(c.Request())), slog.Int("status", v.Status), slog.Duration("took", v.Latency),
				slog.Int64("bytes", v.ResponseSize), slog.String("ip", v.RemoteIP), slog.Int64("queries", l.cost.Statements.Load()),
				slog.Int64("flushes", l.cost.Flushes.Load()),
			}
			if l.tenant.ID != uuid.Nil {
				attrs = append(attrs, slog.String("tenant", l.tenant.Slug))
			}
			if l.member != uuid.Nil {
				attrs = append(attrs, slog.String("member", l.member.String()))
			}
			log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request", attrs...)
			return nil
		},
	})
}

// answered turns an error into its page inside of the log, which tells the status
// of that.
func (s *Server) answered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := next(c); err != nil {
			s.handleError(err, c)
		}
		return nil
	}
}

// loggedPath is the path of a request as it may be written down: where it holds a token, or
// no route says that it does not, its first word.
func loggedPath(r *http.Request) string {
	l := lineOf(r)
	if l.route != "" && !l.secret {
		return r.URL.Path
	}
	if first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); rest != "" {
		return "/" + first + "/…"
	}
	return r.URL.Path
}

// securityHeaders: everything comes from ourselves, nothing is inline. Forms
// also go to our own other hosts: signing up and switching end in one.
func (s *Server) securityHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	base := s.base.URL
	csp := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"manifest-src 'self'; form-action 'self' " + base.String() + " " + base.Scheme + "://*." + base.Host +
		"; base-uri 'none'; frame-ancestors 'none'"
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Add(echo.HeaderVary, "HX-Request") // redirects and errors differ by it too
		h.Set("Content-Security-Policy", csp)
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy",
			"camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self), publickey-credentials-create=(self)")
		// Pages differ by person; only hashed assets may be kept.
		h.Set("Cache-Control", "no-store")
		switch host := page.Hostname(s.requestHost(c.Request())); {
		case base.Scheme != "https":
		case host == base.Hostname() || strings.HasSuffix(host, "."+base.Hostname()):
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		default: // what is below somebody's own domain is not ours
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		return next(c)
	}
}

// host finds out whose host this is and hands the request to that host's
// routes. Scope goes into the context here and nowhere else on the web's side.
func (s *Server) host(c echo.Context) error {
	r := c.Request()
	host := s.requestHost(r)
	h, err := s.hosts.Resolve(r.Context(), host)
	if err != nil {
		return err
	}
	ctx := page.With(db.WithGuard(r.Context()), &page.Visit{Tenant: h.Tenant, Console: h.Kind == tenant.Console, Base: s.base})
	lineOf(r).tenant = h.Tenant
	routes := s.siteHost
	switch h.Kind {
	case tenant.Unknown:
		return page.ErrNotFound
	case tenant.Moved:
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			return page.ErrNotFound
		}
		return page.Leave(c, s.base.WorkspaceURL(h.Tenant.Slug, r.URL.Path, r.URL.Query()))
	case tenant.Console:
		routes = s.consoleHost
	case tenant.Workspace:
		if h.Tenant.SchemaVersion < db.RequiredVersion() {
			return errUpdating
		}
		routes = s.workspaceHost
	}
	r = r.WithContext(ctx)
	r.Host = host // what the origin of a write is compared with
	routes.ServeHTTP(c.Response(), r)
	return nil
}

// requestHost is the Host header, or X-Forwarded-Host from a trusted proxy:
// never a header of the client's choosing.
func (s *Server) requestHost(r *http.Request) string {
	if f := r.Header.Get("X-Forwarded-Host"); f != "" && s.trusted(r.RemoteAddr) {
		return f
	}
	return r.Host
}

func (s *Server) trusted(remote string) bool {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range s.cfg.TrustedProxies {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// identify reads the session, counts the request for its workspace, and gives a
// member's its scope.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		who, ok, err := s.sessions.Who(c)
		if err != nil {
			return err
		}
		v := page.From(c)
		if ok {
			v.Who, v.SignedIn = who, !who.Pending
		}
		member := v.SignedIn && v.Who.Role != auth.NoRole
		if v.Tenant.ID != uuid.Nil {
			leave, err := s.meter.Enter(c.Request().Context(), v.Tenant, tenant.Entrant{Member: member, Network: auth.Network(c.RealIP()),
				Entry: s.entries[c.Path()]})
			if err != nil {
				return err
			}
			v.Leave = sync.OnceFunc(leave)
			defer v.Leave()
		}
		r := c.Request().WithContext(auth.WithPlace(c.Request().Context(), s.sessions.Place(c)))
		c.SetRequest(r)
		if member {
			scope := db.Scope{TenantID: v.Tenant.ID, Schema: v.Tenant.Schema, MemberID: v.Who.MemberID, StatementTimeout: v.Tenant.Limits.Statement}
			if v.Looks, err = s.fields.of(r.Context(), scope, v.Who.FieldsVersion); err != nil {
				return err
			}
			if v.Looks != nil {
				scope.Custom = v.Looks.Custom
			}
			c.SetRequest(r.WithContext(db.WithScope(r.Context(), scope)))
		}
		return next(c)
	}
}

// step is what a request meets before its handler.
type step int

const (
	goOn     step = iota
	signIn        // who are you?
	factor        // a second factor is missing, and there is one
	setUp         // there is none
	setUpToo      // there is none, and operators show one
	stranger      // no member of the workspace
	closed        // the workspace is suspended
	full          // nothing may be added to it
	lowRole       // the role may not
	notOperator
	provided // the account is another's to change
	inSupport
)

// decide says what a request meets that asks a route of this permission. On a
// workspace's host, anything beyond signing in takes a membership.
func decide(v *page.Visit, p auth.Permission, method string) step {
	level, reads := p.Level(), method == http.MethodGet || method == http.MethodHead
	switch {
	case level == auth.Anyone:
		return goOn
	case !v.SignedIn:
		return signIn
	case v.Who.Support && !reads:
		return inSupport
	case level == auth.SignedIn:
	case level == auth.Operate:
		switch {
		case !v.Who.Operator:
			return notOperator
		case !v.Who.Strong && v.Who.HasFactor:
			return factor
		case !v.Who.Strong:
			return setUpToo
		}
	case v.Who.Role == auth.NoRole:
		return stranger
	case v.Tenant.State == tenant.Suspended:
		return closed
	case !v.Who.Role.May(p):
		return lowRole
	case v.Tenant.FullOf != "" && level == auth.Write && method == http.MethodPost:
		return full
	}
	if p&auth.Account != 0 {
		switch {
		case v.Who.ByProvider:
			return provided
		case v.Who.Support:
			return inSupport
		}
		return goOn
	}
	if v.Tenant.RequireSecondFactor && level != auth.SignedIn && level != auth.Operate && !v.Who.Strong && !v.Who.ByProvider {
		if v.Who.HasFactor {
			return factor
		}
		return setUp
	}
	return goOn
}

// require lets a request through that has what its route asks.
func (s *Server) require(asked Route) echo.HandlerFunc {
	p, level := asked.Permission, asked.Permission.Level()
	next := s.recorded(level, asked.handler)
	return func(c echo.Context) error {
		v := page.From(c)
		l := lineOf(c.Request())
		l.route, l.secret, l.member = c.Path(), asked.Secret, v.Who.MemberID
		if asked.Secret {
			c.Response().Header().Set("Referrer-Policy", "strict-origin") // not even to ourselves: proxies write it down
		}
		switch decide(v, p, c.Request().Method) {
		case signIn:
			return s.signInFirst(c, asked)
		case factor:
			return page.Leave(c, "/sudo?next="+url.QueryEscape(account.NextOf(c)))
		case setUpToo:
			if err := page.SetFlash(c, ui.Flash{Message: "Operators show a second factor. Set one up first."}); err != nil {
				return err
			}
			return page.Leave(c, "/settings/security")
		case setUp:
			return page.Leave(c, "/settings/security")
		case stranger:
			return errNotMember
		case closed:
			return s.errSuspended(v.Who.Role)
		case full:
			return errFull(v.Tenant)
		case lowRole:
			return errRole
		case notOperator:
			return errOperator
		case provided:
			return errByProvider
		case inSupport:
			return errSupport
		case goOn:
		}
		if level == auth.Anyone {
			if c.Get(pendingBody) != nil {
				return page.ErrTooLarge
			}
			return asked.handler(c)
		}
		if asked.keeps() {
			keep(c)
		}
		if typed := c.Request().Header.Get("Paddock-Member"); typed != "" && typed != v.Who.MemberID.String() {
			return errOtherPerson
		}
		done, err := receive(c, asked)
		if err != nil {
			return err
		}
		defer done()
		if p&auth.Sudo != 0 && !v.Who.Recent() {
			return s.account.Sudo(c, next)
		}
		return next(c)
	}
}

// keeps reports whether browsers may keep the page, to show it at once when somebody goes
// back to it: what a team works with, and nothing that opens or proves anything.
func (r Route) keeps() bool {
	return r.Permission == auth.Read && !r.Secret && r.Method == http.MethodGet
}

var speculation = strconv.Quote(static.Path("speculation.json"))

// keep lets a browser keep a page whole while somebody is on the next, and ask for it as
// somebody presses its link. Not when the pointer only rests there: what was asked for so is
// shown for minutes, whatever has changed meanwhile. What the browser kept it asks for anew
// once something was sent (static/js/again.js); signing out clears it.
func keep(c echo.Context) {
	h := c.Response().Header()
	h.Set("Cache-Control", "private, no-cache")
	if page.Prefetched(c) {
		h.Set("Cache-Control", "private, max-age=3")
	}
	h.Set("Speculation-Rules", speculation)
}

// signInFirst answers who is not signed in, or not any more: the form that they sent is kept.
// An open page that a script sends from stays as it is (static/js/signedout.js).
func (s *Server) signInFirst(c echo.Context, asked Route) error {
	if s.account.Holds(c) {
		done, err := receive(c, asked)
		if err != nil {
			return err
		}
		defer done()
	}
	return s.account.SignInFirst(c)
}

// sameSite refuses writes that another site made the browser send. On a real
// domain workspaces are the same site to SameSite cookies, so those are not
// enough.
func sameSite(next echo.HandlerFunc) echo.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if err := protection.Check(c.Request()); err != nil {
			return errCrossSite
		}
		return next(c)
	}
}

// recorded writes down what an operator changes, before it is done: what can't be
// written does not happen.
func (s *Server) recorded(level auth.Permission, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if level != auth.Operate || r.Method == http.MethodGet || r.Method == http.MethodHead {
			return next(c)
		}
		var what strings.Builder
		what.WriteString(r.Method + " " + r.URL.Path)
		for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
			if v := r.PostForm.Get(name); v != "" && page.Storable(v) && name != "_method" && !strings.HasPrefix(name, "sudo_") {
				what.WriteString(" " + name + "=" + v)
			}
		}
		id, _ := uuid.Parse(c.Param("id"))
		if err := auth.RecordOperator(r.Context(), s.db, page.From(c).Who, id, what.String()); err != nil {
			return err
		}
		return next(c)
	}
}
