package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/web"
)

// Whatever stands in an address or in a form, no route breaks: the answer is a
// page, a message or "not found", never a fault.
func TestNothingBreaksARoute(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	stock(w, "Some", 2, 100)
	odd := []string{"", "x", "-1", "99999999999999999999", "'; drop table customers; --", "%", "\\", "ünï¢ödé 🏁", "2026-13-45", "0001-01-01",
		"9999-12-31", uuid.Nil.String(), uuid.NewString(),
		strings.Repeat("long ", 400), "eyJzIjoibmFtZSIsImsiOiIifQ", "none", "me", "{}", "NaN", "in 999999999999 days", "\r\n", "a,b,,c", "true"}
	params := []string{"q", "sort", "after", "rows", "owner", "tag", "type", "status", "rating", "source", "stage", "pipeline", "customer",
		"contact", "deal", "subject", "layout", "column", "date", "from", "to", "field", "palette",
		"customer_id", "stage_id", "owner_id", "subject_id", "subject_type", "return", "action", "member", "before", "token", "next", "workspace",
		"change", "code", "state"}
	fields := []string{"name", "last_name", "first_name", "subject", "amount", "currency", "probability", "stage_id", "pipeline_id",
		"customer_id", "contact_id", "owner_id", "assignee_id", "due_at", "remind_at", "repeat", "status", "type",
		"rating", "priority", "birthday", "start_date", "end_date", "budget", "members", "tags", "email", "phone", "mobile", "emails[0][value]",
		"phones[1][value]", "emails_primary", "do_not_call", "website", "subject_type", "subject_id",
		"version", "field", "was.name", "before_id", "after_id", "was.stage_id", "lost_reason", "board", "top", "return", "quick", "body",
		"pinned", "kind", "customer", "contact", "deal", "color", "country", "time_zone", "date_style", "number_style",
		"stages[0][name]", "stages[0][id]", "stages[0][position]", "stages[0][probability]", "stages[0][outcome]", "stages[0][color]",
		"stages[0][remove]",
		"code", "secret", "token", "role", "member_id", "password", "sudo_password", "sudo_code", "issuer", "client_id", "client_secret",
		"join_role", "domain", "required", "theme", "next", "workspace", "change"}
	for _, route := range web.WorkspaceRoutes(app.Web) {
		t.Run(route.Method+" "+route.Path, func(t *testing.T) {
			t.Parallel()
			w := w
			if unsettling(route) {
				w = app.NewWorkspace(t)
			}
			c := w.Client(w.Owner)
			for i, value := range odd {
				c.HTMX = i%3 == 0
				r := apptest.Record{}
				if !open(route) {
					r = record(t, w, route)
				}
				path := w.URL(strings.NewReplacer(":id", r.ID.String(), ":slug", w.Slug, ":name", r.Param, ":domain", r.Param, ":provider", "workspace",
					":token", "none").Replace(route.Path))
				var res *apptest.Response
				if route.Method == http.MethodGet {
					q := url.Values{}
					for j, p := range params {
						if (i+j)%4 != 0 || i == 0 { // in many combinations
							q.Set(p, odd[(i+j)%len(odd)])
						}
					}
					if i%2 == 0 {
						q = url.Values{params[i%len(params)]: {value}, "layout": {[]string{"board", "table", "day"}[i%3]}}
					}
					res = c.Get(path + "?" + q.Encode())
				} else {
					form := url.Values{"version": {"1"}}
					for j, f := range fields {
						if (i+j)%5 != 0 {
							form.Set(f, odd[(i*7+j)%len(odd)])
						}
					}
					form.Set("version", "1")
					switch route.Method {
					case http.MethodPut:
						res = c.Put(path, form)
					case http.MethodDelete:
						res = c.Delete(path, form)
					default:
						res = c.Post(path, form)
					}
				}
				if res.Status >= 500 {
					t.Errorf("%d with %q: %.200s", res.Status, value, res.Body[max(0, len(res.Body)-200):])
				}
			}
		})
	}
}
