// Package browser drives a real Chromium, one for all tests of a process. Only
// tests import it.
package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Browser is a real Chromium with a profile of its own. Its test fails when a
// page throws or the console shows an error.
type Browser struct {
	tb  testing.TB
	ctx context.Context

	dialogs atomic.Int64

	mu         sync.Mutex
	complaints []string
}

// patience is how long a step may take before the test fails: far more than any
// machine needs, for it decides nothing but how soon one hears of what hangs.
const patience = 2 * time.Minute

// A page that Chromium keeps and brings back whole is none that chromedp's selectors know, so
// only who asks for it gets one that keeps pages.
var (
	chromium = sync.OnceValues(func() (context.Context, error) { return start(chromedp.Flag("disable-back-forward-cache", true)) })
	keeping  = sync.OnceValues(func() (context.Context, error) { return start() })
)

func start(more ...chromedp.ExecAllocatorOption) (context.Context, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, nil //nolint:nilnil // there is none: the caller says what that means
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.Flag("no-sandbox", os.Geteuid() == 0), // Chromium's sandbox refuses root
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("ignore-certificate-errors", true),
		chromedp.Flag("host-resolver-rules", "MAP *.paddock.test 127.0.0.1, MAP paddock.test 127.0.0.1"),
	)
	ctx, _ := chromedp.NewExecAllocator(context.Background(), append(opts, more...)...) // it ends with the process
	ctx, _ = chromedp.NewContext(ctx)
	return ctx, chromedp.Do(ctx)
}

// NewBrowser opens a browser. Without Chromium the test is skipped, saying so;
// in CI that is a failure.
func NewBrowser(tb testing.TB) *Browser {
	tb.Helper()
	return open(tb, chromium)
}

// NewKeeping opens a browser that keeps the pages that one left, to show them when one goes
// back. Behind a Back there is WaitFor alone.
func NewKeeping(tb testing.TB) *Browser {
	tb.Helper()
	return open(tb, keeping)
}

func open(tb testing.TB, chromium func() (context.Context, error)) *Browser {
	tb.Helper()
	parent, err := chromium()
	if err != nil {
		tb.Fatal("starting Chromium: ", err)
	}
	if parent == nil {
		if os.Getenv("CI") != "" {
			tb.Fatal("browser tests must run in CI, and there is no Chromium on the PATH")
		}
		tb.Skip("no Chromium on the PATH: browser tests did not run")
	}
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	b := &Browser{tb: tb, ctx: ctx}
	tb.Cleanup(func() {
		cancel()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, e := range b.complaints {
			tb.Error("in the browser: ", e)
		}
	})
	if err := chromedp.Do(ctx); err != nil {
		tb.Fatal(err)
	}
	go b.listen()
	go b.answer()
	b.Size(1280, 800)
	return b
}

// listen collects what pages complain about. Answers with an error status are
// part of many tests and checked there.
func (b *Browser) listen() {
	for m, err := range chromedp.Console(b.ctx) {
		if err != nil {
			return
		}
		text := m.String()
		if (m.IsException() || m.Type == "error") && !strings.Contains(text, "the server responded with a status of") {
			b.mu.Lock()
			b.complaints = append(b.complaints, text)
			b.mu.Unlock()
		}
	}
}

// answer says yes to dialogs, and counts them.
func (b *Browser) answer() {
	for _, err := range chromedp.Events(b.ctx, page.JavascriptDialogOpening) {
		if err != nil {
			return
		}
		b.dialogs.Add(1)
		_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}) // gone already, or gone now
	}
}

// Dialogs returns how many dialogs there were so far; each was answered with yes.
func (b *Browser) Dialogs() int { return int(b.dialogs.Load()) }

func (b *Browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		err := chromedp.Do(ctx, steps...)
		if err == nil {
			return
		}
		// The page went while its element was being looked at, as it does where a
		// click leads to another: nothing was typed or clicked yet, so again.
		if ctx.Err() == nil && strings.Contains(err.Error(), "node with given id") {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		b.fail(what, err)
	}
}

func (b *Browser) fail(what string, err error) {
	b.tb.Helper()
	b.Screenshot("failed-" + strings.NewReplacer("/", "-", " ", "-").Replace(b.tb.Name()))
	var text string
	ctx, cancel := context.WithTimeout(b.ctx, 2*time.Second)
	defer cancel()
	text, _ = chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	b.tb.Fatalf("%s: %v\n%s", what, err, text)
}

// Size sets the window, in CSS pixels.
func (b *Browser) Size(width, height int64) {
	b.tb.Helper()
	b.do("size", chromedp.EmulateViewport(width, height))
}

// Theme asks for "light" or "dark".
func (b *Browser) Theme(scheme string) {
	b.tb.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	if err != nil {
		b.tb.Fatal(err)
	}
}

// Scripts switches JavaScript on or off.
func (b *Browser) Scripts(on bool) {
	b.tb.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	if err != nil {
		b.tb.Fatal(err)
	}
}

// Open goes to a URL.
func (b *Browser) Open(url string) {
	b.tb.Helper()
	b.do("opening "+url, chromedp.Navigate(url))
}

// Back goes back one step of history.
func (b *Browser) Back() {
	b.tb.Helper()
	Eval[int](b, `(setTimeout(() => history.back()), 1)`)
}

// Wait waits until the CSS selector finds something that can be seen.
func (b *Browser) Wait(css string) {
	b.tb.Helper()
	b.do("waiting for "+css, chromedp.WaitVisible(chromedp.CSS(css)))
}

// WaitText waits until what the selector finds contains the text.
func (b *Browser) WaitText(css, text string) {
	b.tb.Helper()
	b.WaitFor(fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.innerText.includes(%q))`, css, text))
}

// WaitFor waits until the page is loaded, scripts and all, and the JavaScript
// expression is true. It polls from here: it also works across navigations.
func (b *Browser) WaitFor(expression string) {
	b.tb.Helper()
	end := time.Now().Add(patience)
	for {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && !!(`+expression+")"))
		cancel()
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			b.fail("waiting for "+expression, errors.Join(errors.New("still false"), err))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Fill types into a field, in place of what it holds.
func (b *Browser) Fill(css, text string) {
	b.tb.Helper()
	sel := chromedp.CSS(css)
	b.do("filling "+css, chromedp.Focus(sel), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[any](`document.activeElement.select?.(), null`)(ctx, t)
		if err == chromedp.ErrJSNull { //nolint:errorlint // null is what it answers
			err = nil
		}
		return err
	}), chromedp.SendKeys(sel, text))
}

// Click clicks on what the selector finds.
func (b *Browser) Click(css string) {
	b.tb.Helper()
	b.do("clicking "+css, chromedp.Click(chromedp.CSS(css)))
}

// Shortcut presses one key and releases it, as a keyboard does where no text
// comes of it.
func (b *Browser) Shortcut(key string) {
	b.tb.Helper()
	for _, what := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: what, Key: key}); err != nil {
			b.fail("pressing "+key, err)
		}
	}
}

// Keys types keys, wherever the focus is.
func (b *Browser) Keys(keys string, opts ...chromedp.KeyOption) {
	b.tb.Helper()
	b.do("pressing "+keys, chromedp.KeyEvent(keys, opts...))
}

// TabTo presses Tab until the focus is on what the selector finds.
func (b *Browser) TabTo(css string) {
	b.tb.Helper()
	for range 80 {
		b.Keys(Tab)
		if Eval[bool](b, fmt.Sprintf("document.activeElement.matches(%q)", css)) {
			return
		}
	}
	b.fail("tabbing to "+css, errors.New("80 tabs do not reach it"))
}

// Keys with names.
const (
	Enter  = kb.Enter
	Escape = kb.Escape
	Tab    = kb.Tab
)

// Text returns the visible text of what the selector finds first.
func (b *Browser) Text(css string) string {
	b.tb.Helper()
	return Eval[string](b, fmt.Sprintf(`(document.querySelector(%q)?.innerText || "").trim()`, css))
}

// Location returns the current URL.
func (b *Browser) Location() string {
	b.tb.Helper()
	return Eval[string](b, "location.href")
}

// Eval evaluates a JavaScript expression in the page.
func Eval[T any](b *Browser, expression string) T {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.fail("evaluating "+expression, err)
	}
	return v
}

// Screenshot saves what is seen as name.png, where PADDOCK_SCREENSHOTS names a
// directory.
func (b *Browser) Screenshot(name string) {
	b.tb.Helper()
	dir := os.Getenv("PADDOCK_SCREENSHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600)
	}
	if err != nil {
		b.tb.Log("screenshot: ", err)
	}
}

//go:embed testdata/axe-4.14.1.min.js
var axe string

// Axe fails the test for everything that axe-core finds on the page, best practices too.
func (b *Browser) Axe(page string) { b.tb.Helper(); b.axe(page, "") }

// Themes is Axe in the light and in the dark theme, between which nothing but the
// colours differs: the other rules are asked once. each runs in either theme.
func (b *Browser) Themes(page string, each func(theme string)) {
	b.tb.Helper()
	b.Theme("light")
	each("light")
	b.axe(page+", light", "")
	b.Theme("dark")
	each("dark")
	b.axe(page+", dark", `runOnly: {type: "rule", values: ["color-contrast", "link-in-text-block"]}, `)
}

func (b *Browser) axe(page, options string) {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*patience)
	defer cancel()
	// The library is large: it is sent once to a page.
	loaded, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`typeof axe !== "undefined"`))
	library := axe
	if err == nil && loaded {
		library = ""
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](library+`;
		Promise.all(document.getAnimations().filter(a => a.playState === "running" && a.effect.getComputedTiming().endTime < Infinity)
			.map(a => a.finished.catch(() => {}))) // what fades in has its colours at the end
		.then(() => axe.run(document, {`+options+`resultTypes: ["violations"]})).then(r => JSON.stringify(r.violations
			.map(v => ({id: v.id, impact: v.impact, help: v.help, 
				nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + (n.any[0]?.message || ""))}))))`,
		chromedp.EvalAwaitPromise))
	if err != nil {
		b.fail("axe on "+page, err)
	}
	var violations []struct {
		ID, Impact, Help string
		Nodes            []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		b.tb.Fatal(err)
	}
	for _, v := range violations {
		b.tb.Errorf("%s: %s %s: %s\n  %s", page, v.Impact, v.ID, v.Help, strings.Join(v.Nodes, "\n  "))
	}
}

// Drag takes what from finds and lets it go over what to finds, in steps, as a
// hand does.
func (b *Browser) Drag(from, to string) {
	b.tb.Helper()
	middle := func(css string) (x, y float64) {
		r := Eval[[]float64](b,
			fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.scrollIntoView({block: "nearest", inline: "nearest"});
				const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()`, css))
		return r[0], r[1]
	}
	middle(from) // so that both are in sight
	x2, y2 := middle(to)
	x1, y1 := middle(from)
	left := func(p *input.DispatchMouseEventParams) {
		p.Button, p.Buttons, p.ClickCount = input.MouseButtonLeft, 1, 1
	}
	// The page draws what the last step made of it before the next one comes.
	frames := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](`new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))`,
			chromedp.EvalAwaitPromise)(ctx, t)
		return err
	})
	steps := []chromedp.Action[chromedp.Void]{chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x1, y1, left)}
	for i := 1; i <= 12; i++ {
		steps = append(steps, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x1+(x2-x1)*float64(i)/12, y1+(y2-y1)*float64(i)/12,
			left), frames)
	}
	steps = append(steps, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x2+1, y2, left), frames,
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x2+1, y2, left))
	b.do("dragging "+from+" to "+to, steps...)
}

// Authenticator gives the browser a device that makes and shows passkeys, and
// always recognises its owner.
func (b *Browser) Authenticator() {
	b.tb.Helper()
	_, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{})
	if err == nil {
		_, err = chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator,
			webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
				HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
			}})
	}
	if err != nil {
		b.tb.Fatal(err)
	}
}

// Press presses and releases a real mouse on the words of what the selector finds
// first; Tap a real finger.
func (b *Browser) Press(css string) {
	b.tb.Helper()
	x, y := b.words(css)
	left := func(p *input.DispatchMouseEventParams) {
		p.Button, p.ClickCount = input.MouseButtonLeft, 1
	}
	b.do("pressing on the words of "+css, chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x, y, left),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x, y, left))
}

// Tap is Press with a finger.
func (b *Browser) Tap(css string) {
	b.tb.Helper()
	x, y := b.words(css)
	for _, p := range []input.DispatchTouchEventParams{
		{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: x, Y: y}}},
		{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}},
	} {
		if _, err := chromedp.Call(b.ctx, input.DispatchTouchEvent, p); err != nil {
			b.fail("tapping on "+css, err)
		}
	}
}

// words is the middle of an element's last words.
func (b *Browser) words(css string) (x, y float64) {
	b.tb.Helper()
	r := Eval[[]float64](b, fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		e.scrollIntoView({block: "center", inline: "nearest"}); // a bar may stand at the edge
		const range = document.createRange();
		const last = [...e.childNodes].findLast(n => n.textContent.trim());
		range.selectNodeContents(last);
		const spoken = last.classList?.contains("visually-hidden"); // words for the ear, beside a picture
		const r = (spoken ? e : range).getBoundingClientRect();
		return [r.x + r.width / 2, r.y + r.height / 2];
	})()`, css))
	return r[0], r[1]
}
