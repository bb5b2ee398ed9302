package ui

import (
	"bytes"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	gmtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown is CommonMark without its HTML: what people write between < and > is text.
var markdown = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(slices.DeleteFunc(parser.DefaultBlockParsers(), is[parser.BlockParser](parser.NewHTMLBlockParser()))...),
		parser.WithInlineParsers(slices.DeleteFunc(parser.DefaultInlineParsers(), is[parser.InlineParser](parser.NewRawHTMLParser()))...),
		// No link references: "[Anna]: yes" is something that somebody said.
	)),
	goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.TaskList,
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
	goldmark.WithRendererOptions(html.WithHardWraps(), // people press Enter once
		html.WithWriter(typed{html.DefaultWriter}), renderer.WithNodeRenderers(util.Prioritized(asTyped{}, 1))),
)

// is finds a parser among others.
func is[T any](one T) func(util.PrioritizedValue) bool {
	return func(v util.PrioritizedValue) bool { return reflect.TypeOf(v.Value) == reflect.TypeOf(one) }
}

// typed writes text as it was typed: entities stay what they are, and so does a backslash
// but before a sign that it keeps from meaning something.
type typed struct{ html.Writer }

func (typed) Write(w util.BufWriter, source []byte) {
	for i := 0; i < len(source); i++ {
		c := source[i]
		if c == '\\' && i+1 < len(source) && util.IsPunct(source[i+1]) && source[i+1] != '\\' {
			i++
			c = source[i]
		}
		if escaped := util.EscapeHTMLByte(c); escaped != nil {
			_, _ = w.Write(escaped) // a buffer's: it keeps its first error, which Convert returns
		} else {
			_ = w.WriteByte(c)
		}
	}
}

// asTyped shows what Markdown leaves out: the words for a picture, linked to where it is (the
// picture itself would tell its server who reads), URLs that no link leads to, and the
// numbers of a list.
type asTyped struct{}

func (asTyped) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindImage, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		image := n.(*ast.Image) //nolint:forcetypeassert // of KindImage
		err := link(w, image.Destination, image.Title, entering)
		if err == nil && entering && !n.HasChildren() && linked(image.Destination) {
			_, err = w.Write(util.EscapeHTML(image.Destination))
		}
		return ast.WalkContinue, err
	})
	r.Register(ast.KindLink, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		to := n.(*ast.Link) //nolint:forcetypeassert // of KindLink
		return ast.WalkContinue, link(w, to.Destination, to.Title, entering)
	})
	r.Register(ast.KindListItem, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		tag := "</li>\n"
		if entering {
			tag = "<li>"
			if number := numberOf(n, source); number != "" {
				tag = `<li value="` + number + `">`
			}
		}
		_, err := w.WriteString(tag)
		return ast.WalkContinue, err
	})
}

// schemes are those of URLs that a note leads to.
var schemes = []string{"http", "https", "mailto", "tel"}

// linked reports whether the sanitizer leaves a link to the URL.
func linked(address []byte) bool {
	u, err := url.Parse(string(address))
	return err == nil && slices.Contains(schemes, strings.ToLower(u.Scheme))
}

// link begins or ends what leads somewhere; where it can't, the URL stands behind it.
func link(w util.BufWriter, address, title []byte, entering bool) error {
	text := ""
	switch ok := linked(address); {
	case ok && entering:
		text = `<a href="` + string(util.EscapeHTML(util.URLEscape(address, true))) + `">`
	case ok:
		text = "</a>"
	case !entering && len(address) > 0:
		text = " (" + string(util.EscapeHTML(address)) + ")"
	}
	if !entering && len(title) > 0 {
		text += " (" + string(util.EscapeHTML(title)) + ")"
	}
	_, err := w.WriteString(text)
	return err
}

// numberOf is what an item of a numbered list was given, "" where that is the next number
// anyway, and where it can't be told.
func numberOf(item ast.Node, source []byte) string {
	list, ok := item.Parent().(*ast.List)
	if !ok || !list.IsOrdered() || item.FirstChild() == nil || item.FirstChild().Lines().Len() == 0 {
		return ""
	}
	at := item.FirstChild().Lines().At(0).Start
	line := source[bytes.LastIndexByte(source[:at], '\n')+1 : at]
	m := itemNumber.FindSubmatch(line)
	if m == nil {
		return ""
	}
	next := list.Start
	for n := item.PreviousSibling(); n != nil; n = n.PreviousSibling() {
		next++
	}
	number := strings.TrimLeft(string(m[1]), "0")
	if number == strconv.Itoa(next) {
		return ""
	}
	return number
}

var itemNumber = regexp.MustCompile(`(\d{1,9})[.)][ \t]*(?:\[[ xX]\] ?)?$`)

// cellsDropped reports whether a row of a table has more than its head: Markdown would
// leave that out.
func cellsDropped(doc ast.Node, source []byte) (dropped bool) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n.Kind() == east.KindTableRow && n.LastChild() != nil && n.LastChild().Lines().Len() > 0 {
			rest, _, _ := bytes.Cut(source[n.LastChild().Lines().At(0).Stop:], []byte("\n"))
			dropped = dropped || len(bytes.Trim(rest, " \t|\r")) > 0
		}
		return ast.WalkContinue, nil // as nothing here fails
	})
	return dropped
}

// sanitizer lets text, lists, tables and links through: no pictures, which
// would tell their server who reads, no styles, no forms but boxes that say what is done.
var sanitizer = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "hr",
		"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("value").Matching(regexp.MustCompile(`^\d{1,9}$`)).OnElements("li")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^\d{1,9}$`)).OnElements("ol")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|center|right)$`)).OnElements("th", "td")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^checkbox$`)).OnElements("input")
	p.AllowAttrs("checked", "disabled").Matching(regexp.MustCompile(`^$`)).OnElements("input")
	p.AllowURLSchemes(schemes...)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return p
}()

// headings of a note are all right below those of the page that shows it: whoever begins one
// with the third level skips none.
var headings = strings.NewReplacer("<h1", "<h3", "</h1", "</h3", "<h2", "<h3", "</h2", "</h3", "<h4", "<h3", "</h4", "</h3",
	"<h5", "<h3", "</h5", "</h3", "<h6", "<h3", "</h6", "</h3")

// Bounds of what is rendered: a few kilobytes of ">" are half a megabyte of nested
// quotes, and half a second of work each time that they are shown.
const (
	markdownDepth  = 20
	markdownGrowth = 4        // times the source
	markdownSlack  = 16 << 10 // bytes: a small table grows more than that
)

// MarkdownVersion is another whenever Markdown makes something else of a text: what
// was kept of the one before is made anew.
const MarkdownVersion = 4

// Markdown renders somebody's Markdown as safe HTML; what is nested too deeply, or
// would grow too much, as the text that it is.
func Markdown(source string) string { return headings.Replace(MarkdownPage(source)) }

// MarkdownPage is Markdown that is a page of its own, with its headings as they are.
func MarkdownPage(source string) string {
	if nesting(source) > markdownDepth {
		return plain(source)
	}
	var out bytes.Buffer
	text := []byte(source)
	doc := markdown.Parser().Parse(gmtext.NewReader(text))
	if err := markdown.Renderer().Render(&out, text, doc); err != nil || cellsDropped(doc, text) ||
		out.Len() > markdownGrowth*len(source)+markdownSlack {
		return plain(source)
	}
	return sanitizer.Sanitize(out.String())
}

// plain is a text as it was typed.
func plain(source string) string {
	return "<p>" + strings.ReplaceAll(templ.EscapeString(source), "\n", "<br/>") + "</p>"
}

// nesting is how deep the quotes and lists are that a text's lines begin, at most.
func nesting(source string) (depth int) {
	for line := range strings.Lines(source) {
		rest := strings.TrimLeft(line, " \t>*+-.)0123456789")
		prefix := line[:len(line)-len(rest)]
		markers := strings.Count(prefix, ">")
		if items := strings.Count(prefix, "- ") + strings.Count(prefix, "* ") + strings.Count(prefix, "+ ") + strings.Count(prefix, ". ") +
			strings.Count(prefix, ") "); items > 0 {
			markers += items + (len(prefix)-len(strings.TrimLeft(prefix, " \t")))/2 // further in than the list above
		}
		depth = max(depth, markers)
	}
	return depth
}
