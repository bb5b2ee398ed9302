package entity

import "time"

// dayType is a day, as browsers send it or as people write it.
type dayType struct{ base }

func (dayType) Parse(text string, _ *Field, l Formats) (Value, error) {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		if due, ok := l.ParseDue(text); ok && due.On != nil {
			d, err = *due.On, nil
		}
	}
	if err != nil || !likely(d) {
		return nil, wrong("This is not a day. It should look like ", l.Date(exampleDay), ".")
	}
	return Day(d), nil
}

var exampleDay = time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)

// likely reports whether people can mean the year.
func likely(d time.Time) bool { return d.Year() >= 1800 && d.Year() <= 2200 }

var errDay = wrong("This is not a day.")

func (dayType) Check(v Value, f *Field) error {
	d, err := held[Day](v, f)
	if err == nil && !likely(time.Time(d)) {
		err = errDay
	}
	return err
}

func (dayType) Input(v Value, _ Formats) string {
	if d, ok := v.(Day); ok {
		return time.Time(d).Format(time.DateOnly)
	}
	return ""
}

func (dayType) Show(v Value, _ *Field, l Formats) string {
	if d, ok := v.(Day); ok {
		return l.Date(time.Time(d))
	}
	return ""
}

func (dayType) Column() string { return "date" }

func (dayType) FromJSON(v any, _ Formats) Value {
	s, _ := v.(string)
	if d, err := time.Parse(time.DateOnly, s); err == nil {
		return Day(d)
	}
	return nil
}
