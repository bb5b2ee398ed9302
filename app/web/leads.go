package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

type leads struct {
	*records[tenantdb.LeadGetRow, tenantdb.LeadUpdateParams]
}

func newLeads(s *Server) leads {
	return leads{&records[tenantdb.LeadGetRow, tenantdb.LeadUpdateParams]{
		Server: s, entity: &views.Leads, get: (*tenantdb.Queries).LeadGet, params: crm.LeadParams, bind: bindLead, probes: leadProbes,
		list: func(ctx context.Context, q *tenantdb.Queries, f tenantdb.Filter, p tenantdb.Page, formats entity.Formats) ([]views.ListRow, string, error) {
			rows, next, err := q.LeadList(ctx, f, p)
			return lines(rows, formats, views.LeadRow), next, err
		},
		head: func(r tenantdb.LeadGetRow, rec *views.Record) {
			rec.ID, rec.Version, rec.Name, rec.Tags = r.ID, r.Version, r.Name, ui.Tags(r.Tags)
			rec.CreatedAt, rec.UpdatedAt, rec.DeletedAt = r.CreatedAt, r.UpdatedAt, r.DeletedAt
			rec.Labels["owner_id"] = r.OwnerName
			rec.Badges = badges(views.LeadStatus(r.Status), views.LeadRating(r.Rating))
			if r.Status == crm.Converted {
				rec.Labels["status"] = "Converted"
				rec.Locked = "This lead was converted. It stays as it was; what it became is below."
			}
		},
		blank: func(c echo.Context) tenantdb.LeadUpdateParams {
			return tenantdb.LeadUpdateParams{Status: "new", OwnerID: &visiting(c).who.MemberID}
		},
		create: func(ctx context.Context, tx *db.TenantTx, _ entity.Formats, p tenantdb.LeadUpdateParams, tags []string) (uuid.UUID, error) {
			return crm.LeadCreate(ctx, tx.Queries, p, tags)
		},
		update: func(ctx context.Context, tx *db.TenantTx, _ entity.Formats, was tenantdb.LeadGetRow, p tenantdb.LeadUpdateParams, version int32, tags []string) error {
			p.Version = version
			return crm.LeadUpdate(ctx, tx.Queries, was, p, tags)
		},
		beside: func(_ context.Context, _ *tenantdb.Queries, r tenantdb.LeadGetRow, p *views.RecordPage) error {
			if p.CanWrite {
				p.Actions = append(p.Actions, views.ConvertButton(r))
			}
			p.Related = append(p.Related, views.ConvertedTo(r)...)
			return nil
		},
		layouts: func(p views.ListPage) []views.LayoutLink { return boardLayouts(p, "board", "") },
	}}
}

// boardLayouts are the two ways to look at what has a board; each has its
// layout's name in the address, "" where it is the default.
func boardLayouts(p views.ListPage, board, table string) []views.LayoutLink {
	onBoard := p.Board
	p.Shown, p.Sort = 0, p.Entity.DefaultSort
	return []views.LayoutLink{
		{Label: "Board", URL: p.URL("layout", board), Current: onBoard, Icon: ui.IconColumns3},
		{Label: "Table", URL: p.URL("layout", table), Current: !onBoard, Icon: ui.IconTable2},
	}
}

func bindLead(b *binder, p *tenantdb.LeadUpdateParams) {
	b.text("first_name", &p.FirstName)
	b.text("last_name", &p.LastName)
	b.text("company_name", &p.CompanyName)
	b.text("job_title", &p.JobTitle)
	b.email("email", &p.Email)
	b.phone("phone", &p.Phone)
	b.website("website", &p.Website)
	b.text("source", &p.Source)
	b.text("status", &p.Status)
	b.text("rating", &p.Rating)
	b.money("amount", b.formats.Currency, &p.Amount)
	b.text("description", &p.Description)
	b.id("owner_id", &p.OwnerID)
}

// cardsShown is how many cards a column of a board shows at once.
const cardsShown = 20

// List is the table, or the board by status.
func (l leads) List(c echo.Context) error {
	if c.QueryParam("layout") != "board" {
		return l.records.List(c)
	}
	return l.board(c)
}

func (l leads) board(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.LeadBoardPage{ListPage: listPage(c, l.Server, l.entity)}
	p.Layout, p.Sort, p.Board = "board", l.entity.DefaultSort, true
	column := c.QueryParam("column")
	p.After = c.QueryParam("after")
	delete(p.Filter.Match, "status")
	err := l.db.TenantRead(ctx, func(tx *db.TenantTx) error {
		if err := findTag(ctx, tx, &p.Filter); err != nil {
			return err
		}
		sums, err := tx.LeadColumns(ctx)
		if err != nil {
			return err
		}
		var statuses []string
		for _, s := range views.LeadColumns {
			if column == "" || s.Value == column {
				statuses = append(statuses, s.Value)
			}
		}
		cards, err := tx.LeadBoard(ctx, statuses, p.Filter, cardsShown)
		if err != nil {
			return err
		}
		for _, s := range views.LeadColumns {
			if column != "" && s.Value != column {
				continue
			}
			col := views.LeadColumn{Status: s.Value, Label: s.Label}
			for _, n := range sums {
				if n.Status == s.Value {
					col.Count, col.Amount = n.N, n.Amount
				}
			}
			col.Rows, col.Next = cards[s.Value].Cards, cards[s.Value].Next
			if p.After != "" {
				f := within(p.Filter, "status", s.Value)
				if col.Rows, col.Next, err = tx.LeadList(ctx, f, tenantdb.Page{Sort: "-created_at", After: p.After, Limit: cardsShown}); err != nil {
					return err
				}
			}
			p.Columns = append(p.Columns, col)
			p.Count += int(col.Count)
		}
		if column != "" {
			return nil
		}
		return l.filterChoices(ctx, tx, &p.ListPage)
	})
	if err != nil {
		return err
	}
	if column != "" {
		if len(p.Columns) != 1 {
			return errNotFound
		}
		return l.render(c, http.StatusOK, views.LeadBoard(p), views.LeadCards(p, p.Columns[0]))
	}
	p.After = ""
	p.Layouts = boardLayouts(p.ListPage, "board", "")
	pushFiltered(c, p.ListPage)
	return l.render(c, http.StatusOK, views.LeadBoard(p), views.LeadBoardAnswer(p))
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

// Status puts a lead into another column of the board.
func (l leads) Status(c echo.Context) error {
	ctx := c.Request().Context()
	row, _, err := l.live(c)
	if err != nil {
		return err
	}
	status := c.FormValue("status")
	if !hasOption(views.LeadStatuses, status) {
		return &problem{status: http.StatusUnprocessableEntity, title: "A lead can’t be moved there", text: "Choose one of the columns. Convert it on its own page."}
	}
	version := row.Version
	if v, err := strconv.ParseInt(c.FormValue("version"), 10, 32); err == nil {
		version = int32(v)
	}
	var set uuid.UUID
	err = l.db.Tenant(ctx, func(tx *db.TenantTx) error {
		set = tx.ChangeSet()
		n, err := tx.LeadSetStatus(ctx, status, row.ID, version)
		if err == nil && n == 0 {
			err = crm.ErrChanged
		}
		return err
	})
	if errors.Is(err, crm.ErrChanged) && isHTMX(c) { // the board again, as it is now
		return l.done(c, "", "/leads?layout=board", ui.Flash{Subject: row.Name, Message: "was not moved: somebody else changed it meanwhile"})
	}
	if errors.Is(err, crm.ErrChanged) {
		return &problem{status: http.StatusConflict, title: "Somebody else changed this lead meanwhile", text: "Reload the board to see where it stands now."}
	}
	if err != nil {
		return err
	}
	return l.done(c, views.Leads.URL(row.ID), "/leads?layout=board", ui.Flash{Subject: row.Name, Message: "moved to " + ui.Label(views.LeadStatuses, status), Undo: changesURL(set)})
}

// done answers a write that was asked for on a page that shows many records:
// the page again, with the flash on it.
func (s *Server) done(c echo.Context, record, page string, f ui.Flash) error {
	if err := s.setFlash(c, f); err != nil {
		return err
	}
	if isHTMX(c) {
		return s.redirect(c, currentPath(c, page))
	}
	return s.redirect(c, record)
}

// currentPath is the page that an HTMX request comes from, else is otherwise.
func currentPath(c echo.Context, otherwise string) string {
	u := c.Request().Header.Get("HX-Current-URL")
	if i := strings.Index(u, "://"); i >= 0 {
		if j := strings.IndexByte(u[i+3:], '/'); j >= 0 && strings.HasPrefix(u[i+3+j:], "/") && !strings.HasPrefix(u[i+3+j:], "//") {
			return u[i+3+j:]
		}
	}
	return otherwise
}

func (l leads) ConversionForm(c echo.Context) error {
	row, rec, err := l.live(c)
	if err != nil {
		return err
	}
	if row.Status == crm.Converted {
		return l.renderRecord(c, http.StatusOK, views.RecordPage{Record: rec, Notice: rec.Locked})
	}
	return l.renderConversion(c, http.StatusOK, row, strconv.Itoa(int(row.Version)), nil)
}

func (l leads) renderConversion(c echo.Context, status int, row tenantdb.LeadGetRow, version string, f *form) error {
	ctx := c.Request().Context()
	p := views.ConversionPage{Shell: l.shell(c, "leads", "Convert "+row.Name), Lead: row, Version: version}
	err := l.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		for _, x := range leadProbes(crm.LeadParams(row)) {
			if x.kind == tenantdb.Lead {
				continue // what it becomes is asked, not what it is
			}
			found, err := crm.Matches(ctx, tx.Queries, x.kind, x.Probe)
			if err != nil {
				return err
			}
			switch x.kind {
			case tenantdb.Customer:
				p.Customers = shownMatches(found)
			case tenantdb.Contact:
				p.Contacts = shownMatches(found)
			}
		}
		stages, err := tx.StageList(ctx)
		p.Stages = views.StageOptions(slices.DeleteFunc(stages, func(s tenantdb.StageListRow) bool { return s.Outcome == crm.Lost }))
		return err
	})
	if err != nil {
		return err
	}
	if f != nil {
		p.Form = f.Form
	} else {
		// What it surely is already is proposed; what is only like it is not.
		p.Form.Values = map[string]string{"customer": "new", "contact": "new", "deal": "new", "name": first(row.CompanyName, row.Name)}
		if len(p.Customers) > 0 && p.Customers[0].Sure {
			p.Form.Values["customer"] = p.Customers[0].ID.String()
		}
		if len(p.Contacts) > 0 && p.Contacts[0].Sure {
			p.Form.Values["contact"] = p.Contacts[0].ID.String()
		}
		if row.Amount != nil {
			p.Form.Values["amount"] = p.MoneyInput(*row.Amount, p.Currency)
		}
	}
	p.Form.Options = map[string][]ui.Option{"stage_id": p.Stages}
	return l.render(c, status, views.Convert(p), views.ConvertForm(p))
}

// Convert turns the lead into a customer, a contact and perhaps a deal.
func (l leads) Convert(c echo.Context) error {
	ctx := c.Request().Context()
	row, _, err := l.live(c)
	if err != nil {
		return err
	}
	f := readForm(c, views.ConversionFields, false)
	for _, name := range []string{"customer", "contact", "deal"} {
		f.Values[name] = first(c.FormValue(name), "new")
	}
	f.Values["move_contact"] = c.FormValue("move_contact")
	conversion := crm.Conversion{CustomerID: f.existing("customer"), ContactID: f.existing("contact"), MoveContact: f.Values["move_contact"] == "true", Note: l.noteHTML}
	deal := f.Values["deal"] != "none"
	if deal {
		d := tenantdb.DealUpdateParams{Name: first(f.Values["name"], row.CompanyName, row.Name), Currency: visiting(c).tenant.Currency, Amount: row.Amount}
		b := l.binder(c)
		b.form = f
		b.money("amount", d.Currency, &d.Amount)
		b.idValue("stage_id", &d.StageID)
		conversion.Deal = &d
	}
	version := row.Version
	if v, err := strconv.ParseInt(c.FormValue("version"), 10, 32); err == nil {
		version = int32(v)
	}
	var out crm.ConvertedTo
	if f.Valid() {
		err = l.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			lead, err := tx.LeadGet(ctx, row.ID)
			if err != nil {
				return err
			}
			conversion.Set = tx.ChangeSet()
			out, err = crm.LeadConvert(ctx, tx.Queries, lead, version, conversion)
			return err
		})
		if errors.Is(err, crm.ErrChanged) {
			f.fail("", "Somebody else changed this lead meanwhile. Look at it again, then convert it.")
			return l.renderConversion(c, http.StatusConflict, row, strconv.Itoa(int(row.Version)), f)
		}
		if err != nil && !f.refused(err) {
			return err
		}
	}
	if !f.Valid() {
		f.lift(append([]ui.Field{{Name: "customer"}, {Name: "contact"}}, views.ConversionFields...))
		return l.renderConversion(c, http.StatusUnprocessableEntity, row, seenVersion(c), f)
	}
	to := views.Customers.URL(out.CustomerID)
	if out.DealID != nil {
		to = views.Deals.URL(*out.DealID)
	}
	if err := l.setFlash(c, ui.Flash{Subject: row.Name, Message: "converted", Undo: changesURL(conversion.Set)}); err != nil {
		return err
	}
	return l.redirect(c, to)
}

// existing is the record that a choice of "new" or an id names; nil for new.
func (f *form) existing(name string) *uuid.UUID {
	if f.Values[name] == "new" {
		return nil
	}
	id, err := uuid.Parse(f.Values[name])
	if err != nil {
		f.fail(name, "Choose one of these.")
	}
	return &id
}

// Unconvert takes a conversion back.
func (l leads) Unconvert(c echo.Context) error {
	ctx := c.Request().Context()
	row, rec, err := l.live(c)
	if err != nil {
		return err
	}
	err = l.db.Tenant(ctx, func(tx *db.TenantTx) error {
		if err := crm.LeadUnconvert(ctx, tx.Queries, row); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, "What the conversion of "+row.Name+" had made")
	})
	var no *crm.RefusalError
	if errors.As(err, &no) && !wantsFragment(c) {
		return l.renderRecord(c, http.StatusConflict, views.RecordPage{Record: rec, Notice: no.Reason})
	}
	if err != nil {
		return err
	}
	return l.say(c, rec.URL(), "Conversion undone. "+row.Name+" is a lead again.")
}
