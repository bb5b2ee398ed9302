// Package crm holds the rules of the CRM: what touches more than one table or
// must never be broken. Simple reads call the queries directly.
package crm

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// ErrChanged is answered when a record is no longer at the version somebody
// saw: what they would write over has not been read.
var ErrChanged = errors.New("crm: changed by somebody else")

// FieldError is a rule that one field of a form breaks, in words for people.
type FieldError struct{ Field, Message string }

func (e *FieldError) Error() string { return "crm: " + e.Field + ": " + e.Message }

// RefusalError is why something can't be done, in words for people.
type RefusalError struct{ Reason string }

func (e *RefusalError) Error() string { return "crm: refused: " + e.Reason }

// create makes a record with its tags; insert gets the new id.
func create(ctx context.Context, q *tenantdb.Queries, kind tenantdb.Kind, owner *uuid.UUID, tags []string, insert func(id uuid.UUID) error) (uuid.UUID, error) {
	if err := checkMember(ctx, q, ownerField(kind), nil, owner); err != nil {
		return uuid.Nil, err
	}
	id := uuid.Must(uuid.NewV7())
	if err := insert(id); err != nil {
		return uuid.Nil, err
	}
	return id, setTags(ctx, q, kind, id, tags)
}

// update writes a record and its tags over the version that update names, and
// answers ErrChanged when that is not the current one. before is whose it was:
// somebody who is no member any more may stay the owner, not become it.
func update(ctx context.Context, q *tenantdb.Queries, kind tenantdb.Kind, id uuid.UUID, before, owner *uuid.UUID, tags []string, update func() (int64, error)) error {
	if err := checkMember(ctx, q, ownerField(kind), before, owner); err != nil {
		return err
	}
	if err := changedOne(update()); err != nil {
		return err
	}
	return setTags(ctx, q, kind, id, tags)
}

func ownerField(kind tenantdb.Kind) string {
	if kind == tenantdb.Task {
		return "assignee_id"
	}
	return "owner_id"
}

// Delete puts a record in the trash; ErrChanged as for an update,
// pgx.ErrNoRows when there is none.
func Delete(ctx context.Context, q *tenantdb.Queries, kind tenantdb.Kind, id uuid.UUID, version int32) error {
	err := changedOne(q.RecordDelete(ctx, kind, id, version))
	if errors.Is(err, ErrChanged) {
		if r, gerr := q.RecordGet(ctx, kind, id, false); gerr != nil {
			return gerr
		} else if r.DeletedAt != nil {
			return pgx.ErrNoRows
		}
	}
	return err
}

// Restore takes a record out of the trash; one that is not in it stays as it
// is, pgx.ErrNoRows when there is none.
func Restore(ctx context.Context, q *tenantdb.Queries, kind tenantdb.Kind, id uuid.UUID) error {
	if kind == tenantdb.Deal {
		if err := dealFindPlace(ctx, q, id); err != nil {
			return err
		}
	}
	if n, err := q.RecordRestore(ctx, kind, id); err != nil || n == 1 {
		return err
	}
	_, err := q.RecordGet(ctx, kind, id, false)
	return err
}

func changedOne(n int64, err error) error {
	if err == nil && n == 0 {
		err = ErrChanged
	}
	return err
}

func checkMember(ctx context.Context, q *tenantdb.Queries, field string, before, id *uuid.UUID) error {
	if id == nil || before != nil && *before == *id {
		return nil
	}
	ok, err := q.MemberExists(ctx, *id)
	if err == nil && !ok {
		err = &FieldError{field, "This person is no member any more. Choose another."}
	}
	return err
}

// checkLinks refuses a link to a record that is in the trash or not there; one
// that was there before may stay.
func checkLinks(ctx context.Context, q *tenantdb.Queries, links ...link) error {
	for _, l := range links {
		if l.id == nil || l.before != nil && *l.before == *l.id {
			continue
		}
		r, err := q.RecordGet(ctx, l.kind, *l.id, false)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && r.DeletedAt != nil {
			return &FieldError{l.field, "This " + string(l.kind) + " is not there any more. Choose another."}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type link struct {
	field      string
	kind       tenantdb.Kind
	before, id *uuid.UUID
}

// TagIDs returns the ids of the tags with these names, in their order, making
// those that do not exist.
func TagIDs(ctx context.Context, q *tenantdb.Queries, names []string) ([]uuid.UUID, error) {
	if len(names) == 0 {
		return []uuid.UUID{}, nil
	}
	ids := make([]uuid.UUID, len(names))
	for i := range ids {
		ids[i] = uuid.Must(uuid.NewV7())
	}
	if err := q.TagEnsure(ctx, ids, names); err != nil {
		return nil, err
	}
	return q.TagIDs(ctx, names)
}

// setTags makes exactly these the record's tags, creating those that are new;
// nil leaves them as they are.
func setTags(ctx context.Context, q *tenantdb.Queries, kind tenantdb.Kind, id uuid.UUID, tags []string) error {
	if tags == nil {
		return nil
	}
	ids, err := TagIDs(ctx, q, tags)
	if err != nil {
		return err
	}
	return q.TaggingsReplace(ctx, string(kind), id, ids)
}
