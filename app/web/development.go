package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

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
