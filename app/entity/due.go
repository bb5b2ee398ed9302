package entity

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Due is when something is due: a day, or a moment, or neither.
type Due struct {
	On *time.Time // midnight UTC of the day, whatever the zone
	At *time.Time
	// Skipped is the time of day that was asked for, where the clocks skip it: At is then
	// when they go on. nil as a rule.
	Skipped *Clock
}

// Clock is a time of day.
type Clock struct{ Hour, Minute int }

func (c Clock) String() string {
	return time.Date(2000, 1, 1, c.Hour, c.Minute, 0, 0, time.UTC).Format("15:04")
}

// ClockOf is the time of day of a moment in its zone.
func ClockOf(t time.Time) Clock { return Clock{t.Hour(), t.Minute()} }

// On is the time of day on a day in a zone. Where the clocks skip it, it is when they
// go on: 02:30 becomes 03:00.
func (c Clock) On(d time.Time, zone *time.Location) time.Time {
	t := time.Date(d.Year(), d.Month(), d.Day(), c.Hour, c.Minute, 0, 0, zone)
	if ClockOf(t) == c && t.Day() == d.Day() {
		return t
	}
	// Either side of the gap that the clocks leave; t is within a few hours of it.
	before, after := t.Add(-26*time.Hour), t.Add(26*time.Hour)
	for after.Sub(before) > time.Second {
		middle := before.Add(after.Sub(before) / 2)
		if naive(middle).Before(naiveOn(d, c)) {
			before = middle
		} else {
			after = middle
		}
	}
	return after.Truncate(time.Minute)
}

func naiveOn(d time.Time, c Clock) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), c.Hour, c.Minute, 0, 0, time.UTC)
}

// naive is what the clock on the wall shows, as if there were no zones.
func naive(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// Note says what the clocks made of a time that they skip, "" otherwise.
func (f Formats) Note(d Due) string {
	if d.Skipped == nil || d.At == nil {
		return ""
	}
	return "The clocks skip " + d.Skipped.String() + " that night: it is " + f.Clock(*d.At) + "."
}

// Quick is a task out of one line.
type Quick struct {
	Subject string
	Due     Due
	Repeat  string // one of a task's; "" for none
}

// The ways that something repeats.
const (
	Daily    = "daily"
	Weekdays = "weekdays"
	Weekly   = "weekly"
	Monthly  = "monthly"
	Yearly   = "yearly"
)

// when is what a phrase says: a day, a time of day, how it repeats; or a moment from now.
type when struct {
	day    *time.Time
	clock  *Clock
	moment *time.Time
	repeat string
}

// phraseWords is how many words a phrase has at most: "wednesday in two weeks at 2 pm".
const phraseWords = 8

// QuickAdd takes the due date out of a line such as "Call Anna tomorrow 14:00": words for
// it stand at the line's end or its beginning. What is cut off is what was understood;
// words that may be somebody's name, as in "Sun Microsystems" and "Today Show", stay. A
// line that is all date keeps its words as the subject.
func (f Formats) QuickAdd(line string) Quick {
	words := strings.Fields(line)
	all := strings.Join(words, " ")
	if len(words) <= phraseWords {
		if w, ok := f.phrase(words); ok && (len(words) > 1 || !nameable[bare(words[0])]) {
			return Quick{all, f.due(w), w.repeat}
		}
	}
	for n := min(len(words)-1, phraseWords); n > 0; n-- {
		rest, tail := words[:len(words)-n], words[len(words)-n:]
		if w, ok := f.phrase(tail); ok && !nameEnds(rest, tail) {
			if w.day == nil && w.moment == nil { // a time of day alone: its day may stand in front
				if head, m, ok := f.head(rest); ok && head.clock == nil && head.moment == nil && (w.repeat == "" || head.repeat == "") {
					head.clock = w.clock
					head.repeat += w.repeat
					return Quick{subject(rest[m:]), f.due(head), head.repeat}
				}
			}
			return Quick{subject(rest), f.due(w), w.repeat}
		}
		if w, ok := f.phrase(words[:n]); ok && !nameBegins(words[:n], words[n]) {
			return Quick{subject(words[n:]), f.due(w), w.repeat}
		}
	}
	return Quick{Subject: all}
}

// head is the longest phrase that begins the words and leaves one, and how many it has.
func (f Formats) head(words []string) (when, int, bool) {
	for n := min(len(words)-1, phraseWords); n > 0; n-- {
		if w, ok := f.phrase(words[:n]); ok && !nameBegins(words[:n], words[n]) {
			return w, n, true
		}
	}
	return when{}, 0, false
}

// subject joins words, without what stood between them and a phrase.
func subject(words []string) string {
	s := strings.Join(words, " ")
	if t := strings.TrimSpace(strings.Trim(s, ",;:–—- ")); t != "" {
		return t
	}
	return s
}

// nameable are short names of days that are words and names of their own.
var nameable = map[string]bool{"sun": true, "sat": true, "mon": true, "wed": true, "thu": true, "tue": true, "fri": true}

// named are words that make a name of the day behind them.
var named = map[string]bool{"black": true, "good": true, "cyber": true, "usa": true, "ruby": true, "ash": true, "shrove": true, "fat": true,
	"palm": true, "easter": true, "super": true, "giving": true, "whit": true, "bloody": true, "psychology": true, "sheffield": true,
	"history": true}

// holding are words that what follows belongs to: "last friday", "every other friday", "from
// 2 pm to 3 pm". What stands behind one of them is no phrase of its own.
var holding = set("last other every each first second third fourth past previous and or to from before after since between of not " +
	"about except than vs")

// joining are words that go on with the phrase in front of them: "Monday to Friday".
var joining = set("and or to until till through of vs")

// numbered are words that the number behind them counts, as in "chapter 3:16" and "iOS
// 12.1.".
var numbered = set("version release ios ipados macos android windows php python java node go chapter verse section part figure " +
	"article page psalm psalms genesis exodus romans room item point no")

// timely are words of time that names end with: "Publishers Weekly", "The Daily".
var timely = set("daily weekly monthly yearly noon midday today")

// nameBegins reports whether a phrase that begins a line is rather the beginning of a
// name: in capital letters before another such word, or a short day alone; or whether what
// follows goes on with it.
func nameBegins(phrase []string, next string) bool {
	switch last := phrase[len(phrase)-1]; {
	case joining[bare(next)]:
		return true
	case strings.ContainsAny(last, ":,;-–—!)"):
		return false
	case capital(next) && !slices.ContainsFunc(phrase, func(w string) bool { return !capital(w) }):
		return true
	}
	return len(phrase) == 1 && (nameable[bare(phrase[0])] || repeats[bare(phrase[0])] != "")
}

// nameEnds reports whether a phrase that ends a line is rather the end of a name, or of what
// stands before it.
func nameEnds(rest, phrase []string) bool {
	first, word := bare(phrase[0]), rest[len(rest)-1]
	before := bare(word)
	switch {
	case word != "" && strings.ContainsAny(word[len(word)-1:], ",;:"):
		return false
	case holding[before], numbered[before] && onlyDigits(first[:min(len(first), 1)]), scripture(rest, first):
		return true
	case len(phrase) > 1 || !capital(phrase[0]):
		return false
	}
	return nameable[first] || named[before] || timely[first] && (before == "the" || len(rest) > 1 && capital(word))
}

// scripture tells "Read John 3:16" from a time.
func scripture(rest []string, first string) bool {
	return len(rest) > 1 && capital(rest[len(rest)-1]) && strings.Contains(first, ":") && (bare(rest[0]) == "read" || bare(rest[0]) == "study")
}

func capital(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(r)
}

// bare is a word in small letters without the signs around it.
func bare(word string) string {
	return strings.TrimRight(strings.TrimLeft(strings.ToLower(word), `([{"'“‘«`), `)]}"'”’»!?,;:.`)
}

// ParseDue reads "tomorrow 14:00", "next friday", "in 3 days", "2026-12-24",
// "12 May at 9am", "3.12.", and whatever DueText, Date and Moment write. "friday" is the
// next one to come, "next friday" the one of the week after this. Years go from 1900 to
// 2200.
func (f Formats) ParseDue(text string) (Due, bool) {
	if t, err := time.Parse(time.RFC3339, text); err == nil { // what programs send
		return Due{At: &t}, known(t)
	}
	if t, err := time.Parse("2006-01-02T15:04", text); err == nil {
		d := f.due(when{day: new(DayOf(t)), clock: new(ClockOf(t))})
		return d, known(t)
	}
	w, ok := f.phrase(strings.Fields(text))
	if !ok || w.repeat != "" {
		return Due{}, false
	}
	return f.due(w), true
}

func known(t time.Time) bool { return t.Year() >= 1900 && t.Year() <= 2200 }

// due is when something is due by what was said.
func (f Formats) due(w when) Due {
	now := f.Local(f.Now)
	switch {
	case w.moment != nil:
		return Due{At: w.moment}
	case w.clock == nil:
		return Due{On: w.day}
	}
	d := DayOf(now)
	if w.day != nil {
		d = *w.day
	}
	at := w.clock.On(d, f.Location())
	if w.day == nil && !at.After(now) {
		d = d.AddDate(0, 0, 1)
		at = w.clock.On(d, f.Location())
	}
	out := Due{At: &at}
	if ClockOf(at.In(f.Location())) != *w.clock {
		out.Skipped = w.clock
	}
	return out
}

var repeats = map[string]string{
	"daily": Daily, "weekly": Weekly, "monthly": Monthly, "yearly": Yearly, "annually": Yearly,
	"every day": Daily, "every weekday": Weekdays, "every workday": Weekdays, "every week": Weekly, "every month": Monthly,
	"every year": Yearly, "each day": Daily, "each week": Weekly, "each month": Monthly, "each year": Yearly,
}

// phrase reads words that are all of a date, a time of day, a repetition.
func (f Formats) phrase(raw []string) (w when, ok bool) {
	var words []string
	for _, word := range raw {
		word = strings.ToLower(word)
		if rest, ok := strings.CutPrefix(strings.TrimLeft(word, `([{"'“‘«`), "@"); ok {
			words = append(words, "at")
			word = rest
		}
		if !dotted.MatchString(word) {
			word = bare(word)
		}
		if word != "" {
			words = append(words, word)
		}
	}
	if len(words) == 0 || len(words) > phraseWords+1 {
		return w, false
	}
	if words[0] == "due" && len(words) > 1 {
		words = words[1:]
	}
	w, ok = f.repeated(words)
	if !ok {
		w, ok = f.moment(words)
	}
	if w.day != nil && !known(*w.day) || w.moment != nil && !known(*w.moment) {
		return when{}, false
	}
	return w, ok
}

// dotted is a day such as "3.12.", whose last dot is its own.
var dotted = regexp.MustCompile(`^\d{1,2}\.\d{1,2}\.$`)

// repeated reads "every monday 9:00", "weekly", "every month from 12 may".
func (f Formats) repeated(words []string) (w when, ok bool) {
	var rest []string
	today := f.Today()
	if n := 2; len(words) >= n && (words[0] == "every" || words[0] == "each") {
		if day, ok := weekdays[strings.TrimSuffix(words[1], "s")]; ok {
			w.repeat, w.day = Weekly, new(today.AddDate(0, 0, (int(day)-int(today.Weekday())+7)%7))
		} else {
			w.repeat = repeats[words[0]+" "+words[1]]
		}
		rest = words[n:]
	} else {
		w.repeat, rest = repeats[words[0]], words[1:]
	}
	if w.repeat == "" {
		return when{}, false
	}
	if len(rest) > 1 && slices.Contains([]string{"from", "starting", "on"}, rest[0]) {
		rest = rest[1:]
	}
	if len(rest) > 0 {
		then, ok := f.moment(rest)
		switch {
		case !ok || then.moment != nil:
			return when{}, false
		case then.day != nil && w.day != nil: // the first such day from then on
			w.day = new(then.day.AddDate(0, 0, (int(w.day.Weekday())-int(then.day.Weekday())+7)%7))
		case then.day != nil:
			w.day = then.day
		}
		w.clock = then.clock
	}
	if w.day == nil {
		d := today
		for w.repeat == Weekdays && (d.Weekday() == time.Saturday || d.Weekday() == time.Sunday) {
			d = d.AddDate(0, 0, 1)
		}
		w.day = &d
	}
	if w.clock != nil && !w.clock.On(*w.day, f.Location()).After(f.Now) { // today's is over
		d := w.day.AddDate(0, 0, map[string]int{Weekly: 7}[w.repeat])
		if w.repeat == Daily || w.repeat == Weekdays {
			d = d.AddDate(0, 0, 1)
		}
		for w.repeat == Weekdays && (d.Weekday() == time.Saturday || d.Weekday() == time.Sunday) {
			d = d.AddDate(0, 0, 1)
		}
		w.day = &d
	}
	return w, true
}

// moment reads a day, a time of day, or both in either order.
func (f Formats) moment(words []string) (w when, ok bool) {
	now := f.Local(f.Now)
	if n, unit, ok := parseIn(strings.Join(words, " ")); ok && (unit == "minute" || unit == "hour") {
		size := time.Minute
		if unit == "hour" {
			size = time.Hour
		}
		return when{moment: new(now.Add(time.Duration(n) * size).Truncate(time.Minute))}, true
	}
	for n := min(len(words), 3); n > 0; n-- {
		for _, split := range [][2][]string{{words[:len(words)-n], words[len(words)-n:]}, {words[n:], words[:n]}} {
			clock, ok := parseClock(split[1])
			if !ok && len(split[0]) > 0 { // behind a day, 9h is no length of time
				clock, ok = parseClock(append([]string{"at"}, split[1]...))
			}
			if !ok {
				continue
			}
			w := when{clock: &clock}
			if len(split[0]) > 0 {
				d, ok := f.day(split[0])
				if !ok {
					continue
				}
				w.day = &d
			}
			return w, true
		}
	}
	d, ok := f.day(words)
	if !ok {
		return when{}, false
	}
	return when{day: &d}, true
}

var (
	clockPattern = regexp.MustCompile(`^(?:(\d{1,2})(?:[:.](\d{2}))? ?([ap])\.?m|(\d{1,2})(?::(\d{2})|h(\d{2})?)|(noon|midday))$`)
	inPattern    = regexp.MustCompile(`^in (\d{1,4}|[a-z]+) (minute|hour|day|week|month|year)s?$`)
	isoPattern   = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})$`)
	datePattern  = regexp.MustCompile(`^(?:(\d{1,2})(?:st|nd|rd|th|\.)? (?:of )?([a-z]+)|([a-z]+) (\d{1,2})(?:st|nd|rd|th)?),?(?: (\d{4}))?$`)
	slashPattern = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?$`)
	dotPattern   = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?$`)
	weekdays     = map[string]time.Weekday{}
	months       = map[string]time.Month{"sept": time.September}
	numbers      = map[string]int{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
		"nine": 9, "ten": 10, "eleven": 11, "twelve": 12}
)

func init() { //nolint:gochecknoinits // tables that the time package spells
	for d := time.Sunday; d <= time.Saturday; d++ {
		name := strings.ToLower(d.String())
		weekdays[name], weekdays[name[:3]] = d, d
	}
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		months[name], months[name[:3]] = m, m
	}
}

func parseClock(words []string) (c Clock, ok bool) {
	at := words[0] == "at"
	if at {
		words = words[1:]
	}
	m := clockPattern.FindStringSubmatch(strings.Join(words, " "))
	switch {
	case m == nil:
		return c, false
	case m[7] != "":
		return Clock{12, 0}, true
	case m[3] != "":
		c.Hour, _ = strconv.Atoi(m[1])
		c.Minute, _ = strconv.Atoi("0" + m[2])
		if c.Hour < 1 || c.Hour > 12 {
			return c, false
		}
		c.Hour %= 12
		if m[3] == "p" {
			c.Hour += 12
		}
	default:
		c.Hour, _ = strconv.Atoi(m[4])
		c.Minute, _ = strconv.Atoi("0" + m[5] + m[6])
		if m[5]+m[6] == "" && c.Hour <= 12 && !at {
			return c, false // 2h is how long something takes
		}
	}
	return c, c.Hour < 24 && c.Minute < 60
}

func parseIn(s string) (n int, unit string, ok bool) {
	m := inPattern.FindStringSubmatch(s)
	if m == nil {
		return 0, "", false
	}
	n, ok = numbers[m[1]]
	if !ok {
		var err error
		n, err = strconv.Atoi(m[1])
		ok = err == nil
	}
	return n, m[2], ok
}

// day reads a day.
func (f Formats) day(words []string) (time.Time, bool) {
	today := f.Today()
	if len(words) > 1 && slices.Contains([]string{"on", "by", "until", "till"}, words[0]) {
		words = words[1:]
	}
	s := strings.Join(words, " ")
	switch s {
	case "today":
		return today, true
	case "tomorrow", "tmrw":
		return today.AddDate(0, 0, 1), true
	case "yesterday":
		return today.AddDate(0, 0, -1), true
	case "day after tomorrow", "the day after tomorrow", "overmorrow":
		return today.AddDate(0, 0, 2), true
	case "next week":
		return nextMonday(today), true
	case "next month":
		return AddMonths(today, 1), true
	case "next year":
		return AddMonths(today, 12), true
	}
	if d, ok := endOf(s, today); ok {
		return d, true
	}
	if d, ok := inDays(s, today); ok {
		return d, true
	}
	if d, ok := weekday(words, today); ok {
		return d, true
	}
	if isoPattern.MatchString(s) {
		d, err := time.Parse(time.DateOnly, s)
		return d, err == nil
	}
	if m := slashPattern.FindStringSubmatch(s); m != nil && s != "24/7" {
		if f.monthFirst() {
			return dated(m[2], m[1], m[3], today)
		}
		return dated(m[1], m[2], m[3], today)
	}
	if m := dotPattern.FindStringSubmatch(s); m != nil {
		return dated(m[1], m[2], m[3], today)
	}
	m := datePattern.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	month, ok := months[m[2]+m[3]]
	if !ok {
		return time.Time{}, false
	}
	return dated(m[1]+m[4], strconv.Itoa(int(month)), m[5], today)
}

// endOf reads "end of month", "end of next week" and their like: a week ends on Friday.
func endOf(s string, today time.Time) (time.Time, bool) {
	switch s {
	case "eow":
		s = "end of week"
	case "eom", "month end":
		s = "end of month"
	case "eoq":
		s = "end of quarter"
	case "eoy", "year end":
		s = "end of year"
	}
	rest, ok := strings.CutPrefix(strings.TrimPrefix(s, "the "), "end of ")
	if !ok {
		return time.Time{}, false
	}
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "the "), "this ")
	unit, next := strings.CutPrefix(rest, "next ")
	n := map[bool]int{true: 1}[next]
	month := func(m time.Month) time.Time { return time.Date(today.Year(), m, 0, 0, 0, 0, 0, time.UTC) } // the day before
	switch unit {
	case "day":
		return today.AddDate(0, 0, n), true
	case "week":
		friday := nextMonday(today).AddDate(0, 0, 7*n-3)
		if friday.Before(today) { // on a Saturday the next one is meant
			friday = friday.AddDate(0, 0, 7)
		}
		return friday, true
	case "month":
		return month(today.Month() + time.Month(n+1)), true
	case "quarter":
		return month((today.Month()-1)/3*3 + time.Month(3*n+4)), true
	case "year":
		return month(time.Month(12*n + 13)), true
	}
	return time.Time{}, false
}

func inDays(s string, today time.Time) (time.Time, bool) {
	n, unit, ok := parseIn(s)
	if !ok {
		return time.Time{}, false
	}
	switch unit {
	case "day":
		return today.AddDate(0, 0, n), true
	case "week":
		return today.AddDate(0, 0, 7*n), true
	case "month":
		return AddMonths(today, n), true
	case "year":
		return AddMonths(today, 12*n), true
	}
	return time.Time{}, false
}

// weekday reads "friday", "this friday", "next friday", "friday next week", "wednesday in
// two weeks", "in two weeks on wednesday".
func weekday(words []string, today time.Time) (time.Time, bool) {
	in := func(monday time.Time, w time.Weekday) (time.Time, bool) {
		return monday.AddDate(0, 0, (int(w)+6)%7), true
	}
	first, last := words[0], words[len(words)-1]
	if w, ok := weekdays[last]; ok {
		switch before := strings.TrimSuffix(strings.Join(words[:len(words)-1], " "), " on"); before {
		case "", "this", "coming":
			return today.AddDate(0, 0, (int(w)-int(today.Weekday())+6)%7+1), true
		case "next", "next week":
			return in(nextMonday(today), w)
		default:
			if d, ok := inDays(before, today); ok && strings.Contains(before, "week") {
				return in(nextMonday(d).AddDate(0, 0, -7), w)
			}
		}
	}
	if w, ok := weekdays[first]; ok {
		switch after := strings.Join(words[1:], " "); after {
		case "next week":
			return in(nextMonday(today), w)
		case "this week":
			return in(nextMonday(today).AddDate(0, 0, -7), w)
		default:
			if d, ok := inDays(after, today); ok && strings.Contains(after, "week") {
				return in(nextMonday(d).AddDate(0, 0, -7), w)
			}
		}
	}
	return time.Time{}, false
}

// dated is a day by its numbers; without a year, the next such day.
func dated(d, m, y string, today time.Time) (time.Time, bool) {
	n, _ := strconv.Atoi(d)
	month, _ := strconv.Atoi(m)
	year := today.Year()
	if y != "" {
		if year, _ = strconv.Atoi(y); len(y) == 2 {
			year += 2000
		}
	}
	for range 9 { // 29 February comes within nine years
		day := time.Date(year, time.Month(month), n, 0, 0, 0, 0, time.UTC)
		if day.Day() == n && int(day.Month()) == month && (y != "" || !day.Before(today)) {
			return day, true
		}
		if y != "" || month < 1 || month > 12 {
			return time.Time{}, false
		}
		year++
	}
	return time.Time{}, false
}

func nextMonday(today time.Time) time.Time {
	return today.AddDate(0, 0, 7-(int(today.Weekday())+6)%7)
}

// AddMonths keeps to the end of shorter months: 31 January and a month is 28
// February, where AddDate would say 3 March.
func AddMonths(d time.Time, n int) time.Time {
	out := d.AddDate(0, n, 0)
	if out.Day() != d.Day() {
		out = out.AddDate(0, 0, -out.Day())
	}
	return out
}
