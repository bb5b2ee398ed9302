package web_test

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"image"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Sign-up tells a known address from an unknown one by nothing that a weak
// password brings about.
func TestSignUpJudgesPasswordsAlike(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	known := pg.NewUser(t)
	for _, password := range []string{"short", "passwordpassword", ""} {
		ask := func(email string) string {
			form := signUpForm(pg.Unique("alike"))
			form.Set("email", email)
			form.Set("password", password)
			res := app.Client(t).Post(app.Site("/signup"), form).Want(http.StatusUnprocessableEntity)
			return res.Text("#password-error") + " " + res.Select("#email-error").Text()
		}
		if a, b := ask(known.Email), ask(pg.Unique("unknown")+"@example.com"); a != b {
			t.Errorf("with %q: %q for a known address, %q for an unknown one", password, a, b)
		}
	}
}

// What a mail links to is on our host and port, whatever port the client says.
func TestMailedLinksAreOurs(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	email := pg.Unique("port") + "@example.com"
	r := c.Request(http.MethodPost, w.URL("/settings/security/email"), url.Values{"email": {email}})
	r.Host = w.Slug + ".paddock.test:6666"
	c.Do(r).Want(http.StatusSeeOther)
	if m := app.Mail(t, email, "new address"); strings.Contains(m.Text, "6666") || !strings.Contains(m.Text, w.URL("/email/verify")) {
		t.Errorf("the mail leads to another port:\n%s", m.Text)
	}
}

// A request's id is ours: what the client calls it is repeated nowhere.
func TestRequestIDIsOurs(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	c := app.Client(t)
	r := c.Request(http.MethodGet, app.Site("/nothing"), nil)
	r.Header.Set("X-Request-Id", strings.Repeat("evil", 100))
	res := c.Do(r)
	if id := res.Header.Get("X-Request-Id"); id == "" || len(id) > 40 || strings.Contains(id, "evil") ||
		strings.Contains(res.Body, "evilevil") {
		t.Errorf("the request is called %.100q", id)
	}
}

// Undoing asks for what the change itself asked for.
func TestUndoAsksWhatTheChangeAsked(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, member := app.NewWorkspace(t), pg.NewUser(t)
	w.Join(member, auth.Member)
	pipeline := apptest.Records["settings/pipelines"](w)
	tag := apptest.Records["settings/tags"](w)
	note := apptest.Records["notes"](w) // of the owner's
	last := func() (set uuid.UUID) {
		if err := pg.Superuser(t).QueryRow(t.Context(), `select change_set from `+w.Schema+`.changes order by id desc limit 1`).
			Scan(&set); err != nil {
			t.Fatal(err)
		}
		return set
	}
	owner := w.Client(w.Owner)
	changes := map[string]func() int{
		"a tag": func() int {
			return owner.Put(w.URL("/settings/tags/"+tag.ID.String()), url.Values{"name": {"Renamed tag"}, "color": {"red"}}).Status
		},
		"a pipeline": func() int {
			return owner.Delete(w.URL("/settings/pipelines/"+pipeline.ID.String()), url.Values{"version": {"1"}}).Status
		},
		"a note": func() int {
			return owner.Put(w.URL("/notes/"+note.ID.String()), url.Values{"body": {"Rewritten"}, "version": {"1"}}).Status
		},
	}
	for what, change := range changes {
		if status := change(); status != http.StatusSeeOther {
			t.Fatalf("%s: %d", what, status)
		}
		set := last()
		if status := w.Client(member).Put(w.URL("/changes/"+set.String()+"/reversal"), nil).Status; status != http.StatusForbidden {
			t.Errorf("%s, taken back by a member: %d, want 403", what, status)
		}
		if status := owner.Put(w.URL("/changes/"+set.String()+"/reversal"), nil).Status; status != http.StatusSeeOther &&
			(what != "a pipeline" || status != http.StatusConflict) {
			t.Errorf("%s, taken back by the owner: %d", what, status) // a pipeline that is gone is gone
		}
	}
	// What members may change they may take back.
	var set uuid.UUID
	w.As(w.Owner, func(ctx context.Context, tx *db.TenantTx) error {
		set = tx.ChangeSet()
		r, err := tx.CustomerGet(ctx, w.Customer(tenantdb.CustomerUpdateParams{Name: "Before"}))
		if err != nil {
			return err
		}
		_, err = tx.CustomerUpdate(ctx, tenantdb.CustomerUpdateParams{ID: r.ID, Version: r.Version, Name: "After", Type: r.Type})
		return err
	})
	w.Client(member).Put(w.URL("/changes/"+set.String()+"/reversal"), nil).Want(http.StatusSeeOther)
}

// Whoever signs out leaves nothing in the browser's cache, and nothing of ours is
// shown inside of another site.
func TestHeadersOfSignOut(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	res := w.Client(w.Owner).Post(w.URL("/signout"), nil).Want(http.StatusSeeOther)
	if got := res.Header.Get("Clear-Site-Data"); !strings.Contains(got, `"cache"`) {
		t.Errorf("Clear-Site-Data %q", got)
	}
	if got := res.Header.Get("Cross-Origin-Resource-Policy"); got != "same-origin" {
		t.Errorf("Cross-Origin-Resource-Policy %q", got)
	}
}

// progressive is a gray JPEG of one block that its file goes over n times.
func progressive(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	b.Write([]byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0})
	b.Write(bytes.Repeat([]byte{1}, 64))
	b.Write([]byte{0xff, 0xc2, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0})
	b.Write([]byte{0xff, 0xc4, 0, 20, 0, 1})
	b.Write(make([]byte, 15))
	b.WriteByte(0)
	for range n {
		b.Write([]byte{0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0x7f})
	}
	b.Write([]byte{0xff, 0xd9})
	if _, _, err := image.Decode(bytes.NewReader(b.Bytes())); err != nil {
		t.Fatal("this is no picture: ", err)
	}
	return b.Bytes()
}

// A small file that takes long to decode is refused before it is.
func TestPictureOfManyScans(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	c := w.Client(w.Owner)
	for n, want := range map[int]int{1: http.StatusSeeOther, 12: http.StatusSeeOther, 5000: http.StatusUnprocessableEntity} {
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		_ = m.WriteField("_method", "PUT")
		f, _ := m.CreateFormFile("avatar", "me.jpg")
		_, _ = f.Write(progressive(t, n))
		_ = m.Close()
		r := c.Request(http.MethodPost, w.URL("/settings/profile/avatar"), nil)
		r.Body, r.ContentLength = readCloser(body.Bytes()), int64(body.Len())
		r.Header.Set("Content-Type", m.FormDataContentType())
		c.Do(r).Want(want)
	}
}

// Calls of somebody else's server are made where no slot is held: by page.Abroad.
func TestForeignCallsHoldNoSlot(t *testing.T) {
	t.Parallel()
	foreign := map[string]bool{"OIDC.Start": true, "OIDC.Finish": true, "OIDC.Discover": true, "domains.Prove": true}
	found := 0
	files, err := filepath.Glob("*/*.go") // the rooms
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := gotoken.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		var inside []ast.Node // calls of page.Abroad around the node that is looked at
		ast.PreorderStack(file, nil, func(n ast.Node, stack []ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			of := ""
			switch x := f.X.(type) {
			case *ast.Ident:
				of = x.Name
			case *ast.SelectorExpr:
				of = x.Sel.Name
			}
			if !foreign[of+"."+f.Sel.Name] {
				return true
			}
			found++
			inside = inside[:0]
			for _, s := range stack {
				if c, ok := s.(*ast.CallExpr); ok {
					if sel, ok := c.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Abroad" {
						inside = append(inside, c)
					}
				}
			}
			if len(inside) == 0 {
				t.Errorf("%s: %s.%s outside of page.Abroad", fset.Position(n.Pos()), of, f.Sel.Name)
			}
			return true
		})
	}
	if found < len(foreign) {
		t.Errorf("%d calls found: this looks at nothing", found)
	}
}

// A team comes back from its provider at once, and everybody is let in, beside a
// stranger who sends what they can.
func TestTeamSignsInAtOnce(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	tokens := make([]string, 12)
	for i := range tokens {
		tokens[i] = w.Handoff(w.Owner)
	}
	ctx, stop := context.WithCancel(t.Context())
	var stranger, team sync.WaitGroup
	for range 3 {
		stranger.Go(func() {
			c := app.Client(t)
			for ctx.Err() == nil {
				c.Post(w.URL("/signin"), url.Values{"email": {"nobody@example.com"}, "password": {"a wrong password"}})
			}
		})
	}
	for _, token := range tokens {
		team.Go(func() {
			if res := app.Client(t).Post(w.URL("/handoff"), url.Values{"token": {token}}); res.Status != http.StatusSeeOther {
				t.Errorf("one of the team: %d", res.Status)
			}
		})
	}
	team.Wait()
	stop()
	stranger.Wait()
}
