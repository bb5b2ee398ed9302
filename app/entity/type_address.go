package entity

import "strings"

// emailType is an email address.
type emailType struct{ texts }

func (emailType) Parse(text string, _ *Field, _ Formats) (Value, error) {
	return parsed(ParseEmail(text))
}

func (t emailType) Check(v Value, f *Field) error { return t.is(v, f, ParseEmail) }

// domainType is a name such as example.com.
type domainType struct{ texts }

func (domainType) Parse(text string, _ *Field, _ Formats) (Value, error) {
	return parsed(ParseDomain(text))
}

func (t domainType) Check(v Value, f *Field) error { return t.is(v, f, ParseDomain) }

// urlType is the URL of a page.
type urlType struct{ texts }

func (urlType) Parse(text string, _ *Field, _ Formats) (Value, error) {
	return parsed(ParseWebsite(text))
}

func (t urlType) Check(v Value, f *Field) error { return t.is(v, f, ParseWebsite) }

// is refuses what parse can't read. What it would write otherwise stays: an older program may
// have kept it so.
func (t texts) is(v Value, f *Field, parse func(string) (string, error)) error {
	if err := t.Check(v, f); err != nil {
		return err
	}
	_, err := parse(string(v.(Text))) //nolint:forcetypeassert // checked above
	return err
}

// phoneType is a phone number.
type phoneType struct{ texts }

func (phoneType) Parse(text string, _ *Field, l Formats) (Value, error) {
	return parsed(l.ParsePhone(text))
}

// Input shows an extension in words; other numbers as they are kept.
func (phoneType) Input(v Value, _ Formats) string {
	t, _ := v.(Text)
	if strings.Contains(string(t), ";ext=") {
		return PhoneText(string(t))
	}
	return string(t)
}

func (phoneType) Show(v Value, _ *Field, _ Formats) string {
	t, _ := v.(Text)
	return PhoneText(string(t))
}
