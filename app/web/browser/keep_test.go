package browser_test

import (
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
)

// Who goes back to a page has it at once, as the browser kept it, until something was sent from
// that browser: then it is as it is now. The focus is where it was.
func TestBrowserKeepsPages(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, _ := team(t, app)
	b := browser.NewKeeping(t)
	signIn(b, w)
	b.Open(w.URL("/customers"))
	b.Wait(".list a.name")
	browser.Eval[bool](b, `window.kept = true`)
	browser.Eval[bool](b, `(document.querySelector(".list a.name").click(), true)`)
	b.WaitFor(`document.querySelector("#record") !== null`)
	b.Back()
	b.WaitFor(`document.querySelector(".list a.name") !== null`)
	if !browser.Eval[bool](b, `window.kept === true`) {
		t.Errorf("the page was asked for again: %s",
			browser.Eval[string](b, `JSON.stringify(performance.getEntriesByType("navigation")[0].notRestoredReasons ?? null)`))
	}
	b.WaitFor(`document.activeElement === document.querySelector(".list a.name")`)
	// Something is sent from the next page: who comes back sees it.
	browser.Eval[bool](b, `(document.querySelector(".list a.name").click(), true)`)
	b.WaitFor(`document.querySelector("#record") !== null`)
	browser.Eval[bool](b, `(() => {
		const note = document.querySelector("#note-body");
		note.value = "Seen";
		note.form.requestSubmit();
		return true;
	})()`)
	b.WaitFor(`document.querySelector("#timeline")?.textContent.includes("Seen")`)
	b.Back()
	b.WaitFor(`document.querySelector(".list a.name") !== null && window.kept !== true`)
}

// What a link leads to is asked for as somebody is about to follow it.
func TestBrowserAsksAhead(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, _ := team(t, app)
	b := browser.NewBrowser(t)
	signIn(b, w)
	b.Open(w.URL("/customers"))
	b.Click(`.list a.name`)
	b.Wait("#record")
	if got := browser.Eval[string](b, `performance.getEntriesByType("navigation")[0].deliveryType`); got != "navigational-prefetch" {
		t.Errorf("the page was asked for %q, as if nobody had known", got)
	}
}
