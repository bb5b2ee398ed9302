//go:build !production

package seed

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// DemoPassword is every demo user's.
const DemoPassword = "paddock-demo"

// DemoOperator is the demo user who may enter the operators' console.
const DemoOperator = "demo@paddock.test"

var demoUsers = []struct {
	email, name string
	workspaces  map[string]auth.Role
}{
	{"enzo@ferrari.test", "Enzo Vitale", map[string]auth.Role{"ferrari": auth.Owner}},
	{"bruce@mclaren.test", "Bruce Langdon", map[string]auth.Role{"mclaren": auth.Owner}},
	{DemoOperator, "Lina Moreau", map[string]auth.Role{"ferrari": auth.Member, "mclaren": auth.Member}},
	{"sato@ferrari.test", "Sato Kenji", map[string]auth.Role{"ferrari": auth.Member}},
}

// Demo makes the demo workspaces where they are missing; what people changed
// in them since stays. DemoOperator is an operator in any case.
func Demo(ctx context.Context, d *db.DB) error {
	var taken bool
	err := d.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		taken, err = tx.TenantSlugTaken(ctx, "ferrari")
		return err
	})
	if err != nil {
		return err
	}
	if taken {
		err := d.Shared(ctx, func(tx *db.SharedTx) error { return auth.SetOperator(ctx, tx, DemoOperator, true) })
		if errors.Is(err, pgx.ErrNoRows) { // somebody's own workspace of that name
			err = nil
		}
		return err
	}
	hash, err := auth.HashPassword(ctx, DemoPassword)
	if err != nil {
		return err
	}
	for range demoTries {
		err = tenant.WithSpare(ctx, d, func() error {
			return d.Shared(ctx, func(tx *db.SharedTx) error { return demo(ctx, tx, hash) })
		})
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "55P03" { // another who starts is at it
			break
		}
	}
	if errors.Is(err, tenant.ErrSlugTaken) { // another who starts was faster
		return nil
	}
	return err
}

// demoTries is how often a start waits a lock's time limit for another start that makes the
// demo data.
const demoTries = 20

// demo is one transaction: killed half-way, the next start begins again.
func demo(ctx context.Context, tx *db.SharedTx, hash string) error {
	tenants := map[string]tenant.Tenant{}
	for _, name := range []string{"Ferrari", "McLaren"} {
		slug := strings.ToLower(name)
		t, err := tenant.Claim(ctx, tx, tenant.New{Slug: slug, Name: name})
		if err != nil {
			return err
		}
		tenants[slug] = t
	}
	for _, u := range demoUsers {
		now := time.Now()
		user := shareddb.UserByIDRow{ID: uuid.Must(uuid.NewV7()), Email: u.email, Name: u.name}
		if err := tx.UserInsert(ctx, shareddb.UserInsertParams{ID: user.ID, Email: user.Email, Name: user.Name, PasswordHash: hash,
			EmailVerifiedAt: &now}); err != nil {
			return err
		}
		if u.email == DemoOperator {
			if err := auth.SetOperator(ctx, tx, u.email, true); err != nil {
				return err
			}
		}
		for slug, role := range u.workspaces {
			if _, err := auth.Join(ctx, tx, tenants[slug], user, role); err != nil {
				return err
			}
		}
	}
	for slug, t := range tenants {
		sctx := db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema})
		var owner uuid.UUID
		err := tx.AsTenant(sctx, func(tx *db.TenantTx) error {
			members, err := tx.MemberList(ctx)
			if err != nil {
				return err
			}
			owner = members[0].ID
			return demoCustomers(ctx, tx, demoCompanies[slug])
		})
		if err != nil {
			return err
		}
		sctx = db.WithScope(ctx, db.Scope{TenantID: t.ID, Schema: t.Schema, MemberID: owner}) // somebody did all this
		if err := tx.AsTenant(sctx, func(tx *db.TenantTx) error { return demoRecords(ctx, tx, t.Currency) }); err != nil {
			return err
		}
	}
	return nil
}

func demoCustomers(ctx context.Context, tx *db.TenantTx, companies []company) error {
	members, err := tx.MemberList(ctx)
	if err != nil {
		return err
	}
	names := []string{}
	for _, c := range companies {
		for _, t := range c.tags {
			if !slices.Contains(names, t) {
				names = append(names, t)
			}
		}
	}
	ids, err := crm.TagIDs(ctx, tx, names)
	if err != nil {
		return err
	}
	var rows []tenantdb.CustomerCopyParams
	var taggings []tenantdb.TaggingCopyParams
	for i, c := range companies {
		changed := time.Now().Add(-c.changed)
		r := tenantdb.CustomerCopyParams{
			ID: uuid.Must(uuid.NewV7()), Name: c.name, Domain: c.domain, Website: "https://" + c.domain, Email: "office@" + c.domain,
			Type: c.kind, Industry: c.industry, City: c.city, Country: c.country, Description: c.about, Phone: c.phone,
			CreatedAt: changed.Add(-90 * 24 * time.Hour), UpdatedAt: changed,
		}
		if c.employees > 0 {
			r.Employees = &c.employees
		}
		if c.revenue > 0 {
			minor := c.revenue * 100
			r.AnnualRevenue = &minor
		}
		if c.owner >= 0 {
			r.OwnerID = &members[(c.owner+i)%len(members)].ID
		}
		for _, t := range c.tags {
			taggings = append(taggings, tenantdb.TaggingCopyParams{SubjectType: "customer", SubjectID: r.ID, TagID: ids[slices.Index(names, t)]})
		}
		rows = append(rows, r)
	}
	if _, err := tx.CustomerCopy(ctx, rows); err != nil {
		return err
	}
	_, err = tx.TaggingCopy(ctx, taggings)
	return err
}

// What happens in a demo workspace, beside its customers: people, leads, deals
// on their way, a project, things to do, and what was said.

var demoPeople = [][4]string{ // first, last, job, customer's place in the list
	{"Anna", "Keller", "Head of purchasing", "0"}, {"Marc", "Dubois", "Plant manager", "0"}, {"Ines", "Costa", "CTO", "1"},
	{"Tom", "Baxter", "Buyer", "2"},
	{"Yuki", "Tanaka", "Managing director", "3"}, {"Sara", "Lind", "Head of IT", "4"}, {"Paolo", "Ricci", "Operations", "5"},
	{"Greta", "Olsen", "Project lead", "6"},
}

var demoLeads = []struct {
	first, last, company, source, status, rating string
	amount                                       int64
}{
	{"Hanna", "Voss", "Voss Maritim", "Trade fair", "new", "hot", 64_000}, {"Luca", "Moretti", "Moretti Stampi", "Web", "new", "warm", 18_500},
	{"Elif", "Demir", "Demir Lojistik", "Referral", "attempting", "hot", 120_000}, {"Jonas", "Berg", "Bergwerk AB", "Web", "contacted", "warm",
		42_000},
	{"Chloe", "Martin", "Atelier Martin", "Partner", "qualified", "hot", 88_000}, {"Piet", "de Vries", "De Vries Optiek", "Web", "contacted",
		"cold", 9_800},
	{"Nora", "Quinn", "Quinn & Daughters", "Trade fair", "unqualified", "cold", 0},
}

var demoDeals = []struct {
	name, stage string
	customer    int
	amount      int64
	idle        int // days
}{
	{"Line 4 retrofit", "Prospecting", 0, 84_000, 2}, {"Store rollout pilot", "Prospecting", 1, 62_000, 20},
	{"Lens inspection", "Prospecting", 4, 40_000, 1},
	{"Port visibility", "Qualification", 2, 312_500, 3}, {"Annual licence", "Qualification", 5, 100_000, 31},
	{"Substation data", "Proposal", 6, 640_000, 5},
	{"Ward scheduling", "Negotiation", 3, 905_000, 1}, {"Kiln telemetry", "Negotiation", 7, 113_000, 4},
	{"Editorial archive", "Closed Won", 1, 133_000, 12},
	{"Warehouse scanning", "Closed Won", 2, 387_000, 48}, {"Cold chain audit", "Closed Lost", 4, 58_000, 40},
}

var demoTasks = []struct {
	subject, due, kind, priority string
	deal                         int
}{
	{"Call Anna about the retrofit", "today", "call", "high", 0}, {"Send the revised offer", "tomorrow 10:00", "email", "high", 5},
	{"Prepare the ward demo", "in 3 days", "meeting", "normal", 6},
	{"Check credit limit", "2 days late", "todo", "normal", 7}, {"Renewal letter", "in 2 weeks", "email", "low", 4},
	{"Book the trade fair", "in 1 month", "todo", "normal", -1},
}

var demoNotes = []struct {
	kind, body string
	deal       int
}{
	{"call", "Anna wants the retrofit **before** the summer break. Two shifts can stop, not three.", 0},
	{"meeting", "Walked the line with Marc.\n\n- sensors on 4 and 5\n- power is there\n- network is *not*", 0},
	{"note", "Procurement closes on the 20th. After that it is next year’s budget.", 5},
	{"email", "Sent the data sheet and the references.", 6}, {"call", "They asked for a price for three sites.", 3},
}

func demoRecords(ctx context.Context, tx *db.TenantTx, currency string) error {
	members, err := tx.MemberList(ctx)
	if err != nil {
		return err
	}
	customers, err := tx.CustomerSome(ctx, 100)
	if err != nil {
		return err
	}
	stages, err := tx.StageList(ctx)
	if err != nil {
		return err
	}
	owner := func(i int) entity.Ref { return entity.Ref{ID: members[i%len(members)].ID} }
	customer := func(i int) entity.Ref { return entity.Ref{ID: customers[len(customers)-1-i%len(customers)].ID} } // the list is the last first
	now := time.Now()

	contacts := map[int]entity.Value{}
	for i, p := range demoPeople {
		at := int(p[3][0] - '0')
		first, last := p[0], p[1]
		id, err := crm.Create(ctx, tx, crm.Draft{Kind: entity.Contact, Values: entity.Values{
			"first_name": entity.Text(first), "last_name": entity.Text(last), "job_title": entity.Text(p[2]), "customer_id": customer(at),
			"owner_id": owner(i),
			"emails":   entity.Points{{Value: strings.ToLower(first + "." + last + "@example.com"), Label: "work"}},
			"phones":   entity.Points{{Value: "+3906555010" + p[3], Label: "work"}, {Value: "+3933355501" + p[3] + "0", Label: "mobile"}},
		}})
		if err != nil {
			return err
		}
		contacts[at] = entity.Ref{ID: id}
	}
	for i, l := range demoLeads {
		v := entity.Values{
			"first_name": entity.Text(l.first), "last_name": entity.Text(l.last), "company_name": entity.Text(l.company),
			"source": entity.Text(l.source),
			"status": entity.Text(l.status), "rating": entity.Text(l.rating), "owner_id": owner(i),
			"email": entity.Text(strings.ToLower(l.first) + "@" + ascii(l.company) + ".example"),
		}
		if l.amount > 0 {
			v["amount"] = entity.Money{Minor: l.amount * 100}
		}
		if _, err := crm.Create(ctx, tx, crm.Draft{Kind: entity.Lead, Values: v}); err != nil {
			return err
		}
	}
	deals := make([]uuid.UUID, len(demoDeals))
	for i, d := range demoDeals {
		v := entity.Values{
			"name": entity.Text(d.name), "customer_id": customer(d.customer), "contact_id": contacts[d.customer],
			"amount":   entity.Money{Minor: d.amount * 100, Currency: currency},
			"currency": entity.Text(currency), "source": entity.Text("Referral"), "owner_id": owner(i),
			"expected_close_date": entity.Day(time.Date(now.Year(), now.Month(), now.Day()+14+i*6, 0, 0, 0, 0, time.UTC)),
		}
		for _, s := range stages {
			if s.Name == d.stage {
				v["stage_id"] = entity.Ref{ID: s.ID}
			}
		}
		if d.stage == "Closed Lost" {
			v["lost_reason"] = entity.Text("Went with a cheaper offer")
		}
		if deals[i], err = crm.Create(ctx, tx, crm.Draft{Kind: entity.Deal, Values: v}); err != nil {
			return err
		}
		if err := tx.DealAge(ctx, now.AddDate(0, 0, -d.idle), deals[i]); err != nil {
			return err
		}
	}
	for i, n := range demoNotes {
		_, err := crm.NoteCreate(ctx, tx, tenantdb.NoteInsertParams{SubjectType: "deal", SubjectID: deals[n.deal], Kind: n.kind, Body: n.body,
			AuthorID: &members[i%len(members)].ID})
		if err != nil {
			return err
		}
	}
	formats := entity.Formats{Zone: now.Location(), Now: now}
	for i, t := range demoTasks {
		v := entity.Values{"subject": entity.Text(t.subject), "type": entity.Text(t.kind), "priority": entity.Text(t.priority),
			"assignee_id": owner(i % 2)}
		due, ok := formats.ParseDue(t.due)
		if !ok {
			late := time.Date(now.Year(), now.Month(), now.Day()-2, 0, 0, 0, 0, time.UTC)
			due.On = &late
		}
		v["due_at"] = due
		if t.deal >= 0 {
			v["subject_type"], v["subject_id"] = entity.Text("deal"), entity.Ref{ID: deals[t.deal]}
		}
		if _, err := crm.Create(ctx, tx, crm.Draft{Kind: entity.Task, Values: v}); err != nil {
			return err
		}
	}
	won, err := tx.RecordGet(ctx, entity.Deals, deals[9])
	if err != nil {
		return err
	}
	project, err := crm.ProjectFromDeal(ctx, tx, won, currency)
	if err != nil {
		return err
	}
	for _, m := range []string{"Kick-off", "Scanners delivered", "Handover"} {
		due, _ := formats.ParseDue("in 3 weeks")
		_, err := crm.Create(ctx, tx, crm.Draft{Kind: entity.Task, Values: entity.Values{
			"subject": entity.Text(m), "type": entity.Text("milestone"), "due_at": due, "assignee_id": owner(0),
			"subject_type": entity.Text("project"), "subject_id": entity.Ref{ID: project},
		}})
		if err != nil {
			return err
		}
	}
	// Deals rest since they were last touched, notes and tasks notwithstanding.
	for i, d := range demoDeals {
		if err := tx.DealAge(ctx, now.AddDate(0, 0, -d.idle), deals[i]); err != nil {
			return err
		}
	}
	return nil
}
