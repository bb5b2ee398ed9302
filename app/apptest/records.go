package apptest

import (
	"context"
	"maps"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/notify"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Record is a record that a test can address without knowing its entity.
type Record struct {
	ID    uuid.UUID
	Known string     // a text that its own pages show, and no other workspace's
	Form  url.Values // a form that would change it; without a version
	Param string     // what stands in the path in place of a parameter that is no id
}

// Records makes one record of each entity, by the first word of its URLs. The
// isolation test asks here: a new entity is covered once it has a line.
var Records = joined(people, map[string]func(w *Workspace) Record{
	"customers": func(w *Workspace) Record {
		name := pg.Unique("Customer No ")
		return Record{ID: w.Customer(tenantdb.CustomerUpdateParams{Name: name}), Known: name,
			Form: url.Values{"name": {name + " changed"}, "owner_id": {w.MemberID(w.Owner).String()}}}
	},
	"contacts": func(w *Workspace) Record {
		name := pg.Unique("Contact No ")
		return Record{ID: w.Contact(tenantdb.ContactUpdateParams{LastName: name}), Known: name,
			Form: url.Values{"last_name": {name + " changed"}, "owner_id": {w.MemberID(w.Owner).String()}}}
	},
	"leads": func(w *Workspace) Record {
		name := pg.Unique("Lead No ")
		return Record{ID: w.Lead(tenantdb.LeadUpdateParams{LastName: name}), Known: name,
			Form: url.Values{"last_name": {name + " changed"}, "status": {"contacted"}, "deal": {"none"},
				"owner_id": {w.MemberID(w.Owner).String()}}}
	},
	"DELETE /leads/:id/conversion": func(w *Workspace) Record {
		name := pg.Unique("Lead No ")
		id := w.Lead(tenantdb.LeadUpdateParams{LastName: name})
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			lead, err := tx.RecordGet(ctx, entity.Leads, id)
			if err != nil {
				return err
			}
			_, err = crm.LeadConvert(ctx, tx, lead, 1, crm.Conversion{Set: tx.ChangeSet()})
			return err
		})
		return Record{ID: id, Known: name, Form: url.Values{"version": {"2"}}}
	},
	"deals": func(w *Workspace) Record {
		name := pg.Unique("Deal No ")
		return Record{ID: w.Deal(tenantdb.DealUpdateParams{Name: name, StageID: w.Stage("Closed Won")}), Known: name,
			Form: url.Values{"name": {name + " changed"}, "stage_id": {w.Stage("Proposal").String()}, "owner_id": {w.MemberID(w.Owner).String()}}}
	},
	"projects": func(w *Workspace) Record {
		name := pg.Unique("Project No ")
		return Record{ID: w.Project(tenantdb.ProjectUpdateParams{Name: name}), Known: name,
			Form: url.Values{"name": {name + " changed"}, "owner_id": {w.MemberID(w.Owner).String()}}}
	},
	"tasks": func(w *Workspace) Record {
		name := pg.Unique("Task No ")
		return Record{ID: w.Task(tenantdb.TaskUpdateParams{Subject: name}), Known: name,
			Form: url.Values{"subject": {name + " changed"}, "due_at": {"tomorrow"}, "assignee_id": {w.MemberID(w.Owner).String()}}}
	},
	"notes": func(w *Workspace) Record {
		body := pg.Unique("Note No ")
		customer := w.Customer(tenantdb.CustomerUpdateParams{Name: "With a note"})
		return Record{ID: w.Note(entity.Customer, customer, body), Known: body, Form: url.Values{"body": {body + " changed"}}}
	},
	"notifications": func(w *Workspace) Record {
		name := pg.Unique("Told of No ")
		customer := w.Customer(tenantdb.CustomerUpdateParams{Name: name})
		owner := w.MemberID(w.Owner)
		var rows []tenantdb.NotificationListRow
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			err := notify.Tell(ctx, tx, notify.Notice{Kind: entity.ToldAssigned, To: []uuid.UUID{owner}, Subject: entity.Customer, ID: customer})
			if err != nil {
				return err
			}
			rows, err = tx.NotificationList(ctx, tenantdb.NotificationListParams{MemberID: owner, At: time.Now().Add(time.Hour), ID: uuid.Max, N: 1})
			return err
		})
		return Record{ID: rows[0].ID, Known: name}
	},
	"changes": func(w *Workspace) Record {
		var set uuid.UUID
		w.As(w.Owner, func(ctx context.Context, tx *db.TenantTx) error {
			set = tx.ChangeSet()
			_, err := crm.Create(ctx, tx, crm.Draft{Kind: entity.Customer, Values: entity.Values{"name": entity.Text("To be undone")}})
			return err
		})
		return Record{ID: set, Known: "To be undone"}
	},
	"settings/pipelines": func(w *Workspace) Record {
		name := pg.Unique("Pipeline No ")
		var id uuid.UUID
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			if err := crm.PipelineCreate(ctx, tx, name); err != nil {
				return err
			}
			rows, err := tx.PipelineList(ctx)
			id = rows[len(rows)-1].ID
			return err
		})
		return Record{ID: id, Known: name, Form: url.Values{"name": {name + " changed"}, "stages[0][name]": {"Begin"},
			"stages[0][color]": {"red"}, "stages[0][outcome]": {"open"}}}
	},
	"settings/fields": func(w *Workspace) Record {
		name := pg.Unique("Field No ")
		var id uuid.UUID
		w.Do(func(ctx context.Context, tx *db.TenantTx) error {
			if err := crm.FieldCreate(ctx, tx, crm.Definition{Kind: entity.Customer, Label: name, Type: "text"}); err != nil {
				return err
			}
			rows, err := tx.FieldList(ctx)
			for _, r := range rows {
				if r.Label == name {
					id = r.ID
				}
			}
			return err
		})
		return Record{ID: id, Known: name, Form: url.Values{"label": {name + " changed"}, "type": {"text"}}}
	},
	"settings/tags": func(w *Workspace) Record {
		name := pg.Unique("Tag No ")
		var ids []uuid.UUID
		w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
			ids, err = crm.TagIDs(ctx, tx, []string{name})
			return err
		})
		return Record{ID: ids[0], Known: name, Form: url.Values{"name": {name + " changed"}, "color": {"red"}}}
	},
})

// joined is both maps in one.
func joined(a, b map[string]func(w *Workspace) Record) map[string]func(w *Workspace) Record {
	maps.Copy(b, a)
	return b
}
