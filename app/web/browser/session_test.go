package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// A session that ends takes nobody from their page, and nothing that they typed: the page
// says so, they sign in beside it, and go on.
func TestBrowserSessionEndsWhileTyping(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, _ := team(t, app)
	b := browser.NewBrowser(t)
	signIn(b, w)
	end := func() { pg.Exec(t, `delete from public.sessions where tenant_id = $1`, w.ID) }
	// Beside it, as in another tab: the cookie is the browser's.
	beside := func(u pg.User) {
		browser.Eval[bool](b, fmt.Sprintf(`(() => {
			const x = new XMLHttpRequest();
			x.open("POST", "/signin", false);
			x.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
			x.send(new URLSearchParams({email: %q, password: %q}).toString());
			return x.status === 200;
		})()`, u.Email, pg.Password))
	}

	// What nobody asked for goes nowhere: the page asks for its reminders.
	b.Open(w.URL("/customers/new"))
	b.Fill("#name", "Hollis Medical")
	end()
	browser.Eval[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`)
	b.Wait("#signed-out:not([hidden])")
	if at := b.Location(); !strings.HasSuffix(at, "/customers/new") {
		t.Fatalf("the page has gone to %s", at)
	}
	for _, theme := range []string{"light", "dark"} {
		b.Theme(theme)
		b.Screenshot("signed-out-" + theme)
	}
	b.Axe("signed out")
	// Saving is not lost either, and goes on once somebody is in again.
	b.Click(`#customer-form [type="submit"]`)
	b.WaitFor(`!document.documentElement.classList.contains("busy")`)
	if typed := browser.Eval[string](b, `document.querySelector("#name").value`); typed != "Hollis Medical" {
		t.Fatalf("typed was Hollis Medical, and it is %q", typed)
	}
	beside(w.Owner)
	browser.Eval[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`)
	b.WaitFor(`document.querySelector("#signed-out").hidden`)
	b.Click(`#customer-form [type="submit"]`)
	b.WaitText("h1", "Hollis Medical")

	// An edit in place, and a note.
	end()
	b.Click("#more-fields summary")
	b.Click(`.value[href$="field=city"]`)
	b.Wait("#signed-out:not([hidden])")
	beside(w.Owner)
	b.Click(`.value[href$="field=city"]`)
	b.Wait("#city")
	b.Fill("#city", "Maranello")
	end()
	b.Click(`.inline [type="submit"]`)
	b.Wait("#signed-out:not([hidden])")
	beside(w.Owner)
	b.Click(`.inline [type="submit"]`)
	b.WaitText(`.value[href$="field=city"]`, "Maranello")

	// Somebody else, who signs in beside it, does not send what was typed here.
	colleague := pg.NewUser(t)
	w.Join(colleague, "member")
	b.Open(w.URL("/customers/new"))
	b.Fill("#name", "Theirs")
	end()
	beside(colleague)
	b.Click(`#customer-form [type="submit"]`)
	b.WaitText("body", "somebody else by now")
	if n := pg.Count(t, `select count(*) from `+w.Schema+`.customers where name = 'Theirs'`); n != 0 {
		t.Error("it is saved as somebody else's")
	}
}

// Without a script the form itself comes back after signing in.
func TestBrowserFormIsHeld(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, _ := team(t, app)
	id := w.Customer(tenantdb.CustomerUpdateParams{Name: "Kept"})
	for _, scripts := range []bool{false, true} {
		b := browser.NewBrowser(t)
		signIn(b, w)
		b.Scripts(scripts)
		b.Open(w.URL("/customers/" + id.String() + "/edit"))
		name := fmt.Sprintf("Kept, scripts %v", scripts)
		b.Fill("#name", name)
		pg.Exec(t, `delete from public.sessions where tenant_id = $1`, w.ID)
		if scripts { // a form that no script of ours sends
			browser.Eval[bool](b, `(() => {
				const form = document.querySelector("#customer-form");
				form.dataset.sent = "";
				HTMLFormElement.prototype.submit.call(form);
				return true;
			})()`)
		} else {
			b.Click(`#customer-form [type="submit"]`)
		}
		b.WaitText("form", "kept for ten minutes")
		b.Screenshot("held-signin")
		b.Fill("#email", w.Owner.Email)
		b.Fill("#password", pg.Password)
		b.Click(`form [type="submit"]`)
		if !scripts {
			b.WaitText("h1", "still here")
			b.Screenshot("held")
			b.Click(`form[data-held] [type="submit"]`)
		}
		b.WaitText(".record h1, header h1", name)
	}
}
