package records

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Dashboard serves the start page of a workspace.
type Dashboard struct{ DB *db.DB }

// Show is the page.
func (h Dashboard) Show(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.DashboardPage{Shell: page.Shell(c, "dashboard", "Dashboard")}
	me := page.From(c).Who.MemberID
	zone := p.Zone
	p.Since, p.Until = dashboardRange(c, p.Today())
	since, until := startIn(p.Since, zone), startIn(p.Until, zone)
	first := time.Date(p.Today().Year(), p.Today().Month(), 1, 0, 0, 0, 0, time.UTC)
	err := h.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		var stages []tenantdb.StageListRow
		var open []tenantdb.DashboardPipelineRow
		var tasks []tenantdb.TaskDayRow
		var recent []tenantdb.RecentChangesRow
		err := tx.Batch(
			func() error {
				any, err := tx.RecordsExist(ctx)
				p.Empty = !any
				return err
			},
			func() (err error) { p.Steps, err = tx.FirstSteps(ctx, me); return err },
			func() (err error) { stages, err = tx.StageList(ctx); return err },
			func() (err error) { open, err = tx.DashboardPipeline(ctx); return err },
			func() error {
				starts := monthStarts(p.Since, p.Until, zone)
				starts[0] = since // what is before it in its month is of the time before
				closed, err := tx.DashboardClosed(ctx, starts, since.Add(-until.Sub(since)), until)
				p.Won, p.Closed = wonCharts(closed, p), closedBy(closed)
				return err
			},
			func() error {
				forecast, err := tx.DashboardForecast(ctx, first, first.AddDate(0, forecastMonths, 0))
				p.Forecast = forecastCharts(forecast, first, p)
				return err
			},
			func() (err error) { p.NoNextStep, err = tx.DashboardNextSteps(ctx); return err },
			func() error {
				sources, err := tx.DashboardLeads(ctx, since, until)
				p.Leads = leadChart(sources, p)
				return err
			},
			func() error {
				counts, err := tx.DashboardTasks(ctx, p.Today(), &me)
				p.Open, p.Overdue = int(counts.Open), int(counts.Overdue)
				return err
			},
			func() (err error) { tasks, err = taskDay(ctx, tx.Queries, me, p.Formats, 8); return err },
			func() (err error) { recent, err = tx.RecentChanges(ctx, entity.KindNames()); return err },
			func() (err error) { p.Mentions, err = tx.NotesMentioning(ctx, me); return err },
		)
		if err != nil || p.Empty {
			return err
		}
		p.Pipelines = pipelineCharts(stages, open, p.Formats)
		var ids []uuid.UUID
		for _, t := range tasks {
			if t.SubjectID != nil {
				ids = append(ids, *t.SubjectID)
			}
		}
		for _, r := range recent {
			ids = append(ids, r.SubjectID)
		}
		names := map[uuid.UUID]string{}
		if len(ids) > 0 {
			rows, err := tx.RecordNames(ctx, ids)
			if err != nil {
				return err
			}
			for _, n := range rows {
				names[n.ID] = n.Name
			}
		}
		for _, g := range views.DayGroups(tasks, names, p.Formats) {
			for _, t := range g.Lines {
				t.Snooze = false
				p.Tasks = append(p.Tasks, t)
			}
		}
		told := map[uuid.UUID]int{} // the line of each change
		for _, r := range recent {
			if at, ok := told[r.ChangeSet]; ok && names[r.SubjectID] != "" {
				p.Recent[at].More++
			} else if names[r.SubjectID] != "" { // what was deleted is not shown
				told[r.ChangeSet] = len(p.Recent)
				p.Recent = append(p.Recent, views.RecentLine{
					Who: cmp.Or(r.MemberName, "Paddock"), What: views.RecentVerb(r.SubjectType, r.What), Name: names[r.SubjectID],
					URL: views.RecordURL(r.SubjectType, r.SubjectID), At: r.At,
				})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, views.Dashboard(p), nil)
}

// HideSteps takes the first steps away, for the person.
func (h Dashboard) HideSteps(c echo.Context) error {
	ctx := c.Request().Context()
	err := h.DB.Tenant(ctx, func(tx *db.TenantTx) error { return tx.FirstStepsHide(ctx, page.From(c).Who.MemberID) })
	if err != nil {
		return err
	}
	return page.Redirect(c, "/")
}

// Sample fills the workspace with a few records to look at, as one change that can be undone.
func (h Dashboard) Sample(c echo.Context) error {
	ctx := c.Request().Context()
	var set uuid.UUID
	full := false
	err := h.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		set = tx.ChangeSet()
		if full, err = tx.RecordsExist(ctx); err != nil || full {
			return err
		}
		return crm.Sample(ctx, tx, by(c))
	})
	if err != nil {
		return err
	}
	if full {
		return page.Say(c, "/", "There are records here already: sample data would stand among them.")
	}
	if err := page.SetFlash(c, ui.Flash{Message: "Sample data is there to play with. Undo takes all of it away, while it is as it came",
		Undo: page.UndoURL(set)}); err != nil {
		return err
	}
	return page.Redirect(c, "/")
}

// dashboardRange is the time that the URL names, by days: the last six months
// without one.
func dashboardRange(c echo.Context, today time.Time) (since, until time.Time) {
	since, until = dayStart(c.QueryParam("from"), time.UTC), dayStart(c.QueryParam("to"), time.UTC)
	if until.IsZero() || until.Before(since) {
		until = today.AddDate(0, 0, 1)
	}
	if since.IsZero() || since.Before(until.AddDate(-5, 0, 0)) || !since.Before(until) {
		last := until.AddDate(0, 0, -1)
		since = time.Date(last.Year(), last.Month()-5, 1, 0, 0, 0, 0, time.UTC)
	}
	return since, until
}

// startIn is when a day begins in the zone.
func startIn(day time.Time, zone *time.Location) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
}

// pipelineCharts are what each pipeline holds, stage by stage, a chart for each
// currency.
func pipelineCharts(stages []tenantdb.StageListRow, open []tenantdb.DashboardPipelineRow, f entity.Formats) (out []views.Chart) {
	at := map[string]int{}
	for _, s := range stages {
		for _, o := range open {
			if o.StageID != s.ID {
				continue
			}
			key := s.PipelineID.String() + o.Currency
			if _, ok := at[key]; !ok {
				at[key] = len(out)
				out = append(out, views.Chart{Title: s.PipelineName + " pipeline, " + o.Currency, Unit: "Amount"})
			}
			c := &out[at[key]]
			c.Bars = append(c.Bars, views.ChartBar{
				Label: s.Name + " (" + strconv.FormatInt(o.N, 10) + ")", Text: f.Money(o.Amount, o.Currency), Value: o.Amount, Color: s.Color,
				URL: "/deals?layout=table&stage=" + s.ID.String() + "&currency=" + o.Currency,
			})
		}
	}
	return out
}

// wonCharts are the months of the time, those without a sale included.
func wonCharts(rows []tenantdb.DashboardClosedRow, p views.DashboardPage) (out []views.Chart) {
	currencies := []string{}
	amounts := map[string]int64{}
	for _, r := range rows {
		if !r.Won || r.Month == 0 {
			continue
		}
		amounts[r.Currency+strconv.Itoa(int(r.Month))] = r.Amount
		if len(currencies) == 0 || currencies[len(currencies)-1] != r.Currency {
			currencies = append(currencies, r.Currency)
		}
	}
	if len(currencies) == 0 {
		return []views.Chart{{Title: "Won, " + p.Currency, Unit: p.Currency}}
	}
	all := months(p.Since, p.Until)
	for _, code := range currencies {
		c := views.Chart{Title: "Won, " + code, Unit: code, Bars: make([]views.ChartBar, 0, len(all))}
		for i, m := range all {
			amount := amounts[code+strconv.Itoa(i+1)]
			from, to := m, m.AddDate(0, 1, 0)
			if from.Before(p.Since) {
				from = p.Since
			}
			if to.After(p.Until) {
				to = p.Until
			}
			c.Bars = append(c.Bars, views.ChartBar{Label: m.Format("Jan 2006"), Text: p.Money(amount, code), Value: amount, Color: "green",
				URL: views.WonURL(code, from, to)})
		}
		out = append(out, c)
	}
	return out
}

// closedBy is what was closed in the time and before it, by currency.
func closedBy(rows []tenantdb.DashboardClosedRow) (out []views.Closed) {
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].Currency != r.Currency {
			out = append(out, views.Closed{Currency: r.Currency})
		}
		c := &out[len(out)-1]
		switch {
		case r.Won && r.Month > 0:
			c.Won, c.Wins = c.Won+r.Amount, c.Wins+r.N
		case r.Won:
			c.WonBefore, c.WinsBefore = c.WonBefore+r.Amount, c.WinsBefore+r.N
		case r.Month > 0:
			c.Losses += r.N
		default:
			c.LossesBefore += r.N
		}
	}
	return out
}

// months are the first days of the months between two days.
func months(since, until time.Time) []time.Time {
	out := make([]time.Time, 0, 12) // a year, as most
	for m := time.Date(since.Year(), since.Month(), 1, 0, 0, 0, 0, time.UTC); m.Before(until); m = m.AddDate(0, 1, 0) {
		out = append(out, m)
	}
	return out
}

// monthStarts are when these months begin in the zone.
func monthStarts(since, until time.Time, zone *time.Location) []time.Time {
	out := months(since, until)
	for i, m := range out {
		out[i] = startIn(m, zone)
	}
	return out
}

// forecastMonths is how many months the forecast looks ahead.
const forecastMonths = 6

// forecastCharts are what the next months bring, and who brings it, for each currency.
func forecastCharts(rows []tenantdb.DashboardForecastRow, first time.Time, p views.DashboardPage) (out []views.Chart) {
	at := map[string]int{}
	owners := map[string]map[string]int{}
	for _, r := range rows {
		i, ok := at[r.Currency]
		if !ok {
			i = len(out)
			at[r.Currency], owners[r.Currency] = i, map[string]int{}
			months := views.Chart{Title: "Forecast, " + r.Currency, Unit: "Amount by chance"}
			for n := range forecastMonths {
				month := first.AddDate(0, n, 0)
				from := month
				if n == 0 {
					from = time.Time{} // what is late counts with it
				}
				months.Bars = append(months.Bars, views.ChartBar{Label: month.Format("Jan 2006"), Color: "blue",
					URL: views.ForecastURL(r.Currency, from, month.AddDate(0, 1, 0), "")})
			}
			out = append(out, months, views.Chart{Title: "Forecast by owner, " + r.Currency, Unit: "Amount by chance"})
		}
		if n := (r.Month.Year()-first.Year())*12 + int(r.Month.Month()-first.Month()); n >= 0 && n < forecastMonths {
			out[i].Bars[n].Value += r.Amount
		}
		who, id := cmp.Or(r.OwnerName, "Nobody"), "none"
		if r.OwnerID != nil {
			id = r.OwnerID.String()
		}
		bar, ok := owners[r.Currency][id]
		if !ok {
			bar = len(out[i+1].Bars)
			owners[r.Currency][id] = bar
			out[i+1].Bars = append(out[i+1].Bars, views.ChartBar{Label: who, Color: "blue",
				URL: views.ForecastURL(r.Currency, time.Time{}, first.AddDate(0, forecastMonths, 0), id)})
		}
		out[i+1].Bars[bar].Value += r.Amount
	}
	for code, i := range at {
		for _, c := range out[i : i+2] {
			for j := range c.Bars {
				c.Bars[j].Text = p.Money(c.Bars[j].Value, code)
			}
		}
		slices.SortStableFunc(out[i+1].Bars, func(a, b views.ChartBar) int { return cmp.Compare(b.Value, a.Value) })
	}
	return out
}

func leadChart(rows []tenantdb.DashboardLeadsRow, p views.DashboardPage) views.Chart {
	c := views.Chart{Title: "New leads by source", Unit: "Leads"}
	for _, r := range rows {
		label := cmp.Or(r.Source, "No source")
		c.Bars = append(c.Bars, views.ChartBar{Label: label, Text: p.Count(int(r.N)), Value: r.N, Color: "blue",
			URL: views.LeadsURL(r.Source, p.Since, p.Until)})
	}
	return c
}
