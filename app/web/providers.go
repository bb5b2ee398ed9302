package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/config"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/domains"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/oidc"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Signing in at OpenID Connect providers. The platform's stand on the base host
// and hand over from there; a workspace's own stands on the workspace's host,
// and what it says counts nowhere else.

// platformProviders are what the public pages offer.
func (s *Server) platformProviders() (out []views.ProviderLink) {
	for _, p := range s.cfg.OIDC {
		out = append(out, views.ProviderLink{ID: p.ID, Name: p.Name})
	}
	return out
}

// workspaceProvider is the one of the host's workspace; the zero one when it has
// none.
func (s *Server) workspaceProvider(c echo.Context) (oidc.Provider, error) {
	row, err := s.tenantProvider(c)
	if err != nil || row.Issuer == "" {
		return oidc.Provider{}, err
	}
	secret := ""
	if row.ClientSecret != "" {
		if secret, err = s.box.Open(providerPurpose(visiting(c).tenant.ID), row.ClientSecret); err != nil {
			return oidc.Provider{}, err
		}
	}
	return oidc.Provider{ID: config.WorkspaceProvider, Name: row.Name, Issuer: row.Issuer, ClientID: row.ClientID, ClientSecret: secret}, nil
}

func (s *Server) tenantProvider(c echo.Context) (row shareddb.ProviderGetRow, err error) {
	ctx := c.Request().Context()
	err = s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.ProviderGet(ctx, visiting(c).tenant.ID)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return row, nil
	}
	return row, err
}

func providerPurpose(tenantID uuid.UUID) string { return "provider " + tenantID.String() }

// provider is the one that the path names, on the host where it stands.
func (s *Server) provider(c echo.Context) (oidc.Provider, error) {
	id := c.Param("provider")
	if visiting(c).tenant.ID != uuid.Nil {
		if id != config.WorkspaceProvider {
			return oidc.Provider{}, errNotFound
		}
		p, err := s.workspaceProvider(c)
		if err == nil && p.ID == "" {
			err = errNotFound
		}
		return p, err
	}
	for _, p := range s.cfg.OIDC {
		if p.ID == id {
			return oidc.Provider(p), nil
		}
	}
	return oidc.Provider{}, errNotFound
}

// flow is what is kept until the browser comes back from the provider.
type flow struct {
	oidc.Flow
	Provider string `json:"provider"`
	Issuer   string `json:"issuer"`
	Next     string `json:"next"`
}

const (
	flowPurpose = "oidc flow"
	flowCookie  = "oidc"
)

func (s *Server) oidcStart(c echo.Context) error {
	ctx := c.Request().Context()
	p, err := s.provider(c)
	if err != nil {
		return err
	}
	if err := auth.ThrottleNetwork(ctx, s.db); err != nil {
		return err
	}
	var to string
	var kept oidc.Flow
	err = abroad(c, func() (err error) {
		to, kept, err = s.oidc.Start(p, s.callbackURL(c, p), c.QueryParam("fresh") != "")
		return err
	})
	if err != nil {
		return s.providerFailed(c, p, err)
	}
	next := c.QueryParam("next")
	if slug := c.QueryParam("workspace"); slug != "" && visiting(c).tenant.ID == uuid.Nil {
		next = onToWorkspace(slug, next)
	}
	data, err := json.Marshal(flow{Flow: kept, Provider: p.ID, Issuer: p.Issuer, Next: next})
	if err != nil {
		return err
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		return auth.KeepFlow(ctx, tx, kept.State, tenantID(ctx), s.box.Seal(flowPurpose, string(data)))
	})
	if err != nil {
		return err
	}
	// Who comes back must be who left.
	s.setCookie(c, flowCookie, kept.State, int(auth.FlowTime.Seconds()))
	return c.Redirect(http.StatusSeeOther, to)
}

func (s *Server) callbackURL(c echo.Context, p oidc.Provider) string {
	return s.here(c, "/oidc/"+p.ID+"/callback", nil)
}

func (s *Server) oidcCallback(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	p, err := s.provider(c)
	if err != nil {
		return err
	}
	state := c.QueryParam("state")
	if mine := s.takeCookie(c, flowCookie); mine == "" || mine != state {
		return s.providerFailed(c, p, auth.ErrBadToken)
	}
	var sealed string
	err = s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		sealed, err = auth.TakeFlow(ctx, tx, state, tenantID(ctx))
		return err
	})
	if err != nil {
		return s.providerFailed(c, p, err)
	}
	text, err := s.box.Open(flowPurpose, sealed)
	if err != nil {
		return err
	}
	var kept flow
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return err
	}
	if kept.Provider != p.ID || kept.Issuer != p.Issuer {
		return s.providerFailed(c, p, auth.ErrBadToken) // changed meanwhile
	}
	if said := c.QueryParam("error"); said != "" {
		if slices.Contains([]string{"access_denied", "login_required", "interaction_required", "consent_required"}, said) {
			return s.providerFailed(c, p, errCancelled)
		}
		return s.providerFailed(c, p, errors.New("oidc: the provider answered "+said))
	}
	// RFC 9207: an answer of another provider is none of this one's.
	if iss := c.QueryParam("iss"); iss != "" && iss != p.Issuer {
		return s.providerFailed(c, p, auth.ErrBadToken)
	}
	var found oidc.Claims
	err = abroad(c, func() (err error) {
		found, err = s.oidc.Finish(ctx, p, s.callbackURL(c, p), c.QueryParam("code"), kept.Flow)
		return err
	})
	if err != nil {
		return s.providerFailed(c, p, err)
	}
	if v.tenant.ID != uuid.Nil {
		if err := s.proveAgain(c, v.tenant, found.Email); err != nil {
			return err
		}
	}
	claims := auth.Claims{Issuer: found.Issuer, Subject: found.Subject, Email: strings.ToLower(found.Email), Name: entity.Line(found.Name), EmailVerified: found.EmailVerified}
	// Letters that ToLower makes ASCII ones of would be somebody else's.
	if strings.ContainsFunc(found.Email, func(r rune) bool { return r > unicode.MaxASCII }) || !storable(claims.Email+claims.Name) {
		return s.providerFailed(c, p, auth.ErrUnverifiedEmail)
	}
	if address, err := entity.ParseEmail(claims.Email); claims.Email != "" && (err != nil || address != claims.Email) {
		return s.providerFailed(c, p, auth.ErrUnverifiedEmail)
	}
	// That somebody was sent on from there does not say that they were asked who
	// they are: when that was, the provider tells.
	start := auth.SessionStart{ProvedAt: &found.At}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if err := auth.ForgiveNetwork(ctx, tx); err != nil {
			return err
		}
		if v.tenant.ID == uuid.Nil {
			start.UserID, err = auth.SignInByPlatform(ctx, tx, claims)
			if err != nil {
				return err
			}
			access, err := tx.UserAccess(ctx, start.UserID)
			if !access.HasPassword && access.TotpSecret == "" && access.Passkeys == 0 {
				start.ProvedAt = nil // who has nothing else to show signs in again
			}
			return err
		}
		row, err := tx.ProviderGet(ctx, v.tenant.ID)
		if err != nil {
			return err
		}
		start.Provider = &v.tenant.ID
		start.UserID, err = auth.SignInByWorkspace(ctx, tx, v.tenant, claims, auth.Role(row.JoinRole))
		return err
	})
	if err != nil {
		return s.providerFailed(c, p, err)
	}
	start.How = "With " + p.Name
	to, err := s.startSession(c, start, kept.Next)
	if err != nil {
		return err
	}
	return s.leave(c, to)
}

// provenFor is how long the proof of a domain of addresses holds: a domain that
// was given up must not let its next owner's people be named by us.
const provenFor = 24 * time.Hour

// proveAgain looks at the domain of the address once more, where the workspace
// has proven it a while ago.
func (s *Server) proveAgain(c echo.Context, t tenant.Tenant, email string) error {
	ctx := c.Request().Context()
	_, domain, _ := strings.Cut(strings.ToLower(email), "@")
	if !storable(domain) {
		return nil
	}
	var row shareddb.EmailDomainGetRow
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.EmailDomainGet(ctx, t.ID, domain)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && (row.VerifiedAt == nil || time.Since(*row.VerifiedAt) < provenFor) {
		return nil
	}
	if err != nil {
		return err
	}
	problem := s.proveDomain(c, row.Domain, row.Token)
	if problem != nil && !errors.Is(problem, domains.ErrNoRecord) {
		s.log.WarnContext(ctx, "a domain could not be checked", "domain", domain, "tenant", t.Slug, "error", problem)
		return nil // asked again by the next one
	}
	return s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if problem == nil {
			return tx.EmailDomainVerify(ctx, t.ID, domain)
		}
		if err := tx.EmailDomainUnverify(ctx, t.ID, domain); err != nil {
			return err
		}
		return auth.AuditSystem(ctx, tx, t, auth.DidChangeSignIn, "Domain "+domain+" is proven no longer: its TXT record is gone")
	})
}

// errCancelled: whoever was at the provider did not go through with it.
var errCancelled = errors.New("web: cancelled at the provider")

// providerFailed says why somebody does not get in. What the provider did wrong
// is for the log. What anybody can bring about without the provider is not
// noted in the workspace's: it could be flooded.
func (s *Server) providerFailed(c echo.Context, p oidc.Provider, err error) error {
	var ours *problem
	v := visiting(c)
	if !errors.As(err, &ours) && !isDatabase(err) && !errors.Is(err, auth.ErrBadToken) && !errors.Is(err, errCancelled) {
		ctx := c.Request().Context()
		aerr := s.db.Shared(ctx, func(tx *db.SharedTx) error {
			if v.tenant.ID == uuid.Nil {
				return auth.Record(ctx, tx, uuid.Nil, auth.DidFailSignIn, "With "+p.Name)
			}
			return auth.AuditSystem(ctx, tx, v.tenant, auth.DidFailSignIn, "With "+p.Name)
		})
		if aerr != nil {
			return aerr
		}
	}
	text := "It did not answer as it should. Try again, or sign in another way."
	status := http.StatusForbidden
	switch {
	case errors.As(err, &ours), isDatabase(err):
		return err
	case errors.Is(err, auth.ErrBadToken):
		text = "That took too long, or it was begun in another browser. Try again."
	case errors.Is(err, errCancelled):
		text = "You did not go through with it over there. Try again, or sign in another way."
	case errors.Is(err, auth.ErrUnverifiedEmail):
		text = "It does not say that your email address is proven. Confirm it there, or sign in another way."
	case errors.Is(err, auth.ErrSquatted):
		text = "There is an account with your address that was never confirmed. Choose “Forgot your password?” to make it yours, then come back."
	case errors.Is(err, oidc.ErrStale):
		text = "It did not ask you to sign in again, which this takes. Sign out over there, and try once more."
	case errors.Is(err, auth.ErrForeignDomain):
		text = "Your address is in a domain for which " + p.Name + " does not speak here. Ask the owner of the workspace."
	case errors.Is(err, auth.ErrNoJoinRule):
		text = "You are not a member of this workspace. Ask one of its admins to invite you."
	default:
		status = http.StatusBadGateway
		s.log.WarnContext(c.Request().Context(), "provider", "request_id", requestID(c), "issuer", p.Issuer, "error", fmt.Sprintf("%.300s", err.Error()))
	}
	return &problem{status: status, title: "We could not sign you in with " + p.Name, text: text, signIn: true}
}

// isDatabase tells a fault of ours from one of the provider's.
func isDatabase(err error) bool {
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	return errors.As(err, &pg) || errors.As(err, &connect)
}

func (s *Server) signInSettings(c echo.Context) error {
	return s.renderSignInSettings(c, http.StatusOK, views.SignInSettingsPage{})
}

// renderSignInSettings shows how people sign in to the workspace.
func (s *Server) renderSignInSettings(c echo.Context, status int, p views.SignInSettingsPage) error {
	ctx := c.Request().Context()
	v := visiting(c)
	p.Shell = s.shell(c, "settings", "Sign-in")
	p.RequireFactor = v.tenant.RequireSecondFactor
	callback := "/oidc/" + config.WorkspaceProvider + "/callback"
	p.CallbackURLs = []string{s.workspaceURL(v.tenant.Slug, callback, nil)}
	row, err := s.tenantProvider(c)
	if err != nil {
		return err
	}
	p.HasProvider = row.Issuer != ""
	if p.Form.Values == nil {
		p.Form.Values = map[string]string{"name": row.Name, "issuer": row.Issuer, "client_id": row.ClientID, "join_role": row.JoinRole}
	}
	err = s.db.SharedRead(ctx, func(tx *db.SharedTx) error {
		own, err := tx.DomainList(ctx, v.tenant.ID)
		if err != nil {
			return err
		}
		for _, d := range own {
			if d.VerifiedAt != nil { // people come back to the host that they left from
				at := *s.cfg.BaseURL
				at.Host, at.Path = strings.Replace(at.Host, at.Hostname(), d.Host, 1), callback
				p.CallbackURLs = append(p.CallbackURLs, at.String())
			}
		}
		rows, err := tx.EmailDomainList(ctx, v.tenant.ID)
		for _, d := range rows {
			p.Domains = append(p.Domains, views.EmailDomain{Domain: d.Domain, TXTName: domains.TXTName(d.Domain), TXTValue: domains.TXTValue(d.Token), Verified: d.VerifiedAt != nil})
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, status, views.SignInSettings(p), nil)
}

func (s *Server) requireFactor(c echo.Context) error {
	ctx := c.Request().Context()
	v := visiting(c)
	required := posted(c, "required")
	if required != "true" && required != "false" {
		return s.renderSignInSettings(c, http.StatusUnprocessableEntity, views.SignInSettingsPage{Notice: "Say whether a second factor is required."})
	}
	on := required == "true"
	if on && !v.who.Strong {
		return s.renderSignInSettings(c, http.StatusUnprocessableEntity, views.SignInSettingsPage{Notice: "Set up a second factor for yourself first, and sign in with it: you would lock yourself out."})
	}
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.TenantRequireFactor(ctx, on, v.tenant.ID); err != nil {
			return err
		}
		what := "A second factor is no longer required"
		if on {
			what = "A second factor is required of everybody"
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSignIn, what)
	})
	if err != nil {
		return err
	}
	s.hosts.Forget(v.tenant.Slug)
	return s.saved(c, "/settings/signin")
}

func (s *Server) providerUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	t := visiting(c).tenant
	f := readForm(c, views.ProviderFields, true)
	before, err := s.tenantProvider(c)
	if err != nil {
		return err
	}
	sealed := before.ClientSecret
	if v := f.Values["client_secret"]; v != "" {
		sealed = s.box.Seal(providerPurpose(t.ID), v)
	} else if f.Values["issuer"] != before.Issuer {
		sealed = "" // another provider's secret is none of this one's business
	}
	if f.Valid() {
		err := auth.ThrottleProvider(ctx, s.db, t.ID)
		if errors.As(err, &auth.TooManyError{}) {
			return s.renderSignInSettings(c, tooMany(c, f, err), views.SignInSettingsPage{Form: f.Form})
		}
		if err != nil {
			return err
		}
		err = abroad(c, func() error {
			_, err := s.oidc.Discover(f.Values["issuer"])
			return err
		})
		switch {
		case errors.Is(err, oidc.ErrPrivate):
			f.fail("issuer", "This address is inside a private network, where we don’t go.")
		case errors.Is(err, oidc.ErrIssuer):
			f.fail("issuer", "This should be the provider’s issuer: an https address.")
		case err != nil:
			f.fail("issuer", "There is no OpenID provider at this address, or it did not answer.")
		}
	}
	if !f.Valid() {
		return s.renderSignInSettings(c, http.StatusUnprocessableEntity, views.SignInSettingsPage{Form: f.Form})
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		err := tx.ProviderPut(ctx, shareddb.ProviderPutParams{
			TenantID: t.ID, Name: f.Values["name"], Issuer: f.Values["issuer"], ClientID: f.Values["client_id"], ClientSecret: sealed, JoinRole: f.Values["join_role"],
		})
		if err != nil {
			return err
		}
		if before.Issuer != f.Values["issuer"] {
			if err := tx.SessionDeleteByProvider(ctx, t.ID); err != nil {
				return err
			}
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSignIn, "Provider "+f.Values["issuer"])
	})
	if err != nil {
		return err
	}
	return s.saved(c, "/settings/signin")
}

func (s *Server) providerDelete(c echo.Context) error {
	ctx := c.Request().Context()
	t := visiting(c).tenant
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if _, err := tx.ProviderDelete(ctx, t.ID); err != nil {
			return err
		}
		if err := tx.SessionDeleteByProvider(ctx, t.ID); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSignIn, "Provider removed")
	})
	if err != nil {
		return err
	}
	return s.saved(c, "/settings/signin")
}

// maxEmailDomains is how many domains of addresses a workspace can have.
const maxEmailDomains = 50

func (s *Server) emailDomainCreate(c echo.Context) error {
	ctx := c.Request().Context()
	t := visiting(c).tenant
	f := readForm(c, views.EmailDomainFields, true)
	if f.Valid() {
		f.parse("domain", entity.ParseDomain)
	}
	domain := f.Values["domain"]
	if !f.Valid() {
		return s.renderSignInSettings(c, http.StatusUnprocessableEntity, views.SignInSettingsPage{DomainForm: f.Form})
	}
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if n, err := tx.EmailDomainCount(ctx, t.ID); err != nil {
			return err
		} else if n >= maxEmailDomains {
			return &auth.RefusalError{Reason: fmt.Sprintf("A workspace has %d domains at most. Remove one first.", maxEmailDomains)}
		}
		if err := tx.EmailDomainInsert(ctx, t.ID, domain, auth.NewToken()); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSignIn, "Domain "+domain+" added")
	})
	var refused *auth.RefusalError
	if errors.As(err, &refused) {
		f.fail("domain", refused.Reason)
		return s.renderSignInSettings(c, http.StatusUnprocessableEntity, views.SignInSettingsPage{DomainForm: f.Form})
	}
	if err != nil {
		return err
	}
	return s.saved(c, "/settings/signin")
}

// emailDomainVerify looks for the record now.
func (s *Server) emailDomainVerify(c echo.Context) error {
	ctx := c.Request().Context()
	t := visiting(c).tenant
	var row shareddb.EmailDomainGetRow
	err := s.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.EmailDomainGet(ctx, t.ID, c.Param("domain"))
		return err
	})
	if err != nil {
		return err
	}
	if err := s.proveDomain(c, row.Domain, row.Token); err != nil {
		return s.renderSignInSettings(c, http.StatusUnprocessableEntity, views.SignInSettingsPage{
			Notice: "We did not find the record of " + row.Domain + " yet. It can take an hour until a new record is seen everywhere.",
		})
	}
	err = s.db.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.EmailDomainVerify(ctx, t.ID, row.Domain); err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSignIn, "Domain "+row.Domain+" proven")
	})
	if err != nil {
		return err
	}
	if err := s.setFlash(c, ui.Flash{Subject: row.Domain, Message: "is proven"}); err != nil {
		return err
	}
	return s.redirect(c, "/settings/signin")
}

func (s *Server) emailDomainDelete(c echo.Context) error {
	ctx := c.Request().Context()
	t := visiting(c).tenant
	err := s.db.Shared(ctx, func(tx *db.SharedTx) error {
		domain, err := tx.EmailDomainDelete(ctx, t.ID, c.Param("domain"))
		if err != nil {
			return err
		}
		return auth.AuditShared(ctx, tx, auth.DidChangeSignIn, "Domain "+domain+" removed")
	})
	if err != nil {
		return err
	}
	return s.saved(c, "/settings/signin")
}
