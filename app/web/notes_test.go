package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/entity"
)

// A note's HTML is made once and kept; what is not of our making, by an archive or by
// whoever got at the table, is not shown; and an undone note reads as before.
func TestNotesAreRenderedOnce(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	id := w.Customer(customerNamed("With notes"))
	at := w.URL("/customers/" + id.String())
	c := w.Client(w.Owner)
	c.Post(w.URL("/notes"), url.Values{"subject_type": {"customer"}, "subject_id": {id.String()}, "body": {"**bold** words"}}).
		Want(http.StatusSeeOther)
	prose := func() string {
		html, err := c.Get(at).Want(http.StatusOK).Find(".prose").First().Html()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(html)
	}
	if got := prose(); !strings.Contains(got, "<strong>bold</strong>") {
		t.Fatalf("it shows %q", got)
	}
	if n := pg.Count(t, `select count(*) from `+w.Schema+`.notes where html like '%<strong>%' and html_mark <> ''`); n != 1 {
		t.Error("nothing is kept")
	}
	// What is kept is what is shown: made of another text it would say so.
	pg.Exec(t, `update `+w.Schema+`.notes set html = '<p>forged</p><script>alert(1)</script>'`)
	if got := prose(); strings.Contains(got, "forged") || !strings.Contains(got, "<strong>bold</strong>") {
		t.Errorf("HTML of somebody else's making is shown: %q", got)
	}
	pg.Exec(t, `update `+w.Schema+`.notes set body = '*other* words'`) // as an undo does, or an older program
	if got := prose(); !strings.Contains(got, "<em>other</em>") {
		t.Errorf("another text shows %q", got)
	}
	// It is no change of the note's.
	if n := pg.Count(t, `select count(*) from `+w.Schema+
		`.changes where entity = 'note' and (before ? 'html' or after ? 'html' or after ? 'html_mark')`); n != 0 {
		t.Error("the change log holds the HTML")
	}
}

// However much is written on a record, its page stays bounded, and all of it can be
// read.
func TestPagesOfNotesAreBounded(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	id := w.Customer(customerNamed("Much written about"))
	c := w.Client(w.Owner)
	for i := range 30 {
		body := "note " + strconv.Itoa(i) + " " + strings.Repeat("| a ", 4900) + "|"
		c.Post(w.URL("/notes"), url.Values{"subject_type": {"customer"}, "subject_id": {id.String()}, "body": {body}}).Want(http.StatusSeeOther)
	}
	hostile := strings.Repeat("[a](http://b.example)", 900)
	for range 10 {
		w.Note(entity.Customer, id, hostile) // not rendered when it was written
	}
	page := c.Get(w.URL("/customers/" + id.String())).Want(http.StatusOK)
	if len(page.Body) > 1<<20 {
		t.Errorf("the page has %d bytes", len(page.Body))
	}
	more := page.Find(`.prose a[href^="/notes/"]`)
	href, _ := more.First().Attr("href")
	whole := c.Get(w.URL(href)).Want(http.StatusOK)
	if len(whole.Text(".prose")) < 9_000 {
		t.Errorf("all of it is %d letters", len(whole.Text(".prose")))
	}
	c.HTMX = true
	if part := c.Get(w.URL(href)).Want(http.StatusOK).Body; strings.Contains(part, "<html") || len(part) < 9_000 {
		t.Errorf("in place it is %d bytes", len(part))
	}
}
