package apptest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Password is every test user's.
const Password = "correct horse battery"

// passwordHash is computed once: hashing is slow on purpose.
var passwordHash = sync.OnceValues(func() (string, error) { return auth.HashPassword(context.Background(), Password) })

var counter atomic.Int64

// Unique returns a name that no other test of the process has.
func Unique(prefix string) string { return fmt.Sprintf("%s%d", prefix, counter.Add(1)) }

// User is somebody with an account.
type User struct {
	shareddb.UserByEmailRow
}

// NewUser makes somebody who is no member of anything.
func NewUser(tb testing.TB) User {
	tb.Helper()
	hash, err := passwordHash()
	if err != nil {
		tb.Fatal(err)
	}
	name := Unique("user")
	u := shareddb.UserByEmailRow{ID: uuid.Must(uuid.NewV7()), Email: name + "@example.com", Name: "Name of " + name}
	err = DB(tb).Shared(tb.Context(), func(tx *db.SharedTx) error {
		return tx.UserInsert(tb.Context(), shareddb.UserInsertParams{ID: u.ID, Email: u.Email, Name: u.Name, PasswordHash: hash})
	})
	if err != nil {
		tb.Fatal(err)
	}
	return User{u}
}

// Workspace is a workspace of its own for a test, with its owner.
type Workspace struct {
	tenant.Tenant
	Owner User
	app   *App
	tb    testing.TB
}

// NewWorkspace makes a workspace; its schema is a fresh, migrated one.
func (a *App) NewWorkspace(tb testing.TB) *Workspace {
	tb.Helper()
	slug := Unique("team")
	w := &Workspace{Owner: NewUser(tb), app: a, tb: tb}
	err := tenant.WithSpare(tb.Context(), DB(tb), func() error {
		return DB(tb).Shared(tb.Context(), func(tx *db.SharedTx) (err error) {
			if w.Tenant, err = tenant.Claim(tb.Context(), tx, slug, "Workspace "+slug); err != nil {
				return err
			}
			return auth.Join(tb.Context(), tx, w.Tenant, w.Owner.UserByEmailRow, auth.Owner)
		})
	})
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// Join makes the user a member.
func (w *Workspace) Join(u User, role auth.Role) {
	w.tb.Helper()
	err := DB(w.tb).Shared(w.tb.Context(), func(tx *db.SharedTx) error {
		return auth.Join(w.tb.Context(), tx, w.Tenant, u.UserByEmailRow, role)
	})
	if err != nil {
		w.tb.Fatal(err)
	}
}

// URL returns an address on the workspace's host.
func (w *Workspace) URL(path string) string { return w.app.At(w.Slug, path) }

// Context returns a context in the workspace's scope, acting for nobody.
func (w *Workspace) Context() context.Context {
	return db.WithScope(w.tb.Context(), db.Scope{TenantID: w.ID, Schema: w.Schema})
}

// Client returns a browser in which the user is signed in to the workspace,
// by way of a hand-off: that spares the password's hash.
func (w *Workspace) Client(u User) *Client {
	w.tb.Helper()
	c := w.app.Client(w.tb)
	c.Get(w.URL("/handoff?token=" + w.Handoff(u))).Want(http.StatusSeeOther)
	return c
}

// Handoff returns a token that signs the user in to the workspace.
func (w *Workspace) Handoff(u User) (token string) {
	w.tb.Helper()
	err := DB(w.tb).Shared(w.tb.Context(), func(tx *db.SharedTx) (err error) {
		token, err = auth.HandoffStart(w.tb.Context(), tx, u.ID, w.ID)
		return err
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	return token
}

// Do runs fn in the workspace's schema.
func (w *Workspace) Do(fn func(ctx context.Context, tx *db.TenantTx) error) {
	w.tb.Helper()
	ctx := w.Context()
	if err := DB(w.tb).Tenant(ctx, func(tx *db.TenantTx) error { return fn(ctx, tx) }); err != nil {
		w.tb.Fatal(err)
	}
}

// Record is a record that a test can address without knowing its entity.
type Record struct {
	ID    uuid.UUID
	Known string     // a text that its own pages show, and no other workspace's
	Form  url.Values // a form that would change it; without a version
}

// Records makes one record of each entity, by the first word of its URLs. The
// isolation test asks here: a new entity is covered once it has a line.
var Records = map[string]func(w *Workspace) Record{
	"customers": func(w *Workspace) Record {
		name := Unique("Customer No ")
		return Record{w.Customer(tenantdb.CustomerUpdateParams{Name: name}), name, url.Values{"name": {name + " changed"}}}
	},
}

// Customer inserts a customer with these fields; the type defaults.
func (w *Workspace) Customer(p tenantdb.CustomerUpdateParams, tags ...string) (id uuid.UUID) {
	w.tb.Helper()
	if p.Type == "" {
		p.Type = "prospect"
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
		id, err = crm.CustomerCreate(ctx, tx.Queries, p, tags)
		return err
	})
	return id
}
