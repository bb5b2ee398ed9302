package tenant

import (
	"regexp"
	"strings"
)

var slugPattern = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)

// Slug lengths, in characters.
const (
	SlugMin = 3
	SlugMax = 40
)

// ValidSlug reports whether s has the form of a slug; a reserved name has it too.
func ValidSlug(s string) bool {
	return len(s) >= SlugMin && len(s) <= SlugMax && slugPattern.MatchString(s) && !strings.Contains(s, "--")
}

// Reserved reports whether no workspace may have this name: it is ours, or
// people would take it for ours.
func Reserved(s string) bool { return reserved[s] }

var reserved = func() map[string]bool {
	m := map[string]bool{}
	for s := range strings.FieldsSeq(`
		about abuse account accounts admin administrator api app apps assets auth autoconfig autodiscover
		billing blog cdn ci community console contact customer customers dashboard demo-admin dev developer developers
		dns docs domain domains download downloads email emails feedback files forum ftp git graphql grafana
		help helpdesk host hosting hostmaster id identity imap img images info internal invitations invite
		isatap jobs legal local localhost login logout mail mailer marketing metrics mobile monitoring
		mta-sts mx news noreply no-reply notifications ns ns1 ns2 ns3 ns4 oauth oidc operator operators
		owner paddock partner partners password pay payment payments pop pop3 postmaster press pricing privacy
		private production prometheus proxy public root sales search secure security server settings shop signin
		signup sign-in sign-up smtp sso ssl staff staging static stats status store support sysadmin system
		team teams tenant tenants terms test testing tls tracking trust undefined update upload uploads usenet
		user users verify video webhook webhooks webmail webmaster wiki workspace workspaces wpad www www1 www2
		null void`) {
		m[s] = true
	}
	return m
}()
