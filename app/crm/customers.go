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

// ErrNoSuchOwner is answered for an owner who is no member.
var ErrNoSuchOwner = errors.New("crm: no such owner")

const subjectCustomer = "customer"

// CustomerCreate inserts the customer with its tags; p.ID is made here.
func CustomerCreate(ctx context.Context, q *tenantdb.Queries, p tenantdb.CustomerUpdateParams, tags []string) (uuid.UUID, error) {
	if err := checkOwner(ctx, q, nil, p.OwnerID); err != nil {
		return uuid.Nil, err
	}
	p.ID, p.Version = uuid.Must(uuid.NewV7()), 1
	if err := q.CustomerInsert(ctx, tenantdb.CustomerInsertParams(p)); err != nil {
		return uuid.Nil, err
	}
	return p.ID, setTags(ctx, q, subjectCustomer, p.ID, tags)
}

// CustomerUpdate writes the customer and its tags over the version p.Version.
// It answers ErrChanged when that is not the current one. owner is whose it
// was: somebody who is no member any more may stay the owner, not become it.
func CustomerUpdate(ctx context.Context, q *tenantdb.Queries, owner *uuid.UUID, p tenantdb.CustomerUpdateParams, tags []string) error {
	if err := checkOwner(ctx, q, owner, p.OwnerID); err != nil {
		return err
	}
	if err := changedOne(q.CustomerUpdate(ctx, p)); err != nil {
		return err
	}
	return setTags(ctx, q, subjectCustomer, p.ID, tags)
}

// CustomerDelete puts the customer in the trash; ErrChanged as for an update,
// pgx.ErrNoRows when there is none.
func CustomerDelete(ctx context.Context, q *tenantdb.Queries, id uuid.UUID, version int32) error {
	err := changedOne(q.CustomerDelete(ctx, id, version))
	if errors.Is(err, ErrChanged) {
		if c, gerr := q.CustomerGet(ctx, id); gerr != nil {
			return gerr
		} else if c.DeletedAt != nil {
			return pgx.ErrNoRows
		}
	}
	return err
}

// CustomerRestore takes the customer out of the trash; one that is not in it
// stays as it is, pgx.ErrNoRows when there is none.
func CustomerRestore(ctx context.Context, q *tenantdb.Queries, id uuid.UUID) error {
	if n, err := q.CustomerRestore(ctx, id); err != nil || n == 1 {
		return err
	}
	_, err := q.CustomerGet(ctx, id)
	return err
}

func changedOne(n int64, err error) error {
	if err == nil && n == 0 {
		err = ErrChanged
	}
	return err
}

func checkOwner(ctx context.Context, q *tenantdb.Queries, before, id *uuid.UUID) error {
	if id == nil || before != nil && *before == *id {
		return nil
	}
	ok, err := q.MemberExists(ctx, *id)
	if err == nil && !ok {
		err = ErrNoSuchOwner
	}
	return err
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
func setTags(ctx context.Context, q *tenantdb.Queries, subject string, id uuid.UUID, tags []string) error {
	if tags == nil {
		return nil
	}
	ids, err := TagIDs(ctx, q, tags)
	if err != nil {
		return err
	}
	return q.TaggingsReplace(ctx, subject, id, ids)
}
