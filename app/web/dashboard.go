package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
)

func (s *Server) dashboard(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.DashboardPage{Shell: s.shell(c, "dashboard", "Dashboard")}
	me := visiting(c).who.MemberID
	zone := p.Zone
	p.Since, p.Until = dashboardRange(c, p.Today())
	since, until := startIn(p.Since, zone), startIn(p.Until, zone)
	err := s.db.TenantRead(ctx, func(tx *db.TenantTx) error {
		any, err := tx.RecordsExist(ctx)
		if p.Empty = !any; err != nil || !any {
			return err
		}
		stages, err := tx.StageList(ctx)
		if err != nil {
			return err
		}
		open, err := tx.DashboardPipeline(ctx)
		if err != nil {
			return err
		}
		p.Pipelines = pipelineCharts(stages, open, p.Formats)
		won, err := tx.DashboardWon(ctx, monthStarts(p.Since, p.Until, zone), since, until)
		if err != nil {
			return err
		}
		p.Won = wonCharts(won, p)
		sources, err := tx.DashboardLeads(ctx, since, until)
		if err != nil {
			return err
		}
		p.Leads = leadChart(sources, p)
		counts, err := tx.DashboardTasks(ctx, p.Today(), &me)
		if err != nil {
			return err
		}
		p.Open, p.Overdue = int(counts.Open), int(counts.Overdue)
		tasks, err := taskDay(ctx, tx.Queries, me, p.Formats, 8)
		if err != nil {
			return err
		}
		recent, err := tx.RecentChanges(ctx, entity.KindNames())
		if err != nil {
			return err
		}
		if p.Mentions, err = tx.NotesMentioning(ctx, me); err != nil {
			return err
		}
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
		for _, r := range recent {
			if names[r.SubjectID] != "" { // what was deleted is not shown
				p.Recent = append(p.Recent, views.RecentLine{
					Who: first(r.MemberName, "Paddock"), What: views.RecentVerb(r.SubjectType, r.What), Name: names[r.SubjectID], URL: views.RecordURL(r.SubjectType, r.SubjectID), At: r.At,
				})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Dashboard(p), nil)
}

// dashboardRange is the time of the address, by days: the last six months
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
func wonCharts(rows []tenantdb.DashboardWonRow, p views.DashboardPage) (out []views.Chart) {
	currencies := []string{}
	amounts := map[string]int64{}
	for _, r := range rows {
		amounts[r.Currency+strconv.Itoa(int(r.Month))] = r.Amount
		if len(currencies) == 0 || currencies[len(currencies)-1] != r.Currency {
			currencies = append(currencies, r.Currency)
		}
	}
	if len(currencies) == 0 {
		return []views.Chart{{Title: "Won, " + p.Currency, Unit: p.Currency}}
	}
	for _, code := range currencies {
		c := views.Chart{Title: "Won, " + code, Unit: code}
		for i, m := range months(p.Since, p.Until) {
			amount := amounts[code+strconv.Itoa(i+1)]
			from, to := m, m.AddDate(0, 1, 0)
			if from.Before(p.Since) {
				from = p.Since
			}
			if to.After(p.Until) {
				to = p.Until
			}
			c.Bars = append(c.Bars, views.ChartBar{Label: m.Format("Jan 2006"), Text: p.Money(amount, code), Value: amount, Color: "green", URL: views.WonURL(code, from, to)})
		}
		out = append(out, c)
	}
	return out
}

// months are the first days of the months between two days.
func months(since, until time.Time) (out []time.Time) {
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

func leadChart(rows []tenantdb.DashboardLeadsRow, p views.DashboardPage) views.Chart {
	c := views.Chart{Title: "New leads by source", Unit: "Leads"}
	for _, r := range rows {
		label := first(r.Source, "No source")
		c.Bars = append(c.Bars, views.ChartBar{Label: label, Text: p.Count(int(r.N)), Value: r.N, Color: "blue", URL: views.LeadsURL(r.Source, p.Since, p.Until)})
	}
	return c
}

func (s *Server) search(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.SearchPage{Shell: s.shell(c, "search", "Search"), Query: clip(entity.Line(c.QueryParam("q")))}
	palette := c.QueryParam("palette") != "" && wantsFragment(c)
	if palette {
		p.Commands = views.Commands(p.Query, p.CanWrite)
	}
	err := s.db.TenantRead(ctx, func(tx *db.TenantTx) error {
		if p.Query == "" {
			return recentRecords(c, tx, &p)
		}
		rows, err := tx.Search(ctx, p.Query, 6)
		if err == nil && len(rows) == 0 {
			p.Guess = true
			rows, err = tx.SearchLike(ctx, p.Query, 5)
		}
		p.Groups = searchGroups(rows)
		return err
	})
	if err != nil {
		return err
	}
	if palette {
		return s.render(c, http.StatusOK, nil, views.PaletteResults(p))
	}
	return s.render(c, http.StatusOK, views.Search(p), views.SearchResults(p))
}

// recentRecords are those that the person changed last.
func recentRecords(c echo.Context, tx *db.TenantTx, p *views.SearchPage) error {
	ctx := c.Request().Context()
	rows, err := tx.RecentRecords(ctx, visiting(c).who.MemberID, entity.KindNames())
	if err != nil || len(rows) == 0 {
		return err
	}
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.SubjectID
	}
	names, err := tx.RecordNames(ctx, ids)
	if err != nil {
		return err
	}
	for _, r := range rows {
		for _, n := range names {
			if e := views.LookOf(n.Kind); n.ID == r.SubjectID && e != nil {
				p.Recent = append(p.Recent, views.SearchHit{Look: e, ID: n.ID, Name: n.Name})
			}
		}
	}
	return nil
}

func searchGroups(rows []tenantdb.SearchRow) (out []views.SearchGroup) {
	for _, r := range rows {
		e := views.LookOf(r.Kind)
		if len(out) == 0 || out[len(out)-1].Look != e {
			out = append(out, views.SearchGroup{Look: e})
		}
		g := &out[len(out)-1]
		if len(g.Hits) == 5 {
			g.More = true
			continue
		}
		g.Hits = append(g.Hits, views.SearchHit{Look: e, ID: r.ID, Name: r.Name, Detail: r.Detail})
	}
	return out
}

// clip bounds what somebody searches for, in characters.
func clip(q string) string {
	r := []rune(q)
	return string(r[:min(len(r), 100)])
}

// trashSize is how many records a page of the trash shows.
const trashSize = 50

func (s *Server) trash(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.TrashPage{Shell: s.shell(c, "trash", "Trash")}
	at, id := time.Now().Add(time.Hour), uuid.Max
	if after := c.QueryParam("after"); after != "" {
		moment, key, err := parseMoment(after)
		if err != nil {
			return err
		}
		at = moment
		if id, err = uuid.Parse(key); err != nil {
			return tenantdb.ErrBadCursor
		}
	}
	err := s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		p.Rows, err = tx.TrashList(ctx, at, id, trashSize+1)
		return err
	})
	if err != nil {
		return err
	}
	if len(p.Rows) > trashSize {
		p.Rows = p.Rows[:trashSize]
		last := p.Rows[trashSize-1]
		p.Next = momentCursor(last.DeletedAt, last.ID.String())
	}
	return s.render(c, http.StatusOK, views.Trash(p), views.TrashRows(p))
}
