//go:build unix

package pgdev

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/wait"
)

// dir is a data directory that the server's own user can enter.
func dir(t *testing.T) string {
	t.Helper()
	d, err := os.MkdirTemp("", "paddock-pgdev-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(d, 0o755); err != nil {
		t.Fatal(err)
	}
	// A server on its way out still writes.
	t.Cleanup(func() { wait.Until(t, "the directory can be removed", func() bool { return os.RemoveAll(d) == nil }) })
	return d
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	o.Settings = map[string]string{"fsync": "off", "shared_buffers": "16MB"}
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func exec1(t *testing.T, url, sql string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func gone(t *testing.T, s *Server) {
	t.Helper()
	wait.Until(t, "the server is gone", func() bool {
		_, err := os.Stat(filepath.Join(filepath.Dir(s.Log), "data", "postmaster.pid")) // its port may be another test's by now
		return os.IsNotExist(err) || s.ping(context.Background()) != nil
	})
}

func TestServerStopsWithItsLastUserAndKeepsData(t *testing.T) {
	t.Parallel()
	d := dir(t)
	first := start(t, Options{Dir: d})
	url, err := first.Database(t.Context(), "app")
	if err != nil {
		t.Fatal(err)
	}
	exec1(t, url, "create table kept (n int); insert into kept values (1)")

	second := start(t, Options{Dir: d})
	if second.port != first.port {
		t.Error("a second start did not use the running server")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	// It has a user left, and takes others.
	if err := start(t, Options{Dir: d}).Close(); err != nil {
		t.Fatal(err)
	}
	exec1(t, url, "insert into kept values (2)")
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	gone(t, second)

	third := start(t, Options{Dir: d})
	url, err = third.Database(t.Context(), "app") // of a database that exists
	if err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	var n int
	var super, createRole, open bool
	err = c.QueryRow(t.Context(), `select (select count(*) from kept), rolsuper, rolcreaterole, has_function_privilege('pg_monitor',
		'set_config(text,text,boolean)', 'execute')
		from pg_roles where rolname = current_user`).Scan(&n, &super, &createRole, &open)
	if err != nil || n != 2 || super || !createRole || open {
		t.Errorf("rows %d, superuser %v, may create roles %v, set_config open %v: %v", n, super, createRole, open, err)
	}
}

// userProcess is this test binary being a user of a server, in a process of
// its own that can be killed.
const userProcess = "PADDOCK_PGDEV_USER_OF"

func TestMain(m *testing.M) {
	if d := os.Getenv(userProcess); d != "" {
		s, err := Start(context.Background(), Options{Dir: d, Settings: map[string]string{"fsync": "off", "shared_buffers": "16MB"}})
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		fmt.Println("ready", s.port)
		select {}
	}
	wait.Parallel("6")
	os.Exit(m.Run())
}

func userOf(t *testing.T, d string) (kill func(), port int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), userProcess+"="+d)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscanf(out, "ready %d\n", &port); err != nil {
		rest, _ := io.ReadAll(out)
		t.Fatalf("%v: %s", err, rest)
	}
	return func() { _ = cmd.Process.Signal(syscall.SIGKILL); _ = cmd.Wait() }, port
}

func TestKilledUsersLeaveNoServer(t *testing.T) {
	t.Parallel()
	d := dir(t)
	killFirst, port1 := userOf(t, d)
	killSecond, port2 := userOf(t, d)
	if port1 != port2 {
		t.Fatal("two servers")
	}
	s := start(t, Options{Dir: d}) // to look with; then it goes too
	killFirst()                    // the one that started it
	if joined := start(t, Options{Dir: d}); joined.port != s.port {
		t.Fatal("the server went with one of its users")
	} else if err := joined.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	killSecond()
	gone(t, s)
}

// Many at once on a fresh directory: one cluster, one server.
func TestConcurrentStarts(t *testing.T) {
	t.Parallel()
	d := dir(t)
	type result struct {
		port int
		err  error
	}
	results := make(chan result, 6)
	var all sync.WaitGroup // who has a server keeps it until all have
	all.Add(6)
	for range 6 {
		go func() {
			once := sync.OnceFunc(all.Done)
			defer once()
			s, err := Start(context.Background(), Options{Dir: d, Settings: map[string]string{"fsync": "off", "shared_buffers": "16MB"}})
			if err != nil {
				results <- result{0, err}
				return
			}
			defer s.Close()
			_, err = s.Database(context.Background(), "app")
			results <- result{s.port, err}
			once()
			all.Wait()
		}()
	}
	var port int
	for range 6 {
		r := <-results
		if r.err != nil {
			t.Fatal(r.err)
		}
		if port != 0 && r.port != port {
			t.Error("more than one server")
		}
		port = r.port
	}
}

// A server whose watcher was killed is stopped, and another started.
func TestUnwatchedServerIsReplaced(t *testing.T) {
	t.Parallel()
	d := dir(t)
	s := start(t, Options{Dir: d})
	pid, _, ok, err := postmaster(t.Context(), filepath.Join(d, fmt.Sprint("pg", s.Major), "data"))
	if !ok || err != nil {
		t.Fatal("no postmaster: ", err)
	}
	ps := func(args ...string) []string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "ps", args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(out))
	}
	watcher := ps("-o", "ppid=", "-p", fmt.Sprint(pid))[0]
	// It goes, with all that it has begun but for the server: who would stop that first.
	doomed := []string{watcher}
	for _, child := range ps("-o", "pid=", "--ppid", watcher) {
		if child != fmt.Sprint(pid) {
			doomed = append(append(doomed, child), ps("-o", "pid=", "--ppid", child)...)
		}
	}
	if err := exec.CommandContext(t.Context(), "kill", append([]string{"-KILL"}, doomed...)...).Run(); err != nil {
		t.Fatal(err)
	}
	next := start(t, Options{Dir: d})
	if err := next.ping(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := next.Database(t.Context(), "app"); err != nil {
		t.Error(err)
	}
}

// A machine that went down leaves the number of its server behind, which is another
// process's by the next start: that one is left alone, whoever's it is, and the server
// comes up.
func TestNumberOfAnotherProcess(t *testing.T) {
	t.Parallel()
	d := dir(t)
	s := start(t, Options{Dir: d})
	data := filepath.Join(d, fmt.Sprint("pg", s.Major), "data")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	gone(t, s)
	as, err := unprivileged()
	if err != nil {
		t.Fatal(err)
	}
	for what, who := range map[string]account{"ours": {}, "the server’s user’s": as} {
		other := exec.CommandContext(t.Context(), "sleep", "600")
		who.apply(other)
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { _ = other.Wait(); close(ended) }()
		stale := fmt.Sprintf("%d\n%s\n1700000000\n%d\n\n127.0.0.1\n", other.Process.Pid, data, s.port)
		file := filepath.Join(data, "postmaster.pid")
		if err := os.WriteFile(file, []byte(stale), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := as.own(file); err != nil {
			t.Fatal(err)
		}
		next := start(t, Options{Dir: d})
		exec1(t, next.SuperuserURL("postgres"), "select 1")
		select {
		case <-ended:
			t.Errorf("%s: the process was ended: %s", what, other.ProcessState)
		default:
			_ = other.Process.Kill()
			<-ended
		}
		if err := next.Close(); err != nil {
			t.Fatal(err)
		}
		gone(t, next)
	}
}

// A server is the same by another way to its directory: it is joined, and left alone.
func TestAnotherWayToTheDirectory(t *testing.T) {
	t.Parallel()
	d := dir(t)
	s := start(t, Options{Dir: d})
	file := filepath.Join(d, fmt.Sprint("pg", s.Major), "data", "postmaster.pid")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(d, link); err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{link, d + "/", filepath.Join(d, "..", filepath.Base(d))} {
		if next := start(t, Options{Dir: way}); next.port != s.port {
			t.Errorf("%s: another server", way)
		}
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("postmaster.pid is %q now, %v", after, err)
	}
}

// A server that ends as it starts is noticed by its end, and its last words are told.
func TestServerThatEndsAtStart(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{Dir: dir(t), Settings: map[string]string{"fsync": "off", "shared_buffers": "a lot"}})
	if err == nil || !strings.Contains(err.Error(), "did not start (exit status 1)") ||
		!strings.Contains(err.Error(), `invalid value for parameter "shared_buffers": "a lot"`) {
		t.Errorf("%v", err)
	}
}

// Data of a version that nothing here can read is told of, and left alone: nobody starts
// with nothing and thinks that all is lost.
func TestDataOfAnotherMajor(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: dir(t)})
	for _, major := range []int{14, 17, 18, 19} {
		if major == s.Major {
			continue
		}
		d := dir(t)
		old := filepath.Join(d, fmt.Sprint("pg", major))
		if err := os.MkdirAll(filepath.Join(old, "data"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(old, "data", "PG_VERSION"), []byte(fmt.Sprintln(major)), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, bin := range []string{"", s.Bin} {
			_, err := Start(t.Context(), Options{Dir: d, Bin: bin, Repository: "http://127.0.0.1:1"})
			if err == nil {
				t.Fatalf("data of %d: it started", major)
			}
			for _, want := range []string{old, fmt.Sprintf("is of PostgreSQL %d", major), fmt.Sprintf("here is PostgreSQL %d", s.Major),
				fmt.Sprintf("install PostgreSQL %d", major), "PADDOCK_PG_BIN", "PADDOCK_DATA_DIR"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("data of %d: it does not say %q: %v", major, want, err)
				}
			}
			if upgrade := strings.Contains(err.Error(), "pg_upgrade"); upgrade != (s.Major > major) {
				t.Errorf("data of %d: an upgrade is offered: %v", major, upgrade)
			}
		}
		if m, _ := filepath.Glob(filepath.Join(d, "pg*")); len(m) != 1 {
			t.Errorf("data of %d: there are %v", major, m)
		}
	}
}

// A crash between initdb and the rename leaves no half cluster in the way.
func TestHalfAClusterIsMadeAnew(t *testing.T) {
	t.Parallel()
	d := dir(t)
	s := start(t, Options{Dir: d})
	home := filepath.Join(d, fmt.Sprint("pg", s.Major))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	gone(t, s)
	if err := os.Rename(filepath.Join(home, "data"), filepath.Join(home, "data.part")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(home, "data.part", "PG_VERSION")); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Dir: d})
}

func TestChoose(t *testing.T) {
	t.Parallel()
	found := []install{{"/a", 16}, {"/b", 18}, {"/c", 15}}
	for _, tc := range []struct {
		data []int
		want string
	}{{nil, "/a"}, {[]int{18}, "/b"}, {[]int{15}, "/c"}, {[]int{17, 15}, "/c"}, {[]int{17}, "/a"}, {[]int{18, 15}, "/b"}} {
		if i, _ := choose(found, tc.data); i.bin != tc.want {
			t.Errorf("data of %v: %s, want %s", tc.data, i.bin, tc.want)
		}
	}
	if _, ok := choose(nil, []int{15}); ok {
		t.Error("chose from nothing")
	}
}

func TestBinOverride(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: dir(t)})
	same := start(t, Options{Dir: dir(t), Bin: s.Bin})
	if same.Bin != s.Bin {
		t.Errorf("used %s", same.Bin)
	}
	_, err := Start(t.Context(), Options{Dir: dir(t), Bin: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "PADDOCK_PG_BIN") {
		t.Errorf("an empty directory: %v", err)
	}
}

// The download, from a repository that this test serves: a real PostgreSQL,
// this machine's, packed as the builds are.
func TestDownload(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: dir(t)})
	jar := pack(t, filepath.Dir(s.Bin))
	sum := sha256.Sum256(jar)
	var asked []string
	repository := func(checksum string) *httptest.Server {
		r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.Path)
			if strings.HasSuffix(r.URL.Path, ".sha256") {
				fmt.Fprint(w, checksum)
				return
			}
			_, _ = w.Write(jar)
		}))
		t.Cleanup(r.Close)
		return r
	}

	d := dir(t)
	log := func(line string) { t.Log(line) }
	_, err := download(t.Context(), Options{Dir: d, Repository: repository(strings.Repeat("0", 64)).URL, Log: log}, downloadVersion)
	if err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("with a wrong checksum: %v", err)
	}
	if m, _ := filepath.Glob(filepath.Join(d, "*")); len(m) != 0 {
		t.Errorf("a refused download left %v", m)
	}

	i, err := download(t.Context(), Options{Dir: d, Repository: repository(hex.EncodeToString(sum[:])).URL, Log: log}, downloadVersion)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(i.bin, d) || i.major != s.Major || !strings.Contains(asked[0], "embedded-postgres-binaries") {
		t.Errorf("unpacked %+v, having asked for %v", i, asked)
	}
	// It runs, and is found again without asking.
	n := len(asked)
	exec1(t, start(t, Options{Dir: dir(t), Bin: i.bin}).SuperuserURL("postgres"), "select 1")
	if !slices.Contains(candidates(d), i.bin) || len(asked) != n {
		t.Errorf("%s is not among %v", i.bin, candidates(d))
	}
}

func TestNothingToRun(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	saved := places
	places = nil
	defer func() { places = saved }()
	_, err := Start(t.Context(), Options{Dir: dir(t), Repository: "http://127.0.0.1:1"})
	if err == nil || !strings.Contains(err.Error(), "Install PostgreSQL") || !strings.Contains(err.Error(), "DATABASE_URL") {
		t.Errorf("%v", err)
	}
}

// pack makes the archive that the builds come in: a zip with a tar.xz in it.
func pack(t *testing.T, root string) []byte {
	t.Helper()
	var tarball bytes.Buffer
	w := tar.NewWriter(&tarball)
	for _, sub := range []string{"bin", "lib"} {
		err := filepath.Walk(filepath.Join(root, sub), func(p string, i os.FileInfo, err error) error {
			if errors.Is(err, os.ErrNotExist) || err == nil && !i.Mode().IsRegular() || sub == "bin" &&
				!slices.Contains([]string{"postgres", "initdb", "pg_ctl"}, filepath.Base(p)) {
				return nil
			}
			// Of the libraries initdb needs two; the rest would be unpacked for nothing.
			if err != nil || sub == "lib" && !slices.Contains([]string{"plpgsql.so", "dict_snowball.so"}, filepath.Base(p)) {
				return err
			}
			rel, err := filepath.Rel(root, p)
			if err != nil {
				return err
			}
			b, err := os.ReadFile(p)
			if err == nil {
				err = w.WriteHeader(&tar.Header{Name: rel, Mode: int64(i.Mode().Perm()), Size: int64(len(b)), Typeflag: tar.TypeReg})
			}
			if err == nil {
				_, err = w.Write(b)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "xz", "-0", "-c")
	cmd.Stdin = &tarball
	xz, err := cmd.Output()
	if err != nil {
		t.Fatal("xz:", err)
	}
	var jar bytes.Buffer
	z := zip.NewWriter(&jar)
	f, err := z.Create("postgres-test.txz")
	if err == nil {
		_, err = f.Write(xz)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return jar.Bytes()
}
