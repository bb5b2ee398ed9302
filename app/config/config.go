// Package config reads the settings. It is the only reader of the environment.
package config

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config is every setting, as docs/settings.md describes them.
type Config struct {
	DatabaseURL    string         `env:"DATABASE_URL"`        // what requests log in with
	DirectURL      string         `env:"DATABASE_DIRECT_URL"` // the database's owner; "" where that is DATABASE_URL's login
	BaseURL        *url.URL       `env:"PADDOCK_BASE_URL"`
	Listen         string         `env:"PADDOCK_LISTEN" envDefault:":8080"`
	Secrets        []string       `env:"PADDOCK_SECRET" envSeparator:","` // the first signs, all verify
	TrustedProxies []netip.Prefix `env:"PADDOCK_TRUSTED_PROXIES" envSeparator:","`
	SpareSchemas   int            `env:"PADDOCK_SPARE_SCHEMAS" envDefault:"10"`
	TenantRoles    string         `env:"PADDOCK_TENANT_ROLES" envDefault:"on"`
	DataDir        string         `env:"PADDOCK_DATA_DIR"`
	PGBin          string         `env:"PADDOCK_PG_BIN"`

	// off, auto, a certificate and its key with a comma between them, or auto and both
	TLS          string `env:"PADDOCK_TLS" envDefault:"off"`
	ACME         string `env:"PADDOCK_ACME_DIRECTORY"`
	ACMEEmail    string `env:"PADDOCK_ACME_EMAIL"`
	RedirectFrom string `env:"PADDOCK_REDIRECT_LISTEN"`

	// How long a process that was told to stop goes on accepting, for proxies to go elsewhere.
	DrainDelay time.Duration `env:"PADDOCK_DRAIN_DELAY" envDefault:"3s"`

	Metrics     string         `env:"PADDOCK_METRICS_LISTEN"`      // "off" for none
	Profiles    string         `env:"PADDOCK_PPROF_LISTEN"`        // "" for none
	OTLP        string         `env:"OTEL_EXPORTER_OTLP_ENDPOINT"` // the exporter reads it too
	GeoIP       string         `env:"PADDOCK_GEOIP"`
	Pages       string         `env:"PADDOCK_PAGES"`
	SMTPURL     *url.URL       `env:"SMTP_URL"`
	MailFrom    string         `env:"PADDOCK_MAIL_FROM"`
	OIDCPrivate []netip.Prefix `env:"PADDOCK_OIDC_ALLOW_PRIVATE" envSeparator:","`
	OIDC        []OIDCProvider // PADDOCK_OIDC_<ID>_ISSUER and so on

	// Unknown are variables that begin as ours do and are none, such as a misspelt one.
	Unknown []string

	baseURLSet bool
}

// OIDCProvider is a provider at which anybody may sign in to this Paddock.
type OIDCProvider struct{ ID, Name, Issuer, ClientID, ClientSecret string }

// Load reads and checks the environment. An error has a line for each variable
// that is wrong, which begins with its name; what else was read is returned too.
func Load() (Config, error) {
	var c Config
	errs := named(env.Parse(&c))
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	c.baseURLSet = os.Getenv("PADDOCK_BASE_URL") != ""
	if c.BaseURL == nil {
		_, port, err := net.SplitHostPort(c.Listen)
		if err != nil {
			wrong("PADDOCK_LISTEN=%s: want [host]:port", c.Listen)
		}
		c.BaseURL = &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", port)}
	}
	// A name may end in a dot, which says that it is whole; hosts of requests seldom do.
	// Nor do browsers name a scheme's own port.
	name, port := strings.ToLower(strings.TrimSuffix(c.BaseURL.Hostname(), ".")), c.BaseURL.Port()
	if c.BaseURL.Host = name; port != "" && port != map[string]string{"http": "80", "https": "443"}[c.BaseURL.Scheme] {
		c.BaseURL.Host = net.JoinHostPort(name, port)
	}
	if c.DatabaseURL == "" && c.DirectURL != "" {
		wrong("DATABASE_DIRECT_URL is set, and DATABASE_URL is not: it is what requests log in with")
	}
	if c.BaseURL.User != nil || c.BaseURL.RawQuery != "" || c.BaseURL.Fragment != "" {
		wrong("PADDOCK_BASE_URL: want http(s)://host[:port] and nothing else")
		c.BaseURL.User, c.BaseURL.RawQuery, c.BaseURL.Fragment = nil, "", ""
	}
	if c.BaseURL.Host == "" || (c.BaseURL.Scheme != "http" && c.BaseURL.Scheme != "https") || strings.Trim(c.BaseURL.Path, "/") != "" {
		wrong("PADDOCK_BASE_URL=%s: want http(s)://host[:port] without a path", c.BaseURL)
	} else if _, err := netip.ParseAddr(name); err == nil {
		wrong("PADDOCK_BASE_URL=%s: want a name, not an address: workspaces are its subdomains", c.BaseURL)
	} else if !hostPattern.MatchString(name) {
		wrong("PADDOCK_BASE_URL=%s: want a name of letters, digits and hyphens; other letters as xn--…, as browsers send them", c.BaseURL)
	}
	c.BaseURL.Path = ""
	if c.TenantRoles != "on" && c.TenantRoles != "off" {
		wrong("PADDOCK_TENANT_ROLES=%s: want on or off", c.TenantRoles)
	}
	if _, _, _, err := c.Certificates(); err != nil {
		errs = append(errs, err)
	}
	if c.DrainDelay < 0 || c.DrainDelay > time.Minute {
		wrong("PADDOCK_DRAIN_DELAY: want 0s to 1m")
	}
	if c.SpareSchemas < 0 {
		wrong("PADDOCK_SPARE_SCHEMAS: want 0 or more")
	}
	for _, s := range c.Secrets {
		if len(s) < 32 {
			wrong("PADDOCK_SECRET: each secret needs 32 bytes or more")
			break
		}
		if distinct(s) < 8 { // 32 random hex digits have as few once in a hundred thousand million
			wrong("PADDOCK_SECRET: too easy to guess: take random bytes, for instance from: openssl rand -base64 32")
			break
		}
	}
	if c.DataDir == "" {
		c.DataDir = defaultDataDir()
	}
	if c.SMTPURL != nil && c.SMTPURL.Host == "" { // it could not be read, or leads nowhere
		c.SMTPURL = nil
	}
	c.Unknown = unknown(os.Environ())
	var err error
	if c.OIDC, err = oidcProviders(os.Environ()); err != nil {
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

// unknown names the variables of ours that no setting has, each with the setting that
// it looks most like.
func unknown(environ []string) (out []string) {
	var known []string
	for f := range reflect.TypeFor[Config]().Fields() {
		known = append(known, f.Tag.Get("env"))
	}
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "PADDOCK_") || slices.Contains(known, name) || oidcPattern.MatchString(v) ||
			slices.Contains(exported, name) || linked.MatchString(name) {
			continue
		}
		alike, like := len("PADDOCK_")+2, "" // fewer letters in common are chance
		for _, k := range known {
			n := 0
			for n < min(len(k), len(name)) && k[n] == name[n] {
				n++
			}
			if n > alike {
				alike, like = n, "; is it "+k+"?"
			}
		}
		out = append(out, name+like)
	}
	slices.Sort(out)
	return out
}

var hostPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// linked are variables that Kubernetes sets for a service called paddock.
var linked = regexp.MustCompile(`^PADDOCK_(SERVICE|PORT)(_|$)`)

// exported are variables that Paddock sets for programs that it starts.
var exported = []string{"PADDOCK_TENANT", "PADDOCK_TENANT_SCHEMA"}

// named says which variables could not be read, where the library names fields.
func named(err error) (out []error) {
	all := env.AggregateError{}
	if !errors.As(err, &all) {
		if err != nil {
			out = append(out, err)
		}
		return out
	}
	for _, err := range all.Errors {
		if p, ok := errors.AsType[env.ParseError](err); ok {
			field, _ := reflect.TypeFor[Config]().FieldByName(p.Name) // it read this type
			name := field.Tag.Get("env")
			switch err = fmt.Errorf("%s: %w", name, p.Err); field.Type {
			case reflect.TypeFor[[]netip.Prefix]():
				err = fmt.Errorf("%s=%s: want networks with commas between them, such as 10.0.0.0/8,192.0.2.1/32", name, os.Getenv(name))
			case reflect.TypeFor[time.Duration]():
				err = fmt.Errorf("%s=%s: want a time such as 3s", name, os.Getenv(name))
			case reflect.TypeFor[*url.URL](): // what was read may hold a password
				err = fmt.Errorf("%s: not a URL; in a user or password write %%25 for %%, %%40 for @, %%23 for # and %%2F for /", name)
			case reflect.TypeFor[int]():
				err = fmt.Errorf("%s=%s: want a number", name, os.Getenv(name))
			}
		}
		out = append(out, err)
	}
	return out
}

// distinct is how many different bytes a text has.
func distinct(s string) int {
	seen := map[byte]bool{}
	for i := range len(s) {
		seen[s[i]] = true
	}
	return len(seen)
}

var oidcPattern = regexp.MustCompile(`^PADDOCK_OIDC_([A-Z0-9]+)_(ISSUER|CLIENT_ID|CLIENT_SECRET|NAME)=(.*)$`)

// oidcProviders reads PADDOCK_OIDC_GOOGLE_ISSUER, …_CLIENT_ID, …_CLIENT_SECRET
// and …_NAME, for any word in place of GOOGLE.
func oidcProviders(environ []string) ([]OIDCProvider, error) {
	found := map[string]*OIDCProvider{}
	for _, v := range environ {
		m := oidcPattern.FindStringSubmatch(v)
		if m == nil {
			continue
		}
		id := strings.ToLower(m[1])
		p := found[id]
		if p == nil {
			p = &OIDCProvider{ID: id, Name: strings.ToUpper(id[:1]) + id[1:]}
			found[id] = p
		}
		*map[string]*string{"ISSUER": &p.Issuer, "CLIENT_ID": &p.ClientID, "CLIENT_SECRET": &p.ClientSecret, "NAME": &p.Name}[m[2]] = m[3]
	}
	out := []OIDCProvider{}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		p := *found[id]
		if p.Issuer == "" || p.ClientID == "" || id == WorkspaceProvider {
			return nil, fmt.Errorf("PADDOCK_OIDC_%s: want an _ISSUER and a _CLIENT_ID, and another name than %s", strings.ToUpper(id),
				strings.ToUpper(WorkspaceProvider))
		}
		out = append(out, p)
	}
	return out, nil
}

// WorkspaceProvider is the id of a workspace's own provider in URLs.
const WorkspaceProvider = "workspace"

// Certificates says where those come from: got on demand, from files, or both;
// neither when a proxy in front ends TLS.
func (c Config) Certificates() (auto bool, certFile, keyFile string, err error) {
	parts := strings.Split(c.TLS, ",")
	if c.TLS == "off" || c.TLS == "" {
		return false, "", "", nil
	}
	if parts[0] == "auto" {
		auto, parts = true, parts[1:]
	}
	switch {
	case len(parts) == 0:
	case len(parts) == 2 && parts[0] != "" && parts[1] != "":
		certFile, keyFile = parts[0], parts[1]
	default:
		return false, "", "", fmt.Errorf("PADDOCK_TLS=%s: want off, auto, CERTIFICATE,KEY or auto,CERTIFICATE,KEY", c.TLS)
	}
	if c.BaseURL.Scheme != "https" {
		return false, "", "", fmt.Errorf("PADDOCK_TLS=%s: PADDOCK_BASE_URL must begin with https://", c.TLS)
	}
	return auto, certFile, keyFile, nil
}

// OwnerURL is the URL of the database's owner.
func (c Config) OwnerURL() string { return cmp.Or(c.DirectURL, c.DatabaseURL) }

// Environ is the program's environment, for a program that it starts.
func (c Config) Environ() []string { return os.Environ() }

// RequireProduction checks what development does without.
func (c Config) RequireProduction() error {
	var errs []error
	if c.DatabaseURL == "" {
		errs = append(errs, errors.New("DATABASE_URL is not set"))
	}
	if !c.baseURLSet {
		errs = append(errs, errors.New("PADDOCK_BASE_URL is not set: the address of the public site, such as https://myapp.com"))
	}
	if name := c.BaseURL.Hostname(); c.BaseURL.Scheme != "https" && name != "localhost" && !strings.HasSuffix(name, ".localhost") {
		errs = append(errs, fmt.Errorf(
			"PADDOCK_BASE_URL=%s: want https: cookies and passwords would travel in the clear, and passkeys don’t work", c.BaseURL))
	}
	if len(c.Secrets) == 0 {
		errs = append(errs, errors.New("PADDOCK_SECRET is not set: 32 random bytes or more, for instance from: openssl rand -base64 32"))
	}
	if c.SMTPURL == nil {
		errs = append(errs, errors.New(
			"SMTP_URL is not set, or names no server: smtp://user:password@host:587 or smtps://…; invitations and forgotten passwords go by mail"))
	}
	if c.MailFrom == "" {
		errs = append(errs, errors.New("PADDOCK_MAIL_FROM is not set: the address that mail comes from"))
	}
	return errors.Join(errs...)
}

// Loopback is Listen for this machine alone: without a host it is 127.0.0.1, and
// another than this machine's own is refused.
func (c Config) Loopback() (string, error) {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return "", err
	}
	switch a, err := netip.ParseAddr(host); {
	case host == "" || host == "localhost":
		host = "127.0.0.1"
	case err != nil || !a.IsLoopback():
		return "", fmt.Errorf(
			"PADDOCK_LISTEN=%s: development’s passwords are known to everybody, so it listens on this machine alone; set an address such as "+
				"127.0.0.1:8080, or run paddock serve", c.Listen)
	}
	return net.JoinHostPort(host, port), nil
}

// DevelopmentSecret returns a random secret kept in the data directory, so
// that people stay signed in when the program restarts. Where there is none, it
// is created, or that is the error.
func (c Config) DevelopmentSecret(create bool) (string, error) {
	file := filepath.Join(c.DataDir, "secret")
	if b, err := os.ReadFile(file); err == nil && len(b) >= 32 {
		return string(b), nil
	}
	if !create {
		return "", errors.New("PADDOCK_SECRET is not set: what is kept or mailed is sealed with it")
	}
	if err := os.MkdirAll(c.DataDir, 0o755); err != nil {
		return "", err
	}
	aside, err := os.CreateTemp(c.DataDir, ".secret-") // which nobody else can read
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(aside.Name()) }()
	s := rand.Text() + rand.Text()
	_, err = aside.WriteString(s)
	if err = errors.Join(err, aside.Close()); err != nil {
		return "", err
	}
	// Of two that start at once one makes it, whole, and both have it.
	if err := os.Link(aside.Name(), file); err == nil {
		return s, nil
	}
	if b, err := os.ReadFile(file); err == nil && len(b) >= 32 {
		return string(b), nil
	}
	return s, os.Rename(aside.Name(), file) // in the place of half of one
}

// defaultDataDir is the person's own, except for root: PostgreSQL refuses to
// run as root, and whom it runs as instead cannot enter root's home.
func defaultDataDir() string {
	if os.Geteuid() == 0 {
		return "/var/lib/paddock"
	}
	if d := os.Getenv("XDG_DATA_HOME"); d != "" {
		return filepath.Join(d, "paddock")
	}
	if h, err := os.UserHomeDir(); err == nil {
		return filepath.Join(h, ".local", "share", "paddock")
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("paddock-%d", os.Getuid()))
}
