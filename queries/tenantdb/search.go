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
	Kind   entity.Kind
	ID     uuid.UUID
	Name   string
	Detail string
	Rank   float32 // higher is better, within a kind
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

// Search finds up to n records of each kind. A record whose name begins with
// the words comes before one that has each of them somewhere, and what is written
// as they are before what only folds to the same.
func (q *Queries) Search(ctx context.Context, words string, n int) ([]SearchRow, error) {
	sql, args := searchQuery(entity.Kinds, words, n)
	if sql == "" {
		return nil, nil
	}
	return q.searchRows(ctx, sql, args, n)
}

// searchQuery writes the query of Search, "" for words that nothing can have.
func searchQuery(kinds []*entity.Entity, words string, n int) (sql string, args []any) {
	var parts []string
	c := conditions{}
	folded, prefix, typed := c.arg(entity.Words(words)), c.arg(begins(words)), c.arg(strings.ToLower(words))
	for _, e := range kinds {
		spec := specOf(e)
		part := conditions{args: c.args}
		part.search(words, spec.search)
		if len(part.where) == 0 {
			return "", nil
		}
		c.args = part.args // one list of arguments for all parts
		parts = append(parts, fmt.Sprintf(`(select '%[1]s'::text as kind, x.id, x.%[2]s::text as name, %[3]s as detail, x.rank from (
				(select %[4]s.*, 2::real as rank from %[5]s where %[4]s.deleted_at is null and left(%[6]s, %[13]d) like %[7]s
				order by left(%[6]s, %[13]d) limit %[9]d)
				union all
				(select y.* from (select %[4]s.*, word_similarity(%[10]s, %[6]s)::real as rank from %[5]s where %[4]s.deleted_at is null
				and %[8]s limit %[11]d) y order by y.rank desc, y.updated_at desc limit %[9]d)
			) x order by x.rank desc, (strpos(lower(x.%[2]s), %[12]s) > 0) desc, x.updated_at desc limit %[9]d)`,
			e.Kind, spec.name, spec.detail, "r", spec.from, spec.search, prefix, part.and(), 2*n, folded, searchCandidates, typed, searchPrefix))
	}
	return strings.Join(parts, " union all "), c.args
}

// SearchLike finds records whose words are like these, for what was mistyped.
func (q *Queries) SearchLike(ctx context.Context, words string, n int) ([]SearchRow, error) {
	if _, err := q.db.Exec(ctx, likeThreshold); err != nil {
		return nil, err
	}
	sql, args := likeQuery(entity.Kinds, words, n)
	return q.searchRows(ctx, sql, args, n)
}

// likeThreshold: half of a word's trigrams survive a letter that is missing or wrong; less
// finds too much to look through in 100,000 records.
const likeThreshold = `set local pg_trgm.word_similarity_threshold = 0.45`

// likeQuery writes the query of SearchLike.
func likeQuery(kinds []*entity.Entity, words string, n int) (sql string, args []any) {
	var parts []string
	for _, e := range kinds {
		spec := specOf(e)
		parts = append(parts, fmt.Sprintf(`(select '%[1]s'::text as kind, x.id, x.%[2]s::text as name, %[3]s as detail, x.rank from (
				select %[4]s.*, word_similarity($1::text, %[6]s) as rank from %[5]s
				where %[4]s.deleted_at is null and $1::text <%% %[6]s limit %[7]d) x
			order by x.rank desc, x.updated_at desc limit %[8]d)`, e.Kind, spec.name, spec.detail, "r", spec.from, spec.search, likeCandidates, n))
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
	// A record may have been found both ways.
	seen, count := map[uuid.UUID]bool{}, map[entity.Kind]int{}
	out := found[:0]
	for _, r := range found {
		if !seen[r.ID] && count[r.Kind] < n {
			seen[r.ID] = true
			count[r.Kind]++
			out = append(out, r)
		}
	}
	return out, nil
}
