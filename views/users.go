package views

import (
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// UsersPage lists the people.
type UsersPage struct {
	Console
	Q    string
	Me   string // the operator's address
	Rows []shareddb.UserListRow
	Next string
}
