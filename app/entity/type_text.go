package entity

// textType is a line of text.
type textType struct{ texts }

func (textType) Parse(text string, _ *Field, _ Formats) (Value, error) { return Text(text), nil }

// longTextType is text of several lines.
type longTextType struct{ texts }

func (longTextType) Parse(text string, _ *Field, _ Formats) (Value, error) { return Text(text), nil }
