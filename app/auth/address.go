package auth

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// Proofs of an address: links in a mail that work once, for a while.
const (
	ProofTime     = 30 * time.Minute
	VerifyTime    = 24 * time.Hour // of an address that somebody has signed in with anyway
	purposeVerify = "verify"
	purposeEmail  = "email"
	purposeReset  = "reset"
)

func proof(ctx context.Context, tx *db.SharedTx, purpose string, userID uuid.UUID, email string, lasts time.Duration) (string, error) {
	// The latest mail is the one that works.
	if err := tx.OneTimeTokenDeleteOfUser(ctx, &userID, purpose); err != nil {
		return "", err
	}
	token := NewToken()
	return token, tx.OneTimeTokenInsert(ctx, shareddb.OneTimeTokenInsertParams{
		Hash: hashToken(token), Purpose: purpose, UserID: &userID, Email: email, ExpiresAt: time.Now().Add(lasts),
	})
}

// VerifyStart returns the token with which the user, signed in, proves the
// address of the account.
func VerifyStart(ctx context.Context, tx *db.SharedTx, userID uuid.UUID, email string) (string, error) {
	return proof(ctx, tx, purposeVerify, userID, email, VerifyTime)
}

// VerifyFinish marks the address as proven. Only the user whose it is can do so,
// signed in: all other sessions end, for they may be somebody's who signed up
// with a foreign address before.
func VerifyFinish(ctx context.Context, tx *db.SharedTx, token string, who Identity) error {
	row, err := tx.OneTimeTokenConsume(ctx, hashToken(token), purposeVerify, nil)
	if err != nil {
		return badToken(err)
	}
	if *row.UserID != who.UserID {
		return ErrBadToken
	}
	n, err := tx.UserVerify(ctx, who.UserID, row.Email)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrBadToken // the address was changed meanwhile
	}
	if _, err = tx.SessionDeleteOthers(ctx, who.UserID, who.SessionID); err != nil {
		return err
	}
	return Record(ctx, tx, who.UserID, DidConfirmEmail, row.Email)
}

// EmailStart returns the token with which the user, signed in, proves a new
// address and takes it.
func EmailStart(ctx context.Context, tx *db.SharedTx, userID uuid.UUID, email string) (string, error) {
	return proof(ctx, tx, purposeEmail, userID, email, ProofTime)
}

// EmailFinish replaces the address of the account and returns the new one. All
// other sessions end. It answers ErrEmailKnown when another account has it.
func EmailFinish(ctx context.Context, tx *db.SharedTx, token string, who Identity) (email string, err error) {
	row, err := tx.OneTimeTokenConsume(ctx, hashToken(token), purposeEmail, nil)
	if err != nil {
		return "", badToken(err)
	}
	if *row.UserID != who.UserID {
		return "", ErrBadToken
	}
	if err := tx.UserSetEmail(ctx, row.Email, who.UserID); err != nil {
		return "", emailKnown(err)
	}
	for _, purpose := range []string{purposeReset, purposeVerify} { // mailed to the address before
		if err := tx.OneTimeTokenDeleteOfUser(ctx, &who.UserID, purpose); err != nil {
			return "", err
		}
	}
	if _, err := tx.SessionDeleteOthers(ctx, who.UserID, who.SessionID); err != nil {
		return "", err
	}
	if err := Record(ctx, tx, who.UserID, DidChangeEmail, who.Email+" to "+row.Email); err != nil {
		return "", err
	}
	return row.Email, tx.Enqueue(ctx, ProfileJob{who.UserID})
}

// ResetStart returns the token with which whoever reads the address' mail
// chooses a new password; "" when the address has no account, which is written down
// too: how long it takes must not tell.
func ResetStart(ctx context.Context, tx *db.SharedTx, email string) (token string, err error) {
	user, err := tx.UserByEmail(ctx, email)
	unknown := errors.Is(err, pgx.ErrNoRows)
	if err != nil && !unknown {
		return "", err
	}
	if err := Record(ctx, tx, user.ID, DidAskReset, ""); err != nil || unknown {
		return "", err
	}
	return proof(ctx, tx, purposeReset, user.ID, email, ProofTime)
}

// ResetPeek tells whose password the token would set; ErrBadToken when nobody's.
func ResetPeek(ctx context.Context, tx *db.SharedTx, token string) (shareddb.OneTimeTokenPeekRow, error) {
	row, err := tx.OneTimeTokenPeek(ctx, hashToken(token), purposeReset, nil)
	return row, badToken(err)
}

// ResetFinish uses the token up and sets the password; all sessions end. The
// link has proven the address: what was set up before that, by whomever, is
// forgotten. Once proven, second factors stay: a mailbox alone must not do away
// with them.
func ResetFinish(ctx context.Context, tx *db.SharedTx, token, password, hash string) (shareddb.UserLockRow, error) {
	row, err := tx.OneTimeTokenConsume(ctx, hashToken(token), purposeReset, nil)
	if err != nil {
		return shareddb.UserLockRow{}, badToken(err)
	}
	user, err := tx.UserLock(ctx, *row.UserID)
	if err != nil {
		return user, err
	}
	if user.Email != row.Email {
		return user, ErrBadToken
	}
	if err := proveAddress(ctx, tx, user); err != nil {
		return user, err
	}
	// Whoever was tried too often meanwhile begins anew.
	// A day's bound of codes stays: a mailbox alone must not buy guesses.
	for _, key := range []string{tryPassword + ":" + user.Email, accountKey(ctx, tryPassword, user.Email),
		codeKeys(ctx, CodeSignIn, user.ID, user.Email)[0], recoveryKey(ctx, user.ID)} {
		if err := tx.ThrottleClear(ctx, key); err != nil {
			return user, err
		}
	}
	return user, SetPassword(ctx, tx, user.ID, uuid.Nil, password, hash, "by a link that was mailed")
}

// proveAddress marks the account's address as proven by other means than a
// sign-in to the account. The first time it ends all that was set up before:
// sessions, password, passkeys, second factors, identities at providers.
func proveAddress(ctx context.Context, tx *db.SharedTx, user shareddb.UserLockRow) error {
	if user.EmailVerifiedAt != nil {
		return nil
	}
	if err := ForgetUnproven(ctx, tx, user.ID); err != nil {
		return err
	}
	if _, err := tx.UserVerify(ctx, user.ID, user.Email); err != nil {
		return err
	}
	return Record(ctx, tx, user.ID, DidConfirmEmail, user.Email)
}

// ForgetUnproven takes from an account what was set up by whoever signed up with
// its address, which was never proven: whoever reads its mail chooses a new
// password.
func ForgetUnproven(ctx context.Context, tx *db.SharedTx, userID uuid.UUID) error {
	if err := tx.UserForgetFactors(ctx, userID); err != nil {
		return err
	}
	if _, err := tx.SessionDeleteOthers(ctx, userID, uuid.Nil); err != nil {
		return err
	}
	return Record(ctx, tx, userID, DidForgetUnproven, "")
}
