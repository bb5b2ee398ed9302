package browser_test

import (
	"fmt"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Back leads to the list as it was: its filter, sort and loaded rows, where one was on it, and
// the focus on the row. By the browser, the crumb and its key.
func TestBrowserBackToTheList(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, _ := team(t, app)
	for i := range 60 {
		w.Customer(tenantdb.CustomerUpdateParams{Name: fmt.Sprintf("Back %02d", i), Type: "partner"})
	}
	b := browser.NewBrowser(t)
	signIn(b, w)
	for name, back := range map[string]func(){
		"the browser": b.Back,
		"the crumb":   func() { b.Click("a.crumb") },
		"the key":     func() { b.Keys("u") },
	} {
		b.Open(w.URL("/customers?type=partner&sort=-name"))
		b.Wait(".list .more a")
		b.Click(".list .more a")
		b.WaitFor(`document.querySelectorAll(".list .name").length >= 50`)
		b.WaitFor(`new URLSearchParams(location.search).get("rows") !== null`)
		at := b.Location()
		row := browser.Eval[string](b, `(() => {
			const row = document.querySelectorAll(".list .name")[40];
			row.scrollIntoView({block: "center"});
			return row.getAttribute("href");
		})()`)
		top := browser.Eval[float64](b, `scrollY`)
		b.Click(fmt.Sprintf(`.list a.name[href=%q]`, row))
		b.Wait("a.crumb")
		back()
		b.WaitFor(fmt.Sprintf(`document.activeElement.getAttribute("href") === %q`, row))
		if now := b.Location(); now != at {
			t.Errorf("%s leads to %s, and it was %s", name, now, at)
		}
		if now := browser.Eval[float64](b, `scrollY`); now < top-200 || now > top+200 || top == 0 {
			t.Errorf("%s: scrolled to %v, and it was %v", name, now, top)
		}
		if n := browser.Eval[int](b, `document.querySelectorAll(".list .name").length`); n < 50 {
			t.Errorf("%s: %d rows", name, n)
		}
	}
}
