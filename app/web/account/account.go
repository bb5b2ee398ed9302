// Package account serves what is a person's own, on every host: signing up and in, the way
// from host to host, passwords, addresses, passkeys, sessions and the profile.
package account

import (
	"log/slog"

	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/domains"
	"github.com/paddock-crm/paddock/app/geoip"
	"github.com/paddock-crm/paddock/app/oidc"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web/page"
)

// Handler answers all of it.
type Handler struct {
	DB        *db.DB
	Hosts     *tenant.Resolver
	Box       *seal.Box
	Base      *page.Base
	Sessions  *Sessions
	Places    *geoip.DB
	OIDC      *oidc.Client
	Providers []config.OIDCProvider // at which anybody may sign in
	TXT       domains.LookupTXT
	Log       *slog.Logger
	Demo      bool // the demo's people are hinted at
	Unproxied bool // development, and no proxy: a client on this machine is the developer's
}
