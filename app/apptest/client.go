package apptest

import (
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Client is one person's browser without a script: it keeps cookies, and it
// follows a redirect only when told.
type Client struct {
	tb   testing.TB
	app  *App
	HTTP *http.Client
	HTMX bool // send requests as HTMX does
}

// Client returns somebody who is signed in nowhere.
func (a *App) Client(tb testing.TB) *Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	c := &http.Client{Jar: jar, Transport: a.transport(clientAddress()),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	tb.Cleanup(c.CloseIdleConnections)
	return &Client{tb: tb, app: a, HTTP: c}
}

var clients atomic.Uint32

// clientAddress gives each client an address of its own where the system has
// all of 127.0.0.0/8: they must not share one's allowance of sign-ins.
func clientAddress() net.Addr {
	if runtime.GOOS != "linux" {
		return nil
	}
	n := clients.Add(1)
	return &net.TCPAddr{IP: net.IPv4(127, byte(1+n>>16), byte(n>>8), byte(n))}
}

// Insecure lets the server have any certificate: a custom domain has none here.
func (c *Client) Insecure() {
	c.HTTP.Transport.(*http.Transport).TLSClientConfig.InsecureSkipVerify = true
}

// Response is an answer that was read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   string
	URL    *url.URL // that was asked for
	tb     testing.TB
}

// Get asks for a page.
func (c *Client) Get(url string) *Response {
	c.tb.Helper()
	return c.Do(c.Request(http.MethodGet, url, nil))
}

// Post sends a form; PUT and DELETE go as a plain form sends them, in _method,
// or as HTMX does.
func (c *Client) Post(url string, form url.Values) *Response {
	c.tb.Helper()
	return c.Do(c.Request(http.MethodPost, url, form))
}

// Put is Post with the method PUT.
func (c *Client) Put(u string, form url.Values) *Response {
	c.tb.Helper()
	return c.write(http.MethodPut, u, form)
}

// Delete is Post with the method DELETE.
func (c *Client) Delete(u string, form url.Values) *Response {
	c.tb.Helper()
	return c.write(http.MethodDelete, u, form)
}

func (c *Client) write(method, u string, form url.Values) *Response {
	c.tb.Helper()
	if c.HTMX {
		if method == http.MethodDelete {
			return c.Do(c.Request(method, u+"?"+form.Encode(), nil))
		}
		return c.Do(c.Request(method, u, form))
	}
	with := url.Values{"_method": {method}}
	maps.Copy(with, form)
	return c.Do(c.Request(http.MethodPost, u, with))
}

// Request makes a request as a browser would on our own page.
func (c *Client) Request(method, u string, form url.Values) *http.Request {
	c.tb.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(c.tb.Context(), method, u, body)
	if err != nil {
		c.tb.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.HTMX {
		r.Header.Set("HX-Request", "true")
		r.Header.Set("HX-Request-Type", "partial")
		r.Header.Set("HX-Current-URL", u)
	}
	return r
}

// Do sends the request and reads the answer.
func (c *Client) Do(r *http.Request) *Response {
	c.tb.Helper()
	res, err := c.Try(r)
	if err != nil {
		c.tb.Fatal(err)
	}
	return res
}

// Try is Do for what may be no request at all.
func (c *Client) Try(r *http.Request) (*Response, error) {
	res, err := c.HTTP.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		return nil, err
	}
	return &Response{Status: res.StatusCode, Header: res.Header, Body: b.String(), URL: r.URL, tb: c.tb}, nil
}

// For is the same browser in another test, such as a target of fuzzing.
func (c *Client) For(tb testing.TB) *Client {
	other := *c
	other.tb = tb
	return &other
}

// Follow goes where a redirect points, up to ten times.
func (c *Client) Follow(r *Response) *Response {
	c.tb.Helper()
	for range 10 {
		to := r.Header.Get("Location")
		if to == "" {
			return r
		}
		u, err := r.URL.Parse(to)
		if err != nil {
			c.tb.Fatal(err)
		}
		r = c.Get(u.String())
	}
	c.tb.Fatal("too many redirects")
	return nil
}

// Want fails the test unless the answer has this status.
func (r *Response) Want(status int) *Response {
	r.tb.Helper()
	if r.Status != status {
		r.tb.Fatalf("status %d, want %d; Location %q\n%s", r.Status, status, r.Header.Get("Location"), clip(r.Body))
	}
	return r
}

// Find returns what the CSS selector finds in the page; the test fails when
// that is nothing.
func (r *Response) Find(selector string) *goquery.Selection {
	r.tb.Helper()
	s := r.Select(selector)
	if s.Length() == 0 {
		r.tb.Fatalf("no %s in\n%s", selector, clip(r.Body))
	}
	return s
}

// Select is Find where nothing may be found.
func (r *Response) Select(selector string) *goquery.Selection {
	r.tb.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.Body))
	if err != nil {
		r.tb.Fatal(err)
	}
	return doc.Find(selector)
}

// Text returns the text that the selector finds, its spaces folded.
func (r *Response) Text(selector string) string {
	r.tb.Helper()
	return strings.Join(strings.Fields(r.Find(selector).Text()), " ")
}

func clip(s string) string {
	if i := strings.Index(s, "<main"); i > 0 {
		s = s[i:]
	}
	return s[:min(len(s), 3000)]
}
