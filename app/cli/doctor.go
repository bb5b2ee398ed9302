package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/sql/schema"
	"github.com/paddock-crm/paddock/views/ui"
)

type doctorCommand struct {
	Drift bool `help:"Also compare every workspace’s schema with what its migrations make."`
	JSON  bool `name:"json" help:"Print JSON."`
	SQL   bool `name:"sql" help:"Print what a superuser runs once in the database, and look at nothing."`
}

// finding is one line of the doctor's: what is so, and how it is mended.
type finding struct {
	Level string `json:"level"` // ok, warning or wrong
	What  string `json:"what"`
	Mend  string `json:"mend,omitempty"`
}

// Run says what is wrong and how to mend it; it fails when something is wrong.
func (c doctorCommand) Run(e *environment) error {
	if c.SQL {
		fmt.Fprint(e.out, schema.Superuser)
		return nil
	}
	var found []finding
	say := func(level, what, mend string) {
		found = append(found, finding{level, strings.Join(strings.Fields(what), " "), mend}) // what a driver says may have lines
	}
	check := func(ok bool, level, good, bad, mend string) {
		if ok {
			say("ok", good, "")
		} else {
			say(level, bad, mend)
		}
	}
	e.settings(say)
	if e.wrong != nil {
		return c.print(e, found)
	}
	d, done, err := e.existing()
	if err != nil {
		say("wrong", "database: "+err.Error(), "see DATABASE_URL in docs/settings.md")
		return c.print(e, found)
	}
	defer done()
	status, err := d.MigrateStatus(e.ctx)
	if err != nil {
		return err
	}
	if status.Shared > status.SharedLatest {
		say("warning", fmt.Sprintf("shared schema at version %d, which is newer than this program's %d", status.Shared, status.SharedLatest), "run the newer program")
	} else {
		check(status.Shared == status.SharedLatest, "wrong", fmt.Sprintf("shared schema at version %d", status.Shared),
			fmt.Sprintf("shared schema at version %d, this program's is %d", status.Shared, status.SharedLatest), "paddock migrate")
	}
	if status.Shared < status.SharedLatest {
		return c.print(e, found)
	}
	behind := 0
	for _, v := range status.Versions {
		if v.Version < status.TenantLatest {
			behind += v.N
		}
	}
	check(behind == 0, "warning", fmt.Sprintf("all workspaces at version %d", status.TenantLatest), fmt.Sprintf("%s behind version %d", ui.Plural(behind, "schema is", "schemas are"), status.TenantLatest), "paddock migrate")
	for _, f := range status.Failed {
		again := "mend it, then: paddock migrate"
		if f.Slug != "" {
			again += " --tenant " + f.Slug
		}
		say("wrong", fmt.Sprintf("%s failed to migrate: %s", name(f), f.Error), again)
	}
	h, err := d.Health(e.ctx)
	if err != nil {
		return err
	}
	server, _, _ := strings.Cut(h.Server, " on ")
	say("ok", server, "")
	check(len(h.Unrestricted) == 0, "warning", "set_config is closed to workspaces, and what else only a superuser can close", "an injected SELECT could use "+strings.Join(h.Unrestricted, ", "), mendUnrestricted)
	check(!d.OneLogin() || !d.TenantRoles(), "warning", "requests log in as somebody who owns nothing", "requests log in as the owner of the database", "give requests a login of their own: docs/operations.md, Two logins")
	check(len(h.OpenFunctions) == 0, "wrong", "no function of ours is open to workspaces", "workspaces’ roles may execute "+strings.Join(h.OpenFunctions, ", "), "run paddock migrate; revoke execute on what is not Paddock’s own")
	check(h.BaselineReads == 0 && h.TenantReads == 0, "wrong", "workspaces are kept apart by their roles",
		fmt.Sprintf("%d roles of workspaces can read shared tables, the pool’s baseline %d", h.TenantReads, h.BaselineReads), "revoke what was granted by hand: see docs/architecture.md, Isolation")
	check(h.MissingRoles == 0, "wrong", "every workspace has its role", fmt.Sprintf("%d workspaces lack their role, as after a restore on another server", h.MissingRoles), "create the roles as docs/operations.md says under Restoring")
	check(h.Spares > 0 || e.cfg.SpareSchemas == 0, "warning", fmt.Sprintf("%d spare schemas wait for sign-ups", h.Spares), "no spare schema: sign-ups make theirs while people wait", "run paddock work, or serve with jobs")
	check(h.Wanting == 0, "warning", "no schema is half made", fmt.Sprintf("%d schemas were begun and not finished", h.Wanting), "a job clears them; if it does not, run paddock work")
	check(h.OldestJob < 300, "warning", fmt.Sprintf("%d jobs wait", h.JobsWaiting), fmt.Sprintf("the oldest of %d jobs has waited %s", h.JobsWaiting, (time.Duration(h.OldestJob)*time.Second).String()), "run paddock work, or more of it")
	check(h.JobsFailed == 0, "warning", "no job was given up", fmt.Sprintf("%d jobs were given up", h.JobsFailed), "paddock jobs shows why; paddock jobs --retry N")
	check(h.Letters, "warning", "names in all scripts are found by an index", "letters beyond ASCII are no letters to this database (its LC_CTYPE): names in Cyrillic, Greek or Chinese are found slowly", "restore it into a database made with LC_CTYPE C.UTF-8: docs/settings.md")
	check(h.Tables < h.LockRoom*9/10, "warning", "pg_dump can take the locks that it needs", fmt.Sprintf("pg_dump of the whole database wants %d locks, and there is room for %d", h.Tables, h.LockRoom), "raise max_locks_per_transaction, or export workspaces one by one")
	if e.embedded {
		if err := e.secrets(true); err != nil {
			return err
		}
	}
	if len(e.cfg.Secrets) > 0 {
		box, err := seal.New(e.cfg.Secrets)
		if err != nil {
			return err
		}
		stale, lost, err := reseal(e, d, box, false)
		if err != nil {
			return err
		}
		check(stale == 0, "warning", "everything is sealed with the first secret", fmt.Sprintf("%s sealed with an older secret", ui.Plural(stale, "secret is", "secrets are")), "paddock secrets reseal; then the older ones can leave PADDOCK_SECRET")
		check(lost == 0, "wrong", "everything that is sealed can be opened", fmt.Sprintf("%s sealed with a secret that PADDOCK_SECRET does not hold", ui.Plural(lost, "secret is", "secrets are")), "add that secret to PADDOCK_SECRET")
	}
	if c.Drift {
		drift, err := d.FindDrift(e.ctx, drawn("comparing"))
		if err != nil {
			return err
		}
		for _, x := range drift {
			say("wrong", "drift: "+x.String(), "undo by hand what was done by hand")
		}
		if len(drift) == 0 {
			say("ok", "every schema is as its migrations make it", "")
		}
	}
	return c.print(e, found)
}

// settings tells what was read, secrets masked.
func (e *environment) settings(say func(level, what, mend string)) {
	c := e.cfg
	smtp := ""
	if c.SMTPURL != nil {
		smtp = c.SMTPURL.Redacted()
	}
	database, _ := withoutPassword(c.DatabaseURL)
	direct, _ := withoutPassword(c.DirectURL)
	secrets := ui.Plural(len(c.Secrets), "secret", "secrets")
	wrong := lines(e.wrong)
	if c.DatabaseURL != "" {
		wrong = append(wrong, lines(c.RequireProduction())...)
	} else if len(c.Secrets) == 0 {
		secrets = "development’s own, in PADDOCK_DATA_DIR"
	}
	for _, line := range [][2]string{
		{"DATABASE_URL", cmp.Or(database, "the embedded PostgreSQL")}, {"DATABASE_DIRECT_URL", direct}, {"PADDOCK_BASE_URL", c.BaseURL.String()}, {"PADDOCK_LISTEN", c.Listen},
		{"PADDOCK_SECRET", secrets}, {"SMTP_URL", smtp}, {"PADDOCK_MAIL_FROM", c.MailFrom},
		{"PADDOCK_TRUSTED_PROXIES", prefixes(c.TrustedProxies)}, {"PADDOCK_SPARE_SCHEMAS", strconv.Itoa(c.SpareSchemas)}, {"PADDOCK_TENANT_ROLES", c.TenantRoles},
		{"PADDOCK_METRICS_LISTEN", cmp.Or(c.Metrics, defaultMetrics)}, {"PADDOCK_PPROF_LISTEN", c.Profiles}, {"PADDOCK_DATA_DIR", c.DataDir}, {"PADDOCK_PG_BIN", c.PGBin},
		{"PADDOCK_TLS", c.TLS}, {"PADDOCK_ACME_DIRECTORY", c.ACME}, {"PADDOCK_ACME_EMAIL", c.ACMEEmail}, {"PADDOCK_REDIRECT_LISTEN", c.RedirectFrom},
		{"PADDOCK_OIDC_ALLOW_PRIVATE", prefixes(c.OIDCPrivate)}, {"PADDOCK_GEOIP", c.GeoIP}, {"OTEL_EXPORTER_OTLP_ENDPOINT", c.OTLP},
	} {
		if !slices.ContainsFunc(wrong, func(w string) bool { return strings.HasPrefix(w, line[0]) }) {
			say("ok", line[0]+": "+cmp.Or(line[1], "not set"), "")
		}
	}
	for _, line := range wrong {
		say("wrong", line, "see docs/settings.md")
	}
	for _, p := range c.OIDC {
		secret := "with a secret"
		if p.ClientSecret == "" {
			secret = "without a secret"
		}
		say("ok", fmt.Sprintf("PADDOCK_OIDC_%s: %s at %s, as %s, %s", strings.ToUpper(p.ID), p.Name, p.Issuer, p.ClientID, secret), "")
	}
	if e.cfg.TenantRoles == "off" {
		say("warning", "PADDOCK_TENANT_ROLES is off: the search path alone keeps workspaces apart", "leave it on unless the database opens connections per role")
	}
	if e.cfg.DatabaseURL == "" {
		return // development
	}
	if e.cfg.BaseURL.Scheme != "https" {
		say("warning", "PADDOCK_BASE_URL is not https: sessions can be read on their way", "put a proxy with TLS in front, and name its address")
	}
	if u := e.cfg.SMTPURL; u != nil {
		port := u.Port()
		if port == "" {
			port = map[string]string{"smtps": "465"}[u.Scheme]
		}
		if port == "" {
			port = "25"
		}
		conn, err := (&net.Dialer{Timeout: 3 * time.Second}).DialContext(e.ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
		if err != nil {
			say("wrong", "the mail server does not answer: "+err.Error(), "see SMTP_URL in docs/settings.md")
		} else {
			_ = conn.Close()
			say("ok", "the mail server answers", "")
		}
	}
}

// lines are those of several errors; none of nil.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

func prefixes(all []netip.Prefix) string {
	words := make([]string, len(all))
	for i, p := range all {
		words[i] = p.String()
	}
	return strings.Join(words, ",")
}

func (c doctorCommand) print(e *environment, found []finding) error {
	wrong := 0
	for _, f := range found {
		if f.Level == "wrong" {
			wrong++
		}
	}
	if c.JSON {
		if err := json.NewEncoder(e.out).Encode(found); err != nil {
			return err
		}
	} else {
		for _, f := range found {
			line := f.What
			if f.Mend != "" {
				line += " → " + f.Mend
			}
			fmt.Fprintf(e.out, "%-8s %s\n", f.Level, line)
		}
	}
	if wrong > 0 {
		return errors.New("something is wrong")
	}
	return nil
}
