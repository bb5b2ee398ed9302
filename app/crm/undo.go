package crm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Undone is what Undo put back.
type Undone struct {
	Kind    entity.Kind // the record to look at; "" when there is none
	ID      uuid.UUID
	Removed []uuid.UUID // what the change had made
}

// ErrForbidden is answered for a change that the person could not have made.
var ErrForbidden = errors.New("crm: undoing this asks for more than the role has")

// mayUndo refuses to take back for somebody what they could not have changed:
// pipelines and tags are settings, a note's text is its author's, and whether it
// is there theirs and the admins'.
func mayUndo(ctx context.Context, tx *db.TenantTx, changes []tenantdb.ChangesOfSetRow, by By) error {
	for _, c := range changes {
		may := true
		switch c.Entity {
		case "pipeline", "stage":
			may = by.Manages
		case "tag":
			may = by.Manages || c.Op == "insert" // it was made with a record, and stays
		case "note":
			var before map[string]json.RawMessage
			_ = json.Unmarshal(c.Before, &before) // there is none where it was made
			_, rewritten := before["body"]
			_, ended := before["deleted_at"]
			if c.Op == "update" && !rewritten && !ended || by.Manages && !rewritten {
				continue // pinned, or moved with its record: many may be, and none is asked for
			}
			n, err := tx.NoteGet(ctx, c.EntityID)
			if errors.Is(err, pgx.ErrNoRows) {
				continue // gone for good
			}
			if err != nil {
				return err
			}
			may = n.AuthorID != nil && *n.AuthorID == by.Member
		}
		if !may {
			return ErrForbidden
		}
	}
	return nil
}

var (
	errLater = &RefusalError{"This can’t be undone any more: it was changed again since."}
	errLarge = &RefusalError{"This changed too much at once to be undone."}
)

// undoLimit is how many rows a change set may have changed to be undone.
const undoLimit = 2000

// Undo takes back all that one transaction changed: fields, tags, links,
// positions, deletions, and new records, which go for good. It is all or
// nothing: when any of it was changed again since, Undo refuses and says so;
// ErrForbidden when the change asked for more than who undoes it has, pgx.ErrNoRows
// when there is no such change set.
func Undo(ctx context.Context, tx *db.TenantTx, changeSet uuid.UUID, by By) (Undone, error) {
	changes, err := tx.ChangesOfSet(ctx, changeSet, undoLimit+1)
	switch {
	case err != nil:
		return Undone{}, err
	case len(changes) == 0:
		return Undone{}, pgx.ErrNoRows
	case len(changes) > undoLimit && !slices.ContainsFunc(changes, deletedTag):
		return Undone{}, errLarge
	}
	if err := mayUndo(ctx, tx, changes, by); err != nil {
		return Undone{}, err
	}
	if slices.ContainsFunc(changes, deletedTag) {
		return Undone{}, tagRestore(ctx, tx, changeSet)
	}
	if err := refuseOtherCurrency(ctx, tx, changes); err != nil {
		return Undone{}, err
	}
	u, err := lockChanged(ctx, tx, changes)
	if err != nil {
		return Undone{}, err
	}
	if err := u.refuseLater(ctx, tx, changes, changeSet); err != nil {
		return Undone{}, err
	}
	if err := tx.NotificationsTakeBack(ctx, changeSet); err != nil {
		return Undone{}, err
	}
	if err := reverseAll(ctx, tx, changes, changeSet); err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) && strings.HasPrefix(pg.Code, "23") { // a constraint: what is there now does not go with it
			err = errLater
		}
		return Undone{}, err
	}
	out := Undone{Removed: u.made}
	for _, c := range slices.Backward(changes) {
		if k := entity.Kind(c.SubjectType); k.Valid() && !slices.Contains(u.made, c.SubjectID) {
			out.Kind, out.ID = k, c.SubjectID
			break
		}
	}
	return out, nil
}

// ChangedCurrency is what the audit log calls a change of the workspace's currency.
const ChangedCurrency = "Changed the currency"

// refuseOtherCurrency refuses to bring back an amount in the workspace's currency from before
// that became another.
func refuseOtherCurrency(ctx context.Context, tx *db.TenantTx, changes []tenantdb.ChangesOfSetRow) error {
	for _, c := range changes {
		e := entity.For(entity.Kind(c.Entity))
		var before map[string]json.RawMessage
		if e == nil || json.Unmarshal(c.Before, &before) != nil {
			continue
		}
		for column, value := range before {
			f := e.OfColumn(column)
			if f == nil || f.Type != entity.TypeMoney || f.Currency != "" || string(value) == "null" {
				continue
			}
			other, err := tx.AuditSince(ctx, ChangedCurrency, c.At)
			if err != nil {
				return err
			}
			if other {
				return &RefusalError{"The amount is from before the workspace’s currency was changed. Type it anew."}
			}
		}
	}
	return nil
}

// deletedTag tells the change that deleted a tag. It comes first in its set: what the tag
// was on follows.
func deletedTag(c tenantdb.ChangesOfSetRow) bool { return c.Entity == "tag" && c.Op == "delete" }

// tagRestore brings a deleted tag back, on all records that it was on.
func tagRestore(ctx context.Context, tx *db.TenantTx, changeSet uuid.UUID) error {
	_, err := tx.TagRestore(ctx, changeSet)
	if errors.Is(err, pgx.ErrNoRows) {
		err = &RefusalError{"There is a tag of this name again. Rename it, or give that one to the records."}
	}
	return err
}

// changed is what a change set touched.
type changed struct {
	made   []uuid.UUID // rows that it made
	tagged []uuid.UUID // records whose tags it changed
}

// lockChanged locks the stages, then the rows, in the order of their ids, as
// those do who move deals.
func lockChanged(ctx context.Context, tx *db.TenantTx, changes []tenantdb.ChangesOfSetRow) (u changed, err error) {
	var ids, stages []uuid.UUID
	kinds := map[uuid.UUID]entity.Kind{}
	for _, c := range changes {
		switch {
		case c.Entity == "tagging":
			u.tagged = append(u.tagged, c.EntityID)
			continue
		case c.Op == "insert" && c.Entity != "tag": // a tag stays for others to use
			u.made = append(u.made, c.EntityID)
		}
		if k := entity.Kind(c.Entity); k.Valid() {
			kinds[c.EntityID] = k
			ids = append(ids, c.EntityID)
		}
		if touched := stagesOf[entity.Kind(c.Entity)]; touched != nil {
			stages = append(stages, touched(ctx, tx, c)...)
		}
	}
	for _, id := range sorted(stages) {
		if _, err := tx.StageLock(ctx, id); err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return u, err
		}
	}
	for _, id := range sorted(ids) {
		if _, err := tx.RecordState(ctx, kinds[id], id, true); err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return u, err
		}
	}
	return u, nil
}

func sorted(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}

// refuseLater refuses when what the set made was touched since, when something
// hangs on it, or when the same tags were changed again. Fields look for
// themselves, as they are put back.
func (u changed) refuseLater(ctx context.Context, tx *db.TenantTx, changes []tenantdb.ChangesOfSetRow, set uuid.UUID) error {
	if len(u.made) > 0 {
		used, err := tx.ChangedSince(ctx, u.made, changes[0].ID, set)
		if err != nil {
			return err
		}
		if used {
			return errLater
		}
	}
	if len(u.tagged) == 0 {
		return nil
	}
	later, err := tx.TaggingsSince(ctx, u.tagged, changes[0].ID, set)
	if err != nil {
		return err
	}
	for _, l := range later {
		for _, c := range changes {
			if c.Entity == "tagging" && c.EntityID == l.EntityID && tagOf(c.Before, c.After) == tagOf(l.Before, l.After) {
				return errLater
			}
		}
	}
	return nil
}

func reverseAll(ctx context.Context, tx *db.TenantTx, changes []tenantdb.ChangesOfSetRow, set uuid.UUID) error {
	// The last change of a row holds what is there now, so they go backwards.
	// What was made goes after what points to it was put back.
	var made []tenantdb.ChangesOfSetRow
	for _, c := range changes {
		switch {
		case c.Entity == "tag":
		case c.Entity == "tagging":
			if err := reverseTagging(ctx, tx, c); err != nil {
				return err
			}
		case c.Op == "insert":
			made = append(made, c)
		case c.Op == "update":
			if err := reverseUpdate(ctx, tx, c, set); err != nil {
				return err
			}
		default:
			return &RefusalError{"What is gone for good can’t be brought back."}
		}
	}
	for _, c := range made {
		ok, err := tx.RecordRemove(ctx, c.Entity, c.EntityID)
		if err != nil {
			return err
		}
		if !ok {
			return errLater
		}
	}
	return nil
}

// stagesOf are the stages that a change of a kind's record touched.
var stagesOf = map[entity.Kind]func(context.Context, *db.TenantTx, tenantdb.ChangesOfSetRow) []uuid.UUID{entity.Deal: dealStages}

// reversing is what a kind asks for around an update that is taken back by reverse, which
// leaves out the columns that it is given.
var reversing = map[entity.Kind]func(ctx context.Context, tx *db.TenantTx, c tenantdb.ChangesOfSetRow, set uuid.UUID,
	reverse func(except ...string) error) error{
	entity.Lead: leadReverse, entity.Deal: dealReverse,
}

func reverseUpdate(ctx context.Context, tx *db.TenantTx, c tenantdb.ChangesOfSetRow, set uuid.UUID) error {
	reverse := func(except ...string) error {
		ok, err := tx.ChangeReverse(ctx, c.Entity, c.EntityID, c.Before, c.After, except...)
		if err == nil && !ok {
			err = errLater
		}
		return err
	}
	if around := reversing[entity.Kind(c.Entity)]; around != nil {
		return around(ctx, tx, c, set, reverse)
	}
	return reverse()
}

type tagging struct {
	TagID uuid.UUID `json:"tag_id"`
}

func tagOf(before, after []byte) uuid.UUID {
	var t tagging
	if after == nil {
		after = before
	}
	_ = json.Unmarshal(after, &t) // the log's own: a tag that is none equals none
	return t.TagID
}

func reverseTagging(ctx context.Context, tx *db.TenantTx, c tenantdb.ChangesOfSetRow) error {
	tag := tagOf(c.Before, c.After)
	if c.Op == "insert" {
		return tx.TaggingDelete(ctx, c.SubjectType, c.SubjectID, tag)
	}
	return tx.TaggingInsert(ctx, c.SubjectType, c.SubjectID, tag)
}
