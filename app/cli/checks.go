package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/geoip"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/views/ui"
)

// check is something that must be so, tried for real. The doctor makes all of them and
// prints each, whatever the others found; serve and work make those of a start, refuse
// where one finds something wrong, and log what one warns of.
type check struct {
	what  string // for when it could not be looked at
	start bool
	look  func(*examination) error
}

// settingChecks need no database.
var settingChecks = []check{
	{"the settings", true, (*examination).settings},
	{"the settings’ names", true, (*examination).misspelt},
	{"the base URL", true, (*examination).scheme},
	{"the trusted proxies", true, (*examination).proxies},
	{"the mail server", true, (*examination).mail},
	{"the certificate", true, (*examination).certificate},
	{"the places", true, (*examination).places},
	{"the addresses to listen at", false, (*examination).addresses},
}

// databaseChecks are made once the database has answered.
var databaseChecks = []check{
	{"the server", true, (*examination).server},
	{"the shared schema’s version", true, (*examination).sharedVersion},
	{"the walls between workspaces", true, (*examination).walls},
	{"what requests read", true, (*examination).reads},
	{"the workspaces", true, (*examination).workspaces},
	{"the workspaces’ versions", false, (*examination).versions},
	{"jobs and spares", false, (*examination).upkeep},
	{"what is sealed", false, (*examination).sealed},
}

// finding is one line of the doctor's: what is so, and how it is mended.
type finding struct {
	Level string `json:"level"` // ok, warning or wrong
	What  string `json:"what"`
	Mend  string `json:"mend,omitempty"`
}

// String is what is wrong and its mend, in a line.
func (f finding) String() string {
	if f.Mend == "" {
		return f.What
	}
	return f.What + " → " + f.Mend
}

// examination is one round of checks.
type examination struct {
	*environment
	start bool   // of serve or work, not of the doctor
	db    *db.DB // nil until it has answered
	at    db.MigrationStatus
	found []finding
}

func (x *examination) say(level, what, mend string) {
	x.found = append(x.found, finding{level, strings.Join(strings.Fields(what), " "), mend}) // what a driver says may have lines
}

func (x *examination) check(ok bool, level, good, bad, mend string) {
	if ok {
		x.say("ok", good, "")
	} else {
		x.say(level, bad, mend)
	}
}

// refuses says what is wrong where err is not nil, and reports whether it is.
func (x *examination) refuses(err error, before, mend string) bool {
	if err != nil {
		x.say("wrong", before+err.Error(), mend)
	}
	return err != nil
}

// make makes the checks, every one of them.
func (x *examination) make(checks []check) {
	for _, c := range checks {
		if x.start && !c.start {
			continue
		}
		if err := c.look(x); err != nil {
			x.say("wrong", c.what+" could not be looked at: "+words(err).Error(), "mend what the database says")
		}
	}
}

// verdict fails where a start's checks found something wrong, and else logs what they
// warn of.
func (x *examination) verdict(log *slog.Logger) error {
	var wrong []error
	for _, f := range x.found {
		if f.Level == "wrong" {
			wrong = append(wrong, errors.New(f.String()))
		}
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	for _, f := range x.found {
		if f.Level == "warning" {
			log.Warn(f.What, "mend", f.Mend)
		}
	}
	x.found = nil
	return nil
}

const seeSettings = "see docs/settings.md"

// settings are those that can't be read, or are missing in production.
func (x *examination) settings() error {
	for _, line := range x.wrongSettings() {
		x.say("wrong", line, seeSettings)
	}
	return nil
}

func (x *examination) wrongSettings() []string {
	wrong := lines(x.wrong)
	if x.inProduction() {
		wrong = append(wrong, lines(x.cfg.RequireProduction())...)
	}
	return wrong
}

// inProduction reports whether a production is examined, and not development's own.
func (x *examination) inProduction() bool { return x.start || x.cfg.DatabaseURL != "" && !x.embedded }

func (x *examination) misspelt() error {
	for _, name := range x.cfg.Unknown {
		x.say("warning", "there is no setting "+name, seeSettings)
	}
	return nil
}

func (x *examination) scheme() error {
	if x.inProduction() && x.cfg.BaseURL.Scheme != "https" {
		x.say("warning", "PADDOCK_BASE_URL is not https: sessions can be read on their way",
			"put a proxy with TLS in front, and name its address")
	}
	if x.cfg.TenantRoles == "off" {
		x.say("warning", "PADDOCK_TENANT_ROLES is off: the search path alone keeps workspaces apart",
			"leave it on unless the database opens connections per role")
	}
	return nil
}

// proxies: where TLS ends in front, whoever ends it says where people come from.
func (x *examination) proxies() error {
	all := slices.IndexFunc(x.cfg.TrustedProxies, func(p netip.Prefix) bool { return p.Bits() == 0 })
	switch {
	case all >= 0:
		x.say("warning", "PADDOCK_TRUSTED_PROXIES believes everybody: whoever comes can say to be anyone", "name the proxy’s own network")
	case x.inProduction() && x.cfg.BaseURL.Scheme == "https" && (x.cfg.TLS == "off" || x.cfg.TLS == "") && len(x.cfg.TrustedProxies) == 0:
		x.say("warning", "TLS ends at a proxy in front, and PADDOCK_TRUSTED_PROXIES names none: everybody seems to come from it, and shares "+
			"one visitor’s limits", "name the proxy’s network, such as 127.0.0.1/32")
	}
	return nil
}

// mail: a start looks at the settings alone, for the server may be back later.
func (x *examination) mail() error {
	if x.cfg.SMTPURL == nil || x.cfg.MailFrom == "" {
		return nil // settings says so
	}
	if x.refuses(mail.Settings(x.cfg.SMTPURL, x.cfg.MailFrom), "", seeSettings) {
		return nil
	}
	if x.cfg.SMTPURL.User.Username() != "" {
		if _, ok := x.cfg.SMTPURL.User.Password(); !ok {
			x.say("warning", "SMTP_URL names a user and no password: nobody signs in", "smtp://user:password@host:587, with %40 for an @ in either")
		}
	}
	if x.start {
		return nil
	}
	switch err := mail.Try(x.ctx, x.cfg.SMTPURL, x.cfg.MailFrom); {
	case err == nil:
		x.say("ok", "the mail server takes mail from "+x.cfg.MailFrom, "")
	case errors.Is(err, mail.ErrRefused):
		x.say("warning", "the mail server takes no mail to PADDOCK_MAIL_FROM itself: "+err.Error(),
			"where it would take none to others either: a user and a password in SMTP_URL, or leave from the server to relay for this machine")
	default:
		x.refuses(err, "the mail server does not take our mail: ",
			"try SMTP_URL with another program; a password needs a server that offers TLS and AUTH")
	}
	return nil
}

// certificate looks at the files of PADDOCK_TLS.
func (x *examination) certificate() error {
	auto, certFile, keyFile, _ := x.cfg.Certificates() // settings says what is wrong with it
	if certFile == "" {
		return nil
	}
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if x.refuses(err, "PADDOCK_TLS: ", "two PEM files that belong together and this user can read: the chain, and its key") {
		return nil
	}
	base := x.cfg.BaseURL.Hostname()
	for _, name := range []string{base, "a-workspace." + base} {
		if err := cert.Leaf.VerifyHostname(name); err != nil && !auto {
			x.say("warning", "PADDOCK_TLS: the certificate is not good for "+strings.Replace(name, "a-workspace", "*",
				1)+", but for "+cmp.Or(strings.Join(cert.Leaf.DNSNames, ", "), "no name at all"), "get one that names "+base+" and *."+base)
		}
	}
	expired := "wrong"
	if x.start {
		expired = "warning" // some say more than nobody
	}
	switch left := time.Until(cert.Leaf.NotAfter); {
	case time.Until(cert.Leaf.NotBefore) > 0:
		x.say(expired, "PADDOCK_TLS: the certificate is not good before "+cert.Leaf.NotBefore.Format(time.DateOnly),
			"look at the clock, or get one that is good now")
	case left < 0:
		x.say(expired, "PADDOCK_TLS: the certificate was good until "+cert.Leaf.NotAfter.Format(time.DateOnly), "get a new one, and restart")
	case left < 7*24*time.Hour:
		x.say("warning", "PADDOCK_TLS: the certificate is good until "+cert.Leaf.NotAfter.Format(time.DateOnly)+" only", "renew it, and restart")
	default:
		x.say("ok", "PADDOCK_TLS: the certificate is good until "+cert.Leaf.NotAfter.Format(time.DateOnly), "")
	}
	return nil
}

func (x *examination) places() error {
	r, err := geoip.Open(x.cfg.GeoIP)
	if !x.refuses(err, "PADDOCK_GEOIP: ", "a city database in MaxMind’s format that this user can read, or none") && r != nil {
		return r.Close()
	}
	return nil
}

// addresses are taken for a moment, each. One that is in use may be a running
// Paddock's.
func (x *examination) addresses() error {
	metrics := cmp.Or(x.cfg.Metrics, defaultMetrics)
	if metrics == "off" {
		metrics = ""
	}
	taken := map[string]string{}
	for _, a := range [][2]string{{"PADDOCK_LISTEN", x.cfg.Listen}, {"PADDOCK_METRICS_LISTEN", metrics},
		{"PADDOCK_PPROF_LISTEN", x.cfg.Profiles}, {"PADDOCK_REDIRECT_LISTEN", x.cfg.RedirectFrom}} {
		if a[1] == "" {
			continue
		}
		if other := taken[a[1]]; other != "" && !strings.HasSuffix(a[1], ":0") {
			x.say("wrong", a[0]+"="+a[1]+" is "+other+"’s address", "a port of its own for each")
			continue
		}
		taken[a[1]] = a[0]
		l, err := listen(x.ctx, a[0], a[1])
		if errors.Is(err, syscall.EADDRINUSE) {
			x.say("ok", a[0]+"="+a[1]+" is in use: by Paddock, if it runs", "")
			continue
		}
		if !x.refuses(err, "", "an address of this machine and a port that this user may have, such as :8080") {
			_ = l.Close()
		}
	}
	return nil
}

// listen takes an address of a setting's.
func listen(ctx context.Context, setting, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		err = fmt.Errorf("%s=%s: %w", setting, address, err)
	}
	return l, err
}

// server is what the database says of itself, whatever stands in it.
func (x *examination) server() error {
	b, err := x.db.Basics(x.ctx)
	if err != nil {
		return err
	}
	version, _, _ := strings.Cut(b.Server, " on ")
	x.say("ok", version, "")
	if x.db.Pooled() {
		x.say("ok", "requests go through a pooler, and begin at the baseline there", "")
	}
	x.check(b.Letters, "warning", "names in all scripts are found by an index",
		"letters beyond ASCII are no letters to this database (its LC_CTYPE): names in Cyrillic, Greek or Chinese are found slowly",
		"restore it into a database made with LC_CTYPE C.UTF-8: docs/settings.md")
	x.check(b.MayCreateRoles || !x.db.TenantRoles(), "wrong", "the database’s owner may create roles",
		"the database’s owner may not create roles: nobody could sign up", `as a superuser: alter role … createrole`)
	switch {
	case !b.ReadOnly:
		x.say("ok", "the database takes changes", "")
	case x.start:
		x.say("warning", "the database takes no changes: pages are shown, and nothing is kept", mendReadOnly)
	default:
		x.say("wrong", "the database takes no changes: pages are shown, and nothing is kept", mendReadOnly)
	}
	if !x.start {
		x.check(b.Tables < b.LockRoom*9/10, "warning", "pg_dump can take the locks that it needs",
			fmt.Sprintf("pg_dump of the whole database wants %d locks, and there is room for %d", b.Tables, b.LockRoom),
			"raise max_locks_per_transaction, or export workspaces one by one")
	}
	return nil
}

const mendReadOnly = "it is a standby, or default_transaction_read_only is on: lead DATABASE_URL to the primary"

func (x *examination) sharedVersion() error {
	status, err := x.db.MigrateStatus(x.ctx)
	if err != nil {
		return err
	}
	x.at = status
	switch {
	case status.Shared > status.SharedLatest:
		x.say("warning", fmt.Sprintf("the shared schema is at version %d, which is newer than this program’s %d", status.Shared,
			status.SharedLatest), "run the newer program")
	case status.Shared < status.SharedLatest:
		x.say("wrong", fmt.Sprintf("the shared schema is at version %d, this program needs %d", status.Shared, status.SharedLatest),
			"run paddock migrate")
	default:
		x.say("ok", fmt.Sprintf("the shared schema is at version %d", status.Shared), "")
	}
	return nil
}

// migrated reports whether there is a shared schema to look at: sharedVersion has looked,
// and says why not.
func (x *examination) migrated() bool { return x.at.Shared > 0 && x.at.Shared >= x.at.SharedLatest }

func (x *examination) walls() error {
	if !x.migrated() {
		return nil // said already
	}
	w, err := x.db.Walls(x.ctx)
	if err != nil {
		return err
	}
	x.check(len(w.Unrestricted) == 0, "warning", "set_config is closed to workspaces, and what else only a superuser can close",
		"an injected SELECT could use "+strings.Join(w.Unrestricted, ", "), mendUnrestricted)
	x.check(!x.db.OneLogin() || !x.db.TenantRoles(), "warning", "requests log in as somebody who owns nothing",
		"requests log in as the owner of the database", "give requests a login of their own: docs/operations.md, Two logins")
	x.check(len(w.OpenFunctions) == 0, "wrong", "no function of ours is open to workspaces",
		"workspaces’ roles may execute "+strings.Join(w.OpenFunctions, ", "), "run paddock migrate; revoke execute on what is not Paddock’s own")
	x.check(len(w.Mighty) == 0, "wrong", "no role of ours can do more than it should",
		"more than they should, by rights of their own or by becoming another, can "+some(w.Mighty),
		"as a superuser: revoke what they are members of, give what they own to the database’s owner, and alter role … nosuperuser "+
			"nocreaterole nocreatedb nobypassrls nologin")
	x.check(w.BaselineReads == 0 && w.TenantReads == 0, "wrong", "workspaces are kept apart by their roles",
		fmt.Sprintf("%d roles of workspaces can read shared tables, the pool’s baseline %d", w.TenantReads, w.BaselineReads),
		"revoke what was granted by hand: see docs/architecture.md, Isolation")
	return nil
}

const (
	mendUnrestricted = "a superuser runs, in this database, what paddock doctor --sql prints"
	mendRights       = "roles go before the data when a dump is restored, and its rights (no --no-privileges) with it: " +
		"docs/operations.md, Restoring on another server"
)

// reads tries what every request does before it knows its workspace.
func (x *examination) reads() error {
	if !x.migrated() {
		return nil
	}
	err := x.db.ProbeShared(x.ctx)
	if errors.Is(err, db.ErrRights) {
		x.say("wrong", "requests may not do in the shared schema what they must: pages fail", mendRights)
		return nil
	}
	if errors.Is(err, db.ErrNoTable) {
		x.say("wrong", "the shared schema lacks what its migrations made: "+words(err).Error(),
			"bring it back from a backup: docs/operations.md, Restoring on another server")
		return nil
	}
	if err == nil {
		x.say("ok", "requests can use the shared schema", "")
	}
	return err
}

// workspaces tries to read and write in each, as its own role, and keeps nothing; a start
// tries it in a few.
func (x *examination) workspaces() error {
	if !x.migrated() {
		return nil
	}
	probes, level := -1, "wrong"
	if x.start {
		probes, level = 3, "warning" // the others can be served
	}
	faults, err := x.db.Faults(x.ctx, probes)
	if err != nil {
		return err
	}
	of := func(cause error) (names []string) {
		for _, f := range faults {
			if errors.Is(f.Cause, cause) {
				names = append(names, name(db.TenantResult{Slug: f.Slug})+" ("+f.Schema+")")
			}
		}
		return names
	}
	// In a pooler's statement mode nothing can be read, for one reason.
	for _, f := range faults {
		if strings.Contains(f.Cause.Error(), "statement pooling mode") {
			x.say("wrong", "the pooler takes each statement by itself: no request can be answered",
				"pool_mode = transaction: docs/operations.md, Behind a pooler")
			return nil
		}
	}
	gone, roleless, rightless := of(db.ErrNoSchema), of(db.ErrNoRole), of(db.ErrRights)
	x.check(len(gone) == 0, level, "every workspace has its schema", "the schema is gone of "+some(gone),
		"docs/operations.md, One workspace out of a backup of the whole; or paddock tenant delete")
	x.check(len(roleless) == 0, level, "every workspace has its role", "the role is gone of "+some(roleless), mendRights)
	x.check(len(rightless) == 0, level, "every workspace can be read and written by its own role",
		"rights are gone of the role of "+some(rightless), mendRights+"; paddock doctor --drift says which")
	for _, f := range faults {
		if !errors.Is(f.Cause, db.ErrNoSchema) && !errors.Is(f.Cause, db.ErrNoRole) && !errors.Is(f.Cause, db.ErrRights) {
			x.say(level, fmt.Sprintf("%s (%s) can’t be used: %v", name(db.TenantResult{Slug: f.Slug}), f.Schema, words(f.Cause)),
				"paddock doctor --drift says what it lacks; docs/operations.md, One workspace out of a backup of the whole, brings it back")
		}
	}
	return nil
}

// some names a few of many.
func some(names []string) string {
	const few = 5
	if len(names) > few+1 {
		return strings.Join(names[:few], ", ") + " and " + strconv.Itoa(len(names)-few) + " more"
	}
	return strings.Join(names, ", ")
}

func (x *examination) versions() error {
	if !x.migrated() {
		return nil
	}
	status, behind := x.at, 0
	for _, v := range status.Versions {
		if v.Version < status.TenantLatest {
			behind += v.N
		}
	}
	x.check(behind == 0, "warning", fmt.Sprintf("all workspaces at version %d", status.TenantLatest),
		fmt.Sprintf("%s behind version %d", ui.Plural(behind, "schema is", "schemas are"), status.TenantLatest), "paddock migrate")
	for _, f := range status.Failed {
		again := "mend it, then: paddock migrate"
		if f.Slug != "" {
			again += " --tenant " + f.Slug
		}
		x.say("wrong", fmt.Sprintf("%s failed to migrate: %s", name(f), f.Error), again)
	}
	return nil
}

func (x *examination) upkeep() error {
	if !x.migrated() {
		return nil
	}
	u, err := x.db.Upkeep(x.ctx)
	if err != nil {
		return err
	}
	x.check(u.Spares > 0 || x.cfg.SpareSchemas == 0, "warning",
		fmt.Sprintf("%s for sign-ups", ui.Plural(u.Spares, "spare schema waits", "spare schemas wait")),
		"no spare schema: sign-ups make theirs while people wait", "run paddock work, or serve with jobs")
	x.check(u.Wanting == 0, "warning", "no schema is half made", ui.Plural(u.Wanting, "schema was", "schemas were")+" begun and not finished",
		"a job clears them; if it does not, run paddock work")
	x.check(u.OldestJob < 300, "warning", ui.Plural(u.JobsWaiting, "job waits", "jobs wait"),
		fmt.Sprintf("the oldest of %s has waited %s", ui.Plural(u.JobsWaiting, "job", "jobs"), (time.Duration(u.OldestJob)*time.Second).String()),
		"run paddock work, or more of it")
	x.check(u.JobsFailed == 0, "warning", "no job was given up", ui.Plural(u.JobsFailed, "job was", "jobs were")+" given up",
		"paddock jobs shows why; paddock jobs --retry N")
	return nil
}

func (x *examination) sealed() error {
	if x.embedded {
		if err := x.secrets(true); err != nil {
			return err
		}
	}
	if len(x.cfg.Secrets) == 0 || !x.migrated() {
		return nil // said already
	}
	box, err := seal.New(x.cfg.Secrets)
	if err != nil {
		return err
	}
	stale, lost, err := reseal(x.environment, x.db, box, false)
	if err != nil {
		return err
	}
	x.check(stale == 0, "warning", "everything is sealed with the first secret",
		ui.Plural(stale, "secret is", "secrets are")+" sealed with an older secret",
		"paddock secrets reseal; then the older ones can leave PADDOCK_SECRET")
	x.check(lost == 0, "wrong", "everything that is sealed can be opened",
		ui.Plural(lost, "secret is", "secrets are")+" sealed with a secret that PADDOCK_SECRET does not hold",
		"add that secret to PADDOCK_SECRET")
	return nil
}
