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

// cell is what a list shows of a record's field.
type cell struct {
	text, color string // color: of a tag
	at          *time.Time
	due         *entity.Due // of what is not done yet
	href        string      // where the text leads; "" nowhere
	empty       bool        // and said so
}

// cellOf is what a list shows of the field.
func cellOf(f *entity.Field, r entity.Record, l entity.Formats) cell {
	v := r.Values[f.Name]
	switch v := v.(type) {
	case nil:
		return cell{empty: f.Refers == entity.Member || f.Type == entity.TypeMoney || f.Type == entity.TypeDay}
	case entity.Text:
		if o, ok := f.Choice(string(v)); ok {
			return cell{text: o.Label, color: o.Color}
		}
	case entity.Ref:
		c := cell{text: v.Name, color: v.Color}
		if to := entity.For(entity.Kind(r.Values.Text(f.RefersIn))); to != nil && v.Name != "" {
			c.href = to.URL(v.ID)
		}
		return c
	case entity.Day:
		if f.Ended != "" && r.Values[f.Ended] == nil {
			return cell{due: &entity.Due{On: new(time.Time(v))}}
		}
	case entity.Moment:
		at := time.Time(v)
		return cell{at: &at}
	case entity.Due:
		if r.Values[f.Ended] == nil {
			return cell{due: &v}
		}
		return cell{text: l.DueText(v.On, v.At)} // what is done is late no more
	}
	c := cell{text: f.Type.Show(v, f, l)}
	if t, ok := v.(entity.Text); ok {
		c.href = textLink(f.Type, string(t))
	}
	return c
}

// fit says of a column how its cells fit in: what people copy or dial is never cut.
func fit(f *entity.Field) string {
	switch f.Type {
	case entity.TypePhone, entity.TypeMoney, entity.TypeDay, entity.TypeDue, entity.TypeMoment, entity.TypeSelect, entity.TypeNumber:
		return " whole"
	case entity.TypeEmail, entity.TypeDomain, entity.TypeURL:
		return " wrap"
	}
	if f.Refers == entity.Stage {
		return " whole"
	}
	return ""
}

// drawRows draws the rows: nearly all that the program draws.
func (p ListPage) drawRows(d *ui.Drawing) {
	columns := p.Look.Columns[1:]
	fields := make([]*entity.Field, len(columns))
	for i, c := range columns {
		fields[i] = p.Look.Field(c.Field)
	}
	for _, r := range p.Rows {
		name := r.Name()
		d.Markup(`<tr><td class="first"><a class="name" href="`)
		d.Text(r.URL())
		d.Markup(`">`)
		d.Monogram(name)
		d.Markup(`<span dir="auto">`)
		d.Text(name)
		d.Markup(`</span></a></td>`)
		for i, c := range columns {
			d.Markup(`<td class="`)
			d.Text(c.Cell)
			d.Markup(`">`)
			x := cellOf(fields[i], r, p.Formats)
			if c.With != "" {
				x.text = place(x.text, r.Values.Text(c.With))
			}
			x.draw(d, p.Formats)
			d.Markup(`</td>`)
		}
		d.Markup(`</tr>`)
	}
}

func (x cell) draw(d *ui.Drawing, f entity.Formats) {
	switch {
	case x.color != "":
		d.Markup(`<span class="`)
		d.Text(tagClass(x.color))
		d.Markup(`">`)
		d.Text(x.text)
		d.Markup(`</span>`)
	case x.href != "":
		d.Markup(`<a class="reach" href="`)
		d.URL(x.href)
		d.Markup(`">`)
		d.Text(x.text)
		d.Markup(`</a>`)
	case x.at != nil:
		d.Relative(*x.at, f)
	case x.due != nil:
		d.DueTime(x.due.On, x.due.At, f)
	case x.empty:
		d.Markup(`<span class="faint">—</span>`)
	default:
		d.Text(x.text)
	}
}

// label is a column's head.
func (l *Look) label(c Column) string {
	if c.Label != "" {
		return c.Label
	}
	return l.Field(c.Field).Label
}

// sort is what a click on a column's head sorts by, "" for nothing.
func (l *Look) sort(c Column) string {
	if f := l.Field(c.Field); f.Sort {
		return f.Param
	}
	return ""
}

// ListPage is a list with its filters.
type ListPage struct {
	Shell
	Look   *Look
	Filter tenantdb.Filter
	Sort   string // as it is in force: "name", "-updated_at"
	After  string
	Layout string // "table" where that is not the default
	Rows   []entity.Record
	Next   string // cursor of the next page; "" at the end
	Shown  int    // rows shown from the top, once "Load more" has added some
	Count  int
	// Uncounted says that there are more than Count.
	Uncounted bool
	Options   []tenantdb.FilterOptionsRow
	Choices   map[string][]ui.Option // of the filters whose options are the workspace's
	Me        uuid.UUID
	Board     bool         // columns of cards: no sort, no filter by column
	Layouts   []LayoutLink // other ways to look at the same records
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
	return address(p.Look.Path, q)
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

// Query is the list's state as its URL has it.
func (p ListPage) Query() url.Values {
	q := FilterQuery(p.Look, p.Filter)
	set := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	set("layout", p.Layout)
	if p.Sort != p.Look.DefaultSort {
		set("sort", p.Sort)
	}
	if p.Shown > 0 {
		q.Set("rows", strconv.Itoa(p.Shown))
	}
	return q
}

// FilterQuery is a filter of a list as a URL has it.
func FilterQuery(l *Look, f tenantdb.Filter) url.Values {
	q := filterQuery(f)
	if len(q) == 0 && l.Default != nil {
		q.Set("owner", "any") // or it would be what the list begins with
	}
	return q
}

func filterQuery(f tenantdb.Filter) url.Values {
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
	for field, r := range f.Dates {
		for name, v := range rangeParams(field, r) {
			set(name, v)
		}
	}
	if f.NoTask {
		q.Set("next", "none")
	}
	return q
}

// rangeParams are a part of the time as a URL has it.
func rangeParams(field string, r entity.Range) map[string]string {
	switch {
	case r.None:
		return map[string]string{field + ".empty": "true"}
	case r.Word != "":
		return map[string]string{field: r.Word}
	}
	return map[string]string{field + ".gte": dayParam(r.Since), field + ".lt": dayParam(r.Until)}
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
func (p ListPage) Filtered() bool { return len(filterQuery(p.Filter)) > 0 }

func (p ListPage) has(param, value string) bool { return slices.Contains(p.Filter.Match[param], value) }

func (p ListPage) choices(c choice) []ui.Option {
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

// boardParam is the filter that the columns of a board stand for, "" without a board.
func (p ListPage) boardParam() string {
	if f := p.Look.Field(p.Look.Board); f != nil {
		return f.Param
	}
	return ""
}

// chips are the filters that the bar has.
func (p ListPage) chips() []chip {
	out := []chip{p.sortChip()}
	for _, c := range p.Look.choices() {
		out = append(out, p.choiceChip(c))
	}
	for _, d := range p.Look.Dates {
		out = append(out, p.dateChip(d))
	}
	out = append(out, p.ownerChip())
	if len(p.options("tag")) > 0 {
		out = append(out, p.tagChip())
	}
	return out
}

func (p ListPage) sortChip() chip {
	return chip{ID: "sort-chip", Label: "Sort: " + p.columnLabel(strings.TrimPrefix(p.Sort, "-")), On: p.Sort != p.Look.DefaultSort}
}

func (p ListPage) columnLabel(sort string) string {
	for _, c := range p.Look.Columns {
		if p.Look.sort(c) == sort {
			return p.Look.label(c)
		}
	}
	return strings.ReplaceAll(sort, "_", " ")
}

func (p ListPage) choiceChip(choice choice) chip {
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

// begins reports whether the list is as its kind's begins.
func (p ListPage) begins() bool {
	if p.Look.Default == nil {
		return false
	}
	q := filterQuery(p.Filter)
	if q.Get("owner") == p.Me.String() {
		q.Set("owner", "me")
	}
	return q.Encode() == p.Look.Default.Encode()
}

// anybody is the owner of a list that is narrowed to nobody's.
func (p ListPage) anybody() string {
	if p.Look.Default != nil {
		return "any"
	}
	return ""
}

func (p ListPage) ownerLabel() string { return p.Look.Owner().Label }

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
	if kind == "tag" && p.Filter.Tag != "" &&
		!slices.ContainsFunc(out, func(o tenantdb.FilterOptionsRow) bool { return strings.EqualFold(o.Name, p.Filter.Tag) }) {
		out = append(out, tenantdb.FilterOptionsRow{Kind: kind, Name: p.Filter.Tag})
	}
	if kind == "member" && p.Filter.OwnerID != uuid.Nil &&
		!slices.ContainsFunc(out, func(o tenantdb.FilterOptionsRow) bool { return o.ID == p.Filter.OwnerID }) {
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
		if slices.ContainsFunc(p.Look.choices(), func(c choice) bool { return c.Param == field }) || len(p.Filter.Match[field]) == 0 {
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
	for _, field := range slices.Sorted(maps.Keys(p.Filter.Dates)) {
		r := p.Filter.Dates[field]
		if slices.Contains(p.Look.Dates, field) && r.Word != "" {
			continue // its menu says so
		}
		e := extra{Label: p.dateLabel(field) + p.rangeText(r)}
		q := p.Query()
		for name, v := range rangeParams(field, r) {
			if v != "" {
				e.Params = append(e.Params, [2]string{name, v})
			}
			q.Del(name)
		}
		e.Remove = address(p.Look.Path, q)
		out = append(out, e)
	}
	return out
}

// dateLabel is what a date is called that a list is narrowed by.
func (p ListPage) dateLabel(param string) string {
	for i := range p.Look.Fields {
		if f := &p.Look.Fields[i]; f.Dated && f.Param == param {
			return f.Label
		}
	}
	return ""
}

// rangeText says what comes behind the name of a date.
func (p ListPage) rangeText(r entity.Range) (text string) {
	for _, w := range entity.RangeWords {
		if w.Value == r.Word && r.Word != "" {
			return ": " + strings.ToLower(w.Label)
		}
	}
	if !r.Since.IsZero() {
		text += " from " + p.Date(r.Since)
	}
	if !r.Until.IsZero() {
		text += " until " + p.Date(r.Until.AddDate(0, 0, -1))
	}
	return text
}

func (p ListPage) dateChip(param string) chip {
	r, on := p.Filter.Dates[param]
	c := chip{ID: param + "-chip", Label: p.dateLabel(param), On: on && r.Word != ""}
	if c.On {
		c.Label += p.rangeText(r)
	}
	return c
}

func (p ListPage) countText() string {
	if p.Uncounted {
		return p.Formats.Count(p.Count) + "+"
	}
	return p.Formats.Count(p.Count)
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
	if next == p.Look.DefaultSort {
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

// clearURL is the list without its filters.
func (p ListPage) clearURL() string {
	p.Filter, p.Shown = tenantdb.Filter{}, 0
	q := p.Query()
	q.Del("sort")
	return address(p.Look.Path, q)
}
