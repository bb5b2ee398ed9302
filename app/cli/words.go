package cli

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
)

// words says what an error means to the operator.
func words(err error) error {
	var state tenant.StateError
	switch {
	case errors.Is(err, tenant.ErrUnknown):
		return errors.New("there is no such workspace")
	case errors.Is(err, tenant.ErrSlugTaken):
		return errors.New("this address is taken")
	case errors.Is(err, tenant.ErrSlugReserved):
		return errors.New("this address is reserved")
	case errors.Is(err, tenant.ErrSlugMalformed):
		return usageError("an address has 3 to 40 small letters, digits and single hyphens, and begins with a letter")
	case errors.Is(err, db.ErrNoSchema):
		return errors.New("its schema is gone: paddock doctor says what can be done")
	case errors.As(err, &state):
		return fmt.Errorf("%s is %s", state.Slug, state.State)
	case err != nil && room.MatchString(err.Error()) && !errors.As(err, new(usageError)):
		return errors.New(room.ReplaceAllString(err.Error(), ""))
	}
	return err
}

// room is where an error of ours is from, which says nothing to an operator.
var room = regexp.MustCompile(`(?m)^(archive|auth|db|domains|jobs|mail|seal|tenant): `)
