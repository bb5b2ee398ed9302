package cli

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// withoutPassword splits the database's address from its password, wherever that
// stands.
func withoutPassword(dsn string) (address, password string) {
	if c, err := pgx.ParseConfig(dsn); err == nil {
		password = c.Password
	}
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme == "" {
		return word("password").ReplaceAllString(dsn, ""), password
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	q.Del("password")
	u.RawQuery = q.Encode()
	return u.String(), password
}

// libpqWords are what psql of PostgreSQL 15 and pgx both know of an address; what else
// pgx knows is its pools' or a setting of the server's. options is not among them:
// psql's are its scope's.
var libpqWords = []string{
	"host", "port", "dbname", "user", "passfile", "service", "connect_timeout", "sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslsni",
	"krbsrvname", "channel_binding", "target_session_attrs", "application_name", "client_encoding", "gssencmode", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
}

// forLibpq is an address that psql understands, without its password: pgx knows words
// that libpq refuses.
func forLibpq(dsn string) (address, password string) {
	address, password = withoutPassword(dsn)
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return keyword.ReplaceAllStringFunc(address, func(setting string) string {
			if name, _, _ := strings.Cut(setting, "="); !slices.Contains(libpqWords, strings.TrimSpace(name)) {
				return ""
			}
			return setting
		}), password
	}
	q := u.Query()
	for k := range q {
		if !slices.Contains(libpqWords, k) {
			q.Del(k)
		}
	}
	// libpq does not take + for a blank.
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	return u.String(), password
}

// word matches one setting of "host=… password=…", keyword any.
func word(name string) *regexp.Regexp {
	return regexp.MustCompile(`\s*\b` + name + `\s*=\s*('(\\.|[^'\\])*'|\S*)`)
}

var keyword = word(`\w+`)
