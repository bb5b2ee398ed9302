package crm

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Converted is the status of a lead that became something else; only
// LeadConvert sets it.
const Converted = "converted"

var errConverted = &RefusalError{"This lead was converted. It stays as it was; undo the conversion to change it."}

// leadRule keeps a converted lead as it was.
func leadRule(_ context.Context, w *writing) error {
	switch {
	case w.was.Text("status") == Converted:
		return errConverted
	case w.v.Text("status") == Converted:
		return Wrong("status", "A lead is converted with “Convert”, so that nothing of it is lost.")
	}
	return nil
}

func leadLocked(r entity.Record) string {
	if r.Values.Text("status") != Converted {
		return ""
	}
	return "This lead was converted. It stays as it was; what it became is below."
}

// Conversion says what a lead becomes.
type Conversion struct {
	CustomerID  *uuid.UUID     // an existing customer; nil for a new one
	ContactID   *uuid.UUID     // an existing contact; nil for a new one
	MoveContact bool           // an existing contact of another customer goes to this one
	Deal        entity.Values  // nil for no deal
	Set         uuid.UUID      // the transaction's change set, by which it is undone
	CompanyName string         // of a new customer; "" for the lead's
	Formats     entity.Formats // in which an amount that finds no place is noted down
	// Note makes what is kept of a note's text, as NoteInsertParams has it.
	Note func(body string) (html, mark string)
}

// ConvertedTo is what LeadConvert made or linked.
type ConvertedTo struct {
	CustomerID, ContactID uuid.UUID
	DealID                *uuid.UUID
}

// converting is a lead on its way to become something else.
type converting struct {
	*db.TenantTx
	Conversion
	lead  entity.Record
	owner entity.Value // nil when who had it left
	left  []string     // what found no place
}

// LeadConvert turns a lead into a customer, a contact and perhaps a deal. What existing
// ones lack they take from it, and what they have otherwise is written on a note. Its
// notes and tasks go to the deal, or else to the contact; its tags to all of
// them. The lead stays, read-only. ErrChanged when it is no longer at version.
func LeadConvert(ctx context.Context, tx *db.TenantTx, lead entity.Record, version int32,
	conversion Conversion) (out ConvertedTo, err error) {
	if lead.Values.Text("status") == Converted {
		return out, errConverted
	}
	if lead.Version != version {
		return out, ErrChanged
	}
	c := &converting{TenantTx: tx, Conversion: conversion, lead: lead}
	if owner := lead.Values.ID("owner_id"); owner != nil {
		ok, err := tx.MemberExists(ctx, *owner)
		if err != nil {
			return out, err
		}
		if ok {
			c.owner = lead.Values["owner_id"]
		}
	}
	for _, l := range []struct {
		field string
		kind  entity.Kind
		id    *uuid.UUID
	}{{"customer", entity.Customer, c.CustomerID}, {"contact", entity.Contact, c.ContactID}} {
		if l.id == nil {
			continue
		}
		if err := checkLink(ctx, tx, l.field, l.kind, *l.id); err != nil {
			return out, err
		}
	}
	if out.CustomerID, err = c.customer(ctx); err != nil {
		return out, err
	}
	if out.ContactID, err = c.contact(ctx, out.CustomerID); err != nil {
		return out, err
	}
	subject, subjectID := entity.Contact, out.ContactID
	if c.Deal != nil {
		c.keep("rating")
		d := c.Deal.Clone()
		d["customer_id"], d["contact_id"] = entity.Ref{ID: out.CustomerID}, entity.Ref{ID: out.ContactID}
		d["source"], d["owner_id"] = lead.Values["source"], c.owner
		id, err := Create(ctx, tx, Draft{Kind: entity.Deal, Values: d})
		if err != nil {
			return out, err
		}
		out.DealID, subject, subjectID = &id, entity.Deal, id
		if err := copyTags(ctx, tx, lead.ID, entity.Deal, id); err != nil {
			return out, err
		}
	} else {
		c.keep("source", "amount", "rating") // a deal would have the first two
	}
	if err := copyTags(ctx, tx, lead.ID, entity.Customer, out.CustomerID); err != nil {
		return out, err
	}
	if err := copyTags(ctx, tx, lead.ID, entity.Contact, out.ContactID); err != nil {
		return out, err
	}
	if err := tx.NotesMove(ctx, string(subject), subjectID, lead.ID); err != nil {
		return out, err
	}
	if err := tx.TasksMove(ctx, string(subject), subjectID, lead.ID); err != nil {
		return out, err
	}
	if err := c.note(ctx, subject, subjectID); err != nil {
		return out, err
	}
	w := &writing{TenantTx: tx, entity: lead.Entity, id: lead.ID, was: lead.Values, v: lead.Values.Clone()}
	w.v["status"], w.v["converted_at"], w.v["conversion_set"] = entity.Text(Converted), entity.Moment(time.Now()), entity.Ref{ID: c.Set}
	w.v["customer_id"], w.v["contact_id"] = entity.Ref{ID: out.CustomerID}, entity.Ref{ID: out.ContactID}
	w.v.SetID("deal_id", out.DealID)
	return out, w.put(ctx, lead)
}

// fill gives a field what it lacks, and notes down what it has otherwise.
func (c *converting) fill(label string, v entity.Values, field string, from string) {
	value := c.lead.Values.Text(from)
	switch {
	case value == "" || entity.Fold(v.Text(field)) == entity.Fold(value):
	case v[field] == nil:
		v.Set(field, entity.Text(value))
	default:
		c.left = append(c.left, label+": "+value)
	}
}

// keep notes down what the lead has in fields that nothing it becomes has.
func (c *converting) keep(fields ...string) {
	for _, name := range fields {
		f := c.lead.Entity.Field(name)
		if text := f.Type.Show(c.lead.Values[name], f, c.Formats); text != "" {
			c.left = append(c.left, f.Label+": "+text)
		}
	}
}

func (c *converting) customer(ctx context.Context) (uuid.UUID, error) {
	lead := c.lead.Values
	domain := entity.Text(entity.Site(lead.Text("email")))
	if c.CustomerID == nil {
		v := entity.Values{"website": lead["website"], "owner_id": c.owner}
		v.Set("name", entity.Text(firstOf(c.CompanyName, lead.Text("company_name"), c.lead.Name())))
		v.Set("domain", domain)
		return Create(ctx, c.TenantTx, Draft{Kind: entity.Customer, Values: v})
	}
	was, err := c.RecordGet(ctx, entity.Customers, *c.CustomerID)
	if err != nil {
		return uuid.Nil, err
	}
	v := was.Values.Clone()
	if v["domain"] == nil && entity.Site(v.Text("website")) == "" {
		v.Set("domain", domain)
	}
	c.fill("Website", v, "website", "website")
	if core(lead.Text("company_name")) != core(was.Name()) {
		c.fill("Company", entity.Values{"name": v["name"]}, "name", "company_name")
	}
	_, err = Save(ctx, c.TenantTx, Change{Record: was, Set: v})
	return was.ID, err
}

func (c *converting) contact(ctx context.Context, customer uuid.UUID) (uuid.UUID, error) {
	lead := c.lead.Values
	if c.ContactID == nil {
		v := entity.Values{
			"first_name": lead["first_name"], "last_name": lead["last_name"], "job_title": lead["job_title"], "description": lead["description"],
			"customer_id": entity.Ref{ID: customer}, "owner_id": c.owner,
		}
		c.addPoint(v, "emails", "Email", "email")
		c.addPoint(v, "phones", "Phone", "phone")
		return Create(ctx, c.TenantTx, Draft{Kind: entity.Contact, Values: v})
	}
	was, err := c.RecordGet(ctx, entity.Contacts, *c.ContactID)
	if err != nil {
		return uuid.Nil, err
	}
	v := was.Values.Clone()
	c.addPoint(v, "emails", "Email", "email")
	c.addPoint(v, "phones", "Phone", "phone")
	c.fill("Job title", v, "job_title", "job_title")
	c.fill("Description", v, "description", "description")
	c.fill("Name", entity.Values{"name": v["name"]}, "name", "name")
	if v["customer_id"] == nil || c.MoveContact {
		v["customer_id"] = entity.Ref{ID: customer}
	}
	_, err = Save(ctx, c.TenantTx, Change{Record: was, Set: v})
	return was.ID, err
}

// addPoint adds the lead's address or number to those of somebody, unless they have it.
func (c *converting) addPoint(v entity.Values, field, label, from string) {
	value := c.lead.Values.Text(from)
	to, _ := v[field].(entity.Points)
	switch {
	case value == "" || slices.ContainsFunc(to, func(p entity.Point) bool { return strings.EqualFold(p.Value, value) }):
	case len(to) >= entity.MaxPoints:
		c.left = append(c.left, label+": "+value)
	default:
		v[field] = append(slices.Clone(to), entity.Point{Value: value})
	}
}

// note writes down what of the lead found no place.
func (c *converting) note(ctx context.Context, subject entity.Kind, id uuid.UUID) error {
	if len(c.left) == 0 {
		return nil
	}
	note := tenantdb.NoteInsertParams{
		ID: uuid.Must(uuid.NewV7()), SubjectType: string(subject), SubjectID: id, Kind: "note", AuthorID: c.lead.Values.ID("owner_id"),
		Mentions: []uuid.UUID{},
		Body:     "From the lead " + c.lead.Name() + ":\n\n" + strings.Join(c.left, "\n\n"),
	}
	if c.Note != nil {
		note.Html, note.HtmlMark = c.Note(note.Body)
	}
	return c.NoteInsert(ctx, note)
}

// LeadUnconvert takes a conversion back, while nothing it made was changed.
func LeadUnconvert(ctx context.Context, tx *db.TenantTx, lead entity.Record) error {
	set := lead.Values.ID("conversion_set")
	if lead.Values.Text("status") != Converted || set == nil {
		return &RefusalError{"This lead is not converted."}
	}
	_, err := Undo(ctx, tx, *set, By{Manages: true}) // of whoever may convert: it changed records alone
	return err
}

// leadReverse keeps what a converted lead is from being taken back by anything but the
// conversion's undoing.
func leadReverse(ctx context.Context, tx *db.TenantTx, c tenantdb.ChangesOfSetRow, set uuid.UUID,
	reverse func(except ...string) error) error {
	lead, err := tx.LeadGet(ctx, c.EntityID)
	if err != nil {
		return err
	}
	if lead.Status == Converted && (lead.ConversionSet == nil || *lead.ConversionSet != set) {
		return errConverted
	}
	return reverse()
}

func copyTags(ctx context.Context, tx *db.TenantTx, lead uuid.UUID, kind entity.Kind, id uuid.UUID) error {
	return tx.TaggingsCopy(ctx, tenantdb.TaggingsCopyParams{FromType: string(entity.Lead), FromID: lead, ToType: string(kind), ToID: id})
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
