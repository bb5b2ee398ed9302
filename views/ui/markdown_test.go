package ui

import (
	"html"
	"regexp"
	"runtime/metrics"
	"strings"
	"testing"
)

// What somebody writes is not shown as something much larger, whatever it is.
func TestMarkdownIsBounded(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"quotes":         strings.Repeat(">", 20_000),
		"spaced quotes":  strings.Repeat("> ", 10_000),
		"lists":          strings.Repeat("- ", 10_000),
		"numbered lists": strings.Repeat("1. ", 6_000),
		"quotes in turn": strings.Repeat("> - ", 5_000),
		"deeper lists": func() string {
			var b strings.Builder
			for i := range 140 {
				b.WriteString(strings.Repeat(" ", 2*i) + "- x\n")
			}
			return b.String()
		}(),
		"a table": "|a|\n|-|\n" + strings.Repeat("|\n", 8_000),
		"wide":    strings.Repeat("|a", 200) + "\n" + strings.Repeat("|-", 200) + "\n" + strings.Repeat("|\n", 2_000),
		"stars":   strings.Repeat("*a **b ", 2_500),
		"links":   strings.Repeat("[", 20_000),
		"escapes": strings.Repeat("<&>", 6_000),
	} {
		got := Markdown(source)
		if most := 6*len(source) + markdownSlack; len(got) > most {
			t.Errorf("%s: %d bytes of %d", name, len(got), len(source))
		}
		if n := strings.Count(got, "<blockquote>"); n > markdownDepth {
			t.Errorf("%s: %d quotes in one another", name, n)
		}
	}
	// What people write is rendered.
	for source, want := range map[string]string{
		"> quoted\n> > twice":    "<blockquote>",
		"- a\n  - b\n    - c":    "<li>c</li>",
		"1. one\n2. two":         "<ol>",
		"**bold** -- 2026-01-01": "<strong>bold</strong>",
		// Between < and > stands text.
		"<urgent> call":                    "&lt;urgent&gt; call",
		"List<String> and x<y, a < b > c":  "List&lt;String&gt; and x&lt;y, a &lt; b &gt; c",
		"<Company Name>":                   "&lt;Company Name&gt;",
		"<div>\ntext\n</div>":              "&lt;div&gt;",
		"<!-- not said -->":                "&lt;!-- not said --&gt;",
		"<https://example.com/a>":          `<a href="https://example.com/a"`,
		"a & b &amp; c &copy;":             "a &amp; b &amp;amp; c &amp;copy;",
		"[Anna]: yes":                      "[Anna]: yes",
		`\\server\share`:                   `\\server\share`,
		`\*not bold\*`:                     "<p>*not bold*</p>",
		"[x](ftp://example.com/a)":         "x (ftp://example.com/a)",
		"[x](https://example.com \"why\")": ">x</a> (why)",
		"|a|b|\n|-|-|\n|1|2|3|":            "|3|",
		"3. three\n5. five\n9. nine":       `<li value="5">five</li>`,
		// Numbers, boxes and sides stay.
		"3. three\n4. four":                 `<ol start="3">`,
		"- [x] done":                        `checked=""`,
		"- [ ] open":                        `<input disabled="" type="checkbox"`,
		"|a|b|\n|-:|:-:|\n|1|2|":            `<td align="right">1</td>`,
		"![the plan](https://x.test/p.png)": `>the plan</a>`,
		"![](https://x.test/p.png)":         `>https://x.test/p.png</a>`,
	} {
		if got := Markdown(source); !strings.Contains(got, want) {
			t.Errorf("%q became %s", source, got)
		}
	}
}

// allocated is how many bytes the process has allocated so far.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

var words = regexp.MustCompile(`[a-zA-Z]{3,}`)

// The cost of a text is in proportion to its length: what is allocated for each
// byte of it is bounded.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{strings.Repeat(">", 3000), strings.Repeat("- ", 2000), strings.Repeat("*a **b ", 500),
		strings.Repeat("[a](", 900), "|a|\n|-|\n|b|", "<script>alert(1)</script>", "[x](javascript:alert(1))"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		before := allocated()
		got := Markdown(source)
		if n := allocated() - before; n > uint64(4096*len(source)+4<<20) {
			t.Errorf("%d bytes cost %d of memory", len(source), n)
		}
		if len(got) > 6*len(source)+markdownSlack {
			t.Errorf("%d bytes of %d", len(got), len(source))
		}
		// Words of three letters and more are all there: boxes, languages of code and rows of
		// dashes have none.
		if !strings.Contains(source, "```") && !strings.Contains(source, "~~~") {
			text := strings.ToLower(html.UnescapeString(got))
			for _, word := range words.FindAllString(source, -1) {
				if !strings.Contains(text, strings.ToLower(word)) {
					t.Errorf("%q of %q is not in %s", word, source, got)
				}
			}
		}
		for _, bad := range []string{"<script", "javascript:", "<img", "<style", "onerror="} {
			if strings.Contains(strings.ToLower(got), bad) && !strings.Contains(strings.ToLower(source), bad) || strings.Contains(got, "<script") {
				t.Errorf("%s in %s", bad, got)
			}
		}
	})
}
