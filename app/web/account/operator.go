package account

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
)

// Becoming an operator, for somebody who had no second factor when a command on the
// server named them: by the link that was mailed, and with a factor by now.

// EnrolmentForm asks, or says what is missing.
func (h *Handler) EnrolmentForm(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	token := c.QueryParam("token")
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) error { return auth.EnrolmentPeek(ctx, tx, token, who) })
	if err != nil {
		return enrolmentOver(err)
	}
	return page.Render(c, http.StatusOK,
		views.Enrolment(views.EnrolmentPage{Site: page.SiteShell(c, "Become an operator"), Token: token, Email: who.Email,
			HasFactor: who.HasFactor, Strong: who.Strong, Verified: who.Verified}), nil)
}

// Enrolment makes whoever is signed in an operator.
func (h *Handler) Enrolment(c echo.Context) error {
	ctx := c.Request().Context()
	who := page.From(c).Who
	token := page.PostedToken(c)
	if !who.Strong {
		return page.Leave(c, "/operator?"+url.Values{"token": {token}}.Encode())
	}
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error { return auth.EnrolmentFinish(ctx, tx, token, who) })
	if err != nil {
		return enrolmentOver(err)
	}
	to := *h.Base.URL
	to.Host = "admin." + to.Host
	return page.Leave(c, to.String()+"/")
}

func enrolmentOver(err error) error {
	if !errors.Is(err, auth.ErrBadToken) {
		return err
	}
	return &page.Problem{Status: http.StatusNotFound, Title: "This link does not work any more",
		Text: "It works once, for a day, for the person it was sent to. Whoever runs this Paddock can send another.", Home: true}
}
