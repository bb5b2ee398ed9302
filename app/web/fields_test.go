package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// customField makes a field of customers and returns its id.
func customField(t *testing.T, w *apptest.Workspace, form url.Values) string {
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
func TestCustomFields(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	region := customField(t, w, url.Values{"label": {"Region"}, "type": {"select"}, "options[]": {"North", "South", ""},
		"show[]": {"", "list"}})
	customField(t, w, url.Values{"label": {"Fleet size"}, "type": {"number"}, "help": {"Cars and vans"}, "default": {"1.5"},
		"show[]": {"list"}})
	customField(t, w, url.Values{"label": {"Sponsor"}, "type": {"reference"}, "refers": {"customer"}})
	customField(t, w, url.Values{"label": {"Wants"}, "type": {"multi_select"}, "options[]": {"Tyres", "Fuel"}})
	customField(t, w, url.Values{"label": {"Racing since"}, "type": {"date"}})
	customField(t, w, url.Values{"label": {"VIP"}, "type": {"checkbox"}})
	customField(t, w, url.Values{"label": {"Prize money"}, "type": {"money"}})

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
	c.Put(w.URL("/settings/fields/"+region), url.Values{"version": {"1"}, "label": {"Late"}}).Want(http.StatusConflict)
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
func TestCustomFieldsAreChecked(t *testing.T) {
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

// An option that is taken away stays with the records that have it, whichever form they are
// saved by; nobody may choose it anew. A field that must be filled in asks whoever fills in a
// form, and holds up nothing that has none.
func TestCustomFieldsOptionsAndRequired(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	region := customField(t, w, url.Values{"label": {"Region"}, "type": {"select"}, "options[]": {"North", "South"}})
	wants := customField(t, w, url.Values{"label": {"Wants"}, "type": {"multi_select"}, "options[]": {"Tyres", "Fuel", "Oil"}})
	at := c.Post(w.URL("/customers"), url.Values{"name": {"Arcadia"}, "type": {"customer"}, "x_region": {"north"},
		"x_wants": {"fuel", "tyres"}}).Want(http.StatusSeeOther).Header.Get("Location")
	c.Put(w.URL("/settings/fields/"+region), url.Values{"version": {"1"}, "option_values[]": {"south"}, "options[]": {"South"}}).
		Want(http.StatusSeeOther)
	c.Put(w.URL("/settings/fields/"+wants), url.Values{"version": {"1"}, "option_values[]": {"tyres", "oil"}, "options[]": {"Tyres", "Oil"}}).
		Want(http.StatusSeeOther)
	edit := c.Get(w.URL(at + "/edit")).Want(http.StatusOK)
	posted := url.Values{"version": {"1"}, "city": {"Graz"}, "was.x_region": {"north"}, "was.x_wants": {"fuel,tyres"}, "x_wants": {""}}
	posted.Set("x_region", edit.Find("#x_region option[selected]").AttrOr("value", "none"))
	edit.Find("[name=x_wants][checked]").Each(func(_ int, box *goquery.Selection) { posted.Add("x_wants", box.AttrOr("value", "")) })
	c.Put(w.URL(at), posted).Want(http.StatusSeeOther)
	if got := c.Get(w.URL(at)).Text("#record"); !strings.Contains(got, "north") || !strings.Contains(got, "Tyres, fuel") ||
		!strings.Contains(got, "Graz") {
		t.Errorf("after the whole form was saved: %q", got)
	}
	c.Put(w.URL(at), url.Values{"version": {"2"}, "x_wants": {"", "fuel", "oil"}}).Want(http.StatusSeeOther) // one stays, one is new
	other := c.Post(w.URL("/customers"), url.Values{"name": {"Other"}, "type": {"customer"}, "x_wants": {"fuel"}}).
		Want(http.StatusUnprocessableEntity)
	if other.Text("#x_wants-error") == "" {
		t.Error("an option that is gone can be chosen anew")
	}
	customField(t, w, url.Values{"label": {"Must"}, "type": {"text"}, "required": {"true"}})
	if got := c.Post(w.URL("/customers"), url.Values{"name": {"Without"}, "type": {"customer"}}).Want(http.StatusUnprocessableEntity); got.
		Text("#x_must-error") == "" {
		t.Error("nothing is said at the field that must be filled in")
	}
	lead := w.Lead(tenantdb.LeadUpdateParams{LastName: "Voss", CompanyName: "Cobalt"})
	c.Post(w.URL("/leads/"+lead.String()+"/conversion"), url.Values{"customer": {"new"}, "contact": {"new"}, "deal": {"none"},
		"version": {"1"}}).Want(http.StatusSeeOther)
}
