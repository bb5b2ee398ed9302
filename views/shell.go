// Package views is what people see: one file per entity, one struct per page.
package views

import (
	"time"

	"github.com/a-h/templ"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/static"
	"github.com/paddock-crm/paddock/views/ui"
)

// Shell is what every page of a workspace has around it.
type Shell struct {
	Title     string // the page's, for the tab
	Section   string // the side navigation's current entry
	Workspace string
	Member    string // the person’s id here
	Name      string // the person's
	Email     string
	Avatar    string // names the image at /avatars; "" for none
	Theme     string // light, dark, or "" for as the system has it
	Keys      string // how shortcuts are pressed: "" by letters alone, "alt", "off"
	Keymap    Keymap
	Verified  bool // the person's address
	CanWrite  bool
	CanManage bool
	Owner     bool
	Flash     *ui.Flash
	Support   *Support // nil when nobody looks in
	entity.Formats
}

// Support is an operator who may be looking into the workspace.
type Support struct {
	By, Reason string
	Until      time.Time
	Mine       bool // it is who sees the page
}

const siteDescription = "A fast CRM for teams: customers, deals and what happens next, on pages that open before you notice. Every " +
	"team’s data is kept apart by the database itself."

// Site is what every public page has around it.
type Site struct {
	Title    string
	URL      string // of the public site
	Pages    []SitePage
	SignedIn string // the person's name; "" when nobody is signed in
	Flash    *ui.Flash
}

// preview is what others show of a page of the public site.
func (s Site) preview() *ui.Preview {
	return &ui.Preview{Description: siteDescription, Image: s.URL + static.Path("preview.jpg")}
}

// SitePage is a page of the operator's own.
type SitePage struct{ Path, Title string }

// current marks a link to the page one is on.
func current(is bool) templ.Attributes {
	if is {
		return templ.Attributes{"aria-current": "page"}
	}
	return nil
}

// Frame stands around a page that is there with a workspace and without one.
type Frame struct {
	Shell   *Shell   // nil elsewhere than in a workspace
	Console *Console // nil elsewhere than on the operators' console
	Site    Site
	entity.Formats
}

func (s Shell) class() string {
	class := "app"
	if s.Theme != "" {
		class += " " + s.Theme
	}
	if s.Keys != "" {
		class += " keys-" + s.Keys
	}
	return class
}
