package tenantdb_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/entity"
)

// folded are texts of many scripts, and the signs in them.
var folded = []string{
	"Álvaro", "Björn", "Núñez", "Бьёрн", "Йошкар-Ола", "Straße", "STRASSE", "Łódź", "Σωκράτης", "ΣΟΦΟΣ", "İstanbul", "ıssız", "Đorđe", "Ægir",
	"Þór", "Œuvre", "ﬁx", "Ａｃｍｅ", "™ ℡ №", "ガス", "ｶﾞｽ", "株式会社東京", "서울 주식회사", "की दुकान", "กรุงเทพ", "ירושלים", "יְרוּשָׁלַיִם", "مُحَمَّد",
	"أحمد",
	"Smith & Co.", "O’Brien's", "anna@acme.com", "100% (a_b)", "«Ici»", "a–b—c", "C++/C#", "S.p.A.", "Jose\u0301", "Nguyễn Văn", "Đặng",
	"e\u0323\u0302", "", " ", "&", "\t\n", "ĸŋħŧ", "ß", "¿Qué?", "日本、東京。",
}

// The database folds as the program does: a pattern that one makes finds what the other
// has kept.
func TestFolding(t *testing.T) {
	t.Parallel()
	su := pg.Superuser(t)
	compare := func(tb rapid.TB, text string) {
		var fold, words string
		if err := su.QueryRow(t.Context(), `select ext.fold($1), ext.words($1)`, text).Scan(&fold, &words); err != nil {
			tb.Fatal(err)
		}
		if want := entity.Fold(text); fold != want {
			tb.Errorf("fold(%q) is %q (%+q) in the database, %q (%+q) in the program", text, fold, fold, want, want)
		}
		if want := entity.Words(text); words != want {
			tb.Errorf("words(%q) is %q in the database, %q in the program", text, words, want)
		}
	}
	for _, text := range folded {
		compare(t, text)
	}
	letters := rapid.StringOfN(rapid.SampledFrom([]rune(join(folded)+"abcXYZ ÄÖÜäöüßéèêçñãõåøæ'’-.@%_\\ΑΒΓάέήЖЩЪёй가나다漢字かな")), 0, 30, -1)
	rapid.Check(t, func(rt *rapid.T) { compare(rt, letters.Draw(rt, "text")) })
	var known int
	if err := su.QueryRow(t.Context(),
		`select count(*) from pg_proc where pronamespace = 'ext'::regnamespace and proname in ('fold', 'words', 'search_text')
			and provolatile = 'i'`).Scan(&known); err != nil || known != 3 {
		t.Errorf("%d functions are immutable: %v", known, err)
	}
}

func join(texts []string) (out string) {
	for _, t := range texts {
		out += t
	}
	return out
}
