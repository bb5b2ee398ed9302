package workspace

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Workspace is the page of its name, currency, and ways to read dates and numbers.
func (h *Handler) Workspace(c echo.Context) error {
	t := page.From(c).Tenant
	return h.renderWorkspace(c, http.StatusOK, ui.Form{Values: map[string]string{
		"name": t.Name, "currency": t.Currency, "country": t.Country, "time_zone": t.TimeZone, "date_style": t.DateStyle,
		"number_style": t.NumberStyle,
	}})
}

func (h *Handler) renderWorkspace(c echo.Context, status int, f ui.Form) error {
	f.Options = views.PlaceOptions(f.Values)
	p := views.SettingsPage{
		Sudo:  true,
		Shell: page.Shell(c, "settings", "Workspace"), Tab: "workspace", Title: "Workspace", Action: "/settings/workspace",
		About: "These hold for everybody who has chosen nothing else.", Fields: views.WorkspaceFields, Form: f,
	}
	return page.Render(c, status, views.Settings(p), views.SettingsForm(p))
}

// WorkspaceUpdate saves what was posted of it.
func (h *Handler) WorkspaceUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	t := page.From(c).Tenant
	f := page.ReadForm(c, views.WorkspaceFields, false)
	f.CheckPlace()
	p := shareddb.TenantSettingsParams{
		ID: t.ID, Name: t.Name, Currency: t.Currency, Country: t.Country, TimeZone: t.TimeZone, DateStyle: t.DateStyle,
		NumberStyle: t.NumberStyle,
	}
	was := p
	f.Take("name", &p.Name)
	if v := f.Values["currency"]; v != "" && !strings.EqualFold(v, t.Currency) {
		if code, err := entity.ParseCurrency(v); err != nil {
			f.Wrong("currency", err)
		} else {
			p.Currency = code
		}
	}
	f.Take("country", &p.Country)
	f.Take("time_zone", &p.TimeZone)
	f.Take("date_style", &p.DateStyle)
	f.Take("number_style", &p.NumberStyle)
	if !f.Valid() {
		return h.renderWorkspace(c, http.StatusUnprocessableEntity, f.Form)
	}
	if p == was {
		return page.Say(c, "/settings/workspace", "Nothing was changed")
	}
	err := h.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		if p.Currency != t.Currency {
			// What is kept in the workspace's currency would be of another all at once.
			switch stands, err := tx.AmountsExist(ctx); {
			case err != nil:
				return err
			case stands:
				return crm.Wrong("currency",
					"Amounts stand in "+t.Currency+" on customers, leads or projects, perhaps in the trash. They would be of "+p.Currency+
						" all at once: empty them first, or start a new workspace.")
			}
		}
		if p.Currency != t.Currency {
			if err := auth.Audit(ctx, tx, crm.ChangedCurrency, "From "+t.Currency+" to "+p.Currency); err != nil {
				return err
			}
		}
		return tx.AsShared(func(tx *db.SharedTx) error {
			if err := tx.TenantSettings(ctx, p); err != nil {
				return err
			}
			return auth.AuditShared(ctx, tx, auth.DidChangeSettings, p.Name)
		})
	})
	if err != nil && f.Refused(err) {
		return h.renderWorkspace(c, http.StatusUnprocessableEntity, f.Form)
	}
	if err != nil {
		return err
	}
	h.Hosts.Forget(t.Slug) // here at once; other processes hear of it
	return page.Saved(c, "/settings/workspace")
}
