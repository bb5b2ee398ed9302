package views

import (
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// SearchGroup is what was found of one kind, or by what was noted.
type SearchGroup struct {
	Look *Look // nil for notes
	Hits []SearchHit
	More bool
}

// SearchHit is a record that was found.
type SearchHit struct {
	Look    *Look
	ID      uuid.UUID
	Name    string
	Details []string // what tells it from others of its name
	Phone   string   // as people read it; "" for none
	Dial    string   // that number as a link
	Matched string   // the field that has the words, with them, where the name has not; "" for none
	Do      string   // what the palette was asked to do with it, a key of Actions; "" to open it
}

func (g SearchGroup) title() string {
	if g.Look == nil {
		return "Notes"
	}
	return g.Look.Title()
}

// NewSearchHit is a record as a search for the words shows it.
func NewSearchHit(l *Look, r tenantdb.SearchRow, words string, f entity.Formats) SearchHit {
	h := SearchHit{Look: l, ID: r.ID, Name: r.Name}
	detail := r.Detail
	if field := l.Field(l.Detail); field != nil {
		if o, ok := field.Choice(detail); ok {
			detail = o.Label
		}
	}
	for _, d := range []string{r.Company, detail} {
		if d != "" {
			h.Details = append(h.Details, d)
		}
	}
	if r.Phone != "" {
		h.Phone, h.Dial = entity.TypePhone.Show(entity.Text(r.Phone), nil, f), textLink(entity.TypePhone, r.Phone)
	}
	h.Matched = matchedBy(l, r, words, f)
	return h
}

// matchedBy says what of a record has the words, "" where its name does, or nothing by itself.
func matchedBy(l *Look, r tenantdb.SearchRow, words string, f entity.Formats) string {
	switch {
	case r.Note != "":
		return "Note: " + around(r.Note, words)
	case r.Tag != "":
		return "Tag: " + r.Tag
	case entity.Finds(words, r.Name):
		return ""
	}
	for i := range l.Fields {
		field := &l.Fields[i]
		text := r.Fields[field.Name]
		if !field.Search || text == "" || !entity.Finds(words, text) {
			continue
		}
		t := field.Type
		if of := entity.PointType(t); of != nil {
			t = of
			for part := range strings.FieldsSeq(text) { // the one that has them
				if entity.Finds(words, part) {
					text = part
					break
				}
			}
		}
		return field.Label + ": " + t.Show(entity.Text(text), field, f)
	}
	return ""
}

// around is what stands around the first of the words in a text.
func around(text, words string) string {
	const before, length = 30, 110
	runes := []rune(strings.Join(strings.Fields(text), " "))
	at := 0
	for i := range runes {
		if (i == 0 || runes[i-1] == ' ') && entity.Finds(firstWord(words), string(runes[i:min(len(runes), i+40)])) {
			at = i
		} else if at > 0 {
			break
		}
	}
	from := max(0, at-before)
	out := clip(string(runes[from:]), length)
	if from > 0 {
		return "…" + out
	}
	return out
}

func firstWord(words string) string {
	first, _, _ := strings.Cut(words, " ")
	return first
}

// Action is what the palette does with a record that follows it: “call Anna”.
type Action struct {
	Label string   // before a record's name
	Words []string // the ways to begin it
	Kinds func(*Look) bool
	URL   func(l *Look, id uuid.UUID) string
}

// Actions are those of the palette, by their keys.
var Actions = map[string]Action{
	"call": {Label: "Log a call with", Words: []string{"log a call with", "log a call", "log call", "call"}, Kinds: anyKind,
		URL: composing("call")},
	"note": {Label: "Write a note on", Words: []string{"write a note on", "write a note", "note"}, Kinds: anyKind, URL: composing("note")},
	"task": {Label: "Add a task to", Words: []string{"add a task to", "add a task", "follow up with", "follow up"}, Kinds: anyKind,
		URL: func(l *Look, id uuid.UUID) string {
			return "/tasks/new?" + url.Values{"subject_type": {string(l.Kind)}, "subject_id": {id.String()}}.Encode()
		}},
	"assign": {Label: "Hand over", Words: []string{"hand over", "assign"}, Kinds: func(l *Look) bool { return l.Owner() != nil },
		URL: func(l *Look, id uuid.UUID) string { return l.URL(id) + "/owner" }},
	"move": {Label: "Move", Words: []string{"move"}, Kinds: func(l *Look) bool { return l.Kind == entity.Deal },
		URL: func(l *Look, id uuid.UUID) string { return l.URL(id) + "/stage" }},
}

func anyKind(l *Look) bool { return l.Subject() == nil }

func composing(kind string) func(*Look, uuid.UUID) string {
	return func(l *Look, id uuid.UUID) string { return l.URL(id) + "?note=" + kind + "#composer" }
}

// ParseAction splits what was typed into an action and the words of the record that it is
// for; "" when it begins none.
func ParseAction(typed string) (action, words string) {
	folded := strings.ToLower(typed)
	longest := 0
	for key, a := range Actions {
		for _, w := range a.Words {
			if rest, ok := strings.CutPrefix(folded, w+" "); ok && len(w) > longest && strings.TrimSpace(rest) != "" {
				action, words, longest = key, strings.TrimSpace(typed[len(w):]), len(w)
			}
		}
	}
	return action, words
}

func (h SearchHit) url() string {
	if a, ok := Actions[h.Do]; ok {
		return a.URL(h.Look, h.ID)
	}
	return h.Look.URL(h.ID)
}

// Command is something to do from anywhere.
type Command struct {
	Label, URL string
	Key        string
	words      string // by which it is found besides
}

// Commands are those that the words fit, all for none. on is the record whose page one is on;
// its zero value for none.
func Commands(words string, s Shell, on SearchHit) (out []Command) {
	add := func(c Command) {
		if fits(c.Label+" "+c.words, words) {
			out = append(out, c)
		}
	}
	if s.CanWrite && on.Look != nil {
		for _, key := range []string{"call", "note", "task", "assign", "move"} {
			if a := Actions[key]; a.Kinds(on.Look) {
				add(Command{Label: a.Label + " " + on.Name, URL: a.URL(on.Look, on.ID), words: strings.Join(a.Words, " ")})
			}
		}
		add(Command{Label: "Edit " + on.Name, URL: on.Look.URL(on.ID) + "/edit", Key: "e"})
	}
	if s.CanWrite {
		for _, e := range Looks {
			add(Command{Label: "New " + e.One, URL: e.Path + "/new", words: "add create"})
		}
	}
	add(Command{Label: "Go to dashboard", URL: "/", Key: "g h"})
	add(Command{Label: "Go to my day", URL: "/tasks?layout=day", Key: "g m"})
	for _, e := range Looks {
		add(Command{Label: "Go to " + e.Many, URL: e.Path, Key: "g " + e.Key})
	}
	add(Command{Label: "Go to trash", URL: "/trash"})
	if s.CanManage {
		add(Command{Label: "Invite somebody", URL: "/settings/members#invite", words: "add member colleague team"})
	}
	for _, t := range settingsTabs(s) {
		add(Command{Label: t.Label + " settings", URL: t.Path, words: "settings preferences " + t.Words})
	}
	if s.Owner {
		add(Command{Label: "Export everything", URL: "/settings/data", words: "download backup archive data"})
	}
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
