package account

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
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views"
)

// Signing in at OpenID Connect providers. The platform's stand on the base host
// and hand over from there; a workspace's own stands on the workspace's host,
// and what it says counts nowhere else.

// platformProviders are what the public pages offer.
func (h *Handler) platformProviders() (out []views.ProviderLink) {
	for _, p := range h.Providers {
		out = append(out, views.ProviderLink{ID: p.ID, Name: p.Name})
	}
	return out
}

// workspaceProvider is the one of the host's workspace; the zero one when it has
// none.
func (h *Handler) workspaceProvider(c echo.Context) (oidc.Provider, error) {
	row, err := auth.ProviderOf(c.Request().Context(), h.DB, page.From(c).Tenant.ID)
	if err != nil || row.Issuer == "" {
		return oidc.Provider{}, err
	}
	secret := ""
	if row.ClientSecret != "" {
		if secret, err = auth.OpenProviderSecret(h.Box, page.From(c).Tenant.ID, row.ClientSecret); err != nil {
			return oidc.Provider{}, err
		}
	}
	return oidc.Provider{ID: config.WorkspaceProvider, Name: row.Name, Issuer: row.Issuer, ClientID: row.ClientID, ClientSecret: secret}, nil
}

// provider is the one that the path names, on the host where it stands.
func (h *Handler) provider(c echo.Context) (oidc.Provider, error) {
	id := c.Param("provider")
	if page.From(c).Tenant.ID != uuid.Nil {
		if id != config.WorkspaceProvider {
			return oidc.Provider{}, page.ErrNotFound
		}
		p, err := h.workspaceProvider(c)
		if err == nil && p.ID == "" {
			err = page.ErrNotFound
		}
		return p, err
	}
	for _, p := range h.Providers {
		if p.ID == id {
			return oidc.Provider(p), nil
		}
	}
	return oidc.Provider{}, page.ErrNotFound
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

// OIDCStart sends the browser to the provider.
func (h *Handler) OIDCStart(c echo.Context) error {
	ctx := c.Request().Context()
	p, err := h.provider(c)
	if err != nil {
		return err
	}
	if err := auth.ThrottleNetwork(ctx, h.DB); err != nil {
		return err
	}
	var to string
	var kept oidc.Flow
	err = page.Abroad(c, func() (err error) {
		to, kept, err = h.OIDC.Start(p, h.callbackURL(c, p), c.QueryParam("fresh") != "")
		return err
	})
	if err != nil {
		return h.providerFailed(c, p, err)
	}
	next := c.QueryParam("next")
	if slug := c.QueryParam("workspace"); slug != "" && page.From(c).Tenant.ID == uuid.Nil {
		next = onToWorkspace(slug, next)
	}
	data, err := json.Marshal(flow{Flow: kept, Provider: p.ID, Issuer: p.Issuer, Next: next})
	if err != nil {
		return err
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error {
		return auth.KeepFlow(ctx, tx, kept.State, tenantID(ctx), h.Box.Seal(flowPurpose, string(data)))
	})
	if err != nil {
		return err
	}
	// Who comes back must be who left.
	h.Base.SetCookie(c, flowCookie, kept.State, int(auth.FlowTime.Seconds()))
	return c.Redirect(http.StatusSeeOther, to)
}

func (h *Handler) callbackURL(c echo.Context, p oidc.Provider) string {
	return h.Base.Here(c, "/oidc/"+p.ID+"/callback", nil)
}

// OIDCCallback is where the provider sends it back to.
func (h *Handler) OIDCCallback(c echo.Context) error {
	ctx := c.Request().Context()
	v := page.From(c)
	p, err := h.provider(c)
	if err != nil {
		return err
	}
	state := c.QueryParam("state")
	if mine := h.Base.TakeCookie(c, flowCookie); mine == "" || mine != state {
		return h.providerFailed(c, p, auth.ErrBadToken)
	}
	var sealed string
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		sealed, err = auth.TakeFlow(ctx, tx, state, tenantID(ctx))
		return err
	})
	if err != nil {
		return h.providerFailed(c, p, err)
	}
	text, err := h.Box.Open(flowPurpose, sealed)
	if err != nil {
		return err
	}
	var kept flow
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return err
	}
	if kept.Provider != p.ID || kept.Issuer != p.Issuer {
		return h.providerFailed(c, p, auth.ErrBadToken) // changed meanwhile
	}
	if said := c.QueryParam("error"); said != "" {
		if slices.Contains([]string{"access_denied", "login_required", "interaction_required", "consent_required"}, said) {
			return h.providerFailed(c, p, errCancelled)
		}
		return h.providerFailed(c, p, errors.New("oidc: the provider answered "+said))
	}
	// RFC 9207: an answer of another provider is none of this one's.
	if iss := c.QueryParam("iss"); iss != "" && iss != p.Issuer {
		return h.providerFailed(c, p, auth.ErrBadToken)
	}
	var found oidc.Claims
	err = page.Abroad(c, func() (err error) {
		found, err = h.OIDC.Finish(ctx, p, h.callbackURL(c, p), c.QueryParam("code"), kept.Flow)
		return err
	})
	if err != nil {
		return h.providerFailed(c, p, err)
	}
	if v.Tenant.ID != uuid.Nil {
		if err := h.proveAgain(c, v.Tenant, found.Email); err != nil {
			return err
		}
	}
	claims := auth.Claims{Issuer: found.Issuer, Subject: found.Subject, Email: strings.ToLower(found.Email), Name: entity.Line(found.Name),
		EmailVerified: found.EmailVerified}
	// Letters that ToLower makes ASCII ones of would be somebody else's.
	if strings.ContainsFunc(found.Email, func(r rune) bool { return r > unicode.MaxASCII }) || !page.Storable(claims.Email+claims.Name) {
		return h.providerFailed(c, p, auth.ErrUnverifiedEmail)
	}
	if address, err := entity.ParseEmail(claims.Email); claims.Email != "" && (err != nil || address != claims.Email) {
		return h.providerFailed(c, p, auth.ErrUnverifiedEmail)
	}
	// That somebody was sent on from there does not say that they were asked who
	// they are: when that was, the provider tells.
	start := auth.SessionStart{ProvedAt: &found.At}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) (err error) {
		if err := auth.ForgiveNetwork(ctx, tx); err != nil {
			return err
		}
		if v.Tenant.ID == uuid.Nil {
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
		row, err := tx.ProviderGet(ctx, v.Tenant.ID)
		if err != nil {
			return err
		}
		start.Provider = &v.Tenant.ID
		start.UserID, err = auth.SignInByWorkspace(ctx, tx, v.Tenant, claims, auth.Role(row.JoinRole))
		return err
	})
	if err != nil {
		return h.providerFailed(c, p, err)
	}
	start.How = "With " + p.Name
	to, err := h.Sessions.Start(c, start, kept.Next)
	if err != nil {
		return err
	}
	return page.Leave(c, to)
}

// provenFor is how long the proof of a domain of addresses holds: a domain that
// was given up must not let its next owner's people be named by us.
const provenFor = 24 * time.Hour

// proveAgain looks at the domain of the address once more, where the workspace
// has proven it a while ago.
func (h *Handler) proveAgain(c echo.Context, t tenant.Tenant, email string) error {
	ctx := c.Request().Context()
	_, domain, _ := strings.Cut(strings.ToLower(email), "@")
	if !page.Storable(domain) {
		return nil
	}
	var row shareddb.EmailDomainGetRow
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.EmailDomainGet(ctx, t.ID, domain)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && (row.VerifiedAt == nil || time.Since(*row.VerifiedAt) < provenFor) {
		return nil
	}
	if err != nil {
		return err
	}
	problem := page.Abroad(c, func() error { return domains.Prove(ctx, h.TXT, row.Domain, row.Token) })
	if problem != nil && !errors.Is(problem, domains.ErrNoRecord) {
		h.Log.WarnContext(ctx, "a domain could not be checked", "domain", domain, "tenant", t.Slug, "error", problem)
		return nil // asked again by the next one
	}
	return h.DB.Shared(ctx, func(tx *db.SharedTx) error {
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
func (h *Handler) providerFailed(c echo.Context, p oidc.Provider, err error) error {
	var ours *page.Problem
	v := page.From(c)
	if !errors.As(err, &ours) && !isDatabase(err) && !errors.Is(err, auth.ErrBadToken) && !errors.Is(err, errCancelled) {
		ctx := c.Request().Context()
		aerr := h.DB.Shared(ctx, func(tx *db.SharedTx) error {
			if v.Tenant.ID == uuid.Nil {
				return auth.Record(ctx, tx, uuid.Nil, auth.DidFailSignIn, "With "+p.Name)
			}
			return auth.AuditSystem(ctx, tx, v.Tenant, auth.DidFailSignIn, "With "+p.Name)
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
		h.Log.WarnContext(c.Request().Context(), "provider", "request_id", page.RequestID(c), "issuer", p.Issuer, "error",
			fmt.Sprintf("%.300s", err.Error()))
	}
	return &page.Problem{Status: status, Title: "We could not sign you in with " + p.Name, Text: text, SignIn: true}
}

// isDatabase tells a fault of ours from one of the provider's.
func isDatabase(err error) bool {
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	return errors.As(err, &pg) || errors.As(err, &connect)
}
