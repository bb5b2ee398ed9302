// Package pgdev runs a real PostgreSQL for development and tests, so that
// "go run ." and "go test ./..." need nothing set up.
//
// One server runs per data directory. Every process that calls Start is one of
// its users; the server stops when its last user is gone, however that user
// went (see watch in server_unix.go). Data is kept per major version, so
// another PostgreSQL on the machine never touches or loses what an older one
// wrote.
package pgdev

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/sql/schema"
)

// Owner is the login that owns every database made by Database. It is what
// production has: no superuser, but it may create roles.
const Owner = "paddock"

// Requests is the login that requests are served with: it owns nothing, and becomes
// what Paddock grants to it.
const Requests = "paddock_requests"

// Options say where a server lives. Dir is required.
type Options struct {
	Dir string // everything is kept below it: binaries, data, log
	Bin string // a directory with postgres and initdb; found or downloaded when empty

	// Repository overrides where binaries are downloaded from; tests serve their own.
	Repository string
	// Settings are server settings, as in {"fsync": "off"}. They take effect
	// when this call is the one that starts the server.
	Settings map[string]string
	// Log receives one line when something slow or noteworthy happens.
	Log func(string)
}

// Server is a running PostgreSQL of which this process is a user.
type Server struct {
	Bin   string // where its binaries are
	Major int    // its major version
	Log   string // the server's log file

	port     int
	password string
	user     *os.File // held open for as long as we use the server
}

// Start returns the server of opts.Dir, starting it unless it runs already.
// Without a PostgreSQL on the machine and without a network to fetch one from,
// the error says what to do.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if opts.Log == nil {
		opts.Log = func(string) {}
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, err
	}
	opts.Dir = dir
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()

	bin, major, err := findBinaries(ctx, opts)
	if err != nil {
		return nil, err
	}
	home := filepath.Join(dir, "pg"+strconv.Itoa(major))
	password, err := secret(home)
	if err != nil {
		return nil, err
	}
	s := &Server{Bin: bin, Major: major, Log: filepath.Join(home, "server.log"), password: password}
	if err := s.run(ctx, home, opts); err != nil {
		return nil, err
	}
	return s, nil
}

// Close ends our use of the server, which stops unless it has other users.
func (s *Server) Close() error { return s.user.Close() }

// SuperuserURL connects to a database as the superuser; only set-up does that.
func (s *Server) SuperuserURL(database string) string { return s.url("postgres", database) }

// Database makes sure that the database exists, owned by Owner and with what
// only a superuser can do done, and returns its owner's URL.
func (s *Server) Database(ctx context.Context, name string) (string, error) {
	admin, err := pgx.Connect(ctx, s.SuperuserURL("postgres"))
	if err != nil {
		return "", err
	}
	defer admin.Close(ctx)
	owner := pgx.Identifier{Owner}.Sanitize()
	// The password is of our own making (letters and digits); DDL takes no parameters.
	for _, login := range []string{owner + " login createrole", pgx.Identifier{Requests}.Sanitize() + " login noinherit"} {
		if _, err := admin.Exec(ctx, fmt.Sprintf(`create role %s password '%s'`, login, s.password)); err != nil &&
			!isCode(err, "42710", "23505") {
			return "", err
		}
	}
	if err := create(ctx, admin, name); err != nil {
		return "", err
	}
	return s.url(Owner, name), s.restrict(ctx, name)
}

// create makes a database in which the letters of all scripts are letters, for
// trigrams. Where the system has no such locale, names in other scripts than
// Latin are found slowly.
func create(ctx context.Context, admin *pgx.Conn, name string) (err error) {
	for _, ctype := range []string{"C.UTF-8", "UTF-8", "C"} {
		_, err = admin.Exec(ctx, fmt.Sprintf(`create database %s owner %s template template0 encoding 'UTF8' lc_collate 'C' lc_ctype '%s'`,
			pgx.Identifier{name}.Sanitize(), Owner, ctype))
		switch {
		case isCode(err, "42P04", "23505"): // it is there
			return nil
		case !isCode(err, "42809"): // invalid locale name
			return err
		}
	}
	return err
}

// RequestsURL is Database's for the login of requests.
func (s *Server) RequestsURL(name string) string { return s.url(Requests, name) }

// restrict does what an operator's superuser does once per database.
func (s *Server) restrict(ctx context.Context, database string) error {
	c, err := pgx.Connect(ctx, s.SuperuserURL(database))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	// One at a time: two who revoke at once fail with "tuple concurrently updated".
	// The lock goes with the connection.
	if _, err := c.Exec(ctx, "select pg_advisory_lock(1)"); err != nil {
		return err
	}
	var open bool
	// it is done last
	if err := c.QueryRow(ctx, `select has_language_privilege('public', 'plpgsql', 'usage')`).Scan(&open); err != nil || !open {
		return err
	}
	_, err = c.Exec(ctx, schema.Superuser)
	return err
}

func (s *Server) url(user, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(user, s.password),
		Host:     "127.0.0.1:" + strconv.Itoa(s.port),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// ready waits until the server takes connections; exited ends the wait early.
func (s *Server) ready(ctx context.Context, exited <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := s.ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case werr := <-exited:
			return fmt.Errorf("postgres did not start (%w); the end of %s:\n%s", werr, s.Log, tail(s.Log))
		case <-ctx.Done():
			return fmt.Errorf("postgres is not ready: %w; see %s", err, s.Log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, s.SuperuserURL("postgres"))
	if err != nil {
		return err
	}
	return c.Close(ctx)
}

// secret reads or makes the random password of the server kept in home.
func secret(home string) (string, error) {
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(home, "password")
	b, err := os.ReadFile(file)
	if err == nil {
		return string(b), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	p := rand.Text()
	return p, os.WriteFile(file, []byte(p), 0o600)
}

func isCode(err error, codes ...string) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	return slices.Contains(codes, pg.Code)
}

func tail(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}
