package records

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

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
	"github.com/paddock-crm/paddock/views/ui"
)

// Leads serves the leads.
type Leads struct{ *Handler }

// NewLeads returns their handler.
func NewLeads(n Notes) Leads {
	h := New(views.LookOf(entity.Lead), n)
	h.Actions = func(r entity.Record) []templ.Component { return []templ.Component{views.ConvertButton(r)} }
	h.Beside = func(r entity.Record, p *views.RecordPage) { p.Related = append(p.Related, views.ConvertedTo(r)...) }
	return Leads{h}
}

// ConversionForm asks what a lead becomes, and shows what is here already.
func (l Leads) ConversionForm(c echo.Context) error {
	l.Handler = l.of(c)
	rec, err := l.live(c)
	if err != nil {
		return err
	}
	if rec.Locked != "" {
		return l.renderRecord(c, http.StatusOK, views.RecordPage{Record: rec, Notice: rec.Locked})
	}
	return l.renderConversion(c, http.StatusOK, rec.Record, strconv.Itoa(int(rec.Version)), nil)
}

func (l Leads) renderConversion(c echo.Context, status int, lead entity.Record, version string, f *page.Form) error {
	ctx := c.Request().Context()
	p := views.ConversionPage{Shell: page.Shell(c, "leads", "Convert "+lead.Name()), Lead: lead, Version: version}
	err := l.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		// What it becomes is asked, not what it is.
		found, err := crm.MatchesOf(ctx, tx, entity.Lead, lead.Values,
			crm.Among{Kinds: []entity.Kind{entity.Customer, entity.Contact}})
		if err != nil {
			return err
		}
		for _, m := range shownMatches(found) {
			if m.Look.Kind == entity.Customer {
				p.Customers = append(p.Customers, m)
			} else {
				p.Contacts = append(p.Contacts, m)
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
		p.Form.Values = map[string]string{"customer": "new", "contact": "new", "deal": "new",
			"name": cmp.Or(lead.Values.Text("company_name"), lead.Name())}
		if len(p.Customers) > 0 && p.Customers[0].Sure {
			p.Form.Values["customer"] = p.Customers[0].ID.String()
		}
		if len(p.Contacts) > 0 && p.Contacts[0].Sure {
			p.Form.Values["contact"] = p.Contacts[0].ID.String()
		}
		p.Form.Values["amount"] = entity.TypeMoney.Input(lead.Values["amount"], p.Formats)
	}
	p.Form.Options = map[string][]ui.Option{"stage_id": p.Stages}
	return page.Render(c, status, views.Convert(p), views.ConvertForm(p))
}

// Convert turns the lead into a customer, a contact and perhaps a deal.
func (l Leads) Convert(c echo.Context) error {
	l.Handler = l.of(c)
	ctx := c.Request().Context()
	rec, err := l.live(c)
	if err != nil {
		return err
	}
	posted := url.Values{}
	for _, field := range views.ConversionFields { // what is left empty is the lead's
		if v := c.FormValue(field.Name); v != "" && c.FormValue("deal") != "none" {
			posted.Set(field.Name, v)
		}
	}
	currency := page.From(c).Tenant.Currency
	lead := rec.Values
	d := readRecord(c, entity.Deals, posted, entity.Values{"currency": entity.Text(currency)}, false)
	f := d.Form
	for _, field := range views.ConversionFields { // also without a deal they come back as they were typed
		if v := c.FormValue(field.Name); v != "" && f.Values[field.Name] == "" {
			f.Values[field.Name] = v
		}
	}
	for _, name := range []string{"customer", "contact", "deal"} {
		f.Values[name] = cmp.Or(c.FormValue(name), "new")
	}
	f.Values["move_contact"] = c.FormValue("move_contact")
	conversion := crm.Conversion{CustomerID: existing(f, "customer"), ContactID: existing(f, "contact"),
		MoveContact: f.Values["move_contact"] == "true", Note: l.Notes.html, Formats: page.From(c).Formats(c)}
	if f.Values["deal"] != "none" {
		conversion.Deal = d.values()
		if conversion.Deal["name"] == nil {
			conversion.Deal["name"] = entity.Text(cmp.Or(lead.Text("company_name"), rec.Name()))
		}
		if m, ok := lead.Money("amount"); ok && !c.Request().PostForm.Has("amount") {
			conversion.Deal["amount"] = entity.Money{Minor: m.Minor, Currency: currency}
		}
	}
	version := rec.Version
	if v, err := strconv.ParseInt(c.FormValue("version"), 10, 32); err == nil {
		version = int32(v)
	}
	var out crm.ConvertedTo
	if f.Valid() {
		err = l.DB.Tenant(ctx, func(tx *db.TenantTx) (err error) {
			lead, err := tx.RecordGet(ctx, entity.Leads, rec.ID)
			if err != nil {
				return err
			}
			conversion.Set = tx.ChangeSet()
			out, err = crm.LeadConvert(ctx, tx, lead, version, conversion)
			return err
		})
		if errors.Is(err, crm.ErrChanged) {
			who, err := page.ChangedBy(c, l.DB, rec.ID, rec.Version-version)
			if err != nil {
				return err
			}
			f.Fail("", who+" changed this lead meanwhile. Look at it again, then convert it.")
			return l.renderConversion(c, http.StatusConflict, rec.Record, strconv.Itoa(int(rec.Version)), f)
		}
		if err != nil && !f.Refused(err) {
			return err
		}
	}
	if !f.Valid() {
		f.Lift(append([]ui.Field{{Name: "customer"}, {Name: "contact"}}, views.ConversionFields...))
		return l.renderConversion(c, http.StatusUnprocessableEntity, rec.Record, page.SeenVersion(c), f)
	}
	to := entity.Customers.URL(out.CustomerID)
	if out.DealID != nil {
		to = entity.Deals.URL(*out.DealID)
	}
	if err := page.SetFlash(c, ui.Flash{Subject: rec.Name(), Message: "converted", Undo: page.UndoURL(conversion.Set)}); err != nil {
		return err
	}
	return page.Redirect(c, to)
}

// existing is the record that a choice of "new" or an id names; nil for new.
func existing(f *page.Form, name string) *uuid.UUID {
	if f.Values[name] == "new" {
		return nil
	}
	id, err := uuid.Parse(f.Values[name])
	if err != nil {
		f.Fail(name, "Choose one of these.")
	}
	return &id
}

// Unconvert takes a conversion back.
func (l Leads) Unconvert(c echo.Context) error {
	l.Handler = l.of(c)
	ctx := c.Request().Context()
	rec, err := l.live(c)
	if err != nil {
		return err
	}
	err = l.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		if err := crm.LeadUnconvert(ctx, tx, rec.Record); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, "What the conversion of "+rec.Name()+" had made")
	})
	var no *crm.RefusalError
	if errors.As(err, &no) && !page.WantsFragment(c) {
		return l.renderRecord(c, http.StatusConflict, views.RecordPage{Record: rec, Notice: no.Reason})
	}
	if err != nil {
		return err
	}
	return page.Say(c, rec.URL(), "Conversion undone. "+rec.Name()+" is a lead again.")
}
