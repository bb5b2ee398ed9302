package views

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views/ui"
)

// drawnList is a customers list as a workspace's first page has it.
func drawnList() ListPage {
	look := LookOf(entity.Customer)
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	p := ListPage{
		Shell: Shell{Title: "Customers", Section: "customers", Workspace: "Ferrari", Name: "Enzo", Email: "enzo@ferrari.test", CanWrite: true,
			Formats: entity.Formats{Zone: time.UTC, Currency: "EUR", Now: now}, Keymap: Keymap("")},
		Look: look, Sort: "name", Count: 10_000, Next: "cursor",
	}
	for i := range 50 {
		p.Rows = append(p.Rows, entity.Record{Entity: look.Entity, ID: uuid.NewSHA1(uuid.NameSpaceURL, []byte{byte(i)}), Version: 1,
			Values: entity.Values{
				"name": entity.Text(fmt.Sprint("Müller & Söhne ", i)), "type": entity.Text("customer"),
				"domain":   entity.Text(fmt.Sprint("mueller", i, ".example")),
				"industry": entity.Text("Machinery"), "city": entity.Text("Graz"), "country": entity.Text("AT"),
				"annual_revenue": entity.Money{Minor: int64(i) * 1_234_567}, "owner_id": entity.Ref{ID: uuid.Max, Name: "Enzo Ferrari"},
				"updated_at": entity.Moment(now.Add(-time.Duration(i) * time.Hour)),
			}})
	}
	return p
}

// What a list costs to draw: a row's bytes, and what is allocated for the page. The figures are
// budgets; who needs more says what for.
func TestDrawingBudget(t *testing.T) { //nolint:paralleltest // it counts the process's allocations
	var whole, empty bytes.Buffer
	p := drawnList()
	if err := List(p).Render(t.Context(), &whole); err != nil {
		t.Fatal(err)
	}
	rows := len(p.Rows)
	p.Rows = p.Rows[:1]
	if err := List(p).Render(t.Context(), &empty); err != nil {
		t.Fatal(err)
	}
	if n := (whole.Len() - empty.Len()) / (rows - 1); n > 700 {
		t.Errorf("a row takes %d bytes", n)
	}
	p = drawnList()
	if n := testing.AllocsPerRun(20, func() {
		whole.Reset()
		_ = List(p).Render(t.Context(), &whole)
	}); n > 1400 {
		t.Errorf("a list of %d rows takes %.0f allocations", rows, n)
	}
}

// What is drawn piece by piece is escaped as templ does it.
func TestDrawingEscapes(t *testing.T) {
	t.Parallel()
	const evil = `<b>"Ann" & 'Bo'</b> javascript:alert(1)`
	var b bytes.Buffer
	err := ui.Draw(func(d *ui.Drawing) {
		d.Text(evil)
		d.Markup("|")
		d.URL("javascript:alert(1)")
		d.Markup("|")
		d.Monogram("<script>")
	}).Render(t.Context(), &b)
	want := templ.EscapeString(evil) + "|" + templ.EscapeString(string(templ.URL("javascript:alert(1)"))) + `|<span class="monogram ` +
		ui.Hue("<script>") + `" aria-hidden="true">&lt;</span>`
	if got := b.String(); err != nil || got != want {
		t.Errorf("%q, want %q; %v", got, want, err)
	}
}

func BenchmarkList(b *testing.B) {
	p := drawnList()
	var buf bytes.Buffer
	for b.Loop() {
		buf.Reset()
		if err := List(p).Render(b.Context(), &buf); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.SetBytes(int64(buf.Len()))
}
