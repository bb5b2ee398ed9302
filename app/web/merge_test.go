package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// What somebody else saved is never written over unseen: not by mending a mistake, not in
// another currency.
func TestNothingIsOverwrittenUnseen(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	a, b := w.Client(w.Owner), w.Client(w.Owner)
	revenue := int64(100_000)
	for _, inPlace := range []bool{false, true} {
		u := w.URL("/customers/" + w.Customer(tenantdb.CustomerUpdateParams{Name: "Shared", City: "Graz", AnnualRevenue: &revenue}).String())
		b.HTMX = inPlace
		form, at := "#customer-form", u+"/edit"
		if inPlace {
			form, at = ".inline", u+"/edit?field=annual_revenue"
		}
		posted := fields(b.Get(at), form)
		a.Put(u, url.Values{"version": {"1"}, "annual_revenue": {"2000"}, "city": {"Wien"}}).Want(http.StatusSeeOther)
		posted.Set("annual_revenue", "abc")
		res := b.Put(u, posted).Want(http.StatusConflict)
		if text := res.Text(form); !strings.Contains(text, "€2,000") && !strings.Contains(res.Text("body"), "€2,000") {
			t.Errorf("in place %v: what the other saved is not shown: %s", inPlace, text)
		}
	}
	b.HTMX = false

	// An amount and its currency are one thing.
	amount := int64(124_000)
	id := w.Deal(tenantdb.DealUpdateParams{Name: "Deal", Amount: &amount, Currency: "EUR"})
	u := w.URL("/deals/" + id.String())
	deal := func() (r entity.Record) {
		w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
			r, err = tx.RecordGet(ctx, entity.Deals, id)
			return err
		})
		return r
	}
	posted := fields(b.Get(u+"/edit"), "#deal-form")
	a.Put(u, url.Values{"version": {"1"}, "currency": {"USD"}}).Want(http.StatusSeeOther)
	posted.Set("amount", "1300")
	b.Put(u, posted).Want(http.StatusConflict)
	if m, _ := deal().Values.Money("amount"); m.Minor != 124_000 || m.Currency != "USD" {
		t.Errorf("the deal is worth %v", m)
	}
	// Who changes the currency while somebody writes about it is not asked about the amount.
	posted = fields(b.Get(u+"/edit"), "#deal-form")
	a.Put(u, url.Values{"version": {"2"}, "description": {"Described"}}).Want(http.StatusSeeOther)
	posted.Set("currency", "CHF")
	b.Put(u, posted).Want(http.StatusSeeOther)
	if r := deal(); r.Values.Text("currency") != "CHF" || r.Values.Text("description") != "Described" {
		t.Errorf("%v", r.Values)
	}

	// A version that nobody can have seen is none.
	b.Put(u, url.Values{"version": {"0"}, "name": {"Blind"}}).Want(http.StatusUnprocessableEntity)

	// What a task is about is a record of that kind.
	task := w.URL("/tasks/" + w.Task(tenantdb.TaskUpdateParams{Subject: "Call", SubjectType: "deal", SubjectID: &id}).String())
	for _, kind := range []string{"banana", "", "customer"} {
		b.Put(task, url.Values{"version": {"1"}, "subject_type": {kind}}).Want(http.StatusUnprocessableEntity)
	}

	// Numbers that share their digits are two.
	contact := w.URL("/contacts/" + w.Contact(tenantdb.ContactUpdateParams{LastName: "Two",
		Phones: []entity.Point{{Value: "+493012345"}, {Value: "+49301234;ext=5"}}}).String())
	posted = fields(b.Get(contact+"/edit"), "#contact-form")
	posted.Set("job_title", "Buyer")
	b.Put(contact, posted).Want(http.StatusSeeOther)
}

// Many who save one record at once are answered, each of them.
func TestManySaveOneRecord(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	u := w.URL("/customers/" + w.Customer(tenantdb.CustomerUpdateParams{Name: "Shared"}).String())
	names := []string{"domain", "industry", "street", "city", "state", "postal_code", "country", "description"}
	var wg sync.WaitGroup
	saved := make([]bool, len(names))
	for i, name := range names {
		c := w.Client(w.Owner)
		wg.Go(func() {
			value := fmt.Sprintf("v%d.example", i)
			res := c.Put(u, url.Values{"version": {"1"}, name: {value}, "was." + name: {""}})
			saved[i] = res.Status == http.StatusSeeOther
			if !saved[i] && res.Status != http.StatusConflict {
				t.Errorf("%s: %d", name, res.Status)
			}
		})
	}
	wg.Wait()
	c := w.Client(w.Owner)
	form := fields(c.Get(u+"/edit"), "#customer-form")
	for i, name := range names {
		if got := form.Get(name); (got != "") != saved[i] {
			t.Errorf("%s: saved %v, and it is %q", name, saved[i], got)
		}
	}
}

// Whoever is asked about a change hears whose it was; their own, from another tab, is not
// somebody else's.
func TestWhoChangedIsNamed(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	colleague := pg.NewUser(t)
	w.Join(colleague, "member")
	me, other := w.Client(w.Owner), w.Client(colleague)
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Deal"})
	stage := w.Stage("Proposal").String()
	for _, tc := range []struct {
		by   *apptest.Client
		want string
	}{{other, colleague.Name}, {me, "You, in another tab,"}} {
		u := w.URL("/customers/" + w.Customer(tenantdb.CustomerUpdateParams{Name: "Shared", City: "Graz"}).String())
		tc.by.Put(u, url.Values{"version": {"1"}, "city": {"Wien"}}).Want(http.StatusSeeOther)
		mine := url.Values{"version": {"1"}, "city": {"Rome"}, "was.city": {"Graz"}}
		said := map[string]string{"the form": me.Put(u, mine).Want(http.StatusConflict).Text(".notice")}
		inPlace := url.Values{"version": {"1"}, "city": {"Rome"}, "was.city": {"Graz"}, "field": {"city"}}
		me.HTMX = true
		said["in place"] = me.Put(u, inPlace).Want(http.StatusConflict).Text("#city-error")
		me.HTMX = false
		said["deleting"] = me.Delete(u, url.Values{"version": {"1"}}).Want(http.StatusConflict).Text(".notice")

		at := w.URL("/deals/" + deal.String() + "/stage")
		tc.by.Put(at, url.Values{"stage_id": {stage}}).Want(http.StatusSeeOther)
		moved := me.Put(at, url.Values{"stage_id": {w.Stage("Negotiation").String()}, "was.stage_id": {w.Stage("Prospecting").String()}})
		said["moving"] = moved.Want(http.StatusConflict).Text("form")
		for what, text := range said {
			if !strings.Contains(text, tc.want) {
				t.Errorf("%s: %q, want it to name %s", what, text, tc.want)
			}
		}
		tc.by.Put(at, url.Values{"stage_id": {w.Stage("Prospecting").String()}}).Want(http.StatusSeeOther)
	}
}
