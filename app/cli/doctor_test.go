package cli_test

import (
	"context"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/db/pgdev"
)

// What an operator can get wrong, one by one: the doctor finds each, says how it is
// mended, and goes on with everything else; serve refuses what it can't serve with, in
// the same words.
func TestDoctor(t *testing.T) {
	t.Parallel()
	server := pg.NewServer(t, nil)
	owner, err := server.Database(t.Context(), "paddock")
	if err != nil {
		t.Fatal(err)
	}
	p := newProduction(t, owner, "https://paddock.test")
	p.run("tenant", "create", "alpha", "--owner-email", "nora@example.com")
	p.run("tenant", "create", "bravo", "--owner-email", "nora@example.com")
	if out := p.run("doctor"); strings.Contains(out, "wrong") || strings.Contains(out, "could not be looked at") {
		t.Fatalf("nothing is wrong yet:\n%s", out)
	}
	su, err := pgx.Connect(t.Context(), server.SuperuserURL("paddock"))
	if err != nil {
		t.Fatal(err)
	}
	defer su.Close(context.Background())
	exec := func(sql string) {
		t.Helper()
		for one := range strings.SplitSeq(sql, ";\n") {
			if _, err := su.Exec(t.Context(), one); err != nil {
				t.Fatalf("%s: %v", one, err)
			}
		}
	}
	schema := map[string]string{}
	for _, slug := range []string{"alpha", "bravo"} {
		var s string
		if err := su.QueryRow(t.Context(), `select schema from tenants where slug = $1`, slug).Scan(&s); err != nil {
			t.Fatal(err)
		}
		schema[slug] = s
	}
	role := "paddock_" + schema["alpha"]
	latin := strings.Replace(owner, "/paddock?", "/latin?", 1)
	exec(`create database latin owner paddock encoding 'LATIN1' template template0`)
	bare := peer.NewSMTP(t).URL() // it offers neither TLS nor AUTH
	bare.User = url.UserPassword("hello", "secret")
	strict := peer.NewSecuredSMTP(t, peer.SMTPSecurity{Password: "secret"})
	elsewhere := t.TempDir()
	cert, key := certificate(t, elsewhere) // good for paddock.test
	login := func(address string) string { return strings.Replace(address, pgdev.Owner+":", pgdev.Requests+":", 1) }
	const wrong, warning = "wrong    ", "warning  "
	cases := map[string]struct {
		env        []string
		sql, undo  string
		want       []string // what the doctor says
		serve      string   // why serve refuses; "" where it does not
		noDatabase bool     // what is in it can't be said
	}{
		"settings that can’t be": {
			env: []string{
				"PADDOCK_MAIL_FROM=no address", "PADDOCK_LISTEN=nowhere", "PADDOCK_METRICS_LISTEN=127.0.0.1:99999",
				"PADDOCK_GEOIP=" + filepath.Join(elsewhere, "none.mmdb"),
				"PADDOCK_TLS=" + filepath.Join(elsewhere, "none.pem") + "," + key, "PADDOCK_TRUSTED_PROXY=10.0.0.0/8",
			},
			want: []string{
				wrong + "PADDOCK_MAIL_FROM: ", wrong + "PADDOCK_LISTEN=nowhere: ", wrong + "PADDOCK_METRICS_LISTEN=127.0.0.1:99999: ",
				wrong + "PADDOCK_GEOIP: ",
				wrong + "PADDOCK_TLS: open ", warning + "there is no setting PADDOCK_TRUSTED_PROXY; is it PADDOCK_TRUSTED_PROXIES?",
			},
			serve: "PADDOCK_MAIL_FROM: ",
		},
		"a place that is not there": {env: []string{"PADDOCK_GEOIP=/none.mmdb"}, want: []string{wrong + "PADDOCK_GEOIP: "},
			serve: "PADDOCK_GEOIP: "},
		"a certificate without files": {env: []string{"PADDOCK_TLS=/none.pem,/none.key"}, want: []string{wrong + "PADDOCK_TLS: "},
			serve: "PADDOCK_TLS: "},
		"a certificate of others": {
			env: []string{"PADDOCK_TLS=" + cert + "," + key, "PADDOCK_BASE_URL=https://myapp.example"},
			want: []string{warning + "PADDOCK_TLS: the certificate is not good for myapp.example, but for paddock.test, *.paddock.test",
				"not good for *.myapp.example", "good until "},
		},
		"metrics at a taken address": {env: []string{"PADDOCK_METRICS_LISTEN=203.0.113.1:9"},
			want: []string{wrong + "PADDOCK_METRICS_LISTEN=203.0.113.1:9: "}, serve: "PADDOCK_METRICS_LISTEN=203.0.113.1:9: "},
		"no trusted proxy": {env: []string{"PADDOCK_TRUSTED_PROXIES="},
			want: []string{warning + "TLS ends at a proxy in front, and PADDOCK_TRUSTED_PROXIES names none"}},
		"misspelt proxies": {env: []string{"PADDOCK_TRUSTED_PROXIES=10.0.0.1;10.0.0.2"},
			want:  []string{wrong + "PADDOCK_TRUSTED_PROXIES=10.0.0.1;10.0.0.2: want networks"},
			serve: "PADDOCK_TRUSTED_PROXIES=10.0.0.1;10.0.0.2: want networks"},
		"everybody trusted": {env: []string{"PADDOCK_TRUSTED_PROXIES=0.0.0.0/0"},
			want: []string{warning + "PADDOCK_TRUSTED_PROXIES believes everybody"}},
		"mail without AUTH": {env: []string{"SMTP_URL=" + bare.String()},
			want: []string{wrong + "the mail server does not take our mail: "}},
		"mail without a password": {env: []string{"SMTP_URL=" + strict.URL().String()},
			want: []string{wrong + "the mail server does not take our mail: "}},
		"no mail server": {env: []string{"SMTP_URL=smtp://127.0.0.1:" + pg.Port(t)},
			want: []string{wrong + "the mail server does not take our mail: "}},
		"no database": {env: []string{"DATABASE_URL=" + strings.Replace(login(owner), "/paddock?", "/nowhere?", 1),
			"DATABASE_DIRECT_URL=" + strings.Replace(owner, "/paddock?", "/nowhere?", 1)}, want: []string{wrong + "the database: "},
			serve: `"nowhere" does not exist`, noDatabase: true},
		"a database of few letters": {env: []string{"DATABASE_URL=" + login(latin), "DATABASE_DIRECT_URL=" + latin},
			want: []string{wrong + "the database: the database’s encoding is LATIN1"}, serve: "the database’s encoding is LATIN1", noDatabase: true},
		"no CREATEROLE": {sql: `alter role paddock nocreaterole`, undo: `alter role paddock createrole`,
			want: []string{wrong + "the database’s owner may not create roles"}, serve: "the database’s owner may not create roles"},
		"a database that takes nothing": {
			sql:  `alter database paddock set default_transaction_read_only = on`,
			undo: `set default_transaction_read_only = off;` + "\n" + `alter database paddock reset default_transaction_read_only`,
			want: []string{wrong + "the database takes no changes"},
		},
		"a role of ours that becomes others": {sql: `grant paddock_shared to paddock_app`, undo: `revoke paddock_shared from paddock_app`,
			want:  []string{wrong + "more than they should, by rights of their own or by becoming another, can paddock_app"},
			serve: "more than they should"},
		"requests by the owner’s login": {env: []string{"DATABASE_URL=" + owner, "DATABASE_DIRECT_URL="},
			want: []string{warning + "requests log in as the owner of the database"}},
		"rights of requests that are gone": {
			sql:  `revoke all on all tables in schema public from paddock_shared`,
			undo: `grant select, insert, update, delete on all tables in schema public to paddock_shared`,
			want: []string{wrong + "requests may not do in the shared schema"}, serve: "requests may not do in the shared schema",
		},
		"rights of a workspace that are gone": {
			sql:  `revoke all on all tables in schema ` + schema["alpha"] + ` from ` + role,
			undo: `grant select, insert, update, delete on all tables in schema ` + schema["alpha"] + ` to ` + role,
			want: []string{wrong + "rights are gone of the role of alpha (" + schema["alpha"] + ")"},
		},
		"a workspace whose schema is closed": {
			sql: `revoke usage on schema ` + schema["alpha"] + ` from ` + role, undo: `grant usage on schema ` + schema["alpha"] + ` to ` + role,
			want: []string{wrong + "rights are gone of the role of alpha (" + schema["alpha"] + ")"},
		},
		"a workspace whose table is gone": {
			sql:  `alter table ` + schema["alpha"] + `.customers rename to clients`,
			undo: `alter table ` + schema["alpha"] + `.clients rename to customers`,
			want: []string{wrong + "alpha (" + schema["alpha"] + ") can’t be used: a table is gone: customers"},
		},
		"a right of requests that is gone": {
			sql: `revoke insert on public.sessions from paddock_shared`, undo: `grant insert on public.sessions to paddock_shared`,
			want: []string{wrong + "requests may not do in the shared schema"}, serve: "requests may not do in the shared schema",
		},
		"a table of all that is gone": {
			sql: `alter table public.invitations rename to asked`, undo: `alter table public.asked rename to invitations`,
			want:  []string{wrong + "the shared schema lacks what its migrations made: a table is gone: invitations"},
			serve: "a table is gone: invitations",
		},
		"a workspace’s right that is gone": {
			sql: `revoke insert on ` + schema["alpha"] + `.deals from ` + role, undo: `grant insert on ` + schema["alpha"] + `.deals to ` + role,
			want: []string{wrong + "rights are gone of the role of alpha (" + schema["alpha"] + ")"},
		},
		"functions that are closed": {
			sql: `revoke usage on schema ext from public, ` + role, undo: `grant usage on schema ext to public`,
			want: []string{wrong + "rights are gone of the role of alpha (" + schema["alpha"] + "), bravo",
				wrong + "requests may not do in the shared schema"}, serve: "requests may not do in the shared schema",
		},
		"one address for two": {env: []string{"PADDOCK_LISTEN=127.0.0.1:18080", "PADDOCK_METRICS_LISTEN=127.0.0.1:18080"},
			want: []string{wrong + "PADDOCK_METRICS_LISTEN=127.0.0.1:18080 is PADDOCK_LISTEN’s address"}},
		"the owner’s address alone": {env: []string{"DATABASE_URL="},
			want:  []string{wrong + "DATABASE_DIRECT_URL is set, and DATABASE_URL is not"},
			serve: "DATABASE_DIRECT_URL is set, and DATABASE_URL is not", noDatabase: true},
		"the logins mixed up": {env: []string{"DATABASE_URL=" + owner, "DATABASE_DIRECT_URL=" + login(owner)},
			want:  []string{wrong + "the database: DATABASE_DIRECT_URL: the login must own the database, and paddock_requests does not"},
			serve: "DATABASE_DIRECT_URL: the login must own the database", noDatabase: true},
		"a base URL with more": {env: []string{"PADDOCK_BASE_URL=https://paddock.test/?a=b"},
			want: []string{wrong + "PADDOCK_BASE_URL: want http(s)://host[:port] and nothing else"}, serve: "PADDOCK_BASE_URL: want http"},
		"a base URL of other letters": {env: []string{"PADDOCK_BASE_URL=https://münchen.test"},
			want: []string{wrong + "PADDOCK_BASE_URL=https://"}, serve: "other letters as xn--"},
		"a role that is gone": {
			sql: `alter role ` + role + ` rename to lost`, undo: `alter role lost rename to ` + role,
			want: []string{wrong + "the role is gone of alpha (" + schema["alpha"] + ")"},
		},
		"a schema that is gone": {
			sql: `alter schema ` + schema["bravo"] + ` rename to lost`, undo: `alter schema lost rename to ` + schema["bravo"],
			want: []string{wrong + "the schema is gone of bravo (" + schema["bravo"] + ")"},
		},
	}
	for what, c := range cases {
		if c.sql != "" {
			exec(c.sql)
		}
		env := append(p.env("0"), c.env...)
		cmd := command(t, p.dir, env, "doctor")
		out := output(cmd)
		code := 0
		for _, want := range c.want {
			if strings.HasPrefix(want, wrong) {
				code = 1
			}
			if !strings.Contains(out, want) {
				t.Errorf("%s: the doctor does not say %q:\n%s", what, want, out)
			}
		}
		if got := cmd.ProcessState.ExitCode(); got != code {
			t.Errorf("%s: the doctor's exit is %d, want %d:\n%s", what, got, code, out)
		}
		// Whatever was found, all the rest was looked at.
		last := "everything that is sealed can be opened"
		if c.noDatabase {
			last = "the mail server takes mail"
		}
		if !strings.Contains(out, last) || strings.Contains(out, "could not be looked at") {
			t.Errorf("%s: not all was looked at:\n%s", what, out)
		}
		for line := range strings.Lines(out) {
			if (strings.HasPrefix(line, wrong) || strings.HasPrefix(line, warning)) && !strings.Contains(line, " → ") {
				t.Errorf("%s: no mend: %s", what, line)
			}
		}
		if c.serve != "" {
			if code, out := refuses(t, command(t, p.dir, env, "serve")); code != 1 || !strings.Contains(out, c.serve) {
				t.Errorf("%s: serve: exit %d, want 1 and %q\n%s", what, code, c.serve, out)
			}
		}
		if c.undo != "" {
			exec(c.undo)
		}
	}
	if out := p.run("doctor"); strings.Contains(out, "wrong") {
		t.Errorf("all is mended:\n%s", out)
	}
}

// refuses runs a serve or work that should not come up, and ends it where it does.
func refuses(t *testing.T, cmd *exec.Cmd) (code int, out string) {
	t.Helper()
	var log pg.Log
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	wait.Until(t, "it ends or serves", func() bool {
		select {
		case <-ended:
			return true
		default:
			return strings.Contains(log.String(), `"msg":"serving"`)
		}
	})
	_ = cmd.Process.Kill()
	<-ended
	return cmd.ProcessState.ExitCode(), log.String()
}
