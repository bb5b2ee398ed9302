package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Whatever of a record is searched finds it, and the hit says what has the words.
func TestSearchFindsEveryField(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	for _, e := range entity.Kinds {
		form, words := url.Values{}, map[string][2]string{} // by field: what is searched, what the hit says
		for i := range e.Fields {
			f := &e.Fields[i]
			if !f.Search {
				continue
			}
			word := strings.ReplaceAll(string(e.Kind)+f.Name, "_", "") + "xq"
			switch f.Type {
			case entity.TypePhone, entity.TypePhones:
				form.Set("phone", "+39 06 555 0"+string('1'+rune(len(e.Kind)%8))+"40")
				word = "5550" + string('1'+rune(len(e.Kind)%8)) + "40"
			case entity.TypeEmail, entity.TypeEmails:
				form.Set("email", word+"@example.com")
			case entity.TypeDomain:
				form.Set(f.Name, word+".example")
			case entity.TypeURL:
				form.Set(f.Name, "https://"+word+".example")
			default:
				form.Set(f.Name, word)
			}
			label := f.Label + ": "
			if f.Name == e.Name || strings.HasSuffix(f.Name, "_name") && f.Name != "company_name" {
				label = ""
			}
			words[f.Name] = [2]string{word, label}
		}
		at := c.Post(w.URL(e.Path), form).Want(http.StatusSeeOther).Header.Get("Location")
		for name, x := range words {
			res := c.Get(w.URL("/search?q=" + url.QueryEscape(x[0]))).Want(http.StatusOK)
			hit := res.Select(`#found a[href="` + at + `"]`)
			if hit.Length() != 1 {
				t.Errorf("%s: %s is not found by %q", e.Kind, name, x[0])
				continue
			}
			if got := hit.Find(".matched").Text(); !strings.HasPrefix(got, x[1]) || x[1] == "" && got != "" {
				t.Errorf("%s found by %s says %q, want %q", e.Kind, name, got, x[1])
			}
		}
	}
}

// A number is found as it is typed, dialled or shown by who calls; notes and tags lead to
// what they are on.
func TestSearch(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	voss := w.Customer(tenantdb.CustomerUpdateParams{Name: "Voss Maritim", Phone: "+494034567890", City: "Hamburg"})
	c.Put(w.URL("/customers/"+voss.String()), url.Values{"version": {"1"}, "tags": {"Key account"}}).Want(http.StatusSeeOther)
	anna := w.Contact(tenantdb.ContactUpdateParams{FirstName: "Anna", LastName: "Krüger", CustomerID: &voss,
		Phones: []entity.Point{{Value: "+494034567812"}}})
	w.Note(entity.Contact, anna, "Wants the offer before Whitsun, prefers **telephone**.")
	hit := func(q string, id uuid.UUID) string {
		t.Helper()
		return strings.Join(strings.Fields(c.Get(w.URL("/search?q="+url.QueryEscape(q))).Want(http.StatusOK).
			Select(`#found a[href$="`+id.String()+`"]`).Text()), " ")
	}
	for _, q := range []string{"+49 40 34567890", "040 345 67 890", "004940 34567890", "(040) 3456-7890", "4567890", "345 67 890",
		"49 40 3456 7890"} {
		if got := hit(q, voss); !strings.Contains(got, "Voss Maritim") || !strings.Contains(got, "+49 40 34567890") {
			t.Errorf("%q: %q", q, got)
		}
		if got := hit(q, anna); got != "" {
			t.Errorf("%q is another's: %q", q, got)
		}
	}
	for q, want := range map[string]string{"hambur": "City: Hamburg", "key acc": "Tag: Key account"} {
		if got := hit(q, voss); !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", q, got, want)
		}
	}
	for q, want := range map[string]string{"whitsun": "Note: Wants the offer before Whitsun", "krueger": "Voss Maritim"} {
		if got := hit(q, anna); !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", q, got, want)
		}
	}

	// The palette acts: on what is searched, and on the record that is open.
	c.HTMX = true
	links := func(q, on string) map[string]string {
		t.Helper()
		r := c.Request(http.MethodGet, w.URL("/search?palette=1&q="+url.QueryEscape(q)), nil)
		r.Header.Set("HX-Current-URL", w.URL(on))
		out := map[string]string{}
		for _, a := range c.Do(r).Want(http.StatusOK).Select(".rows a").EachIter() {
			href, _ := a.Attr("href")
			out[href] = strings.Join(strings.Fields(a.Text()), " ")
		}
		return out
	}
	contact, customer := "/contacts/"+anna.String(), "/customers/"+voss.String()
	for _, x := range []struct{ q, on, href, label string }{
		{"log a call with anna", "/", contact + "?note=call#composer", "Log a call with Anna Krüger"},
		{"call krueger", "/", contact + "?note=call#composer", "Log a call with Anna Krüger"},
		{"assign voss", "/", customer + "/owner", "Hand over Voss Maritim"},
		{"call", customer, customer + "?note=call#composer", "Log a call with Voss Maritim"},
		{"hand over", customer, customer + "/owner", "Hand over Voss Maritim"},
		{"invite", "/", "/settings/members#invite", "Invite somebody"},
		{"export", "/", "/settings/data", "Export everything"},
		{"time zone", "/", "/settings/profile", "Profile settings"},
		{"stages", "/", "/settings/pipelines", "Pipelines settings"},
	} {
		if got := links(x.q, x.on)[x.href]; !strings.HasPrefix(got, x.label) {
			t.Errorf("%q on %s: %q, want %q; %v", x.q, x.on, got, x.label, links(x.q, x.on))
		}
	}
	c.HTMX = false
	if got := c.Get(w.URL(contact+"?note=call")).Want(http.StatusOK).Select(`#composer [name=kind][checked]`).AttrOr("value",
		""); got != "call" {
		t.Errorf("the composer is for a %q", got)
	}
}
