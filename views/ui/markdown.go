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

// Markdown renders somebody's Markdown as safe HTML.
func Markdown(source string) templ.Component {
	var out bytes.Buffer
	if err := markdown.Convert([]byte(source), &out); err != nil {
		return templ.Raw(templ.EscapeString(source))
	}
	return templ.Raw(headings.Replace(sanitizer.Sanitize(out.String())))
}
