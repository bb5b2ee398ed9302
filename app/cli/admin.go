package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
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

func (a emailArg) set(e *environment, operator bool) error {
	err := e.shared(func(tx *db.SharedTx) error {
		return auth.SetOperator(e.ctx, tx, strings.ToLower(a.Email), operator)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return errors.New("nobody has an account with this address")
	}
	return err
}

type adminGrant struct{ emailArg }

// Run grants.
func (c adminGrant) Run(e *environment) error {
	if err := c.set(e, true); err != nil {
		return err
	}
	url := *e.cfg.BaseURL
	url.Host = "admin." + url.Host
	_, err := fmt.Fprintf(e.out, "%s may enter %s, with a second factor\n", c.Email, url.String())
	return err
}

type adminRevoke struct{ emailArg }

// Run revokes.
func (c adminRevoke) Run(e *environment) error { return c.set(e, false) }

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
