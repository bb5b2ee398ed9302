package browser_test

import (
	"net/http"
	"net/url"
	"testing"

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
