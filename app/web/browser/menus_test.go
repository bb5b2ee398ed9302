package browser_test

import (
	"fmt"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
)

// In every menu of every list and board a choice can be made by a mouse and by a finger
// on its words, and the menu stays open for a second one: a menu that closes under the
// press ends the page in Chromium 156.
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
			for _, page := range []string{"/customers", "/contacts", "/leads", "/deals", "/deals?layout=table", "/projects", "/tasks"} {
				for _, width := range []int64{1280, 390} {
					b.Size(width, 844)
					for m := 0; ; m++ {
						b.Open(w.URL(page)) // anew for each: no answer to the choice before moves this one
						b.Wait("#filters")
						menu := fmt.Sprintf(`document.querySelectorAll("#filters details.menu")[%d]`, m)
						if !browser.Eval[bool](b, `!!`+menu) {
							break
						}
						// The last choice: the first of many is the one that is made already.
						if !browser.Eval[bool](b, fmt.Sprintf(`(() => {
							const menu = %s;
							if (!menu.offsetParent) return false; // not for this width
							menu.querySelector("summary").dataset.summary = "";
							const choice = [...menu.querySelectorAll("label.option")].at(-1);
							if (!choice) return false;
							choice.dataset.pressed = "";
							return true;
						})()`, menu)) {
							continue
						}
						press(b, "[data-summary]") // as a person opens it: the focus is in it then
						b.WaitFor(menu + `.open`)
						press(b, "[data-pressed]")
						b.WaitFor(`document.querySelector("[data-pressed] input").checked`)
						if !browser.Eval[bool](b, menu+`.open`) {
							t.Errorf("%s at %d: menu %d closes under the choice", page, width, m)
						}
						pressed++
					}
				}
			}
			if pressed < 20 {
				t.Errorf("%d choices were pressed", pressed)
			}
		})
	}
}
