package views

// WorkspacesPage lists a person's workspaces.
type WorkspacesPage struct {
	Site
	Workspaces []WorkspaceLink
	SiteURL    string
}

// WorkspaceLink is one workspace somebody can go to.
type WorkspaceLink struct {
	Slug, Name, Role, Host string
	Current                bool
}
