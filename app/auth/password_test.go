package auth

import (
	"errors"
	"strings"
	"testing"
)

// Where there is no user, a hash of the same cost is computed as where there is one.
func TestHashOfNobodyCostsAsMuch(t *testing.T) {
	t.Parallel()
	hash, err := HashPassword(t.Context(), "any")
	if err != nil {
		t.Fatal(err)
	}
	cost := func(hash string) string { return strings.Join(strings.Split(hash, "$")[:4], "$") }
	if cost(hash) != cost(unknownHash) || len(hash) != len(unknownHash) {
		t.Errorf("a hash costs %s, that of nobody %s", cost(hash), cost(unknownHash))
	}
	before := PasswordsHashed()
	for _, h := range []string{hash, ""} {
		if err := checkPassword(t.Context(), h, "another"); !errors.Is(err, ErrWrongPassword) {
			t.Errorf("%q: %v", h, err)
		}
	}
	if n := PasswordsHashed() - before; n != 2 {
		t.Errorf("%d hashes for two comparisons", n)
	}
}
