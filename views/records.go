package views

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// Entity describes a kind of record: how its list, form and page look. What
// they all share is in records.templ.
type Entity struct {
	Kind        tenantdb.Kind
	Path        string // "/customers"
	One, Many   string // "customer", "customers"
	Icon        func() templ.Component
	Key         string // with g before it, the key that goes to the list
	Fields      []ui.Field
	Columns     []Column // of the list; the first is the name
	DefaultSort string
	Filters     []Choice
	SearchHint  string
	About       string // what it is for, where there is none yet
	Matched     string // the inputs by which a new one is looked for among those there are; "" for none
}

// Column is a column of a list.
type Column struct {
	Sort  string // the field that a click sorts by; "" for none
	Label string
	Class string // of its head
	Cell  string // of its cells; on a phone "first", "second", "side-1" and "side-2" stay
}

// Choice is a filter by some of a field's values.
type Choice struct {
	Param, Label string
	Options      []ui.Option // nil: those of ListPage.Choices
}

// Title is the plural as a heading.
func (e *Entity) Title() string { return strings.ToUpper(e.Many[:1]) + e.Many[1:] }

// URL is a record's address.
func (e *Entity) URL(id uuid.UUID) string { return e.Path + "/" + id.String() }

// Field returns the field's description, and false when there is none.
func (e *Entity) Field(name string) (ui.Field, bool) {
	for _, f := range e.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return ui.Field{}, false
}

// Entities are all kinds of records, in the order of the side navigation.
var Entities = []*Entity{&Customers, &Contacts, &Leads, &Deals, &Projects, &Tasks}

// EntityOf returns the description of a kind, nil when it is none.
func EntityOf(k tenantdb.Kind) *Entity {
	for _, e := range Entities {
		if e.Kind == k {
			return e
		}
	}
	return nil
}

// RecordURL is the address of a record of any kind, "" when that is none.
func RecordURL(kind string, id uuid.UUID) string {
	if e := EntityOf(tenantdb.Kind(kind)); e != nil {
		return e.URL(id)
	}
	return ""
}

// ListRow is a record as a list shows it.
type ListRow struct {
	ID    uuid.UUID
	Name  string
	Cells []templ.Component // under Columns[1:]
}

// ListPage is a list with its filters.
type ListPage struct {
	Shell
	Entity  *Entity
	Filter  tenantdb.Filter
	Sort    string // as it is in force: "name", "-updated_at"
	After   string
	Layout  string // "table" where that is not the default
	Rows    []ListRow
	Next    string // cursor of the next page; "" at the end
	Shown   int    // rows shown from the top, once "Load more" has added some
	Count   int
	Options []tenantdb.FilterOptionsRow
	Choices map[string][]ui.Option // of the filters whose options are the workspace's
	Me      uuid.UUID
	Board   bool         // columns of cards: no sort, no filter by column
	Layouts []LayoutLink // other ways to look at the same records
}

// LayoutLink leads to another layout.
type LayoutLink struct {
	Label, URL string
	Current    bool
	Icon       func() templ.Component
}

// URL is this list with one thing changed.
func (p ListPage) URL(key, value string) string {
	q := p.Query()
	if value == "" {
		q.Del(key)
	} else {
		q.Set(key, value)
	}
	return address(p.Entity.Path, q)
}

func address(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// moreURL asks for the next rows, and says how many are shown with them.
func (p ListPage) moreURL() string {
	p.Shown += len(p.Rows)
	return p.URL("after", p.Next)
}

// TopURL is this list from its top, with as many rows as are shown.
func (p ListPage) TopURL() string { return p.URL("after", "") }

// Query is the list's state as its address has it.
func (p ListPage) Query() url.Values {
	q := FilterQuery(p.Filter)
	set := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	set("layout", p.Layout)
	if p.Sort != p.Entity.DefaultSort {
		set("sort", p.Sort)
	}
	if p.Shown > 0 {
		q.Set("rows", strconv.Itoa(p.Shown))
	}
	return q
}

// FilterQuery is a filter as an address has it.
func FilterQuery(f tenantdb.Filter) url.Values {
	q := url.Values{}
	set := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	set("q", f.Query)
	set("tag", f.Tag)
	set("owner", ownerParam(f))
	for field, values := range f.Match {
		switch {
		case withoutValue(values):
			q.Set(field+".empty", "true")
		case len(values) > 0:
			q[field] = values
		}
	}
	if !f.Since.IsZero() || !f.Until.IsZero() {
		set("date", f.Date)
		set("from", dayParam(f.Since))
		set("to", dayParam(f.Until))
	}
	return q
}

// withoutValue tells the filter for records whose field is empty.
func withoutValue(values []string) bool { return len(values) == 1 && values[0] == "" }

func dayParam(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func ownerParam(f tenantdb.Filter) string {
	switch {
	case f.NoOwner:
		return "none"
	case f.OwnerID != uuid.Nil:
		return f.OwnerID.String()
	}
	return ""
}

// Filtered reports whether anything narrows the list.
func (p ListPage) Filtered() bool { return len(FilterQuery(p.Filter)) > 0 }

func (p ListPage) has(param, value string) bool { return slices.Contains(p.Filter.Match[param], value) }

func (p ListPage) choices(c Choice) []ui.Option {
	if c.Options != nil {
		return c.Options
	}
	return p.Choices[c.Param]
}

// chip is a filter in the bar above a list.
type chip struct {
	ID, Label string
	On        bool
}

// chips are the filters that the bar has.
func (p ListPage) chips() []chip {
	out := []chip{p.sortChip()}
	for _, c := range p.Entity.Filters {
		out = append(out, p.choiceChip(c))
	}
	out = append(out, p.ownerChip())
	if len(p.options("tag")) > 0 {
		out = append(out, p.tagChip())
	}
	return out
}

func (p ListPage) sortChip() chip {
	return chip{ID: "sort-chip", Label: "Sort: " + p.columnLabel(strings.TrimPrefix(p.Sort, "-")), On: p.Sort != p.Entity.DefaultSort}
}

func (p ListPage) columnLabel(sort string) string {
	for _, c := range p.Entity.Columns {
		if c.Sort == sort {
			return c.Label
		}
	}
	return strings.ReplaceAll(sort, "_", " ")
}

func (p ListPage) choiceChip(choice Choice) chip {
	values := p.Filter.Match[choice.Param]
	c := chip{ID: choice.Param + "-chip", Label: choice.Label, On: len(values) > 0}
	if n := len(values); n > 2 {
		c.Label += ": " + strconv.Itoa(n)
	} else if c.On {
		labels := make([]string, n)
		for i, v := range values {
			labels[i] = ui.Label(p.choices(choice), v)
		}
		c.Label += ": " + strings.Join(labels, ", ")
	}
	return c
}

func (p ListPage) ownerChip() chip {
	c := chip{ID: "owner-chip", Label: p.ownerLabel(), On: ownerParam(p.Filter) != ""}
	if p.Filter.NoOwner {
		c.Label += ": nobody"
	}
	for _, o := range p.options("member") {
		if o.ID == p.Filter.OwnerID {
			c.Label += ": " + o.Name
		}
	}
	return c
}

func (p ListPage) ownerLabel() string {
	if p.Entity.Kind == tenantdb.Task {
		return "Assignee"
	}
	return "Owner"
}

func (p ListPage) tagChip() chip {
	c := chip{ID: "tag-chip", Label: "Tag", On: p.Filter.Tag != ""}
	if c.On {
		c.Label += ": " + p.Filter.Tag
	}
	return c
}

func (p ListPage) options(kind string) []tenantdb.FilterOptionsRow {
	var out []tenantdb.FilterOptionsRow
	for _, o := range p.Options {
		if o.Kind == kind {
			out = append(out, o)
		}
	}
	// The one in force is always there, or the next search would drop it.
	if kind == "tag" && p.Filter.Tag != "" && !slices.ContainsFunc(out, func(o tenantdb.FilterOptionsRow) bool { return strings.EqualFold(o.Name, p.Filter.Tag) }) {
		out = append(out, tenantdb.FilterOptionsRow{Kind: kind, Name: p.Filter.Tag})
	}
	if kind == "member" && p.Filter.OwnerID != uuid.Nil && !slices.ContainsFunc(out, func(o tenantdb.FilterOptionsRow) bool { return o.ID == p.Filter.OwnerID }) {
		out = append(out, tenantdb.FilterOptionsRow{Kind: kind, ID: p.Filter.OwnerID, Name: "Former member"})
	}
	return out
}

// extra is a filter that has no menu: a link set it, and another takes it away.
type extra struct {
	Label  string
	Remove string
	Params [][2]string
}

// extras are the filters in force that the bar has no menu for.
func (p ListPage) extras() (out []extra) {
	for _, field := range slices.Sorted(maps.Keys(p.Filter.Match)) {
		if slices.ContainsFunc(p.Entity.Filters, func(c Choice) bool { return c.Param == field }) || len(p.Filter.Match[field]) == 0 {
			continue
		}
		e := extra{Label: strings.ToUpper(field[:1]) + field[1:] + ": ", Remove: p.URL(field, "")}
		if withoutValue(p.Filter.Match[field]) {
			e = extra{Label: "Without a " + field, Remove: p.URL(field+".empty", ""), Params: [][2]string{{field + ".empty", "true"}}}
			out = append(out, e)
			continue
		}
		for i, v := range p.Filter.Match[field] {
			e.Params = append(e.Params, [2]string{field, v})
			if i > 0 {
				e.Label += ", "
			}
			e.Label += ui.Label(p.Choices[field], v)
		}
		out = append(out, e)
	}
	if f := p.Filter; !f.Since.IsZero() || !f.Until.IsZero() {
		e := extra{Label: strings.ToUpper(f.Date[:1]) + f.Date[1:], Params: [][2]string{{"date", f.Date}, {"from", dayParam(f.Since)}, {"to", dayParam(f.Until)}}}
		if !f.Since.IsZero() {
			e.Label += " from " + p.Date(f.Since)
		}
		if !f.Until.IsZero() {
			e.Label += " until " + p.Date(f.Until.AddDate(0, 0, -1))
		}
		q := p.Query()
		for _, k := range []string{"date", "from", "to"} {
			q.Del(k)
		}
		e.Remove = address(p.Entity.Path, q)
		out = append(out, e)
	}
	return out
}

func (p ListPage) countText(n int) string { return countText(p.Formats, n) }

func countText(f entity.Formats, n int) string {
	if n > tenantdb.CountLimit {
		return f.Count(tenantdb.CountLimit) + "+"
	}
	return f.Count(n)
}

func ownerOption(o tenantdb.FilterOptionsRow, me uuid.UUID) string {
	if o.ID == me {
		return o.Name + " (you)"
	}
	return o.Name
}

// nextSort is what a click on a column's head asks for: ascending first, then
// turned round. "" is the list's default.
func (p ListPage) nextSort(field string) string {
	next := field
	if p.Sort == field {
		next = "-" + field
	}
	if next == p.Entity.DefaultSort {
		return ""
	}
	return next
}

func ariaSort(current, field string) string {
	switch current {
	case field:
		return "ascending"
	case "-" + field:
		return "descending"
	}
	return "none"
}

// Record is what the page and the form of every record need of it.
type Record struct {
	Entity    *Entity
	ID        uuid.UUID
	Version   int32
	Name      string
	Values    map[string]string // as the form shows them, empty ones included
	Labels    map[string]string // of what values name by id: the owner, the customer
	Tags      []ui.TagValue
	CreatedAt time.Time
	UpdatedAt time.Time
	DeletedAt *time.Time
	Badges    []templ.Component // beside the name
	Locked    string            // why nothing can be changed; "" when it can
}

// URL is the record's address.
func (r Record) URL() string { return r.Entity.URL(r.ID) }

func (r Record) editURL(f ui.Field) string { return r.URL() + "/edit?field=" + f.Name }

// Display is a field's value as people read it, "" when it has none.
func (r Record) Display(f ui.Field, formats entity.Formats) string {
	return Display(f, r.Values, ui.Form{}, r.Labels, formats)
}

// Display is the value of a field among values as people read it; labels are
// of what is named by id, else the form's options are asked.
func Display(f ui.Field, values map[string]string, form ui.Form, labels map[string]string, formats entity.Formats) string {
	v := values[f.Name]
	if f.Kind == ui.KindEmails || f.Kind == ui.KindPhones {
		var lines []string
		for _, p := range (ui.Form{Values: values}).Points(f.Name) {
			if p.Value != "" {
				lines = append(lines, pointText(f, p.Value)+labelSuffix(p.Label))
			}
		}
		return strings.Join(lines, "\n")
	}
	if v == "" {
		return ""
	}
	switch f.Kind {
	case ui.KindSelect:
		if f.Options != nil {
			return ui.Label(f.Options, v)
		}
	case ui.KindNumber:
		if n, err := strconv.Atoi(v); err == nil {
			return formats.Count(n)
		}
	case ui.KindMoney:
		code := formats.Currency
		if f.Currency != "" && values[f.Currency] != "" {
			code = values[f.Currency]
		}
		if n, in, err := formats.ParseMoney(v, code); err == nil && in == code {
			return formats.Money(n, code)
		}
	case ui.KindDate:
		if d, err := time.Parse(time.DateOnly, v); err == nil {
			return formats.Date(d)
		}
	case ui.KindTime:
		if d, err := time.Parse(time.DateOnly, v); err == nil {
			return formats.Date(d)
		}
		if t, err := time.ParseInLocation("2006-01-02 15:04", v, formats.Local(formats.Now).Location()); err == nil {
			return formats.Moment(t)
		}
	case ui.KindCheck:
		return map[string]string{"true": "Yes", "false": "No"}[v]
	case ui.KindTel:
		return entity.PhoneText(v)
	}
	if l := labels[f.Name]; l != "" {
		return l
	}
	if l := ui.Label(form.Options[f.Name], v); l != v {
		return l
	}
	return v
}

func labelSuffix(label string) string {
	if label == "" {
		return ""
	}
	return " (" + strings.ToLower(ui.Label(ui.PointLabels, label)) + ")"
}

// link is where a field's value leads, "" nowhere.
func (r Record) link(f ui.Field) string {
	v := r.Values[f.Name]
	if f.Kind == ui.KindEmails || f.Kind == ui.KindPhones {
		v = r.Values[f.Name+"[0][value]"]
	}
	switch {
	case v == "":
		return ""
	case f.Kind == ui.KindURL:
		return v
	case f.Name == "domain":
		return "https://" + v
	case f.Kind == ui.KindEmail || f.Kind == ui.KindEmails:
		return "mailto:" + v
	case f.Kind == ui.KindTel || f.Kind == ui.KindPhones:
		return phoneURL(v)
	case f.Kind == ui.KindRecord:
		return f.Path + "/" + v
	}
	return ""
}

// phoneURL dials a number (RFC 3966).
func phoneURL(v string) string {
	number, ext, _ := strings.Cut(v, " ext. ")
	if number != v {
		v = "+" + entity.Digits(number) + ";ext=" + ext
	}
	return "tel:" + v
}

// RecordPage is one record.
type RecordPage struct {
	Shell
	Record   Record
	Editing  string  // the field that is open for editing in place; "" for none
	Form     ui.Form // what it holds
	Version  string  // that the open field was seen at; "" when nobody knows
	Changed  string  // the field just saved, which flashes once
	Notice   string  // why something was not done
	Saved    *ui.Flash
	Actions  []templ.Component // beside Edit and Delete
	Related  []Related
	Tasks    []tenantdb.TasksAboutRow
	Timeline TimelinePage
}

// Related are records that belong to the one shown.
type Related struct {
	Entity *Entity
	Rows   []RelatedRow
	More   bool   // there are more than shown
	AllURL string // the list of all of them
	AddURL string // the form of another
}

// RelatedRow is one of them in short.
type RelatedRow struct {
	URL, Name, Detail string
	Badge             templ.Component
}

// canEdit reports whether the record's fields open for editing.
func (p RecordPage) canEdit() bool {
	return p.CanWrite && p.Record.DeletedAt == nil && p.Record.Locked == ""
}

// FormPage is the form of a new record or of one that exists.
type FormPage struct {
	Shell
	Entity   *Entity
	ID       uuid.UUID // uuid.Nil for a new one
	Name     string
	Version  string
	Was      map[string]string // what its fields held when the form was opened
	Form     ui.Form
	Conflict []Difference // what another person changed meanwhile
	Matches  []Match      // of a new one: what it may be
}

// Difference is a field that two people changed.
type Difference struct{ Label, Theirs, Yours string }

func (p FormPage) action() string {
	if p.ID == uuid.Nil {
		return p.Entity.Path
	}
	return p.Entity.URL(p.ID)
}

// moreOpen keeps "More fields" open where something in it is set or wrong.
func (p FormPage) moreOpen() bool {
	if p.ID != uuid.Nil {
		return true
	}
	for _, f := range p.Entity.Fields {
		if !f.Quick && (p.Form.Error(f.Name) != "" || p.Form.Value(f.Name) != "" && f.Kind != ui.KindCheck && f.Kind != ui.KindSelect) {
			return true
		}
	}
	return false
}

func (p FormPage) hasMore() bool {
	return slices.ContainsFunc(p.Entity.Fields, func(f ui.Field) bool { return !f.Quick && !f.Hidden && !f.ReadOnly })
}

func (p FormPage) hx() templ.Attributes {
	if p.ID == uuid.Nil {
		return templ.Attributes{"hx-post": p.action()}
	}
	return templ.Attributes{"hx-put": p.action()}
}

func tagURL(e *Entity, tag string) string { return e.Path + "?tag=" + url.QueryEscape(tag) }

func place(city, country string) string {
	if city != "" && country != "" {
		return city + ", " + country
	}
	return city + country
}

// clearURL is the list without its filters.
func (p ListPage) clearURL() string {
	p.Filter, p.Shown = tenantdb.Filter{}, 0
	q := p.Query()
	q.Del("sort")
	return address(p.Entity.Path, q)
}

func moneyCell(f entity.Formats, minor *int64, code string) templ.Component {
	if minor == nil {
		return cellDash("")
	}
	return cellText(f.Money(*minor, code))
}

func dateCell(f entity.Formats, d *time.Time) templ.Component {
	if d == nil {
		return cellDash("")
	}
	return cellText(f.Date(*d))
}

func pointText(f ui.Field, v string) string {
	if f.Kind == ui.KindPhones {
		return entity.PhoneText(v)
	}
	return v
}
