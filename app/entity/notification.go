package entity

// Notification is what somebody is told of, in words.
type Notification struct {
	Kind    string // one of the Told constants
	Actor   string // who did it; "" for Paddock
	Subject Kind   // the record that it is about; "" for none
	Name    string // its name; "" for one that is gone
	Detail  string // what else is said
	N       int    // how many, of one change
}

// What members are told of.
const (
	ToldAssigned   = "assigned"
	ToldHandedOver = "handed_over"
	ToldMentioned  = "mentioned"
	ToldNoted      = "noted"
	ToldMoved      = "moved"
	ToldWon        = "won"
	ToldLost       = "lost"
	ToldDue        = "due"
	ToldJoined     = "joined"
	ToldExported   = "exported"
)

// Text is one sentence.
func (n Notification) Text() string {
	who := n.Actor
	if who == "" {
		who = "Paddock"
	}
	what := n.Name
	if e := For(n.Subject); e != nil {
		if what == "" {
			what = "a " + e.One + " that is gone"
		}
		if n.N > 1 {
			what = Formats{}.Plural(n.N, e.One, e.Many)
		}
	}
	switch n.Kind {
	case ToldAssigned:
		return who + " assigned " + what + " to you"
	case ToldHandedOver:
		text := who + " handed over " + what + " to you"
		if n.Detail != "" {
			text += ", with " + n.Detail
		}
		return text
	case ToldMentioned:
		return who + " mentioned you on " + what + ": " + n.Detail
	case ToldNoted:
		return who + " wrote on " + what + ": " + n.Detail
	case ToldMoved:
		return who + " moved " + what + " to " + n.Detail
	case ToldWon:
		return who + " won " + what
	case ToldLost:
		text := who + " lost " + what
		if n.Detail != "" {
			text += ": " + n.Detail
		}
		return text
	case ToldDue:
		return what + " is due"
	case ToldJoined:
		return n.Detail + " accepted your invitation"
	case ToldExported:
		return "Your archive of the workspace is ready"
	}
	return what
}

// Path is where it leads to on the workspace's host.
func (n Notification) Path(url func(Kind) string) string {
	switch {
	case For(n.Subject) != nil:
		return url(n.Subject)
	case n.Kind == ToldExported:
		return "/settings/data"
	case n.Kind == ToldJoined:
		return "/settings/members"
	}
	return "/notifications"
}
