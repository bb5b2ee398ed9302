package web_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// formOf is a form as the page at path shows it, every field of it as a browser sends it.
func formOf(c *apptest.Client, path string) url.Values {
	return valuesOf(c.Get(path).Want(http.StatusOK).Select("form[data-guard]"))
}

// valuesOf are what a browser would post of a form.
func valuesOf(form *goquery.Selection) url.Values {
	out := url.Values{}
	for _, input := range form.Find("input[name], textarea[name], select[name]").EachIter() {
		name, _ := input.Attr("name")
		kind, _ := input.Attr("type")
		_, checked := input.Attr("checked")
		switch {
		case input.Is("select"):
			chosen := input.Find("option[selected]")
			if chosen.Length() == 0 {
				chosen = input.Find("option").First()
			}
			out.Add(name, chosen.AttrOr("value", ""))
		case input.Is("textarea"):
			out.Add(name, input.Text())
		case kind == "checkbox" && !checked, kind == "radio" && !checked, name == "q":
		default:
			out.Add(name, input.AttrOr("value", ""))
		}
	}
	return out
}

// settings gives a workspace a currency and a way to write numbers.
func settings(w *apptest.Workspace, currency, style string) {
	w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
		t := w.Tenant
		return tx.TenantSettings(ctx, shareddb.TenantSettingsParams{ID: t.ID, Name: t.Name, Currency: currency, Country: "IT", TimeZone: "",
			DateStyle: "dmy", NumberStyle: style})
	})
}

func versionOf(c *apptest.Client, url string) string {
	v, _ := c.Get(url + "/edit").Select("input[name=version]").Attr("value")
	return v
}

// A form that is saved as it was shown changes nothing: in no currency, in no style, on no
// field, and no version.
func TestUnchangedFormSavesNothing(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	for _, currency := range []string{"EUR", "JPY", "KWD", "CLF"} {
		for _, style := range entity.NumberStyles {
			w := app.NewWorkspace(t)
			settings(w, currency, style.Value)
			c := w.Client(w.Owner)
			amount := int64(1250500)
			birthday := time.Date(1970, 2, 3, 0, 0, 0, 0, time.UTC)
			on := time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)
			at := time.Date(2027, 3, 31, 12, 34, 0, 0, time.UTC)
			employees := int32(12500)
			for path, id := range map[string]uuid.UUID{
				"/customers/": w.Customer(tenantdb.CustomerUpdateParams{Name: "Añil & Söhne", AnnualRevenue: &amount, Employees: &employees,
					Phone: "+39065550140;ext=12", Website: "https://müller.de/a?b=c", Domain: "müller.de", Email: "info@müller.de",
					Description: "a\n\n  b"}, "Café", "VIP"),
				"/leads/": w.Lead(tenantdb.LeadUpdateParams{LastName: "Rossi", Amount: &amount, Phone: "06 555 casa", Source: "none"}),
				"/contacts/": w.Contact(tenantdb.ContactUpdateParams{LastName: "Rossi", Birthday: &birthday,
					Emails: []entity.Point{{Value: "a@x.com"}, {Value: "b@x.com", Label: "home"}},
					Phones: []entity.Point{{Value: "112"}, {Value: "+39065550140;ext=1", Label: "work"}}}),
				"/deals/":    w.Deal(tenantdb.DealUpdateParams{Name: "Deal", Amount: &amount, Currency: currency, ExpectedCloseDate: &on}),
				"/projects/": w.Project(tenantdb.ProjectUpdateParams{Name: "Project", Budget: &amount, StartDate: &on}),
				"/tasks/":    w.Task(tenantdb.TaskUpdateParams{Subject: "Task", DueAt: &at, RemindAt: &at, Repeat: "monthly"}),
			} {
				url := w.URL(path + id.String())
				before, form := c.Get(url).Text(".record"), formOf(c, url+"/edit")
				c.Put(url, form).Want(http.StatusSeeOther)
				if v := versionOf(c, url); v != form.Get("version") {
					t.Errorf("%s %s: %s was saved though nothing was changed", currency, style.Value, path)
				}
				// Another field changed: this is the same as ever.
				form.Set("description", "changed")
				c.Put(url, form).Want(http.StatusSeeOther)
				c.Put(url, map[string][]string{"version": {versionOf(c, url)}, "description": {""}}).Want(http.StatusSeeOther)
				if path == "/customers/" {
					c.Put(url, map[string][]string{"version": {versionOf(c, url)}, "description": {"a\n\n  b"}}).Want(http.StatusSeeOther)
				}
				if after := c.Get(url).Text(".record"); path != "/tasks/" &&
					strings.Join(strings.Fields(after), " ") != strings.Join(strings.Fields(before), " ") {
					t.Errorf("%s %s: %s read\n%s\nand reads\n%s", currency, style.Value, path, before, after)
				}
			}
		}
	}
}

// A workspace is in the currency that was chosen, or that the browser's country has, and in
// another while no amount stands.
func TestWorkspaceCurrency(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	for _, tc := range []struct{ language, chosen, want string }{
		{"ja-JP,ja;q=0.9", "", "JPY"}, {"ja,en-US;q=0.9", "", "JPY"}, {"ko", "", "KRW"}, {"is,en-US", "", "ISK"}, {"da", "", "DKK"},
		{"tr", "", "TRY"}, {"de,en-US", "", "EUR"}, {"ar-KW", "", "KWD"}, {"en-IS", "", "ISK"}, {"de-CH", "", "CHF"}, {"en", "", "EUR"},
		{"", "", "EUR"}, {"nonsense;;", "", "EUR"}, {"ja-JP", "TND", "TND"}, {"", "VND", "VND"},
	} {
		c := app.Client(t)
		form := url.Values{"workspace": {"W"}, "slug": {pg.Unique("currency-")}, "name": {"Nora"},
			"email": {pg.Unique("currency") + "@example.com"}, "password": {pg.Password}}
		if tc.chosen != "" {
			form.Set("currency", tc.chosen)
		}
		r := c.Request(http.MethodPost, app.Site("/signup"), form)
		r.Header.Set("Accept-Language", tc.language)
		c.Do(r).Want(http.StatusSeeOther)
		var got string
		if err := pg.Superuser(t).QueryRow(t.Context(), `select currency from public.tenants where slug = $1`, form.Get("slug")).
			Scan(&got); err != nil || got != tc.want {
			t.Errorf("%q, chosen %q: %s, %v; want %s", tc.language, tc.chosen, got, err, tc.want)
		}
	}
	form := url.Values{"workspace": {"W"}, "slug": {pg.Unique("currency-")}, "name": {"Nora"},
		"email": {pg.Unique("currency") + "@example.com"}, "password": {pg.Password}, "currency": {"XXX"}}
	if got := app.Client(t).Post(app.Site("/signup"), form).Want(http.StatusUnprocessableEntity).
		Text("#currency-error"); !strings.Contains(got, "XXX") {
		t.Errorf("XXX: %q", got)
	}

	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	change := func(to string) *apptest.Response {
		return c.Put(w.URL("/settings/workspace"), url.Values{"name": {"W"}, "currency": {to}, "country": {"IT"}, "date_style": {"dmy"},
			"number_style": {"en"}})
	}
	change("KRW").Want(http.StatusSeeOther)
	change("BHD").Want(http.StatusSeeOther)
	change("XXX").Want(http.StatusUnprocessableEntity)
	amount := int64(5)
	lead := w.Lead(tenantdb.LeadUpdateParams{LastName: "Rossi", Amount: &amount})
	if got := change("EUR").Want(http.StatusUnprocessableEntity).Text("#currency-error"); !strings.Contains(got, "BHD") {
		t.Errorf("with an amount: %q", got)
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		return crm.Delete(ctx, tx, entity.Lead, lead, 1)
	})
	change("EUR").Want(http.StatusUnprocessableEntity) // it may come back
	change("BHD").Want(http.StatusSeeOther)
	// An amount that was emptied does not come back in another currency.
	c.Put(w.URL("/leads/"+lead.String()+"/restoration"), nil).Want(http.StatusSeeOther)
	res := c.Follow(c.Put(w.URL("/leads/"+lead.String()), url.Values{"amount": {""}, "version": {"3"}}).Want(http.StatusSeeOther))
	undo, _ := res.Select("#toast form").Attr("action")
	change("EUR").Want(http.StatusSeeOther)
	c.Put(w.URL(undo), nil).Want(http.StatusConflict)
	if got := c.Get(w.URL("/leads/" + lead.String())).Text(".details"); strings.Contains(got, "€") {
		t.Errorf("the lead is worth %s", got)
	}
}

// names are the first column of a list.
func names(c *apptest.Client, at string) string {
	var out []string
	for _, n := range c.Get(at).Want(http.StatusOK).Select("tbody tr .name").EachIter() {
		n = n.Clone()
		n.Find("[aria-hidden=true]").Remove()
		if name := strings.TrimSpace(n.Text()); name != "" && (len(out) == 0 || out[len(out)-1] != name) {
			out = append(out, name)
		}
	}
	return strings.Join(out, ", ")
}

// Amounts sort by value within their currency; choices in their order.
func TestSortedInOrder(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	for name, d := range map[string]tenantdb.DealUpdateParams{
		"yen 9,000": {Amount: new(int64(9000)), Currency: "JPY"}, "yen 100": {Amount: new(int64(100)), Currency: "JPY"},
		"euro 151": {Amount: new(int64(15100)), Currency: "EUR"}, "euro 20": {Amount: new(int64(2000)), Currency: "EUR"},
		"dinar 1.5": {Amount: new(int64(1500)), Currency: "KWD"}, "none": {Currency: "EUR"},
	} {
		d.Name = name
		w.Deal(d)
	}
	if got := names(c, w.URL("/deals?layout=table&sort=amount")); got != "euro 20, euro 151, yen 100, yen 9,000, dinar 1.5, none" {
		t.Errorf("by amount: %s", got)
	}
	if got := names(c, w.URL("/deals?layout=table&sort=-amount")); got != "dinar 1.5, yen 9,000, yen 100, euro 151, euro 20, none" {
		t.Errorf("by amount, the largest first: %s", got)
	}
	for _, r := range []string{"", "cold", "hot", "warm"} {
		w.Lead(tenantdb.LeadUpdateParams{LastName: "lead " + r, Rating: r})
	}
	for sort, want := range map[string]string{"rating": "lead hot, lead warm, lead cold, lead",
		"-rating": "lead cold, lead warm, lead hot, lead"} {
		if got := names(c, w.URL("/leads?sort="+sort)); got != want {
			t.Errorf("leads by %s: %s", sort, got)
		}
	}
	for _, p := range []string{"normal", "high", "low"} {
		w.Task(tenantdb.TaskUpdateParams{Subject: "task " + p, Priority: p})
		w.Project(tenantdb.ProjectUpdateParams{Name: "project " + p, Priority: p})
	}
	for at, want := range map[string]string{"/tasks?owner=any&sort=priority": "task low, task normal, task high",
		"/projects?sort=-priority": "project high, project normal, project low"} {
		if got := names(c, w.URL(at)); got != want {
			t.Errorf("%s: %s", at, got)
		}
	}
}

// Lists, pickers and the search find records by their names, however they are typed.
func TestFoundByItsName(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	for _, name := range []string{"Álvaro Núñez", "Björn Borg", "Бьёрн", "Jürgen Groß", "Mueller", "Σωκράτης", "Acme AG", "Smith & Co",
		"Bank of Rome", "株式会社東京", "O’Brien", "Jean-Luc", "Åarhus"} {
		w.Customer(customerNamed(name))
	}
	w.Contact(tenantdb.ContactUpdateParams{LastName: "Second",
		Emails: []entity.Point{{Value: "one@first.example"}, {Value: "two@second.example"}},
		Phones: []entity.Point{{Value: "+39065550140"}, {Value: "+491711234567"}}})
	for query, want := range map[string]string{
		"alvaro": "Álvaro Núñez", "nunez": "Álvaro Núñez", "bjorn": "Björn Borg", "бьерн": "Бьёрн", "jurgen": "Jürgen Groß",
		"juergen": "Jürgen Groß", "gross": "Jürgen Groß", "JÜRGEN": "Jürgen Groß", "müller": "Mueller", "muller": "", "σωκρατης": "Σωκράτης",
		"Acme AG": "Acme AG", "ag": "Acme AG", "Smith & Co": "Smith & Co", "co": "Smith & Co", "Bank of Rome": "Bank of Rome",
		"of": "Bank of Rome", "東京": "株式会社東京", "京": "株式会社東京", "株式": "株式会社東京", "o'brien": "O’Brien", "obrien": "O’Brien", "jean-luc": "Jean-Luc",
		"luc": "Jean-Luc", "aarhus": "Åarhus", "&": "", "gx": "", "zz": "",
	} {
		if got := names(c, w.URL("/customers?q="+url.QueryEscape(query))); got != want {
			t.Errorf("the list has %q for %q, want %q", got, query, want)
		}
		var picked []string
		for _, o := range c.Get(w.URL("/customers/options?q=" + url.QueryEscape(query))).Find("option").EachIter() {
			if id, _ := o.Attr("value"); id != "" {
				picked = append(picked, o.Text())
			}
		}
		if got := strings.Join(picked, ", "); got != want {
			t.Errorf("the picker has %q for %q, want %q", got, query, want)
		}
		if got := c.Get(w.URL("/search?q=" + url.QueryEscape(query))).Text("main"); want != "" && !strings.Contains(got, want) {
			t.Errorf("the search has not %q for %q", want, query)
		}
	}
	for _, query := range []string{"two@second", "second.example", "0171 1234567", "+49 171 123 4567", "1711234567", "06 555 0140", "second"} {
		if got := names(c, w.URL("/contacts?q="+url.QueryEscape(query))); got != "Second" {
			t.Errorf("the list has %q for %q", got, query)
		}
	}
}

// Who may be here already is shown while a record is made, and refused nothing.
func TestMatches(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	w.Customer(tenantdb.CustomerUpdateParams{Name: "Müller Maschinen GmbH", Website: "https://shop.mueller-maschinen.de/start",
		Phone: "+49301234567"})
	w.Customer(tenantdb.CustomerUpdateParams{Name: "Other", Domain: "other.example"})
	w.Lead(tenantdb.LeadUpdateParams{LastName: "Lead", Email: "a@leadfirm.example"})
	w.Contact(tenantdb.ContactUpdateParams{FirstName: "Anna", LastName: "Rossi",
		Emails: []entity.Point{{Value: "anna@first.example"}, {Value: "anna@second.example"}},
		Phones: []entity.Point{{Value: "+39065550140"}, {Value: "+491711234567"}}})
	for at, want := range map[string]string{
		"/customers/matches?domain=www.mueller-maschinen.de": "Same domain",
		"/customers/matches?email=info@mueller-maschinen.de": "Same email domain", "/customers/matches?name=muller+maschinen": "Same name",
		"/customers/matches?phone=030+1234567": "Same phone",
		"/customers/matches?name=Nobody":       "", "/customers/matches?email=x@gmx.ch": "", "/customers/matches": "",
		"/contacts/matches?emails[0][value]=ANNA@second.example": "Same email", "/contacts/matches?phones[0][value]=0171/1234567": "Same phone",
		"/contacts/matches?first_name=anna&last_name=ROSSI": "Same name", "/contacts/matches?last_name=Rossi": "",
		"/leads/matches?phone=030+1234567": "Same phone", "/customers/matches?email=anna@first.example": "Same email",
		"/contacts/matches?phones[0][value]=030+1234567": "Same phone", "/leads/matches?email=b@leadfirm.example": "Same email domain",
		"/leads/matches?email=anna@second.example": "Same email", "/leads/matches?company_name=Müller+Maschinen&last_name=X": "Same name",
		"/leads/matches?email=x@shop.mueller-maschinen.de": "Same email domain",
	} {
		at = strings.NewReplacer("[", "%5B", "]", "%5D", "ü", "%C3%BC").Replace(at)
		got := c.Get(w.URL(at)).Want(http.StatusOK)
		if text := got.Text("body"); want == "" && strings.Contains(text, "already") || want != "" && !strings.Contains(text, want) {
			t.Errorf("%s: %q, want %q", at, text, want)
		}
	}
	if got := c.Get(w.URL("/customers/new?domain=mueller-maschinen.de")).Text("#matches"); !strings.Contains(got, "Müller Maschinen GmbH") ||
		!strings.Contains(got, "create anyway") {
		t.Errorf("the form says %q", got)
	}
	c.Post(w.URL("/contacts"), url.Values{"last_name": {"Nobody"}, "emails[0][value]": {""}, "emails[0][label]": {""}}).
		Want(http.StatusSeeOther)
	res := c.Post(w.URL("/customers"), url.Values{"name": {"Mueller"}, "type": {"customer"}, "domain": {"mueller-maschinen.de"}}).
		Want(http.StatusSeeOther)
	if got := c.Follow(res).Select("#toast"); !strings.Contains(got.Text(), "may be here already") ||
		got.Find("a").Text() != "Müller Maschinen GmbH" {
		t.Errorf("after it was made: %q", got.Text())
	}
}

// The second lead from a provider of private mail is nobody's company.
func TestPrivateMailIsNoCompany(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	for _, domain := range []string{"hotmail.it", "yahoo.co.uk", "outlook.de", "live.nl", "gmx.at", "free.fr", "bluewin.ch"} {
		w := app.NewWorkspace(t)
		c := w.Client(w.Owner)
		first := w.Lead(tenantdb.LeadUpdateParams{LastName: "First", CompanyName: "First Company", Email: "first@" + domain})
		c.Post(w.URL("/leads/"+first.String()+"/conversion"), url.Values{"customer": {"new"}, "contact": {"new"}, "deal": {"none"},
			"version": {"1"}}).Want(http.StatusSeeOther)
		second := w.Lead(tenantdb.LeadUpdateParams{LastName: "Second", CompanyName: "Another", Email: "second@" + domain})
		if got := c.Get(w.URL("/leads/" + second.String() + "/conversion")).Text("#conversion-form"); strings.Contains(got, "First Company") {
			t.Errorf("%s: %q", domain, got)
		}
	}
}

// A conversion onto records that are there loses nothing of the lead.
func TestConversionLosesNothing(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	other := w.Customer(customerNamed("Her Company"))
	contact := w.Contact(tenantdb.ContactUpdateParams{FirstName: "Anna", LastName: "Rossi", CustomerID: &other, JobTitle: "Director",
		Emails: []entity.Point{{Value: "anna@example.com"}}})
	lead := func() uuid.UUID {
		return w.Lead(tenantdb.LeadUpdateParams{FirstName: "Anna", LastName: "Rossi", JobTitle: "CEO", Phone: "+39065550140",
			Email: "anna.rossi@acme.example", Description: "Met at the fair", CompanyName: "Acme", Website: "https://acme.example"})
	}
	convert := func(id uuid.UUID, more url.Values) string {
		form := url.Values{"customer": {"new"}, "contact": {contact.String()}, "deal": {"none"}, "version": {"1"}}
		maps.Copy(form, more)
		c.Post(w.URL("/leads/"+id.String()+"/conversion"), form).Want(http.StatusSeeOther)
		return c.Get(w.URL("/contacts/" + contact.String())).Want(http.StatusOK).Text("main")
	}
	page := convert(lead(), nil)
	for _, want := range []string{"anna@example.com", "anna.rossi@acme.example", "+39 06 555 0140", "Director", "Job title: CEO",
		"Met at the fair", "Her Company"} {
		if !strings.Contains(page, want) {
			t.Errorf("the contact has not %q", want)
		}
	}
	convert(lead(), url.Values{"move_contact": {"true"}})
	var customer string
	if err := pg.Superuser(t).QueryRow(t.Context(),
		`select k.name from `+w.Schema+`.contacts c join `+w.Schema+`.customers k on k.id = c.customer_id where c.id = $1`, contact).
		Scan(&customer); err != nil || customer != "Acme" {
		t.Errorf("the contact is %q's: %v", customer, err)
	}
}

// What is typed for a contact's addresses and numbers is kept, or refused at its row.
func TestPointsAreKeptOrRefused(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	form := url.Values{"last_name": {"Rossi"}}
	for i := range 11 {
		form.Set(fmt.Sprintf("emails[%d][value]", i), fmt.Sprintf("a%d@example.com", i))
	}
	res := c.Post(w.URL("/contacts"), form).Want(http.StatusUnprocessableEntity)
	if got := res.Text("#emails-10-error"); !strings.Contains(got, "10") {
		t.Errorf("the eleventh: %q", got)
	}
	form.Del("emails[10][value]")
	form.Set("emails[9][value]", "A3@EXAMPLE.com")
	if got := c.Post(w.URL("/contacts"), form).Want(http.StatusUnprocessableEntity).Text("#emails-9-error"); !strings.Contains(got,
		"already") {
		t.Errorf("the same one twice: %q", got)
	}
	if got := c.Get(w.URL("/contacts/new")).Text("form"); !strings.Contains(got, "Up to 10") {
		t.Error("the form does not say how many there may be")
	}
	// Rows need not begin at the first, and none is dropped.
	c.Post(w.URL("/contacts"), url.Values{"last_name": {"Second row"}, "phones[1][value]": {"+39 06 555 0199"}, "phones[1][label]": {"work"}}).
		Want(http.StatusSeeOther)
	if got := c.Get(w.URL("/contacts?q=Second+row")).Text("tbody"); !strings.Contains(got, "0199") {
		t.Errorf("the row beyond the first: %q", got)
	}
	c.Post(w.URL("/contacts"), url.Values{"last_name": {"Far"}, "phones[33][value]": {"+39 06 555 0199"}}).Want(http.StatusUnprocessableEntity)
	c.Post(w.URL("/contacts"), url.Values{"last_name": {"Twice"}, "phones[0][value]": {"116 117"}, "phones[1][value]": {"116117"}}).
		Want(http.StatusUnprocessableEntity)
	for text, want := range map[string]int{"06 555 0140 casa": 422, "++43": 422, "112": 303, "116117": 303, "+39 06 555 0140 ext. 12": 303} {
		c.Post(w.URL("/contacts"), url.Values{"last_name": {"Phone " + text}, "phones[0][value]": {text}, "phones[0][label]": {""}}).Want(want)
	}
	if got := c.Get(w.URL("/contacts?q=Phone+112")).Want(http.StatusOK).Text("tbody"); !strings.Contains(got, "112") ||
		strings.Contains(got, "+49112") {
		t.Errorf("112 is shown as %q", got)
	}
	id := w.Contact(tenantdb.ContactUpdateParams{LastName: "Plain"})
	c.Put(w.URL("/contacts/"+id.String()), url.Values{"email": {"p@example.com"}, "version": {"1"}}).Want(http.StatusSeeOther)
	if got := c.Get(w.URL("/contacts/" + id.String())).Text(".record"); strings.Contains(got, "(work)") {
		t.Errorf("an address without a label is shown as %q", got)
	}
}

// Names that show nothing are none.
func TestBlankNamesAreRefused(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	for _, name := range []string{"\u3164", "\u2800", "\u200b\ufeff", " \u00a0 ", "\u115f\u1160"} {
		for path, field := range map[string]string{"/customers": "name", "/contacts": "last_name", "/leads": "last_name", "/deals": "name",
			"/projects": "name", "/tasks": "subject"} {
			if res := c.Post(w.URL(path), url.Values{field: {name}}); res.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s %q: %d", path, name, res.Status)
			}
		}
	}
	c.Post(w.URL("/customers"), url.Values{"name": {"Jose\u0301 \u200bGarc\u00eda\u3164"}, "type": {"customer"}}).Want(http.StatusSeeOther)
	if got := names(c, w.URL("/customers")); got != "José García" {
		t.Errorf("%q", got)
	}
}

// Tags are one whatever their case and marks; one that is deleted comes back on all its
// records, and timelines go on naming it.
func TestTags(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	a, b := w.Customer(customerNamed("A"), "Café"), w.Customer(customerNamed("B"))
	c.Put(w.URL("/customers/"+b.String()), url.Values{"tags": {"cafe, CAFÉ"}, "version": {"1"}}).Want(http.StatusSeeOther)
	var n, id string
	if err := pg.Superuser(t).QueryRow(t.Context(), `select count(*)::text, min(id::text) from `+w.Schema+`.tags`).Scan(&n, &id); err != nil ||
		n != "1" {
		t.Fatalf("%s tags, %v", n, err)
	}
	if got := names(c, w.URL("/customers?tag=CAFE")); got != "A, B" {
		t.Errorf("tagged: %s", got)
	}
	res := c.Follow(c.Delete(w.URL("/settings/tags/"+id), nil).Want(http.StatusSeeOther))
	undo, _ := res.Select("#toast form").Attr("action")
	if got := c.Get(w.URL("/customers/" + b.String())).Text("#timeline"); !strings.Contains(got, "Café") ||
		strings.Contains(got, "something that is gone") {
		t.Errorf("the timeline says %q", got)
	}
	again, _ := c.Get(w.URL("/settings/tags")).Find("form:contains('Restore')").Attr("action") // later, too
	if again != undo {
		t.Errorf("settings offer %q, the toast %q", again, undo)
	}
	c.Put(w.URL(undo), nil).Want(http.StatusSeeOther)
	if got := names(c, w.URL("/customers?tag=cafe")); got != "A, B" {
		t.Errorf("after it came back: %s", got)
	}
	res = c.Follow(c.Delete(w.URL("/settings/tags/"+id), nil).Want(http.StatusSeeOther))
	undo, _ = res.Select("#toast form").Attr("action")
	c.Put(w.URL("/customers/"+a.String()), url.Values{"tags": {"CAFE"}, "version": {versionOf(c, w.URL("/customers/"+a.String()))}}).
		Want(http.StatusSeeOther)
	if res := c.Put(w.URL(undo), nil); res.Status != http.StatusConflict && res.Status != http.StatusUnprocessableEntity {
		t.Errorf("back beside another of its name: %d", res.Status)
	}
}

// Pipelines, and the stages of one, have names of their own.
func TestPipelineNames(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	if got := c.Post(w.URL("/settings/pipelines"), url.Values{"name": {"SÁLES"}}).Want(http.StatusUnprocessableEntity).
		Text("main"); !strings.Contains(got, "already") {
		t.Errorf("%q", got)
	}
	res := c.Get(w.URL("/settings/pipelines")).Want(http.StatusOK)
	form := url.Values{}
	action := ""
	for _, f := range res.Find("form[action^='/settings/pipelines/']").EachIter() {
		if f.Find("[name='stages[0][name]']").Length() == 0 {
			continue
		}
		action, _ = f.Attr("action")
		for _, i := range f.Find("input[name], select[name]").EachIter() {
			name, _ := i.Attr("name")
			if i.Is("select") {
				form.Set(name, i.Find("option[selected]").AttrOr("value", i.Find("option").First().AttrOr("value", "")))
			} else if kind, _ := i.Attr("type"); kind != "checkbox" {
				form.Set(name, i.AttrOr("value", ""))
			}
		}
	}
	form.Set("stages[1][name]", "prospécting")
	if got := c.Put(w.URL(action), form).Want(http.StatusUnprocessableEntity).Text("main"); !strings.Contains(got, "two stages") {
		t.Errorf("%q", got)
	}
}

// A source that is called none is not the same as none.
func TestSourceNone(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	w.Lead(tenantdb.LeadUpdateParams{LastName: "Named", Source: "none"})
	w.Lead(tenantdb.LeadUpdateParams{LastName: "Without"})
	if got := names(c, w.URL("/leads?source=none")); got != "Named" {
		t.Errorf("source=none: %s", got)
	}
	res := c.Get(w.URL("/leads?source.empty=true"))
	if got := names(c, w.URL("/leads?source.empty=true")); got != "Without" || !strings.Contains(res.Text("#filters"), "Without a source") {
		t.Errorf("source.empty: %s, %s", got, res.Text("#filters"))
	}
}

// Days end in the person's own zone, among moments, and a filter by day is exact at both
// ends.
func TestTasksByDueDay(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	for _, zone := range []string{"America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC"} {
		w := app.NewWorkspace(t)
		z, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
			return tx.UserProfile(ctx, shareddb.UserProfileParams{ID: w.Owner.ID, Name: w.Owner.Name, TimeZone: zone})
		})
		c := w.Client(w.Owner)
		day := time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)
		next := day.AddDate(0, 0, 1)
		task := func(name string, on *time.Time, at time.Time) {
			p := tenantdb.TaskUpdateParams{Subject: name, DueOn: on}
			if on == nil {
				p.DueAt = &at
			}
			w.Task(p)
		}
		task("1 eve before", nil, time.Date(2027, 6, 30, 23, 59, 0, 0, z))
		task("2 first minute", nil, time.Date(2027, 7, 1, 0, 0, 0, 0, z))
		task("3 last minute", nil, time.Date(2027, 7, 1, 23, 59, 0, 0, z))
		task("4 the day", &day, time.Time{})
		task("5 next first minute", nil, time.Date(2027, 7, 2, 0, 1, 0, 0, z))
		task("6 next day", &next, time.Time{})
		w.Task(tenantdb.TaskUpdateParams{Subject: "7 whenever"})
		all := "1 eve before, 2 first minute, 3 last minute, 4 the day, 5 next first minute, 6 next day, 7 whenever"
		if got := names(c, w.URL("/tasks?owner=any&sort=due_at&rows=50")); got != all {
			t.Errorf("%s: %s", zone, got)
		}
		if got := names(c, w.URL(
			"/tasks?owner=any&sort=-due_at")); got != "6 next day, 5 next first minute, 4 the day, 3 last minute, 2 first minute, 1 eve "+
			"before, 7 whenever" {
			t.Errorf("%s, the last first: %s", zone, got)
		}
		for _, sort := range []string{"due_at", "subject"} {
			if got := names(c, w.URL(
				"/tasks?due_at.gte=2027-07-01&due_at.lt=2027-07-02&sort="+sort)); got != "2 first minute, 3 last minute, 4 the day" {
				t.Errorf("%s, of the day by %s: %s", zone, sort, got)
			}
		}
	}
}

// A list by due date goes on where it stopped, among days and moments.
func TestTasksByDueDayPages(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	begin := time.Date(2027, 3, 20, 0, 0, 0, 0, time.UTC)
	for i := range 90 {
		on := begin.AddDate(0, 0, i/6)
		p := tenantdb.TaskUpdateParams{Subject: fmt.Sprintf("task %02d", i)}
		if i%3 == 0 {
			p.DueOn = &on
		} else {
			at := on.Add(time.Duration(i%6) * 4 * time.Hour)
			p.DueAt = &at
		}
		w.Task(p)
	}
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	for _, sort := range []string{"due_at", "-due_at"} {
		var paged, whole []string
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			after := ""
			for {
				rows, next, err := tx.RecordList(ctx, entity.Tasks, tenantdb.List{Page: tenantdb.Page{Sort: sort, After: after, Limit: 7, Zone: rome}})
				if err != nil {
					return err
				}
				for _, r := range rows {
					paged = append(paged, r.Name())
				}
				if after = next; after == "" {
					break
				}
			}
			rows, _, err := tx.RecordList(ctx, entity.Tasks, tenantdb.List{Page: tenantdb.Page{Sort: sort, Limit: 200, Zone: rome}})
			for _, r := range rows {
				whole = append(whole, r.Name())
			}
			return err
		})
		if strings.Join(paged, ",") != strings.Join(whole, ",") || len(whole) != 90 {
			t.Errorf("%s: in pages\n%v\nat once\n%v", sort, paged, whole)
		}
	}
}

// A task that is put off keeps its hour and its reminder's distance, and comes no nearer.
func TestPutOff(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	now := time.Now().UTC()
	late := time.Date(now.Year(), now.Month(), now.Day(), 23, 30, 0, 0, time.UTC)
	remind := late.Add(-45 * time.Minute)
	id := w.Task(tenantdb.TaskUpdateParams{Subject: "Late", DueAt: &late, RemindAt: &remind, AssigneeID: new(w.MemberID(w.Owner))})
	get := func(id uuid.UUID) (row tenantdb.TaskGetRow) {
		w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
			row, err = tx.TaskGet(ctx, id)
			return err
		})
		return row
	}
	c.Put(w.URL("/tasks/"+id.String()+"/due"), url.Values{"due_at": {"tomorrow"}}).Want(http.StatusSeeOther)
	row := get(id)
	if d := row.DueAt.Sub(late); d != 24*time.Hour && d != 48*time.Hour { // midnight may have passed
		t.Errorf("23:30 put off to tomorrow is %v", row.DueAt)
	}
	if row.RemindAt == nil || row.DueAt.Sub(*row.RemindAt) != 45*time.Minute {
		t.Errorf("reminds at %v of %v", row.RemindAt, row.DueAt)
	}
	far := now.AddDate(0, 0, 20).Truncate(time.Minute)
	id = w.Task(tenantdb.TaskUpdateParams{Subject: "Far", DueAt: &far})
	res := c.Follow(c.Put(w.URL("/tasks/"+id.String()+"/due"), url.Values{"due_at": {"in 3 days"}}).Want(http.StatusSeeOther))
	if got := get(id); !got.DueAt.Equal(far) || got.Version != 1 || !strings.Contains(res.Text("#toast"), "later than that already") {
		t.Errorf("it was brought to %v: %q", got.DueAt, res.Text("#toast"))
	}
}

// A repetition keeps to its anchor, whoever completes it from where.
func TestRepetitionKeepsItsAnchor(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	colleague := pg.NewUser(t)
	w.Join(colleague, "member")
	zone := func(u pg.User, name string) {
		w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
			return tx.UserProfile(ctx, shareddb.UserProfileParams{ID: u.ID, Name: u.Name, TimeZone: name})
		})
	}
	zone(w.Owner, "Europe/Rome")
	zone(colleague, "Pacific/Auckland")
	owner, other := w.Client(w.Owner), w.Client(colleague)
	res := owner.Post(w.URL("/tasks"), url.Values{"subject": {"Pay rent"}, "type": {"todo"}, "due_at": {"2028-01-31 23:30"},
		"remind_at": {"2028-01-31 22:00"}, "repeat": {"monthly"}}).Want(http.StatusSeeOther)
	id := res.Header.Get("Location")
	id = id[strings.LastIndexByte(id, '/')+1:]
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"2028-02-29 23:30, 22:00", "2028-03-31 23:30, 22:15", "2028-04-30 23:30, 22:15"} {
		if i == 1 { // only when it reminds is said anew
			owner.Put(w.URL("/tasks/"+id), url.Values{"remind_at": {"2028-02-29 22:15"}, "version": {"1"}}).Want(http.StatusSeeOther)
		}
		c := []*apptest.Client{other, owner, other}[i]
		c.Put(w.URL("/tasks/"+id+"/completion"), nil).Want(http.StatusSeeOther)
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			row, err := tx.TaskGet(ctx, uuid.MustParse(id))
			if err != nil {
				return err
			}
			next, err := tx.TaskGet(ctx, *row.NextID)
			if err != nil {
				return err
			}
			if got := next.DueAt.In(rome).Format("2006-01-02 15:04") + ", " + next.RemindAt.In(rome).Format("15:04"); got != want {
				t.Errorf("comes at %s, want %s", got, want)
			}
			id = next.ID.String()
			return nil
		})
	}
}

// What was understood of a line is said; a time that the clocks skip says so.
func TestQuickAddSays(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	w.Shared(func(ctx context.Context, tx *db.SharedTx) error {
		return tx.UserProfile(ctx, shareddb.UserProfileParams{ID: w.Owner.ID, Name: w.Owner.Name, TimeZone: "Europe/Rome"})
	})
	c := w.Client(w.Owner)
	say := func(form url.Values) string {
		return c.Follow(c.Post(w.URL("/tasks"), form).Want(http.StatusSeeOther)).Text("#toast")
	}
	if got := say(url.Values{"quick": {"Stand up every monday 9:00"}}); !strings.Contains(got, "Stand up") ||
		!strings.Contains(got, "every week") || !strings.Contains(got, "09:00") {
		t.Errorf("%q", got)
	}
	if got := say(url.Values{"quick": {"Sun Microsystems call"}}); strings.Contains(got, "due") {
		t.Errorf("%q", got)
	}
	if got := say(url.Values{"quick": {"Watch 2028-03-26 02:30"}}); !strings.Contains(got, "skip 02:30") || !strings.Contains(got, "03:00") {
		t.Errorf("%q", got)
	}
	if got := say(url.Values{"subject": {"Watch"}, "type": {"todo"}, "due_at": {"2028-03-26 02:30"}}); !strings.Contains(got, "skip 02:30") {
		t.Errorf("the form: %q", got)
	}
}

// Notes are shown as they were typed.
func TestNotesAreShownAsTyped(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	id := w.Customer(customerNamed("Noted"))
	body := "<urgent> List<String> x<y <Company Name>\n\n3. three\n4. four\n\n- [x] done\n\n![the plan](https://x.test/p.png)"
	c.Post(w.URL("/notes"), url.Values{"subject_type": {"customer"}, "subject_id": {id.String()}, "body": {body}}).Want(http.StatusSeeOther)
	page := c.Get(w.URL("/customers/" + id.String())).Want(http.StatusOK)
	if got := page.Text("#timeline"); !strings.Contains(got, "<urgent> List<String> x<y <Company Name>") ||
		!strings.Contains(got, "the plan") {
		t.Errorf("%q", got)
	}
	if page.Select("#timeline ol[start='3']").Length() != 1 || page.Select("#timeline input[type=checkbox][checked]").Length() != 1 ||
		page.Select("#timeline img").Length() != 0 {
		t.Error("numbers, boxes or pictures are not as they should be")
	}
}

// Settings that are saved as they are shown leave no trace, and nothing of a form is
// dropped in silence.
func TestUnchangedSettings(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	w.Customer(customerNamed("A"), "Café")
	lines := func() (n int) {
		if err := pg.Superuser(t).QueryRow(t.Context(),
			`select (select count(*) from `+w.Schema+`.audit where action = 'Changed the settings') + (select sum(version) from `+w.Schema+
				`.pipelines)`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := lines()
	for _, page := range []string{"/settings/workspace", "/settings/tags", "/settings/pipelines"} {
		res := c.Get(w.URL(page))
		forms := res.Select(`main form[method="post"]`)
		for i := range forms.Length() {
			if action, _ := forms.Eq(i).Attr("action"); forms.Eq(i).Find(`[name="name"], [name="stages[0][name]"]`).Length() > 0 &&
				action != "/settings/pipelines" {
				c.Put(w.URL(action), valuesOf(forms.Eq(i))).Want(http.StatusSeeOther)
			}
		}
	}
	if after := lines(); after != before {
		t.Errorf("saving settings as they were left %d lines and versions", after-before)
	}

	pipeline := apptest.Records["settings/pipelines"](w)
	form := url.Values{"name": {"Long"}, "version": {"1"}}
	for i := range 32 {
		key := fmt.Sprintf("stages[%d]", i)
		form.Set(key+"[name]", fmt.Sprint("Stage ", i))
		form.Set(key+"[color]", "red")
		form.Set(key+"[outcome]", "open")
	}
	if got := c.Put(w.URL("/settings/pipelines/"+pipeline.ID.String()), form).Want(http.StatusUnprocessableEntity).
		Text("main"); !strings.Contains(got, "at most 30 stages") {
		t.Error("a pipeline of 32 stages: the limit is not said")
	}

	// What begins with an empty line keeps it.
	id := w.Customer(tenantdb.CustomerUpdateParams{Name: "B", Description: "\n\nleading"})
	u := w.URL("/customers/" + id.String())
	if got := c.Get(u + "/edit").Find("textarea").Text(); got != "\n\nleading" {
		t.Errorf("the form holds %q", got)
	}
}

// Operators find workspaces and people whatever the marks.
func TestOperatorsSearchFolds(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	op, _ := operator(t, app)
	if _, err := pg.Superuser(t).Exec(t.Context(), `update public.tenants set name = $1 where id = $2`, "Žižkov "+w.Slug, w.ID); err != nil {
		t.Fatal(err)
	}
	if got := op.Get(app.Console("/tenants?q=" + url.QueryEscape("zizkov "+w.Slug))).Text("tbody td.second"); got != w.Slug {
		t.Errorf("found %q", got)
	}
	if _, err := pg.Superuser(t).Exec(t.Context(), `update public.users set name = 'Łukasz Ärger' where id = $1`, w.Owner.ID); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"lukasz", "arger"} {
		if got := op.Get(app.Console("/users?q=" + q)).Text(".settings-rows"); !strings.Contains(got, w.Owner.Email) {
			t.Errorf("%s does not find them", q)
		}
	}
}
