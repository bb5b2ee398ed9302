package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/archive"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/avatar"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/seed"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// installation is a Paddock's database of its own.
type installation struct {
	t  *testing.T
	db *db.DB
	c  *pgx.Conn
}

func install(t *testing.T) *installation {
	t.Helper()
	return installAt(t, pg.NewDatabase(t))
}

// elsewhere is an installation on a PostgreSQL of its own, as a move has it.
func elsewhere(t *testing.T) *installation {
	t.Helper()
	server := pg.NewServer(t, map[string]string{"fsync": "off"})
	url, err := server.Database(t.Context(), "elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	return installAt(t, url)
}

func installAt(t *testing.T, url string) *installation {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: url, TenantRoles: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if _, err := d.MigrateShared(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return &installation{t, d, c}
}

// face is a picture of somebody, as it is kept.
func face(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 200, 160))
	for i := range img.Pix {
		img.Pix[i] = byte(i%251) | 3
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	small, err := avatar.Make(t.Context(), uuid.Nil, file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return small
}

// workspace makes one with records of every kind, several members, a picture,
// one who has left, tags, undone changes and an audit log.
func (x *installation) workspace(slug string) tenant.Tenant {
	x.t.Helper()
	ctx := x.t.Context()
	r, err := auth.CreateWorkspace(ctx, x.db, auth.SignUpInput{Workspace: "Workspace " + slug, Slug: slug, Name: "Nora",
		Email: "nora@" + slug + ".example"}, shareddb.UserByEmailRow{}, "none")
	if err != nil {
		x.t.Fatal(err)
	}
	for i, role := range []auth.Role{auth.Member, auth.Viewer} {
		u := shareddb.UserInsertParams{ID: pg.NewID(), Email: fmt.Sprintf("person%d@%s.example", i, slug), Name: "Pérson, \"quoted\"\nand lines"}
		err := x.db.Shared(ctx, func(tx *db.SharedTx) error {
			if err := tx.UserInsert(ctx, u); err != nil {
				return err
			}
			if err := tx.AvatarPut(ctx, u.ID, face(x.t)); err != nil {
				return err
			}
			if err := tx.UserSetAvatar(ctx, "pic"+u.ID.String(), u.ID); err != nil {
				return err
			}
			m, err := auth.Join(ctx, tx, r.Tenant, shareddb.UserByIDRow{ID: u.ID, Name: u.Name, Email: u.Email}, role)
			if err != nil || role != auth.Viewer {
				return err
			}
			sctx := db.WithScope(ctx, db.Scope{TenantID: r.Tenant.ID, Schema: r.Tenant.Schema})
			_, err = auth.Remove(sctx, tx, r.Tenant.ID, m, auth.Owner, [16]byte{})
			return err
		})
		if err != nil {
			x.t.Fatal(err)
		}
	}
	if err := seed.Records(ctx, x.db, slug, seed.Counts{Customers: 120, Contacts: 80, Leads: 40, Deals: 40, Projects: 10, Tasks: 60,
		Notes: 90}, nil); err != nil {
		x.t.Fatal(err)
	}
	return r.Tenant
}

// sums is a checksum of every table, for comparison; members of another
// installation have other users there.
func (x *installation) sums(schema string, without ...string) map[string]string {
	x.t.Helper()
	out := map[string]string{}
	err := x.db.Snapshot(x.t.Context(), schema, func(s *db.Snapshot) error {
		tables, err := s.Tables(x.t.Context())
		if err != nil {
			return err
		}
		for _, t := range tables {
			columns := slices.DeleteFunc(slices.Clone(t.Columns), func(c string) bool { return c == "user_id" || slices.Contains(without, c) })
			var sum string
			quoted := `"` + strings.Join(columns, `","`) + `"`
			err := x.c.QueryRow(x.t.Context(),
				fmt.Sprintf(`select count(*) || ' rows ' || coalesce(md5(string_agg(r, e'\n' order by r)), '') from (select (%s)::text as r
					from %s.%s) x`, "row("+quoted+")", schema, t.Name)).Scan(&sum)
			if err != nil {
				return err
			}
			out[t.Name] = sum
		}
		return nil
	})
	if err != nil {
		x.t.Fatal(err)
	}
	return out
}

func (x *installation) export(t tenant.Tenant) []byte {
	x.t.Helper()
	var b bytes.Buffer
	if err := archive.Export(x.t.Context(), x.db, t, &b, nil); err != nil {
		x.t.Fatal(err)
	}
	return b.Bytes()
}

func (x *installation) importing(b []byte, o archive.Options) (archive.Imported, error) {
	return archive.Import(x.t.Context(), x.db, bytes.NewReader(b), int64(len(b)), o)
}

func (x *installation) schemas() (n int) {
	x.t.Helper()
	if err := x.c.QueryRow(x.t.Context(), `select count(*) from pg_namespace where nspname like 't\_%'`).Scan(&n); err != nil {
		x.t.Fatal(err)
	}
	return n
}

func equal(t *testing.T, what string, a, b map[string]string) {
	t.Helper()
	if len(a) < 12 || len(a) != len(b) {
		t.Fatalf("%s: %d tables and %d", what, len(a), len(b))
	}
	for name, sum := range a {
		if b[name] != sum {
			t.Errorf("%s: %s: %s, was %s", what, name, b[name], sum)
		}
	}
}

// Exported, and imported on another server and on the same: every row is equal,
// settings, roles and pictures too, and work goes on.
func TestExportAndImport(t *testing.T) {
	t.Parallel()
	a, b := install(t), elsewhere(t)
	w := a.workspace("origin")
	if _, err := a.c.Exec(t.Context(),
		`update tenants set currency = 'CHF', country = 'CH', time_zone = 'Europe/Zurich', date_style = 'mdy', number_style = 'ch',
			require_second_factor = true where id = $1`, w.ID); err != nil {
		t.Fatal(err)
	}
	want := a.sums(w.Schema)
	start := time.Now()
	file := a.export(w)
	t.Logf("exported %d bytes in %s", len(file), time.Since(start).Round(time.Millisecond))
	start = time.Now()
	there, err := b.importing(file, archive.Options{Slug: "elsewhere"})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("imported in %s", time.Since(start).Round(time.Millisecond))
	equal(t, "on another server", want, b.sums(there.Schema))
	if there.Currency != "CHF" || there.Country != "CH" || there.TimeZone != "Europe/Zurich" || there.DateStyle != "mdy" ||
		there.NumberStyle != "ch" || !there.RequireSecondFactor || there.Name != w.Name {
		t.Errorf("settings: %+v", there)
	}
	members := func(x *installation, id any) (s string) {
		err := x.c.QueryRow(t.Context(), `select string_agg(u.email || ' ' || m.role || ' ' || m.id || ' ' || coalesce(md5(a.image), ''), ', '
			order by u.email)
			from memberships m join users u on u.id = m.user_id left join avatars a on a.user_id = u.id where m.tenant_id = $1`, id).Scan(&s)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if x, y := members(a, w.ID), members(b, there.ID); x != y || !strings.Contains(x, "member") {
		t.Errorf("members: %s\nwere %s", y, x)
	}
	// The users there are unproven and have no password: nobody gets in by them.
	var open int
	if err := b.c.QueryRow(t.Context(), `select count(*) from users where password_hash <> '' or email_verified_at is not null`).
		Scan(&open); err != nil || open != 0 {
		t.Errorf("%d accounts are open: %v", open, err)
	}
	// A copy beside the original; work goes on in both, in the log too.
	copied, err := a.importing(file, archive.Options{Slug: "copy-of-it"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "beside the original", want, a.sums(copied.Schema))
	if err := seed.Customers(t.Context(), a.db, "copy-of-it", 5, nil); err != nil {
		t.Error("work in the copy: ", err)
	}
	equal(t, "the original, after work in the copy", want, a.sums(w.Schema))
	if a.sums(copied.Schema)["changes"] == want["changes"] {
		t.Error("the copy's change log sleeps")
	}
	// Deleted and dropped, and made of the file again.
	drop := func(slug string) {
		if err := a.db.Shared(t.Context(), func(tx *db.SharedTx) error { return tenant.Delete(t.Context(), tx, slug) }); err != nil {
			t.Fatal(err)
		}
		if n, err := a.db.DropDeleted(t.Context(), 0); err != nil || n != 1 {
			t.Fatalf("dropped %d: %v", n, err)
		}
	}
	drop("origin")
	if _, err := a.importing(file, archive.Options{Slug: "origin"}); !errors.Is(err, tenant.ErrSlugTaken) {
		t.Errorf("the name of one that was deleted: %v", err)
	}
	back, err := a.importing(file, archive.Options{Slug: "origin", Replace: true})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "deleted and restored", want, a.sums(back.Schema))
	if x, y := members(b, there.ID), members(a, back.ID); x != y {
		t.Errorf("members of what was restored: %s\nwere %s", y, x)
	}
}

// Restored in place while its neighbour works: what was there steps aside and
// can be brought back, and what is in no archive stays: limits, domains, a
// provider and who came by it, invitations, the rule about second factors.
func TestRestoreInPlace(t *testing.T) {
	t.Parallel()
	a := install(t)
	w, n := a.workspace("restored"), a.workspace("neighbour")
	file := a.export(w)
	want := a.sums(w.Schema)
	if err := seed.Customers(t.Context(), a.db, "restored", 5, nil); err != nil {
		t.Fatal(err)
	}
	aside := a.sums(w.Schema)
	for _, sql := range []string{
		`update tenants set require_second_factor = true, limit_requests = 77 where id = $1`,
		`insert into domains (tenant_id, host, token, verified_at) values ($1, 'crm.restored.example', 'x', now())`,
		`insert into tenant_providers (tenant_id, name, issuer, client_id, client_secret) values ($1, 'P', 'https://p.example', 'c', '')`,
		`insert into tenant_email_domains (tenant_id, domain, token, verified_at) values ($1, 'restored.example', 'x', now())`,
		`insert into identities (id, tenant_id, issuer, subject, user_id) select gen_random_uuid(), $1, 'https://p.example', 's', user_id
			from memberships where tenant_id = $1 and role = 'owner'`,
		`insert into invitations (id, tenant_id, email, role, token_hash, invited_by, expires_at) select gen_random_uuid(), $1,
			'new@example.com', 'member', '\x01', id, now() + interval '1 day' from memberships where tenant_id = $1 and role = 'owner'`,
		`insert into former_slugs (slug, tenant_id, until) values ('once-restored', $1, now() + interval '1 day')`,
	} {
		if _, err := a.c.Exec(t.Context(), sql, w.ID); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var worked atomic.Int64
	wg.Go(func() {
		ctx := db.WithScope(ctx, db.Scope{TenantID: n.ID, Schema: n.Schema})
		for ctx.Err() == nil {
			err := a.db.Tenant(ctx, func(tx *db.TenantTx) error {
				return tx.CustomerInsert(ctx, tenantdb.CustomerInsertParams{ID: pg.NewID(), Name: "Meanwhile", Type: "prospect"})
			})
			if ctx.Err() == nil && err != nil { // also one that waited for a lock above the timeout
				t.Errorf("the neighbour: %v", err)
			}
			worked.Add(1)
		}
	})
	got, err := a.importing(file, archive.Options{Slug: "restored", Replace: true})
	stop()
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if worked.Load() < 10 {
		t.Errorf("the neighbour worked %d times", worked.Load())
	}
	equal(t, "restored in place", want, a.sums(got.Schema))
	equal(t, "what stepped aside", aside, a.sums(w.Schema))
	var kept string
	err = a.c.QueryRow(t.Context(), `select concat_ws(' ', t.require_second_factor, t.limit_requests, (select string_agg(host, ',')
		from domains where tenant_id = t.id),
		(select string_agg(issuer, ',') from tenant_providers where tenant_id = t.id), (select string_agg(domain, ',') from tenant_email_domains
		where tenant_id = t.id),
		(select string_agg(subject, ',') from identities where tenant_id = t.id), (select string_agg(email || ' ' || (invited_by is not null),
		',') from invitations where tenant_id = t.id),
		(select string_agg(slug, ',') from former_slugs where tenant_id = t.id)) from tenants t where id = $1`, got.ID).Scan(&kept)
	if wants := "t 77 crm.restored.example https://p.example restored.example s new@example.com true once-restored"; err != nil ||
		kept != wants {
		t.Errorf("it keeps %q, want %q: %v", kept, wants, err)
	}
}

// Whoever has a member's former address by now is nobody in what is restored or
// copied; and a copy of what is suspended is suspended.
func TestMembersAreThemselves(t *testing.T) {
	t.Parallel()
	a := install(t)
	w := a.workspace("moved-on")
	owner := func(id uuid.UUID) (user uuid.UUID) {
		t.Helper()
		if err := a.c.QueryRow(t.Context(), `select user_id from memberships where tenant_id = $1 and role = 'owner'`, id).
			Scan(&user); err != nil {
			t.Fatal(err)
		}
		return user
	}
	nora, stranger := owner(w.ID), pg.NewID()
	var late uuid.UUID
	if err := a.c.QueryRow(t.Context(), `select user_id from memberships where tenant_id = $1 and role <> 'owner' limit 1`, w.ID).
		Scan(&late); err != nil {
		t.Fatal(err)
	}
	sessions := map[uuid.UUID]string{}
	for _, id := range []uuid.UUID{nora, late} {
		err := a.db.Shared(t.Context(), func(tx *db.SharedTx) error {
			began, err := auth.StartSession(t.Context(), tx, auth.SessionStart{UserID: id, TenantID: &w.ID})
			sessions[id] = began.ID
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	file := a.export(w)
	for _, sql := range []string{
		`update users set email = 'nora@new.example' where id = $1`,
		`insert into users (id, email, name, email_verified_at) values ($2, 'nora@moved-on.example', 'Somebody else', now())
			on conflict do nothing`,
		`update tenants set state = 'suspended', suspended_at = now(), limit_requests = 77 where slug = 'moved-on'`,
	} {
		sql = strings.NewReplacer("$1", "'"+nora.String()+"'", "$2", "'"+stranger.String()+"'").Replace(sql)
		if _, err := a.c.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Clone(t.Context(), a.db, "moved-on", "moved-copy", nil); err != nil {
		t.Fatal(err)
	}
	var state string
	var copied uuid.UUID
	var requests int
	if err := a.c.QueryRow(t.Context(), `select id, state, limit_requests from tenants where slug = 'moved-copy'`).Scan(&copied, &state,
		&requests); err != nil || state != "suspended" || requests != 77 {
		t.Errorf("the copy is %s, with %d requests: %v", state, requests, err)
	}
	// Somebody who came after the archive was made is out, and told of; all others stay in.
	newcomer := pg.NewID()
	for _, sql := range []string{`insert into users (id, email, name, password_hash) values ('$', 'newcomer@example.com', 'New', 'x')`,
		`insert into memberships (id, tenant_id, user_id, role) values (gen_random_uuid(), '` + w.ID.String() + `', '$', 'admin')`} {
		if _, err := a.c.Exec(t.Context(), strings.ReplaceAll(sql, "$", newcomer.String())); err != nil {
			t.Fatal(err)
		}
	}
	back, err := a.importing(file, archive.Options{Slug: "moved-on", Replace: true})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(back.People, archive.Person{Email: "newcomer@example.com", Role: "admin", Came: archive.Left}) {
		t.Errorf("who is out is not told of: %v", back.People)
	}
	for id, session := range sessions {
		if _, in, err := auth.SessionGet(t.Context(), a.db, session, &back.ID, false); err != nil || !in {
			t.Errorf("%s is signed out: %v", id, err)
		}
	}
	for what, id := range map[string]uuid.UUID{"restored": back.ID, "copied": copied} {
		if got := owner(id); got != nora {
			t.Errorf("%s: the owner is %s, want %s (the stranger is %s)", what, got, nora, stranger)
		}
	}
}

// Imported beside the original, on the Paddock that it is of: its members are
// themselves, whatever address they have by now, with their passwords and sessions,
// and so is who has left; whoever has a former address is nobody.
func TestImportBesideTheOriginal(t *testing.T) {
	t.Parallel()
	a := install(t)
	w := a.workspace("beside")
	file := a.export(w)
	type account struct{ id, session, hash string }
	accounts := map[string]account{} // by the address in the archive
	rows, err := a.c.Query(t.Context(),
		`select u.email, u.id::text from memberships m join users u on u.id = m.user_id where m.tenant_id = $1`, w.ID)
	if err != nil {
		t.Fatal(err)
	}
	var email, id string
	if _, err := pgx.ForEachRow(rows, []any{&email, &id}, func() error { accounts[email] = account{id: id}; return nil }); err != nil {
		t.Fatal(err)
	}
	for email, x := range accounts {
		err := a.db.Shared(t.Context(), func(tx *db.SharedTx) error {
			began, err := auth.StartSession(t.Context(), tx, auth.SessionStart{UserID: uuid.MustParse(x.id)})
			x.session, x.hash = began.ID, "the password of "+email
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.c.Exec(t.Context(), `update users set password_hash = $2, email_verified_at = null where id = $1`, x.id,
			x.hash); err != nil {
			t.Fatal(err)
		}
		accounts[email] = x
	}
	for sql, args := range map[string][]any{
		`update users set email = 'nora@new.example' where id = $1`: {accounts["nora@beside.example"].id},
		`delete from memberships where user_id = $1`:                {accounts["person0@beside.example"].id}, // left the original
	} {
		if _, err := a.c.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.c.Exec(t.Context(),
		`insert into users (id, email, name, email_verified_at) values ($1, 'nora@beside.example', 'Somebody else', now())`,
		pg.NewID()); err != nil {
		t.Fatal(err)
	}
	there, err := a.importing(file, archive.Options{Slug: "beside-it"})
	if err != nil {
		t.Fatal(err)
	}
	came := map[string]archive.Came{}
	for _, p := range there.People {
		came[p.Email] = p.Came
	}
	if came["nora@new.example"] != archive.Known || came["person0@beside.example"] != archive.Invited || len(came) != len(accounts) {
		t.Errorf("they came: %v", came)
	}
	for email, x := range accounts {
		var hash string
		var member bool
		if err := a.c.QueryRow(t.Context(),
			`select password_hash, exists (select from memberships where user_id = $1 and tenant_id = $2) from users where id = $1`, x.id, there.ID).
			Scan(&hash, &member); err != nil {
			t.Fatal(err)
		}
		_, signedIn, err := auth.SessionGet(t.Context(), a.db, x.session, nil, false)
		if err != nil || !signedIn || hash != x.hash || member != (email != "person0@beside.example") {
			t.Errorf("%s: session %v, password %q, member %v, %v", email, signedIn, hash, member, err)
		}
	}
	var strangers int
	if err := a.c.QueryRow(t.Context(),
		`select count(*) from memberships m join users u on u.id = m.user_id where u.email = 'nora@beside.example'`).
		Scan(&strangers); err != nil || strangers != 0 {
		t.Errorf("whoever has a former address is %d members: %v", strangers, err)
	}
}

// An archive can name anybody. Who has an account here, proven or not, is asked: no
// membership, and nothing of their account changes. Who accepts has the place that
// they had, with what they looked after.
func TestImportOfAForgedMemberList(t *testing.T) {
	t.Parallel()
	a, b := install(t), install(t)
	file := a.export(a.workspace("forged"))
	proven := time.Now()
	accounts := map[string]uuid.UUID{}
	sessions := map[string]string{}
	for email, at := range map[string]*time.Time{"nora@forged.example": nil, "person0@forged.example": &proven} {
		accounts[email] = pg.NewID()
		err := b.db.Shared(t.Context(), func(tx *db.SharedTx) error {
			err := tx.UserInsert(t.Context(), shareddb.UserInsertParams{ID: accounts[email], Email: email, Name: "Somebody", PasswordHash: "theirs",
				EmailVerifiedAt: at})
			if err != nil {
				return err
			}
			began, err := auth.StartSession(t.Context(), tx, auth.SessionStart{UserID: accounts[email]})
			sessions[email] = began.ID
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	tokens := map[string]string{}
	there, err := b.importing(file,
		archive.Options{Slug: "forged", Invited: func(_ context.Context, _ *db.SharedTx, _ tenant.Tenant, email, role, token string) error {
			tokens[email] = role + " " + token
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	for email, id := range accounts {
		_, signedIn, err := auth.SessionGet(t.Context(), b.db, sessions[email], nil, false)
		var hash string
		var member bool
		if err := b.c.QueryRow(t.Context(), `select password_hash, exists (select from memberships where user_id = $1) from users where id = $1`,
			id).Scan(&hash, &member); err != nil {
			t.Fatal(err)
		}
		if err != nil || !signedIn || hash != "theirs" || member {
			t.Errorf("%s: session %v, password %q, member %v, %v", email, signedIn, hash, member, err)
		}
		if tokens[email] == "" {
			t.Errorf("%s is not asked", email)
		}
	}
	if !strings.HasPrefix(tokens["nora@forged.example"], "owner ") {
		t.Errorf("the owner is invited as %q", tokens["nora@forged.example"])
	}
	// Accepted, it is the member of before.
	var before uuid.UUID
	if err := b.c.QueryRow(t.Context(), `select id from `+there.Schema+`.members where email = 'person0@forged.example' and not active`).
		Scan(&before); err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(tokens["person0@forged.example"], " ")
	err = b.db.Shared(t.Context(), func(tx *db.SharedTx) error {
		return auth.AcceptInvitation(t.Context(), tx, token, there.Tenant, accounts["person0@forged.example"])
	})
	var after uuid.UUID
	if err == nil {
		err = b.c.QueryRow(t.Context(), `select id from memberships where user_id = $1`, accounts["person0@forged.example"]).Scan(&after)
	}
	if err != nil || after != before {
		t.Errorf("accepted, they are the member %s, and were %s: %v", after, before, err)
	}
	// Refused before any account is made.
	if _, err := b.importing(file, archive.Options{Slug: "forged"}); !errors.Is(err, tenant.ErrSlugTaken) {
		t.Errorf("a name that is taken: %v", err)
	}
}

// A picture in an archive is made anew; what is none is left out, and the rest is
// there.
func TestImportMakesPicturesAnew(t *testing.T) {
	t.Parallel()
	a, b := install(t), install(t)
	w := a.workspace("pictures")
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
	if _, err := a.c.Exec(t.Context(), `update avatars set image = $1`, svg); err != nil {
		t.Fatal(err)
	}
	if _, err := a.c.Exec(t.Context(),
		`update avatars set image = $1 where user_id = (select id from users where email = 'person0@pictures.example')`,
		append(face(t), svg...)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.c.Exec(t.Context(), `insert into avatars (user_id, image) select id, $1 from users where email = 'nora@pictures.example'`,
		svg); err != nil {
		t.Fatal(err)
	}
	if _, err := a.c.Exec(t.Context(), `update users set avatar = 'svg' where email = 'nora@pictures.example'`); err != nil {
		t.Fatal(err)
	}
	if _, err := b.importing(a.export(w), archive.Options{Slug: "pictures"}); err != nil {
		t.Fatal(err)
	}
	var kept int
	var image []byte
	if err := b.c.QueryRow(t.Context(), `select count(*), min(encode(image, 'hex'))::text::bytea from avatars`).Scan(&kept,
		&image); err != nil {
		t.Fatal(err)
	}
	if kept != 1 || bytes.Contains(image, []byte(fmt.Sprintf("%x", "<svg"))) {
		t.Errorf("%d pictures are kept, want one, without what was behind it", kept)
	}
}

// An archive that is cut or altered anywhere is refused whole, and leaves nothing.
func TestDamagedArchives(t *testing.T) {
	t.Parallel()
	a := install(t)
	w := a.workspace("damaged")
	file := a.export(w)
	count := func() (schemas, users int) {
		if err := a.c.QueryRow(t.Context(), `select count(*) from users`).Scan(&users); err != nil {
			t.Fatal(err)
		}
		return a.schemas(), users
	}
	schemas, users := count()
	unchanged := func() {
		t.Helper()
		if s, u := count(); s != schemas || u != users {
			t.Errorf("archives that were refused left %d schemas and %d accounts", s-schemas, u-users)
		}
	}
	try := func(what string, b []byte) {
		t.Helper()
		if _, err := a.importing(b, archive.Options{Slug: "damaged-one"}); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	try("nothing", nil)
	try("no archive", []byte(strings.Repeat("no archive ", 100)))
	for _, n := range []int{len(file) - 1, len(file) / 2, 100} {
		try(fmt.Sprintf("cut to %d", n), file[:n])
	}
	// One byte changed: anywhere, and everywhere in the ZIP's directory, which its own
	// sums leave out.
	for i := range file {
		if step := len(file) / 500; i%step != 0 && i < len(file)-2000 {
			continue
		}
		b := bytes.Clone(file)
		b[i] ^= byte(1 << (i % 8))
		try(fmt.Sprintf("altered at %d of %d", i, len(file)), b)
	}
	unchanged()
	// Made anew with other rows, so that the ZIP itself is whole and its digest right.
	forge := func(change func(name string, text []byte) ([]byte, bool)) []byte {
		r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, f := range r.File {
			in, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(in)
			if err != nil {
				t.Fatal(err)
			}
			text, keep := change(f.Name, text)
			if !keep {
				continue
			}
			e, err := w.Create(f.Name)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = e.Write(text)
		}
		if err := errors.Join(w.SetComment(strings.Repeat("0", 64)), w.Close()); err != nil {
			t.Fatal(err)
		}
		b := out.Bytes()
		text := b[:len(b)-64]
		return fmt.Appendf(text, "%x", sha256.Sum256(text))
	}
	if _, err := a.importing(forge(func(_ string, text []byte) ([]byte, bool) { return text, true }),
		archive.Options{Slug: "damaged-not"}); err != nil {
		t.Error("made anew as it was: ", err)
	}
	schemas, users = count()
	try("a row more", forge(func(name string, text []byte) ([]byte, bool) {
		if name == "data/tags.csv" {
			text = append(text, "01890000-0000-7000-8000-000000000001,forged,red\n"...)
		}
		return text, true
	}))
	try("a table less", forge(func(name string, text []byte) ([]byte, bool) { return text, name != "data/deals.csv" }))
	try("no sums", forge(func(name string, text []byte) ([]byte, bool) { return text, name != "checksums.json" }))
	// Listed in the sums, and not in the manifest.
	try("a file more", forgeWith(t, file, func(add func(name string, text []byte)) { add("data/more.csv", bytes.Repeat([]byte("x"), 1<<20)) }))
	try("a file outside", forgeWith(t, file, func(add func(name string, text []byte)) { add("../outside", []byte("x")) }))
	try("another role", forge(func(name string, text []byte) ([]byte, bool) {
		if name == "manifest.json" {
			text = bytes.ReplaceAll(text, []byte(`"role": "member"`), []byte(`"role": "owner"`))
		}
		return text, true
	}))
	unchanged()
}

// Whatever the file, it is refused, and leaves nothing.
func FuzzArchive(f *testing.F) {
	d, err := db.Open(context.Background(), db.Config{URL: pg.NewDatabase(f), TenantRoles: true})
	if err == nil {
		_, err = d.MigrateShared(context.Background())
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(d.Close)
	var whole bytes.Buffer
	w := zip.NewWriter(&whole)
	for name, text := range map[string]string{"manifest.json": `{"format":1,"schema_version":9999,"tables":[{"name":"../x"}],
		"members":[{"avatar":"manifest.json"}]}`, "checksums.json": `{}`} {
		e, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(e, text)
		}
		if err != nil {
			f.Fatal(err)
		}
	}
	if err := errors.Join(w.SetComment(strings.Repeat("0", 64)), w.Close()); err != nil {
		f.Fatal(err)
	}
	digested := func(b []byte) []byte { return fmt.Appendf(bytes.Clone(b), "%x", sha256.Sum256(b)) }
	f.Add(whole.Bytes())
	f.Add(digested(whole.Bytes()[:whole.Len()-64]))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, b := range [][]byte{file, digested(file)} { // also under a digest that is right
			if _, err := archive.Import(t.Context(), d, bytes.NewReader(b), int64(len(b)), archive.Options{Slug: "fuzzed"}); err == nil {
				t.Error("accepted")
			}
		}
	})
}

// forgeWith makes the archive anew with further files, which its sums list.
func forgeWith(t *testing.T, file []byte, more func(add func(name string, text []byte))) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	sums := map[string]map[string]any{}
	write := func(name string, text []byte) {
		e, err := w.Create(name)
		if err == nil {
			_, err = e.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "checksums.json" {
			if err := json.Unmarshal(text, &sums); err != nil {
				t.Fatal(err)
			}
			continue
		}
		write(f.Name, text)
	}
	more(func(name string, text []byte) {
		write(name, text)
		sums[name] = map[string]any{"sha256": fmt.Sprintf("%x", sha256.Sum256(text)), "size": len(text)}
	})
	text, err := json.Marshal(sums)
	if err != nil {
		t.Fatal(err)
	}
	write("checksums.json", text)
	if err := errors.Join(w.SetComment(strings.Repeat("0", 64)), w.Close()); err != nil {
		t.Fatal(err)
	}
	b := out.Bytes()
	whole := b[:len(b)-64]
	return fmt.Appendf(whole, "%x", sha256.Sum256(whole))
}

// An archive of an older version is loaded as it was, then migrated.
func TestOlderArchive(t *testing.T) {
	t.Parallel()
	a := install(t)
	schema, err := a.db.CreateTenantSchemaAt(t.Context(), db.TenantVersion()-1)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for _, sql := range []string{
		`update tenants set state = 'active', slug = 'older', name = 'Older' where schema = '` + schema + `'`,
		`insert into users (id, email, name) values ('01890000-0000-7000-8000-000000000001', 'old@example.com', 'Old')`,
		`insert into memberships (id, tenant_id, user_id, role) select '01890000-0000-7000-8000-000000000002', id,
			'01890000-0000-7000-8000-000000000001', 'owner' from tenants where slug = 'older'`,
		`insert into ` + schema +
			`.members (id, user_id, name, email) values ('01890000-0000-7000-8000-000000000002', '01890000-0000-7000-8000-000000000001', 'Old',
				'old@example.com')`,
		`insert into ` + schema + `.customers (id, name) select gen_random_uuid(), 'Customer ' || g from generate_series(1, 50) g`,
	} {
		if _, err := a.c.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	var row shareddb.TenantBySlugRow
	if err := a.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) { row, err = tx.TenantBySlug(ctx, "older"); return err }); err != nil {
		t.Fatal(err)
	}
	file := a.export(tenant.FromRow(row.Tenant))
	b := install(t)
	there, err := b.importing(file, archive.Options{Slug: "newer"})
	if err != nil {
		t.Fatal(err)
	}
	if there.SchemaVersion != db.TenantVersion() {
		t.Errorf("it is at version %d", there.SchemaVersion)
	}
	// Every table that the older version has, but for columns that came since.
	old, now := a.sums(schema), b.sums(there.Schema, "custom")
	for name, sum := range old {
		rows, _, _ := strings.Cut(sum, " rows")
		if got, _, _ := strings.Cut(now[name], " rows"); got != rows || name != "members" && now[name] != sum {
			t.Errorf("%s: %s, was %s", name, now[name], sum)
		}
	}
	if len(old) < 12 || !strings.HasPrefix(old["customers"], "50 rows") {
		t.Errorf("%d tables, customers %s", len(old), old["customers"])
	}
	if err := seed.Customers(ctx, b.db, "newer", 3, nil); err != nil {
		t.Error("work in it: ", err)
	}
	// One of a version that is not known yet is refused.
	if _, err := b.db.CreateTenantSchemaAt(ctx, db.TenantVersion()+1); err == nil {
		t.Error("a version of the future")
	}
}
