// Package console serves the operators' own host: all workspaces, domains, people, jobs and
// migrations.
package console

import (
	"log/slog"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/geoip"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web/page"
)

// Handler answers all of it.
type Handler struct {
	DB     *db.DB
	Hosts  *tenant.Resolver
	Box    *seal.Box
	Base   *page.Base
	Places *geoip.DB
	Log    *slog.Logger
}
