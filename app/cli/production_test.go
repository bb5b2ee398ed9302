package cli_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/app/db/pgdev"
)

// production is a Paddock as an operator runs it: a migrated database, a mail
// server, and processes on ports of their own.
type production struct {
	t        *testing.T
	dir      string
	database string
	base     string // https://paddock.test:port
	smtp     *peer.SMTP
	logs     *pg.Log
	extra    []string // settings
	bin      string   // what is launched; "" for what the tests run
}

func newProduction(t *testing.T, database, base string, extra ...string) *production {
	t.Helper()
	p := &production{t: t, dir: pg.ServerDir(t), database: database, base: base, smtp: peer.NewSMTP(t), logs: &pg.Log{}, extra: extra}
	p.run("migrate")
	return p
}

func (p *production) env(listen string) []string {
	return append([]string{
		"DATABASE_URL=" + strings.Replace(p.database, "//"+pgdev.Owner+":", "//"+pgdev.Requests+":", 1), "DATABASE_DIRECT_URL=" + p.database,
		"PADDOCK_SECRET=" + productionSecret, "PADDOCK_BASE_URL=" + p.base, "PADDOCK_LISTEN=127.0.0.1:" + listen,
		"SMTP_URL=" + p.smtp.URL().String(), "PADDOCK_MAIL_FROM=hello@paddock.test", "PADDOCK_METRICS_LISTEN=off",
		"PADDOCK_TRUSTED_PROXIES=127.0.0.1/32", "PADDOCK_DRAIN_DELAY=0s",
	}, p.extra...)
}

const productionSecret = "a secret for tests alone of 32 bytes and more"

// output is what a command prints; where it fails, also why. What it warns of while
// all goes well, such as slow statements on a busy machine, is none of it.
func output(cmd *exec.Cmd) string {
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		out = append(out, exit.Stderr...)
	}
	return string(out)
}

// run runs a command to its end.
func (p *production) run(args ...string) string {
	p.t.Helper()
	cmd := command(p.t, p.dir, p.env("0"), args...)
	out := output(cmd)
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Fatalf("paddock %s: exit %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// launch starts a process, and waits until it is ready where it serves.
func (p *production) launch(listen string, args ...string) *exec.Cmd {
	p.t.Helper()
	serving := `"listen":"127.0.0.1:` + listen + `"`
	before := strings.Count(p.logs.String(), serving)
	cmd := command(p.t, p.dir, p.env(listen), args...)
	if p.bin != "" {
		cmd = commandOf(p.bin, p.dir, p.env(listen), args...)
	}
	cmd.Stdout, cmd.Stderr = p.logs, p.logs
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGKILL); _ = cmd.Wait() })
	if args[0] != "serve" {
		return cmd
	}
	defer func() {
		if p.t.Failed() {
			p.t.Log(p.logs)
		}
	}()
	wait.Until(p.t, "it serves at "+listen, func() bool { return strings.Count(p.logs.String(), serving) > before })
	return cmd
}

// client reaches any host at the port, and trusts what c says.
func (p *production) client(port string, c *tls.Config) *http.Client {
	jar, _ := cookiejar.New(nil) // it never fails without options
	transport := &http.Transport{TLSClientConfig: c, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Timeout: 3 * time.Minute, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// at is an address on a workspace's host.
func (p *production) at(slug, path string) string {
	u, err := url.Parse(p.base)
	if err != nil {
		p.t.Fatal(err)
	}
	u.Host = slug + "." + u.Host
	return u.String() + path
}
