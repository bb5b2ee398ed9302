package ui

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/paddock-crm/paddock/app/entity"
)

// Drawing is HTML that is written piece by piece, for what a page shows hundreds of times: a
// component and a class expression for each of 450 cells took two thirds of the time that a
// list took (BenchmarkList). What comes from data goes through Text, which escapes as templ
// does; Markup takes constants alone, for nothing else can be made of its type.
type Drawing struct{ b []byte }

type markup string

var drawings = sync.Pool{New: func() any { return &Drawing{b: make([]byte, 0, 64<<10)} }}

// Draw is the component that fn draws.
func Draw(fn func(*Drawing)) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		d := drawings.Get().(*Drawing) //nolint:forcetypeassert // nothing else is put
		defer drawings.Put(d)
		d.b = d.b[:0]
		fn(d)
		_, err := w.Write(d.b)
		return err
	})
}

// Markup adds a constant of the program's.
func (d *Drawing) Markup(m markup) { d.b = append(d.b, m...) }

// Text adds a text, or the value of an attribute.
func (d *Drawing) Text(s string) {
	from := 0
	for i := range len(s) {
		var escaped string
		switch s[i] {
		case '&':
			escaped = "&amp;"
		case '<':
			escaped = "&lt;"
		case '>':
			escaped = "&gt;"
		case '"':
			escaped = "&#34;"
		case '\'':
			escaped = "&#39;"
		default:
			continue
		}
		d.b = append(append(d.b, s[from:i]...), escaped...)
		from = i + 1
	}
	d.b = append(d.b, s[from:]...)
}

// URL adds where a text of somebody's leads, the value of an attribute: nowhere but to what
// templ takes for safe.
func (d *Drawing) URL(s string) { d.Text(string(templ.URL(s))) }

// Monogram stands for a name.
func (d *Drawing) Monogram(name string) {
	d.Markup(`<span class="monogram `)
	d.Text(Hue(name))
	d.Markup(`" aria-hidden="true">`)
	name = strings.TrimSpace(name)
	first, size := utf8.DecodeRuneInString(name)
	switch {
	case size == 0:
		d.Markup(`?`)
	case first >= 'A' && first <= 'Z' || first >= '0' && first <= '9':
		d.b = utf8.AppendRune(d.b, first)
	default:
		d.Text(Initial(name))
	}
	d.Markup(`</span>`)
}

// Monogram stands for a name.
func Monogram(name string) templ.Component { return Draw(func(d *Drawing) { d.Monogram(name) }) }

// Relative is a time as people say it, with the exact one behind it.
func (d *Drawing) Relative(t time.Time, f entity.Formats) {
	d.Markup(`<time datetime="`)
	d.b = t.UTC().AppendFormat(d.b, time.RFC3339)
	d.Markup(`" title="`)
	d.b = f.AppendMoment(d.b, t) // letters and digits
	d.Markup(`" data-relative>`)
	d.Text(Ago(t, f.Now))
	d.Markup(`</time>`)
}

// Relative is a time as people say it, with the exact one behind it.
func Relative(t time.Time, f entity.Formats) templ.Component {
	return Draw(func(d *Drawing) { d.Relative(t, f) })
}

// DueTime is when something is due; what is late says so in words too.
func (d *Drawing) DueTime(on, at *time.Time, f entity.Formats) {
	s := f.DueText(on, at)
	if s == "" {
		return
	}
	if !f.Overdue(on, at) {
		d.Markup(`<span class="due">`)
		d.Text(s)
	} else {
		d.Markup(`<span class="due late">`)
		d.Text(s)
		d.Markup(` <span class="visually-hidden">(overdue)</span>`)
	}
	d.Markup(`</span>`)
}

// DueTime is when something is due; what is late says so in words too.
func DueTime(on, at *time.Time, f entity.Formats) templ.Component {
	return Draw(func(d *Drawing) { d.DueTime(on, at, f) })
}
