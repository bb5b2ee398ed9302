package entity

import "unicode/utf8"

// textType is a line of text.
type textType struct{ texts }

func (textType) Parse(text string, _ *Field, _ Formats) (Value, error) { return Text(text), nil }

func (t textType) Check(v Value, f *Field) error {
	if err := t.texts.Check(v, f); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(string(v.(Text))); f.Max > 0 && n > f.Max { //nolint:forcetypeassert // checked above
		return tooLong(n, f.Max)
	}
	return nil
}

// longTextType is text of several lines.
type longTextType struct{ textType }
