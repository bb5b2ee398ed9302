package browser_test

import (
	"fmt"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// A team makes a field of its own and fills it in, in a form and in place; without a script
// too.
func TestBrowserCustomFields(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	customer := w.URL("/customers/" + w.Customer(tenantdb.CustomerUpdateParams{Name: "Arcadia Foundry", City: "Graz"}).String())
	b := browser.NewBrowser(t)
	signIn(b, w)
	b.Open(w.URL("/settings/fields"))
	b.WaitFor(`getComputedStyle(document.querySelector(".for-options")).display === "none"`) // a text has none
	b.Fill("#label", "Region")
	b.Fill("#type", "One of several")
	b.WaitFor(`getComputedStyle(document.querySelector(".for-options")).display !== "none"`)
	b.Fill(`[aria-label="Option 1"]`, "North")
	b.Fill(`[aria-label="Option 2"]`, "South")
	b.Click(`[name="show[]"][value=list]`)
	b.Click(`[name="show[]"][value=quick]`)
	for _, width := range []int64{1280, 390} {
		b.Size(width, 844)
		b.Themes(fmt.Sprintf("a new field, %d px", width), func(theme string) {
			b.Screenshot(fmt.Sprintf("field-new-%d-%s", width, theme))
		})
	}
	b.Size(1280, 844)
	b.Click("#field [type=submit]")
	b.WaitText("#toast", "Field created")

	b.Scripts(false)
	b.Fill("#label", "Wants")
	b.Fill("#type", "Some of several")
	b.Fill(`[aria-label="Option 1"]`, "Tyres")
	b.Fill(`[aria-label="Option 2"]`, "Fuel")
	b.Click("#field [type=submit]")
	b.WaitText(".settings-rows", "Wants")
	b.Scripts(true)

	b.Open(customer)
	b.Click(`.value[href$="field=x_region"]`)
	b.Wait(".inline #x_region")
	b.Fill("#x_region", "South")
	b.Click(".inline [type=submit]")
	b.WaitText(".changed", "South")
	b.Open(customer + "/edit")
	b.Click(`[name=x_wants][value=tyres]`)
	b.Screenshot("field-form")
	b.Click("#form [type=submit], form[data-guard] [type=submit]")
	b.WaitText("#record", "Tyres")
	for _, width := range []int64{1280, 390} {
		b.Size(width, 844)
		b.Themes(fmt.Sprintf("a record with own fields, %d px", width), func(theme string) {
			b.Screenshot(fmt.Sprintf("field-record-%d-%s", width, theme))
		})
	}
	b.Open(w.URL("/customers"))
	b.Screenshot("field-list-390")
	b.Size(1280, 844)
	b.WaitText("table.list", "South")
	b.Screenshot("field-list")
	b.Open(w.URL("/settings/fields"))
	b.Click(".settings-rows li a.button")
	b.WaitText("#field", "1 customer holds")
	for _, width := range []int64{1280, 390} {
		b.Size(width, 844)
		b.Themes(fmt.Sprintf("a field, %d px", width), func(theme string) {
			b.Screenshot(fmt.Sprintf("field-edit-%d-%s", width, theme))
		})
	}
	b.Click(`#field form:has([value=DELETE]) button`)
	b.WaitText("#toast", "deleted")
	b.Click("#toast [type=submit], #toast button")
	b.WaitText("#toast", "restored")
}
