package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// A customer's life by clicking alone, without a script.
func TestCustomerLife(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)

	form := c.Get(w.URL("/customers/new")).Want(http.StatusOK)
	if me, _ := form.Find("#owner_id option[selected]").Attr("value"); me == "" {
		t.Error("the creator is not offered as the owner")
	}
	res := c.Post(w.URL("/customers"), url.Values{
		"name": {"  Arcadia   Foundry "}, "domain": {"https://www.Arcadia-Foundry.com/about"}, "website": {"arcadia-foundry.com"},
		"email": {"Office@Arcadia-Foundry.com"},
		"type":  {"customer"}, "employees": {"1,240"}, "annual_revenue": {"1.240.000,50"}, "city": {"Graz"}, "country": {"AT"},
		"tags": {"Key account, Fair, key account"},
	}).Want(http.StatusSeeOther)
	path := res.Header.Get("Location")
	page := c.Get(w.URL(path)).Want(http.StatusOK)
	text := page.Text("#record")
	for _, want := range []string{"Arcadia Foundry", "arcadia-foundry.com", "https://arcadia-foundry.com", "office@arcadia-foundry.com",
		"Customer", "1,240", "€1,240,000.50", "Graz", "Fair", "Key account", w.Owner.Name} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the record: %s", want, text)
		}
	}
	if got := page.Text("#toast"); !strings.Contains(got, "Arcadia Foundry added") {
		t.Errorf("flash %q", got)
	}
	if c.Get(w.URL(path)).Select("#toast").Length() != 0 {
		t.Error("the flash is shown twice")
	}

	// Edit: what is not in the form stays.
	edit := c.Get(w.URL(path + "/edit")).Want(http.StatusOK)
	if v, _ := edit.Find("#annual_revenue").Attr("value"); v != "1240000.50" {
		t.Errorf("the form shows the revenue as %q", v)
	}
	c.Put(w.URL(path), url.Values{"version": {"1"}, "city": {"Wien"}, "tags": {"Fair"}, "owner_id": {""}, "id": {uuid.NewString()},
		"deleted_at": {"2020-01-01"}}).Want(http.StatusSeeOther)
	text = c.Get(w.URL(path)).Text("#record")
	if !strings.Contains(text, "Wien") || strings.Contains(text, "Graz") || !strings.Contains(text, "€1,240,000.50") ||
		strings.Contains(text, "Key account") || strings.Contains(text, "Owned by") {
		t.Errorf("after the edit: %s", text)
	}

	// Delete, undo.
	deleted := c.Follow(c.Delete(w.URL(path), url.Values{"version": {"2"}}).Want(http.StatusSeeOther)).Want(http.StatusOK)
	gone := c.Get(w.URL(path)).Want(http.StatusNotFound)
	if !strings.Contains(gone.Text("h1"), "This customer was deleted") || gone.Find(`main form[action$="/restoration"]`).Length() != 1 ||
		gone.Find(".side").Length() != 1 {
		t.Errorf("a deleted customer is answered with %s", gone.Text("main"))
	}
	c.Get(w.URL(path + "/edit")).Want(http.StatusNotFound)
	c.Put(w.URL(path), url.Values{"version": {"3"}, "name": {"Ghost"}}).Want(http.StatusNotFound)
	c.Delete(w.URL(path), url.Values{"version": {"3"}}).Want(http.StatusNotFound)
	undo, _ := deleted.Find("#toast form").Attr("action")
	restored := c.Follow(c.Put(w.URL(undo), url.Values{}).Want(http.StatusSeeOther)).Want(http.StatusOK)
	if !strings.Contains(restored.Text("#record"), "Arcadia Foundry") || !strings.Contains(restored.Text("#record .sub"), "Fair") {
		t.Errorf("undo brought back %s", restored.Text("#record"))
	}
	c.Put(w.URL(undo), url.Values{}).Want(http.StatusSeeOther) // twice is as good as once
}

func TestCustomerEditInPlace(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	id := w.Customer(tenantdb.CustomerUpdateParams{Name: "In place", City: "Graz"})
	c := w.Client(w.Owner)
	c.HTMX = true
	u := w.URL("/customers/" + id.String())
	open := c.Get(u + "/edit?field=city").Want(http.StatusOK)
	if v, _ := open.Find("#record .inline #city").Attr("value"); v != "Graz" || strings.Contains(open.Body, "<html") {
		t.Errorf("the field opened with %q", v)
	}
	saved := c.Put(u, url.Values{"field": {"city"}, "city": {"Wien"}, "version": {"1"}}).Want(http.StatusOK)
	if got := saved.Text(".changed"); got != "Wien" || saved.Select(".inline").Length() != 0 {
		t.Errorf("after saving: %q", got)
	}
	// The page's delete button learns the new version.
	if v, _ := saved.Find("#delete-version[hx-swap-oob]").Attr("value"); v != "2" {
		t.Errorf("delete would send version %q", v)
	}
	wrong := c.Put(u, url.Values{"field": {"email"}, "email": {"nobody"}, "version": {"2"}}).Want(http.StatusUnprocessableEntity)
	if v, _ := wrong.Find(".inline #email[aria-invalid]").Attr("value"); v != "nobody" {
		t.Errorf("typed was nobody, the field holds %q", v)
	}
	late := c.Put(u, url.Values{"field": {"city"}, "city": {"Linz"}, "version": {"1"}}).Want(http.StatusConflict)
	if v, _ := late.Find(".inline #city").Attr("value"); v != "Linz" || !strings.Contains(late.Text("#city-error"), "Wien") {
		t.Errorf("a conflict shows %q and %q", v, late.Text("#city-error"))
	}
	if v, _ := late.Find(".inline [name=version]").Attr("value"); v != "2" {
		t.Errorf("saving again would send version %q", v)
	}
	gone := c.Delete(u, url.Values{"version": {"2"}}).Want(http.StatusOK)
	if gone.Header.Get("HX-Location") != "/customers" {
		t.Errorf("HX-Location %q", gone.Header.Get("HX-Location"))
	}
}

func TestCustomerConflict(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	u := w.URL("/customers/" + w.Customer(tenantdb.CustomerUpdateParams{Name: "Fought over", City: "Graz"}).String())
	a, b := w.Client(w.Owner), w.Client(w.Owner)
	a.Put(u, url.Values{"version": {"1"}, "city": {"Wien"}}).Want(http.StatusSeeOther)
	late := b.Put(u, url.Values{"version": {"1"}, "city": {"Linz"}, "name": {"Fought over"}}).Want(http.StatusConflict)
	if got := late.Text(".compare tbody"); got != "CityWienLinz" {
		t.Errorf("both versions: %q", got)
	}
	if v, _ := late.Find("#city").Attr("value"); v != "Linz" {
		t.Errorf("what was typed is lost: %q", v)
	}
	v, _ := late.Find("[name=version]").Attr("value")
	b.Put(u, url.Values{"version": {v}, "city": {"Linz"}}).Want(http.StatusSeeOther)
	for what, res := range map[string]*apptest.Response{
		"PUT":    a.Put(u, url.Values{"city": {"X"}}),
		"DELETE": a.Delete(u, url.Values{}),
		"words":  a.Put(u, url.Values{"city": {"X"}, "version": {"latest"}}),
	} {
		if res.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s without a version: %d", what, res.Status)
		}
	}
	stale := a.Delete(u, url.Values{"version": {"1"}}).Want(http.StatusConflict)
	if !strings.Contains(stale.Text(".notice"), "changed") {
		t.Errorf("%q", stale.Text(".notice"))
	}
	b.Get(u).Want(http.StatusOK)
}

// The list agrees with sorting in Go, for every column, direction and page.
func TestCustomerListSortsAndPages(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	var owners []uuid.UUID
	var ownerNames []string
	for range 3 {
		w.Join(pg.NewUser(t), auth.Member)
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		members, err := tx.MemberList(ctx)
		for _, m := range members {
			owners, ownerNames = append(owners, m.ID), append(ownerNames, m.Name)
		}
		return err
	})
	names := []string{"Zebra", "apple", "Äpfel", "Unit 10", "Unit 9", "zulu", "Émile", "e-mile", "42", "_x"}
	for i := range 64 {
		p := tenantdb.CustomerUpdateParams{Name: fmt.Sprintf("%s %d", names[i%len(names)], i/20)}
		if i%3 > 0 {
			n := int64(i%7) * 100
			p.AnnualRevenue = &n
			p.City, p.Industry, p.Domain = names[(i*7)%len(names)], names[i%4], fmt.Sprintf("d%d.example", i%5)
		}
		p.Type = []string{"prospect", "customer", "partner"}[i%3]
		if i%5 > 0 {
			p.OwnerID = &owners[i%len(owners)]
		}
		w.Customer(p)
	}
	d := pg.DB(t)
	ctx := w.Context()
	fields := []string{"type", "domain", "industry", "city", "annual_revenue", "owner_id", "updated_at", "created_at"}
	read := func(sort string, limit int) (all []entity.Record) {
		after := ""
		for {
			var rows []entity.Record
			err := d.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
				rows, after, err = tx.RecordList(ctx, entity.Customers, tenantdb.List{Page: tenantdb.Page{Sort: sort, After: after, Limit: limit},
					Fields: fields})
				return err
			})
			if err != nil {
				t.Fatalf("%s: %v", sort, err)
			}
			all = append(all, rows...)
			if after == "" {
				return all
			}
		}
	}
	ids := func(rows []entity.Record) (out []uuid.UUID) {
		for _, r := range rows {
			out = append(out, r.ID)
		}
		return out
	}
	for _, field := range []string{"name", "type", "domain", "industry", "city", "annual_revenue", "owner", "updated_at", "created_at"} {
		whole, paged := read(field, 1000), read(field, 7)
		down := read("-"+field, 5)
		if len(whole) != 64 || !slices.Equal(ids(whole), ids(paged)) {
			t.Errorf("%s: pages differ from the whole (%d rows)", field, len(paged))
		}
		absent := func(r entity.Record) bool { return r.Values[entity.Customers.Sorted(field).Name] == nil }
		present := 0
		for present < len(whole) && !absent(whole[present]) {
			present++
		}
		// Turned round, except that what is empty stays last.
		turned := slices.Concat(ids(whole)[:present])
		slices.Reverse(turned)
		if !slices.Equal(turned, ids(down)[:present]) {
			t.Errorf("-%s is not %s turned round", field, field)
		}
		for _, r := range down[present:] {
			if !absent(r) {
				t.Errorf("-%s: %q comes after the empty ones", field, r.Name())
			}
		}
	}
	var byOwner []string
	for _, r := range read("owner", 3) {
		byOwner = append(byOwner, r.Values.Ref("owner_id").Name)
	}
	// Members are listed by name, and who has no owner comes last.
	if got := slices.Compact(byOwner); !slices.Equal(got, append(slices.Clone(ownerNames), "")) {
		t.Errorf("owners sort as %q, members as %q", got, ownerNames)
	}
	sorted := []string{}
	for _, r := range read("name", 100) {
		if before, ok := strings.CutSuffix(r.Name(), " 0"); ok {
			sorted = append(sorted, before)
		}
	}
	sorted = slices.Compact(sorted)
	if want := []string{"_x", "42", "Äpfel", "apple", "e-mile", "Émile", "Unit 9", "Unit 10", "Zebra", "zulu"}; !slices.Equal(sorted, want) {
		t.Errorf("names sort as %v", sorted)
	}
}

func TestCustomerListFilters(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, other := app.NewWorkspace(t), app.NewWorkspace(t)
	u := pg.NewUser(t)
	w.Join(u, auth.Member)
	var lina uuid.UUID
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		members, err := tx.MemberList(ctx)
		for _, m := range members {
			if m.Email == u.Email {
				lina = m.ID
			}
		}
		return err
	})
	w.Customer(tenantdb.CustomerUpdateParams{Name: "Élan Vital", Domain: "elan.example", Email: "info@elan.example", Type: "customer",
		OwnerID: &lina}, "VIP")
	w.Customer(tenantdb.CustomerUpdateParams{Name: "Bellweather & Sons", Domain: "bellweather.example", Type: "partner"}, "vip", "Fair")
	w.Customer(tenantdb.CustomerUpdateParams{Name: "100% Cotton_Co", Domain: "cotton.example", Type: "prospect", OwnerID: &lina})
	other.Customer(tenantdb.CustomerUpdateParams{Name: "Élan of another team"}, "VIP")
	c := w.Client(w.Owner)
	for query, want := range map[string][]string{
		"":                             {"100% Cotton_Co", "Bellweather & Sons", "Élan Vital"},
		"q=élan":                       {"Élan Vital"},
		"q=ÉLAN":                       {"Élan Vital"},
		"q=vital+él":                   {"Élan Vital"},
		"q=weath":                      {"Bellweather & Sons"},
		"q=be":                         {"Bellweather & Sons"},
		"q=ns":                         nil, // two letters start a word
		"q=info@elan":                  {"Élan Vital"},
		"q=.example":                   {"100% Cotton_Co", "Bellweather & Sons", "Élan Vital"},
		"q=100%25":                     {"100% Cotton_Co"},
		"q=cotton_":                    {"100% Cotton_Co"},
		"q=xyz":                        nil,
		"type=customer":                {"Élan Vital"},
		"type=customer&type=partner":   {"Bellweather & Sons", "Élan Vital"},
		"type=customer,partner":        {"Bellweather & Sons", "Élan Vital"},
		"owner=" + lina.String():       {"100% Cotton_Co", "Élan Vital"},
		"owner=none":                   {"Bellweather & Sons"},
		"owner=me":                     nil,
		"tag=VIP":                      {"Bellweather & Sons", "Élan Vital"},
		"tag=vip&type=partner":         {"Bellweather & Sons"},
		"tag=fair":                     {"Bellweather & Sons"},
		"tag=nothing":                  nil,
		"tag=vip&q=élan&owner=none":    nil,
		"sort=-name":                   {"Élan Vital", "Bellweather & Sons", "100% Cotton_Co"},
		"type=customer&sort=-name&q=a": nil,
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		for _, htmx := range []bool{false, true} {
			c.HTMX = htmx
			res := c.Get(w.URL("/customers?" + q.Encode())).Want(http.StatusOK)
			var got []string
			res.Select(".list .name > span:last-child").Each(func(_ int, s *goquery.Selection) { got = append(got, s.Text()) })
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
			if n := strings.Fields(res.Text("#count"))[0]; n != fmt.Sprint(len(want)) {
				t.Errorf("%s: counts %s, want %d", query, n, len(want))
			}
			if htmx && (strings.Contains(res.Body, "<html") || res.Find("#count[hx-swap-oob]").Length() != 1) {
				t.Errorf("%s: no fragment", query)
			}
		}
	}
	if !slices.Contains(c.Get(w.URL("/customers")).Header.Values("Vary"), "HX-Request") {
		t.Error("no Vary: HX-Request")
	}
}

// "Load more" goes on where the page ended, as rows for HTMX and as a page
// for a plain link.
func TestCustomerListLoadMore(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	for i := range 120 {
		w.Customer(tenantdb.CustomerUpdateParams{Name: fmt.Sprintf("Customer %03d", i)})
	}
	c := w.Client(w.Owner)
	seen := map[string]bool{}
	res := c.Get(w.URL("/customers?sort=-name"))
	for pages := 1; ; pages++ {
		res.Want(http.StatusOK).Find(".name, .list .name").Each(func(_ int, s *goquery.Selection) { seen[strings.TrimSpace(s.Text())] = true })
		more, ok := res.Select(".more a[hx-get]").Attr("hx-get")
		if !ok {
			if pages != 3 || len(seen) != 120 {
				t.Errorf("%d customers on %d pages", len(seen), pages)
			}
			break
		}
		plain := c.Get(w.URL(more)).Want(http.StatusOK)
		if n := plain.Find(".list tbody .name").Length(); n != min(50, 120-50*pages) {
			t.Errorf("page %d as a page has %d rows", pages+1, n)
		}
		c.HTMX = true
		res = c.Get(w.URL(more))
		c.HTMX = false
		if strings.Contains(res.Body, "<table") {
			t.Error("HTMX got more than rows")
		}
		res.Body = "<table>" + res.Body + "</table>" // rows alone are no document
	}
}

// The number of statements of a page does not depend on what it shows. Six of
// them are the session's and the transaction's: begin, read, commit; begin, …, commit.
func TestStatementsPerPage(t *testing.T) {
	t.Parallel()
	app, spent := apptest.Counting(t)
	w := app.NewWorkspace(t)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Customer"}, "a", "b")
	contact := w.Contact(tenantdb.ContactUpdateParams{LastName: "Contact", CustomerID: &customer}, "a")
	lead := w.Lead(tenantdb.LeadUpdateParams{LastName: "Lead"}, "a")
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Deal", CustomerID: &customer, ContactID: &contact}, "a")
	project := w.Project(tenantdb.ProjectUpdateParams{Name: "Project", CustomerID: &customer, DealID: &deal}, "a")
	me := w.MemberID(w.Owner)
	task := w.Task(tenantdb.TaskUpdateParams{Subject: "Task", AssigneeID: &me, SubjectType: "deal", SubjectID: &deal}, "a")
	gone := w.Customer(tenantdb.CustomerUpdateParams{Name: "Gone"})
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		return crm.Delete(ctx, tx, entity.Customer, gone, 1)
	})
	c := w.Client(w.Owner)
	// What a page asks, in how many flushes; the first is the session's.
	pages := map[string]apptest.Spent{
		"/":                                 {Statements: 14, Flushes: 3},
		"/customers":                        {Statements: 4, Flushes: 2},
		"/customers?q=cus&tag=a&sort=-city": {Statements: 5, Flushes: 3},
		"/search?q=customer":                {Statements: 3, Flushes: 3},
		"/search?q=kustomer":                {Statements: 4, Flushes: 4},
		"/trash":                            {Statements: 2, Flushes: 2},
		"/customers/new":                    {Statements: 2, Flushes: 2},
		"/customers/" + customer.String():   {Statements: 10, Flushes: 3},
		"/customers/" + customer.String() + "/edit": {Statements: 3, Flushes: 3},
		"/workspaces":                             {Statements: 2, Flushes: 2},
		"/contacts":                               {Statements: 4, Flushes: 2},
		"/contacts/" + contact.String():           {Statements: 8, Flushes: 3},
		"/contacts?customer=" + customer.String(): {Statements: 5, Flushes: 2},
		"/leads":                  {Statements: 4, Flushes: 2},
		"/leads?layout=board":     {Statements: 4, Flushes: 3},
		"/leads/" + lead.String(): {Statements: 7, Flushes: 3},
		"/leads/" + lead.String() + "/conversion": {Statements: 3, Flushes: 3},
		"/deals":                             {Statements: 6, Flushes: 4},
		"/deals?layout=table":                {Statements: 5, Flushes: 2},
		"/deals?layout=table&status=won":     {Statements: 6, Flushes: 3},
		"/deals/" + deal.String():            {Statements: 10, Flushes: 3},
		"/deals/" + deal.String() + "/stage": {Statements: 3, Flushes: 3},
		"/projects":                          {Statements: 4, Flushes: 2},
		"/projects/" + project.String():      {Statements: 7, Flushes: 3},
		"/tasks":                             {Statements: 5, Flushes: 3},
		"/tasks?layout=day":                  {Statements: 5, Flushes: 3},
		"/tasks/" + task.String():            {Statements: 9, Flushes: 3},
		"/tasks/reminders":                   {Statements: 3, Flushes: 3},
		"/notifications":                     {Statements: 3, Flushes: 3},
		"/settings/tags":                     {Statements: 2, Flushes: 2},
		"/settings/pipelines":                {Statements: 4, Flushes: 4},
		"/settings/profile":                  {Statements: 1, Flushes: 1},
		"/settings/security":                 {Statements: 5, Flushes: 5},
		"/settings/members":                  {Statements: 5, Flushes: 5},
		"/settings/signin":                   {Statements: 4, Flushes: 4},
		"/settings/audit":                    {Statements: 4, Flushes: 4},
		"/settings/workspace":                {Statements: 1, Flushes: 1},
	}
	for round := range 2 {
		for path, want := range pages {
			c.Get(w.URL(path)).Want(http.StatusOK) // the host is cached, and the connection knows the statements
			if n := spent(func() { c.Get(w.URL(path)).Want(http.StatusOK) }); n != want {
				t.Errorf("%s: {%d, %d}, want %v", path, n.Statements, n.Flushes, want)
			}
		}
		if round > 0 {
			break
		}
		for i := range 30 {
			w.Customer(tenantdb.CustomerUpdateParams{Name: fmt.Sprint("Customer ", i)}, "a", "b")
			w.Contact(tenantdb.ContactUpdateParams{LastName: fmt.Sprint("Contact ", i), CustomerID: &customer}, "a", "b")
			w.Lead(tenantdb.LeadUpdateParams{LastName: fmt.Sprint("Lead ", i)}, "a", "b")
			w.Deal(tenantdb.DealUpdateParams{Name: fmt.Sprint("Deal ", i), CustomerID: &customer, ContactID: &contact,
				Currency: []string{"EUR", "USD"}[i%2]}, "a", "b")
			w.Project(tenantdb.ProjectUpdateParams{Name: fmt.Sprint("Project ", i), CustomerID: &customer, DealID: &deal}, "a", "b")
			w.Task(tenantdb.TaskUpdateParams{Subject: fmt.Sprint("Task ", i), AssigneeID: &me, SubjectType: "deal", SubjectID: &deal}, "a", "b")
			w.Note(entity.Deal, deal, fmt.Sprint("Note ", i))
			w.Join(pg.NewUser(t), auth.Member)
			w.Invite(fmt.Sprint("invited", i, "@example.com"), auth.Viewer)
			w.Client(w.Owner) // one more session, one more line in the log
		}
	}
}

// In how many flushes things are written: the session's, what the write depends on, what it
// writes, and commit.
func TestFlushesPerWrite(t *testing.T) {
	t.Parallel()
	app, spent := apptest.Counting(t)
	w := app.NewWorkspace(t)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Customer"}).String()
	c := w.Client(w.Owner)
	inline := w.Client(w.Owner)
	inline.HTMX = true
	version := 0
	edit := func(field string, values ...string) func() {
		return func() {
			version++
			inline.Put(w.URL("/customers/"+customer), url.Values{"field": {field}, field: {values[version%len(values)]},
				"version": {strconv.Itoa(version)}}).Want(http.StatusOK)
		}
	}
	create := func(path string, form url.Values) func() {
		return func() { c.Post(w.URL(path), form).Want(http.StatusSeeOther) }
	}
	for _, write := range []struct {
		what    string
		do      func()
		flushes int64
	}{
		{"a customer", create("/customers", url.Values{"name": {"Made"}, "domain": {"made.example"}}), 4},
		{"a contact of a customer", create("/contacts", url.Values{"last_name": {"Made"}, "customer_id": {customer}}), 4},
		// To make tags, to find them, and to show the contact with them take one each.
		{"a contact with tags", create("/contacts", url.Values{"last_name": {"Tagged"}, "tags": {"a, b"}}), 7},
		{"a city", edit("city", "Graz", "Wien"), 4},
		{"an owner", edit("owner_id", w.MemberID(w.Owner).String(), ""), 4},
	} {
		write.do() // the connection knows the statements
		write.do()
		if got := spent(write.do).Flushes; got > write.flushes {
			t.Errorf("%s takes %d flushes, want %d", write.what, got, write.flushes)
		}
	}
}

// The first page of a list is small on the wire: 50 customers with all that lists show.
func TestListOnTheWire(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	me := w.MemberID(w.Owner)
	for i := range 51 {
		revenue := int64(i) * 1_234_567
		w.Customer(tenantdb.CustomerUpdateParams{
			Name: fmt.Sprintf("Müller & %s %d", pg.Unique("söhne"), i), Domain: pg.Unique("mueller") + ".example",
			Phone: fmt.Sprintf("+39065550%d", 1000+i), Industry: "Machinery", City: "Graz", Country: "AT", AnnualRevenue: &revenue, OwnerID: &me})
	}
	c := w.Client(w.Owner)
	r := c.Request(http.MethodGet, w.URL("/customers"), nil)
	r.Header.Set("Accept-Encoding", "gzip")
	res := c.Do(r).Want(http.StatusOK)
	if res.Header.Get("Content-Encoding") != "gzip" || len(res.Body) > 12_000 {
		t.Errorf("%d bytes of %q", len(res.Body), res.Header.Get("Content-Encoding"))
	}
}

// What narrows a list is counted to ten thousand; a whole list has a count that is kept.
func TestCountStopsAtTenThousand(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	_, err := pg.Superuser(t).Exec(t.Context(), `insert into `+w.Schema+`.customers (id, name, type)
		select gen_random_uuid(), 'Name ' || g, 'partner' from generate_series(1, 10001) g`)
	if err != nil {
		t.Fatal(err)
	}
	c := w.Client(w.Owner)
	shown := func(path, want string) {
		t.Helper()
		if got, _, _ := strings.Cut(c.Get(w.URL(path)).Text("#count"), " "); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	shown("/customers", "10,001")
	shown("/customers?type=partner", "10,000+")
	if _, err := pg.Superuser(t).Exec(t.Context(), `delete from `+w.Schema+`.customers where name = 'Name 1'`); err != nil {
		t.Fatal(err)
	}
	shown("/customers", "10,000")
	shown("/customers?type=partner", "10,000")
}

// A mistake in the form must not hide that somebody else was faster.
func TestMistakeDoesNotHideAConflict(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	u := w.URL("/customers/" + w.Customer(tenantdb.CustomerUpdateParams{Name: "Fought over", City: "Graz"}).String())
	c := w.Client(w.Owner)
	c.Put(u, url.Values{"version": {"1"}, "city": {"Wien"}}).Want(http.StatusSeeOther)
	late := c.Put(u, url.Values{"version": {"1"}, "city": {"Linz"}, "email": {"nobody"}}).Want(http.StatusConflict)
	if !strings.Contains(late.Text(".compare"), "Wien") || late.Select("#email-error").Length() != 1 {
		t.Errorf("both should be told: %s", late.Text("form"))
	}
	// A mistake at the right version comes back with that version, not a later one.
	wrong := c.Put(u, url.Values{"version": {"2"}, "email": {"nobody"}}).Want(http.StatusUnprocessableEntity)
	c.Put(u, url.Values{"version": {"2"}, "city": {"Rom"}}).Want(http.StatusSeeOther)
	v, _ := wrong.Find("[name=version]").Attr("value")
	c.Put(u, url.Values{"version": {v}, "email": {"a@example.com"}}).Want(http.StatusConflict)
	// Without a version there is none to guess.
	blind := c.Put(u, url.Values{"city": {"X"}}).Want(http.StatusUnprocessableEntity)
	if v, _ := blind.Find("[name=version]").Attr("value"); v != "" {
		t.Errorf("the form came back with version %q", v)
	}
	// Both versions as people read them.
	late = c.Put(u, url.Values{"version": {"1"}, "type": {"at_risk"}, "owner_id": {""}, "annual_revenue": {"1,250.00"}}).
		Want(http.StatusConflict)
	if got := late.Text(".compare tbody"); !strings.Contains(got, "At risk") || !strings.Contains(got, "€1,250") ||
		strings.Contains(got, "at_risk") {
		t.Errorf("%q", got)
	}
}

// Two who change different fields do not clash: in place both are saved, in the
// form theirs is taken over and yours stays.
func TestDifferentFieldsDoNotClash(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	u := w.URL("/customers/" + w.Customer(tenantdb.CustomerUpdateParams{Name: "Shared", City: "Graz", Description: "one\ntwo"}).String())
	a, b := w.Client(w.Owner), w.Client(w.Owner)
	b.HTMX = true

	form := a.Get(u + "/edit")
	inline := b.Get(u + "/edit?field=city")
	a.Put(u, url.Values{"version": {"1"}, "phone": {"+43 1"}, "employees": {"250"}, "annual_revenue": {"1000"}}).Want(http.StatusSeeOther)
	posted := fields(inline, ".inline")
	posted.Set("city", "Wien")
	if got := b.Put(u, posted).Want(http.StatusOK).Text(".changed"); got != "Wien" {
		t.Errorf("in place: %q", got)
	}
	// Of the same field it is still told.
	posted.Set("city", "Linz")
	b.Put(u, posted).Want(http.StatusConflict)

	posted = fields(form, "#customer-form")
	posted.Set("email", "a@example.com")
	posted.Set("was.description", strings.ReplaceAll(posted.Get("was.description"), "\n", "\r\n")) // as browsers send it
	// what others changed meanwhile was not touched here
	a.Put(u, posted).Want(http.StatusSeeOther)
	again := fields(a.Get(u+"/edit"), "#customer-form")
	for field, want := range map[string]string{"email": "a@example.com", "employees": "250", "annual_revenue": "1000", "phone": "+43 1",
		"city": "Wien", "description": "one\ntwo"} {
		if got := again.Get(field); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	if text := a.Get(u).Text("#record"); !strings.Contains(text, "250") || !strings.Contains(text, "a@example.com") ||
		!strings.Contains(text, "Wien") {
		t.Errorf("something was lost: %s", text)
	}
}

// fields are a form's, as a browser would post them.
func fields(r *apptest.Response, form string) url.Values {
	v := url.Values{}
	r.Find(form + " [name]").Each(func(_ int, s *goquery.Selection) {
		name, _ := s.Attr("name")
		switch {
		case s.Is("textarea"):
			v.Set(name, s.Text())
		case s.Is("select"):
			value, _ := s.Find("option[selected]").Attr("value")
			v.Set(name, value)
		default:
			value, _ := s.Attr("value")
			v.Set(name, value)
		}
	})
	v.Del("_method")
	return v
}

// Somebody who left still owns what was theirs, until it is given to another.
func TestOwnerWhoLeft(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	gone := pg.NewUser(t)
	w.Join(gone, auth.Member)
	var id uuid.UUID
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		members, err := tx.MemberList(ctx)
		for _, m := range members {
			if m.Email == gone.Email {
				id = m.ID
			}
		}
		return err
	})
	u := w.URL("/customers/" + w.Customer(tenantdb.CustomerUpdateParams{Name: "Left behind", OwnerID: &id}).String())
	if _, err := pg.Superuser(t).Exec(t.Context(), `update `+w.Schema+`.members set active = false where id = $1`, id); err != nil {
		t.Fatal(err)
	}
	c := w.Client(w.Owner)
	if v, _ := c.Get(u + "/edit").Find("#owner_id option[selected]").Attr("value"); v != id.String() {
		t.Errorf("the form offers %q as the owner", v)
	}
	c.Put(u, url.Values{"version": {"1"}, "owner_id": {id.String()}, "city": {"Graz"}}).Want(http.StatusSeeOther)
	if got := c.Get(u).Text("#record .sub"); !strings.Contains(got, gone.Name) {
		t.Errorf("%q", got)
	}
	c.Post(w.URL("/customers"), url.Values{"name": {"New"}, "owner_id": {id.String()}}).Want(http.StatusUnprocessableEntity).
		Find("#owner_id[aria-invalid]")
}

// Letters fold as the database folds them, in searches and tags.
func TestFoldingBeyondASCII(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	for _, name := range []string{"İzmir Liman", "ΟΔΟΣ", "STRASSE", "Ünal"} {
		path := c.Post(w.URL("/customers"), url.Values{"name": {name}, "tags": {name + ", Plain"}}).Want(http.StatusSeeOther).
			Header.Get("Location")
		if n := c.Get(w.URL(path)).Select("#record .sub a.tag").Length(); n != 2 {
			t.Errorf("%s: %d tags, want 2", name, n)
		}
		for _, q := range []string{"q=" + url.QueryEscape(name), "tag=" + url.QueryEscape(name),
			"q=" + url.QueryEscape(string([]rune(name)[:2]))} {
			if n := c.Get(w.URL("/customers?" + q)).Select(".list .name").Length(); n != 1 {
				t.Errorf("%s: %s finds %d", name, q, n)
			}
		}
	}
}

// Many people make the same new tags at once, in any order: nobody loses.
func TestConcurrentTags(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			tags := []string{fmt.Sprint("a", i/8), fmt.Sprint("b", i/8), fmt.Sprint("c", i/8), fmt.Sprint("d", i/8)}
			if i%2 == 0 {
				slices.Reverse(tags)
			}
			c.Post(w.URL("/customers"), url.Values{"name": {fmt.Sprint("Tagged ", i)}, "tags": {strings.Join(tags, ",")}}).Want(http.StatusSeeOther)
		})
	}
	wg.Wait()
}

// HTMX errors are put beside what is typed; a whole page is a page.
func TestErrorsForHTMX(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	c.HTMX = true
	res := c.Get(w.URL("/customers/" + uuid.NewString())).Want(http.StatusNotFound)
	if res.Header.Get("HX-Retarget") != "body" || strings.Contains(res.Body, "<html") || res.Select(".toast").Length() != 1 {
		t.Errorf("a fragment's error: %v\n%s", res.Header, res.Body)
	}
	r := c.Request(http.MethodGet, w.URL("/nothing"), nil)
	r.Header.Set("HX-Request-Type", "full")
	res = c.Do(r).Want(http.StatusNotFound)
	if res.Header.Get("HX-Retarget") != "" || !strings.Contains(res.Body, "<html") {
		t.Errorf("a page's error: %v", res.Header)
	}
	head := c.Request(http.MethodHead, w.URL("/customers"), nil)
	c.Do(head).Want(http.StatusOK)
	c.Do(c.Request(http.MethodHead, app.Site("/healthz"), nil)).Want(http.StatusOK)
}
