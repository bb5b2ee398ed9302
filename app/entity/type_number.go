package entity

import (
	"encoding/json"
	"math"
	"strconv"
)

// numberType is a whole number.
type numberType struct{ base }

func (numberType) Parse(text string, _ *Field, l Formats) (Value, error) {
	n, err := l.ParseCount(text)
	if err != nil {
		return nil, err
	}
	return Number(n), nil
}

func (numberType) Check(v Value, f *Field) error {
	n, err := held[Number](v, f)
	if err == nil && (n < 0 || n > math.MaxInt32) {
		err = wrong("This should be a number from 0 to ", Formats{}.Count(math.MaxInt32), ".")
	}
	return err
}

func (numberType) Input(v Value, _ Formats) string {
	if n, ok := v.(Number); ok {
		return strconv.FormatInt(int64(n), 10)
	}
	return ""
}

func (numberType) Show(v Value, _ *Field, l Formats) string {
	if n, ok := v.(Number); ok {
		return l.Count(int(n))
	}
	return ""
}

func (numberType) Column() string { return "integer" }

func (numberType) FromJSON(v any, _ Formats) Value {
	if n, ok := v.(json.Number); ok {
		if i, err := n.Int64(); err == nil {
			return Number(i)
		}
	}
	return nil
}

// percentType is a number from 0 to 100.
type percentType struct{ numberType }

func (percentType) Parse(text string, f *Field, l Formats) (Value, error) {
	v, err := numberType{}.Parse(text, f, l)
	if err == nil {
		err = percentType{}.Check(v, f)
	}
	return v, err
}

func (percentType) Check(v Value, f *Field) error {
	n, err := held[Number](v, f)
	if err == nil && (n < 0 || n > 100) {
		err = wrong("This should be a number from 0 to 100.")
	}
	return err
}
