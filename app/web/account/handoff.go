package account

import (
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
)

// handoffTo is a URL that signs whoever is signed in here in to a
// workspace, once, and leads to next there; pgx.ErrNoRows when they are neither
// a member there nor invited.
func (h *Handler) handoffTo(c echo.Context, slug, next string) (to string, err error) {
	ctx := c.Request().Context()
	who := page.From(c).Who
	var token string
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		id, err := tx.TenantOfMember(ctx, slug, who.UserID)
		if errors.Is(err, pgx.ErrNoRows) && who.Verified {
			id, err = tx.TenantOfInvited(ctx, slug, who.Email)
		}
		if err != nil {
			return err
		}
		token, err = auth.HandoffStart(ctx, tx, auth.SessionStart{UserID: who.UserID, TenantID: &id, Strong: who.Strong, ProvedAt: &who.ProvedAt,
			BeganAt: &who.BeganAt})
		return err
	})
	return h.Base.HandoffURL(c, slug, token, next), err
}

// Handoff arrives from another host. It asks before it replaces the session of
// somebody else, and where this browser has not begun it: a link must not swap who
// one is, nor sign somebody in unasked.
func (h *Handler) Handoff(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	token := c.QueryParam("token")
	if c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusOK) // a preview of the link must not use it up
	}
	if v.SignedIn || !h.Base.BegunHere(c, token) {
		var next string
		err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
			row, err := auth.HandoffPeek(ctx, tx, token, v.Tenant.ID)
			if err == nil && *row.UserID != v.Who.UserID {
				next = row.Name
			}
			return err
		})
		if err != nil {
			return h.handoffFailed(c, err)
		}
		if next != "" {
			return page.Render(c, http.StatusOK,
				views.Handoff(views.HandoffPage{Workspace: v.Tenant.Name, Token: token, Now: v.Who.Name, Next: next, To: c.QueryParam("next")}), nil)
		}
	}
	return h.finishHandoff(c, token, c.QueryParam("next"))
}

// HandoffConfirmed is the answer to what Handoff asks.
func (h *Handler) HandoffConfirmed(c echo.Context) error {
	return h.finishHandoff(c, c.Request().PostForm.Get("token"), page.Posted(c, "next"))
}

func (h *Handler) finishHandoff(c echo.Context, token, next string) error {
	ctx := c.Request().Context()
	var start auth.SessionStart
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		start, err = auth.HandoffFinish(ctx, tx, token, page.From(c).Tenant.ID)
		return err
	})
	if err != nil {
		return h.handoffFailed(c, err)
	}
	start.How = "From another address of this Paddock"
	to, err := h.Sessions.Start(c, start, next)
	if err != nil {
		return err
	}
	return page.Leave(c, to)
}

// handoffFailed: a used or late token is no drama. Whoever is signed in goes
// on, anybody else signs in.
func (h *Handler) handoffFailed(c echo.Context, err error) error {
	if !errors.Is(err, auth.ErrBadToken) {
		return err
	}
	if page.From(c).SignedIn {
		return page.Leave(c, "/")
	}
	return page.Leave(c, "/signin")
}
