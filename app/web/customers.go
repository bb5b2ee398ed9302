package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// pageSize is how many rows a list shows at once.
const pageSize = 25

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
	err := s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		p.Rows, p.Next, err = tx.CustomerList(ctx, p.Filter, tenantdb.Page{Sort: p.Sort, After: p.After, Limit: pageSize})
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
		return s.render(c, http.StatusOK, views.CustomerRows(p), views.CustomerRows(p))
	}
	if wantsFragment(c) {
		c.Response().Header().Set("HX-Replace-Url", p.URL("after", p.After))
	}
	return s.render(c, http.StatusOK, views.CustomerList(p), views.CustomerListFragment(p))
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
	if err := s.setFlash(c, ui.Flash{Message: in.Name + " added"}); err != nil {
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
	ctx := c.Request().Context()
	title := "New customer"
	if p.ID != uuid.Nil {
		title = "Edit " + p.Name
	}
	p.Shell = s.shell(c, "customers", title)
	err := s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		p.Members, err = tx.MemberList(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, status, views.CustomerEdit(p), views.CustomerForm(p))
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
		return errNotFound
	}
	return s.renderCustomer(c, http.StatusOK, views.CustomerPage{Customer: row})
}

func (s *Server) renderCustomer(c echo.Context, status int, p views.CustomerPage) error {
	p.Shell = s.shell(c, "customers", p.Customer.Name)
	return s.render(c, status, views.CustomerShow(p), views.CustomerRecord(p))
}

// customerEdit is the whole form, or the record with one field open in place.
func (s *Server) customerEdit(c echo.Context) error {
	ctx := c.Request().Context()
	row, err := s.customer(c)
	if err != nil {
		return err
	}
	if row.DeletedAt != nil {
		return errNotFound
	}
	f := ui.Form{Values: views.CustomerValues(row, visiting(c).tenant.Currency)}
	field := c.QueryParam("field")
	if !wantsFragment(c) || field == "" {
		return s.renderCustomerForm(c, http.StatusOK, views.CustomerFormPage{ID: row.ID, Name: row.Name, Version: row.Version, Form: f})
	}
	p := views.CustomerPage{Customer: row, Editing: field, Form: f}
	if field == "owner_id" {
		err = s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
			p.Members, err = tx.MemberList(ctx)
			return err
		})
		if err != nil {
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
	err = s.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		if row, err = tx.CustomerGet(ctx, id); err != nil {
			return err
		}
		if row.DeletedAt != nil {
			return errNotFound
		}
		in := customerParams(row)
		in.Version = version
		tags := s.readCustomer(c, f, &in)
		if !f.Valid() {
			return errInvalid
		}
		if err := crm.CustomerUpdate(ctx, tx.Queries, in, tags); err != nil {
			return err
		}
		row, err = tx.CustomerGet(ctx, id)
		return err
	})
	status := http.StatusOK
	switch {
	case errors.Is(err, errInvalid):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, crm.ErrNoSuchOwner):
		f.fail("owner_id", noSuchOwner)
		status = http.StatusUnprocessableEntity
	case errors.Is(err, crm.ErrChanged):
		status = http.StatusConflict
	case err != nil:
		return err
	}
	field := c.Request().PostForm.Get("field")
	inPlace := field != "" && wantsFragment(c)
	if status == http.StatusOK {
		if inPlace {
			return s.renderCustomer(c, status, views.CustomerPage{Customer: row, Changed: field})
		}
		if err := s.setFlash(c, ui.Flash{Message: "Changes saved"}); err != nil {
			return err
		}
		return s.redirect(c, "/customers/"+id.String())
	}
	return s.renderCustomerMistake(c, status, row, f, field, inPlace)
}

// errInvalid leaves a transaction whose form is wrong.
var errInvalid = errors.New("web: invalid form")

// renderCustomerMistake shows what was typed again, with what is wrong: below
// its field, or both versions when somebody else was faster.
func (s *Server) renderCustomerMistake(c echo.Context, status int, row tenantdb.CustomerGetRow, f *form, field string, inPlace bool) error {
	ctx := c.Request().Context()
	currency := visiting(c).tenant.Currency
	if inPlace {
		if status == http.StatusConflict {
			f.fail(field, "Somebody else changed this customer meanwhile. Saved now: “"+views.CustomerValues(row, currency)[field]+"”. Save again to replace it.")
		}
		if f.Errors[field] == "" {
			f.fail(field, f.Error(""))
		}
		p := views.CustomerPage{Customer: row, Editing: field, Form: f.Form}
		err := s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
			p.Members, err = tx.MemberList(ctx)
			return err
		})
		if err != nil {
			return err
		}
		return s.renderCustomer(c, status, p)
	}
	p := views.CustomerFormPage{ID: row.ID, Name: row.Name, Version: row.Version, Form: f.Form}
	saved := views.CustomerValues(row, currency)
	for _, field := range views.CustomerFields {
		typed, posted := f.Values[field.Name]
		if !posted {
			p.Form.Values[field.Name] = saved[field.Name] // what was not posted stays as it is
		} else if status == http.StatusConflict && typed != saved[field.Name] {
			p.Conflict = append(p.Conflict, views.Difference{Label: field.Label, Theirs: saved[field.Name], Yours: typed})
		}
	}
	if status == http.StatusConflict && len(p.Conflict) == 0 {
		f.fail("", "Somebody else saved this customer meanwhile, with the same values as yours.")
	}
	return s.renderCustomerForm(c, status, p)
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
		return errNotFound
	}
	f := &form{Form: ui.Form{Errors: map[string]string{}}}
	version := f.version(c)
	if !f.Valid() {
		return s.renderDeleteRefused(c, http.StatusUnprocessableEntity, row, f.Error(""))
	}
	err = s.db.Tenant(ctx, func(tx *db.TenantTx) error {
		return crm.CustomerDelete(ctx, tx.Queries, row.ID, version)
	})
	if errors.Is(err, crm.ErrChanged) {
		return s.renderDeleteRefused(c, http.StatusConflict, row, "Somebody else changed this customer since you opened it. Look again, then delete it if you still want to.")
	}
	if err != nil {
		return err
	}
	if err := s.setFlash(c, ui.Flash{Message: row.Name + " deleted", Undo: "/customers/" + row.ID.String() + "/restoration"}); err != nil {
		return err
	}
	return s.redirect(c, "/customers")
}

func (s *Server) renderDeleteRefused(c echo.Context, status int, row tenantdb.CustomerGetRow, why string) error {
	return s.renderCustomer(c, status, views.CustomerPage{Customer: row, Notice: why})
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
