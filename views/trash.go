package views

import (
	"time"

	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// TrashPage is what was deleted and can come back.
type TrashPage struct {
	Shell
	Rows []tenantdb.TrashedRecord
	Next string
}

// TrashDays is how long the trash keeps a record.
const TrashDays = 30

func (p TrashPage) daysLeft(t time.Time) string {
	left := TrashDays - int(p.Now.Sub(t).Hours()/24)
	if left <= 0 {
		return "Goes today"
	}
	return ui.Plural(left, "day", "days") + " left"
}
