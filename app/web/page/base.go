package page

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"
)

// Base is where this Paddock is: the URL of its base host, and what is made of that.
type Base struct {
	URL     *url.URL
	Pages   Pages
	flashes *sessions.CookieStore
}

// NewBase returns the Base of a URL; the secrets sign its cookies, the first new ones.
func NewBase(at *url.URL, secrets []string) *Base {
	var keys [][]byte
	for _, secret := range secrets {
		keys = append(keys, []byte(secret), nil)
	}
	b := &Base{URL: at, flashes: sessions.NewCookieStore(keys...)}
	b.flashes.Options = &sessions.Options{Path: "/", HttpOnly: true, Secure: b.Secure(), SameSite: http.SameSiteLaxMode}
	b.flashes.MaxAge(300)
	return b
}

// Secure reports whether pages come over https.
func (b *Base) Secure() bool { return b.URL.Scheme == "https" }

// SiteURL is a URL on the base host.
func (b *Base) SiteURL(path string, query url.Values) string {
	u := *b.URL
	u.Path, u.RawQuery = path, query.Encode()
	return u.String()
}

// WorkspaceURL is a URL on a workspace's host.
func (b *Base) WorkspaceURL(slug, path string, query url.Values) string {
	u := *b.URL
	u.Host, u.Path, u.RawQuery = slug+"."+u.Host, path, query.Encode()
	return u.String()
}

// Here is a URL on the host of the request, which was resolved: it is one
// of ours.
func (b *Base) Here(c echo.Context, path string, query url.Values) string {
	u := *b.URL
	u.Host, u.Path, u.RawQuery = Hostname(c.Request().Host), path, query.Encode()
	if port := b.URL.Port(); port != "" { // ours, not what the client says
		u.Host = net.JoinHostPort(u.Host, port)
	}
	return u.String()
}

// Foreign reports whether the host is a custom domain, to which passkeys of the
// base host do not reach.
func (b *Base) Foreign(c echo.Context) bool {
	host, base := Hostname(c.Request().Host), b.URL.Hostname()
	return host != base && !strings.HasSuffix(host, "."+base)
}

// Hostname is a host without its port.
func Hostname(hostport string) string { return (&url.URL{Host: hostport}).Hostname() }

// CookieName is the name with what keeps it to one host: browsers let no sibling set a
// __Host- cookie, but they want https for it.
func (b *Base) CookieName(name string) string {
	if b.Secure() {
		return "__Host-" + name
	}
	return name
}

// SetCookie keeps a value in this browser for a ceremony of a few minutes, on
// this host alone; "" takes it away.
func (b *Base) SetCookie(c echo.Context, name, value string, seconds int) {
	if value == "" {
		seconds = -1
	}
	http.SetCookie(c.Response(), &http.Cookie{ //nolint:gosec // Secure follows the scheme of the base URL
		Name: b.CookieName(name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: b.Secure(), SameSite: http.SameSiteLaxMode,
	})
}

// TakeCookie returns what SetCookie has kept, "" when nothing, and takes it away.
func (b *Base) TakeCookie(c echo.Context, name string) string {
	cookie, err := c.Cookie(b.CookieName(name))
	if err != nil {
		return ""
	}
	b.SetCookie(c, name, "", 0)
	return cookie.Value
}
