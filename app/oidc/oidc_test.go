package oidc_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/oidc"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// The answer is for the very flow that asked: its nonce, its verifier, its
// client, once.
func TestFinish(t *testing.T) {
	t.Parallel()
	const back = "https://paddock.test/oidc/big/callback"
	p := peer.NewProvider(t, back)
	p.User("nora", "nora@example.com", true)
	c := oidc.NewClient(loopback)
	big := oidc.Provider{ID: "big", Name: "Big", Issuer: p.Issuer, ClientID: peer.ProviderClient, ClientSecret: peer.ProviderSecret}
	begin := func() (code string, f oidc.Flow) {
		t.Helper()
		to, f, err := c.Start(big, back, false)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(p.SignIn(to, "nora"))
		if err != nil {
			t.Fatal(err)
		}
		if u.Query().Get("state") != f.State {
			t.Fatal("the provider came back with another state")
		}
		return u.Query().Get("code"), f
	}
	code, f := begin()
	claims, err := c.Finish(t.Context(), big, back, code, f)
	if err != nil || claims.Subject != "nora" || claims.Email != "nora@example.com" || claims.EmailVerified == nil || !*claims.EmailVerified ||
		claims.Issuer != p.Issuer {
		t.Fatalf("%+v %v", claims, err)
	}
	if _, err := c.Finish(t.Context(), big, back, code, f); err == nil {
		t.Error("the code works twice")
	}
	for what, spoil := range map[string]func(*oidc.Flow, *oidc.Provider, *string){
		"another nonce":    func(f *oidc.Flow, _ *oidc.Provider, _ *string) { f.Nonce = "another" },
		"no nonce":         func(f *oidc.Flow, _ *oidc.Provider, _ *string) { f.Nonce = "" },
		"another verifier": func(f *oidc.Flow, _ *oidc.Provider, _ *string) { f.Verifier = strings.Repeat("a", 43) },
		"no verifier":      func(f *oidc.Flow, _ *oidc.Provider, _ *string) { f.Verifier = "" },
		"another secret":   func(_ *oidc.Flow, p *oidc.Provider, _ *string) { p.ClientSecret = "guessed" },
		"another address":  func(_ *oidc.Flow, _ *oidc.Provider, back *string) { *back = "https://other.paddock.test/callback" },
	} {
		code, f := begin()
		p, to := big, back
		spoil(&f, &p, &to)
		if _, err := c.Finish(t.Context(), p, to, code, f); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

// Addresses are judged where they are dialled: behind a name, and behind a
// redirect, they are what they are.
func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	listen := func(ip string, h http.Handler) string {
		t.Helper()
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", ip+":0")
		if err != nil {
			t.Skipf("no %s here: %v", ip, err)
		}
		s := httptest.NewUnstartedServer(h)
		s.Listener.Close()
		s.Listener = l
		s.Start()
		t.Cleanup(s.Close)
		return s.URL
	}
	reached := false
	secret := listen("127.0.0.2", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	open := listen("127.0.0.1", http.RedirectHandler(secret+"/.well-known/openid-configuration", http.StatusFound))
	c := oidc.NewClient(loopback)
	if _, err := c.Discover(open); err == nil {
		t.Error("a redirect is followed")
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(open, "http://"))
	if _, err := oidc.NewClient([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}).Discover("http://localhost:" + port); !errors.Is(err,
		oidc.ErrPrivate) {
		t.Errorf("behind a name: %v", err)
	}
	if reached {
		t.Error("a neighbour was asked")
	}
	for _, ip := range []string{"[::127.0.0.1]", "[fec0::1]", "[::ffff:127.0.0.1]", "[2002:7f00:1::]"} {
		if _, err := oidc.NewClient(nil).Discover("https://" + ip + ":" + port); !errors.Is(err, oidc.ErrPrivate) {
			t.Errorf("%s: %v", ip, err)
		}
	}
	// What a provider answers is cut off.
	long := listen("127.0.0.1", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"issuer":"` + strings.Repeat("x", 1<<20)))
	}))
	if _, err := c.Discover(long); err == nil {
		t.Error("an endless answer is taken")
	}
}

// What a provider's own document names is asked over https alone; and a provider
// that does not answer is not asked again by the next who signs in.
func TestDiscoveredEndpoints(t *testing.T) {
	t.Parallel()
	asked := 0
	document := func(w http.ResponseWriter, r *http.Request, auth, token, keys string) {
		asked++
		issuer := "http://" + r.Host
		if r.TLS != nil {
			issuer = "https://" + r.Host
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"issuer": %q, "authorization_endpoint": %q, "token_endpoint": %q, "jwks_uri": %q}`, issuer, auth, token, keys)
	}
	c := oidc.NewClient(nil)
	for what, urls := range map[string][3]string{
		"to sign in": {"http://example.com/a", "https://example.com/t", "https://example.com/k"},
		"for tokens": {"https://example.com/a", "http://example.com/t", "https://example.com/k"},
		"for keys":   {"https://example.com/a", "https://example.com/t", "http://example.com/k"},
	} {
		s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { document(w, r, urls[0], urls[1], urls[2]) }))
		t.Cleanup(s.Close)
		oidc.Trust(c, s)
		if _, err := c.Discover(s.URL); !errors.Is(err, oidc.ErrEndpoint) {
			t.Errorf("plain HTTP %s: %v", what, err)
		}
	}
	asked = 0
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(s.Close)
	oidc.Trust(c, s)
	for range 5 {
		if _, _, err := c.Start(oidc.Provider{Issuer: s.URL}, "https://paddock.test/callback", false); err == nil {
			t.Error("a provider that is down")
		}
	}
	if asked != 1 {
		t.Errorf("a provider that is down was asked %d times", asked)
	}
}
