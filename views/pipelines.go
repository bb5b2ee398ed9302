package views

import (
	"strconv"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/views/ui"
)

var outcomes = []ui.Option{{Value: "open", Label: "Open"}, {Value: "won", Label: "Won"}, {Value: "lost", Label: "Lost"}}

// PipelinesPage is the workspace's pipelines with their stages.
type PipelinesPage struct {
	Shell
	Pipelines []PipelineForm
	New       ui.Form // of another pipeline
}

// PipelineForm is one pipeline being edited.
type PipelineForm struct {
	ID      uuid.UUID
	Version int32
	Name    string
	Stages  []StageForm
	Errors  map[string]string
	Deals   int64
}

// StageForm is one of its stages; the last one adds another.
type StageForm struct {
	ID                   string // "" for a new one
	Name, Color, Outcome string
	Probability          string
	Deals                int64
}

func field(name string, i int) string { return "stages[" + strconv.Itoa(i) + "][" + name + "]" }

func stageLabel(s StageForm) string {
	if s.Name == "" {
		return "the new stage"
	}
	return s.Name
}
