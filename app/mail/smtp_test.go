package mail_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/mail"
)

// certificates are those of httptest, good for 127.0.0.1, which this process
// takes for the system's.
var certificates *tls.Config

func TestMain(m *testing.M) {
	s := httptest.NewTLSServer(nil)
	certificates = &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12}
	dir, err := os.MkdirTemp("", "paddock-mail")
	if err != nil {
		panic(err)
	}
	file := filepath.Join(dir, "root.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		panic(err)
	}
	if err := os.Setenv("SSL_CERT_FILE", file); err != nil {
		panic(err)
	}
	code := m.Run()
	s.Close()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// send mails through the server as the URL says, changed by alter.
func send(t *testing.T, s *peer.SMTP, alter func(*url.URL)) error {
	t.Helper()
	u := s.URL()
	alter(u)
	send, err := mail.SMTP(u, "Paddock <hello@paddock.test>")
	if err != nil {
		t.Fatal(err)
	}
	return send(t.Context(), mail.Message{ID: "1", To: "nora@example.com", Subject: "Hello", Text: "Hello", HTML: "<p>Hello</p>"})
}

func password(p string) func(*url.URL) {
	return func(u *url.URL) { u.User = url.UserPassword("paddock", p) }
}

func TestSMTP(t *testing.T) {
	t.Parallel()
	secret := "a secret of the mail server’s"
	both := func(a, b func(*url.URL)) func(*url.URL) { return func(u *url.URL) { a(u); b(u) } }
	smtps := func(u *url.URL) { u.Scheme = "smtps" }
	named := func(u *url.URL) { u.Host = "localhost:" + u.Port() } // for which the certificate is not
	for name, x := range map[string]struct {
		server peer.SMTPSecurity
		url    func(*url.URL)
		ok     bool
		secure bool
		shown  bool // the password went over the line
	}{
		"in the clear":                 {peer.SMTPSecurity{}, func(*url.URL) {}, true, false, false},
		"STARTTLS where it is offered": {peer.SMTPSecurity{TLS: certificates}, func(*url.URL) {}, true, true, false},
		"STARTTLS and a password":      {peer.SMTPSecurity{TLS: certificates, Password: secret}, password(secret), true, true, true},
		"smtps and a password": {peer.SMTPSecurity{TLS: certificates, Implicit: true, Password: secret}, both(smtps, password(secret)),
			true, true, true},
		"a wrong password":                {peer.SMTPSecurity{TLS: certificates, Password: secret}, password("guessed"), false, false, true},
		"no password where one is wanted": {peer.SMTPSecurity{TLS: certificates, Password: secret}, func(*url.URL) {}, false, false, false},
		// Whoever sits on the line must not learn the password by hiding STARTTLS,
		// or with a certificate of their own.
		"a password, and no TLS": {peer.SMTPSecurity{Password: secret}, password(secret), false, false, false},
		"a password, another's certificate": {peer.SMTPSecurity{TLS: certificates, Password: secret}, both(named, password(secret)), false,
			false, false},
		"smtps, another's certificate": {peer.SMTPSecurity{TLS: certificates, Implicit: true, Password: secret},
			both(smtps, both(named, password(secret))), false, false, false},
		"smtps, and a server without": {peer.SMTPSecurity{}, smtps, false, false, false},
		"a password in letters of a URL": {peer.SMTPSecurity{TLS: certificates, Password: "p@ss:w/rd?"}, password("p@ss:w/rd?"), true, true,
			true},
		"a server that nobody listens behind": {peer.SMTPSecurity{}, func(u *url.URL) { u.Host = "127.0.0.1:1" }, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := peer.NewSecuredSMTP(t, x.server)
			err := send(t, s, x.url)
			if (err == nil) != x.ok {
				t.Fatalf("%v", err)
			}
			if errors.Is(err, mail.ErrRefused) {
				t.Error("given up for good, though the recipient was not refused")
			}
			got := s.Received()
			if (len(got) == 1) != x.ok || x.ok && got[0].TLS != x.secure {
				t.Errorf("received %+v", got)
			}
			if shown := len(s.Passwords()) > 0; shown != x.shown {
				t.Errorf("a password was shown: %v", shown)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Error("the error tells the password")
			}
		})
	}
}

// What a mail looks like on the way: who it is from, that it answers nobody, and
// an id that stays when it is sent again.
func TestMessage(t *testing.T) {
	t.Parallel()
	s := peer.NewSMTP(t)
	for range 2 {
		if err := send(t, s, func(*url.URL) {}); err != nil {
			t.Fatal(err)
		}
	}
	got := s.Received()
	if len(got) != 2 || got[0].ID == "" || got[0].ID != got[1].ID || got[0].Text != "Hello" || !strings.Contains(got[0].HTML, "<p>Hello</p>") {
		t.Fatalf("%+v", got)
	}
	lines := strings.Split(got[0].Raw, "\r\n")
	for _, want := range []string{`From: "Paddock" <hello@paddock.test>`, "To: <nora@example.com>", "Auto-Submitted: auto-generated"} {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %q in\n%s", want, got[0].Raw)
		}
	}
	s.Refuse(&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"})
	if err := send(t, s, func(*url.URL) {}); !errors.Is(err, mail.ErrRefused) {
		t.Errorf("a recipient that is none: %v", err)
	}
	for _, bad := range []string{"http://example.com", "smtp://example.com:many"} {
		u, err := url.Parse(bad)
		if err != nil {
			continue // not even a URL
		}
		if _, err := mail.SMTP(u, "hello@paddock.test"); err == nil {
			t.Errorf("%s is taken for a mail server", bad)
		}
	}
	if _, err := mail.SMTP(s.URL(), "nobody"); err == nil {
		t.Error("a sender that is no address")
	}
}
