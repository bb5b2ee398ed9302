package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/budget"
	"github.com/paddock-crm/paddock/app/web/page"
)

// What a body may hold, in bytes. None is ever written to disk. A small one is
// read before anybody is known, for the form says which method is meant; the rest
// of a larger one after the route's permission was asked, where the route says
// that it takes such (Route.MaxBody).
const (
	smallBody  = 64 << 10
	largeBody  = 1 << 20        // a description of 10,000 characters, as it is and as it was, encoded
	uploadBody = 8<<20 + 64<<10 // a picture as a phone takes it, of which little is kept
)

// bodies bounds what all larger bodies of a process hold at a time, and those of one
// workspace, whose people may send theirs as slowly as a request may take.
var bodies = budget.New(4*uploadBody, 2*uploadBody)

// pendingBody is where the request keeps its body as far as it is not read.
const pendingBody = "body"

// pending is a body of which the beginning has been read.
type pending struct {
	begun     []byte
	rest      io.ReadCloser
	multipart bool
}

// body reads the form of a request, within bounds, and lets a plain form say PUT
// or DELETE in _method: in its body, for a link could carry a query, and as its
// first field where it is a large one. What could not be stored in a query is
// refused here.
func body(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if !page.Storable(r.URL.Path) {
			return page.ErrNotFound
		}
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil || !storableAll(query) {
			return page.ErrBadForm
		}
		// From here on nobody parses the body but this file: net/http would, at the
		// first FormValue, and into files.
		r.Form, r.PostForm = query, url.Values{}
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			return next(c) // what it has is nobody's
		}
		begun, err := io.ReadAll(io.LimitReader(r.Body, smallBody+1))
		if err != nil {
			return page.ErrBadForm
		}
		p := &pending{begun: begun, rest: r.Body}
		whole := len(begun) <= smallBody
		kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		method := ""
		switch {
		case kind == "multipart/form-data" && (err != nil || params["boundary"] == ""):
			return page.ErrBadForm
		case kind == "multipart/form-data":
			p.multipart = true
			if whole {
				err = p.read(r, smallBody)
				method = r.PostForm.Get("_method")
			} else {
				method, err = firstPart(begun, params["boundary"])
				c.Set(pendingBody, p)
			}
		case kind == "application/x-www-form-urlencoded" && whole:
			err = p.read(r, smallBody)
			method = r.PostForm.Get("_method")
		case kind == "application/x-www-form-urlencoded":
			method = firstField(begun)
			c.Set(pendingBody, p)
		case !whole:
			return page.ErrTooLarge
		default: // for the handler, which reads it
			err = nil
			r.Body = io.NopCloser(bytes.NewReader(begun))
		}
		if err != nil {
			return page.ErrBadForm
		}
		if r.Method == http.MethodPost {
			switch method {
			case "":
			case http.MethodPut, http.MethodDelete:
				r.Method = method
			default:
				return page.ErrBadForm
			}
		}
		return next(c)
	}
}

// receive reads the rest of a larger body, for whoever may use the route. done
// gives back what it holds.
func receive(c echo.Context, asked Route) (done func(), err error) {
	p, _ := c.Get(pendingBody).(*pending)
	if p == nil {
		return func() {}, nil
	}
	most := asked.MaxBody
	if asked.Files != p.multipart {
		most = 0
	}
	r := c.Request()
	if r.ContentLength > most || most == 0 {
		return nil, page.ErrTooLarge
	}
	release, err := bodies.Acquire(r.Context(), page.From(c).Tenant.ID, most)
	if err != nil {
		return nil, err
	}
	done = func() {
		if r.MultipartForm != nil {
			_ = r.MultipartForm.RemoveAll() // there are none: all of it is in memory
		}
		release()
	}
	if err := p.read(r, most); err != nil {
		done()
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			return nil, page.ErrTooLarge
		}
		return nil, page.ErrBadForm
	}
	return done, nil
}

// read parses the whole of it into the request's forms.
func (p *pending) read(r *http.Request, most int64) error {
	query := r.Form
	r.Form, r.PostForm = nil, nil
	r.Body = http.MaxBytesReader(nil, struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(p.begun), p.rest), p.rest}, most)
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		method := r.Method
		r.Method = http.MethodPost // a DELETE's form is one too
		defer func() { r.Method = method }()
	}
	var err error
	if p.multipart {
		err = r.ParseMultipartForm(most) // as much as there is: in memory
	} else {
		err = r.ParseForm()
	}
	if r.Form == nil { // it did not get that far
		r.Form, r.PostForm = query, url.Values{}
	}
	return err
}

// firstField is the _method with which an encoded form begins, "" for none.
func firstField(begun []byte) string {
	field, _, _ := strings.Cut(string(begun[:min(len(begun), 32)]), "&")
	method, _ := strings.CutPrefix(field, "_method=")
	if method == field {
		return ""
	}
	return method
}

// firstPart is the same of a multipart form.
func firstPart(begun []byte, boundary string) (string, error) {
	part, err := multipart.NewReader(bytes.NewReader(begun), boundary).NextPart()
	if err != nil {
		return "", err
	}
	if part.FormName() != "_method" || part.FileName() != "" {
		return "", nil
	}
	b, err := io.ReadAll(io.LimitReader(part, 16))
	return string(b), err
}

func storableAll(q url.Values) bool {
	for k, vs := range q {
		if !page.Storable(k) {
			return false
		}
		for _, v := range vs {
			if !page.Storable(v) {
				return false
			}
		}
	}
	return true
}
