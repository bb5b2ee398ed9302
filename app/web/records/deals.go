package records

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
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

// Deals serves the deals.
type Deals struct{ *Handler }

// NewDeals returns their handler.
func NewDeals(n Notes) Deals {
	h := New(views.LookOf(entity.Deal), n)
	h.Narrow = narrowToOutcomes
	h.Actions = func(r entity.Record) []templ.Component { return []templ.Component{views.DealActions(r)} }
	h.Head = dealHead
	h.Beside = func(r entity.Record, p *views.RecordPage) {
		for i := range p.Related {
			switch related := &p.Related[i]; {
			case related.Look.Kind != entity.Project:
			case r.Values.Text("outcome") == crm.Won: // a project takes the deal's name
				related.AddURL += "&name=" + url.QueryEscape(r.Name())
			default:
				related.AddURL = ""
			}
		}
	}
	return Deals{h}
}

// dealHead shows the stages of the deal's pipeline, and whom to call about it.
func dealHead(ctx context.Context, tx *db.TenantTx, r entity.Record, p *views.RecordPage) error {
	head := views.DealHead{Shell: p.Shell, Deal: r}
	var stages []tenantdb.StageListRow
	err := tx.Batch(
		func() (err error) { stages, err = tx.StageList(ctx); return err },
		func() error {
			id := r.Values.ID("contact_id")
			if id == nil {
				return nil
			}
			rows, err := tx.RecordsByID(ctx, entity.Contacts, []uuid.UUID{*id}, []string{"phone", "email"})
			if len(rows) > 0 {
				head.Contact = &rows[0]
			}
			return err
		},
	)
	if err != nil {
		return err
	}
	for _, s := range stages {
		if s.PipelineID == r.Values.Ref("pipeline_id").ID {
			head.Stages = append(head.Stages, s)
		}
		if s.ID == r.Values.Ref("stage_id").ID && r.Values["probability"] == nil {
			p.Hints = map[string]string{"probability": strconv.Itoa(int(s.Probability)) + " %, as the stage"}
		}
	}
	p.Head = views.DealBar(head)
	return nil
}

// narrowToOutcomes says outcomes as the stages that have them, which the table's indexes
// know.
func narrowToOutcomes(ctx context.Context, q *tenantdb.Queries, f *tenantdb.Filter) error {
	outcomes, stages := f.Match["status"], []string{}
	if len(outcomes) == 0 {
		return nil
	}
	rows, err := q.StageList(ctx)
	for _, s := range rows {
		if id := s.ID.String(); slices.Contains(outcomes, s.Outcome) && (len(f.Match["stage"]) == 0 || slices.Contains(f.Match["stage"], id)) {
			stages = append(stages, id)
		}
	}
	if len(stages) == 0 {
		stages = append(stages, "none")
	}
	*f = within(*f, "stage", stages...)
	return err
}

// MoveForm is "move to…", for keys and for those without a mouse.
func (d Deals) MoveForm(c echo.Context) error {
	d.Handler = d.of(c)
	rec, err := d.live(c)
	if err != nil {
		return err
	}
	return d.renderMove(c, http.StatusOK, rec.Record, ui.Form{Values: views.Inputs(d.Look.Entity, rec.Values, page.From(c).Formats(c))})
}

func (d Deals) renderMove(c echo.Context, status int, deal entity.Record, f ui.Form) error {
	ctx := c.Request().Context()
	p := views.MovePage{Shell: page.Shell(c, "deals", "Move "+deal.Name()), Deal: deal, Form: f, Return: page.SafePath(c.FormValue("return"))}
	if from := page.BackTo(c, ""); p.Return == "" && (from == "/deals" || strings.HasPrefix(from, "/deals?")) {
		p.Return = from // the board
	}
	err := d.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		p.Stages, err = tx.StageList(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, status, views.Move(p), views.MoveForm(p))
}

// Move puts the deal into a stage, before another deal of it. A drag on the
// board gets the board back; a form, the deal's page.
func (d Deals) Move(c echo.Context) error {
	d.Handler = d.of(c)
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	rec, err := d.live(c)
	if err != nil {
		return err
	}
	was := rec.Values.Ref("stage_id")
	f := page.ReadForm(c, []ui.Field{{Name: "stage_id", Label: "Stage"}, {Name: "lost_reason", Label: "Why it was lost", Max: 300}}, true)
	posted := c.Request().PostForm
	amount := url.Values{} // what it was won for
	if posted.Has("amount") {
		amount.Set("amount", posted.Get("amount"))
	}
	closing := readRecord(c, d.Look.Entity, amount, rec.Values, false)
	for name, message := range closing.Errors {
		f.Fail(name, message)
	}
	f.Values["amount"], f.Values["closed_on"] = posted.Get("amount"), posted.Get("closed_on")
	m := crm.Move{LostReason: f.Values["lost_reason"], Top: c.FormValue("top") == "true"}
	var bad error
	if m.StageID, bad = uuid.Parse(f.Values["stage_id"]); bad != nil {
		f.Fail("stage_id", "Choose a stage.")
	}
	m.BeforeID, _ = uuid.Parse(c.FormValue("before_id")) // none: the end
	m.AfterID, _ = uuid.Parse(c.FormValue("after_id"))
	m.From, _ = uuid.Parse(c.FormValue("was.stage_id"))
	if m.ClosedAt, bad = closedOn(posted.Get("closed_on"), page.From(c).Formats(c)); bad != nil {
		f.Fail("closed_on", bad.Error())
	}
	var set uuid.UUID
	var now entity.Record
	if f.Valid() {
		err = d.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			set = tx.ChangeSet()
			if len(closing.set) > 0 {
				r, err := d.liveIn(c, tx, id)
				if err != nil {
					return err
				}
				if _, err := crm.Save(ctx, tx, crm.Change{Record: r.Record, Set: closing.set, By: by(c)}); err != nil {
					return err
				}
			}
			if err := crm.DealMove(ctx, tx, id, m); err != nil {
				return err
			}
			now, err = tx.RecordGet(ctx, d.Look.Entity, id)
			return err
		})
	}
	board := c.FormValue("board") != "" && page.WantsFragment(c)
	switch {
	case errors.Is(err, crm.ErrMoved):
		who, err := page.ChangedBy(c, d.DB, id, 1)
		if err != nil {
			return err
		}
		notice := who + " moved “" + rec.Name() + "” to " + was.Name +
			" meanwhile. Look where it stands now, then move it if you still want to."
		if board {
			return d.renderMoved(c, http.StatusConflict, views.BoardPage{Moved: id, Notice: notice})
		}
		f.Fail("", notice)
		return d.renderMove(c, http.StatusConflict, rec.Record, f.Form)
	case err != nil && !f.Refused(err):
		return err
	case !f.Valid() && board:
		notice := ""
		for _, m := range f.Errors {
			notice = m
		}
		return d.renderMoved(c, http.StatusUnprocessableEntity, views.BoardPage{Notice: notice})
	case !f.Valid():
		return d.renderMove(c, http.StatusUnprocessableEntity, rec.Record, f.Form)
	}
	to := now.Values.Ref("stage_id")
	flash := ui.Flash{Subject: rec.Name(), Message: "moved to " + to.Name, Undo: page.UndoURL(set)}
	if to.ID == was.ID {
		flash.Message = "moved"
	}
	if board {
		return d.renderMoved(c, http.StatusOK, views.BoardPage{Moved: id, Saved: &flash})
	}
	if err := page.SetFlash(c, flash); err != nil {
		return err
	}
	return page.Redirect(c, cmp.Or(page.SafePath(c.FormValue("return")), rec.URL()))
}

// closedOn is when a deal was closed, of a day that somebody chose: now for today and for
// none. Its error is for people.
func closedOn(day string, formats entity.Formats) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	d, err := time.Parse(time.DateOnly, day)
	switch today := formats.Today(); {
	case err != nil || d.Year() < 1900:
		return time.Time{}, errors.New("Choose a day.") //nolint:staticcheck // for people
	case d.After(today):
		return time.Time{}, errors.New("A deal can’t be closed in the future.") //nolint:staticcheck // for people
	case d.Equal(today):
		return time.Time{}, nil
	}
	return entity.Clock{Hour: 12}.On(d, formats.Location()), nil
}

// renderMoved shows the board that the request came from again.
func (d Deals) renderMoved(c echo.Context, status int, with views.BoardPage) error {
	list := listPage(c, d.Look)
	list.After = ""
	if u, err := url.Parse(c.Request().Header.Get("HX-Current-URL")); err == nil {
		list.Filter = listFilter(c, d.Look, u.Query())
	}
	p, err := d.readBoard(c, list, "")
	if err != nil {
		return err
	}
	p.Moved, p.Saved, p.Notice = with.Moved, with.Saved, with.Notice
	return page.Render(c, status, views.Board(p), views.BoardMoved(p))
}

// Project starts the project that a won deal is about.
func (d Deals) Project(c echo.Context) error {
	d.Handler = d.of(c)
	ctx := c.Request().Context()
	rec, err := d.live(c)
	if err != nil {
		return err
	}
	var id, set uuid.UUID
	err = d.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		set = tx.ChangeSet()
		id, err = crm.ProjectFromDeal(ctx, tx, rec.Record, page.From(c).Tenant.Currency)
		return err
	})
	if err != nil {
		return err
	}
	if err := page.SetFlash(c, ui.Flash{Message: "Project started", Undo: page.UndoURL(set)}); err != nil {
		return err
	}
	return page.Redirect(c, entity.Projects.URL(id))
}
