package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/views"
)

func (s *Server) devMail(c echo.Context) error {
	messages := s.mailbox.List(c.QueryParam("to"))
	if strings.Contains(c.Request().Header.Get(echo.HeaderAccept), echo.MIMEApplicationJSON) {
		return c.JSON(http.StatusOK, messages)
	}
	p := views.DevMailPage{Site: s.siteShell(c, "Caught mail")}
	for _, m := range messages {
		p.Messages = append(p.Messages, views.DevMail{To: m.To, Subject: m.Subject, Text: m.Text, SentAt: m.SentAt})
	}
	return s.render(c, http.StatusOK, views.DevMailbox(p), nil)
}

func (s *Server) devComponents(c echo.Context) error {
	return s.render(c, http.StatusOK, views.Gallery(s.siteShell(c, "Components")), nil)
}

// welcome tells the owner where the new workspace is. It is only a reminder:
// that it could not be sent is logged and nothing more.
func (s *Server) welcome(c echo.Context, r auth.SignUpResult) {
	url := s.workspaceURL(r.Tenant.Slug, "/", nil)
	var html strings.Builder
	err := views.WelcomeMail(r.Tenant.Name, url).Render(c.Request().Context(), &html)
	if err == nil {
		ctx := context.WithoutCancel(c.Request().Context())
		err = s.send(ctx, mail.Message{
			To: r.Email, Subject: r.Tenant.Name + " is ready on Paddock", HTML: html.String(),
			Text: "Your workspace " + r.Tenant.Name + " is ready:\n\n" + url + "\n\nYou get this because you signed up with this address.\n",
		})
	}
	if err != nil {
		s.log.Error("welcome mail", "request_id", requestID(c), "error", err)
	}
}
