package views

import (
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// SearchGroup is what was found of one kind.
type SearchGroup struct {
	Look *Look
	Hits []SearchHit
	More bool
}

// SearchHit is a record that was found.
type SearchHit struct {
	Look         *Look
	ID           uuid.UUID
	Name, Detail string
}

// Command is something to do from anywhere.
type Command struct {
	Label, URL string
	Key        string
}

// Commands are those that the words fit, all for none.
func Commands(words string, canWrite bool) (out []Command) {
	add := func(c Command) {
		if fits(c.Label, words) {
			out = append(out, c)
		}
	}
	if canWrite {
		for _, e := range Looks {
			add(Command{Label: "New " + e.One, URL: e.Path + "/new"})
		}
	}
	add(Command{Label: "Go to dashboard", URL: "/", Key: "g h"})
	add(Command{Label: "Go to my day", URL: "/tasks?layout=day", Key: "g m"})
	for _, e := range Looks {
		add(Command{Label: "Go to " + e.Many, URL: e.Path, Key: "g " + e.Key})
	}
	add(Command{Label: "Go to trash", URL: "/trash"})
	add(Command{Label: "Go to settings", URL: "/settings/profile", Key: "g s"})
	return out
}

func searchListURL(e *Look, q string) string {
	v := url.Values{"q": {q}}
	if e.BoardFirst {
		v.Set("layout", "table")
	}
	return address(e.Path, v)
}

func fits(label, words string) bool {
	label = strings.ToLower(label)
	for w := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(label, w) {
			return false
		}
	}
	return true
}

func clip(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n]) + "…"
}
