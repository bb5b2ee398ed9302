package crm

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Sample makes a few records to look at, which are the person's who asks. Addresses and
// numbers are of those that nobody has (RFC 2606, 555-01).
func Sample(ctx context.Context, tx *db.TenantTx, by By) error {
	stages, err := tx.StageList(ctx)
	if err != nil {
		return err
	}
	today := entity.DayOf(time.Now().In(by.zone()))
	me := entity.Ref{ID: by.Member}
	create := func(k entity.Kind, v entity.Values) (uuid.UUID, error) {
		v[entity.For(k).Owner().Name] = me
		return Create(ctx, tx, Draft{Kind: k, Values: v, By: by})
	}
	for i, x := range []struct {
		customer, domain, kind, city, country, first, last, job, phone, deal string
		amount                                                               int64
		closes                                                               int
		task                                                                 string
	}{
		{"Arcadia Foundry", "arcadia.example", "customer", "Graz", "Austria", "Nora", "Lind", "Head of purchasing", "+12025550141",
			"Furnace controls", 64_000, 20, "Send Nora the offer"},
		{"Bellweather & Sons", "bellweather.example", "prospect", "Leeds", "United Kingdom", "Tom", "Bell", "Owner", "+12025550142",
			"Spare parts for a year", 12_500, 45, "Call Tom about the quantities"},
		{"Cobalt Harbour", "cobalt.example", "partner", "Trieste", "Italy", "Anna", "Rossi", "Operations", "+12025550143", "Crane maintenance",
			31_000, 8, "Prepare the visit at the harbour"},
		{"Dunmore Analytics", "dunmore.example", "prospect", "Cork", "Ireland", "Liam", "Byrne", "Managing director", "+12025550144",
			"Pilot project", 8_000, -6, "Ask Liam for a date"},
	} {
		customer, err := create(entity.Customer, entity.Values{"name": entity.Text(x.customer), "domain": entity.Text(x.domain),
			"type": entity.Text(x.kind), "city": entity.Text(x.city), "country": entity.Text(x.country), "tags": entity.TagsNamed("Sample")})
		if err != nil {
			return err
		}
		contact, err := create(entity.Contact, entity.Values{"first_name": entity.Text(x.first), "last_name": entity.Text(x.last),
			"job_title": entity.Text(x.job), "customer_id": entity.Ref{ID: customer}, "phones": entity.Points{{Value: x.phone, Label: "work"}},
			"emails": entity.Points{{Value: entity.Fold(x.first) + "@" + x.domain, Label: "work"}}})
		if err != nil {
			return err
		}
		deal := entity.Values{"name": entity.Text(x.deal), "customer_id": entity.Ref{ID: customer}, "contact_id": entity.Ref{ID: contact},
			"amount": entity.Money{Minor: x.amount * entity.MinorUnits(by.Currency), Currency: by.Currency}, "currency": entity.Text(by.Currency),
			"expected_close_date": entity.Day(today.AddDate(0, 0, x.closes))}
		if i < len(stages) && stages[i].Outcome == Open {
			deal["stage_id"] = entity.Ref{ID: stages[i].ID}
		}
		id, err := create(entity.Deal, deal)
		if err != nil {
			return err
		}
		due := today.AddDate(0, 0, i)
		if _, err := create(entity.Task, entity.Values{"subject": entity.Text(x.task), "due_at": entity.Due{On: &due},
			"subject_type": entity.Text(entity.Deal), "subject_id": entity.Ref{ID: id}}); err != nil {
			return err
		}
		if i == 0 {
			_, err := NoteCreate(ctx, tx, tenantdb.NoteInsertParams{SubjectType: string(entity.Deal), SubjectID: id, Kind: "call",
				AuthorID: &by.Member,
				Outcome:  "reached", Body: "Wants the offer before the end of the month, delivery included."})
			if err != nil {
				return err
			}
		}
	}
	_, err = create(entity.Lead, entity.Values{"first_name": entity.Text("Mia"), "last_name": entity.Text("Okafor"),
		"company_name": entity.Text("Ember & Oak"), "email": entity.Text("mia@emberoak.example"), "source": entity.Text("Fair"),
		"rating": entity.Text("hot"), "tags": entity.TagsNamed("Sample")})
	return err
}
