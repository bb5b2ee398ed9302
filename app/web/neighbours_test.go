package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// stock fills a workspace with some of everything; each name carries mark.
func stock(w *apptest.Workspace, mark string, n int, amount int64) (customer, deal uuid.UUID) {
	me := w.MemberID(w.Owner)
	for i := range n {
		name := func(kind string) string { return fmt.Sprintf("%s %s %d", mark, kind, i) }
		customer = w.Customer(tenantdb.CustomerUpdateParams{Name: name("customer"), OwnerID: &me}, mark+" tag")
		contact := w.Contact(tenantdb.ContactUpdateParams{LastName: name("contact"), CustomerID: &customer, OwnerID: &me}, mark+" tag")
		w.Lead(tenantdb.LeadUpdateParams{LastName: name("lead"), CompanyName: mark, Source: mark + " source", Amount: &amount, OwnerID: &me},
			mark+" tag")
		deal = w.Deal(tenantdb.DealUpdateParams{Name: name("deal"), CustomerID: &customer, ContactID: &contact, Amount: &amount, OwnerID: &me,
			StageID: w.Stage([]string{"Prospecting", "Closed Won"}[i%2])}, mark+" tag")
		w.Project(tenantdb.ProjectUpdateParams{Name: name("project"), CustomerID: &customer, DealID: &deal, OwnerID: &me}, mark+" tag")
		w.Task(tenantdb.TaskUpdateParams{Subject: name("task"), AssigneeID: &me, SubjectType: "deal", SubjectID: &deal}, mark+" tag")
		w.Note(entity.Deal, deal, name("note")+" @"+w.Owner.Name)
	}
	return customer, deal
}

// Every list, board, search and figure shows this workspace's records and none
// of its neighbour's, which is full of them.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	small, full := app.NewWorkspace(t), app.NewWorkspace(t)
	customer, deal := stock(small, "Ours", 2, 10_000)
	stock(full, "Theirs", 25, 7_777_700)
	c := small.Client(small.Owner)
	for path, want := range map[string][]string{
		"/customers": {"Ours customer 0", "Ours customer 1"}, "/customers?tag=ours+tag": {"Ours customer 0"},
		"/customers?q=cust&sort=-name": {"Ours customer 1"},
		"/contacts":                    {"Ours contact 0", "Ours customer 0"}, "/contacts?q=contact": {"Ours contact 1"},
		"/contacts/options?q=contact": {"Ours contact 1"},
		"/leads":                      {"Ours lead 0"}, "/leads?layout=board": {"Ours lead 1", "€200"}, "/leads?q=lead": {"Ours lead 1"},
		"/deals": {"Ours deal 0", "Ours deal 1", "€100"}, "/deals?layout=table": {"Ours deal 0"},
		"/deals?layout=table&status=won": {"Ours deal 1"},
		"/projects":                      {"Ours project 0"}, "/tasks": {"Ours task 0"}, "/tasks?layout=day": {"Ours task 1", "Ours deal 1"},
		"/search?q=customer": {"Ours customer 0"}, "/search?q=custmer": {"Ours customer 0"}, "/search?q=": {"Search"},
		"/": {"Ours source", "€100", "Ours task 0", "Ours deal", "Ours note"}, "/settings/tags": {"Ours tag", "12 records"},
		"/customers/" + customer.String(): {"Ours contact 1", "Ours deal 1"},
		"/deals/" + deal.String():         {"Ours note 1", "Ours task 1", "Ours project 1"}, "/trash": {"empty"},
	} {
		res := c.Get(small.URL(path)).Want(http.StatusOK)
		for _, w := range want {
			if !strings.Contains(res.Body, w) {
				t.Errorf("%s does not show %q", path, w)
			}
		}
		if strings.Contains(res.Body, "Theirs") || strings.Contains(res.Body, "7,777") || strings.Contains(res.Body, "77,777") {
			t.Errorf("%s shows what is the neighbour's", path)
		}
	}
	// Nor can a record of theirs be linked, or be written on, by its id.
	theirs, _ := stock(full, "Theirs", 1, 1)
	form := map[string][]string{"name": {"Stolen"}, "customer_id": {theirs.String()}}
	if res := c.Post(small.URL("/deals"), form); res.Status != http.StatusUnprocessableEntity ||
		!strings.Contains(res.Text("#customer_id-error"), "not there") {
		t.Errorf("a link to their customer: %d", res.Status)
	}
	c.Post(small.URL("/notes"), map[string][]string{"subject_type": {"customer"}, "subject_id": {theirs.String()}, "body": {"Here"}}).
		Want(http.StatusNotFound)
	c.Post(small.URL("/tasks"), map[string][]string{"quick": {"Steal it"}, "subject_type": {"customer"}, "subject_id": {theirs.String()}}).
		Want(http.StatusUnprocessableEntity)
}
