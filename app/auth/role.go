package auth

// Role is what a member is in a workspace.
type Role string

// Roles, from the one that may do everything to none at all.
const (
	Owner  Role = "owner"
	Admin  Role = "admin"
	Member Role = "member"
	Viewer Role = "viewer"
	NoRole Role = ""
)

// Permission is what a route asks of whoever calls it.
type Permission int

// Permissions. The zero value is none of them: a route that names none does
// not start.
const (
	_        Permission = iota
	Anyone              // also signed out
	SignedIn            // signed in on this host, member or not
	Read                // see the workspace's records
	Write               // change them
	Manage              // members, tags, settings
	Own                 // close the workspace, hand it over
)

// allowed says which role may do what, in one place.
var allowed = map[Permission][]Role{
	Read:   {Owner, Admin, Member, Viewer},
	Write:  {Owner, Admin, Member},
	Manage: {Owner, Admin},
	Own:    {Owner},
}

// May reports whether the role has the permission; Anyone and SignedIn are not
// a matter of roles.
func (r Role) May(p Permission) bool {
	for _, a := range allowed[p] {
		if a == r {
			return true
		}
	}
	return p == Anyone || p == SignedIn
}
