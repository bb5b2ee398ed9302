package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/paddock-crm/paddock/sql/schema"
	"github.com/paddock-crm/paddock/views/ui"
)

type doctorCommand struct {
	Drift bool `help:"Also compare every workspace’s schema with what its migrations make."`
	JSON  bool `name:"json" help:"Print JSON."`
	SQL   bool `name:"sql" help:"Print what a superuser runs once in the database, and look at nothing."`
}

// Run says what is wrong and how to mend it; it fails when something is wrong.
func (c doctorCommand) Run(e *environment) error {
	if c.SQL {
		fmt.Fprint(e.out, schema.Superuser)
		return nil
	}
	x := &examination{environment: e}
	x.values()
	x.make(settingChecks)
	d, done, err := e.existing()
	if err != nil {
		x.say("wrong", "the database: "+err.Error(), "see DATABASE_URL in docs/settings.md")
		return c.print(e, x.found)
	}
	defer done()
	x.db = d
	x.make(databaseChecks)
	if c.Drift {
		x.make([]check{{"drift", false, (*examination).drift}})
	}
	return c.print(e, x.found)
}

func (x *examination) drift() error {
	if !x.migrated() {
		return nil
	}
	drift, err := x.db.FindDrift(x.ctx, drawn("comparing"))
	if err != nil {
		return err
	}
	for _, d := range drift {
		x.say("wrong", "drift: "+d.String(), "undo by hand what was done by hand")
	}
	if len(drift) == 0 {
		x.say("ok", "every schema is as its migrations make it", "")
	}
	return nil
}

// values tells what was read, secrets masked.
func (x *examination) values() {
	c := x.cfg
	smtp := ""
	if c.SMTPURL != nil {
		smtp = c.SMTPURL.Redacted()
	}
	secrets := ui.Plural(len(c.Secrets), "secret", "secrets")
	if c.DatabaseURL == "" && len(c.Secrets) == 0 {
		secrets = "development’s own, in PADDOCK_DATA_DIR"
	}
	wrong := x.wrongSettings()
	for _, line := range [][2]string{
		{"DATABASE_URL", cmp.Or(shown(c.DatabaseURL), "the embedded PostgreSQL")}, {"DATABASE_DIRECT_URL", shown(c.DirectURL)},
		{"PADDOCK_BASE_URL", c.BaseURL.String()}, {"PADDOCK_LISTEN", c.Listen},
		{"PADDOCK_SECRET", secrets}, {"SMTP_URL", smtp}, {"PADDOCK_MAIL_FROM", c.MailFrom},
		{"PADDOCK_TRUSTED_PROXIES", prefixes(c.TrustedProxies)}, {"PADDOCK_SPARE_SCHEMAS", strconv.Itoa(c.SpareSchemas)},
		{"PADDOCK_TENANT_ROLES", c.TenantRoles},
		{"PADDOCK_METRICS_LISTEN", cmp.Or(c.Metrics, defaultMetrics)}, {"PADDOCK_PPROF_LISTEN", c.Profiles}, {"PADDOCK_DATA_DIR", c.DataDir},
		{"PADDOCK_PG_BIN", c.PGBin},
		{"PADDOCK_TLS", c.TLS}, {"PADDOCK_ACME_DIRECTORY", c.ACME}, {"PADDOCK_ACME_EMAIL", c.ACMEEmail},
		{"PADDOCK_REDIRECT_LISTEN", c.RedirectFrom},
		{"PADDOCK_OIDC_ALLOW_PRIVATE", prefixes(c.OIDCPrivate)}, {"PADDOCK_GEOIP", c.GeoIP}, {"PADDOCK_PAGES", c.Pages},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", c.OTLP},
	} {
		if !slices.ContainsFunc(wrong, func(w string) bool { return strings.HasPrefix(w, line[0]) }) {
			x.say("ok", line[0]+": "+cmp.Or(line[1], "not set"), "")
		}
	}
	for _, p := range c.OIDC {
		secret := "with a secret"
		if p.ClientSecret == "" {
			secret = "without a secret"
		}
		x.say("ok", fmt.Sprintf("PADDOCK_OIDC_%s: %s at %s, as %s, %s", strings.ToUpper(p.ID), p.Name, p.Issuer, p.ClientID, secret), "")
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
	if c.JSON {
		if err := json.NewEncoder(e.out).Encode(found); err != nil {
			return err
		}
	} else {
		for _, f := range found {
			fmt.Fprintf(e.out, "%-8s %s\n", f.Level, f)
		}
	}
	if slices.ContainsFunc(found, func(f finding) bool { return f.Level == "wrong" }) {
		return errors.New("something is wrong")
	}
	return nil
}
