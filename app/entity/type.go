package entity

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Type is what a field's values are: how they are read, written and shown. Each has a file
// of its own. Parse(Input(v)) is v.
type Type interface {
	// Parse reads what somebody typed, cleaned and not empty. Its error is a *ValueError.
	Parse(text string, f *Field, l Formats) (Value, error)
	// Check refuses a value that a field can't hold, but for nil. Its error is a *ValueError,
	// or another for a value of another type.
	Check(v Value, f *Field) error
	// Empty is what an empty input means: nil for nothing.
	Empty(l Formats) Value
	// Input is the value as an input holds it.
	Input(v Value, l Formats) string
	// Show is the value as people read it, "" for nothing.
	Show(v Value, f *Field, l Formats) string
	// FromJSON is what a column of the type holds in the change log; its numbers are
	// json.Number. nil for nothing, and for what is no such value.
	FromJSON(v any, l Formats) Value
	// Column is the type of its column in PostgreSQL; "" for what has none.
	Column() string
}

// Types of fields.
var (
	TypeText       Type = textType{}
	TypeLongText   Type = longTextType{}
	TypeNumber     Type = numberType{}
	TypeDecimal    Type = decimalType{}
	TypePercent    Type = percentType{}
	TypeMoney      Type = moneyType{}
	TypeCurrency   Type = currencyType{}
	TypeDay        Type = dayType{}
	TypeDue        Type = dueType{}
	TypeMoment     Type = momentType{}
	TypeBool       Type = boolType{}
	TypeSelect     Type = selectType{}
	TypeChoices    Type = choicesType{}
	TypeReference  Type = referenceType{}
	TypeReferences Type = referencesType{}
	TypeEmail      Type = emailType{}
	TypePhone      Type = phoneType{}
	TypeURL        Type = urlType{}
	TypeDomain     Type = domainType{}
	TypeEmails     Type = pointsType{of: TypeEmail}
	TypePhones     Type = pointsType{of: TypePhone}
	TypeTags       Type = tagsType{}
	TypeAnchor     Type = anchorType{}
)

// Parse reads what somebody typed into the field. was is what it held: what is posted as it
// was shown stays as it is, whatever is asked of new ones.
func (f *Field) Parse(text string, was Value, l Formats) (Value, error) {
	text, err := f.Clean(text)
	switch {
	case err != nil:
		return nil, err
	case text == "" && f.Required:
		return nil, wrong(f.Label, " can’t be empty.")
	case text == "":
		return f.Type.Empty(l), nil
	case was != nil && text == f.Type.Input(was, l):
		return was, nil
	}
	return f.Type.Parse(text, f, l)
}

// Clean is a text as it is kept. What can't be, or is too long, is an error with what is
// left of it.
func (f *Field) Clean(text string) (string, error) {
	storable := utf8.ValidString(text) && !strings.ContainsRune(text, 0)
	if !storable {
		text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
	}
	switch f.Type {
	case TypeLongText, TypeEmails, TypePhones:
		text = Paragraphs(text)
	default:
		text = Line(text)
	}
	if !storable {
		return text, wrong(f.Label, " has characters that we can’t store.")
	}
	if n := utf8.RuneCountInString(text); f.Max > 0 && n > f.Max {
		return text, tooLong(n, f.Max)
	}
	return text, nil
}

// Check refuses a value that the field can't hold, whoever wrote it.
func (f *Field) Check(v Value) error {
	if v == nil {
		if f.Required {
			return wrong(f.Label, " can’t be empty.")
		}
		return nil
	}
	return f.Type.Check(v, f)
}

// held is v as what the field's type holds. Anything else is a fault of the program's.
func held[V Value](v Value, f *Field) (V, error) {
	is, ok := v.(V)
	if !ok {
		return is, fmt.Errorf("entity: %s can't hold a %T", f.Name, v)
	}
	return is, nil
}

// storable refuses what PostgreSQL can't hold.
func storable(text string, f *Field) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return wrong(f.Label, " has characters that we can’t store.")
	}
	return nil
}

func tooLong(n, most int) error {
	return wrong(fmt.Sprintf("Too long: %s of at most %s.", Formats{}.Plural(n, "character", "characters"), Formats{}.Count(most)))
}

// Noted is a type that may have more to say of what it read, such as an hour that a day
// does not have.
type Noted interface {
	Note(text string, l Formats) string
}

// Message is what to say of an error of Parse at its field.
func Message(err error) string {
	if value, ok := errors.AsType[*ValueError](err); ok {
		return value.Message
	}
	return "We could not read this."
}

// base is what most types share.
type base struct{}

func (base) Empty(Formats) Value { return nil }

// texts is what types share whose value is a text that is shown as it is kept.
type texts struct{ base }

func (texts) Check(v Value, f *Field) error {
	t, err := held[Text](v, f)
	if err != nil {
		return err
	}
	return storable(string(t), f)
}

func (texts) Input(v Value, _ Formats) string          { t, _ := v.(Text); return string(t) }
func (texts) Show(v Value, _ *Field, _ Formats) string { t, _ := v.(Text); return string(t) }
func (texts) Column() string                           { return "text" }
func (texts) FromJSON(v any, _ Formats) Value {
	if s, ok := v.(string); ok && s != "" {
		return Text(s)
	}
	return nil
}

func parsed(text string, err error) (Value, error) {
	if err != nil {
		return nil, err
	}
	return Text(text), nil
}
