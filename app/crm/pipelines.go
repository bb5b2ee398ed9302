package crm

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Stage is a stage as somebody wants it; ID is uuid.Nil for a new one.
type Stage struct {
	ID          uuid.UUID
	Name, Color string
	Probability int32
	Outcome     string
	Remove      bool
}

// newStages are those of a pipeline that somebody just made.
var newStages = []Stage{
	{Name: "Prospecting", Color: "gray", Probability: 10, Outcome: Open},
	{Name: "Qualification", Color: "blue", Probability: 20, Outcome: Open},
	{Name: "Proposal", Color: "amber", Probability: 50, Outcome: Open}, {Name: "Negotiation", Color: "red", Probability: 80, Outcome: Open},
	{Name: "Closed Won", Color: "green", Probability: 100, Outcome: Won}, {Name: "Closed Lost", Color: "gray", Probability: 0, Outcome: Lost},
}

// PipelineCreate makes a pipeline with the usual stages.
func PipelineCreate(ctx context.Context, tx *db.TenantTx, name string) error {
	if err := checkPipelineName(ctx, tx, uuid.Nil, name); err != nil {
		return err
	}
	id := uuid.Must(uuid.NewV7())
	if err := tx.PipelineInsert(ctx, id, name); err != nil {
		return err
	}
	return insertStages(ctx, tx, id, newStages)
}

// checkPipelineName refuses a name that another pipeline has.
func checkPipelineName(ctx context.Context, tx *db.TenantTx, id uuid.UUID, name string) error {
	pipelines, err := tx.PipelineList(ctx)
	for _, p := range pipelines {
		if p.ID != id && entity.Fold(p.Name) == entity.Fold(name) {
			return Wrong("name", "There is a pipeline “"+p.Name+"” already.")
		}
	}
	return err
}

func insertStages(ctx context.Context, tx *db.TenantTx, pipeline uuid.UUID, stages []Stage) error {
	for i, s := range stages {
		err := tx.StageInsert(ctx, tenantdb.StageInsertParams{
			ID: uuid.Must(uuid.NewV7()), PipelineID: pipeline, Name: s.Name, Color: s.Color, Probability: s.Probability, Outcome: s.Outcome,
			Position: int32(i + 1),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// PipelineUpdate writes a pipeline's name and stages, in their order, over the
// version, and reports whether that changes anything; ErrChanged when that is not the
// current one. A stage that holds deals, the trash's included, stays, and so does its
// outcome.
func PipelineUpdate(ctx context.Context, tx *db.TenantTx, id uuid.UUID, version int32, name string,
	stages []Stage) (changed bool, err error) {
	same, err := samePipeline(ctx, tx, id, version, name, stages)
	if err != nil || same {
		return false, err
	}
	if err := changedOne(tx.PipelineUpdate(ctx, name, id, version)); err != nil {
		return false, err
	}
	return true, pipelineWrite(ctx, tx, id, name, stages)
}

// samePipeline reports whether the pipeline is as somebody wants it, at the version.
func samePipeline(ctx context.Context, tx *db.TenantTx, id uuid.UUID, version int32, name string, stages []Stage) (bool, error) {
	pipelines, err := tx.PipelineList(ctx)
	if err != nil {
		return false, err
	}
	if !slices.ContainsFunc(pipelines, func(p tenantdb.PipelineListRow) bool { return p.ID == id && p.Name == name && p.Version == version }) {
		return false, nil
	}
	rows, err := tx.StageList(ctx)
	var are []Stage
	for _, r := range rows {
		if r.PipelineID == id {
			are = append(are, Stage{ID: r.ID, Name: r.Name, Color: r.Color, Probability: r.Probability, Outcome: r.Outcome})
		}
	}
	return slices.Equal(are, stages), err
}

func pipelineWrite(ctx context.Context, tx *db.TenantTx, id uuid.UUID, name string, stages []Stage) error {
	if err := checkPipelineName(ctx, tx, id, name); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, s := range stages {
		if folded := entity.Fold(s.Name); !s.Remove && seen[folded] {
			return Wrong("", "There are two stages “"+s.Name+"”. Each needs a name of its own.")
		} else if !s.Remove {
			seen[folded] = true
		}
	}
	if !slices.ContainsFunc(stages, func(s Stage) bool { return !s.Remove && s.Outcome == Open }) {
		return Wrong("", "A pipeline needs a stage that is open.")
	}
	used, err := stagesUsed(ctx, tx, id)
	if err != nil {
		return err
	}
	before, err := tx.StageList(ctx)
	if err != nil {
		return err
	}
	position := int32(0)
	for _, s := range stages {
		if s.Remove {
			if used[s.ID] > 0 {
				return Wrong("", "“"+s.Name+"” still holds deals. Move them first.")
			}
			if _, err := tx.StageDelete(ctx, s.ID, id); err != nil {
				return err
			}
			continue
		}
		position++
		if s.ID == uuid.Nil {
			err := tx.StageInsert(ctx, tenantdb.StageInsertParams{
				ID: uuid.Must(uuid.NewV7()), PipelineID: id, Name: s.Name, Color: s.Color, Probability: s.Probability, Outcome: s.Outcome,
				Position: position,
			})
			if err != nil {
				return err
			}
			continue
		}
		for _, b := range before {
			if b.ID == s.ID && b.Outcome != s.Outcome && used[s.ID] > 0 {
				return Wrong("", "“"+s.Name+"” holds deals, so it stays "+b.Outcome+". Move them first.")
			}
		}
		err := changedOne(tx.StageUpdate(ctx, tenantdb.StageUpdateParams{
			ID: s.ID, PipelineID: id, Name: s.Name, Color: s.Color, Probability: s.Probability, Outcome: s.Outcome, Position: position,
		}))
		if err != nil {
			return err
		}
	}
	return nil
}

// PipelineDelete deletes a pipeline without deals; the last one stays.
func PipelineDelete(ctx context.Context, tx *db.TenantTx, id uuid.UUID) error {
	pipelines, err := tx.PipelineList(ctx)
	if err != nil {
		return err
	}
	if len(pipelines) == 1 {
		return &RefusalError{"This is the only pipeline. Make another first."}
	}
	used, err := stagesUsed(ctx, tx, id)
	if err != nil {
		return err
	}
	if len(used) > 0 {
		return &RefusalError{"This pipeline still holds deals, perhaps in the trash. Move them first."}
	}
	if err := tx.StagesDelete(ctx, id); err != nil {
		return err
	}
	return changedOne(tx.PipelineDelete(ctx, id))
}

func stagesUsed(ctx context.Context, tx *db.TenantTx, id uuid.UUID) (map[uuid.UUID]int64, error) {
	rows, err := tx.StagesUsed(ctx, id)
	used := map[uuid.UUID]int64{}
	for _, r := range rows {
		used[r.StageID] = r.N
	}
	return used, err
}
