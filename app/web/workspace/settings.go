// Package workspace serves the settings of a workspace: its members and their invitations,
// how they sign in, domains, data, the audit log, pipelines and tags.
package workspace

import (
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/domains"
	"github.com/paddock-crm/paddock/app/oidc"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web/page"
)

// Handler answers all of it.
type Handler struct {
	DB    *db.DB
	Hosts *tenant.Resolver
	Box   *seal.Box
	Base  *page.Base
	OIDC  *oidc.Client
	TXT   domains.LookupTXT
}
