package entity

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of tags: of a record, and characters of each.
const (
	MaxTags = 20
	MaxTag  = 40
)

// tagsType is names with commas between them, each once.
type tagsType struct{ base }

func (tagsType) Parse(text string, _ *Field, _ Formats) (Value, error) {
	out, seen, n := Tags{}, map[string]bool{}, 0
	for t := range strings.SplitSeq(text, ",") {
		if t = Line(t); t == "" {
			continue
		}
		if n++; seen[Fold(t)] {
			continue
		}
		if utf8.RuneCountInString(t) > MaxTag {
			return nil, tagTooLong(t)
		}
		seen[Fold(t)] = true
		out = append(out, Tag{Name: t})
	}
	if n > MaxTags {
		return nil, tooManyTags(n)
	}
	if len(out) == 0 {
		return nil, nil //nolint:nilnil // nothing, and no error
	}
	return out, nil
}

func (tagsType) Check(v Value, f *Field) error {
	tags, err := held[Tags](v, f)
	switch {
	case err != nil:
		return err
	case len(tags) > MaxTags:
		return tooManyTags(len(tags))
	}
	for _, t := range tags {
		switch {
		case t.Name != Line(t.Name) || t.Name == "" || strings.Contains(t.Name, ","):
			return wrong("“", t.Name, "” can’t be a tag.")
		case utf8.RuneCountInString(t.Name) > MaxTag:
			return tagTooLong(t.Name)
		}
		if err := storable(t.Name, f); err != nil {
			return err
		}
	}
	return nil
}

func tagTooLong(name string) error {
	return wrong("“", name, "” is too long for a tag: at most ", Formats{}.Count(MaxTag), " characters.")
}

func tooManyTags(n int) error {
	return wrong(fmt.Sprintf("%s are too many: at most %d.", Formats{}.Plural(n, "tag", "tags"), MaxTags))
}

func (tagsType) Input(v Value, _ Formats) string {
	t, _ := v.(Tags)
	return strings.Join(t.Names(), ", ")
}

func (t tagsType) Show(v Value, _ *Field, l Formats) string { return t.Input(v, l) }

func (tagsType) Column() string { return "" }

func (tagsType) FromJSON(any, Formats) Value { return nil }
