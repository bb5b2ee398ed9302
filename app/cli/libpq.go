package cli

import (
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// libpqWords are what psql of PostgreSQL 15 and pgx both know of a database URL, besides
// whom it leads to; what else pgx knows is its pools' or a setting of the server's.
// options is not among them: psql's are its scope's. Nor is what is secret.
var libpqWords = []string{
	"passfile", "connect_timeout", "sslmode", "sslcert", "sslkey", "sslrootcert", "sslsni", "krbsrvname", "channel_binding",
	"target_session_attrs",
	"application_name", "client_encoding", "gssencmode", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
}

// forLibpq is where a database URL leads, as psql is told: without its password, and by what
// libpq knows alone.
func forLibpq(dsn string) (address, password string, err error) {
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return "", "", err
	}
	var hosts, ports []string
	add := func(host string, port uint16) {
		at := len(hosts) - 1
		if at >= 0 && hosts[at] == host && ports[at] == strconv.Itoa(int(port)) {
			return // once with TLS, and once without
		}
		hosts, ports = append(hosts, host), append(ports, strconv.Itoa(int(port)))
	}
	add(c.Host, c.Port)
	for _, f := range c.Fallbacks {
		add(f.Host, f.Port)
	}
	words := settingsOf(dsn)
	maps.DeleteFunc(words, func(k, _ string) bool { return !slices.Contains(libpqWords, k) })
	words["host"], words["port"], words["user"], words["dbname"] = strings.Join(hosts, ","), strings.Join(ports, ","), c.User, c.Database
	var out []string
	for _, k := range slices.Sorted(maps.Keys(words)) {
		out = append(out, k+"='"+strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(words[k])+"'")
	}
	return strings.Join(out, " "), c.Password, nil
}

// shown is where a database URL leads, for people to read: never a password, whatever is
// wrong with the rest. "" for none.
func shown(dsn string) string {
	if dsn == "" {
		return ""
	}
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return "set, and can’t be read"
	}
	u := url.URL{Scheme: "postgres", User: url.User(c.User), Host: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), Path: "/" + c.Database}
	return u.String()
}

// settingsOf are the settings beside user, host and database, of a URL or of "host=… port=…".
func settingsOf(dsn string) map[string]string {
	out := map[string]string{}
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		u, err := url.Parse(dsn)
		if err != nil {
			return out
		}
		for k, v := range u.Query() {
			out[k] = v[0]
		}
		return out
	}
	for _, m := range setting.FindAllStringSubmatch(dsn, -1) {
		value := m[2]
		if strings.HasPrefix(value, "'") {
			value = strings.NewReplacer(`\\`, `\`, `\'`, `'`).Replace(strings.Trim(value, "'"))
		}
		out[m[1]] = value
	}
	return out
}

// setting is one of "host=… password='…'".
var setting = regexp.MustCompile(`(\w+)\s*=\s*('(?:\\.|[^'\\])*'|\S*)`)
