package entity

// selectType is one of the field's options.
type selectType struct{ texts }

// Parse takes an option's value, or its label.
func (selectType) Parse(text string, f *Field, _ Formats) (Value, error) {
	o, ok := f.Choice(text)
	if !ok {
		o, ok = f.labelled(text)
	}
	if !ok || o.Fixed {
		return nil, wrong("“", text, "” is not one of the choices.")
	}
	return Text(o.Value), nil
}

// Check also takes what only the program sets.
func (selectType) Check(v Value, f *Field) error {
	t, err := held[Text](v, f)
	if _, ok := f.Choice(string(t)); err == nil && !ok {
		err = wrong("“", string(t), "” is not one of the choices.")
	}
	return err
}

// Show is the option's label, or the value itself where there is no such option any more.
func (selectType) Show(v Value, f *Field, _ Formats) string {
	t, _ := v.(Text)
	if o, ok := f.Choice(string(t)); ok {
		return o.Label
	}
	return string(t)
}
