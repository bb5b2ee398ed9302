package browser_test

import (
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
)

// A shortcut is pressed by the key that one chose for it, and its own does nothing then; or
// with Alt, or never.
func TestBrowserKeysAreChanged(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	b := browser.NewBrowser(t)
	signIn(b, w)
	b.Open(w.URL("/settings/profile"))
	b.Click("#shortcuts ~ details summary")
	b.Fill(`[name="key.c"]`, "e")
	b.Click(".key-fields [type=submit]")
	b.WaitText(".key-fields", "has this key")
	b.Fill(`[name="key.c"]`, "y")
	for _, theme := range []string{"light", "dark"} {
		b.Theme(theme)
		b.Screenshot("keys-" + theme)
	}
	b.Size(390, 844)
	b.Screenshot("keys-390")
	b.Size(1280, 800)
	b.Axe("single keys")
	b.Click(".key-fields [type=submit]")
	b.WaitText("#toast", "Changes saved")

	b.Open(w.URL("/customers"))
	b.Shortcut("?")
	b.WaitFor(`[...document.querySelectorAll("#keys dt")].some((dt) => dt.innerText === "y" && dt.nextElementSibling.innerText === "Create")`)
	b.Shortcut("Escape")
	b.Click("#keys [data-close]")
	b.Shortcut("c") // nothing
	b.Shortcut("y")
	b.WaitText("h1", "New customer")

	b.Open(w.URL("/settings/profile"))
	b.Click(".key-fields [name=reset]")
	b.WaitText("#toast", "Changes saved")
	b.Open(w.URL("/customers"))
	b.Shortcut("y")
	b.Shortcut("c")
	b.WaitText("h1", "New customer")
}
