package views

import (
	"fmt"

	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/views/ui"
)

// DataPage is where an owner takes the data along, or closes the workspace.
type DataPage struct {
	Shell
	Slug    string
	Exports []shareddb.ExportListRow
	Close   ui.Form
}

var fieldClose = ui.Field{Name: "slug", Label: "Type the workspace’s address to close it", Kind: ui.KindText, Required: true, Max: 60, Autocomplete: "off"}

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

// size is a number of bytes as people say it.
func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%d kB", n>>10)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
}
