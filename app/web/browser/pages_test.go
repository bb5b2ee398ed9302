package browser_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// team is a workspace with enough in it to look at.
func team(t *testing.T, app *apptest.App) (*apptest.Workspace, string) {
	t.Helper()
	w := app.NewWorkspace(t)
	var id uuid.UUID
	for i, name := range []string{"Arcadia Foundry", "Bellweather & Sons", "Cobalt Harbour", "Dunmore Analytics"} {
		revenue := int64(i) * 12_345_600
		id = w.Customer(tenantdb.CustomerUpdateParams{
			Name: name, Domain: strings.ToLower(strings.Fields(name)[0]) + ".example",
			Type: []string{"prospect", "customer", "partner", "at_risk"}[i],
			City: "Graz", Industry: "Machinery", AnnualRevenue: &revenue, Email: "office@example.com",
		}, "Key account")
	}
	for i := range 55 {
		w.Customer(tenantdb.CustomerUpdateParams{Name: fmt.Sprintf("Filler %02d", i)})
	}
	// Long in every field: no page may become wider than the screen for it.
	long := int64(9_123_456_789_012_345)
	w.Customer(tenantdb.CustomerUpdateParams{
		Name: "Donau" + strings.Repeat("dampfschifffahrts", 9) + "gesellschaft", Domain: strings.Repeat("long", 12) + ".example",
		Type:     "customer",
		Industry: strings.Repeat("Industry ", 8), City: strings.Repeat("Llanfairpwll", 6), Country: "Great Britain", AnnualRevenue: &long,
		Email: strings.Repeat("e", 60) + "@example.com",
	}, strings.Repeat("tag", 13))
	return w, "/customers/" + id.String()
}

func signIn(b *browser.Browser, w *apptest.Workspace) {
	b.Open(w.URL("/handoff?token=" + w.Handoff(w.Owner)))
	b.Click("button[type=submit]") // this browser has not begun it: it is asked
	b.WaitFor(`location.pathname === "/"`)
}

// Axe finds nothing serious on any page, in either theme and on a phone.
func TestBrowserAccessibility(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	app := apptest.Start(t)
	w, customer := team(t, app)
	empty := app.NewWorkspace(t)
	signIn(b, empty)
	pages := []struct{ name, url string }{
		{"empty dashboard", empty.URL("/")}, {"empty list", empty.URL("/customers")}, {"landing", app.Site("/")},
		{"sign-up", app.Site("/signup")}, {"sign-in", app.Site("/signin")}, {"components", app.Site("/dev/components")},
		{"mail", app.Site("/dev/mail")},
		{"not found", app.Site("/nothing-here")}, {"workspace sign-in", w.URL("/signin")}, {"", ""},
		{"dashboard", w.URL("/")}, {"customers", w.URL("/customers")},
		{"filtered", w.URL("/customers?type=customer&owner=me&tag=key+account&q=a")},
		{"no match", w.URL("/customers?q=zzzz")}, {"customer", w.URL(customer)}, {"edit", w.URL(customer + "/edit")},
		{"new", w.URL("/customers/new")},
		{"search", w.URL("/search?q=arc")}, {"workspaces", w.URL("/workspaces")},
	}
	for _, p := range pages {
		if p.name == "" {
			signIn(b, w)
			continue
		}
		b.Open(p.url)
		for _, width := range []int64{1280, 768, 390} {
			b.Size(width, 844)
			b.Themes(fmt.Sprintf("%s, %d px", p.name, width), func(theme string) {
				b.Screenshot(fmt.Sprintf("%s-%d-%s", strings.ReplaceAll(p.name, " ", "-"), width, theme))
				if over := browser.Eval[int](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
					t.Errorf("%s at %d px is %d px too wide", p.name, width, over)
				}
			})
		}
	}
	// Pages with something open, and with mistakes.
	b.Size(1280, 800)
	b.Open(w.URL(customer))
	b.Click(`.value[href$="field=email"]`)
	b.Wait(".inline #email")
	b.Axe("editing in place")
	b.Open(w.URL("/customers/new"))
	b.Click("main button[type=submit]")
	b.Wait("#name-error")
	b.Screenshot("mistake-1280-dark")
	b.Axe("a mistake")
	b.Click(".switcher summary")
	b.Wait(".switcher .option")
	b.WaitText(".switcher .popover", w.Name)
	b.Screenshot("switcher-1280-dark")
	b.Axe("the switcher")
	b.Keys(browser.Escape)
	b.Open(w.URL("/customers"))
	b.Shortcut("?")
	b.Wait("#keys[open]")
	b.Screenshot("keys-1280-dark")
	b.Axe("the keys")
}

// Everything by keyboard: search, open, edit, save, create, delete, undo.
func TestBrowserKeyboard(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	app := apptest.Start(t)
	w, _ := team(t, app)
	signIn(b, w)

	b.Shortcut("/")
	b.WaitFor(`document.querySelector("#palette").open && document.activeElement.name === "q"`)
	b.Keys("cobalt" + browser.Enter) // faster than any answer: it is waited for
	b.WaitText("h1", "Cobalt Harbour")

	b.Open(w.URL("/customers"))
	b.Shortcut("j")
	b.WaitFor(`document.activeElement.innerText.includes("Arcadia")`)
	b.Shortcut("j")
	b.Shortcut("j")
	b.WaitFor(`document.activeElement.innerText.includes("Cobalt")`)
	b.Shortcut("k")
	b.Keys(browser.Enter)
	b.WaitText("h1", "Bellweather & Sons")

	b.Shortcut("e")
	b.WaitText("h1", "Edit Bellweather")
	b.Fill("#domain", "bellweather.co.example")
	b.Keys(browser.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	b.WaitText("#record", "bellweather.co.example")
	b.WaitText("#toast", "Changes saved")

	// In place: Tab reaches the value, Enter opens, Escape leaves, Enter saves.
	b.TabTo(`.value[href$="field=city"]`)
	b.Keys(browser.Enter)
	b.WaitFor(`document.activeElement.id === "city" && document.querySelector(".inline[data-htmx-powered]")`)
	b.Keys(browser.Escape)
	b.WaitFor(`!document.querySelector(".inline")`)
	b.TabTo(`.value[href$="field=city"]`)
	b.Keys(browser.Enter)
	b.WaitFor(`document.activeElement.id === "city" && document.querySelector(".inline[data-htmx-powered]")`)
	b.Keys("Leeds" + browser.Enter)
	b.WaitText(".changed", "Leeds")

	// Menus: the switcher and a filter.
	b.TabTo(".switcher summary")
	b.Keys(browser.Enter)
	b.WaitText(".switcher .popover", w.Name)
	b.Shortcut("Escape")
	b.WaitFor(`!document.querySelector(".switcher").open`)
	b.Open(w.URL("/customers"))
	b.TabTo("#type-chip")
	b.Keys(browser.Enter)
	b.TabTo("[name=type][value=partner]")
	b.Keys(" ")
	b.WaitText("#type-chip", "Type: Partner")
	b.WaitFor(`document.querySelectorAll(".list .name").length === 1`)

	b.Open(w.URL("/customers"))
	b.Shortcut("c")
	b.WaitText("h1", "New customer")
	b.WaitFor(`document.activeElement.id === "name"`)
	b.Keys("Keyed In" + browser.Enter)
	b.WaitText("h1", "Keyed In")
	b.TabTo("#delete-version + button")
	b.Keys(browser.Enter)
	b.WaitText("#toast", "Keyed In deleted")
	b.Shortcut("z")
	b.WaitText("h1", "Keyed In")
}

// Typing in the filter narrows the list, keeps the address true and survives
// reload; "load more" adds rows; a sort can be shared.
func TestBrowserList(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	app := apptest.Start(t)
	w, _ := team(t, app)
	signIn(b, w)
	b.Open(w.URL("/customers"))
	rows := func(n int) string { return fmt.Sprintf(`document.querySelectorAll(".list .name").length === %d`, n) }
	b.WaitFor(rows(50))
	b.Click(".more a")
	b.WaitFor(rows(60))
	b.WaitFor(`location.search === "?rows=60"`)
	b.WaitFor(`document.activeElement === document.querySelectorAll(".list .name")[50]`)
	// Back from a record leads back to where one was.
	b.Click(".list tr:nth-child(55) .name")
	b.Wait("#record")
	b.Back()
	b.WaitFor(rows(60))
	b.Open(w.URL("/customers"))
	// Back undoes a sort and a filter.
	b.Click("th:nth-child(2) a")
	b.WaitFor(`location.search === "?sort=type"`)
	b.WaitFor(`document.activeElement === document.querySelector("th:nth-child(2) a")`)
	b.Click("#type-chip")
	b.Click("#filters [value=partner]")
	b.WaitFor(`location.search === "?sort=type&type=partner"`)
	b.WaitFor(rows(1))
	b.Back()
	b.WaitFor(`location.search === "?sort=type"`)
	b.WaitFor(rows(50))
	b.Back()
	b.WaitFor(`location.search === ""`)
	b.WaitFor(`document.querySelector(".list .name").innerText.includes("Arcadia")`)
	b.Open(w.URL("/customers"))
	b.Click("#filters [name=q]")
	b.Keys("cobalt")
	b.WaitFor(rows(1))
	b.WaitFor(`location.search === "?q=cobalt"`)
	b.WaitText("#count", "1")
	b.Shortcut("Escape")
	b.WaitFor(rows(50))
	b.WaitFor(`location.search === ""`)
	b.Keys("cobalt")
	b.WaitFor(rows(1))
	b.WaitFor(`location.search === "?q=cobalt"`)
	b.Open(b.Location())
	b.WaitFor(rows(1))
	if v := browser.Eval[string](b, `document.querySelector("#filters [name=q]").value`); v != "cobalt" {
		t.Errorf("after a reload the filter holds %q", v)
	}
	b.Fill("#filters [name=q]", "zzzz")
	b.WaitText("#results", "Nothing matches")
	b.Click("#results .button")
	b.WaitFor(rows(50))
	b.Click(`#type-chip`)
	b.Click(`#filters [value=partner]`)
	b.WaitFor(rows(1))
	b.WaitFor(`location.search === "?type=partner"`)
	b.Open(w.URL("/customers"))
	b.Click(`th:nth-child(7) a`)
	b.WaitFor(`location.search === "?sort=annual_revenue"`)
	b.Click(`th:nth-child(7) a`)
	b.WaitFor(`document.querySelector(".list .name").innerText.includes("Donau")`)
	b.WaitFor(`document.querySelector("th:nth-child(7)").ariaSort === "descending"`)

	// On a phone the filters stay usable.
	b.Size(390, 844)
	b.Open(w.URL("/customers"))
	b.Fill("#filters [name=q]", "filler")
	b.WaitFor(`location.search === "?q=filler"`)
	b.Click("#sort-chip")
	b.Click(`.sort a[href$="sort=updated_at"]`)
	b.WaitText("#sort-chip", "Sort: Last change")
	b.WaitFor(`location.search === "?q=filler&sort=updated_at"`)
	b.Click(".tabs .menu summary")
	b.WaitFor(`document.querySelector(".tabs .popover").getBoundingClientRect().bottom < innerHeight`)
	b.Screenshot("more-390-light")
	b.Open(w.URL("/customers"))
	b.Click(`#type-chip`)
	b.Wait(`#filters [value=partner]`)
	b.Screenshot("filters-390-light")
	b.Click(`#filters [value=partner]`)
	b.WaitFor(rows(1))
}

// What was typed is not thrown away without asking.
func TestBrowserUnsaved(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	app := apptest.Start(t)
	w, customer := team(t, app)
	signIn(b, w)
	b.Open(w.URL(customer))
	b.Click(`.value[href$="field=city"]`)
	b.WaitFor(`document.activeElement.id === "city" && document.querySelector(".inline[data-htmx-powered]")`)
	b.Click("#more-fields summary")
	b.Click(`.value[href$="field=phone"]`)
	b.WaitFor(`document.activeElement.id === "phone"`)
	if n := b.Dialogs(); n != 0 {
		t.Errorf("%d questions, and nothing was typed", n)
	}
	b.Keys("123")
	b.Click(`.value[href$="field=city"]`)
	b.WaitFor(`document.activeElement.id === "city" && document.querySelector(".inline[data-htmx-powered]")`)
	if n := b.Dialogs(); n != 1 {
		t.Errorf("%d questions about what was typed, want 1", n)
	}
	b.Shortcut("Escape")
	b.WaitFor(`document.activeElement.matches('.value[href$="field=city"]')`)
	b.Open(w.URL(customer + "/edit"))
	b.Fill("#city", "Somewhere")
	b.Open(w.URL("/customers"))
	if n := b.Dialogs(); n != 2 {
		t.Errorf("%d questions after leaving a form, want 2", n)
	}
	b.Open(w.URL(customer + "/edit"))
	b.Fill("#city", "Saved")
	b.Click("main button[type=submit]")
	b.WaitText("#record", "Saved")
	b.Open(w.URL("/customers"))
	if n := b.Dialogs(); n != 2 {
		t.Errorf("%d questions after saving, want 2", n)
	}
	// Renamed in place, the tab follows.
	b.Open(w.URL(customer))
	b.Click(`.value[href$="field=name"]`)
	b.Fill("#name", "Renamed Co")
	b.Click(".inline [type=submit]")
	b.WaitFor(`document.title.startsWith("Renamed Co · ")`)
}

// Two tabs on one customer: the second to save is told, and loses nothing.
func TestBrowserConflict(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	app := apptest.Start(t)
	w, customer := team(t, app)
	signIn(b, w)
	b.Open(w.URL(customer + "/edit"))
	w.Client(w.Owner).Put(w.URL(customer), url.Values{"version": {"1"}, "city": {"Wien"}, "industry": {"Changed by another"}}).Want(303)
	b.Fill("#city", "Linz")
	b.Fill("#phone", "+43 1 555")
	b.Click("main button[type=submit]")
	b.WaitText(".compare", "Wien")
	if got := b.Text(".compare tbody"); strings.Join(strings.Fields(got), " ") != "City Wien Linz" {
		t.Errorf("only what both changed is a conflict: %q", got)
	}
	b.Screenshot("conflict-1280-light")
	b.Axe("a conflict")
	b.Click("main button[type=submit]")
	b.WaitText("#record", "Linz")
	b.WaitText("#record", "+43 1 555")
	b.WaitText("#record", "Changed by another") // not touched here: it stayed theirs
}

// The workspace's page weighs little: all that a first visit loads.
func TestBrowserFirstPageWeight(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	app := apptest.Start(t)
	w, _ := team(t, app)
	signIn(b, w)
	for _, u := range []string{app.Site("/"), w.URL("/customers")} {
		b.Open(u)
		bytes := browser.Eval[int](b,
			`[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce((n, e) => n + e.encodedBodySize,
				0)`)
		if bytes == 0 || bytes > 80_000 {
			t.Errorf("%s weighs %d bytes, want 80,000 at most", u, bytes)
		}
		t.Logf("%s: %d bytes on the wire", u, bytes)
	}
}

// The same without JavaScript, by clicking alone.
func TestBrowserWithoutScripts(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	signIn(b, w)
	b.Scripts(false)
	b.Open(w.URL("/customers"))
	b.Click(".empty .button")
	b.Wait("#customer-form")
	b.Fill("#domain", "noscript.example")
	b.Click("main button[type=submit]")
	b.Wait("#name-error")
	b.Fill("#name", "Without Script")
	b.Click("main button[type=submit]")
	b.Wait("#record")
	b.Click("#more-fields summary")
	b.Click(`.value[href$="field=city"]`)
	b.Wait("#customer-form #city")
	b.Fill("#city", "Oslo")
	b.Click("main button[type=submit]")
	b.Wait("#record")
	b.Open(w.URL("/customers"))
	b.Fill("#filters [name=q]", "without")
	b.Keys(browser.Enter)
	b.WaitFor(`location.search.includes("q=without")`)
	b.Wait(".list .name")
	b.Click(".list .name")
	b.Wait("#record")
	b.Click("#delete-version + button")
	b.Wait("#toast form")
	b.Click("#toast form button")
	b.Wait("#record")
	b.Click(".switcher summary")
	b.Click(".switcher form[action='/signout'] button")
	b.Wait("#email")
}
