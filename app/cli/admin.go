package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/seal"
	letter "github.com/paddock-crm/paddock/views/mail"
)

type adminCommand struct {
	Grant  adminGrant  `cmd:"" help:"Let somebody into the operators’ console."`
	Revoke adminRevoke `cmd:"" help:"Take that back, at once."`
	List   adminList   `cmd:"" help:"List the operators."`
}

// emailArg is the person that a command is about.
type emailArg struct {
	Email string `arg:"" help:"The address that they sign in with."`
}

func unknownAddress(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return errors.New("nobody has an account with this address")
	}
	return err
}

type adminGrant struct{ emailArg }

// Run grants, or mails a link that does once there is a second factor.
func (c adminGrant) Run(e *environment) error {
	d, done, err := e.database()
	if err != nil {
		return err
	}
	defer done()
	if err := e.secrets(e.embedded); err != nil {
		return err
	}
	box, err := seal.New(e.cfg.Secrets)
	if err != nil {
		return err
	}
	email, token := strings.ToLower(c.Email), ""
	err = d.Shared(e.ctx, func(tx *db.SharedTx) (err error) {
		if token, err = auth.Enrol(e.ctx, tx, email); err != nil || token == "" {
			return err
		}
		to := *e.cfg.BaseURL
		to.Path, to.RawQuery = "/operator", url.Values{"token": {token}}.Encode()
		job, err := mail.LetterJob(e.ctx, box, uuid.Nil, email, letter.Enrolment(to.String()))
		if err != nil {
			return err
		}
		return tx.Enqueue(e.ctx, job)
	})
	if err != nil {
		return unknownAddress(err)
	}
	console := *e.cfg.BaseURL
	console.Host = "admin." + console.Host
	text := "%s may enter %s, with a second factor\n"
	if token != "" {
		text = "%s has no second factor yet: we sent a link, good for a day, that opens %s as soon as there is one\n"
	}
	_, err = fmt.Fprintf(e.out, text, email, console.String())
	return err
}

type adminRevoke struct{ emailArg }

// Run revokes.
func (c adminRevoke) Run(e *environment) error {
	email := strings.ToLower(c.Email)
	if err := e.shared(func(tx *db.SharedTx) error { return auth.SetOperator(e.ctx, tx, email, false) }); err != nil {
		return unknownAddress(err)
	}
	fmt.Fprintf(e.out, "%s may not enter the operators’ console any more\n", email)
	return nil
}

type adminList struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists.
func (c adminList) Run(e *environment) error {
	return e.shared(func(tx *db.SharedTx) error {
		rows, err := tx.UserOperators(e.ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			type operator struct {
				Email     string `json:"email"`
				Name      string `json:"name"`
				HasFactor bool   `json:"has_second_factor"`
			}
			out := []operator{}
			for _, r := range rows {
				out = append(out, operator(r))
			}
			return json.NewEncoder(e.out).Encode(out)
		}
		w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
		for _, r := range rows {
			factor := "no second factor yet"
			if r.HasFactor {
				factor = "second factor"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", r.Email, r.Name, factor)
		}
		return w.Flush()
	})
}
