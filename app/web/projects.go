package web

import (
	"context"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

type projects = records[tenantdb.ProjectGetRow, tenantdb.ProjectUpdateParams]

func newProjects(s *Server) *projects {
	return &projects{
		Server: s, entity: &views.Projects, get: (*tenantdb.Queries).ProjectGet, params: projectParams, bind: bindProject,
		list: func(ctx context.Context, q *tenantdb.Queries, f tenantdb.Filter, p tenantdb.Page, formats entity.Formats) ([]views.ListRow, string, error) {
			rows, next, err := q.ProjectList(ctx, f, p)
			return lines(rows, formats, views.ProjectRow), next, err
		},
		head: func(r tenantdb.ProjectGetRow, rec *views.Record) {
			rec.ID, rec.Version, rec.Name, rec.Tags = r.ID, r.Version, r.Name, ui.Tags(r.Tags)
			rec.CreatedAt, rec.UpdatedAt, rec.DeletedAt = r.CreatedAt, r.UpdatedAt, r.DeletedAt
			rec.Labels["owner_id"], rec.Labels["customer_id"], rec.Labels["deal_id"] = r.OwnerName, r.CustomerName, r.DealName
			rec.Labels["members"] = joinNames(r.MemberNames)
			rec.Badges = badges(views.ProjectStatus(r.Status), views.Priority(r.Priority))
		},
		blank: func(c echo.Context) tenantdb.ProjectUpdateParams {
			return tenantdb.ProjectUpdateParams{Status: "draft", Priority: "normal", OwnerID: &visiting(c).who.MemberID, MemberIds: []uuid.UUID{}}
		},
		create: func(ctx context.Context, tx *db.TenantTx, _ entity.Formats, p tenantdb.ProjectUpdateParams, tags []string) (uuid.UUID, error) {
			return crm.ProjectCreate(ctx, tx.Queries, p, tags)
		},
		update: func(ctx context.Context, tx *db.TenantTx, _ entity.Formats, was tenantdb.ProjectGetRow, p tenantdb.ProjectUpdateParams, version int32, tags []string) error {
			p.Version = version
			return crm.ProjectUpdate(ctx, tx.Queries, was, p, tags)
		},
	}
}

func bindProject(b *binder, p *tenantdb.ProjectUpdateParams) {
	b.text("name", &p.Name)
	b.id("customer_id", &p.CustomerID)
	b.id("deal_id", &p.DealID)
	b.text("status", &p.Status)
	b.text("priority", &p.Priority)
	b.date("start_date", &p.StartDate)
	b.date("end_date", &p.EndDate)
	b.money("budget", b.formats.Currency, &p.Budget)
	b.ids("members", &p.MemberIds)
	b.text("description", &p.Description)
	b.id("owner_id", &p.OwnerID)
}

// projectParams is the project as it is, to be changed and written back.
func projectParams(r tenantdb.ProjectGetRow) tenantdb.ProjectUpdateParams {
	return tenantdb.ProjectUpdateParams{
		Name: r.Name, CustomerID: r.CustomerID, DealID: r.DealID, Status: r.Status, Priority: r.Priority, StartDate: r.StartDate, EndDate: r.EndDate,
		Budget: r.Budget, MemberIds: r.MemberIds, Description: r.Description, OwnerID: r.OwnerID, ID: r.ID, Version: r.Version,
	}
}
