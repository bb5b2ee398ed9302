package workspace

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/domains"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/oidc"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// SignIn is the page of how people sign in to the workspace.
func (h *Handler) SignIn(c echo.Context) error {
	return h.renderSignIn(c, http.StatusOK, views.SignInSettingsPage{})
}

// renderSignIn shows how people sign in to the workspace.
func (h *Handler) renderSignIn(c echo.Context, status int, p views.SignInSettingsPage) error {
	ctx := c.Request().Context()
	v := page.From(c)
	p.Shell = page.Shell(c, "settings", "Sign-in")
	p.RequireFactor = v.Tenant.RequireSecondFactor
	callback := "/oidc/" + config.WorkspaceProvider + "/callback"
	p.CallbackURLs = []string{h.Base.WorkspaceURL(v.Tenant.Slug, callback, nil)}
	row, err := auth.ProviderOf(c.Request().Context(), h.DB, page.From(c).Tenant.ID)
	if err != nil {
		return err
	}
	p.HasProvider = row.Issuer != ""
	if p.Form.Values == nil {
		p.Form.Values = map[string]string{"name": row.Name, "issuer": row.Issuer, "client_id": row.ClientID, "join_role": row.JoinRole}
	}
	err = h.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
		own, err := tx.DomainList(ctx, v.Tenant.ID)
		if err != nil {
			return err
		}
		for _, d := range own {
			if d.VerifiedAt != nil { // people come back to the host that they left from
				at := *h.Base.URL
				at.Host, at.Path = strings.Replace(at.Host, at.Hostname(), d.Host, 1), callback
				p.CallbackURLs = append(p.CallbackURLs, at.String())
			}
		}
		rows, err := tx.EmailDomainList(ctx, v.Tenant.ID)
		for _, d := range rows {
			p.Domains = append(p.Domains, views.EmailDomain{Domain: d.Domain, TXTName: domains.TXTName(d.Domain),
				TXTValue: domains.TXTValue(d.Token), Verified: d.VerifiedAt != nil})
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, status, views.SignInSettings(p), nil)
}

// RequireFactor asks a second factor of everybody, or of nobody.
func (h *Handler) RequireFactor(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	required := page.Posted(c, "required")
	if required != "true" && required != "false" {
		return h.renderSignIn(c, http.StatusUnprocessableEntity, views.SignInSettingsPage{Notice: "Say whether a second factor is required."})
	}
	on := required == "true"
	if on && !v.Who.Strong {
		return h.renderSignIn(c, http.StatusUnprocessableEntity,
			views.SignInSettingsPage{Notice: "Set up a second factor for yourself first, and sign in with it: you would lock yourself out."})
	}
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.TenantRequireFactor(ctx, on, v.Tenant.ID); err != nil {
			return err
		}
		what := "A second factor is no longer required"
		if on {
			what = "A second factor is required of everybody"
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSignIn, what)
	})
	if err != nil {
		return err
	}
	h.Hosts.Forget(v.Tenant.Slug)
	return page.Saved(c, "/settings/signin")
}

// ProviderUpdate sets the workspace’s own provider, which must answer.
func (h *Handler) ProviderUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	t := page.From(c).Tenant
	f := page.ReadForm(c, views.ProviderFields, true)
	before, err := auth.ProviderOf(c.Request().Context(), h.DB, page.From(c).Tenant.ID)
	if err != nil {
		return err
	}
	sealed := before.ClientSecret
	if v := f.Values["client_secret"]; v != "" {
		sealed = auth.SealProviderSecret(h.Box, t.ID, v)
	} else if f.Values["issuer"] != before.Issuer {
		sealed = "" // another provider's secret is none of this one's business
	}
	if f.Valid() {
		err := auth.ThrottleProvider(ctx, h.DB, t.ID)
		if errors.As(err, &auth.TooManyError{}) {
			return h.renderSignIn(c, page.TooMany(c, f, err), views.SignInSettingsPage{Form: f.Form})
		}
		if err != nil {
			return err
		}
		err = page.Abroad(c, func() error {
			_, err := h.OIDC.Discover(f.Values["issuer"])
			return err
		})
		switch {
		case errors.Is(err, oidc.ErrPrivate):
			f.Fail("issuer", "This address is inside a private network, where we don’t go.")
		case errors.Is(err, oidc.ErrIssuer):
			f.Fail("issuer", "This should be the provider’s issuer: an https address.")
		case err != nil:
			f.Fail("issuer", "There is no OpenID provider at this address, or it did not answer.")
		}
	}
	if !f.Valid() {
		return h.renderSignIn(c, http.StatusUnprocessableEntity, views.SignInSettingsPage{Form: f.Form})
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		err := tx.ProviderPut(ctx, shareddb.ProviderPutParams{
			TenantID: t.ID, Name: f.Values["name"], Issuer: f.Values["issuer"], ClientID: f.Values["client_id"], ClientSecret: sealed,
			JoinRole: f.Values["join_role"],
		})
		if err != nil {
			return err
		}
		if before.Issuer != f.Values["issuer"] {
			if err := tx.SessionDeleteByProvider(ctx, t.ID); err != nil {
				return err
			}
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSignIn, "Provider "+f.Values["issuer"])
	})
	if err != nil {
		return err
	}
	return page.Saved(c, "/settings/signin")
}

// ProviderDelete removes it, and ends the sessions it vouched for.
func (h *Handler) ProviderDelete(c echo.Context) error {
	ctx := c.Request().Context()
	t := page.From(c).Tenant
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if _, err := tx.ProviderDelete(ctx, t.ID); err != nil {
			return err
		}
		if err := tx.SessionDeleteByProvider(ctx, t.ID); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSignIn, "Provider removed")
	})
	if err != nil {
		return err
	}
	return page.Saved(c, "/settings/signin")
}

// maxEmailDomains is how many domains of addresses a workspace can have.
const maxEmailDomains = 50

// EmailDomainCreate claims a domain of addresses; a record at its name server proves it.
func (h *Handler) EmailDomainCreate(c echo.Context) error {
	ctx := c.Request().Context()
	t := page.From(c).Tenant
	f := page.ReadForm(c, views.EmailDomainFields, true)
	if f.Valid() {
		f.Parse("domain", entity.ParseDomain)
	}
	domain := f.Values["domain"]
	if !f.Valid() {
		return h.renderSignIn(c, http.StatusUnprocessableEntity, views.SignInSettingsPage{DomainForm: f.Form})
	}
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if n, err := tx.EmailDomainCount(ctx, t.ID); err != nil {
			return err
		} else if n >= maxEmailDomains {
			return &auth.RefusalError{Reason: fmt.Sprintf("A workspace has %d domains at most. Remove one first.", maxEmailDomains)}
		}
		if err := tx.EmailDomainInsert(ctx, t.ID, domain, auth.NewToken()); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSignIn, "Domain "+domain+" added")
	})
	if refused, ok := errors.AsType[*auth.RefusalError](err); ok {
		f.Fail("domain", refused.Reason)
		return h.renderSignIn(c, http.StatusUnprocessableEntity, views.SignInSettingsPage{DomainForm: f.Form})
	}
	if err != nil {
		return err
	}
	return page.Saved(c, "/settings/signin")
}

// EmailDomainVerify looks for the record now.
func (h *Handler) EmailDomainVerify(c echo.Context) error {
	ctx := c.Request().Context()
	t := page.From(c).Tenant
	var row shareddb.EmailDomainGetRow
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.EmailDomainGet(ctx, t.ID, c.Param("domain"))
		return err
	})
	if err != nil {
		return err
	}
	if err := page.Abroad(c, func() error { return domains.Prove(ctx, h.TXT, row.Domain, row.Token) }); err != nil {
		return h.renderSignIn(c, http.StatusUnprocessableEntity, views.SignInSettingsPage{
			Notice: "We did not find the record of " + row.Domain + " yet. It can take an hour until a new record is seen everywhere.",
		})
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.EmailDomainVerify(ctx, t.ID, row.Domain); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSignIn, "Domain "+row.Domain+" proven")
	})
	if err != nil {
		return err
	}
	if err := page.SetFlash(c, ui.Flash{Subject: row.Domain, Message: "is proven"}); err != nil {
		return err
	}
	return page.Redirect(c, "/settings/signin")
}

// EmailDomainDelete gives one up.
func (h *Handler) EmailDomainDelete(c echo.Context) error {
	ctx := c.Request().Context()
	t := page.From(c).Tenant
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		domain, err := tx.EmailDomainDelete(ctx, t.ID, c.Param("domain"))
		if err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSignIn, "Domain "+domain+" removed")
	})
	if err != nil {
		return err
	}
	return page.Saved(c, "/settings/signin")
}
