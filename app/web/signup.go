package web

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

func (s *Server) signUpForm(c echo.Context) error {
	return s.renderSignUp(c, http.StatusOK, ui.Form{})
}

func (s *Server) renderSignUp(c echo.Context, status int, f ui.Form) error {
	p := views.SignUpPage{
		Site: s.siteShell(c, "Create a workspace"), Form: f,
		Slug:       views.SlugCheck{Problem: f.Error("slug")},
		HostSuffix: "." + s.cfg.BaseURL.Host, Providers: s.platformProviders(), Work: auth.WorkChallenge(s.box),
	}
	if p.Form.Value("currency") == "" {
		p.Form.Values = maps.Clone(p.Form.Values)
		if p.Form.Values == nil {
			p.Form.Values = map[string]string{}
		}
		p.Form.Values["currency"] = first(entity.CountryCurrency(browserCountry(c)), "EUR")
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
	if err := auth.ThrottleSignUp(ctx, s.db); err != nil {
		return s.signUpRefused(c, f, err)
	}
	if !known {
		// All are judged alike: else a weak password would tell whether the address is
		// known. One that is an account's own was judged when it was chosen.
		fresh := &form{ui.Form{Values: f.Values, Errors: map[string]string{}}, f.present}
		fresh.checkNewPassword(false, f.Values["name"], f.Values["email"], f.Values["workspace"])
		if problem := fresh.Errors["password"]; problem != "" && f.Errors["password"] == "" {
			switch _, err := auth.CheckSignIn(ctx, s.db, f.Values["email"], f.Values["password"]); {
			case errors.Is(err, auth.ErrWrongPassword):
				f.fail("password", problem)
			case err != nil:
				return s.signUpRefused(c, f, err)
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
		Workspace: f.Values["workspace"], Slug: f.Values["slug"], Name: f.Values["name"], Email: f.Values["email"], Password: f.Values["password"], Strong: known && v.who.Strong,
		Country: browserCountry(c), Then: s.welcome,
	}
	in.Currency = first(f.Values["currency"], entity.CountryCurrency(in.Country))
	if known {
		in.UserID, in.ProvedAt, in.BeganAt = v.who.UserID, &v.who.ProvedAt, &v.who.BeganAt
		in.Email = v.who.Email
	}
	// Many of a network are made by programs: those prove some work, or the address.
	in.Later = !s.local(c) && !auth.CheckWork(ctx, s.db, s.box, posted(c, "work"))
	r, err := auth.SignUp(ctx, s.db, in)
	if err != nil {
		return s.signUpRefused(c, f, err)
	}
	if r.Pending != nil {
		return s.signUpLater(c, f, *r.Pending)
	}
	if !known {
		// Signed in here too, not only in the workspace; it is there in any case.
		if _, err := s.startSession(c, auth.SessionStart{UserID: r.UserID, How: "By signing up"}, ""); err != nil {
			s.log.ErrorContext(ctx, "session after sign-up", "request_id", requestID(c), "error", err)
		}
	}
	return s.leave(c, s.handoffURL(c, r.Tenant.Slug, r.Handoff, ""))
}

// browserCountry is the country of the language that the browser asks for first (ISO
// 3166), "" where it names none.
func browserCountry(c echo.Context) string {
	header := c.Request().Header.Get("Accept-Language")
	tags, _, err := language.ParseAcceptLanguage(header[:min(len(header), 200)])
	if err != nil || len(tags) == 0 {
		return ""
	}
	region, sure := tags[0].Region()
	if country := region.String(); sure >= language.High && entity.ValidCountry(country) {
		return country
	}
	base, _ := tags[0].Base()
	return spokenIn[base.String()]
}

// spokenIn is where a language is that has one country, by and large.
var spokenIn = map[string]string{
	"bg": "BG", "cs": "CZ", "da": "DK", "et": "EE", "fi": "FI", "he": "IL", "hr": "HR", "hu": "HU", "hy": "AM", "id": "ID", "is": "IS", "it": "IT", "ja": "JP", "ka": "GE", "ko": "KR",
	"lt": "LT", "lv": "LV", "mk": "MK", "nb": "NO", "nn": "NO", "no": "NO", "pl": "PL", "sk": "SK", "sl": "SI", "sq": "AL", "th": "TH", "tr": "TR", "uk": "UA", "vi": "VN",
}

// local reports whether this is development, and the client on this machine, which
// no proxy stands before: nobody else reaches it.
func (s *Server) local(c echo.Context) bool {
	a, err := netip.ParseAddr(c.RealIP())
	return s.mailbox != nil && len(s.cfg.TrustedProxies) == 0 && err == nil && a.IsLoopback()
}

// welcome writes to who has made a workspace.
func (s *Server) welcome(ctx context.Context, tx *db.SharedTx, r auth.SignUpResult) error {
	verify := ""
	if r.Verify != "" {
		verify = s.workspaceURL(r.Tenant.Slug, "/email/verify", url.Values{"token": {r.Verify}})
	}
	return s.mail(ctx, tx, r.Tenant.ID, r.Email, letter.Welcome(r.Tenant.Name, s.workspaceURL(r.Tenant.Slug, "/", nil), verify))
}

// signUpRefused shows the form with why there is no workspace, or answers the error.
func (s *Server) signUpRefused(c echo.Context, f *form, err error) error {
	switch {
	case slugProblem(err) != "":
		f.fail("slug", slugProblem(err))
	case errors.Is(err, auth.ErrEmailKnown):
		f.fail("email", "This address has an account. Type that account’s password to add a workspace to it.")
	case errors.Is(err, auth.ErrUnprovenOwner):
		f.fail("", "You have a workspace already. Confirm your email address in its security settings, then you can make another.")
	case errors.As(err, &auth.TooManyError{}):
		return s.renderSignUp(c, tooMany(c, f, err), f.Form)
	default:
		return err
	}
	return s.renderSignUp(c, http.StatusUnprocessableEntity, f.Form)
}

// signUpLater mails a link that makes the workspace.
func (s *Server) signUpLater(c echo.Context, f *form, p auth.PendingSignUp) error {
	ctx := c.Request().Context()
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		token, err := auth.KeepSignUp(ctx, tx, s.box, p)
		if err != nil {
			return err
		}
		l := letter.ConfirmSignUp(s.siteURL("/signup/confirmation", url.Values{"token": {token}}))
		l.Until = time.Now().Add(auth.PendingSignUpTime)
		return s.mail(ctx, tx, uuid.Nil, p.Email, l)
	})
	if err != nil {
		return err
	}
	page := views.SignUpPage{Site: s.siteShell(c, "Create a workspace"), Form: f.Form, Sent: p.Email}
	return s.render(c, http.StatusOK, views.SignUp(page), views.SignUpForm(page))
}

// confirmationForm asks, so that a preview of the link uses nothing up.
func (s *Server) confirmationForm(c echo.Context) error {
	ctx := c.Request().Context()
	token := c.QueryParam("token")
	var p auth.PendingSignUp
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		p, err = auth.SignUpPeek(ctx, tx, s.box, token)
		return err
	})
	if err != nil {
		return confirmationOver(err)
	}
	return s.render(c, http.StatusOK, views.Confirmation(views.ConfirmationPage{Workspace: p.Workspace, Host: p.Slug + "." + s.cfg.BaseURL.Host, Email: p.Email, Token: token}), nil)
}

// confirmation makes the workspace of who has followed the link: the address is
// proven by it.
func (s *Server) confirmation(c echo.Context) error {
	ctx := c.Request().Context()
	if err := auth.ThrottleNetwork(ctx, s.db); err != nil {
		return err
	}
	r, err := auth.FinishSignUp(ctx, s.db, s.box, postedToken(c), s.welcome)
	switch {
	case slugProblem(err) != "":
		return &problem{status: http.StatusConflict, title: "That address is taken by now", text: "Sign up once more with another one.", home: true}
	case errors.Is(err, auth.ErrEmailKnown):
		return &problem{status: http.StatusConflict, title: "You have an account by now", text: "Sign in with it, and create the workspace there.", signIn: true}
	case err != nil:
		return confirmationOver(err)
	}
	if _, err := s.startSession(c, auth.SessionStart{UserID: r.UserID, How: "By signing up"}, ""); err != nil {
		return err
	}
	return s.leave(c, s.handoffURL(c, r.Tenant.Slug, r.Handoff, ""))
}

func confirmationOver(err error) error {
	if !errors.Is(err, auth.ErrBadToken) {
		return err
	}
	return &problem{status: http.StatusNotFound, title: "This link does not work any more", text: "It works once, for a day. Sign up once more to get another.", home: true}
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
