package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

func version(res *apptest.Response) string {
	v, _ := res.Find("#delete-version").Attr("value")
	return v
}

// A contact has several addresses and numbers: listed ones, or the contract's
// plain fields for the primary one and the mobile.
func TestContactPoints(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	c := w.Client(w.Owner)
	res := c.Post(w.URL("/contacts"), url.Values{"last_name": {"Keller"}, "email": {"Anna@Example.com"}, "phone": {"030 901820"},
		"mobile": {"+49 171 1234567"}}).Want(http.StatusSeeOther)
	path := res.Header.Get("Location")
	page := c.Get(w.URL(path)).Want(http.StatusOK)
	// Germany is the workspace's country: a number without a prefix is one of its.
	for _, want := range []string{"anna@example.com", "+49 30 901820 ", "+49 171 1234567 (mobile)"} {
		if !strings.Contains(page.Text(".details"), want) {
			t.Errorf("the contact does not show %q:\n%s", want, page.Text(".details"))
		}
	}
	edit := c.Get(w.URL(path + "/edit")).Want(http.StatusOK)
	if v, _ := edit.Find(`[name="phones[1][value]"]`).Attr("value"); v != "+491711234567" {
		t.Errorf("the second number is %q", v)
	}
	form := url.Values{
		"version": {version(page)}, "emails[0][value]": {"anna@example.com"}, "emails[0][label]": {"work"},
		"emails[1][value]": {"private@example.org"}, "emails[1][label]": {"home"}, "emails_primary": {"1"},
	}
	c.Put(w.URL(path), form).Want(http.StatusSeeOther)
	page = c.Get(w.URL(path))
	if got := page.Text(".details"); !strings.Contains(got, "private@example.org (home) anna@example.com ") ||
		!strings.Contains(got, "+49 30 901820") {
		t.Errorf("after the second became the primary one:\n%s", got)
	}
	// Wrong ones lose nothing that was typed.
	form = url.Values{"version": {version(page)}, "emails[0][value]": {"not an address"}, "phones[0][value]": {"call me"}}
	res = c.Put(w.URL(path), form).Want(http.StatusUnprocessableEntity)
	if v, _ := res.Find(`[name="emails[0][value]"]`).Attr("value"); v != "not an address" ||
		!strings.Contains(res.Text("#emails-0-error"), "not an email address") ||
		!strings.Contains(res.Text("#phones-0-error"), "not a phone number") {
		t.Errorf("a wrong address came back as %q: %s", v, res.Text("form .error"))
	}
	// The list shows the primary one; PUT of a plain field changes that alone.
	c.Put(w.URL(path), url.Values{"version": {version(page)}, "email": {"new@example.com"}}).Want(http.StatusSeeOther)
	if list := c.Get(w.URL("/contacts")).Text(".list"); !strings.Contains(list, "new@example.com") {
		t.Errorf("the list: %s", list)
	}
	if got := c.Get(w.URL(path)).Text(".details"); strings.Contains(got, "private@") || !strings.Contains(got, "anna@example.com") {
		t.Errorf("after a plain email:\n%s", got)
	}
}

// Two people on the same deal: the second to save sees what the first did, and
// nothing of the first's is lost.
func TestTwoPeopleOnOneDeal(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	u := pg.NewUser(t)
	w.Join(u, auth.Member)
	a, b := w.Client(w.Owner), w.Client(u)
	proposal, won, lost := w.Stage("Proposal"), w.Stage("Closed Won"), w.Stage("Closed Lost")
	amount := int64(100_00)
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Deal", StageID: proposal, Amount: &amount})
	path := w.URL("/deals/" + deal.String())

	seen := version(b.Get(path))
	a.Put(path, url.Values{"version": {seen}, "amount": {"200"}, "source": {"Fair"}}).Want(http.StatusSeeOther)
	res := b.Put(path, url.Values{"version": {seen}, "amount": {"300"}, "was.amount": {"100"}, "source": {""}, "was.source": {""}}).
		Want(http.StatusConflict)
	if got := res.Text(".compare"); !strings.Contains(got, "€200") || !strings.Contains(got, "€300") {
		t.Errorf("both versions: %s", got)
	}
	if v, _ := res.Find("#source").Attr("value"); v != "Fair" {
		t.Errorf("what only the first changed is %q in the form", v)
	}
	if got := a.Get(path).Text(".details"); !strings.Contains(got, "€200") {
		t.Errorf("the first's amount was lost:\n%s", got)
	}

	// The same for moves: from where it is no longer.
	move := path + "/stage"
	a.Put(move, url.Values{"stage_id": {won.String()}, "was.stage_id": {proposal.String()}}).Want(http.StatusSeeOther)
	res = b.Put(move, url.Values{"stage_id": {lost.String()}, "was.stage_id": {proposal.String()}, "lost_reason": {"Price"}}).
		Want(http.StatusConflict)
	if !strings.Contains(res.Text(".notice"), "Closed Won") {
		t.Errorf("the notice: %s", res.Text(".notice"))
	}
	b.HTMX = true
	res = b.Put(move, url.Values{"stage_id": {lost.String()}, "was.stage_id": {proposal.String()}, "lost_reason": {"Price"}, "board": {"1"}}).
		Want(http.StatusConflict)
	if n := res.Find("#results .column").Length(); n != 6 {
		t.Errorf("a refused drag gets %d columns", n)
	}
	// As the contract has it, without was: the last word counts.
	b.HTMX = false
	b.Put(move, url.Values{"stage_id": {lost.String()}}).Want(http.StatusUnprocessableEntity)
	b.Put(move, url.Values{"stage_id": {lost.String()}, "lost_reason": {"Price"}}).Want(http.StatusSeeOther)
	if got := b.Get(path).Text(".details"); !strings.Contains(got, "Closed Lost") || !strings.Contains(got, "Price") {
		t.Errorf("after the move:\n%s", got)
	}
}

// A drag puts a card between two others, and the answer is the board as it was
// filtered, with a way to undo.
func TestBoard(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	c := w.Client(w.Owner)
	stage := w.Stage("Proposal")
	amount := int64(333_33)
	for _, name := range []string{"c", "b", "a"} { // the last made is on top
		w.Deal(tenantdb.DealUpdateParams{Name: "Deal " + name, StageID: stage, Amount: &amount})
	}
	w.Deal(tenantdb.DealUpdateParams{Name: "In yen", StageID: stage, Amount: &amount, Currency: "JPY"}, "far")
	column := func(res *apptest.Response) string {
		return strings.Join(res.Find(`[data-column="`+stage.String()+`"] .name`).
			Map(func(_ int, s *goquery.Selection) string { return strings.TrimSpace(s.Text()) }), ",")
	}
	board := c.Get(w.URL("/deals")).Want(http.StatusOK)
	if got := column(board); got != "In yen,Deal a,Deal b,Deal c" {
		t.Fatalf("the column: %s", got)
	}
	// Sums stand apart by currency, the weighted one is 50 % in whole minor units.
	head := board.Text(`.column:nth-of-type(3) header`)
	for _, want := range []string{"4", "50 %", "€999.99", "€499.99", "¥33,333", "¥16,666"} {
		if !strings.Contains(head, want) {
			t.Errorf("the head does not show %q:\n%s", want, head)
		}
	}
	id := func(name string) string {
		v, _ := board.Find(".card-item").FilterFunction(func(_ int, s *goquery.Selection) bool { return strings.Contains(s.Text(), name) }).
			Attr("data-id")
		return v
	}
	c.HTMX = true
	res := c.Put(w.URL("/deals/"+id("Deal c")+"/stage"),
		url.Values{"board": {"1"}, "stage_id": {stage.String()}, "was.stage_id": {stage.String()}, "before_id": {id("Deal a")}}).
		Want(http.StatusOK)
	if got := column(res); got != "In yen,Deal c,Deal a,Deal b" || res.Find("#results .card-item.changed").Length() != 1 ||
		res.Find(`.toast form[action^="/changes/"]`).Length() != 1 {
		t.Errorf("after the drag: %s\n%s", got, res.Text(".toast"))
	}
	undo, _ := res.Find(".toast form").Attr("action")
	c.Put(w.URL(undo), nil)
	c.HTMX = false
	if got := column(c.Get(w.URL("/deals"))); got != "In yen,Deal a,Deal b,Deal c" {
		t.Errorf("undone: %s", got)
	}
	// A column never ends in silence.
	for i := range 25 {
		w.Deal(tenantdb.DealUpdateParams{Name: "More " + strconv.Itoa(i), StageID: stage})
	}
	board = c.Get(w.URL("/deals"))
	more, _ := board.Find(`[data-column="` + stage.String() + `"] .more a`).Attr("hx-get")
	if n := strings.Count(column(board), ",") + 1; n != 20 || more == "" {
		t.Fatalf("%d cards, more at %q", n, more)
	}
	c.HTMX = true
	rest := c.Get(w.URL(more)).Want(http.StatusOK)
	if n := rest.Find(".card-item").Length(); n != 9 || strings.Contains(rest.Body, `class="more"`) {
		t.Errorf("%d cards below", n)
	}
	c.HTMX = false
	if got := column(c.Get(w.URL("/deals?q=yen"))); got != "In yen" {
		t.Errorf("filtered: %s", got)
	}
	// An idle deal says so.
	if _, err := pg.Superuser(t).Exec(t.Context(),
		`update `+w.Schema+`.deals set active_at = now() - interval '20 days' where name = 'In yen'`); err != nil {
		t.Fatal(err)
	}
	if got := c.Get(w.URL("/deals?tag=far")).Text(".card-item"); !strings.Contains(got, "Idle 20 d") {
		t.Errorf("an idle deal: %s", got)
	}
}

// Dates and numbers follow the person, else the workspace; days are those of
// the person's zone.
func TestFormatsFollowThePerson(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	u := pg.NewUser(t)
	w.Join(u, auth.Member)
	owner, member := w.Client(w.Owner), w.Client(u)
	amount, day := int64(123_456_50), time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	path := w.URL("/deals/" + w.Deal(tenantdb.DealUpdateParams{Name: "Deal", Amount: &amount, ExpectedCloseDate: &day}).String())
	show := func(c *apptest.Client, want ...string) {
		t.Helper()
		got := c.Get(path).Text(".details")
		for _, x := range want {
			if !strings.Contains(got, x) {
				t.Errorf("%q is not in\n%s", x, got)
			}
		}
	}
	show(owner, "€123,456.50", "31 Jan 2027")
	owner.Put(w.URL("/settings/workspace"), url.Values{"date_style": {"dots"}, "number_style": {"de"}, "time_zone": {"Pacific/Kiritimati"}}).
		Want(http.StatusSeeOther)
	show(owner, "123.456,50 €", "31.01.2027")
	member.Put(w.URL("/settings/profile"), url.Values{"date_style": {"us"}, "time_zone": {"Pacific/Pago_Pago"}}).Want(http.StatusSeeOther)
	show(member, "123.456,50 €", "01/31/2027")
	// "today" of the one is 25 hours before the other's.
	for c, zone := range map[*apptest.Client]string{owner: "Pacific/Kiritimati", member: "Pacific/Pago_Pago"} {
		z, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		task := c.Post(w.URL("/tasks"), url.Values{"subject": {"Now"}, "due_at": {"today"}}).Want(http.StatusSeeOther).Header.Get("Location")
		edit := c.Get(w.URL(task + "/edit"))
		if v, _ := edit.Find("#due_at").Attr("value"); v != time.Now().In(z).Format(time.DateOnly) {
			t.Errorf("today in %s is %s", zone, v)
		}
	}
	member.Put(w.URL("/settings/workspace"), url.Values{"name": {"Mine"}}).Want(http.StatusForbidden)
	res := owner.Put(w.URL("/settings/workspace"), url.Values{"currency": {"XXL"}, "country": {"ZZ"}, "time_zone": {"Mars/Olympus"},
		"name": {"  "}}).Want(http.StatusUnprocessableEntity)
	for _, field := range []string{"currency", "country", "time_zone", "name"} {
		if res.Find("#"+field+"-error").Length() != 1 {
			t.Errorf("no error at %s", field)
		}
	}
}

// Markdown that somebody wrote cannot run, load or restyle anything.
func TestNotesAreSanitized(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	id := w.Customer(tenantdb.CustomerUpdateParams{Name: "Customer"})
	w.Note(entity.Customer, id,
		"<script>alert(1)</script> <img src=x onerror=alert(1)> <b onclick=x style='color:red'>bold</b>\n\n[click](javascript:alert(1)) "+
			"[data](data:text/html,x) ![track](https://evil.example/x.png)\n\n<iframe src=//evil.example></iframe><form "+
			"action=/signout><input></form>\n\n**fine** https://example.com")
	res := w.Client(w.Owner).Get(w.URL("/customers/" + id.String())).Want(http.StatusOK)
	prose := res.Find(".prose")
	html, _ := prose.Html()
	for _, bad := range []string{"script", "img", "iframe", "form", "input", "b", "[onerror]", "[onclick]", "[style]", "[href^='javascript:']",
		"[href^='data:']"} {
		if prose.Find(bad).Length() > 0 {
			t.Errorf("the note holds %q:\n%s", bad, html)
		}
	}
	if text := prose.Text(); !strings.Contains(text, "<script>alert(1)</script>") || !strings.Contains(text, "<iframe src=//evil.example>") {
		t.Errorf("what was typed is not shown: %s", text)
	}
	if prose.Find("strong").Text() != "fine" || prose.Find(`a[href="https://example.com"][rel~="nofollow"]`).Length() != 1 {
		t.Errorf("the note: %s", html)
	}
}

// A note is its author's to change; anybody who writes may pin it, an admin may
// delete it.
func TestNotesBelongToTheirAuthors(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	u := pg.NewUser(t)
	w.Join(u, auth.Member)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Customer"})
	note := w.Note(entity.Customer, customer, "The owner's, for @"+u.Name)
	member := w.Client(u)
	path := w.URL("/notes/" + note.String())
	member.Put(path, url.Values{"version": {"1"}, "body": {"Mine now"}}).Want(http.StatusForbidden)
	member.Delete(path, url.Values{"version": {"1"}}).Want(http.StatusForbidden)
	member.Put(path, url.Values{"version": {"1"}, "pinned": {"true"}}).Want(http.StatusSeeOther)
	owner := w.Client(w.Owner)
	owner.Put(path, url.Values{"version": {"1"}, "body": {"Too late"}}).Want(http.StatusConflict)
	owner.Put(path, url.Values{"version": {"2"}, "body": {""}}).Want(http.StatusUnprocessableEntity)
	owner.Put(path, url.Values{"version": {"2"}, "body": {"Better"}}).Want(http.StatusSeeOther)
	if got := owner.Get(w.URL("/customers/" + customer.String())).Text(".pinned"); !strings.Contains(got, "Better") {
		t.Errorf("pinned: %s", got)
	}
	mine := w.Note(entity.Customer, customer, "Mentions @"+u.Name)
	if got := member.Get(w.URL("/")).Text("main"); !strings.Contains(got, "You were mentioned") || !strings.Contains(got, "Mentions") {
		t.Errorf("the dashboard does not say so: %s", got)
	}
	owner.Delete(w.URL("/notes/"+mine.String()), url.Values{"version": {"1"}}).Want(http.StatusSeeOther)
}

// Pipelines: stages are renamed, ordered, added and removed; one that holds
// deals stays; two who edit at once see each other.
func TestPipelineSettings(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	c := w.Client(w.Owner)
	w.Deal(tenantdb.DealUpdateParams{Name: "Deal", StageID: w.Stage("Proposal")})
	page := c.Get(w.URL("/settings/pipelines")).Want(http.StatusOK)
	action, _ := page.Find(".pipeline form").First().Attr("action")
	form := url.Values{"version": {"1"}, "name": {"Sales"}}
	page.Find(".pipeline").First().Find("input, select").Each(func(_ int, s *goquery.Selection) {
		name, _ := s.Attr("name")
		if v, ok := s.Attr("value"); ok && strings.HasPrefix(name, "stages[") && !strings.Contains(name, "remove") {
			form.Set(name, v)
		}
		if goquery.NodeName(s) == "select" {
			v, _ := s.Find("option[selected]").Attr("value")
			form.Set(name, v)
		}
	})
	form.Set("stages[0][name]", "First call")
	form.Set("stages[3][position]", "1") // Negotiation goes first
	form.Set("stages[6][name]", "Signed")
	form.Set("stages[6][probability]", "95")
	form.Set("stages[1][remove]", "true")
	c.Put(w.URL(action), form).Want(http.StatusSeeOther)
	heads := c.Get(w.URL("/deals")).Find(".column h2 a").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	if got := strings.Join(heads, ","); got != "Negotiation,First call,Proposal,Closed Won,Closed Lost,Signed" {
		t.Errorf("the board: %s", got)
	}
	res := c.Put(w.URL(action), form).Want(http.StatusConflict)
	if got := res.Text(".pipeline .notice"); !strings.Contains(got, "Negotiation (80 %, open), First call (10 %, open)") {
		t.Errorf("the conflict: %s", got)
	}
	form = url.Values{"version": {"2"}, "name": {""}, "stages[0][id]": {w.Stage("Proposal").String()}, "stages[0][name]": {"Proposal"},
		"stages[0][color]": {"red"}, "stages[0][outcome]": {"open"}, "stages[0][probability]": {"120"}}
	res = c.Put(w.URL(action), form).Want(http.StatusUnprocessableEntity)
	if res.Find("#name-error").Length() != 1 || !strings.Contains(res.Text(".stages .error"), "From 0 to 100") {
		t.Errorf("the mistakes: %s", res.Text(".pipeline .error"))
	}
	form.Set("name", "Sales")
	form.Set("stages[0][probability]", "50")
	form.Set("stages[0][remove]", "true")
	form.Set("stages[1][name]", "Open")
	form.Set("stages[1][outcome]", "open")
	form.Set("stages[1][color]", "red")
	if res = c.Put(w.URL(action), form).Want(http.StatusUnprocessableEntity); !strings.Contains(res.Text(".pipeline .notice"),
		"still holds deals") {
		t.Errorf("a stage with deals: %s", res.Text(".pipeline .notice"))
	}
	c.Delete(w.URL(action), url.Values{"version": {"2"}}).Want(http.StatusConflict) // the only one
}
