package page

import (
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
)

// ChangedBy is who made the last n changes of a row, to begin a sentence with: "Nora Lind",
// or "You, in another tab," where nobody else did; "Somebody else" where that is not known.
func ChangedBy(c echo.Context, d *db.DB, id uuid.UUID, n int32) (who string, err error) {
	ctx := c.Request().Context()
	me := From(c).Who.MemberID
	err = d.TenantRead(ctx, func(tx *db.TenantTx) error {
		changes, err := tx.EntityChanges(ctx, id, max(1, min(n, 100)))
		if who = "Somebody else"; len(changes) > 0 {
			who = "You, in another tab,"
		}
		for _, change := range changes {
			if change.MemberID != nil && *change.MemberID == me {
				continue
			}
			if who = change.MemberName; who == "" {
				who = "Somebody else"
			}
			break
		}
		return err
	})
	return who, err
}
