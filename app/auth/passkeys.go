package auth

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// Passkeys belong to the base host, so that one works in all workspaces below
// it. A custom domain is another site: there they can't be used.

// PasskeyTime is how long a ceremony may take, and maxPasskeys how many
// somebody may have.
const (
	PasskeyTime = 5 * time.Minute
	maxPasskeys = 20

	purposePasskey = "passkey"
)

// ErrBadPasskey is answered for what is no passkey of ours, or not this person's.
var ErrBadPasskey = errors.New("auth: bad passkey")

// Party is the relying party as it stands on one of its hosts.
type Party struct{ w *webauthn.WebAuthn }

// NewParty is the party of the base host, asked from a page of the origin.
func NewParty(baseHost, origin string) (Party, error) {
	w, err := webauthn.New(&webauthn.Config{RPID: baseHost, RPDisplayName: "Paddock", RPOrigins: []string{origin}})
	return Party{w}, err
}

// passkeyUser is a person as the ceremonies see them.
type passkeyUser struct {
	id          uuid.UUID
	email, name string
	credentials []webauthn.Credential
}

func (u *passkeyUser) WebAuthnID() []byte                         { return u.id[:] }
func (u *passkeyUser) WebAuthnName() string                       { return u.email }
func (u *passkeyUser) WebAuthnDisplayName() string                { return u.name }
func (u *passkeyUser) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

func getPasskeyUser(ctx context.Context, tx *db.SharedTx, id uuid.UUID) (*passkeyUser, error) {
	row, err := tx.UserByID(ctx, id)
	if err != nil {
		return nil, err
	}
	u := &passkeyUser{id: id, email: row.Email, name: row.Name}
	keys, err := tx.PasskeyList(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Credential, &c); err != nil {
			return nil, err
		}
		u.credentials = append(u.credentials, c)
	}
	return u, nil
}

// begin stores what the ceremony's end is checked against, and returns the
// token that the browser keeps meanwhile.
func begin(ctx context.Context, tx *db.SharedTx, userID *uuid.UUID, s *webauthn.SessionData) (string, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	token := NewToken()
	return token, tx.OneTimeTokenInsert(ctx, shareddb.OneTimeTokenInsertParams{
		Hash: hashToken(token), Purpose: purposePasskey, UserID: userID, Data: string(data), ExpiresAt: time.Now().Add(PasskeyTime),
	})
}

func finish(ctx context.Context, tx *db.SharedTx, token string) (userID *uuid.UUID, s webauthn.SessionData, err error) {
	row, err := tx.OneTimeTokenConsume(ctx, hashToken(token), purposePasskey, nil)
	if err != nil {
		return nil, s, badToken(err)
	}
	err = json.Unmarshal([]byte(row.Data), &s)
	return row.UserID, s, err
}

// RegistrationBegin returns the options for navigator.credentials.create, and
// the token of the ceremony.
func (p Party) RegistrationBegin(ctx context.Context, tx *db.SharedTx, userID uuid.UUID) (options any, token string, err error) {
	u, err := getPasskeyUser(ctx, tx, userID)
	if err != nil {
		return nil, "", err
	}
	if len(u.credentials) >= maxPasskeys {
		return nil, "", &RefusalError{"You have as many passkeys as we keep. Remove one first."}
	}
	creation, session, err := p.w.BeginRegistration(u,
		webauthn.WithExclusions(webauthn.Credentials(u.credentials).CredentialDescriptors()),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired}))
	if err != nil {
		return nil, "", err
	}
	token, err = begin(ctx, tx, &userID, session)
	return creation, token, err
}

// RegistrationFinish keeps the passkey that the browser has made, under a name.
func (p Party) RegistrationFinish(ctx context.Context, tx *db.SharedTx, userID uuid.UUID, token, name string, response []byte) error {
	of, session, err := finish(ctx, tx, token)
	if err != nil {
		return err
	}
	if of == nil || *of != userID {
		return ErrBadToken
	}
	u, err := getPasskeyUser(ctx, tx, userID)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return errors.Join(ErrBadPasskey, err)
	}
	credential, err := p.w.CreateCredential(u, session, parsed)
	if err != nil {
		return errors.Join(ErrBadPasskey, err)
	}
	data, err := json.Marshal(credential)
	if err != nil {
		return err
	}
	if err := tx.PasskeyInsert(ctx, shareddb.PasskeyInsertParams{ID: uuid.Must(uuid.NewV7()), UserID: userID, CredentialID: credential.ID,
		Credential: data, Name: name}); err != nil {
		return err
	}
	return Record(ctx, tx, userID, DidAddFactor, "Passkey: "+name)
}

// LoginBegin returns the options for navigator.credentials.get, and the token
// of the ceremony. Whose passkey it will be is not known yet.
func (p Party) LoginBegin(ctx context.Context, tx *db.SharedTx) (options any, token string, err error) {
	assertion, session, err := p.w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, "", err
	}
	token, err = begin(ctx, tx, nil, session)
	return assertion, token, err
}

// LoginFinish returns whose passkey answered. The passkey and the device's own
// check of the person are two factors.
func (p Party) LoginFinish(ctx context.Context, tx *db.SharedTx, token string, response []byte) (uuid.UUID, error) {
	_, session, err := finish(ctx, tx, token)
	if err != nil {
		return uuid.Nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return uuid.Nil, errors.Join(ErrBadPasskey, err)
	}
	var failed error // of the database, not of the passkey
	user, credential, err := p.w.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		id, err := uuid.FromBytes(handle)
		if err != nil {
			return nil, err
		}
		u, err := getPasskeyUser(ctx, tx, id)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			failed = err
		}
		return u, err
	}, session, parsed)
	if failed != nil {
		return uuid.Nil, failed
	}
	if err != nil {
		return uuid.Nil, errors.Join(ErrBadPasskey, err)
	}
	if credential.Authenticator.CloneWarning {
		return uuid.Nil, errors.Join(ErrBadPasskey, errors.New("its counter went back: it may be a copy"))
	}
	data, err := json.Marshal(credential)
	if err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.FromBytes(user.WebAuthnID())
	if err != nil {
		return uuid.Nil, err
	}
	return id, tx.PasskeyUsed(ctx, data, credential.ID)
}

// PasskeyRemove gives a passkey up and returns its name; pgx.ErrNoRows when it
// is not this user's.
func PasskeyRemove(ctx context.Context, tx *db.SharedTx, userID, id uuid.UUID) (string, error) {
	if _, err := tx.UserLock(ctx, userID); err != nil { // one change of factors at a time
		return "", err
	}
	access, err := tx.UserAccess(ctx, userID)
	if err != nil {
		return "", err
	}
	left := access.Passkeys - 1
	if access.TotpSecret != "" {
		left++
	}
	if err := factorMayGo(access, left); err != nil {
		return "", err
	}
	if access.Passkeys == 1 && !access.HasPassword {
		return "", &RefusalError{"This passkey is your only way in. Set a password first."}
	}
	if left == 0 {
		if err := tx.RecoveryCodeDeleteAll(ctx, userID); err != nil {
			return "", err
		}
	}
	name, err := tx.PasskeyDelete(ctx, id, userID)
	if err != nil {
		return "", err
	}
	if err := tx.SessionWeaken(ctx, userID); err != nil {
		return "", err
	}
	return name, Record(ctx, tx, userID, DidRemoveFactor, "Passkey: "+name)
}
