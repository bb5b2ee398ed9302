package web

import (
	"net/http"
	"testing"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/app/web/page"
)

// What a request meets before its handler, by who sends it, where, and what the route asks.
func TestDecide(t *testing.T) {
	t.Parallel()
	member := auth.Identity{Role: auth.Member}
	in := func(who auth.Identity) page.Visit { return page.Visit{SignedIn: true, Who: who} }
	with := func(v page.Visit, change func(*page.Visit)) page.Visit { change(&v); return v }
	second := func(v *page.Visit) { v.Tenant.RequireSecondFactor = true }
	for name, tc := range map[string]struct {
		visit  page.Visit
		asks   auth.Permission
		method string
		want   step
	}{
		"anybody, anywhere":                      {page.Visit{}, auth.Anyone, http.MethodPost, goOn},
		"nobody":                                 {page.Visit{}, auth.Read, http.MethodGet, signIn},
		"nobody, their account":                  {page.Visit{}, auth.SignedIn | auth.Account, http.MethodGet, signIn},
		"a member reads":                         {in(member), auth.Read, http.MethodGet, goOn},
		"a member writes":                        {in(member), auth.Write, http.MethodPost, goOn},
		"a member manages":                       {in(member), auth.Manage, http.MethodGet, lowRole},
		"a viewer writes":                        {in(auth.Identity{Role: auth.Viewer}), auth.Write, http.MethodPut, lowRole},
		"an admin owns":                          {in(auth.Identity{Role: auth.Admin}), auth.Own, http.MethodGet, lowRole},
		"an owner owns":                          {in(auth.Identity{Role: auth.Owner}), auth.Own, http.MethodGet, goOn},
		"somebody else's workspace":              {in(auth.Identity{}), auth.Read, http.MethodGet, stranger},
		"somebody else's workspace, signing out": {in(auth.Identity{}), auth.SignedIn, http.MethodPost, goOn},
		"suspended": {with(in(member), func(v *page.Visit) { v.Tenant.State = tenant.Suspended }), auth.Read,
			http.MethodGet, closed},
		"suspended, their account": {with(in(member), func(v *page.Visit) { v.Tenant.State = tenant.Suspended }), auth.SignedIn,
			http.MethodGet, goOn},
		"full, adding": {with(in(member), func(v *page.Visit) { v.Tenant.FullOf = "records" }), auth.Write, http.MethodPost,
			full},
		"full, changing": {with(in(member), func(v *page.Visit) { v.Tenant.FullOf = "records" }), auth.Write, http.MethodPut,
			goOn},
		"full, deleting": {with(in(member), func(v *page.Visit) { v.Tenant.FullOf = "records" }), auth.Write,
			http.MethodDelete, goOn},
		"a factor asked, none set up":    {with(in(member), second), auth.Read, http.MethodGet, setUp},
		"a factor asked, setting one up": {with(in(member), second), auth.Read | auth.Account, http.MethodGet, goOn},
		"a factor asked, one there": {with(in(auth.Identity{Role: auth.Member, HasFactor: true}), second), auth.Read, http.MethodGet,
			factor},
		"a factor asked and shown": {with(in(auth.Identity{Role: auth.Member, HasFactor: true, Strong: true}), second), auth.Read,
			http.MethodGet, goOn},
		"a factor asked, by a provider": {with(in(auth.Identity{Role: auth.Member, ByProvider: true}), second), auth.Read, http.MethodGet,
			goOn},
		"a factor asked, signing out": {with(in(member), second), auth.SignedIn, http.MethodPost, goOn},
		"by a provider, the account": {in(auth.Identity{Role: auth.Member, ByProvider: true}), auth.Read | auth.Account, http.MethodGet,
			provided},
		"support reads":          {in(auth.Identity{Role: auth.Viewer, Support: true}), auth.Read, http.MethodGet, goOn},
		"support reads the head": {in(auth.Identity{Role: auth.Viewer, Support: true}), auth.Read, http.MethodHead, goOn},
		"support writes":         {in(auth.Identity{Role: auth.Viewer, Support: true}), auth.SignedIn, http.MethodPost, inSupport},
		"support, the account": {in(auth.Identity{Role: auth.Viewer, Support: true}), auth.Read | auth.Account, http.MethodGet,
			inSupport},
		"the console, nobody":      {page.Visit{}, auth.Operate, http.MethodGet, signIn},
		"the console, no operator": {in(auth.Identity{Strong: true}), auth.Operate, http.MethodGet, notOperator},
		"the console, an operator": {in(auth.Identity{Operator: true, Strong: true, HasFactor: true}), auth.Operate, http.MethodPost,
			goOn},
		"the console, a factor to be shown": {in(auth.Identity{Operator: true, HasFactor: true}), auth.Operate, http.MethodGet, factor},
		"the console, no factor":            {in(auth.Identity{Operator: true}), auth.Operate, http.MethodGet, setUpToo},
	} {
		if got := decide(&tc.visit, tc.asks, tc.method); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}
