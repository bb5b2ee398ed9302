package records

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// clip bounds what somebody searches for, in characters.
func clip(q string) string {
	r := []rune(q)
	return string(r[:min(len(r), 100)])
}

// pageSize is how many rows a list shows at once.
const pageSize = 50

// maxRows is how many rows a reload brings back after "Load more".
const maxRows = 500

// listPage is what a list's URL asks for.
func listPage(c echo.Context, look *views.Look) views.ListPage {
	return views.ListPage{
		Shell:  page.Shell(c, look.Many, look.Title()),
		Look:   look,
		Filter: listFilter(c, look, c.QueryParams()),
		Sort:   tenantdb.RecordSort(look.Entity, c.QueryParam("sort")),
		After:  c.QueryParam("after"),
		Me:     page.From(c).Who.MemberID,
	}
}

// List is the list, or the board.
func (r *Handler) List(c echo.Context) error {
	r = r.of(c)
	layout := c.QueryParam("layout")
	if r.Look.Board != "" && (layout == "board" || r.Look.BoardFirst && layout != "table") {
		return r.board(c)
	}
	ctx := c.Request().Context()
	p := listPage(c, r.Look)
	if layout == "table" {
		p.Layout = layout
	}
	more := p.After != "" && page.WantsFragment(c) // the next rows alone
	limit := pageSize
	if n, err := strconv.Atoi(c.QueryParam("rows")); err == nil && n >= pageSize {
		// From the top as many as were shown, so that Back and reload lead back.
		n = min(n, maxRows)
		if more && !pagedPage(c) {
			p.Shown = n
		} else if p.After == "" {
			limit = n
		}
	}
	err := r.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		if err := findTag(ctx, tx, &p.Filter); err != nil {
			return err
		}
		filter := p.Filter
		if r.Narrow != nil {
			if err := r.Narrow(ctx, tx.Queries, &filter); err != nil {
				return err
			}
		}
		rows := func() (err error) {
			p.Rows, p.Next, err = tx.RecordList(ctx, r.Look.Entity, tenantdb.List{
				Filter: filter, Page: tenantdb.Page{Sort: p.Sort, After: p.After, Limit: limit, Zone: p.Location()}, Fields: r.Look.ListFields(),
			})
			if err != nil {
				return err
			}
			return nameSubjects(ctx, tx.Queries, r.Look.Entity, p.Rows)
		}
		if more {
			return rows()
		}
		return tx.Batch(rows,
			func() (err error) { p.Count, p.Uncounted, err = tx.RecordCount(ctx, r.Look.Entity, filter); return err },
			func() error { return filterChoices(ctx, tx, &p) },
		)
	})
	if err != nil {
		return err
	}
	switch {
	case r.Layouts != nil:
		p.Layouts = r.Layouts(p)
	case r.Look.Board != "":
		p.Layouts = boardLayouts(p)
	}
	if more {
		if !pagedPage(c) {
			shown := p
			shown.Shown += len(p.Rows)
			c.Response().Header().Set("HX-Replace-Url", shown.TopURL())
		}
		return page.Render(c, http.StatusOK, views.ListRows(p), views.ListRows(p))
	}
	pushFiltered(c, p)
	return page.Render(c, http.StatusOK, views.List(p), views.ListFragment(p))
}

// nameSubjects reads the names of what the rows are about.
func nameSubjects(ctx context.Context, q *tenantdb.Queries, e *entity.Entity, rows []entity.Record) error {
	f := e.Subject()
	if f == nil {
		return nil
	}
	var ids []uuid.UUID
	var kinds []entity.Kind
	for _, r := range rows {
		if id := r.Values.ID(f.Name); id != nil {
			ids, kinds = append(ids, *id), append(kinds, entity.Kind(r.Values.Text(f.RefersIn)))
		}
	}
	names, err := namesOf(ctx, q, ids, kinds...)
	for _, r := range rows {
		if ref, ok := r.Values[f.Name].(entity.Ref); ok {
			ref.Name = names[ref.ID]
			r.Values[f.Name] = ref
		}
	}
	return err
}

// findTag finds the tag that the filter names. One that does not exist is on no
// record.
func findTag(ctx context.Context, tx *db.TenantTx, f *tenantdb.Filter) error {
	if f.Tag == "" {
		return nil
	}
	ids, err := tx.TagIDs(ctx, []string{f.Tag})
	if err == nil && len(ids) > 0 {
		f.TagID = ids[0]
	}
	return err
}

// filterChoices reads what the list can be narrowed to, and the names of what
// it is narrowed to by a link.
func filterChoices(ctx context.Context, tx *db.TenantTx, p *views.ListPage) error {
	p.Choices = map[string][]ui.Option{}
	reads := []func() error{func() (err error) { p.Options, err = tx.FilterOptions(ctx); return err }}
	for i := range p.Look.Fields {
		f := &p.Look.Fields[i]
		if !f.Filter || f.Type != entity.TypeReference {
			continue
		}
		if slices.Contains(p.Look.Filters, f.Name) {
			if !p.Board || f.Name != p.Look.Board {
				reads = append(reads, func() (err error) {
					p.Choices[f.Param], err = referenceOptions(ctx, tx.Queries, f)
					return err
				})
			}
		} else if ids := parseIDs(p.Filter.Match[f.Param]); len(ids) > 0 {
			reads = append(reads, func() error {
				names, err := namesOf(ctx, tx.Queries, ids, f.Refers)
				for id, name := range names {
					p.Choices[f.Param] = append(p.Choices[f.Param], ui.Option{Value: id.String(), Label: name})
				}
				return err
			})
		}
	}
	return tx.Batch(reads...)
}

// pushFiltered names the URL of a filtered list. The filters' form would
// put its empty fields into it too; the heads of columns know theirs and push
// it, so that Back leads back. While somebody types there is one step of
// history, not one per letter.
func pushFiltered(c echo.Context, p views.ListPage) {
	if h := c.Request().Header; page.WantsFragment(c) && h.Get("HX-Source") == "form#filters" {
		header := "HX-Push-Url"
		if was, err := url.Parse(h.Get("HX-Current-URL")); err != nil || was.Query().Get("q") != p.Filter.Query {
			header = "HX-Replace-Url"
		}
		c.Response().Header().Set(header, p.TopURL())
	}
}

// pagedPage reports whether the page that asks was itself opened further down.
func pagedPage(c echo.Context) bool {
	u, err := url.Parse(c.Request().Header.Get("HX-Current-URL"))
	return err == nil && u.Query().Has("after")
}

// listFilter reads a list's filters. What is none of a filter's choices is left
// out, so that an old link still shows its list. A list that is asked for nothing has what
// its kind begins with.
func listFilter(c echo.Context, look *views.Look, query url.Values) tenantdb.Filter {
	if !look.Asked(query) {
		query = look.Default
	}
	e := look.Entity
	f := tenantdb.Filter{
		Query:  clip(entity.Line(query.Get("q"))),
		Tag:    clip(entity.Line(query.Get("tag"))),
		Match:  map[string][]string{},
		Dates:  map[string]entity.Range{},
		NoTask: query.Get("next") == "none" && e.Subject() == nil,
	}
	for i := range e.Fields {
		field := &e.Fields[i]
		if field.Dated {
			if r, ok := listRange(c, field, query); ok {
				f.Dates[field.Param] = r
			}
		}
		if !field.Filter && field.Via == "" {
			continue
		}
		if query.Get(field.Param+".empty") == "true" {
			f.Match[field.Param] = []string{""}
			continue
		}
		for _, values := range query[field.Param] {
			parts := []string{values}
			if field.Type != entity.TypeText { // what people write may have a comma
				parts = strings.Split(values, ",") // type=customer,partner is the same as twice type=
			}
			for _, v := range parts {
				if _, is := field.Choice(v); field.Options != nil && !is {
					continue
				}
				if v = clip(v); v != "" && len(f.Match[field.Param]) < 20 {
					f.Match[field.Param] = append(f.Match[field.Param], v)
				}
			}
		}
	}
	switch owner := query.Get("owner"); owner {
	case "":
	case "none":
		f.NoOwner = true
	case "me":
		f.OwnerID = page.From(c).Who.MemberID
	default:
		f.OwnerID, _ = uuid.Parse(owner) // an owner that is none narrows nothing
	}
	return f
}

// listRange is the part of the time that a list is narrowed to by a date: a word, or the days
// from .gte on and before .lt; false for none.
func listRange(c echo.Context, field *entity.Field, query url.Values) (entity.Range, bool) {
	formats := page.From(c).Formats(c)
	word := query.Get(field.Param)
	if query.Get(field.Param+".empty") == "true" {
		word = "none"
	}
	if r, ok := formats.Range(word); ok {
		return r, true
	}
	zone := formats.Local(time.Now()).Location()
	r := entity.Range{Since: dayStart(query.Get(field.Param+".gte"), zone), Until: dayStart(query.Get(field.Param+".lt"), zone)}
	return r, !r.Since.IsZero() || !r.Until.IsZero()
}

// dayStart is when a day begins in the zone, the zero time for what is no day.
func dayStart(v string, zone *time.Location) time.Time {
	d, err := time.ParseInLocation(time.DateOnly, v, zone)
	if err != nil || d.Year() < 1900 || d.Year() > 2200 {
		return time.Time{}
	}
	return d
}
