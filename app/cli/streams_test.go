package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
)

// streams: how many members listen in TestManyStreams. What is measured is logged:
//
//	go test ./app/cli -run TestManyStreams -v -streams 10000
var streams = flag.Int("streams", 100, "members that listen at once")

// A burst of news reaches all members who listen, and so does what came while the process was
// being replaced. What it costs is logged.
func TestManyStreams(t *testing.T) {
	t.Parallel()
	n := *streams
	port := pg.Port(t)
	database := pg.NewDatabase(t)
	p := newProduction(t, database, "http://paddock.localhost:"+port)
	web := p.launch(port, "serve", "--jobs=false")
	res, err := p.client(port, nil).PostForm(p.base+"/signup", url.Values{"workspace": {"Crowd"}, "slug": {"crowd"}, "name": {"Nora"},
		"email": {"nora@example.com"}, "password": {"a long enough phrase"}})
	if err != nil {
		t.Fatal(err)
	}
	if res.Body.Close(); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign-up: %d", res.StatusCode)
	}
	unlimited(t, database)
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	var schema string
	if err := c.QueryRow(t.Context(), `select schema from tenants where slug = 'crowd'`).Scan(&schema); err != nil {
		t.Fatal(err)
	}
	run := func(sql string) {
		t.Helper()
		if _, err := c.Exec(t.Context(), sql); err != nil {
			t.Fatal(sql, err)
		}
	}
	run(fmt.Sprintf(`insert into users (id, email, name, password_hash, email_verified_at)
		select md5('user ' || g)::uuid, 'm' || g || '@example.com', 'Member ' || g, '', now() from generate_series(1, %d) g`, n))
	run(fmt.Sprintf(`insert into memberships (id, tenant_id, user_id, role) select md5('member ' || g)::uuid, (select id from tenants
		where slug = 'crowd'), md5('user ' || g)::uuid, 'member' from generate_series(1, %d) g`, n))
	run(fmt.Sprintf(`insert into %s.members (id, user_id, name, email, mail) select md5('member ' || g)::uuid, md5('user ' || g)::uuid,
		'Member ' || g, 'm' || g || '@example.com', 'never' from generate_series(1, %d) g`, schema, n))
	run(fmt.Sprintf(`insert into sessions (id_hash, user_id, tenant_id, expires_at, proved_at)
		select sha256(convert_to('session ' || g, 'UTF8')),
		md5('user ' || g)::uuid, (select id from tenants where slug = 'crowd'), now() + interval '1 day', now()
		from generate_series(1, %d) g`, n))
	ids := make([]string, n+1)
	rows, err := c.Query(t.Context(), `select g, md5('user ' || g)::uuid::text from generate_series(1, $1) g`, n)
	if err != nil {
		t.Fatal(err)
	}
	g, id := 0, ""
	if _, err := pgx.ForEachRow(rows, []any{&g, &id}, func() error { ids[g] = id; return nil }); err != nil {
		t.Fatal(err)
	}
	tell := func() {
		t.Helper()
		run(fmt.Sprintf(`insert into %s.notifications (id, member_id, kind) select gen_random_uuid(), md5('member ' || g)::uuid, 'exported'
			from generate_series(1, %d) g`, schema, n))
	}

	codecs := securecookie.CodecsFromPairs([]byte(productionSecret))
	told := make([]atomic.Int64, n+1) // what each was told last; -1 for nothing yet
	requests := make([]string, n+1)
	for i := 1; i <= n; i++ {
		told[i].Store(-1)
		cookie, err := securecookie.EncodeMulti("paddock", "session "+strconv.Itoa(i)+"."+ids[i], codecs...)
		if err != nil {
			t.Fatal(err)
		}
		requests[i] = "GET /notifications/stream HTTP/1.1\r\nHost: crowd.paddock.localhost:" + port +
			"\r\nAccept: text/event-stream\r\nCookie: paddock=" + cookie + "\r\n\r\n"
	}
	ctx, end := context.WithCancel(t.Context())
	var beats atomic.Int64
	var listening sync.WaitGroup
	listenAll := func() {
		dialling := make(chan struct{}, 20)
		for i := 1; i <= n; i++ {
			listening.Go(func() {
				dialling <- struct{}{}
				listen(ctx, port, requests[i], &told[i], &beats, func() { <-dialling })
			})
		}
	}
	defer listening.Wait()
	defer end()
	all := func(want int64) func() bool {
		return func() bool {
			for i := 1; i <= n; i++ {
				if told[i].Load() != want {
					return false
				}
			}
			return true
		}
	}
	listenAll()
	wait.Until(t, "all listen", all(0))
	if n > 100 { // what CI does not measure
		before, idle := process(t, web), time.Now()
		sent := beats.Load()
		wait.Until(t, "each was sent its beat", func() bool { return beats.Load() >= sent+int64(n) })
		after := process(t, web)
		t.Logf("%d streams: %d MB resident, %d file descriptors, %.1f %% of a CPU while nothing happens", n, after.rss>>20, after.files,
			100*(after.cpu-before.cpu).Seconds()/time.Since(idle).Seconds())
	}

	begun := time.Now()
	tell()
	wait.Until(t, "all are told", all(1))
	t.Logf("a burst of %d was told in %s", n, time.Since(begun).Round(time.Millisecond))

	// The process is replaced; what comes meanwhile is told by the next.
	if err := web.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	begun = time.Now()
	if err := web.Wait(); err != nil {
		t.Fatal("it stops: ", err)
	}
	t.Logf("it stopped in %s", time.Since(begun).Round(time.Millisecond))
	tell()
	p.launch(port, "serve", "--jobs=false")
	listenAll()
	wait.Until(t, "all are told by the next process", all(2))
	t.Logf("all were told again %s after the stop", time.Since(begun).Round(time.Millisecond))
}

// listen reads one stream to its end, counts its beats, and calls connected once it has begun or failed.
func listen(ctx context.Context, port, request string, told, beats *atomic.Int64, connected func()) {
	done := sync.OnceFunc(connected)
	defer done()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:"+port)
	if err != nil {
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := io.WriteString(conn, request); err != nil {
		return
	}
	lines := bufio.NewReaderSize(conn, 512)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if strings.HasPrefix(line, ":") {
			beats.Add(1)
		}
		if data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: "); ok {
			if n, err := strconv.ParseInt(data, 10, 64); err == nil {
				told.Store(n)
				done()
			}
		}
	}
}

// usage is what a process takes.
type usage struct {
	rss   int64 // bytes
	files int
	cpu   time.Duration
}

// process reads it from Linux; the zero usage elsewhere.
func process(t *testing.T, cmd *exec.Cmd) (u usage) {
	t.Helper()
	at := fmt.Sprintf("/proc/%d/", cmd.Process.Pid)
	files, err := os.ReadDir(at + "fd")
	if errors.Is(err, os.ErrNotExist) {
		return u
	}
	u.files = len(files)
	if b, err := os.ReadFile(at + "statm"); err == nil {
		if fields := strings.Fields(string(b)); len(fields) > 1 {
			pages, _ := strconv.ParseInt(fields[1], 10, 64)
			u.rss = pages * int64(os.Getpagesize())
		}
	}
	if b, err := os.ReadFile(at + "stat"); err == nil {
		if fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])); len(fields) > 12 {
			user, _ := strconv.ParseInt(fields[11], 10, 64)
			system, _ := strconv.ParseInt(fields[12], 10, 64)
			u.cpu = time.Duration(user+system) * time.Second / 100 // of USER_HZ
		}
	}
	return u
}
