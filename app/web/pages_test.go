package web_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/config"
)

// Whoever may not do something reads who can help, and gets back to where they were.
func TestForbiddenSaysWhoHelps(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	viewer := pg.NewUser(t)
	w.Join(viewer, auth.Viewer)
	c := w.Client(viewer)
	from := func(referer string) *apptest.Response {
		t.Helper()
		r := c.Request(http.MethodGet, w.URL("/customers/new"), nil)
		r.Header.Set("Referer", referer)
		return c.Do(r).Want(http.StatusForbidden)
	}
	res := from(w.URL("/customers?q=voss"))
	if got := res.Text("[role=alert] p"); !strings.Contains(got, "Ask "+w.Owner.Name+" to do it") {
		t.Errorf("it says %q", got)
	}
	if back, _ := res.Find("[role=alert] a.primary").Attr("href"); back != "/customers?q=voss" {
		t.Errorf("it leads back to %q", back)
	}
	if n := from("https://elsewhere.example/").Select("[role=alert] a.primary").Length(); n != 0 {
		t.Error("it leads to another site")
	}
}

// The public site has the operator's own pages, of those files that are there.
func TestOwnPages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"privacy.md": "# Privacy\n\n## Cookies\n\nNone <script>alert(1)</script>.", "notes.md": "# Not for you",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	app := apptest.With(t, func(c *config.Config) { c.Pages = dir })
	c := app.Client(t)
	landing := c.Get(app.Site("/")).Want(http.StatusOK)
	if got := landing.Text("footer nav"); got != "Privacy" {
		t.Errorf("the footer has %q", got)
	}
	image, _ := landing.Find(`meta[property="og:image"]`).Attr("content")
	if !strings.HasPrefix(image, app.Site("/static/preview")) {
		t.Errorf("the preview's picture is %q", image)
	}
	res := c.Get(app.Site("/privacy")).Want(http.StatusOK)
	if res.Text("h1") != "Privacy" || res.Text("h2") != "Cookies" || res.Select("main script").Length() != 0 {
		t.Errorf("it is %s", res.Body)
	}
	for _, path := range []string{"/terms", "/pricing", "/imprint", "/notes"} {
		c.Get(app.Site(path)).Want(http.StatusNotFound)
	}
	// A change shows at once.
	if err := os.WriteFile(filepath.Join(dir, "terms.md"), []byte("# Terms"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := c.Get(app.Site("/terms")).Want(http.StatusOK).Text("footer nav"); !strings.Contains(got, "Terms") {
		t.Errorf("the footer has %q", got)
	}
}
