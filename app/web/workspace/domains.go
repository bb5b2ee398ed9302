package workspace

import (
	"errors"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/domains"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// maxDomains is how many domains a workspace may claim.
const maxDomains = 10

// Domains is the page of the domains at which the workspace answers, or will.
func (h *Handler) Domains(c echo.Context) error {
	return h.renderDomains(c, http.StatusOK, views.DomainSettingsPage{})
}

func (h *Handler) renderDomains(c echo.Context, status int, p views.DomainSettingsPage) error {
	ctx := c.Request().Context()
	t := page.From(c).Tenant
	p.Shell, p.Target, p.Own = page.Shell(c, "settings", "Domains"), t.Slug+"."+h.Base.URL.Hostname(), h.Base.WorkspaceURL(t.Slug, "", nil)
	p.Scheme = h.Base.URL.Scheme
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
		rows, err := tx.DomainList(ctx, t.ID)
		for _, r := range rows {
			p.Domains = append(p.Domains, views.DomainLine{DomainListRow: r, TXTName: domains.TXTName(r.Host), TXTValue: domains.TXTValue(r.Token)})
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, status, views.DomainSettings(p), nil)
}

// DomainCreate claims one; a record at its name server proves it.
func (h *Handler) DomainCreate(c echo.Context) error {
	ctx := c.Request().Context()
	t := page.From(c).Tenant
	f := page.ReadForm(c, views.DomainFields, true)
	host := entity.HostName(f.Values["host"])
	base := h.Base.URL.Hostname()
	switch {
	case !f.Valid():
	case host == "":
		f.Fail("host", "This is not a domain. It should look like crm.example.com.")
	case host == base || strings.HasSuffix(host, "."+base):
		f.Fail("host", "This is an address of this Paddock’s own. Your workspace’s can be changed by its operator.")
	}
	if f.Valid() {
		err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
			if err := tx.TenantLock(ctx, t.ID); err != nil {
				return err
			}
			n, err := tx.DomainCount(ctx, t.ID)
			if err != nil {
				return err
			}
			if n >= maxDomains {
				f.Fail("host", "A workspace has "+ui.Plural(maxDomains, "domain", "domains")+" at most. Remove one first.")
				return nil
			}
			if err := tx.DomainInsert(ctx, t.ID, host, auth.NewToken()); err != nil {
				return err
			}
			return auth.AuditShared(ctx, tx, auth.DidChangeSettings, "Domain "+host+" added")
		})
		if err != nil {
			return err
		}
	}
	if !f.Valid() {
		return h.renderDomains(c, http.StatusUnprocessableEntity, views.DomainSettingsPage{Form: f.Form})
	}
	return page.Say(c, "/settings/domains", "Now prove that "+host+" is yours")
}

// DomainVerify looks for the record now, and binds the domain.
func (h *Handler) DomainVerify(c echo.Context) error {
	ctx := c.Request().Context()
	t := page.From(c).Tenant
	var row shareddb.DomainGetRow
	var taken bool
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		if row, err = tx.DomainGet(ctx, t.ID, c.Param("host")); err != nil {
			return err
		}
		taken, err = tx.DomainTaken(ctx, row.Host, t.ID)
		return err
	})
	if err != nil {
		return err
	}
	err = page.Abroad(c, func() error { return domains.Prove(ctx, h.TXT, row.Host, row.Token) })
	switch {
	case err != nil:
		return h.renderDomains(c, http.StatusUnprocessableEntity, views.DomainSettingsPage{
			Notice: "We did not find the TXT record of " + row.Host + " yet. It can take an hour until a new record is seen everywhere.",
		})
	case taken:
		return h.domainTaken(c, row.Host)
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.DomainUnbindDeleted(ctx, row.Host); err != nil {
			return err
		}
		if err := tx.DomainVerify(ctx, t.ID, row.Host); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSettings, "Domain "+row.Host+" proven")
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == "domains_host" { // by another in this moment
		return h.domainTaken(c, row.Host)
	}
	if err != nil {
		return err
	}
	return page.Say(c, "/settings/domains", t.Name+" answers at "+row.Host)
}

func (h *Handler) domainTaken(c echo.Context, host string) error {
	return h.renderDomains(c, http.StatusConflict, views.DomainSettingsPage{
		Notice: host + " is bound to another workspace. When that one’s TXT record is gone, it is free within three days.",
	})
}

// DomainDelete gives one up.
func (h *Handler) DomainDelete(c echo.Context) error {
	ctx := c.Request().Context()
	t := page.From(c).Tenant
	var host string
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if host, err = tx.DomainDelete(ctx, t.ID, c.Param("host")); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSettings, "Domain "+host+" removed")
	})
	if err != nil {
		return err
	}
	if page.Hostname(c.Request().Host) == host { // the page one is on goes with it
		return page.Leave(c, h.Base.WorkspaceURL(t.Slug, "/settings/domains", nil))
	}
	return page.Say(c, "/settings/domains", t.Name+" does not answer at "+host+" any more")
}
