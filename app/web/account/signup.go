package account

import (
	"cmp"
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
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
	letter "github.com/paddock-crm/paddock/views/mail"
	"github.com/paddock-crm/paddock/views/ui"
)

// SignUpForm asks what a new workspace takes.
func (h *Handler) SignUpForm(c echo.Context) error {
	return h.renderSignUp(c, http.StatusOK, ui.Form{})
}

func (h *Handler) renderSignUp(c echo.Context, status int, f ui.Form) error {
	p := views.SignUpPage{
		Site: page.SiteShell(c, "Create a workspace"), Form: f,
		Slug:       views.SlugCheck{Problem: f.Error("slug")},
		HostSuffix: "." + h.Base.URL.Host, Providers: h.platformProviders(), Work: auth.WorkChallenge(h.Box),
	}
	values := placeOf(c)
	maps.Copy(values, p.Form.Values)
	p.Form.Values, p.Form.Options = values, views.PlaceOptions(values)
	if v := page.From(c); v.SignedIn {
		ctx := c.Request().Context()
		err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) error {
			access, err := tx.UserAccess(ctx, v.Who.UserID)
			p.Known = !access.HasPassword
			return err
		})
		if err != nil {
			return err
		}
	}
	return page.Render(c, status, views.SignUp(p), views.SignUpForm(p))
}

// SignUp makes a workspace: for somebody new, or for an account that shows its
// password. Who has none, and came by a provider, is asked for no more than the
// workspace.
func (h *Handler) SignUp(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	known := v.SignedIn && !c.Request().PostForm.Has("email")
	fields := views.SignUpFields
	if known {
		fields = views.WorkspaceSignUpFields
	}
	f := page.ReadForm(c, fields, true)
	f.Values["slug"] = strings.ToLower(f.Values["slug"])
	f.Values["email"] = strings.ToLower(f.Values["email"])
	f.CheckPlace()
	if err := auth.ThrottleSignUp(ctx, h.DB); err != nil {
		return h.signUpRefused(c, f, err)
	}
	if !known {
		// All are judged alike: else a weak password would tell whether the address is
		// known. One that is an account's own was judged when it was chosen.
		fresh := &page.Form{Form: ui.Form{Values: f.Values, Errors: map[string]string{}}, Present: f.Present}
		fresh.CheckNewPassword(false, f.Values["name"], f.Values["email"], f.Values["workspace"])
		if problem := fresh.Errors["password"]; problem != "" && f.Errors["password"] == "" {
			switch _, err := auth.CheckSignIn(ctx, h.DB, f.Values["email"], f.Values["password"]); {
			case errors.Is(err, auth.ErrWrongPassword):
				f.Fail("password", problem)
			case err != nil:
				return h.signUpRefused(c, f, err)
			}
		}
	}
	if f.Errors["slug"] == "" && !tenant.ValidSlug(f.Values["slug"]) {
		f.Fail("slug", page.SlugProblem(tenant.ErrSlugMalformed))
	}
	if !f.Valid() {
		if err := page.CheckSlug(c, h.DB, f); err != nil {
			return err
		}
		return h.renderSignUp(c, http.StatusUnprocessableEntity, f.Form)
	}
	in := auth.SignUpInput{
		Workspace: f.Values["workspace"], Slug: f.Values["slug"], Name: f.Values["name"], Email: f.Values["email"],
		Password: f.Values["password"], Strong: known && v.Who.Strong,
		Then: h.welcome,
	}
	place := placeOf(c)
	for name, to := range map[string]*string{"currency": &in.Currency, "country": &in.Country, "time_zone": &in.TimeZone,
		"date_style": &in.DateStyle, "number_style": &in.NumberStyle} {
		if *to = place[name]; f.Present[name] {
			*to = f.Values[name]
		}
	}
	if known {
		in.UserID, in.ProvedAt, in.BeganAt = v.Who.UserID, &v.Who.ProvedAt, &v.Who.BeganAt
		in.Email = v.Who.Email
	}
	// Many of a network are made by programs: those prove some work, or the address.
	in.Later = !h.local(c) && !auth.CheckWork(ctx, h.DB, h.Box, page.Posted(c, "work"))
	r, err := auth.SignUp(ctx, h.DB, in)
	if err != nil {
		return h.signUpRefused(c, f, err)
	}
	if r.Pending != nil {
		return h.signUpLater(c, f, *r.Pending)
	}
	if !known {
		// Signed in here too, not only in the workspace; it is there in any case.
		if _, err := h.Sessions.Start(c, auth.SessionStart{UserID: r.UserID, How: "By signing up"}, ""); err != nil {
			h.Log.ErrorContext(ctx, "session after sign-up", "request_id", page.RequestID(c), "error", err)
		}
	}
	return page.Leave(c, h.Base.HandoffURL(c, r.Tenant.Slug, r.Handoff, ""))
}

// placeOf is where the browser says that it is, and how days and numbers are written there: its
// time zone knows better than its language, which is often English.
func placeOf(c echo.Context) map[string]string {
	v := map[string]string{}
	if zone := page.BrowserZone(c); zone != "" {
		v["time_zone"], v["country"] = zone, entity.ZoneCountry(zone)
	}
	v["country"] = cmp.Or(v["country"], browserCountry(c))
	v["currency"] = cmp.Or(entity.CountryCurrency(v["country"]), "EUR")
	v["date_style"], v["number_style"] = entity.CountryStyles(v["country"])
	v["country"] = cmp.Or(v["country"], "IT") // as tenants begin
	return v
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
	"bg": "BG", "cs": "CZ", "da": "DK", "et": "EE", "fi": "FI", "he": "IL", "hr": "HR", "hu": "HU", "hy": "AM", "id": "ID", "is": "IS",
	"it": "IT", "ja": "JP", "ka": "GE", "ko": "KR",
	"lt": "LT", "lv": "LV", "mk": "MK", "nb": "NO", "nn": "NO", "no": "NO", "pl": "PL", "sk": "SK", "sl": "SI", "sq": "AL", "th": "TH",
	"tr": "TR", "uk": "UA", "vi": "VN",
}

// local reports whether this is development, and the client on this machine, which
// no proxy stands before: nobody else reaches it.
func (h *Handler) local(c echo.Context) bool {
	a, err := netip.ParseAddr(c.RealIP())
	return h.Unproxied && err == nil && a.IsLoopback()
}

// welcome writes to who has made a workspace.
func (h *Handler) welcome(ctx context.Context, tx *db.SharedTx, r auth.SignUpResult) error {
	verify := ""
	if r.Verify != "" {
		verify = h.Base.WorkspaceURL(r.Tenant.Slug, "/email/verify", url.Values{"token": {r.Verify}})
	}
	return mail.Send(ctx, tx, h.Box, r.Tenant.ID, r.Email, letter.Welcome(r.Tenant.Name, h.Base.WorkspaceURL(r.Tenant.Slug, "/", nil), verify))
}

// signUpRefused shows the form with why there is no workspace, or answers the error.
func (h *Handler) signUpRefused(c echo.Context, f *page.Form, err error) error {
	switch {
	case page.SlugProblem(err) != "":
		f.Fail("slug", page.SlugProblem(err))
	case errors.Is(err, auth.ErrEmailKnown):
		f.Fail("email", "This address has an account. Type that account’s password to add a workspace to it.")
	case errors.Is(err, auth.ErrUnprovenOwner):
		f.Fail("", "You have a workspace already. Confirm your email address in its security settings, then you can make another.")
	case errors.As(err, &auth.TooManyError{}):
		return h.renderSignUp(c, page.TooMany(c, f, err), f.Form)
	default:
		return err
	}
	return h.renderSignUp(c, http.StatusUnprocessableEntity, f.Form)
}

// signUpLater mails a link that makes the workspace.
func (h *Handler) signUpLater(c echo.Context, f *page.Form, pending auth.PendingSignUp) error {
	ctx := c.Request().Context()
	err := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		token, err := auth.KeepSignUp(ctx, tx, h.Box, pending)
		if err != nil {
			return err
		}
		l := letter.ConfirmSignUp(h.Base.SiteURL("/signup/confirmation", url.Values{"token": {token}}))
		l.Until = time.Now().Add(auth.PendingSignUpTime)
		return mail.Send(ctx, tx, h.Box, uuid.Nil, pending.Email, l)
	})
	if err != nil {
		return err
	}
	p := views.SignUpPage{Site: page.SiteShell(c, "Create a workspace"), Form: f.Form, Sent: pending.Email}
	return page.Render(c, http.StatusOK, views.SignUp(p), views.SignUpForm(p))
}

// ConfirmationForm asks, so that a preview of the link uses nothing up.
func (h *Handler) ConfirmationForm(c echo.Context) error {
	ctx := c.Request().Context()
	token := c.QueryParam("token")
	var p auth.PendingSignUp
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		p, err = auth.SignUpPeek(ctx, tx, h.Box, token)
		return err
	})
	if err != nil {
		return confirmationOver(err)
	}
	return page.Render(c, http.StatusOK,
		views.Confirmation(views.ConfirmationPage{Workspace: p.Workspace, Host: p.Slug + "." + h.Base.URL.Host, Email: p.Email, Token: token}),
		nil)
}

// Confirmation makes the workspace of who has followed the link: the address is
// proven by it.
func (h *Handler) Confirmation(c echo.Context) error {
	ctx := c.Request().Context()
	if err := auth.ThrottleNetwork(ctx, h.DB); err != nil {
		return err
	}
	r, err := auth.FinishSignUp(ctx, h.DB, h.Box, page.PostedToken(c), h.welcome)
	switch {
	case page.SlugProblem(err) != "":
		return &page.Problem{Status: http.StatusConflict, Title: "That address is taken by now", Text: "Sign up once more with another one.",
			Home: true}
	case errors.Is(err, auth.ErrEmailKnown):
		return &page.Problem{Status: http.StatusConflict, Title: "You have an account by now",
			Text: "Sign in with it, and create the workspace there.", SignIn: true}
	case err != nil:
		return confirmationOver(err)
	}
	if _, err := h.Sessions.Start(c, auth.SessionStart{UserID: r.UserID, How: "By signing up"}, ""); err != nil {
		return err
	}
	return page.Leave(c, h.Base.HandoffURL(c, r.Tenant.Slug, r.Handoff, ""))
}

func confirmationOver(err error) error {
	if !errors.Is(err, auth.ErrBadToken) {
		return err
	}
	return &page.Problem{Status: http.StatusNotFound, Title: "This link does not work any more",
		Text: "It works once, for a day. Sign up once more to get another.", Home: true}
}

// SignUpSlug tells, while somebody types, whether a slug can be had.
func (h *Handler) SignUpSlug(c echo.Context) error {
	ctx := c.Request().Context()
	slug := strings.ToLower(strings.TrimSpace(c.QueryParam("slug")))
	check := views.SlugCheck{Slug: slug, Host: slug + "." + h.Base.URL.Host}
	if slug != "" {
		err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) error { return tenant.CheckSlug(ctx, tx, slug) })
		check.Problem = page.SlugProblem(err)
		if err != nil && check.Problem == "" {
			return err
		}
	}
	note := views.SlugNote(check)
	return page.Render(c, http.StatusOK, note, note)
}
