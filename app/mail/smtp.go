package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// smtpTimeout bounds one step of a conversation with the server.
const smtpTimeout = 15 * time.Second

// Settings checks SMTP_URL and PADDOCK_MAIL_FROM, without asking the server.
func Settings(server *url.URL, from string) error {
	_, err := options(server, from)
	return err
}

// options are a client's of the server.
func options(server *url.URL, from string) ([]gomail.Option, error) {
	opts := []gomail.Option{gomail.WithTimeout(smtpTimeout), gomail.WithTLSPolicy(gomail.TLSOpportunistic), gomail.WithoutNoop()}
	switch server.Scheme {
	case "smtp":
	case "smtps":
		opts = append(opts, gomail.WithSSLPort(false))
	default:
		return nil, fmt.Errorf("SMTP_URL: want smtp:// or smtps://, not %s://", server.Scheme)
	}
	if p := server.Port(); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil {
			return nil, fmt.Errorf("SMTP_URL: port %q", p)
		}
		opts = append(opts, gomail.WithPort(n))
	}
	if password, ok := server.User.Password(); ok {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(server.User.Username()),
			gomail.WithPassword(password))
		if server.Scheme == "smtp" {
			opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
		}
	}
	if err := gomail.NewMsg().From(from); err != nil {
		return nil, fmt.Errorf("PADDOCK_MAIL_FROM: %w", err)
	}
	if _, err := gomail.NewClient(server.Hostname(), opts...); err != nil {
		return nil, fmt.Errorf("SMTP_URL: %w", err)
	}
	return opts, nil
}

// Try goes as far with the server as a mail from us to ourselves would, but for
// sending it: connects, has TLS, signs in, and names both addresses. ErrRefused is
// about the last of that, which a mailbox that is not there explains too.
func Try(ctx context.Context, server *url.URL, from string) error {
	opts, err := options(server, from)
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(server.Hostname(), append(opts, gomail.WithTimeout(tryTimeout))...)
	if err != nil {
		return err
	}
	c, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	defer client.CloseWithSMTPClient(c) //nolint:errcheck // nothing was sent
	address, err := mail.ParseAddress(from)
	if err != nil {
		return err
	}
	if err := c.Mail(address.Address); err != nil {
		return err
	}
	if err := c.Rcpt(address.Address); err != nil {
		return errors.Join(ErrRefused, err)
	}
	return c.Reset()
}

// tryTimeout bounds Try: somebody waits for it.
const tryTimeout = 5 * time.Second

// SMTP returns a Sender through the server of the URL:
// smtp://user:password@host:587 uses TLS if the server offers it, and insists
// on it when there is a password; smtps:// begins with TLS. from is an address,
// with or without a name.
func SMTP(server *url.URL, from string) (Sender, error) {
	opts, err := options(server, from)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, m Message) error {
		msg := gomail.NewMsg()
		if err := errors.Join(msg.From(from), msg.To(m.To)); err != nil {
			return errors.Join(ErrRefused, err)
		}
		msg.Subject(m.Subject)
		msg.SetDate()
		msg.SetMessageIDWithValue(m.ID + "@" + server.Hostname())
		// Nobody's out-of-office answer should come back.
		msg.SetGenHeader("Auto-Submitted", "auto-generated")
		if m.Unsubscribe != "" {
			msg.SetGenHeader("List-Unsubscribe", "<"+m.Unsubscribe+">")
			msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
		}
		msg.SetBodyString(gomail.TypeTextPlain, m.Text)
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
		client, err := gomail.NewClient(server.Hostname(), opts...)
		if err != nil {
			return err
		}
		err = client.DialAndSendWithContext(ctx, msg)
		if err == nil || msg.IsDelivered() { // that QUIT failed is no reason to send it twice
			return nil
		}
		var refused *gomail.SendError
		if errors.As(err, &refused) && refused.Reason == gomail.ErrSMTPRcptTo && !refused.IsTemp() {
			return errors.Join(ErrRefused, err)
		}
		return err
	}, nil
}
