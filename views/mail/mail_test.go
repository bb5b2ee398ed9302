package mail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/views/mail"
)

// Every letter says who has it sent and why, in both its forms, and gives its
// link in both; what people typed stays text.
func TestLetters(t *testing.T) {
	t.Parallel()
	const name, link = `<b>Nora</b> & "Co"`, "https://myapp.test/x?token=abc&y=1"
	for _, l := range []mail.Letter{
		mail.Welcome(name, "https://ferrari.myapp.test/", link), mail.Verify(link), mail.ChangeEmail(name, link), mail.Reset(link), mail.NoAccount("https://myapp.test"),
		mail.EmailChanged("new@example.com"), mail.SecurityChanged("Your password was changed"), mail.Invitation(name, name, "admin", link), mail.Invitation(name, "", "member", link),
		mail.Removed(name, name), mail.ExportReady(name, link), mail.Closed(name, name), mail.Created(name, link, link, true), mail.OwnershipOffered(name, name, link), mail.OwnershipTaken(name, name),
		mail.Support(name, "operator@example.com", name, link), mail.DomainFailing(name, "crm.example.com", link, time.Now()), mail.DomainUnbound(name, "crm.example.com", link),
	} {
		var html strings.Builder
		if err := l.HTML().Render(t.Context(), &html); err != nil {
			t.Fatal(err)
		}
		if l.Subject == "" || strings.ContainsAny(l.Subject, "\r\n") || !strings.HasPrefix(l.Why, "Paddock sen") {
			t.Errorf("%q: %q", l.Subject, l.Why)
		}
		if !strings.Contains(l.Text(), l.Why) || !strings.Contains(html.String(), "Paddock sen") {
			t.Errorf("%q does not say why", l.Subject)
		}
		if strings.Contains(html.String(), "<b>Nora</b>") {
			t.Errorf("%q: a name becomes HTML", l.Subject)
		}
		if l.URL != "" && (!strings.Contains(l.Text(), l.URL) || !strings.Contains(html.String(), strings.ReplaceAll(l.URL, "&", "&amp;"))) {
			t.Errorf("%q lacks its link", l.Subject)
		}
	}
}
