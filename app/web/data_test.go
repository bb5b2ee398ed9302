package web_test

import (
	"archive/zip"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/auth"
)

// An owner takes the data along: a job makes the archive, a mail tells, and it
// is whole; nobody else gets it, and it expires.
func TestDataIsTakenAlong(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, admin := app.NewWorkspace(t), pg.NewUser(t)
	w.Join(admin, auth.Admin)
	w.Customer(customerNamed("Taken along"))
	c := w.Client(w.Owner)
	c.Post(w.URL("/settings/data/exports"), nil).Want(http.StatusSeeOther)
	link := apptest.Link(t, app.Mail(t, w.Owner.Email, "copy of "+w.Name), "/settings/data/exports/")
	pg.Exec(t, `update public.exports set state = 'waiting' where tenant_id = $1`, w.ID)
	c.Post(w.URL("/settings/data/exports"), nil).Want(http.StatusSeeOther) // one at a time
	pg.Exec(t, `update public.exports set state = 'done' where tenant_id = $1`, w.ID)
	page := c.Get(w.URL("/settings/data")).Want(http.StatusOK)
	if n := page.Find("#exports li").Length(); n != 1 {
		t.Errorf("%d archives", n)
	}
	file := c.Get(link).Want(http.StatusOK)
	z, err := zip.NewReader(strings.NewReader(file.Body), int64(len(file.Body)))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, f := range z.File {
		found = found || f.Name == "data/customers.csv"
	}
	if !found || !strings.Contains(file.Header.Get("Content-Disposition"), w.Slug) {
		t.Errorf("%d files, %s", len(z.File), file.Header.Get("Content-Disposition"))
	}
	w.Client(admin).Get(link).Want(http.StatusForbidden)
	app.Client(t).Get(link).Want(http.StatusSeeOther)
	if !audited(w, auth.DidExport, "The whole workspace") {
		t.Error("the log does not tell of it")
	}
	pg.Exec(t, `update public.exports set expires_at = now() - interval '1 second' where tenant_id = $1`, w.ID)
	c.Get(link).Want(http.StatusNotFound)
}

func TestWorkspaceIsClosed(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	for _, typed := range []string{"", "something else", strings.ToUpper(w.Slug)} {
		c.Delete(w.URL("/settings/data"), url.Values{"slug": {typed}}).Want(http.StatusUnprocessableEntity).Find("#slug-error")
	}
	c.Delete(w.URL("/settings/data"), url.Values{"slug": {w.Slug}}).Want(http.StatusSeeOther)
	app.Mail(t, w.Owner.Email, "was closed")
	wait.Until(t, "nobody reaches it", func() bool { return c.Get(w.URL("/")).Status == http.StatusNotFound })
	// Its name is nobody else's.
	app.Client(t).Post(app.Site("/signup"), signUpForm(w.Slug)).Want(http.StatusUnprocessableEntity)
}
