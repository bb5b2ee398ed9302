package bench

import (
	"bytes"
	"context"
	"flag"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

var soak = flag.Duration("soak", 0, "of good and hostile traffic; a few hundred requests without it")

// held is what a process has, and should have again when nobody asks for anything.
type held struct{ heap, goroutines, files, temporary, connections int }

func holding(t *testing.T, dir string) (h held) {
	t.Helper()
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.heap, h.goroutines = int(m.HeapAlloc), runtime.NumGoroutine()
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		h.files = len(files)
	}
	temporary, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	h.temporary = len(temporary)
	h.connections = pg.Count(t, `select count(*) from pg_stat_activity where datname = current_database()`)
	return h
}

// After good and hostile traffic there is no more of anything than before: task soak
// does it for half an hour.
func TestSoak(t *testing.T) {
	// Not parallel: it counts what the process holds.
	pg.DB(t) // which stands in the temporary directory that there is
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	app := apptest.Start(t)
	w, other := app.NewWorkspace(t), app.NewWorkspace(t)
	id := w.Customer(tenantdb.CustomerUpdateParams{Name: "Soaked", Type: "prospect"})
	foreign := other.Customer(tenantdb.CustomerUpdateParams{Name: "Another's", Type: "prospect"})
	for i := range 40 {
		w.Customer(tenantdb.CustomerUpdateParams{Name: strings.Repeat("Customer ", 1+i%5), Type: "prospect"})
	}
	picture := strings.NewReader(strings.Repeat("not a picture ", 100_000))
	// Each does one thing that people do, or that attackers did.
	type client = apptest.Client
	good := []func(*client){
		func(c *client) { c.Get(w.URL("/customers?q=cust&sort=-name")) },
		func(c *client) { c.Get(w.URL("/customers/" + id.String())) },
		func(c *client) { c.Get(w.URL("/")) },
		func(c *client) { c.Get(w.URL("/search?q=soaked")) },
		func(c *client) { c.Post(w.URL("/customers"), url.Values{"name": {"New"}, "type": {"prospect"}}) },
		func(c *client) {
			c.Post(w.URL("/notes"), url.Values{"subject_type": {"customer"}, "subject_id": {id.String()}, "body": {"**A** note"}})
		},
		func(c *client) { c.Get(w.URL("/settings/audit.csv")) },
		func(c *client) {
			c.Post(w.URL("/signin"), url.Values{"email": {w.Owner.Email}, "password": {pg.Password}})
		},
	}
	hostile := []func(*client){
		func(c *client) { c.Get(w.URL("/customers/" + foreign.String())) },
		func(c *client) { c.Get(w.URL("/customers?after=" + strings.Repeat("A", 2000))) },
		func(c *client) {
			c.Post(w.URL("/notes"), url.Values{"subject_type": {"customer"}, "subject_id": {id.String()}, "body": {strings.Repeat("> ", 9000)}})
		},
		func(c *client) { // to a route that takes no such thing, and to none at all
			for _, at := range []string{"/customers", "/nowhere"} {
				r := c.Request(http.MethodPost, w.URL(at), url.Values{})
				body := "--b\r\nContent-Disposition: form-data; name=\"x\"; filename=\"x\"\r\n\r\n" + strings.Repeat("x", 9<<20)
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
				r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
				_, _ = c.Try(r) // the server may hang up before all of it is sent
			}
		},
		func(c *client) { // a picture that is none
			r := c.Request(http.MethodPost, w.URL("/settings/profile/avatar"), url.Values{})
			var body bytes.Buffer
			body.WriteString("--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nPUT\r\n--b\r\nContent-Disposition: form-data; " +
				"name=\"avatar\"; filename=\"x\"\r\n\r\n")
			_, _ = io.Copy(&body, io.NewSectionReader(picture, 0, picture.Size()))
			body.WriteString("\r\n--b--\r\n")
			r.Body, r.ContentLength = io.NopCloser(&body), int64(body.Len())
			r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
			_, _ = c.Try(r)
		},
		func(c *client) {
			c.Post(w.URL("/signin"), url.Values{"email": {w.Owner.Email}, "password": {"a guess"}})
		},
		func(c *client) { // hangs up before the answer
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Millisecond)
			defer cancel()
			_, _ = c.Try(c.Request(http.MethodGet, w.URL("/customers"), nil).WithContext(ctx))
		},
		func(c *client) { c.Get(app.Site("/signup/slug?slug=" + url.QueryEscape("' or 1=1 --"))) },
	}
	all := append(append([]func(*client){}, good...), hostile...)
	member := w.Client(w.Owner)
	round := func() { // warm: what is kept for good is there
		for _, do := range all {
			do(member)
		}
	}
	round()
	round()
	member.HTTP.CloseIdleConnections()
	before := holding(t, dir)
	var requests, faults atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	if *soak > 0 {
		time.AfterFunc(*soak, stop)
	}
	pace := time.NewTicker(5 * time.Millisecond) // of half an hour's requests: it is no measurement of speed
	defer pace.Stop()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			c, stranger := w.Client(w.Owner), app.Client(t)
			defer c.HTTP.CloseIdleConnections()
			defer stranger.HTTP.CloseIdleConnections()
			for n := 0; ctx.Err() == nil && (*soak > 0 || n < 60); n++ {
				who := c
				if rand.IntN(4) == 0 {
					who = stranger
				}
				all[rand.IntN(len(all))](who)
				requests.Add(1)
				if res, err := stranger.Try(stranger.Request(http.MethodGet, app.Site("/readyz"), nil)); err != nil || res.Status != http.StatusOK {
					faults.Add(1)
				}
				if *soak > 0 {
					<-pace.C
				}
			}
		})
	}
	wg.Wait()
	var after held
	wait.Until(t, "nothing is held any more", func() bool {
		after = holding(t, dir)
		return after.goroutines <= before.goroutines+10 && after.files <= before.files+10 && after.connections <= before.connections+10
	})
	t.Logf("%d requests, %d faults; before %+v, after %+v", requests.Load(), faults.Load(), before, after)
	if after.temporary > before.temporary {
		t.Errorf("%d temporary files are left, were %d", after.temporary, before.temporary)
	}
	if after.heap > before.heap+32<<20 {
		t.Errorf("the heap holds %d MB, held %d", after.heap>>20, before.heap>>20)
	}
	if faults.Load() > 0 {
		t.Errorf("it was not ready %d times", faults.Load())
	}
}
