package entity

import "time"

// dueType is a day, or a moment in the person's zone, as Formats.ParseDue reads it.
type dueType struct{ base }

const momentInput = "2006-01-02 15:04"

func (dueType) Parse(text string, _ *Field, l Formats) (Value, error) {
	due, ok := l.ParseDue(text)
	if !ok {
		return nil, wrong("We could not read this. Try “tomorrow 14:00”, “next friday”, “in 3 days” or “", l.Date(exampleDay), "”.")
	}
	return due, nil
}

// Note says where an hour was moved that a day does not have.
func (dueType) Note(text string, l Formats) string {
	due, _ := l.ParseDue(Line(text))
	return l.Note(due)
}

func (dueType) Check(v Value, f *Field) error {
	d, err := held[Due](v, f)
	if err == nil && (d.On != nil && !likely(*d.On) || d.At != nil && !likely(*d.At)) {
		err = errDay
	}
	return err
}

func (dueType) Input(v Value, l Formats) string {
	switch d, _ := v.(Due); {
	case d.On != nil:
		return d.On.Format(time.DateOnly)
	case d.At != nil:
		return l.Local(*d.At).Format(momentInput)
	}
	return ""
}

func (dueType) Show(v Value, _ *Field, l Formats) string {
	switch d, _ := v.(Due); {
	case d.On != nil:
		return l.Date(*d.On)
	case d.At != nil:
		return l.Moment(*d.At)
	}
	return ""
}

func (dueType) Column() string { return "timestamptz" }

func (dueType) FromJSON(v any, l Formats) Value {
	s, _ := v.(string)
	if d, err := time.Parse(time.DateOnly, s); err == nil {
		return Due{On: &d}
	}
	if m, ok := (momentType{}).FromJSON(v, l).(Moment); ok {
		return Due{At: new(time.Time(m))}
	}
	return nil
}

// momentType is what always has a time; a day alone means nine in the morning.
type momentType struct{ dueType }

func (momentType) Parse(text string, f *Field, l Formats) (Value, error) {
	v, err := dueType{}.Parse(text, f, l)
	switch d, _ := v.(Due); {
	case d.On != nil:
		return Moment(Clock{Hour: 9}.On(*d.On, l.Location())), nil
	case d.At != nil:
		return Moment(*d.At), nil
	}
	return nil, err
}

func (momentType) Check(v Value, f *Field) error {
	m, err := held[Moment](v, f)
	if err == nil && !likely(time.Time(m)) {
		err = errDay
	}
	return err
}

func (momentType) Input(v Value, l Formats) string {
	if m, ok := v.(Moment); ok {
		return l.Local(time.Time(m)).Format(momentInput)
	}
	return ""
}

func (momentType) Show(v Value, _ *Field, l Formats) string {
	if m, ok := v.(Moment); ok {
		return l.Moment(time.Time(m))
	}
	return ""
}

func (momentType) FromJSON(v any, _ Formats) Value {
	s, _ := v.(string)
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return Moment(t)
	}
	return nil
}

// anchorType is what a repetition keeps to; no form has it.
type anchorType struct{ texts }

func (anchorType) Parse(string, *Field, Formats) (Value, error) {
	return nil, wrong("This is not for people to write.")
}

func (anchorType) Check(v Value, f *Field) error { _, err := held[*Anchor](v, f); return err }

func (anchorType) Column() string              { return "jsonb" }
func (anchorType) FromJSON(any, Formats) Value { return nil }
