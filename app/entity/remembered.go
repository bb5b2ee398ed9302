package entity

import (
	lru "github.com/hashicorp/golang-lru/v2"
)

// remembered is fn that remembers what it returned last for so many keys: a list shows the
// same amounts and numbers again and again, and the libraries that write them take longer
// than all the rest of a row.
func remembered[K comparable](n int, fn func(K) string) func(K) string {
	known, _ := lru.New[K, string](n) // only a size below 1 fails
	return func(k K) string {
		if text, ok := known.Get(k); ok {
			return text
		}
		text := fn(k)
		known.Add(k, text)
		return text
	}
}
