package tenantdb

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/entity"
)

// beside is what of somebody's belongs to a record of a kind, as conditions on the rows r: $1
// is the record, $2 whose it is. What is closed is not among it. Tasks come last, whose $1 are
// the record and the others: they are about any of them.
func beside(of *entity.Entity, each func(e *entity.Entity, where string) error) error {
	for _, last := range []bool{false, true} {
		for _, e := range entity.Kinds {
			owner, where := e.Owner(), "r."
			switch f := e.PointsTo(of.Kind); {
			case owner == nil || last != (e.Subject() != nil):
				continue
			case last && of.Subject() == nil:
				where += e.Subject().Column + " = any ($1::uuid[])"
			case f != nil:
				where += f.Column + " = $1"
			default:
				continue
			}
			for i := range e.Fields {
				if end := e.Field(e.Fields[i].Ended); end != nil {
					where += " and r." + end.Column + " is null"
				}
			}
			where += fmt.Sprintf(" and r.deleted_at is null and r.%s is not distinct from $2", owner.Column)
			if err := each(e, where); err != nil {
				return err
			}
		}
	}
	return nil
}

// OwnedBeside counts what of somebody's belongs to a record, by kind; kinds without any are
// left out.
func (q *Queries) OwnedBeside(ctx context.Context, of *entity.Entity, id uuid.UUID, owner *uuid.UUID) (out []Count, err error) {
	about := []uuid.UUID{id}
	err = beside(of, func(e *entity.Entity, where string) error {
		ids, err := q.ids(ctx, `select r.id from `+e.Table+` r where `+where, e, id, owner, about)
		if about = append(about, ids...); len(ids) > 0 {
			out = append(out, Count{e.Kind, int64(len(ids))})
		}
		return err
	})
	return out, err
}

// HandOverBeside gives what of these kinds is somebody's and belongs to a record to another
// member, and counts it.
func (q *Queries) HandOverBeside(ctx context.Context, of *entity.Entity, id uuid.UUID, from *uuid.UUID, to uuid.UUID,
	kinds []entity.Kind) (out []Count, err error) {
	about := []uuid.UUID{id}
	err = beside(of, func(e *entity.Entity, where string) error {
		if !slices.Contains(kinds, e.Kind) {
			return nil
		}
		found, err := q.ids(ctx, `select r.id from `+e.Table+` r where `+where+` order by r.id for no key update`, e, id, from, about)
		if about = append(about, found...); err != nil || len(found) == 0 {
			return err
		}
		tag, err := q.db.Exec(ctx, fmt.Sprintf(`update %s set %s = $1, version = version + 1, updated_at = now() where id = any ($2)`, e.Table,
			e.Owner().Column), to, found)
		out = append(out, Count{e.Kind, tag.RowsAffected()})
		return err
	})
	return out, err
}

// ids asks with the arguments of beside.
func (q *Queries) ids(ctx context.Context, sql string, e *entity.Entity, id uuid.UUID, owner *uuid.UUID,
	about []uuid.UUID) ([]uuid.UUID, error) {
	args := []any{id, owner}
	if e.Subject() != nil {
		args[0] = about
	}
	rows, err := q.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}
