package auth

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// SignUpInput is a checked sign-up form; Email is lower-case.
type SignUpInput struct {
	Workspace, Slug, Name, Email, Password string
	IP                                     string
	UserID                                 uuid.UUID  // who is signed in, and needs no name, address and password
	Strong                                 bool       // … and has shown a second factor
	ProvedAt                               *time.Time // … or a password, then; nil for just now
	BeganAt                                *time.Time // … and signed in, then
	// Then runs in the same transaction, once all is there; it may be nil.
	Then func(context.Context, *db.SharedTx, SignUpResult) error
}

// SignUpResult is the new workspace, its owner, the token that takes the owner
// there, and the one that proves the address, "" where it is proven.
type SignUpResult struct {
	Tenant  tenant.Tenant
	UserID  uuid.UUID
	Email   string
	Handoff string
	Verify  string
}

// ErrEmailKnown is answered when the address has an account and the password
// is not that account's: with the right one, it gets a further workspace.
var ErrEmailKnown = errors.New("auth: the address has an account with another password")

// SignUp makes the workspace, its owner and the membership in one transaction;
// a crash leaves all or nothing. Count it with ThrottleSignUp before. It answers
// tenant.ErrSlug…, ErrEmailKnown and TooManyError.
func SignUp(ctx context.Context, d *db.DB, in SignUpInput) (SignUpResult, error) {
	var known shareddb.UserByEmailRow
	err := d.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		// Before the expensive hash: most mistakes are in the slug.
		if err := tenant.CheckSlug(ctx, tx, in.Slug); err != nil {
			return err
		}
		if in.UserID != uuid.Nil {
			row, err := tx.UserByID(ctx, in.UserID)
			known = shareddb.UserByEmailRow(row)
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
	switch {
	case known.ID == uuid.Nil:
		hash, err = HashPassword(ctx, in.Password)
	case in.UserID == uuid.Nil:
		if known, err = CheckSignIn(ctx, d, in.Email, in.Password, in.IP); errors.Is(err, ErrWrongPassword) {
			err = ErrEmailKnown
		}
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
			if _, err := Join(ctx, tx, t, shareddb.UserByIDRow(user), Owner); err != nil {
				return err
			}
			r = SignUpResult{Tenant: t, UserID: user.ID, Email: user.Email}
			if r.Handoff, err = HandoffStart(ctx, tx, SessionStart{UserID: user.ID, TenantID: &t.ID, Strong: in.Strong, ProvedAt: in.ProvedAt, BeganAt: in.BeganAt}); err != nil {
				return err
			}
			if user.EmailVerifiedAt == nil {
				if r.Verify, err = VerifyStart(ctx, tx, user.ID, user.Email); err != nil {
					return err
				}
			}
			if err := tx.Enqueue(ctx, tenant.SparesJob{}); err != nil {
				return err
			}
			if in.Then != nil {
				return in.Then(ctx, tx, r)
			}
			return nil
		})
	})
	return r, err
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
	return check(ctx, d, accountKey(email), email, password, ip)
}

// CheckSudo is CheckSignIn of who is signed in, counted apart: strangers who try
// the address at sign-in must not keep its owner from this.
func CheckSudo(ctx context.Context, d *db.DB, who Identity, password, ip string) error {
	_, err := check(ctx, d, "sudo:"+who.UserID.String(), who.Email, password, ip)
	return err
}

func check(ctx context.Context, d *db.DB, key, email, password, ip string) (shareddb.UserByEmailRow, error) {
	// The address first: one that has tried too often must not use up the
	// attempts of the accounts it goes on trying.
	if err := ThrottleAddress(ctx, d, ip); err != nil {
		return shareddb.UserByEmailRow{}, err
	}
	if err := throttle(ctx, d, key, attemptsPerAccount, throttleWindow); err != nil {
		return shareddb.UserByEmailRow{}, err
	}
	var user shareddb.UserByEmailRow
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
		if err := tx.ThrottleClear(ctx, key); err != nil {
			return err
		}
		return ForgiveAddress(ctx, tx, ip)
	})
}
