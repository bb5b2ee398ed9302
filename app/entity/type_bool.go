package entity

import "strconv"

// boolType is a box that is ticked or not.
type boolType struct{}

func (boolType) Empty(Formats) Value { return Bool(false) }

func (boolType) Parse(text string, _ *Field, _ Formats) (Value, error) {
	return Bool(text == "true" || text == "on" || text == "1"), nil
}

func (boolType) Check(v Value, f *Field) error { _, err := held[Bool](v, f); return err }

func (boolType) Input(v Value, _ Formats) string {
	b, _ := v.(Bool)
	return strconv.FormatBool(bool(b))
}

func (boolType) Show(v Value, _ *Field, _ Formats) string {
	switch v {
	case Bool(true):
		return "Yes"
	case Bool(false):
		return "No"
	}
	return ""
}

func (boolType) Column() string { return "boolean" }

func (boolType) FromJSON(v any, _ Formats) Value {
	if b, ok := v.(bool); ok {
		return Bool(b)
	}
	return nil
}
