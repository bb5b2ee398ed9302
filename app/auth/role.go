// Package auth knows who somebody is and what they may do: users, roles,
// sessions, members, invitations, factors, identities and the audit log.
package auth

import "slices"

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

// Permission is what a route asks of whoever calls it: one of the levels, and
// with it what else must hold.
type Permission int

// Levels. The zero value is none of them: a route that names none does not
// start.
const (
	_        Permission = iota
	Anyone              // also signed out
	SignedIn            // signed in on this host, member or not
	Read                // see the workspace's records
	Write               // change them
	Manage              // members, pipelines, tags, settings
	Own                 // billing, closing, handing over
	Operate             // the console: for operators who have shown a second factor
)

const level = 0xff

// What else a route may ask, beside its level.
const (
	// Sudo wants a password or factor shown lately: for what does lasting harm
	// in the hands of whoever finds a browser open.
	Sudo Permission = 1 << (8 + iota)
	// Account is about the person's account in all of Paddock: a session begun
	// by one workspace's own provider, which could name anybody, must not touch
	// it. It is open to members who have yet to set up the second factor that
	// their workspace asks for.
	Account
)

// Level is the permission without what else must hold.
func (p Permission) Level() Permission { return p & level }

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
	p = p.Level()
	return p == Anyone || p == SignedIn || slices.Contains(allowed[p], r)
}

// Roles are what a member can be made by an admin; ownership is handed over.
var Roles = []Role{Admin, Member, Viewer}
