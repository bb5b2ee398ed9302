package seed

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Counts says how many records of each kind to generate.
type Counts struct{ Customers, Contacts, Leads, Deals, Projects, Tasks, Notes int }

// Total is how many records that are.
func (c Counts) Total() int {
	return c.Customers + c.Contacts + c.Leads + c.Deals + c.Projects + c.Tasks + c.Notes
}

// Records adds generated records to the workspace with this slug, in
// transactions of a few thousand; report, which may be nil, hears of each. They
// hang on the customers that are there last.
func Records(ctx context.Context, d *db.DB, slug string, n Counts, report func(done int)) error {
	if report == nil {
		report = func(int) {}
	}
	if err := Customers(ctx, d, slug, n.Customers, report); err != nil {
		return err
	}
	t, err := bySlug(ctx, d, slug)
	if err != nil {
		return err
	}
	ctx = db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema})
	g := &generator{currency: t.Currency, dealt: int(time.Now().UnixNano())}
	err = d.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		if g.members, err = tx.MemberList(ctx); err != nil {
			return err
		}
		if g.stages, err = tx.StageList(ctx); err != nil {
			return err
		}
		g.customers, err = tx.CustomerSome(ctx, 5000)
		return err
	})
	if err != nil {
		return err
	}
	if len(g.customers) == 0 {
		return fmt.Errorf("%s has no customers to hang records on: add some with --customers", slug)
	}
	done := n.Customers
	for _, kind := range []struct {
		n    int
		copy func(context.Context, *tenantdb.Queries, int) error
	}{{n.Contacts, g.copyContacts}, {n.Leads, g.copyLeads}, {n.Deals, g.copyDeals}, {n.Projects, g.copyProjects}, {n.Tasks, g.copyTasks},
		{n.Notes, g.copyNotes}} {
		for left := kind.n; left > 0; {
			size := min(batch, left)
			if err := d.Tenant(ctx, func(tx *db.TenantTx) error { return kind.copy(ctx, tx.Queries, size) }); err != nil {
				return err
			}
			left -= size
			done += size
			report(done)
		}
	}
	return nil
}

func rowsOf[T any](n int, row func() T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = row()
	}
	return out
}

func (g *generator) owner() *uuid.UUID {
	if len(g.members) == 0 || number(0, 9) == 0 {
		return nil
	}
	return &g.members[number(0, len(g.members)-1)].ID
}

func (g *generator) customerOf() tenantdb.CustomerSomeRow {
	return g.customers[number(0, len(g.customers)-1)]
}

// past is a moment of the last days.
func (g *generator) past(days int) time.Time {
	return time.Now().Add(-time.Duration(number(60, days*24*3600)) * time.Second)
}

func (g *generator) amount() *int64 {
	n := int64(number(5, 900)) * 100_00
	return &n
}

func (g *generator) copyContacts(ctx context.Context, q *tenantdb.Queries, n int) error {
	_, err := q.ContactCopy(ctx, rowsOf(n, func() tenantdb.ContactCopyParams {
		first, last, at := pick(firstNames), pick(lastNames), g.past(400)
		p := tenantdb.ContactCopyParams{
			ID: uuid.Must(uuid.NewV7()), FirstName: first, LastName: last, JobTitle: pick(jobTitles), OwnerID: g.owner(), CreatedAt: at,
			UpdatedAt: at,
			Emails:    []entity.Point{{Value: ascii(first+last) + fmt.Sprint(number(1, 9999)) + "@example.com", Label: "work"}},
			Phones:    []entity.Point{{Value: fmt.Sprintf("+39065550%04d", number(0, 9999)), Label: "work"}},
		}
		if number(0, 9) > 0 {
			id := g.customerOf().ID
			p.CustomerID = &id
		}
		return p
	}))
	return err
}

var (
	leadStatuses = []string{"new", "new", "attempting", "contacted", "qualified", "unqualified"}
	leadRatings  = []string{"", "hot", "warm", "cold"}
	leadSources  = []string{"Web", "Web", "Trade fair", "Referral", "Cold call", "Partner"}
	dealWords    = []string{"retrofit", "rollout", "licence", "renewal", "pilot", "maintenance", "upgrade", "migration", "framework",
		"training"}
	taskSubjects = []string{"Call about", "Send the offer for", "Prepare the meeting on", "Follow up on", "Check the contract of",
		"Write to the buyer of"}
)

func (g *generator) copyLeads(ctx context.Context, q *tenantdb.Queries, n int) error {
	_, err := q.LeadCopy(ctx, rowsOf(n, func() tenantdb.LeadCopyParams {
		first, last, company, at := pick(firstNames), pick(lastNames), pick(lastNames)+" "+pick(suffixes), g.past(360)
		return tenantdb.LeadCopyParams{
			ID: uuid.Must(uuid.NewV7()), FirstName: first, LastName: last, CompanyName: company, JobTitle: pick(jobTitles), OwnerID: g.owner(),
			Email:  ascii(first) + "@" + ascii(company) + ".example",
			Source: pick(leadSources), Status: pick(leadStatuses), Rating: pick(leadRatings), Amount: g.amount(), CreatedAt: at, UpdatedAt: at,
		}
	}))
	return err
}

func (g *generator) copyDeals(ctx context.Context, q *tenantdb.Queries, n int) error {
	_, err := q.DealCopy(ctx, rowsOf(n, func() tenantdb.DealCopyParams {
		customer, stage, at := g.customerOf(), g.stages[number(0, len(g.stages)-1)], g.past(300)
		g.dealt++
		p := tenantdb.DealCopyParams{
			ID: uuid.Must(uuid.NewV7()), Name: customer.Name + " " + pick(dealWords), CustomerID: &customer.ID, PipelineID: stage.PipelineID,
			StageID:  stage.ID,
			Position: crm.PositionAt(g.dealt), Amount: g.amount(), Currency: g.currency, Source: pick(leadSources), OwnerID: g.owner(),
			CreatedAt: at, UpdatedAt: at,
		}
		closes := at.AddDate(0, number(1, 6), 0)
		closes = time.Date(closes.Year(), closes.Month(), closes.Day(), 0, 0, 0, 0, time.UTC)
		p.ExpectedCloseDate = &closes
		if stage.Outcome != crm.Open {
			closed := at.Add(time.Since(at) / 2)
			p.ClosedAt = &closed
		}
		if stage.Outcome == crm.Lost {
			p.LostReason = pick([]string{"Price", "Went with a competitor", "No budget this year", "No answer any more"})
		}
		return p
	}))
	return err
}

func (g *generator) copyProjects(ctx context.Context, q *tenantdb.Queries, n int) error {
	_, err := q.ProjectCopy(ctx, rowsOf(n, func() tenantdb.ProjectCopyParams {
		customer, at := g.customerOf(), g.past(300)
		start := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
		end := start.AddDate(0, number(1, 9), 0)
		return tenantdb.ProjectCopyParams{
			ID: uuid.Must(uuid.NewV7()), Name: customer.Name + " " + pick(dealWords), CustomerID: &customer.ID,
			Status:    pick([]string{"draft", "underway", "underway", "on_hold", "completed", "cancelled"}),
			Priority:  pick([]string{"low", "normal", "normal", "high"}),
			StartDate: &start, EndDate: &end, Budget: g.amount(), MemberIds: []uuid.UUID{}, OwnerID: g.owner(), CreatedAt: at, UpdatedAt: at,
		}
	}))
	return err
}

func (g *generator) copyTasks(ctx context.Context, q *tenantdb.Queries, n int) error {
	_, err := q.TaskCopy(ctx, rowsOf(n, func() tenantdb.TaskCopyParams {
		customer, at := g.customerOf(), g.past(200)
		due := at.AddDate(0, 0, number(1, 240))
		p := tenantdb.TaskCopyParams{
			ID: uuid.Must(uuid.NewV7()), Subject: pick(taskSubjects) + " " + customer.Name, Type: pick([]string{"todo", "call", "email", "meeting"}),
			Status:   "open",
			Priority: pick([]string{"low", "normal", "normal", "high"}), AssigneeID: g.owner(), SubjectType: "customer", SubjectID: &customer.ID,
			CreatedAt: at, UpdatedAt: at,
		}
		if number(0, 1) == 0 {
			p.DueAt = &due
		} else {
			day := time.Date(due.Year(), due.Month(), due.Day(), 0, 0, 0, 0, time.UTC)
			p.DueOn = &day
		}
		if due.Before(time.Now()) && number(0, 9) > 0 {
			p.Status, p.CompletedAt, p.CompletedBy = "done", &due, p.AssigneeID
		}
		return p
	}))
	return err
}

func (g *generator) copyNotes(ctx context.Context, q *tenantdb.Queries, n int) error {
	_, err := q.NoteCopy(ctx, rowsOf(n, func() tenantdb.NoteCopyParams {
		at := g.past(200)
		return tenantdb.NoteCopyParams{
			ID: uuid.Must(uuid.NewV7()), SubjectType: "customer", SubjectID: g.customerOf().ID,
			Kind: pick([]string{"note", "call", "email", "meeting"}),
			Body: pick(sentences), AuthorID: g.owner(), CreatedAt: at, UpdatedAt: at,
		}
	}))
	return err
}
