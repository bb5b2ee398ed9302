package console

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
)

// Domains are those of all workspaces, with whose they are.
func (h *Handler) Domains(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.DomainsPage{Console: page.ConsoleShell(c, "domains", "Domains"), Q: strings.TrimSpace(c.QueryParam("q"))}
	in := shareddb.DomainListAllParams{N: pageSize + 1, Pattern: shareddb.LikePattern(p.Q)}
	host, id, _ := strings.Cut(c.QueryParam("after"), "|")
	if after, err := uuid.Parse(id); err == nil {
		in.AfterHost, in.AfterID = host, after
	}
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		p.Rows, err = tx.DomainListAll(ctx, in)
		return err
	})
	if err != nil {
		return err
	}
	p.Rows, p.Next = page.Next(c, p.Rows, pageSize, "after",
		func(r shareddb.DomainListAllRow) string { return r.Host + "|" + r.TenantID.String() })
	return page.Render(c, http.StatusOK, views.ConsoleDomains(p), nil)
}

// DomainUnbind takes a domain from its workspace.
func (h *Handler) DomainUnbind(c echo.Context) error {
	return h.operate(c, "/domains", "does not answer at "+c.Param("host")+" any more",
		func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant) (string, error) {
			n, err := tx.DomainUnbind(ctx, t.ID, c.Param("host"))
			if err == nil && n == 0 {
				err = pgx.ErrNoRows
			}
			return "the domains: " + c.Param("host") + " unbound", err
		})
}
