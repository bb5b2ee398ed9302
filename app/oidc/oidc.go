// Package oidc signs people in at OpenID Connect providers: the authorization
// code flow with PKCE, a nonce and a state.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"golang.org/x/oauth2"
)

// Provider is an OpenID provider and what we are to it.
type Provider struct {
	ID           string // in URLs: /oidc/{id}
	Name         string // on buttons
	Issuer       string
	ClientID     string
	ClientSecret string
}

// Flow is what is kept between leaving for the provider and coming back.
type Flow struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	Fresh    bool   `json:"fresh,omitempty"` // the person must show who they are, not only that they have been there
}

// Claims are what the provider says of somebody.
type Claims struct {
	Issuer, Subject string
	Email           string // as the provider writes it
	EmailVerified   *bool  // nil when the provider does not say
	Name            string
	At              time.Time // when they signed in over there; zero when the provider does not say
}

// Client talks to providers.
type Client struct {
	http      *http.Client
	discovery *expirable.LRU[string, *oidc.Provider]
	failed    *expirable.LRU[string, error] // discoveries that are not tried again at once
	private   []netip.Prefix
}

// Limits of a provider: what it answers may be anything, for a workspace names it.
const (
	timeout     = 10 * time.Second
	maxResponse = 256 << 10 // bytes
	keep        = time.Hour
	keepFailed  = 20 * time.Second
	maxKept     = 200
)

// NewClient returns a client that connects to public addresses alone, and to
// those private networks: a workspace must not make us ask our own neighbours.
// The address is checked when it is dialled, after the name was resolved.
func NewClient(private []netip.Prefix) *Client {
	dialer := &net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if ip := a.Addr().Unmap(); !public(ip) && !slices.ContainsFunc(private, func(p netip.Prefix) bool { return p.Contains(ip) }) {
			return fmt.Errorf("%w: %s", ErrPrivate, ip)
		}
		return nil
	}}
	transport := &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout,
		MaxIdleConns: 20, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true}
	return &Client{
		// Nothing that OpenID Connect asks for is elsewhere than where it says.
		http: &http.Client{Timeout: timeout, Transport: bounded{transport},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		failed:    expirable.NewLRU[string, error](maxKept, nil, keepFailed),
		discovery: expirable.NewLRU[string, *oidc.Provider](maxKept, nil, keep),
		private:   private,
	}
}

// ErrPrivate is answered for a provider at an address that is not public.
var ErrPrivate = errors.New("oidc: the provider's address is not public")

// shared networks that netip has no name for: RFC 6598, 192.0.0.0/24 of RFC
// 6890, benchmarks of RFC 2544, IPv4 inside IPv6 (RFC 4291 2.5.5.1, 6052, 3056,
// 4380) and the site-local addresses of RFC 3879.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("fec0::/10"),
}

func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// bounded cuts answers off.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxResponse), res.Body}
	}
	return res, err
}

// ErrIssuer is answered for an issuer that can't be one.
var ErrIssuer = errors.New("oidc: want an https address without a query")

// Discover finds out what the provider offers; it fails for one that can't be
// reached or is none.
func (c *Client) Discover(issuer string) (*oidc.Provider, error) {
	if u, err := url.Parse(issuer); err != nil || u.RawQuery != "" || u.Fragment != "" || !c.secure(issuer) {
		return nil, ErrIssuer
	}
	if p, ok := c.discovery.Get(issuer); ok {
		return p, nil
	}
	p, err := c.discover(issuer)
	if err != nil {
		c.failed.Add(issuer, err)
		return nil, err
	}
	c.failed.Remove(issuer)
	c.discovery.Add(issuer, p)
	return p, nil
}

func (c *Client) discover(issuer string) (*oidc.Provider, error) {
	// It outlives the request: it goes on to fetch keys when they change.
	p, err := oidc.NewProvider(oidc.ClientContext(context.Background(), c.http), issuer)
	if err != nil {
		return nil, err
	}
	var keys struct {
		URL string `json:"jwks_uri"`
	}
	if err := p.Claims(&keys); err != nil {
		return nil, err
	}
	for _, endpoint := range []string{p.Endpoint().AuthURL, p.Endpoint().TokenURL, keys.URL, p.UserInfoEndpoint()} {
		if endpoint != "" && !c.secure(endpoint) {
			return nil, ErrEndpoint
		}
	}
	return p, nil
}

// secure tells an address that secrets may be sent to, and that may be believed.
func (c *Client) secure(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && len(c.private) > 0)
}

// ErrEndpoint is answered for a provider that wants to be asked over plain HTTP.
var ErrEndpoint = errors.New("oidc: the provider names an address that is not https")

func (c *Client) config(p Provider, redirectURL string) (*oauth2.Config, *oidc.Provider, error) {
	// One that did not answer just now is not waited for by everybody who comes.
	if err, ok := c.failed.Get(p.Issuer); ok {
		return nil, nil, err
	}
	found, err := c.Discover(p.Issuer)
	if err != nil {
		return nil, nil, err
	}
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: found.Endpoint(), RedirectURL: redirectURL,
		Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}, found, nil
}

// Start returns where to send the browser, and what to keep until it comes back.
// fresh asks the provider to have the person sign in anew.
func (c *Client) Start(p Provider, redirectURL string, fresh bool) (string, Flow, error) {
	config, _, err := c.config(p, redirectURL)
	if err != nil {
		return "", Flow{}, err
	}
	f := Flow{State: rand.Text() + rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Fresh: fresh}
	options := []oauth2.AuthCodeOption{oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)}
	if fresh {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return config.AuthCodeURL(f.State, options...), f, nil
}

// Finish exchanges the code for what the provider says of the person.
func (c *Client) Finish(ctx context.Context, p Provider, redirectURL, code string, f Flow) (Claims, error) {
	config, found, err := c.config(p, redirectURL) //nolint:contextcheck // what is found is for all who come
	if err != nil {
		return Claims{}, err
	}
	ctx = oidc.ClientContext(ctx, c.http)
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return Claims{}, err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Claims{}, errors.New("oidc: the answer has no id_token")
	}
	id, err := found.Verifier(&oidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err != nil {
		return Claims{}, err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 {
		return Claims{}, errors.New("oidc: the nonce is not ours")
	}
	var said struct {
		Email         string `json:"email"`
		EmailVerified *truth `json:"email_verified"`
		Name          string `json:"name"`
		AuthTime      int64  `json:"auth_time"`
	}
	if err := id.Claims(&said); err != nil {
		return Claims{}, err
	}
	at := time.Time{}
	if said.AuthTime > 0 {
		at = time.Unix(said.AuthTime, 0)
	}
	if now := time.Now(); at.After(now) { // its clock, or a proof that would last for ever
		at = now
	}
	if f.Fresh && time.Since(at) > freshness {
		return Claims{}, ErrStale
	}
	if said.Email == "" { // some say it only here
		said.EmailVerified = nil
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return Claims{}, err
		}
		if info.Subject != id.Subject {
			return Claims{}, errors.New("oidc: two answers about two people")
		}
		if err := info.Claims(&said); err != nil {
			return Claims{}, err
		}
	}
	return Claims{Issuer: id.Issuer, Subject: id.Subject, Email: said.Email, EmailVerified: (*bool)(said.EmailVerified), Name: said.Name,
		At: at}, nil
}

// ErrStale is answered where the provider was asked to have the person sign in
// anew, and does not say that it did.
var ErrStale = errors.New("oidc: the provider does not say that the person has signed in anew")

// freshness is how long signing in over there and coming back may take.
const freshness = 10 * time.Minute

// truth is a boolean that some providers write as a text.
type truth bool

func (t *truth) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseBool(strings.Trim(string(b), `"`))
	*t = truth(v)
	return err
}
