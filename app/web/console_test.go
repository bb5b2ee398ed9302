package web_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// operator returns somebody who is signed in to the console with a second factor.
func operator(t *testing.T, app *apptest.App) (*apptest.Client, pg.User) {
	t.Helper()
	u := pg.NewUser(t)
	u.SetOperator(t, true)
	secret := app.TOTP(app.NewWorkspace(t), u)
	c := app.Client(t)
	c.Post(app.Console("/signin"), signInForm(u)).Want(http.StatusSeeOther)
	passcode, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c.Post(app.Console("/signin/factor"), url.Values{"code": {passcode}}).Want(http.StatusSeeOther)
	return c, u
}

// Every route of the console × whoever is no operator with a second factor.
func TestConsoleIsForOperators(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	signedIn := func(u pg.User) *apptest.Client {
		c := app.Client(t)
		c.Post(app.Console("/signin"), signInForm(u)).Want(http.StatusSeeOther)
		return c
	}
	weak := pg.NewUser(t)
	weak.SetOperator(t, true)
	member, elsewhere, without := signedIn(w.Owner), w.Client(w.Owner), signedIn(weak)
	op, who := operator(t, app)
	for _, r := range web.ConsoleRoutes(app.Web) {
		if r.Permission.Level() != auth.Operate {
			continue
		}
		path := strings.NewReplacer(":id", w.ID.String(), ":host", "example.com", "/*", "/").Replace(r.Path)
		request := func(c *apptest.Client) *apptest.Response {
			form := url.Values{"reason": {"curiosity"}}
			if r.Method != http.MethodGet && r.Method != http.MethodPost {
				form.Set("_method", r.Method)
			}
			if r.Method == http.MethodGet {
				return c.Get(app.Console(path))
			}
			return c.Post(app.Console(path), form)
		}
		signedOut(t, "nobody at "+r.Method+" "+path, request(app.Client(t)))
		signedOut(t, "a session of a workspace's at "+r.Method+" "+path, request(elsewhere))
		if res := request(member); res.Status != http.StatusForbidden || strings.Contains(res.Body, w.Name) {
			t.Errorf("somebody who is no operator: %s %s: %d", r.Method, path, res.Status)
		}
		if res := request(without); res.Status != http.StatusSeeOther || res.Header.Get("Location") != "/settings/security" {
			t.Errorf("an operator without a second factor: %s %s: %d to %q", r.Method, path, res.Status, res.Header.Get("Location"))
		}
		if r.Method == http.MethodGet && r.Path != "/" && request(op).Status != http.StatusOK {
			t.Errorf("an operator: %s %s: not 200", r.Method, path)
		}
		if r.Permission&auth.Sudo == 0 && r.Method != http.MethodGet && !strings.HasPrefix(r.Path, "/jobs") {
			t.Errorf("%s %s asks for no password or factor", r.Method, r.Path)
		}
	}
	without.Get(app.Console("/settings/security")).Want(http.StatusOK) // where they set one up
	// The console's cookie is nobody's elsewhere, and the other way round.
	signedOut(t, "on the public site", op.Get(app.Site("/workspaces")))
	signedOut(t, "in a workspace", op.Get(w.URL("/")))
	// An operator no more is out at the next click.
	who.SetOperator(t, false)
	signedOut(t, "an operator no more", op.Get(app.Console("/tenants")))
	// What stands on the console stands nowhere else.
	for _, at := range []string{app.Site("/tenants"), w.URL("/tenants"), w.URL("/migrations"), app.Site("/jobs")} {
		elsewhere.Get(at).Want(http.StatusNotFound)
	}
}

func TestConsoleLists(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	op, who := operator(t, app)
	w := app.NewWorkspace(t)
	host := pg.Unique("crm") + ".example.com"
	c := pg.Superuser(t)
	if _, err := c.Exec(t.Context(), `insert into public.domains (tenant_id, host, verified_at) values ($1, $2, now())`, w.ID,
		host); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{w.Slug, strings.ToUpper(w.Slug), w.Slug[1:], host} {
		if got := op.Get(app.Console("/tenants?q=" + url.QueryEscape(q))).Want(http.StatusOK).Text("tbody td.second"); got != w.Slug {
			t.Errorf("searched for %q: %q", q, got)
		}
	}
	if n := op.Get(app.Console("/tenants?state=suspended&q=" + w.Slug)).Select("tbody tr").Length(); n != 0 {
		t.Error("an active workspace among the suspended ones")
	}
	op.Get(app.Console("/tenants?q=%25")).Want(http.StatusOK).Find(".empty") // a letter like any other
	// Each order, page by page, has every workspace once. They are found by their
	// names: those of other tests come and go.
	marker := strings.ToLower(rand.Text()[:8])
	// Closed ones: nobody looks for their schemas, which were never made.
	pg.Exec(t, `with made as (insert into public.tenants (id, schema, state, slug, name, claimed_at, deleted_at, schema_made)
			select gen_random_uuid(), 't_' || $1 || g, 'deleted', $1 || '-' || g, 'Listed', now() - g * interval '1 minute', now(), false
			from generate_series(1, 60) g returning id)
		insert into public.tenant_stats (tenant_id, members, bytes, active_at) select id, hashtext(id::text) & 3, hashtext(id::text) & 7, now()
		from made`, marker)
	all := map[string]bool{}
	for i := range 60 {
		all[fmt.Sprint(marker, "-", i+1)] = true
	}
	for _, sort := range []string{"slug", "-slug", "created", "-created", "-members", "members", "-size", "size", "-active", "active"} {
		seen := map[string]int{}
		pages := 0
		for path := "/tenants?q=" + marker + "&sort=" + sort; path != ""; pages++ {
			res := op.Get(app.Console(path)).Want(http.StatusOK)
			for _, td := range res.Find("tbody td.second").EachIter() {
				seen[td.Text()]++
			}
			path = res.Select("#results > p a").AttrOr("href", "")
		}
		for slug := range all {
			if seen[slug] != 1 {
				t.Errorf("by %s: %s is there %d times", sort, slug, seen[slug])
			}
		}
		if pages < 2 || len(seen) != len(all) {
			t.Errorf("by %s: %d pages with %d workspaces, want %d", sort, pages, len(seen), len(all))
		}
	}
	if got := op.Get(app.Console("/users?q=" + url.QueryEscape(w.Owner.Email))).Want(http.StatusOK).
		Text(".settings-rows"); !strings.Contains(got, w.Slug+" owner") {
		t.Errorf("the owner among the users: %q", got)
	}
	if got := op.Get(app.Console("/users?q=" + url.QueryEscape(who.Email))).Want(http.StatusOK).Text(".settings-rows"); !strings.Contains(got,
		"Operator") || strings.Contains(got, "everywhere") {
		t.Errorf("oneself among the users: %q", got)
	}
	if got := op.Get(app.Console("/domains?q=" + host[:8])).Want(http.StatusOK).Text(".settings-rows"); !strings.Contains(got, host) ||
		!strings.Contains(got, w.Name) {
		t.Errorf("the domain: %q", got)
	}
	op.Delete(app.Console("/domains/"+w.ID.String()+"/"+host), nil).Want(http.StatusSeeOther)
	op.Delete(app.Console("/domains/"+w.ID.String()+"/"+host), nil).Want(http.StatusNotFound)
	at := app.Client(t)
	at.Insecure()
	at.Get("https://" + host + ":" + app.Base.Port() + "/signin").Want(http.StatusNotFound)
	if got := op.Get(app.Console("/migrations")).Want(http.StatusOK).Text("main"); !strings.Contains(got, "Shared schema") {
		t.Errorf("migrations: %q", got)
	}
	// Somebody who was signed out is.
	mc := w.Client(w.Owner)
	op.Delete(app.Console("/users/"+w.Owner.ID.String()+"/sessions"), nil).Want(http.StatusSeeOther)
	signedOut(t, "signed out by the operator", mc.Get(w.URL("/")))
}

// Jobs that failed, with why and for whom, page by page; one is tried again.
func TestConsoleJobs(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	op, _ := operator(t, app)
	w := app.NewWorkspace(t)
	kind := "k" + strings.ToLower(rand.Text()[:10])
	pg.Exec(t, `insert into public.river_job (kind, args, state, attempt, max_attempts, queue, priority, scheduled_at, finalized_at, errors)
		select $1, jsonb_build_object('tenant_id', $2::text), 'discarded', 3, 3, 'nowhere', 1, now(), now(), array[jsonb_build_object('error',
		'the <first>'), jsonb_build_object('error', 'Reason <b>' || g || '</b>')] from generate_series(1, 60) g`, kind, w.ID.String())
	seen, pages := map[string]int{}, 0
	var retry string
	for path := "/jobs"; path != ""; pages++ {
		res := op.Get(app.Console(path)).Want(http.StatusOK)
		for _, li := range res.Find(".settings-rows > li").EachIter() {
			if li.Find("strong").Text() == kind {
				seen[li.Find(".error").Text()]++
				retry = li.Find("form").AttrOr("action", "")
				if got := li.Find("a").Text(); got != w.Slug {
					t.Errorf("the workspace of a job: %q", got)
				}
			}
		}
		path = res.Select("main p a[href*='after=']").AttrOr("href", "")
	}
	if pages < 2 || len(seen) != 60 || seen["Reason <b>7</b>"] != 1 {
		t.Errorf("%d pages with %d jobs: %v", pages, len(seen), seen)
	}
	op.Post(app.Console(retry), url.Values{"_method": {http.MethodPut}}).Want(http.StatusSeeOther)
	if n := pg.Count(t, `select count(*) from public.river_job where kind = $1 and state = 'available'`, kind); n != 1 {
		t.Errorf("%d jobs are tried again", n)
	}
	for _, path := range []string{"/jobs/0", "/jobs/x", "/jobs/99999999999999999999"} {
		op.Post(app.Console(path), url.Values{"_method": {http.MethodPut}}).Want(http.StatusNotFound)
	}
	op.Get(app.Console("/jobs?after=nonsense")).Want(http.StatusNotFound)
}

func TestConsoleLifeCycle(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	op, who := operator(t, app)
	slug, email := pg.Unique("made"), pg.Unique("boss")+"@example.com"
	form := url.Values{"name": {"Made " + slug}, "slug": {slug}, "owner_email": {email}}
	op.Post(app.Console("/tenants"), url.Values{"name": {"x"}, "slug": {"WWW"}, "owner_email": {"nobody"}}).
		Want(http.StatusUnprocessableEntity).Find("#owner_email-error")
	op.Post(app.Console("/tenants"), url.Values{"name": {"x"}, "slug": {"www"}, "owner_email": {email}}).Want(http.StatusUnprocessableEntity).
		Find("#slug-error")
	page := op.Post(app.Console("/tenants"), form).Want(http.StatusSeeOther).Header.Get("Location")
	app.Mail(t, email, "is ready")
	if text := op.Get(app.Console(page)).Want(http.StatusOK).Text("main"); !strings.Contains(text, slug) || !strings.Contains(text, email) {
		t.Errorf("its page: %s", text)
	}
	signIn := func(slug string, status int) { app.Client(t).Get(app.At(slug, "/signin")).Want(status) }
	signIn(slug, http.StatusOK)

	// A member's page while it is suspended, and after.
	w := app.NewWorkspace(t)
	at := func(rest string) string { return app.Console("/tenants/" + w.ID.String() + rest) }
	c := w.Client(w.Owner)
	op.Put(at("/suspension"), nil).Want(http.StatusSeeOther)
	if got := c.Get(w.URL("/")).Want(http.StatusForbidden).Text("h1"); !strings.Contains(got, "suspended") {
		t.Errorf("while suspended: %s", got)
	}
	op.Put(at("/suspension"), nil).Want(http.StatusConflict)
	op.Post(at("/support"), url.Values{"reason": {"a look"}}).Want(http.StatusConflict)
	op.Delete(at("/suspension"), nil).Want(http.StatusSeeOther)
	c.Get(w.URL("/")).Want(http.StatusOK)
	op.Delete(at(""), nil).Want(http.StatusSeeOther)
	c.Get(w.URL("/")).Want(http.StatusNotFound)
	op.Put(at("/restoration"), nil).Want(http.StatusSeeOther)
	c.Get(w.URL("/")).Want(http.StatusOK)
	to := pg.Unique("renamed")
	op.Put(at("/slug"), url.Values{"slug": {slug}}).Want(http.StatusUnprocessableEntity).Find("#slug-slug-error")
	op.Put(at("/slug"), url.Values{"slug": {to}}).Want(http.StatusSeeOther)
	signIn(to, http.StatusOK)
	if res := app.Client(t).Get(w.URL("/customers")); res.Status != http.StatusSeeOther ||
		!strings.HasPrefix(res.Header.Get("Location"), app.At(to, "/customers")) {
		t.Errorf("the old address: %d %q", res.Status, res.Header.Get("Location"))
	}
	copied := pg.Unique("copy")
	op.Post(at("/clone"), url.Values{"slug": {copied}}).Want(http.StatusSeeOther)
	wait.Until(t, "the copy is there", func() bool { return app.Client(t).Get(app.At(copied, "/signin")).Status == http.StatusOK })

	// All of it is in the workspace's own log, with who did it.
	var log []string
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		rows, err := tx.AuditList(ctx, tenantdb.AuditListParams{N: 1000, Before: farFuture})
		for _, r := range rows {
			if r.Action == auth.DidOperate {
				log = append(log, strings.TrimSuffix(r.Subject, ", by "+who.Email))
			}
		}
		return err
	})
	slices.Reverse(log)
	want := []string{"the workspace: suspended", "the workspace: resumed", "the workspace: deleted", "the workspace: brought back",
		"the address to " + to, "nothing here; made a copy"}
	if !slices.Equal(log, want) {
		t.Errorf("the audit log has %q, want %q", log, want)
	}
	// After a quarter of an hour it asks once more.
	who.EndSudo(t)
	op.Put(at("/suspension"), nil).Want(http.StatusForbidden).Find("#sudo_code, #sudo_password")
	c.Get(app.At(to, "/signin")).Want(http.StatusOK)
}

func TestSupport(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	owner := w.Client(w.Owner)
	customer := apptest.Records["customers"](w)
	op, who := operator(t, app)
	lookIn := func() *apptest.Response {
		return op.Post(app.Console("/tenants/"+w.ID.String()+"/support"), url.Values{"reason": {"Ticket 4711"}})
	}
	op.Post(app.Console("/tenants/"+w.ID.String()+"/support"), nil).Want(http.StatusUnprocessableEntity).Find("#support-reason-error")
	owner.Get(w.URL("/")).Want(http.StatusOK)
	// Unasked, with a reason: the owner gets a mail, and everybody sees it.
	op.Follow(lookIn().Want(http.StatusSeeOther)).Want(http.StatusOK).Find(".support form")
	if text := app.Mail(t, w.Owner.Email, "Support looks into").Text; !strings.Contains(text, "Ticket 4711") ||
		!strings.Contains(text, who.Email) {
		t.Errorf("the mail: %s", text)
	}
	if got := owner.Get(w.URL("/customers")).Text(".support"); !strings.Contains(got, who.Email) ||
		!strings.Contains(got, "Ticket 4711") {
		t.Errorf("the workspace's people see %q", got)
	}
	if got := owner.Get(w.URL("/settings/audit")).Text(".audit"); !strings.Contains(got,
		"The operator looked in as support Without having been asked: Ticket 4711, by "+who.Email) {
		t.Errorf("the audit log: %q", got)
	}
	if got := owner.Get(w.URL("/settings/members")).Text(".members"); strings.Contains(got, who.Email) {
		t.Error("an operator became a member")
	}
	// It sees what a viewer sees, and changes nothing.
	op.Get(w.URL("/customers/" + customer.ID.String())).Want(http.StatusOK)
	for _, r := range web.WorkspaceRoutes(app.Web) {
		if open(r) || r.Permission.Level() == auth.SignedIn {
			continue
		}
		res := send(op, r, w, customer)
		allowed := r.Method == http.MethodGet && auth.Viewer.May(r.Permission) && r.Permission&auth.Account == 0
		switch {
		case res.Status >= 500:
			t.Errorf("%s %s: %d", r.Method, r.Path, res.Status)
		case !allowed && res.Status < 400:
			t.Errorf("support gets %d for %s %s", res.Status, r.Method, r.Path)
		case allowed && res.Status == http.StatusForbidden:
			t.Errorf("support may not see %s", r.Path)
		}
	}
	op.Post(w.URL("/workspaces/"+w.Slug+"/visit"), nil).Want(http.StatusForbidden)
	// Leaving ends it for everybody.
	op.Post(w.URL("/signout"), nil).Want(http.StatusSeeOther)
	signedOut(t, "support that left", op.Get(w.URL("/")))
	if owner.Get(w.URL("/")).Select(".support").Length() != 0 {
		t.Error("still announced")
	}
	// With consent there is no mail; the owner ends it.
	mails := len(app.Mailbox.List(w.Owner.Email))
	owner.Put(w.URL("/settings/data/support"), nil).Want(http.StatusSeeOther)
	op.Follow(lookIn()).Want(http.StatusOK)
	if got := owner.Get(w.URL("/settings/audit")).Text(".audit"); !strings.Contains(got, "With an owner’s consent: Ticket 4711") ||
		!strings.Contains(got, "let support look in until") {
		t.Errorf("the audit log: %q", got)
	}
	owner.Delete(w.URL("/settings/data/support"), nil).Want(http.StatusSeeOther)
	signedOut(t, "support that was shown out", op.Get(w.URL("/")))
	// An hour is an hour, however much is clicked.
	op.Follow(lookIn()).Want(http.StatusOK)
	if _, err := pg.Superuser(t).Exec(t.Context(),
		`update public.sessions set last_seen_at = now() - interval '20 minutes' where tenant_id = $1 and support`, w.ID); err != nil {
		t.Fatal(err)
	}
	op.Get(w.URL("/")).Want(http.StatusOK)
	var ends time.Time
	if err := pg.Superuser(t).QueryRow(t.Context(), `select expires_at from public.sessions where tenant_id = $1 and support`, w.ID).
		Scan(&ends); err != nil || time.Until(ends) > auth.SupportTime {
		t.Errorf("it goes on until %s, %v", ends, err)
	}
	// Who is no operator any more is out.
	who.SetOperator(t, false)
	signedOut(t, "an operator no more", op.Get(w.URL("/")))
	app.Mail(t, w.Owner.Email, "Support looks into") // the second look without consent
	if n := len(app.Mailbox.List(w.Owner.Email)); n > mails+1 {
		t.Errorf("%d mails for one look without consent", n-mails)
	}
}

// Whoever has no second factor becomes an operator by the mailed link, once, with a
// factor by then; knowing the password is not enough.
func TestEnrolment(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	enrol := func(u pg.User) (token string) {
		w.Shared(func(ctx context.Context, tx *db.SharedTx) (err error) {
			token, err = auth.Enrol(ctx, tx, u.Email)
			return err
		})
		return token
	}
	isOperator := func(u pg.User) bool {
		return pg.Count(t, `select count(*) from public.users where id = $1 and operator`, u.ID) == 1
	}
	u, other := pg.NewUser(t), pg.NewUser(t)
	link := enrol(u)
	if link == "" || isOperator(u) {
		t.Fatal("the password alone made an operator")
	}
	at := func(token string) string { return app.Site("/operator?token=" + token) }
	c := app.Client(t)
	c.Post(app.Site("/signin"), signInForm(u)).Want(http.StatusSeeOther)
	if text := c.Get(at(link)).Want(http.StatusOK).Text("main"); !strings.Contains(text, "Set one up") {
		t.Errorf("without a factor it says %q", text)
	}
	c.Post(app.Site("/operator"), url.Values{"token": {link}})
	if isOperator(u) {
		t.Fatal("without a factor")
	}
	secret := app.TOTP(w, u)
	c = app.Client(t)
	c.Post(app.Site("/signin"), signInForm(u)).Want(http.StatusSeeOther)
	c.Post(app.Site("/signin/factor"), url.Values{"code": {apptest.Code(t, secret, time.Now())}}).Want(http.StatusSeeOther)
	// Of somebody else it is nothing.
	foreign := enrol(other)
	c.Get(at(foreign)).Want(http.StatusNotFound)
	c.Post(app.Site("/operator"), url.Values{"token": {foreign}}).Want(http.StatusNotFound)
	c.Post(app.Site("/operator"), url.Values{"token": {link}}).Want(http.StatusSeeOther)
	if !isOperator(u) {
		t.Fatal("no operator, with link and factor")
	}
	c.Post(app.Site("/operator"), url.Values{"token": {link}}).Want(http.StatusNotFound)
	// Operators keep their factor; who has one is granted at once.
	c.Delete(app.Site("/settings/security/totp"), nil).Want(http.StatusUnprocessableEntity)
	if token := enrol(u); token != "" || !isOperator(u) {
		t.Error("who has a factor is asked for one")
	}
}
