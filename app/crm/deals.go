package crm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/notify"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Outcomes of a stage.
const (
	Open = "open"
	Won  = "won"
	Lost = "lost"
)

// ErrMoved is answered when a deal is no longer where somebody saw it.
var ErrMoved = errors.New("crm: moved by somebody else")

var (
	errLostReason = Wrong("lost_reason", "Say in a few words why it was lost: it helps to win the next one.")
	errStage      = Wrong("stage_id", "This stage is not there any more. Choose another.")
)

// dealRule keeps a deal in a stage, whose pipeline it has, and on a place of its own there:
// a new one, or one that comes from another stage, on the top. Without a stage it is the
// first of the pipeline, or of the first pipeline.
func dealRule(ctx context.Context, w *writing) error {
	if w.v["pipeline_id"] == nil {
		w.v["pipeline_id"] = w.was["pipeline_id"]
	}
	if w.isNew() && w.v["stage_id"] == nil || !w.isNew() && !w.changed("stage_id") && w.changed("pipeline_id") {
		first, err := firstStage(ctx, w.TenantTx, w.v.Ref("pipeline_id").ID)
		if err != nil {
			return err
		}
		w.v.Set("stage_id", entity.Ref{ID: first})
	}
	stage, err := lockStage(ctx, w.TenantTx, w.v.Ref("stage_id").ID)
	if err != nil {
		return err
	}
	w.v.Set("pipeline_id", entity.Ref{ID: stage.PipelineID})
	if !w.changed("stage_id") {
		if stage.Outcome == Lost && w.v["lost_reason"] == nil {
			return errLostReason
		}
		return nil
	}
	w.v["closed_at"] = nil
	switch stage.Outcome {
	case Lost:
		if w.v["lost_reason"] == nil {
			return errLostReason
		}
		w.v["closed_at"] = entity.Moment(time.Now())
	case Won:
		w.v["closed_at"], w.v["lost_reason"] = entity.Moment(time.Now()), nil
	default:
		w.v["lost_reason"] = nil
	}
	top, err := topOf(ctx, w.TenantTx, stage.ID, w.id)
	w.v["position"] = entity.Text(top)
	return err
}

// Move says where a deal goes.
type Move struct {
	StageID    uuid.UUID
	BeforeID   uuid.UUID // the deal that it comes to stand before; uuid.Nil for the end
	AfterID    uuid.UUID // or behind; where a column is not shown to its end
	Top        bool      // to the top, whatever stands there
	From       uuid.UUID // the stage in which it was seen; uuid.Nil when not said
	LostReason string
	ClosedAt   time.Time // of a stage that closes it; the zero time is now
}

// DealMove puts a deal into a stage, before another deal of it. Whoever moves
// at the same time waits for the stage, so that the order stays total. ErrMoved
// when it is no longer in the stage where it was seen; pgx.ErrNoRows when it is
// gone. A deal to stand before that has itself left means the end.
func DealMove(ctx context.Context, tx *db.TenantTx, id uuid.UUID, m Move) error {
	stage, err := lockStage(ctx, tx, m.StageID)
	if err != nil {
		return err
	}
	if r, err := tx.RecordState(ctx, entity.Deal, id, true); err != nil {
		return err
	} else if r.DeletedAt != nil {
		return pgx.ErrNoRows
	}
	was, err := tx.DealGet(ctx, id)
	if err != nil {
		return err
	}
	if m.From != uuid.Nil && was.StageID != m.From && was.StageID != m.StageID {
		return ErrMoved
	}
	reason := m.LostReason
	if stage.Outcome == Lost && reason == "" {
		if was.StageID != stage.ID {
			return errLostReason
		}
		reason = was.LostReason
	}
	position, err := placeOf(ctx, tx, stage.ID, id, m)
	if err != nil {
		return err
	}
	err = changedOne(tx.DealMove(ctx, tenantdb.DealMoveParams{ID: id, StageID: stage.ID, Position: position, LostReason: reason,
		ClosedAt: cmp.Or(m.ClosedAt, time.Now())}))
	if err != nil || was.StageID == stage.ID {
		return err
	}
	owner := uuid.Nil
	if was.OwnerID != nil {
		owner = *was.OwnerID
	}
	return tellMoved(ctx, tx, id, owner, stage.ID, reason)
}

// tellMoved tells who owns a deal, and who follows it, where it went.
func tellMoved(ctx context.Context, tx *db.TenantTx, id, owner, stage uuid.UUID, reason string) error {
	if tx.MemberID() == uuid.Nil {
		return nil
	}
	s, err := tx.StageGet(ctx, stage)
	if err != nil {
		return err
	}
	n := notify.Notice{Kind: entity.ToldMoved, To: []uuid.UUID{owner}, Follow: true, Subject: entity.Deal, ID: id, Detail: s.Name}
	switch s.Outcome {
	case Won:
		n.Kind = entity.ToldWon
	case Lost:
		n.Kind, n.Detail = entity.ToldLost, reason
	}
	return notify.Tell(ctx, tx, n)
}

func placeOf(ctx context.Context, tx *db.TenantTx, stage, id uuid.UUID, m Move) (string, error) {
	if m.Top {
		return topOf(ctx, tx, stage, id)
	}
	if m.BeforeID != uuid.Nil && m.BeforeID != id {
		next, err := tx.DealPosition(ctx, m.BeforeID, stage)
		if err == nil {
			before, err := tx.DealPositionBefore(ctx, stage, next, id)
			return positionBetween(before, next), err
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return "", err
		}
	}
	if m.AfterID != uuid.Nil && m.AfterID != id {
		prev, err := tx.DealPosition(ctx, m.AfterID, stage)
		if err == nil {
			next, err := tx.DealPositionAfter(ctx, stage, prev, id)
			if err != nil || next != "" {
				return positionBetween(prev, next), err
			}
		} else if !errors.Is(err, pgx.ErrNoRows) {
			return "", err
		}
	}
	last, err := tx.DealPositionLast(ctx, stage, id)
	return positionAtEnd(time.Now(), last), err
}

func topOf(ctx context.Context, tx *db.TenantTx, stage, id uuid.UUID) (string, error) {
	first, err := tx.DealPositionAfter(ctx, stage, "", id)
	return positionAtTop(time.Now(), first), err
}

// dealFindPlace makes sure that a deal which comes back has a position of its
// own in its column.
func dealFindPlace(ctx context.Context, tx *db.TenantTx, id uuid.UUID) error {
	d, err := tx.DealGet(ctx, id)
	if err != nil || d.DeletedAt == nil {
		return err
	}
	return dealPlace(ctx, tx, d, d.Position)
}

// dealPlace gives the deal the position in its stage, or the next free one.
func dealPlace(ctx context.Context, tx *db.TenantTx, d tenantdb.DealGetRow, position string) error {
	if _, err := lockStage(ctx, tx, d.StageID); err != nil {
		return err
	}
	taken, err := tx.DealPositionTaken(ctx, d.StageID, position, d.ID)
	if err != nil {
		return err
	}
	if taken {
		next, err := tx.DealPositionAfter(ctx, d.StageID, position, d.ID)
		if err != nil {
			return err
		}
		position = positionBetween(position, next)
	}
	return tx.DealPlace(ctx, position, d.ID)
}

func lockStage(ctx context.Context, tx *db.TenantTx, id uuid.UUID) (tenantdb.StageLockRow, error) {
	stage, err := tx.StageLock(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errStage
	}
	return stage, err
}

// firstStage is the first of the pipeline, uuid.Nil for the first pipeline.
func firstStage(ctx context.Context, tx *db.TenantTx, pipeline uuid.UUID) (uuid.UUID, error) {
	stages, err := tx.StageList(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	for _, s := range stages {
		if pipeline == uuid.Nil || s.PipelineID == pipeline {
			return s.ID, nil
		}
	}
	return uuid.Nil, Wrong("pipeline_id", "This pipeline is not there any more. Choose another.")
}

// dealStages are the stages that a change took a deal from and to, and the one where it
// stands.
func dealStages(ctx context.Context, tx *db.TenantTx, c tenantdb.ChangesOfSetRow) (stages []uuid.UUID) {
	for _, row := range [][]byte{c.Before, c.After} {
		var deal struct {
			StageID uuid.UUID `json:"stage_id"`
		}
		if json.Unmarshal(row, &deal) == nil && deal.StageID != uuid.Nil {
			stages = append(stages, deal.StageID)
		}
	}
	if d, err := tx.DealGet(ctx, c.EntityID); err == nil {
		stages = append(stages, d.StageID)
	}
	return stages
}

// dealReverse takes a change of a deal back, and puts it where it stood, or next to that
// when the place is taken.
func dealReverse(ctx context.Context, tx *db.TenantTx, c tenantdb.ChangesOfSetRow, _ uuid.UUID,
	reverse func(except ...string) error) error {
	var before, after struct {
		Position string `json:"position"`
	}
	if json.Unmarshal(c.Before, &before) != nil || json.Unmarshal(c.After, &after) != nil {
		return errLater
	}
	if before.Position == "" {
		return reverse()
	}
	d, err := tx.DealGet(ctx, c.EntityID)
	if err != nil {
		return err
	}
	if d.Position != after.Position {
		return errLater
	}
	// Between two stages a deal is where no other can be.
	if err := tx.DealPlace(ctx, "0"+c.EntityID.String(), c.EntityID); err != nil {
		return err
	}
	if err := reverse("position"); err != nil {
		return err
	}
	if d, err = tx.DealGet(ctx, c.EntityID); err != nil {
		return err
	}
	return dealPlace(ctx, tx, d, before.Position)
}
