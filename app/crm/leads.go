package crm

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

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
	Deal        *tenantdb.DealUpdateParams
	Set         uuid.UUID // the transaction's change set, by which it is undone
	CompanyName string    // of a new customer; "" for the lead's
}

// ConvertedTo is what LeadConvert made or linked.
type ConvertedTo struct {
	CustomerID, ContactID uuid.UUID
	DealID                *uuid.UUID
}

// LeadConvert turns a lead into a customer, a contact and perhaps a deal. Its
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
	if c.CustomerID != nil {
		out.CustomerID = *c.CustomerID
	} else {
		name := firstOf(c.CompanyName, lead.CompanyName, lead.Name)
		_, domain, _ := strings.Cut(lead.Email, "@")
		if FreeMail(domain) {
			domain = ""
		}
		out.CustomerID, err = CustomerCreate(ctx, q, tenantdb.CustomerUpdateParams{
			Name: name, Type: "prospect", Website: lead.Website, Domain: domain, OwnerID: owner,
		}, nil)
		if err != nil {
			return out, err
		}
	}
	if c.ContactID != nil {
		out.ContactID = *c.ContactID
	} else {
		out.ContactID, err = ContactCreate(ctx, q, tenantdb.ContactUpdateParams{
			FirstName: lead.FirstName, LastName: lead.LastName, JobTitle: lead.JobTitle, CustomerID: &out.CustomerID,
			Emails: points(lead.Email, "work"), Phones: points(lead.Phone, "work"), Description: lead.Description, OwnerID: owner,
		}, nil)
		if err != nil {
			return out, err
		}
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
	p := LeadParams(lead)
	now := time.Now()
	p.Status, p.ConvertedAt, p.ConversionSet = Converted, &now, &c.Set
	p.CustomerID, p.ContactID, p.DealID = &out.CustomerID, &out.ContactID, out.DealID
	return out, changedOne(q.LeadUpdate(ctx, p))
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

func points(value, label string) []tenantdb.ContactPoint {
	if value == "" {
		return []tenantdb.ContactPoint{}
	}
	return []tenantdb.ContactPoint{{Value: value, Label: label}}
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// freeMail are domains whose addresses say nothing about an employer.
var freeMail = map[string]bool{
	"gmail.com": true, "googlemail.com": true, "outlook.com": true, "hotmail.com": true, "live.com": true, "yahoo.com": true, "icloud.com": true,
	"me.com": true, "aol.com": true, "gmx.de": true, "gmx.net": true, "web.de": true, "t-online.de": true, "proton.me": true, "protonmail.com": true,
	"libero.it": true, "orange.fr": true, "mail.ru": true, "qq.com": true, "163.com": true,
}

// FreeMail reports whether addresses of the domain belong to anybody.
func FreeMail(domain string) bool { return freeMail[strings.ToLower(domain)] }
