package cli_test

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest"
)

// Production, as an operator starts it: migrated, served without jobs, worked on
// by another process that is told to stop and started again; mail goes out.
func TestServeAndWork(t *testing.T) {
	t.Parallel()
	dir, smtp := dataDir(t), apptest.NewSMTP(t, "")
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	p := &paddock{base: "http://localhost:" + port, port: port, dir: dir, out: &lockedBuffer{}}
	env := []string{
		"DATABASE_URL=" + apptest.NewDatabase(t), "PADDOCK_SECRET=a secret for tests alone of 32 bytes and more", "PADDOCK_BASE_URL=" + p.base, "PADDOCK_LISTEN=127.0.0.1:" + port,
		"SMTP_URL=" + smtp.URL().String(), "PADDOCK_MAIL_FROM=Paddock <hello@paddock.test>",
	}
	if out, err := command(t, dir, env, "migrate").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.cmd = command(t, dir, env, "serve", "--jobs=false")
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(syscall.SIGTERM) })
	for end := time.Now().Add(30 * time.Second); !strings.Contains(p.out.String(), "serving"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not serving:\n%s", p.out)
		}
	}
	signUp := func(slug string) {
		t.Helper()
		res, err := p.client().PostForm(p.base+"/signup", url.Values{"workspace": {slug}, "slug": {slug}, "name": {"Nora"}, "email": {slug + "@example.com"}, "password": {"a long enough phrase"}})
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %d", slug, res.StatusCode)
		}
	}
	received := func(n int) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); len(smtp.Received()) < n; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d mails, want %d", len(smtp.Received()), n)
			}
		}
	}
	signUp("first-one")
	time.Sleep(500 * time.Millisecond)
	if len(smtp.Received()) != 0 {
		t.Fatal("a process without jobs has sent mail")
	}
	work := command(t, dir, env, "work")
	work.Stderr = p.out
	if err := work.Start(); err != nil {
		t.Fatal(err)
	}
	received(1)
	if err := work.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := work.Wait(); err != nil {
		t.Errorf("told to stop: %v\n%s", err, p.out)
	}
	signUp("second-one")
	work = command(t, dir, env, "work")
	if err := work.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = work.Process.Kill(); _ = work.Wait() })
	received(2)
	if m := smtp.Received()[1]; m.To != "second-one@example.com" || !strings.Contains(m.Text, "http://second-one.localhost:"+port+"/email/verify?token=") {
		t.Errorf("%+v", m)
	}
	// /dev is not there in production.
	res, err := p.client().Get(p.base + "/dev/mail")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("/dev/mail answers %d", res.StatusCode)
	}
}
