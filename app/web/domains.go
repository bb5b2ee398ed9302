package web

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/domains"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// maxDomains is how many domains a workspace may claim.
const maxDomains = 10

func (s *Server) domains(c echo.Context) error {
	return s.renderDomains(c, http.StatusOK, views.DomainSettingsPage{})
}

func (s *Server) renderDomains(c echo.Context, status int, p views.DomainSettingsPage) error {
	ctx := c.Request().Context()
	t := visiting(c).tenant
	p.Shell, p.Target, p.Own = s.shell(c, "settings", "Domains"), t.Slug+"."+s.cfg.BaseURL.Hostname(), s.workspaceURL(t.Slug, "", nil)
	p.Scheme = s.cfg.BaseURL.Scheme
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
		rows, err := tx.DomainList(ctx, t.ID)
		for _, r := range rows {
			p.Domains = append(p.Domains, views.DomainLine{DomainListRow: r, TXTName: domains.TXTName(r.Host), TXTValue: domains.TXTValue(r.Token)})
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, status, views.DomainSettings(p), nil)
}

func (s *Server) domainCreate(c echo.Context) error {
	ctx := c.Request().Context()
	t := visiting(c).tenant
	f := readForm(c, views.DomainFields, true)
	host := entity.HostName(f.Values["host"])
	base := s.cfg.BaseURL.Hostname()
	switch {
	case !f.Valid():
	case host == "":
		f.fail("host", "This is not a domain. It should look like crm.example.com.")
	case host == base || strings.HasSuffix(host, "."+base):
		f.fail("host", "This is an address of this Paddock’s own. Your workspace’s can be changed by its operator.")
	}
	if f.Valid() {
		err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
			if err := tx.TenantLock(ctx, t.ID); err != nil {
				return err
			}
			n, err := tx.DomainCount(ctx, t.ID)
			if err != nil {
				return err
			}
			if n >= maxDomains {
				f.fail("host", "A workspace has "+ui.Plural(maxDomains, "domain", "domains")+" at most. Remove one first.")
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
		return s.renderDomains(c, http.StatusUnprocessableEntity, views.DomainSettingsPage{Form: f.Form})
	}
	return s.say(c, "/settings/domains", "Now prove that "+host+" is yours")
}

// domainVerify looks for the record now, and binds the domain.
func (s *Server) domainVerify(c echo.Context) error {
	ctx := c.Request().Context()
	t := visiting(c).tenant
	var row shareddb.DomainGetRow
	var taken bool
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		if row, err = tx.DomainGet(ctx, t.ID, c.Param("host")); err != nil {
			return err
		}
		taken, err = tx.DomainTaken(ctx, row.Host, t.ID)
		return err
	})
	if err != nil {
		return err
	}
	err = s.proveDomain(c, row.Host, row.Token)
	switch {
	case err != nil:
		return s.renderDomains(c, http.StatusUnprocessableEntity, views.DomainSettingsPage{
			Notice: "We did not find the TXT record of " + row.Host + " yet. It can take an hour until a new record is seen everywhere.",
		})
	case taken:
		return s.domainTaken(c, row.Host)
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
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
		return s.domainTaken(c, row.Host)
	}
	if err != nil {
		return err
	}
	return s.say(c, "/settings/domains", t.Name+" answers at "+row.Host)
}

func (s *Server) domainTaken(c echo.Context, host string) error {
	return s.renderDomains(c, http.StatusConflict, views.DomainSettingsPage{
		Notice: host + " is bound to another workspace. When that one’s TXT record is gone, it is free within three days.",
	})
}

func (s *Server) domainDelete(c echo.Context) error {
	ctx := c.Request().Context()
	t := visiting(c).tenant
	var host string
	err := s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if host, err = tx.DomainDelete(ctx, t.ID, c.Param("host")); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSettings, "Domain "+host+" removed")
	})
	if err != nil {
		return err
	}
	if hostname(c.Request().Host) == host { // the page one is on goes with it
		return s.leave(c, s.workspaceURL(t.Slug, "/settings/domains", nil))
	}
	return s.say(c, "/settings/domains", t.Name+" does not answer at "+host+" any more")
}

// tlsAllow answers a proxy that asks whether to get a certificate for a domain: who asks
// from this machine or its own networks, or is trusted. What a proxy passes on is the
// public's, and not its own question.
func (s *Server) tlsAllow(c echo.Context) error {
	r := c.Request()
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	near := err == nil && (peer.Addr().Unmap().IsLoopback() || peer.Addr().Unmap().IsPrivate()) || s.trusted(r.RemoteAddr)
	if r.Header.Get("X-Forwarded-For") != "" || !near {
		return errNotFound
	}
	ours, err := domains.Serves(c.Request().Context(), s.hosts, c.QueryParam("domain"))
	if err != nil {
		return err
	}
	if !ours {
		return c.String(http.StatusNotFound, "no\n")
	}
	return c.String(http.StatusOK, "yes\n")
}

// proveDomain looks for the record that proves a domain.
func (s *Server) proveDomain(c echo.Context, domain, token string) error {
	return abroad(c, func() error { return domains.Prove(c.Request().Context(), s.txt, domain, token) })
}
