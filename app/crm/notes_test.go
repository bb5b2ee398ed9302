package crm

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Who a text names.
func TestMentions(t *testing.T) {
	t.Parallel()
	var members []tenantdb.MemberListRow
	for _, name := range []string{"Anna Rossi", "Anna-Lena Graf", "Jean Dupont", "Jean-Luc Picard", "Jürgen Groß", "Бьёрн Ульвеус", "田中 太郎",
		"Max Muster", "Max Mustermann", "O’Brien Conan", "Bo", "Bo Derek"} {
		members = append(members, tenantdb.MemberListRow{ID: uuid.NewSHA1(uuid.Nil, []byte(name)), Name: name, Active: true})
	}
	members = append(members, tenantdb.MemberListRow{ID: uuid.New(), Name: "Gone Away"})
	for text, want := range map[string]string{
		"@Anna Rossi": "Anna Rossi", "ask @anna": "Anna Rossi", "@Anna-Lena please": "Anna-Lena Graf", "@anna-lena graf": "Anna-Lena Graf",
		"@Jean-Luc": "Jean-Luc Picard", "@Jean, @Jean-Luc": "Jean Dupont, Jean-Luc Picard", "@Jean-Paul": "",
		"@jurgen": "Jürgen Groß", "@Juergen Gross": "Jürgen Groß", "@JÜRGEN": "Jürgen Groß", "@бьерн": "Бьёрн Ульвеус",
		"@o'brien": "O’Brien Conan", "@O’Brien": "O’Brien Conan",
		`"@Anna"`: "Anna Rossi", "“@Anna”": "Anna Rossi", "(@Anna)": "Anna Rossi", "[@Anna]": "Anna Rossi", "a/@Anna": "Anna Rossi",
		"—@Anna": "Anna Rossi", "-@Anna-": "Anna Rossi", "*@Anna*": "Anna Rossi", "@Anna's": "", "@Anna: yes": "Anna Rossi",
		"株式会社@田中さん": "田中 太郎", "確認@Anna。": "Anna Rossi", "@Anna你好": "Anna Rossi", "@田中 太郎": "田中 太郎",
		"@Max Mustermann": "Max Mustermann", "@Max Muster": "Max Muster", "@Max": "", "@Bo": "Bo", "@Bo Derek": "Bo Derek",
		"joe@anna.example": "", "x@Anna": "", "1@Anna": "", "@Annabel": "", "@Gone": "", "@": "", "@@Anna": "Anna Rossi",
	} {
		var got []string
		for _, id := range Mentions(text, members) {
			for _, m := range members {
				if m.ID == id {
					got = append(got, m.Name)
				}
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q names %q, want %q", text, got, want)
		}
	}
}

func TestCore(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"ACME Holding GmbH & Co. KG": "acme holding", "Acme S.p.A.": "acme", "Acme, Inc.": "acme",
		"AG": "ag", "Café Zürich AG": "cafe zurich", "Co-op": "co op", "S.A.": "s", "": ""} {
		if got := core(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
