package views

import (
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// BoardPage is records in columns, by one of their fields.
type BoardPage struct {
	ListPage
	Columns   []BoardColumn
	Pipelines []tenantdb.PipelineListRow // to choose from, where the columns are stages
	Pipeline  uuid.UUID
	Total     []BoardSum // of what is open, where the columns are stages
	Moved     uuid.UUID  // the record that was just moved, which flashes once
	Saved     *ui.Flash
	Notice    string
}

// BoardColumn is one value of the board's field.
type BoardColumn struct {
	Value, Label string
	Color        string // of the dot before it; "" for none
	URL          string // of its list; "" for none
	Percent      string // how probable what stands in it is; "" where that is not said
	Asks         string // the field that a card put here is asked for, by the look’s dialog; "" for none
	Fixed        bool   // cards can’t be put here by hand
	Closed       bool   // what stands here is done with
	Count        int    // of all, whatever is shown
	Sums         []BoardSum
	Cards        []entity.Record
	Next         string // cursor of the cards below; "" at the end
}

// BoardSum is what a column's records amount to, in one currency.
type BoardSum struct {
	Text     string
	Weighted string // by probability; "" where that is not said
}

// by is the field whose values are the columns.
func (p BoardPage) by() *entity.Field { return p.Look.Field(p.Look.Board) }

// ordered reports whether cards have places of their own in a column.
func (p BoardPage) ordered() bool { return p.by().Type == entity.TypeReference }

func (p BoardPage) moreURL(c BoardColumn) string {
	q := p.Query()
	q.Set("column", c.Value)
	q.Set("after", c.Next)
	return address(p.Look.Path, q)
}

// newURL is the form of a record that begins in a column, and comes back.
func (p BoardPage) newURL(c BoardColumn) string {
	return address(p.Look.Path+"/new", url.Values{p.by().Name: {c.Value}, "return": {p.TopURL()}})
}

func (p BoardPage) pipelineURL(id uuid.UUID) string {
	return p.Look.Path + "?" + url.Values{"pipeline": {id.String()}}.Encode()
}

func (p BoardPage) pipelineName() string {
	for _, x := range p.Pipelines {
		if x.ID == p.Pipeline {
			return x.Name
		}
	}
	return ""
}

// moveURL is where a card is put into another column.
func (p BoardPage) moveURL(r entity.Record) string { return r.URL() + "/" + p.by().Param }

// fixed reports whether a card stays where the program put it.
func (p BoardPage) fixed(r entity.Record) bool {
	o, _ := p.by().Choice(r.Values.Text(p.by().Name))
	return o.Fixed
}

// foot is what a card shows of a field at its foot: a day, or a cell; neither of fields that
// are for the card alone.
func (p BoardPage) foot(r entity.Record, name string) (day string, c cell) {
	f := p.Look.Field(name)
	switch v := r.Values[name].(type) {
	case entity.Day:
		return p.NearDay(time.Time(v)), c
	case entity.Money:
		return "", cellOf(f, r, p.Formats)
	case entity.Text:
		if c = cellOf(f, r, p.Formats); c.color != "" {
			return "", c
		}
	}
	return "", cell{}
}

// IdleAfter is how long what is open may rest before it is flagged.
const IdleAfter = 14 * 24 * time.Hour

// idle reports whether nothing happened for long to a record that waits, and for how many days.
func (p BoardPage) idle(r entity.Record) (days int, is bool) {
	if p.Look.Card.Idle == nil {
		return 0, false
	}
	at := p.Look.Card.Idle(r)
	if at == nil {
		return 0, false
	}
	rest := p.Now.Sub(*at)
	return int(rest.Hours() / 24), rest > IdleAfter
}

func cardDetail(l *Look, r entity.Record) string {
	f := l.Field(l.Card.Detail)
	return f.Type.Show(r.Values[f.Name], f, entity.Formats{})
}

func ownerOf(r entity.Record) string { return r.Values.Ref(ownerName(r.Entity)).Name }
