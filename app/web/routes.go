package web

import (
	"net/http"

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
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	delete = http.MethodDelete
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
	return []Route{
		{get, "/", auth.Read, s.dashboard},
		{get, "/search", auth.Read, s.search},

		{get, "/customers", auth.Read, s.customerList},
		{get, "/customers/new", auth.Write, s.customerNew},
		{post, "/customers", auth.Write, s.customerCreate},
		{get, "/customers/:id", auth.Read, s.customerShow},
		{get, "/customers/:id/edit", auth.Write, s.customerEdit},
		{put, "/customers/:id", auth.Write, s.customerUpdate},
		{delete, "/customers/:id", auth.Write, s.customerDelete},
		{put, "/customers/:id/restoration", auth.Write, s.customerRestore},

		{get, "/signin", auth.Anyone, s.signInForm},
		{post, "/signin", auth.Anyone, s.signIn},
		{post, "/signout", auth.Anyone, s.signOut},
		{get, "/handoff", auth.Anyone, s.handoff},
		{post, "/handoff", auth.Anyone, s.handoffConfirmed},
		{get, "/workspaces", auth.SignedIn, s.workspaceList},
		{post, "/workspaces/:slug/visit", auth.SignedIn, s.workspaceVisit},
	}
}

// DevelopmentRoutes stand on the base host under paddock dev alone.
func DevelopmentRoutes(s *Server) []Route {
	return []Route{
		{get, "/dev/mail", auth.Anyone, s.devMail},
		{get, "/dev/components", auth.Anyone, s.devComponents},
	}
}
