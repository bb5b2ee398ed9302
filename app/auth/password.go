// Package auth knows who somebody is: users, passwords, sessions, memberships
// and one-time tokens.
package auth

import (
	"context"
	"errors"
	"runtime"

	"github.com/alexedwards/argon2id"
	"golang.org/x/sync/semaphore"
)

// Password lengths in characters: 12 is what OWASP ASVS 4.0.3 §2.1.1 asks of a
// password without a second factor. The upper bound keeps hashing bounded.
const (
	PasswordMin = 12
	PasswordMax = 200
)

// params are OWASP's first choice for Argon2id (Password Storage Cheat Sheet).
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashing bounds how many passwords are hashed at once: each takes 19 MiB and
// a core, and nobody must be able to take all.
var hashing = semaphore.NewWeighted(int64(max(1, runtime.NumCPU())))

// HashPassword returns an Argon2id hash in PHC format.
func HashPassword(ctx context.Context, password string) (string, error) {
	if err := hashing.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer hashing.Release(1)
	return argon2id.CreateHash(password, params)
}

// ErrWrongPassword is the one answer for an unknown address and a wrong password.
var ErrWrongPassword = errors.New("auth: wrong email or password")

// unknownHash is compared with where there is no user, so that the answer
// takes as long: well-formed, at the same cost, and no password's.
const unknownHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func checkPassword(ctx context.Context, hash, password string) error {
	if err := hashing.Acquire(ctx, 1); err != nil {
		return err
	}
	defer hashing.Release(1)
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err == nil && !ok {
		err = ErrWrongPassword
	}
	return err
}
