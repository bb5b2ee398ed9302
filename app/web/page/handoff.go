package page

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
)

// HandoffURL is where the token takes this browser, and leaves a mark there by which
// it is known to have begun this itself: a link of somebody else's must not sign it
// in. A host without a dot, as in development, has no cookies for what is below it.
func (b *Base) HandoffURL(c echo.Context, slug, token, next string) string {
	if base := b.URL; strings.Contains(base.Hostname(), ".") {
		http.SetCookie(c.Response(), &http.Cookie{ //nolint:gosec // Secure follows the scheme of the base URL
			Name: b.handoffCookie(), Value: handoffMark(token), Domain: base.Hostname(), Path: "/handoff", MaxAge: int(auth.HandoffTime.Seconds()),
			HttpOnly: true, Secure: base.Scheme == "https", SameSite: http.SameSiteLaxMode,
		})
	}
	q := url.Values{"token": {token}}
	if next != "" {
		q.Set("next", next)
	}
	return b.WorkspaceURL(slug, "/handoff", q)
}

func (b *Base) handoffCookie() string {
	if b.URL.Scheme == "https" {
		return "__Secure-paddock-handoff"
	}
	return "paddock-handoff"
}

// handoffMark tells nothing of the token to the hosts that see it.
func handoffMark(token string) string {
	h := sha256.Sum256([]byte("handoff mark " + token))
	return hex.EncodeToString(h[:])
}

// BegunHere reports whether this browser has begun the hand-off; where that can't be
// told, it is taken to have.
func (b *Base) BegunHere(c echo.Context, token string) bool {
	if !strings.Contains(b.URL.Hostname(), ".") {
		return true
	}
	cookie, err := c.Cookie(b.handoffCookie())
	return err == nil && subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(handoffMark(token))) == 1
}
