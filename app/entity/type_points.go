package entity

import (
	"fmt"
	"slices"
	"strings"
)

// PointLabels are what an address or a number of several may be.
var PointLabels = []Option{{Label: "No label"}, {Value: "work", Label: "Work"}, {Value: "mobile", Label: "Mobile"},
	{Value: "home", Label: "Home"}, {Value: "other", Label: "Other"}}

// pointsType is several email addresses or phone numbers, each with a label.
type pointsType struct {
	base
	of Type
}

// PointType is the type of each point of a field of several, nil for other fields.
func PointType(t Type) Type {
	if p, ok := t.(pointsType); ok {
		return p.of
	}
	return nil
}

// Parse reads one a line, its label behind it.
func (t pointsType) Parse(text string, f *Field, l Formats) (Value, error) {
	out := Points{}
	for line := range strings.Lines(text) {
		value, label := strings.TrimSpace(line), ""
		if i := strings.LastIndexByte(value, ' '); i >= 0 && isPointLabel(value[i+1:]) {
			value, label = value[:i], value[i+1:]
		}
		if value == "" {
			continue
		}
		v, err := t.of.Parse(value, f, l)
		if err != nil {
			return nil, err
		}
		out = append(out, Point{string(v.(Text)), label}) //nolint:forcetypeassert // both types of points are texts
	}
	if err := t.Check(out, f); err != nil {
		return nil, err
	}
	return out, nil
}

func isPointLabel(s string) bool {
	return slices.ContainsFunc(PointLabels, func(o Option) bool { return o.Value == s })
}

// PointLabel is the label, "" where it is none of PointLabels.
func PointLabel(s string) string {
	if isPointLabel(s) {
		return s
	}
	return ""
}

// TooManyPoints says how many there is room for.
var TooManyPoints = fmt.Sprintf("There is room for %d. Empty one of the others first.", MaxPoints)

// Check does not ask whether each is one: what was there before stays as it is.
func (pointsType) Check(v Value, f *Field) error {
	points, err := held[Points](v, f)
	switch {
	case err != nil:
		return err
	case len(points) > MaxPoints:
		return wrong(TooManyPoints)
	}
	for _, p := range points {
		if p.Value == "" {
			return wrong(f.Label, " has an empty line.")
		}
		if err := storable(p.Value, f); err != nil {
			return err
		}
	}
	return nil
}

func (pointsType) Input(v Value, _ Formats) string {
	points, _ := v.(Points)
	lines := make([]string, len(points))
	for i, p := range points {
		lines[i] = strings.TrimSpace(p.Value + " " + p.Label)
	}
	return strings.Join(lines, "\n")
}

func (t pointsType) Show(v Value, f *Field, l Formats) string {
	points, _ := v.(Points)
	lines := make([]string, len(points))
	for i, p := range points {
		lines[i] = t.of.Show(Text(p.Value), f, l)
		if j := slices.IndexFunc(PointLabels, func(o Option) bool { return o.Value == p.Label }); p.Label != "" && j >= 0 {
			lines[i] += " (" + strings.ToLower(PointLabels[j].Label) + ")"
		} else if p.Label != "" {
			lines[i] += " (" + strings.ToLower(p.Label) + ")"
		}
	}
	return strings.Join(lines, "\n")
}

func (pointsType) Column() string { return "jsonb" }

func (pointsType) FromJSON(v any, _ Formats) Value {
	list, _ := v.([]any)
	out := Points{}
	for _, x := range list {
		m, _ := x.(map[string]any)
		value, _ := m["value"].(string)
		label, _ := m["label"].(string)
		if value != "" {
			out = append(out, Point{value, label})
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
