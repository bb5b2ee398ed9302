package web

// Mount adds routes to those of a workspace.
func Mount(s *Server, table []Route) { s.mount(s.workspaceHost, table) }
