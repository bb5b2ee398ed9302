// Package domains binds workspaces to domains of their own: whose a domain is,
// whether it still is, and the certificates for it.
package domains

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
	letter "github.com/paddock-crm/paddock/views/mail"
)

// LookupTXT asks for the TXT records of a name, as net.Resolver does.
type LookupTXT func(ctx context.Context, name string) ([]string, error)

// TXTName is where the record stands that proves a domain: _paddock.example.com
// = paddock-domain=… What is proven is that domain, and nothing below it.
func TXTName(domain string) string { return "_paddock." + domain }

// TXTValue is what the record must say.
func TXTValue(token string) string { return "paddock-domain=" + token }

// ErrNoRecord is answered where the domain's name server says that there is no
// such record.
var ErrNoRecord = errors.New("domains: the TXT record is not there")

// lookupTimeout bounds one question to a name server.
const lookupTimeout = 5 * time.Second

// Prove looks for the record. It answers ErrNoRecord where there is none, and
// another error where that can't be known now.
func Prove(ctx context.Context, lookup LookupTXT, domain, token string) error {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	records, err := lookup(ctx, TXTName(domain))
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return ErrNoRecord
	case err != nil:
		return err
	case !slices.ContainsFunc(records, func(r string) bool { return strings.TrimSpace(r) == TXTValue(token) }):
		return ErrNoRecord
	}
	return nil
}

// How often a bound domain is looked at, and for how long it may fail before it
// is unbound: long enough for a weekend's mistake, short enough that whoever
// gets a domain that was given up does not get our pages with it.
const (
	checkPause = 6 * time.Hour
	Grace      = 3 * 24 * time.Hour
)

// CheckJob looks at the bound domains once more.
type CheckJob struct{}

// Kind names the job in the queue.
func (CheckJob) Kind() string { return "domains" }

// CheckWorker does it.
type CheckWorker struct {
	river.WorkerDefaults[CheckJob]
	DB      *db.DB
	Box     *seal.Box
	TXT     LookupTXT
	BaseURL *url.URL // of links in mails
}

// Timeout is for many at once.
func (*CheckWorker) Timeout(*river.Job[CheckJob]) time.Duration { return 30 * time.Minute }

// Work checks those that were not looked at for a while.
func (w *CheckWorker) Work(ctx context.Context, _ *river.Job[CheckJob]) error {
	for {
		var rows []shareddb.DomainsToCheckRow
		err := w.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
			rows, err = tx.DomainsToCheck(ctx, checkPause.Seconds(), 100)
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			err := w.check(ctx, r)
			if err == nil {
				continue
			}
			if ctx.Err() != nil {
				return err
			}
			// It keeps nobody else from being looked at.
			slog.WarnContext(ctx, "a domain could not be checked", "domain", r.Host, "tenant", *r.Tenant.Slug, "error", err)
			if err := w.DB.Shared(ctx, func(tx *db.SharedTx) error { return tx.DomainLooked(ctx, r.Tenant.ID, r.Host) }); err != nil {
				return err
			}
		}
	}
}

// check looks at one domain. Its owners hear of it when it begins to fail, and
// when it is unbound.
func (w *CheckWorker) check(ctx context.Context, r shareddb.DomainsToCheckRow) error {
	t := tenant.FromRow(r.Tenant)
	problem := Prove(ctx, w.TXT, r.Host, r.Token)
	return w.DB.Shared(ctx, func(tx *db.SharedTx) error {
		switch {
		case problem == nil:
			return tx.DomainStands(ctx, t.ID, r.Host)
		case !errors.Is(problem, ErrNoRecord):
			slog.WarnContext(ctx, "a domain could not be checked", "domain", r.Host, "tenant", t.Slug, "error", problem)
			return tx.DomainLooked(ctx, t.ID, r.Host)
		}
		since, err := tx.DomainFail(ctx, "Its TXT record is gone", t.ID, r.Host)
		if err != nil || since == nil {
			return err // unbound meanwhile
		}
		settings := *w.BaseURL
		settings.Host, settings.Path = t.Slug+"."+settings.Host, "/settings/domains"
		if left := Grace - time.Since(*since); left > 0 {
			if r.FailingSince != nil {
				return nil // they have been told
			}
			return w.tell(ctx, tx, t, letter.DomainFailing(t.Name, r.Host, settings.String(), since.Add(Grace)))
		}
		if _, err := tx.DomainUnbind(ctx, t.ID, r.Host); err != nil {
			return err
		}
		if err := auth.AuditSystem(ctx, tx, t, auth.DidChangeSettings, "Domain "+r.Host+" unbound: its TXT record is gone"); err != nil {
			return err
		}
		return w.tell(ctx, tx, t, letter.DomainUnbound(t.Name, r.Host, settings.String()))
	})
}

// tell mails the workspace's owners.
func (w *CheckWorker) tell(ctx context.Context, tx *db.SharedTx, t tenant.Tenant, l letter.Letter) error {
	members, err := tx.MembershipList(ctx, t.ID)
	if err != nil {
		return err
	}
	for _, m := range members {
		if auth.Role(m.Role) != auth.Owner {
			continue
		}
		job, err := mail.LetterJob(ctx, w.Box, uuid.Nil, m.Email, l)
		if err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, job); err != nil {
			return err
		}
	}
	return nil
}
