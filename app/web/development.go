//go:build !production

package web

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/deploy/pages"
	"github.com/paddock-crm/paddock/views"
)

// devMail lists caught mail. What is on its way is waited for: whoever has just
// pressed a button looks for its mail here.
func (s *Server) devMail(c echo.Context) error {
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		n, err := s.db.JobsUnderWay(c.Request().Context(), mail.Job{}.Kind())
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	messages := s.mailbox.List(c.QueryParam("to"))
	if strings.Contains(c.Request().Header.Get(echo.HeaderAccept), echo.MIMEApplicationJSON) {
		return c.JSON(http.StatusOK, messages)
	}
	p := views.DevMailPage{Site: page.SiteShell(c, "Caught mail")}
	for _, m := range messages {
		p.Messages = append(p.Messages, views.DevMail{To: m.To, Subject: m.Subject, Text: m.Text, SentAt: m.SentAt})
	}
	return page.Render(c, http.StatusOK, views.DevMailbox(p), nil)
}

func (s *Server) devComponents(c echo.Context) error {
	return page.Render(c, http.StatusOK, views.Gallery(page.SiteShell(c, "Components")), nil)
}

// DevelopmentRoutes stand on the base host under paddock dev alone.
func DevelopmentRoutes(s *Server) []Route {
	return []Route{
		get("/dev/mail", auth.Anyone, s.devMail),
		get("/dev/components", auth.Anyone, s.devComponents),
	}
}

// drafts stand for the operator's own pages in development; elsewhere there are none.
func drafts(development bool) fs.FS {
	if development {
		return pages.Drafts
	}
	return embed.FS{}
}
