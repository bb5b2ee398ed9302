package domains

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"

	"github.com/caddyserver/certmagic"
	"github.com/google/uuid"
	"go.uber.org/zap"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
)

// TLSOptions say where certificates come from.
type TLSOptions struct {
	DB    *db.DB
	Box   *seal.Box
	Hosts *tenant.Resolver
	Log   *slog.Logger

	Auto              bool   // get them on demand, for hosts that are ours
	Directory         string // of the ACME server; "" for Let's Encrypt
	Email             string // whom it warns; may be ""
	Port              int    // of our listener, to which port 443 leads
	CertFile, KeyFile string // one that is there, such as the base host's wildcard; "" for none
}

// aead are the suites of TLS 1.2 that authenticate what they encrypt; those of 1.3
// all do.
var aead = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// certificates is how many a process holds in memory; the database has them all.
const certificates = 10_000

// NewTLS returns the configuration of a listener. Certificates on demand are
// asked for while a first visitor waits, once for all processes, and renewed
// from then on. They are proven by TLS-ALPN, on this same listener.
func NewTLS(ctx context.Context, o TLSOptions) (*tls.Config, error) {
	protocols := []string{"h2", "http/1.1"}
	if !o.Auto {
		cert, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("PADDOCK_TLS: %w", err)
		}
		return &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: protocols, MinVersion: tls.VersionTLS12, CipherSuites: aead}, nil
	}
	var magic *certmagic.Config
	logger := zap.NewNop() // OnEvent says what an operator wants to know
	cache := certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return magic, nil },
		Capacity:         certificates, Logger: logger,
	})
	context.AfterFunc(ctx, cache.Stop)
	magic = certmagic.New(cache, certmagic.Config{
		Storage: &storage{db: o.DB, box: o.Box, locks: map[string]uuid.UUID{}},
		Logger:  logger,
		OnDemand: &certmagic.OnDemandConfig{DecisionFunc: func(ctx context.Context, name string) error {
			ours, err := Serves(ctx, o.Hosts, name)
			if err == nil && !ours {
				err = errors.New("domains: not ours: " + name)
			}
			return err
		}},
		OnEvent: func(ctx context.Context, event string, data map[string]any) error {
			switch event {
			case "cert_obtained":
				o.Log.InfoContext(ctx, "certificate", "host", data["identifier"], "renewal", data["renewal"])
			case "cert_failed":
				o.Log.ErrorContext(ctx, "no certificate", "host", data["identifier"], "renewal", data["renewal"], "error", data["error"])
			}
			return nil
		},
	})
	issuer := certmagic.NewACMEIssuer(magic, certmagic.ACMEIssuer{
		CA: o.Directory, Email: o.Email, Agreed: true, DisableHTTPChallenge: true, AltTLSALPNPort: o.Port, Logger: logger,
	})
	magic.Issuers = []certmagic.Issuer{issuer}
	if o.CertFile != "" {
		if _, err := magic.CacheUnmanagedCertificatePEMFile(ctx, o.CertFile, o.KeyFile, nil); err != nil {
			return nil, fmt.Errorf("PADDOCK_TLS: %w", err)
		}
	}
	c := magic.TLSConfig()
	c.NextProtos = append(protocols, c.NextProtos...)
	c.MinVersion, c.CipherSuites = tls.VersionTLS12, aead
	return c, nil
}

// Serves reports whether something of ours stands at the host: what a
// certificate may be had for, and what a proxy may ask one for.
func Serves(ctx context.Context, hosts *tenant.Resolver, host string) (bool, error) {
	h, err := hosts.Resolve(ctx, host)
	return h.Kind != tenant.Unknown, err
}
