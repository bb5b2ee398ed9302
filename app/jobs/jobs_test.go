package jobs_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/jobs"
	"github.com/paddock-crm/paddock/app/mail"
	"github.com/paddock-crm/paddock/app/seal"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

const secret = "a secret for tests alone, 32 bytes and more"

// TestMain also is the process that a test kills: a worker and nothing else.
func TestMain(m *testing.M) {
	if u := os.Getenv("PADDOCK_TEST_WORKER"); u != "" {
		if err := work(u, os.Getenv("PADDOCK_TEST_SMTP")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	wait.Parallel("8")
	os.Exit(m.Run())
}

func work(database, smtpURL string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{URL: database, TenantRoles: true})
	if err != nil {
		return err
	}
	u, err := url.Parse(smtpURL)
	if err != nil {
		return err
	}
	send, err := mail.SMTP(u, "Paddock <hello@paddock.test>")
	if err != nil {
		return err
	}
	box, err := seal.New([]string{secret})
	if err != nil {
		return err
	}
	fmt.Println("working")
	return jobs.Run(ctx, jobs.Options{DB: d, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Box: box, Send: send,
		StuckAfter: 2 * time.Second})
}

type bundle struct {
	url string
	db  *db.DB
	box *seal.Box
}

// setup makes a database of its own: jobs of other tests must not run here.
func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{url: pg.NewDatabase(t)}
	var err error
	if b.db, err = db.Open(t.Context(), db.Config{URL: b.url, TenantRoles: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.db.Close)
	if _, err := b.db.MigrateShared(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.box, err = seal.New([]string{secret}); err != nil {
		t.Fatal(err)
	}
	return b
}

// run works in this process until the test ends.
func (b *bundle) run(t *testing.T, o jobs.Options) {
	t.Helper()
	o.DB, o.Box, o.Log = b.db, b.box, slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- jobs.Run(ctx, o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func (b *bundle) mail(t *testing.T, tenantID uuid.UUID, to string) {
	t.Helper()
	job, err := mail.NewJob(b.box, tenantID, mail.Message{To: to, Subject: "A mail to " + to, Text: "text", HTML: "<p>html</p>"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.db.Shared(t.Context(), func(tx *db.SharedTx) error { return tx.Enqueue(t.Context(), job) }); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) failed(t *testing.T) (failed []jobs.Failed, err error) {
	t.Helper()
	err = b.db.SharedRead(t.Context(), func(tx *db.SharedTx) (err error) {
		failed, _, err = jobs.List(t.Context(), tx, "", 100)
		return err
	})
	return failed, err
}

// worked waits until nothing is left of the queue of mails, which were n.
func (b *bundle) worked(t *testing.T, n int) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), b.url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(t.Context()))
	var done, all int
	wait.Until(t, "all mails are done", func() bool {
		if err := c.QueryRow(t.Context(), `select count(*) filter (where state = 'completed'), count(*) from river_job where kind = 'mail'`).
			Scan(&done, &all); err != nil {
			t.Fatal(err)
		}
		return done >= n && done == all
	})
	if all != n {
		t.Errorf("%d mails were in the queue, want %d", all, n)
	}
}

func (b *bundle) workspace(t *testing.T, slug string) uuid.UUID {
	t.Helper()
	r, err := auth.CreateWorkspace(t.Context(), b.db, auth.SignUpInput{Workspace: slug, Slug: slug, Name: "Nora",
		Email: slug + "@example.com"}, shareddb.UserByEmailRow{}, "none")
	if err != nil {
		t.Fatal(err)
	}
	return r.Tenant.ID
}

func send(t *testing.T, s *peer.SMTP) mail.Sender {
	t.Helper()
	send, err := mail.SMTP(s.URL(), "Paddock <hello@paddock.test>")
	if err != nil {
		t.Fatal(err)
	}
	return send
}

// Nothing is sent for what did not happen, and once for what did.
func TestMailGoesWithItsTransaction(t *testing.T) {
	t.Parallel()
	b, server := setup(t), peer.NewSMTP(t)
	b.run(t, jobs.Options{Send: send(t, server)})
	job, err := mail.NewJob(b.box, uuid.Nil, mail.Message{To: "never@example.com", Subject: "Never", Text: "x", HTML: "x"})
	if err != nil {
		t.Fatal(err)
	}
	rolledBack := fmt.Errorf("rolled back")
	if err := b.db.Shared(t.Context(), func(tx *db.SharedTx) error {
		if err := tx.Enqueue(t.Context(), job); err != nil {
			return err
		}
		return rolledBack
	}); err != rolledBack { //nolint:errorlint // it comes through as it is
		t.Fatal(err)
	}
	b.mail(t, uuid.Nil, "once@example.com")
	b.worked(t, 1) // the other was never in the queue
	got := server.Received()
	if len(got) != 1 || got[0].To != "once@example.com" || got[0].From != "hello@paddock.test" || !strings.Contains(got[0].Text, "text") ||
		!strings.Contains(got[0].HTML, "<p>html</p>") {
		t.Errorf("%+v", got)
	}
}

// The mail server is down for a while: nothing is lost, each is sent once.
func TestMailServerDown(t *testing.T) {
	t.Parallel()
	b, server := setup(t), peer.NewSMTP(t)
	sender := send(t, server)
	server.Stop()
	b.run(t, jobs.Options{Send: sender})
	want := []string{}
	for i := range 10 {
		to := fmt.Sprintf("waiting%d@example.com", i)
		want = append(want, to)
		b.mail(t, uuid.Nil, to)
	}
	wait.Until(t, "the attempts fail, and the operator sees it", func() bool {
		failed, err := b.failed(t)
		if err != nil {
			t.Fatal(err)
		}
		return len(failed) == 10 && failed[0].State == "retryable" && strings.Contains(failed[0].Error, "refused")
	})
	server.Start()
	b.worked(t, 10)
	var got, ids []string
	for _, m := range server.Received() {
		got, ids = append(got, m.To), append(ids, m.ID)
	}
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, want) || len(slices.Compact(ids)) != 10 {
		t.Errorf("received %v", got)
	}
}

// An address that will never take mail is given up at once; one that is full,
// later.
func TestMailRefused(t *testing.T) {
	t.Parallel()
	b, server := setup(t), peer.NewSMTP(t)
	b.run(t, jobs.Options{Send: send(t, server)})
	state := func() string {
		failed, err := b.failed(t)
		if err != nil {
			t.Fatal(err)
		}
		if len(failed) == 0 {
			return ""
		}
		return failed[0].State
	}
	server.Refuse(&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"})
	b.mail(t, uuid.Nil, "nobody@example.com")
	wait.Until(t, "it is given up", func() bool { return state() == "cancelled" })
	server.Refuse(&smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"})
	b.mail(t, uuid.Nil, "full@example.com")
	wait.Until(t, "it is tried again", func() bool { return state() == "retryable" })
	server.Refuse(nil)
	wait.Until(t, "it arrives", func() bool { return len(server.Received()) == 1 })
}

// A worker is killed in the middle of a mail. The job runs again, and the mail
// arrives once.
func TestKilledWorker(t *testing.T) {
	t.Parallel()
	b, server := setup(t), peer.NewSMTP(t)
	start := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "PADDOCK_TEST_WORKER="+b.url, "PADDOCK_TEST_SMTP="+server.URL().String())
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "working\n" {
			t.Fatalf("%q, %v", line, err)
		}
		return cmd
	}
	c, err := pgx.Connect(t.Context(), b.url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	state := func() (s string, attempt int) {
		if err := c.QueryRow(t.Context(), `select state::text, attempt from river_job where kind = 'mail'`).Scan(&s, &attempt); err != nil {
			t.Fatal(err)
		}
		return s, attempt
	}
	stalled, resume := server.Stall()
	b.mail(t, uuid.Nil, "survivor@example.com")
	first := start()
	wait.Until(t, "the job is at it", func() bool { s, _ := state(); return s == "running" })
	<-stalled // in the middle of DATA
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	resume()
	if s, _ := state(); s != "running" {
		t.Fatalf("killed, and the job is %s", s)
	}
	start()
	wait.Until(t, "the job runs again", func() bool { s, _ := state(); return s == "completed" })
	_, attempt := state()
	if got := server.Received(); len(got) != 1 || attempt < 2 {
		t.Errorf("%d mails at attempt %d", len(got), attempt)
	}
}

// One workspace floods the queue with jobs that do not end; another's mail goes
// past them, time and again: the flood has no more than half of the workers, and
// what waits of it is not in the way.
func TestFloodOfOneTenant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	flooding, other := b.workspace(t, "flooding"), b.workspace(t, "other-one")
	const workers, flood = 4, 300
	gate, sent := make(chan struct{}), make(chan struct{}, 1)
	var holding, most, done atomic.Int32
	b.run(t, jobs.Options{Workers: workers, Send: func(ctx context.Context, m mail.Message) error {
		if m.To == "other@example.com" {
			sent <- struct{}{}
			return nil
		}
		if n := holding.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer holding.Add(-1)
		select {
		case <-gate:
			done.Add(1)
			return nil
		case <-ctx.Done(): // a job's own time is over, or the test
			return ctx.Err()
		}
	}})
	for i := range flood {
		b.mail(t, flooding, fmt.Sprintf("flood%d@example.com", i))
	}
	wait.Until(t, "the flood has its share of the workers", func() bool { return holding.Load() == workers/2 })
	for range 5 {
		b.mail(t, other, "other@example.com")
		<-sent
	}
	if most.Load() > workers/2 || done.Load() != 0 {
		t.Errorf("the flood held %d of %d workers, and %d of its jobs were done", most.Load(), workers, done.Load())
	}
	// It is worked off all the same.
	close(gate)
	wait.Until(t, "some of the flood is done", func() bool { return done.Load() >= workers })
}

// A job of a workspace that is gone is given up.
func TestJobOfAWorkspaceThatIsGone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run(t, jobs.Options{Send: func(context.Context, mail.Message) error { t.Error("sent"); return nil }})
	b.mail(t, uuid.New(), "nobody@example.com")
	wait.Until(t, "it is cancelled", func() bool {
		failed, err := b.failed(t)
		if err != nil {
			t.Fatal(err)
		}
		return len(failed) == 1 && failed[0].State == "cancelled"
	})
}

// Told to stop, a worker finishes the job it is at and begins no other; what
// waits is done by the next one.
func TestStopLetsJobsFinish(t *testing.T) {
	t.Parallel()
	b := setup(t)
	begun, go1 := make(chan string, 10), make(chan struct{})
	var finished, begunAfter atomic.Int32
	stopping := atomic.Bool{}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done, log := make(chan error, 1), &pg.Log{}
	go func() {
		done <- jobs.Run(ctx, jobs.Options{DB: b.db, Box: b.box, Log: slog.New(slog.NewTextHandler(log, nil)), Workers: 2,
			Send: func(ctx context.Context, m mail.Message) error {
				if stopping.Load() {
					begunAfter.Add(1)
				}
				begun <- m.To
				select {
				case <-go1:
				case <-ctx.Done():
				}
				if ctx.Err() != nil {
					return ctx.Err() // cut off
				}
				finished.Add(1)
				return nil
			}})
	}()
	for i := range 6 {
		b.mail(t, uuid.Nil, fmt.Sprintf("m%d@example.com", i))
	}
	<-begun
	<-begun
	stop()
	wait.Until(t, "it stops", func() bool { return strings.Contains(log.String(), "stopping") })
	stopping.Store(true)
	select {
	case err := <-done:
		t.Fatalf("stopped in the middle of a job: %v", err)
	default:
	}
	close(go1)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if finished.Load() != 2 || begunAfter.Load() != 0 {
		t.Errorf("%d jobs finished, %d begun after the stop", finished.Load(), begunAfter.Load())
	}
	server := peer.NewSMTP(t)
	b.run(t, jobs.Options{Send: send(t, server)})
	b.worked(t, 6)
	if n := len(server.Received()); n != 4 {
		t.Errorf("%d mails, want 4: two were sent before", n)
	}
}

// What a mail says opens doors: it is neither in the queue nor in the log, also
// when it fails.
func TestJobsKeepTheirSecrets(t *testing.T) {
	t.Parallel()
	b, log := setup(t), &pg.Log{}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	server := peer.NewSMTP(t)
	server.Refuse(&smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"})
	go func() {
		done <- jobs.Run(ctx,
			jobs.Options{DB: b.db, Box: b.box, Send: send(t, server),
				Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	}()
	const token = "THETOKENTHATOPENSTHEDOOR"
	job, err := mail.NewJob(b.box, uuid.Nil,
		mail.Message{To: "nora@example.com", Subject: "A link", Text: "https://myapp.test/password/reset?token=" + token,
			HTML: "<p>" + token + "</p>"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.db.Shared(t.Context(), func(tx *db.SharedTx) error { return tx.Enqueue(t.Context(), job) }); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, "it fails", func() bool { return strings.Contains(log.String(), "mailbox full") })
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), b.url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	var row string
	if err := c.QueryRow(t.Context(), `select string_agg(j::text, '') from river_job j where kind = 'mail'`).Scan(&row); err != nil ||
		!strings.Contains(row, "mailbox full") {
		t.Fatalf("%s %v", row, err)
	}
	if strings.Contains(log.String(), token) || strings.Contains(row, token) {
		t.Error("the token is in the log or in the queue")
	}
}

// A workspace has as many jobs waiting as it may, and no more; others have theirs.
func TestTooManyJobs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	full, other := b.workspace(t, "full-one"), b.workspace(t, "other-one")
	c, err := pgx.Connect(t.Context(), b.url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), `update public.tenants set limit_jobs = 3 where id = $1`, full); err != nil {
		t.Fatal(err)
	}
	enqueue := func(tenantID uuid.UUID) error {
		job, err := mail.NewJob(b.box, tenantID, mail.Message{To: "nora@example.com", Subject: "x", Text: "x", HTML: "x"})
		if err != nil {
			t.Fatal(err)
		}
		return b.db.Shared(t.Context(), func(tx *db.SharedTx) error { return tx.Enqueue(t.Context(), job) })
	}
	for i := range 5 {
		if err := enqueue(full); errors.Is(err, db.ErrTooManyJobs) != (i >= 3) {
			t.Errorf("job %d: %v", i+1, err)
		}
		if err := enqueue(other); err != nil {
			t.Errorf("the other's job %d: %v", i+1, err)
		}
	}
	// Done, they make room.
	b.run(t, jobs.Options{Send: func(context.Context, mail.Message) error { return nil }})
	wait.Until(t, "room", func() bool { return enqueue(full) == nil })
}
