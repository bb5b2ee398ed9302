package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
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

// Members and tags are chosen the same way: one, several, and tags that are new.
func TestBrowserPickSeveral(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	nora := pg.NewUser(t)
	nora.Name = "Nora Weiß"
	w.Join(nora, auth.Member)
	b := browser.NewBrowser(t)
	signIn(b, w)
	chips := func(n int) string { return fmt.Sprintf(`document.querySelectorAll(".chips li").length === %d`, n) }

	b.Open(w.URL("/projects/new"))
	b.Fill("#name", "Two ships")
	b.Click(".more summary")
	b.Fill("#owner_id-words", "nora")
	b.WaitText("#owner_id-words-list", nora.Name)
	b.Keys(kb.Enter)
	b.WaitFor(fmt.Sprintf(`document.querySelector("#owner_id-words").value === %q`, nora.Name))
	b.Fill("#members-words", "weiss")
	b.Keys(kb.Enter)
	b.WaitFor(chips(1))
	b.Fill("#tags", "Trade fair")
	b.WaitText("#tags-list", "Create “Trade fair”")
	b.Keys(kb.Enter)
	b.WaitFor(chips(2))
	b.Keys("Key account,") // a comma ends one
	b.WaitFor(chips(3))
	b.Keys("mistake,")
	b.WaitFor(chips(4))
	b.Keys(kb.Backspace)
	b.WaitFor(chips(3))
	b.WaitText("#said", "mistake removed")
	b.Keys("Urgent") // neither chosen nor dropped
	for _, theme := range []string{"light", "dark"} {
		b.Theme(theme)
		b.Screenshot("pick-several-" + theme)
	}
	b.Size(390, 844)
	b.Screenshot("pick-several-390")
	b.Size(1280, 800)
	b.Axe("a picker of several")
	b.Click(`#project-form [type="submit"]:not([name])`)
	b.WaitText("h1", "Two ships")
	for _, want := range []string{"Owned by " + nora.Name, "Trade fair", "Key account", "Urgent"} {
		b.WaitText(".record .sub", want)
	}

	// In place too: what is there is found, and is not offered twice.
	b.Click(`.value[href$="field=tags"]`)
	b.WaitFor(chips(3))
	b.Fill("#tags", "fair")
	b.WaitText("#tags-list", "Create “fair”")
	b.WaitFor(`document.querySelectorAll("#tags-list li").length === 1`)
	b.Fill("#tags", "")
	b.Click(`.chips li:first-child button`)
	b.WaitFor(chips(2))
	b.Click(".inline [type=submit]")
	b.WaitFor(`!document.querySelector(".record .sub").innerText.includes("Key account")`)
	b.WaitText(".record .sub", "Trade fair")
}
