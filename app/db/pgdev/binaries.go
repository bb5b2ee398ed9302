package pgdev

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// MinMajor is the oldest PostgreSQL that Paddock supports.
const MinMajor = 15

// downloadVersion is fetched where the machine has no PostgreSQL of its own.
const downloadVersion = embeddedpostgres.V18

// downloads are for data that is there already, by major version.
var downloads = map[int]embeddedpostgres.PostgresVersion{15: embeddedpostgres.V15, 16: embeddedpostgres.V16, 17: embeddedpostgres.V17,
	18: embeddedpostgres.V18}

// places lists where packagers put PostgreSQL's binaries.
var places = []string{
	"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                   // PGDG on Red Hat
	"/opt/homebrew/opt/postgresql@*/bin",                 // Homebrew, Apple silicon
	"/usr/local/opt/postgresql@*/bin",                    // Homebrew, Intel
	"/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",    // Homebrew, Linux
	"/usr/libexec/postgresql*", "/usr/local/pgsql*/bin",  // Alpine; built from source
}

type install struct {
	bin   string
	major int
}

// findBinaries returns the directory with postgres and initdb, and their major
// version. Binaries that match data already in opts.Dir come first, then what
// PATH has, then the newest; last, a download. Data that none of them can read is
// an error, which says where it is: nobody starts with nothing without knowing.
func findBinaries(ctx context.Context, opts Options) (string, int, error) {
	withData := majorsWithData(opts.Dir)
	if opts.Bin != "" {
		i, err := inspect(ctx, opts.Bin)
		if err != nil {
			return "", 0, fmt.Errorf("PADDOCK_PG_BIN: %w", err)
		}
		if len(withData) > 0 && !slices.Contains(withData, i.major) {
			return "", 0, unreadable(opts.Dir, withData[0], i)
		}
		return i.bin, i.major, nil
	}
	var found []install
	for _, dir := range candidates(opts.Dir) {
		if i, err := inspect(ctx, dir); err == nil {
			found = append(found, i)
		}
	}
	i, ok := choose(found, withData)
	if ok && (len(withData) == 0 || slices.Contains(withData, i.major)) {
		return i.bin, i.major, nil
	}
	version := downloadVersion
	if len(withData) > 0 { // of the data's own version, where there is one to be had
		version = downloads[withData[0]]
	}
	if version != "" {
		got, err := download(ctx, opts, version)
		if err == nil {
			return got.bin, got.major, nil
		}
		if len(withData) == 0 {
			return "", 0, fmt.Errorf("found no PostgreSQL on this machine and could not download one: %w\n"+
				"Install PostgreSQL %d or newer, or set PADDOCK_PG_BIN to the directory of its binaries, or DATABASE_URL to a server", err, MinMajor)
		}
		opts.Log("could not download PostgreSQL " + string(version) + ": " + err.Error())
	}
	return "", 0, unreadable(opts.Dir, withData[0], i)
}

// unreadable says where data is that the binaries at hand can't read, and what can be
// done; i is the zero value where there are none.
func unreadable(dir string, major int, i install) error {
	home := filepath.Join(dir, "pg"+strconv.Itoa(major))
	have := "there is no PostgreSQL on this machine"
	upgrade := ""
	if i.bin != "" {
		have = fmt.Sprintf("here is PostgreSQL %d (%s)", i.major, i.bin)
	}
	if i.major > major {
		upgrade = fmt.Sprintf(
			"\n- or bring it to PostgreSQL %d: with both installed, begin with an empty PADDOCK_DATA_DIR of PostgreSQL %d, and carry each "+
				"workspace over by paddock tenant export and import; or run pg_upgrade by hand", i.major, i.major)
	}
	return fmt.Errorf("the data in %s is of PostgreSQL %d, and %s. Nothing was touched.\n"+
		"- To go on with it: install PostgreSQL %d, or set PADDOCK_PG_BIN to the directory of its binaries%s\n"+
		"- To begin with nothing: set PADDOCK_DATA_DIR to another directory, or move %s away", home, major, have, major, upgrade, home)
}

// choose prefers an installation that can read the newest existing data.
func choose(found []install, withData []int) (install, bool) {
	for _, major := range withData {
		for _, i := range found {
			if i.major == major {
				return i, true
			}
		}
	}
	if len(found) == 0 {
		return install{}, false
	}
	return found[0], true
}

func candidates(dir string) []string {
	var out []string
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil { // a link's neighbours are elsewhere
			out = append(out, filepath.Dir(p))
		}
	}
	for _, pattern := range append(places, filepath.Join(dir, "binaries-*", "bin")) {
		m, _ := filepath.Glob(pattern) // the only error is a bad pattern
		slices.SortFunc(m, func(a, b string) int { return firstNumber(b) - firstNumber(a) })
		out = append(out, m...)
	}
	return out
}

// majorsWithData lists the versions that have a data directory, newest first.
func majorsWithData(dir string) []int {
	var out []int
	m, _ := filepath.Glob(filepath.Join(dir, "pg*", "data", "PG_VERSION"))
	for _, f := range m {
		out = append(out, firstNumber(filepath.Base(filepath.Dir(filepath.Dir(f)))))
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out
}

var number = regexp.MustCompile(`\d+`)

func firstNumber(s string) int {
	n, _ := strconv.Atoi(number.FindString(s))
	return n
}

// inspect accepts a directory that has a PostgreSQL new enough to use.
func inspect(ctx context.Context, dir string) (install, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return install{}, err
	}
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return install{}, fmt.Errorf("%s has no initdb", dir)
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return install{}, fmt.Errorf("%s has no working postgres: %w", dir, err)
	}
	major := firstNumber(string(out))
	if major < MinMajor {
		return install{}, fmt.Errorf("%s has PostgreSQL %d; Paddock needs %d or newer", dir, major, MinMajor)
	}
	return install{dir, major}, nil
}

// download fetches and unpacks a PostgreSQL below opts.Dir.
//
// fergusstrange/embedded-postgres knows the repository and its layout, and
// checks the checksum; only its server's life cycle is not for us. Its Start
// downloads, unpacks, then prepares the data directory: one that cannot exist
// makes it return right there, with the binaries in place.
func download(ctx context.Context, opts Options, version embeddedpostgres.PostgresVersion) (install, error) {
	final := filepath.Join(opts.Dir, "binaries-"+strings.SplitN(string(version), ".", 2)[0])
	aside := final + ".part" // renamed when whole: a killed download is not taken for a PostgreSQL
	if err := os.RemoveAll(aside); err != nil {
		return install{}, err
	}
	defer func() { _ = os.RemoveAll(aside) }() // the next download clears it too
	opts.Log("no PostgreSQL on this machine that will do: downloading version " + string(version) + " (once)")
	port, err := FreePort(ctx)
	if err != nil {
		return install{}, err
	}
	cfg := embeddedpostgres.DefaultConfig().Version(version).Port(uint32(port)). //nolint:gosec // a port fits
											BinariesPath(aside).CachePath(filepath.Join(aside, "cache")).
											RuntimePath(filepath.Join(aside, "runtime")).DataPath(filepath.Join(os.DevNull, "none")).Logger(nil)
	if opts.Repository != "" {
		cfg = cfg.BinaryRepositoryURL(opts.Repository)
	}
	err = embeddedpostgres.NewDatabase(cfg).Start()
	if _, ierr := inspect(ctx, filepath.Join(aside, "bin")); ierr != nil {
		return install{}, err
	}
	if err := os.RemoveAll(filepath.Join(aside, "cache")); err != nil {
		return install{}, err
	}
	if err := os.Rename(aside, final); err != nil {
		return install{}, err
	}
	return inspect(ctx, filepath.Join(final, "bin"))
}
