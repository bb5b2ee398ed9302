package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/descope/virtualwebauthn"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
)

// device is an authenticator with one passkey, of a workspace's owner. Its keys
// are RSA: the library cuts zeros off the coordinates of an elliptic one, and one
// of 128 is refused for it.
type device struct {
	party      virtualwebauthn.RelyingParty
	credential virtualwebauthn.Credential
	owner      []byte
}

func newDevice(app *apptest.App, w *apptest.Workspace) *device {
	return &device{
		virtualwebauthn.RelyingParty{ID: app.Base.Hostname(), Name: "Paddock", Origin: strings.TrimSuffix(w.URL("/"), "/")},
		virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA), w.Owner.ID[:],
	}
}

// register makes another passkey and answers as navigator.credentials.create does.
func (d *device) register(t *testing.T, options any) []byte {
	t.Helper()
	d.credential = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA)
	parsed, err := virtualwebauthn.ParseAttestationOptions(asJSON(t, options))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(virtualwebauthn.CreateAttestationResponse(d.party, virtualwebauthn.NewAuthenticator(), d.credential, *parsed))
}

// signIn answers as navigator.credentials.get does.
func (d *device) signIn(t *testing.T, options any) []byte {
	t.Helper()
	parsed, err := virtualwebauthn.ParseAssertionOptions(asJSON(t, options))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(virtualwebauthn.CreateAssertionResponse(d.party,
		virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: d.owner}), d.credential, *parsed))
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every kind of token: used twice, late, altered, on another host, in another
// browser, by a hundred at once.
func TestTokens(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, other, mover := app.NewWorkspace(t), app.NewWorkspace(t), pg.NewUser(t)
	shared := func(fn func(ctx context.Context, tx *db.SharedTx) error) error {
		ctx := db.WithScope(context.Background(), db.Scope{TenantID: w.ID, Schema: w.Schema})
		return pg.DB(t).Shared(ctx, func(tx *db.SharedTx) error { return fn(ctx, tx) })
	}
	who := func() (id auth.Identity) {
		id.UserID, id.Email = w.Owner.ID, w.Owner.Email
		return id
	}()
	// Two devices: one that is registered anew for each token, and one that signs in.
	at := func(w *apptest.Workspace) auth.Party {
		p, err := auth.NewParty(app.Base.Hostname(), strings.TrimSuffix(w.URL("/"), "/"))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	party, elsewhere := at(w), at(other)
	device, known := newDevice(app, w), newDevice(app, w)
	if err := shared(func(ctx context.Context, tx *db.SharedTx) error {
		options, token, err := party.RegistrationBegin(ctx, tx, w.Owner.ID)
		if err != nil {
			return err
		}
		return party.RegistrationFinish(ctx, tx, w.Owner.ID, token, "Device", known.register(t, options))
	}); err != nil {
		t.Fatal(err)
	}
	var answers sync.Map // token → what the device answers to its challenge
	answer := func(token string) []byte {
		if a, ok := answers.Load(token); ok {
			return a.([]byte)
		}
		return nil
	}
	type kind struct {
		make func(ctx context.Context, tx *db.SharedTx) (string, error)
		use  func(ctx context.Context, tx *db.SharedTx, token string, on *apptest.Workspace) error
	}
	kinds := map[string]kind{
		"handoff": {
			func(ctx context.Context, tx *db.SharedTx) (string, error) {
				return auth.HandoffStart(ctx, tx, auth.SessionStart{UserID: w.Owner.ID, TenantID: &w.ID})
			},
			func(ctx context.Context, tx *db.SharedTx, token string, on *apptest.Workspace) error {
				_, err := auth.HandoffFinish(ctx, tx, token, on.ID)
				return err
			},
		},
		"verify": {
			func(ctx context.Context, tx *db.SharedTx) (string, error) {
				return auth.VerifyStart(ctx, tx, w.Owner.ID, w.Owner.Email)
			},
			func(ctx context.Context, tx *db.SharedTx, token string, on *apptest.Workspace) error {
				id := who
				id.UserID = on.Owner.ID // of the other workspace: another person
				return auth.VerifyFinish(ctx, tx, token, id)
			},
		},
		"change of address": {
			func(ctx context.Context, tx *db.SharedTx) (string, error) {
				return auth.EmailStart(ctx, tx, mover.ID, "new-"+mover.Email)
			},
			func(ctx context.Context, tx *db.SharedTx, token string, on *apptest.Workspace) error {
				id := auth.Identity{UserID: mover.ID}
				if on == other {
					id.UserID = other.Owner.ID
				}
				_, err := auth.EmailFinish(ctx, tx, token, id)
				return err
			},
		},
		"support": {
			func(ctx context.Context, tx *db.SharedTx) (string, error) {
				return auth.SupportBegin(ctx, tx, w.Tenant, who, "A test")
			},
			func(ctx context.Context, tx *db.SharedTx, token string, on *apptest.Workspace) error {
				s, err := auth.HandoffFinish(ctx, tx, token, on.ID)
				if err == nil && !s.Support {
					t.Error("the operator arrives as a member")
				}
				return err
			},
		},
		// It names its person itself, and stands on the base host alone: see below.
		"reset": {
			func(ctx context.Context, tx *db.SharedTx) (string, error) {
				return auth.ResetStart(ctx, tx, w.Owner.Email)
			},
			func(ctx context.Context, tx *db.SharedTx, token string, on *apptest.Workspace) error {
				if on == other {
					return auth.ErrBadToken
				}
				_, err := auth.ResetFinish(ctx, tx, token, pg.Password, "none")
				return err
			},
		},
		"passkey, to register": {
			func(ctx context.Context, tx *db.SharedTx) (string, error) {
				options, token, err := party.RegistrationBegin(ctx, tx, w.Owner.ID)
				answers.Store(token, device.register(t, options))
				return token, err
			},
			func(ctx context.Context, tx *db.SharedTx, token string, on *apptest.Workspace) error {
				return party.RegistrationFinish(ctx, tx, on.Owner.ID, token, "Device", answer(token))
			},
		},
		"passkey, to sign in": {
			func(ctx context.Context, tx *db.SharedTx) (string, error) {
				options, token, err := party.LoginBegin(ctx, tx)
				answers.Store(token, known.signIn(t, options))
				return token, err
			},
			func(ctx context.Context, tx *db.SharedTx, token string, on *apptest.Workspace) error {
				at := party
				if on == other {
					at = elsewhere // what the browser signed was for the other host
				}
				_, err := at.LoginFinish(ctx, tx, token, answer(token))
				return err
			},
		},
		"oidc": {
			func(ctx context.Context, tx *db.SharedTx) (string, error) {
				state := auth.NewToken()
				return state, auth.KeepFlow(ctx, tx, state, &w.ID, "sealed")
			},
			func(ctx context.Context, tx *db.SharedTx, token string, on *apptest.Workspace) error {
				_, err := auth.TakeFlow(ctx, tx, token, &on.ID)
				return err
			},
		},
		"invitation": {
			func(ctx context.Context, tx *db.SharedTx) (string, error) {
				return auth.Invite(ctx, tx, w.ID, w.MemberID(w.Owner), "tokens-"+w.Slug+"@example.com", auth.Viewer)
			},
			func(ctx context.Context, tx *db.SharedTx, token string, on *apptest.Workspace) error {
				_, _, err := auth.JoinByInvitation(ctx, tx, token, on.Tenant, "Guest", "none")
				return err
			},
		},
	}
	for name, k := range kinds { //nolint:paralleltest // they share two workspaces and their people
		t.Run(name, func(t *testing.T) {
			fresh := func() (token string) {
				t.Helper()
				pg.Exec(t, `delete from public.users where email = $1`, "tokens-"+w.Slug+"@example.com")
				pg.Exec(t, `delete from public.passkeys where user_id = $1 and credential_id <> $2`, w.Owner.ID, known.credential.ID)
				if err := shared(func(ctx context.Context, tx *db.SharedTx) (err error) { token, err = k.make(ctx, tx); return err }); err != nil {
					t.Fatal(err)
				}
				return token
			}
			use := func(token string, on *apptest.Workspace) error {
				return shared(func(ctx context.Context, tx *db.SharedTx) error { return k.use(ctx, tx, token, on) })
			}
			token := fresh()
			for what, bad := range map[string]string{"altered": "A" + token[1:] + "A", "cut": token[:len(token)-1], "none": "",
				"in other letters": strings.ToLower(token)} {
				if use(bad, w) == nil {
					t.Errorf("%s, it works", what)
				}
			}
			if use(token, other) == nil {
				t.Error("on another host, or for another person, it works")
			}
			if err := use(token, w); err != nil {
				t.Errorf("as it is meant, it does not work: %v", err)
			}
			if use(token, w) == nil {
				t.Error("a second time, it works")
			}
			late := fresh()
			pg.Exec(t, `update public.one_time_tokens set expires_at = now() - interval '1 second' where hash = $1`, hashOf(late))
			pg.Exec(t, `update public.invitations set expires_at = now() - interval '1 second' where token_hash = $1`, hashOf(late))
			if use(late, w) == nil {
				t.Error("late, it works")
			}
			token = fresh()
			var in atomic.Int32
			var wg sync.WaitGroup
			for range 100 {
				wg.Go(func() {
					if use(token, w) == nil {
						in.Add(1)
					}
				})
			}
			wg.Wait()
			if in.Load() != 1 {
				t.Errorf("of a hundred at once %d succeeded", in.Load())
			}
		})
	}
	// Used, a token stands in no address that one is led to.
	c := app.Client(t)
	if to := c.Post(other.URL("/handoff"), url.Values{"token": {other.Handoff(other.Owner)}}).Want(http.StatusSeeOther).
		Header.Get("Location"); to != "/" {
		t.Errorf("the hand-off leads to %s", to)
	}
	// A reset's link stands on the base host alone: elsewhere it opens nothing, and
	// is not used up.
	var reset string
	w.Shared(func(ctx context.Context, tx *db.SharedTx) (err error) {
		reset, err = auth.ResetStart(ctx, tx, w.Owner.Email)
		return err
	})
	form := url.Values{"token": {reset}, "password": {"another good phrase"}}
	c.Post(w.URL("/password/reset"), form).Want(http.StatusNotFound)
	c.Get(w.URL("/password/reset?token=" + reset)).Want(http.StatusNotFound)
	c.Post(app.Site("/password/reset"), form).Want(http.StatusSeeOther)
	c.Post(app.Site("/password/reset"), form).Want(http.StatusNotFound)
	// A ceremony of a passkey is this browser's: its token is a cookie.
	r := c.Request(http.MethodPost, w.URL("/passkeys/login/begin"), nil)
	r.Header.Set("Content-Type", "application/json")
	begun := c.Do(r).Want(http.StatusOK)
	if !strings.Contains(begun.Header.Get("Set-Cookie"), "__Host-passkey=") || !strings.Contains(begun.Header.Get("Set-Cookie"), "HttpOnly") {
		t.Errorf("the cookie is %q", begun.Header.Get("Set-Cookie"))
	}
}
