//go:build unix

package pgdev

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// watch runs the server for as long as somebody holds the named pipe open for
// writing. The kernel closes a dead process's descriptors, so the last user
// may go by kill -9 and cat still sees the end of the file. It ends with the server.
const watch = `fifo=$1; shift
"$@" & pid=$!
{ cat "$fifo" >/dev/null; kill -INT $pid; } & users=$!
wait $pid; code=$?
kill $users 2>/dev/null
exit $code`

// run joins the server of home, or starts it.
func (s *Server) run(ctx context.Context, home string, opts Options) error {
	data, fifo := filepath.Join(home, "data"), filepath.Join(home, "users")
	if joined, err := s.join(ctx, data, fifo); joined || err != nil {
		return err
	}
	as, err := unprivileged()
	if err != nil {
		return err
	}
	if err := as.own(home); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); errors.Is(err, os.ErrNotExist) {
		opts.Log(fmt.Sprintf("creating a PostgreSQL %d cluster in %s", s.Major, data))
		if err := s.initdb(ctx, data, as, opts.Settings); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if s.port, err = FreePort(ctx); err != nil {
		return err
	}
	return s.start(ctx, data, fifo, as, opts.Settings)
}

// join uses the server that runs on data. It reports false when there is none;
// one that nobody watches any more (its watcher was killed) is stopped first.
func (s *Server) join(ctx context.Context, data, fifo string) (bool, error) {
	stopAfter := time.Now().Add(5 * time.Second)
	for {
		pid, port, ok, err := postmaster(ctx, data)
		if !ok || err != nil {
			return false, err
		}
		if f, err := openUser(fifo); err == nil {
			s.port, s.user = port, f
			// A server whose last user has just gone is on its way out: its watcher
			// no longer reads, which the second write tells.
			if err := s.ping(ctx); err == nil && writeByte(f) == nil {
				return true, nil
			}
			_ = f.Close()
		}
		if time.Now().After(stopAfter) {
			if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
				return false, fmt.Errorf("stopping the unwatched server %d: %w", pid, err)
			}
			stopAfter = time.Now().Add(10 * time.Second)
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// postmaster reads the process and port of the server that runs on data. A number
// that was a server's and is another process's by now, which nobody may signal, is
// taken out of the server's way: PostgreSQL would take that process for the server too.
func postmaster(ctx context.Context, data string) (pid, port int, ok bool, err error) {
	file := filepath.Join(data, "postmaster.pid")
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return 0, 0, false, nil
	}
	if err != nil {
		return 0, 0, false, err
	}
	first, rest, _ := strings.Cut(string(b), "\n")
	lines := strings.Split(string(b), "\n")
	pid, err = strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 0 || len(lines) < 4 {
		return 0, 0, false, nil //nolint:nilerr // half of a file: PostgreSQL says what of it
	}
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return 0, 0, false, nil // it is gone
	}
	ours, err := runsOn(ctx, pid, data)
	if err != nil {
		return 0, 0, false, fmt.Errorf(
			"%s names the process %d, of which it can’t be told whether it is PostgreSQL: %w; where it is not, remove the file", file, pid, err)
	}
	if !ours {
		// A number that no process has. What else stands there PostgreSQL goes on to look
		// at: a server that died may have left processes on the data.
		nobody := []byte(strconv.Itoa(math.MaxInt32) + "\n" + rest)
		return 0, 0, false, os.WriteFile(file, nobody, 0o600) //nolint:gosec // a file of our own data directory
	}
	port, err = strconv.Atoi(strings.TrimSpace(lines[3]))
	return pid, port, err == nil, nil
}

// runsOn reports whether the process is the PostgreSQL that runs on data: a server's
// directory is its data's. It fails where that can't be told.
func runsOn(ctx context.Context, pid int, data string) (bool, error) {
	p, err := process.NewProcessWithContext(ctx, int32(pid)) //nolint:gosec // a process's number fits
	if err != nil {
		return false, err
	}
	name, err := p.NameWithContext(ctx)
	if err != nil {
		return false, err
	}
	if name != "postgres" && name != "postmaster" {
		return false, nil
	}
	at, err := p.CwdWithContext(ctx)
	if err != nil {
		return false, err
	}
	its, err := os.Stat(at)
	if err != nil {
		return false, err
	}
	ours, err := os.Stat(data)
	return err == nil && os.SameFile(its, ours), err
}

// openUser makes us a user; it fails when nobody watches the pipe.
func openUser(fifo string) (*os.File, error) {
	fd, err := syscall.Open(fifo, syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), fifo)
	if err := writeByte(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func writeByte(f *os.File) error {
	_, err := f.Write([]byte{'.'})
	return err
}

// initdb makes the cluster aside and renames it: a crash leaves no half of one.
func (s *Server) initdb(ctx context.Context, data string, as account, settings map[string]string) error {
	aside := data + ".part"
	if err := os.RemoveAll(aside); err != nil {
		return err
	}
	pw := filepath.Join(filepath.Dir(data), "initial-password")
	if err := os.WriteFile(pw, []byte(s.password), 0o600); err != nil {
		return err
	}
	defer func() { _ = os.Remove(pw) }() // it is overwritten the next time
	if err := as.own(pw); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.Bin, "initdb"), "-D", aside, "-U", "postgres",
		"-A", "scram-sha-256", "--pwfile", pw, "-E", "UTF8", "--no-locale")
	if settings["fsync"] == "off" {
		cmd.Args = append(cmd.Args, "--no-sync")
	}
	as.apply(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return os.Rename(aside, data)
}

// start runs a new server under a watcher, with us as its first user.
func (s *Server) start(ctx context.Context, data, fifo string, as account, settings map[string]string) error {
	if err := os.Remove(fifo); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		return err
	}
	if err := as.own(fifo); err != nil {
		return err
	}
	// Open for both ends before the watcher starts: were we killed between the
	// two, it would wait for a first user for ever.
	fd, err := syscall.Open(fifo, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	both := os.NewFile(uintptr(fd), fifo)
	defer both.Close()

	log, err := os.OpenFile(s.Log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	conf := map[string]string{
		"listen_addresses":          "127.0.0.1",
		"unix_socket_directories":   "",
		"max_connections":           "200",
		"max_locks_per_transaction": "256", // one workspace is about 130 relations
		"shared_buffers":            "256MB",
	}
	if runtime.GOOS == "linux" {
		conf["recovery_init_sync_method"] = "syncfs" // fsync of each file takes a minute at 5,000 tenants
	}
	maps.Copy(conf, settings)
	args := []string{"-c", watch, "paddock-postgres", fifo,
		filepath.Join(s.Bin, "postgres"), "-D", data, "-p", strconv.Itoa(s.port)}
	for _, k := range slices.Sorted(maps.Keys(conf)) {
		args = append(args, "-c", k+"="+conf[k])
	}
	cmd := exec.Command("/bin/sh", args...) //nolint:noctx // it outlives this call
	cmd.Stdout, cmd.Stderr = log, log
	as.apply(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting postgres: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	if err := s.ready(ctx, exited); err != nil {
		return err
	}
	// From here on we hold the writing end alone, so that others can tell
	// whether the watcher still reads.
	s.user, err = openUser(fifo)
	return err
}

// account is whom the server runs as; PostgreSQL refuses to run as root.
type account struct{ cred *syscall.Credential }

func unprivileged() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
		}
	}
	return account{}, errors.New("running as root, and there is neither a user postgres nor nobody to run PostgreSQL as")
}

func (a account) own(path string) error {
	if a.cred == nil {
		return nil
	}
	return os.Chown(path, int(a.cred.Uid), int(a.cred.Gid))
}

func (a account) apply(cmd *exec.Cmd) {
	cmd.Dir = "/"
	// A session of its own: Ctrl-C in our terminal must not reach the server,
	// which may have other users.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: a.cred}
}

// lock waits for the one who starts or joins a server of this directory.
func lock(ctx context.Context, file string) (func(), error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			_ = f.Close()
			return nil, err
		}
		select {
		case <-ctx.Done():
			_ = f.Close()
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
