package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// A customer is handed over with its contacts, its open deals and what is to be done about any
// of them, as one change: one notice to whoever gets it, one undo.
func TestHandOver(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	nora := pg.NewUser(t)
	w.Join(nora, auth.Member)
	me, her := w.MemberID(w.Owner), w.MemberID(nora)
	c := w.Client(w.Owner)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Voss Maritim", OwnerID: &me})
	contact := w.Contact(tenantdb.ContactUpdateParams{LastName: "Krüger", CustomerID: &customer, OwnerID: &me})
	hers := w.Contact(tenantdb.ContactUpdateParams{LastName: "Somebody else’s", CustomerID: &customer})
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Pumps", CustomerID: &customer, OwnerID: &me})
	won := w.Deal(tenantdb.DealUpdateParams{Name: "Won", CustomerID: &customer, OwnerID: &me, StageID: w.Stage("Closed Won")})
	task := w.Task(tenantdb.TaskUpdateParams{Subject: "About the deal", SubjectType: "deal", SubjectID: &deal, AssigneeID: &me})
	done := w.Task(tenantdb.TaskUpdateParams{Subject: "Done", Status: "done", SubjectType: "customer", SubjectID: &customer, AssigneeID: &me})
	whose := func(e *entity.Entity, id uuid.UUID) (owner string) {
		t.Helper()
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			r, err := tx.RecordGet(ctx, e, id)
			owner = map[uuid.UUID]string{me: "mine", her: "hers", uuid.Nil: "nobody’s"}[r.Values.Ref(e.Owner().Name).ID]
			return err
		})
		return owner
	}
	all := func() string {
		t.Helper()
		return strings.Join([]string{whose(entity.Customers, customer), whose(entity.Contacts, contact), whose(entity.Contacts, hers),
			whose(entity.Deals, deal), whose(entity.Deals, won), whose(entity.Tasks, task), whose(entity.Tasks, done)}, " ")
	}
	path := w.URL("/customers/" + customer.String() + "/owner")
	form := c.Get(path).Want(http.StatusOK)
	if got := form.Text("#owner-form fieldset"); !strings.Contains(got, "1 contact1 open deal1 open task") &&
		!strings.Contains(got, "1 contact 1 open deal 1 open task") {
		t.Errorf("the form offers %q", got)
	}
	c.Put(path, url.Values{}).Want(http.StatusUnprocessableEntity).Find("#owner_id-error")
	c.Put(path, url.Values{"owner_id": {uuid.NewString()}}).Want(http.StatusUnprocessableEntity)
	before := all()
	c.Put(path, url.Values{"owner_id": {her.String()}, "along": {"contact", "deal", "task"}}).Want(http.StatusSeeOther)
	if got := all(); got != "hers hers nobody’s hers mine hers mine" {
		t.Errorf("handed over: %s", got)
	}
	if got := strings.Join(told(w.Client(nora), w), "; "); got != w.Owner.Name+
		" handed over Voss Maritim to you, with 1 contact, 1 deal and 1 task" {
		t.Errorf("she is told %q", got)
	}
	page := c.Get(w.URL("/customers/" + customer.String()))
	undo, _ := page.Find("#toast form").Attr("action")
	if got := page.Text("#toast"); !strings.Contains(got, "handed over to "+nora.Name) {
		t.Errorf("the toast says %q", got)
	}
	c.Put(w.URL(undo), nil).Want(http.StatusSeeOther)
	if got := all(); got != before {
		t.Errorf("undone: %s", got)
	}
	if got := told(w.Client(nora), w); len(got) != 0 {
		t.Errorf("she is still told %q", got)
	}
	// Alone, where nothing is ticked; a task about a deal that stays, stays.
	c.Put(path, url.Values{"owner_id": {her.String()}, "along": {"task"}}).Want(http.StatusSeeOther)
	if got := all(); got != "hers mine nobody’s mine mine mine mine" {
		t.Errorf("alone: %s", got)
	}
}
