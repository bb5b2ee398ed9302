// Package records serves what a team keeps: lists, boards, forms and pages of all kinds of
// records, their timelines and notes, the dashboard, the search and the trash.
package records

import (
	"context"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
)

// Handler serves one kind of record: its list, board, form, page, edits in place, deletion
// and restoration, all from the kind's description. What a kind has beyond that is in the
// functions, each nil for nothing.
type Handler struct {
	DB    *db.DB
	Notes Notes
	Look  *views.Look
	// Beside adds what else the record's page shows.
	Beside func(entity.Record, *views.RecordPage)
	// Head reads what stands below the record's name.
	Head func(context.Context, *db.TenantTx, entity.Record, *views.RecordPage) error
	// Actions are what is done with a record by whoever may write, beside edit and delete.
	Actions func(entity.Record) []templ.Component
	// Layouts are the ways to look at the list, where they are not those of a board.
	Layouts func(views.ListPage) []views.LayoutLink
	// Narrow says the page's filter in the columns of the table.
	Narrow func(context.Context, *tenantdb.Queries, *tenantdb.Filter) error
}

// New returns the handler of a kind that has nothing of its own.
func New(look *views.Look, n Notes) *Handler {
	return &Handler{DB: n.DB, Notes: n, Look: look}
}

// of is the handler of the kind as the request's workspace has it, with its own fields.
func (r *Handler) of(c echo.Context) *Handler {
	looks := page.From(c).Looks
	if looks == nil {
		return r
	}
	out := *r
	out.Look = looks.Of(r.Look.Kind)
	return &out
}

// by is who does something in the request.
func by(c echo.Context) crm.By {
	v := page.From(c)
	return crm.By{Member: v.Who.MemberID, Zone: v.Formats(c).Location(), Manages: v.Who.Role.May(auth.Manage), Currency: v.Tenant.Currency}
}

// record is what a page needs of a record.
func (r *Handler) record(rec entity.Record) views.Record {
	return views.Record{Record: rec, Look: r.Look, Locked: crm.Locked(rec)}
}

// live returns the record of the path, unless it was deleted; pgx.ErrNoRows when this
// workspace has none with the id.
func (r *Handler) live(c echo.Context) (rec views.Record, err error) {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return rec, err
	}
	err = r.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		rec, err = r.liveIn(c, tx, id)
		return err
	})
	return rec, err
}

// liveIn is live in a transaction.
func (r *Handler) liveIn(c echo.Context, tx *db.TenantTx, id uuid.UUID) (views.Record, error) {
	row, err := tx.RecordGet(c.Request().Context(), r.Look.Entity, id)
	if err != nil {
		return views.Record{}, err
	}
	rec := r.record(row)
	if rec.DeletedAt != nil {
		err = errDeleted(c, rec)
	}
	return rec, err
}
