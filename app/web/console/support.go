package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
)

// SupportBegin takes an operator into a workspace, to look. Its owners get a
// mail where none of them has asked for it.
func (h *Handler) SupportBegin(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	f := page.ReadForm(c, views.SupportFields, true)
	if !f.Valid() {
		return h.renderTenant(c, http.StatusUnprocessableEntity, "support", f.Form)
	}
	who := page.From(c).Who
	var token string
	var t tenant.Tenant
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		row, err := tx.TenantGet(ctx, id)
		if err != nil {
			return err
		}
		if t = tenant.FromRow(row.Tenant); t.State != tenant.Active {
			return &page.Problem{Status: http.StatusConflict, Title: "This workspace is not in use",
				Text: "It is " + t.State + ": nobody can look into it."}
		}
		if token, err = auth.SupportBegin(ctx, tx, t, who, f.Values["reason"]); err != nil || auth.Consented(t) {
			return err
		}
		members, err := tx.MembershipList(ctx, t.ID)
		for _, m := range members {
			if err == nil && auth.Role(m.Role) == auth.Owner {
				err = mail.Send(ctx, tx, h.Box, t.ID, m.Email,
					letter.Support(t.Name, who.Email, f.Values["reason"], h.Base.WorkspaceURL(t.Slug, "/settings/audit", nil)))
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	h.Log.InfoContext(ctx, "operator", "request_id", page.RequestID(c), "operator", who.Email, "tenant", t.Slug, "did",
		"looked in: "+f.Values["reason"])
	h.Hosts.Forget(t.Slug)
	return page.Leave(c, h.Base.HandoffURL(c, t.Slug, token, ""))
}
