package crm

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Undone is what Undo put back.
type Undone struct {
	Kind tenantdb.Kind // the record to look at; "" when it is gone with the undo
	ID   uuid.UUID
}

var errLater = &RefusalError{"This can’t be undone any more: it was changed again since."}

// Undo takes back all that one transaction changed: fields, tags, links,
// positions, deletions, and new records, which go for good. It is all or
// nothing: when any of it was changed again since, Undo refuses and says so;
// pgx.ErrNoRows when there is no such change set.
func Undo(ctx context.Context, q *tenantdb.Queries, changeSet uuid.UUID) (Undone, error) {
	changes, err := q.ChangesOfSet(ctx, changeSet)
	if err != nil {
		return Undone{}, err
	}
	if len(changes) == 0 {
		return Undone{}, pgx.ErrNoRows
	}
	// Rows are locked in the order of their ids, so that two who undo wait.
	var ids, made []uuid.UUID
	kinds := map[uuid.UUID]tenantdb.Kind{}
	for _, c := range changes {
		if !slices.Contains(ids, c.EntityID) {
			ids = append(ids, c.EntityID)
		}
		if c.Op == "insert" && c.Entity != "tagging" && c.Entity != "tag" {
			made = append(made, c.EntityID)
		}
		if k := tenantdb.Kind(c.Entity); k.Valid() {
			kinds[c.EntityID] = k
		}
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	for _, id := range ids {
		if k, ok := kinds[id]; ok {
			if _, err := q.RecordGet(ctx, k, id, true); err != nil && !errors.Is(err, pgx.ErrNoRows) {
				return Undone{}, err
			}
		}
	}
	later, err := q.ChangesSince(ctx, ids, changes[0].ID, changeSet)
	if err != nil {
		return Undone{}, err
	}
	for _, l := range later {
		if slices.Contains(made, l.EntityID) || slices.Contains(made, l.SubjectID) {
			return Undone{}, errLater // what it made, or something hung on that
		}
		if l.Entity == "tagging" && slices.ContainsFunc(changes, func(c tenantdb.ChangesOfSetRow) bool {
			return c.Entity == "tagging" && c.EntityID == l.EntityID && tagOf(c.Before, c.After) == tagOf(l.Before, l.After)
		}) {
			return Undone{}, errLater
		}
	}
	if err := reverseAll(ctx, q, changes); err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code == "23503" { // foreign_key_violation: something points to what was made
			err = errLater
		}
		return Undone{}, err
	}
	first := changes[len(changes)-1]
	out := Undone{}
	for _, c := range slices.Backward(changes) {
		if k := tenantdb.Kind(c.SubjectType); k.Valid() && !slices.Contains(made, c.SubjectID) {
			out = Undone{k, c.SubjectID}
			break
		}
	}
	if out.Kind == "" && !slices.Contains(made, first.SubjectID) {
		out = Undone{tenantdb.Kind(first.SubjectType), first.SubjectID}
	}
	return out, nil
}

func reverseAll(ctx context.Context, q *tenantdb.Queries, changes []tenantdb.ChangesOfSetRow) error {
	// The last change of a row holds what is there now, so they go backwards.
	// What was made goes after what points to it was put back.
	var made []tenantdb.ChangesOfSetRow
	for _, c := range changes {
		switch {
		case c.Entity == "tag": // made by writing it; it stays for others to use
		case c.Entity == "tagging":
			if err := reverseTagging(ctx, q, c); err != nil {
				return err
			}
		case c.Op == "insert":
			made = append(made, c)
		case c.Op == "update":
			if err := reverseUpdate(ctx, q, c); err != nil {
				return err
			}
		default:
			return &RefusalError{"What is gone for good can’t be brought back."}
		}
	}
	for _, c := range made {
		ok, err := q.RecordRemove(ctx, c.Entity, c.EntityID)
		if err != nil {
			return err
		}
		if !ok {
			return errLater
		}
	}
	return nil
}

func reverseUpdate(ctx context.Context, q *tenantdb.Queries, c tenantdb.ChangesOfSetRow) error {
	var before map[string]json.RawMessage
	if err := json.Unmarshal(c.Before, &before); err != nil {
		return err
	}
	position, moved := "", false
	if c.Entity == string(tenantdb.Deal) {
		// The old stage has its positions: one goes in and out of the other's way
		// by a position that is surely free.
		moved = json.Unmarshal(before["position"], &position) == nil && position != ""
		if moved {
			if err := q.DealPlace(ctx, "0"+c.EntityID.String(), c.EntityID); err != nil {
				return err
			}
		}
	}
	ok, err := q.ChangeReverse(ctx, c.Entity, c.EntityID, c.Before, c.After)
	if err != nil {
		return err
	}
	if !ok {
		return errLater
	}
	if moved {
		d, err := q.DealGet(ctx, c.EntityID)
		if err != nil {
			return err
		}
		return dealPlace(ctx, q, d, position)
	}
	return nil
}

type tagging struct {
	SubjectType string    `json:"subject_type"`
	SubjectID   uuid.UUID `json:"subject_id"`
	TagID       uuid.UUID `json:"tag_id"`
}

func tagOf(before, after []byte) uuid.UUID {
	var t tagging
	if after == nil {
		after = before
	}
	_ = json.Unmarshal(after, &t) // the log's own: a tag that is none equals none
	return t.TagID
}

func reverseTagging(ctx context.Context, q *tenantdb.Queries, c tenantdb.ChangesOfSetRow) error {
	tag := tagOf(c.Before, c.After)
	if c.Op == "insert" {
		return q.TaggingDelete(ctx, c.SubjectType, c.SubjectID, tag)
	}
	return q.TaggingInsert(ctx, c.SubjectType, c.SubjectID, tag)
}
