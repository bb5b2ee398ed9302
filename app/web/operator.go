package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/views"
)

// Becoming an operator, for somebody who had no second factor when a command on the
// server named them: by the link that was mailed, and with a factor by now.

func (s *Server) enrolmentForm(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	token := c.QueryParam("token")
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error { return auth.EnrolmentPeek(ctx, tx, token, who) })
	if err != nil {
		return enrolmentOver(err)
	}
	return s.render(c, http.StatusOK, views.Enrolment(views.EnrolmentPage{Site: s.siteShell(c, "Become an operator"), Token: token, Email: who.Email, HasFactor: who.HasFactor, Strong: who.Strong, Verified: who.Verified}), nil)
}

func (s *Server) enrolment(c echo.Context) error {
	ctx := c.Request().Context()
	who := visiting(c).who
	token := postedToken(c)
	if !who.Strong {
		return s.leave(c, "/operator?"+url.Values{"token": {token}}.Encode())
	}
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error { return auth.EnrolmentFinish(ctx, tx, token, who) })
	if err != nil {
		return enrolmentOver(err)
	}
	console := *s.cfg.BaseURL
	console.Host = "admin." + console.Host
	return s.leave(c, console.String()+"/")
}

func enrolmentOver(err error) error {
	if !errors.Is(err, auth.ErrBadToken) {
		return err
	}
	return &problem{status: http.StatusNotFound, title: "This link does not work any more", text: "It works once, for a day, for the person it was sent to. Whoever runs this Paddock can send another.", home: true}
}
