package cli

import (
	"fmt"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/views/ui"
)

type secretsCommand struct {
	Reseal secretsReseal `cmd:"" help:"Seal with the first secret what older ones have sealed; then those can go."`
}

type secretsReseal struct{}

// Run seals again; what can't be opened is counted and left, and fails the command.
func (secretsReseal) Run(e *environment) error {
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
	resealed, lost, err := reseal(e, d, box, true)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s sealed anew\n", ui.Plural(resealed, "secret was", "secrets were"))
	if lost > 0 {
		return fmt.Errorf("%s sealed with a secret that PADDOCK_SECRET does not hold: add it, or have their owners set them anew",
			ui.Plural(lost, "secret is", "secrets are"))
	}
	return nil
}

// reseal counts what is not sealed with the first secret, and what with none of
// them; with write it seals the former anew.
func reseal(e *environment, d *db.DB, box *seal.Box, write bool) (stale, lost int, err error) {
	err = d.EachSealed(e.ctx, func(purpose, sealed string) (string, error) {
		again, err := box.Reseal(purpose, sealed)
		switch {
		case err != nil:
			lost++
			return sealed, nil //nolint:nilerr // counted, and the others go on
		case again != sealed:
			stale++
		}
		if !write {
			return sealed, nil
		}
		return again, nil
	})
	return stale, lost, err
}
