package views

import (
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// DomainsPage lists the domains of all workspaces.
type DomainsPage struct {
	Console
	Q    string
	Rows []shareddb.DomainListAllRow
	Next string
}
