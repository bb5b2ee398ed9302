package auth

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/ccojocar/zxcvbn-go"
	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"

	"github.com/paddock-crm/paddock/app/db"
)

// Password lengths in characters. 12 is what OWASP ASVS 4.0.3 §2.1.1 asks of a
// password alone, 8 the least of NIST 800-63B §5.1.1.2, for those who show a
// second factor. Forms bound it at 200, and so the hashing.
const (
	PasswordMin       = 12
	PasswordMinStrong = 8
)

// Errors of a new password, for the person who chose it.
var (
	ErrPasswordShort  = errors.New("auth: the password is too short")
	ErrPasswordCommon = errors.New("auth: the password is too easy to guess")
)

// CheckNewPassword refuses what is too short, and what is among the passwords
// that are tried first: common ones, runs and repetitions, words of the
// person's own such as their name and address (NIST 800-63B §5.1.1.2). It asks
// for no mixture of characters. strong is whether there is a second factor.
func CheckNewPassword(password string, strong bool, own ...string) error {
	least := PasswordMin
	if strong {
		least = PasswordMinStrong
	}
	if utf8.RuneCountInString(password) < least {
		return ErrPasswordShort
	}
	words := []string{"paddock"}
	for _, o := range own {
		words = append(words, strings.FieldsFunc(strings.ToLower(o), func(r rune) bool { return strings.ContainsRune(" @.-_+", r) })...)
	}
	// Its work grows with the square of the length; 32 characters are judgement
	// enough.
	if zxcvbn.PasswordStrength(truncate(password, 32), words).Score < 2 {
		return ErrPasswordCommon
	}
	return nil
}

// params are OWASP's first choice for Argon2id (Password Storage Cheat Sheet).
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashing bounds how many passwords are hashed at once: each takes 19 MiB and
// a core, and nobody must be able to take all.
var hashing = semaphore.NewWeighted(int64(max(1, runtime.NumCPU())))

// hashed counts what was computed, for PasswordsHashed.
var hashed atomic.Int64

// PasswordsHashed is how many passwords this process has hashed, to keep or to
// compare: the costliest thing that a stranger can have it do.
func PasswordsHashed() int64 { return hashed.Load() }

// HashPassword returns an Argon2id hash in PHC format.
func HashPassword(ctx context.Context, password string) (string, error) {
	if err := hashing.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer hashing.Release(1)
	hashed.Add(1)
	return argon2id.CreateHash(password, params)
}

// ErrWrongPassword is the one answer for an unknown address and a wrong password.
var ErrWrongPassword = errors.New("auth: wrong email or password")

// unknownHash is compared with where there is no user or no password, so that
// the answer takes as long: well-formed, at the same cost, and no password's.
const unknownHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func checkPassword(ctx context.Context, hash, password string) error {
	if hash == "" {
		hash = unknownHash
	}
	if err := hashing.Acquire(ctx, 1); err != nil {
		return err
	}
	defer hashing.Release(1)
	hashed.Add(1)
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err == nil && !ok {
		err = ErrWrongPassword
	}
	return err
}

// SetPassword gives the user another password and ends all sessions but keep;
// uuid.Nil keeps none. how is for the security log. The password was checked; that there still is a second
// factor, where it is a short one, is looked at here.
func SetPassword(ctx context.Context, tx *db.SharedTx, userID, keep uuid.UUID, password, hash, how string) error {
	if _, err := tx.UserLock(ctx, userID); err != nil {
		return err
	}
	short := utf8.RuneCountInString(password) < PasswordMin
	if short {
		access, err := tx.UserAccess(ctx, userID)
		if err != nil {
			return err
		}
		if access.TotpSecret == "" && access.Passkeys == 0 {
			return &RefusalError{"Too short without a second factor: at least 12 characters."}
		}
	}
	if err := tx.UserSetPassword(ctx, hash, short, userID); err != nil {
		return err
	}
	if err := tx.OneTimeTokenDeleteOfUser(ctx, &userID, purposeReset); err != nil {
		return err
	}
	if _, err := tx.SessionDeleteOthers(ctx, userID, keep); err != nil {
		return err
	}
	return Record(ctx, tx, userID, DidSetPassword, how)
}

// HasPassword tells whether somebody has a password to confirm with; what a
// workspace's own provider let in has none here.
func HasPassword(ctx context.Context, tx *db.SharedTx, who Identity) (bool, error) {
	if who.ByProvider {
		return false, nil
	}
	access, err := tx.UserAccess(ctx, who.UserID)
	return access.HasPassword, err
}
