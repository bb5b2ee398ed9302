package views

// HeldPage gives a form back that was sent after its session had ended.
type HeldPage struct {
	Workspace string
	Action    string // "" where there is none, or none any more
	Fields    []Sent
}
