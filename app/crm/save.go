package crm

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/notify"
)

// ErrChanged is answered when a record was changed by somebody else between being read and
// being written: to read it and try again is what helps.
var ErrChanged = errors.New("crm: changed by somebody else")

// Invalid is what is wrong with values, by field, in words for people. What is wrong with
// none of them in particular is under "".
type Invalid struct{ Fields map[string]string } //nolint:errname // data, named as what it is

func (e *Invalid) Error() string {
	var text strings.Builder
	text.WriteString("crm: invalid")
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		text.WriteString("; " + name + ": " + e.Fields[name])
	}
	return text.String()
}

// Message is the first thing that is wrong, by the fields' names.
func (e *Invalid) Message() string {
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		return e.Fields[name]
	}
	return ""
}

// Wrong is Invalid for one field.
func Wrong(field, message string) *Invalid { return &Invalid{map[string]string{field: message}} }

// RefusalError is why something can't be done, in words for people.
type RefusalError struct{ Reason string }

func (e *RefusalError) Error() string { return "crm: refused: " + e.Reason }

// Conflict is what two people changed differently: whoever saves last decides, with both
// before their eyes.
type Conflict struct { //nolint:errname // data, named as what it is
	Now         entity.Record // as the other one left it
	Differences []Difference
}

func (*Conflict) Error() string { return "crm: two people changed the same" }

// Difference is a field that two people changed.
type Difference struct {
	Field        *entity.Field
	Theirs, Mine entity.Value
}

// By is who does something, and the zone that says what a day is to them.
type By struct {
	Member  uuid.UUID      // uuid.Nil for nobody
	Zone    *time.Location // nil is UTC
	Manages bool           // the workspace
	// Currency is the workspace's: of amounts whose record names none.
	Currency string
}

func (b By) zone() *time.Location {
	if b.Zone == nil {
		return time.UTC
	}
	return b.Zone
}

// Draft is a record to be made. Fields that it does not name have their defaults.
type Draft struct {
	Kind   entity.Kind
	Values entity.Values
	By     By
	Made   *entity.Record // where it is put as it was made; nil for nowhere
}

// Change is what somebody changes of a record.
type Change struct {
	Record  entity.Record // as it was read in this transaction
	Version int32         // that they saw; 0 for the current one, whichever that is
	Set     entity.Values // the fields that they changed, and perhaps some that they did not
	Seen    entity.Values // what fields held when they saw them, as far as is known
	By      By
	Now     *entity.Record // where it is put as it is then; nil for nowhere
}

// writing is a record on its way to the database; a kind's rule looks at it, and completes
// it.
type writing struct {
	*db.TenantTx
	entity *entity.Entity
	id     uuid.UUID
	was    entity.Values // nil for a new record
	copied entity.Values // of a new record, from another one
	v      entity.Values
	by     By
	quiet  bool           // whose it becomes is told otherwise
	later  []func() error // checks that go with the write
	now    *entity.Record // where it is put as it is then; nil for nowhere
}

// isNew reports whether the record is about to be made.
func (w *writing) isNew() bool { return w.was == nil }

// changed reports whether the field is about to hold something else.
func (w *writing) changed(field string) bool { return !entity.Equal(w.was[field], w.v[field]) }

// ruleOf is what a kind asks beyond what its fields say, nil for nothing.
func ruleOf(k entity.Kind) func(context.Context, *writing) error {
	return map[entity.Kind]func(context.Context, *writing) error{
		entity.Lead: leadRule, entity.Deal: dealRule, entity.Project: projectRule, entity.Task: taskRule,
	}[k]
}

// Locked is why nothing of a record can be changed, in words for people; "" when it can.
func Locked(r entity.Record) string {
	if lock := (map[entity.Kind]func(entity.Record) string{entity.Lead: leadLocked})[r.Entity.Kind]; lock != nil {
		return lock(r)
	}
	return ""
}

// Create makes a record with its tags. *Invalid where its values are; a kind's rule may
// refuse it.
func Create(ctx context.Context, tx *db.TenantTx, d Draft) (uuid.UUID, error) {
	return create(ctx, tx, d, nil, nil)
}

// create is Create with system fields, which nobody else may give, and of the values that it
// copies from another record: those are as good as they were there.
func create(ctx context.Context, tx *db.TenantTx, d Draft, system, copied entity.Values) (uuid.UUID, error) {
	e := tx.Entity(d.Kind)
	w := &writing{TenantTx: tx, entity: e, id: uuid.Must(uuid.NewV7()), v: d.Values.Normal(), copied: copied, by: d.By, now: d.Made}
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.System {
			delete(w.v, f.Name)
			w.v.Set(f.Name, system[f.Name])
		}
		if w.v[f.Name] == nil && f.Default != nil {
			w.v[f.Name] = f.Default
		}
	}
	w.inCurrency()
	if err := w.check(ctx); err != nil {
		return uuid.Nil, err
	}
	return w.id, w.write(ctx, func() error { return tx.RecordInsert(ctx, e, w.id, w.v) })
}

// Save writes what somebody changed, and reports whether that was anything. What others
// changed since they saw it stays where they did not touch it themselves; where both did,
// it is a *Conflict. *Invalid and refusals are as for Create; ErrChanged when somebody else
// writes the record at the same moment.
func Save(ctx context.Context, tx *db.TenantTx, c Change) (changed bool, err error) {
	return save(ctx, tx, c, false)
}

// save is Save; quiet where whose it becomes is told otherwise.
func save(ctx context.Context, tx *db.TenantTx, c Change, quiet bool) (changed bool, err error) {
	v, err := c.merge()
	if err != nil {
		return false, err
	}
	r := c.Record
	w := &writing{TenantTx: tx, entity: r.Entity, id: r.ID, was: r.Values, v: v, by: c.By, quiet: quiet, now: c.Now}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(v)), w.changed) {
		return false, nil
	}
	if err := w.check(ctx); err != nil {
		return false, err
	}
	return true, w.put(ctx, r)
}

// put writes the values over the record.
func (w *writing) put(ctx context.Context, r entity.Record) error {
	r.Values = w.v
	return w.write(ctx, func() error { return changedOne(w.RecordUpdate(ctx, r)) })
}

// write does what was found good in one flush, with the checks that could wait for it: what
// they refuse is taken back.
func (w *writing) write(ctx context.Context, row func() error) error {
	steps := slices.Concat(w.later, []func() error{row})
	tags := w.changed(entity.TagsField)
	if tags {
		steps = append(steps, func() error { return w.setTags(ctx) })
	}
	steps = append(steps, func() error { return w.tell(ctx) })
	read := func() error {
		r, err := w.RecordGet(ctx, w.entity, w.id)
		if err == nil {
			*w.now = r
		}
		return err
	}
	if w.now != nil && !tags {
		steps = append(steps, read)
	}
	if err := w.Batch(steps...); err != nil || w.now == nil || !tags {
		return err
	}
	return read() // with its tags
}

// tell tells whose it is now, and has a task's owner told when it is due. A kind may tell more.
func (w *writing) tell(ctx context.Context) error {
	if o := w.entity.Owner(); o != nil && w.changed(o.Name) && !w.quiet {
		to := w.v.Ref(o.Name).ID
		if me := w.MemberID(); to != uuid.Nil && me != uuid.Nil && to != me {
			err := notify.Tell(ctx, w.TenantTx, notify.Notice{Kind: entity.ToldAssigned, To: []uuid.UUID{to}, Subject: w.entity.Kind, ID: w.id})
			if err != nil {
				return err
			}
		}
	}
	switch w.entity.Kind {
	case entity.Deal:
		if !w.isNew() && w.changed("stage_id") {
			return tellMoved(ctx, w.TenantTx, w.id, w.v.Ref("owner_id").ID, w.v.Ref("stage_id").ID, w.v.Text("lost_reason"))
		}
	case entity.Task:
		if at := w.v.Due("due_at").At; w.changed("due_at") && w.v.Text("status") != done && w.v["assignee_id"] != nil {
			return notify.Due(ctx, w.TenantTx, at)
		}
	}
	return nil
}

// setTags makes exactly the values' tags the record's, creating those that are new.
func (w *writing) setTags(ctx context.Context) error {
	tags, _ := w.v[entity.TagsField].(entity.Tags)
	ids, err := TagIDs(ctx, w.TenantTx, tags.Names())
	if err != nil {
		return err
	}
	return w.TaggingsReplace(ctx, string(w.entity.Kind), w.id, ids)
}

// Conflict returns what two people changed differently, nil for nothing.
func (c Change) Conflict() *Conflict {
	_, err := c.merge()
	var conflict *Conflict
	errors.As(err, &conflict)
	return conflict
}

// merge is the record's values with what is changed of them.
func (c Change) merge() (entity.Values, error) {
	set, saw, err := c.withAmounts()
	if err != nil {
		return nil, err
	}
	r := c.Record
	v := r.Values.Clone()
	var differences []Difference
	for i := range r.Entity.Fields {
		f := &r.Entity.Fields[i]
		mine, ok := set[f.Name]
		if !ok || f.System {
			continue
		}
		theirs := r.Values[f.Name]
		seen, known := saw[f.Name]
		switch {
		case entity.Equal(mine, theirs):
			continue
		case c.Version == 0 || c.Version == r.Version: // nobody else
		case known && entity.Equal(mine, seen): // not touched here: theirs
			continue
		case known && entity.Equal(theirs, seen): // not touched there: mine
		default:
			differences = append(differences, Difference{f, theirs, mine})
		}
		v.Set(f.Name, mine)
	}
	if len(differences) > 0 {
		return v, &Conflict{r, differences}
	}
	return v, nil
}

// check looks at the values that change, then asks the kind's rule.
func (w *writing) check(ctx context.Context) error {
	invalid := &Invalid{map[string]string{}}
	var references []func() error
	for i := range w.entity.Fields {
		f := &w.entity.Fields[i]
		if f.System || !w.isNew() && !w.changed(f.Name) && (f.RefersIn == "" || !w.changed(f.RefersIn)) {
			continue
		}
		v := w.v[f.Name]
		if f.Custom && v == nil && w.isNew() && !w.v.Has(f.Name) {
			continue // who does not ask for the team's own fields, such as a conversion, is not held up by them
		}
		copied := v != nil && entity.Equal(v, w.copied[f.Name])
		if err := f.Check(w.news(f, v)); err != nil && !copied {
			invalid.Fields[f.Name] = entity.Message(err)
			continue
		}
		references = append(references, func() error { return w.checkReferences(ctx, f) })
	}
	w.checkAmounts(invalid)
	rule := ruleOf(w.entity.Kind)
	if rule == nil && len(invalid.Fields) == 0 && !w.isNew() { // nothing else hangs on them
		w.later = references
		return nil
	}
	for i, check := range references {
		references[i] = func() error {
			err := check()
			if is, ok := errors.AsType[*Invalid](err); ok {
				maps.Copy(invalid.Fields, is.Fields)
				return nil
			}
			return err
		}
	}
	if err := w.Batch(references...); err != nil {
		return err
	}
	if len(invalid.Fields) > 0 {
		return invalid
	}
	if rule != nil {
		return rule(ctx, w)
	}
	return nil
}

// news is what of a value must be checked: of choices those that were not made before, for
// what is no option any more may stay.
func (w *writing) news(f *entity.Field, v entity.Value) entity.Value {
	choices, ok := v.(entity.Choices)
	was, _ := w.was[f.Name].(entity.Choices)
	if !ok || len(was) == 0 {
		return v
	}
	return slices.DeleteFunc(slices.Clone(choices), func(c string) bool { return slices.Contains(was, c) })
}

// checkReferences refuses a new reference to a member who left, or to a record that is in
// the trash or not there. What was there before may stay.
func (w *writing) checkReferences(ctx context.Context, f *entity.Field) error {
	kind := f.Refers
	if f.RefersIn != "" {
		if kind = entity.Kind(w.v.Text(f.RefersIn)); !kind.Valid() && w.v[f.Name] != nil {
			return Wrong(f.Name, "Choose what this is about.")
		}
	}
	var refs entity.Refs
	switch v := w.v[f.Name].(type) {
	case entity.Ref:
		refs = entity.Refs{v}
	case entity.Refs:
		was, _ := w.was[f.Name].(entity.Refs)
		for _, r := range v {
			if !slices.ContainsFunc(was, func(x entity.Ref) bool { return x.ID == r.ID }) {
				refs = append(refs, r)
			}
		}
	}
	for _, r := range refs {
		var err error
		switch {
		case kind == entity.Member:
			err = checkMember(ctx, w.TenantTx, f.Name, r.ID)
		case kind.Valid():
			err = checkLink(ctx, w.TenantTx, f.Name, kind, r.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func checkMember(ctx context.Context, tx *db.TenantTx, field string, id uuid.UUID) error {
	ok, err := tx.MemberExists(ctx, id)
	if err == nil && !ok {
		err = Wrong(field, "This person is no member any more. Choose another.")
	}
	return err
}

func checkLink(ctx context.Context, tx *db.TenantTx, field string, kind entity.Kind, id uuid.UUID) error {
	r, err := tx.RecordState(ctx, kind, id, false)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && r.DeletedAt != nil {
		return Wrong(field, "This "+string(kind)+" is not there any more. Choose another.")
	}
	return err
}

func isInvalid(err error) bool {
	var is *Invalid
	return errors.As(err, &is)
}

func changedOne(n int64, err error) error {
	if err == nil && n == 0 {
		err = ErrChanged
	}
	return err
}
