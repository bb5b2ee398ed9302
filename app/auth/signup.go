package auth

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// SignUpInput is a checked sign-up form; Email is lower-case.
type SignUpInput struct {
	Workspace, Slug, Name, Email, Password string
	IP                                     string
}

// SignUpResult is the new workspace, its owner, and the token that takes the
// owner there.
type SignUpResult struct {
	Tenant  tenant.Tenant
	UserID  uuid.UUID
	Email   string
	Handoff string
}

// ErrEmailKnown is answered when the address has an account and the password
// is not that account's: with the right one, it gets a further workspace.
var ErrEmailKnown = errors.New("auth: the address has an account with another password")

// SignUp makes the workspace, its owner and the membership in one transaction;
// a crash leaves all or nothing. It answers tenant.ErrSlug…, ErrEmailKnown and
// TooManyError.
func SignUp(ctx context.Context, d *db.DB, in SignUpInput) (SignUpResult, error) {
	if err := throttle(ctx, d, "signup:"+addressKey(in.IP), signUpsPerAddress); err != nil {
		return SignUpResult{}, err
	}
	var known shareddb.UserByEmailRow
	err := d.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		// Before the expensive hash: most mistakes are in the slug.
		if err := tenant.CheckSlug(ctx, tx, in.Slug); err != nil {
			return err
		}
		known, err = tx.UserByEmail(ctx, in.Email)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return SignUpResult{}, err
	}
	var hash string
	if known.ID == uuid.Nil {
		hash, err = HashPassword(ctx, in.Password)
	} else if known, err = CheckSignIn(ctx, d, in.Email, in.Password, in.IP); errors.Is(err, ErrWrongPassword) {
		err = ErrEmailKnown
	}
	if err != nil {
		return SignUpResult{}, err
	}
	return CreateWorkspace(ctx, d, in, known, hash)
}

// CreateWorkspace is sign-up once it is known who signs up: known is the account,
// or the zero row for a new user with this password hash.
func CreateWorkspace(ctx context.Context, d *db.DB, in SignUpInput, known shareddb.UserByEmailRow, hash string) (r SignUpResult, err error) {
	err = tenant.WithSpare(ctx, d, func() error {
		return d.Shared(ctx, func(tx *db.SharedTx) error {
			t, err := tenant.Claim(ctx, tx, in.Slug, in.Workspace)
			if err != nil {
				return err
			}
			user := known
			if user.ID == uuid.Nil {
				user = shareddb.UserByEmailRow{ID: uuid.Must(uuid.NewV7()), Email: in.Email, Name: in.Name}
				if err := tx.UserInsert(ctx, shareddb.UserInsertParams{ID: user.ID, Email: user.Email, Name: user.Name, PasswordHash: hash}); err != nil {
					return emailKnown(err)
				}
			}
			if err := Join(ctx, tx, t, user, Owner); err != nil {
				return err
			}
			token, err := HandoffStart(ctx, tx, user.ID, t.ID)
			r = SignUpResult{t, user.ID, user.Email, token}
			return err
		})
	})
	return r, err
}

// Join makes the user a member: the membership, and its mirror in the tenant's
// schema, in the caller's transaction.
func Join(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, user shareddb.UserByEmailRow, role Role) error {
	id := uuid.Must(uuid.NewV7())
	if err := tx.MembershipInsert(ctx, shareddb.MembershipInsertParams{ID: id, TenantID: t.ID, UserID: user.ID, Role: string(role)}); err != nil {
		return err
	}
	ctx = db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema, MemberID: id})
	return tx.AsTenant(ctx, func(tx *db.TenantTx) error {
		return tx.MemberInsert(ctx, tenantdb.MemberInsertParams{ID: id, UserID: user.ID, Name: user.Name, Email: user.Email})
	})
}

// emailKnown translates the race of two sign-ups with one new address.
func emailKnown(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == "users_email_key" {
		return ErrEmailKnown
	}
	return err
}

// CheckSignIn returns the user with this address and password. It answers
// ErrWrongPassword, in the same time whether or not the address is known, and
// TooManyError. email is lower-case.
func CheckSignIn(ctx context.Context, d *db.DB, email, password, ip string) (shareddb.UserByEmailRow, error) {
	// The address first: one that has tried too often must not use up the
	// attempts of the accounts it goes on trying.
	if err := throttle(ctx, d, addressKey(ip), attemptsPerAddress); err != nil {
		return shareddb.UserByEmailRow{}, err
	}
	if err := throttle(ctx, d, accountKey(email), attemptsPerAccount); err != nil {
		return shareddb.UserByEmailRow{}, err
	}
	user := shareddb.UserByEmailRow{PasswordHash: unknownHash}
	err := d.SharedRead(ctx, func(tx *db.SharedTx) error {
		found, err := tx.UserByEmail(ctx, email)
		if err == nil {
			user = found
		} else if errors.Is(err, pgx.ErrNoRows) {
			err = nil
		}
		return err
	})
	if err != nil {
		return shareddb.UserByEmailRow{}, err
	}
	if err := checkPassword(ctx, user.PasswordHash, password); err != nil {
		return shareddb.UserByEmailRow{}, err
	}
	return user, d.Shared(ctx, func(tx *db.SharedTx) error {
		if err := tx.ThrottleClear(ctx, accountKey(email)); err != nil {
			return err
		}
		return tx.ThrottleForgive(ctx, addressKey(ip))
	})
}
