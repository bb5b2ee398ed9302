package web_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
)

// What anybody can send, over the whole of the server: no answer is a fault of ours,
// and none lets somebody in. Their seeds are tests; more is found by, for instance,
// go test ./app/web -run '^$' -fuzz FuzzCookie -fuzztime 10m.

// sent sends a request as it is. What can't be written as HTTP is no request.
func sent(t *testing.T, c *apptest.Client, r *http.Request) *apptest.Response {
	t.Helper()
	res, err := c.Try(r)
	if err != nil {
		t.Skip("not sent: ", err)
	}
	return res
}

// sane is for an answer to anything.
func sane(t *testing.T, what string, res *apptest.Response) {
	t.Helper()
	if res.Status >= 500 {
		t.Errorf("%s is answered %d", what, res.Status)
	}
}

func FuzzHost(f *testing.F) {
	app := apptest.Start(f)
	for _, host := range []string{"", "localhost", "admin.paddock.test", "paddock.test.", "PADDOCK.TEST", "a..paddock.test", "-.paddock.test",
		"xn--paddck-fta.test", "[::1]:80", "paddock.test:99999", "paddock.test@evil.example", "t_1.paddock.test", "evil.example/paddock.test",
		"\u202epaddock.test", strings.Repeat("a.", 200) + "paddock.test", "%70addock.test", "paddock.test\x00"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		c := app.Client(t)
		r := c.Request(http.MethodGet, app.Site("/signin"), nil)
		r.Host = host
		res := sent(t, c, r)
		sane(t, "the host", res)
		name, _, _ := strings.Cut(strings.ToLower(host), ":")
		if res.Status == http.StatusOK && name != "" && strings.TrimSuffix(name, ".") != "paddock.test" &&
			!strings.HasSuffix(strings.TrimSuffix(name, "."), ".paddock.test") {
			t.Errorf("host %q is somebody's", host)
		}
	})
}

func FuzzCookie(f *testing.F) {
	app := apptest.Start(f)
	w := app.NewWorkspace(f)
	good := cookies(w.Client(w.Owner), w)
	for _, value := range []string{"", good[:len(good)-1], good + "A", strings.ToUpper(good), good[1:], "null", "MTcw|x|y",
		strings.Repeat("A", 4000), "%00", "é", `{"e":"x"}`} {
		for _, name := range []string{"paddock", "device", "flash", "passkey", "oidc"} {
			f.Add(name, value)
		}
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		if value == good {
			t.Skip()
		}
		c := app.Client(t)
		r := c.Request(http.MethodGet, w.URL("/customers"), nil)
		r.Header.Set("Cookie", "__Host-"+name+"="+value)
		res := sent(t, c, r)
		sane(t, "the cookie", res)
		if res.Status == http.StatusOK {
			t.Errorf("%s=%q is somebody", name, value)
		}
	})
}

func FuzzNext(f *testing.F) {
	app := apptest.Start(f)
	w := app.NewWorkspace(f)
	for _, next := range []string{"/", "/customers?q=a", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example",
		"\\\\evil.example", "/%2f/evil.example", "javascript:alert(1)", "/..//evil.example", "http:evil.example", " //evil.example",
		"/@evil.example", "?x", "/\r\nLocation: https://evil.example", ""} {
		f.Add(next)
	}
	f.Fuzz(func(t *testing.T, next string) {
		c := app.Client(t)
		form := signInForm(w.Owner)
		form.Set("next", next)
		res := c.Post(w.URL("/signin"), form)
		sane(t, "next", res)
		if res.Status == http.StatusBadRequest {
			return
		}
		to, err := url.Parse(w.URL("/signin"))
		if err == nil {
			to, err = to.Parse(res.Header.Get("Location"))
		}
		if err != nil || "https://"+to.Host != strings.TrimSuffix(w.URL(""), "/") || to.Scheme != "https" {
			t.Errorf("next %q leads to %q", next, res.Header.Get("Location"))
		}
	})
}

func FuzzFilters(f *testing.F) {
	app := apptest.Start(f)
	w := app.NewWorkspace(f)
	w.Customer(customerNamed("Ärger & Söhne"))
	c := w.Client(w.Owner)
	for _, query := range []string{"q=%25_%5c", "sort=-name&after=x", "owner=me&tag=a,b&type=customer", "type=x&status=%00",
		"after=" + strings.Repeat("A", 3000), "sort=name;drop", "layout=board&by=x", "q=%f0%9f&sort=",
		"owner=00000000-0000-0000-0000-000000000000", "after=eyJuIjoxfQ", "%=%&==", "q=" + strings.Repeat("a+", 600)} {
		for _, list := range []string{"customers", "deals", "tasks", "search", "settings/audit", "trash"} {
			f.Add(list, query)
		}
	}
	f.Fuzz(func(t *testing.T, list, query string) {
		c := c.For(t)
		r := c.Request(http.MethodGet, w.URL("/"), nil)
		r.URL.Path, r.URL.RawQuery = "/"+list, query
		sane(t, list+"?"+query, sent(t, c, r))
	})
}

func FuzzCursor(f *testing.F) {
	app := apptest.Start(f)
	w := app.NewWorkspace(f)
	for i := range 60 {
		w.Customer(customerNamed("Customer " + string(rune('A'+i))))
	}
	c := w.Client(w.Owner)
	next, _ := c.Get(w.URL("/customers?sort=name")).Find(`[href*="after="], [hx-get*="after="]`).First().Attr("href")
	if u, err := url.Parse(next); err == nil {
		f.Add(u.Query().Get("after"))
	}
	for _, cursor := range []string{"", "x", "null", "W10", "eyJ2IjpbMSwyXX0", strings.Repeat("Q", 5000), "....", "AAAA", "\x00"} {
		f.Add(cursor)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		c := c.For(t)
		for _, at := range []string{"/customers", "/customers?sort=-created_at", "/deals?layout=table&sort=amount", "/tasks?sort=due_at",
			"/settings/audit"} {
			u, err := url.Parse(w.URL(at))
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			q.Set("after", cursor)
			q.Set("before", cursor)
			u.RawQuery = q.Encode()
			sane(t, at, c.Get(u.String()))
		}
	})
}

func FuzzMultipart(f *testing.F) {
	app := apptest.Start(f)
	w := app.NewWorkspace(f)
	c := w.Client(w.Owner)
	part := "--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nPUT\r\n--b\r\nContent-Disposition: form-data; " +
		"name=\"avatar\"; filename=\"a.png\"\r\n\r\n\x89PNG\r\n--b--\r\n"
	for _, body := range []string{part, "", "--b", "--b\r\n\r\n", strings.ReplaceAll(part, "a.png", "../../a"),
		strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\r\n", 900), part[:60],
		"--b\r\n" + strings.Repeat("X: y\r\n", 3000) + "\r\n--b--"} {
		f.Add("multipart/form-data; boundary=b", []byte(body))
	}
	f.Add("multipart/form-data", []byte(part))
	f.Add("multipart/form-data; boundary=\"\"", []byte(part))
	f.Add("multipart/mixed; boundary=b", []byte(part))
	f.Add("application/x-www-form-urlencoded; charset=\xff", []byte("_method=PUT&a=%zz"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		c := c.For(t)
		for _, at := range []string{"/settings/profile/avatar", "/customers"} {
			r := c.Request(http.MethodPost, w.URL(at), url.Values{})
			r.Body, r.ContentLength = http.NoBody, int64(len(body))
			if len(body) > 0 {
				r.Body = io.NopCloser(bytes.NewReader(body))
			}
			r.Header.Set("Content-Type", kind)
			sane(t, kind, sent(t, c, r))
		}
	})
}

// What a browser's authenticator answers is anybody's text.
func FuzzPasskey(f *testing.F) {
	app := apptest.Start(f)
	w := app.NewWorkspace(f)
	owner := w.Client(w.Owner)
	for _, answer := range []string{"", "{}", "null", "[]",
		`{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AAAA","signature":"AAAA",
			"userHandle":"AAAA"}}`,
		`{"id":1}`, `{"rawId":"` + strings.Repeat("A", 30_000) + `"}`,
		`{"response":{"attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUA","clientDataJSON":"e30"},"type":"public-key","id":"AA",
			"rawId":"AA"}`, strings.Repeat("[", 5000)} {
		f.Add(answer)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		c := app.Client(t)
		for _, at := range []string{"/passkeys/login", "/passkeys/registration"} {
			if at == "/passkeys/registration" {
				c = owner.For(t)
			}
			r := c.Request(http.MethodPost, w.URL(at+"/begin"), url.Values{})
			r.Header.Set("Content-Type", "application/json")
			sane(t, at, sent(t, c, r))
			r = c.Request(http.MethodPost, w.URL(at+"/finish"), nil)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(answer)), int64(len(answer))
			r.Header.Set("Content-Type", "application/json")
			res := sent(t, c, r)
			sane(t, at, res)
			if res.Status == http.StatusOK {
				t.Errorf("%s takes %q", at, answer)
			}
		}
	})
}

// Whoever comes back from a provider brings a query of anybody's making.
func FuzzProviderCallback(f *testing.F) {
	app := apptest.Start(f)
	w := app.NewWorkspace(f)
	apptest.Records["DELETE /settings/signin/provider"](w)
	for _, query := range []string{"", "state=x&code=y", "state=%00", "error=access_denied&state=", "iss=https://evil.example&state=a&code=b",
		"state=" + strings.Repeat("A", 3000), "code[]=1", "%zz"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		c := app.Client(t)
		r := c.Request(http.MethodGet, w.URL("/"), nil)
		r.URL.Path, r.URL.RawQuery = "/oidc/workspace/callback", query
		if q, err := url.ParseQuery(query); err == nil {
			r.Header.Set("Cookie", "__Host-oidc="+url.QueryEscape(q.Get("state")))
		}
		res := sent(t, c, r)
		sane(t, query, res)
		if res.Status == http.StatusSeeOther && !strings.HasPrefix(res.Header.Get("Location"), "/signin") {
			t.Errorf("%q leads to %s", query, res.Header.Get("Location"))
		}
	})
}
