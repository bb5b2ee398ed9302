package web

import (
	"context"
	"encoding/gob"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

// sessionStore keeps sessions as rows of the shared schema, behind
// gorilla/sessions' Store. The cookie holds a signed random id and nothing
// else; it belongs to the host that set it.
type sessionStore struct {
	db      *db.DB
	codecs  []securecookie.Codec
	options sessions.Options
}

const identityKey = "identity"

// Get returns the request's session, reading it once.
func (st *sessionStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(st, name)
}

// New reads the session of the request's cookie; without one, or with one that
// is nobody's on this host, the session is new and holds no identity.
func (st *sessionStore) New(r *http.Request, name string) (*sessions.Session, error) {
	s := sessions.NewSession(st, name)
	opts := st.options
	s.Options, s.IsNew = &opts, true
	cookie, err := r.Cookie(name)
	if err != nil {
		return s, nil //nolint:nilerr // no cookie: a new session
	}
	var id string
	if err := securecookie.DecodeMulti(name, cookie.Value, &id, st.codecs...); err != nil {
		return s, nil //nolint:nilerr // not of our making: as if there were none
	}
	who, ok, err := auth.SessionGet(r.Context(), st.db, id, tenantID(r.Context()), onConsole(r.Context()))
	if err != nil || !ok {
		return s, err
	}
	s.ID, s.IsNew = id, false
	s.Values[identityKey] = who
	return s, nil
}

// Save sets the cookie for a session that auth.SessionStart has made, or ends
// the session when its MaxAge is negative.
func (st *sessionStore) Save(r *http.Request, w http.ResponseWriter, s *sessions.Session) error {
	if s.Options.MaxAge < 0 {
		err := st.db.Shared(r.Context(), func(tx *db.SharedTx) error { return auth.SignOut(r.Context(), tx, s.ID) })
		if err != nil {
			return err
		}
		http.SetCookie(w, sessions.NewCookie(s.Name(), "", s.Options))
		return nil
	}
	value, err := securecookie.EncodeMulti(s.Name(), s.ID, st.codecs...)
	if err != nil {
		return err
	}
	http.SetCookie(w, sessions.NewCookie(s.Name(), value, s.Options))
	return nil
}

// tenantID is what a session is bound to: nil on the base host.
func tenantID(ctx context.Context) *uuid.UUID {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok && v.tenant.ID != uuid.Nil {
		return &v.tenant.ID
	}
	return nil
}

// onConsole reports whether the request's host is the operators' console.
func onConsole(ctx context.Context) bool {
	v, ok := ctx.Value(visitKey{}).(*visit)
	return ok && v.console
}

// cookieName: browsers let no sibling host set a __Host- cookie, but they want
// https for it.
func (s *Server) cookieName(name string) string {
	if s.cfg.BaseURL.Scheme == "https" {
		return "__Host-" + name
	}
	return name
}

func (s *Server) session(c echo.Context) (*sessions.Session, error) {
	return s.sessions.Get(c.Request(), s.cookieName("paddock"))
}

// startSession signs somebody in on this host, and says where to go from there:
// to the second factor where one is missing, else to next. The session that was
// there ends: its id must not survive a sign-in.
func (s *Server) startSession(c echo.Context, start auth.SessionStart, next string) (to string, err error) {
	ctx := c.Request().Context()
	v := visiting(c)
	start.TenantID, start.Console = tenantID(ctx), v.console
	var began auth.Started
	err = s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if began, err = auth.StartSession(ctx, tx, start); err != nil || !began.New {
			return err
		}
		l := letter.NewDevice(first(auth.DeviceName(c.Request().UserAgent()), "an unknown program"), s.where(c.RealIP()), time.Now(), s.here(c, "/settings/security", nil))
		return s.mail(ctx, tx, v.tenant.ID, began.Email, l)
	})
	if err != nil {
		return "", err
	}
	if err := s.useSession(c, began.ID); err != nil {
		return "", err
	}
	if began.Pending {
		return "/signin/factor?next=" + url.QueryEscape(s.afterSignIn(c, next)), nil
	}
	if !start.Support && start.Provider == nil { // what a workspace's provider says counts there alone
		if err := s.rememberDevice(c, began.Email); err != nil {
			return "", err
		}
	}
	return s.afterSignIn(c, next), nil
}

// useSession gives the browser the session with this id, ending its old one.
func (s *Server) useSession(c echo.Context, id string) error {
	old, err := s.session(c)
	if err != nil {
		return err
	}
	if !old.IsNew {
		ctx := c.Request().Context()
		if err := s.db.Shared(ctx, func(tx *db.SharedTx) error { return auth.SessionEnd(ctx, tx, old.ID) }); err != nil {
			return err
		}
	}
	old.ID = id
	return old.Save(c.Request(), c.Response())
}

func (s *Server) endSession(c echo.Context) error {
	old, err := s.session(c)
	if err != nil || old.IsNew {
		return err
	}
	old.Options.MaxAge = -1
	return old.Save(c.Request(), c.Response())
}

// setCookie keeps a value in this browser for a ceremony of a few minutes, on
// this host alone; "" takes it away.
func (s *Server) setCookie(c echo.Context, name, value string, seconds int) {
	if value == "" {
		seconds = -1
	}
	http.SetCookie(c.Response(), &http.Cookie{ //nolint:gosec // Secure follows the scheme of the base URL
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: s.cfg.BaseURL.Scheme == "https", SameSite: http.SameSiteLaxMode,
	})
}

// takeCookie returns what setCookie has kept, "" when nothing, and takes it away.
func (s *Server) takeCookie(c echo.Context, name string) string {
	cookie, err := c.Cookie(s.cookieName(name))
	if err != nil {
		return ""
	}
	s.setCookie(c, name, "", 0)
	return cookie.Value
}

// proved notes that a password or factor was shown just now, and gives the browser
// the session's new id.
func (s *Server) proved(c echo.Context, strong bool, how string) error {
	ctx := c.Request().Context()
	v := visiting(c)
	var id string
	err := s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		id, err = auth.Prove(ctx, tx, v.who, strong, how)
		return err
	})
	if err != nil {
		return err
	}
	v.who.ProvedAt, v.who.Strong = time.Now(), v.who.Strong || strong
	return s.renewSession(c, id)
}

// renewSession gives the browser another id of the same session.
func (s *Server) renewSession(c echo.Context, id string) error {
	session, err := s.session(c)
	if err != nil {
		return err
	}
	session.ID = id
	return session.Save(c.Request(), c.Response())
}

// A flash waits in a signed cookie for the next page.
func init() { gob.Register(ui.Flash{}) } //nolint:gochecknoinits // gob's registry is global by design

func (s *Server) setFlash(c echo.Context, f ui.Flash) error {
	fs, _ := s.flashes.New(c.Request(), s.cookieName("flash")) // whatever it holds
	fs.Values = map[any]any{}                                  // … the last one counts: a cookie has little room
	fs.AddFlash(f)
	return fs.Save(c.Request(), c.Response())
}

// takeFlash returns the waiting flash, nil when there is none, and forgets it.
func (s *Server) takeFlash(c echo.Context) *ui.Flash {
	name := s.cookieName("flash")
	if _, err := c.Request().Cookie(name); err != nil || wantsFragment(c) {
		return nil // a fragment has no place for it: the next page has
	}
	fs, err := s.flashes.New(c.Request(), name)
	fs.Options.MaxAge = -1
	if serr := fs.Save(c.Request(), c.Response()); err != nil || serr != nil {
		return nil
	}
	for _, f := range fs.Flashes() {
		if flash, ok := f.(ui.Flash); ok {
			return &flash
		}
	}
	return nil
}
