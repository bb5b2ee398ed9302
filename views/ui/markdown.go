package ui

import (
	"bytes"
	"strings"

	"github.com/a-h/templ"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.Table, extension.TaskList),
	goldmark.WithRendererOptions(html.WithHardWraps()), // people press Enter once
)

// sanitizer lets text, lists, tables and links through: no pictures, which
// would tell their server who reads, no styles, no forms.
var sanitizer = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "hr",
		"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("href").OnElements("a")
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
const MarkdownVersion = 1

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
