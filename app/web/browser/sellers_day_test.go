package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// A seller's day: a lead comes in, calls are noted, it is converted, the deal is
// won by mouse and by keyboard, a project starts, tasks are done, all is found
// again by search and stands on the timeline.
func TestBrowserSellersDay(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	w := apptest.Start(t).NewWorkspace(t)
	w.Customer(tenantdb.CustomerUpdateParams{Name: "Voss Maritim GmbH", Domain: "voss.example"})
	signIn(b, w)

	// In the morning a lead comes in.
	b.Shortcut("g")
	b.Shortcut("l")
	b.WaitText("h1", "Leads")
	b.Shortcut("c")
	b.WaitText("h1", "New lead")
	b.Fill("#first_name", "Hanna")
	b.Fill("#last_name", "Voss")
	b.Fill("#company_name", "Voss Maritim")
	b.Fill("#email", "hanna@voss.example")
	b.Click(".more summary")
	b.Fill("#amount", "64,000.50")
	b.Fill("#tags", "Trade fair")
	b.Keys(browser.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	b.WaitText("h1", "Hanna Voss")

	// A call is noted, with a task for tomorrow, and the lead moves on.
	b.Shortcut("n")
	b.WaitFor(`document.activeElement.id === "note-body"`)
	b.Keys("Wants an offer for **two** ships")
	b.Click(`.kinds label:nth-child(2)`)
	b.Click("#composer [type=submit]")
	b.WaitText("#timeline .note", "noted a call")
	b.WaitFor(`document.querySelector("#timeline .note .prose strong").innerText === "two"`)
	b.Fill("#tasks [name=quick]", "Send the offer tomorrow 14:00")
	b.Keys(browser.Enter)
	b.WaitText("#tasks", "Send the offer")
	b.WaitText("#tasks", "Tomorrow, 14:00")
	b.Click(`.value[href$="field=status"]`)
	b.WaitFor(`document.querySelector(".inline[data-htmx-powered] select")`)
	choose(b, "#status", "qualified")
	b.Click(".inline [type=submit]")
	b.WaitText("#record .changed", "Qualified")
	b.WaitText("#timeline", "Status:")

	// Converted: the customer is known by its email's domain.
	b.Click(`a[href$="/conversion"]`)
	b.WaitText("h1", "Convert Hanna Voss")
	b.WaitText(".choices", "Same email domain")
	b.WaitFor(`document.querySelector("[name=customer]:checked").value !== "new"`)
	b.Fill("#name", "Two ships")
	b.Screenshot("conversion-1280-light")
	b.Click("#conversion-form [type=submit]")
	b.WaitText("h1", "Two ships")
	b.WaitText("#toast", "Hanna Voss converted")
	b.WaitText("#timeline", "Wants an offer")
	b.WaitText("#tasks", "Send the offer")
	b.WaitText("#record", "€64,000.50")
	b.WaitText("#record", "Voss Maritim GmbH")

	// On the board: by mouse to Negotiation, by keyboard to Closed Won.
	w.Deal(tenantdb.DealUpdateParams{Name: "Another deal", StageID: w.Stage("Negotiation")})
	b.Shortcut("g")
	b.Shortcut("d")
	b.WaitText("h1", "Deals")
	b.WaitFor(`window.Sortable && Sortable.get(document.querySelector(".cards"))`)
	card := browser.Eval[string](b, `[...document.querySelectorAll(".card-item")].find(e => e.innerText.includes("Two ships")).id`)
	negotiation := fmt.Sprintf(`[data-column="%s"]`, w.Stage("Negotiation"))
	b.Drag("#"+card, negotiation)
	b.WaitFor(fmt.Sprintf(`document.querySelector(%q + " #%s") && document.querySelector("#%s.changed")`, negotiation, card, card))
	b.WaitText("#toasts", "Two ships moved to Negotiation")
	b.Screenshot("board-1280-light")
	b.Axe("the board after a move")
	b.Open(w.URL("/deals"))
	b.WaitFor(fmt.Sprintf(`document.querySelector(%q + " #%s")`, negotiation, card)) // it was saved
	b.TabTo("#" + card + " .name")
	b.Shortcut("m")
	b.Wait("#move-menu[open]")
	b.Screenshot("move-menu-1280-light")
	b.Axe("the menu of a card")
	b.Click("#move-menu .option:nth-child(4)")
	b.WaitText("#toasts", "Two ships moved to Closed Won")
	b.WaitFor(fmt.Sprintf(`document.querySelector('[data-column="%s"] #%s')`, w.Stage("Closed Won"), card))

	// A project starts from it; its task is done.
	b.Click("#" + card + " .name")
	b.WaitText("h1", "Two ships")
	b.WaitText("#timeline", "moved it from Negotiation to Closed Won")
	b.Click(`form[action$="/project"] button`)
	b.WaitFor(`location.pathname.startsWith("/projects/")`)
	b.WaitText("h1", "Two ships")
	b.WaitText("#record", "€64,000.50")
	b.Open(w.URL("/tasks?layout=day"))
	b.WaitText("#day", "Send the offer")
	b.WaitText("#day section:first-of-type h2", "Tomorrow")
	b.Click("#day .tick")
	b.WaitText("#toasts", "Send the offer completed")
	b.WaitFor(`document.querySelector(".task.done")`)
	b.Fill("#quick", "Call Hanna in 3 days")
	b.Keys(browser.Enter)
	b.WaitText("#day", "Call Hanna")
	b.WaitFor(`!document.querySelector("#day").innerText.includes("Send the offer")`)

	// Found again, also mistyped.
	b.Keys(browser.Escape) // out of the line
	b.Shortcut("/")
	b.WaitFor(`document.querySelector("#palette").open`)
	b.Keys("two ships")
	b.WaitText("#palette-results h2", "Projects")
	b.Screenshot("palette-1280-light")
	b.Axe("the palette")
	b.Open(w.URL("/search?q=maritm"))
	b.WaitText("#found", "Voss Maritim")

	// And all of it stands on the deal's timeline.
	b.Open(w.URL("/search?q=two+ships"))
	b.Click(`#found a[href^="/deals/"]`)
	b.WaitText("h1", "Two ships")
	for _, line := range []string{"added this deal", "noted a call", "moved it from Prospecting to Negotiation",
		"moved it from Negotiation to Closed Won", "completed the task “Send the offer”", "added the tag “Trade fair”"} {
		b.WaitText("#timeline", line)
	}
	b.Screenshot("timeline-1280-light")
	b.Axe("a timeline")
	// The dashboard counts it, and its number leads to it.
	b.Open(w.URL("/"))
	b.WaitText(".stat", "€64,000.50")
	b.Click(`a.stat[href*="status=won"]`)
	b.WaitText(".list", "Two ships")
	b.WaitFor(`document.querySelectorAll(".list .name").length === 1`)
}

func choose(b *browser.Browser, css, value string) {
	b.WaitFor(fmt.Sprintf(
		`(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event("change", {bubbles: true}));
			return e.value === %q })()`, css, value, value))
}

// The same without a script: every create, edit, move, complete, convert,
// delete and undo by clicking on what the page has.
func TestBrowserNoScriptRecords(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	w := apptest.Start(t).NewWorkspace(t)
	signIn(b, w)
	b.Scripts(false)
	submit := `main form[id] [type=submit]`
	records := []struct{ path, field, name string }{
		{"customers", "name", "Acme"}, {"contacts", "last_name", "Ada"}, {"leads", "last_name", "Lead"}, {"deals", "name", "Deal"},
		{"projects", "name", "Project"}, {"tasks", "subject", "Task"},
	}
	for _, r := range records {
		b.Open(w.URL("/" + r.path))
		b.Click(`.bar a.primary`)
		b.Fill("#"+r.field, r.name)
		b.Click(submit)
		b.WaitText("h1.title", r.name)
		// Edited, and the edit taken back.
		b.Click(`.bar a[href$="/edit"]`)
		b.Fill("#"+r.field, r.name+" edited")
		b.Click(submit)
		b.WaitText("h1.title", r.name+" edited")
		b.WaitText("#toast", "Changes saved")
		b.Click("#toast form button")
		b.WaitFor(fmt.Sprintf(`document.querySelector("h1.title").innerText === %q`, r.name))
		// One field by its own link.
		b.Click(fmt.Sprintf(`.value[href$="field=%s"]`, r.field))
		b.WaitText("h1", "Edit "+r.name)
		b.Click("[data-cancel]")
		b.WaitText("h1.title", r.name)
		// A note, pinned, deleted.
		b.Fill("#note-body", "A *note* on "+r.name)
		b.Click("#composer [type=submit]")
		b.WaitText("#timeline .prose em", "note")
		b.Click(`#timeline .note form button`)
		b.WaitText("#timeline .pinned", "Pinned")
		b.Click(`#timeline .note a[href$="/edit"]`)
		b.Fill("#note-edit", "Rewritten")
		b.Click(".composer [type=submit]")
		b.WaitText("#timeline .prose", "Rewritten")
		// Deleted, and undone.
		b.Click("#delete-version + button")
		b.WaitText("#toast", "deleted")
		b.Click("#toast form button")
		b.WaitText("h1.title", r.name)
		// Deleted, and restored from the trash.
		b.Click("#delete-version + button")
		b.WaitText("#toast", "deleted")
		b.Open(w.URL("/trash"))
		b.WaitText("main", r.name)
		b.Click(`.rows form[action$="/restoration"] button`)
		b.WaitText("h1.title", r.name)
	}
	// A deal moves, is lost with a reason, and comes back.
	b.Open(w.URL("/deals"))
	b.Click(".card-item [data-move]")
	b.WaitText("h1", "Move Deal")
	pick(b, "#stage_id", "Closed Lost")
	b.Click(submit)
	b.WaitText("#lost_reason-error", "Say in a few words")
	pick(b, "#stage_id", "Closed Lost")
	b.Fill("#lost_reason", "Price")
	b.Click(submit)
	b.WaitText("#toast", "Deal moved to Closed Lost")
	b.Click("#toast form button")
	b.WaitText(".column:first-of-type", "Deal")
	b.Click(".card-item .name")
	b.Click(`.bar a[href$="/stage"]`)
	pick(b, "#stage_id", "Closed Won")
	b.Click(submit)
	b.WaitText("#toast", "moved to Closed Won")
	b.Click(`form[action$="/project"] button`)
	b.WaitText("#toast", "Project started")
	// A task is done, reopened, put off.
	b.Open(w.URL("/tasks?layout=day"))
	b.Fill("[name=quick]", "Call Ada tomorrow 9:00")
	b.Click(".quick [type=submit]")
	b.WaitText("#day", "Call Ada")
	b.Click(".task .tick")
	b.WaitText("#toast", "completed")
	b.Click("#toast form button")
	b.WaitText("#day", "Call Ada")
	b.Click(".task .menu summary")
	b.Click(".task .menu [value='in 3 days']")
	b.WaitText("#toast", "put off")
	// A lead moves on its board and is converted; the conversion is undone.
	b.Open(w.URL("/leads?layout=board"))
	b.Click(".card-item .move summary")
	b.Click(".card-item .move [value=contacted]")
	b.WaitText("h1.title", "Lead")
	b.WaitText("#toast", "moved to Contacted")
	b.Click(`.bar a[href$="/conversion"]`)
	b.Click(submit)
	b.WaitText("#toast", "Lead converted")
	b.Open(w.URL("/leads"))
	b.Click(".list .name")
	b.WaitText("#record", "This lead was converted")
	b.Click(`form[action$="/conversion"] button`)
	b.WaitText("#toast", "Conversion undone")
	b.WaitFor(`!document.querySelector("#record").innerText.includes("This lead was converted")`)
	// Settings: a pipeline, its stages, a tag.
	b.Open(w.URL("/settings/pipelines"))
	b.Fill("#new-pipeline", "Renewals")
	b.Click(".inline-form button")
	b.WaitText("#toast", "Changes saved")
	b.Open(w.URL("/settings/profile"))
	pick(b, "#time_zone", "Rome")
	b.Click(submit)
	b.WaitText("#toast", "Changes saved")
	b.Open(w.URL("/search?q=" + strings.ToLower("ACME")))
	b.WaitText("#found", "Acme")
}

// pick chooses an option by its text, with keys alone.
func pick(b *browser.Browser, css, text string) {
	b.Click(css)
	b.Keys(text + browser.Enter)
}

// Axe finds nothing serious on the pages of the CRM, in either theme and on a phone.
func TestBrowserAccessibilityOfRecords(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	app := apptest.Start(t)
	w, empty := app.NewWorkspace(t), app.NewWorkspace(t)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Arcadia Foundry"}, "Key account")
	contact := w.Contact(tenantdb.ContactUpdateParams{FirstName: "Anna", LastName: "Keller", CustomerID: &customer, DoNotCall: true,
		Emails: []entity.Point{{Value: "anna@example.com", Label: "work"}}})
	amount := int64(12_345_600)
	lead := w.Lead(tenantdb.LeadUpdateParams{FirstName: "Hanna", LastName: "Voss", CompanyName: "Arcadia", Rating: "hot", Amount: &amount,
		Source: "Web"})
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Line 4 retrofit", CustomerID: &customer, ContactID: &contact, Amount: &amount}, "Fair")
	for i := range 30 {
		w.Deal(tenantdb.DealUpdateParams{Name: fmt.Sprint("Deal ", i), Amount: &amount, Currency: []string{"EUR", "USD", "JPY"}[i%3],
			StageID: w.Stage([]string{"Prospecting", "Proposal", "Closed Won"}[i%3])})
	}
	project := w.Project(tenantdb.ProjectUpdateParams{Name: "Retrofit", CustomerID: &customer, DealID: &deal})
	me := w.MemberID(w.Owner)
	task := w.Task(tenantdb.TaskUpdateParams{Subject: "Call about " + strings.Repeat("everything ", 12), AssigneeID: &me, Priority: "high",
		SubjectType: "deal", SubjectID: &deal})
	w.Note(entity.Deal, deal, "# A note\n\n- with\n- a list\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"+strings.Repeat("long", 80))
	signIn(b, empty)
	for _, path := range []string{"/contacts", "/leads", "/deals", "/projects", "/tasks", "/tasks?layout=day", "/trash"} {
		b.Open(empty.URL(path))
		b.Axe("empty " + path)
	}
	signIn(b, w)
	for _, p := range []struct{ name, path string }{
		{"dashboard-full", "/"}, {"contacts", "/contacts"}, {"contact", "/contacts/" + contact.String()},
		{"contact edit", "/contacts/" + contact.String() + "/edit"},
		{"leads", "/leads"}, {"lead board", "/leads?layout=board"}, {"lead", "/leads/" + lead.String()},
		{"conversion", "/leads/" + lead.String() + "/conversion"},
		{"board", "/deals"}, {"deals", "/deals?layout=table"}, {"deal", "/deals/" + deal.String()},
		{"move", "/deals/" + deal.String() + "/stage"}, {"new deal", "/deals/new"},
		{"projects", "/projects"}, {"project", "/projects/" + project.String()}, {"tasks", "/tasks"}, {"day", "/tasks?layout=day"},
		{"task", "/tasks/" + task.String()},
		{"settings", "/settings/profile"}, {"settings workspace", "/settings/workspace"}, {"settings pipelines", "/settings/pipelines"},
		{"settings tags", "/settings/tags"},
	} {
		b.Open(w.URL(p.path))
		for _, width := range []int64{1280, 390} {
			b.Size(width, 844)
			b.Themes(fmt.Sprintf("%s, %d px", p.name, width), func(theme string) {
				b.Screenshot(fmt.Sprintf("%s-%d-%s", strings.ReplaceAll(p.name, " ", "-"), width, theme))
				if over := browser.Eval[int](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
					t.Errorf("%s at %d px is %d px too wide", p.name, width, over)
				}
			})
		}
	}
}

// The board's filters work as a list's do: at once, in the address, with what
// they are set to on their chips. The composer's draft outlives an edit beside it.
func TestBrowserBoardFilters(t *testing.T) {
	t.Parallel()
	b := browser.NewBrowser(t)
	w := apptest.Start(t).NewWorkspace(t)
	w.Deal(tenantdb.DealUpdateParams{Name: "Near deal"}, "near")
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Far deal"}, "far")
	signIn(b, w)
	b.Open(w.URL("/deals"))
	b.Fill(`#filters [name=q]`, "near")
	b.WaitFor(`document.querySelectorAll(".card-item").length === 1 && location.search.includes("q=near")`)
	b.WaitText("#filter-state", "Counts and sums are of all deals")
	b.Open(w.URL("/deals"))
	b.Click("#tag-chip")
	b.Click(`[name=tag][value=far]`)
	b.WaitText("#tag-chip", "Tag: far")
	b.WaitText(".board", "Far deal")
	b.WaitFor(`document.querySelectorAll(".card-item").length === 1`)
	b.Open(w.URL("/deals/" + deal.String()))
	b.Fill("#note-body", "A long draft")
	b.Click("#more-fields summary")
	b.Click(`.value[href$="field=source"]`)
	b.WaitFor(`document.querySelector(".inline[data-htmx-powered] #source")`)
	b.Fill("#source", "Fair")
	b.Keys(browser.Enter)
	b.WaitText("#record .changed", "Fair")
	b.WaitText("#happened", "Source:")
	b.WaitFor(`document.querySelector("#note-body").value === "A long draft"`)
	b.Click("#composer [type=submit]")
	b.WaitText("#happened .prose", "A long draft")
	b.Click(`#happened .note a[href$="/edit"]`)
	b.Wait("#note-edit")
	b.Fill("#note-edit", " ")
	b.Click(`#happened .composer [type=submit]`)
	b.WaitText("#happened", "can’t be empty")
}
