package crm

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
	errLostReason = &FieldError{"lost_reason", "Say in a few words why it was lost: it helps to win the next one."}
	errStage      = &FieldError{"stage_id", "This stage is not there any more. Choose another."}
)

// DealCreate is CustomerCreate for a deal; it lands on top of its stage. The
// stage decides the pipeline; without one it is the first stage of the
// pipeline, or of the first pipeline.
func DealCreate(ctx context.Context, q *tenantdb.Queries, p tenantdb.DealUpdateParams, tags []string) (uuid.UUID, error) {
	if err := checkDealLinks(ctx, q, tenantdb.DealGetRow{}, p); err != nil {
		return uuid.Nil, err
	}
	if p.StageID == uuid.Nil {
		var err error
		if p.StageID, err = firstStage(ctx, q, p.PipelineID); err != nil {
			return uuid.Nil, err
		}
	}
	stage, err := lockStage(ctx, q, p.StageID)
	if err != nil {
		return uuid.Nil, err
	}
	if err := enter(stage, &p); err != nil {
		return uuid.Nil, err
	}
	if p.Position, err = topOf(ctx, q, stage.ID, uuid.Nil); err != nil {
		return uuid.Nil, err
	}
	return create(ctx, q, tenantdb.Deal, p.OwnerID, tags, func(id uuid.UUID) error {
		p.ID, p.Version = id, 1
		return q.DealInsert(ctx, tenantdb.DealInsertParams(p))
	})
}

// DealUpdate is CustomerUpdate for a deal. A new stage puts it on that stage's
// top; a new pipeline without one of its stages, on the top of its first.
func DealUpdate(ctx context.Context, q *tenantdb.Queries, was tenantdb.DealGetRow, p tenantdb.DealUpdateParams, tags []string) error {
	if err := checkDealLinks(ctx, q, was, p); err != nil {
		return err
	}
	if p.StageID == was.StageID && p.PipelineID != was.PipelineID {
		var err error
		if p.StageID, err = firstStage(ctx, q, p.PipelineID); err != nil {
			return err
		}
	}
	stage, err := lockStage(ctx, q, p.StageID)
	if err != nil {
		return err
	}
	p.Position, p.ClosedAt, p.PipelineID = was.Position, was.ClosedAt, stage.PipelineID
	if p.StageID != was.StageID {
		p.ClosedAt = nil
		if err := enter(stage, &p); err != nil {
			return err
		}
		if p.Position, err = topOf(ctx, q, stage.ID, p.ID); err != nil {
			return err
		}
	} else if stage.Outcome == Lost && p.LostReason == "" {
		return errLostReason
	}
	return update(ctx, q, tenantdb.Deal, p.ID, was.OwnerID, p.OwnerID, tags, func() (int64, error) { return q.DealUpdate(ctx, p) })
}

// Move says where a deal goes.
type Move struct {
	StageID    uuid.UUID
	BeforeID   uuid.UUID // the deal that it comes to stand before; uuid.Nil for the end
	AfterID    uuid.UUID // or behind; where a column is not shown to its end
	Top        bool      // to the top, whatever stands there
	From       uuid.UUID // the stage in which it was seen; uuid.Nil when not said
	LostReason string
}

// DealMove puts a deal into a stage, before another deal of it. Whoever moves
// at the same time waits for the stage, so that the order stays total. ErrMoved
// when it is no longer in the stage where it was seen; pgx.ErrNoRows when it is
// gone. A deal to stand before that has itself left means the end.
func DealMove(ctx context.Context, q *tenantdb.Queries, id uuid.UUID, m Move) error {
	stage, err := lockStage(ctx, q, m.StageID)
	if err != nil {
		return err
	}
	if r, err := q.RecordGet(ctx, tenantdb.Deal, id, true); err != nil {
		return err
	} else if r.DeletedAt != nil {
		return pgx.ErrNoRows
	}
	was, err := q.DealGet(ctx, id)
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
	position, err := placeOf(ctx, q, stage.ID, id, m)
	if err != nil {
		return err
	}
	return changedOne(q.DealMove(ctx, tenantdb.DealMoveParams{ID: id, StageID: stage.ID, Position: position, LostReason: reason}))
}

func placeOf(ctx context.Context, q *tenantdb.Queries, stage, id uuid.UUID, m Move) (string, error) {
	if m.Top {
		return topOf(ctx, q, stage, id)
	}
	if m.BeforeID != uuid.Nil && m.BeforeID != id {
		next, err := q.DealPosition(ctx, m.BeforeID, stage)
		if err == nil {
			before, err := q.DealPositionBefore(ctx, stage, next, id)
			return positionBetween(before, next), err
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return "", err
		}
	}
	if m.AfterID != uuid.Nil && m.AfterID != id {
		prev, err := q.DealPosition(ctx, m.AfterID, stage)
		if err == nil {
			next, err := q.DealPositionAfter(ctx, stage, prev, id)
			if err != nil || next != "" {
				return positionBetween(prev, next), err
			}
		} else if !errors.Is(err, pgx.ErrNoRows) {
			return "", err
		}
	}
	last, err := q.DealPositionLast(ctx, stage, id)
	return positionAtEnd(time.Now(), last), err
}

func topOf(ctx context.Context, q *tenantdb.Queries, stage, id uuid.UUID) (string, error) {
	first, err := q.DealPositionAfter(ctx, stage, "", id)
	return positionAtTop(time.Now(), first), err
}

// dealFindPlace makes sure that a deal which comes back has a position of its
// own in its column.
func dealFindPlace(ctx context.Context, q *tenantdb.Queries, id uuid.UUID) error {
	d, err := q.DealGet(ctx, id)
	if err != nil || d.DeletedAt == nil {
		return err
	}
	return dealPlace(ctx, q, d, d.Position)
}

// dealPlace gives the deal the position in its stage, or the next free one.
func dealPlace(ctx context.Context, q *tenantdb.Queries, d tenantdb.DealGetRow, position string) error {
	if _, err := lockStage(ctx, q, d.StageID); err != nil {
		return err
	}
	taken, err := q.DealPositionTaken(ctx, d.StageID, position, d.ID)
	if err != nil {
		return err
	}
	if taken {
		next, err := q.DealPositionAfter(ctx, d.StageID, position, d.ID)
		if err != nil {
			return err
		}
		position = positionBetween(position, next)
	}
	return q.DealPlace(ctx, position, d.ID)
}

func lockStage(ctx context.Context, q *tenantdb.Queries, id uuid.UUID) (tenantdb.StageLockRow, error) {
	stage, err := q.StageLock(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errStage
	}
	return stage, err
}

// firstStage is the first of the pipeline, uuid.Nil for the first pipeline.
func firstStage(ctx context.Context, q *tenantdb.Queries, pipeline uuid.UUID) (uuid.UUID, error) {
	stages, err := q.StageList(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	for _, s := range stages {
		if pipeline == uuid.Nil || s.PipelineID == pipeline {
			return s.ID, nil
		}
	}
	return uuid.Nil, &FieldError{"pipeline_id", "This pipeline is not there any more. Choose another."}
}

// enter sets what a deal has for being in the stage.
func enter(stage tenantdb.StageLockRow, p *tenantdb.DealUpdateParams) error {
	p.PipelineID = stage.PipelineID
	if stage.Outcome != Lost {
		p.LostReason = ""
	} else if p.LostReason == "" {
		return errLostReason
	}
	if stage.Outcome != Open {
		now := time.Now()
		p.ClosedAt = &now
	}
	return nil
}

func checkDealLinks(ctx context.Context, q *tenantdb.Queries, was tenantdb.DealGetRow, p tenantdb.DealUpdateParams) error {
	return checkLinks(ctx, q, link{"customer_id", tenantdb.Customer, was.CustomerID, p.CustomerID}, link{"contact_id", tenantdb.Contact, was.ContactID, p.ContactID})
}
