package entity

import (
	"encoding/json"
	"strings"
)

// Decimal is a number as it is written with a point: "-12.5". No float comes near it.
type Decimal string

func (Decimal) value() {}

// decimalType is a number with decimals, of either sign.
type decimalType struct{ base }

// A decimal's digits before and behind the point.
const (
	maxWhole    = 15
	maxFraction = 6
)

var errDecimal = wrong("This should be a number, such as 12.5, with up to 15 digits before the point and 6 behind it.")

func (decimalType) Parse(text string, _ *Field, l Formats) (Value, error) {
	text, negative := strings.CutPrefix(strings.Replace(text, "−", "-", 1), "-")
	whole, fraction, ok := l.digits(strings.TrimSpace(text))
	if !ok {
		return nil, errDecimal
	}
	return decimalOf(negative, whole, fraction)
}

// decimalOf is the number in the one way in which it is kept.
func decimalOf(negative bool, whole, fraction string) (Value, error) {
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if len(whole) > maxWhole || len(fraction) > maxFraction {
		return nil, errDecimal
	}
	out := whole
	if whole == "" {
		out = "0"
	}
	if fraction != "" {
		out += "." + fraction
	}
	if negative && out != "0" {
		out = "-" + out
	}
	return Decimal(out), nil
}

func (decimalType) Check(v Value, f *Field) error {
	d, err := held[Decimal](v, f)
	if err != nil {
		return err
	}
	if is, ok := plainDecimal(string(d)); !ok || is != d {
		return errDecimal
	}
	return nil
}

// plainDecimal reads what is written with a point and no other mark.
func plainDecimal(s string) (Decimal, bool) {
	s, negative := strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(s, ".")
	if !onlyDigits(whole) || point && !onlyDigits(fraction) {
		return "", false
	}
	v, err := decimalOf(negative, whole, fraction)
	d, _ := v.(Decimal)
	return d, err == nil
}

func (decimalType) Input(v Value, l Formats) string {
	d, _ := v.(Decimal)
	mark, _ := l.marks()
	return strings.Replace(string(d), ".", mark, 1)
}

func (decimalType) Show(v Value, _ *Field, l Formats) string {
	d, ok := v.(Decimal)
	if !ok {
		return ""
	}
	mark, group := l.marks()
	s, negative := strings.CutPrefix(string(d), "-")
	whole, fraction, point := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + group + whole[i:]
	}
	if point {
		whole += mark + fraction
	}
	if negative {
		return "−" + whole
	}
	return whole
}

func (decimalType) Column() string { return "numeric" }

func (decimalType) FromJSON(v any, _ Formats) Value {
	n, _ := v.(json.Number)
	if d, ok := plainDecimal(string(n)); ok {
		return d
	}
	return nil
}
