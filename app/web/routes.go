package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
)

// Route is one URL and what it asks of its caller. Tests walk these tables: a
// new route is covered by them as soon as it stands here.
type Route struct {
	Method, Path string
	Permission   auth.Permission
	handler      echo.HandlerFunc
}

const (
	get  = http.MethodGet
	post = http.MethodPost
	put  = http.MethodPut
	del  = http.MethodDelete
)

// SiteRoutes stand on the base host.
func SiteRoutes(s *Server) []Route {
	return []Route{
		{get, "/", auth.Anyone, s.landing},
		{get, "/signup", auth.Anyone, s.signUpForm},
		{post, "/signup", auth.Anyone, s.signUp},
		{get, "/signup/slug", auth.Anyone, s.signUpSlug},
		{get, "/signin", auth.Anyone, s.signInForm},
		{post, "/signin", auth.Anyone, s.signIn},
		{post, "/signout", auth.Anyone, s.signOut},
		{get, "/workspaces", auth.SignedIn, s.workspaceList},
		{post, "/workspaces/:slug/visit", auth.SignedIn, s.workspaceVisit},
	}
}

// WorkspaceRoutes stand on every workspace's host.
func WorkspaceRoutes(s *Server) []Route {
	leads, deals, tasks := newLeads(s), newDeals(s), newTasks(s)
	return slices.Concat(
		[]Route{
			{get, "/", auth.Read, s.dashboard},
			{get, "/search", auth.Read, s.search},
			{get, "/trash", auth.Read, s.trash},
			{put, "/changes/:id/reversal", auth.Write, s.undo},
		},
		resource("/customers", newCustomers(s)),
		resource("/contacts", newContacts(s)),
		resource("/leads", leads),
		[]Route{
			{put, "/leads/:id/status", auth.Write, leads.Status},
			{get, "/leads/:id/conversion", auth.Write, leads.ConversionForm},
			{post, "/leads/:id/conversion", auth.Write, leads.Convert},
			{del, "/leads/:id/conversion", auth.Write, leads.Unconvert},
		},
		resource("/deals", deals),
		[]Route{
			{get, "/deals/:id/stage", auth.Write, deals.MoveForm},
			{put, "/deals/:id/stage", auth.Write, deals.Move},
			{post, "/deals/:id/project", auth.Write, deals.Project},
		},
		resource("/projects", newProjects(s)),
		resource("/tasks", tasks),
		[]Route{
			{get, "/tasks/reminders", auth.Read, tasks.Reminders},
			{del, "/tasks/:id/reminder", auth.Write, tasks.Reminded},
			{put, "/tasks/:id/completion", auth.Write, tasks.Complete},
			{del, "/tasks/:id/completion", auth.Write, tasks.Reopen},
			{put, "/tasks/:id/due", auth.Write, tasks.Snooze},

			{post, "/notes", auth.Write, s.noteCreate},
			{get, "/notes/:id/edit", auth.Write, s.noteEdit},
			{put, "/notes/:id", auth.Write, s.noteUpdate},
			{del, "/notes/:id", auth.Write, s.noteDelete},

			{get, "/settings/profile", auth.Read, s.profile},
			{put, "/settings/profile", auth.Read, s.profileUpdate},
			{get, "/settings/workspace", auth.Manage, s.workspaceSettings},
			{put, "/settings/workspace", auth.Manage, s.workspaceUpdate},
			{get, "/settings/pipelines", auth.Manage, s.pipelines},
			{post, "/settings/pipelines", auth.Manage, s.pipelineCreate},
			{put, "/settings/pipelines/:id", auth.Manage, s.pipelineUpdate},
			{del, "/settings/pipelines/:id", auth.Manage, s.pipelineDelete},
			{get, "/settings/tags", auth.Manage, s.tags},
			{put, "/settings/tags/:id", auth.Manage, s.tagUpdate},
			{del, "/settings/tags/:id", auth.Manage, s.tagDelete},

			{get, "/signin", auth.Anyone, s.signInForm},
			{post, "/signin", auth.Anyone, s.signIn},
			{post, "/signout", auth.Anyone, s.signOut},
			{get, "/handoff", auth.Anyone, s.handoff},
			{post, "/handoff", auth.Anyone, s.handoffConfirmed},
			{get, "/workspaces", auth.SignedIn, s.workspaceList},
			{post, "/workspaces/:slug/visit", auth.SignedIn, s.workspaceVisit},
		},
	)
}

// handlers are what every kind of record answers; records has them all.
type handlers interface {
	List(echo.Context) error
	Options(echo.Context) error
	New(echo.Context) error
	Create(echo.Context) error
	Show(echo.Context) error
	Timeline(echo.Context) error
	Edit(echo.Context) error
	Update(echo.Context) error
	Delete(echo.Context) error
	Restore(echo.Context) error
}

// resource is the routes of a kind of record.
func resource(path string, h handlers) []Route {
	return []Route{
		{get, path, auth.Read, h.List},
		{get, path + "/options", auth.Read, h.Options},
		{get, path + "/new", auth.Write, h.New},
		{post, path, auth.Write, h.Create},
		{get, path + "/:id", auth.Read, h.Show},
		{get, path + "/:id/timeline", auth.Read, h.Timeline},
		{get, path + "/:id/edit", auth.Write, h.Edit},
		{put, path + "/:id", auth.Write, h.Update},
		{del, path + "/:id", auth.Write, h.Delete},
		{put, path + "/:id/restoration", auth.Write, h.Restore},
	}
}

// DevelopmentRoutes stand on the base host under paddock dev alone.
func DevelopmentRoutes(s *Server) []Route {
	return []Route{
		{get, "/dev/mail", auth.Anyone, s.devMail},
		{get, "/dev/components", auth.Anyone, s.devComponents},
	}
}
