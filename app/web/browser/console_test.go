package browser_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/browser"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/tenant"
)

// Every page of the console in a browser: axe, two widths, two themes, no
// complaint of the content security policy's.
func TestBrowserConsole(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, u := app.NewWorkspace(t), pg.NewUser(t)
	u.SetOperator(t, true)
	secret := app.TOTP(w, u)
	b := browser.NewBrowser(t)
	b.Open(app.Console("/tenants"))
	b.Fill("#email", u.Email)
	b.Fill("#password", pg.Password)
	b.Click(".form [type=submit]")
	b.Wait("#code")
	b.Fill("#code", apptest.Code(t, secret, time.Now()))
	b.Click(".form [type=submit]")
	b.WaitText("h1", "Workspaces")
	m := tenant.NewMeter(pg.DB(t))
	for range 40 {
		leave, err := m.Enter(t.Context(), w.Tenant, tenant.Entrant{Member: true})
		if err != nil {
			t.Fatal(err)
		}
		leave()
	}
	if err := errors.Join(m.Flush(t.Context()), tenant.Measure(t.Context(), pg.DB(t), w.Tenant)); err != nil {
		t.Fatal(err)
	}
	at := "/tenants/" + w.ID.String()
	b.Open(app.Console("/tenants?q=" + w.Slug))
	b.Click("tbody a.name")
	b.WaitText("h1", w.Name)
	b.Fill("#records", "lots")
	b.Click(".limits [type=submit]")
	b.WaitText("#records-error", "whole number")
	b.Fill("#records", "5000")
	b.Click(".limits [type=submit]")
	b.WaitText("#toast", "has these limits now")
	pg.Exec(t, `insert into public.river_job (kind, args, state, attempt, max_attempts, queue, priority, scheduled_at, finalized_at, errors)
		select kind, jsonb_build_object('tenant_id', $1::text), state::public.river_job_state, 3, 25, 'nowhere', 1, now() + interval '2 hours',
		case when state = 'discarded' then now() end, array[jsonb_build_object('error', why)]
		from (values ('mail', 'retryable', 'dial tcp 192.0.2.7:587: connect: connection refused'),
		('archive', 'discarded', 'writing part 3: no space left on device')) x (kind, state, why)`, w.ID.String())
	for _, path := range []string{"/tenants", at, "/tenants/new", "/domains", "/users", "/activity", "/jobs", "/migrations",
		"/settings/security"} {
		b.Open(app.Console(path))
		for _, width := range []int64{1280, 390} {
			b.Size(width, 844)
			if path == at {
				b.Wait(".usage tbody td")
			}
			b.Themes(path, func(theme string) {
				b.WaitFor(`document.querySelector("h1")`)
				b.Screenshot("console" + strings.ReplaceAll(strings.ReplaceAll(path, w.ID.String(), "show"), "/",
					"-") + "-" + theme + "-" + strconv.Itoa(int(width)))
			})
			if over := browser.Eval[int](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
				t.Errorf("%s is %d px wider than %d", path, over, width)
			}
		}
		b.Size(1280, 844)
	}
	b.Open(app.Console(at))
	b.Fill("#support-reason", "Ticket 4711: the board does not load")
	b.Click("#form-support [type=submit]")
	b.WaitText(".support", "You look in as support")
	b.Axe("support's dashboard")
	b.Screenshot("console-support")
	member := browser.NewBrowser(t)
	signIn(member, w)
	member.WaitText(".support", "Ticket 4711")
	for _, width := range []int64{1280, 390} {
		member.Size(width, 844)
		member.Axe("a page while support looks")
		member.Screenshot("console-support-seen-" + strconv.Itoa(int(width)))
	}
	b.Click(".support button")
	b.WaitText("h1", "Sign in to "+w.Name)
}
