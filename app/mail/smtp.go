package mail

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// smtpTimeout bounds one step of a conversation with the server.
const smtpTimeout = 15 * time.Second

// SMTP returns a Sender through the server of the URL:
// smtp://user:password@host:587 uses TLS if the server offers it, and insists
// on it when there is a password; smtps:// begins with TLS. from is an address,
// with or without a name.
func SMTP(server *url.URL, from string) (Sender, error) {
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
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(server.User.Username()), gomail.WithPassword(password))
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
