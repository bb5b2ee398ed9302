// Package archive writes one workspace into a file, and makes a workspace of
// such a file again: here or elsewhere, also with a newer Paddock.
//
// An archive is a ZIP file (docs/archive.md): manifest.json, a CSV file per
// table, the members' pictures, and last checksums.json, with which everything
// else is compared before anything is loaded. The ZIP's comment is the digest of
// all bytes before it.
package archive

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/avatar"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// Format is the version of the archive itself, not of what is in it.
const Format = 1

// Manifest says what an archive holds.
type Manifest struct {
	Format        int        `json:"format"`
	SchemaVersion int64      `json:"schema_version"`
	ExportedAt    time.Time  `json:"exported_at"`
	Slug          string     `json:"slug"`
	Settings      Settings   `json:"settings"`
	Members       []Member   `json:"members"`
	Tables        []db.Table `json:"tables"` // in the order in which they can be loaded
}

// Settings are the workspace's own. What lets people in elsewhere (a provider
// and its secret, proven domains, invitations) is not among them.
type Settings struct {
	Name        string `json:"name"`
	Currency    string `json:"currency"`
	Country     string `json:"country"`
	TimeZone    string `json:"time_zone"`
	DateStyle   string `json:"date_style"`
	NumberStyle string `json:"number_style"`
	// RequireSecondFactor is false in archives of before it was noted.
	RequireSecondFactor bool `json:"require_second_factor"`
}

// Member is somebody who is in the workspace; who has left is in the table of
// members alone.
type Member struct {
	ID     uuid.UUID `json:"id"`
	Email  string    `json:"email"`
	Name   string    `json:"name"`
	Role   string    `json:"role"`
	Avatar string    `json:"avatar,omitempty"` // the file of the picture
}

// file is a part of the archive as checksums.json knows it.
type file struct {
	SHA256 string `json:"sha256"`
	Rows   int64  `json:"rows,omitempty"`
	Size   int64  `json:"size,omitempty"` // in bytes; 0 in archives of before it was noted
}

const (
	manifestName  = "manifest.json"
	checksumsName = "checksums.json"
)

// Export writes the workspace as it is at this moment, streaming: nothing of it
// is held in memory, and nobody who works in it waits. report, which may be nil,
// hears of each table.
func Export(ctx context.Context, d *db.DB, t tenant.Tenant, out io.Writer, report func(done, total int)) error {
	return d.Snapshot(ctx, t.Schema, func(s *db.Snapshot) error {
		digested := &digester{out: out, sum: sha256.New()}
		w := &writer{zip: zip.NewWriter(digested), files: map[string]file{}}
		m := Manifest{Format: Format, ExportedAt: time.Now().UTC()}
		var err error
		if m.Tables, err = s.Tables(ctx); err != nil {
			return err
		}
		pictures, err := readShared(ctx, s, t.ID, &m)
		if err != nil {
			return err
		}
		for _, name := range db.TenantTables(m.SchemaVersion) { // or nobody could import it
			if !slices.ContainsFunc(m.Tables, func(t db.Table) bool { return t.Name == name }) {
				return fmt.Errorf("%w: %s; paddock doctor says what can be done", db.ErrNoTable, name)
			}
		}
		if err := w.json(manifestName, m); err != nil {
			return err
		}
		for i, table := range m.Tables {
			if err := w.add(tableName(table), func(out io.Writer) (int64, error) { return s.CopyTo(ctx, table, out) }); err != nil {
				return fmt.Errorf("%s: %w", table.Name, err)
			}
			if report != nil {
				report(i+1, len(m.Tables))
			}
		}
		for name, image := range pictures {
			if err := w.add(name, func(out io.Writer) (int64, error) {
				_, err := out.Write(image)
				return 0, err
			}); err != nil {
				return err
			}
		}
		if err := w.json(checksumsName, w.files); err != nil {
			return err
		}
		if err := w.zip.SetComment(strings.Repeat("0", digestSize)); err != nil {
			return err
		}
		if err := w.zip.Close(); err != nil {
			return err
		}
		return digested.end()
	})
}

// digestSize is the length of the digest, the last bytes of an archive: in hex, the
// SHA-256 of all bytes before it. A ZIP's own sums leave out its directory.
const digestSize = 2 * sha256.Size

// digester sums what goes through it, and holds back the place of the digest.
type digester struct {
	out  io.Writer
	sum  hash.Hash
	held []byte
}

func (d *digester) Write(p []byte) (int, error) {
	d.held = append(d.held, p...)
	if n := len(d.held) - digestSize; n > 0 {
		d.sum.Write(d.held[:n])
		if _, err := d.out.Write(d.held[:n]); err != nil {
			return 0, err
		}
		d.held = append(d.held[:0], d.held[n:]...)
	}
	return len(p), nil
}

func (d *digester) end() error {
	_, err := io.WriteString(d.out, hex.EncodeToString(d.sum.Sum(nil)))
	return err
}

// checkDigest returns ErrDamaged where any byte is not as it was written.
func checkDigest(in io.ReaderAt, size int64) error {
	if size < digestSize {
		return fmt.Errorf("%w: it is too short", ErrDamaged)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(in, 0, size-digestSize)); err != nil {
		return err
	}
	digest := make([]byte, digestSize)
	if _, err := in.ReadAt(digest, size-digestSize); err != nil && err != io.EOF {
		return err
	}
	if string(digest) != hex.EncodeToString(sum.Sum(nil)) {
		return fmt.Errorf("%w: it is not as it was written", ErrDamaged)
	}
	return nil
}

// readShared reads what stands of the workspace in the shared schema, and returns
// its members' pictures by the names of their files.
func readShared(ctx context.Context, s *db.Snapshot, id uuid.UUID, m *Manifest) (pictures map[string][]byte, err error) {
	pictures = map[string][]byte{}
	err = s.Shared(ctx, func(row func(string, []any, ...any) error) error {
		var members []byte
		err := row(`
			select t.slug, t.schema_version, t.name, t.currency, t.country, t.time_zone, t.date_style, t.number_style, t.require_second_factor,
			       (select coalesce(json_agg(json_build_object('id', m.id, 'email', u.email, 'name', u.name, 'role', m.role, 'avatar', u.avatar)
			       order by m.created_at, m.id), '[]')
			        from public.memberships m join public.users u on u.id = m.user_id where m.tenant_id = t.id)
			from public.tenants t where t.id = $1`, []any{id},
			&m.Slug, &m.SchemaVersion, &m.Settings.Name, &m.Settings.Currency, &m.Settings.Country, &m.Settings.TimeZone, &m.Settings.DateStyle,
			&m.Settings.NumberStyle, &m.Settings.RequireSecondFactor, &members)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(members, &m.Members); err != nil {
			return err
		}
		for i, x := range m.Members {
			if x.Avatar == "" {
				continue
			}
			var image []byte
			err := row(`select a.image from public.avatars a join public.users u on u.id = a.user_id where u.email = $1`, []any{x.Email}, &image)
			if errors.Is(err, pgx.ErrNoRows) {
				m.Members[i].Avatar = ""
				continue
			}
			if err != nil {
				return err
			}
			m.Members[i].Avatar = "files/avatars/" + x.ID.String() + ".png"
			pictures[m.Members[i].Avatar] = image
		}
		return nil
	})
	return pictures, err
}

func tableName(t db.Table) string { return path.Join("data", t.Name+".csv") }

// writer notes the checksum of everything it writes.
type writer struct {
	zip   *zip.Writer
	files map[string]file
}

func (w *writer) add(name string, write func(io.Writer) (int64, error)) error {
	entry, err := w.zip.Create(name)
	if err != nil {
		return err
	}
	sum := sha256.New()
	var size counter
	rows, err := write(io.MultiWriter(entry, sum, &size))
	w.files[name] = file{hex.EncodeToString(sum.Sum(nil)), rows, int64(size)}
	return err
}

// counter counts the bytes written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (w *writer) json(name string, v any) error {
	return w.add(name, func(out io.Writer) (int64, error) {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return 0, e.Encode(v)
	})
}

// ErrDamaged is answered for what is no archive, or not as it was written.
var ErrDamaged = errors.New("archive: not an archive of a workspace, or damaged")

// reader is an archive whose every file has been compared with its checksum.
type reader struct {
	zip      *zip.Reader
	manifest Manifest
	files    map[string]file
}

// Bounds of what is read before an archive is known to be one.
const (
	maxList    = 64 << 20 // bytes of the manifest, and of the checksums
	maxPicture = 1 << 20  // bytes of somebody's picture
)

// open compares every file with its checksum. What the manifest does not speak of is
// not unpacked, nor more of a file than is written there.
func open(in io.ReaderAt, size int64) (*reader, error) {
	z, err := zip.NewReader(in, size)
	if err != nil {
		return nil, errors.Join(ErrDamaged, err)
	}
	// Of the whole, and first: what is not as it was written is not unpacked.
	if err := checkDigest(in, size); err != nil {
		return nil, err
	}
	r := &reader{zip: z}
	if err := r.json(checksumsName, &r.files); err != nil {
		return nil, err
	}
	if err := r.json(manifestName, &r.manifest); err != nil {
		return nil, err
	}
	if r.manifest.Format != Format {
		return nil, fmt.Errorf("archive: format %d, and this program knows %d", r.manifest.Format, Format)
	}
	expected := map[string]bool{manifestName: true}
	for _, t := range r.manifest.Tables {
		expected[tableName(t)] = true
	}
	for _, m := range r.manifest.Members {
		if m.Avatar != "" {
			expected[m.Avatar] = true
		}
	}
	if len(z.File) != len(expected)+1 || len(r.files) != len(expected) {
		return nil, fmt.Errorf("%w: it holds %d files, and its manifest speaks of %d", ErrDamaged, len(z.File), len(expected)+1)
	}
	for _, f := range z.File {
		if f.Name == checksumsName {
			continue
		}
		want, known := r.files[f.Name]
		if !known || !expected[f.Name] {
			return nil, fmt.Errorf("%w: %s does not belong there", ErrDamaged, f.Name)
		}
		delete(expected, f.Name)            // a second one of the name does not belong there
		size := int64(f.UncompressedSize64) //nolint:gosec // one that is too large is refused below
		if size < 0 || want.Size != 0 && want.Size != size {
			return nil, fmt.Errorf("%w: %s is not as large as it was written", ErrDamaged, f.Name)
		}
		sum := sha256.New()
		if err := r.read(f.Name, func(in io.Reader) error {
			n, err := io.Copy(sum, io.LimitReader(in, size+1))
			if err == nil && n != size {
				err = fmt.Errorf("%s is longer than it says", f.Name)
			}
			return err
		}); err != nil {
			return nil, errors.Join(ErrDamaged, err)
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != want.SHA256 {
			return nil, fmt.Errorf("%w: %s is not as it was written", ErrDamaged, f.Name)
		}
	}
	return r, nil
}

func (r *reader) read(name string, fn func(io.Reader) error) error {
	f, err := r.zip.Open(name)
	if err != nil {
		return errors.Join(ErrDamaged, err)
	}
	defer f.Close()
	return fn(f)
}

func (r *reader) json(name string, into any) error {
	return r.read(name, func(in io.Reader) error {
		if err := json.NewDecoder(io.LimitReader(in, maxList)).Decode(into); err != nil {
			return errors.Join(ErrDamaged, err)
		}
		return nil
	})
}

// Options of Import.
type Options struct {
	Slug    string
	Replace bool                  // the workspace of this name steps aside, deleted; or is deleted already
	Of      uuid.UUID             // the workspace that the archive is a copy of, whose members are known here
	Report  func(done, total int) // may be nil; hears of each table
	// Invited writes to somebody who has an account here, with the token of their
	// invitation, in the transaction of the import; nil writes nothing.
	Invited func(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, email, role, token string) error
}

// Imported is a workspace that was made of an archive, and what became of its people.
type Imported struct {
	tenant.Tenant
	People []Person
}

// Person is somebody whom the archive names as a member.
type Person struct {
	Email string // by now
	Role  string
	Came  Came
}

// Came is how somebody came into an imported workspace.
type Came string

// How somebody came.
const (
	Known   Came = "known"   // a member, for the archive knows their membership here by its id
	Invited Came = "invited" // they have an account, and are asked
	Made    Came = "made"    // a member, with an account that was made without a password
	Twice   Came = "twice"   // not in: another member of the archive is the same person here
	Left    Came = "left"    // not in: a member of the workspace that was replaced, and not of the archive
)

// Import makes a workspace of an archive. Whose membership the archive knows by its id
// (it is of this installation) is a member at once, whatever address they have by now.
// Others are found by their addresses: who has no account gets one without a password,
// and comes in once they have proven the address; who has one is invited, for an
// archive can name anybody. Nothing of an account that is here is touched. An archive
// of an older version is loaded as it was, and then migrated. The workspace is there
// when all of it is.
func Import(ctx context.Context, d *db.DB, in io.ReaderAt, size int64, o Options) (t Imported, err error) {
	r, err := open(in, size)
	if err != nil {
		return t, err
	}
	m := r.manifest
	err = d.SharedRead(ctx, func(tx *db.SharedTx) error { // before the work is done, and once more after it
		_, err := o.free(ctx, tx)
		return err
	})
	if err != nil {
		return t, err
	}
	schema, err := d.CreateTenantSchemaAt(ctx, m.SchemaVersion)
	if err != nil {
		return t, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.DropSchema(context.WithoutCancel(ctx), schema))
		}
	}()
	err = d.Load(ctx, schema, func(l *db.Loader) error {
		if err := l.Clear(ctx, m.Tables); err != nil {
			return err
		}
		for i, table := range m.Tables {
			err := r.read(tableName(table), func(in io.Reader) error {
				n, err := l.CopyFrom(ctx, table, in)
				if err == nil && n != r.files[tableName(table)].Rows {
					err = fmt.Errorf("%w: %d rows of %d", ErrDamaged, n, r.files[tableName(table)].Rows)
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("%s: %w", table.Name, err)
			}
			if o.Report != nil {
				o.Report(i+1, len(m.Tables))
			}
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	if err = d.MigrateSchema(ctx, schema); err != nil {
		return t, err
	}
	err = d.Shared(ctx, func(tx *db.SharedTx) (err error) {
		t.Tenant, t.People, err = claim(ctx, tx, schema, r, o)
		return err
	})
	return t, err
}

// free returns the workspace that steps aside for the archive, if there is one;
// it answers tenant.ErrSlug….
func (o Options) free(ctx context.Context, tx *db.SharedTx) (before tenant.Tenant, err error) {
	err = tenant.CheckSlug(ctx, tx, o.Slug)
	if !errors.Is(err, tenant.ErrSlugTaken) || !o.Replace {
		return before, err
	}
	row, err := tx.TenantBySlug(ctx, o.Slug)
	if errors.Is(err, pgx.ErrNoRows) {
		err = tenant.ErrSlugTaken // it leads to a workspace that was renamed
	}
	return tenant.FromRow(row.Tenant), err
}

// person is a member of an archive as they are known here.
type person struct {
	Person
	user uuid.UUID
}

// accounts finds or makes the users whom the members are, in their order.
func accounts(ctx context.Context, tx *db.SharedTx, r *reader, t tenant.Tenant, of uuid.UUID) ([]person, error) {
	people := make([]person, len(r.manifest.Members))
	for i, x := range r.manifest.Members {
		people[i] = person{Person: Person{Email: x.Email, Role: x.Role}}
		user, err := known(ctx, tx, x.ID, of)
		if err != nil {
			return nil, err
		}
		if user != nil {
			people[i].user, people[i].Email, people[i].Came = user.ID, user.Email, Known
		}
	}
	for i, x := range r.manifest.Members {
		p := &people[i]
		if p.Came != "" {
			continue
		}
		row, err := tx.UserByEmail(ctx, x.Email)
		switch {
		case err == nil && slices.ContainsFunc(people, func(other person) bool { return other.user == row.ID }):
			p.Came = Twice
			continue
		case err == nil:
			p.user, p.Came = row.ID, Invited
			continue
		case !errors.Is(err, pgx.ErrNoRows):
			return nil, err
		}
		p.user, p.Came = uuid.Must(uuid.NewV7()), Made
		if err := tx.UserInsert(ctx, shareddb.UserInsertParams{ID: p.user, Email: x.Email, Name: x.Name}); err != nil {
			return nil, err
		}
		if x.Avatar == "" {
			continue
		}
		if err := picture(ctx, tx, r, t, p.user, x.Avatar); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// known is whose membership the id is here: in the workspace that it is of, if there is
// one, else in any; nil for nobody's.
func known(ctx context.Context, tx *db.SharedTx, id, of uuid.UUID) (*shareddb.UserByIDRow, error) {
	m, err := tx.MembershipGet(ctx, id, of)
	user := m.UserID
	if errors.Is(err, pgx.ErrNoRows) {
		user, err = tx.MembershipAnywhere(ctx, id)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // nobody
	}
	if err != nil {
		return nil, err
	}
	u, err := tx.UserByID(ctx, user)
	return &u, err
}

// picture keeps somebody's, made anew; what is none is left out.
func picture(ctx context.Context, tx *db.SharedTx, r *reader, t tenant.Tenant, id uuid.UUID, name string) error {
	var raw []byte
	if err := r.read(name, func(in io.Reader) (err error) {
		raw, err = io.ReadAll(io.LimitReader(in, maxPicture))
		return err
	}); err != nil {
		return err
	}
	image, err := avatar.Make(ctx, t.ID, raw)
	if errors.Is(err, avatar.ErrImage) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.AvatarPut(ctx, id, image); err != nil {
		return err
	}
	return tx.UserSetAvatar(ctx, fingerprint(sha256.New(), id[:], image), id)
}

func fingerprint(h hash.Hash, parts ...[]byte) string {
	for _, p := range parts {
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// claim gives the loaded schema its name and its people.
func claim(ctx context.Context, tx *db.SharedTx, schema string, r *reader, o Options) (t tenant.Tenant, people []Person, err error) {
	if err := tx.TenantLockSlug(ctx, o.Slug); err != nil {
		return t, nil, err
	}
	before, err := o.free(ctx, tx)
	if err != nil {
		return t, nil, err
	}
	if before.ID != uuid.Nil {
		if err := tx.TenantReplace(ctx, "replaced-"+time.Now().UTC().Format("20060102150405")+"-"+before.Schema[len(before.Schema)-4:],
			before.ID); err != nil {
			return t, nil, err
		}
	}
	set := r.manifest.Settings
	row, err := tx.TenantClaimSchema(ctx, shareddb.TenantClaimSchemaParams{
		Schema: schema, Slug: o.Slug, Name: set.Name, Currency: set.Currency, Country: set.Country,
		TimeZone: set.TimeZone, DateStyle: set.DateStyle, NumberStyle: set.NumberStyle, RequireSecondFactor: set.RequireSecondFactor,
	})
	if err != nil {
		return t, nil, err
	}
	t = tenant.FromRow(row.Tenant)
	if before.ID != uuid.Nil {
		o.Of = before.ID
	}
	if people, err = join(ctx, tx, r, t, o); err != nil {
		return t, nil, err
	}
	if o.Of != uuid.Nil { // a copy too is as closed, and as bounded, as what it is of
		if err := tx.TenantTakeOver(ctx, t.ID, o.Of); err != nil {
			return t, nil, err
		}
	}
	if before.ID == uuid.Nil {
		return t, people, nil
	}
	left, err := tx.MembershipsLost(ctx, before.ID, t.ID)
	if err != nil {
		return t, nil, err
	}
	for _, l := range left {
		if !slices.ContainsFunc(people, func(p Person) bool { return p.Email == l.Email }) {
			people = append(people, Person{l.Email, l.Role, Left})
		}
	}
	// Who is in stays signed in.
	if err := tx.SessionsMove(ctx, t.ID, before.ID); err != nil {
		return t, nil, err
	}
	// What is the workspace's and in no archive goes on with it.
	for _, move := range []func(ctx context.Context, to, from uuid.UUID) error{
		tx.DomainsMove, tx.FormerSlugsMove, tx.InvitationsMove, tx.ProviderMove, tx.EmailDomainsMove, tx.IdentitiesMove,
	} {
		if err := move(ctx, t.ID, before.ID); err != nil {
			return t, nil, err
		}
	}
	return t, people, nil
}

// join makes the people of the archive members, or invites them. Who is invited has
// their place there already, and finds what they looked after.
func join(ctx context.Context, tx *db.SharedTx, r *reader, t tenant.Tenant, o Options) (all []Person, err error) {
	people, err := accounts(ctx, tx, r, t, o.Of)
	if err != nil {
		return nil, err
	}
	var ids, users, waiting []uuid.UUID
	for i, p := range people {
		all = append(all, p.Person)
		if p.Came == Twice {
			continue
		}
		id := r.manifest.Members[i].ID
		ids, users = append(ids, id), append(users, p.user)
		if p.Came != Invited {
			if err := tx.MembershipInsert(ctx, shareddb.MembershipInsertParams{ID: id, TenantID: t.ID, UserID: p.user, Role: p.Role}); err != nil {
				return nil, err
			}
			continue
		}
		waiting = append(waiting, id)
		token, err := auth.InviteImported(ctx, tx, t.ID, p.Email, auth.Role(p.Role))
		if err == nil && o.Invited != nil {
			err = o.Invited(ctx, tx, t, p.Email, p.Role, token)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := tx.TenantFieldsChanged(ctx, t.ID); err != nil { // it may have fields of its own
		return nil, err
	}
	scope := db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema})
	return all, tx.AsTenant(scope, func(tx *db.TenantTx) error {
		if err := tx.MemberSetUsers(scope, ids, users); err != nil {
			return err
		}
		for _, id := range waiting {
			if err := tx.MemberLeave(scope, id); err != nil {
				return err
			}
		}
		return nil
	})
}
