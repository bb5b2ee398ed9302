// Package config reads the settings. It is the only reader of the environment.
package config

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Config is every setting, as docs/settings.md describes them.
type Config struct {
	DatabaseURL    string         `env:"DATABASE_URL"`
	BaseURL        *url.URL       `env:"PADDOCK_BASE_URL"`
	Listen         string         `env:"PADDOCK_LISTEN" envDefault:":8080"`
	Secrets        []string       `env:"PADDOCK_SECRET" envSeparator:","` // the first signs, all verify
	TrustedProxies []netip.Prefix `env:"PADDOCK_TRUSTED_PROXIES" envSeparator:","`
	SpareSchemas   int            `env:"PADDOCK_SPARE_SCHEMAS" envDefault:"10"`
	TenantRoles    string         `env:"PADDOCK_TENANT_ROLES" envDefault:"on"`
	DataDir        string         `env:"PADDOCK_DATA_DIR"`
	PGBin          string         `env:"PADDOCK_PG_BIN"`
}

// Load reads and checks the environment; an error names the variable.
func Load() (Config, error) {
	var c Config
	if err := env.Parse(&c); err != nil {
		return c, err
	}
	if c.BaseURL == nil {
		_, port, err := net.SplitHostPort(c.Listen)
		if err != nil {
			return c, fmt.Errorf("PADDOCK_LISTEN=%s: want [host]:port", c.Listen)
		}
		c.BaseURL = &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", port)}
	}
	if c.BaseURL.Host == "" || (c.BaseURL.Scheme != "http" && c.BaseURL.Scheme != "https") || strings.Trim(c.BaseURL.Path, "/") != "" {
		return c, fmt.Errorf("PADDOCK_BASE_URL=%s: want http(s)://host[:port] without a path", c.BaseURL)
	}
	if _, err := netip.ParseAddr(c.BaseURL.Hostname()); err == nil {
		return c, fmt.Errorf("PADDOCK_BASE_URL=%s: want a name, not an address: workspaces are its subdomains", c.BaseURL)
	}
	c.BaseURL.Host = strings.ToLower(c.BaseURL.Host)
	c.BaseURL.Path = ""
	if c.TenantRoles != "on" && c.TenantRoles != "off" {
		return c, fmt.Errorf("PADDOCK_TENANT_ROLES=%s: want on or off", c.TenantRoles)
	}
	if c.SpareSchemas < 0 {
		return c, errors.New("PADDOCK_SPARE_SCHEMAS: want 0 or more")
	}
	for _, s := range c.Secrets {
		if len(s) < 32 {
			return c, errors.New("PADDOCK_SECRET: each secret needs 32 bytes or more")
		}
	}
	if c.DataDir == "" {
		c.DataDir = defaultDataDir()
	}
	return c, nil
}

// RequireProduction checks what development does without.
func (c Config) RequireProduction() error {
	var errs []error
	if c.DatabaseURL == "" {
		errs = append(errs, errors.New("DATABASE_URL is not set"))
	}
	if len(c.Secrets) == 0 {
		errs = append(errs, errors.New("PADDOCK_SECRET is not set: 32 random bytes or more, for instance from: openssl rand -base64 32"))
	}
	return errors.Join(errs...)
}

// DevelopmentSecret returns a random secret kept in the data directory, so
// that people stay signed in when the program restarts.
func (c Config) DevelopmentSecret() (string, error) {
	if err := os.MkdirAll(c.DataDir, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(c.DataDir, "secret")
	if b, err := os.ReadFile(file); err == nil && len(b) >= 32 {
		return string(b), nil
	}
	s := rand.Text() + rand.Text()
	return s, os.WriteFile(file, []byte(s), 0o600)
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
