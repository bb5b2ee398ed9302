package web

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Notes are Markdown. What that is as HTML is made when one is written and kept with
// it, under a mark of ours: a row that somebody else wrote, as in an archive, or that
// an older program did, is made anew when it is shown.

const notePurpose = "note"

// notesBudget is how many bytes of notes a page shows whole, and noteBeginning how
// many characters of each one beyond.
const (
	notesBudget   = 512 << 10
	noteBeginning = 600
)

// noteHTML is what is kept with a note.
func (s *Server) noteHTML(body string) (html, mark string) {
	html = ui.Markdown(body)
	return html, s.noteMark(body, html)
}

func (s *Server) noteMark(body, html string) string {
	return s.box.Mark(notePurpose, strconv.Itoa(ui.MarkdownVersion), body, html)
}

// shownNote is the note's HTML: the kept, where it is ours.
func (s *Server) shownNote(body, html, mark string) string {
	if mark != "" && mark == s.noteMark(body, html) {
		return html
	}
	return ui.Markdown(body)
}

// showNotes decides what of its notes a timeline shows.
func (s *Server) showNotes(p *views.TimelinePage) {
	p.Notes = map[uuid.UUID]views.NoteText{}
	left := notesBudget
	show := func(id uuid.UUID, body, html, mark string) {
		if _, done := p.Notes[id]; done {
			return
		}
		text := views.NoteText{}
		if left > 0 { // what is beyond it is not even made
			text.HTML = s.shownNote(body, html, mark)
		}
		if left -= len(text.HTML); left < 0 || text.HTML == "" {
			text = views.NoteText{Beginning: beginning(body)}
		}
		p.Notes[id] = text
	}
	for _, n := range p.Pinned {
		show(n.ID, n.Body, n.Html, n.HtmlMark)
	}
	for _, r := range p.Rows {
		if r.Kind == "note" {
			show(r.EntityID, r.Body, r.Html, r.HtmlMark)
		}
	}
}

func beginning(body string) string {
	r := []rune(body)
	return string(r[:min(len(r), noteBeginning)])
}

// noteShow is one note, whole.
func (s *Server) noteShow(c echo.Context) error {
	row, err := s.note(c)
	if err != nil {
		return err
	}
	p := views.NotePage{Shell: s.shell(c, "", "Note"), Note: views.NoteOf(row), URL: views.RecordURL(row.SubjectType, row.SubjectID)}
	text := views.NoteText{HTML: s.shownNote(row.Body, row.Html, row.HtmlMark)}
	return s.render(c, http.StatusOK, views.NoteShow(p, text), views.NoteWhole(p, text))
}
