package entity

import (
	"slices"
	"strings"
)

// Choices are some of a field's options, each once.
type Choices []string

func (Choices) value() {}

// choicesType is several of the field's options, with commas between their values or labels.
type choicesType struct{ base }

func (choicesType) Parse(text string, f *Field, _ Formats) (Value, error) {
	var out Choices
	for s := range strings.SplitSeq(text, ",") {
		s = strings.TrimSpace(s)
		if o, ok := f.labelled(s); ok && s != "" {
			if _, value := f.Choice(s); !value {
				s = o.Value
			}
		}
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return normal(out), nil // whether each is an option, Check says: what was one may stay
}

func (choicesType) Check(v Value, f *Field) error {
	all, err := held[Choices](v, f)
	for _, value := range all {
		if _, ok := f.Choice(value); err == nil && !ok {
			err = wrong("“", value, "” is not one of the choices.")
		}
	}
	return err
}

func (choicesType) Input(v Value, _ Formats) string {
	all, _ := v.(Choices)
	return strings.Join(all, ",")
}

// Show has the labels in the options' order; a value that is no option any more as it is.
func (choicesType) Show(v Value, f *Field, _ Formats) string {
	all, _ := v.(Choices)
	var out []string
	for _, o := range f.Options {
		if slices.Contains(all, o.Value) {
			out = append(out, o.Label)
		}
	}
	for _, value := range all {
		if _, ok := f.Choice(value); !ok {
			out = append(out, value)
		}
	}
	return strings.Join(out, ", ")
}

func (choicesType) Column() string { return "text[]" }

func (choicesType) FromJSON(v any, _ Formats) Value {
	list, _ := v.([]any)
	var out Choices
	for _, x := range list {
		if s, ok := x.(string); ok && s != "" {
			out = append(out, s)
		}
	}
	return normal(out)
}
