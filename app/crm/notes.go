package crm

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/notify"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// NoteCreate puts a note on a record; pgx.ErrNoRows when there is no such record.
func NoteCreate(ctx context.Context, tx *db.TenantTx, p tenantdb.NoteInsertParams) (uuid.UUID, error) {
	if err := checkRecord(ctx, tx, p.SubjectType, p.SubjectID); err != nil {
		return uuid.Nil, err
	}
	members, err := tx.MemberList(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	p.ID, p.Mentions = uuid.Must(uuid.NewV7()), Mentions(p.Body, members)
	if err := tx.NoteInsert(ctx, p); err != nil {
		return uuid.Nil, err
	}
	if p.SubjectType == string(entity.Deal) {
		if err := tx.DealTouch(ctx, p.SubjectID); err != nil {
			return uuid.Nil, err
		}
	}
	return p.ID, tellNoted(ctx, tx, p.SubjectType, p.SubjectID, p.Body, p.Mentions, true)
}

// tellNoted tells who is named in a note, and who follows what it is on.
func tellNoted(ctx context.Context, tx *db.TenantTx, kind string, id uuid.UUID, body string, mentions []uuid.UUID, follow bool) error {
	if tx.MemberID() == uuid.Nil {
		return nil
	}
	n := notify.Notice{Kind: entity.ToldMentioned, To: mentions, Subject: entity.Kind(kind), ID: id, Detail: entity.Line(body)}
	if err := notify.Tell(ctx, tx, n); err != nil || !follow {
		return err
	}
	n.Kind, n.To, n.But, n.Follow = entity.ToldNoted, nil, mentions, true
	return notify.Tell(ctx, tx, n)
}

func checkRecord(ctx context.Context, tx *db.TenantTx, kind string, id uuid.UUID) error {
	if !entity.Kind(kind).Valid() {
		return pgx.ErrNoRows
	}
	r, err := tx.RecordState(ctx, entity.Kind(kind), id, false)
	if err == nil && r.DeletedAt != nil {
		err = pgx.ErrNoRows
	}
	return err
}

// NoteUpdate changes a note's text or pin. Its text is its author's alone;
// anybody who may write may pin it.
func NoteUpdate(ctx context.Context, tx *db.TenantTx, was tenantdb.NoteGetRow, member uuid.UUID, p tenantdb.NoteUpdateParams) error {
	if p.Body != was.Body && (was.AuthorID == nil || *was.AuthorID != member) {
		return &RefusalError{"Only " + firstOf(was.AuthorName, "its author") + " can change this note."}
	}
	if p.Body == was.Body && p.Pinned == was.Pinned {
		return nil // nothing was changed
	}
	members, err := tx.MemberList(ctx)
	if err != nil {
		return err
	}
	p.Mentions = Mentions(p.Body, members)
	if err := changedOne(tx.NoteUpdate(ctx, p)); err != nil {
		return err
	}
	named := slices.DeleteFunc(slices.Clone(p.Mentions), func(id uuid.UUID) bool { return slices.Contains(was.Mentions, id) })
	return tellNoted(ctx, tx, was.SubjectType, was.SubjectID, p.Body, named, false)
}

// NoteDelete deletes a note at its version of the member's own; those who manage the workspace
// may delete any.
func NoteDelete(ctx context.Context, tx *db.TenantTx, was tenantdb.NoteGetRow, member uuid.UUID, manages bool, version int32) error {
	if !manages && (was.AuthorID == nil || *was.AuthorID != member) {
		return &RefusalError{"Only " + firstOf(was.AuthorName, "its author") + " or an admin can delete this note."}
	}
	return changedOne(tx.NoteDelete(ctx, was.ID, version))
}

// Mentions are the members that a text names with an @: by their name, or by a first name
// that only one of them has, with or without its marks. The longest name wins.
func Mentions(body string, members []tenantdb.MemberListRow) []uuid.UUID {
	out := []uuid.UUID{}
	before := ' '
	for i, r := range body {
		if r == '@' && !inWord(before) {
			if id := mentioned(body[i+1:], members); id != uuid.Nil && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
		before = r
	}
	return out
}

// inWord tells what an @ stands inside of an address behind: letters of scripts that put
// blanks between words.
func inWord(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai)
}

// apostrophe is one sign, however it is typed.
var apostrophe = strings.NewReplacer("’", "'", "‘", "'", "ʼ", "'", "`", "'")

func mentioned(text string, members []tenantdb.MemberListRow) uuid.UUID {
	const longest = 200 // bytes: names have 80 characters
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "")
	}
	text = entity.Fold(apostrophe.Replace(text))
	best, length, full := []uuid.UUID{}, 0, false
	for _, m := range members {
		if !m.Active {
			continue
		}
		first, _, _ := strings.Cut(m.Name, " ")
		for i, name := range []string{m.Name, first} {
			for _, folded := range entity.Folds(apostrophe.Replace(name)) {
				n := len(folded)
				switch {
				case !begins(text, folded) || n < length || n == length && full && i > 0:
				case n > length || i == 0 && !full:
					best, length, full = []uuid.UUID{m.ID}, n, i == 0
				case !slices.Contains(best, m.ID):
					best = append(best, m.ID) // of one name: nobody is meant for sure
				}
			}
		}
	}
	if len(best) != 1 {
		return uuid.Nil
	}
	return best[0]
}

// begins reports whether a text begins with the name, and that ends there.
func begins(text, name string) bool {
	rest, ok := strings.CutPrefix(text, name)
	if !ok || name == "" {
		return false
	}
	r, size := utf8.DecodeRuneInString(rest)
	if r == '-' || r == '\'' || r == '’' { // Jean-Luc is not Jean
		r, _ = utf8.DecodeRuneInString(rest[size:])
	}
	return !inWord(r)
}
