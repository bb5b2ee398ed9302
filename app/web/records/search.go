package records

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
)

// Search serves the search over all kinds.
type Search struct{ DB *db.DB }

// Show is the page, and what the palette shows while somebody types.
func (h Search) Show(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.SearchPage{Shell: page.Shell(c, "search", "Search"), Query: clip(entity.Line(c.QueryParam("q")))}
	palette := c.QueryParam("palette") != "" && page.WantsFragment(c)
	if palette {
		p.Commands = views.Commands(p.Query, p.CanWrite)
	}
	err := h.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
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
