package seventh_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	_ "github.com/paddock-crm/paddock/app/apptest/seventh"
	"github.com/paddock-crm/paddock/app/archive"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

const invoice entity.Kind = "invoice"

var invoices = &entity.Entity{
	Kind: invoice, Table: "invoices", Path: "/invoices", One: "invoice", Many: "invoices", Name: "number", Detail: "customer_id",
	DefaultSort: "number", Board: "status", BoardSort: "-created_at",
	Fields: entity.Stamped(
		entity.Field{Name: "number", Label: "Number", Type: entity.TypeText, Required: true, Max: 40, Sort: true},
		entity.Field{Name: "customer_id", Label: "Customer", Type: entity.TypeReference, Refers: entity.Customer, Filter: true},
		entity.Field{Name: "status", Label: "Status", Type: entity.TypeSelect, Required: true, Default: entity.Text("draft"), Sort: true,
			Filter: true, Options: []entity.Option{
				{Value: "draft", Label: "Draft", Color: "gray"}, {Value: "sent", Label: "Sent", Color: "blue"},
				{Value: "paid", Label: "Paid", Color: "green"},
			}},
		entity.Field{Name: "amount", Label: "Amount", Type: entity.TypeMoney, Max: 24, Sort: true},
		entity.Field{Name: "issued_on", Label: "Issued", Type: entity.TypeDay},
		entity.Field{Name: "paid", Label: "Paid in full", Type: entity.TypeBool},
		entity.Field{Name: "copies", Label: "Copies", Type: entity.TypeNumber, Max: 12},
		entity.Field{Name: "remind_at", Label: "Remind me", Type: entity.TypeMoment, Max: 60},
		entity.Field{Name: "email", Label: "Email", Type: entity.TypeEmail, Max: 254},
		entity.Field{Name: "approvers", Label: "Approvers", Type: entity.TypeReferences, Refers: entity.Member},
		entity.Field{Name: "owner_id", Label: "Owner", Type: entity.TypeReference, Refers: entity.Member, None: "Nobody", Mine: true, Sort: true},
		entity.Field{Name: "tags", Label: "Tags", Type: entity.TypeTags, Max: 900},
		entity.Field{Name: "description", Label: "Description", Type: entity.TypeLongText, Max: 10_000},
	),
}

// All of the product that a kind is added to.
func init() { //nolint:gochecknoinits // for this program's whole time
	entity.Kinds = append(entity.Kinds, invoices)
	views.Looks = append(views.Looks, views.NewLook(views.Look{
		Entity: invoices, Icon: ui.IconListChecks, Key: "i", SearchHint: "Number, email", About: "Invoices are what is owed.",
		Filters: []string{"status"}, Badges: []views.Badge{{Field: "status"}},
		Line: views.Line{Detail: "amount", Badge: "status"}, Card: views.Card{Detail: "customer_id", Foot: []string{"amount", "issued_on"}},
		Columns: []views.Column{
			{Field: "number", Class: "c-name"}, {Field: "customer_id", Cell: "second"}, {Field: "status", Cell: "side-1"},
			{Field: "amount", Cell: "num"}, {Field: "owner_id"}, {Field: "updated_at", Cell: "side-2"},
		},
		Inputs: []ui.Field{{Name: "number", Quick: true, Autofocus: true}, {Name: "customer_id", Quick: true}, {Name: "amount", Quick: true}},
	}))
}

// A kind that is but a table and a description does all that the others do.
func TestSeventhKind(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Arcadia"})
	me := w.MemberID(w.Owner).String()
	find := func(path, want string) {
		t.Helper()
		if got := c.Get(w.URL(path)).Want(http.StatusOK).Text("tbody"); !strings.Contains(got, want) {
			t.Errorf("%s shows %q, want %q", path, got, want)
		}
	}
	nothing := func(path string) {
		t.Helper()
		if n := c.Get(w.URL(path)).Want(http.StatusOK).Select("tbody tr").Length(); n != 0 {
			t.Errorf("%s shows %d rows", path, n)
		}
	}

	// The form: what is wrong stands at its field, and nothing typed is lost.
	if got := c.Get(w.URL("/invoices")).Text(".empty"); !strings.Contains(got, "No invoices yet") {
		t.Errorf("the empty list says %q", got)
	}
	form := url.Values{
		"number": {"2027-001"}, "customer_id": {customer.String()}, "status": {"sent"}, "amount": {"lots"}, "issued_on": {"2027-01-31"},
		"paid": {"false", "true"}, "copies": {"3"},
		"remind_at": {"2027-02-01 09:00"}, "email": {"Office@Example.com"}, "approvers": {"", me}, "owner_id": {me},
		"tags": {"urgent, Öffentlich"}, "description": {"two\nlines"},
	}
	res := c.Post(w.URL("/invoices"), form).Want(http.StatusUnprocessableEntity)
	if got, _ := res.Find("#number").Attr("value"); got != "2027-001" || !strings.Contains(res.Text("#amount-error"), "amount") {
		t.Errorf("the form again: number %q, error %q", got, res.Text("#amount-error"))
	}
	form.Set("amount", "1,250.50")
	path := c.Post(w.URL("/invoices"), form).Want(http.StatusSeeOther).Header.Get("Location")
	id := uuid.MustParse(path[strings.LastIndexByte(path, '/')+1:])
	details := c.Get(w.URL(path)).Text("#record")
	for _, want := range []string{"2027-001", "Arcadia", "Sent", "1,250.50", "31 Jan 2027", "Yes", "3", "office@example.com", w.Owner.Name,
		"urgent", "two", "1 Feb 2027"} {
		if !strings.Contains(details, want) {
			t.Errorf("the page lacks %q: %s", want, details)
		}
	}

	// List, sorts, filters, search, the board, beside its customer.
	for _, sort := range []string{"number", "-number", "status", "-amount", "owner", "updated_at", "-created_at"} {
		find("/invoices?sort="+sort, "2027-001")
	}
	for _, q := range []string{"q=2027", "q=office", "q=offentlich-none,x"} {
		if q == "q=offentlich-none,x" {
			nothing("/invoices?" + q)
		} else {
			find("/invoices?"+q, "2027-001")
		}
	}
	find("/invoices?status=sent,paid&customer="+customer.String()+"&owner=me&tag=offentlich", "2027-001")
	nothing("/invoices?status=draft")
	if got := c.Get(w.URL("/search?q=2027-001")).Text("main"); !strings.Contains(got, "2027-001") || !strings.Contains(got, "Arcadia") {
		t.Errorf("the search finds %q", got)
	}
	if got := c.Get(w.URL("/invoices?layout=board")).Text(`[data-column="sent"]`); !strings.Contains(got, "2027-001") {
		t.Errorf("the board's column has %q", got)
	}
	if got := c.Get(w.URL("/customers/" + customer.String())).Text(".related"); !strings.Contains(got, "2027-001") {
		t.Errorf("beside its customer: %q", got)
	}
	c.Put(w.URL(path+"/status"), url.Values{"status": {"paid"}, "version": {"1"}}).Want(http.StatusSeeOther)

	// Inline edit, conflict, merge, undo, timeline.
	res = c.Follow(c.Put(w.URL(path), url.Values{"copies": {"4"}, "was.copies": {"3"}, "version": {"1"}}).Want(http.StatusSeeOther))
	undo, _ := res.Select("#toast form").Attr("action")
	c.Put(w.URL(path), url.Values{"copies": {"5"}, "was.copies": {"3"}, "version": {"1"}}).Want(http.StatusConflict)
	if got := c.Get(w.URL(path)).Text("#timeline"); !strings.Contains(got, "Copies: 3 → 4") || !strings.Contains(got, "added this invoice") {
		t.Errorf("the timeline says %q", got)
	}
	c.Put(w.URL(undo), nil).Want(http.StatusSeeOther)
	if got := c.Get(w.URL(path+"/edit")).Find("#copies").AttrOr("value", ""); got != "3" {
		t.Errorf("after undo there are %s copies", got)
	}

	// Notes, tasks and names of it elsewhere.
	c.Post(w.URL("/notes"), url.Values{"subject_type": {"invoice"}, "subject_id": {id.String()}, "body": {"Sent by post"}}).
		Want(http.StatusSeeOther)
	c.Post(w.URL("/tasks"), url.Values{"quick": {"Chase it tomorrow"}, "subject_type": {"invoice"}, "subject_id": {id.String()},
		"return": {path}}).Want(http.StatusSeeOther)
	if got := c.Get(w.URL(path)).Text("main"); !strings.Contains(got, "Sent by post") || !strings.Contains(got, "Chase it") {
		t.Error("a note or a task is missing")
	}
	if got := c.Get(w.URL("/tasks?layout=day")).Text("#day"); !strings.Contains(got, "2027-001") {
		t.Errorf("My day does not name it: %q", got)
	}
	if got := c.Get(w.URL("/")).Text("main"); !strings.Contains(got, "2027-001") {
		t.Error("what happened last does not name it")
	}

	// An archive takes it along.
	var b bytes.Buffer
	if err := archive.Export(t.Context(), pg.DB(t), tenant.Tenant{ID: w.ID, Schema: w.Schema}, &b, nil); err != nil {
		t.Fatal(err)
	}
	slug := pg.Unique("copy-")
	if _, err := archive.Import(t.Context(), pg.DB(t), bytes.NewReader(b.Bytes()), int64(b.Len()), archive.Options{Slug: slug}); err != nil {
		t.Fatal(err)
	}
	var schema string
	var n int
	su := pg.Superuser(t)
	if err := su.QueryRow(t.Context(), `select schema from public.tenants where slug = $1`, slug).Scan(&schema); err != nil {
		t.Fatal(err)
	}
	if err := su.QueryRow(t.Context(), `select count(*) from `+schema+`.invoices where number = '2027-001' and amount = 125050`).
		Scan(&n); err != nil || n != 1 {
		t.Errorf("%d in the copy, %v", n, err)
	}

	// Who leaves hands it over.
	colleague := pg.NewUser(t)
	w.Join(colleague, auth.Member)
	theirs := w.MemberID(colleague)
	c.Put(w.URL(path), url.Values{"owner_id": {theirs.String()}, "version": {version(c, w.URL(path))}}).Want(http.StatusSeeOther)
	if got := c.Get(w.URL("/settings/members/" + theirs.String() + "/removal")).Text("main"); !strings.Contains(got, "1 invoice") {
		t.Errorf("their removal says %q", got)
	}
	c.Delete(w.URL("/settings/members/"+theirs.String()), url.Values{"owner_id": {me}}).Want(http.StatusSeeOther)
	find("/invoices?owner=me", "2027-001")

	// The trash, back from it, and gone for good; its customer is held as long.
	c.Delete(w.URL(path), url.Values{"version": {version(c, w.URL(path))}}).Want(http.StatusSeeOther)
	nothing("/invoices")
	if got := c.Get(w.URL("/trash")).Text("main"); !strings.Contains(got, "2027-001") {
		t.Errorf("the trash has %q", got)
	}
	c.Put(w.URL(path+"/restoration"), nil).Want(http.StatusSeeOther)
	find("/invoices", "2027-001")
	c.Delete(w.URL(path), url.Values{"version": {version(c, w.URL(path))}}).Want(http.StatusSeeOther)
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		return crm.Delete(ctx, tx, entity.Customer, customer, 1)
	})
	purge := func(table string) (left int) {
		t.Helper()
		if _, err := su.Exec(t.Context(),
			`update `+w.Schema+`.`+table+` set deleted_at = now() - interval '31 days' where deleted_at is not null`); err != nil {
			t.Fatal(err)
		}
		if err := crm.Purge(t.Context(), pg.DB(t), time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := su.QueryRow(t.Context(), `select count(*) from `+w.Schema+`.`+table).Scan(&left); err != nil {
			t.Fatal(err)
		}
		return left
	}
	if purge("customers") != 1 {
		t.Error("a customer went whose invoice may come back")
	}
	if purge("invoices") != 0 || purge("customers") != 0 {
		t.Error("the trash keeps what is old enough")
	}
	if err := su.QueryRow(t.Context(),
		`select (select count(*) from `+w.Schema+`.notes) + (select count(*) from `+w.Schema+`.tasks where subject_id is not null)`).
		Scan(&n); err != nil || n != 0 {
		t.Errorf("%d notes and tasks still hang on it, %v", n, err)
	}
}

// version is the version that a record's page has.
func version(c *apptest.Client, path string) string {
	return c.Get(path).Find("#delete-version").AttrOr("value", "")
}
