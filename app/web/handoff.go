package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/views"
)

// handoffTo is an address that signs whoever is signed in here in to a
// workspace, once, and leads to next there; pgx.ErrNoRows when they are neither
// a member there nor invited.
func (s *Server) handoffTo(c echo.Context, slug, next string) (to string, err error) {
	ctx := c.Request().Context()
	who := visiting(c).who
	var token string
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		id, err := tx.TenantOfMember(ctx, slug, who.UserID)
		if errors.Is(err, pgx.ErrNoRows) && who.Verified {
			id, err = tx.TenantOfInvited(ctx, slug, who.Email)
		}
		if err != nil {
			return err
		}
		token, err = auth.HandoffStart(ctx, tx, auth.SessionStart{UserID: who.UserID, TenantID: &id, Strong: who.Strong, ProvedAt: &who.ProvedAt, BeganAt: &who.BeganAt})
		return err
	})
	return s.handoffURL(c, slug, token, next), err
}

// handoffURL is where the token takes this browser, and leaves a mark there by which
// it is known to have begun this itself: a link of somebody else's must not sign it
// in. A host without a dot, as in development, has no cookies for what is below it.
func (s *Server) handoffURL(c echo.Context, slug, token, next string) string {
	if base := s.cfg.BaseURL; strings.Contains(base.Hostname(), ".") {
		http.SetCookie(c.Response(), &http.Cookie{ //nolint:gosec // Secure follows the scheme of the base URL
			Name: s.handoffCookie(), Value: handoffMark(token), Domain: base.Hostname(), Path: "/handoff", MaxAge: int(auth.HandoffTime.Seconds()),
			HttpOnly: true, Secure: base.Scheme == "https", SameSite: http.SameSiteLaxMode,
		})
	}
	q := url.Values{"token": {token}}
	if next != "" {
		q.Set("next", next)
	}
	return s.workspaceURL(slug, "/handoff", q)
}

func (s *Server) handoffCookie() string {
	if s.cfg.BaseURL.Scheme == "https" {
		return "__Secure-paddock-handoff"
	}
	return "paddock-handoff"
}

// handoffMark tells nothing of the token to the hosts that see it.
func handoffMark(token string) string {
	h := sha256.Sum256([]byte("handoff mark " + token))
	return hex.EncodeToString(h[:])
}

// begunHere reports whether this browser has begun the hand-off; where that can't be
// told, it is taken to have.
func (s *Server) begunHere(c echo.Context, token string) bool {
	if !strings.Contains(s.cfg.BaseURL.Hostname(), ".") {
		return true
	}
	cookie, err := c.Cookie(s.handoffCookie())
	return err == nil && subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(handoffMark(token))) == 1
}

// handoff arrives from another host. It asks before it replaces the session of
// somebody else, and where this browser has not begun it: a link must not swap who
// one is, nor sign somebody in unasked.
func (s *Server) handoff(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	token := c.QueryParam("token")
	if c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusOK) // a preview of the link must not use it up
	}
	if v.signedIn || !s.begunHere(c, token) {
		var next string
		err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
			row, err := auth.HandoffPeek(ctx, tx, token, v.tenant.ID)
			if err == nil && *row.UserID != v.who.UserID {
				next = row.Name
			}
			return err
		})
		if err != nil {
			return s.handoffFailed(c, err)
		}
		if next != "" {
			return s.render(c, http.StatusOK, views.Handoff(views.HandoffPage{Workspace: v.tenant.Name, Token: token, Now: v.who.Name, Next: next, To: c.QueryParam("next")}), nil)
		}
	}
	return s.finishHandoff(c, token, c.QueryParam("next"))
}

func (s *Server) handoffConfirmed(c echo.Context) error {
	return s.finishHandoff(c, c.Request().PostForm.Get("token"), posted(c, "next"))
}

func (s *Server) finishHandoff(c echo.Context, token, next string) error {
	ctx := c.Request().Context()
	var start auth.SessionStart
	err := s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		start, err = auth.HandoffFinish(ctx, tx, token, visiting(c).tenant.ID)
		return err
	})
	if err != nil {
		return s.handoffFailed(c, err)
	}
	start.How = "From another address of this Paddock"
	to, err := s.startSession(c, start, next)
	if err != nil {
		return err
	}
	return s.leave(c, to)
}

// handoffFailed: a used or late token is no drama. Whoever is signed in goes
// on, anybody else signs in.
func (s *Server) handoffFailed(c echo.Context, err error) error {
	if !errors.Is(err, auth.ErrBadToken) {
		return err
	}
	if visiting(c).signedIn {
		return s.leave(c, "/")
	}
	return s.leave(c, "/signin")
}
