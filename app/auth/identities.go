package auth

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// Claims are what an OpenID provider says of somebody. Email is lower-case.
type Claims struct {
	Issuer, Subject, Email, Name string
	EmailVerified                *bool // nil when the provider does not say
}

// What keeps somebody out whom a provider vouches for.
var (
	ErrUnverifiedEmail = errors.New("auth: the provider does not say that the address is proven")
	ErrForeignDomain   = errors.New("auth: the workspace has not proven the domain of the address")
	ErrNoJoinRule      = errors.New("auth: the workspace's rule lets nobody in without an invitation")
	// ErrSquatted: somebody has signed up with the address and a password of
	// their own, and never proved that it is theirs.
	ErrSquatted = errors.New("auth: the address has an account that was never proven")
)

// SignInByPlatform returns whom one of the platform's providers vouches for. The
// first time it links by the proven address, and makes an account where there
// is none.
func SignInByPlatform(ctx context.Context, tx *db.SharedTx, c Claims) (uuid.UUID, error) {
	id, err := tx.IdentityGet(ctx, nil, c.Issuer, c.Subject)
	if !errors.Is(err, pgx.ErrNoRows) {
		return id, err
	}
	if c.EmailVerified == nil || !*c.EmailVerified || c.Email == "" {
		return uuid.Nil, ErrUnverifiedEmail
	}
	user, err := tx.UserByEmail(ctx, c.Email)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		now := time.Now()
		id, err = insertUser(ctx, tx, c, &now)
	case err == nil:
		id = user.ID
		err = proveAddress(ctx, tx, shareddb.UserLockRow(user))
	}
	if err != nil {
		return uuid.Nil, err
	}
	if err := tx.IdentityInsert(ctx, shareddb.IdentityInsertParams{ID: uuid.Must(uuid.NewV7()), Issuer: c.Issuer, Subject: c.Subject,
		UserID: id}); err != nil {
		return uuid.Nil, err
	}
	return id, Record(ctx, tx, id, DidLinkProvider, c.Issuer)
}

// SignInByWorkspace returns whom the workspace's own provider vouches for: a
// member, or somebody who becomes one by an invitation or by the rule, which
// gives them joinRole. The provider is trusted for addresses in domains that
// the workspace has proven, and the session must be SessionStart.Provider's.
func SignInByWorkspace(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, c Claims, joinRole Role) (uuid.UUID, error) {
	id, err := tx.IdentityGet(ctx, &t.ID, c.Issuer, c.Subject)
	if errors.Is(err, pgx.ErrNoRows) {
		id, err = linkToWorkspace(ctx, tx, t, c)
	}
	if err != nil {
		return uuid.Nil, err
	}
	user, err := tx.UserByID(ctx, id)
	if err != nil {
		return uuid.Nil, err
	}
	if _, err := tx.MembershipOf(ctx, t.ID, user.Email); !errors.Is(err, pgx.ErrNoRows) {
		return id, err
	}
	if user.EmailVerifiedAt == nil && user.PasswordHash != "" {
		return uuid.Nil, ErrSquatted
	}
	role := joinRole
	switch invited, err := tx.InvitationFor(ctx, t.ID, user.Email); {
	case err == nil:
		role = Role(invited)
	case !errors.Is(err, pgx.ErrNoRows):
		return uuid.Nil, err
	case role == NoRole:
		return uuid.Nil, ErrNoJoinRule
	default:
		// Who was removed does not come back by a rule.
		sctx := db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema})
		var before bool
		err := tx.AsTenant(sctx, func(tx *db.TenantTx) (err error) {
			before, err = tx.MemberWas(sctx, id)
			return err
		})
		if err != nil {
			return uuid.Nil, err
		}
		if before {
			return uuid.Nil, ErrNoJoinRule
		}
	}
	member, err := Join(ctx, tx, t, user, role)
	if err != nil {
		return uuid.Nil, err
	}
	return id, auditAs(ctx, tx, t, member, DidJoin, string(role)+", by the workspace’s provider")
}

func linkToWorkspace(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, c Claims) (uuid.UUID, error) {
	_, domain, _ := strings.Cut(c.Email, "@")
	proven, err := tx.EmailDomainVerified(ctx, t.ID, domain)
	if err != nil {
		return uuid.Nil, err
	}
	if !proven {
		return uuid.Nil, ErrForeignDomain
	}
	if c.EmailVerified != nil && !*c.EmailVerified {
		return uuid.Nil, ErrUnverifiedEmail
	}
	user, err := tx.UserByEmail(ctx, c.Email)
	if errors.Is(err, pgx.ErrNoRows) {
		// The workspace says so; to everybody else the address is unproven.
		user.ID, err = insertUser(ctx, tx, c, nil)
	}
	if err != nil {
		return uuid.Nil, err
	}
	return user.ID, tx.IdentityInsert(ctx, shareddb.IdentityInsertParams{ID: uuid.Must(uuid.NewV7()), TenantID: &t.ID, Issuer: c.Issuer,
		Subject: c.Subject, UserID: user.ID})
}

func insertUser(ctx context.Context, tx *db.SharedTx, c Claims, verified *time.Time) (uuid.UUID, error) {
	local, _, _ := strings.Cut(c.Email, "@")
	id := uuid.Must(uuid.NewV7())
	return id, tx.UserInsert(ctx,
		shareddb.UserInsertParams{ID: id, Email: c.Email, Name: truncate(cmp.Or(strings.Join(strings.Fields(c.Name), " "), local), 80),
			EmailVerifiedAt: verified})
}

// KeepFlow stores what must be there when the browser comes back from a
// provider; state finds it, once, on this host.
func KeepFlow(ctx context.Context, tx *db.SharedTx, state string, tenantID *uuid.UUID, sealed string) error {
	return tx.OneTimeTokenInsert(ctx, shareddb.OneTimeTokenInsertParams{
		Hash: hashToken(state), Purpose: purposeFlow, TenantID: tenantID, Data: sealed, ExpiresAt: time.Now().Add(FlowTime),
	})
}

// TakeFlow returns what KeepFlow has stored, and forgets it.
func TakeFlow(ctx context.Context, tx *db.SharedTx, state string, tenantID *uuid.UUID) (sealed string, err error) {
	row, err := tx.OneTimeTokenConsume(ctx, hashToken(state), purposeFlow, tenantID)
	return row.Data, badToken(err)
}

// FlowTime is how long somebody may take to sign in at a provider.
const FlowTime = 15 * time.Minute

const purposeFlow = "oidc"
