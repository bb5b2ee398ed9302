package views

import (
	"strings"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// MembersPage is who is in the workspace, and who is invited.
type MembersPage struct {
	Shell
	Members       []shareddb.MembershipListRow
	Invitations   []shareddb.InvitationListRow
	Offer         *shareddb.OwnershipOfferGetRow // that this person made or was made
	Me            uuid.UUID
	RequireFactor bool
	Notice        string  // why something can't be done
	Form          ui.Form // of an invitation
	Ownership     ui.Form
	AskPassword   bool // to hand the workspace over
	Link          InvitationLink
}

// InvitationLink is the link to an invitation, shown once to whoever asked for it.
type InvitationLink struct {
	ID  uuid.UUID // of the invitation; none without a link
	URL string
}

// RemovalPage asks who takes over.
type RemovalPage struct {
	Shell
	ID          uuid.UUID
	Name, Email string
	Records     []tenantdb.Count
	Heirs       []ui.Option
}

// MemberRoles are what an admin can make somebody.
var MemberRoles = []ui.Option{{Value: "member", Label: "Member: works with records"}, {Value: "viewer", Label: "Viewer: reads"},
	{Value: "admin", Label: "Admin: also manages members and settings"}}

var shortRoles = []ui.Option{{Value: "admin", Label: "Admin"}, {Value: "member", Label: "Member"}, {Value: "viewer", Label: "Viewer"}}

// Fields of the forms, in order.
var (
	InvitationFields = []ui.Field{
		{Name: "email", Label: "Email", Kind: ui.KindText, Required: true, Max: 6000, Autocomplete: "off",
			Help: "Several at once, with commas between"},
		{Name: "role", Label: "Role", Kind: ui.KindSelect, Required: true, Options: MemberRoles},
	}
	OwnershipFields = []ui.Field{
		{Name: "member_id", Label: "Member", Kind: ui.KindSelect, Required: true},
		fieldPassword,
	}
)

// heirs are whom the workspace can be handed over to.
func (p MembersPage) heirs() []ui.Option {
	out := []ui.Option{{Value: "", Label: "Choose a member"}}
	for _, m := range p.Members {
		if m.Role != "owner" {
			out = append(out, ui.Option{Value: m.ID.String(), Label: m.Name})
		}
	}
	return out
}

// mayChange reports whether this person may change that member.
func (p MembersPage) mayChange(m shareddb.MembershipListRow) bool {
	return p.CanManage && m.ID != p.Me && (m.Role != "owner" || p.Owner)
}

// looksAfter says in words what the member has.
func (p RemovalPage) looksAfter() string {
	parts := make([]string, len(p.Records))
	for i, r := range p.Records {
		e := entity.For(r.Kind)
		parts[i] = ui.Plural(int(r.N), e.One, e.Many)
	}
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	return strings.Join(parts, "")
}
