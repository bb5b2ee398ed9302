package web_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/web"
)

// large is a multipart form with a part of n bytes.
func large(t *testing.T, method string, n int) (body []byte, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	err := w.WriteField("_method", method)
	if err == nil {
		var part io.Writer
		if part, err = w.CreateFormFile("avatar", "picture.png"); err == nil {
			_, err = part.Write(bytes.Repeat([]byte("x"), n))
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}

// A large body, sent to every route of every host by nobody and by a member, leaves
// nothing in the directory for temporary files; and two hundred at once take a
// bounded amount of memory.
func TestBodiesAreNotWrittenToDisk(t *testing.T) {
	app := apptest.Start(t)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir) // so it is not parallel
	w := app.NewWorkspace(t)
	r := apptest.Records["customers"](w)
	op, _ := operator(t, app)
	empty := func(what string) {
		t.Helper()
		if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
			t.Fatalf("%s left %v, %v", what, files, err)
		}
	}
	forms := map[string]struct {
		body        []byte
		contentType string
	}{}
	send := func(c *apptest.Client, method, u string, n int) (status int) {
		override := method
		if method != http.MethodPut && method != http.MethodDelete {
			override = ""
		}
		sent, ok := forms[override+strconv.Itoa(n)]
		if !ok {
			sent.body, sent.contentType = large(t, override, n)
			forms[override+strconv.Itoa(n)] = sent
		}
		req := httptest.NewRequest(http.MethodPost, u, bytes.NewReader(sent.body))
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Content-Type", sent.contentType)
		for _, cookie := range c.HTTP.Jar.Cookies(req.URL) {
			req.AddCookie(cookie)
		}
		answer := httptest.NewRecorder()
		app.Web.ServeHTTP(answer, req)
		return answer.Code
	}
	fill := strings.NewReplacer(":id", r.ID.String(), ":slug", w.Slug, ":name", "x", ":domain", "x.example", ":host", "x.example", ":provider",
		"workspace", ":token", "none", "*", "x")
	member := w.Client(w.Owner)
	for _, host := range []struct {
		routes []web.Route
		at     func(path string) string
		known  *apptest.Client
	}{{web.SiteRoutes(app.Web), app.Site, member}, {web.WorkspaceRoutes(app.Web), w.URL, member},
		{web.ConsoleRoutes(app.Web), app.Console, op}} {
		for _, route := range host.routes {
			if route.Path == "/signout" || strings.HasPrefix(route.Path, "/settings/security/sessions") || route.Path == "/settings/membership" {
				continue // those who send would be out
			}
			for who, c := range map[string]*apptest.Client{"nobody": app.Client(t), "a member": host.known} {
				status := send(c, route.Method, host.at(fill.Replace(route.Path)), 1200<<10)
				what := who + "’s " + route.Method + " " + route.Path
				if status >= 500 || status == http.StatusOK {
					t.Errorf("%s: %d", what, status)
				}
				empty(what)
			}
		}
	}
	// Hosts and paths that nobody has.
	for _, u := range []string{app.Site("/nothing"), w.URL("/nothing"), app.At("nobody-has-this", "/"), w.URL("/static/x"),
		w.URL("/healthz")} {
		send(app.Client(t), http.MethodPost, u, 2<<20)
		empty(u)
	}
	// The one that takes pictures: a member's is read, and is none; a stranger's is not read.
	if status := send(member, http.MethodPut, w.URL("/settings/profile/avatar"), 7<<20); status != http.StatusUnprocessableEntity {
		t.Errorf("seven megabytes of no picture: %d", status)
	}
	if status := send(member, http.MethodPut, w.URL("/settings/profile/avatar"), 9<<20); status != http.StatusRequestEntityTooLarge {
		t.Errorf("nine megabytes: %d", status)
	}
	empty("pictures")

	var peak atomic.Uint64
	done := make(chan struct{})
	go func() {
		for look := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-done:
				return
			case <-look.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.HeapInuse))
			}
		}
	}()
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var wg sync.WaitGroup
	eight := bytes.Repeat([]byte("x"), 8<<20)
	for i := range 200 {
		wg.Go(func() {
			u := []string{w.URL("/customers"), app.Site("/signup"), w.URL("/nothing")}[i%3]
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u, bytes.NewReader(eight))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Content-Type", "multipart/form-data; boundary=y")
			if res, err := app.Client(t).HTTP.Do(req); err == nil {
				res.Body.Close()
			}
		})
	}
	wg.Wait()
	close(done)
	if used := peak.Load() - min(peak.Load(), before.HeapInuse); used > 200<<20 {
		t.Errorf("two hundred at once took %d MB", used>>20)
	}
	empty("two hundred at once")
}

// The longest text that a field takes is taken, from a plain form too, whose method
// stands in its body.
func TestLongTextsAreTaken(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	c := w.Client(w.Owner)
	long := strings.Repeat("🏁", 10_000)
	to := c.Post(w.URL("/customers"), url.Values{"name": {"Long"}, "description": {long}}).Want(http.StatusSeeOther).Header.Get("Location")
	other := strings.Repeat("é", 10_000)
	for _, htmx := range []bool{false, true} {
		c.HTMX = htmx
		version := strconv.Itoa(pg.Count(t, `select version from `+w.Schema+`.customers`))
		res := c.Put(w.URL(to), url.Values{"name": {"Long"}, "description": {other}, "was.description": {long}, "version": {version}})
		if res.Status != http.StatusSeeOther && res.Status != http.StatusOK {
			t.Errorf("HTMX %v: %d", htmx, res.Status)
		}
		if n := pg.Count(t, `select count(*) from `+w.Schema+`.customers where description = $1`, other); n != 1 {
			t.Errorf("HTMX %v: it was not saved", htmx)
		}
		long, other = other, long
	}
}
