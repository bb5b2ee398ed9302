package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
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
					for m, o := 0, 0; ; o++ {
						b.Open(w.URL(page)) // anew for each: no answer to the choice before moves this one
						b.Wait("#filters")
						menu := fmt.Sprintf(`document.querySelectorAll("#filters details.menu")[%d]`, m)
						if !browser.Eval[bool](b, `!!`+menu) {
							break
						}
						// From the last choice on: the first of many is the one that is made already.
						if !browser.Eval[bool](b, fmt.Sprintf(`(() => {
							const menu = %s;
							if (!menu.offsetParent) return false; // not for this width
							menu.querySelector("summary").dataset.summary = "";
							const choice = [...menu.querySelectorAll("label.option")].at(-1 - %d);
							if (!choice || choice.querySelector("input").checked) return false;
							choice.dataset.pressed = "";
							return true;
						})()`, menu, o)) {
							m, o = m+1, -1
							continue
						}
						press(b, "[data-summary]") // as a person opens it: the focus is in it then
						b.WaitFor(menu + `.open`)
						press(b, "[data-pressed]")
						b.WaitFor(`document.querySelector("[data-pressed] input").checked`)
						if !browser.Eval[bool](b, menu+`.open`) {
							t.Errorf("%s at %d: menu %d closes under choice %d", page, width, m, o)
						}
						pressed++
					}
				}
			}
			if pressed < 100 {
				t.Errorf("%d choices were pressed", pressed)
			}
		})
	}
}

// Dialogs, pickers and what is offered beside a field are chosen from by a press on their
// words, too.
func TestBrowserDialogsAndPickersArePressed(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, _ := team(t, app)
	other := pg.NewUser(t)
	w.Join(other, "member")
	lead := w.Lead(tenantdb.LeadUpdateParams{FirstName: "Anna", LastName: "Rossi", CompanyName: "Arcadia Foundry",
		Email: "anna@arcadia.example"})
	contact := w.Contact(tenantdb.ContactUpdateParams{LastName: "Two", Emails: []entity.Point{{Value: "a@x.com"}, {Value: "b@x.com"}}})
	for name, press := range map[string]func(*browser.Browser, string){"mouse": (*browser.Browser).Press, "finger": (*browser.Browser).Tap} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := browser.NewBrowser(t)
			signIn(b, w)
			for _, width := range []int64{1280, 390} {
				b.Size(width, 844)
				// Every choice of a form that is a box or a button beside its words.
				for _, page := range []string{"/leads/" + lead.String() + "/conversion", "/contacts/" + contact.String() + "/edit"} {
					b.Open(w.URL(page))
					b.Wait("form[data-guard]")
					browser.Eval[int](b,
						`document.querySelectorAll("details.more").forEach((d) => d.open = true),
							document.querySelectorAll("form[data-guard] :is(label.option, label.choice)").forEach((l, i) => l.dataset.choice = i), 0`)
					n := browser.Eval[int](b, `document.querySelectorAll("[data-choice]").length`)
					if n == 0 {
						t.Errorf("%s has no choices", page)
					}
					for i := range n {
						at := fmt.Sprintf(`[data-choice="%d"]`, i)
						before := browser.Eval[bool](b, `document.querySelector('`+at+` input').checked`)
						press(b, at)
						b.WaitFor(fmt.Sprintf(`(document.querySelector('%s input').checked !== %v) || document.querySelector('%s input').type === "radio"`,
							at, before, at))
					}
				}
				// The list of a picker, and what was chosen from it.
				b.Open(w.URL("/projects/new"))
				b.Wait("#members-words[role=combobox]")
				browser.Eval[int](b, `document.querySelectorAll("details.more").forEach((d) => d.open = true),
					document.querySelector("#members-words").scrollIntoView({ block: "center" }), 0`)
				b.Click("#members-words")
				b.Wait("#members-words-list li")
				press(b, "#members-words-list li")
				b.WaitFor(`document.querySelectorAll("[name=members]:checked").length === 1`)
				press(b, ".chips button")
				b.WaitFor(`document.querySelectorAll("[name=members]:checked").length === 0`)
				// The keys, and the search and its commands.
				b.Open(w.URL("/customers"))
				b.Wait("#filters")
				b.Shortcut("?")
				b.WaitFor(`document.querySelector("#keys").open`)
				press(b, "#keys [data-close]")
				b.WaitFor(`!document.querySelector("#keys").open`)
				b.Shortcut("/")
				b.WaitFor(`document.querySelector("#palette").open`)
				b.Fill("#palette input[type=search]", "cobalt harb")
				b.WaitFor(`document.querySelector("#palette-results .rows a")?.innerText.includes("Cobalt Harbour")`)
				press(b, "#palette-results .rows a")
				b.WaitFor(`location.pathname.startsWith("/customers/")`)
				// Whoever is meant, and what may be here already.
				b.Wait("#note-body")
				b.Fill("#note-body", "Ask @"+strings.ToLower(other.Name[:6]))
				b.Wait("#mentions-box button")
				press(b, "#mentions-box button")
				b.WaitFor(`document.querySelector("#note-body").value.includes("@Name of")`)
				b.Fill("#note-body", "")
				b.Open(w.URL("/customers/new"))
				b.Fill("#name", "Arcadia Foundry")
				b.WaitText("#matches", "Arcadia Foundry")
				if browser.Eval[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
					t.Errorf("the form with matches is wider than %d", width)
				}
				b.Screenshot(fmt.Sprintf("matches-%d", width))
				press(b, "#matches button")
				b.WaitText("#toast", "may be here already")
				// Put off.
				task := "#task-" + w.Task(tenantdb.TaskUpdateParams{Subject: fmt.Sprint("Task at ", width, name),
					AssigneeID: new(w.MemberID(w.Owner))}).String()
				b.Open(w.URL("/tasks?layout=day"))
				b.Wait(task)
				press(b, task+" details.menu summary")
				b.Wait(task + " details.menu[open]")
				press(b, task+" details.menu[open] button.option:nth-of-type(3)")
				b.WaitText("#toast", "put off")
			}
		})
	}
}

// A tag of forty wide letters does not widen a page.
func TestBrowserLongTag(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	tag := strings.Repeat("W", 40)
	id := w.Customer(tenantdb.CustomerUpdateParams{Name: "Customer"}, tag)
	lead := w.Lead(tenantdb.LeadUpdateParams{LastName: "Rossi"}, tag)
	b := browser.NewBrowser(t)
	signIn(b, w)
	b.Size(390, 844)
	for _, page := range []string{"/customers/" + id.String(), "/customers", "/customers?tag=" + tag, "/leads/" + lead.String(),
		"/leads?layout=board", "/settings/tags", "/customers/" + id.String() + "/edit"} {
		b.Open(w.URL(page))
		b.Wait("main")
		if wide := browser.Eval[int](b, `document.documentElement.scrollWidth`); wide > 390 {
			t.Errorf("%s is %d wide", page, wide)
		}
	}
}
