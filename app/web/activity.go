package web

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/views"
)

// What the security log holds is seen by the person, and by operators; what
// concerns a workspace is in its audit log too.

const activityPage = 50

// lastID is above every id that there is.
var lastID = uuid.Max //nolint:gochecknoglobals // a constant that Go has no words for

// recorded writes down what an operator changes, before it is done: what can't be
// written does not happen.
func (s *Server) recorded(level auth.Permission, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if level != auth.Operate || r.Method == http.MethodGet || r.Method == http.MethodHead {
			return next(c)
		}
		what := r.Method + " " + r.URL.Path
		for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
			if v := r.PostForm.Get(name); v != "" && storable(v) && name != "_method" && !strings.HasPrefix(name, "sudo_") {
				what += " " + name + "=" + v
			}
		}
		id, _ := uuid.Parse(c.Param("id"))
		if err := auth.RecordOperator(r.Context(), s.db, visiting(c).who, id, what); err != nil {
			return err
		}
		return next(c)
	}
}

// before is where a page of the log goes on.
func before(c echo.Context) uuid.UUID {
	if id, err := uuid.Parse(c.QueryParam("before")); err == nil {
		return id
	}
	return lastID
}

// activity is what happened to one's own account.
func (s *Server) activity(c echo.Context) error {
	p := views.ActivityPage{Frame: s.frame(c, "Recent activity")}
	ctx := c.Request().Context()
	var lines []views.ActivityLine
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		lines, err = s.activityOf(ctx, tx, visiting(c).who, before(c), activityPage+1)
		return err
	})
	if err != nil {
		return err
	}
	p.Lines, p.Next = activityNext(c, lines)
	return s.render(c, http.StatusOK, views.Activity(p), nil)
}

// activityOf reads n lines of the log about somebody.
func (s *Server) activityOf(ctx context.Context, tx *db.SharedTx, who auth.Identity, before uuid.UUID, n int32) (lines []views.ActivityLine, err error) {
	rows, err := tx.SecurityEventsOfUser(ctx, &who.UserID, before, n)
	for _, r := range rows {
		lines = append(lines, views.ActivityLine{ID: r.ID, At: r.At, Action: r.Action, Subject: r.Subject, Workspace: r.Workspace, Device: auth.DeviceName(r.Device), Place: s.wherever(r.Ip)})
	}
	return lines, err
}

// consoleActivity is what happened to all accounts, or to one.
func (s *Server) consoleActivity(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.ConsoleActivityPage{Console: s.consoleShell(c, "activity", "Activity"), Q: strings.ToLower(strings.TrimSpace(c.QueryParam("q")))}
	if !storable(p.Q) {
		p.Q = ""
	}
	var lines []views.ActivityLine
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
		rows, err := tx.SecurityEventList(ctx, before(c), p.Q, activityPage+1)
		lines = nil
		for _, r := range rows {
			lines = append(lines, views.ActivityLine{ID: r.ID, At: r.At, Email: r.Email, Action: r.Action, Subject: r.Subject, Workspace: r.Slug, Device: auth.DeviceName(r.Device), Place: s.wherever(r.Ip)})
		}
		return err
	})
	if err != nil {
		return err
	}
	p.Lines, p.Next = activityNext(c, lines)
	return s.render(c, http.StatusOK, views.ConsoleActivity(p), nil)
}

// wherever is where an address is, "" for what came from no network.
func (s *Server) wherever(ip string) string {
	if ip == "" {
		return ""
	}
	return s.where(ip)
}

func activityNext(c echo.Context, lines []views.ActivityLine) ([]views.ActivityLine, string) {
	if len(lines) <= activityPage {
		return lines, ""
	}
	lines = lines[:activityPage]
	q := c.Request().URL.Query()
	q.Set("before", lines[activityPage-1].ID.String())
	return lines, c.Request().URL.Path + "?" + q.Encode()
}
