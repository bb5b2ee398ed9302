package page

import (
	"io/fs"
	"strings"

	"github.com/paddock-crm/paddock/views"
)

// Pages are the operator's own on the public site: what it costs, privacy, terms, who they
// are. Each is a file of Markdown, named after its path, and is read when it is asked for.
type Pages struct{ Files fs.FS }

// maxPage is how many bytes of a page are read.
const maxPage = 256 << 10

// pagePaths are the pages that there may be, as footers list them.
var pagePaths = []views.SitePage{
	{Path: "/pricing", Title: "What it costs"}, {Path: "/privacy", Title: "Privacy"}, {Path: "/terms", Title: "Terms"},
	{Path: "/imprint", Title: "Imprint"},
}

// List are those that are there.
func (p Pages) List() (out []views.SitePage) {
	for _, x := range pagePaths {
		if _, err := fs.Stat(p.Files, x.Path[1:]+".md"); err == nil {
			out = append(out, x)
		}
	}
	return out
}

// Get returns the page of a path, and its text; ErrNotFound where there is none.
func (p Pages) Get(path string) (views.SitePage, string, error) {
	for _, x := range pagePaths {
		if x.Path != path {
			continue
		}
		text, err := fs.ReadFile(p.Files, path[1:]+".md")
		if err != nil {
			break
		}
		if len(text) > maxPage {
			text = text[:maxPage]
		}
		return x, strings.ToValidUTF8(string(text), ""), nil
	}
	return views.SitePage{}, "", ErrNotFound
}
