package views

import (
	"time"

	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views/ui"
)

// DataPage is where an owner takes the data along, or closes the workspace.
type DataPage struct {
	Shell
	Exports []shareddb.ExportListRow
	Close   ui.Form

	Stats                shareddb.TenantStatsRow
	Usage                []shareddb.UsageListRow // today's, if there is any
	MaxRecords, MaxBytes int64
	MaxRequests          int       // a minute
	ConsentUntil         time.Time // support may look in; zero when it may not
}

// today is how many requests there were.
func (p DataPage) today() (n int) {
	for _, u := range p.Usage {
		n += int(u.Requests)
	}
	return n
}

var fieldClose = ui.Field{Name: "slug", Label: "The workspace’s address", Kind: ui.KindText, Required: true, Max: 60, Autocomplete: "off"}

// CloseFields confirm the end of a workspace.
var CloseFields = []ui.Field{fieldClose}

// waiting reports whether an archive is being made: the page looks again.
func (p DataPage) waiting() bool {
	for _, x := range p.Exports {
		if x.State == "waiting" {
			return true
		}
	}
	return false
}
