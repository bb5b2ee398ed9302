package tenantdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
)

// SearchRow is a record that a search found.
type SearchRow struct {
	Kind    entity.Kind
	ID      uuid.UUID
	Name    string
	Detail  string
	Company string            // whose customer it belongs to; "" for none
	Phone   string            // as it is kept; "" for none
	Rank    float32           // higher is better, within a kind
	Fields  map[string]string // what was searched, by the fields’ names
	Tag     string            // the tag by which it was found; "" for none
	Note    string            // the note by which it was found; "" for none
}

// detailOf is what tells two records of the same name apart, from the rows x that were
// found.
func detailOf(e *entity.Entity) string {
	f := e.Field(e.Detail)
	if f == nil {
		return "''"
	}
	if t, ok := tableOf(f.Refers); ok {
		return fmt.Sprintf("coalesce((select k.%s::text from %s k where k.id = x.%s), '')", t.label, t.name, f.Column)
	}
	return "x." + f.Column + "::text"
}

// searchCandidates bounds how many rows of a kind are ranked: what three
// common letters find is too much to sort, and nobody reads it.
const searchCandidates = 400

// likeCandidates is fewer: to compare trigrams takes longer.
const likeCandidates = 80

// Search finds up to n records of each kind, and up to n by what was noted on them. A record
// whose name begins with the words comes before one that has each of them somewhere, what is
// written as they are before what only folds to the same, and what a tag says last.
func (q *Queries) Search(ctx context.Context, words string, n int) ([]SearchRow, error) {
	sql, args := searchQuery(entity.Kinds, words, n)
	if sql == "" {
		return nil, nil
	}
	found, err := q.searchRows(ctx, sql, args, n)
	if err != nil {
		return nil, err
	}
	sql, args = notesQuery(words, n)
	noted, err := q.searchRows(ctx, sql, args, n)
	return append(found, noted...), err
}

// hitColumns are what is told of a row x that was found, beside its name and rank.
func hitColumns(e *entity.Entity) string {
	company, phone, fields := "''", "''", make([]string, 0, len(e.Fields))
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.Refers == entity.Customer && !f.System && e.Detail != f.Name {
			company = "coalesce((select k.name::text from customers k where k.id = x." + f.Column + "), '')"
		}
		switch {
		case !f.Search:
		case entity.PointType(f.Type) != nil:
			fields = append(fields, fmt.Sprintf("'%s', ext.point_values(x.%s)", f.Name, f.Column))
		default:
			fields = append(fields, fmt.Sprintf("'%s', x.%s::text", f.Name, f.Column))
		}
	}
	switch f := e.Phone(); {
	case f == nil:
	case entity.PointType(f.Type) != nil:
		phone = "coalesce(x." + f.Column + "->0->>'value', '')"
	default:
		phone = "x." + f.Column
	}
	return detailOf(e) + " as detail, " + company + " as company, " + phone + " as phone, jsonb_build_object(" + strings.Join(fields, ", ") +
		") as fields"
}

// searchQuery writes the query of Search for records, "" for words that nothing can have.
func searchQuery(kinds []*entity.Entity, words string, n int) (sql string, args []any) {
	c := conditions{}
	folded, prefix, typed := c.arg(entity.Words(words)), c.arg(begins(words)), c.arg(strings.ToLower(words))
	tag := conditions{args: c.args}
	if tag.search(words, "(' ' || ext.words(t.name))"); len(tag.where) == 0 {
		return "", nil
	}
	c.args = tag.args // one list of arguments for all parts
	parts := make([]string, len(kinds))
	for i, e := range kinds {
		spec := specOf(e)
		part := conditions{args: c.args}
		part.search(words, spec.search)
		c.args = part.args
		parts[i] = fmt.Sprintf(`(select '%[1]s'::text as kind, x.id, x.%[2]s::text as name, x.rank, %[3]s, x.tag, '' as note from (
				(select %[4]s.*, 2::real as rank, '' as tag from %[5]s where %[4]s.deleted_at is null and left(%[6]s, %[13]d) like %[7]s
				order by left(%[6]s, %[13]d) limit %[9]d)
				union all
				(select y.*, '' from (select %[4]s.*, word_similarity(%[10]s, %[6]s)::real as rank from %[5]s where %[4]s.deleted_at is null
				and %[8]s limit %[11]d) y order by y.rank desc, y.updated_at desc limit %[9]d)
				union all
				(select %[4]s.*, -1, g.name from tagged g join %[5]s on %[4]s.id = g.subject_id where g.subject_type = '%[1]s'
				and %[4]s.deleted_at is null limit %[9]d)
			) x order by x.rank desc, (strpos(lower(x.%[2]s), %[12]s) > 0) desc, x.updated_at desc limit %[9]d)`,
			e.Kind, spec.name, hitColumns(e), "r", spec.from, spec.search, prefix, part.and(), 2*n, folded, searchCandidates, typed, searchPrefix)
	}
	return fmt.Sprintf(`with tagged as materialized (select g.subject_type, g.subject_id, t.name::text as name from (select t.id, t.name
		from tags t
		where %s limit 20) t cross join lateral (select * from taggings g where g.tag_id = t.id limit %d) g) `, tag.and(), searchCandidates) +
		strings.Join(parts, " union all "), c.args
}

// notesQuery writes the query of Search for notes: the records that they are on, the last
// noted first.
func notesQuery(words string, n int) (sql string, args []any) {
	c := conditions{}
	c.search(words, "m.search")
	parts := make([]string, len(entity.Kinds))
	for i, e := range entity.Kinds {
		parts[i] = fmt.Sprintf(`select m.created_at, '%[1]s'::text as kind, x.id, x.%[2]s::text as name, 0::real as rank, %[3]s, '' as tag,
			m.body as note from hit m join %[4]s x on x.id = m.subject_id where m.subject_type = '%[1]s' and x.deleted_at is null`,
			e.Kind, nameOf(e), hitColumns(e), e.Table)
	}
	return fmt.Sprintf(`with hit as materialized (select y.* from (select m.created_at, m.subject_type, m.subject_id, m.body from notes m
		where m.deleted_at is null and %s limit %d) y order by y.created_at desc limit %d)
		select kind, id, name, rank, detail, company, phone, fields, tag, note from (%s) x order by created_at desc limit %d`,
		c.and(), searchCandidates, 4*n, strings.Join(parts, " union all "), 2*n), c.args
}

// SearchLike finds records whose words are like these, for what was mistyped: as like as
// LikeSetting says (db.TenantTx sets it).
func (q *Queries) SearchLike(ctx context.Context, words string, n int) ([]SearchRow, error) {
	sql, args := likeQuery(entity.Kinds, words, n)
	return q.searchRows(ctx, sql, args, n)
}

// What is like a word: half of its trigrams survive a letter that is missing or wrong; less
// finds too much to look through in 100,000 records.
const (
	LikeSetting   = "pg_trgm.word_similarity_threshold"
	LikeThreshold = "0.45"
)

// likeQuery writes the query of SearchLike.
func likeQuery(kinds []*entity.Entity, words string, n int) (sql string, args []any) {
	var parts []string
	for _, e := range kinds {
		spec := specOf(e)
		parts = append(parts, fmt.Sprintf(`(select '%[1]s'::text as kind, x.id, x.%[2]s::text as name, x.rank, %[3]s, '' as tag, '' as note from (
				select %[4]s.*, word_similarity($1::text, %[6]s) as rank from %[5]s
				where %[4]s.deleted_at is null and $1::text <%% %[6]s limit %[7]d) x
			order by x.rank desc, x.updated_at desc limit %[8]d)`, e.Kind, spec.name, hitColumns(e), "r", spec.from, spec.search,
			likeCandidates, n))
	}
	return strings.Join(parts, " union all "), []any{entity.Words(words)}
}

func (q *Queries) searchRows(ctx context.Context, sql string, args []any, n int) ([]SearchRow, error) {
	rows, err := q.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[SearchRow])
	if err != nil {
		return nil, err
	}
	// A record may have been found both ways; notes are told by themselves.
	seen, count := map[uuid.UUID]bool{}, map[entity.Kind]int{}
	out := found[:0]
	for _, r := range found {
		group := r.Kind
		if r.Note != "" {
			group = ""
		}
		if !seen[r.ID] && count[group] < n {
			seen[r.ID] = true
			count[group]++
			out = append(out, r)
		}
	}
	return out, nil
}
