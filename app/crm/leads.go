package crm

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Converted is the status of a lead that became something else; only
// LeadConvert sets it.
const Converted = "converted"

var errConverted = &RefusalError{"This lead was converted. It stays as it was; undo the conversion to change it."}

// LeadCreate is CustomerCreate for a lead.
func LeadCreate(ctx context.Context, q *tenantdb.Queries, p tenantdb.LeadUpdateParams, tags []string) (uuid.UUID, error) {
	return create(ctx, q, tenantdb.Lead, p.OwnerID, tags, func(id uuid.UUID) error {
		p.ID, p.Version = id, 1
		return q.LeadInsert(ctx, tenantdb.LeadInsertParams(p))
	})
}

// LeadUpdate is CustomerUpdate for a lead; a converted one is refused.
func LeadUpdate(ctx context.Context, q *tenantdb.Queries, was tenantdb.LeadGetRow, p tenantdb.LeadUpdateParams, tags []string) error {
	if was.Status == Converted {
		return errConverted
	}
	if p.Status == Converted {
		return &FieldError{"status", "A lead is converted with “Convert”, so that nothing of it is lost."}
	}
	return update(ctx, q, tenantdb.Lead, p.ID, was.OwnerID, p.OwnerID, tags, func() (int64, error) { return q.LeadUpdate(ctx, p) })
}

// Conversion says what a lead becomes.
type Conversion struct {
	CustomerID  *uuid.UUID // an existing customer; nil for a new one
	ContactID   *uuid.UUID // an existing contact; nil for a new one
	MoveContact bool       // an existing contact of another customer goes to this one
	Deal        *tenantdb.DealUpdateParams
	Set         uuid.UUID // the transaction's change set, by which it is undone
	CompanyName string    // of a new customer; "" for the lead's
	// Note makes what is kept of a note's text, as NoteInsertParams has it.
	Note func(body string) (html, mark string)
}

// ConvertedTo is what LeadConvert made or linked.
type ConvertedTo struct {
	CustomerID, ContactID uuid.UUID
	DealID                *uuid.UUID
}

// LeadConvert turns a lead into a customer, a contact and perhaps a deal. What existing
// ones lack they take from it, and what they have otherwise is written on a note. Its
// notes and tasks go to the deal, or else to the contact; its tags to all of
// them. The lead stays, read-only. ErrChanged when it is no longer at version.
func LeadConvert(ctx context.Context, q *tenantdb.Queries, lead tenantdb.LeadGetRow, version int32, c Conversion) (out ConvertedTo, err error) {
	if lead.Status == Converted {
		return out, errConverted
	}
	if lead.Version != version {
		return out, ErrChanged
	}
	owner := lead.OwnerID
	if owner != nil {
		if ok, err := q.MemberExists(ctx, *owner); err != nil {
			return out, err
		} else if !ok {
			owner = nil
		}
	}
	if err := checkLinks(ctx, q, link{"customer", tenantdb.Customer, nil, c.CustomerID}, link{"contact", tenantdb.Contact, nil, c.ContactID}); err != nil {
		return out, err
	}
	var left []string // what found no place
	if out.CustomerID, err = convertCustomer(ctx, q, lead, owner, c, &left); err != nil {
		return out, err
	}
	if out.ContactID, err = convertContact(ctx, q, lead, owner, out.CustomerID, c, &left); err != nil {
		return out, err
	}
	subject, subjectID := tenantdb.Contact, out.ContactID
	if c.Deal != nil {
		d := *c.Deal
		d.CustomerID, d.ContactID = &out.CustomerID, &out.ContactID
		d.Source, d.OwnerID = lead.Source, owner
		id, err := DealCreate(ctx, q, d, nil)
		if err != nil {
			return out, err
		}
		out.DealID, subject, subjectID = &id, tenantdb.Deal, id
		if err := copyTags(ctx, q, lead.ID, tenantdb.Deal, id); err != nil {
			return out, err
		}
	} else if lead.Source != "" {
		left = append(left, "Source: "+lead.Source)
	}
	if err := copyTags(ctx, q, lead.ID, tenantdb.Customer, out.CustomerID); err != nil {
		return out, err
	}
	if err := copyTags(ctx, q, lead.ID, tenantdb.Contact, out.ContactID); err != nil {
		return out, err
	}
	if err := q.NotesMove(ctx, string(subject), subjectID, lead.ID); err != nil {
		return out, err
	}
	if err := q.TasksMove(ctx, string(subject), subjectID, lead.ID); err != nil {
		return out, err
	}
	if err := leftNote(ctx, q, lead, subject, subjectID, c, left); err != nil {
		return out, err
	}
	p := LeadParams(lead)
	now := time.Now()
	p.Status, p.ConvertedAt, p.ConversionSet = Converted, &now, &c.Set
	p.CustomerID, p.ContactID, p.DealID = &out.CustomerID, &out.ContactID, out.DealID
	return out, changedOne(q.LeadUpdate(ctx, p))
}

// fill gives a field what it lacks, and notes down what it has otherwise.
func fill(label string, field *string, value string, left *[]string) {
	switch {
	case value == "" || entity.Fold(*field) == entity.Fold(value):
	case *field == "":
		*field = value
	default:
		*left = append(*left, label+": "+value)
	}
}

func convertCustomer(ctx context.Context, q *tenantdb.Queries, lead tenantdb.LeadGetRow, owner *uuid.UUID, c Conversion, left *[]string) (uuid.UUID, error) {
	domain := entity.Site(lead.Email)
	if c.CustomerID == nil {
		return CustomerCreate(ctx, q, tenantdb.CustomerUpdateParams{
			Name: firstOf(c.CompanyName, lead.CompanyName, lead.Name), Type: "prospect", Website: lead.Website, Domain: domain, OwnerID: owner,
		}, nil)
	}
	was, err := q.CustomerGet(ctx, *c.CustomerID)
	if err != nil {
		return uuid.Nil, err
	}
	p := CustomerParams(was)
	if p.Domain == "" && entity.Site(was.Website) == "" {
		p.Domain = domain
	}
	fill("Website", &p.Website, lead.Website, left)
	if core(lead.CompanyName) != core(was.Name) {
		name := was.Name
		fill("Company", &name, lead.CompanyName, left)
	}
	if p == CustomerParams(was) {
		return was.ID, nil
	}
	return was.ID, CustomerUpdate(ctx, q, was, p, nil)
}

func convertContact(ctx context.Context, q *tenantdb.Queries, lead tenantdb.LeadGetRow, owner *uuid.UUID, customer uuid.UUID, c Conversion, left *[]string) (uuid.UUID, error) {
	if c.ContactID == nil {
		return ContactCreate(ctx, q, tenantdb.ContactUpdateParams{
			FirstName: lead.FirstName, LastName: lead.LastName, JobTitle: lead.JobTitle, CustomerID: &customer,
			Emails: addPoint([]tenantdb.ContactPoint{}, "Email", lead.Email, left), Phones: addPoint([]tenantdb.ContactPoint{}, "Phone", lead.Phone, left), Description: lead.Description, OwnerID: owner,
		}, nil)
	}
	was, err := q.ContactGet(ctx, *c.ContactID)
	if err != nil {
		return uuid.Nil, err
	}
	p := ContactParams(was)
	p.Emails, p.Phones = addPoint(was.Emails, "Email", lead.Email, left), addPoint(was.Phones, "Phone", lead.Phone, left)
	fill("Job title", &p.JobTitle, lead.JobTitle, left)
	fill("Description", &p.Description, lead.Description, left)
	name := was.Name
	fill("Name", &name, lead.Name, left)
	if p.CustomerID == nil || c.MoveContact {
		p.CustomerID = &customer
	}
	if reflect.DeepEqual(p, ContactParams(was)) {
		return was.ID, nil
	}
	return was.ID, ContactUpdate(ctx, q, was, p, nil)
}

// addPoint adds an address or a number to those of somebody, unless they have it.
func addPoint(to []tenantdb.ContactPoint, label, value string, left *[]string) []tenantdb.ContactPoint {
	switch {
	case value == "" || slices.ContainsFunc(to, func(p tenantdb.ContactPoint) bool { return strings.EqualFold(p.Value, value) }):
		return to
	case len(to) >= entity.MaxPoints:
		*left = append(*left, label+": "+value)
		return to
	}
	return append(slices.Clone(to), tenantdb.ContactPoint{Value: value})
}

// leftNote writes down what of a lead found no place.
func leftNote(ctx context.Context, q *tenantdb.Queries, lead tenantdb.LeadGetRow, subject tenantdb.Kind, id uuid.UUID, c Conversion, left []string) error {
	if len(left) == 0 {
		return nil
	}
	note := tenantdb.NoteInsertParams{ID: uuid.Must(uuid.NewV7()), SubjectType: string(subject), SubjectID: id, Kind: "note", AuthorID: lead.OwnerID, Mentions: []uuid.UUID{}}
	note.Body = "From the lead " + lead.Name + ":\n\n" + strings.Join(left, "\n\n")
	if c.Note != nil {
		note.Html, note.HtmlMark = c.Note(note.Body)
	}
	return q.NoteInsert(ctx, note)
}

// LeadUnconvert takes a conversion back, while nothing it made was changed.
func LeadUnconvert(ctx context.Context, q *tenantdb.Queries, lead tenantdb.LeadGetRow) error {
	if lead.Status != Converted || lead.ConversionSet == nil {
		return &RefusalError{"This lead is not converted."}
	}
	_, err := Undo(ctx, q, *lead.ConversionSet, By{Manages: true}) // of whoever may convert: it changed records alone
	return err
}

// LeadParams is the lead as it is, to be changed and written back.
func LeadParams(r tenantdb.LeadGetRow) tenantdb.LeadUpdateParams {
	return tenantdb.LeadUpdateParams{
		FirstName: r.FirstName, LastName: r.LastName, CompanyName: r.CompanyName, JobTitle: r.JobTitle, Email: r.Email, Phone: r.Phone,
		Website: r.Website, Source: r.Source, Status: r.Status, Rating: r.Rating, Amount: r.Amount, Description: r.Description, OwnerID: r.OwnerID,
		ConvertedAt: r.ConvertedAt, ConversionSet: r.ConversionSet, CustomerID: r.CustomerID, ContactID: r.ContactID, DealID: r.DealID, ID: r.ID, Version: r.Version,
	}
}

func copyTags(ctx context.Context, q *tenantdb.Queries, lead uuid.UUID, kind tenantdb.Kind, id uuid.UUID) error {
	return q.TaggingsCopy(ctx, tenantdb.TaggingsCopyParams{FromType: string(tenantdb.Lead), FromID: lead, ToType: string(kind), ToID: id})
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
