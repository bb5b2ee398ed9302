package cli_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/seal"
)

// PADDOCK_SECRET is replaced while people work: the new one beside the old, then
// everything sealed anew, then the old one gone. Nobody loses a second factor, a
// provider, a certificate or a mail; sessions last as long as the old secret.
func TestResealing(t *testing.T) {
	t.Parallel()
	const old, fresh = productionSecret, "another secret for tests and also of 32 bytes or more"
	port := pg.Port(t)
	p := newProduction(t, pg.NewDatabase(t), "http://paddock.localhost:"+port)
	with := func(secrets string) { p.extra = []string{"PADDOCK_SECRET=" + secrets} } // the last one counts
	serve := p.launch(port, "serve", "--jobs=false")
	c := p.client(port, nil)
	res, err := c.PostForm(p.base+"/signup", url.Values{"workspace": {"Team"}, "slug": {"crew-one"}, "name": {"Nora"},
		"email": {"nora@example.com"}, "password": {"a long enough phrase"}})
	if err != nil || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%v %v\n%s", res, err, p.logs)
	}
	res.Body.Close()
	signedIn := func() bool {
		t.Helper()
		res, err := c.Get(p.base + "/workspaces")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	}
	restart := func(secrets string) {
		t.Helper()
		if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		_ = serve.Wait()
		with(secrets)
		p.logs = &pg.Log{}
		serve = p.launch(port, "serve", "--jobs=false")
	}

	// What is sealed with the old one, a mail in the queue among it.
	conn, err := pgx.Connect(t.Context(), p.database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	box, err := seal.New([]string{old})
	if err != nil {
		t.Fatal(err)
	}
	var user, tenant uuid.UUID
	if err := conn.QueryRow(t.Context(), `select u.id, m.tenant_id from public.users u join public.memberships m on m.user_id = u.id`).
		Scan(&user, &tenant); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		sql  string
		args []any
	}{
		{`update public.users set totp_secret = $1`, []any{box.Seal("totp "+user.String(), "JBSWY3DP")}},
		{`insert into public.tenant_providers (tenant_id, name, issuer, client_id, client_secret) values ($1, 'Okta', 'https://example.com',
			'id', $2)`, []any{tenant, box.Seal("provider "+tenant.String(), "of the provider")}},
		{`insert into public.certificates (key, value, size) values ('a/b', $1, 3)`, []any{box.Seal("certificate a/b", "key")}},
		{`insert into public.one_time_tokens (hash, purpose, data, expires_at) values ('\x01', 'oidc', $1, now() + interval '1 hour')`,
			[]any{box.Seal("oidc flow", "a flow")}},
	} {
		if _, err := conn.Exec(t.Context(), x.sql, x.args...); err != nil {
			t.Fatal(err)
		}
	}

	restart(fresh + "," + old)
	if !signedIn() {
		t.Error("signed out by a second secret")
	}
	doctor := func() string {
		out, _ := command(t, p.dir, p.env("0"), "doctor").CombinedOutput() // it finds fault with a test's settings
		return string(out)
	}
	if got := doctor(); !strings.Contains(got, "5 secrets are sealed with an older secret") {
		t.Errorf("the doctor:\n%s", got)
	}
	if got := p.run("secrets", "reseal"); !strings.Contains(got, "5 secrets were sealed anew") {
		t.Errorf("resealed: %s", got)
	}
	if got := p.run("secrets", "reseal"); !strings.Contains(got, "0 secrets were sealed anew") {
		t.Errorf("resealed once more: %s", got)
	}
	restart(fresh)
	if signedIn() {
		t.Error("a cookie that the old secret signed still counts")
	}
	if got := doctor(); !strings.Contains(got, "everything that is sealed can be opened") ||
		!strings.Contains(got, "everything is sealed with the first secret") {
		t.Errorf("the doctor:\n%s", got)
	}
	if box, err = seal.New([]string{fresh}); err != nil {
		t.Fatal(err)
	}
	var totp string
	if err := conn.QueryRow(t.Context(), `select totp_secret from public.users`).Scan(&totp); err != nil {
		t.Fatal(err)
	}
	if text, err := box.Open("totp "+user.String(), totp); err != nil || text != "JBSWY3DP" {
		t.Errorf("the second factor: %q %v", text, err)
	}
	p.launch("0", "work")
	wait.Until(t, "the mail of before arrives", func() bool { return len(p.smtp.Received()) > 0 })
	// Without the secret that sealed, it is said how much is out of reach: all but the
	// mail, once the worker has noted that it is sent.
	with("a third secret that has sealed nothing of 32 bytes")
	wait.Until(t, "four secrets are out of reach", func() bool {
		out, err := command(t, p.dir, p.env("0"), "secrets", "reseal").CombinedOutput()
		return err != nil && strings.Contains(string(out), "4 secrets are sealed with a secret that PADDOCK_SECRET does not hold")
	})
}
