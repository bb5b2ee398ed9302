package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// What an older program or an archive has kept stands in nobody's way: it is copied, converted
// and completed as it is, and what stands beside it is changed.
func TestWhatWasKeptStandsInNobodysWay(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	exec := func(sql string, args ...any) { pg.Exec(t, strings.ReplaceAll(sql, "$schema", w.Schema), args...) }
	convert := url.Values{"version": {"1"}, "customer": {"new"}, "contact": {"new"}, "deal": {"none"}}
	for _, website := range []string{"https://Example.com", "https://xn--mnchen-3ya.de"} {
		id := w.Lead(tenantdb.LeadUpdateParams{LastName: "Old", CompanyName: pg.Unique("Old")})
		exec(`update $schema.leads set website = $2, version = 1 where id = $1`, id, website)
		c.Post(w.URL("/leads/"+id.String()+"/conversion"), convert).Want(http.StatusSeeOther)
	}

	amount := int64(500_000)
	deal := w.Deal(tenantdb.DealUpdateParams{Name: "Deal", Amount: &amount, Currency: "EUR"})
	exec(`update $schema.deals set currency = 'HRK' where id = $1`, deal)
	c.Put(w.URL("/deals/"+deal.String()), url.Values{"version": {"1"}, "amount": {"600"}}).Want(http.StatusSeeOther)

	contact := w.Contact(tenantdb.ContactUpdateParams{LastName: "Fax"})
	exec(`update $schema.contacts set phones = '[{"value":"+4930123456","label":"fax"}]' where id = $1`, contact)
	c.Put(w.URL("/contacts/"+contact.String()), url.Values{"version": {"1"}, "mobile": {"+49 171 1234567"}}).Want(http.StatusSeeOther)

	names := []string{}
	for i := range entity.MaxTags {
		names = append(names, fmt.Sprint("tag ", i))
	}
	task := w.URL("/tasks/" + w.Task(tenantdb.TaskUpdateParams{Subject: "Again", Repeat: "daily"}, names...).String())
	var tag uuid.UUID
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		ids, err := crm.TagIDs(ctx, tx, names[:1])
		tag = ids[0]
		return err
	})
	undo, _ := c.Follow(c.Delete(w.URL("/settings/tags/"+tag.String()), nil).Want(http.StatusSeeOther)).Find(".toast form").Attr("action")
	tags := strings.Join(append(names[1:], "one more"), ",")
	c.Put(task, url.Values{"version": {"1"}, "tags": {tags}}).Want(http.StatusSeeOther)
	c.Put(w.URL(undo), nil).Want(http.StatusSeeOther)
	c.Put(task+"/completion", nil).Want(http.StatusSeeOther)

	// A repetition ends with the days that people write.
	res := c.Post(w.URL("/tasks"), url.Values{"subject": {"Far"}, "type": {"todo"}, "due_at": {"2200-06-01"}, "repeat": {"yearly"}})
	last := res.Want(http.StatusSeeOther).Header.Get("Location")
	c.Put(w.URL(last+"/completion"), nil).Want(http.StatusSeeOther)
	if n := pg.Count(t, `select count(*) from `+w.Schema+`.tasks where subject = 'Far'`); n != 1 {
		t.Errorf("%d tasks in the 23rd century", n)
	}

	// A form that comes back has what was typed, also where it does not count.
	lead := w.URL("/leads/" + w.Lead(tenantdb.LeadUpdateParams{LastName: "Lead", Amount: &amount}).String() + "/conversion")
	late := url.Values{"version": {"9"}, "customer": {"new"}, "contact": {"new"}, "deal": {"none"}, "name": {"Typed"}, "amount": {"7000"}}
	form := fields(c.Post(lead, late).Want(http.StatusConflict), "form.form")
	if form.Get("name") != "Typed" || form.Get("amount") != "7000" {
		t.Errorf("typed was %v, and there is %v", late, form)
	}
}
