package page

import (
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/views"
)

// ConsoleShell is what a page of the console has around it.
func ConsoleShell(c echo.Context, section, title string) views.Console {
	v := From(c)
	return views.Console{Title: title, Section: section, Name: v.Who.Name, Email: v.Who.Email, Theme: v.Who.Theme, Flash: takeFlash(c),
		Formats: v.Formats(c)}
}

// Shell is what a workspace's page has around it.
func Shell(c echo.Context, section, title string) views.Shell {
	v := From(c)
	return views.Shell{
		Title: title, Section: section, Workspace: v.Tenant.Name,
		Member: v.Who.MemberID.String(), Name: v.Who.Name, Email: v.Who.Email, Avatar: v.Who.Avatar, Theme: v.Who.Theme, Keys: v.Who.Keys,
		Keymap:   views.Keymap(v.Who.Keymap),
		Verified: v.Who.Verified,
		CanWrite: v.Who.Role.May(auth.Write), CanManage: v.Who.Role.May(auth.Manage), Owner: v.Who.Role.May(auth.Own),
		Formats: v.Formats(c), Flash: takeFlash(c), Support: supportOf(v),
	}
}

// supportOf says who may be looking in as support; nil when nobody is.
func supportOf(v *Visit) *views.Support {
	t := v.Tenant
	if time.Now().After(t.SupportUntil) {
		return nil
	}
	return &views.Support{By: t.SupportBy, Reason: t.SupportReason, Until: t.SupportUntil, Mine: v.Who.Support}
}

// SiteShell is what a public page has around it.
func SiteShell(c echo.Context, title string) views.Site {
	v := From(c)
	site := views.Site{Title: title, Flash: takeFlash(c), URL: v.Base.URL.String(), Pages: v.Base.Pages.List()}
	if v.SignedIn {
		site.SignedIn = v.Who.Name
	}
	return site
}

// Frame is what stands around a page that is there with and without a workspace.
func Frame(c echo.Context, title string) views.Frame {
	if From(c).Console {
		shown := ConsoleShell(c, "settings/security", title)
		return views.Frame{Console: &shown, Formats: shown.Formats}
	}
	if From(c).Tenant.ID == uuid.Nil {
		return views.Frame{Site: SiteShell(c, title), Formats: From(c).Formats(c)}
	}
	shell := Shell(c, "settings", title)
	return views.Frame{Shell: &shell, Formats: shell.Formats}
}
