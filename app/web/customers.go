package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// pageSize is how many rows a list shows at once.
const pageSize = 25

// maxRows is how many rows a reload brings back after "Load more".
const maxRows = 500

func (s *Server) customerList(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.CustomerListPage{
		Shell:  s.shell(c, "customers", "Customers"),
		Filter: customerFilter(c),
		Sort:   tenantdb.CustomerSort(c.QueryParam("sort")),
		After:  c.QueryParam("after"),
		Me:     visiting(c).who.MemberID,
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
	err := s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		p.Rows, p.Next, err = tx.CustomerList(ctx, p.Filter, tenantdb.Page{Sort: p.Sort, After: p.After, Limit: limit})
		if err != nil || more {
			return err
		}
		if p.Count, err = tx.CustomerCount(ctx, p.Filter); err != nil {
			return err
		}
		p.Options, err = tx.FilterOptions(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if more {
		if !pagedPage(c) {
			shown := p
			shown.Shown += len(p.Rows)
			c.Response().Header().Set("HX-Replace-Url", shown.TopURL())
		}
		return s.render(c, http.StatusOK, views.CustomerRows(p), views.CustomerRows(p))
	}
	// The filters' form would put its empty fields into the address too; the
	// heads of columns know theirs and push it, so that Back leads back.
	// While somebody types there is one step of history, not one per letter.
	if h := c.Request().Header; wantsFragment(c) && h.Get("HX-Source") == "form#filters" {
		header := "HX-Push-Url"
		if was, err := url.Parse(h.Get("HX-Current-URL")); err != nil || was.Query().Get("q") != p.Filter.Query {
			header = "HX-Replace-Url"
		}
		c.Response().Header().Set(header, p.TopURL())
	}
	return s.render(c, http.StatusOK, views.CustomerList(p), views.CustomerListFragment(p))
}

// pagedPage reports whether the page that asks was itself opened further down.
func pagedPage(c echo.Context) bool {
	u, err := url.Parse(c.Request().Header.Get("HX-Current-URL"))
	return err == nil && u.Query().Has("after")
}

func customerFilter(c echo.Context) tenantdb.CustomerFilter {
	f := tenantdb.CustomerFilter{
		Query: clip(strings.Join(strings.Fields(c.QueryParam("q")), " ")),
		Tag:   clip(strings.TrimSpace(c.QueryParam("tag"))),
	}
	for _, t := range c.QueryParams()["type"] {
		for _, t := range strings.Split(t, ",") { // type=customer,partner is the same as twice type=
			if hasOption(views.CustomerTypes, t) {
				f.Types = append(f.Types, t)
			}
		}
	}
	switch owner := c.QueryParam("owner"); owner {
	case "":
	case "none":
		f.NoOwner = true
	case "me":
		f.OwnerID = visiting(c).who.MemberID
	default:
		f.OwnerID, _ = uuid.Parse(owner) // an owner that is none narrows nothing
	}
	return f
}

func (s *Server) customerNew(c echo.Context) error {
	me := visiting(c).who.MemberID
	f := ui.Form{Values: map[string]string{"type": "prospect", "owner_id": me.String()}}
	return s.renderCustomerForm(c, http.StatusOK, views.CustomerFormPage{Form: f})
}

func (s *Server) customerCreate(c echo.Context) error {
	ctx := c.Request().Context()
	me := visiting(c).who.MemberID
	in := tenantdb.CustomerUpdateParams{Type: "prospect", OwnerID: &me}
	posted := c.Request().PostForm
	if posted.Get("type") == "" {
		posted.Set("type", in.Type)
	}
	f := readForm(c, views.CustomerFields, true)
	tags := s.readCustomer(c, f, &in)
	var id uuid.UUID
	if f.Valid() {
		err := s.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			id, err = crm.CustomerCreate(ctx, tx.Queries, in, tags)
			return err
		})
		if errors.Is(err, crm.ErrNoSuchOwner) {
			f.fail("owner_id", noSuchOwner)
		} else if err != nil {
			return err
		}
	}
	if !f.Valid() {
		return s.renderCustomerForm(c, http.StatusUnprocessableEntity, views.CustomerFormPage{Form: f.Form})
	}
	if err := s.setFlash(c, ui.Flash{Subject: in.Name, Message: "added"}); err != nil {
		return err
	}
	return s.redirect(c, "/customers/"+id.String())
}

const noSuchOwner = "This person is no member any more. Choose another."

// readCustomer sets the posted fields in in and returns the tags, nil when
// they were not posted.
func (s *Server) readCustomer(c echo.Context, f *form, in *tenantdb.CustomerUpdateParams) []string {
	for name, to := range map[string]*string{
		"name": &in.Name, "website": &in.Website, "phone": &in.Phone, "type": &in.Type,
		"industry": &in.Industry, "street": &in.Street, "city": &in.City, "state": &in.State,
		"postal_code": &in.PostalCode, "country": &in.Country, "description": &in.Description,
		"domain": &in.Domain, "email": &in.Email,
	} {
		f.text(name, to)
	}
	in.Email = strings.ToLower(in.Email)
	if v := f.Values["domain"]; v != "" && f.Errors["domain"] == "" {
		if in.Domain = domainName(v); in.Domain == "" {
			f.fail("domain", "This is not a domain. It should look like example.com.")
		}
	}
	f.number("employees", &in.Employees)
	f.money("annual_revenue", visiting(c).tenant.Currency, &in.AnnualRevenue)
	f.id("owner_id", &in.OwnerID)
	return f.tags("tags")
}

func (s *Server) renderCustomerForm(c echo.Context, status int, p views.CustomerFormPage) error {
	title := "New customer"
	if p.ID != uuid.Nil {
		title = "Edit " + p.Name
	}
	p.Shell = s.shell(c, "customers", title)
	if p.Members == nil {
		var err error
		if p.Members, err = s.members(c); err != nil {
			return err
		}
	}
	return s.render(c, status, views.CustomerEdit(p), views.CustomerForm(p))
}

func (s *Server) members(c echo.Context) (rows []tenantdb.MemberListRow, err error) {
	ctx := c.Request().Context()
	err = s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		rows, err = tx.MemberList(ctx)
		return err
	})
	return rows, err
}

// customer returns the record of the path, deleted or not; pgx.ErrNoRows when
// this workspace has none with the id.
func (s *Server) customer(c echo.Context) (row tenantdb.CustomerGetRow, err error) {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return row, err
	}
	err = s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		row, err = tx.CustomerGet(ctx, id)
		return err
	})
	return row, err
}

// errDeleted is not found, with a way to bring the customer back.
func (s *Server) errDeleted(c echo.Context, row tenantdb.CustomerGetRow) error {
	p := &problem{status: http.StatusNotFound, title: "This customer was deleted", text: "It is in the trash."}
	if visiting(c).who.Role.May(auth.Write) {
		p.undo = "/customers/" + row.ID.String() + "/restoration"
	}
	return p
}

// pathID is the path's id; what is none is not found.
func pathID(c echo.Context) (uuid.UUID, error) {
	id, err := uuid.Parse(c.Param("id"))
	if err != nil || len(c.Param("id")) != 36 {
		return uuid.Nil, errNotFound
	}
	return id, nil
}

func (s *Server) customerShow(c echo.Context) error {
	row, err := s.customer(c)
	if err != nil {
		return err
	}
	if row.DeletedAt != nil {
		return s.errDeleted(c, row)
	}
	return s.renderCustomer(c, http.StatusOK, views.CustomerPage{Customer: row})
}

func (s *Server) renderCustomer(c echo.Context, status int, p views.CustomerPage) error {
	p.Shell = s.shell(c, "customers", p.Customer.Name)
	return s.render(c, status, views.CustomerShow(p), views.CustomerRecord(p))
}

// customerEdit is the whole form, or the record with one field open in place.
func (s *Server) customerEdit(c echo.Context) error {
	row, err := s.customer(c)
	if err != nil {
		return err
	}
	if row.DeletedAt != nil {
		return s.errDeleted(c, row)
	}
	values := views.CustomerValues(row, visiting(c).tenant.Currency)
	f := ui.Form{Values: values}
	version := strconv.Itoa(int(row.Version))
	field := c.QueryParam("field")
	if !wantsFragment(c) || field == "" {
		return s.renderCustomerForm(c, http.StatusOK, views.CustomerFormPage{ID: row.ID, Name: row.Name, Version: version, Was: values, Form: f})
	}
	p := views.CustomerPage{Customer: row, Editing: field, Form: f, Version: version}
	if field == "owner_id" {
		if p.Members, err = s.members(c); err != nil {
			return err
		}
	}
	return s.renderCustomer(c, http.StatusOK, p)
}

// customerUpdate saves the posted fields, of the whole form or of one in place.
func (s *Server) customerUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	f := readForm(c, views.CustomerFields, false)
	version := f.version(c)
	var row tenantdb.CustomerGetRow
	var in tenantdb.CustomerUpdateParams
	var tags []string
	field := c.Request().PostForm.Get("field")
	err = s.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		if row, err = tx.CustomerGet(ctx, id); err != nil {
			return err
		}
		if row.DeletedAt != nil {
			return s.errDeleted(c, row)
		}
		in = customerParams(row)
		in.Version = version
		tags = s.readCustomer(c, f, &in)
		if field != "" && untouched(c, field, views.CustomerValues(row, visiting(c).tenant.Currency)[field]) {
			in.Version = row.Version // what else was changed is no clash with one field
		}
		switch {
		case version != 0 && in.Version != row.Version:
			return crm.ErrChanged // before other mistakes: their mending must not hide it
		case !f.Valid():
			return errInvalid
		}
		if err := crm.CustomerUpdate(ctx, tx.Queries, row.OwnerID, in, tags); err != nil {
			return err
		}
		row, err = tx.CustomerGet(ctx, id)
		return err
	})
	inPlace := field != "" && wantsFragment(c)
	switch {
	case err == nil && inPlace:
		return s.renderCustomer(c, http.StatusOK, views.CustomerPage{Customer: row, Changed: field})
	case err == nil:
		if err := s.setFlash(c, ui.Flash{Message: "Changes saved"}); err != nil {
			return err
		}
		return s.redirect(c, "/customers/"+id.String())
	case errors.Is(err, crm.ErrChanged):
		return s.renderCustomerConflict(c, f, in, tags, field, inPlace)
	case errors.Is(err, crm.ErrNoSuchOwner):
		f.fail("owner_id", noSuchOwner)
	case !errors.Is(err, errInvalid):
		return err
	}
	// The form goes back with the version it came with: only who has seen a
	// change may write over it.
	return s.renderCustomerAgain(c, http.StatusUnprocessableEntity, row, f, c.Request().PostForm.Get("version"), field, inPlace, nil)
}

// untouched reports whether value is what the field held when the form was
// opened; false when the form does not say.
func untouched(c echo.Context, field, value string) bool {
	was, ok := c.Request().PostForm["was."+field]
	return ok && strings.ReplaceAll(was[0], "\r\n", "\n") == value
}

// errInvalid leaves a transaction whose form is wrong.
var errInvalid = errors.New("web: invalid form")

// renderCustomerConflict shows what somebody else saved meanwhile beside what
// was typed. Saving again is then a choice, and goes over the version shown.
func (s *Server) renderCustomerConflict(c echo.Context, f *form, in tenantdb.CustomerUpdateParams, tags []string, field string, inPlace bool) error {
	row, err := s.customer(c)
	if err != nil {
		return err
	}
	members, err := s.members(c)
	if err != nil {
		return err
	}
	currency := visiting(c).tenant.Currency
	yours, saved := withParams(row, in, tags, members), views.CustomerValues(row, currency)
	var differences []views.Difference
	for _, field := range views.CustomerFields {
		switch {
		case !f.present[field.Name]:
			continue
		case untouched(c, field.Name, f.Values[field.Name]):
			f.Values[field.Name] = saved[field.Name] // not touched here: theirs
			continue
		case untouched(c, field.Name, saved[field.Name]):
			continue // not touched there: yours
		}
		d := views.Difference{Label: field.Label, Theirs: views.CustomerDisplay(field, row, currency), Yours: views.CustomerDisplay(field, yours, currency)}
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
			f.fail(field, "Somebody else saved this customer meanwhile. "+d.Label+" "+now+". Save again to put yours there.")
		}
	}
	if len(differences) == 0 {
		f.fail("", "Somebody else saved this customer meanwhile. Their changes are taken over here; save again to add yours.")
	}
	return s.renderCustomerAgain(c, http.StatusConflict, row, f, strconv.Itoa(int(row.Version)), field, inPlace, differences)
}

// renderCustomerAgain shows the form or the open field with what was typed.
func (s *Server) renderCustomerAgain(c echo.Context, status int, row tenantdb.CustomerGetRow, f *form, version, field string, inPlace bool, differences []views.Difference) error {
	if inPlace {
		for _, message := range f.Errors {
			f.fail(field, message) // there is no other place for it
		}
		members, err := s.members(c)
		if err != nil {
			return err
		}
		return s.renderCustomer(c, status, views.CustomerPage{Customer: row, Editing: field, Form: f.Form, Version: version, Members: members})
	}
	values := views.CustomerValues(row, visiting(c).tenant.Currency)
	for _, field := range views.CustomerFields {
		if !f.present[field.Name] {
			f.Values[field.Name] = values[field.Name] // what was not posted stays as it is
		}
	}
	return s.renderCustomerForm(c, status, views.CustomerFormPage{ID: row.ID, Name: row.Name, Version: version, Was: values, Form: f.Form, Conflict: differences})
}

// withParams is the customer as it would be after the update.
func withParams(r tenantdb.CustomerGetRow, p tenantdb.CustomerUpdateParams, tags []string, members []tenantdb.MemberListRow) tenantdb.CustomerGetRow {
	r.Name, r.Domain, r.Website, r.Phone, r.Email, r.Type, r.Industry = p.Name, p.Domain, p.Website, p.Phone, p.Email, p.Type, p.Industry
	r.Employees, r.AnnualRevenue, r.Street, r.City, r.State = p.Employees, p.AnnualRevenue, p.Street, p.City, p.State
	r.PostalCode, r.Country, r.Description, r.OwnerID = p.PostalCode, p.Country, p.Description, p.OwnerID
	if tags != nil {
		r.Tags = tags
	}
	r.OwnerName = ""
	for _, m := range members {
		if p.OwnerID != nil && m.ID == *p.OwnerID {
			r.OwnerName = m.Name
		}
	}
	return r
}

// customerParams is the customer as it is, to be changed and written back.
func customerParams(r tenantdb.CustomerGetRow) tenantdb.CustomerUpdateParams {
	return tenantdb.CustomerUpdateParams{
		Name: r.Name, Domain: r.Domain, Website: r.Website, Phone: r.Phone, Email: r.Email, Type: r.Type, Industry: r.Industry,
		Employees: r.Employees, AnnualRevenue: r.AnnualRevenue, Street: r.Street, City: r.City, State: r.State,
		PostalCode: r.PostalCode, Country: r.Country, Description: r.Description, OwnerID: r.OwnerID, ID: r.ID, Version: r.Version,
	}
}

func (s *Server) customerDelete(c echo.Context) error {
	ctx := c.Request().Context()
	row, err := s.customer(c)
	if err != nil {
		return err
	}
	if row.DeletedAt != nil {
		return s.errDeleted(c, row)
	}
	f := &form{Form: ui.Form{Errors: map[string]string{}}}
	version := f.version(c)
	if !f.Valid() {
		return s.renderCustomer(c, http.StatusUnprocessableEntity, views.CustomerPage{Customer: row, Notice: f.Error("")})
	}
	err = s.db.Tenant(ctx, func(tx *db.TenantTx) error {
		return crm.CustomerDelete(ctx, tx.Queries, row.ID, version)
	})
	if errors.Is(err, crm.ErrChanged) {
		return s.renderCustomer(c, http.StatusConflict, views.CustomerPage{
			Customer: row, Notice: "Somebody else changed this customer since you opened it. Look again, then delete it if you still want to.",
		})
	}
	if err != nil {
		return err
	}
	if err := s.setFlash(c, ui.Flash{Subject: row.Name, Message: "deleted", Undo: "/customers/" + row.ID.String() + "/restoration"}); err != nil {
		return err
	}
	return s.redirect(c, "/customers")
}

func (s *Server) customerRestore(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	err = s.db.Tenant(ctx, func(tx *db.TenantTx) error { return crm.CustomerRestore(ctx, tx.Queries, id) })
	if err != nil {
		return err
	}
	if err := s.setFlash(c, ui.Flash{Message: "Restored"}); err != nil {
		return err
	}
	return s.redirect(c, "/customers/"+id.String())
}
