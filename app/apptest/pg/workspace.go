package pg

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
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
	now := time.Now()
	u := shareddb.UserByEmailRow{ID: uuid.Must(uuid.NewV7()), Email: name + "@example.com", Name: "Name of " + name, EmailVerifiedAt: &now}
	err = DB(tb).Shared(tb.Context(), func(tx *db.SharedTx) error {
		return tx.UserInsert(tb.Context(), shareddb.UserInsertParams{ID: u.ID, Email: u.Email, Name: u.Name, PasswordHash: hash,
			EmailVerifiedAt: u.EmailVerifiedAt})
	})
	if err != nil {
		tb.Fatal(err)
	}
	return User{u}
}

// EndSudo makes all sudo of the user's run out.
func (u User) EndSudo(tb testing.TB) {
	tb.Helper()
	Exec(tb, `update public.sessions set proved_at = now() - interval '1 hour' where user_id = $1`, u.ID)
}

// SetOperator is paddock admin grant and revoke.
func (u User) SetOperator(tb testing.TB, operator bool) {
	tb.Helper()
	err := DB(tb).Shared(tb.Context(), func(tx *db.SharedTx) error { return auth.SetOperator(tb.Context(), tx, u.Email, operator) })
	if err != nil {
		tb.Fatal(err)
	}
}

// Workspace is a workspace of its own for a test, with its owner.
type Workspace struct {
	tenant.Tenant
	Owner  User
	Author User      // who writes the notes that Note makes; the owner by default
	owner  uuid.UUID // the owner's membership
	tb     testing.TB
}

// NewWorkspace makes a workspace; its schema is a fresh, migrated one.
func NewWorkspace(tb testing.TB) *Workspace {
	tb.Helper()
	slug := Unique("team")
	w := &Workspace{Owner: NewUser(tb), tb: tb}
	w.Author = w.Owner
	err := tenant.WithSpare(tb.Context(), DB(tb), func() error {
		return DB(tb).Shared(tb.Context(), func(tx *db.SharedTx) (err error) {
			if w.Tenant, err = tenant.Claim(tb.Context(), tx, tenant.New{Slug: slug, Name: "Workspace " + slug}); err != nil {
				return err
			}
			w.owner, err = auth.Join(tb.Context(), tx, w.Tenant, shareddb.UserByIDRow(w.Owner.UserByEmailRow), auth.Owner)
			return err
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
		_, err := auth.Join(w.tb.Context(), tx, w.Tenant, shareddb.UserByIDRow(u.UserByEmailRow), role)
		return err
	})
	if err != nil {
		w.tb.Fatal(err)
	}
}

// Context returns a context in the workspace's scope, acting for nobody.
func (w *Workspace) Context() context.Context {
	return db.WithScope(w.tb.Context(), db.Scope{TenantID: w.ID, Schema: w.Schema})
}

// Handoff returns a token that signs the user in to the workspace, on the
// strength of a password alone.
func (w *Workspace) Handoff(u User) string {
	w.tb.Helper()
	return w.handoff(u, false)
}

// StrongHandoff is Handoff for somebody who has shown a second factor too.
func (w *Workspace) StrongHandoff(u User) string {
	w.tb.Helper()
	return w.handoff(u, true)
}

func (w *Workspace) handoff(u User, strong bool) (token string) {
	w.tb.Helper()
	w.Shared(func(ctx context.Context, tx *db.SharedTx) (err error) {
		token, err = auth.HandoffStart(ctx, tx, auth.SessionStart{UserID: u.ID, TenantID: &w.ID, Strong: strong})
		return err
	})
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

// As runs fn in the workspace's schema for a member.
func (w *Workspace) As(u User, fn func(ctx context.Context, tx *db.TenantTx) error) {
	w.tb.Helper()
	ctx := db.WithScope(w.tb.Context(), db.Scope{TenantID: w.ID, Schema: w.Schema, MemberID: w.MemberID(u)})
	if err := DB(w.tb).Tenant(ctx, func(tx *db.TenantTx) error { return fn(ctx, tx) }); err != nil {
		w.tb.Fatal(err)
	}
}

// MemberID is what the user is called in the workspace's own tables.
func (w *Workspace) MemberID(u User) (id uuid.UUID) {
	w.tb.Helper()
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		members, err := tx.MemberList(ctx)
		for _, m := range members {
			if m.Email == u.Email {
				id = m.ID
			}
		}
		return err
	})
	return id
}

// create makes a record with the values of a query's parameters.
func (w *Workspace) create(e *entity.Entity, params any, tags []string) (id uuid.UUID) {
	w.tb.Helper()
	v := tenantdb.ValuesOf(e, params)
	v.Set("tags", entity.TagsNamed(tags...))
	w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
		id, err = crm.Create(ctx, tx, crm.Draft{Kind: e.Kind, Values: v})
		return err
	})
	return id
}

// Customer inserts a customer with these fields; the type defaults.
func (w *Workspace) Customer(p tenantdb.CustomerUpdateParams, tags ...string) uuid.UUID {
	w.tb.Helper()
	return w.create(entity.Customers, p, tags)
}

// Contact inserts a contact with these fields.
func (w *Workspace) Contact(p tenantdb.ContactUpdateParams, tags ...string) uuid.UUID {
	w.tb.Helper()
	return w.create(entity.Contacts, p, tags)
}

// Lead inserts a lead with these fields; the status defaults.
func (w *Workspace) Lead(p tenantdb.LeadUpdateParams, tags ...string) uuid.UUID {
	w.tb.Helper()
	return w.create(entity.Leads, p, tags)
}

// Deal inserts a deal with these fields, on top of its stage; the stage is the
// first by default, the currency euro.
func (w *Workspace) Deal(p tenantdb.DealUpdateParams, tags ...string) uuid.UUID {
	w.tb.Helper()
	if p.Currency == "" {
		p.Currency = "EUR"
	}
	return w.create(entity.Deals, p, tags)
}

// Project inserts a project with these fields; status and priority default.
func (w *Workspace) Project(p tenantdb.ProjectUpdateParams, tags ...string) uuid.UUID {
	w.tb.Helper()
	return w.create(entity.Projects, p, tags)
}

// Task inserts a task with these fields; type, status and priority default.
func (w *Workspace) Task(p tenantdb.TaskUpdateParams, tags ...string) uuid.UUID {
	w.tb.Helper()
	return w.create(entity.Tasks, p, tags)
}

// Stage returns the stage of this name of the first pipeline.
func (w *Workspace) Stage(name string) (id uuid.UUID) {
	w.tb.Helper()
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		stages, err := tx.StageList(ctx)
		for _, s := range stages {
			if s.Name == name && id == uuid.Nil {
				id = s.ID
			}
		}
		return err
	})
	if id == uuid.Nil {
		w.tb.Fatalf("there is no stage %q", name)
	}
	return id
}

// Note puts a note of the author's on a record.
func (w *Workspace) Note(kind entity.Kind, on uuid.UUID, body string) (id uuid.UUID) {
	w.tb.Helper()
	w.As(w.Author, func(ctx context.Context, tx *db.TenantTx) (err error) {
		me := tx.MemberID()
		id, err = crm.NoteCreate(ctx, tx, tenantdb.NoteInsertParams{SubjectType: string(kind), SubjectID: on, Kind: "note", Body: body,
			AuthorID: &me})
		return err
	})
	return id
}

// Shared runs fn in the shared schema, in the workspace's scope for its owner.
func (w *Workspace) Shared(fn func(ctx context.Context, tx *db.SharedTx) error) {
	w.tb.Helper()
	ctx := db.WithScope(w.tb.Context(), db.Scope{TenantID: w.ID, Schema: w.Schema, MemberID: w.owner})
	if err := DB(w.tb).Shared(ctx, func(tx *db.SharedTx) error { return fn(ctx, tx) }); err != nil {
		w.tb.Fatal(err)
	}
}

// Invite invites an address on behalf of the owner and returns the token.
func (w *Workspace) Invite(email string, role auth.Role) (token string) {
	w.tb.Helper()
	by := w.MemberID(w.Owner)
	w.Shared(func(ctx context.Context, tx *db.SharedTx) (err error) {
		token, err = auth.Invite(ctx, tx, w.ID, by, email, role)
		return err
	})
	return token
}

// Passkey gives the user a passkey that no device has, and returns its id.
func (w *Workspace) Passkey(u User) uuid.UUID {
	w.tb.Helper()
	id := uuid.Must(uuid.NewV7())
	w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
		return tx.PasskeyInsert(ctx, shareddb.PasskeyInsertParams{ID: id, UserID: u.ID, CredentialID: id[:],
			Credential: []byte(`{"id": "AA==", "publicKey": "AA=="}`), Name: "Nobody’s key"})
	})
	return id
}

// NewID returns an id as records have them.
func NewID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
