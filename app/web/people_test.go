package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

var farFuture = time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)

// audited tells whether the workspace's log has such a line.
func audited(w *apptest.Workspace, action, subject string) (found bool) {
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		rows, err := tx.AuditList(ctx, tenantdb.AuditListParams{Action: action, N: 1000, Before: farFuture})
		for _, r := range rows {
			found = found || strings.Contains(r.Subject, subject)
		}
		return err
	})
	return found
}

// invited has the owner invite somebody through the page and returns the link of the mail.
func invited(t *testing.T, app *apptest.App, w *apptest.Workspace, email, role string) string {
	t.Helper()
	w.Client(w.Owner).Post(w.URL("/settings/invitations"), url.Values{"email": {email}, "role": {role}}).Want(http.StatusSeeOther)
	m := app.Mail(t, email, "invites you to "+w.Name)
	if !strings.Contains(m.Text, w.Owner.Name) || !strings.Contains(m.HTML, w.Owner.Name) {
		t.Errorf("the mail does not say who sent it:\n%s", m.Text)
	}
	return apptest.Link(t, m, w.URL("/invitations/"))
}

func TestInvitationOfSomebodyNew(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	email := pg.Unique("new") + "@example.com"
	link := invited(t, app, w, strings.ToUpper(email[:1])+email[1:], "viewer")
	c := app.Client(t)
	page := c.Get(link).Want(http.StatusOK)
	if text := page.Text(".sheet"); !strings.Contains(text, w.Owner.Name+" invites "+email+" as a viewer") {
		t.Errorf("the page says %q", text)
	}
	// Mistakes keep what was typed, but for the password.
	bad := c.Post(link, url.Values{"name": {"Nora Lind"}, "password": {"short"}}).Want(http.StatusUnprocessableEntity)
	bad.Find("#password[aria-invalid=true]")
	if v, _ := bad.Find("#name").Attr("value"); v != "Nora Lind" {
		t.Errorf("the name is %q now", v)
	}
	if to := c.Post(link, url.Values{"name": {"Nora Lind"}, "password": {pg.Password}}).Want(http.StatusSeeOther).
		Header.Get("Location"); to != "/" {
		t.Errorf("accepted, it leads to %q", to)
	}
	// The role is in force, and the address is proven: the link went there.
	c.Get(w.URL("/customers")).Want(http.StatusOK)
	c.Post(w.URL("/customers"), url.Values{"name": {"No"}}).Want(http.StatusForbidden)
	if c.Get(w.URL("/")).Select(".notice-form").Length() != 0 {
		t.Error("asked to confirm an address that the invitation has proven")
	}
	app.Client(t).Get(link).Want(http.StatusNotFound).Find("h1")
	if !audited(w, auth.DidInvite, email) || !audited(w, auth.DidJoin, "viewer") {
		t.Error("the log does not tell of it")
	}
}

func TestInvitationOfSomebodyWithAnAccount(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, u := app.NewWorkspace(t), pg.NewUser(t)
	link := invited(t, app, w, u.Email, "member")
	c := app.Client(t)
	to, _ := c.Get(link).Want(http.StatusOK).Find(".sheet a.primary").Attr("href")
	if !strings.HasPrefix(to, "/signin?next=%2Finvitations%2F") {
		t.Fatalf("the way in is %q", to)
	}
	// Nobody makes a second account of it.
	if got := c.Post(link, url.Values{"name": {"Somebody"}, "password": {pg.Password}}).Want(http.StatusSeeOther).
		Header.Get("Location"); got != to {
		t.Errorf("accepted without a sign-in, it leads to %q", got)
	}
	next, _ := url.Parse(link)
	back := c.Post(w.URL("/signin"), url.Values{"email": {u.Email}, "password": {pg.Password}, "next": {next.Path}}).Want(http.StatusSeeOther)
	if back.Header.Get("Location") != next.Path {
		t.Fatalf("signed in, it leads to %q", back.Header.Get("Location"))
	}
	c.Get(w.URL("/customers")).Want(http.StatusForbidden) // not yet
	c.Get(link).Want(http.StatusOK).Find("form button.primary")
	c.Post(link, nil).Want(http.StatusSeeOther)
	c.Post(w.URL("/customers"), url.Values{"name": {"Yes"}}).Want(http.StatusSeeOther)
}

// The invitation is for its address alone: not for another's account, and not
// for an account whose address nobody has proven.
func TestInvitationIsForItsAddressAlone(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, other := app.NewWorkspace(t), pg.NewUser(t)
	link := invited(t, app, w, pg.Unique("guest")+"@example.com", "admin")
	c := w.Client(other)
	if text := c.Get(link).Want(http.StatusOK).Text(".notice"); !strings.Contains(text, other.Email) {
		t.Errorf("the page says %q", text)
	}
	c.Post(link, nil).Want(http.StatusForbidden)
	c.Get(w.URL("/customers")).Want(http.StatusForbidden)

	// Somebody signed up with a foreign address before it was invited.
	squatter := pg.NewUser(t)
	pg.Exec(t, `update public.users set email_verified_at = null where id = $1`, squatter.ID)
	link = invited(t, app, w, squatter.Email, "admin")
	c = w.Client(squatter)
	c.Get(link).Want(http.StatusOK).Find(`a[href*="/password/forgot"]`)
	c.Post(link, nil).Want(http.StatusForbidden)
	c.Get(w.URL("/customers")).Want(http.StatusForbidden)
	// Whoever reads the mail takes the account over, and then accepts.
	owner := app.Client(t)
	owner.Post(app.Site("/password/forgot"), url.Values{"email": {squatter.Email}}).Want(http.StatusOK)
	reset := apptest.Link(t, app.Mail(t, squatter.Email, "new password"), "/password/reset")
	owner.Post(app.Site("/password/reset"), url.Values{"token": {token(t, reset)}, "password": {"an entirely different phrase"}}).
		Want(http.StatusSeeOther)
	signedOut(t, "the squatter", c.Get(w.URL("/settings/security")))
	owner.Post(w.URL("/signin"), url.Values{"email": {squatter.Email}, "password": {"an entirely different phrase"}}).Want(http.StatusSeeOther)
	owner.Post(link, nil).Want(http.StatusSeeOther)
	owner.Get(w.URL("/settings/audit")).Want(http.StatusOK)
}

func token(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("token")
}

// A link that an admin hands on works like the one in the mail, but proves no address.
func TestInvitationLink(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	email := pg.Unique("handed") + "@example.com"
	mailed := invited(t, app, w, email, "member")
	action, _ := c.Get(w.URL("/settings/members")).Want(http.StatusOK).Find(`form[action$="/link"]`).Attr("action")
	link := func() string {
		t.Helper()
		url, _ := c.Post(w.URL(action), nil).Want(http.StatusOK).Find("#link").Attr("value")
		return url
	}
	first := link()
	second := link()
	app.Client(t).Get(first).Want(http.StatusNotFound)
	app.Client(t).Get(mailed).Want(http.StatusOK)
	if c.Get(w.URL("/settings/members")).Select("#link").Length() != 0 {
		t.Error("it is shown again")
	}
	anna := app.Client(t)
	if got := anna.Get(second).Want(http.StatusOK).Text(".sheet"); !strings.Contains(got, "asks you to confirm the address") {
		t.Errorf("it says %q", got)
	}
	anna.Post(second, url.Values{"name": {"Anna"}, "password": {pg.Password}}).Want(http.StatusSeeOther)
	anna.Get(w.URL("/customers")).Want(http.StatusOK)
	proven := func() int {
		return pg.Count(t, `select count(*) from public.users where email = $1 and email_verified_at is not null`, email)
	}
	if proven() != 0 {
		t.Error("whoever was handed a link has proven an address")
	}
	app.Client(t).Get(mailed).Want(http.StatusNotFound) // it is accepted
	confirm := apptest.Link(t, app.Mail(t, email, "Confirm"), "/email/verify")
	anna.Post(confirm, nil).Want(http.StatusSeeOther)
	if proven() != 1 {
		t.Error("the mail that came does not prove it")
	}
	if got := c.Get(w.URL("/settings/audit")).Want(http.StatusOK).Body; !strings.Contains(got, "Copied a link to the invitation of") {
		t.Error("the audit log does not tell")
	}

	// Who has an account with the address accepts with it, proven or not; nobody else can.
	known, other := pg.NewUser(t), pg.NewUser(t)
	pg.Exec(t, `update public.users set email_verified_at = null where id = $1`, known.ID)
	invited(t, app, w, known.Email, "viewer")
	action, _ = c.Get(w.URL("/settings/members")).Find(`form[action$="/link"]`).Attr("action")
	third := link()
	w.Client(other).Post(third, nil).Want(http.StatusForbidden)
	guest := w.Client(known)
	guest.Post(third, nil).Want(http.StatusSeeOther)
	guest.Get(w.URL("/customers")).Want(http.StatusOK)
	app.Client(t).Get(third).Want(http.StatusNotFound)
	c.Post(w.URL(action), nil).Want(http.StatusNotFound)

	// None makes an owner: an archive's invitation of one goes to the address alone.
	invited(t, app, w, pg.Unique("owner")+"@example.com", "admin")
	action, _ = c.Get(w.URL("/settings/members")).Find(`form[action$="/link"]`).Attr("action")
	pg.Exec(t, `update public.invitations set role = 'owner' where tenant_id = $1`, w.ID)
	c.Post(w.URL(action), nil).Want(http.StatusNotFound)
	if c.Get(w.URL("/settings/members")).Select(`form[action$="/link"]`).Length() != 0 {
		t.Error("a link to an ownership is offered")
	}
}

func TestInvitationResentWithdrawnExpired(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	c := w.Client(w.Owner)
	email := pg.Unique("again") + "@example.com"
	first := invited(t, app, w, email, "member")
	page := c.Get(w.URL("/settings/members")).Want(http.StatusOK)
	action, _ := page.Find(`form[action$="/mail"]`).Attr("action")
	c.Post(w.URL(action), nil).Want(http.StatusSeeOther)
	var second string
	wait.Until(t, "another mail", func() bool {
		mails := app.Mailbox.List(email)
		if len(mails) == 2 {
			second = apptest.Link(t, mails[0], "/invitations/")
		}
		return second != ""
	})
	if first == second {
		t.Error("the same link again")
	}
	app.Client(t).Get(first).Want(http.StatusNotFound)
	app.Client(t).Get(second).Want(http.StatusOK)
	// Expired, it stays in the list and works no more.
	pg.Exec(t, `update public.invitations set expires_at = now() - interval '1 second' where email = $1`, email)
	app.Client(t).Get(second).Want(http.StatusNotFound)
	app.Client(t).Post(second, url.Values{"name": {"Late"}, "password": {pg.Password}}).Want(http.StatusNotFound)
	if !strings.Contains(c.Get(w.URL("/settings/members")).Text(".part"), "expired") {
		t.Error("the list does not say that it has expired")
	}
	c.Post(w.URL(action), nil).Want(http.StatusSeeOther)
	third := w.Invite(email, auth.Member) // asked again, so that the link is known
	app.Client(t).Get(w.URL("/invitations/" + third)).Want(http.StatusOK)
	c.Delete(w.URL(strings.TrimSuffix(action, "/mail")), nil).Want(http.StatusSeeOther)
	app.Client(t).Get(w.URL("/invitations/" + third)).Want(http.StatusNotFound)
	app.Client(t).Post(w.URL("/invitations/"+third), url.Values{"name": {"Late"}, "password": {pg.Password}}).Want(http.StatusNotFound)
	if strings.Contains(c.Get(w.URL("/settings/members")).Body, email) {
		t.Error("withdrawn, and still in the list")
	}
	// Mistakes.
	for value, want := range map[string]string{w.Owner.Email: "member already", "nobody": "not an email", "": "can’t be empty"} {
		res := c.Post(w.URL("/settings/invitations"), url.Values{"email": {value}, "role": {"member"}}).Want(http.StatusUnprocessableEntity)
		if got := res.Text("#email-error"); !strings.Contains(got, want) {
			t.Errorf("%q: %q", value, got)
		}
	}
	c.Post(w.URL("/settings/invitations"), url.Values{"email": {"x@example.com"}, "role": {"owner"}}).Want(http.StatusUnprocessableEntity)
}

// A hundred at once with one link: one gets in.
func TestInvitationIsUsedOnce(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	token := w.Invite(pg.Unique("one")+"@example.com", auth.Member)
	var in, out atomic.Int32
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			ctx := w.Context()
			err := pg.DB(t).Shared(ctx, func(tx *db.SharedTx) error {
				_, _, err := auth.JoinByInvitation(ctx, tx, token, w.Tenant, fmt.Sprint("Racer ", i), "none")
				return err
			})
			if err == nil {
				in.Add(1)
			} else {
				out.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 || out.Load() != 99 {
		t.Errorf("%d got in, %d did not", in.Load(), out.Load())
	}
	if n := pg.Count(t, `select count(*) from public.memberships where tenant_id = $1`, w.ID); n != 2 {
		t.Errorf("%d members", n)
	}
}

func TestRolesAreChangedAndTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	admin, viewer := pg.NewUser(t), pg.NewUser(t)
	w.Join(admin, auth.Admin)
	w.Join(viewer, auth.Viewer)
	c, v := w.Client(admin), w.Client(viewer)
	member := func(u pg.User) string { return w.URL("/settings/members/" + w.MemberID(u).String()) }

	c.Put(member(viewer), url.Values{"role": {"member"}}).Want(http.StatusSeeOther)
	v.Post(w.URL("/customers"), url.Values{"name": {"At once"}}).Want(http.StatusSeeOther)
	if !audited(w, auth.DidChangeRole, "viewer → member") {
		t.Error("the log does not tell of it")
	}
	for what, try := range map[string]func() *apptest.Response{
		"an admin lowers an owner":        func() *apptest.Response { return c.Put(member(w.Owner), url.Values{"role": {"viewer"}}) },
		"an admin removes an owner":       func() *apptest.Response { return c.Delete(member(w.Owner), nil) },
		"an admin makes themselves owner": func() *apptest.Response { return c.Put(member(admin), url.Values{"role": {"owner"}}) },
		"a role that is none":             func() *apptest.Response { return c.Put(member(viewer), url.Values{"role": {"king"}}) },
		"the last owner lowers themselves": func() *apptest.Response {
			return w.Client(w.Owner).Put(member(w.Owner),
				url.Values{"role": {"admin"}})
		},
		"the last owner leaves": func() *apptest.Response { return w.Client(w.Owner).Delete(w.URL("/settings/membership"), nil) },
	} {
		if text := try().Want(http.StatusUnprocessableEntity).Text(".notice.bad"); text == "" {
			t.Errorf("%s: no message", what)
		}
	}
	if n := pg.Count(t, `select count(*) from public.memberships where tenant_id = $1 and role = 'owner'`, w.ID); n != 1 {
		t.Errorf("%d owners", n)
	}
	// Two owners who leave at once: the database lets one go.
	second := pg.NewUser(t)
	w.Join(second, auth.Owner)
	var wg sync.WaitGroup
	for _, u := range []pg.User{w.Owner, second} {
		wg.Go(func() { w.Client(u).Delete(w.URL("/settings/membership"), nil) })
	}
	wg.Wait()
	if n := pg.Count(t, `select count(*) from public.memberships where tenant_id = $1 and role = 'owner'`, w.ID); n != 1 {
		t.Errorf("%d owners after both left", n)
	}
}

func TestRemovedMember(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	u, heir := pg.NewUser(t), pg.NewUser(t)
	w.Join(u, auth.Member)
	w.Join(heir, auth.Member)
	mine := w.MemberID(u)
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Looked after", OwnerID: &mine})
	w.Task(tenantdb.TaskUpdateParams{Subject: "To do", AssigneeID: &mine})
	gone := w.Client(u)
	gone.Get(w.URL("/customers")).Want(http.StatusOK)

	c := w.Client(w.Owner)
	page := c.Get(w.URL("/settings/members/" + mine.String() + "/removal")).Want(http.StatusOK)
	if text := page.Text("label"); !strings.Contains(text, "1 customer and 1 task") {
		t.Errorf("it says %q", text)
	}
	c.Delete(w.URL("/settings/members/"+mine.String()), url.Values{"owner_id": {w.MemberID(heir).String()}}).Want(http.StatusSeeOther)
	signedOut(t, "at the next click", gone.Get(w.URL("/customers")))
	poll := app.Client(t) // what an open page asks for
	poll.HTTP.Jar, poll.HTMX = gone.HTTP.Jar, true
	if to := poll.Get(w.URL("/tasks/reminders")).Want(http.StatusOK).Header.Get("HX-Redirect"); !strings.HasPrefix(to, "/signin") {
		t.Errorf("an open page is sent to %q", to)
	}
	app.Mail(t, u.Email, "no longer a member")
	gone.Post(w.URL("/signin"), url.Values{"email": {u.Email}, "password": {pg.Password}}).Want(http.StatusSeeOther)
	gone.Get(w.URL("/customers")).Want(http.StatusForbidden)
	// The heir has it, in the change log too.
	if text := c.Get(w.URL("/customers/" + customer.String())).Text("#record"); !strings.Contains(text, heir.Name) {
		t.Error("nobody took the customer over")
	}
	// Who has left is offered as an owner no longer, and comes back as who they were.
	if strings.Contains(c.Get(w.URL("/customers/new")).Body, u.Name) {
		t.Error("who has left can still be given records")
	}
	w.Join(u, auth.Viewer)
	if w.MemberID(u) != mine {
		t.Error("back as somebody else")
	}
	if !audited(w, auth.DidRemove, u.Name) {
		t.Error("the log does not tell of it")
	}
	// Somebody leaves by themselves.
	if to := w.Client(u).Delete(w.URL("/settings/membership"), nil).Want(http.StatusSeeOther).
		Header.Get("Location"); to != app.Site("/workspaces") {
		t.Errorf("leaving leads to %q", to)
	}
	if !audited(w, auth.DidLeave, "") {
		t.Error("the log does not tell of leaving")
	}
}

func TestOwnershipIsHandedOver(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w, u, other := app.NewWorkspace(t), pg.NewUser(t), pg.NewUser(t)
	w.Join(u, auth.Member)
	w.Join(other, auth.Admin)
	owner, c := w.Client(w.Owner), w.Client(u)
	offer := url.Values{"member_id": {w.MemberID(u).String()}, "password": {"not the password"}}
	owner.Post(w.URL("/settings/ownership"), offer).Want(http.StatusUnprocessableEntity).Find("#password-error")
	offer.Del("password")
	owner.Post(w.URL("/settings/ownership"), offer).Want(http.StatusUnprocessableEntity).Find("#password-error")
	offer.Set("member_id", uuid.NewString())
	offer.Set("password", pg.Password)
	owner.Post(w.URL("/settings/ownership"), offer).Want(http.StatusNotFound)
	offer.Set("member_id", w.MemberID(u).String())
	owner.Post(w.URL("/settings/ownership"), offer).Want(http.StatusSeeOther)
	// Who came by a provider has none to show: the route asks for something recent.
	owner.Delete(w.URL("/settings/ownership"), nil).Want(http.StatusSeeOther)
	pg.Exec(t, `update public.users set password_hash = '' where id = $1`, w.Owner.ID)
	if n := owner.Get(w.URL("/settings/members")).Select("#password").Length(); n != 0 {
		t.Error("asked for a password by who has none")
	}
	offer.Del("password")
	owner.Post(w.URL("/settings/ownership"), offer).Want(http.StatusSeeOther)
	app.Mail(t, u.Email, "hand "+w.Name+" over to you")
	// Nobody else can take it; declined, it is gone.
	w.Client(other).Put(w.URL("/settings/ownership"), nil).Want(http.StatusNotFound)
	w.Client(other).Delete(w.URL("/settings/ownership"), nil).Want(http.StatusNotFound)
	c.Delete(w.URL("/settings/ownership"), nil).Want(http.StatusSeeOther)
	c.Put(w.URL("/settings/ownership"), nil).Want(http.StatusNotFound)
	// Offered again and accepted.
	owner.Post(w.URL("/settings/ownership"), offer).Want(http.StatusSeeOther)
	c.Get(w.URL("/settings/members")).Want(http.StatusOK).Find(`form[action="/settings/ownership"] .primary`)
	c.Put(w.URL("/settings/ownership"), nil).Want(http.StatusSeeOther)
	app.Mail(t, w.Owner.Email, "now owns")
	c.Put(w.URL("/settings/signin/factor"), url.Values{"required": {"false"}}).Want(http.StatusSeeOther)
	owner.Post(w.URL("/settings/ownership"), offer).Want(http.StatusForbidden) // an admin now
	owner.Get(w.URL("/settings/audit")).Want(http.StatusOK)
}
