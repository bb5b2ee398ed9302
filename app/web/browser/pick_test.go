package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// A record is chosen by keys alone: the only hit by Enter, one of several by the arrows, and
// one that is not there is made.
func TestBrowserPicker(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, _ := team(t, app)
	for _, name := range []string{"Voss Maritim GmbH", "Vossloh", "Hollis Foods"} {
		w.Customer(tenantdb.CustomerUpdateParams{Name: name})
	}
	b := browser.NewBrowser(t)
	signIn(b, w)
	saved := func(deal, customer string) {
		t.Helper()
		b.Click(`#deal-form [type="submit"]:not([name])`)
		b.WaitText("h1", deal)
		b.WaitText(".record", customer)
	}
	open := func(deal, words string) {
		t.Helper()
		b.Open(w.URL("/deals/new"))
		b.WaitFor(`document.querySelector("#customer_id-words[role=combobox]")`)
		b.Fill("#name", deal)
		b.Fill("#customer_id-words", words)
	}

	open("Ships", "maritim")
	b.Keys(kb.Enter)
	b.WaitFor(`document.querySelector("#customer_id-words").value === "Voss Maritim GmbH"`)
	saved("Ships", "Voss Maritim GmbH")

	open("Rails", "vos")
	b.WaitFor(`document.querySelectorAll("#customer_id-words-list [role=option]").length === 3`) // two, and a new one
	for _, theme := range []string{"light", "dark"} {
		b.Theme(theme)
		b.Screenshot("picker-" + theme)
	}
	b.Axe("the picker")
	b.Keys(kb.ArrowDown + kb.ArrowDown)
	b.WaitFor(`document.querySelectorAll("#customer_id-words-list [aria-selected=true]").length === 1`)
	name := browser.Eval[string](b, `document.querySelector("#customer_id-words-list [aria-selected=true]").textContent`)
	b.Keys(kb.Enter)
	b.WaitFor(fmt.Sprintf(`document.querySelector("#customer_id-words").value === %q`, name))
	saved("Rails", name)

	open("Scanners", "Hollis Medical")
	b.WaitText("#customer_id-words-list", "Create “Hollis Medical”")
	b.Keys(kb.ArrowUp)
	b.WaitFor(`document.querySelectorAll("#customer_id-words-list [aria-selected=true]").length === 1`)
	b.Keys(kb.Enter)
	b.WaitFor(`document.querySelector("#deal-form [data-new]")`)
	saved("Scanners", "Hollis Medical")
	if n := pg.Count(t, `select count(*) from `+w.Schema+`.customers where name = 'Hollis Medical'`); n != 1 {
		t.Errorf("%d of that name", n)
	}

	// Words that nobody chose are not dropped: the form says what they lack.
	open("Nowhere", "Nobody GmbH")
	b.Click(`#deal-form [type="submit"]:not([name])`)
	b.WaitText("#customer_id-error", "No customer is called “Nobody GmbH”")
	b.Size(390, 844)
	b.Screenshot("picker-mistake-390")
	b.Axe("a picker's mistake")
}
