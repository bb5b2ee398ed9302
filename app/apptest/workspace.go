package apptest

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// Workspace is a workspace of its own for a test, as the app serves it.
type Workspace struct {
	*pg.Workspace
	app *App
	tb  testing.TB
}

// NewWorkspace makes a workspace; its schema is a fresh, migrated one.
func (a *App) NewWorkspace(tb testing.TB) *Workspace {
	tb.Helper()
	return &Workspace{Workspace: pg.NewWorkspace(tb), app: a, tb: tb}
}

// URL returns one on the workspace's host.
func (w *Workspace) URL(path string) string { return w.app.At(w.Slug, path) }

// Client returns a browser in which the user is signed in to the workspace,
// with the second factor where there is one, by way of a hand-off: that spares
// the password's hash.
func (w *Workspace) Client(u pg.User) *Client {
	w.tb.Helper()
	access := shareddb.UserAccessRow{}
	w.Shared(func(ctx context.Context, tx *db.SharedTx) (err error) {
		access, err = tx.UserAccess(ctx, u.ID)
		return err
	})
	token := w.Handoff(u)
	if access.TotpSecret != "" || access.Passkeys > 0 {
		token = w.StrongHandoff(u)
	}
	c := w.app.Client(w.tb)
	c.Post(w.URL("/handoff"), url.Values{"token": {token}}).Want(http.StatusSeeOther)
	return c
}

// TOTP gives the user an authenticator app and returns its secret.
func (a *App) TOTP(w *Workspace, u pg.User) (secret string) {
	w.tb.Helper()
	secret, sealed, err := auth.TOTPStart(a.Box, u.ID)
	if err != nil {
		w.tb.Fatal(err)
	}
	// A code of the minute before, so that the current one is still to be used.
	code, err := totp.GenerateCode(secret, time.Now().Add(-30*time.Second))
	if err != nil {
		w.tb.Fatal(err)
	}
	w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
		_, err := auth.TOTPFinish(ctx, tx, a.Box, u.ID, sealed, code)
		return err
	})
	return secret
}

// Code is what an authenticator app with this secret shows then.
func Code(tb testing.TB, secret string, at time.Time) string {
	tb.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		tb.Fatal(err)
	}
	return code
}

// Day is the day so many days from now where a new workspace is, which is in UTC.
func Day(n int) *time.Time { return new(entity.DayOf(time.Now().UTC().AddDate(0, 0, n))) }
