package cli_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
	"github.com/paddock-crm/paddock/sql/schema"
)

const deploy = "../../deploy/"

// tool finds a program that CI must have, and others may.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s must be there in CI", name)
		}
		t.Skipf("no %s on the PATH: its configuration was not tried", name)
	}
	return path
}

// certificate writes a self-signed one for paddock.test and its subdomains.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "paddock.test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"paddock.test", "*.paddock.test"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(deploy + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// nginxConf is the file as an operator gets it, for these ports and processes.
func nginxConf(t *testing.T, dir, port string, upstreams ...string) string {
	t.Helper()
	cert, key := certificate(t, dir)
	servers := ""
	for _, u := range upstreams {
		servers += "server 127.0.0.1:" + u + " max_fails=0;\n"
	}
	six := func(port string) string { // where the machine has IPv6
		l, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			return ""
		}
		l.Close()
		return "listen [::1]:" + port
	}
	plain := pg.Port(t)
	conf := strings.NewReplacer(
		"listen [::]:443 ssl default_server;", "", "listen [::]:80 default_server;", "", "listen 443 ssl default_server;",
		"listen 127.0.0.1:"+port+" ssl default_server;", "listen 80 default_server;", "listen 127.0.0.1:"+plain+" default_server;",
		"listen [::]:443 ssl;", strings.TrimPrefix(six(port)+" ssl;", " ssl;"), "listen [::]:80;", strings.TrimPrefix(six(plain)+";", ";"),
		"server 127.0.0.1:8080 max_fails=0;", servers, "server 127.0.0.1:8081 max_fails=0;", "", "/etc/ssl/paddock/fullchain.pem", cert,
		"/etc/ssl/paddock/privkey.pem", key,
		"listen 443 ssl;", "listen 127.0.0.1:"+port+" ssl; add_header X-Process $upstream_addr always;", "listen 80;",
		"listen 127.0.0.1:"+plain+";", "myapp.com", "paddock.test",
	).Replace(read(t, "nginx.conf"))
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	path := filepath.Join(dir, "nginx.conf")
	all := fmt.Sprintf("%s worker_processes 1; daemon off; pid %s/nginx.pid; error_log %s/error.log; events {} http { access_log off; "+
		"client_body_temp_path %s; proxy_temp_path %s; fastcgi_temp_path %s; uwsgi_temp_path %s; scgi_temp_path %s;\n%s}",
		user, dir, dir, dir, dir, dir, dir, dir, conf)
	if err := os.WriteFile(path, []byte(all), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestProxyConfigurations(t *testing.T) {
	t.Parallel()
	t.Run("nginx", func(t *testing.T) {
		t.Parallel()
		nginx, dir := tool(t, "nginx"), t.TempDir()
		if out, err := exec.Command(nginx, "-t", "-p", dir, "-c", nginxConf(t, dir, pg.Port(t), "8080")).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("Caddy", func(t *testing.T) {
		t.Parallel()
		caddy, dir := tool(t, "caddy"), t.TempDir()
		cert, key := certificate(t, dir)
		file := filepath.Join(dir, "Caddyfile")
		text := strings.NewReplacer("/etc/ssl/paddock/fullchain.pem", cert, "/etc/ssl/paddock/privkey.pem", key).Replace(read(t, "Caddyfile"))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(caddy, "validate", "--adapter", "caddyfile", "--config", file)
		cmd.Env = append(os.Environ(), "HOME="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// What can't be run here says at least what it must; tools/check-deploy reads it
// as those who run it do.
func TestDeploymentFiles(t *testing.T) {
	t.Parallel()
	var kinds []string
	d := yaml.NewDecoder(strings.NewReader(read(t, "kubernetes/paddock.yaml")))
	for {
		var x struct {
			Kind string
			Spec struct {
				Template struct {
					Spec struct {
						Containers []struct {
							Args            []string
							ReadinessProbe  map[string]any `yaml:"readinessProbe"`
							SecurityContext map[string]any `yaml:"securityContext"`
							Resources       struct{ Limits map[string]string }
						}
						Token *bool `yaml:"automountServiceAccountToken"`
					}
				}
			}
		}
		err := d.Decode(&x)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, x.Kind)
		if n := len(x.Spec.Template.Spec.Containers); n > 0 && (x.Spec.Template.Spec.Token == nil || *x.Spec.Template.Spec.Token) {
			t.Errorf("%s: its pods get a token of the cluster's", x.Kind)
		}
		for _, c := range x.Spec.Template.Spec.Containers {
			if c.Resources.Limits["memory"] == "" || c.Resources.Limits["cpu"] == "" || c.SecurityContext["readOnlyRootFilesystem"] != true ||
				c.SecurityContext["allowPrivilegeEscalation"] != false {
				t.Errorf("%s: %+v", x.Kind, c)
			}
			if len(c.Args) == 0 || c.SecurityContext["runAsNonRoot"] != true || c.Args[0] == "serve" && c.ReadinessProbe == nil {
				t.Errorf("%s: %+v", x.Kind, c)
			}
		}
	}
	if got := strings.Join(kinds, " "); got != "Job Deployment Deployment Service NetworkPolicy" {
		t.Errorf("the manifests are %s", got)
	}
	var compose struct {
		Services map[string]struct {
			Command     any
			Environment map[string]string
			ReadOnly    bool     `yaml:"read_only"`
			CapDrop     []string `yaml:"cap_drop"`
			SecurityOpt []string `yaml:"security_opt"`
			MemLimit    string   `yaml:"mem_limit"`
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "compose.yaml")), &compose); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"DATABASE_URL", "PADDOCK_SECRET", "PADDOCK_BASE_URL", "SMTP_URL", "PADDOCK_MAIL_FROM"} {
		if compose.Services["paddock"].Environment[name] == "" {
			t.Errorf("compose.yaml does not set %s", name)
		}
	}
	for name, s := range compose.Services {
		if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.MemLimit == "" {
			t.Errorf("compose.yaml: %s may take more than it should: %+v", name, s)
		}
		if name != "postgres" && (!s.ReadOnly || !slices.Contains(s.CapDrop, "ALL")) {
			t.Errorf("compose.yaml: %s is not shut: %+v", name, s)
		}
	}
	_, superuser, _ := strings.Cut(schema.Superuser, "do $$")
	settings, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"docs/settings.md": string(settings), "postgres-init.sh": read(t, "postgres-init.sh")} {
		if !strings.Contains(text, superuser) {
			t.Errorf("%s does not have what stands in sql/schema/superuser.sql", file)
		}
	}
	if out, err := exec.Command("sh", "-n", deploy+"postgres-init.sh").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	for file, wants := range map[string][]string{"Dockerfile": {"-tags production", "CGO_ENABLED=0", "distroless/static", "nonroot"},
		"paddock@.service": {"ExecStartPre=/usr/local/bin/paddock migrate --shared", "ExecStartPost=-/usr/local/bin/paddock migrate",
			"DynamicUser=yes", "TimeoutStopSec", "PADDOCK_LISTEN=127.0.0.1:%i"}} {
		for _, want := range wants {
			if !strings.Contains(read(t, file), want) {
				t.Errorf("%s lacks %s", file, want)
			}
		}
	}
	t.Run("systemd", func(t *testing.T) {
		analyze, file := tool(t, "systemd-analyze"), filepath.Join(t.TempDir(), "paddock@.service")
		// It looks for the program, which is not installed here.
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(read(t, "paddock@.service"), "/usr/local/bin/paddock", "/bin/true")),
			0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(analyze, "verify", "--man=no", file).CombinedOutput(); err != nil ||
			strings.Contains(string(out), "paddock@.service:") {
			t.Errorf("%v\n%s", err, out)
		}
		// 0 is a unit that can do nothing, 100 one that can do all; the default is 96.
		if out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=15", "--no-pager", file).CombinedOutput(); err != nil {
			t.Errorf("its sandbox: %v\n%s", err, out)
		}
	})
}

// Two web processes and a worker on one database behind nginx, every request
// going to the other process than the last: nothing is kept in one that the
// other needs. Then both are replaced under load, and no request fails.
func TestSeveralProcesses(t *testing.T) {
	t.Parallel()
	nginx := tool(t, "nginx")
	port := pg.Port(t)
	base := "https://paddock.test:" + port
	// The time that proxies have to go elsewhere, as in production.
	p := newProduction(t, pg.NewDatabase(t), base, "PADDOCK_DRAIN_DELAY=3s")
	dir := p.dir
	ports := []string{pg.Port(t), pg.Port(t)}
	web := []*exec.Cmd{p.launch(ports[0], "serve", "--jobs=false"), p.launch(ports[1], "serve", "--jobs=false")}
	p.launch("0", "work")
	proxy := exec.Command(nginx, "-p", dir, "-c", nginxConf(t, dir, port, ports...))
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Process.Signal(syscall.SIGTERM); _ = proxy.Wait() })

	wait.Until(t, "nginx listens", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	c := p.client(port, &tls.Config{InsecureSkipVerify: true})
	at := p.at
	last, alternated := "", 0
	do := func(method, u string, form url.Values) (int, string, string) {
		t.Helper()
		var body io.Reader
		if form != nil {
			body = strings.NewReader(form.Encode())
		}
		r, err := http.NewRequestWithContext(t.Context(), method, u, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		if p := res.Header.Get("X-Process"); p != last {
			last = p
			alternated++
		} else {
			t.Errorf("%s %s went to %s twice in a row", method, u, p)
		}
		return res.StatusCode, res.Header.Get("Location"), string(b)
	}
	want := func(status, wanted int, what, body string) {
		t.Helper()
		if status != wanted {
			t.Fatalf("%s: %d, want %d\n%.2000s", what, status, wanted, body)
		}
	}
	status, _, body := do("GET", base+"/", nil)
	want(status, 200, "landing", body)
	status, to, body := do("POST", base+"/signup", url.Values{"workspace": {"Team"}, "slug": {"crew-one"}, "name": {"Nora"},
		"email": {"nora@example.com"}, "password": {"a long enough phrase"}})
	want(status, 303, "sign-up", body)
	status, _, body = do("GET", to, nil)
	want(status, 303, "hand-off, by the other process", body)
	for i := range 4 {
		status, to, body = do("POST", at("crew-one", "/customers"), url.Values{"name": {fmt.Sprint("Customer ", i)}})
		want(status, 303, "a customer", body)
		status, _, body = do("GET", at("crew-one", to), nil)
		want(status, 200, "the customer", body)
		if !strings.Contains(body, fmt.Sprint("Customer ", i)) || !strings.Contains(body, "added") { // the flash of the other
			t.Error("the other process does not know what was just said")
		}
	}
	status, _, body = do("PUT", at("crew-one", "/settings/workspace"), url.Values{"name": {"Renamed team"}})
	want(status, 303, "settings", body)
	// both waits until one process and then the other answers so.
	both := func(what string, ok func(status int, body string) bool) {
		t.Helper()
		last := false
		wait.Until(t, "both processes know: "+what, func() bool {
			status, _, body := do("GET", at("crew-one", "/customers"), nil)
			before := last
			last = ok(status, body)
			return before && last
		})
	}
	both("the name", func(_ int, body string) bool { return strings.Contains(body, "Renamed team") })
	wait.Until(t, "the worker sends mail", func() bool { return len(p.smtp.Received()) > 0 })
	// Attempts are counted together.
	tries := 0
	for ; tries < 20; tries++ {
		if status, _, _ = do("POST", at("crew-one", "/signin"),
			url.Values{"email": {"nora@example.com"}, "password": {"wrong"}}); status == http.StatusTooManyRequests {
			break
		}
	}
	if tries != 10 {
		t.Errorf("%d attempts before it stopped, want 10", tries)
	}
	// Suspended by a command: both know.
	for _, step := range []struct {
		command string
		want    int
	}{{"suspend", 403}, {"resume", 200}} {
		if out, err := command(t, dir, p.env("0"), "tenant", step.command, "crew-one").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		both(step.command, func(status int, _ string) bool { return status == step.want })
	}
	t.Logf("%d requests, each by the other process", alternated)

	// Both are replaced, one after the other, while people work.
	unlimited(t, p.database)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var done, failed atomic.Int64
	var mu sync.Mutex
	var first string
	note := func(format string, args ...any) {
		failed.Add(1)
		mu.Lock()
		defer mu.Unlock()
		if first == "" {
			first = fmt.Sprintf(format, args...)
		}
	}
	for i := range 6 {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				method, u, form := "GET", at("crew-one", "/customers"), url.Values(nil)
				if n%3 == 0 {
					method, u, form = "POST", at("crew-one", "/customers"), url.Values{"name": {fmt.Sprintf("Under load %d-%d", i, n)}}
				}
				var body io.Reader
				if form != nil {
					body = bytes.NewReader([]byte(form.Encode()))
				}
				r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), method, u, body)
				if err != nil {
					note("%v", err)
					return
				}
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				if form != nil {
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				}
				res, err := c.Do(r)
				if err != nil {
					note("%s: %v", method, err)
					continue
				}
				text, _ := io.ReadAll(res.Body)
				res.Body.Close()
				if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusSeeOther {
					note("%s: %d %.300s", method, res.StatusCode, text)
				}
				done.Add(1)
			}
		})
	}
	more := func(n int64) {
		t.Helper()
		before := done.Load()
		wait.Until(t, fmt.Sprint(n, " more requests are answered"), func() bool { return done.Load() >= before+n })
	}
	for i := range web {
		more(40)
		if err := web[i].Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := web[i].Wait(); err != nil {
			t.Errorf("a process did not stop in order: %v", err)
		}
		web[i] = p.launch(ports[i], "serve", "--jobs=false")
	}
	more(40)
	stop()
	wg.Wait()
	t.Logf("rolling restart: %d requests, %d failed", done.Load(), failed.Load())
	if failed.Load() != 0 || done.Load() < 100 {
		log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
		t.Errorf("%d of %d failed; the first: %s\n%s", failed.Load(), done.Load(), first, log)
	}
}
