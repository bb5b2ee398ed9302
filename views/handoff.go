package views

// HandoffPage asks before one person's session replaces another's.
type HandoffPage struct {
	Workspace, Token string
	Now, Next        string // who is signed in, who would be
	To               string // the page to go on to; "" for the first
}
