package records

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
)

// stageColumns are the stages of the pipeline that the filter names, the first one without;
// with one, that alone, without how much is in it.
func stageColumns(ctx context.Context, tx *db.TenantTx, p *views.BoardPage, one string) (err error) {
	wanted := parseIDs(p.Filter.Match["pipeline"])
	delete(p.Filter.Match, "pipeline")
	var stages []tenantdb.StageListRow
	err = tx.Batch(
		func() (err error) { p.Pipelines, err = tx.PipelineList(ctx); return err },
		func() (err error) { stages, err = tx.StageList(ctx); return err },
	)
	if err != nil {
		return err
	}
	for i, x := range p.Pipelines {
		if i == 0 || len(wanted) > 0 && x.ID == wanted[0] {
			p.Pipeline = x.ID
		}
	}
	sums := map[uuid.UUID][]tenantdb.BoardSumsRow{}
	if one == "" {
		rows, err := tx.BoardSums(ctx, p.Pipeline)
		if err != nil {
			return err
		}
		for _, s := range rows {
			sums[s.StageID] = append(sums[s.StageID], s)
		}
	}
	total := map[string]tenantdb.BoardSumsRow{} // of what is open, by currency
	for _, st := range stages {
		id := st.ID.String()
		if id != one && (one != "" || st.PipelineID != p.Pipeline) {
			continue
		}
		col := views.BoardColumn{
			Value: id, Label: st.Name, Color: st.Color, URL: p.Look.Path + "?layout=table&stage=" + id,
			Percent: strconv.Itoa(int(st.Probability)) + " %",
		}
		col.Closed = st.Outcome != crm.Open
		if st.Outcome == crm.Lost {
			col.Asks = "lost_reason"
		}
		for _, s := range sums[st.ID] {
			sum := views.BoardSum{Text: p.Money(s.Amount, s.Currency)}
			if st.Outcome == crm.Open {
				sum.Weighted = p.Money(s.Weighted, s.Currency)
				t := total[s.Currency]
				t.Amount, t.Weighted = t.Amount+s.Amount, t.Weighted+s.Weighted
				total[s.Currency] = t
			}
			col.Count += int(s.N)
			col.Sums = append(col.Sums, sum)
		}
		p.Columns = append(p.Columns, col)
	}
	for _, code := range slices.Sorted(maps.Keys(total)) {
		p.Total = append(p.Total, views.BoardSum{Text: p.Money(total[code].Amount, code), Weighted: p.Money(total[code].Weighted, code)})
	}
	return nil
}

// keepPipeline has the page's links lead to the pipeline that it shows, unless that is the
// first anyway.
func keepPipeline(p *views.BoardPage) {
	if len(p.Pipelines) > 1 && p.Pipeline != p.Pipelines[0].ID {
		p.Filter.Match["pipeline"] = []string{p.Pipeline.String()}
	}
}
