package views

import (
	"net/url"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// TagsPage is the workspace's tags.
type TagsPage struct {
	Shell
	Tags    []tenantdb.TagListRow
	Deleted []tenantdb.TagListRow // lately
	ID      uuid.UUID             // the tag whose form is wrong
	Form    ui.Form
}

// TagColors are the colours of tags and stages.
var TagColors = []ui.Option{{Value: "gray", Label: "Gray"}, {Value: "red", Label: "Red"}, {Value: "amber", Label: "Amber"},
	{Value: "green", Label: "Green"}, {Value: "blue", Label: "Blue"}}

func (p TagsPage) tagName(t tenantdb.TagListRow) string {
	if p.ID == t.ID {
		return p.Form.Value("name")
	}
	return t.Name
}

func tagURL(e *Look, tag string) string { return e.Path + "?tag=" + url.QueryEscape(tag) }

// Classes of what a list has many of, put together once for each colour.
var tagClasses, monogramClasses = classes("tag "), classes("monogram round ")

func classes(prefix string) map[string]string {
	out := map[string]string{}
	for _, c := range TagColors {
		out[c.Value] = prefix + c.Value
	}
	return out
}

func tagClass(color string) string { return tagClasses[color] }

func roundMonogram(name string) string { return monogramClasses[ui.Hue(name)] }
