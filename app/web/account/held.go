package account

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
)

// A form that is sent after its session has ended is held, sealed, for auth.HeldTime: who
// signs in again, as the person that was signed in here before, gets it back and sends it.

const (
	heldPurpose = "held form"
	heldCookie  = "held"
	heldPath    = "/signin/held"
	maxHeld     = 512 << 10 // bytes
)

// held is a form on its way.
type held struct {
	Method string     `json:"method"`
	Path   string     `json:"path"` // with the query
	Form   url.Values `json:"form"`
}

// SignInFirst leads whoever must sign in there, and keeps the form that they sent.
func (h *Handler) SignInFirst(c echo.Context) error {
	if c.Request().Header.Get("Accept") == page.EventsType {
		return c.NoContent(http.StatusNoContent) // to whoever listens: there is nothing to hear
	}
	next := NextOf(c)
	if h.Holds(c) {
		kept, err := h.hold(c)
		if err != nil {
			return err
		}
		if kept {
			next = heldPath
		}
	}
	return page.Leave(c, "/signin?next="+url.QueryEscape(next))
}

// Holds reports whether a form that came without a session is one to hold: not nobody's, nor
// what a page sent that stays.
func (h *Handler) Holds(c echo.Context) bool {
	r := c.Request()
	if r.Method == http.MethodGet || r.Method == http.MethodHead || page.From(c).Tenant.ID == uuid.Nil || page.WantsFragment(c) {
		return false
	}
	id, email := h.Sessions.Former(c)
	return id != uuid.Nil || email != ""
}

// hold keeps the posted form, and reports whether it did: not one that is empty or large, and
// not many of one person's.
func (h *Handler) hold(c echo.Context) (bool, error) {
	ctx := c.Request().Context()
	r := c.Request()
	form := url.Values{}
	for name, values := range r.PostForm {
		if !secretField(name) && name != "_method" {
			form[name] = values
		}
	}
	text, err := json.Marshal(held{Method: r.Method, Path: r.URL.RequestURI(), Form: form})
	if err != nil || len(form) == 0 || len(text) > maxHeld {
		return false, err
	}
	token := auth.NewToken()
	userID, email := h.Sessions.Former(c)
	err = auth.ThrottleHeld(ctx, h.DB, userID, email)
	if err == nil {
		err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
			return auth.Hold(ctx, tx, token, page.From(c).Tenant.ID, userID, email, h.Box.Seal(heldPurpose, string(text)))
		})
	}
	if errors.As(err, &auth.TooManyError{}) || errors.Is(err, auth.ErrBadToken) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h.Base.SetCookie(c, heldCookie, token, int(auth.HeldTime.Seconds()))
	return true, nil
}

// secretField reports whether nobody may keep what was typed there.
func secretField(name string) bool {
	return slices.ContainsFunc([]string{"password", "secret", "token", "sudo_", "code"}, func(s string) bool {
		return strings.Contains(name, s)
	})
}

// Held gives the form back to who has signed in again, once.
func (h *Handler) Held(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	if c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusOK) // which uses nothing up
	}
	var sealed string
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		sealed, err = auth.TakeHeld(ctx, tx, h.Base.TakeCookie(c, heldCookie), v.Tenant.ID, v.Who)
		return err
	})
	if errors.Is(err, auth.ErrBadToken) {
		return page.Render(c, http.StatusOK, views.Held(views.HeldPage{Workspace: v.Tenant.Name}), nil)
	}
	if err != nil {
		return err
	}
	text, err := h.Box.Open(heldPurpose, sealed)
	if err != nil {
		return err
	}
	var kept held
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return err
	}
	p := views.HeldPage{Workspace: v.Tenant.Name, Action: kept.Path, Fields: sentAgain(kept.Method, kept.Form)}
	return page.Render(c, http.StatusOK, views.Held(p), nil)
}

// SignedInAgain is where somebody ends who has signed in beside a page that they left open.
func (h *Handler) SignedInAgain(c echo.Context) error {
	return page.Render(c, http.StatusOK, views.SignedInAgain(), nil)
}

// Former is who was signed in last on this host by this browser: by id, else by address; neither
// where nobody was. It proves nothing.
func (st *Sessions) Former(c echo.Context) (userID uuid.UUID, email string) {
	if cookie, err := c.Cookie(st.base.CookieName("paddock")); err == nil {
		if _, userID, ok := st.decode(cookie); ok && userID != uuid.Nil {
			return userID, ""
		}
	}
	if known := st.knownAccounts(c); len(known) > 0 {
		return uuid.Nil, known[0].Email
	}
	return uuid.Nil, ""
}
