package views

import (
	"net/url"
	"strings"

	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// AuditPage is the workspace's log.
type AuditPage struct {
	Shell
	Rows             []tenantdb.Audit
	Actions, Members []ui.Option
	Query            url.Values
	Next             string // where older ones are; "" when there are none
}

func (p AuditPage) fileURL() string { return "/settings/audit.csv?" + p.Query.Encode() }

// anyOf puts a choice of nothing before the others.
func anyOf(label string, options []ui.Option) []ui.Option {
	return append([]ui.Option{{Label: label}}, options...)
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// byOperator reports whether it is the operator who does such a thing.
func byOperator(action string) bool {
	return action == "Looked in as support" || action == "Changed as operator"
}
