package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// What is typed into a picker is never dropped: it names a record, or is a mistake, or makes
// one.
func TestWordsOfAPicker(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	voss := w.Customer(tenantdb.CustomerUpdateParams{Name: "Voss Maritim GmbH"})
	w.Customer(tenantdb.CustomerUpdateParams{Name: "Vossloh"})
	hollis := w.Customer(tenantdb.CustomerUpdateParams{Name: "Hollis"})
	w.Customer(tenantdb.CustomerUpdateParams{Name: "Hollis Foods"})
	customerOf := func(path string) string {
		return c.Get(w.URL(path + "/edit")).Want(http.StatusOK).Select("#customer_id option[selected]").Text()
	}
	for name, tc := range map[string]struct {
		words, id string
		want      string // the customer
		refused   string
	}{
		"nothing":              {},
		"a choice":             {id: voss.String(), want: "Voss Maritim GmbH"},
		"a choice, as found":   {id: voss.String(), words: "Voss Maritim GmbH", want: "Voss Maritim GmbH"},
		"the only one":         {words: "maritim", want: "Voss Maritim GmbH"},
		"one of exactly that":  {words: "hollis", want: "Hollis"},
		"another than chosen":  {id: voss.String(), words: "Vossloh", want: "Vossloh"},
		"several":              {words: "vos", refused: "Several customers match “vos”: choose one."},
		"none":                 {words: "Hollis Medical", refused: "No customer is called “Hollis Medical”."},
		"none, and one chosen": {id: hollis.String(), words: "Nobody", refused: "No customer is called “Nobody”."},
	} {
		form := url.Values{"name": {"Deal, " + name}, "customer_id": {tc.id}, "customer_id.words": {tc.words}}
		res := c.Post(w.URL("/deals"), form)
		if tc.refused != "" {
			res.Want(http.StatusUnprocessableEntity)
			if got := strings.TrimSpace(res.Text("#customer_id-error")); got != tc.refused {
				t.Errorf("%s: %q", name, got)
			}
			if v, _ := res.Find("#customer_id-words").Attr("value"); v != tc.words {
				t.Errorf("%s: %q was typed, and is %q", name, tc.words, v)
			}
			continue
		}
		path := res.Want(http.StatusSeeOther).Header.Get("Location")
		if got := strings.TrimPrefix(customerOf(path), "None"); got != tc.want {
			t.Errorf("%s: the deal is with %q, want %q", name, got, tc.want)
		}
	}

	// What is not there is made on the spot, with the record and for it alone.
	res := c.Post(w.URL("/deals"), url.Values{"name": {""}, "customer_id.new": {"Hollis Medical"}, "customer_id.words": {"Hollis Medical"}})
	res.Want(http.StatusUnprocessableEntity)
	if n := pg.Count(t, `select count(*) from `+w.Schema+`.customers where name = 'Hollis Medical'`); n != 0 {
		t.Error("it is made although the deal is not")
	}
	res = c.Post(w.URL("/deals"), url.Values{"name": {"Scanners"}, "customer_id.new": {"Hollis Medical"},
		"customer_id.words": {"Hollis Medical"}})
	path := res.Want(http.StatusSeeOther).Header.Get("Location")
	if got := customerOf(path); got != "Hollis Medical" {
		t.Errorf("the deal is with %q", got)
	}
	c.Put(w.URL(path), url.Values{"version": {"1"}, "contact_id.new": {"Anna Maria Rossi"}, "contact_id.words": {"Anna Maria Rossi"}}).
		Want(http.StatusSeeOther)
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		rows, err := tx.Search(ctx, "Rossi", 5)
		if len(rows) != 1 || rows[0].Name != "Anna Maria Rossi" {
			t.Errorf("%v", rows)
		}
		return err
	})
	// In place too, and what is wrong there stays open.
	c.HTMX = true
	form := url.Values{"version": {"2"}, "field": {"customer_id"}, "customer_id": {""}, "customer_id.words": {"Nobody"}}
	if got := c.Put(w.URL(path), form).Want(http.StatusUnprocessableEntity).Text("#customer_id-error"); !strings.Contains(got, "Nobody") {
		t.Errorf("in place: %q", got)
	}
	form.Set("customer_id.words", "maritim")
	c.Put(w.URL(path), form).Want(http.StatusOK)
	if c.HTMX = false; customerOf(path) != "Voss Maritim GmbH" {
		t.Errorf("in place it is %q", customerOf(path))
	}
}

// Members are picked by their names as well, one or several.
func TestWordsOfAMember(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	for _, name := range []string{"Anna Weiß", "Anna Voss"} {
		u := pg.NewUser(t)
		u.Name = name
		w.Join(u, auth.Member)
	}
	c := w.Client(w.Owner)
	for words, want := range map[string]string{
		"anna weiss": "",
		"voss":       "",
		"anna":       "Several members match “anna”: choose one.",
		"Bruno":      "No member is called “Bruno”.",
	} {
		form := url.Values{"name": {"With " + words}, "owner_id": {""}, "owner_id.words": {words}, "members": {""}, "members.words": {words}}
		res := c.Post(w.URL("/projects"), form)
		if want != "" {
			res.Want(http.StatusUnprocessableEntity)
			for _, field := range []string{"owner_id", "members"} {
				if got := strings.TrimSpace(res.Text("#" + field + "-error")); got != want {
					t.Errorf("%s, %s: %q", words, field, got)
				}
				if v, _ := res.Find("#" + field + "-words").Attr("value"); v != words {
					t.Errorf("%s: %s is %q now", words, field, v)
				}
			}
			continue
		}
		edit := c.Get(w.URL(res.Want(http.StatusSeeOther).Header.Get("Location") + "/edit")).Want(http.StatusOK)
		owner, member := edit.Text("#owner_id option[selected]"), strings.TrimSpace(edit.Find("[name=members][checked]").Parent().Text())
		if !strings.Contains(entity.Fold(owner), words) || owner != member {
			t.Errorf("%s: owned by %q, with %q", words, owner, member)
		}
	}
	if got := c.Get(w.URL("/tags/options?q=")).Want(http.StatusOK).Select("option").Length(); got != 0 {
		t.Errorf("tags that nobody made: %d", got)
	}
	w.Customer(tenantdb.CustomerUpdateParams{Name: "Voss"}, "Großkunde", "Messe")
	if got := c.Get(w.URL("/tags/options?q=grosskunde")).Want(http.StatusOK).Text("option"); got != "Großkunde" {
		t.Errorf("tags: %q", got)
	}
}
