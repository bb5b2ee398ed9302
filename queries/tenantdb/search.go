package tenantdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/google/uuid"
)

// SearchRow is a record that a search found.
type SearchRow struct {
	Kind   Kind
	ID     uuid.UUID
	Name   string
	Detail string
	Rank   float32 // higher is better, within a kind
}

// details are what tells two records of the same name apart, from the rows x
// that were found.
var details = map[Kind]string{
	Customer: "x.domain", Contact: "x.email", Lead: "x.company_name::text", Deal: "coalesce((select k.name::text from customers k where k.id = x.customer_id), '')",
	Project: "coalesce((select k.name::text from customers k where k.id = x.customer_id), '')", Task: "x.status",
}

// searchCandidates bounds how many rows of a kind are ranked: what three
// common letters find is too much to sort, and nobody reads it.
const searchCandidates = 400

// likeCandidates is fewer: to compare trigrams takes longer.
const likeCandidates = 80

// Search finds up to n records of each kind. A record whose name begins with
// the words comes before one that has each of them somewhere.
func (q *Queries) Search(ctx context.Context, words string, n int) ([]SearchRow, error) {
	var parts []string
	var args []any
	for _, k := range Kinds {
		spec := lists[k]
		a, name := spec.alias(), spec.alias()+"."+k.name()
		c := spec.conditions(Filter{Query: words})
		c.args = append([]any{}, args...) // one list of arguments for all parts
		c.where = c.where[:1]
		c.search(words, spec.search[0], spec.search[1], spec.search[2:]...)
		prefix := fmt.Sprintf(lower, c.arg(likeEscaper.Replace(strings.TrimSpace(words))+"%"))
		args = c.args
		parts = append(parts, fmt.Sprintf(`(select '%[1]s'::text, x.id, x.%[2]s::text, %[3]s, x.rank from (
				(select %[4]s.*, 2::real as rank from %[5]s where %[4]s.deleted_at is null and lower(%[6]s) like %[7]s order by lower(%[6]s) limit %[9]d)
				union all
				(select y.* from (select %[4]s.*, word_similarity(lower('%[10]s'), %[11]s)::real as rank from %[5]s where %[8]s limit %[12]d) y order by y.rank desc, y.updated_at desc limit %[9]d)
			) x order by x.rank desc, x.updated_at desc limit %[9]d)`,
			k, k.name(), details[k], a, spec.from, name, prefix, c.and(), 2*n, "", spec.search[0], searchCandidates))
	}
	sql := strings.ReplaceAll(strings.Join(parts, " union all "), "lower('')", fmt.Sprintf(lower, fmt.Sprintf("$%d", len(args)+1)))
	return q.searchRows(ctx, sql, append(args, words), n)
}

// SearchLike finds records whose words are like these, for what was mistyped.
func (q *Queries) SearchLike(ctx context.Context, words string, n int) ([]SearchRow, error) {
	// Half of a word's trigrams survive a letter that is missing or wrong; less
	// finds too much to look through in 100,000 records.
	if _, err := q.db.Exec(ctx, `set local pg_trgm.word_similarity_threshold = 0.45`); err != nil {
		return nil, err
	}
	var parts []string
	for _, k := range Kinds {
		spec := lists[k]
		a, column := spec.alias(), spec.search[0]
		parts = append(parts, fmt.Sprintf(`(select '%[1]s'::text, x.id, x.%[2]s::text, %[3]s, x.rank from (
				select %[4]s.*, word_similarity(lower($1::text), %[6]s) as rank from %[5]s
				where %[4]s.deleted_at is null and lower($1::text) <%% %[6]s limit %[7]d) x
			order by x.rank desc, x.updated_at desc limit %[8]d)`, k, k.name(), details[k], a, spec.from, column, likeCandidates, n))
	}
	return q.searchRows(ctx, strings.Join(parts, " union all "), []any{words}, n)
}

func (q *Queries) searchRows(ctx context.Context, sql string, args []any, n int) ([]SearchRow, error) {
	rows, err := q.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SearchRow])
	if err != nil {
		return nil, err
	}
	// A record may have been found both ways.
	seen, count := map[uuid.UUID]bool{}, map[Kind]int{}
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
