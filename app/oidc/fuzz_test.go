package oidc_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/oidc"
)

// A provider that a workspace names may answer anything, at each step: nothing of it
// is believed that is not signed, and nothing of it ends the process.
func FuzzAnswers(f *testing.F) {
	config := `{"issuer":"ISSUER","authorization_endpoint":"ISSUER/a","token_endpoint":"ISSUER/t","jwks_uri":"ISSUER/k",
		"userinfo_endpoint":"ISSUER/u","id_token_signing_alg_values_supported":["RS256","none"]}`
	none := "eyJhbGciOiJub25lIn0.eyJpc3MiOiJJU1NVRVIiLCJzdWIiOiIxIiwiYXVkIjoicGFkZG9jayIsImV4cCI6OTk5OTk5OTk5OX0."
	for _, token := range []string{"", "{}", "null", `{"access_token":"x","token_type":"Bearer"}`,
		`{"access_token":"x","token_type":"Bearer","id_token":"` + none + `"}`, `{"access_token":"x","id_token":"a.b.c"}`, `{"access_token":1}`,
		`{"error":"x"}`, strings.Repeat("[", 9000)} {
		for _, keys := range []string{"", `{"keys":[]}`, `{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB","alg":"RS256"}]}`,
			`{"keys":[{"kty":"oct","k":"AA"}]}`, "null"} {
			f.Add(config, token, keys)
		}
	}
	for _, c := range []string{"", "null", "[]", `{"issuer":"https://evil.example"}`,
		strings.Replace(config, "ISSUER/t", "file:///etc/passwd", 1), strings.Replace(config, `"ISSUER/k"`, "{}", 1),
		strings.Repeat(`{"issuer":`, 4000)} {
		f.Add(c, "{}", `{"keys":[]}`)
	}
	f.Fuzz(func(t *testing.T, config, token, keys string) {
		var issuer string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			answer := map[string]string{"/.well-known/openid-configuration": config, "/t": token, "/k": keys}[r.URL.Path]
			_, _ = io.WriteString(w, strings.ReplaceAll(answer, "ISSUER", issuer))
		}))
		defer server.Close()
		issuer = server.URL
		c := oidc.NewClient([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
		p := oidc.Provider{ID: "x", Name: "X", Issuer: issuer, ClientID: "paddock", ClientSecret: "s"}
		if found, err := c.Finish(t.Context(), p, "https://paddock.test/oidc/x/callback", "code",
			oidc.Flow{State: "s", Nonce: "n", Verifier: strings.Repeat("v", 43)}); err == nil {
			t.Errorf("it is believed that this is %+v", found)
		}
		_, _, _ = c.Start(p, "https://paddock.test/oidc/x/callback", true) // however that ends
	})
}
