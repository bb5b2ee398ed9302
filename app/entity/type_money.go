package entity

import (
	"encoding/json"
	"strings"
)

// moneyType is an amount. It is read, and kept, in the workspace's currency, or in the
// record's where its field names that; Formats.Currency is which.
type moneyType struct{ base }

func (moneyType) Parse(text string, f *Field, l Formats) (Value, error) {
	n, in, err := l.ParseMoney(text, l.Currency)
	switch {
	case err != nil:
		return nil, err
	case f.Currency != "":
		return Money{n, in}, nil
	case in != l.Currency:
		return nil, wrong("This is in ", in, ". It is kept in ", l.Currency, " here, the workspace’s currency.")
	}
	return Money{Minor: n}, nil
}

func (moneyType) Check(v Value, f *Field) error {
	m, err := held[Money](v, f)
	if err == nil && (m.Minor < 0 || m.Minor > MaxAmount) {
		err = errAmount
	}
	return err // its currency is a field of its own
}

func (moneyType) Input(v Value, l Formats) string {
	if m, ok := v.(Money); ok {
		return l.MoneyInput(m.Minor, m.In(l))
	}
	return ""
}

func (moneyType) Show(v Value, _ *Field, l Formats) string {
	if m, ok := v.(Money); ok {
		return l.Money(m.Minor, m.In(l))
	}
	return ""
}

// In is the amount's currency.
func (m Money) In(l Formats) string {
	if m.Currency == "" {
		return l.Currency
	}
	return m.Currency
}

func (moneyType) Column() string { return "bigint" }

func (moneyType) FromJSON(v any, l Formats) Value {
	if n, ok := v.(json.Number); ok {
		if i, err := n.Int64(); err == nil {
			return Money{i, l.Currency}
		}
	}
	return nil
}

// Convert keeps an amount's figures in another currency: 1,240 euro become 1,240 yen. What
// would lose decimals is refused.
func (m Money) Convert(to string, l Formats) (Money, error) {
	if Exponent(m.In(l)) == Exponent(to) {
		return Money{m.Minor, to}, nil
	}
	n, _, err := l.ParseMoney(l.MoneyInput(m.Minor, m.In(l)), to)
	if err != nil {
		return m, wrong("The amount has decimals that ", to, " does not have. Change the amount first.")
	}
	return Money{n, to}, nil
}

// currencyType is a currency by its three letters. Without one it is the workspace's.
type currencyType struct{ texts }

func (currencyType) Empty(l Formats) Value { return Text(l.Currency) }

func (currencyType) Check(v Value, f *Field) error {
	code, err := held[Text](v, f)
	if err == nil && !ValidCurrency(string(code)) {
		err = errCurrency
	}
	return err
}

func (currencyType) Parse(text string, _ *Field, _ Formats) (Value, error) {
	return parsed(ParseCurrency(text))
}

var errCurrency = wrong("This is not a currency. It should be three letters, such as EUR.")

// ParseCurrency reads the three letters of a currency.
func ParseCurrency(text string) (string, error) {
	if text = strings.ToUpper(text); !ValidCurrency(text) {
		return "", errCurrency
	}
	return text, nil
}
