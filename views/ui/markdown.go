package ui

import (
	"bytes"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// markdown is CommonMark without its HTML: what people write between < and > is text.
var markdown = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(slices.DeleteFunc(parser.DefaultBlockParsers(), is[parser.BlockParser](parser.NewHTMLBlockParser()))...),
		parser.WithInlineParsers(slices.DeleteFunc(parser.DefaultInlineParsers(), is[parser.InlineParser](parser.NewRawHTMLParser()))...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)),
	goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.TaskList,
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
	goldmark.WithRendererOptions(html.WithHardWraps(), // people press Enter once
		renderer.WithNodeRenderers(util.Prioritized(pictures{}, 1))),
)

// is finds a parser among others.
func is[T any](one T) func(util.PrioritizedValue) bool {
	return func(v util.PrioritizedValue) bool { return reflect.TypeOf(v.Value) == reflect.TypeOf(one) }
}

// pictures shows a picture as the words for it, linked to where it is: the picture
// itself would tell its server who reads.
type pictures struct{}

func (pictures) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindImage, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		image := n.(*ast.Image) //nolint:forcetypeassert // of KindImage
		if !entering {
			_, err := w.WriteString("</a>")
			return ast.WalkContinue, err
		}
		_, err := w.WriteString(`<a href="` + string(util.EscapeHTML(util.URLEscape(image.Destination, true))) + `">`)
		if err == nil && !n.HasChildren() {
			_, err = w.Write(util.EscapeHTML(image.Destination))
		}
		return ast.WalkContinue, err
	})
}

// sanitizer lets text, lists, tables and links through: no pictures, which
// would tell their server who reads, no styles, no forms but boxes that say what is done.
var sanitizer = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "hr",
		"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^\d{1,9}$`)).OnElements("ol")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|center|right)$`)).OnElements("th", "td")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^checkbox$`)).OnElements("input")
	p.AllowAttrs("checked", "disabled").Matching(regexp.MustCompile(`^$`)).OnElements("input")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return p
}()

// headings of a note are below those of the page that shows it.
var headings = strings.NewReplacer("<h1", "<h4", "</h1", "</h4", "<h2", "<h4", "</h2", "</h4", "<h3", "<h4", "</h3", "</h4")

// Bounds of what is rendered: a few kilobytes of ">" are half a megabyte of nested
// quotes, and half a second of work each time that they are shown.
const (
	markdownDepth  = 20
	markdownGrowth = 4        // times the source
	markdownSlack  = 16 << 10 // bytes: a small table grows more than that
)

// MarkdownVersion is another whenever Markdown makes something else of a text: what
// was kept of the one before is made anew.
const MarkdownVersion = 2

// Markdown renders somebody's Markdown as safe HTML; what is nested too deeply, or
// would grow too much, as the text that it is.
func Markdown(source string) string {
	if nesting(source) > markdownDepth {
		return plain(source)
	}
	var out bytes.Buffer
	if err := markdown.Convert([]byte(source), &out); err != nil || out.Len() > markdownGrowth*len(source)+markdownSlack {
		return plain(source)
	}
	return headings.Replace(sanitizer.Sanitize(out.String()))
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
		if items := strings.Count(prefix, "- ") + strings.Count(prefix, "* ") + strings.Count(prefix, "+ ") + strings.Count(prefix, ". ") + strings.Count(prefix, ") "); items > 0 {
			markers += items + (len(prefix)-len(strings.TrimLeft(prefix, " \t")))/2 // further in than the list above
		}
		depth = max(depth, markers)
	}
	return depth
}
