package peer

import (
	"context"
	"crypto/sha256"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"
)

// Provider is an OpenID provider: zitadel's, which is certified, with people and
// clients of the test's.
type Provider struct {
	Issuer  string
	tb      testing.TB
	storage *storage.Storage
	users   *providerUsers
}

// Client and secret that the provider knows.
const (
	ProviderClient = "paddock"
	ProviderSecret = "the provider’s secret for paddock"
	// ProviderPassword is everybody's there.
	ProviderPassword = "password over there"
)

type providerUsers struct {
	mu  sync.Mutex
	all map[string]*storage.User
}

func (u *providerUsers) GetUserByID(id string) *storage.User {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.all[id]
}
func (u *providerUsers) GetUserByUsername(name string) *storage.User { return u.GetUserByID(name) }
func (u *providerUsers) ExampleClientID() string                     { return "service" }

// NewProvider starts a provider whose client comes back to the URL.
func NewProvider(tb testing.TB, callbacks ...string) *Provider {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Provider{Issuer: "http://" + l.Addr().String(), tb: tb, users: &providerUsers{all: map[string]*storage.User{}}}
	clients := map[string]*storage.Client{ProviderClient: storage.WebClient(ProviderClient, ProviderSecret, callbacks...)}
	p.storage = storage.NewStorageWithClients(p.users, clients)
	provider, err := op.NewProvider(&op.Config{CryptoKey: sha256.Sum256([]byte("test")), CodeMethodS256: true, AuthMethodPost: true,
		SupportedUILocales: []language.Tag{language.English}},
		p.storage, op.StaticIssuer(p.Issuer), op.WithAllowInsecure(), op.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		tb.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login/username", func(w http.ResponseWriter, r *http.Request) {
		_ = signInPage.Execute(w, r.FormValue("authRequestID"))
	})
	mux.HandleFunc("POST /login/username",
		op.NewIssuerInterceptor(provider.IssuerFromRequest).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id := r.FormValue("id")
			if err := p.storage.CheckUsernamePassword(r.FormValue("username"), r.FormValue("password"), id); err != nil {
				http.Error(w, err.Error(), http.StatusForbidden)
				return
			}
			http.Redirect(w, r, op.AuthCallbackURL(provider)(r.Context(), id), http.StatusFound)
		}))
	mux.Handle("/", provider)
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(l) }()
	tb.Cleanup(func() { _ = server.Close() })
	return p
}

var signInPage = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>The provider</title>
<form method="post" action="/login/username"><input type="hidden" name="id" value="{{.}}">
<input id="username" name="username" aria-label="Name"><input id="password" name="password" type="password" aria-label="Password">
<button>Sign in over there</button></form>`))

// User makes somebody with an account over there; the name is the subject.
func (p *Provider) User(name, email string, verified bool) {
	p.users.mu.Lock()
	defer p.users.mu.Unlock()
	p.users.all[name] = &storage.User{ID: name, Username: name, Password: ProviderPassword, FirstName: "Nora", LastName: "Lind", Email: email,
		EmailVerified: verified}
}

// SignIn goes through the provider's pages as a person would, beginning at the
// URL where a client sends them, and returns the one to come back to.
func (p *Provider) SignIn(start, name string) (back string) {
	p.tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.tb.Fatal(err)
	}
	c := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host != mustURL(p.Issuer).Host {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := c.Get(start)
	if err != nil {
		p.tb.Fatal(err)
	}
	res.Body.Close()
	if to := res.Header.Get("Location"); to != "" {
		return to // refused at once
	}
	id := res.Request.URL.Query().Get("authRequestID")
	res, err = c.PostForm(p.Issuer+"/login/username", url.Values{"id": {id}, "username": {name}, "password": {ProviderPassword}})
	if err != nil {
		p.tb.Fatal(err)
	}
	defer res.Body.Close()
	if back = res.Header.Get("Location"); back == "" {
		p.tb.Fatalf("the provider answered %d at %s", res.StatusCode, res.Request.URL)
	}
	return back
}

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}
