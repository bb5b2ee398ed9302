package cli_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
)

var fence = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// blocks are the fenced blocks of a page of ../../docs, by their language.
func blocks(t *testing.T, page string) map[string][]string {
	t.Helper()
	b, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, m := range fence.FindAllStringSubmatch(string(b), -1) {
		out[m[1]] = append(out[m[1]], m[2])
	}
	return out
}

// docs/install.md, to the letter as far as a test may go: its SQL by psql, its settings
// by a shell, its commands and nginx's file. What it says then answers, and the doctor
// has nothing to say.
func TestInstallation(t *testing.T) {
	t.Parallel()
	nginx := tool(t, "nginx")
	page := blocks(t, "install.md")
	server := pg.NewServer(t, map[string]string{"fsync": "off"})
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir, smtp, front, port := pg.ServerDir(t), peer.NewSMTP(t), pg.Port(t), pg.Port(t)
	base := "https://paddock.test:" + front
	superuser, err := url.Parse(server.SuperuserURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	// What a reader fills in.
	fill := strings.NewReplacer(
		"PASSWORD-OF-THE-OWNER", "of the owner", "PASSWORD-OF-REQUESTS", "of requests", "WHAT-OPENSSL-RAND-BASE64-32-PRINTS",
		"Zm9yIHRlc3RzIGFsb25lLCBvZiAzMiBieXRlcw==",
		"127.0.0.1:5432/paddock", superuser.Host+"/paddock?sslmode=disable", "smtp://USER:PASSWORD@mail.myapp.com:587", smtp.URL().String(),
		"https://myapp.com", base, "myapp.com", "paddock.test",
	)
	settings := strings.NewReplacer("of the owner", "of%20the%20owner", "of requests", "of%20requests").Replace(fill.Replace(page["ini"][0]))
	env := filepath.Join(dir, "paddock.env")
	if err := os.WriteFile(env, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	psql := exec.Command(filepath.Join(server.Bin, "psql"), "--set=ON_ERROR_STOP=1", superuser.String())
	psql.Stdin = strings.NewReader(fill.Replace(page["sql"][0]))
	if out, err := psql.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// The page's commands, by a shell that finds paddock and psql where the test has them.
	names := t.TempDir()
	if err := os.Symlink(bin, filepath.Join(names, "paddock")); err != nil {
		t.Fatal(err)
	}
	run := func(script string) string {
		t.Helper()
		cmd := exec.Command("sh", "-e", "-c", script)
		cmd.Env = []string{"PATH=" + names + ":" + server.Bin + ":" + os.Getenv("PATH"), "HOME=" + dir, "PADDOCK_DATA_DIR=" + dir,
			"PADDOCK_METRICS_LISTEN=off", "PADDOCK_LISTEN=127.0.0.1:" + port}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s\n%v: %s", script, err, out)
		}
		return string(out)
	}
	load := "set -a; . " + env + "; set +a\n"
	var ran []string
	for _, script := range page["sh"] {
		var kept []string
		for line := range strings.Lines(script) {
			if strings.HasPrefix(line, "paddock ") || strings.HasPrefix(line, "set -a") {
				kept = append(kept, strings.NewReplacer("/etc/paddock.env", env, "sudo -u postgres psql paddock",
					"psql "+strings.Replace(superuser.String(), "/postgres?", "/paddock?", 1)).Replace(line))
			}
		}
		if len(kept) == 0 {
			continue
		}
		out := run(load + fill.Replace(strings.Join(kept, "")))
		for _, line := range kept {
			ran = append(ran, strings.Fields(line)[1])
		}
		if slices.Contains(kept, "paddock doctor\n") {
			if strings.Contains(out, "wrong") || strings.Contains(strings.ReplaceAll(out, "warning  no spare schema", ""), "warning") {
				t.Errorf("the doctor, after all was done as the page says:\n%s", out)
			}
		}
	}
	if want := []string{"doctor", "-a;", "migrate", "doctor", "tenant", "admin", "migrate", "migrate"}; !slices.Equal(ran, want) {
		t.Errorf("the page ran %v, want %v", ran, want)
	}
	// The service, with what its unit sets, and nginx in front.
	unit := read(t, "paddock@.service")
	if !strings.Contains(unit, "EnvironmentFile=/etc/paddock.env") || !strings.Contains(unit, "ExecStart=/usr/local/bin/paddock serve") {
		t.Error("the unit reads other settings, or starts another program")
	}
	logs := &pg.Log{}
	serve := exec.Command("sh", "-c", load+"exec paddock serve")
	serve.Env = []string{"PATH=" + names + ":" + os.Getenv("PATH"), "PADDOCK_DATA_DIR=" + dir, "PADDOCK_LISTEN=127.0.0.1:" + port,
		"PADDOCK_METRICS_LISTEN=off"}
	serve.Stdout, serve.Stderr = logs, logs
	proxy := exec.Command(nginx, "-p", dir, "-c", nginxConf(t, dir, front, port))
	for _, cmd := range []*exec.Cmd{serve, proxy} {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	}
	said(t, logs, `"msg":"serving"`)
	p := &production{t: t, base: base}
	c := p.client(front, &tls.Config{InsecureSkipVerify: true})
	get := func(at string) *http.Response {
		t.Helper()
		var res *http.Response
		wait.Until(t, "nginx answers", func() (ok bool) {
			res, err = c.Get(at)
			return err == nil
		})
		res.Body.Close()
		return res
	}
	for at, want := range map[string]string{
		base + "/": "200", p.at("ferrari", "/signin"): "200", p.at("admin", "/signin"): "200", p.at("nobody-has-it", "/"): "404",
		p.at("www", "/signup?a=b"): "301 https://paddock.test/signup?a=b", base + "/internal/tls/allow?domain=ferrari.paddock.test": "404",
	} {
		res := get(at)
		if got := strings.TrimSpace(fmt.Sprint(res.StatusCode, " ", res.Header.Get("Location"))); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
	if _, err := c.Get("https://example.org:" + front + "/"); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
		t.Errorf("a name that is not ours: %v", err)
	}
	// Asked by who stands beside it, Paddock answers.
	if res, err := http.Get("http://127.0.0.1:" + port + "/internal/tls/allow?domain=ferrari.paddock.test"); err != nil ||
		res.StatusCode != http.StatusOK {
		t.Errorf("a proxy's own question: %v %v", res, err)
	}
	wait.Until(t, "both mails are sent", func() bool { return len(smtp.Received()) >= 2 })
	su, err := pgx.Connect(t.Context(), server.SuperuserURL("paddock"))
	if err != nil {
		t.Fatal(err)
	}
	defer su.Close(t.Context())
	var made string
	if err := su.QueryRow(t.Context(), `select pg_encoding_to_char(encoding) || ' ' || datctype from pg_database where datname = 'paddock'`).
		Scan(&made); err != nil || made != "UTF8 C.UTF-8" {
		t.Errorf("the database is %s: %v", made, err)
	}
}
