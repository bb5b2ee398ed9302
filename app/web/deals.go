package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

type deals struct {
	*records[tenantdb.DealGetRow, tenantdb.DealUpdateParams]
}

func newDeals(s *Server) deals {
	return deals{&records[tenantdb.DealGetRow, tenantdb.DealUpdateParams]{
		Server: s, entity: &views.Deals, get: (*tenantdb.Queries).DealGet, params: dealParams, bind: bindDeal,
		list: func(ctx context.Context, q *tenantdb.Queries, f tenantdb.Filter, p tenantdb.Page, formats entity.Formats) ([]views.ListRow, string, error) {
			rows, next, err := q.DealList(ctx, f, p)
			return lines(rows, formats, views.DealRow), next, err
		},
		head: func(r tenantdb.DealGetRow, rec *views.Record) {
			rec.ID, rec.Version, rec.Name, rec.Tags = r.ID, r.Version, r.Name, ui.Tags(r.Tags)
			rec.CreatedAt, rec.UpdatedAt, rec.DeletedAt = r.CreatedAt, r.UpdatedAt, r.DeletedAt
			rec.Labels["owner_id"], rec.Labels["customer_id"], rec.Labels["contact_id"] = r.OwnerName, r.CustomerName, r.ContactName
			rec.Labels["stage_id"], rec.Labels["pipeline_id"] = r.StageName, r.PipelineName
			rec.Badges = badges(ui.Tag(r.StageColor, r.StageName))
		},
		blank: func(c echo.Context) tenantdb.DealUpdateParams {
			return tenantdb.DealUpdateParams{Currency: visiting(c).tenant.Currency, OwnerID: &visiting(c).who.MemberID}
		},
		create: func(ctx context.Context, tx *db.TenantTx, _ entity.Formats, p tenantdb.DealUpdateParams, tags []string) (uuid.UUID, error) {
			return crm.DealCreate(ctx, tx.Queries, p, tags)
		},
		update: func(ctx context.Context, tx *db.TenantTx, _ entity.Formats, was tenantdb.DealGetRow, p tenantdb.DealUpdateParams, version int32, tags []string) error {
			p.Version = version
			return crm.DealUpdate(ctx, tx.Queries, was, p, tags)
		},
		options: func(ctx context.Context, q *tenantdb.Queries, f *ui.Form) error {
			stages, err := q.StageList(ctx)
			f.Options["stage_id"] = views.StageOptions(stages)
			return err
		},
		choices: func(ctx context.Context, q *tenantdb.Queries, p *views.ListPage) error {
			if p.Choices["stage"] != nil {
				return nil // the board has read them
			}
			stages, err := q.StageList(ctx)
			p.Choices["stage"] = views.StageOptions(stages)
			return err
		},
		beside: func(ctx context.Context, q *tenantdb.Queries, r tenantdb.DealGetRow, p *views.RecordPage) error {
			if p.CanWrite {
				p.Actions = append(p.Actions, views.DealActions(r))
			}
			add := url.Values{"deal_id": {r.ID.String()}, "name": {r.Name}}
			if r.CustomerID != nil {
				add.Set("customer_id", r.CustomerID.String())
			}
			related, err := belonging(q.ProjectList, views.ProjectLine)(ctx, &views.Projects, "deal", r.ID, add)
			if r.Outcome != crm.Won {
				related.AddURL = ""
			}
			p.Related = append(p.Related, related)
			return err
		},
		narrow: func(ctx context.Context, q *tenantdb.Queries, f *tenantdb.Filter) error {
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
		},
		layouts: func(p views.ListPage) []views.LayoutLink { return boardLayouts(p, "", "table") },
	}}
}

func bindDeal(b *binder, p *tenantdb.DealUpdateParams) {
	b.text("name", &p.Name)
	b.id("customer_id", &p.CustomerID)
	b.id("contact_id", &p.ContactID)
	b.idValue("pipeline_id", &p.PipelineID)
	b.idValue("stage_id", &p.StageID)
	was := p.Currency
	b.currency("currency", &p.Currency)
	b.convert(was, p.Currency, "currency", &p.Amount)
	if in := b.amount("amount", p.Currency, &p.Amount); in != p.Currency {
		if p.Currency != was && b.form.present["currency"] {
			b.form.fail("amount", "This is in "+in+", and the currency is "+p.Currency+". Change one of them.")
		}
		p.Currency = in // "$5,000" says its own
	}
	b.percent("probability", &p.Probability)
	b.date("expected_close_date", &p.ExpectedCloseDate)
	b.text("source", &p.Source)
	b.text("lost_reason", &p.LostReason)
	b.text("description", &p.Description)
	b.id("owner_id", &p.OwnerID)
}

// dealParams is the deal as it is, to be changed and written back.
func dealParams(r tenantdb.DealGetRow) tenantdb.DealUpdateParams {
	return tenantdb.DealUpdateParams{
		Name: r.Name, CustomerID: r.CustomerID, ContactID: r.ContactID, PipelineID: r.PipelineID, StageID: r.StageID, Position: r.Position,
		Amount: r.Amount, Currency: r.Currency, Probability: r.Probability, ExpectedCloseDate: r.ExpectedCloseDate, Source: r.Source,
		LostReason: r.LostReason, Description: r.Description, OwnerID: r.OwnerID, ClosedAt: r.ClosedAt, ID: r.ID, Version: r.Version,
	}
}

// List is the board, or the table.
func (d deals) List(c echo.Context) error {
	if c.QueryParam("layout") == "table" {
		return d.records.List(c)
	}
	return d.board(c)
}

func (d deals) board(c echo.Context) error {
	p, err := d.readBoard(c, listPage(c, d.Server, d.entity), c.QueryParam("column"))
	if err != nil {
		return err
	}
	if c.QueryParam("column") != "" {
		if len(p.Columns) != 1 {
			return errNotFound
		}
		return d.render(c, http.StatusOK, views.Board(p), views.DealCards(p, p.Columns[0]))
	}
	pushFiltered(c, p.ListPage)
	return d.render(c, http.StatusOK, views.Board(p), views.BoardAnswer(p))
}

// readBoard reads the columns of the pipeline that the filter names, the first
// one without; with a column, the cards of that one alone, from list.After on.
func (d deals) readBoard(c echo.Context, list views.ListPage, column string) (views.BoardPage, error) {
	ctx := c.Request().Context()
	p := views.BoardPage{ListPage: list}
	p.Layout, p.Sort, p.Shown, p.Board = "", d.entity.DefaultSort, 0, true
	delete(p.Filter.Match, "stage")
	wanted := parseIDs(p.Filter.Match["pipeline"])
	delete(p.Filter.Match, "pipeline")
	err := d.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		if err := findTag(ctx, tx, &p.Filter); err != nil {
			return err
		}
		if p.Pipelines, err = tx.PipelineList(ctx); err != nil {
			return err
		}
		for i, x := range p.Pipelines {
			if i == 0 || len(wanted) > 0 && x.ID == wanted[0] {
				p.Pipeline = x.ID
			}
		}
		stages, err := tx.StageList(ctx)
		if err != nil {
			return err
		}
		sums := map[uuid.UUID][]tenantdb.BoardSumsRow{}
		if column == "" {
			rows, err := tx.BoardSums(ctx, p.Pipeline)
			if err != nil {
				return err
			}
			for _, s := range rows {
				sums[s.StageID] = append(sums[s.StageID], s)
			}
		}
		var shown []tenantdb.StageListRow
		var ids []string
		for _, st := range stages {
			if column == "" && st.PipelineID == p.Pipeline || st.ID.String() == column {
				shown, ids = append(shown, st), append(ids, st.ID.String())
			}
		}
		if column != "" {
			if len(shown) == 0 {
				return nil
			}
			col := views.BoardColumn{Stage: shown[0]}
			col.Rows, col.Next, err = tx.DealList(ctx, within(p.Filter, "stage", column), tenantdb.Page{Sort: "position", After: p.After, Limit: cardsShown})
			p.Columns = append(p.Columns, col)
			return err
		}
		cards, err := tx.DealBoard(ctx, ids, p.Filter, cardsShown)
		if err != nil {
			return err
		}
		for _, st := range shown {
			id := st.ID.String()
			p.Columns = append(p.Columns, views.BoardColumn{Stage: st, Sums: sums[st.ID], Rows: cards[id].Cards, Next: cards[id].Next})
		}
		p.Choices = map[string][]ui.Option{"stage": views.StageOptions(stages)}
		return d.filterChoices(ctx, tx, &p.ListPage)
	})
	if p.Pipelines != nil && len(wanted) > 0 && len(p.Pipelines) > 1 {
		p.Filter.Match["pipeline"] = []string{p.Pipeline.String()}
	}
	p.After = ""
	p.Layouts = boardLayouts(p.ListPage, "", "table")
	return p, err
}

// MoveForm is "move to…", for keys and for those without a mouse.
func (d deals) MoveForm(c echo.Context) error {
	row, _, err := d.live(c)
	if err != nil {
		return err
	}
	return d.renderMove(c, http.StatusOK, row, ui.Form{Values: map[string]string{"stage_id": row.StageID.String(), "lost_reason": row.LostReason}})
}

func (d deals) renderMove(c echo.Context, status int, row tenantdb.DealGetRow, f ui.Form) error {
	ctx := c.Request().Context()
	p := views.MovePage{Shell: d.shell(c, "deals", "Move "+row.Name), Deal: row, Form: f, Return: safePath(c.FormValue("return"))}
	if from := backTo(c, ""); p.Return == "" && (from == "/deals" || strings.HasPrefix(from, "/deals?")) {
		p.Return = from // the board
	}
	err := d.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		p.Stages, err = tx.StageList(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return d.render(c, status, views.Move(p), views.MoveForm(p))
}

// Move puts the deal into a stage, before another deal of it. A drag on the
// board gets the board back; a form, the deal's page.
func (d deals) Move(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	row, _, err := d.live(c)
	if err != nil {
		return err
	}
	f := readForm(c, []ui.Field{{Name: "stage_id", Label: "Stage"}, {Name: "lost_reason", Label: "Why it was lost", Max: 300}}, true)
	m := crm.Move{LostReason: f.Values["lost_reason"], Top: c.FormValue("top") == "true"}
	var bad error
	if m.StageID, bad = uuid.Parse(f.Values["stage_id"]); bad != nil {
		f.fail("stage_id", "Choose a stage.")
	}
	m.BeforeID, _ = uuid.Parse(c.FormValue("before_id")) // none: the end
	m.AfterID, _ = uuid.Parse(c.FormValue("after_id"))
	m.From, _ = uuid.Parse(c.FormValue("was.stage_id"))
	var set uuid.UUID
	var now tenantdb.DealGetRow
	if f.Valid() {
		err = d.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			set = tx.ChangeSet()
			if err := crm.DealMove(ctx, tx.Queries, id, m); err != nil {
				return err
			}
			now, err = tx.DealGet(ctx, id)
			return err
		})
	}
	board := c.FormValue("board") != "" && wantsFragment(c)
	switch {
	case errors.Is(err, crm.ErrMoved):
		notice := "Somebody else moved “" + row.Name + "” to " + row.StageName + " meanwhile. Look where it stands now, then move it if you still want to."
		if board {
			return d.renderMoved(c, http.StatusConflict, views.BoardPage{Moved: id, Notice: notice})
		}
		f.fail("", notice)
		return d.renderMove(c, http.StatusConflict, row, f.Form)
	case err != nil && !f.refused(err):
		return err
	case !f.Valid() && board:
		notice := ""
		for _, m := range f.Errors {
			notice = m
		}
		return d.renderMoved(c, http.StatusUnprocessableEntity, views.BoardPage{Notice: notice})
	case !f.Valid():
		return d.renderMove(c, http.StatusUnprocessableEntity, row, f.Form)
	}
	flash := ui.Flash{Subject: row.Name, Message: "moved to " + now.StageName, Undo: changesURL(set)}
	if now.StageID == row.StageID {
		flash.Message = "moved"
	}
	if board {
		return d.renderMoved(c, http.StatusOK, views.BoardPage{Moved: id, Saved: &flash})
	}
	if err := d.setFlash(c, flash); err != nil {
		return err
	}
	return d.redirect(c, first(safePath(c.FormValue("return")), views.Deals.URL(id)))
}

// renderMoved shows the board that the request came from again.
func (d deals) renderMoved(c echo.Context, status int, with views.BoardPage) error {
	list := listPage(c, d.Server, d.entity)
	list.After = ""
	if u, err := url.Parse(c.Request().Header.Get("HX-Current-URL")); err == nil {
		list.Filter = listFilter(c, d.entity, u.Query())
	}
	p, err := d.readBoard(c, list, "")
	if err != nil {
		return err
	}
	p.Moved, p.Saved, p.Notice = with.Moved, with.Saved, with.Notice
	return d.render(c, status, views.Board(p), views.BoardFragment(p))
}

// Project starts the project that a won deal is about.
func (d deals) Project(c echo.Context) error {
	ctx := c.Request().Context()
	row, _, err := d.live(c)
	if err != nil {
		return err
	}
	var id, set uuid.UUID
	err = d.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		set = tx.ChangeSet()
		id, err = crm.ProjectFromDeal(ctx, tx.Queries, row, visiting(c).tenant.Currency)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.setFlash(c, ui.Flash{Message: "Project started", Undo: changesURL(set)}); err != nil {
		return err
	}
	return d.redirect(c, views.Projects.URL(id))
}
