package records

import (
	"context"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Show is a record's page, or the part of it that is edited in place.
func (r *Handler) Show(c echo.Context) error {
	r = r.of(c)
	if page.WantsFragment(c) {
		rec, err := r.live(c)
		if err != nil {
			return err
		}
		return r.renderRecord(c, http.StatusOK, views.RecordPage{Record: rec})
	}
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	return r.renderPage(c, http.StatusOK, id, views.RecordPage{})
}

// renderRecord shows the record: the part that is edited in place alone, or
// with everything that stands beside it.
func (r *Handler) renderRecord(c echo.Context, status int, p views.RecordPage) error {
	if !page.WantsFragment(c) {
		return r.renderPage(c, status, p.Record.ID, p)
	}
	p.Shell = page.Shell(c, r.Look.Many, p.Record.Name())
	p.Timeline = timelinePage(c, r.Look, p.Record.ID)
	p.Timeline.Shell = p.Shell
	ctx := c.Request().Context()
	if err := r.DB.TenantRead(ctx, func(tx *db.TenantTx) error { return r.readHead(ctx, tx, &p) }); err != nil {
		return err
	}
	return page.Render(c, status, nil, views.RecordFragment(p))
}

// renderPage reads the record and everything that stands beside it, in one
// flush, and what follows from that in another, and shows it with what p says.
func (r *Handler) renderPage(c echo.Context, status int, id uuid.UUID, p views.RecordPage) error {
	ctx := c.Request().Context()
	p.Shell = page.Shell(c, r.Look.Many, r.Look.One)
	p.Timeline = timelinePage(c, r.Look, id)
	if kind := c.QueryParam("note"); page.HasOption(views.NoteKinds, kind) { // a link to write one
		p.Timeline.Form, p.Timeline.Compose = ui.Form{Values: map[string]string{"kind": kind}}, true
	}
	linked := r.linked()
	err := r.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		reads := []func() error{
			func() (err error) {
				if p.Record, err = r.liveIn(c, tx, id); err != nil {
					return err
				}
				p.Title = p.Record.Name()
				p.Timeline.Shell, p.Timeline.Code = p.Shell, currencyOf(p.Record.Record)
				return r.readHead(ctx, tx, &p)
			},
			func() (err error) { p.Follows, err = tx.Follows(ctx, id, tx.MemberID()); return err },
			func() error {
				zone, err := tx.ZoneName(ctx, p.Location())
				if err != nil {
					return err
				}
				p.Tasks, err = tx.TasksAbout(ctx, &id, zone, 20)
				return err
			},
			func() error { return readTimeline(ctx, tx, "", &p.Timeline) },
		}
		for i := range linked {
			reads = append(reads, func() error { return linked[i].read(ctx, tx.Queries, id) })
		}
		return tx.Batch(reads...)
	})
	if err != nil {
		return err
	}
	p.Related = r.related(p.Record, linked, p.Formats)
	if r.Actions != nil && p.CanWrite {
		p.Actions = append(p.Actions, r.Actions(p.Record.Record)...)
	}
	if r.Beside != nil {
		r.Beside(p.Record.Record, &p)
	}
	r.Notes.show(&p.Timeline)
	return page.Render(c, status, views.RecordShow(p), nil)
}

// currencyOf is the currency of a record's amounts, "" for the workspace's.
func currencyOf(r entity.Record) string {
	if f := r.Entity.CurrencyField(); f != nil {
		return r.Values.Text(f.Name)
	}
	return ""
}

// readHead reads what stands below the record's name, and the name of what it is about.
func (r *Handler) readHead(ctx context.Context, tx *db.TenantTx, p *views.RecordPage) error {
	return tx.Batch(
		func() error {
			if r.Head == nil {
				return nil
			}
			return r.Head(ctx, tx, p.Record.Record, p)
		},
		func() error { return nameSubjectIn(ctx, tx, &p.Record) },
	)
}

func nameSubjectIn(ctx context.Context, tx *db.TenantTx, rec *views.Record) error {
	f := rec.Look.Subject()
	if f == nil || rec.Values.ID(f.Name) == nil {
		return nil
	}
	ref := rec.Values.Ref(f.Name)
	names, err := namesOf(ctx, tx.Queries, []uuid.UUID{ref.ID}, entity.Kind(rec.Values.Text(f.RefersIn)))
	ref.Name = names[ref.ID]
	rec.Values[f.Name] = ref
	return err
}

// linked are the records of a kind that point to another by a field, the last changed first.
type linked struct {
	look *views.Look
	by   *entity.Field
	rows []entity.Record
	more string
}

// linked are the kinds whose records point to one of this.
func (r *Handler) linked() (out []linked) {
	for _, look := range views.Looks {
		if f := look.PointsTo(r.Look.Kind); f != nil {
			out = append(out, linked{look: look, by: f})
		}
	}
	return out
}

func (l *linked) read(ctx context.Context, q *tenantdb.Queries, id uuid.UUID) (err error) {
	l.rows, l.more, err = q.RecordList(ctx, l.look.Entity, tenantdb.List{
		Filter: tenantdb.Filter{Match: map[string][]string{l.by.Param: {id.String()}}},
		Page:   tenantdb.Page{Sort: "-updated_at", Limit: relatedLimit, Few: true}, Fields: l.look.LineFields(),
	})
	return err
}

// related is what stands beside the record: what it is about, and what belongs to it.
func (r *Handler) related(rec views.Record, belongs []linked, f entity.Formats) (out []views.Related) {
	if subject := r.Look.Subject(); subject != nil {
		to := rec.Values.Ref(subject.Name)
		if look := views.LookOf(entity.Kind(rec.Values.Text(subject.RefersIn))); look != nil && to.Name != "" {
			out = append(out, views.Related{Look: look, Rows: []views.RelatedRow{{URL: look.URL(to.ID), Name: to.Name}}})
		}
	}
	for _, l := range belongs {
		beside := related(l.look, l.by, rec.Record)
		beside.More = l.more != ""
		for _, row := range l.rows {
			beside.Rows = append(beside.Rows, views.LineOf(l.look, row, f))
		}
		out = append(out, beside)
	}
	return out
}

// relatedLimit is how many records of another kind stand beside the one that they belong to.
const relatedLimit = 6

// related leads to the records whose field f points to this one. What it shares with them,
// such as the customer of a contact and a deal, another begins with too.
func related(look *views.Look, f *entity.Field, rec entity.Record) views.Related {
	all, add := url.Values{f.Param: {rec.ID.String()}}, url.Values{f.Name: {rec.ID.String()}}
	if look.BoardFirst {
		all.Set("layout", "table")
	}
	for i := range look.Fields {
		shared := &look.Fields[i]
		if id := rec.Values.ID(shared.Name); id != nil && shared.Refers.Valid() && !shared.System &&
			rec.Entity.Field(shared.Name).Refers == shared.Refers {
			add.Set(shared.Name, id.String())
		}
	}
	add.Set("return", rec.URL()) // one goes on where one was
	return views.Related{Look: look, AllURL: look.Path + "?" + all.Encode(), AddURL: look.Path + "/new?" + add.Encode()}
}
