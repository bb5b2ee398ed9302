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
	sender := mail.Sender{Name: name, Workspace: name, Proven: true}
	for _, l := range []mail.Letter{
		mail.Welcome(name, "https://ferrari.myapp.test/", link), mail.Verify(link), mail.ChangeEmail(name, link), mail.Reset(link),
		mail.NoAccount("https://myapp.test"),
		mail.EmailChanged("new@example.com"), mail.SecurityChanged("Your password was changed"), mail.Invitation(sender, "admin", link),
		mail.Invitation(mail.Sender{}, "member", link),
		mail.Removed(sender), mail.ExportReady(name, link), mail.Closed(name, name), mail.Created(name, link, link, true),
		mail.OwnershipOffered(sender, link), mail.OwnershipTaken(name, name),
		mail.Support(name, "operator@example.com", name, link), mail.DomainFailing(name, "crm.example.com", link, time.Now()),
		mail.DomainUnbound(name, "crm.example.com", link),
		mail.NewDevice("Firefox on Linux", "192.0.2.1", time.Now(), link), mail.Enrolment(link), mail.ConfirmSignUp(link),
		mail.Unproven(link, time.Now()),
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

// What somebody typed who may be anybody is no advertisement: not in a subject, and
// no address in the text.
func TestStrangersWriteNoMail(t *testing.T) {
	t.Parallel()
	const link = "https://myapp.test/x"
	for _, name := range []string{"https://evil.example", "Win at evil.example", "www.evil.example now", "mail me@evil.example",
		"evil.example/now", "пример.рф"} {
		s := mail.Sender{Name: name, Workspace: name}
		for _, l := range []mail.Letter{mail.Invitation(s, "member", link), mail.Removed(s), mail.OwnershipOffered(s, link),
			mail.Welcome(name, link, link), mail.ChangeEmail(name, link)} {
			if text := l.Subject + l.Text(); strings.Contains(text, name) {
				t.Errorf("%q stands in\n%s", name, text)
			}
		}
	}
	for proven, want := range map[bool]string{true: "Nora invites you to Hollis & Co", false: "Somebody invites you to a workspace"} {
		l := mail.Invitation(mail.Sender{Name: "Nora", Workspace: "Hollis & Co", Proven: proven}, "member", link)
		if l.Subject != want || !strings.Contains(l.Text(), "Nora") {
			t.Errorf("proven %v: %q\n%s", proven, l.Subject, l.Text())
		}
	}
}
