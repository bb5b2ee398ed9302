package account

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/geoip"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/web/page"
	letter "github.com/paddock-crm/paddock/views/mail"
)

// Sessions keeps sessions as rows of the shared schema, behind
// gorilla/sessions' Store. The cookie holds a signed random id and nothing
// else; it belongs to the host that set it.
type Sessions struct {
	db      *db.DB
	box     *seal.Box
	base    *page.Base
	places  *geoip.DB
	codecs  []securecookie.Codec
	options sessions.Options
}

// NewSessions returns the sessions of a database; the secrets sign their cookies, the
// first new ones.
func NewSessions(d *db.DB, box *seal.Box, base *page.Base, places *geoip.DB, secrets []string) *Sessions {
	var keys [][]byte
	for _, secret := range secrets {
		keys = append(keys, []byte(secret), nil)
	}
	codecs := securecookie.CodecsFromPairs(keys...)
	for _, c := range codecs {
		if sc, ok := c.(*securecookie.SecureCookie); ok {
			sc.MaxAge(0) // the row says when a session is over
		}
	}
	return &Sessions{db: d, box: box, base: base, places: places, codecs: codecs, options: sessions.Options{
		Path: "/", HttpOnly: true, Secure: base.Secure(), SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600,
	}}
}

const (
	identityKey = "identity"
	userKey     = "user"
)

// Get returns the request's session, reading it once.
func (st *Sessions) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(st, name)
}

// New reads the session of the request's cookie; without one, or with one that
// is nobody's on this host, the session is new and holds no identity.
func (st *Sessions) New(r *http.Request, name string) (*sessions.Session, error) {
	s := sessions.NewSession(st, name)
	opts := st.options
	s.Options, s.IsNew = &opts, true
	cookie, err := r.Cookie(name)
	if err != nil {
		return s, nil //nolint:nilerr // no cookie: a new session
	}
	id, _, ok := st.decode(cookie)
	if !ok {
		return s, nil // not of our making: as if there were none
	}
	who, ok, err := auth.SessionGet(r.Context(), st.db, id, tenantID(r.Context()), onConsole(r.Context()))
	if err != nil || !ok {
		return s, err
	}
	s.ID, s.IsNew = id, false
	s.Values[identityKey], s.Values[userKey] = who, who.UserID
	return s, nil
}

// Save sets the cookie for a session that auth.SessionStart has made, or ends
// the session when its MaxAge is negative.
func (st *Sessions) Save(r *http.Request, w http.ResponseWriter, s *sessions.Session) error {
	if s.Options.MaxAge < 0 {
		err := st.db.Shared(r.Context(), func(tx *db.SharedTx) error { return auth.SignOut(r.Context(), tx, s.ID) })
		if err != nil {
			return err
		}
		http.SetCookie(w, sessions.NewCookie(s.Name(), "", s.Options))
		return nil
	}
	text := s.ID
	if whose, ok := s.Values[userKey].(uuid.UUID); ok {
		text += "." + whose.String()
	}
	value, err := securecookie.EncodeMulti(s.Name(), text, st.codecs...)
	if err != nil {
		return err
	}
	http.SetCookie(w, sessions.NewCookie(s.Name(), value, s.Options))
	return nil
}

// decode reads a session's cookie: its id, and whose it is, uuid.Nil in one of an older
// program. That somebody is, its row says alone.
func (st *Sessions) decode(cookie *http.Cookie) (id string, userID uuid.UUID, ok bool) {
	var text string
	if err := securecookie.DecodeMulti(cookie.Name, cookie.Value, &text, st.codecs...); err != nil {
		return "", uuid.Nil, false
	}
	id, whose, _ := strings.Cut(text, ".")
	userID, _ = uuid.Parse(whose)
	return id, userID, true
}

// tenantID is what a session is bound to: nil on the base host.
func tenantID(ctx context.Context) *uuid.UUID {
	if v := page.FromContext(ctx); v.Tenant.ID != uuid.Nil {
		return &v.Tenant.ID
	}
	return nil
}

// onConsole reports whether the request's host is the operators' console.
func onConsole(ctx context.Context) bool {
	return page.FromContext(ctx).Console
}

func (st *Sessions) session(c echo.Context) (*sessions.Session, error) {
	return st.Get(c.Request(), st.base.CookieName("paddock"))
}

// Who is whose session the request has; false for nobody's.
func (st *Sessions) Who(c echo.Context) (auth.Identity, bool, error) {
	session, err := st.session(c)
	if err != nil {
		return auth.Identity{}, false, err
	}
	who, ok := session.Values[identityKey].(auth.Identity)
	return who, ok, nil
}

// Start signs somebody in on this host, and says where to go from there:
// to the second factor where one is missing, else to next. The session that was
// there ends: its id must not survive a sign-in.
func (st *Sessions) Start(c echo.Context, start auth.SessionStart, next string) (to string, err error) {
	ctx := c.Request().Context()
	v := page.From(c)
	start.TenantID, start.Console = tenantID(ctx), v.Console
	var began auth.Started
	err = st.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if began, err = auth.StartSession(ctx, tx, start); err != nil || !began.New {
			return err
		}
		l := letter.NewDevice(cmp.Or(auth.DeviceName(c.Request().UserAgent()), "an unknown program"), st.places.Place(c.RealIP()), time.Now(),
			st.base.Here(c, "/settings/security", nil))
		return mail.Send(ctx, tx, st.box, v.Tenant.ID, began.Email, l)
	})
	if err != nil {
		return "", err
	}
	if err := st.use(c, began.ID, start.UserID); err != nil {
		return "", err
	}
	if began.Pending {
		return "/signin/factor?next=" + url.QueryEscape(afterSignIn(c, next)), nil
	}
	if !start.Support && start.Provider == nil { // what a workspace's provider says counts there alone
		if err := st.remember(c, began.Email); err != nil {
			return "", err
		}
	}
	return afterSignIn(c, next), nil
}

// use gives the browser the session with this id, ending its old one.
func (st *Sessions) use(c echo.Context, id string, userID uuid.UUID) error {
	old, err := st.session(c)
	if err != nil {
		return err
	}
	if !old.IsNew {
		ctx := c.Request().Context()
		if err := st.db.Shared(ctx, func(tx *db.SharedTx) error { return auth.SessionEnd(ctx, tx, old.ID) }); err != nil {
			return err
		}
	}
	old.ID, old.Values[userKey] = id, userID
	return old.Save(c.Request(), c.Response())
}

// End signs whoever is signed in out of this host.
func (st *Sessions) End(c echo.Context) error {
	old, err := st.session(c)
	if err != nil || old.IsNew {
		return err
	}
	old.Options.MaxAge = -1
	return old.Save(c.Request(), c.Response())
}

// Proved notes that a password or factor was shown just now, and gives the browser
// the session's new id.
func (st *Sessions) Proved(c echo.Context, strong bool, how string) error {
	ctx := c.Request().Context()
	v := page.From(c)
	var id string
	err := st.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		id, err = auth.Prove(ctx, tx, v.Who, strong, how)
		return err
	})
	if err != nil {
		return err
	}
	v.Who.ProvedAt, v.Who.Strong = time.Now(), v.Who.Strong || strong
	return st.Renew(c, id)
}

// Renew gives the browser another id of the same session.
func (st *Sessions) Renew(c echo.Context, id string) error {
	session, err := st.session(c)
	if err != nil {
		return err
	}
	session.ID = id
	return session.Save(c.Request(), c.Response())
}
