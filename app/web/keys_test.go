package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/apptest"
)

// Single keys are changed one by one; what is none, or taken, is said at its field.
func TestSingleKeys(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t).NewWorkspace(t)
	c := w.Client(w.Owner)
	path := w.URL("/settings/profile")
	keymap := func() string {
		t.Helper()
		m, _ := c.Get(path).Want(http.StatusOK).Find("#keys").Attr("data-map")
		return m
	}
	c.Put(path, url.Values{"key.c": {"X"}}).Want(http.StatusSeeOther)
	c.Put(path, url.Values{"key.o": {"h"}}).Want(http.StatusSeeOther)
	if got := keymap(); got != "c=x o=h" {
		t.Errorf("the keys are %q", got)
	}
	for key, want := range map[string]string{"": "Type a key.", "ab": "One letter or sign.", " ": "Type a key.", "=": "One letter or sign.",
		"x": "“Create” has this key."} {
		res := c.Put(path, url.Values{"key.e": {key}}).Want(http.StatusUnprocessableEntity)
		if got := res.Text(".key-fields .error"); !strings.Contains(got, want) {
			t.Errorf("%q: %q", key, got)
		}
	}
	c.Put(path, url.Values{"name": {"Another"}}).Want(http.StatusSeeOther)
	if got := keymap(); got != "c=x o=h" {
		t.Errorf("the name changed them to %q", got)
	}
	c.Put(path, url.Values{"reset": {"keys"}}).Want(http.StatusSeeOther)
	if got := keymap(); got != "" {
		t.Errorf("they are %q", got)
	}
}
