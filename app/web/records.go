package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
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

// pageSize is how many rows a list shows at once.
const pageSize = 25

// maxRows is how many rows a reload brings back after "Load more".
const maxRows = 500

// records serves one kind of record: its list, form, page, edits in place,
// deletion and restoration. Row is what its Get query gives, Params what its
// Update query takes. What differs between kinds is in the functions.
type records[Row, Params any] struct {
	*Server
	entity *views.Entity
	get    func(*tenantdb.Queries, context.Context, uuid.UUID) (Row, error)
	// list reads a page of the list.
	list func(context.Context, *tenantdb.Queries, tenantdb.Filter, tenantdb.Page, entity.Formats) ([]views.ListRow, string, error)
	// head fills in what every record has.
	head func(Row, *views.Record)
	// blank are the fields of a new record, before anything is posted.
	blank func(echo.Context) Params
	// params is the record as it is, to be changed and written back.
	params func(Row) Params
	// bind carries the fields between forms and Params; see binder.
	bind func(*binder, *Params)
	// create and update write Params and the tags, which are nil to stay.
	create func(context.Context, *db.TenantTx, entity.Formats, Params, []string) (uuid.UUID, error)
	update func(context.Context, *db.TenantTx, entity.Formats, Row, Params, int32, []string) error
	// options fills in the choices of the form's selects, beside the owner's.
	options func(context.Context, *tenantdb.Queries, *ui.Form) error
	// beside adds what else the record's page shows.
	beside func(context.Context, *tenantdb.Queries, Row, *views.RecordPage) error
	// probes are what a new record is looked for by among those there are; nil for kinds
	// that are not.
	probes func(Params) []probe
	// narrow says the page's filter in the columns of the table.
	narrow func(context.Context, *tenantdb.Queries, *tenantdb.Filter) error
	// choices are those of filters whose options are the workspace's.
	choices func(context.Context, *tenantdb.Queries, *views.ListPage) error
	layouts func(views.ListPage) []views.LayoutLink
}

// listPage is what a list's address asks for.
func listPage(c echo.Context, s *Server, e *views.Entity) views.ListPage {
	return views.ListPage{
		Shell:  s.shell(c, e.Many, e.Title()),
		Entity: e,
		Filter: listFilter(c, e, c.QueryParams()),
		Sort:   tenantdb.RecordSort(e.Kind, c.QueryParam("sort")),
		After:  c.QueryParam("after"),
		Me:     visiting(c).who.MemberID,
	}
}

func (r *records[Row, Params]) List(c echo.Context) error {
	ctx := c.Request().Context()
	p := listPage(c, r.Server, r.entity)
	if l := c.QueryParam("layout"); l == "table" {
		p.Layout = l
	}
	more := p.After != "" && wantsFragment(c) // the next rows alone
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
	err := r.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		if err := findTag(ctx, tx, &p.Filter); err != nil {
			return err
		}
		filter := p.Filter
		if r.narrow != nil {
			if err := r.narrow(ctx, tx.Queries, &filter); err != nil {
				return err
			}
		}
		p.Rows, p.Next, err = r.list(ctx, tx.Queries, filter, tenantdb.Page{Sort: p.Sort, After: p.After, Limit: limit}, p.Formats)
		if err != nil || more {
			return err
		}
		if p.Count, err = tx.RecordCount(ctx, r.entity.Kind, filter); err != nil {
			return err
		}
		return r.filterChoices(ctx, tx, &p)
	})
	if err != nil {
		return err
	}
	if r.layouts != nil {
		p.Layouts = r.layouts(p)
	}
	if more {
		if !pagedPage(c) {
			shown := p
			shown.Shown += len(p.Rows)
			c.Response().Header().Set("HX-Replace-Url", shown.TopURL())
		}
		return r.render(c, http.StatusOK, views.ListRows(p), views.ListRows(p))
	}
	pushFiltered(c, p)
	return r.render(c, http.StatusOK, views.List(p), views.ListFragment(p))
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
func (r *records[Row, Params]) filterChoices(ctx context.Context, tx *db.TenantTx, p *views.ListPage) (err error) {
	if p.Options, err = tx.FilterOptions(ctx); err != nil {
		return err
	}
	if p.Choices == nil {
		p.Choices = map[string][]ui.Option{}
	}
	for field, values := range p.Filter.Match {
		if !slices.Contains([]string{"customer", "contact", "deal", "subject", "pipeline"}, field) {
			continue
		}
		names, err := namesOf(ctx, tx.Queries, parseIDs(values))
		if err != nil {
			return err
		}
		for id, name := range names {
			p.Choices[field] = append(p.Choices[field], ui.Option{Value: id.String(), Label: name})
		}
	}
	if r.choices != nil {
		return r.choices(ctx, tx.Queries, p)
	}
	return nil
}

// pushFiltered names the address of a filtered list. The filters' form would
// put its empty fields into it too; the heads of columns know theirs and push
// it, so that Back leads back. While somebody types there is one step of
// history, not one per letter.
func pushFiltered(c echo.Context, p views.ListPage) {
	if h := c.Request().Header; wantsFragment(c) && h.Get("HX-Source") == "form#filters" {
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

// matchFields are the filters by value that some list has.
var matchFields = []string{"type", "status", "rating", "source", "stage", "pipeline", "currency", "customer", "contact", "deal", "priority", "subject"}

// listFilter reads a list's filters. What is none of a filter's choices is left
// out, so that an old link still shows its list.
func listFilter(c echo.Context, e *views.Entity, query url.Values) tenantdb.Filter {
	f := tenantdb.Filter{
		Query: clip(entity.Line(query.Get("q"))),
		Tag:   clip(entity.Line(query.Get("tag"))),
		Match: map[string][]string{},
	}
	for _, field := range matchFields {
		if query.Get(field+".empty") == "true" {
			f.Match[field] = []string{""}
			continue
		}
		for _, values := range query[field] {
			parts := []string{values}
			if field != "source" { // what people write may have a comma
				parts = strings.Split(values, ",") // type=customer,partner is the same as twice type=
			}
			for _, v := range parts {
				if v = clip(v); v != "" && len(f.Match[field]) < 20 && allowed(e, field, v) {
					f.Match[field] = append(f.Match[field], v)
				}
			}
		}
	}
	switch owner := query.Get("owner"); owner {
	case "":
	case "none":
		f.NoOwner = true
	case "me":
		f.OwnerID = visiting(c).who.MemberID
	default:
		f.OwnerID, _ = uuid.Parse(owner) // an owner that is none narrows nothing
	}
	if f.Date = query.Get("date"); slices.Contains([]string{"created", "closed", "due", "completed", "idle"}, f.Date) {
		zone := visiting(c).formats(c).Local(time.Now()).Location()
		f.Since, f.Until = dayStart(query.Get("from"), zone), dayStart(query.Get("to"), zone)
	} else {
		f.Date = ""
	}
	return f
}

// allowed reports whether the value is one of a filter's choices; filters
// without choices of their own take any.
func allowed(e *views.Entity, field, value string) bool {
	for _, choice := range e.Filters {
		if choice.Param == field && choice.Options != nil {
			return hasOption(choice.Options, value)
		}
	}
	return true
}

// dayStart is when a day begins in the zone, the zero time for what is no day.
func dayStart(v string, zone *time.Location) time.Time {
	d, err := time.ParseInLocation(time.DateOnly, v, zone)
	if err != nil || d.Year() < 1900 || d.Year() > 2200 {
		return time.Time{}
	}
	return d
}

// binder returns a binder for the request's formats.
func (s *Server) binder(c echo.Context) *binder {
	v := visiting(c)
	return &binder{formats: v.formats(c)}
}

func (r *records[Row, Params]) values(c echo.Context, p Params) map[string]string {
	b := r.binder(c)
	b.values = map[string]string{}
	r.bind(b, &p)
	for _, f := range r.entity.Fields {
		b.values[f.Name] += "" // a field that was empty was known to be
	}
	return b.values
}

// read sets the posted fields in p. It returns the tags, nil when they were not posted,
// and what should be said of what was read.
func (r *records[Row, Params]) read(c echo.Context, f *form, p *Params) (tags []string, notes string) {
	b := r.binder(c)
	b.form = f
	r.bind(b, p)
	return f.tags("tags"), strings.Join(b.notes, " ")
}

// record is the row as its page and form need it.
func (r *records[Row, Params]) record(c echo.Context, row Row) views.Record {
	rec := views.Record{Entity: r.entity, Labels: map[string]string{}}
	r.head(row, &rec)
	rec.Values = r.values(c, r.params(row))
	names := make([]string, len(rec.Tags))
	for i, t := range rec.Tags {
		names[i] = t.Name
	}
	rec.Values["tags"] = strings.Join(names, ", ")
	return rec
}

func (r *records[Row, Params]) New(c echo.Context) error {
	f := ui.Form{Values: r.values(c, r.blank(c))}
	for _, field := range r.entity.Fields { // a link may fill in some: ?customer_id=…
		if v := c.QueryParam(field.Name); v != "" {
			f.Values[field.Name] = clip(v)
		}
	}
	p := views.FormPage{Form: f}
	if len(c.QueryParams()) > 0 {
		var err error
		if p.Matches, err = r.matches(c, c.QueryParams()); err != nil {
			return err
		}
	}
	return r.renderForm(c, http.StatusOK, p)
}

func (r *records[Row, Params]) Create(c echo.Context) error {
	ctx := c.Request().Context()
	in := r.blank(c)
	defaults := r.values(c, in)
	posted := c.Request().PostForm
	for _, field := range r.entity.Fields {
		if field.Kind == ui.KindSelect && field.Required && posted.Get(field.Name) == "" && defaults[field.Name] != "" {
			posted.Set(field.Name, defaults[field.Name])
		}
	}
	f := readForm(c, r.entity.Fields, true)
	tags, notes := r.read(c, f, &in)
	var id, set uuid.UUID
	var made tenantdb.RecordState
	var found []views.Match
	if f.Valid() {
		err := r.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			set = tx.ChangeSet()
			if id, err = r.create(ctx, tx, visiting(c).formats(c), in, tags); err != nil {
				return err
			}
			if made, err = tx.RecordGet(ctx, r.entity.Kind, id, false); err != nil || r.probes == nil {
				return err
			}
			found, err = matching(ctx, tx.Queries, r.probes(in), id)
			return err
		})
		if err != nil && !f.refused(err) {
			return err
		}
	}
	if !f.Valid() {
		f.lift(r.entity.Fields)
		p := views.FormPage{Form: f.Form}
		var err error
		if p.Matches, err = r.matches(c, posted); err != nil {
			return err
		}
		return r.renderForm(c, http.StatusUnprocessableEntity, p)
	}
	flash := ui.Flash{Subject: made.Name, Message: noted("added", notes), Undo: changesURL(set)}
	mayBe(&flash, found)
	if err := r.setFlash(c, flash); err != nil {
		return err
	}
	return r.redirect(c, r.entity.URL(id))
}

// noted is a message with what else should be said.
func noted(message, notes string) string {
	if notes == "" {
		return message
	}
	return message + ". " + notes
}

func changesURL(set uuid.UUID) string { return "/changes/" + set.String() + "/reversal" }

func (r *records[Row, Params]) renderForm(c echo.Context, status int, p views.FormPage) error {
	title := "New " + r.entity.One
	if p.ID != uuid.Nil {
		title = "Edit " + p.Name
	}
	p.Entity, p.Shell = r.entity, r.shell(c, r.entity.Many, title)
	if err := r.fillOptions(c, &p.Form); err != nil {
		return err
	}
	return r.render(c, status, views.RecordEdit(p), views.RecordForm(p))
}

// fillOptions gives the form its choices: members, records, and what the kind
// of record adds.
func (r *records[Row, Params]) fillOptions(c echo.Context, f *ui.Form) error {
	ctx := c.Request().Context()
	if f.Options == nil {
		f.Options = map[string][]ui.Option{}
	}
	return r.db.TenantRead(ctx, func(tx *db.TenantTx) error {
		members, err := tx.MemberList(ctx)
		if err != nil {
			return err
		}
		for _, field := range r.entity.Fields {
			switch {
			case field.Name == "owner_id" || field.Name == "assignee_id":
				f.Options[field.Name] = append([]ui.Option{{Value: "", Label: "Nobody"}}, memberOptions(members, f.Value(field.Name))...)
			case field.Kind == ui.KindMembers:
				f.Options[field.Name] = memberOptions(members, f.Value(field.Name))
			case field.Kind == ui.KindRecord:
				if f.Options[field.Name], err = recordOptions(ctx, tx.Queries, kindAt(field.Path), "", f.Value(field.Name)); err != nil {
					return err
				}
			}
		}
		if r.options != nil {
			return r.options(ctx, tx.Queries, f)
		}
		return nil
	})
}

// memberOptions are the members to choose from; who left stays where they are
// chosen already.
func memberOptions(members []tenantdb.MemberListRow, chosen string) (out []ui.Option) {
	for _, m := range members {
		if id := m.ID.String(); m.Active || strings.Contains(chosen, id) {
			out = append(out, ui.Option{Value: id, Label: m.Name})
		}
	}
	return out
}

func kindAt(path string) tenantdb.Kind {
	for _, e := range views.Entities {
		if e.Path == path {
			return e.Kind
		}
	}
	return ""
}

// optionLimit is how many records a field offers before somebody searches.
const optionLimit = 50

// recordOptions are the records that the words fit, and the chosen one.
func recordOptions(ctx context.Context, q *tenantdb.Queries, kind tenantdb.Kind, words, chosen string) ([]ui.Option, error) {
	rows, err := q.RecordOptions(ctx, kind, words, optionLimit)
	if err != nil {
		return nil, err
	}
	out := []ui.Option{}
	found := false
	for _, n := range rows {
		found = found || n.ID.String() == chosen
		out = append(out, ui.Option{Value: n.ID.String(), Label: n.Name})
	}
	if id, err := uuid.Parse(chosen); err == nil && !found {
		names, err := namesOf(ctx, q, []uuid.UUID{id})
		if err != nil {
			return nil, err
		}
		if n := names[id]; n != "" {
			out = append([]ui.Option{{Value: chosen, Label: n}}, out...)
		}
	}
	return out, nil
}

// Options answers the search in a field that chooses a record of this kind.
func (r *records[Row, Params]) Options(c echo.Context) error {
	ctx := c.Request().Context()
	chosen := clip(first(c.QueryParam("customer_id"), c.QueryParam("contact_id"), c.QueryParam("deal_id"))) // stays one of them, and chosen
	var options []ui.Option
	err := r.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		options, err = recordOptions(ctx, tx.Queries, r.entity.Kind, clip(c.QueryParam("q")), chosen)
		return err
	})
	if err != nil {
		return err
	}
	empty := "None"
	if len(options) == 0 {
		empty = "Nothing matches"
	}
	return r.render(c, http.StatusOK, views.RecordOptions(empty, options, chosen), views.RecordOptions(empty, options, chosen))
}

func namesOf(ctx context.Context, q *tenantdb.Queries, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	names := map[uuid.UUID]string{}
	if len(ids) == 0 {
		return names, nil
	}
	rows, err := q.Names(ctx, ids)
	for _, n := range rows {
		names[n.ID] = n.Name
	}
	return names, err
}

func parseIDs(values []string) (ids []uuid.UUID) {
	for _, v := range values {
		if id, err := uuid.Parse(v); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// pathID is the path's id; what is none is not found.
func pathID(c echo.Context) (uuid.UUID, error) {
	id, err := uuid.Parse(c.Param("id"))
	if err != nil || len(c.Param("id")) != 36 {
		return uuid.Nil, errNotFound
	}
	return id, nil
}

// row returns the record of the path, deleted or not; pgx.ErrNoRows when this
// workspace has none with the id.
func (r *records[Row, Params]) row(c echo.Context) (row Row, err error) {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return row, err
	}
	err = r.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		row, err = r.get(tx.Queries, ctx, id)
		return err
	})
	return row, err
}

// live is row, unless it was deleted.
func (r *records[Row, Params]) live(c echo.Context) (row Row, rec views.Record, err error) {
	if row, err = r.row(c); err != nil {
		return row, rec, err
	}
	rec = r.record(c, row)
	if rec.DeletedAt != nil {
		err = r.errDeleted(c, rec)
	}
	return row, rec, err
}

// errDeleted is not found, with a way to bring the record back.
func (s *Server) errDeleted(c echo.Context, rec views.Record) error {
	p := &problem{status: http.StatusNotFound, title: "This " + rec.Entity.One + " was deleted", text: "It is in the trash."}
	if visiting(c).who.Role.May(auth.Write) {
		p.undo = rec.URL() + "/restoration"
	}
	return p
}

func (r *records[Row, Params]) Show(c echo.Context) error {
	if wantsFragment(c) {
		_, rec, err := r.live(c)
		if err != nil {
			return err
		}
		return r.renderRecord(c, http.StatusOK, views.RecordPage{Record: rec})
	}
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return r.renderPage(c, http.StatusOK, id, views.RecordPage{})
}

// renderRecord shows the record: the part that is edited in place alone, or
// with everything that stands beside it.
func (r *records[Row, Params]) renderRecord(c echo.Context, status int, p views.RecordPage) error {
	if !wantsFragment(c) {
		return r.renderPage(c, status, p.Record.ID, p)
	}
	p.Shell = r.shell(c, r.entity.Many, p.Record.Name)
	p.Timeline = r.timelinePage(c, r.entity, p.Record.ID)
	p.Timeline.Shell = p.Shell
	return r.render(c, status, nil, views.RecordFragment(p))
}

// renderPage reads the record and everything that stands beside it, in one
// transaction, and shows it with what p says.
func (r *records[Row, Params]) renderPage(c echo.Context, status int, id uuid.UUID, p views.RecordPage) error {
	ctx := c.Request().Context()
	p.Shell = r.shell(c, r.entity.Many, r.entity.One)
	p.Timeline = r.timelinePage(c, r.entity, id)
	err := r.db.TenantRead(ctx, func(tx *db.TenantTx) error {
		row, err := r.get(tx.Queries, ctx, id)
		if err != nil {
			return err
		}
		if p.Record = r.record(c, row); p.Record.DeletedAt != nil {
			return r.errDeleted(c, p.Record)
		}
		p.Title = p.Record.Name
		p.Timeline.Shell, p.Timeline.Code = p.Shell, p.Record.Values["currency"]
		if r.beside != nil {
			if err := r.beside(ctx, tx.Queries, row, &p); err != nil {
				return err
			}
		}
		zone, err := tx.ZoneName(ctx, p.Location())
		if err != nil {
			return err
		}
		if p.Tasks, err = tx.TasksAbout(ctx, &id, zone, 20); err != nil {
			return err
		}
		return readTimeline(ctx, tx.Queries, "", &p.Timeline)
	})
	if err != nil {
		return err
	}
	r.showNotes(&p.Timeline)
	return r.render(c, status, views.RecordShow(p), nil)
}

// Edit is the whole form, or the record with one field open in place.
func (r *records[Row, Params]) Edit(c echo.Context) error {
	_, rec, err := r.live(c)
	if err != nil {
		return err
	}
	if rec.Locked != "" {
		return r.renderRecord(c, http.StatusConflict, views.RecordPage{Record: rec, Notice: rec.Locked})
	}
	version := strconv.Itoa(int(rec.Version))
	field := c.QueryParam("field")
	if _, ok := r.entity.Field(field); !wantsFragment(c) || !ok {
		return r.renderForm(c, http.StatusOK, views.FormPage{ID: rec.ID, Name: rec.Name, Version: version, Was: rec.Values, Form: ui.Form{Values: rec.Values}})
	}
	p := views.RecordPage{Record: rec, Editing: field, Form: ui.Form{Values: rec.Values}, Version: version}
	if err := r.fillOptions(c, &p.Form); err != nil {
		return err
	}
	return r.renderRecord(c, http.StatusOK, p)
}

// Update saves the posted fields, of the whole form or of one in place.
func (r *records[Row, Params]) Update(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	f := readForm(c, r.entity.Fields, false)
	version := f.version(c)
	var rec views.Record
	var in Params
	var set uuid.UUID
	var notes string
	var same bool
	field := c.Request().PostForm.Get("field")
	err = r.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		row, err := r.get(tx.Queries, ctx, id)
		if err != nil {
			return err
		}
		if rec = r.record(c, row); rec.DeletedAt != nil {
			return r.errDeleted(c, rec)
		}
		before := r.params(row)
		in, set = r.params(row), tx.ChangeSet()
		var tags []string
		tags, notes = r.read(c, f, &in)
		seen := version
		if field != "" && untouched(c, field, rec.Values[field]) {
			seen = rec.Version // what else was changed is no clash with one field
		}
		switch {
		case version != 0 && seen != rec.Version:
			return crm.ErrChanged // before other mistakes: their mending must not hide it
		case !f.Valid():
			return errInvalid
		}
		if same = reflect.DeepEqual(in, before) && (tags == nil || sameTags(tags, rec.Tags)); same {
			return nil
		}
		if err := r.update(ctx, tx, visiting(c).formats(c), row, in, seen, tags); err != nil {
			return err
		}
		if row, err = r.get(tx.Queries, ctx, id); err != nil {
			return err
		}
		rec = r.record(c, row)
		return nil
	})
	inPlace := field != "" && wantsFragment(c)
	saved := ui.Flash{Message: noted("Changes saved", notes), Undo: changesURL(set)}
	if same {
		saved = ui.Flash{Message: "Nothing was changed"}
	}
	switch {
	case err == nil && inPlace:
		return r.renderRecord(c, http.StatusOK, views.RecordPage{Record: rec, Changed: field, Saved: &saved})
	case err == nil:
		if err := r.setFlash(c, saved); err != nil {
			return err
		}
		return r.redirect(c, rec.URL())
	case errors.Is(err, crm.ErrChanged):
		return r.renderConflict(c, f, field, inPlace)
	case !errors.Is(err, errInvalid) && !f.refused(err):
		return err
	}
	// The form goes back with the version it came with: only who has seen a
	// change may write over it.
	return r.renderAgain(c, http.StatusUnprocessableEntity, rec, f, seenVersion(c), field, inPlace, nil)
}

// sameTags reports whether a form has the record's tags.
func sameTags(names []string, tags []ui.TagValue) bool {
	have := map[string]bool{}
	for _, t := range tags {
		have[entity.Fold(t.Name)] = true
	}
	return len(names) == len(tags) && !slices.ContainsFunc(names, func(n string) bool { return !have[entity.Fold(n)] })
}

// untouched reports whether value is what the field held when the form was
// opened; false when the form does not say.
func untouched(c echo.Context, field, value string) bool {
	was, ok := c.Request().PostForm["was."+field]
	return ok && strings.ReplaceAll(was[0], "\r\n", "\n") == value
}

// errInvalid leaves a transaction whose form is wrong.
var errInvalid = errors.New("web: invalid form")

// renderConflict shows what somebody else saved meanwhile beside what was
// typed. Saving again is then a choice, and goes over the version shown.
func (r *records[Row, Params]) renderConflict(c echo.Context, f *form, field string, inPlace bool) error {
	row, err := r.row(c)
	if err != nil {
		return err
	}
	rec := r.record(c, row)
	if err := r.fillOptions(c, &f.Form); err != nil {
		return err
	}
	formats := visiting(c).formats(c)
	// What was typed as it would be saved: "1,240" and "1240" are one amount.
	in := r.params(row)
	r.read(c, &form{f.Form, f.present}, &in)
	yours := r.values(c, in)
	yours["tags"] = f.Values["tags"]
	var differences []views.Difference
	for _, field := range r.entity.Fields {
		switch {
		case !f.present[field.Name]:
			continue
		case untouched(c, field.Name, f.Values[field.Name]):
			for name := range f.Values {
				if strings.HasPrefix(name, field.Name+"[") {
					delete(f.Values, name)
				}
			}
			for name, v := range rec.Values { // not touched here: theirs
				if name == field.Name || strings.HasPrefix(name, field.Name+"[") {
					f.Values[name] = v
				}
			}
			continue
		case untouched(c, field.Name, rec.Values[field.Name]):
			continue // not touched there: yours
		}
		d := views.Difference{Label: field.Label, Theirs: rec.Display(field, formats), Yours: views.Display(field, yours, f.Form, nil, formats)}
		if f.Errors[field.Name] != "" {
			d.Yours = f.Values[field.Name]
		}
		if d.Theirs != d.Yours {
			differences = append(differences, d)
		}
	}
	if inPlace {
		for _, d := range differences {
			now := "is empty now"
			if d.Theirs != "" {
				now = "now reads “" + d.Theirs + "”"
			}
			f.fail(field, "Somebody else saved this "+r.entity.One+" meanwhile. "+d.Label+" "+now+". Save again to put yours there.")
		}
	}
	if len(differences) == 0 {
		f.fail("", "Somebody else saved this "+r.entity.One+" meanwhile. Their changes are taken over here; save again to add yours.")
	}
	return r.renderAgain(c, http.StatusConflict, rec, f, strconv.Itoa(int(rec.Version)), field, inPlace, differences)
}

// renderAgain shows the form or the open field with what was typed.
func (r *records[Row, Params]) renderAgain(c echo.Context, status int, rec views.Record, f *form, version, field string, inPlace bool, differences []views.Difference) error {
	if inPlace {
		for _, message := range f.Errors {
			f.fail(field, message) // there is no other place for it
		}
		if err := r.fillOptions(c, &f.Form); err != nil {
			return err
		}
		return r.renderRecord(c, status, views.RecordPage{Record: rec, Editing: field, Form: f.Form, Version: version})
	}
	f.lift(r.entity.Fields)
	for _, field := range r.entity.Fields {
		if !f.present[field.Name] {
			for name, v := range rec.Values { // what was not posted stays as it is
				if name == field.Name || strings.HasPrefix(name, field.Name+"[") {
					f.Values[name] = v
				}
			}
		}
	}
	return r.renderForm(c, status, views.FormPage{ID: rec.ID, Name: rec.Name, Version: version, Was: rec.Values, Form: f.Form, Conflict: differences})
}

func (r *records[Row, Params]) Delete(c echo.Context) error {
	ctx := c.Request().Context()
	_, rec, err := r.live(c)
	if err != nil {
		return err
	}
	f := &form{Form: ui.Form{Errors: map[string]string{}}}
	version := f.version(c)
	if !f.Valid() {
		return r.renderRecord(c, http.StatusUnprocessableEntity, views.RecordPage{Record: rec, Notice: f.Error("")})
	}
	err = r.db.Tenant(ctx, func(tx *db.TenantTx) error {
		if err := crm.Delete(ctx, tx.Queries, r.entity.Kind, rec.ID, version); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, rec.Name+", "+r.entity.One)
	})
	if errors.Is(err, crm.ErrChanged) {
		return r.renderRecord(c, http.StatusConflict, views.RecordPage{
			Record: rec, Notice: "Somebody else changed this " + r.entity.One + " since you opened it. Look again, then delete it if you still want to.",
		})
	}
	if err != nil {
		return err
	}
	if err := r.setFlash(c, ui.Flash{Subject: rec.Name, Message: "deleted", Undo: rec.URL() + "/restoration"}); err != nil {
		return err
	}
	return r.redirect(c, r.entity.Path)
}

func (r *records[Row, Params]) Restore(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	err = r.db.Tenant(ctx, func(tx *db.TenantTx) error { return crm.Restore(ctx, tx.Queries, r.entity.Kind, id) })
	if err != nil {
		return err
	}
	return r.say(c, r.entity.URL(id), "Restored")
}

// related reads up to six records of another kind that belong to this one.
func related(e *views.Entity, rows []views.RelatedRow, query url.Values) views.Related {
	out := views.Related{Entity: e, Rows: rows, AllURL: e.Path + "?" + query.Encode()}
	if len(rows) > relatedLimit {
		out.Rows, out.More = rows[:relatedLimit], true
	}
	return out
}

const relatedLimit = 6

// belonging reads the records of another kind that point to id, the last
// changed first.
func belonging[T any](list func(context.Context, tenantdb.Filter, tenantdb.Page) ([]T, string, error), row func(T) views.RelatedRow) func(context.Context, *views.Entity, string, uuid.UUID, url.Values) (views.Related, error) {
	return func(ctx context.Context, e *views.Entity, field string, id uuid.UUID, add url.Values) (views.Related, error) {
		rows, _, err := list(ctx, tenantdb.Filter{Match: map[string][]string{field: {id.String()}}}, tenantdb.Page{Sort: "-updated_at", Limit: relatedLimit + 1})
		lines := make([]views.RelatedRow, len(rows))
		for i, r := range rows {
			lines[i] = row(r)
		}
		query := url.Values{field: {id.String()}}
		if e == &views.Deals {
			query.Set("layout", "table")
		}
		out := related(e, lines, query)
		out.AddURL = e.Path + "/new?" + add.Encode()
		return out, err
	}
}

func idOf(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

// badges are components beside a record's name.
func badges(c ...templ.Component) []templ.Component { return c }

func joinNames(names []string) string { return strings.Join(names, ", ") }
