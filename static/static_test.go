package static_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/static"
)

// What the manifest names is there, and so is the icon that browsers ask for by themselves.
func TestIcons(t *testing.T) {
	t.Parallel()
	get := func(path string) *http.Response {
		w := httptest.NewRecorder()
		if !static.Serve(w, httptest.NewRequest(http.MethodGet, path, nil)) {
			t.Fatalf("%s is not there", path)
		}
		return w.Result()
	}
	res := get(static.Path("app.webmanifest"))
	var manifest struct{ Icons []struct{ Src, Type string } }
	if err := json.NewDecoder(res.Body).Decode(&manifest); err != nil || len(manifest.Icons) < 2 {
		t.Fatalf("%v %v", manifest, err)
	}
	if kind := res.Header.Get("Content-Type"); kind != "application/manifest+json" {
		t.Errorf("the manifest is %s", kind)
	}
	for _, icon := range manifest.Icons {
		if res := get(icon.Src); res.Header.Get("Content-Type") != icon.Type || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v", icon.Src, res.Header)
		}
	}
	if res := get("/favicon.ico"); res.Header.Get("Content-Type") != "image/x-icon" ||
		strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("/favicon.ico: %v", res.Header)
	}
	for _, path := range []string{"/static/favicon.ico", "/static/none.css", "/favicon.svg"} {
		if static.Serve(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil)) {
			t.Errorf("%s is there", path)
		}
	}
}
