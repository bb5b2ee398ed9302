package crm

import (
	"github.com/paddock-crm/paddock/app/entity"
)

// An amount is in its record's currency, where its kind has one. Another currency keeps the
// figures: 1,240 euro become 1,240 yen.

// inCurrency gives a new record its currency, the workspace's where it names none, and its
// amounts theirs.
func (w *writing) inCurrency() {
	for i := range w.entity.Fields {
		f := &w.entity.Fields[i]
		if f.Currency == "" {
			continue
		}
		if w.v[f.Currency] == nil {
			w.v.Set(f.Currency, entity.Text(w.by.Currency))
		}
		if m, ok := w.v.Money(f.Name); ok && m.Currency == "" {
			w.v[f.Name] = entity.Money{Minor: m.Minor, Currency: w.v.Text(f.Currency)}
		}
	}
}

// withAmounts is what is set and seen, with the amounts that a new currency changes too: an
// amount that somebody else changed meanwhile must not land in it unseen.
func (c Change) withAmounts() (set, seen entity.Values, err error) {
	set, seen = c.Set.Normal(), c.Seen
	was := c.Record.Values
	for i := range c.Record.Entity.Fields {
		f := &c.Record.Entity.Fields[i]
		if f.Currency == "" || set.Has(f.Name) || !set.Has(f.Currency) || entity.Equal(set[f.Currency], was[f.Currency]) {
			continue
		}
		held, known := seen.Money(f.Name)
		if !known {
			if held, known = was.Money(f.Name); !known {
				continue
			}
		}
		to, err := held.Convert(set.Text(f.Currency), entity.Formats{Currency: was.Text(f.Currency)})
		if err != nil {
			return nil, nil, Wrong(f.Currency, entity.Message(err))
		}
		seen = seen.Clone()
		set[f.Name], seen[f.Name] = to, held
	}
	return set, seen, nil
}

// checkAmounts refuses amounts in another currency than their record's.
func (w *writing) checkAmounts(invalid *Invalid) {
	for i := range w.entity.Fields {
		f := &w.entity.Fields[i]
		m, ok := w.v.Money(f.Name)
		if code := w.v.Text(f.Currency); ok && f.Currency != "" && m.Currency != code && invalid.Fields[f.Currency] == "" {
			invalid.Fields[f.Name] = "This is in " + m.Currency + ", and the currency is " + code + ". Change one of them."
		}
	}
}
