package web_test

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// TestBadInput sends every form what no person would: never a 500, never
// anything unescaped, and nothing of it stored.
func TestBadInput(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	id := w.Customer(tenantdb.CustomerUpdateParams{Name: "Unharmed"}).String()
	type form struct {
		url    string
		method string
		good   url.Values
		fields []string
	}
	saved := map[string]string{} // what stands on which page, and stays
	forms := map[string]form{
		"sign-up":   {app.Site("/signup"), "POST", signUpForm(pg.Unique("bad")), []string{"workspace", "slug", "name", "email", "password"}},
		"sign-in":   {w.URL("/signin"), "POST", url.Values{"email": {w.Owner.Email}, "password": {pg.Password}}, []string{"email"}},
		"delete":    {w.URL("/customers/" + id), "DELETE", url.Values{"version": {"1"}}, []string{"version"}},
		"hand-off":  {w.URL("/handoff"), "POST", url.Values{"token": {"x"}}, []string{"token"}},
		"visit":     {app.Site("/workspaces/%00/visit"), "POST", url.Values{}, []string{"x"}},
		"undo":      {w.URL("/customers/" + id + "/restoration"), "PUT", url.Values{}, []string{"x"}},
		"sign-out?": {app.Site("/signout"), "POST", url.Values{}, []string{"x"}},
	}
	for _, look := range views.Looks {
		entity := strings.TrimPrefix(look.Path, "/")
		fields := []string{"version"}
		for _, f := range look.Inputs {
			switch f.Kind {
			case ui.KindEmails, ui.KindPhones:
				fields = append(fields, f.Name+"[0][value]", f.Name+"[0][label]", f.Name+"_primary")
			default:
				fields = append(fields, f.Name)
			}
		}
		// Each field alone, and all at once: in one request each is judged.
		fields = append(fields, strings.Join(fields[1:], " "))
		for _, field := range fields {
			r := apptest.Records[entity](w)
			saved[w.URL("/"+entity+"/"+r.ID.String())] = r.Known
			// A version that is not the record's, so that nothing is saved, whatever is right.
			update := maps.Clone(r.Form)
			update.Set("version", "99")
			forms["update "+entity+" "+field] = form{w.URL("/" + entity + "/" + r.ID.String()), "PUT", update, []string{field}}
		}
		create := maps.Clone(apptest.Records[entity](w).Form)
		create.Set(look.Owner().Name, "0190a0b0-0000-7000-8000-000000000001") // nobody: nothing is saved
		forms["create "+entity] = form{w.URL("/" + entity), "POST", create, fields[len(fields)-1:]}
	}
	const script = `"><script>alert(1)</script>`
	values := map[string]string{
		"empty": "", "NUL": "a\x00b", "invalid UTF-8": "a\xff\xfeb", "script": script, "too long": strings.Repeat("long ", 3000),
		"quotes": `'; drop table customers; --`, "right to left": "\u202egpj.exe", "emoji": strings.Repeat("👩‍👩‍👧", 40),
		"template": "{{.}} ${x} <%= 1 %>",
		"newlines": "a\r\nSet-Cookie: evil=1\r\n", "number": "99999999999999999999", "negative": "-1", "NaN": "NaN",
	}
	t.Run("forms", func(t *testing.T) {
		for name, f := range forms {
			for _, field := range f.fields {
				t.Run(name+" "+field, func(t *testing.T) {
					t.Parallel()
					c := w.Client(w.Owner)
					for i, what := range slices.Sorted(maps.Keys(values)) {
						v, form := values[what], maps.Clone(f.good)
						for one := range strings.FieldsSeq(field) {
							form.Set(one, v)
						}
						form.Set("unknown_field", v)
						alone := strings.Contains(name, " ") && !strings.Contains(field, " ") // one of a record's many
						if alone && !slices.Contains([]string{"NUL", "script", "number"}, what) {
							continue
						}
						for _, htmx := range []bool{false, true} {
							if alone && htmx != (i%2 == 0) {
								continue // in turn
							}
							c.HTMX = htmx
							var res *apptest.Response
							switch f.method {
							case "PUT":
								res = c.Put(f.url, form)
							case "DELETE":
								if v == "" || form.Get("version") == "1" {
									continue
								}
								res = c.Delete(f.url, form)
							default:
								res = c.Post(f.url, form)
							}
							if res.Status >= 500 {
								t.Fatalf("%s: %d\n%s", what, res.Status, res.Text("main"))
							}
							if strings.Contains(res.Body, "<script>alert") || strings.Contains(res.Header.Get("Set-Cookie"), "evil") {
								t.Fatalf("%s: unescaped\n%s", what, res.Body)
							}
							if strings.ContainsRune(res.Body, 0) {
								t.Fatalf("%s: the page repeats a NUL", what)
							}
						}
					}
				})
			}
		}
	})
	c := w.Client(w.Owner)
	for page, known := range saved {
		if got := c.Get(page).Want(http.StatusOK).Text("h1"); got != known {
			t.Errorf("%s is called %q, was %q", page, got, known)
		}
	}
}

// Each mistake in a customer is told at its field, and nothing typed is lost.
func TestCustomerMistakes(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	for _, tc := range []struct{ field, value string }{
		{"name", ""}, {"name", "   "}, {"name", strings.Repeat("n", 201)}, {"name", "a\x00b"}, {"name", "a\xffb"},
		{"domain", "not a domain"}, {"domain", "a.b.c..d"}, {"website", "javascript:alert(1)"}, {"website", "ftp://example.com"},
		{"website", "http://"},
		{"email", "nobody"}, {"email", "a@b"}, {"email", `"a" <a@example.com>`}, {"type", "enemy"}, {"employees", "many"}, {"employees", "-5"},
		{"employees", "3000000000"}, {"employees", "1.5"}, {"annual_revenue", "a lot"}, {"annual_revenue", "-1"},
		{"annual_revenue", "99999999999999999999"},
		{"annual_revenue", "1.234"[:4] + "5x"}, {"owner_id", "me"}, {"owner_id", "0190a0b0-0000-7000-8000-000000000001"},
		{"tags", strings.Repeat("x", 41)}, {"tags", strings.Repeat("a,", 5) + strings.Repeat("b,c,", 10)},
		{"description", strings.Repeat("d", 10_001)}, {"phone", strings.Repeat("1", 41)},
	} {
		form := url.Values{"name": {"Typed name"}, "city": {"Typed city"}, "description": {"Typed\nlines"}}
		form.Set(tc.field, tc.value)
		for _, htmx := range []bool{false, true} {
			c.HTMX = htmx
			res := c.Post(w.URL("/customers"), form).Want(http.StatusUnprocessableEntity)
			if res.Select("#"+tc.field+"[aria-invalid=true]").Length() != 1 || res.Select("#"+tc.field+"-error").Length() != 1 {
				t.Errorf("%s=%.30q: no message at the field\n%s", tc.field, tc.value, res.Text("form"))
				continue
			}
			if got, _ := res.Find("#city").Attr("value"); got != "Typed city" {
				t.Errorf("%s=%.30q: what was typed elsewhere is lost: %q", tc.field, tc.value, got)
			}
			if tc.field != "description" && res.Find("#description").Text() != "Typed\nlines" {
				t.Errorf("the description became %q", res.Find("#description").Text())
			}
			if res.Select("details.more[open]").Length() != 1 {
				t.Errorf("%s: the fields with content are folded away", tc.field)
			}
		}
	}
	c.HTMX = false
	if got := c.Get(w.URL("/customers")).Text("#count"); got != "0 in this list" {
		t.Errorf("something was saved: %q", got)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	const urlencoded = "application/x-www-form-urlencoded"
	for what, tc := range map[string]struct {
		contentType, body string
		want              int
	}{
		"10 MB":                   {urlencoded, "name=" + strings.Repeat("x", 10<<20), http.StatusRequestEntityTooLarge},
		"10 MB of another type":   {"application/octet-stream", strings.Repeat("x", 10<<20), http.StatusRequestEntityTooLarge},
		"malformed escapes":       {urlencoded, "name=%zz", http.StatusBadRequest},
		"semicolons":              {urlencoded, "name=a;version=1", http.StatusBadRequest},
		"a method we do not know": {urlencoded, "_method=PATCH&name=x", http.StatusBadRequest},
		"a method in lower case":  {urlencoded, "_method=delete&name=x", http.StatusBadRequest},
		"GET as a method":         {urlencoded, "_method=GET&name=x", http.StatusBadRequest},
		"JSON":                    {"application/json", `{"name":"x"}`, http.StatusUnprocessableEntity},
		"no boundary":             {"multipart/form-data", "x", http.StatusBadRequest},
		"half a multipart": {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nabc",
			http.StatusBadRequest},
		"empty":   {urlencoded, "", http.StatusUnprocessableEntity},
		"no type": {"", "name=x", http.StatusUnprocessableEntity},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := c.Request(http.MethodPost, w.URL("/customers"), nil)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(tc.body)), int64(len(tc.body))
			r.Header.Set("Content-Type", tc.contentType)
			c.Do(r).Want(tc.want)
		})
	}
	// A link cannot carry a method.
	id := w.Customer(tenantdb.CustomerUpdateParams{Name: "Stays"}).String()
	if got := c.Post(w.URL("/customers/"+id+"?_method=DELETE&version=1"), url.Values{}).Status; got != http.StatusMethodNotAllowed {
		t.Errorf("_method in the query: %d", got)
	}
	c.Get(w.URL("/customers/" + id)).Want(http.StatusOK)
}

func TestBadQueries(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	for i := range 30 {
		w.Customer(tenantdb.CustomerUpdateParams{Name: "Customer " + string(rune('a'+i%26)) + strings.Repeat("x", i)})
	}
	c := w.Client(w.Owner)
	for _, q := range []string{
		"q=%00", "q=%ff", "q=%zz", "after=xxx", "after=e30", "after=eyJzIjoibmFtZSIsImsiOiJcdTAwMDAifQ", "sort=%00", "sort=evil",
		"sort=name;drop", "owner=x", "owner=%00",
		"type=enemy", "tag=%25", "tag=%5C", "q=%25%25%25", "q=___", "q=%5C", "q=%27", "q=" + strings.Repeat("a+", 500),
		"sort=-annual_revenue&after=eyJzIjoiLWFubnVhbF9yZXZlbnVlIiwiayI6ImFiYyJ9",
	} {
		for _, path := range []string{"/customers", "/search"} {
			if res := c.Get(w.URL(path + "?" + q)); res.Status >= 500 || res.Status != http.StatusOK && res.Status != http.StatusBadRequest {
				t.Errorf("%s?%s: %d", path, q, res.Status)
			}
		}
	}
	for _, path := range []string{"/customers/1", "/customers/00000000-0000-0000-0000-00000000000g", "/customers/%00", "/customers/%ff",
		"/customers/{0190a0b0-0000-7000-8000-000000000001}", "/nothing"} {
		if res := c.Get(w.URL(path)); res.Status != http.StatusNotFound && res.Status != http.StatusBadRequest {
			t.Errorf("%s: %d", path, res.Status)
		}
	}
	// Percent and underscore are letters like others, not wildcards.
	if n := c.Get(w.URL("/customers?q=%25%25%25")).Select(".list .name").Length(); n != 0 {
		t.Errorf("%%%%%% matches %d customers", n)
	}
}
