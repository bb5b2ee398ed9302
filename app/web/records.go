package web

import (
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

// records serves one kind of record: its list, board, form, page, edits in place, deletion
// and restoration, all from the kind's description. What a kind has beyond that is in the
// functions, each nil for nothing.
type records struct {
	*Server
	look *views.Look
	// beside adds what else the record's page shows.
	beside func(entity.Record, *views.RecordPage)
	// actions are what is done with a record by whoever may write, beside edit and delete.
	actions func(entity.Record) []templ.Component
	// layouts are the ways to look at the list, where they are not those of a board.
	layouts func(views.ListPage) []views.LayoutLink
	// narrow says the page's filter in the columns of the table.
	narrow func(context.Context, *tenantdb.Queries, *tenantdb.Filter) error
}

// by is who does something in the request.
func by(c echo.Context) crm.By {
	v := visiting(c)
	return crm.By{Member: v.who.MemberID, Zone: v.formats(c).Location(), Manages: v.who.Role.May(auth.Manage)}
}

// listPage is what a list's address asks for.
func listPage(c echo.Context, s *Server, look *views.Look) views.ListPage {
	return views.ListPage{
		Shell:  s.shell(c, look.Many, look.Title()),
		Look:   look,
		Filter: listFilter(c, look.Entity, c.QueryParams()),
		Sort:   tenantdb.RecordSort(look.Entity, c.QueryParam("sort")),
		After:  c.QueryParam("after"),
		Me:     visiting(c).who.MemberID,
	}
}

// List is the list, or the board.
func (r *records) List(c echo.Context) error {
	layout := c.QueryParam("layout")
	if r.look.Board != "" && (layout == "board" || r.look.BoardFirst && layout != "table") {
		return r.board(c)
	}
	ctx := c.Request().Context()
	p := listPage(c, r.Server, r.look)
	if layout == "table" {
		p.Layout = layout
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
		p.Rows, p.Next, err = tx.RecordList(ctx, r.look.Entity, tenantdb.List{
			Filter: filter, Page: tenantdb.Page{Sort: p.Sort, After: p.After, Limit: limit, Zone: p.Location()}, Fields: r.look.ListFields(),
		})
		if err != nil || more {
			return err
		}
		if p.Count, err = tx.RecordCount(ctx, r.look.Entity, filter); err != nil {
			return err
		}
		return filterChoices(ctx, tx, &p)
	})
	if err != nil {
		return err
	}
	switch {
	case r.layouts != nil:
		p.Layouts = r.layouts(p)
	case r.look.Board != "":
		p.Layouts = boardLayouts(p)
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
func filterChoices(ctx context.Context, tx *db.TenantTx, p *views.ListPage) (err error) {
	if p.Options, err = tx.FilterOptions(ctx); err != nil {
		return err
	}
	p.Choices = map[string][]ui.Option{}
	for i := range p.Look.Fields {
		f := &p.Look.Fields[i]
		if !f.Filter || f.Type != entity.TypeReference {
			continue
		}
		if slices.Contains(p.Look.Filters, f.Name) {
			if !p.Board || f.Name != p.Look.Board {
				p.Choices[f.Param], err = referenceOptions(ctx, tx.Queries, f)
			}
		} else if ids := parseIDs(p.Filter.Match[f.Param]); len(ids) > 0 {
			var names map[uuid.UUID]string
			names, err = namesOf(ctx, tx.Queries, ids)
			for id, name := range names {
				p.Choices[f.Param] = append(p.Choices[f.Param], ui.Option{Value: id.String(), Label: name})
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// referenceOptions are all that a reference to neither a record nor a member may be set to.
func referenceOptions(ctx context.Context, q *tenantdb.Queries, f *entity.Field) ([]ui.Option, error) {
	if f.Refers != entity.Stage {
		return nil, nil
	}
	stages, err := q.StageList(ctx)
	return views.StageOptions(stages), err
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

// listFilter reads a list's filters. What is none of a filter's choices is left
// out, so that an old link still shows its list.
func listFilter(c echo.Context, e *entity.Entity, query url.Values) tenantdb.Filter {
	f := tenantdb.Filter{
		Query: clip(entity.Line(query.Get("q"))),
		Tag:   clip(entity.Line(query.Get("tag"))),
		Match: map[string][]string{},
	}
	dates := []string{}
	for i := range e.Fields {
		field := &e.Fields[i]
		if field.Dated != "" {
			dates = append(dates, field.Dated)
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
		f.OwnerID = visiting(c).who.MemberID
	default:
		f.OwnerID, _ = uuid.Parse(owner) // an owner that is none narrows nothing
	}
	if f.Date = query.Get("date"); slices.Contains(dates, f.Date) {
		zone := visiting(c).formats(c).Local(time.Now()).Location()
		f.Since, f.Until = dayStart(query.Get("from"), zone), dayStart(query.Get("to"), zone)
	} else {
		f.Date = ""
	}
	return f
}

// dayStart is when a day begins in the zone, the zero time for what is no day.
func dayStart(v string, zone *time.Location) time.Time {
	d, err := time.ParseInLocation(time.DateOnly, v, zone)
	if err != nil || d.Year() < 1900 || d.Year() > 2200 {
		return time.Time{}
	}
	return d
}

// New is the form of a new record. A link may fill in some of it: ?customer_id=…
func (r *records) New(c echo.Context) error {
	formats := visiting(c).formats(c)
	f := ui.Form{Values: views.Inputs(r.look.Entity, r.look.New(visiting(c).who.MemberID, formats), formats)}
	for _, in := range r.look.Inputs {
		if v := c.QueryParam(in.Name); v != "" {
			f.Values[in.Name] = clip(v)
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

// Create makes a record of its form.
func (r *records) Create(c echo.Context) error {
	ctx := c.Request().Context()
	posted := c.Request().PostForm
	f := readRecord(c, r.look.Entity, posted, r.look.New(visiting(c).who.MemberID, visiting(c).formats(c)), true)
	var id, set uuid.UUID
	var made entity.Record
	var found []views.Match
	if f.Valid() {
		err := r.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			set = tx.ChangeSet()
			if id, err = crm.Create(ctx, tx.Queries, crm.Draft{Kind: r.look.Kind, Values: f.values(), By: by(c)}); err != nil {
				return err
			}
			if made, err = tx.RecordGet(ctx, r.look.Entity, id); err != nil {
				return err
			}
			matches, err := crm.MatchesOf(ctx, tx.Queries, r.look.Kind, made.Values, id)
			found = shownMatches(matches)
			return err
		})
		if err != nil && !f.refused(err) {
			return err
		}
	}
	if !f.Valid() {
		f.lift(r.look)
		p := views.FormPage{Form: f.Form}
		var err error
		if p.Matches, err = r.matches(c, posted); err != nil {
			return err
		}
		return r.renderForm(c, http.StatusUnprocessableEntity, p)
	}
	flash := ui.Flash{Subject: made.Name(), Message: noted("added", f.notes...), Undo: changesURL(set)}
	mayBe(&flash, found)
	if err := r.setFlash(c, flash); err != nil {
		return err
	}
	return r.redirect(c, r.look.URL(id))
}

// noted is a message with what else should be said.
func noted(message string, notes ...string) string {
	for _, n := range notes {
		if n != "" {
			message += ". " + n
		}
	}
	return message
}

func changesURL(set uuid.UUID) string { return "/changes/" + set.String() + "/reversal" }

func (r *records) renderForm(c echo.Context, status int, p views.FormPage) error {
	title := "New " + r.look.One
	if p.ID != uuid.Nil {
		title = "Edit " + p.Name
	}
	p.Look, p.Shell = r.look, r.shell(c, r.look.Many, title)
	if err := r.fillOptions(c, &p.Form); err != nil {
		return err
	}
	return r.render(c, status, views.RecordEdit(p), views.RecordForm(p))
}

// fillOptions gives the form its choices: members, records, and what else is the
// workspace's.
func (r *records) fillOptions(c echo.Context, f *ui.Form) error {
	ctx := c.Request().Context()
	if f.Options == nil {
		f.Options = map[string][]ui.Option{}
	}
	return r.db.TenantRead(ctx, func(tx *db.TenantTx) error {
		members, err := tx.MemberList(ctx)
		if err != nil {
			return err
		}
		for i := range r.look.Fields {
			field := &r.look.Fields[i]
			var options []ui.Option
			switch {
			case field.System || field.Hidden || field.Refers == "":
				continue
			case field.Refers.Valid():
				options, err = recordOptions(ctx, tx.Queries, field.Refers, "", f.Value(field.Name))
			case field.Refers == entity.Member:
				if field.None != "" {
					options = append(options, ui.Option{Label: field.None})
				}
				options = append(options, memberOptions(members, f.Value(field.Name))...)
			default:
				options, err = referenceOptions(ctx, tx.Queries, field)
			}
			if err != nil {
				return err
			}
			f.Options[field.Name] = options
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

// optionLimit is how many records a field offers before somebody searches.
const optionLimit = 50

// recordOptions are the records that the words fit, and the chosen one.
func recordOptions(ctx context.Context, q *tenantdb.Queries, kind entity.Kind, words, chosen string) ([]ui.Option, error) {
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
func (r *records) Options(c echo.Context) error {
	ctx := c.Request().Context()
	chosen := "" // stays one of them, and chosen
	for _, e := range entity.Kinds {
		for i := range e.Fields {
			if f := &e.Fields[i]; f.Refers == r.look.Kind {
				chosen = first(chosen, clip(c.QueryParam(f.Name)))
			}
		}
	}
	var options []ui.Option
	err := r.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		options, err = recordOptions(ctx, tx.Queries, r.look.Kind, clip(c.QueryParam("q")), chosen)
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

// record is what a page needs of a record.
func (r *records) record(rec entity.Record) views.Record {
	return views.Record{Record: rec, Look: r.look, Locked: crm.Locked(rec)}
}

// live returns the record of the path, unless it was deleted; pgx.ErrNoRows when this
// workspace has none with the id.
func (r *records) live(c echo.Context) (rec views.Record, err error) {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return rec, err
	}
	err = r.db.TenantRead(ctx, func(tx *db.TenantTx) error {
		rec, err = r.liveIn(c, tx, id)
		return err
	})
	return rec, err
}

// liveIn is live in a transaction.
func (r *records) liveIn(c echo.Context, tx *db.TenantTx, id uuid.UUID) (views.Record, error) {
	row, err := tx.RecordGet(c.Request().Context(), r.look.Entity, id)
	if err != nil {
		return views.Record{}, err
	}
	rec := r.record(row)
	if rec.DeletedAt != nil {
		err = r.errDeleted(c, rec)
	}
	return rec, err
}

// errDeleted is not found, with a way to bring the record back.
func (s *Server) errDeleted(c echo.Context, rec views.Record) error {
	p := &problem{status: http.StatusNotFound, title: "This " + rec.Entity.One + " was deleted", text: "It is in the trash."}
	if visiting(c).who.Role.May(auth.Write) {
		p.undo = rec.URL() + "/restoration"
	}
	return p
}

// Show is a record's page, or the part of it that is edited in place.
func (r *records) Show(c echo.Context) error {
	if wantsFragment(c) {
		rec, err := r.live(c)
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
func (r *records) renderRecord(c echo.Context, status int, p views.RecordPage) error {
	if !wantsFragment(c) {
		return r.renderPage(c, status, p.Record.ID, p)
	}
	p.Shell = r.shell(c, r.look.Many, p.Record.Name())
	p.Timeline = r.timelinePage(c, r.look, p.Record.ID)
	p.Timeline.Shell = p.Shell
	if err := r.nameSubject(c, &p.Record); err != nil {
		return err
	}
	return r.render(c, status, nil, views.RecordFragment(p))
}

// renderPage reads the record and everything that stands beside it, in one
// transaction, and shows it with what p says.
func (r *records) renderPage(c echo.Context, status int, id uuid.UUID, p views.RecordPage) error {
	ctx := c.Request().Context()
	p.Shell = r.shell(c, r.look.Many, r.look.One)
	p.Timeline = r.timelinePage(c, r.look, id)
	err := r.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		if p.Record, err = r.liveIn(c, tx, id); err != nil {
			return err
		}
		p.Title = p.Record.Name()
		p.Timeline.Shell, p.Timeline.Code = p.Shell, currencyOf(p.Record.Record)
		if err := nameSubjectIn(ctx, tx, &p.Record); err != nil {
			return err
		}
		if err := r.readRelated(ctx, tx.Queries, &p); err != nil {
			return err
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
	if r.actions != nil && p.CanWrite {
		p.Actions = append(p.Actions, r.actions(p.Record.Record)...)
	}
	if r.beside != nil {
		r.beside(p.Record.Record, &p)
	}
	r.showNotes(&p.Timeline)
	return r.render(c, status, views.RecordShow(p), nil)
}

// currencyOf is the currency of a record's amounts, "" for the workspace's.
func currencyOf(r entity.Record) string {
	if f := r.Entity.CurrencyField(); f != nil {
		return r.Values.Text(f.Name)
	}
	return ""
}

// nameSubject reads the name of what the record is about.
func (r *records) nameSubject(c echo.Context, rec *views.Record) error {
	if f := r.look.Subject(); f == nil || rec.Values.ID(f.Name) == nil {
		return nil
	}
	ctx := c.Request().Context()
	return r.db.TenantRead(ctx, func(tx *db.TenantTx) error { return nameSubjectIn(ctx, tx, rec) })
}

func nameSubjectIn(ctx context.Context, tx *db.TenantTx, rec *views.Record) error {
	f := rec.Look.Subject()
	if f == nil || rec.Values.ID(f.Name) == nil {
		return nil
	}
	ref := rec.Values.Ref(f.Name)
	names, err := namesOf(ctx, tx.Queries, []uuid.UUID{ref.ID})
	ref.Name = names[ref.ID]
	rec.Values[f.Name] = ref
	return err
}

// relatedLimit is how many records of another kind stand beside the one that they belong to.
const relatedLimit = 6

// readRelated reads what belongs to the record, the last changed first, and what it is
// about.
func (r *records) readRelated(ctx context.Context, q *tenantdb.Queries, p *views.RecordPage) error {
	rec := p.Record
	if f := r.look.Subject(); f != nil {
		to := rec.Values.Ref(f.Name)
		if look := views.LookOf(entity.Kind(rec.Values.Text(f.RefersIn))); look != nil && to.Name != "" {
			p.Related = append(p.Related, views.Related{Look: look, Rows: []views.RelatedRow{{URL: look.URL(to.ID), Name: to.Name}}})
		}
	}
	for _, look := range views.Looks {
		f := look.PointsTo(r.look.Kind)
		if f == nil {
			continue
		}
		rows, more, err := q.RecordList(ctx, look.Entity, tenantdb.List{
			Filter: tenantdb.Filter{Match: map[string][]string{f.Param: {rec.ID.String()}}}, Page: tenantdb.Page{Sort: "-updated_at", Limit: relatedLimit}, Fields: look.LineFields(),
		})
		if err != nil {
			return err
		}
		beside := related(look, f, rec.Record)
		beside.More = more != ""
		for _, row := range rows {
			beside.Rows = append(beside.Rows, views.LineOf(look, row, p.Formats))
		}
		p.Related = append(p.Related, beside)
	}
	return nil
}

// related leads to the records whose field f points to this one. What it shares with them,
// such as the customer of a contact and a deal, another begins with too.
func related(look *views.Look, f *entity.Field, rec entity.Record) views.Related {
	all, add := url.Values{f.Param: {rec.ID.String()}}, url.Values{f.Name: {rec.ID.String()}}
	if look.BoardFirst {
		all.Set("layout", "table")
	}
	for i := range look.Fields {
		shared := &look.Fields[i]
		if id := rec.Values.ID(shared.Name); id != nil && shared.Refers.Valid() && !shared.System && rec.Entity.Field(shared.Name).Refers == shared.Refers {
			add.Set(shared.Name, id.String())
		}
	}
	return views.Related{Look: look, AllURL: look.Path + "?" + all.Encode(), AddURL: look.Path + "/new?" + add.Encode()}
}

// Edit is the whole form, or the record with one field open in place.
func (r *records) Edit(c echo.Context) error {
	rec, err := r.live(c)
	if err != nil {
		return err
	}
	if rec.Locked != "" {
		return r.renderRecord(c, http.StatusConflict, views.RecordPage{Record: rec, Notice: rec.Locked})
	}
	inputs := views.Inputs(r.look.Entity, rec.Values, visiting(c).formats(c))
	version := strconv.Itoa(int(rec.Version))
	field := c.QueryParam("field")
	if _, ok := r.look.Input(field); !wantsFragment(c) || !ok {
		return r.renderForm(c, http.StatusOK, views.FormPage{ID: rec.ID, Name: rec.Name(), Version: version, Was: inputs, Form: ui.Form{Values: inputs}})
	}
	p := views.RecordPage{Record: rec, Editing: field, Form: ui.Form{Values: inputs}, Version: version}
	if err := r.fillOptions(c, &p.Form); err != nil {
		return err
	}
	return r.renderRecord(c, http.StatusOK, p)
}

// writeTries is how often a write begins anew when somebody else writes the same record at
// the same moment.
const writeTries = 4

// Update saves the posted fields, of the whole form or of one in place.
func (r *records) Update(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	var rec views.Record
	var f *recordForm
	var set uuid.UUID
	var changed bool
	for range writeTries {
		err = r.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			if rec, err = r.liveIn(c, tx, id); err != nil {
				return err
			}
			set = tx.ChangeSet()
			f = readRecord(c, r.look.Entity, c.Request().PostForm, rec.Values, false)
			change := crm.Change{Record: rec.Record, Version: f.version(c), Set: f.set, Seen: f.seen, By: by(c)}
			conflict := change.Conflict()
			if change.Version > 0 && change.Version != rec.Version {
				if hidden := f.hidden(rec.Values); len(hidden) > 0 {
					if conflict == nil {
						conflict = &crm.Conflict{Now: rec.Record}
					}
					conflict.Differences = append(conflict.Differences, hidden...)
				}
			}
			if conflict != nil {
				return conflict // before other mistakes: their mending must not hide it
			}
			if !f.Valid() {
				return errInvalid
			}
			if changed, err = crm.Save(ctx, tx.Queries, change); err != nil || !changed {
				return err
			}
			rec, err = r.liveIn(c, tx, id)
			return err
		})
		if !errors.Is(err, crm.ErrChanged) {
			break
		}
	}
	field := c.Request().PostForm.Get("field")
	inPlace := field != "" && wantsFragment(c)
	var conflict *crm.Conflict
	switch {
	case errors.As(err, &conflict):
		return r.renderConflict(c, rec, f, field, inPlace, conflict)
	case errors.Is(err, errInvalid) || err != nil && f != nil && f.refused(err):
		// The form goes back with the version it came with: only who has seen a
		// change may write over it.
		return r.renderAgain(c, http.StatusUnprocessableEntity, rec, f, seenVersion(c), field, inPlace, nil)
	case err != nil:
		return err
	}
	saved := ui.Flash{Message: noted("Changes saved", f.notes...), Undo: changesURL(set)}
	if !changed {
		saved = ui.Flash{Message: "Nothing was changed"}
	}
	if inPlace {
		return r.renderRecord(c, http.StatusOK, views.RecordPage{Record: rec, Changed: field, Saved: &saved})
	}
	if err := r.setFlash(c, saved); err != nil {
		return err
	}
	return r.redirect(c, rec.URL())
}

// errInvalid leaves a transaction whose form is wrong.
var errInvalid = errors.New("web: invalid form")

// renderConflict shows what somebody else saved meanwhile beside what was
// typed. Saving again is then a choice, and goes over the version shown.
func (r *records) renderConflict(c echo.Context, rec views.Record, f *recordForm, field string, inPlace bool, conflict *crm.Conflict) error {
	if err := r.fillOptions(c, &f.Form); err != nil {
		return err
	}
	formats := visiting(c).formats(c)
	var differences []views.Difference
	for _, d := range conflict.Differences {
		shown := views.Difference{
			Label: d.Field.Label, Theirs: d.Field.Type.Show(d.Theirs, d.Field, formats), Yours: d.Field.Type.Show(withNames(d.Mine, f.Options[d.Field.Name]), d.Field, formats),
		}
		if f.mistaken(d.Field) {
			shown.Yours = f.Values[d.Field.Name]
		}
		differences = append(differences, shown)
		if inPlace {
			now := "is empty now"
			if shown.Theirs != "" {
				now = "now reads “" + shown.Theirs + "”"
			}
			said := "Somebody else saved this " + r.look.One + " meanwhile. " + shown.Label + " " + now + ". Save again to put yours there."
			f.Errors[field] = strings.TrimSpace(f.Errors[field] + " " + said)
		}
	}
	return r.renderAgain(c, http.StatusConflict, rec, f, strconv.Itoa(int(rec.Version)), field, inPlace, differences)
}

// withNames gives references the names that they have among a form's options.
func withNames(v entity.Value, options []ui.Option) entity.Value {
	switch v := v.(type) {
	case entity.Ref:
		v.Name = ui.Label(options, v.ID.String())
		return v
	case entity.Refs:
		out := slices.Clone(v)
		for i := range out {
			out[i].Name = ui.Label(options, out[i].ID.String())
		}
		return out
	}
	return v
}

// renderAgain shows the form or the open field with what was typed.
func (r *records) renderAgain(c echo.Context, status int, rec views.Record, f *recordForm, version, field string, inPlace bool, differences []views.Difference) error {
	if inPlace {
		for _, message := range f.Errors {
			f.fail(field, message) // there is no other place for it
		}
		if err := r.fillOptions(c, &f.Form); err != nil {
			return err
		}
		return r.renderRecord(c, status, views.RecordPage{Record: rec, Editing: field, Form: f.Form, Version: version})
	}
	f.lift(r.look)
	f.show(rec.Values)
	return r.renderForm(c, status, views.FormPage{
		ID: rec.ID, Name: rec.Name(), Version: version, Was: views.Inputs(r.look.Entity, rec.Values, f.formats), Form: f.Form, Conflict: differences,
	})
}

// Delete puts the record in the trash.
func (r *records) Delete(c echo.Context) error {
	ctx := c.Request().Context()
	rec, err := r.live(c)
	if err != nil {
		return err
	}
	f := &form{Form: ui.Form{Errors: map[string]string{}}}
	version := f.version(c)
	if !f.Valid() {
		return r.renderRecord(c, http.StatusUnprocessableEntity, views.RecordPage{Record: rec, Notice: f.Error("")})
	}
	err = r.db.Tenant(ctx, func(tx *db.TenantTx) error {
		if err := crm.Delete(ctx, tx.Queries, r.look.Kind, rec.ID, version); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, rec.Name()+", "+r.look.One)
	})
	if errors.Is(err, crm.ErrChanged) {
		return r.renderRecord(c, http.StatusConflict, views.RecordPage{
			Record: rec, Notice: "Somebody else changed this " + r.look.One + " since you opened it. Look again, then delete it if you still want to.",
		})
	}
	if err != nil {
		return err
	}
	if err := r.setFlash(c, ui.Flash{Subject: rec.Name(), Message: "deleted", Undo: rec.URL() + "/restoration"}); err != nil {
		return err
	}
	return r.redirect(c, r.look.Path)
}

// Restore brings the record back.
func (r *records) Restore(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	err = r.db.Tenant(ctx, func(tx *db.TenantTx) error { return crm.Restore(ctx, tx.Queries, r.look.Kind, id) })
	if err != nil {
		return err
	}
	return r.say(c, r.look.URL(id), "Restored")
}
