package pg

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Plan is what a query really did, added up over its nodes.
type Plan struct {
	RowsRead    int // that scans returned or looked at and dropped
	RowsRemoved int // by filters
	Buffers     int // pages touched
	SeqScans    int // of tables with more than a handful of rows
	Tree        json.RawMessage
}

type planNode struct {
	Type     string     `json:"Node Type"`
	Rows     float64    `json:"Actual Rows"`
	Loops    float64    `json:"Actual Loops"`
	Removed  float64    `json:"Rows Removed by Filter"`
	Recheck  float64    `json:"Rows Removed by Index Recheck"`
	Hit      int        `json:"Shared Hit Blocks"`
	Read     int        `json:"Shared Read Blocks"`
	Plans    []planNode `json:"Plans"`
	Relation string     `json:"Relation Name"`
}

// Explain runs the query in the tenant's schema and returns what it did.
func Explain(tb testing.TB, schema, sql string, args []any) Plan {
	tb.Helper()
	return ExplainOn(tb, Superuser(tb), schema, sql, args)
}

// ExplainOn is Explain on a superuser's connection, for many plans in a row.
func ExplainOn(tb testing.TB, c *pgx.Conn, schema, sql string, args []any) (p Plan) {
	tb.Helper()
	ctx := tb.Context()
	err := pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf(`set local search_path = %s, ext`, pgx.Identifier{schema}.Sanitize())); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "explain (analyze, buffers, format json) "+sql, args...).Scan(&p.Tree)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return ReadPlan(tb, p.Tree)
}

// ReadPlan reads what EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) has answered.
func ReadPlan(tb testing.TB, tree []byte) Plan {
	tb.Helper()
	p := Plan{Tree: tree}
	var out []struct{ Plan planNode }
	if err := json.Unmarshal(p.Tree, &out); err != nil {
		tb.Fatal(err)
	}
	p.Buffers = out[0].Plan.Hit + out[0].Plan.Read
	p.add(out[0].Plan)
	return p
}

func (p *Plan) add(n planNode) {
	p.RowsRemoved += int(n.Loops * (n.Removed + n.Recheck))
	if n.Relation != "" {
		read := int(n.Loops * (n.Rows + n.Removed + n.Recheck))
		p.RowsRead += read
		if n.Type == "Seq Scan" && n.Rows+n.Removed > 1000 {
			p.SeqScans++
		}
	}
	for _, c := range n.Plans {
		p.add(c)
	}
}
