package views

// ProblemPage says that something is not as one hoped.
type ProblemPage struct {
	Shell     *Shell // of the workspace, for its members; nil for others
	Title     string
	Text      string
	RequestID string
	Undo      string // a PUT there brings back what is missing; "" when nothing does
	SignOut   bool   // offer to sign out of this host
	SignIn    bool   // offer to sign in
	Back      string // the page that led here; "" when none of ours did
	HomeLink  bool
}
