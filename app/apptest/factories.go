package apptest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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
	now := time.Now()
	u := shareddb.UserByEmailRow{ID: uuid.Must(uuid.NewV7()), Email: name + "@example.com", Name: "Name of " + name, EmailVerifiedAt: &now}
	err = DB(tb).Shared(tb.Context(), func(tx *db.SharedTx) error {
		return tx.UserInsert(tb.Context(), shareddb.UserInsertParams{ID: u.ID, Email: u.Email, Name: u.Name, PasswordHash: hash, EmailVerifiedAt: u.EmailVerifiedAt})
	})
	if err != nil {
		tb.Fatal(err)
	}
	return User{u}
}

// Workspace is a workspace of its own for a test, with its owner.
type Workspace struct {
	tenant.Tenant
	Owner  User
	Author User      // who writes the notes that Note makes; the owner by default
	owner  uuid.UUID // the owner's membership
	app    *App
	tb     testing.TB
}

// NewWorkspace makes a workspace; its schema is a fresh, migrated one.
func (a *App) NewWorkspace(tb testing.TB) *Workspace {
	tb.Helper()
	slug := Unique("team")
	w := &Workspace{Owner: NewUser(tb), app: a, tb: tb}
	w.Author = w.Owner
	err := tenant.WithSpare(tb.Context(), DB(tb), func() error {
		return DB(tb).Shared(tb.Context(), func(tx *db.SharedTx) (err error) {
			if w.Tenant, err = tenant.Claim(tb.Context(), tx, slug, "Workspace "+slug); err != nil {
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

// URL returns an address on the workspace's host.
func (w *Workspace) URL(path string) string { return w.app.At(w.Slug, path) }

// Context returns a context in the workspace's scope, acting for nobody.
func (w *Workspace) Context() context.Context {
	return db.WithScope(w.tb.Context(), db.Scope{TenantID: w.ID, Schema: w.Schema})
}

// Client returns a browser in which the user is signed in to the workspace,
// with the second factor where there is one, by way of a hand-off: that spares
// the password's hash.
func (w *Workspace) Client(u User) *Client {
	w.tb.Helper()
	access := shareddb.UserAccessRow{}
	w.Shared(func(ctx context.Context, tx *db.SharedTx) (err error) {
		access, err = tx.UserAccess(ctx, u.ID)
		return err
	})
	c := w.app.Client(w.tb)
	c.Get(w.URL("/handoff?token=" + w.handoff(u, access.TotpSecret != "" || access.Passkeys > 0))).Want(http.StatusSeeOther)
	return c
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

// Record is a record that a test can address without knowing its entity.
type Record struct {
	ID    uuid.UUID
	Known string     // a text that its own pages show, and no other workspace's
	Form  url.Values // a form that would change it; without a version
	Param string     // what stands in the path in place of a parameter that is no id
}

// Records makes one record of each entity, by the first word of its URLs. The
// isolation test asks here: a new entity is covered once it has a line.
var Records = joined(people, map[string]func(w *Workspace) Record{
	"customers": func(w *Workspace) Record {
		name := Unique("Customer No ")
		return Record{ID: w.Customer(tenantdb.CustomerUpdateParams{Name: name}), Known: name, Form: url.Values{"name": {name + " changed"}}}
	},
	"contacts": func(w *Workspace) Record {
		name := Unique("Contact No ")
		return Record{ID: w.Contact(tenantdb.ContactUpdateParams{LastName: name}), Known: name, Form: url.Values{"last_name": {name + " changed"}}}
	},
	"leads": func(w *Workspace) Record {
		name := Unique("Lead No ")
		return Record{ID: w.Lead(tenantdb.LeadUpdateParams{LastName: name}), Known: name, Form: url.Values{"last_name": {name + " changed"}, "status": {"contacted"}, "deal": {"none"}}}
	},
	"DELETE /leads/:id/conversion": func(w *Workspace) Record {
		name := Unique("Lead No ")
		id := w.Lead(tenantdb.LeadUpdateParams{LastName: name})
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			lead, err := tx.LeadGet(ctx, id)
			if err != nil {
				return err
			}
			_, err = crm.LeadConvert(ctx, tx.Queries, lead, 1, crm.Conversion{Set: tx.ChangeSet()})
			return err
		})
		return Record{ID: id, Known: name, Form: url.Values{"version": {"2"}}}
	},
	"deals": func(w *Workspace) Record {
		name := Unique("Deal No ")
		return Record{ID: w.Deal(tenantdb.DealUpdateParams{Name: name, StageID: w.Stage("Closed Won")}), Known: name, Form: url.Values{"name": {name + " changed"}, "stage_id": {w.Stage("Proposal").String()}}}
	},
	"projects": func(w *Workspace) Record {
		name := Unique("Project No ")
		return Record{ID: w.Project(tenantdb.ProjectUpdateParams{Name: name}), Known: name, Form: url.Values{"name": {name + " changed"}}}
	},
	"tasks": func(w *Workspace) Record {
		name := Unique("Task No ")
		return Record{ID: w.Task(tenantdb.TaskUpdateParams{Subject: name}), Known: name, Form: url.Values{"subject": {name + " changed"}, "due_at": {"tomorrow"}}}
	},
	"notes": func(w *Workspace) Record {
		body := Unique("Note No ")
		customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "With a note"})
		return Record{ID: w.Note(tenantdb.Customer, customer, body), Known: body, Form: url.Values{"body": {body + " changed"}}}
	},
	"changes": func(w *Workspace) Record {
		var set uuid.UUID
		w.As(w.Owner, func(ctx context.Context, tx *db.TenantTx) error {
			set = tx.ChangeSet()
			_, err := crm.CustomerCreate(ctx, tx.Queries, tenantdb.CustomerUpdateParams{Name: "To be undone", Type: "prospect"}, nil)
			return err
		})
		return Record{ID: set, Known: "To be undone"}
	},
	"settings/pipelines": func(w *Workspace) Record {
		name := Unique("Pipeline No ")
		var id uuid.UUID
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			if err := crm.PipelineCreate(ctx, tx.Queries, name); err != nil {
				return err
			}
			rows, err := tx.PipelineList(ctx)
			id = rows[len(rows)-1].ID
			return err
		})
		return Record{ID: id, Known: name, Form: url.Values{"name": {name + " changed"}, "stages[0][name]": {"Begin"}, "stages[0][color]": {"red"}, "stages[0][outcome]": {"open"}}}
	},
	"settings/tags": func(w *Workspace) Record {
		name := Unique("Tag No ")
		var ids []uuid.UUID
		w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
			ids, err = crm.TagIDs(ctx, tx.Queries, []string{name})
			return err
		})
		return Record{ID: ids[0], Known: name, Form: url.Values{"name": {name + " changed"}, "color": {"red"}}}
	},
})

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

// Contact inserts a contact with these fields.
func (w *Workspace) Contact(p tenantdb.ContactUpdateParams, tags ...string) (id uuid.UUID) {
	w.tb.Helper()
	if p.Emails == nil {
		p.Emails = []tenantdb.ContactPoint{}
	}
	if p.Phones == nil {
		p.Phones = []tenantdb.ContactPoint{}
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
		id, err = crm.ContactCreate(ctx, tx.Queries, p, tags)
		return err
	})
	return id
}

// Lead inserts a lead with these fields; the status defaults.
func (w *Workspace) Lead(p tenantdb.LeadUpdateParams, tags ...string) (id uuid.UUID) {
	w.tb.Helper()
	if p.Status == "" {
		p.Status = "new"
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
		id, err = crm.LeadCreate(ctx, tx.Queries, p, tags)
		return err
	})
	return id
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

// Deal inserts a deal with these fields, on top of its stage; the stage is the
// first by default, the currency euro.
func (w *Workspace) Deal(p tenantdb.DealUpdateParams, tags ...string) (id uuid.UUID) {
	w.tb.Helper()
	if p.Currency == "" {
		p.Currency = "EUR"
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
		id, err = crm.DealCreate(ctx, tx.Queries, p, tags)
		return err
	})
	return id
}

// Project inserts a project with these fields.
func (w *Workspace) Project(p tenantdb.ProjectUpdateParams, tags ...string) (id uuid.UUID) {
	w.tb.Helper()
	if p.Status == "" {
		p.Status = "draft"
	}
	if p.Priority == "" {
		p.Priority = "normal"
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
		id, err = crm.ProjectCreate(ctx, tx.Queries, p, tags)
		return err
	})
	return id
}

// Task inserts a task with these fields.
func (w *Workspace) Task(p tenantdb.TaskUpdateParams, tags ...string) (id uuid.UUID) {
	w.tb.Helper()
	if p.Type == "" {
		p.Type = "todo"
	}
	if p.Status == "" {
		p.Status = "open"
	}
	if p.Priority == "" {
		p.Priority = "normal"
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
		id, err = crm.TaskCreate(ctx, tx.Queries, p, tags)
		return err
	})
	return id
}

// Note puts a note of the author's on a record.
func (w *Workspace) Note(kind tenantdb.Kind, on uuid.UUID, body string) (id uuid.UUID) {
	w.tb.Helper()
	w.As(w.Author, func(ctx context.Context, tx *db.TenantTx) (err error) {
		me := tx.MemberID()
		id, err = crm.NoteCreate(ctx, tx.Queries, tenantdb.NoteInsertParams{SubjectType: string(kind), SubjectID: on, Kind: "note", Body: body, AuthorID: &me})
		return err
	})
	return id
}
