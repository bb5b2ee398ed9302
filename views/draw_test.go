package views

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
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
