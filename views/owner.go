package views

import (
	"slices"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// OwnerPage asks to whom a record is handed over.
type OwnerPage struct {
	Shell
	Record  Record
	Members []tenantdb.MemberListRow // to choose from
	Beside  []tenantdb.Count         // what may go along
	Along   []entity.Kind            // of that, what is ticked
	Me      uuid.UUID
	Form    ui.Form
}

// manyMembers is from how many members on they are chosen from a list.
const manyMembers = 12

func (p OwnerPage) goes(k entity.Kind) bool { return slices.Contains(p.Along, k) }

// counted is a count in words, with what is meant of the kind.
func (p OwnerPage) counted(c tenantdb.Count) string {
	e := entity.For(c.Kind)
	text := p.Plural(int(c.N), e.One, e.Many)
	for i := range e.Fields {
		if e.Fields[i].Ended != "" {
			return p.Plural(int(c.N), "open "+e.One, "open "+e.Many)
		}
	}
	return text
}

func (p OwnerPage) name(m tenantdb.MemberListRow) string {
	if m.ID == p.Me {
		return m.Name + " (you)"
	}
	return m.Name
}

func (p OwnerPage) options() []ui.Option {
	out := []ui.Option{{Label: "Choose…"}}
	for _, m := range p.Members {
		out = append(out, ui.Option{Value: m.ID.String(), Label: p.name(m)})
	}
	return out
}
