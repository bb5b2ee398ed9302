package cli_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"

	"github.com/paddock-crm/paddock/app/apptest/peer"
	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
)

// pebble is Let's Encrypt's test server, in this process. It proves hosts by
// TLS-ALPN at port, asking our name server where they are. Its own certificate
// is in the file; roots are those that sign what it issues.
func pebble(t *testing.T, port string) (directory, file string, roots *x509.CertPool) {
	t.Helper()
	// Read once, when the server is made: it must not dawdle or fail on purpose.
	for k, v := range map[string]string{"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"} {
		if err := os.Setenv(k, v); err != nil { //nolint:usetesting // t.Setenv forbids parallel tests, and nobody else reads these
			t.Fatal(err)
		}
	}
	tlsPort, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	dns, err := peer.NewDNS()
	if err != nil {
		t.Fatal(err)
	}
	logger := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	authority := ca.New(logger, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {}})
	// no Retry-After: half of the time it is a date, which older clients do not read
	front := wfe.New(logger, store, va.New(logger, 1, tlsPort, false, dns.Addr(), store), authority, []string{"pebble.test"}, false, false, 0,
		0)
	server := httptest.NewTLSServer(front.Handler())
	t.Cleanup(server.Close)
	file = filepath.Join(t.TempDir(), "pebble.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.GetRootCert(0).PEM())
	return server.URL + wfe.DirectoryPath, file, roots
}

// Certificates on demand, from Pebble: for the base host, a workspace and a
// proven domain, and for nothing else; asked for by one process and proven and
// served by the other; sealed in the database.
func TestCertificatesOnDemand(t *testing.T) {
	t.Parallel()
	one, two, plain := pg.Port(t), pg.Port(t), pg.Port(t)
	directory, file, roots := pebble(t, one)
	p := newProduction(t, pg.NewDatabase(t), "https://paddock.test",
		"PADDOCK_TLS=auto", "PADDOCK_ACME_DIRECTORY="+directory, "PADDOCK_ACME_EMAIL=ops@paddock.test", "SSL_CERT_FILE="+file)
	p.run("tenant", "create", "crew-one", "--owner-email", "nora@example.com")
	c, err := pgx.Connect(t.Context(), p.database)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(),
		`insert into public.domains (tenant_id, host, verified_at) select id, 'crm.example.com', now() from public.tenants
			where slug = 'crew-one'`); err != nil {
		t.Fatal(err)
	}
	p.launch(one, "serve", "--jobs=false")
	p.extra = append(p.extra, "PADDOCK_REDIRECT_LISTEN=127.0.0.1:"+plain)
	p.launch(two, "serve", "--jobs=false")

	get := func(port, url string) (*http.Response, error) {
		res, err := p.client(port, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}).Get(url)
		if err == nil {
			res.Body.Close()
		}
		return res, err
	}
	serial := map[string]string{}
	for _, host := range []string{"paddock.test", "crew-one.paddock.test", "crm.example.com", "admin.paddock.test"} {
		res, err := get(two, "https://"+host+"/signin") // the other proves it
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v %v\n%s", host, res, err, p.logs)
		}
		serial[host] = res.TLS.PeerCertificates[0].SerialNumber.String()
		if res, err = get(one, "https://"+host+"/signin"); err != nil || res.TLS.PeerCertificates[0].SerialNumber.String() != serial[host] {
			t.Errorf("%s by the other process: another certificate, %v", host, err)
		}
	}
	for _, host := range []string{"nobody-has-this.paddock.test", "www.paddock.test", "example.org", "a.crew-one.paddock.test"} {
		if _, err := get(two, "https://"+host+"/"); err == nil {
			t.Errorf("a certificate for %s", host)
		}
	}
	var n int
	if err := c.QueryRow(t.Context(), `select count(*) from public.certificates where key like 'certificates/%.key'`).Scan(&n); err != nil ||
		n != len(serial) {
		t.Errorf("%d certificates were got, %v; want %d", n, err, len(serial))
	}
	if err := c.QueryRow(t.Context(), `select count(*) from public.certificates where value like '%PRIVATE%' or value like '%{%'`).
		Scan(&n); err != nil || n != 0 {
		t.Errorf("%d values in the clear, %v", n, err)
	}
	// Restarted, a process has them from the database: Pebble is asked for nothing.
	three := pg.Port(t)
	p.extra = p.extra[:len(p.extra)-1]
	p.launch(three, "serve", "--jobs=false")
	if res, err := get(three, "https://crm.example.com/signin"); err != nil ||
		res.TLS.PeerCertificates[0].SerialNumber.String() != serial["crm.example.com"] {
		t.Errorf("a new process: %v", err)
	}
	// HTTP/2, and the redirect from plain HTTP.
	h2 := p.client(two, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})
	h2.Transport.(*http.Transport).ForceAttemptHTTP2 = true
	if res, err := h2.Get("https://crew-one.paddock.test/signin"); err != nil || res.ProtoMajor != 2 {
		t.Errorf("HTTP/2: %v %v", res, err)
	}
	res, err := p.client(plain, nil).Get("http://crew-one.paddock.test/customers?q=x")
	if err != nil || res.StatusCode != http.StatusPermanentRedirect ||
		res.Header.Get("Location") != "https://crew-one.paddock.test/customers?q=x" {
		t.Errorf("plain HTTP: %v %v", res, err)
	}
	if res, err = p.client(plain, nil).Get("http://example.org/"); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("plain HTTP of a foreign host: %v %v", res, err)
	}
	// A proxy's question.
	for domain, want := range map[string]int{"crm.example.com": 200, "crew-one.paddock.test": 200, "example.org": 404, "": 404} {
		if res, err := get(two, "https://paddock.test/internal/tls/allow?domain="+domain); err != nil || res.StatusCode != want {
			t.Errorf("may a proxy get one for %q: %v %v", domain, res, err)
		}
	}
}

// A certificate of the operator's own, in files.
func TestCertificateFromFiles(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, t.TempDir())
	port := pg.Port(t)
	p := newProduction(t, pg.NewDatabase(t), "https://paddock.test", "PADDOCK_TLS="+cert+","+key)
	p.launch(port, "serve")
	res, err := p.client(port, &tls.Config{InsecureSkipVerify: true}).Get("https://paddock.test/signin")
	if err != nil || res.StatusCode != http.StatusOK || res.TLS.PeerCertificates[0].Subject.CommonName != "paddock.test" {
		t.Errorf("%v %v", res, err)
	}
	p.extra = []string{"PADDOCK_TLS=auto," + cert}
	if out, err := command(t, p.dir, p.env("0"), "serve").CombinedOutput(); err == nil || !strings.Contains(string(out), "PADDOCK_TLS") {
		t.Errorf("half a setting: %v %s", err, out)
	}
}

// Caddy in front, with the configuration as an operator gets it: the wildcard's
// certificate for our own hosts, and one on demand for a workspace's domain, once
// Paddock has said that it is one.
func TestCaddyOnDemand(t *testing.T) {
	t.Parallel()
	caddy := tool(t, "caddy")
	front, back := pg.Port(t), pg.Port(t)
	directory, file, roots := pebble(t, front)
	p := newProduction(t, pg.NewDatabase(t), "https://paddock.test")
	p.run("tenant", "create", "crew-one", "--owner-email", "nora@example.com")
	c, err := pgx.Connect(t.Context(), p.database)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(),
		`insert into public.domains (tenant_id, host, verified_at) select id, 'crm.example.com', now() from public.tenants
			where slug = 'crew-one'`); err != nil {
		t.Fatal(err)
	}
	p.launch(back, "serve", "--jobs=false")
	cert, key := certificate(t, p.dir)
	text := strings.NewReplacer("/etc/ssl/paddock/fullchain.pem", cert, "/etc/ssl/paddock/privkey.pem", key, "127.0.0.1:8080",
		"127.0.0.1:"+back, "myapp.com", "paddock.test",
		"\ton_demand_tls {", "\tadmin off\n\thttps_port "+front+"\n\thttp_port "+pg.Port(t)+"\n\tacme_ca "+directory+"\n\tacme_ca_root "+file+
			"\n\ton_demand_tls {").Replace(read(t, "Caddyfile"))
	conf := filepath.Join(p.dir, "Caddyfile")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(caddy, "run", "--adapter", "caddyfile", "--config", conf)
	cmd.Env = append(os.Environ(), "HOME="+p.dir, "XDG_DATA_HOME="+p.dir, "XDG_CONFIG_HOME="+p.dir)
	cmd.Stdout, cmd.Stderr = p.logs, p.logs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	pem, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots.AppendCertsFromPEM(pem)
	get := func(host string) (status int, issuer string, err error) {
		res, err := p.client(front, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}).Get("https://" + host + "/signin")
		if err != nil {
			return 0, "", err
		}
		res.Body.Close()
		return res.StatusCode, res.TLS.PeerCertificates[0].Issuer.CommonName, nil
	}
	var status int
	var issuer string
	wait.Until(t, "Caddy serves", func() (ok bool) {
		status, issuer, err = get("crew-one.paddock.test")
		return err == nil
	})
	if status != http.StatusOK || issuer != "paddock.test" {
		t.Errorf("a workspace: %d by %s", status, issuer)
	}
	if status, issuer, err := get("crm.example.com"); err != nil || status != http.StatusOK || !strings.Contains(issuer, "Pebble") {
		t.Errorf("a workspace's domain: %d by %s, %v\n%s", status, issuer, err, p.logs)
	}
	if _, _, err := get("example.org"); err == nil {
		t.Error("a certificate for a domain that is nobody's")
	}
	// www. is the public site's, and a proxy's question is the proxy's alone.
	for at, want := range map[string]string{"https://www.paddock.test/signup?a=b": "301 https://paddock.test/signup?a=b",
		"https://paddock.test/internal/tls/allow?domain=crew-one.paddock.test": "404"} {
		res, err := p.client(front, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}).Get(at)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := strings.TrimSpace(fmt.Sprint(res.StatusCode, " ", res.Header.Get("Location"))); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
}
