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
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// heldForm is the form that comes back after sign-in, as a browser without a script sends it.
func heldForm(res *apptest.Response) (action string, values url.Values) {
	form := res.Find("form[data-held]")
	action, _ = form.Attr("action")
	values = fields(res, "form[data-held]")
	if method, ok := form.Find(`[name="_method"]`).Attr("value"); ok {
		values.Set("_method", method)
	}
	return action, values
}

// What is sent after a session has ended comes back with all that was typed, once, to the
// same person in the same workspace alone.
func TestHeldForm(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, other := app.NewWorkspace(t), app.NewWorkspace(t)
	colleague := pg.NewUser(t)
	w.Join(colleague, "member")
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Kept", City: "Graz"})
	at := w.URL("/customers/" + customer.String())
	city := func() string {
		var row tenantdb.CustomerGetRow
		w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
			row, err = tx.CustomerGet(ctx, customer)
			return err
		})
		return row.City
	}
	signIn := func(c *apptest.Client, u pg.User, next string) *apptest.Response {
		return c.Post(w.URL("/signin"), url.Values{"email": {u.Email}, "password": {pg.Password}, "next": {next}}).Want(http.StatusSeeOther)
	}
	end := func(c *apptest.Client, how string) {
		if how == "signing out" {
			c.Post(w.URL("/signout"), nil).Want(http.StatusSeeOther)
			return
		}
		pg.Exec(t, `delete from public.sessions where tenant_id = $1`, w.ID)
	}
	for _, how := range []string{"its end", "signing out"} {
		c := app.Client(t)
		signIn(c, w.Owner, "")
		end(c, how)
		res := c.Put(at, url.Values{"city": {"Wien & Graz <b>"}, "was.city": {city()}, "version": {"1"}}).Want(http.StatusSeeOther)
		to := res.Header.Get("Location")
		if to != "/signin?next="+url.QueryEscape("/signin/held") {
			t.Fatalf("%s: sent to %q", how, to)
		}
		if text := c.Get(w.URL(to)).Want(http.StatusOK).Text("form"); !strings.Contains(text, "kept for ten minutes") {
			t.Errorf("%s: nobody says that it is kept: %q", how, text)
		}
		// Somebody else does not get it.
		signIn(c, colleague, "/signin/held")
		if n := c.Get(w.URL("/signin/held")).Want(http.StatusOK).Select("form").Length(); n != 0 || city() != "Graz" {
			t.Fatalf("%s: somebody else gets %d forms, and the city is %q", how, n, city())
		}

		c = app.Client(t)
		signIn(c, w.Owner, "")
		end(c, how)
		c.Put(at, url.Values{"city": {"Wien & Graz <b>"}, "was.city": {"Graz"}, "version": {"1"}}).Want(http.StatusSeeOther)
		if to := signIn(c, w.Owner, "/signin/held").Header.Get("Location"); to != "/signin/held" {
			t.Fatalf("%s: after signing in to %q", how, to)
		}
		c.Do(c.Request(http.MethodHead, w.URL("/signin/held"), nil)) // a look uses nothing up
		action, form := heldForm(c.Get(w.URL("/signin/held")).Want(http.StatusOK))
		if action != "/customers/"+customer.String() || form.Get("_method") != "PUT" || form.Get("city") != "Wien & Graz <b>" {
			t.Fatalf("%s: %s %v", how, action, form)
		}
		c.Post(w.URL(action), form).Want(http.StatusSeeOther)
		if city() != "Wien & Graz <b>" {
			t.Errorf("%s: it is not saved: %q", how, city())
		}
		if n := c.Get(w.URL("/signin/held")).Want(http.StatusOK).Select("form").Length(); n != 0 {
			t.Errorf("%s: it comes back once more", how)
		}
		pg.Exec(t, `update `+w.Schema+`.customers set city = 'Graz', version = 1 where id = $1`, customer)
	}

	// A note, a new record with a large description, and nothing secret.
	c := app.Client(t)
	signIn(c, w.Owner, "")
	end(c, "its end")
	long := strings.Repeat("long ", 2000)
	for path, form := range map[string]url.Values{
		"/notes":     {"subject_type": {"customer"}, "subject_id": {customer.String()}, "body": {"A note"}},
		"/customers": {"name": {"New"}, "description": {long}, "password": {"never"}},
	} {
		c.Post(w.URL(path), form).Want(http.StatusSeeOther)
		signIn(c, w.Owner, "/signin/held")
		action, kept := heldForm(c.Get(w.URL("/signin/held")).Want(http.StatusOK))
		if kept.Has("password") || kept.Get("body") != form.Get("body") || kept.Get("description") != form.Get("description") {
			t.Errorf("%s: %d fields kept", path, len(kept))
		}
		c.Post(w.URL(action), kept).Want(http.StatusSeeOther)
		end(c, "its end")
	}

	// Nobody's, another workspace's, and too late: nothing comes back.
	if to := app.Client(t).Post(w.URL("/customers"), url.Values{"name": {"X"}}).Header.Get("Location"); strings.Contains(to, "held") {
		t.Errorf("nobody's form is held: %s", to)
	}
	c.Post(w.URL("/customers"), url.Values{"name": {"Late"}}).Want(http.StatusSeeOther)
	pg.Exec(t, `update public.one_time_tokens set expires_at = now() where purpose = 'held' and tenant_id = $1`, w.ID)
	signIn(c, w.Owner, "/signin/held")
	if n := c.Get(w.URL("/signin/held")).Want(http.StatusOK).Select("form").Length(); n != 0 {
		t.Error("it comes back after its time")
	}
	if n := pg.Count(t, `select count(*) from public.one_time_tokens where purpose = 'held' and tenant_id = $1`, other.ID); n != 0 {
		t.Errorf("%d of another workspace's", n)
	}
	var late []uuid.UUID
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		rows, err := tx.Search(ctx, "Late", 5)
		for _, r := range rows {
			late = append(late, r.ID)
		}
		return err
	})
	if len(late) > 0 {
		t.Errorf("it was saved too late: %v", late)
	}
}

// What a page sends that somebody else opened is refused.
func TestPageOfAnotherPerson(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	member := c.Get(w.URL("/customers")).Want(http.StatusOK).Find("#reminders")
	if id, _ := member.Attr("data-member"); id != w.MemberID(w.Owner).String() {
		t.Errorf("the page is %q's", id)
	}
	for id, want := range map[string]int{w.MemberID(w.Owner).String(): http.StatusOK, uuid.NewString(): http.StatusConflict} {
		r := c.Request(http.MethodPost, w.URL("/customers"), url.Values{"name": {"X"}})
		r.Header.Set("Paddock-Member", id)
		r.Header.Set("HX-Request", "true")
		c.Do(r).Want(want)
	}
}
