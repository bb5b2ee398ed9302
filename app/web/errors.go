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
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// problem is an answer that is not the page one asked for.
type problem struct {
	status      int
	title, text string
	signOut     bool   // offer a way out of this host
	signIn      bool   // offer to sign in another way
	home        bool   // offer the start page
	retry       int    // seconds until it is worth another try
	undo        string // a PUT there brings back what is missing
}

func (p *problem) Error() string { return strconv.Itoa(p.status) + " " + p.title }

var (
	errNotFound   = &problem{status: http.StatusNotFound, title: "Not found", text: "There is nothing at this address. It may have been moved or deleted."}
	errNotMember  = &problem{status: http.StatusForbidden, title: "You are not a member of this workspace", text: "Ask one of its members to invite you, or go to your own workspaces.", signOut: true}
	errRole       = &problem{status: http.StatusForbidden, title: "Your role does not allow this", text: "Ask an owner or admin of the workspace to do it, or to change your role."}
	errBusy       = &problem{status: http.StatusServiceUnavailable, title: "There is much to do right now", text: "Nothing was changed. Try again in a moment.", retry: 10}
	errUpdating   = &problem{status: http.StatusServiceUnavailable, title: "This workspace is being updated", text: "It takes a moment. Nothing is lost; this page works again as soon as it is done.", retry: 10}
	errByProvider = &problem{status: http.StatusForbidden, title: "This needs a sign-in of your own", text: "You came here by your workspace’s own sign-in, which counts in this workspace alone. Sign out and sign in with your password or passkey to manage your account or visit other workspaces.", signOut: true}
	errOperator   = &problem{status: http.StatusForbidden, title: "You are not an operator", text: "This is where the operators of this Paddock work. One of them can let you in: paddock admin grant, with your address.", signOut: true}
	errSupport    = &problem{status: http.StatusForbidden, title: "Support looks, and changes nothing", text: "You are here as an operator. To change something, have an owner of the workspace invite you.", home: true}
	errCrossSite  = &problem{status: http.StatusForbidden, title: "This came from another site", text: "For your safety we did not do it. Open the page here and try again."}
	errBadForm    = &problem{status: http.StatusBadRequest, title: "We could not read this request", text: "Go back, reload the page and try again."}
	errTooLarge   = &problem{status: http.StatusRequestEntityTooLarge, title: "This is too large", text: "Forms may hold up to 1 MB, pictures up to 8 MB."}
)

// errSuspended says what the person can do about it.
func (s *Server) errSuspended(role auth.Role) *problem {
	text := "Nothing is lost. Its owners can ask the operator of this Paddock to open it again."
	if role == auth.Owner {
		text = "Nothing is lost. You own it: ask the operator of this Paddock to open it again"
		if a, err := mail.ParseAddress(s.cfg.MailFrom); err == nil {
			text += ", at " + a.Address
		}
		text += "."
	}
	return &problem{status: http.StatusForbidden, title: "This workspace is suspended", text: text, signOut: true}
}

// errFull is answered for what would add to a workspace that is full.
func errFull(t tenant.Tenant) *problem {
	limit := ui.Plural(int(t.Limits.Records), "record", "records") + ", those in the trash counted"
	if t.FullOf == tenant.FullOfStorage {
		limit = ui.Size(t.Limits.Bytes)
	}
	return &problem{status: http.StatusForbidden, title: "This workspace is full", text: "It may hold " + limit + ". What is there can be read, changed and deleted. Its owner can ask the operator of this Paddock for more; what is deleted for good counts no more after some minutes."}
}

// handleError is the one place that turns errors into pages. What is not
// expected is logged with the request's id, of which the page shows that alone.
func (s *Server) handleError(err error, c echo.Context) {
	r := c.Request()
	gone := errors.Is(err, context.Canceled) && r.Context().Err() != nil
	if c.Response().Committed && !gone { // half of a file is out: nothing can be said any more
		s.log.ErrorContext(r.Context(), "request broke off", "request_id", requestID(c), "method", r.Method, "path", loggedPath(r), "error", err)
	}
	if c.Response().Committed || gone {
		c.Response().Status = 499 // for the log; nobody listens: HTMX gives up a search when the next letter comes
		return
	}
	p := s.problem(err)
	id := ""
	if p.status >= 500 && p != errUpdating {
		id = requestID(c)
		s.log.ErrorContext(r.Context(), "request failed", "request_id", id, "method", r.Method, "path", loggedPath(r), "error", err)
	}
	page := views.ProblemPage{Title: p.title, Text: p.text, RequestID: id, Undo: p.undo, SignOut: p.signOut, SignIn: p.signIn, HomeLink: p.home || p.status == http.StatusNotFound || p.status >= 500}
	if v := visiting(c); v.signedIn && v.who.Role != auth.NoRole && v.tenant.State == tenant.Active {
		shell := s.shell(c, "", p.title)
		page.Shell = &shell
	}
	if p.retry > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(p.retry))
	}
	if many := (auth.TooManyError{}); errors.As(err, &many) {
		c.Response().Header().Set("Retry-After", retryAfter(many))
	}
	// An HTMX request's target holds what somebody is typing: the answer is put
	// beside it.
	if wantsFragment(c) {
		c.Response().Header().Set("HX-Retarget", "body")
		c.Response().Header().Set("HX-Reswap", "beforeend")
	}
	if rerr := s.render(c, p.status, views.Problem(page), views.ProblemToast(page)); rerr != nil {
		s.log.ErrorContext(r.Context(), "error page", "request_id", requestID(c), "error", rerr)
	}
}

func (s *Server) problem(err error) *problem {
	var p *problem
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
		return &problem{status: http.StatusTooManyRequests, title: "Too much at once", text: limit.Reason + " Try again in " + ui.Plural(seconds(limit.RetryAfter), "second", "seconds") + "; nothing you saved is lost.", retry: seconds(limit.RetryAfter)}
	case errors.Is(err, db.ErrTooManyJobs):
		return &problem{status: http.StatusTooManyRequests, title: "Too much at once", text: "Too many mails and other work of this workspace are waiting. Try again in a few minutes.", retry: 60}
	case errors.As(err, &invalid): // of what has no form here
		return &problem{status: http.StatusUnprocessableEntity, title: "This can’t be done", text: invalid.Message()}
	case errors.Is(err, crm.ErrChanged):
		return &problem{status: http.StatusConflict, title: "Somebody else changed this meanwhile", text: "Nothing of yours was saved. Look at it again, then repeat your change."}
	case errors.As(err, &refused):
		return &problem{status: http.StatusConflict, title: "This can’t be done", text: refused.Reason}
	case errors.As(err, &denied):
		return &problem{status: http.StatusUnprocessableEntity, title: "This can’t be done", text: denied.Reason, home: true}
	case errors.Is(err, crm.ErrForbidden):
		return errRole
	case errors.Is(err, pgx.ErrNoRows):
		return errNotFound
	case errors.Is(err, tenantdb.ErrBadCursor):
		return &problem{status: http.StatusBadRequest, title: "This link does not work any more", text: "Open the list again from its start."}
	case errors.As(err, &many):
		return &problem{status: http.StatusTooManyRequests, title: "Too many attempts", text: "Wait a few minutes and try again."}
	case errors.As(err, &he) && he.Code == http.StatusNotFound:
		return errNotFound
	case errors.As(err, &he) && he.Code == http.StatusMethodNotAllowed:
		return &problem{status: he.Code, title: "This can’t be done here", text: "Go back and try again from the page itself."}
	case errors.As(err, &he) && he.Code < 500:
		return &problem{status: he.Code, title: http.StatusText(he.Code), text: errBadForm.text}
	case errors.Is(err, db.ErrUnwritable):
		return &problem{status: http.StatusServiceUnavailable, title: "We can’t save right now", text: "What is there can be read, and nothing you saved is lost. What you typed is not saved yet: keep the form open, or go back to it, and try again in a minute.", retry: 30}
	case timedOut(err):
		return &problem{status: http.StatusServiceUnavailable, title: "This takes too long", text: "We stopped it, so that others don’t wait. Nothing you saved is lost. Narrow what you look for, or try again later.", retry: 5}
	case unavailable(err):
		return &problem{status: http.StatusServiceUnavailable, title: "We can’t answer right now", text: "Nothing you saved is lost. Try again in a moment.", retry: 5}
	}
	return &problem{status: http.StatusInternalServerError, title: "Something went wrong on our side", text: "Nothing you saved is lost. Try again; if it happens once more, tell us the number below."}
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
