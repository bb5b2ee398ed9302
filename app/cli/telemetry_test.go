package cli_test

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/apptest/wait"
)

// A sign-up as a collector sees it: one trace with the request, its statements
// by name, and the mail that it had sent, by another process. Nothing that
// somebody typed is in it.
func TestTraces(t *testing.T) {
	t.Parallel()
	type span struct{ name, trace, parent, id string }
	var mu sync.Mutex
	var spans []span
	var all strings.Builder
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		var in collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(b, &in); err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		mu.Lock()
		defer mu.Unlock()
		all.WriteString(in.String())
		for _, rs := range in.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					spans = append(spans, span{s.Name, hex.EncodeToString(s.TraceId), hex.EncodeToString(s.ParentSpanId), hex.EncodeToString(s.SpanId)})
				}
			}
		}
	}))
	defer server.Close()
	port := pg.Port(t)
	p := newProduction(t, pg.NewDatabase(t), "http://paddock.localhost:"+port, "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL,
		"OTEL_BSP_SCHEDULE_DELAY=100")
	web := p.launch(port, "serve", "--jobs=false")
	p.launch("0", "work")
	res, err := p.client(port, nil).PostForm(p.base+"/signup",
		url.Values{"workspace": {"Team"}, "slug": {"crew-one"}, "name": {"Nora Secretive"}, "email": {"nora@example.com"},
			"password": {"a long enough phrase"}})
	if err != nil || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%v %v\n%s", res, err, p.logs)
	}
	res.Body.Close()
	find := func(name string) (s span, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		for _, s := range spans {
			if s.name == name {
				return s, true
			}
		}
		return span{}, false
	}
	var request, query, job span
	wait.Until(t, "the spans of the request, of its statement and of its job", func() bool {
		var a, b, c bool
		request, a = find("POST /signup")
		query, b = find("TenantClaim")
		job, c = find("job mail")
		return a && b && c
	})
	if query.trace != request.trace || query.parent != request.id {
		t.Errorf("the statement %v is not the request's %v", query, request)
	}
	if job.trace != request.trace {
		t.Errorf("the job %v is not of the request's trace %v", job, request)
	}
	if err := web.Process.Signal(syscall.SIGTERM); err != nil { // it sends what is left
		t.Fatal(err)
	}
	_ = web.Wait()
	mu.Lock()
	defer mu.Unlock()
	for _, secret := range []string{"a long enough phrase", "nora@example.com", "Secretive"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("the traces hold %q", secret)
		}
	}
}
