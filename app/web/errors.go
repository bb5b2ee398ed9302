package web

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

var (
	errNotMember = &page.Problem{Status: http.StatusForbidden, Title: "You are not a member of this workspace",
		Text: "Ask one of its members to invite you, or go to your own workspaces.", SignOut: true}
	errRole = &page.Problem{Status: http.StatusForbidden, Title: "Your role does not allow this",
		Text: "Ask an owner or admin of the workspace to do it, or to change your role.", Home: true}
	errUpdating = &page.Problem{Status: http.StatusServiceUnavailable, Title: "This workspace is being updated",
		Text: "It takes a moment. Nothing is lost; this page works again as soon as it is done.", Retry: 10}
	errByProvider = &page.Problem{Status: http.StatusForbidden, Title: "This needs a sign-in of your own",
		Text: "You came here by your workspace’s own sign-in, which counts in this workspace alone. Sign out and sign in with your password " +
			"or passkey to manage your account or visit other workspaces.", SignOut: true}
	errOperator = &page.Problem{Status: http.StatusForbidden, Title: "You are not an operator",
		Text:    "This is where the operators of this Paddock work. One of them can let you in: paddock admin grant, with your address.",
		SignOut: true}
	errSupport = &page.Problem{Status: http.StatusForbidden, Title: "Support looks, and changes nothing",
		Text: "You are here as an operator. To change something, have an owner of the workspace invite you.", Home: true}
	errOtherPerson = &page.Problem{Status: http.StatusConflict, Title: "You are signed in as somebody else by now",
		Text: "This page was opened by another person, so nothing was done. Reload it to go on as yourself."}
	errCrossSite = &page.Problem{Status: http.StatusForbidden, Title: "This came from another site",
		Text: "For your safety we did not do it. Open the page here and try again."}
)

// errSuspended says what the person can do about it.
func (s *Server) errSuspended(role auth.Role) *page.Problem {
	text := "Nothing is lost. Its owners can ask the operator of this Paddock to open it again."
	if role == auth.Owner {
		text = "Nothing is lost. You own it: ask the operator of this Paddock to open it again"
		if a, err := mail.ParseAddress(s.cfg.MailFrom); err == nil {
			text += ", at " + a.Address
		}
		text += "."
	}
	return &page.Problem{Status: http.StatusForbidden, Title: "This workspace is suspended", Text: text, SignOut: true}
}

// whoMay is errRole with the names of those who can help.
func (s *Server) whoMay(c echo.Context) *page.Problem {
	var names []string
	ctx := c.Request().Context()
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		names, err = tx.MembershipManagers(ctx, page.From(c).Tenant.ID)
		return err
	})
	if err != nil || len(names) == 0 {
		return errRole
	}
	p := *errRole
	p.Text = "Ask " + ui.Or(names) + " to do it, or to change your role."
	return &p
}

// errFull is answered for what would add to a workspace that is full.
func errFull(t tenant.Tenant) *page.Problem {
	limit := ui.Plural(int(t.Limits.Records), "record", "records") + ", those in the trash counted"
	if t.FullOf == tenant.FullOfStorage {
		limit = ui.Size(t.Limits.Bytes)
	}
	return &page.Problem{Status: http.StatusForbidden, Title: "This workspace is full",
		Text: "It may hold " + limit +
			". What is there can be read, changed and deleted. Its owner can ask the operator of this Paddock for more; what is deleted for " +
			"good counts no more after some minutes."}
}

// handleError is the one place that turns errors into pages. What is not
// expected is logged with the request's id, of which the page shows that alone.
func (s *Server) handleError(err error, c echo.Context) {
	r := c.Request()
	gone := errors.Is(err, context.Canceled) && r.Context().Err() != nil
	if c.Response().Committed && !gone { // half of a file is out: nothing can be said any more
		s.log.ErrorContext(r.Context(), "request broke off", "request_id", page.RequestID(c), "method", r.Method, "path", loggedPath(r), "error",
			err)
	}
	if c.Response().Committed || gone {
		c.Response().Status = 499 // for the log; nobody listens: HTMX gives up a search when the next letter comes
		return
	}
	p := s.problem(err)
	if p == errRole {
		p = s.whoMay(c)
	}
	back := page.BackTo(c, "")
	if back == r.URL.RequestURI() {
		back = ""
	}
	id := ""
	if p.Status >= 500 && p != errUpdating {
		id = page.RequestID(c)
		s.log.ErrorContext(r.Context(), "request failed", "request_id", id, "method", r.Method, "path", loggedPath(r), "error", err)
	}
	shown := views.ProblemPage{Title: p.Title, Text: p.Text, RequestID: id, Undo: p.Undo, SignOut: p.SignOut, SignIn: p.SignIn,
		Back: back, HomeLink: p.Home || p.Status == http.StatusNotFound || p.Status >= 500}
	if v := page.From(c); v.SignedIn && v.Who.Role != auth.NoRole && v.Tenant.State == tenant.Active {
		shell := page.Shell(c, "", p.Title)
		shown.Shell = &shell
	}
	if p.Retry > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(p.Retry))
	}
	if many := (auth.TooManyError{}); errors.As(err, &many) {
		c.Response().Header().Set("Retry-After", page.RetryAfter(many))
	}
	// An HTMX request's target holds what somebody is typing: the answer is put
	// beside it.
	if page.WantsFragment(c) {
		c.Response().Header().Set("HX-Retarget", "body")
		c.Response().Header().Set("HX-Reswap", "beforeend")
	}
	if rerr := page.Render(c, p.Status, views.Problem(shown), views.ProblemToast(shown)); rerr != nil {
		s.log.ErrorContext(r.Context(), "error page", "request_id", page.RequestID(c), "error", rerr)
	}
}

func (s *Server) problem(err error) *page.Problem {
	var p *page.Problem
	var he *echo.HTTPError
	var many auth.TooManyError
	var denied *auth.RefusalError
	var refused *crm.RefusalError
	var invalid *crm.Invalid
	var limit *tenant.LimitError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &limit):
		return &page.Problem{Status: http.StatusTooManyRequests, Title: "Too much at once",
			Text:  limit.Reason + " Try again in " + ui.Plural(seconds(limit.RetryAfter), "second", "seconds") + "; nothing you saved is lost.",
			Retry: seconds(limit.RetryAfter)}
	case errors.Is(err, db.ErrTooManyJobs):
		return &page.Problem{Status: http.StatusTooManyRequests, Title: "Too much at once",
			Text: "Too many mails and other work of this workspace are waiting. Try again in a few minutes.", Retry: 60}
	case errors.As(err, &invalid): // of what has no form here
		return &page.Problem{Status: http.StatusUnprocessableEntity, Title: "This can’t be done", Text: invalid.Message()}
	case errors.Is(err, crm.ErrChanged):
		return &page.Problem{Status: http.StatusConflict, Title: "Somebody else changed this meanwhile",
			Text: "Nothing of yours was saved. Look at it again, then repeat your change."}
	case errors.As(err, &refused):
		return &page.Problem{Status: http.StatusConflict, Title: "This can’t be done", Text: refused.Reason}
	case errors.As(err, &denied):
		return &page.Problem{Status: http.StatusUnprocessableEntity, Title: "This can’t be done", Text: denied.Reason, Home: true}
	case errors.Is(err, crm.ErrForbidden):
		return errRole
	case errors.Is(err, pgx.ErrNoRows):
		return page.ErrNotFound
	case errors.Is(err, tenantdb.ErrBadCursor):
		return &page.Problem{Status: http.StatusBadRequest, Title: "This link does not work any more",
			Text: "Open the list again from its start."}
	case errors.As(err, &many):
		return &page.Problem{Status: http.StatusTooManyRequests, Title: "Too many attempts", Text: "Wait a few minutes and try again."}
	case errors.As(err, &he) && he.Code == http.StatusNotFound:
		return page.ErrNotFound
	case errors.As(err, &he) && he.Code == http.StatusMethodNotAllowed:
		return &page.Problem{Status: he.Code, Title: "This can’t be done here", Text: "Go back and try again from the page itself."}
	case errors.As(err, &he) && he.Code < 500:
		return &page.Problem{Status: he.Code, Title: http.StatusText(he.Code), Text: page.ErrBadForm.Text}
	case errors.Is(err, db.ErrUnwritable):
		return &page.Problem{Status: http.StatusServiceUnavailable, Title: "We can’t save right now",
			Text: "What is there can be read, and nothing you saved is lost. What you typed is not saved yet: keep the form open, or go back " +
				"to it, and try again in a minute.", Retry: 30}
	case timedOut(err):
		return &page.Problem{Status: http.StatusServiceUnavailable, Title: "This takes too long",
			Text: "We stopped it, so that others don’t wait. Nothing you saved is lost. Narrow what you look for, or try again later.", Retry: 5}
	case unavailable(err):
		return &page.Problem{Status: http.StatusServiceUnavailable, Title: "We can’t answer right now",
			Text: "Nothing you saved is lost. Try again in a moment.", Retry: 5}
	}
	return &page.Problem{Status: http.StatusInternalServerError, Title: "Something went wrong on our side",
		Text: "Nothing you saved is lost. Try again; if it happens once more, tell us the number below."}
}

func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }

// timedOut tells that a statement took longer than its workspace's limit.
func timedOut(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "57014"
}

// unavailable tells a database that is down or overloaded from a bug.
func unavailable(err error) bool {
	var connect *pgconn.ConnectError
	var network *net.OpError
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &connect): // whatever the server said to it
		return true
	case errors.As(err, &pg):
		class := func(c string) bool { return strings.HasPrefix(pg.Code, c) } // no connection, no room, going down or coming up
		return class("08") || class("53") || class("57P0") || slices.Contains([]string{"55P03", "25P03"}, pg.Code)
	}
	return errors.As(err, &network) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || pgconn.SafeToRetry(err)
}
