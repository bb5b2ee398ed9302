package browser_test

import (
	"fmt"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
)

// Every choice of every menu of every list and board can be made by a mouse and by a
// finger on its words, and the menu stays open for a second one: a menu that closes
// under the press ends the page in Chromium 156.
func TestBrowserMenusArePressed(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, _ := team(t, app)
	for _, kind := range []string{"contacts", "leads", "deals", "projects", "tasks"} {
		apptest.Records[kind](w)
	}
	for name, press := range map[string]func(*browser.Browser, string){"mouse": (*browser.Browser).Press, "finger": (*browser.Browser).Tap} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := browser.NewBrowser(t)
			signIn(b, w)
			pressed := 0
			for _, page := range []string{"/customers", "/contacts", "/leads", "/leads?layout=table", "/deals", "/deals?layout=table", "/projects", "/tasks"} {
				for _, width := range []int64{1280, 390} {
					b.Size(width, 844)
					b.Open(w.URL(page))
					b.Wait("#filters")
					menus := browser.Eval[int](b, `document.querySelectorAll("#filters details.menu").length`)
					for m := range menus {
						menu := fmt.Sprintf(`document.querySelectorAll("#filters details.menu")[%d]`, m)
						if browser.Eval[bool](b, menu+`.offsetParent === null`) {
							continue // not for this width
						}
						b.WaitFor(`!document.querySelector(".htmx-request")`) // of the menu before
						browser.Eval[bool](b, fmt.Sprintf(`(() => { for (const d of document.querySelectorAll("details.menu")) d.open = false; %s.open = true; return true })()`, menu))
						options := browser.Eval[int](b, menu+`.querySelectorAll("label.option").length`)
						for o := range min(options, 4) {
							// A name for it, for what is swapped in meanwhile moves the others.
							browser.Eval[bool](b, fmt.Sprintf(`(() => { document.querySelectorAll("[data-pressed]").forEach(e => e.removeAttribute("data-pressed")); const l = %s.querySelectorAll("label.option")[%d]; l.dataset.pressed = ""; l.dataset.was = l.querySelector("input").checked; return true })()`, menu, o))
							press(b, "[data-pressed]")
							b.WaitFor(`(() => { const l = document.querySelector("[data-pressed]"), i = l.querySelector("input"); return i.type === "radio" ? i.checked : String(i.checked) !== l.dataset.was })()`)
							if !browser.Eval[bool](b, menu+`.open`) {
								t.Errorf("%s at %d: menu %d closes under choice %d", page, width, m, o)
								browser.Eval[bool](b, menu+`.open = true`)
							}
							pressed++
						}
					}
				}
			}
			if pressed < 20 {
				t.Errorf("%d choices were pressed", pressed)
			}
		})
	}
}
