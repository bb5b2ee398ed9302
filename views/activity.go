package views

import (
	"time"

	"github.com/google/uuid"
)

// ActivityLine is what happened to an account.
type ActivityLine struct {
	ID                       uuid.UUID
	At                       time.Time
	Email                    string // whose, for operators; "" for nobody's that is known
	Action, Subject          string
	Workspace, Place, Device string
}

// ActivityPage is all of it, page by page.
type ActivityPage struct {
	Frame
	Lines []ActivityLine
	Next  string // where older ones are; "" when there are none
}

// ConsoleActivityPage is what happened to all accounts.
type ConsoleActivityPage struct {
	Console
	Q     string
	Lines []ActivityLine
	Next  string
}
