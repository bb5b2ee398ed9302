package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
)

// ownField makes a field of customers and returns its id.
func ownField(t *testing.T, w *apptest.Workspace, form url.Values) string {
	t.Helper()
	c := w.Client(w.Owner)
	form.Set("kind", "customer")
	c.Post(w.URL("/settings/fields"), form).Want(http.StatusSeeOther)
	edit, _ := c.Get(w.URL("/settings/fields?kind=customer")).Want(http.StatusOK).
		Select(".settings-rows li:contains('" + form.Get("label") + "') a").Attr("href")
	u, err := url.Parse(edit)
	if err != nil || u.Query().Get("edit") == "" {
		t.Fatalf("no way to edit %q: %q", form.Get("label"), edit)
	}
	return u.Query().Get("edit")
}

// A team makes fields of its own, and they are there at once: in forms, on the page, in the
// list, on the timeline and in undo.
func TestOwnFields(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	region := ownField(t, w, url.Values{"label": {"Region"}, "type": {"select"}, "options[]": {"North", "South", ""}, "show[]": {"", "list"}})
	ownField(t, w, url.Values{"label": {"Fleet size"}, "type": {"number"}, "help": {"Cars and vans"}, "default": {"1.5"}, "show[]": {"list"}})
	ownField(t, w, url.Values{"label": {"Sponsor"}, "type": {"reference"}, "refers": {"customer"}})
	ownField(t, w, url.Values{"label": {"Wants"}, "type": {"multi_select"}, "options[]": {"Tyres", "Fuel"}})
	ownField(t, w, url.Values{"label": {"Racing since"}, "type": {"date"}})
	ownField(t, w, url.Values{"label": {"VIP"}, "type": {"checkbox"}})
	ownField(t, w, url.Values{"label": {"Prize money"}, "type": {"money"}})

	form := c.Get(w.URL("/customers/new")).Want(http.StatusOK)
	if got := form.Text("#x_region"); !strings.Contains(got, "North") || !strings.Contains(got, "South") {
		t.Errorf("the form offers %q", got)
	}
	if v, _ := form.Find("#x_fleet_size").Attr("value"); v != "1.5" || !strings.Contains(form.Text("form"), "Cars and vans") {
		t.Errorf("it begins with %q", v)
	}
	sponsor := c.Post(w.URL("/customers"), url.Values{"name": {"Sponsor Inc"}, "type": {"customer"}}).Want(http.StatusSeeOther).
		Header.Get("Location")
	bad := c.Post(w.URL("/customers"), url.Values{"name": {"Arcadia"}, "type": {"customer"}, "x_region": {"west"}, "x_fleet_size": {"many"}}).
		Want(http.StatusUnprocessableEntity)
	for _, at := range []string{"#x_region-error", "#x_fleet_size-error"} {
		if bad.Text(at) == "" {
			t.Errorf("nothing is said at %s", at)
		}
	}
	at := c.Post(w.URL("/customers"), url.Values{"name": {"Arcadia"}, "type": {"customer"}, "x_region": {"North"},
		"x_fleet_size": {"-1,250.75"}, "x_sponsor": {strings.TrimPrefix(sponsor, "/customers/")}, "x_wants": {"", "tyres", "fuel"},
		"x_racing_since": {"1998-05-01"},
		"x_vip":          {"false", "true"}, "x_prize_money": {"1,250.50"}}).Want(http.StatusSeeOther).Header.Get("Location")
	page := c.Get(w.URL(at)).Want(http.StatusOK)
	for _, want := range []string{"North", "−1,250.75", "Sponsor Inc", "Tyres, Fuel", "1998", "1,250.50"} {
		if !strings.Contains(page.Text("#record"), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if rows := c.Get(w.URL("/customers")).Text("table.list"); !strings.Contains(rows, "Region") || !strings.Contains(rows, "North") ||
		!strings.Contains(rows, "−1,250.75") || strings.Contains(rows, "Racing since") {
		t.Errorf("the list: %q", rows)
	}
	// In place, told on the timeline, and undone.
	c.HTMX = true
	if open := c.Get(w.URL(at + "/edit?field=x_region")).Want(http.StatusOK); open.Find("#record .inline #x_region").Length() != 1 {
		t.Error("the field does not open in place")
	}
	c.HTMX = false
	c.Put(w.URL(at), url.Values{"x_region": {"south"}, "x_wants": {"", "fuel"}, "version": {"1"}}).Want(http.StatusSeeOther)
	page = c.Get(w.URL(at)).Want(http.StatusOK)
	if got := page.Text("#timeline"); !strings.Contains(got, "Region") || !strings.Contains(got, "North") || !strings.Contains(got, "South") {
		t.Errorf("the timeline: %q", got)
	}
	undo, _ := page.Select("#timeline form[action*=reversal]").First().Attr("action")
	c.Put(w.URL(undo), nil).Want(http.StatusSeeOther)
	if got := c.Get(w.URL(at)).Text("#record"); !strings.Contains(got, "North") || !strings.Contains(got, "Tyres, Fuel") {
		t.Errorf("after undo: %q", got)
	}
	// A label changes no record; what is retired is kept, what is deleted can be restored.
	c.Put(w.URL("/settings/fields/"+region), url.Values{"version": {"1"}, "label": {"Area"}, "option_values[]": {"north", "south"},
		"options[]": {"Far north", "South"}}).Want(http.StatusSeeOther)
	if got := c.Get(w.URL(at)).Text("#record"); !strings.Contains(got, "Area") || !strings.Contains(got, "Far north") {
		t.Errorf("renamed: %q", got)
	}
	if got := c.Get(w.URL("/settings/fields?kind=customer&edit=" + region)).Text("#field"); !strings.Contains(got, "1 customer holds") {
		t.Errorf("how many hold something: %q", got)
	}
	c.Put(w.URL("/settings/fields/"+region), url.Values{"version": {"2"}, "retired": {"true"}}).Want(http.StatusSeeOther)
	if got := c.Get(w.URL(at)).Text("#record"); strings.Contains(got, "Far north") {
		t.Errorf("retired: %q", got)
	}
	c.Put(w.URL(at), url.Values{"city": {"Graz"}, "version": {"3"}}).Want(http.StatusSeeOther)
	c.Put(w.URL("/settings/fields/"+region), url.Values{"version": {"3"}, "retired": {"false"}}).Want(http.StatusSeeOther)
	if got := c.Get(w.URL(at)).Text("#record"); !strings.Contains(got, "Far north") {
		t.Errorf("brought back: %q", got)
	}
	c.Delete(w.URL("/settings/fields/"+region), nil).Want(http.StatusSeeOther)
	if got := c.Get(w.URL(at)).Text("#record"); strings.Contains(got, "Far north") {
		t.Errorf("deleted: %q", got)
	}
	c.Put(w.URL("/settings/fields/"+region+"/restoration"), nil).Want(http.StatusSeeOther)
	if got := c.Get(w.URL(at)).Text("#record"); !strings.Contains(got, "Far north") {
		t.Errorf("restored: %q", got)
	}
}

// What is wrong with a field is said where it is, whatever is sent, and nothing typed is lost.
func TestOwnFieldsAreChecked(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	long := strings.Repeat("x", 10_000)
	for name, form := range map[string]url.Values{
		"#label-error":   {"label": {""}, "type": {"text"}},
		"#type-error":    {"label": {"A"}, "type": {"colour"}},
		"#key-error":     {"label": {"B"}, "type": {"text"}, "key": {"x_Drop table"}},
		"#refers-error":  {"label": {"C"}, "type": {"reference"}},
		"#options-error": {"label": {"D"}, "type": {"select"}, "options[]": {"One", "one"}},
		"#default-error": {"label": {"E"}, "type": {"number"}, "default": {"many"}},
		"#show-error":    {"label": {"F"}, "type": {"text"}, "show[]": {"moon"}},
		".notice":        {"label": {"G"}, "type": {"text"}, "kind": {"planet"}},
		"#help-error":    {"label": {"H"}, "type": {"text"}, "help": {long}},
	} {
		if !form.Has("kind") {
			form.Set("kind", "deal")
		}
		got := c.Post(w.URL("/settings/fields"), form).Want(http.StatusUnprocessableEntity)
		if got.Text(name) == "" {
			t.Errorf("nothing is said at %s", name)
		}
		if v, _ := got.Find("#label").Attr("value"); v != form.Get("label") {
			t.Errorf("%s: the name is %q", name, v)
		}
	}
	for _, hostile := range []string{"'; drop table customers; --", "<script>alert(1)</script>", "\x00", "\xff", "{{.}}", long} {
		for _, form := range []url.Values{
			{"label": {hostile}, "type": {"text"}}, {"label": {"X"}, "type": {hostile}},
			{"label": {"X"}, "type": {"select"}, "options[]": {hostile}},
			{"label": {"X"}, "type": {"text"}, "key": {hostile}}, {"label": {"X"}, "type": {"text"}, "default": {hostile}, "kind": {hostile}},
		} {
			if got := c.Post(w.URL("/settings/fields"), form); got.Status >= 500 || strings.Contains(got.Body, "<script>alert") {
				t.Errorf("%v: %d", form, got.Status)
			}
			if got := c.Get(w.URL("/customers")); got.Status != http.StatusOK || strings.Contains(got.Body, "<script>alert") {
				t.Errorf("%v: the list is %d", form, got.Status)
			}
		}
	}
	c.Get(w.URL("/customers/new")).Want(http.StatusOK)
	member := pg.NewUser(t)
	w.Join(member, auth.Member)
	w.Client(member).Get(w.URL("/settings/fields")).Want(http.StatusForbidden)
}
