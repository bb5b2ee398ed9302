package views

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// FieldsPage is the fields of the workspace's own, of one kind.
type FieldsPage struct {
	Shell
	Look    *Look
	Fields  []tenantdb.FieldListRow
	Retired []tenantdb.FieldListRow
	Deleted []tenantdb.FieldListRow // lately
	Edited  *tenantdb.FieldListRow  // the one in the form; nil for a new one
	Used    int                     // records that hold something in it
	Form    ui.Form
	Options []entity.Option // in the form
}

// count is how many there are of how many there may be.
func (p FieldsPage) count() string {
	n := len(p.Fields) + len(p.Retired) + len(p.Deleted)
	return ui.Plural(n, "field", "fields") + " of at most " + ui.Count(entity.MaxFields)
}

func (p FieldsPage) action() string {
	if p.Edited != nil {
		return fieldPath(p.Edited.ID)
	}
	return "/settings/fields"
}

func (p FieldsPage) listPath() string { return "/settings/fields?kind=" + string(p.Look.Kind) }

func fieldPath(id uuid.UUID) string { return "/settings/fields/" + id.String() }

// typeLabel is what a field holds, in words.
func typeLabel(r tenantdb.FieldListRow) string {
	t, _ := entity.FieldTypeOf(r.Type)
	if look := LookOf(entity.Kind(r.Refers)); look != nil {
		return strings.ToUpper(look.One[:1]) + look.One[1:]
	}
	return t.Label
}

// shownIn is where a field shows, in words.
func shownIn(r tenantdb.FieldListRow) string {
	var out []string
	for _, o := range entity.ShowIn {
		for _, s := range r.Show {
			if s == o.Value {
				out = append(out, strings.ToLower(o.Label))
			}
		}
	}
	return strings.Join(out, ", ")
}

// Fields of the form of a field.
var (
	fieldType = ui.Field{Name: "type", Label: "What it holds", Kind: ui.KindSelect, Required: true, Options: fieldTypes()}
	fieldRest = []ui.Field{
		{Name: "help", Label: "Help", Kind: ui.KindText, Max: 200, Help: "Said below the field where it is filled in"},
		{Name: "default", Label: "Begins with", Kind: ui.KindText, Max: 500, Help: "What a new record has in it"},
		{Name: "required", Label: "Must be filled in", Kind: ui.KindCheck},
	}
	fieldLabel = ui.Field{Name: "label", Label: "Name", Kind: ui.KindText, Required: true, Max: 60}
	fieldKey   = ui.Field{Name: "key", Label: "Key", Kind: ui.KindText, Max: 42,
		Help: "For addresses, imports and programs; it never changes. Left empty, the name makes one"}
	fieldRefers = ui.Field{Name: "refers", Label: "To which records", Kind: ui.KindSelect, Options: kindOptions()}
)

// FieldFields are those of the form that are read as they are.
var FieldFields = append([]ui.Field{fieldLabel, fieldType, fieldKey, fieldRefers, {Name: "kind", Label: "Kind", Kind: ui.KindText, Max: 20},
	{Name: "section", Label: "Section", Kind: ui.KindText, Max: 60}, {Name: "retired", Label: "Retired", Kind: ui.KindCheck}}, fieldRest...)

func fieldTypes() (out []ui.Option) {
	for _, t := range entity.FieldTypes {
		out = append(out, ui.Option{Value: t.Name, Label: t.Label})
	}
	return out
}

func kindOptions() (out []ui.Option) {
	for _, l := range entity.Kinds {
		out = append(out, ui.Option{Value: string(l.Kind), Label: l.Title()})
	}
	return out
}

// rows are the options of the form, and empty ones to add.
func (p FieldsPage) rows() []entity.Option {
	return append(slices.Clip(p.Options), make([]entity.Option, 3)...)
}

func (p FieldsPage) shows(place string) bool {
	for s := range strings.SplitSeq(p.Form.Value("show[]"), ",") {
		if s == place {
			return true
		}
	}
	return false
}

// optionColors are the colours of options; the first lets us choose.
var optionColors = append([]ui.Option{{Label: "Colour"}}, TagColors...)

func optionHint(i int, o entity.Option) string {
	if o.Label == "" && i < 3 {
		return []string{"North", "South", "Overseas"}[i]
	}
	return ""
}
