package entity

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// referenceType is a record, a member, a stage or a pipeline, by its id.
type referenceType struct{ base }

func (referenceType) Parse(text string, _ *Field, _ Formats) (Value, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return nil, wrong("Choose one of the list.")
	}
	return Ref{ID: id}, nil
}

func (referenceType) Check(v Value, f *Field) error { _, err := held[Ref](v, f); return err }

func (referenceType) Input(v Value, _ Formats) string {
	if r, ok := v.(Ref); ok {
		return r.ID.String()
	}
	return ""
}

func (referenceType) Show(v Value, _ *Field, _ Formats) string { r, _ := v.(Ref); return r.Name }

func (referenceType) Column() string { return "uuid" }

func (referenceType) FromJSON(v any, _ Formats) Value {
	s, _ := v.(string)
	if id, err := uuid.Parse(s); err == nil {
		return Ref{ID: id}
	}
	return nil
}

// maxRefs is how many a field may refer to.
const maxRefs = 100

// referencesType is several of them, with commas between their ids.
type referencesType struct{ base }

func (referencesType) Parse(text string, f *Field, _ Formats) (Value, error) {
	out := Refs{}
	for s := range strings.SplitSeq(text, ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		id, err := uuid.Parse(s)
		if err != nil {
			return nil, wrong("Choose some of the list.")
		}
		if !slices.ContainsFunc(out, func(r Ref) bool { return r.ID == id }) {
			out = append(out, Ref{ID: id})
		}
	}
	if err := (referencesType{}).Check(out, f); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, nil //nolint:nilnil // nothing, and no error
	}
	return out, nil
}

func (referencesType) Check(v Value, f *Field) error {
	refs, err := held[Refs](v, f)
	if err == nil && len(refs) > maxRefs {
		err = wrong("At most ", Formats{}.Count(maxRefs), ".")
	}
	return err
}

func (referencesType) Input(v Value, _ Formats) string {
	refs, _ := v.(Refs)
	ids := make([]string, len(refs))
	for i, r := range refs {
		ids[i] = r.ID.String()
	}
	return strings.Join(ids, ",")
}

func (referencesType) Show(v Value, _ *Field, _ Formats) string {
	refs, _ := v.(Refs)
	names := make([]string, len(refs))
	for i, r := range refs {
		names[i] = r.Name
	}
	return strings.Join(names, ", ")
}

func (referencesType) Column() string { return "uuid[]" }

func (referencesType) FromJSON(v any, l Formats) Value {
	list, _ := v.([]any)
	out := Refs{}
	for _, x := range list {
		if r, ok := (referenceType{}).FromJSON(x, l).(Ref); ok {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
