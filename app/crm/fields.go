package crm

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Limits of a workspace's own fields.
const (
	maxOptions = 200
	maxLabel   = 60
)

// Definition is a field of a workspace's own, as its team writes it.
type Definition struct {
	ID       uuid.UUID
	Kind     entity.Kind
	Key      string // "" for one that the label makes
	Label    string
	Help     string
	Type     string
	Required bool
	Options  []entity.Option // those without a value are new
	Refers   entity.Kind
	Preset   string // what a new record has, as text
	Section  string
	Show     []string // some of entity.ShowIn
	Retired  bool
}

// CustomField is the field that a definition makes.
func CustomField(d tenantdb.FieldListRow) entity.Field {
	t, _ := entity.FieldTypeOf(d.Type)
	f := entity.Field{
		Name: d.Key, Label: d.Label, Type: t.Type, Required: d.Required, Max: t.Max, Help: d.Help, Options: d.Options,
		Refers: entity.Kind(d.Refers), Show: d.Show, Custom: true,
	}
	switch {
	case d.Type == "member":
		f.Refers, f.None = entity.Member, "Nobody"
	case t.Type == entity.TypeSelect && !d.Required:
		f.None = "None"
	}
	if d.Preset != "" {
		if v, err := f.Parse(d.Preset, nil, entity.Formats{}); err == nil {
			f.Default = v
		}
	}
	return f
}

// CustomFields are the kinds that have fields of the workspace's own, with them; retired ones
// and deleted ones are left out.
func CustomFields(ctx context.Context, tx *db.TenantTx) (map[entity.Kind]*entity.Entity, error) {
	rows, err := tx.FieldList(ctx)
	if err != nil {
		return nil, err
	}
	fields := map[entity.Kind][]entity.Field{}
	for _, r := range rows {
		if r.RetiredAt == nil && r.DeletedAt == nil {
			fields[entity.Kind(r.Kind)] = append(fields[entity.Kind(r.Kind)], CustomField(r))
		}
	}
	out := map[entity.Kind]*entity.Entity{}
	for kind, own := range fields {
		out[kind] = entity.For(kind).With(own...)
	}
	return out, nil
}

// FieldCreate adds a field. *Invalid says what is wrong with it, by the fields of its form.
func FieldCreate(ctx context.Context, tx *db.TenantTx, d Definition) error {
	rows, err := tx.FieldList(ctx)
	if err != nil {
		return err
	}
	invalid := map[string]string{}
	t, ok := entity.FieldTypeOf(d.Type)
	if !ok {
		invalid["type"] = "Choose what it holds."
	}
	if !d.Kind.Valid() {
		invalid["kind"] = "Choose where it is."
	}
	if t.Refers() && !d.Refers.Valid() {
		invalid["refers"] = "Choose to which records it leads."
	}
	if !t.Refers() {
		d.Refers = ""
	}
	d.check(t, nil, invalid)
	of := slices.DeleteFunc(rows, func(r tenantdb.FieldListRow) bool { return r.Kind != string(d.Kind) })
	if len(of) >= entity.MaxFields {
		invalid[""] = fmt.Sprintf("There are %d fields of %s already, the most there can be. Delete one that nobody needs.", entity.MaxFields,
			entity.For(d.Kind).Many)
	}
	taken := func(key string) bool {
		return slices.ContainsFunc(of, func(r tenantdb.FieldListRow) bool { return r.Key == key })
	}
	if d.Key == "" {
		d.Key = unique("x_"+slug(d.Label, 36), taken)
	} else {
		d.Key = "x_" + strings.TrimPrefix(d.Key, "x_")
		switch {
		case !fieldKey.MatchString(d.Key):
			invalid["key"] = "A key is of small letters, digits and _: x_region."
		case taken(d.Key):
			invalid["key"] = "There is a field with this key already."
		}
	}
	if len(invalid) > 0 {
		return &Invalid{invalid}
	}
	err = tx.FieldInsert(ctx, tenantdb.FieldInsertParams{
		ID: uuid.Must(uuid.NewV7()), Kind: string(d.Kind), Key: d.Key, Label: d.Label, Help: d.Help, Type: d.Type, Required: d.Required,
		Options: options(d.Options), Refers: string(d.Refers), Preset: d.Preset, Section: d.Section, Show: show(d.Show),
	})
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.ConstraintName == "field_definitions_once" {
		return Wrong("key", "Somebody has made a field with this key just now.")
	}
	return fieldsChanged(ctx, tx, err)
}

var fieldKey = regexp.MustCompile(`^x_[a-z0-9_]{1,40}$`)

// FieldUpdate changes what may change of a field: its kind, key and type stay. pgx.ErrNoRows
// when there is no such field.
func FieldUpdate(ctx context.Context, tx *db.TenantTx, d Definition) error {
	rows, err := tx.FieldList(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r tenantdb.FieldListRow) bool { return r.ID == d.ID && r.DeletedAt == nil })
	if i < 0 {
		return pgx.ErrNoRows
	}
	t, _ := entity.FieldTypeOf(rows[i].Type)
	d.Kind, d.Refers = entity.Kind(rows[i].Kind), entity.Kind(rows[i].Refers)
	invalid := map[string]string{}
	if d.check(t, rows[i].Options, invalid); len(invalid) > 0 {
		return &Invalid{invalid}
	}
	n, err := tx.FieldUpdate(ctx, tenantdb.FieldUpdateParams{
		ID: d.ID, Label: d.Label, Help: d.Help, Required: d.Required, Options: options(d.Options), Preset: d.Preset, Section: d.Section,
		Show: show(d.Show), Retired: d.Retired,
	})
	if err == nil && n == 0 {
		err = pgx.ErrNoRows
	}
	return fieldsChanged(ctx, tx, err)
}

// FieldDelete takes a field away, with what records hold in it: for good after 30 days, until
// when FieldRestore brings it back. pgx.ErrNoRows when there is no such field.
func FieldDelete(ctx context.Context, tx *db.TenantTx, id uuid.UUID) error {
	n, err := tx.FieldDelete(ctx, id)
	if err == nil && n == 0 {
		err = pgx.ErrNoRows
	}
	return fieldsChanged(ctx, tx, err)
}

// FieldRestore brings a deleted field back. pgx.ErrNoRows when there is no such field.
func FieldRestore(ctx context.Context, tx *db.TenantTx, id uuid.UUID) error {
	n, err := tx.FieldRestore(ctx, id)
	if err == nil && n == 0 {
		err = pgx.ErrNoRows
	}
	return fieldsChanged(ctx, tx, err)
}

// fieldsChanged has everybody see it with their next page.
func fieldsChanged(ctx context.Context, tx *db.TenantTx, err error) error {
	if err != nil {
		return err
	}
	return tx.AsShared(func(shared *db.SharedTx) error { return shared.TenantFieldsChanged(ctx, tx.TenantID()) })
}

// check looks at what a form says of a field; were are the options that it had.
func (d *Definition) check(t entity.FieldType, were []entity.Option, invalid map[string]string) {
	bound := func(name, text string, most int) {
		if n := len([]rune(text)); n > most {
			invalid[name] = fmt.Sprintf("Too long: %d of at most %d characters.", n, most)
		}
	}
	if d.Label = entity.Line(d.Label); d.Label == "" {
		invalid["label"] = "A field needs a name."
	}
	bound("label", d.Label, maxLabel)
	bound("help", d.Help, 200)
	bound("section", d.Section, maxLabel)
	for _, s := range d.Show {
		if !slices.ContainsFunc(entity.ShowIn, func(o entity.Option) bool { return o.Value == s }) {
			invalid["show[]"] = "“" + s + "” is not one of the choices."
		}
	}
	if !t.Chooses() {
		d.Options = nil
	} else {
		d.checkOptions(were, invalid)
	}
	if t.Type == nil || d.Preset == "" || len(invalid) > 0 {
		return
	}
	f := CustomField(tenantdb.FieldListRow{Key: "x_preset", Label: "The default", Type: d.Type, Options: d.Options})
	f.Type, f.Max = t.Type, t.Max
	if _, err := f.Parse(d.Preset, nil, entity.Formats{}); err != nil || t.Type == entity.TypeReference {
		invalid["default"] = "A field of this type can’t begin with this."
	}
}

// checkOptions gives new options a value of their own, which never changes.
func (d *Definition) checkOptions(were []entity.Option, invalid map[string]string) {
	var out []entity.Option
	for _, o := range d.Options {
		o.Label = entity.Line(o.Label)
		same := func(x entity.Option) bool { return entity.Fold(x.Label) == entity.Fold(o.Label) }
		switch {
		case o.Label == "":
			continue
		case len([]rune(o.Label)) > maxLabel || strings.Contains(o.Label, ","):
			invalid["options[]"] = "An option has up to " + strconv.Itoa(maxLabel) + " characters and no comma: “" + o.Label + "”."
		case slices.ContainsFunc(out, same):
			invalid["options[]"] = "“" + o.Label + "” is there twice."
		}
		if !slices.ContainsFunc(were, func(x entity.Option) bool { return x.Value == o.Value }) {
			o.Value = ""
			if i := slices.IndexFunc(were, same); i >= 0 {
				o.Value = were[i].Value
			}
		}
		if o.Color == "" {
			o.Color = optionColors[len(out)%len(optionColors)]
		} else if !slices.Contains(optionColors, o.Color) {
			invalid["options[]"] = "Choose a colour of the list."
		}
		out = append(out, o)
	}
	for i := range out {
		if out[i].Value == "" {
			out[i].Value = unique(slug(out[i].Label, 36), func(v string) bool {
				is := func(x entity.Option) bool { return x.Value == v }
				return slices.ContainsFunc(out, is) || slices.ContainsFunc(were, is)
			})
		}
	}
	switch {
	case len(out) == 0:
		invalid["options[]"] = "Write at least one option."
	case len(out) > maxOptions:
		invalid["options[]"] = "At most " + strconv.Itoa(maxOptions) + " options."
	}
	d.Options = out
}

var optionColors = []string{"blue", "green", "amber", "red", "gray"}

// options and show are never null.
func options(o []entity.Option) []entity.Option { return append([]entity.Option{}, o...) }
func show(s []string) []string                  { return append([]string{}, s...) }

// slug is a name in small letters, digits and _, up to n of them; "field" for what has none.
func slug(name string, n int) string {
	var out strings.Builder
	for _, r := range entity.Words(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			out.WriteRune(r)
		case out.Len() > 0 && !strings.HasSuffix(out.String(), "_"):
			out.WriteByte('_')
		}
	}
	s := out.String()
	if s = strings.Trim(s[:min(len(s), n)], "_"); s == "" {
		return "field"
	}
	return s
}

// unique is s, or s with a number that is free.
func unique(s string, taken func(string) bool) string {
	out := s
	for i := 2; taken(out); i++ {
		out = s + "_" + strconv.Itoa(i)
	}
	return out
}
