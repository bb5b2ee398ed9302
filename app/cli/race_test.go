//go:build race

package cli_test

// raced: the tests were built with the race detector.
const raced = true
