package web_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/notify"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// told is what the person's page of notifications says, the last first.
func told(c *apptest.Client, w *apptest.Workspace) (lines []string) {
	for _, s := range c.Get(w.URL("/notifications")).Want(http.StatusOK).Select(".told .text").EachIter() {
		lines = append(lines, strings.TrimPrefix(strings.Join(strings.Fields(s.Text()), " "), "Unread: "))
	}
	return lines
}

// A colleague knows what was given to them, where they were named and what became of their
// deals; nobody is told of what they did, or of one thing twice, or of what was taken back.
func TestNotifications(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	nora, third := pg.NewUser(t), pg.NewUser(t)
	w.Join(nora, auth.Member)
	w.Join(third, auth.Member)
	me, her, other := w.Client(w.Owner), w.Client(nora), w.Client(third)
	herID := w.MemberID(nora).String()
	want := func(who string, c *apptest.Client, lines ...string) {
		t.Helper()
		if got := told(c, w); strings.Join(got, "; ") != strings.Join(lines, "; ") {
			t.Errorf("%s is told\n%s\nwant\n%s", who, strings.Join(got, "\n"), strings.Join(lines, "\n"))
		}
	}
	created := func(path string, form url.Values) string {
		t.Helper()
		return me.Post(w.URL(path), form).Want(http.StatusSeeOther).Header.Get("Location")
	}
	by := w.Owner.Name
	want("nobody yet", her)

	task := created("/tasks", url.Values{"subject": {"Call Anna"}, "assignee_id": {herID}})
	deal := created("/deals", url.Values{"name": {"Pumps"}, "owner_id": {w.MemberID(w.Owner).String()}})
	me.Put(w.URL(deal), url.Values{"version": {"1"}, "owner_id": {herID}}).Want(http.StatusSeeOther)
	id := deal[strings.LastIndex(deal, "/")+1:]
	me.Post(w.URL("/notes"), url.Values{"subject_type": {"deal"}, "subject_id": {id}, "body": {"@" + nora.Name + " have a look"}}).
		Want(http.StatusSeeOther)
	lines := []string{by + " mentioned you on Pumps: @" + nora.Name + " have a look", by + " assigned Pumps to you",
		by + " assigned Call Anna to you"}
	want("she", her, lines...)
	want("who did it", me)

	// Her deal is moved and lost; who follows it hears too.
	other.Put(w.URL(deal+"/following"), nil).Want(http.StatusSeeOther)
	me.Put(w.URL(deal+"/stage"), url.Values{"stage_id": {w.Stage("Proposal").String()}}).Want(http.StatusSeeOther)
	her.Put(w.URL(deal+"/stage"), url.Values{"stage_id": {w.Stage("Closed Lost").String()}, "lost_reason": {"Too dear"}}).
		Want(http.StatusSeeOther)
	her.Post(w.URL("/notes"), url.Values{"subject_type": {"deal"}, "subject_id": {id}, "body": {"They went with steel"}}).
		Want(http.StatusSeeOther)
	lines = append([]string{by + " moved Pumps to Proposal"}, lines...)
	want("she", her, lines...)
	want("who follows", other, nora.Name+" wrote on Pumps: They went with steel", nora.Name+" lost Pumps: Too dear",
		by+" moved Pumps to Proposal")
	other.Delete(w.URL(deal+"/following"), nil).Want(http.StatusSeeOther)
	her.Post(w.URL("/notes"), url.Values{"subject_type": {"deal"}, "subject_id": {id}, "body": {"And more"}}).Want(http.StatusSeeOther)
	if n := len(told(other, w)); n != 3 {
		t.Errorf("who follows no more is told %d times", n)
	}

	// What is taken back before it was read is not told.
	wrong := created("/customers", url.Values{"name": {"By mistake"}, "owner_id": {herID}})
	if got := told(her, w)[0]; got != by+" assigned By mistake to you" {
		t.Errorf("she is told %q", got)
	}
	undo, _ := me.Get(w.URL(wrong)).Find("#toast form").Attr("action")
	me.Put(w.URL(undo), nil).Want(http.StatusSeeOther)
	want("she", her, lines...)

	// One is opened, and leads to what it tells of; then all are read.
	unread := func() int { return her.Get(w.URL("/notifications")).Select(".told .unread").Length() }
	if n := unread(); n != 4 {
		t.Errorf("%d are unread", n)
	}
	last, _ := her.Get(w.URL("/notifications")).Find(".told li:last-child a").Attr("href")
	if to := her.Get(w.URL(last)).Want(http.StatusSeeOther).Header.Get("Location"); to != task {
		t.Errorf("it leads to %s", to)
	}
	if n := unread(); n != 3 {
		t.Errorf("%d are unread", n)
	}
	me.Get(w.URL(last)).Want(http.StatusNotFound) // it is hers
	until, _ := her.Get(w.URL("/notifications")).Find("[name=until]").Attr("value")
	created("/tasks", url.Values{"subject": {"Came meanwhile"}, "assignee_id": {herID}})
	her.Put(w.URL("/notifications"), url.Values{"until": {until}}).Want(http.StatusSeeOther)
	if n := unread(); n != 1 {
		t.Errorf("%d are unread: what came meanwhile was not seen", n)
	}
	// A mail's link survives the sign-in.
	if to := app.Client(t).Get(w.URL(last)).Want(http.StatusSeeOther).Header.Get("Location"); to != "/signin?next="+url.QueryEscape(last) {
		t.Errorf("who is not signed in goes to %s", to)
	}
}

// An open page hears of what is new at once, whoever wrote it, and of what was read elsewhere;
// what comes while nobody listens is there at the next look.
func TestNotificationStream(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	nora := pg.NewUser(t)
	w.Join(nora, auth.Member)
	me, her := w.Client(w.Owner), w.Client(nora)
	assign := func(subject string) {
		t.Helper()
		me.Post(w.URL("/tasks"), url.Values{"subject": {subject}, "assignee_id": {w.MemberID(nora).String()}}).Want(http.StatusSeeOther)
	}
	listen := func() (next func() string, end func()) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		r := her.Request(http.MethodGet, w.URL("/notifications/stream"), nil).WithContext(ctx)
		r.Header.Set("Accept", "text/event-stream")
		res, err := her.HTTP.Do(r)
		if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatal(res, err)
		}
		lines := bufio.NewScanner(res.Body)
		return func() string {
				t.Helper()
				for lines.Scan() {
					if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
						return data
					}
				}
				t.Fatal("the stream ended: ", lines.Err())
				return ""
			}, func() {
				cancel()
				res.Body.Close()
			}
	}
	assign("While nobody listens")
	next, end := listen()
	if n := next(); n != "1" {
		t.Errorf("%s unread at first", n)
	}
	told := func(want string) { // whatever is said again before, as when the listener reconnects
		t.Helper()
		for next() != want {
		}
	}
	assign("Now")
	told("2")
	her.Put(w.URL("/notifications"), nil).Want(http.StatusSeeOther)
	told("0")
	end()
	assign("Between")
	next, end = listen()
	defer end()
	if n := next(); n != "1" {
		t.Errorf("%s unread after a pause", n)
	}
	// Who asks for no stream is answered once; who is no member not at all.
	if got := her.Get(w.URL("/notifications/stream")).Want(http.StatusOK).Body; got != "event: unread\ndata: 1\n\n" {
		t.Errorf("%q", got)
	}
	w.Client(pg.NewUser(t)).Get(w.URL("/notifications/stream")).Want(http.StatusForbidden)
	// A browser whose session ended hears nothing, and is not shown a page that it can't read.
	nobody := app.Client(t)
	r := nobody.Request(http.MethodGet, w.URL("/notifications/stream"), nil)
	r.Header.Set("Accept", "text/event-stream")
	nobody.Do(r).Want(http.StatusNoContent)
}

// What a member has not read is mailed as they chose, once; a mail program can end it.
func TestNotificationMails(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	nora := pg.NewUser(t)
	w.Join(nora, auth.Member)
	me, her := w.Client(w.Owner), w.Client(nora)
	her.Put(w.URL("/settings/notifications"), url.Values{"mail": {"now"}}).Want(http.StatusSeeOther)
	her.Put(w.URL("/settings/notifications"), url.Values{"mail": {"hourly"}}).Want(http.StatusUnprocessableEntity)
	assign := func(subject string) {
		t.Helper()
		me.Post(w.URL("/tasks"), url.Values{"subject": {subject}, "assignee_id": {w.MemberID(nora).String()}}).Want(http.StatusSeeOther)
	}
	// Both at once: what comes together is one mail.
	customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "Voss Maritim"})
	herID := w.MemberID(nora)
	w.As(w.Owner, func(ctx context.Context, tx *db.TenantTx) error {
		_, err := crm.Create(ctx, tx, crm.Draft{Kind: entity.Task, Values: entity.Values{"subject": entity.Text("Call Anna"),
			"assignee_id": entity.Ref{ID: herID}}})
		if err != nil {
			return err
		}
		me := tx.MemberID()
		_, err = crm.NoteCreate(ctx, tx, tenantdb.NoteInsertParams{SubjectType: "customer", SubjectID: customer, Kind: "note", AuthorID: &me,
			Body: "@" + nora.Name + " look"})
		return err
	})
	mails := func() (found []mail.Message) {
		for _, m := range app.Mailbox.List(nora.Email) {
			if strings.Contains(m.Text, "Call ") {
				found = append(found, m)
			}
		}
		return found
	}
	wait.Until(t, "a mail", func() bool { return len(mails()) == 1 })
	m := mails()[0]
	for _, want := range []string{w.Owner.Name + " assigned Call Anna to you", w.Owner.Name + " mentioned you on Voss Maritim"} {
		if !strings.Contains(m.Text, want) || !strings.Contains(m.HTML, want) {
			t.Errorf("no %q in\n%s", want, m.Text)
		}
	}
	if !strings.HasPrefix(m.Unsubscribe, w.URL("/notifications/unsubscribe?token=")) {
		t.Fatalf("List-Unsubscribe: %q", m.Unsubscribe)
	}
	// Once read or mailed it is not mailed again: the next has what is new alone.
	assign("Call Carla")
	wait.Until(t, "another mail", func() bool { return len(mails()) == 2 })
	if m := mails()[0]; strings.Contains(m.Text, "Anna") || !strings.Contains(m.Text, "Carla") {
		t.Errorf("it says\n%s", m.Text)
	}
	// The link asks, and changes nothing by being followed; a mail program posts.
	nobody := app.Client(t)
	nobody.Get(m.Unsubscribe).Want(http.StatusOK).Find("form[method=post] button")
	how := func() (mail string) {
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			row, err := tx.MemberMail(ctx, herID)
			mail = row.Mail
			return err
		})
		return mail
	}
	if how() != "now" {
		t.Error("to follow the link ended the mails")
	}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, m.Unsubscribe, strings.NewReader("List-Unsubscribe=One-Click"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	nobody.Do(r).Want(http.StatusOK)
	if how() != "never" {
		t.Error("a mail program can't end the mails")
	}
	// Nothing is mailed then; nor what was read before a mail could go, nor what one did oneself.
	assign("Call Dora")
	her.Post(w.URL("/tasks"), url.Values{"subject": {"Call myself"}, "assignee_id": {herID.String()}}).Want(http.StatusSeeOther)
	her.Put(w.URL("/notifications"), nil).Want(http.StatusSeeOther)
	her.Put(w.URL("/settings/notifications"), url.Values{"mail": {"now"}}).Want(http.StatusSeeOther)
	assign("Call Emil")
	wait.Until(t, "a mail again", func() bool { return len(mails()) > 2 })
	if m := mails(); len(m) != 3 || !strings.Contains(m[0].Text, "Emil") || strings.Contains(m[0].Text, "Dora") ||
		strings.Contains(m[0].Text, "myself") {
		t.Errorf("%d mails, the last says\n%s", len(m), m[0].Text)
	}
	other := app.NewWorkspace(t)
	nobody.Post(strings.Replace(m.Unsubscribe, w.URL("/"), other.URL("/"), 1), nil).Want(http.StatusNotFound)
	nobody.Post(w.URL("/notifications/unsubscribe?token=nonsense"), nil).Want(http.StatusNotFound)
}

// A task that comes due tells whose it is, once, and not who has done it.
func TestTaskIsDue(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t)
	w := app.NewWorkspace(t)
	nora := pg.NewUser(t)
	w.Join(nora, auth.Member)
	her := w.Client(nora)
	at, id := time.Now().Add(-10*time.Minute), w.MemberID(nora)
	w.Task(tenantdb.TaskUpdateParams{Subject: "Call Anna", DueAt: &at, AssigneeID: &id})
	w.Task(tenantdb.TaskUpdateParams{Subject: "Nobody’s", DueAt: &at})
	w.Task(tenantdb.TaskUpdateParams{Subject: "Done", Status: "done", DueAt: &at, AssigneeID: &id})
	minute := time.Now().UTC().Truncate(time.Minute)
	for n := range 2 {
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			return tx.Enqueue(ctx, notify.DueJob{TenantJob: tx.Job(), At: minute.Add(-time.Duration(n) * time.Second)})
		})
	}
	wait.Until(t, "both jobs are done", func() bool {
		return pg.Count(t, `select count(*) from public.river_job where kind = 'due' and state = 'completed' and args->>'tenant_id' = $1`,
			w.ID.String()) == 2
	})
	if got := strings.Join(told(her, w), "; "); got != "Call Anna is due" {
		t.Errorf("she is told %q", got)
	}
}
