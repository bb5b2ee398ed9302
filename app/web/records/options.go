package records

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// referenceOptions are all that a reference to neither a record nor a member may be set to.
func referenceOptions(ctx context.Context, q *tenantdb.Queries, f *entity.Field) ([]ui.Option, error) {
	if f.Refers != entity.Stage {
		return nil, nil
	}
	stages, err := q.StageList(ctx)
	return views.StageOptions(stages), err
}

// fillOptions gives the form its choices: members, records, and what else is the
// workspace's.
func (r *Handler) fillOptions(c echo.Context, f *ui.Form) error {
	ctx := c.Request().Context()
	if f.Options == nil {
		f.Options = map[string][]ui.Option{}
	}
	return r.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		members, err := tx.MemberList(ctx)
		if err != nil {
			return err
		}
		for i := range r.Look.Fields {
			field := &r.Look.Fields[i]
			var options []ui.Option
			switch {
			case field.System || field.Hidden || field.Refers == "":
				continue
			case field.Refers.Valid():
				options, err = recordOptions(ctx, tx.Queries, field.Refers, f.Value(field.Name+".words"), f.Value(field.Name))
			case field.Refers == entity.Member:
				if field.None != "" {
					options = append(options, ui.Option{Label: field.None})
				}
				options = append(options, memberOptions(members, f.Value(field.Name))...)
			default:
				options, err = referenceOptions(ctx, tx.Queries, field)
			}
			if err != nil {
				return err
			}
			f.Options[field.Name] = options
		}
		return nil
	})
}

// memberOptions are the members to choose from; who left stays where they are
// chosen already.
func memberOptions(members []tenantdb.MemberListRow, chosen string) (out []ui.Option) {
	for _, m := range members {
		if id := m.ID.String(); m.Active || strings.Contains(chosen, id) {
			out = append(out, ui.Option{Value: id, Label: m.Name})
		}
	}
	return out
}

// optionLimit is how many records a field offers before somebody searches.
const optionLimit = 50

// recordOptions are the records that the words fit, and the chosen one.
func recordOptions(ctx context.Context, q *tenantdb.Queries, kind entity.Kind, words, chosen string) ([]ui.Option, error) {
	rows, err := q.RecordOptions(ctx, kind, words, optionLimit)
	if err != nil {
		return nil, err
	}
	out := []ui.Option{}
	found := false
	for _, n := range rows {
		found = found || n.ID.String() == chosen
		out = append(out, ui.Option{Value: n.ID.String(), Label: n.Name})
	}
	if id, err := uuid.Parse(chosen); err == nil && !found {
		names, err := namesOf(ctx, q, []uuid.UUID{id}, kind)
		if err != nil {
			return nil, err
		}
		if n := names[id]; n != "" {
			out = append([]ui.Option{{Value: chosen, Label: n}}, out...)
		}
	}
	return out, nil
}

// Options answers the search of a picker of this kind.
func (r *Handler) Options(c echo.Context) error {
	ctx := c.Request().Context()
	var options []ui.Option
	err := r.DB.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		options, err = recordOptions(ctx, tx.Queries, r.Look.Kind, clip(c.QueryParam("q")), "")
		return err
	})
	if err != nil {
		return err
	}
	return page.Render(c, http.StatusOK, views.RecordOptions(options), nil)
}

// namesOf are the names of what ids stand for, among the kinds or everywhere.
func namesOf(ctx context.Context, q *tenantdb.Queries, ids []uuid.UUID, among ...entity.Kind) (map[uuid.UUID]string, error) {
	names := map[uuid.UUID]string{}
	if len(ids) == 0 {
		return names, nil
	}
	rows, err := q.Names(ctx, ids, among...)
	for _, n := range rows {
		names[n.ID] = n.Name
	}
	return names, err
}

func parseIDs(values []string) (ids []uuid.UUID) {
	for _, v := range values {
		if id, err := uuid.Parse(v); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
