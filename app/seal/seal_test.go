package seal_test

import (
	"strings"
	"testing"

	"github.com/paddock-crm/paddock/app/seal"
)

func TestSeal(t *testing.T) {
	t.Parallel()
	box := func(secrets ...string) *seal.Box {
		b, err := seal.New(secrets)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first, second := strings.Repeat("a", 32), strings.Repeat("b", 32)
	sealed := box(first).Seal("totp 1", "the text")
	if strings.Contains(sealed, "the text") || sealed == box(first).Seal("totp 1", "the text") {
		t.Errorf("it shows: %s", sealed)
	}
	for what, tc := range map[string]struct {
		box             *seal.Box
		purpose, sealed string
		ok              bool
	}{
		"as it is":         {box(first), "totp 1", sealed, true},
		"a newer secret":   {box(second, first), "totp 1", sealed, true},
		"another purpose":  {box(first), "totp 2", sealed, false},
		"another secret":   {box(second), "totp 1", sealed, false},
		"altered":          {box(first), "totp 1", string(sealed[0]^1) + sealed[1:], false}, // another letter or none
		"cut":              {box(first), "totp 1", sealed[:10], false},
		"empty":            {box(first), "totp 1", "", false},
		"not even letters": {box(first), "totp 1", "§§", false},
	} {
		if got, err := tc.box.Open(tc.purpose, tc.sealed); (err == nil) != tc.ok || tc.ok && got != "the text" {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	if _, err := seal.New(nil); err == nil {
		t.Error("a box without a secret")
	}
}
