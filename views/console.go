package views

import (
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views/ui"
)

// Console is what every page of the operators' console has around it.
type Console struct {
	Title       string
	Section     string // the navigation's current entry
	Name, Email string // the operator's
	Theme       string
	Flash       *ui.Flash
	entity.Formats
}

func (c Console) class() string { return Shell{Theme: c.Theme}.class() }

// Fields of the console's forms.
var (
	TenantFields = []ui.Field{
		{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 80, Autofocus: true},
		{Name: "slug", Label: "Address", Kind: ui.KindText, Required: true, Max: 40, Help: "3 to 40 small letters, digits and single hyphens"},
		{Name: "owner_email", Label: "Owner’s email", Kind: ui.KindEmail, Required: true, Max: 254,
			Help: "They get a mail. Somebody without an account chooses a password by it."},
	}
	RenameFields = []ui.Field{{Name: "slug", Label: "New address", Kind: ui.KindText, Required: true, Max: 40,
		Help: "The one before leads to it for 30 days."}}
	CloneFields = []ui.Field{{Name: "slug", Label: "Address of the copy", Kind: ui.KindText, Required: true, Max: 40,
		Help: "With all records and the same people."}}
	SupportFields = []ui.Field{{Name: "reason", Label: "Reason", Kind: ui.KindText, Required: true, Max: 200,
		Help: "The workspace’s people read it, on every page and in their audit log."}}
	LimitFields = []ui.Field{
		{Name: "statement_ms", Label: "A statement, ms", Kind: ui.KindNumber, Max: 12},
		{Name: "concurrent", Label: "Requests at once", Kind: ui.KindNumber, Max: 12},
		{Name: "requests", Label: "Requests a minute", Kind: ui.KindNumber, Max: 12},
		{Name: "records", Label: "Records", Kind: ui.KindNumber, Max: 12},
		{Name: "megabytes", Label: "Storage, MB", Kind: ui.KindNumber, Max: 12},
		{Name: "jobs", Label: "Waiting jobs", Kind: ui.KindNumber, Max: 12},
	}
)

// prefixed gives a field an id of its own where two forms of a page have one of
// the same name.
func prefixed(f ui.Field, form string) ui.Field {
	f.ID = form + "-" + f.Name
	return f
}
