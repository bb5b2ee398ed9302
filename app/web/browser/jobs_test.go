package browser_test

import (
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// hand counts what somebody presses; what they write is their own.
type hand struct {
	*browser.Browser
	clicks, keys int
}

func (h *hand) press(css string) {
	h.Click(css)
	h.clicks++
}

func (h *hand) key(k string) {
	h.Shortcut(k)
	h.keys++
}

func (h *hand) enter() {
	h.Keys(browser.Enter)
	h.keys++
}

// What sellers do all day takes no more than this many clicks or keys.
func TestBrowserJobsOfADay(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	nora := pg.NewUser(t)
	w.Join(nora, auth.Member)
	me := w.MemberID(w.Owner)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Voss Maritim", Phone: "+494034567890", OwnerID: &me})
	today := apptest.Day(0)
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Pumps", CustomerID: &customer, OwnerID: &me, ExpectedCloseDate: today})
	w.Task(tenantdb.TaskUpdateParams{Subject: "Send the offer", DueOn: today, AssigneeID: &me})
	w.Deal(tenantdb.DealUpdateParams{Name: "Another time"})
	signIn(b, w)
	for _, job := range []struct {
		name         string
		at           string
		clicks, keys int // at most
		do           func(h *hand)
	}{
		{"log a call", "/deals/" + deal.String(), 3, 0, func(h *hand) {
			h.press(`.kinds label:nth-child(2)`)
			choose(h.Browser, "[name=outcome]", "reached")
			h.clicks++
			h.press("#composer [type=submit]")
			h.WaitText("#timeline .note", "Reached")
		}},
		{"and it stands on the customer’s timeline", "/customers/" + customer.String(), 0, 0, func(h *hand) {
			h.WaitText("#timeline .note", "on Pumps")
		}},
		{"move a deal", "/deals/" + deal.String(), 1, 0, func(h *hand) {
			h.press(`.stage-bar button:nth-of-type(2)`)
			h.WaitText("#toast", "Pumps moved to Proposal")
		}},
		{"find a phone by name", "/", 0, 2, func(h *hand) {
			h.key("/")
			h.WaitFor(`document.querySelector("#palette").open`)
			h.Keys("voss")
			h.WaitText("#palette .number", "+49 40 34567890")
		}},
		{"find whose number calls", "/", 0, 2, func(h *hand) {
			h.key("/")
			h.WaitFor(`document.querySelector("#palette").open`)
			h.Keys("4567890")
			h.WaitText("#palette .rows", "Voss Maritim")
			h.enter()
			h.WaitText("h1", "Voss Maritim")
		}},
		{"a contact at a customer", "/customers/" + customer.String(), 2, 0, func(h *hand) {
			h.press(`a[href^="/contacts/new"]`)
			h.Wait("#contact-form")
			h.Fill("#last_name", "Krüger")
			h.press("#contact-form [type=submit]")
			h.WaitText("h1", "Voss Maritim")
			h.WaitText(".related", "Krüger")
		}},
		{"a follow-up", "/deals/" + deal.String(), 0, 2, func(h *hand) {
			h.key("t")
			h.WaitFor(`document.activeElement.name === "quick"`)
			h.Keys("Call back friday 14h")
			h.WaitText("#understood", "14:00")
			h.enter()
			h.WaitText("#tasks .task", "Call back")
		}},
		{"what is for today", "/customers", 1, 0, func(h *hand) {
			h.press(`.side [href="/tasks?layout=day"]`)
			h.WaitText("#day", "Send the offer")
		}},
		{"hand a customer over", "/customers/" + customer.String(), 3, 0, func(h *hand) {
			h.press(`.bar a[href$="/owner"]`)
			h.WaitText("h1", "Hand over Voss Maritim")
			h.Screenshot("hand-over-1280")
			h.Axe("handing over")
			h.press(`.people button`)
			h.WaitText("#toast", "handed over to "+nora.Name)
		}},
		{"deals that close this month", "/deals", 2, 0, func(h *hand) {
			h.press("#expected_close_date-chip")
			h.press(`[name=expected_close_date][value=month]`)
			h.WaitText("#expected_close_date-chip", "Close date: this month")
			h.WaitFor(`document.querySelectorAll(".card-item").length === 1`)
		}},
	} {
		h := &hand{Browser: b}
		h.Open(w.URL(job.at))
		job.do(h)
		if h.clicks > job.clicks || h.keys > job.keys {
			t.Errorf("%s takes %d clicks and %d keys, and should take %d and %d", job.name, h.clicks, h.keys, job.clicks, job.keys)
		}
		t.Logf("%s: %d clicks, %d keys", job.name, h.clicks, h.keys)
	}
}
