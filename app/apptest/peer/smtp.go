package peer

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"testing"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/db/pgdev"
)

// SMTP is a mail server on a port of its own.
type SMTP struct {
	tb       testing.TB
	addr     string
	server   *smtp.Server
	listener net.Listener
	secured  SMTPSecurity

	mu        sync.Mutex
	received  []Received
	passwords []string
	refuse    error  // what RCPT answers
	stall     *stall // DATA waits for it, and then breaks off
}

// Received is a mail as the server got it.
type Received struct {
	From, To, Subject, ID string
	TLS                   bool
	Text, HTML            string
	Raw                   string
}

// SMTPSecurity is what a server asks of its clients.
type SMTPSecurity struct {
	TLS      *tls.Config // offered as STARTTLS; nil for none
	Implicit bool        // … or begun with
	Password string      // clients must sign in when it is set
}

// NewSMTP starts a server.
func NewSMTP(tb testing.TB) *SMTP { tb.Helper(); return NewSecuredSMTP(tb, SMTPSecurity{}) }

// NewSecuredSMTP is NewSMTP of a server that asks for more.
func NewSecuredSMTP(tb testing.TB, security SMTPSecurity) *SMTP {
	tb.Helper()
	port, err := pgdev.FreePort(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	s := &SMTP{tb: tb, addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), secured: security}
	s.Start()
	tb.Cleanup(s.Stop)
	return s
}

// Start listens, on the address that the server had before.
func (s *SMTP) Start() {
	s.tb.Helper()
	var l net.Listener
	// A program that is being started may hold the port for a moment, until it is
	// another one: fork and exec are two steps.
	wait.Until(s.tb, s.addr+" is free", func() (ok bool) {
		var err error
		l, err = new(net.ListenConfig).Listen(context.Background(), "tcp", s.addr)
		return err == nil
	})
	s.listener = l
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &smtpSession{s: s, conn: c}, nil }))
	s.server.Domain, s.server.AllowInsecureAuth = "mail.test", true
	s.server.ErrorLog = discard{}
	if s.secured.Implicit {
		l = tls.NewListener(l, s.secured.TLS)
	} else {
		s.server.TLSConfig = s.secured.TLS
	}
	go func(server *smtp.Server) { _ = server.Serve(l) }(s.server)
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

// Stop breaks all conversations off.
func (s *SMTP) Stop() {
	_ = s.listener.Close() // the server may not have got to it yet
	_ = s.server.Close()
}

// URL is the server's SMTP_URL.
func (s *SMTP) URL() *url.URL { return &url.URL{Scheme: "smtp", Host: s.addr} }

// Received returns what has arrived, in order.
func (s *SMTP) Received() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.received...)
}

// Passwords returns those that clients have shown.
func (s *SMTP) Passwords() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.passwords...)
}

// Refuse makes the server answer so to every recipient; nil accepts again.
func (s *SMTP) Refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = err
}

type stall struct {
	once           sync.Once
	begun, resumed chan struct{}
}

// Stall makes the server take no mail to its end until resume runs; those that
// were under way break off then. begun is closed when the first one is held.
func (s *SMTP) Stall() (begun <-chan struct{}, resume func()) {
	held := &stall{begun: make(chan struct{}), resumed: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stall = held
	return held.begun, func() {
		s.mu.Lock()
		s.stall = nil
		s.mu.Unlock()
		close(held.resumed)
	}
}

type smtpSession struct {
	s        *SMTP
	conn     *smtp.Conn
	signedIn bool
	from, to string
}

func (x *smtpSession) AuthMechanisms() []string {
	if x.s.secured.Password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (x *smtpSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		x.s.mu.Lock()
		x.s.passwords = append(x.s.passwords, password)
		x.s.mu.Unlock()
		if password != x.s.secured.Password {
			return smtp.ErrAuthFailed
		}
		x.signedIn = true
		return nil
	}), nil
}

func (x *smtpSession) Reset()        {}
func (x *smtpSession) Logout() error { return nil }

func (x *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	if x.s.secured.Password != "" && !x.signedIn {
		return smtp.ErrAuthRequired
	}
	x.from = from
	return nil
}

func (x *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.to = to
	return x.s.refuse
}

func (x *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	x.s.mu.Lock()
	held := x.s.stall
	x.s.mu.Unlock()
	if held != nil {
		held.once.Do(func() { close(held.begun) })
		<-held.resumed
		return errors.New("broken off")
	}
	_, secure := x.conn.TLSConnectionState()
	got := Received{From: x.from, To: x.to, Raw: string(raw), TLS: secure}
	m, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	got.Subject, _ = m.Header.Subject()
	got.ID, _ = m.Header.MessageID()
	for {
		p, err := m.NextPart()
		if err == io.EOF { //nolint:errorlint // io.EOF it is
			break
		}
		if err != nil {
			return err
		}
		b, err := io.ReadAll(p.Body)
		if err != nil {
			return err
		}
		if h, ok := p.Header.(*mail.InlineHeader); ok {
			if kind, _, _ := h.ContentType(); kind == "text/html" {
				got.HTML = string(b)
			} else {
				got.Text = string(b)
			}
		}
	}
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.received = append(x.s.received, got)
	return nil
}
