package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// The second factor: a code of six digits that changes every 30 seconds (RFC
// 6238), or a recovery code.
const (
	totpIssuer    = "Paddock"
	totpPeriod    = 30
	recoveryCodes = 10
	// Letters and digits of 5 bits. With 112 bits and more a plain hash keeps them (OWASP
	// ASVS 5.0, 6.5.2); those of 16 were made before and go on working.
	recoveryLength = 26

	// Three codes of a million are right at a time: ten tries find one of them
	// once in 33,000 windows, and thirty a day once in thirty years.
	attemptsPerFactor    = 10 // in a throttle's window
	attemptsPerFactorDay = 30
)

// ErrWrongCode is answered for a code that is wrong, used, or too old.
var ErrWrongCode = errors.New("auth: wrong code")

func totpPurpose(userID uuid.UUID) string { return "totp " + userID.String() }

// TOTPStart returns a new secret for an authenticator, and the same sealed, for
// the form that confirms it: until then nothing is stored.
func TOTPStart(box *seal.Box, userID uuid.UUID) (secret, sealed string, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: userID.String()}) // which only TOTPURL needs
	if err != nil {
		return "", "", err
	}
	return key.Secret(), box.Seal(totpPurpose(userID), key.Secret()), nil
}

// TOTPURL is what an authenticator scans: the secret, and whose it is
// (https://github.com/google/google-authenticator/wiki/Key-Uri-Format).
func TOTPURL(email, secret string) string {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + totpIssuer + ":" + email,
		RawQuery: url.Values{"secret": {secret}, "issuer": {totpIssuer}}.Encode()}
	return u.String()
}

// TOTPResume returns the secret that TOTPStart has sealed for this user.
func TOTPResume(box *seal.Box, userID uuid.UUID, sealed string) (string, error) {
	return box.Open(totpPurpose(userID), sealed)
}

// TOTPFinish makes the sealed secret the user's second factor, once a code
// shows that the authenticator has it. It returns fresh recovery codes, to be
// shown this once.
func TOTPFinish(ctx context.Context, tx *db.SharedTx, box *seal.Box, userID uuid.UUID, sealed, code string) ([]string, error) {
	secret, err := TOTPResume(box, userID, sealed)
	if err != nil {
		return nil, err
	}
	step, ok := totpStep(secret, code, time.Now())
	if !ok {
		return nil, ErrWrongCode
	}
	if err := tx.UserSetTOTP(ctx, box.Seal(totpPurpose(userID), secret), step, userID); err != nil {
		return nil, err
	}
	if err := Record(ctx, tx, userID, DidAddFactor, "Authenticator app"); err != nil {
		return nil, err
	}
	return RecoveryCodes(ctx, tx, userID)
}

// totpStep returns the 30 seconds in which the code is right: now, or one
// before or after, for clocks differ.
func totpStep(secret, code string, now time.Time) (step int64, ok bool) {
	code = strings.ReplaceAll(code, " ", "")
	for _, skew := range []int64{0, -1, 1} {
		step = now.Unix()/totpPeriod + skew
		ok, err := totp.ValidateCustom(code, secret, time.Unix(step*totpPeriod, 0), totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix})
		if err == nil && ok {
			return step, true
		}
	}
	return 0, false
}

// RecoveryCodes replaces the user's recovery codes and returns the new ones.
func RecoveryCodes(ctx context.Context, tx *db.SharedTx, userID uuid.UUID) ([]string, error) {
	codes := make([]string, recoveryCodes)
	hashes := make([][]byte, recoveryCodes)
	for i := range codes {
		raw := strings.ToLower(rand.Text()[:recoveryLength])
		for at := 0; at < recoveryLength; at += 4 {
			codes[i] += raw[at:min(at+4, recoveryLength)] + "-"
		}
		codes[i] = strings.TrimSuffix(codes[i], "-")
		hashes[i] = hashToken(recovery(codes[i]))
	}
	if err := tx.RecoveryCodeDeleteAll(ctx, userID); err != nil {
		return nil, err
	}
	if err := tx.RecoveryCodeInsert(ctx, userID, hashes); err != nil {
		return nil, err
	}
	return codes, Record(ctx, tx, userID, DidMakeCodes, "")
}

// recovery is a recovery code without what people add to it.
func recovery(code string) string {
	return strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(code))
}

// CheckCode uses up the current code of the person's authenticator, or a recovery
// code. It answers ErrWrongCode and TooManyError, and writes them down. recovered
// tells that it was a recovery code.
func CheckCode(ctx context.Context, d *db.DB, box *seal.Box, use CodeUse, who Identity, code string) (recovered bool, err error) {
	recovered, err = checkCode(ctx, d, box, use, who, code)
	return recovered, errors.Join(err, RecordFailure(ctx, d, who.UserID, err))
}

func checkCode(ctx context.Context, d *db.DB, box *seal.Box, use CodeUse, who Identity, code string) (recovered bool, err error) {
	raw := recovery(code)
	if recovered = len(raw) == recoveryLength || len(raw) == 16; recovered {
		err = ThrottleRecovery(ctx, d, who.UserID)
	} else {
		err = ThrottleFactor(ctx, d, use, who.UserID, who.Email)
	}
	if err != nil {
		return false, err
	}
	err = d.Shared(ctx, func(tx *db.SharedTx) error {
		access, err := tx.UserAccess(ctx, who.UserID)
		if err != nil {
			return err
		}
		n := int64(0)
		if recovered {
			n, err = tx.RecoveryCodeUse(ctx, who.UserID, hashToken(raw))
		} else if access.TotpSecret != "" {
			secret, oerr := box.Open(totpPurpose(who.UserID), access.TotpSecret)
			if oerr != nil {
				return oerr
			}
			if step, ok := totpStep(secret, code, time.Now()); ok {
				n, err = tx.UserUseTOTP(ctx, step, who.UserID)
			}
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrWrongCode
		}
		if recovered {
			if err := Record(ctx, tx, who.UserID, DidUseCode, ""); err != nil {
				return err
			}
		}
		keys := codeKeys(ctx, use, who.UserID, who.Email)
		for _, key := range []string{keys[0], keys[1], recoveryKey(ctx, who.UserID)} {
			if err := tx.ThrottleClear(ctx, key); err != nil {
				return err
			}
		}
		return nil
	})
	return recovered, err
}

// errShortPassword is why a second factor can't be given up.
var errShortPassword = &RefusalError{"Your password is shorter than 12 characters, which is enough only with a second factor. Choose " +
	"a longer one first."}

// factorMayGo refuses to give up a second factor on which a short password
// rests; left is how many there would still be.
func factorMayGo(access shareddb.UserAccessRow, left int64) error {
	if left == 0 && access.Operator {
		return &RefusalError{"Operators keep a second factor. Add another before you remove this one."}
	}
	if left == 0 && access.PasswordShort {
		return errShortPassword
	}
	return nil
}

// TOTPRemove gives the authenticator up, and the recovery codes with it unless
// a passkey is left.
func TOTPRemove(ctx context.Context, tx *db.SharedTx, userID uuid.UUID) error {
	if _, err := tx.UserLock(ctx, userID); err != nil { // one change of factors at a time
		return err
	}
	access, err := tx.UserAccess(ctx, userID)
	if err != nil {
		return err
	}
	if err := factorMayGo(access, access.Passkeys); err != nil {
		return err
	}
	if access.Passkeys == 0 {
		if err := tx.RecoveryCodeDeleteAll(ctx, userID); err != nil {
			return err
		}
	}
	if err := tx.UserSetTOTP(ctx, "", 0, userID); err != nil {
		return err
	}
	if err := tx.SessionWeaken(ctx, userID); err != nil {
		return err
	}
	return Record(ctx, tx, userID, DidRemoveFactor, "Authenticator app")
}
