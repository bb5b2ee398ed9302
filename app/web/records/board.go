package records

import (
	"context"
	"errors"
	"net/http"
	"strconv"

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

// cardsShown is how many cards a column of a board shows at once.
const cardsShown = 20

// boardLayouts are the two ways to look at what has a board; each has its
// layout's name in the URL, "" where it is the default.
func boardLayouts(p views.ListPage) []views.LayoutLink {
	onBoard := p.Board
	board, table := "board", ""
	if p.Look.BoardFirst {
		board, table = "", "table"
	}
	p.Shown, p.Sort = 0, p.Look.DefaultSort
	return []views.LayoutLink{
		{Label: "Board", URL: p.URL("layout", board), Current: onBoard, Icon: ui.IconColumns3},
		{Label: "Table", URL: p.URL("layout", table), Current: !onBoard, Icon: ui.IconTable2},
	}
}

// board shows the records in columns, or the next cards of one.
func (r *Handler) board(c echo.Context) error {
	list := listPage(c, r.Look)
	column := c.QueryParam("column")
	if column == "" {
		list.After = ""
	}
	p, err := r.readBoard(c, list, column)
	if err != nil {
		return err
	}
	if column != "" {
		if len(p.Columns) != 1 {
			return page.ErrNotFound
		}
		return page.Render(c, http.StatusOK, views.Board(p), views.BoardCards(p, p.Columns[0]))
	}
	pushFiltered(c, p.ListPage)
	return page.Render(c, http.StatusOK, views.Board(p), views.BoardAnswer(p))
}

// readBoard reads the columns and their first cards; with a column, the cards of that one
// alone, from list.After on.
func (r *Handler) readBoard(c echo.Context, list views.ListPage, column string) (views.BoardPage, error) {
	ctx := c.Request().Context()
	p := views.BoardPage{ListPage: list}
	by := r.Look.Field(r.Look.Board)
	p.Layout, p.Sort, p.Shown, p.Board = "board", r.Look.DefaultSort, 0, true
	if r.Look.BoardFirst {
		p.Layout = ""
	}
	for i := range r.Look.Fields {
		if f := &r.Look.Fields[i]; f == by || f.Via == by.Name { // the columns
			delete(p.Filter.Match, f.Param)
		}
	}
	err := r.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		if err := findTag(ctx, tx, &p.Filter); err != nil {
			return err
		}
		columns := func() error {
			if by.Refers == entity.Stage {
				return stageColumns(ctx, tx, &p, column)
			}
			return optionColumns(ctx, tx, &p, by, column)
		}
		choices := func() error {
			if column != "" {
				return nil
			}
			return filterChoices(ctx, tx, &p.ListPage)
		}
		if err := tx.Batch(columns, choices); err != nil {
			return err
		}
		l := tenantdb.List{Filter: p.Filter, Fields: r.Look.CardFields()}
		if column != "" {
			if len(p.Columns) == 1 {
				l.Filter, l.Page = within(p.Filter, by.Param, column), tenantdb.Page{Sort: r.Look.BoardSort, After: p.After, Limit: cardsShown}
				p.Columns[0].Cards, p.Columns[0].Next, err = tx.RecordList(ctx, r.Look.Entity, l)
			}
			return err
		}
		values := make([]string, len(p.Columns))
		for i, col := range p.Columns {
			values[i] = col.Value
			p.Count += col.Count
		}
		cards, err := tx.RecordBoard(ctx, r.Look.Entity, l, values, cardsShown)
		if err != nil {
			return err
		}
		for i := range p.Columns {
			col := &p.Columns[i]
			col.Cards, col.Next = cards[col.Value].Cards, cards[col.Value].Next
		}
		return nil
	})
	keepPipeline(&p)
	p.After = ""
	p.Layouts = boardLayouts(p.ListPage)
	return p, err
}

// optionColumns are a select's options, with how many records each has and what they amount
// to; with one, that alone, without those.
func optionColumns(ctx context.Context, tx *db.TenantTx, p *views.BoardPage, by *entity.Field, one string) error {
	for _, o := range by.Options {
		if one == "" || o.Value == one {
			p.Columns = append(p.Columns, views.BoardColumn{Value: o.Value, Label: o.Label, Fixed: o.Fixed})
		}
	}
	if one != "" {
		return nil
	}
	sums, err := tx.RecordSums(ctx, p.Look.Entity)
	for i := range p.Columns {
		col := &p.Columns[i]
		s := sums[col.Value]
		col.Count = int(s.N)
		if s.Sums {
			col.Sums = []views.BoardSum{{Text: p.Money(s.Amount, p.Currency)}}
		}
	}
	return err
}

// within is the filter, narrowed to these values of a field.
func within(f tenantdb.Filter, field string, values ...string) tenantdb.Filter {
	match := map[string][]string{field: values}
	for k, v := range f.Match {
		if k != field {
			match[k] = v
		}
	}
	f.Match = match
	return f
}

// Put puts a record into another column of the board of a select.
func (r *Handler) Put(c echo.Context) error {
	r = r.of(c)
	ctx := c.Request().Context()
	rec, err := r.live(c)
	if err != nil {
		return err
	}
	field := r.Look.Field(r.Look.Board)
	to, ok := field.Choice(c.FormValue(field.Param))
	if !ok || to.Fixed {
		return &page.Problem{Status: http.StatusUnprocessableEntity, Title: "A " + r.Look.One + " can’t be moved there",
			Text: "Choose one of the columns. What else it may become is on its own page."}
	}
	change := crm.Change{Set: entity.Values{field.Name: entity.Text(to.Value)}, By: by(c)}
	if v, err := strconv.ParseInt(c.FormValue("version"), 10, 32); err == nil {
		change.Version = int32(v)
	}
	var set uuid.UUID
	err = r.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		set = tx.ChangeSet()
		now, err := r.liveIn(c, tx, rec.ID)
		if err != nil {
			return err
		}
		change.Record = now.Record
		_, err = crm.Save(ctx, tx, change)
		return err
	})
	board := r.Look.Path + "?layout=board"
	var conflict *crm.Conflict
	if errors.As(err, &conflict) || errors.Is(err, crm.ErrChanged) {
		who, err := page.ChangedBy(c, r.DB, rec.ID, 1)
		if err != nil {
			return err
		}
		if page.IsHTMX(c) { // the board again, as it is now
			return page.Done(c, "", board, ui.Flash{Subject: rec.Name(), Message: "was not moved. " + who + " changed it meanwhile"})
		}
		return &page.Problem{Status: http.StatusConflict, Title: who + " changed this " + r.Look.One + " meanwhile",
			Text: "Reload the board to see where it stands now."}
	}
	if err != nil {
		return err
	}
	return page.Done(c, rec.URL(), board, ui.Flash{Subject: rec.Name(), Message: "moved to " + to.Label, Undo: page.UndoURL(set)})
}
