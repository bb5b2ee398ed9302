package records

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Search serves the search over all kinds.
type Search struct{ DB *db.DB }

// Tags answers the search of a picker of tags.
func (h Search) Tags(c echo.Context) error {
	ctx := c.Request().Context()
	var options []ui.Option
	err := h.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		names, err := tx.TagOptions(ctx, clip(entity.Line(c.QueryParam("q"))), optionLimit)
		for _, name := range names {
			options = append(options, ui.Option{Value: name, Label: name})
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, ui.Options(options, ""), nil)
}

// Show is the page, and what the palette shows while somebody types.
func (h Search) Show(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.SearchPage{Shell: page.Shell(c, "search", "Search"), Query: clip(entity.Line(c.QueryParam("q")))}
	palette := c.QueryParam("palette") != "" && page.WantsFragment(c)
	words, action, on := p.Query, "", views.SearchHit{}
	if palette && p.CanWrite {
		if key, rest := views.ParseAction(p.Query); key != "" {
			words, action = rest, key
		}
	}
	err := h.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		if palette {
			if on, err = openRecord(ctx, c, tx); err != nil {
				return err
			}
		}
		if words == "" {
			return recentRecords(c, tx, &p)
		}
		rows, err := tx.Search(ctx, words, 6)
		if err == nil && len(rows) == 0 {
			p.Guess = true
			rows, err = tx.SearchLike(ctx, words, 5)
		}
		p.Groups = searchGroups(rows, words, action, p.Formats)
		return err
	})
	if err != nil {
		return err
	}
	if palette {
		p.Commands = views.Commands(p.Query, p.Shell, on)
	}
	if palette {
		return page.Render(c, http.StatusOK, nil, views.PaletteResults(p))
	}
	return page.Render(c, http.StatusOK, views.Search(p), views.SearchResults(p))
}

// recentRecords are those that the person changed last.
func recentRecords(c echo.Context, tx *db.TenantTx, p *views.SearchPage) error {
	ctx := c.Request().Context()
	rows, err := tx.RecentRecords(ctx, page.From(c).Who.MemberID, entity.KindNames())
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

// openRecord is the record whose page the palette was opened on, the zero value for none.
func openRecord(ctx context.Context, c echo.Context, tx *db.TenantTx) (hit views.SearchHit, err error) {
	u, err := url.Parse(c.Request().Header.Get("HX-Current-URL"))
	if err != nil {
		return hit, nil //nolint:nilerr // a page that can't be told is none
	}
	for _, look := range views.Looks {
		rest, ok := strings.CutPrefix(u.Path, look.Path+"/")
		id, bad := uuid.Parse(rest)
		if !ok || bad != nil {
			continue
		}
		names, err := tx.RecordNames(ctx, []uuid.UUID{id})
		if err != nil || len(names) == 0 || names[0].Kind != look.Kind {
			return hit, err
		}
		return views.SearchHit{Look: look, ID: id, Name: names[0].Name}, nil
	}
	return hit, nil
}

// searchGroups are what was found, by kind, and what was noted last; for an action only what
// it can be done with.
func searchGroups(rows []tenantdb.SearchRow, words, action string, f entity.Formats) (out []views.SearchGroup) {
	for _, r := range rows {
		look := views.LookOf(r.Kind)
		if a, ok := views.Actions[action]; ok && !a.Kinds(look) {
			continue
		}
		group := look
		if r.Note != "" {
			group = nil
		}
		if len(out) == 0 || out[len(out)-1].Look != group {
			out = append(out, views.SearchGroup{Look: group})
		}
		g := &out[len(out)-1]
		if len(g.Hits) == 5 {
			g.More = true
			continue
		}
		hit := views.NewSearchHit(look, r, words, f)
		hit.Do = action
		g.Hits = append(g.Hits, hit)
	}
	return out
}
