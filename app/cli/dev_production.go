//go:build production

package cli

import "errors"

// A production build has none of development's parts: no passwords that everybody
// knows, no mailbox to look into, no PostgreSQL of its own.

var errProduction = errors.New("this program was built for production: paddock serve. Development is paddock of a build without the tag production")

type devCommand struct{}

// Run refuses.
func (devCommand) Run(*environment) error { return errProduction }

// embed refuses where no database is named.
func (e *environment) embed() (stop func(), err error) {
	if e.cfg.DatabaseURL == "" {
		return nil, errors.New("DATABASE_URL is not set")
	}
	return func() {}, nil
}
