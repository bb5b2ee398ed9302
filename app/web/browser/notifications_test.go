package browser_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// A colleague's page hears of what was given to them while it is open, in every tab of the
// browser, and says so to whoever listens; opened, it is read there too.
func TestBrowserNotifications(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	nora := pg.NewUser(t)
	w.Join(nora, auth.Member)
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Pumps"})
	b := browser.NewBrowser(t)
	b.Open(w.URL("/handoff?token=" + w.Handoff(nora)))
	b.Click("button[type=submit]")
	b.WaitFor(`location.pathname === "/"`)
	b.Open(w.URL("/customers"))
	b.WaitFor(`document.querySelector(".side [data-unread]").hidden`)
	b.WaitFor(`localStorage.getItem("unread " + document.querySelector("#reminders").dataset.member) === "0"`) // it listens

	me := w.Client(w.Owner)
	me.Put(w.URL("/deals/"+deal.String()), url.Values{"version": {"1"}, "owner_id": {w.MemberID(nora).String()}}).Want(http.StatusSeeOther)
	b.WaitText(".side [data-unread]", "1")
	b.WaitText("#said", "One unread notification")
	b.Shortcut("g")
	b.Shortcut("n")
	b.WaitText(".told .unread .text", w.Owner.Name+" assigned Pumps to you")
	b.Screenshot("notifications-1280-light")
	b.Axe("notifications")
	b.Size(390, 844)
	b.Screenshot("notifications-390-light")
	b.Size(1280, 800)
	b.Click(".told a")
	b.WaitText("h1", "Pumps")
	b.WaitFor(`document.querySelector(".side [data-unread]").hidden`)
	// Somebody reads it elsewhere.
	me.Post(w.URL("/tasks"), url.Values{"subject": {"Call Anna"}, "assignee_id": {w.MemberID(nora).String()}}).Want(http.StatusSeeOther)
	b.WaitText(".side [data-unread]", "1")
	w.Client(nora).Put(w.URL("/notifications"), nil).Want(http.StatusSeeOther)
	b.WaitFor(`document.querySelector(".side [data-unread]").hidden`)
	b.Open(w.URL("/settings/notifications"))
	b.Axe("how one is told")
}

// Two people at once: one hands a customer over by a key and takes it back, the other's open
// page hears of each step; then on a phone, and without a script.
func TestBrowserTwoPeople(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	nora := pg.NewUser(t)
	w.Join(nora, auth.Member)
	me := w.MemberID(w.Owner)
	enter := func(u pg.User) *browser.Browser {
		t.Helper()
		b := browser.NewBrowser(t)
		b.Open(w.URL("/handoff?token=" + w.Handoff(u)))
		b.Click("button[type=submit]")
		b.WaitFor(`location.pathname === "/"`)
		return b
	}
	given := func(name string) string {
		t.Helper()
		customer := w.Customer(tenantdb.CustomerUpdateParams{Name: name, OwnerID: &me})
		w.Contact(tenantdb.ContactUpdateParams{LastName: "Krüger", CustomerID: &customer, OwnerID: &me})
		w.Deal(tenantdb.DealUpdateParams{Name: "Pumps for " + name, CustomerID: &customer, OwnerID: &me})
		return "/customers/" + customer.String()
	}
	giver, getter := enter(w.Owner), enter(nora)
	unread := func(n string) {
		t.Helper()
		if n == "" {
			getter.WaitFor(`document.querySelector(".side [data-unread]").hidden`)
			return
		}
		getter.WaitText(".side [data-unread]", n)
	}
	unread("")

	// By keys: o, and the colleague.
	giver.Open(w.URL(given("Voss Maritim")))
	giver.Shortcut("o")
	giver.WaitText("h1", "Hand over Voss Maritim")
	giver.Click(`.people [name=owner_id]`)
	giver.WaitText("#toast", "handed over to "+nora.Name)
	unread("1") // of the customer, with all that went along
	getter.WaitText("#said", "One unread notification")
	getter.Click(`.side a[href="/notifications"]`)
	getter.WaitText(".told .unread .text", w.Owner.Name+" handed over Voss Maritim to you")
	getter.Click(".told .unread a")
	getter.WaitText("h1", "Voss Maritim")
	getter.WaitText(".record .sub", "Owned by "+nora.Name)
	getter.WaitText("#main", "Pumps for Voss Maritim")
	unread("")
	giver.Shortcut("z")
	giver.WaitText(".record .sub", "Owned by "+w.Owner.Name)

	// Mentioned while both look at it, from a phone.
	giver.Size(390, 844)
	giver.Fill("#note-body", "Look at this, @"+nora.Name)
	giver.Keys(browser.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	giver.WaitText("#timeline .note", "Look at this")
	unread("1")

	// Without a script, on a phone: the same pages, and the same notice.
	plain := browser.NewBrowser(t)
	plain.Size(390, 844)
	plain.Open(w.URL("/handoff?token=" + w.Handoff(w.Owner)))
	plain.Click("button[type=submit]")
	plain.WaitFor(`location.pathname === "/"`)
	plain.Scripts(false)
	plain.Open(w.URL(given("Cobalt Harbour") + "/owner"))
	plain.Screenshot("hand-over-390-no-script")
	plain.Click(`.people [name=owner_id]`)
	plain.WaitText("#toast", "handed over to "+nora.Name)
	unread("2")
	plain.Click("#toast [type=submit]")
	plain.WaitText(".record .sub", "Owned by "+w.Owner.Name)
}
