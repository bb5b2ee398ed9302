package entity

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Line is a line of text as it is kept: composed (NFC), its blanks single, without
// control characters, and without signs that nobody sees where they mean nothing. What
// shows nothing at all, such as a name of U+3164, is "".
func Line(s string) string {
	s = strings.Join(strings.Fields(strings.Map(visible, norm.NFC.String(s))), " ")
	return shown(strings.TrimFunc(s, blank))
}

// shown is "" for a text of nothing but signs that show nothing of themselves, such as
// those that choose how the one before them looks.
func shown(s string) string {
	if strings.TrimFunc(s, func(r rune) bool {
		return blank(r) || r >= 0xe0020 && r <= 0xe007f || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
	}) == "" {
		return ""
	}
	return s
}

// Paragraphs is Line for text of several lines, whose blanks and tabs stay.
func Paragraphs(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return visible(r)
	}, norm.NFC.String(s))
	return shown(strings.TrimRightFunc(s, blank))
}

// Address is Line for what has no blanks or signs in it that count, such as an email
// address.
func Address(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Cc) || blankLetter(r) {
			return -1
		}
		return r
	}, Line(s))
}

// visible drops a control character, and those format characters that are left over
// when text is pasted: byte order marks, zero-width and soft breaks, and the overrides
// of direction, which make a text read as another one. Joiners stay: scripts and emoji
// are written with them.
func visible(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == 0x85:
		return ' '
	case unicode.Is(unicode.Cc, r), r == 0xad, r == 0x200b, r == 0x2060, r == 0xfeff, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return -1
	}
	return r
}

// blank tells what shows nothing at the end of a text. Emoji end with tags.
func blank(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc) && (r < 0xe0020 || r > 0xe007f) || blankLetter(r)
}

// blankLetter tells letters and signs that are drawn as nothing: the fillers of Hangul,
// and the Braille pattern without dots.
func blankLetter(r rune) bool {
	switch r {
	case 0x1d159, 0x115f, 0x1160, 0x2800, 0x3164, 0xffa0, 0x17b4, 0x17b5, 0x180e:
		return true
	}
	return false
}

// undecomposed are letters that have no decomposition and are typed without their
// stroke; as in ext.fold.
var undecomposed = strings.NewReplacer("ß", "ss", "ł", "l", "ø", "o", "đ", "d", "ð", "d", "ı", "i", "æ", "ae", "œ", "oe", "þ", "th", "ħ",
	"h", "ŧ", "t", "ŋ", "n", "ĸ", "k", "ς", "σ")

// Fold is a text as it is compared: "Álvaro" and "alvaro", "Straße" and "strasse",
// "Бьёрн" and "бьерн" are the same. The database does it alike: ext.fold.
func Fold(s string) string {
	s = strings.Map(func(r rune) rune {
		if mark(r) {
			return -1
		}
		return r
	}, strings.ToLower(norm.NFKD.String(s)))
	return norm.NFC.String(undecomposed.Replace(s))
}

// signs part words; as in ext.words.
const signsBetween = "!\"#$%&()*+,-./:;<=>?@[\\]^_{|}~\t\n\r" + "«»“”„‚‹›–—‐‑·•、。・「」『』【】《》〈〉¡¿"

// Words are the words of a text as they are searched, a blank between them: folded,
// without signs. Each letter of a script without blanks is a word. It has no %, _ or \ in
// it, so it can stand in a pattern. The database does it alike: ext.words.
func Words(s string) string {
	var b strings.Builder
	for _, r := range Fold(s) {
		switch {
		case strings.ContainsRune("'`’ʼ‘", r):
		case strings.ContainsRune(signsBetween, r):
			b.WriteByte(' ')
		case unspaced(r):
			b.WriteByte(' ')
			b.WriteRune(r)
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// unspaced tells letters of scripts that have no blanks between words: Thai, Lao, Burmese,
// Khmer, and those of China, Japan and Korea.
func unspaced(r rune) bool {
	return r >= 0xe00 && r <= 0xeff || r >= 0x1000 && r <= 0x109f || r >= 0x1780 && r <= 0x17ff || r >= 0x2e80 && r <= 0x2fdf || r >= 0x3005 &&
		r <= 0x3007 ||
		r >= 0x3040 && r <= 0x30ff || r >= 0x31f0 && r <= 0x31ff || r >= 0x3400 && r <= 0x4dbf || r >= 0x4e00 && r <= 0x9fff || r >= 0xac00 &&
		r <= 0xd7af || r >= 0xf900 && r <= 0xfaff || r >= 0x20000 && r <= 0x3ffff
}

// SearchPatterns are LIKE patterns for one word of a search, any of which a record's search
// column is to match; none for a word of signs alone. A word of three letters may stand
// anywhere, a shorter one begins a word.
func SearchPatterns(word string) []string {
	var out []string
	for _, s := range []string{word, written.Replace(strings.ToLower(norm.NFC.String(word)))} {
		w := Words(s)
		if w == "" {
			continue
		}
		first, _ := utf8.DecodeRuneInString(w)
		if utf8.RuneCountInString(w) < 3 || unspaced(first) {
			w = " " + w
		}
		if p := "%" + w + "%"; !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// dialledNumber is a search for a phone number.
var dialledNumber = regexp.MustCompile(`^\+?[\d\s().\-/]{5,}$`)

// NumberPatterns are LIKE patterns, any of which a record’s search column is to match, for a
// search that is a phone number, however it is written; none for any other. The last seven
// digits do, for a number is kept with its country’s code or without.
func NumberPatterns(query string) []string {
	digits := numberOf(query)
	if digits == "" {
		return nil
	}
	out := []string{"%" + digits + "%"}
	if n := len(digits) - lastDigits; n > 0 {
		out = append(out, "%"+digits[n:]+" %", "%"+digits[n:])
	}
	return out
}

// lastDigits tell a number from others, whatever stands before them.
const lastDigits = 7

// numberOf are the digits of a search for a phone number, without zeros before them; "" for
// any other search.
func numberOf(query string) string {
	query = strings.Replace(strings.TrimPrefix(figures.Replace(query), "tel:"), "(0)", "", 1)
	if m := extension.FindStringSubmatch(query); m != nil {
		query = m[1]
	}
	if !dialledNumber.MatchString(query) {
		return ""
	}
	if digits := strings.TrimLeft(Digits(query), "0"); len(digits) >= 5 {
		return digits
	}
	return ""
}

// Finds reports whether a search for the words finds a text, as the search columns are
// searched: each of them, or the number that they are.
func Finds(words, text string) bool {
	if digits := numberOf(words); digits != "" {
		in := Digits(text)
		if strings.Contains(in, digits) || len(digits) > lastDigits && strings.HasSuffix(in, digits[len(digits)-lastDigits:]) {
			return true
		}
	}
	in := " " + strings.Join(Folds(text), " ")
	in = " " + Words(in)
	any := false
	for word := range strings.FieldsSeq(words) {
		patterns := SearchPatterns(word)
		if len(patterns) > 0 && !slices.ContainsFunc(patterns, func(p string) bool { return strings.Contains(in, strings.Trim(p, "%")) }) {
			return false
		}
		any = any || len(patterns) > 0
	}
	return any
}

// mark tells the marks above and below letters that one may leave out: accents, and
// the points of Hebrew and Arabic. Vowels of other scripts are letters.
func mark(r rune) bool {
	return r >= 0x300 && r <= 0x36f || r >= 0x591 && r <= 0x5bd || r >= 0x64b && r <= 0x65f || r == 0x670 ||
		r >= 0x1ab0 && r <= 0x1aff || r >= 0x1dc0 && r <= 0x1dff || r >= 0x20d0 && r <= 0x20ff || r >= 0xfe20 && r <= 0xfe2f
}

// written are the letters that are also written as two: as in ext.words.
var written = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ø", "oe", "å", "aa")

// Folds are a text's Fold, and the one that writes Jürgen as juergen where that differs.
func Folds(s string) []string {
	plain := Fold(s)
	if long := Fold(written.Replace(strings.ToLower(norm.NFC.String(s)))); long != plain {
		return []string{plain, long}
	}
	return []string{plain}
}
