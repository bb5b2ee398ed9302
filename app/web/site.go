package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

func (s *Server) landing(c echo.Context) error {
	return s.render(c, http.StatusOK, views.Landing(s.siteShell(c, "The CRM your team will keep up to date")), nil)
}

func (s *Server) signUpForm(c echo.Context) error {
	return s.renderSignUp(c, http.StatusOK, ui.Form{})
}

func (s *Server) renderSignUp(c echo.Context, status int, f ui.Form) error {
	p := views.SignUpPage{
		Site: s.siteShell(c, "Create a workspace"), Form: f,
		Slug:       views.SlugCheck{Problem: f.Error("slug")},
		HostSuffix: "." + s.cfg.BaseURL.Host, Providers: s.platformProviders(),
	}
	if v := visiting(c); v.signedIn {
		ctx := c.Request().Context()
		err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
			access, err := tx.UserAccess(ctx, v.who.UserID)
			p.Known = !access.HasPassword
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.render(c, status, views.SignUp(p), views.SignUpForm(p))
}

// signUp makes a workspace: for somebody new, or for an account that shows its
// password. Who has none, and came by a provider, is asked for no more than the
// workspace.
func (s *Server) signUp(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	known := v.signedIn && !c.Request().PostForm.Has("email")
	fields := views.SignUpFields
	if known {
		fields = views.WorkspaceSignUpFields
	}
	f := readForm(c, fields, true)
	f.Values["slug"] = strings.ToLower(f.Values["slug"])
	f.Values["email"] = strings.ToLower(f.Values["email"])
	if err := auth.ThrottleSignUp(ctx, s.db, c.RealIP()); errors.As(err, &auth.TooManyError{}) {
		return s.renderSignUp(c, tooMany(c, f, err), f.Form)
	} else if err != nil {
		return err
	}
	if !known {
		// All are judged alike: else a weak password would tell whether the address is
		// known. One that is an account's own was judged when it was chosen.
		fresh := &form{ui.Form{Values: f.Values, Errors: map[string]string{}}, f.present}
		fresh.checkNewPassword(false, f.Values["name"], f.Values["email"], f.Values["workspace"])
		if problem := fresh.Errors["password"]; problem != "" && f.Errors["password"] == "" {
			switch _, err := auth.CheckSignIn(ctx, s.db, f.Values["email"], f.Values["password"], c.RealIP()); {
			case errors.Is(err, auth.ErrWrongPassword):
				f.fail("password", problem)
			case errors.As(err, &auth.TooManyError{}):
				return s.renderSignUp(c, tooMany(c, f, err), f.Form)
			case err != nil:
				return err
			}
		}
	}
	if f.Errors["slug"] == "" && !tenant.ValidSlug(f.Values["slug"]) {
		f.fail("slug", slugProblem(tenant.ErrSlugMalformed))
	}
	if !f.Valid() {
		if err := s.checkSlug(c, f); err != nil {
			return err
		}
		return s.renderSignUp(c, http.StatusUnprocessableEntity, f.Form)
	}
	in := auth.SignUpInput{
		Workspace: f.Values["workspace"], Slug: f.Values["slug"], Name: f.Values["name"], Email: f.Values["email"], Password: f.Values["password"], IP: c.RealIP(), Strong: known && v.who.Strong,
		Then: func(ctx context.Context, tx *db.SharedTx, r auth.SignUpResult) error {
			verify := ""
			if r.Verify != "" {
				verify = s.workspaceURL(r.Tenant.Slug, "/email/verify", url.Values{"token": {r.Verify}})
			}
			return s.mail(ctx, tx, r.Tenant.ID, r.Email, letter.Welcome(r.Tenant.Name, s.workspaceURL(r.Tenant.Slug, "/", nil), verify))
		},
	}
	if known {
		in.UserID, in.ProvedAt, in.BeganAt = v.who.UserID, &v.who.ProvedAt, &v.who.BeganAt
	}
	r, err := auth.SignUp(ctx, s.db, in)
	switch {
	case slugProblem(err) != "":
		f.fail("slug", slugProblem(err))
	case errors.Is(err, auth.ErrEmailKnown):
		f.fail("email", "This address has an account. Type that account’s password to add a workspace to it.")
	case errors.As(err, &auth.TooManyError{}):
		return s.renderSignUp(c, tooMany(c, f, err), f.Form)
	case err != nil:
		return err
	}
	if !f.Valid() {
		return s.renderSignUp(c, http.StatusUnprocessableEntity, f.Form)
	}
	if !known {
		// Signed in here too, not only in the workspace; it is there in any case.
		if _, err := s.startSession(c, auth.SessionStart{UserID: r.UserID}, ""); err != nil {
			s.log.ErrorContext(ctx, "session after sign-up", "request_id", requestID(c), "error", err)
		}
	}
	return s.leave(c, s.workspaceURL(r.Tenant.Slug, "/handoff", url.Values{"token": {r.Handoff}}))
}

// checkSlug tells in the form when the slug cannot be had, so that one sees all
// mistakes at once.
func (s *Server) checkSlug(c echo.Context, f *form) error {
	ctx := c.Request().Context()
	if f.Errors["slug"] != "" {
		return nil
	}
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error { return tenant.CheckSlug(ctx, tx, f.Values["slug"]) })
	if p := slugProblem(err); p != "" {
		f.fail("slug", p)
		return nil
	}
	return err
}

// slugProblem says what is wrong with a slug, "" for any other error.
func slugProblem(err error) string {
	switch {
	case errors.Is(err, tenant.ErrSlugMalformed):
		return "Use 3 to 40 small letters, digits and single hyphens, starting with a letter."
	case errors.Is(err, tenant.ErrSlugReserved):
		return "This address is reserved. Choose another."
	case errors.Is(err, tenant.ErrSlugTaken):
		return "This address is taken. Choose another."
	}
	return ""
}

func (s *Server) signUpSlug(c echo.Context) error {
	ctx := c.Request().Context()
	slug := strings.ToLower(strings.TrimSpace(c.QueryParam("slug")))
	check := views.SlugCheck{Slug: slug, Host: slug + "." + s.cfg.BaseURL.Host}
	if slug != "" {
		err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error { return tenant.CheckSlug(ctx, tx, slug) })
		check.Problem = slugProblem(err)
		if err != nil && check.Problem == "" {
			return err
		}
	}
	note := views.SlugNote(check)
	return s.render(c, http.StatusOK, note, note)
}

// afterSignIn is the page somebody was on their way to, on this host alone.
func (s *Server) afterSignIn(c echo.Context, next string) string {
	if u, err := url.Parse(next); err == nil && !u.IsAbs() && u.Host == "" &&
		strings.HasPrefix(next, "/") && !strings.HasPrefix(next, "//") && !strings.ContainsAny(next, "\\\r\n\t") {
		return next
	}
	if v := visiting(c); v.tenant.ID == uuid.Nil && !v.console {
		return "/workspaces"
	}
	return "/"
}

func (s *Server) signOut(c echo.Context) error {
	ctx := c.Request().Context()
	if v := visiting(c); v.who.Support {
		if err := s.db.Shared(ctx, func(tx *db.SharedTx) error { return auth.SupportEnd(ctx, tx, v.tenant.ID) }); err != nil {
			return err
		}
		s.hosts.Forget(v.tenant.Slug)
	}
	if err := s.endSession(c); err != nil {
		return err
	}
	// Not its cookies, which are those of all hosts below the base host to a browser.
	c.Response().Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return s.leave(c, "/signin")
}

func (s *Server) workspaceList(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	p := views.WorkspacesPage{Site: s.siteShell(c, "Your workspaces"), SiteURL: s.cfg.BaseURL.String()}
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
		rows, err := tx.TenantsOfUser(ctx, v.who.UserID)
		for _, w := range rows {
			if v.who.ByProvider && w.Slug != v.tenant.Slug {
				continue // the provider vouches for this workspace alone
			}
			p.Workspaces = append(p.Workspaces, views.WorkspaceLink{
				Slug: w.Slug, Name: w.Name, Role: w.Role, Host: w.Slug + "." + s.cfg.BaseURL.Host, Current: w.Slug == v.tenant.Slug,
			})
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Workspaces(p), views.WorkspaceOptions(p))
}

// workspaceVisit takes a member from this host to a workspace's.
func (s *Server) workspaceVisit(c echo.Context) error {
	to, err := s.handoffTo(c, c.Param("slug"), "")
	if err != nil {
		return err
	}
	return s.leave(c, to)
}

// handoffTo is an address that signs whoever is signed in here in to a
// workspace, once, and leads to next there; pgx.ErrNoRows when they are neither
// a member there nor invited.
func (s *Server) handoffTo(c echo.Context, slug, next string) (to string, err error) {
	ctx := c.Request().Context()
	who := visiting(c).who
	var token string
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		id, err := tx.TenantOfMember(ctx, slug, who.UserID)
		if errors.Is(err, pgx.ErrNoRows) && who.Verified {
			id, err = tx.TenantOfInvited(ctx, slug, who.Email)
		}
		if err != nil {
			return err
		}
		token, err = auth.HandoffStart(ctx, tx, auth.SessionStart{UserID: who.UserID, TenantID: &id, Strong: who.Strong, ProvedAt: &who.ProvedAt, BeganAt: &who.BeganAt})
		return err
	})
	q := url.Values{"token": {token}}
	if next != "" {
		q.Set("next", next)
	}
	return s.workspaceURL(slug, "/handoff", q), err
}

// handoff arrives from another host. It asks before it replaces the session of
// somebody else: a link must not swap who one is, nor may another site sign
// somebody in unasked.
func (s *Server) handoff(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	token := c.QueryParam("token")
	if c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusOK) // a preview of the link must not use it up
	}
	// Below localhost browsers take all hosts for different sites.
	foreign := c.Request().Header.Get("Sec-Fetch-Site") == "cross-site" && s.cfg.BaseURL.Scheme == "https"
	if v.signedIn || foreign {
		var next string
		err := s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
			row, err := auth.HandoffPeek(ctx, tx, token, v.tenant.ID)
			if err == nil && *row.UserID != v.who.UserID {
				next = row.Name
			}
			return err
		})
		if err != nil {
			return s.handoffFailed(c, err)
		}
		if next != "" {
			return s.render(c, http.StatusOK, views.Handoff(views.HandoffPage{Workspace: v.tenant.Name, Token: token, Now: v.who.Name, Next: next, To: c.QueryParam("next")}), nil)
		}
	}
	return s.finishHandoff(c, token, c.QueryParam("next"))
}

func (s *Server) handoffConfirmed(c echo.Context) error {
	return s.finishHandoff(c, c.Request().PostForm.Get("token"), posted(c, "next"))
}

func (s *Server) finishHandoff(c echo.Context, token, next string) error {
	ctx := c.Request().Context()
	var start auth.SessionStart
	err := s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		start, err = auth.HandoffFinish(ctx, tx, token, visiting(c).tenant.ID)
		return err
	})
	if err != nil {
		return s.handoffFailed(c, err)
	}
	to, err := s.startSession(c, start, next)
	if err != nil {
		return err
	}
	return s.leave(c, to)
}

// handoffFailed: a used or late token is no drama. Whoever is signed in goes
// on, anybody else signs in.
func (s *Server) handoffFailed(c echo.Context, err error) error {
	if !errors.Is(err, auth.ErrBadToken) {
		return err
	}
	if visiting(c).signedIn {
		return s.leave(c, "/")
	}
	return s.leave(c, "/signin")
}
