package crm

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// NoteCreate puts a note on a record; pgx.ErrNoRows when there is no such record.
func NoteCreate(ctx context.Context, q *tenantdb.Queries, p tenantdb.NoteInsertParams) (uuid.UUID, error) {
	if err := checkRecord(ctx, q, p.SubjectType, p.SubjectID); err != nil {
		return uuid.Nil, err
	}
	members, err := q.MemberList(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	p.ID, p.Mentions = uuid.Must(uuid.NewV7()), Mentions(p.Body, members)
	if err := q.NoteInsert(ctx, p); err != nil {
		return uuid.Nil, err
	}
	if p.SubjectType == string(tenantdb.Deal) {
		err = q.DealTouch(ctx, p.SubjectID)
	}
	return p.ID, err
}

func checkRecord(ctx context.Context, q *tenantdb.Queries, kind string, id uuid.UUID) error {
	if !tenantdb.Kind(kind).Valid() {
		return pgx.ErrNoRows
	}
	r, err := q.RecordGet(ctx, tenantdb.Kind(kind), id, false)
	if err == nil && r.DeletedAt != nil {
		err = pgx.ErrNoRows
	}
	return err
}

// NoteUpdate changes a note's text or pin. Its text is its author's alone;
// anybody who may write may pin it.
func NoteUpdate(ctx context.Context, q *tenantdb.Queries, was tenantdb.NoteGetRow, member uuid.UUID, p tenantdb.NoteUpdateParams) error {
	if p.Body != was.Body && (was.AuthorID == nil || *was.AuthorID != member) {
		return &RefusalError{"Only " + firstOf(was.AuthorName, "its author") + " can change this note."}
	}
	members, err := q.MemberList(ctx)
	if err != nil {
		return err
	}
	p.Mentions = Mentions(p.Body, members)
	return changedOne(q.NoteUpdate(ctx, p))
}

// NoteDelete deletes a note at its version of the member's own; those who manage the workspace
// may delete any.
func NoteDelete(ctx context.Context, q *tenantdb.Queries, was tenantdb.NoteGetRow, member uuid.UUID, manages bool, version int32) error {
	if !manages && (was.AuthorID == nil || *was.AuthorID != member) {
		return &RefusalError{"Only " + firstOf(was.AuthorName, "its author") + " or an admin can delete this note."}
	}
	return changedOne(q.NoteDelete(ctx, was.ID, version))
}

// Mentions are the members that a text names with an @: by their full name, or
// by a first name that only one of them has.
func Mentions(body string, members []tenantdb.MemberListRow) []uuid.UUID {
	out := []uuid.UUID{}
	lower := strings.ToLower(body)
	for i, r := range lower {
		if r != '@' || i > 0 && !strings.ContainsRune(" \n\t(,;*_>", rune(lower[i-1])) {
			continue
		}
		if id := mentioned(lower[i+1:], members); id != uuid.Nil && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func mentioned(text string, members []tenantdb.MemberListRow) uuid.UUID {
	best, length, firsts := uuid.Nil, 0, 0
	for _, m := range members {
		name := strings.ToLower(m.Name)
		if m.Active && len(name) > length && hasWord(text, name) {
			best, length = m.ID, len(name)
		}
	}
	if best != uuid.Nil {
		return best
	}
	for _, m := range members {
		first, _, _ := strings.Cut(strings.ToLower(m.Name), " ")
		if m.Active && hasWord(text, first) {
			best = m.ID
			firsts++
		}
	}
	if firsts != 1 {
		return uuid.Nil
	}
	return best
}

func hasWord(text, word string) bool {
	rest, ok := strings.CutPrefix(text, word)
	if !ok || word == "" {
		return false
	}
	for _, r := range rest {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	return true
}
