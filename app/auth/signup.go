package auth

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// SignUpInput is a checked sign-up form; Email is lower-case.
type SignUpInput struct {
	Workspace, Slug, Name, Email, Password string
	Locale                                            // of the workspace
	Later                                  bool       // beyond the first few of a network the address is proven first
	UserID                                 uuid.UUID  // who is signed in, and needs no name, address and password
	Strong                                 bool       // … and has shown a second factor
	ProvedAt                               *time.Time // … or a password, then; nil for just now
	BeganAt                                *time.Time // … and signed in, then
	Verified                               bool       // the address of a new account is proven
	ByOperator                             bool       // made for somebody else: it is not swept
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
	Pending *PendingSignUp // nil where the workspace is made
}

// ErrEmailKnown is answered when the address has an account and the password
// is not that account's: with the right one, it gets a further workspace.
var ErrEmailKnown = errors.New("auth: the address has an account with another password")

// ErrUnprovenOwner is answered to who has a workspace and has not proven an address:
// one is enough until then.
var ErrUnprovenOwner = errors.New("auth: one workspace until the address is proven")

// workspacesPerNetwork is how many a network may have made in an hour by nothing but
// a form.
const workspacesPerNetwork = 3

// SignUp makes the workspace, its owner and the membership in one transaction;
// a crash leaves all or nothing. Count it with ThrottleSignUp before. With
// SignUpInput.Later, beyond the first few of a network it makes nothing but
// SignUpResult.Pending, for KeepSignUp. It answers tenant.ErrSlug…, ErrEmailKnown,
// ErrUnprovenOwner and TooManyError.
func SignUp(ctx context.Context, d *db.DB, in SignUpInput) (SignUpResult, error) {
	var known shareddb.UserByEmailRow
	err := d.SharedRead(ctx, func(tx *db.SharedTx) error {
		// Before the expensive hash: most mistakes are in the slug.
		if err := tenant.CheckSlug(ctx, tx, in.Slug); err != nil {
			return err
		}
		if in.UserID != uuid.Nil {
			row, err := tx.UserByID(ctx, in.UserID)
			known = shareddb.UserByEmailRow(row)
			return err
		}
		found, err := tx.UserByEmail(ctx, in.Email)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		known = found
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
		if known, err = CheckSignIn(ctx, d, in.Email, in.Password); errors.Is(err, ErrWrongPassword) {
			err = ErrEmailKnown
		}
	}
	if err != nil {
		return SignUpResult{}, err
	}
	if known.EmailVerifiedAt == nil {
		pending, err := bounded(ctx, d, in, known.ID)
		if err != nil {
			return SignUpResult{}, err
		}
		if pending {
			return SignUpResult{Pending: &PendingSignUp{Workspace: in.Workspace, Slug: in.Slug, Name: in.Name, Email: in.Email, PasswordHash: hash,
				Locale: in.Locale}}, nil
		}
	}
	return CreateWorkspace(ctx, d, in, known, hash)
}

// bounded counts the sign-up of somebody who has not proven an address, and reports
// whether it waits for that.
func bounded(ctx context.Context, d *db.DB, in SignUpInput, userID uuid.UUID) (pending bool, err error) {
	if userID != uuid.Nil {
		err := d.SharedRead(ctx, func(tx *db.SharedTx) error {
			rows, err := tx.TenantsOfUser(ctx, userID)
			if err == nil && len(rows) > 0 {
				err = ErrUnprovenOwner
			}
			return err
		})
		if err != nil {
			return false, err
		}
	}
	if err := ThrottleMail(ctx, d, in.Email); err != nil {
		return false, err
	}
	err = throttle(ctx, d, bound{"workspaces:" + network(ctx), workspacesPerNetwork, time.Hour})
	if errors.As(err, &TooManyError{}) {
		return in.Later && userID == uuid.Nil, nil
	}
	return false, err
}

// PendingSignUp is a sign-up that waits for its address to be proven.
type PendingSignUp struct {
	Workspace    string `json:"workspace"`
	Slug         string `json:"slug"`
	Name         string `json:"name"`
	Email        string `json:"email"`
	PasswordHash string `json:"password_hash"`
	Locale
}

// Locale is where a workspace is, and how days and numbers are written there; "" is for the
// default.
type Locale struct {
	Currency    string `json:"currency,omitempty"`
	Country     string `json:"country,omitempty"`
	TimeZone    string `json:"time_zone,omitempty"`
	DateStyle   string `json:"date_style,omitempty"`
	NumberStyle string `json:"number_style,omitempty"`
}

// PendingSignUpTime is how long the link to prove it works.
const PendingSignUpTime = 24 * time.Hour

const purposeSignUp = "signup"

// KeepSignUp returns the token with which FinishSignUp makes the workspace.
func KeepSignUp(ctx context.Context, tx *db.SharedTx, box *seal.Box, p PendingSignUp) (string, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	token := NewToken()
	return token, tx.OneTimeTokenInsert(ctx, shareddb.OneTimeTokenInsertParams{
		Hash: hashToken(token), Purpose: purposeSignUp, Email: p.Email, Data: box.Seal(purposeSignUp, string(text)),
		ExpiresAt: time.Now().Add(PendingSignUpTime),
	})
}

// SignUpPeek returns what the token would make; ErrBadToken when nothing.
func SignUpPeek(ctx context.Context, tx *db.SharedTx, box *seal.Box, token string) (PendingSignUp, error) {
	data, err := tx.OneTimeTokenData(ctx, hashToken(token), purposeSignUp)
	if err != nil {
		return PendingSignUp{}, badToken(err)
	}
	return openSignUp(box, data)
}

func openSignUp(box *seal.Box, sealed string) (p PendingSignUp, err error) {
	text, err := box.Open(purposeSignUp, sealed)
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal([]byte(text), &p)
}

// FinishSignUp makes the workspace of a sign-up that waited; the token came to its
// address, which so is proven. It answers ErrBadToken, and as SignUp does.
func FinishSignUp(ctx context.Context, d *db.DB, box *seal.Box, token string,
	then func(context.Context, *db.SharedTx, SignUpResult) error) (SignUpResult, error) {
	var p PendingSignUp
	err := d.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		p, err = SignUpPeek(ctx, tx, box, token)
		return err
	})
	if err != nil {
		return SignUpResult{}, err
	}
	in := SignUpInput{
		Workspace: p.Workspace, Slug: p.Slug, Name: p.Name, Email: p.Email, Verified: true, Locale: p.Locale,
		Then: func(ctx context.Context, tx *db.SharedTx, r SignUpResult) error {
			if _, err := tx.OneTimeTokenConsume(ctx, hashToken(token), purposeSignUp, nil); err != nil {
				return badToken(err)
			}
			return then(ctx, tx, r)
		},
	}
	return CreateWorkspace(ctx, d, in, shareddb.UserByEmailRow{}, p.PasswordHash)
}

// CreateWorkspace is sign-up once it is known who signs up: known is the account,
// or the zero row for a new user with this password hash.
func CreateWorkspace(ctx context.Context, d *db.DB, in SignUpInput, known shareddb.UserByEmailRow,
	hash string) (r SignUpResult, err error) {
	err = tenant.WithSpare(ctx, d, func() error {
		return d.Shared(ctx, func(tx *db.SharedTx) error {
			t, err := tenant.Claim(ctx, tx, tenant.New{Slug: in.Slug, Name: in.Workspace, Currency: in.Currency, Country: in.Country,
				TimeZone: in.TimeZone, DateStyle: in.DateStyle, NumberStyle: in.NumberStyle})
			if err != nil {
				return err
			}
			user := known
			if user.ID == uuid.Nil {
				user = shareddb.UserByEmailRow{ID: uuid.Must(uuid.NewV7()), Email: in.Email, Name: in.Name}
				if in.Verified {
					now := time.Now()
					user.EmailVerifiedAt = &now
				}
				if err := tx.UserInsert(ctx, shareddb.UserInsertParams{ID: user.ID, Email: user.Email, Name: user.Name, PasswordHash: hash,
					EmailVerifiedAt: user.EmailVerifiedAt}); err != nil {
					return emailKnown(err)
				}
			}
			if _, err := Join(ctx, tx, t, shareddb.UserByIDRow(user), Owner); err != nil {
				return err
			}
			r = SignUpResult{Tenant: t, UserID: user.ID, Email: user.Email}
			if r.Handoff, err = HandoffStart(ctx, tx, SessionStart{UserID: user.ID, TenantID: &t.ID, Strong: in.Strong, ProvedAt: in.ProvedAt,
				BeganAt: in.BeganAt}); err != nil {
				return err
			}
			if user.EmailVerifiedAt == nil {
				if !in.ByOperator {
					if err := tx.TenantSetUnproven(ctx, t.ID); err != nil {
						return err
					}
				}
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
// TooManyError, and writes both down. email is lower-case.
func CheckSignIn(ctx context.Context, d *db.DB, email, password string) (shareddb.UserByEmailRow, error) {
	return check(ctx, d, tryPassword, email, password)
}

// CheckSudo is CheckSignIn of who is signed in, counted apart: strangers who try
// the address at sign-in must not keep its owner from this.
func CheckSudo(ctx context.Context, d *db.DB, who Identity, password string) error {
	_, err := check(ctx, d, trySudo, who.Email, password)
	return err
}

func check(ctx context.Context, d *db.DB, what, email, password string) (shareddb.UserByEmailRow, error) {
	var user shareddb.UserByEmailRow
	err := throttleAccount(ctx, d, what, email)
	if err == nil || errors.As(err, &TooManyError{}) {
		ferr := d.SharedRead(ctx, func(tx *db.SharedTx) error {
			found, err := tx.UserByEmail(ctx, email)
			if err == nil {
				user = found
			} else if errors.Is(err, pgx.ErrNoRows) {
				err = nil
			}
			return err
		})
		err = errors.Join(err, ferr)
	}
	if err == nil {
		err = checkPassword(ctx, user.PasswordHash, password)
	}
	if err != nil {
		return shareddb.UserByEmailRow{}, errors.Join(err, RecordFailure(ctx, d, user.ID, err))
	}
	return user, d.Shared(ctx, func(tx *db.SharedTx) error { return forgiveAccount(ctx, tx, what, email) })
}
